//! `tongshi reconcile` over the journal of a gateway that was asked and stopped: a party's file and the core's list, each with
//! something wrong in it, and what the three books say together. Beside it, kept from the ordinary run: many rows in memory
//! that does not grow,
//! `TONGSHI_RECONCILE_ROWS=10000000 cargo test -p gateway --release --test reconcile -- --ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use adapters::seal::{Digest, digest};
use bytes::Bytes;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, CoreOwner, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{
    AsOf, Change, Clear, Day, FlowAsked, FlowId, Key, Lane, Moment, OperationPut, OperationState, Options,
    SqliteStore, Store as _, Verdict, Write as Written,
};

const BANK: &str = r#"
module bank

reasons "拒绝原因" {
  over_limit  "超过限额"
}

service debit posting "借客户" {
  ask {
    account  account_no
    amount   money
  }
}

service book posting "记账" {
  ask {
    account    account_no
    amount     money
    reference  text ..32 chars
  }
}

service charge posting "扣款" {
  ask {
    account    account_no
    amount     money
    reference  text ..32 chars
  }
}

flow charge on bank.charge {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  when ask.amount > 90.00 {
    park  "大额"
  }
}

flow book on bank.book {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  when ask.amount > 90.00 {
    park  "大额"
  }
  step booked bank.book {
    pass ask
    undo
  }
}
"#;

/// A party that is asked by fixed records and gives a list of its day; `CALL` and `LABEL` stand for what it does.
const PARTY: &str = r#"
party NAME "LABEL" {
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

link pick folder accept "文件" {
  folder  "in"
  poll    1h
  once    name, digest 7 days
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
  "1002"  refused over_limit
  other   unknown
}

call CALL "记账" provides bank.CALL {
  once     exchange.serial
  promises quiet 1s
  unknown  park
  request "1001" {
    account  account_no 32 bytes  <- ask.account                        "账号"
    amount   money 15 digits fen  <- ask.amount else refuse over_limit  "金额"
  }
  reply "1002"
}

call back "撤销" undoes CALL {
  once     original.serial
  promises repeatable, remembered
  unknown  repeat every 1s up to 3 times, then park
  request "1003" {
    oserial  digits 12  = original.serial
  }
  reply "1004"
}

serve day_list "日清单" over pick {
  ask {
    day   date
    rows  list ..20_000_000 {
      serial  text ..20 chars
      amount  money
    }
  }
  once  exchange.file
  request file "NAME_{format(ask.day, 'yyyyMMdd')}.txt" delimited "|" lines lf {
    row  list ..20_000_000 of line  -> ask.rows {
      serial  text ..20 bytes         -> item.serial
      amount  money ..15 digits yuan  -> item.amount
    }
  }
}

reconcile books "逐笔核对" {
  day     ask.day
  ours    CALL by exchange.serial amount request.amount
  theirs  day_list by serial amount amount
}

flow uneven "差异" on books {
  each row in ask.differences, once by row.key {
    park  "{row.class}: {row.key}"
  }
}
"#;

/// An amount that the party refuses, and one that it does not answer.
const REFUSED: &str = "000000000000500";
const MUTE: &str = "000000000000600";

struct House {
    folder: PathBuf,
    owner: CoreOwner,
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A `tongshi run` that ends with the test.
struct Running {
    child: Child,
    channels: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn tongshi(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(folder).env("TONGSHI_PASSPHRASE", "a test passphrase");
    command
}

/// Answers every record by the next code: done, but for two amounts.
fn answers(mut stream: TcpStream) {
    let mut head = [0; 4];
    while stream.read_exact(&mut head).is_ok() {
        let length: usize = String::from_utf8_lossy(&head).parse().unwrap();
        let mut record = vec![0; length];
        stream.read_exact(&mut record).unwrap();
        let record = String::from_utf8(record).unwrap();
        let code: u32 = record[..4].parse().unwrap();
        if code == 1001 && record.ends_with(MUTE) {
            continue;
        }
        let ret = if code == 1001 && record.ends_with(REFUSED) { "1002" } else { "0000" };
        let reply = format!("0020{:04}{}{ret}", code + 1, &record[4..16]);
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn played(always_done: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || if always_done { done(stream) } else { answers(stream) });
        }
    });
    address
}

/// The core books whatever it is asked.
fn done(mut stream: TcpStream) {
    let mut head = [0; 4];
    while stream.read_exact(&mut head).is_ok() {
        let length: usize = String::from_utf8_lossy(&head).parse().unwrap();
        let mut record = vec![0; length];
        stream.read_exact(&mut record).unwrap();
        let record = String::from_utf8(record).unwrap();
        let code: u32 = record[..4].parse().unwrap();
        let reply = format!("0020{:04}{}0000", code + 1, &record[4..16]);
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

impl House {
    fn make(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("reconcile-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        let party = |name: &str, label: &str, call: &str| {
            PARTY.replace("NAME", name).replace("LABEL", label).replace("CALL", call)
        };
        let (desk, ledger) = (party("desk", "柜台", "book"), party("ledger", "核心", "debit"));
        for (name, text) in [("bank", BANK), ("desk", desk.as_str()), ("ledger", ledger.as_str())] {
            std::fs::create_dir_all(folder.join("configs").join(name)).unwrap();
            std::fs::write(folder.join(format!("configs/{name}/{name}.tongshi")), text).unwrap();
        }
        let token: String =
            digest(Digest::Sha256, b"secret").iter().map(|octet| format!("{octet:02x}")).collect();
        let deployment = format!(
            "node: test\nstore: {{ path: journal.db }}\nkeys: {{ path: var/keys.store }}\nspool: spool\n\
             limits: {{ asker_seconds: 3 }}\nlisteners: {{ channels: '127.0.0.1:0' }}\nparties:\n  \
             desk: {{ links: {{ line: {{ address: '{}' }}, pick: {{ folder: desk }} }} }}\n  \
             ledger: {{ links: {{ line: {{ address: '{}' }}, pick: {{ folder: ledger }} }} }}\n\
             channels:\n  - {{ name: mobile, token_sha256: {token}, services: [bank.book, bank.charge] }}\n",
            played(false),
            played(true),
        );
        std::fs::write(folder.join("gateway.yaml"), deployment).unwrap();
        assert!(tongshi(&folder).args(["key", "create"]).stdout(Stdio::null()).status().unwrap().success());
        Self { folder, owner: Core::start(World::real()) }
    }

    fn run(&self) -> Running {
        let mut command = tongshi(&self.folder);
        let mut child = command.args(["run", "gateway.yaml"]).stdout(Stdio::piped()).spawn().unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next().expect("a line").unwrap();
        let rest = line.strip_prefix("Channels ask at ").unwrap_or_else(|| panic!("{line}"));
        let channels = rest.split([';', ' ']).next().unwrap().to_owned();
        Running { child, channels }
    }

    /// Asks for a booking; gives the outcome.
    async fn book(&self, running: &Running, amount: &str) -> String {
        self.ask(running, "bank.book", amount).await
    }

    async fn ask(&self, running: &Running, service: &str, amount: &str) -> String {
        let ask =
            json!({ "account": "6230580000001234567", "amount": amount, "reference": format!("B{amount}") });
        let client = HttpClient::new(&self.owner.core(), HttpClientConfig::new(&running.channels));
        let message = HttpMessage {
            headers: vec![("authorization".into(), Bytes::from("Bearer secret"))],
            ..HttpMessage::post(format!("/v1/{service}"), Bytes::from(ask.to_string()))
        };
        let until = self.owner.mark().after(Duration::from_secs(20));
        let reply = client.exchange(&message, until).await.reply().expect("an answer");
        let told: Value = serde_json::from_slice(&reply.content).unwrap();
        told["outcome"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
    }

    /// Serials by amount of a call's operations, and their day.
    fn serials(&self, party: &str, call: &str) -> (Day, BTreeMap<i64, String>) {
        let mut reader = store::reader(&self.folder.join("journal.db"), Arc::new(Clear)).unwrap();
        let date = reader.flows_before(None, None, 1).unwrap()[0].key.date;
        let query = AsOf { party, call: Some(call), date, sequence: u64::MAX, after: 0, most: 1_000 };
        let rows = reader.operations_of_day(&query).unwrap().rows;
        (date, rows.into_iter().map(|row| (row.amount.unwrap(), row.serial)).collect())
    }

    fn list(&self, name: &str, day: Day, rows: &[(&str, &str)]) -> String {
        let file = format!("{name}_{:08}.txt", day.0);
        let mut text = String::new();
        rows.iter().for_each(|(serial, amount)| writeln!(text, "{serial}|{amount}").unwrap());
        std::fs::write(self.folder.join(&file), text).unwrap();
        file
    }

    fn reconcile(&self, arguments: &[&str]) -> Output {
        tongshi(&self.folder).args(["reconcile", "gateway.yaml"]).args(arguments).output().unwrap()
    }
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_books_are_compared_and_each_difference_has_its_class_and_next_step() {
    let house = House::make("books");
    let running = house.run();
    for (amount, outcome) in
        [("1.00", "done"), ("2.00", "done"), ("3.00", "done"), ("4.00", "done"), ("5.00", "refused")]
    {
        assert_eq!(house.book(&running, amount).await, outcome, "{amount}");
    }
    drop(running);
    let (day, desk) = house.serials("desk", "desk.book");
    let (_, ledger) = house.serials("ledger", "ledger.debit");
    let rows = |serials: &BTreeMap<i64, String>| {
        let rows = [(100, "1.00"), (200, "2.00"), (300, "3.00"), (400, "4.00")];
        let text = |(fen, amount): (i64, &str)| format!("{}|{amount}\n", serials[&fen]);
        rows.map(text).concat()
    };
    // The core took 5.00 back, and the party refused it.
    for (name, serials) in [("desk", &desk), ("ledger", &ledger)] {
        std::fs::write(house.folder.join(format!("{name}_{:08}.txt", day.0)), rows(serials)).unwrap();
    }
    let both = [format!("desk=desk_{:08}.txt", day.0), format!("ledger=ledger_{:08}.txt", day.0)];
    let agree = house.reconcile(&[&both[0], "--core", &both[1]]);
    let said = all(&agree);
    assert!(agree.status.success() && said.contains("The books agree, three ways: 5 flows."), "{said}");

    let running = house.run();
    assert_eq!(house.book(&running, "6.00").await, "pending");
    drop(running);
    let (_, desk) = house.serials("desk", "desk.book");
    let (_, ledger) = house.serials("ledger", "ledger.debit");
    let (desk, ledger) = (|fen: i64| desk[&fen].as_str(), |fen: i64| ledger[&fen].as_str());

    let theirs = house.list(
        "desk",
        day,
        &[(desk(100), "1.00"), (desk(200), "2.00"), (desk(300), "3.00"), (desk(400), "4.00")],
    );
    let whole = [(ledger(100), "1.00"), (ledger(200), "2.00"), (ledger(300), "3.00"), (ledger(400), "4.00")];
    let core = house.list("ledger", day, &[&whole[..], &[(ledger(600), "6.00")]].concat());
    let (theirs, core) = (format!("desk={theirs}"), format!("ledger={core}"));
    // 6.00 waits for people: the party has not said what became of it, and its list says that it never had it.
    let compared = house.reconcile(&[&theirs, "--core", &core]);
    let said = all(&compared);
    assert_eq!(compared.status.code(), Some(1), "{said}");
    assert!(said.contains("open_unlisted") && said.contains("1 differences, 5 flows agree"), "{said}");
    assert!(said.contains("propose never, with this list as proof"), "{said}");
    // What the list has, is there.
    let listed = [(desk(100), "1.00"), (desk(200), "2.00"), (desk(300), "3.00"), (desk(400), "4.00")];
    house.list("desk", day, &[&listed[..], &[(desk(600), "6.00")]].concat());
    let two = all(&house.reconcile(&[&theirs]));
    assert!(two.contains("open_here") && two.contains("1 differences") && two.contains("two ways"), "{two}");

    // Everything wrong at once.
    house.list(
        "desk",
        day,
        // 2.00 is missing, 3.00 has another amount, 5.00 was refused and 6.00 is open here; the last is nobody's.
        &[
            (desk(100), "1.00"),
            (desk(300), "3.30"),
            (desk(400), "4.00"),
            (desk(500), "5.00"),
            (desk(600), "6.00"),
            ("=X1", "9.00"),
        ],
    );
    // 4.00 is missing, 5.00 was taken back here, the last is nobody's.
    house.list(
        "ledger",
        day,
        &[whole[0], whole[1], whole[2], (ledger(500), "5.00"), (ledger(600), "6.00"), ("Y1", "8.00")],
    );
    let compared = house.reconcile(&[&theirs, "--core", &core, "--out", "out", "--json"]);
    assert_eq!(compared.status.code(), Some(1), "{}", all(&compared));
    let told: Value = serde_json::from_slice(&compared.stdout).unwrap();
    let mut classes: Vec<(String, String, u64)> = Vec::new();
    for class in told["classes"].as_array().unwrap() {
        let text = |name: &str| class[name].as_str().unwrap().to_owned();
        assert!(!text("next_step").is_empty());
        classes.push((text("between"), text("class"), class["count"].as_u64().unwrap()));
    }
    let class = |between: &str, class: &str| (between.to_owned(), class.to_owned(), 1);
    assert_eq!(
        classes,
        [
            class("journal and party", "ours_only"),
            class("journal and party", "theirs_only"),
            class("journal and party", "amount_differs"),
            class("journal and party", "open_here"),
            class("journal and party", "refused_here"),
            class("journal and core", "ours_only"),
            class("journal and core", "theirs_only"),
            class("journal and core", "undone_here"),
        ],
        "{told:#}"
    );
    assert_eq!((&told["flows_agreed"], &told["differ"]), (&json!(1), &json!(8)), "{told:#}");
    let stem = format!("desk-{day}");
    let table = std::fs::read_to_string(house.folder.join(format!("out/{stem}.csv"))).unwrap();
    assert_eq!(table.lines().count(), 9, "{table}");
    let line =
        |part: &str| table.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{table}"));
    assert!(line("amount_differs").contains(&format!("{},3.00,3.30,", desk(300))), "{table}");
    assert!(line("journal and party,theirs_only").contains(",,'=X1,,9.00,"), "{table}");
    let page = std::fs::read_to_string(house.folder.join(format!("out/{stem}.html"))).unwrap();
    assert!(page.contains("The books differ") && page.contains("tongshi parked resolve FLOW"), "{page}");

    // Nothing is left behind, nothing was written to the journal, and what cannot be compared says so.
    assert_eq!(std::fs::read_dir(house.folder.join("spool")).unwrap().count(), 0);
    let failed = |arguments: &[&str], code: i32, why: &str| {
        let output = house.reconcile(arguments);
        assert!(output.status.code() == Some(code) && all(&output).contains(why), "{}", all(&output));
    };
    failed(&["desk"], 2, "PARTY=FILE");
    failed(&["nobody=x.txt"], 3, "there is no party nobody");
    failed(&["desk=gateway.yaml"], 3, "no comparison of desk has a file of this name");
    failed(&[&theirs, "--date", "2020-01-01"], 3, "not of 2020-01-01");
    house.list("ledger", Day(20_200_101), &[]);
    failed(&[&theirs, "--core", "ledger=ledger_20200101.txt"], 3, "one file is of");
    std::fs::write(house.folder.join(theirs.split_once('=').unwrap().1), "S1|1.00\nS2|one\n").unwrap();
    failed(&[&theirs], 3, "line 2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debit_whose_flow_never_asked_the_party_is_told() {
    let house = House::make("missed");
    let running = house.run();
    assert_eq!(house.book(&running, "1.00").await, "done");
    // Stopped between its legs; the other two have none at the desk.
    assert_eq!(house.book(&running, "99.00").await, "pending");
    assert_eq!(house.ask(&running, "bank.charge", "2.00").await, "done");
    assert_eq!(house.ask(&running, "bank.charge", "98.00").await, "pending");
    drop(running);
    let (day, desk) = house.serials("desk", "desk.book");
    let (_, ledger) = house.serials("ledger", "ledger.debit");
    assert_eq!((desk.len(), ledger.len()), (1, 4));
    let line = |fen: i64, amount: &'static str| (ledger[&fen].as_str(), amount);
    let theirs = format!("desk={}", house.list("desk", day, &[(desk[&100].as_str(), "1.00")]));
    let others = [line(100, "1.00"), line(200, "2.00"), line(9_800, "98.00")];
    let core = house.list("ledger", day, &[&others[..], &[line(9_900, "99.00")]].concat());
    let core = format!("ledger={core}");
    let told = || {
        let compared = house.reconcile(&[&theirs, "--core", &core, "--json"]);
        let told: Value =
            serde_json::from_slice(&compared.stdout).unwrap_or_else(|_| panic!("{}", all(&compared)));
        let class = |class: &Value| (class["class"].clone(), class["count"].clone());
        let classes: Vec<_> = told["classes"].as_array().unwrap().iter().map(class).collect();
        (compared.status.code(), classes, told["flows_agreed"].clone())
    };
    assert_eq!(told(), (Some(1), vec![(json!("core_alone"), json!(1))], json!(1)));
    // The journal's debit stands, and the core does not have it either.
    house.list("ledger", day, &others);
    assert_eq!(told(), (Some(1), vec![(json!("ours_only"), json!(1))], json!(1)));
}

/// Memory of the command at its peak, KiB, and how long it took.
fn measured(house: &House, arguments: &[&str]) -> (u64, Duration, Output) {
    let began = Instant::now();
    let mut command = tongshi(&house.folder);
    command.args(["reconcile", "gateway.yaml"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(peak);
        if child.try_wait().unwrap().is_some() {
            return (peak, began.elapsed(), child.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A journal, a file and a list of so many rows: the flow of one booking again and again, each under numbers of its own.
fn many(house: &House, rows: u64) -> [String; 2] {
    let path = house.folder.join("journal.db");
    let (day, row, operations) = {
        let mut reader = store::reader(&path, Arc::new(Clear)).unwrap();
        let flow = reader.flows_before(None, None, 1).unwrap().remove(0);
        let operations = reader.operations(flow.flow).unwrap();
        (flow.key.date, flow, operations)
    };
    let options = Options::new("test", Arc::new(Clear));
    let mut store = SqliteStore::open(&path, &options).unwrap();
    let file = |name: &str| format!("{name}_{:08}.txt", day.0);
    let files = [file("desk"), file("ledger")];
    let [mut theirs, mut core] =
        files.clone().map(|name| BufWriter::new(std::fs::File::create(house.folder.join(name)).unwrap()));
    let epoch = store.epoch();
    let mut group = Vec::new();
    for number in 0..rows {
        // Serials that do not rise with the rows, so that there is something to sort.
        let serial = format!("{:012}", 100_000_000_000 + number.wrapping_mul(7_919) % 99_999_989_000);
        let flow = FlowId(1_000_000 + number);
        let key = Key { once: serial.clone().into_bytes(), ..row.key.clone() };
        let mut changes = vec![Change::InsertFlow(FlowAsked {
            flow,
            name: row.name.clone(),
            parent: None,
            key,
            digest: row.digest,
            asked: Vec::new(),
            version: row.version,
            state: row.state.clone(),
            wake: None,
            found_by: Vec::new(),
            refused_by: Vec::new(),
        })];
        for row in &operations {
            let own =
                |octets: &Option<Vec<u8>>| octets.as_deref().map(|octets| with(octets, &row.serial, &serial));
            changes.push(Change::PutOperation(OperationPut {
                flow,
                name: row.name.clone(),
                copies: 1,
                party: row.party.clone(),
                call: row.call.clone(),
                state: OperationState::Done,
                date: row.date,
                serial: serial.clone(),
                amount: row.amount,
                request: None,
                reply: None,
                asked: own(&row.asked),
                answered: own(&row.answered),
                found_by: Vec::new(),
            }));
        }
        group.push(Written { lane: Lane::Outcome, epoch, at: Moment(1), date: day, changes });
        if group.len() == 1_000 || number + 1 == rows {
            let verdicts = store.commit(&std::mem::take(&mut group)).unwrap();
            assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Ok(_))), "{:?}", verdicts[0]);
        }
        writeln!(theirs, "{serial}|1.00").unwrap();
        // One row of the core's list has another amount.
        writeln!(core, "{serial}|{}", if number == rows / 2 { "1.01" } else { "1.00" }).unwrap();
    }
    [theirs, core].iter_mut().for_each(|file| file.flush().unwrap());
    files
}

/// Octets in which one serial stands for another of the same length.
fn with(octets: &[u8], old: &str, new: &str) -> Vec<u8> {
    let mut octets = octets.to_vec();
    let places = octets.windows(old.len()).enumerate().filter(|(_, part)| *part == old.as_bytes());
    for at in places.map(|(at, _)| at).collect::<Vec<_>>() {
        octets[at..at + old.len()].copy_from_slice(new.as_bytes());
    }
    octets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a million rows take minutes; see the head of this file"]
async fn many_rows_are_compared_in_memory_that_does_not_grow() {
    let rows = std::env::var("TONGSHI_RECONCILE_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: u64 = rows.unwrap_or(1_000_000);
    let mut peaks = Vec::new();
    for count in [rows / 10, rows] {
        let house = House::make(&format!("many-{count}"));
        let running = house.run();
        assert_eq!(house.book(&running, "1.00").await, "done");
        drop(running);
        let began = Instant::now();
        let [theirs, core] = many(&house, count);
        let made = began.elapsed();
        let arguments =
            [format!("desk={theirs}"), "--core".to_owned(), format!("ledger={core}"), "--json".to_owned()];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (peak, took, output) = measured(&house, &arguments);
        println!(
            "{count} rows: made in {made:.0?}, compared in {took:.1?}, {} MiB at the peak",
            peak / 1_024
        );
        let told: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", all(&output)));
        // The booking whose flow was repeated stands in neither file; of the others one amount differs.
        let counted = |of: &str| (told[of][0]["ours"].clone(), told[of][0]["agreed"].clone());
        assert_eq!(counted("with_party"), (json!(count + 1), json!(count)), "{told:#}");
        assert_eq!(counted("with_core"), (json!(count + 1), json!(count - 1)), "{told:#}");
        assert_eq!((&told["flows_agreed"], &told["differ"]), (&json!(count - 1), &json!(3)), "{told:#}");
        peaks.push(peak);
    }
    // Ten times the rows, and no more than what caches take until they are full.
    assert!(peaks[1] < peaks[0] + 48 * 1_024, "{peaks:?} KiB");
}
