//! What a simulated party did and yet answers as refused reads as refused.

use crate::help::*;
use conformance::party::{Party, PartyConfig, PartySource, PartyTls, load};
use conformance::suite::{Plays, Runner, Suite};
use dsl::check::Text;
use link::{Core, World};
use std::collections::BTreeMap;

/// An answer that is done holds a receipt, one that is not holds none.
const ADAPTER: &str = r#"party desk "柜台" {
  charset  gbk
  serial   counter(6)
}

link line tcp connect {
  carries  slip
  frame    length 4 digits
  timeout  connect 3s, answer 10s
}

packet slip {
  head  fixed {
    code    digits 4         = message.code
    serial  digits 6         = exchange.serial
    result  code result      request = "00"  reply = outcome
  }
  body  fixed {
    when message.side is request or outcome is done {
      message fields
    }
  }
}

codes result digits 2 {
  "00"   done
  "07"   refused
  other  unknown
}

call take {
  ask {
    name  text ..8 chars
  }
  request "1001" {
    name  text 8 bytes  <- ask.name
  }
  reply "1002" {
    receipt  text 12 bytes
  }
}
"#;

const BEHAVIOUR: &str = r#"party: desk
calls:
  take:
    takes: [name]
    rules:
      - do: INSERT INTO taken (name) VALUES (:name)
      - done: "07"
        when: :name = 'B'
    reply: SELECT 'R' || count(*) AS receipt FROM taken
"#;

const SUITE: &str = r#"
party: desk
title: what is kept and refused
plays: bank
cases:
  - name: one is done and one refused, and both were taken
    point: both_sides
    steps:
      - { send: take, fields: { name: A }, expect: { outcome: done, fields: { receipt: R1 } } }
      - { send: take, fields: { name: B }, expect: { outcome: refused } }
      - { send: take, fields: { name: C }, expect: { outcome: done, fields: { receipt: R3 } } }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_of_refusal_beside_what_is_kept_is_read_as_a_refusal() {
    let folder = std::env::temp_dir().join(format!("kept-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("behaviour.yaml"), BEHAVIOUR).unwrap();
    std::fs::write(folder.join("schema.sql"), "CREATE TABLE taken (name TEXT NOT NULL) STRICT;\n").unwrap();
    std::fs::write(folder.join("seed.sql"), "").unwrap();
    std::fs::write(folder.join("suite.yaml"), SUITE).unwrap();
    let text = Text { folder: "desk".into(), path: "desk/desk.tongshi".into(), text: ADAPTER.into() };
    let loaded = load(vec![text], "desk", &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    let mut source =
        PartySource::of(loaded.clone(), &root(), &root().join("conformance"), "desk", ":memory:".into());
    source.world.clone_from(&folder);
    let mut config: PartyConfig = serde_yaml::from_str("links: { line: 127.0.0.1:0 }").unwrap();
    let core = Core::start(World::real());
    let tls = PartyTls::default();
    let party = Party::start(&core, source, &config, &tls).await.unwrap_or_else(|error| panic!("{error}"));
    config.links.insert("line".to_owned(), party.address("line").unwrap().to_owned());
    let suite = Suite::read(&folder.join("suite.yaml")).unwrap_or_else(|error| panic!("{error}"));
    let mut runner = Runner::new(&core, &loaded, Plays::Bank, &config, &tls, Some(&party)).unwrap();
    let report = runner.run(&suite, &|_| {}).await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(report.is_good(), "{}\n{}", report.console(), party.last_failure());
}
