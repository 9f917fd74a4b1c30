//! Two gateway processes over one PostgreSQL: one is at work, the other stands by. The first is killed, or paused and let go
//! on, while it is asked; the other ends what was begun, and the books of core and power company agree. Or the database
//! itself is killed, and its standby takes over, by an operator or by Patroni: the gateway goes on there by itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

#[path = "../engine/tests/slice/parties.rs"]
#[allow(dead_code, reason = "the engine's tests make use of the rest")]
mod parties;
#[path = "standby/patroni.rs"]
mod patroni;

use bytes::Bytes;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, CoreOwner, World};
use parties::{MMK, Played, grid, host};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use store::TrialServer;

/// SHA-256 of `secret`.
const TOKEN: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
/// Payments of one test, of 1.01, 1.02 …
const PAYMENTS: usize = 40;
/// A payment takes some thirty times as long.
const APART: Duration = Duration::from_millis(5);

/// A database, two parties, and a folder with what two nodes need.
struct House {
    folder: PathBuf,
    /// Where the database answers, and where what stands by for it.
    databases: Vec<String>,
    core: Played,
    grid: Played,
    owner: CoreOwner,
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A `tongshi run`, and what it says.
struct Node {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn tongshi(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(folder).env("TONGSHI_PASSPHRASE", "a test passphrase");
    command.env("TONGSHI_DATABASE_PASSWORD", TrialServer::PASSWORD);
    command
}

impl House {
    async fn make(name: &str, databases: Vec<String>) -> Self {
        let folder = std::env::temp_dir().join(format!("standby-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let owner = Core::start(World::real());
        let (core, grid) = (host(&owner.core()).await, grid(&owner.core()).await);
        // Long enough that much is under way at any moment.
        for played in [&core, &grid] {
            played.ledger.lock().unwrap().late = Duration::from_millis(60);
        }
        let house = Self { folder, databases, core, grid, owner };
        assert!(
            tongshi(&house.folder).args(["key", "create"]).stdout(Stdio::null()).status().unwrap().success()
        );
        let mut importing = tongshi(&house.folder);
        importing.args(["key", "import", "grid_mmk", "tdes"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut importing = importing.spawn().unwrap();
        let figures: String = MMK.iter().map(|octet| format!("{octet:02x}")).collect();
        importing.stdin.take().unwrap().write_all(figures.as_bytes()).unwrap();
        assert!(importing.wait().unwrap().success());
        house
    }

    fn deployment(&self, node: &str) -> PathBuf {
        let path = self.folder.join(format!("{node}.yaml"));
        let (core, grid) = (&self.core.address, &self.grid.address);
        let (database, standbys) = self.databases.split_first().unwrap();
        let standbys: Vec<_> = standbys.iter().map(|address| format!("'{address}'")).collect();
        let standbys = standbys.join(", ");
        let text = format!(
            "node: {node}
store: {{ postgres: {{ address: '{database}', standbys: [{standbys}], database: postgres, password: 'env:TONGSHI_DATABASE_PASSWORD', lease: 3 }} }}
spool: spool-{node}
keys: {{ path: var/keys.store }}
limits: {{ asker_seconds: 20 }}
listeners: {{ channels: '127.0.0.1:0' }}
parties:
  bank:
    settings: {{ once_limit: '500.00', day_limit: '1000.00', paused: 'no' }}
    members:
      S001: {{ settings: {{ each: '50.00', day: '60.00' }} }}
  host: {{ links: {{ line: {{ address: '{core}' }}, back: {{ listen: '127.0.0.1:0' }} }} }}
  grid:
    keys: {{ mmk: grid_mmk }}
    links:
      line: {{ address: '{grid}' }}
      back: {{ listen: '127.0.0.1:0' }}
      drop: {{ folder: grid }}
      bills: {{ folder: grid }}
  units: {{ links: {{ incoming: {{ folder: units }}, outgoing: {{ folder: units }} }} }}
  forms: {{ links: {{ in: {{ listen: '127.0.0.1:0' }} }} }}
  campus:
    links: {{ line: {{ listen: '127.0.0.1:0' }} }}
    members:
      S001: {{ settings: {{ suspense: '9990000000000000001' }}, keys: {{ tmk: grid_mmk }} }}
channels:
  - {{ name: mobile, token_sha256: {TOKEN}, services: [bank.pay_bill] }}
"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, node: &str) -> Node {
        let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/slice/adapters");
        let mut command = tongshi(&self.folder);
        command.arg("run").arg(self.deployment(node)).arg("--configs").arg(adapters);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        Node { child, lines }
    }

    /// Pays once; none where nobody answers.
    async fn pay(&self, address: &str, number: usize) -> Option<Value> {
        let client = HttpClient::new(&self.owner.core(), HttpClientConfig::new(address));
        let body = json!({
            "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
            "amount": amount(number), "reference": format!("M{number}"),
        });
        let message = HttpMessage {
            headers: vec![("authorization".into(), Bytes::from("Bearer secret"))],
            ..HttpMessage::post("/v1/bank.pay_bill", Bytes::from(body.to_string()))
        };
        let until = self.owner.mark().after(Duration::from_secs(20));
        let reply = client.exchange(&message, until).await.reply()?;
        serde_json::from_slice(&reply.content).ok()
    }

    /// Asks for one payment after another at a node, waiting for none, and does something to it when the first have been
    /// told that theirs is done: by then others are at every step of the way.
    async fn under_load(&self, address: &str, then: impl FnOnce()) -> Vec<Option<Value>> {
        let done = AtomicUsize::new(0);
        let asking = futures_of((0..PAYMENTS).map(async |number| {
            tokio::time::sleep(APART * u32::try_from(number).unwrap()).await;
            let told = self.pay(address, number).await;
            let is_done = told.as_ref().is_some_and(|told| told["outcome"] == "done");
            done.fetch_add(usize::from(is_done), Relaxed);
            told
        }));
        let doing = async {
            let began = Instant::now();
            while done.load(Relaxed) < PAYMENTS / 8 {
                assert!(began.elapsed() < Duration::from_secs(20), "nobody is told that it is done");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            then();
        };
        tokio::join!(asking, doing).0
    }

    /// Asks again for each until it has ended, and compares the books: fen that were paid.
    async fn settled(&self, address: &str, told: &[Option<Value>]) {
        let began = Instant::now();
        let mut paid = 0;
        for (number, told) in told.iter().enumerate() {
            let outcome = loop {
                let again = self.pay(address, number).await;
                let outcome = again.as_ref().and_then(|answer| answer["outcome"].as_str()).unwrap_or("none");
                if matches!(outcome, "done" | "refused") {
                    break outcome.to_owned();
                }
                assert!(began.elapsed() < Duration::from_secs(90), "M{number} does not end: {again:?}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            };
            if let Some(told) = told.as_ref().filter(|told| told["outcome"] == "done") {
                assert_eq!(outcome, "done", "M{number} was told done: {told}");
            }
            paid += if outcome == "done" { 101 + i64::try_from(number).unwrap() } else { 0 };
        }
        let holds = |played: &Played| played.ledger.lock().unwrap().holds();
        assert!(paid > 0);
        assert_eq!((holds(&self.core), holds(&self.grid)), (paid, paid));
    }

    /// Nodes of which it is not known that they have ended, as a node at work tells watchmen.
    async fn may_still_send(&self, address: &str) -> Value {
        let client = HttpClient::new(&self.owner.core(), HttpClientConfig::new(address));
        let message = HttpMessage { method: "GET".into(), ..HttpMessage::post("/ready", Bytes::new()) };
        let until = self.owner.mark().after(Duration::from_secs(20));
        let reply = client.exchange(&message, until).await.reply().unwrap();
        serde_json::from_slice::<Value>(&reply.content).unwrap()["may_still_send"].take()
    }

    fn audit(&self, node: &str) {
        let audited =
            tongshi(&self.folder).args(["audit", "verify"]).arg(self.deployment(node)).output().unwrap();
        assert!(audited.status.success(), "{}", String::from_utf8_lossy(&audited.stderr));
    }
}

fn at(server: &TrialServer) -> String {
    server.folder().display().to_string()
}

fn amount(number: usize) -> String {
    format!("1.{:02}", number + 1)
}

/// All of them at once, in order.
async fn futures_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(move |context| {
        let mut all = true;
        for (future, made) in &mut waiting {
            if made.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *made = Some(value),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if !all {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(waiting.drain(..).filter_map(|(_, made)| made).collect())
    })
    .await
}

impl Node {
    /// What follows these words in the line that begins with them.
    async fn says(&self, words: &str) -> String {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < Duration::from_secs(60), "`{words}` is not said");
            let Ok(line) = self.lines.try_recv() else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            if let Some(rest) = line.strip_prefix(words) {
                return rest.split([';', ' ']).next().unwrap().to_owned();
            }
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(name).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    fn ends(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "the node does not end");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_is_taken_over() {
    let server = TrialServer::start().unwrap();
    let house = House::make("killed", vec![at(&server)]).await;
    let first = house.run("first");
    let channels = first.says("Channels ask at ").await;
    let second = house.run("second");
    assert_eq!(second.says("The node first holds the journal; this one,").await, "");
    let told = house.under_load(&channels, || first.signal("-KILL")).await;
    assert!(told.iter().any(Option::is_none), "the kill came too late");
    let channels = second.says("Channels ask at ").await;
    house.settled(&channels, &told).await;
    house.audit("second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_paused_and_comes_back_writes_nothing_more() {
    let server = TrialServer::start().unwrap();
    let house = House::make("paused", vec![at(&server)]).await;
    let mut first = house.run("first");
    let channels = first.says("Channels ask at ").await;
    let second = house.run("second");
    assert_eq!(second.says("The node first holds the journal; this one,").await, "");
    let load = house.under_load(&channels, || first.signal("-STOP"));
    let taking_over = async {
        let channels = second.says("Channels ask at ").await;
        // It stands still, and sends what it had in its hands when it goes on.
        assert_eq!(house.may_still_send(&channels).await, json!(["first"]));
        first.signal("-CONT");
        channels
    };
    let (told, channels) = tokio::join!(load, taking_over);
    assert!(!first.ends().success());
    house.settled(&channels, &told).await;
    house.audit("second");
    assert_eq!(house.may_still_send(&channels).await, json!([]));
    // Started again it stands by; when the other is stopped in good order it takes over at once.
    let first = house.run("first");
    assert_eq!(first.says("The node second holds the journal; this one,").await, "");
    let began = Instant::now();
    second.signal("-TERM");
    let channels = first.says("Channels ask at ").await;
    assert!(began.elapsed() < Duration::from_secs(20));
    house.settled(&channels, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_is_stood_in_for() {
    let server = TrialServer::start().unwrap();
    let other = server.standby().unwrap();
    let house = House::make("database", vec![at(&server), at(&other)]).await;
    let node = house.run("only");
    let channels = node.says("Channels ask at ").await;
    let killed = tokio::sync::Notify::new();
    let told = house.under_load(&channels, || {
        server.kill().unwrap();
        killed.notify_one();
    });
    let taking_over = async {
        killed.notified().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.promote().unwrap();
    };
    let (told, ()) = tokio::join!(told, taking_over);
    // The same process, at the same address.
    house.settled(&channels, &told).await;
    house.audit("only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patroni_puts_another_database_in_place_of_one_that_died() {
    let mut cluster = patroni::Cluster::start();
    let house = House::make("patroni", cluster.addresses()).await;
    let node = house.run("only");
    let channels = node.says("Channels ask at ").await;
    let told = house.under_load(&channels, || cluster.kill_leader()).await;
    house.settled(&channels, &told).await;
    // The one that died comes back behind the new one, which dies in its turn while nobody pays.
    cluster.repair();
    cluster.kill_leader();
    house.settled(&channels, &told).await;
    house.audit("only");
}
