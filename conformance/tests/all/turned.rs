//! Parties of the repository can be turned round and compiled from its own side.

use crate::help::*;
use conformance::given::Given;
use conformance::inspect::{encode, look, named};
use conformance::party::{load, load_all, read_texts};
use conformance::scene::{Adapter, Scene};
use dsl::check::Text;
use dsl::model::CallId;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[test]
fn parties_compile_from_their_own_side() {
    let folders = ["campus-card", "core", "housing-fund", "power-dongguan", "zhima-credit"];
    let mut failed = Vec::new();
    for folder in folders {
        let texts = read_texts(&root().join("configs"), &[]).unwrap();
        match load(texts, folder, &BTreeMap::new()) {
            Ok(loaded) => assert_eq!(loaded.inner.len(), loaded.party.module.program.messages.len()),
            Err(error) => failed.push(format!("{folder}: {error}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn parties_compiled_together_are_those_compiled_alone() {
    let texts = read_texts(&root().join("configs"), &[]).unwrap();
    let seal = BTreeMap::from([("seal".to_owned(), "header".to_owned())]);
    let choices =
        BTreeMap::from([("weilidai-loan".to_owned(), seal), ("cinema".to_owned(), BTreeMap::new())]);
    let together = load_all(texts.clone(), &choices).unwrap();
    assert_eq!(together.keys().collect::<Vec<_>>(), ["cinema", "weilidai-loan"]);
    for (folder, loaded) in together {
        let alone = load(texts.clone(), &folder, &choices[&folder]).unwrap();
        assert_eq!((&loaded.hash, &loaded.inner), (&alone.hash, &alone.inner));
        let calls = |adapter: &Adapter| {
            let calls = adapter.module.calls.iter();
            let names: Vec<String> = calls.map(|call| call.call.name.to_string()).collect();
            (names, adapter.module.program.messages.len())
        };
        assert_eq!(calls(&loaded.bank), calls(&alone.bank), "{folder}");
        assert_eq!(calls(&loaded.party), calls(&alone.party), "{folder}");
    }
    let unknown = BTreeMap::from([("nobody".to_owned(), BTreeMap::new())]);
    assert!(load_all(texts, &unknown).unwrap_err().to_string().contains("no party in nobody"));
}

/// An envelope: the body is ciphered under a key that is drawn for this message, and goes before it, ciphered itself.
const ENVELOPE: &str = r#"party envelopes "信封" {
  charset  utf8
  serial   counter(6)
}

key  mmk  sm4 16 bytes

link line tcp connect {
  carries  letter
  frame    length 4 digits
  timeout  connect 3s, answer 10s
}

packet letter {
  head  fixed {
    code  digits 4         = message.code
    wrap  text 32 bytes    = hex(encrypt(sm4_ecb_none, key.mmk, content_key))
    size  number 4 digits  = length(body)
  }
  body  xml coded utf8, encrypt(sm4_cbc_pkcs7, content_key, nul(16)), base64 {
    message fields
  }
  fresh content_key bytes 16
}

call tell {
  ask {
    words  text ..20 chars
  }
  request "0001" {
    words  text ..20 chars  <- ask.words
  }
}
"#;

#[test]
fn what_one_side_draws_the_other_gets_back() {
    let text = Text { folder: "envelopes".into(), path: "envelopes/a.tongshi".into(), text: ENVELOPE.into() };
    let loaded = load(vec![text], "envelopes", &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    let given: Map<String, Value> =
        json!({ "key": { "mmk": "0123456789ABCDEFFEDCBA9876543210" } }).as_object().unwrap().clone();
    let scene = |adapter: &Adapter, call: CallId| -> Scene {
        Given { adapter, call, folder: &root() }.scene(&given).unwrap()
    };
    let said = json!({ "body": { "words": "你好" } });
    let sides = [(&loaded.bank, &loaded.party), (&loaded.party, &loaded.bank)];
    for (writer, reader) in sides {
        let name = named(writer, "tell.request").unwrap();
        let mut scene_of_writer = scene(writer, name.call);
        let written = encode(&mut scene_of_writer, &name, said.as_object().unwrap(), false).unwrap();
        let seen = look(reader, 0, &written.parts, &|_| true, &|call| Ok::<_, ()>(scene(reader, call)));
        let seen = seen.unwrap().inspected.unwrap();
        assert!(seen.fault.is_none(), "{:?}", seen.fault);
        assert_eq!(seen.tree(reader)["body"]["words"], "你好");
    }
}
