//! A gateway with the small adapters, a memory store, and a channel that asks it.

use crate::parties::{MMK, Played, grid, host};
use adapters::keys::{KeyStore, MemoryKeys};
use adapters::seal::{KeyKind, PreparedKey};
use bytes::Bytes;
use dsl::program::Compiled;
use engine::load::{compile, texts};
use engine::senders::Witness;
use engine::{Deployment, Gateway, Options, Version, validate};
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::world::{Clock, Random};
use link::{Core, CoreOwner, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Fatal, FlowId, MemoryDisk, MemoryStore, OperationRow, SqliteStore, Store};

/// SHA-256 of `secret`.
pub(crate) const TOKEN: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

/// A whole small bank.
pub(crate) struct Bank {
    pub(crate) core: Played,
    pub(crate) grid: Played,
    pub(crate) disk: MemoryDisk,
    pub(crate) folder: Folder,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) owner: CoreOwner,
    /// What the deployment says of its store beside its place.
    pub(crate) keep: String,
    /// Its keys, where they are not the usual ones.
    pub(crate) keys: Option<Arc<dyn KeyStore>>,
    /// Its random octets, where they are not the system's.
    pub(crate) random: Option<Arc<dyn Random>>,
    /// Its clock, where it is not the system's.
    pub(crate) clock: Option<Arc<dyn Clock>>,
    /// Who sees other processes end, where it is somebody.
    pub(crate) witness: Option<Arc<dyn Witness>>,
    /// What it says of its limits beside the asker's seconds.
    pub(crate) limits: String,
    /// What stands in one of the adapters, and what is put in its place.
    pub(crate) changed: Option<(&'static str, &'static str)>,
    /// What it says at its end.
    pub(crate) more: String,
}

/// A folder that goes away with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("engine-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A journal over a file: the last thread of the gateway before may still be closing it.
pub(crate) async fn journal_of(path: &Path, options: &store::Options) -> SqliteStore {
    loop {
        match SqliteStore::open(path, options) {
            Err(Fatal::InUse { .. }) => tokio::time::sleep(Duration::from_millis(2)).await,
            opened => return opened.unwrap(),
        }
    }
}

pub(crate) fn deployment(core: &str, grid: &str, folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r"
store: {{ path: memory }}
spool: {folder}/spool
keys: {{ path: none }}
limits: {{ asker_seconds: 20 }}
listeners: {{ channels: '127.0.0.1:0' }}
parties:
  bank:
    settings: {{ once_limit: '500.00', day_limit: '1000.00', paused: 'no' }}
    members:
      S001: {{ settings: {{ each: '50.00', day: '60.00' }} }}
  host:
    links:
      line: {{ address: '{core}' }}
      back: {{ listen: '127.0.0.1:0' }}
  grid:
    keys: {{ mmk: grid_mmk }}
    links:
      line: {{ address: '{grid}' }}
      back: {{ listen: '127.0.0.1:0' }}
      drop: {{ folder: '{folder}/grid' }}
      bills: {{ folder: '{folder}/grid' }}
  units:
    links:
      incoming: {{ folder: '{folder}/units' }}
      outgoing: {{ folder: '{folder}/units' }}
  forms:
    links: {{ in: {{ listen: '127.0.0.1:0' }} }}
  campus:
    links: {{ line: {{ listen: '127.0.0.1:0' }} }}
    members:
      S001:
        settings: {{ suspense: '9990000000000000001' }}
        keys: {{ tmk: grid_mmk }}
channels:
  - name: mobile
    token_sha256: {TOKEN}
    services: [bank.query_bill, bank.pay_bill, bank.collect, bank.sweep, bank.send_list, bank.order, bank.certain, bank.by_account, bank.spend, bank.give, bank.give_back, bank.take_back, bank.pay_order, bank.rank, bank.arrived, bank.expect, bank.expect_paid, bank.remind]
"
    )
}

/// Adapters that were compiled, by the line that they have more and what stands in them in the place of what.
type Known = BTreeMap<(String, Option<(&'static str, &'static str)>), (Arc<Compiled>, [u8; 32], Vec<u8>)>;

/// The adapters with a line more in those of the bank and one place changed; compiled and walked once, whatever number of banks start with them.
fn compiled(
    more: &str,
    changed: Option<(&'static str, &'static str)>,
    deployment: &Deployment,
) -> (Arc<Compiled>, [u8; 32], Vec<u8>) {
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().expect("no panic before");
    let entry = known.entry((more.to_owned(), changed)).or_insert_with(|| {
        let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
        let mut sources = texts(&adapters).expect("files");
        if let Some((from, to)) = changed {
            let of = sources.iter_mut().find(|text| text.text.contains(from));
            let of = of.unwrap_or_else(|| panic!("the adapters have no `{from}`"));
            of.text = of.text.replacen(from, to, 1).into();
        }
        if let Some(bank) = sources.iter_mut().find(|text| &*text.folder == "bank") {
            bank.text = format!("{}{more}", bank.text).into();
        }
        let loaded = compile(sources, deployment).expect("adapters that compile");
        (loaded.compiled, loaded.hash, loaded.source)
    });
    entry.clone()
}

impl Bank {
    /// Parties that listen, and a gateway that has signed in.
    pub(crate) async fn open() -> Self {
        let mut bank = Self::closed().await;
        bank.start().await;
        bank
    }

    /// Parties that listen; the gateway is yet to be started.
    pub(crate) async fn closed() -> Self {
        // What the gateway logs stands with a test that fails.
        let log = tracing_subscriber::fmt().with_test_writer().with_ansi(false);
        drop(log.try_init());
        let owner = Core::start(World::real());
        let core = host(&owner.core()).await;
        let grid = grid(&owner.core()).await;
        Self {
            core,
            grid,
            disk: MemoryDisk::new(),
            folder: Folder::new(),
            gateway: None,
            owner,
            keep: String::new(),
            keys: None,
            random: None,
            clock: None,
            witness: None,
            limits: String::new(),
            changed: None,
            more: String::new(),
        }
    }

    /// Starts the gateway over the same disk.
    pub(crate) async fn start(&mut self) {
        self.start_with("").await;
    }

    /// The same with a line more in the adapters of the bank: another version.
    pub(crate) async fn start_with(&mut self, more: &str) {
        let store = Box::new(MemoryStore::open(&self.disk));
        self.start_over(more, store).await;
    }

    /// The same over another store.
    pub(crate) async fn start_over(&mut self, more: &str, store: Box<dyn Store>) {
        let text = deployment(&self.core.address, &self.grid.address, &self.folder.0);
        let text = text.replace("store: { path", &format!("store: {{ {}path", self.keep));
        let text = text.replace("asker_seconds: 20", &format!("asker_seconds: 20{}", self.limits));
        let deployment = Deployment::parse(&(text + &self.more)).expect("a deployment");
        let (compiled, hash, source) = compiled(more, self.changed, &deployment);
        assert_eq!(validate(&deployment, &compiled), Vec::new());
        let version = Version::link(compiled, hash, source, &deployment).expect("a version");
        let mut keys = MemoryKeys::new();
        keys.put("grid_mmk", PreparedKey::symmetric(KeyKind::Tdes, &MMK).expect("a key")).expect("a name");
        let mut world = World::real();
        world.random = self.random.clone().unwrap_or(world.random);
        world.clock = self.clock.clone().unwrap_or(world.clock);
        let keys = self.keys.clone().unwrap_or_else(|| Arc::new(keys));
        let mut options = Options::default();
        options.witness = self.witness.clone().unwrap_or(options.witness);
        let started = Gateway::start(version, deployment, keys, store, world, options);
        self.gateway = Some(started.await.expect("starts"));
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().expect("a gateway")
    }

    /// Sends a request as the channel.
    pub(crate) async fn http(&self, method: &str, path: &str, body: &Value, token: &str) -> (u16, Value) {
        self.heard(method, path, body, token).await.expect("an answer")
    }

    /// The same; none where the connection ends without an answer.
    pub(crate) async fn heard(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        token: &str,
    ) -> Option<(u16, Value)> {
        let message = HttpMessage::post(path, Bytes::from(body.to_string()));
        self.answered(HttpMessage { method: method.into(), ..message }, token).await
    }

    /// What is said to a request that has headers of its own; none where the connection ends without an answer.
    pub(crate) async fn answered(&self, mut message: HttpMessage, token: &str) -> Option<(u16, Value)> {
        let client = HttpClient::new(&self.owner.core(), HttpClientConfig::new(self.gateway().channels()));
        message.headers.push(("authorization".into(), Bytes::from(format!("Bearer {token}"))));
        let until = self.owner.mark().after(Duration::from_secs(60));
        let reply = client.exchange(&message, until).await.reply()?;
        Some((reply.status, serde_json::from_slice(&reply.content).unwrap_or(Value::Null)))
    }

    pub(crate) async fn ask(&self, service: &str, body: &Value) -> (u16, Value) {
        self.http("POST", &format!("/v1/{service}"), body, "secret").await
    }

    /// Pays a bill.
    pub(crate) async fn pay(&self, reference: &str, amount: &str) -> (u16, Value) {
        let body = json!({
            "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
            "amount": amount, "reference": reference,
        });
        self.ask("bank.pay_bill", &body).await
    }

    /// What the journal holds of the flow that an answer is of, in the order in which it was asked.
    pub(crate) async fn operations(&self, told: &Value) -> Vec<OperationRow> {
        let number = told["flow"].as_str().and_then(|flow| flow.parse().ok()).expect("a flow");
        let journal = &self.gateway().engine().journal;
        journal.read(move |reader| reader.operations(FlowId(number))).await.expect("a journal")
    }

    /// What holds at core and power company, in fen.
    pub(crate) fn books(&self) -> (i64, i64) {
        let holds = |played: &Played| played.ledger.lock().expect("no panic before").holds();
        (holds(&self.core), holds(&self.grid))
    }
}
