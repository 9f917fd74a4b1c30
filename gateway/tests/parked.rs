//! `tongshi parked` beside a gateway as operators have it: a party that never answers leaves a posting whose end nobody knows;
//! it is listed, told from its beginning, and decided by two persons who show the same proof. The commands of the README
//! are the ones that are run. A notice that was given up is worked off in the same way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use adapters::seal::{Digest, digest};
use bytes::Bytes;
use dsl::evaluate::Value as Text;
use dsl::model::Fact;
use dsl::value::Symbols;
use engine::facts::{Body, Facts};
use engine::packet::Packet;
use engine::waiting::LastTry;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, CoreOwner, World};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Change, FlowId, Lane, Notice, Outcome, SqliteStore, Store, Verdict, Write};
use unicode_width::UnicodeWidthStr;

/// A bank that books by one party, which is never told apart from one that has gone.
const BANK: &str = r#"
module bank

reasons "拒绝原因" {
  over_limit  "超过限额"
}

service book posting "记账" {
  ask {
    account    account_no
    amount     money
    reference  text ..32 chars
  }
}

flow book on bank.book {
  step booked bank.book {
    pass ask
    undo
  }
}
"#;

const DESK: &str = r#"
party desk "柜台" {
  charset    gbk
  serial     counter(12)
  discloses  account_no
}

link line tcp connect "线" {
  carries  record
  frame    length 4 digits
  hold     4 connections, one exchange each
  timeout  connect 1s, answer 1s
}

packet record {
  head  fixed {
    code    digits 4     = message.code
    serial  digits 12    = exchange.serial
    ret     code result  request = "0000"  reply = outcome
  }
  body  fixed {
    message fields
  }
}

codes result text 4 bytes "返回码" {
  "0000"  done
  "1002"  refused other
  other   unknown
}

call book "记账" provides bank.book {
  once     exchange.serial
  promises quiet 10m
  unknown  park
  request "1001" {
    account  account_no 32 bytes  <- ask.account                        "账号"
    amount   money 15 digits fen  <- ask.amount else refuse over_limit  "金额"
    block    bytes 8              = from_hex("0A1B2C3D4E5F6071")        "密文"
  }
  reply "1002"
}

call back "撤销" undoes book {
  once     original.serial
  promises repeatable, remembered
  unknown  park
  request "1003" {
    oserial  digits 12  = original.serial
  }
  reply "1004"
}
"#;

const ACCOUNT: &str = "6230580000001234567";

/// A folder with all that the gateway needs, the gateway, and a party that listens and says nothing.
struct House {
    folder: PathBuf,
    child: Child,
    channels: String,
    operators: String,
    owner: CoreOwner,
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn sha256(octets: &[u8]) -> String {
    digest(Digest::Sha256, octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn tongshi(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(folder).env("TONGSHI_PASSPHRASE", "a test passphrase");
    command
}

/// Hears whatever comes and never answers.
fn mute() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || while stream.read(&mut [0; 512]).is_ok_and(|octets| octets > 0) {});
        }
    });
    address
}

impl House {
    fn open(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("parked-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        for (name, text) in [("bank", BANK), ("desk", DESK)] {
            std::fs::create_dir_all(folder.join("configs").join(name)).unwrap();
            std::fs::write(folder.join(format!("configs/{name}/{name}.tongshi")), text).unwrap();
        }
        let users = [("eyes", "viewer"), ("maker", "operator, checker"), ("checker", "operator, checker")];
        let users = users.map(|(name, roles)| {
            format!("  - {{ name: {name}, token_sha256: {}, roles: [{roles}] }}\n", sha256(name.as_bytes()))
        });
        let deployment = format!(
            "node: test\nstore: {{ path: journal.db }}\nkeys: {{ path: var/keys.store }}\nspool: spool\n\
             limits: {{ asker_seconds: 3 }}\nlisteners: {{ channels: '127.0.0.1:0', admin: '127.0.0.1:0' }}\n\
             parties: {{ desk: {{ links: {{ line: {{ address: '{}' }} }} }} }}\n\
             channels:\n  - {{ name: mobile, token_sha256: {}, services: [bank.book] }}\nusers:\n{}",
            mute(),
            sha256(b"secret"),
            users.concat()
        );
        std::fs::write(folder.join("gateway.yaml"), deployment).unwrap();
        std::fs::write(folder.join("letter.pdf"), "%PDF-1.7 the desk has booked it").unwrap();
        std::fs::write(folder.join("other.pdf"), "%PDF-1.7 something else").unwrap();
        assert!(tongshi(&folder).args(["key", "create"]).stdout(Stdio::null()).status().unwrap().success());
        let (child, channels, operators) = Self::run(&folder);
        Self { folder, child, channels, operators, owner: Core::start(World::real()) }
    }

    /// The gateway, where channels ask and where operators do.
    fn run(folder: &Path) -> (Child, String, String) {
        let mut child = tongshi(folder).args(["run", "gateway.yaml"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |before: &str| {
            let line = lines.next().expect("a line").unwrap();
            let rest = line.strip_prefix(before).unwrap_or_else(|| panic!("{line}"));
            rest.split([';', ' ']).next().unwrap().trim_end_matches('.').to_owned()
        };
        let channels = address("Channels ask at ");
        let operators = address("Operators ask at ");
        (child, channels, operators)
    }

    /// Stops the gateway, writes into its journal, and starts it again.
    fn written(&mut self, change: impl FnOnce(&mut dyn Store)) {
        drop(self.child.kill());
        drop(self.child.wait());
        let options = store::Options::new("test", Arc::new(store::Clear));
        change(&mut SqliteStore::open(&self.folder.join("journal.db"), &options).unwrap());
        (self.child, self.channels, self.operators) = Self::run(&self.folder);
    }

    async fn channel(&self, method: &str, path: &str, body: &Value) -> Value {
        let client = HttpClient::new(&self.owner.core(), HttpClientConfig::new(&self.channels));
        let message = HttpMessage {
            method: method.to_owned(),
            headers: vec![("authorization".into(), Bytes::from("Bearer secret"))],
            ..HttpMessage::post(path, Bytes::from(body.to_string()))
        };
        let until = self.owner.mark().after(Duration::from_secs(20));
        let reply = client.exchange(&message, until).await.reply().expect("an answer");
        serde_json::from_slice(&reply.content).unwrap()
    }

    /// `tongshi parked` by a user: the exit code and all that it printed.
    fn parked(&self, user: &str, arguments: &[&str]) -> (i32, String) {
        let mut command = tongshi(&self.folder);
        command.args(["parked", "--admin", &self.operators]).args(arguments).env("TONGSHI_TOKEN", user);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }
}

/// Asks, and gives the number of the flow once its posting is parked.
async fn stuck(house: &House, reference: &str) -> String {
    let ask = json!({ "account": ACCOUNT, "amount": "12.00", "reference": reference });
    let told = house.channel("POST", "/v1/bank.book", &ask).await;
    assert_eq!(told["outcome"], "pending", "{told}");
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let (code, said) = house.parked("eyes", &["list", "--json"]);
        assert_eq!(code, 0, "{said}");
        let rows: Value = serde_json::from_str(&said).unwrap();
        if let Some(row) = rows["waiting"].as_array().unwrap().first() {
            return row["flow"].as_str().unwrap().to_owned();
        }
        assert!(Instant::now() < until, "nothing is parked");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_decide_what_is_parked_by_the_same_proof() {
    let house = House::open("posting");
    let flow = stuck(&house, "B1").await;

    // A table in which every column begins where its head does, whatever the width of the characters before it.
    let (_, listed) = house.parked("eyes", &["list"]);
    let head = listed.lines().next().unwrap();
    let row = listed.lines().find(|line| line.contains("12.00")).unwrap_or_else(|| panic!("{listed}"));
    let column = |line: &str, text: &str| line[..line.find(text).unwrap_or_else(|| panic!("{line}"))].width();
    assert_eq!(column(head, "next step"), column(row, "ask desk"), "{listed}");
    assert!(
        row.contains("desk") && row.contains("bank.book · booked") && row.contains("parked: "),
        "{listed}"
    );
    assert!(listed.contains("Waiting: 1, in flows: 1."), "{listed}");

    // The whole story: states with the writes that made them durable, the packet as fields, private values masked.
    let (code, story) = house.parked("eyes", &["show", &flow]);
    assert_eq!(code, 0, "{story}");
    for part in ["→ intent (durable by write", "→ parked", "request book.request", "账号", "金额", "12.00"]
    {
        assert!(story.contains(part), "{part}: {story}");
    }
    assert!(!story.contains(ACCOUNT) && story.contains("623058"), "{story}");
    // Octets are told by their number and digest, whatever they are.
    let block = [0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F, 0x60, 0x71];
    assert!(story.contains(&format!("8 octets, SHA-256 {}", sha256(&block))), "{story}");
    assert!(!story.to_uppercase().contains("0A1B2C3D4E5F6071"), "{story}");
    assert!(
        story.contains(&format!("tongshi parked resolve {flow} propose holds|never|taken_back")),
        "{story}"
    );

    let resolve = |user: &str, words: &[&str]| {
        let arguments: Vec<&str> = ["resolve", &flow].into_iter().chain(words.iter().copied()).collect();
        house.parked(user, &arguments)
    };
    let refused = |user: &str, words: &[&str], why: &str| {
        let (code, said) = resolve(user, words);
        assert!(code == 1 && said.contains(why), "{words:?}: {code} {said}");
    };
    let proposal = ["propose", "holds", "--reason", "listed", "--proof-file", "letter.pdf"];
    refused("eyes", &proposal, "operator");
    refused("maker", &["propose", "holds", "--reason", "listed"], "needs a proof");
    refused("maker", &["propose", "go", "--reason", "listed", "--reference", "1"], "does not decide this");
    refused("maker", &["propose", "maybe", "--reason", "listed", "--reference", "1"], "is one of");
    let long = "x".repeat(401);
    refused(
        "maker",
        &["propose", "holds", "--reason", &long, "--reference", "1"],
        "`reason` has at most 400",
    );
    refused(
        "maker",
        &["propose", "holds", "--reason", "listed", "--reference", &long],
        "`proof` has at most 400",
    );
    // What may still come has not been seen by nobody: a list of this hour does not prove it.
    let never = ["propose", "never", "--reason", "not listed", "--proof-file", "letter.pdf"];
    refused("maker", &never, "`never` cannot be decided before 2");
    assert!(story.contains("never: not before 2") && story.contains("UTC+08:00"), "{story}");
    refused("checker", &["agree", "holds", "--reference", "1"], "nobody has proposed");
    assert_eq!(resolve("maker", &["propose", "holds", "--reference", "1"]).0, 2, "a proposal has a reason");
    let (code, said) = resolve("maker", &proposal);
    assert!(code == 0 && said.contains("another person agrees"), "{said}");
    // One person is not two, however often they say it.
    refused("maker", &["agree", "holds", "--proof-file", "letter.pdf"], "another person must agree");
    refused("maker", &proposal, "has proposed `holds` before");
    refused("checker", &["agree", "never", "--proof-file", "letter.pdf"], "maker has proposed `holds`");
    let other = ["agree", "holds", "--proof-file", "letter.pdf", "--proposal", "1"];
    refused("checker", &other, "look at it, and name it where you agree");
    refused("checker", &["agree", "holds"], "show the same file");
    refused("checker", &["agree", "holds", "--proof-file", "other.pdf"], "show the same file");
    // What was proposed in error does not stay for ever.
    let (code, said) = resolve("checker", &["dismiss", "--reason", "of another day"]);
    assert!(code == 0 && said.contains("dismissed"), "{said}");
    refused("checker", &["agree", "holds", "--proof-file", "letter.pdf"], "nobody has proposed");

    the_commands_of_the_readme_decide_it(&house, &flow);

    assert!(house.parked("eyes", &["list"]).1.contains("Nothing waits"));
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let told = house.channel("GET", "/v1/bank.book/B1", &Value::Null).await;
        if told["outcome"] == "done" {
            break;
        }
        assert!(told["outcome"] == "pending" && Instant::now() < until, "{told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Who said what, on which proof, is part of the story for good.
    let (_, story) = house.parked("eyes", &["show", &flow]);
    let digest = sha256(b"%PDF-1.7 the desk has booked it");
    for part in ["dismissed", "by: checker", "proposed_by: maker", "file: letter.pdf", &digest, "→ done"] {
        assert!(story.contains(part), "{part}: {story}");
    }
}

/// A notice of the flow that the desk has refused for a day: a journal does not wait so long for a test.
fn refused_for_a_day(house: &mut House, flow: FlowId) {
    let mut facts = Facts::default();
    facts.put(Fact::Serial, &Text::text("000000000001"));
    let mut asked = Body::default();
    asked.put_tagged("facts", &facts.tagged(&Symbols::default()));
    let request = format!("10010000000000010000{ACCOUNT:<32}000000000001200");
    let request = [request.as_bytes(), &[0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F, 0x60, 0x71]].concat();
    let packet = |octets: Vec<u8>| Some(Packet::of_content(Bytes::from(octets)).encode());
    let last = LastTry {
        reason: "other".into(),
        text: "refused here".into(),
        asked: Some(asked.encode()),
        request: packet(request),
        reply: packet(b"10020000000000011002".to_vec()),
    };
    house.written(|store| {
        let row = store.reader().unwrap().flow(flow).unwrap().unwrap();
        let notice = Notice {
            flow,
            name: "told".into(),
            party: "desk".into(),
            call: "desk.book".into(),
            body: last.kept_in(Body::default().encode()),
            tries: 24,
            outcome: Outcome::Parked,
            due: row.changed,
        };
        let changes = vec![Change::PutNotice(notice)];
        let write =
            Write { lane: Lane::Outcome, epoch: store.epoch(), at: row.changed, date: row.key.date, changes };
        let verdicts = store.commit(&[write]).unwrap();
        assert!(matches!(verdicts.as_slice(), [Verdict::Ok(_)]), "{verdicts:?}");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_persons_work_off_a_notice_that_was_given_up() {
    let mut house = House::open("notice");
    let flow = stuck(&house, "N1").await;
    refused_for_a_day(&mut house, FlowId(flow.parse().unwrap()));

    let (_, listed) = house.parked("eyes", &["list"]);
    let row = listed.lines().find(|line| line.contains("told")).unwrap_or_else(|| panic!("{listed}"));
    for part in
        ["desk", "bank.book · told", "notice: not taken in 24 tries, at last refused: other", "ask desk"]
    {
        assert!(row.contains(part), "{part}: {listed}");
    }
    assert!(listed.contains("Waiting: 2, in flows: 1."), "{listed}");
    let (_, story) = house.parked("eyes", &["show", &flow]);
    for part in [
        "told · desk.book · notice given_up, tries: 24",
        "at last refused: other · refused here",
        "reply book.reply",
        "refused other",
        &format!("resolve {flow} propose again|delivered|dropped --place told"),
    ] {
        assert!(story.contains(part), "{part}: {story}");
    }
    // Once for the posting, once for the notice.
    assert_eq!(story.matches("request book.request").count(), 2, "{story}");
    assert!(!story.contains(ACCOUNT), "{story}");

    let resolve = |user: &str, words: &[&str]| {
        let all = ["resolve", &flow].into_iter().chain(words.iter().copied()).chain(["--place", "told"]);
        house.parked(user, &all.collect::<Vec<_>>())
    };
    let delivered = ["propose", "delivered", "--reason", "told by telephone"];
    let (code, said) = resolve("maker", &delivered);
    assert!(code == 1 && said.contains("needs a proof"), "{said}");
    let proven = [&delivered[..], &["--reference", "note 7"]].concat();
    let (code, said) = resolve("maker", &proven);
    assert!(code == 0 && said.contains("another person agrees"), "{said}");
    let (code, said) = resolve("maker", &["agree", "delivered"]);
    assert!(code == 1 && said.contains("another person must agree"), "{said}");
    let (code, said) = resolve("checker", &["agree", "delivered"]);
    assert!(code == 0 && said.contains("It is not sent any more."), "{said}");
    let (_, listed) = house.parked("eyes", &["list"]);
    assert!(listed.contains("Waiting: 1, in flows: 1.") && !listed.contains("told"), "{listed}");
    let (_, story) = house.parked("eyes", &["show", &flow]);
    for part in ["notice ended, tries: 24", "decision: delivered", "proof: note 7", "proposed_by: maker"] {
        assert!(story.contains(part), "{part}: {story}");
    }
}

/// The lines of the README that begin with `$ tongshi parked`, in their order, each by the user who is named behind it.
fn the_commands_of_the_readme_decide_it(house: &House, flow: &str) {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let mut count = 0;
    for line in readme.lines().filter_map(|line| line.strip_prefix("$ tongshi parked ")) {
        let (command, user) = line.split_once("# as ").unwrap();
        let command = command.trim().replace("100417", flow);
        // A text in quotes is one argument.
        let pieces = command.split('"').zip([false, true].into_iter().cycle());
        let arguments: Vec<&str> = pieces
            .flat_map(
                |(piece, quoted)| {
                    if quoted { vec![piece] } else { piece.split_whitespace().collect::<Vec<_>>() }
                },
            )
            .collect();
        let (code, said) = house.parked(user.trim(), &arguments);
        assert_eq!(code, 0, "{line}: {said}");
        count += 1;
    }
    assert_eq!(count, 4, "commands of the README");
}
