//! A simulated counterparty over real sockets: the adapter turned round, and a world that says what is so.
//!
//! In: adapters, a party's folder of data (`world`), a small configuration. Out: a party that listens and calls as the
//! real one does, in its own form, with refusals, sessions and faults on demand; its database, for auditors.
//! It shares the codec and the links with the gateway, and nothing of its bookkeeping.

mod begin;
mod compose;
mod dated;
mod files;
pub(crate) mod form;
mod http;
mod line;
mod live;
mod loading;
mod numbered;
mod play;
mod serve;
mod session;

pub use dated::{Dated, Days};
pub(crate) use http::{of_http, to_http};
pub use line::{Line, Way, on_own_path};
pub use loading::{LoadError, Loaded, load, load_all, read_texts};
pub use play::PartyCounts;

use crate::scene::{Parts, Scene, SceneError, Standing};
use crate::world::{FaultPlan, Manners, Tables, World, WorldError};
use adapters::keys::{ImportError, KeyError, KeyText, MemoryKeys, import};
use adapters::seal::KeyKind;
use adapters::value::Record;
use begin::Caller;
pub(crate) use compose::{ComposedFile, compose_file, member_of};
use dsl::evaluate::Value;
use dsl::model::{LinkKind, MessageId};
use dsl::program::CallProgram;
pub(crate) use files::{
    carries_files, control_mark, control_of, folder_of, path_of, put_control, put_file, whole_file,
};
use link::Core;
use link::http::{HttpServer, HttpSizes};
use link::tls::{TlsClient, TlsServer};
use link::world::{Mark, Random, TaskGroup};
pub(crate) use play::civil;
use play::{Play, locked};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use session::Sessions;
pub(crate) use session::{draw, opened};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use thiserror::Error;

/// What differs between one run of a party and another.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartyConfig {
    /// Settings of the adapter as texts.
    pub settings: BTreeMap<String, String>,
    /// Keys of the party by the adapter's names.
    pub keys: BTreeMap<String, KeyConfig>,
    /// Members by name.
    pub members: BTreeMap<String, MemberConfig>,
    /// Addresses by link, `host:port`: where the party listens, or where it calls us; of a link of files, the folder that
    /// both sides see.
    pub links: BTreeMap<String, String>,
    /// Sessions that hold from the start, by member (`""` for the party's own): values by name, octets in hex.
    pub sessions: BTreeMap<String, BTreeMap<String, String>>,
    /// Minutes east of UTC of the party's clock; 480 in China.
    pub zone_minutes: Option<i32>,
    /// TLS by link, where it is not what the link's kind says (https: the listener shows a certificate).
    pub tls: BTreeMap<String, TlsWay>,
    /// Services that the bank's deployment lets it ask for; none given: whatever its adapter runs.
    pub services: Option<Vec<String>>,
}

/// Who shows a certificate on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsWay {
    /// The listener.
    Server,
    /// Both.
    Mutual,
    /// Nobody: a link of HTTPS behind a proxy.
    None,
}

impl PartyConfig {
    /// Who shows a certificate on a link of this name and kind.
    #[must_use]
    pub fn tls_of(&self, link: &str, kind: LinkKind) -> TlsWay {
        let usual = if kind == LinkKind::Https { TlsWay::Server } else { TlsWay::None };
        self.tls.get(link).copied().unwrap_or(usual)
    }
}

/// A member of the party.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemberConfig {
    /// Its settings.
    pub settings: BTreeMap<String, String>,
    /// Its keys.
    pub keys: BTreeMap<String, KeyConfig>,
}

/// A key's text.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyConfig {
    /// Octets in hex.
    Hex(String),
    /// The key is this text.
    Text(String),
    /// PEM.
    Pem(String),
}

/// A party that cannot be started.
#[derive(Debug, Error)]
pub enum PartyError {
    /// The adapters.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The world's data.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Books that do not know a repeat.
    #[error("{call} promises the same answer to a repeat: its books need `once` for it")]
    Repeats {
        /// The call.
        call: String,
    },
    /// Settings and members.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// A key.
    #[error("key {name}: {why}")]
    Key {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A link.
    #[error("link {name}: {why}")]
    Link {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
}

/// Settings, keys and members of a configuration, typed by the adapter.
///
/// # Errors
/// What the adapter does not have, or a value that it cannot hold.
pub fn standing(
    adapter: &crate::scene::Adapter,
    config: &PartyConfig,
    random: Arc<dyn Random>,
) -> Result<Standing, PartyError> {
    let mut made = Standing::new(adapter, random);
    for (name, text) in &config.settings {
        made.set(adapter, name, text)?;
    }
    let mut keys = MemoryKeys::new();
    for (name, key) in &config.keys {
        put_key(adapter, &mut keys, name, name, key)?;
    }
    for (member, member_config) in &config.members {
        let mut names = BTreeMap::new();
        for (name, key) in &member_config.keys {
            let stored = format!("{member}.{name}");
            put_key(adapter, &mut keys, name, &stored, key)?;
            names.insert(name.clone(), stored);
        }
        made.add_member(adapter, member, &member_config.settings, names)?;
    }
    made.keys = Arc::new(keys);
    Ok(made)
}

fn put_key(
    adapter: &crate::scene::Adapter,
    keys: &mut MemoryKeys,
    name: &str,
    stored: &str,
    key: &KeyConfig,
) -> Result<(), PartyError> {
    let failed = |why: String| PartyError::Key { name: stored.to_owned(), why };
    let known = adapter.module.keys.iter().find(|known| *known.name == *name);
    let known = known.ok_or_else(|| failed("the adapter has no such key".to_owned()))?;
    let kind = KeyKind::from_name(&known.kind).ok_or_else(|| failed(format!("no kind {}", known.kind)))?;
    let text = match key {
        KeyConfig::Hex(hex) => KeyText::Hex(hex),
        KeyConfig::Text(text) => KeyText::Text(text),
        KeyConfig::Pem(pem) => KeyText::Pem(pem),
    };
    let key = import(kind, &text, None).map_err(|error: ImportError| failed(error.to_string()))?;
    keys.put(stored, key).map_err(|error: KeyError| failed(error.to_string()))
}

/// Writes a request by fields of its call (in the group at `inner`) or of what is around it.
///
/// # Errors
/// What cannot be written, in words.
pub(crate) fn compose_request(
    scene: &mut Scene,
    message: MessageId,
    inner: &str,
    fields: &Map<String, Json>,
    wrong_seal: bool,
) -> Result<(Parts, Record), String> {
    let adapter = scene.adapter.clone();
    let named = compose::named_in(&adapter, message).ok_or("a message that is not there")?;
    let fields = compose::place(&named, inner, fields);
    member_of(message, scene, &fields)?;
    compose::compose(scene, message, &compose::Composed { fields, outcome: None, wrong_seal }, None)
}

/// Whether a message bears a seal.
pub(crate) fn has_seal(
    message: &dsl::program::MessageProgram,
    expressions: &dsl::program::Expressions,
) -> bool {
    !form::seal_slots(message, expressions).is_empty()
}

/// Whether a message, or a part of it, stands in a cipher.
pub(crate) fn has_cipher(message: &dsl::program::MessageProgram, program: &dsl::program::Program) -> bool {
    form::ciphers(message, program).next().is_some()
}

/// TLS by link, where a link has it.
#[derive(Clone, Debug, Default)]
pub struct PartyTls {
    /// For links on which the party listens.
    pub servers: BTreeMap<String, Arc<TlsServer>>,
    /// For links on which it calls.
    pub clients: BTreeMap<String, Arc<TlsClient>>,
}

/// A party at work. Dropping it closes its sockets.
pub struct Party {
    play: Arc<Play>,
    caller: Arc<Caller>,
    addresses: BTreeMap<String, String>,
    database: PathBuf,
    servers: Vec<HttpServer>,
    group: Arc<TaskGroup>,
}

/// What a party says and hears over HTTP at most: a spreadsheet of some ten megabytes in BASE64, as JSON.
const SIZES: HttpSizes = HttpSizes { head: 64 << 10, content: 32 << 20 };

/// Where a party comes from.
#[derive(Clone, Debug)]
pub struct PartySource {
    /// Both sides of its adapter.
    pub loaded: Loaded,
    /// Folder of its world's data.
    pub world: PathBuf,
    /// Where the tables of its world come from.
    pub tables: Tables,
    /// Its database; `:memory:` for none.
    pub database: PathBuf,
    /// What was read of its world already, where the database is a copy of another; none: it is read.
    pub manners: Option<Manners>,
}

impl PartySource {
    /// A party of the folders as they are laid out: its world stands among the simulators, or, where it is the bank's own
    /// books (`configs/PARTY/books`), beside its adapter, and the simulators say what they hold at first.
    #[must_use]
    pub fn of(loaded: Loaded, configs: &Path, conformance: &Path, folder: &str, database: PathBuf) -> Self {
        let simulated = home(conformance, folder);
        let books = books_of(configs, folder);
        if books.is_dir() {
            let first = Some(simulated.join("seed.sql")).filter(|seed| seed.is_file());
            return Self { loaded, world: books, tables: Tables::Kept { first }, database, manners: None };
        }
        Self { loaded, world: simulated, tables: Tables::Made, database, manners: None }
    }
}

/// What is kept for good is posted once, however often it is asked: books know each repeat that their adapter gives an answer.
fn know_repeats(loaded: &Loaded, world: &World) -> Result<(), PartyError> {
    let promises = |call: &&CallProgram| {
        call.call.ours && (call.call.promises.same_answer || call.call.promises.same_answer_when_done)
    };
    let mut calls = loaded.bank.module.calls.iter().filter(promises);
    match calls.find(|call| !world.remembers(&call.call.name)) {
        Some(call) => Err(PartyError::Repeats { call: call.call.name.to_string() }),
        None => Ok(()),
    }
}

/// Where the world of a party stands: among the simulators, or, where it is made up for campaigns of faults, among those.
#[must_use]
pub fn home(conformance: &Path, folder: &str) -> PathBuf {
    let made_up = made_up(conformance).join(folder);
    if made_up.is_dir() { made_up } else { conformance.join("simulators").join(folder) }
}

/// Where parties stand that no bank has, adapters and worlds: campaigns of faults have them beside the bank's.
#[must_use]
pub fn made_up(conformance: &Path) -> PathBuf {
    conformance.join("faults").join("parties")
}

/// Where the bank's own books of a party would stand.
#[must_use]
pub fn books_of(configs: &Path, folder: &str) -> PathBuf {
    configs.join(folder).join("books")
}

impl Party {
    /// Starts a party: opens its world, listens, and begins what it does by itself.
    ///
    /// # Errors
    /// Data or configuration that does not fit, an address that cannot be listened at.
    pub async fn start(
        core: &Core,
        source: PartySource,
        config: &PartyConfig,
        tls: &PartyTls,
    ) -> Result<Self, PartyError> {
        let standing = standing(&source.loaded.party, config, Arc::clone(&core.world().random))?;
        let world = match &source.manners {
            None => World::open(&source.world, &source.tables, &source.database)?,
            Some(manners) => World::copy(manners, &source.world, &source.tables, &source.database)?,
        };
        if matches!(source.tables, Tables::Kept { .. }) {
            know_repeats(&source.loaded, &world)?;
        }
        let play = Arc::new(Play {
            standing: Arc::new(standing),
            clock: Arc::clone(&core.world().clock),
            zone_minutes: config.zone_minutes.unwrap_or(480),
            counts: PartyCounts::default(),
            world: Mutex::new(world),
            sessions: Mutex::new(Sessions::default()),
            live: Mutex::default(),
            numbers: Mutex::default(),
            faults: Mutex::new(FaultPlan::none()),
            fell: Mutex::default(),
            dated: Mutex::default(),
            last_failure: Mutex::default(),
            busy: AtomicUsize::new(0),
            serial: Default::default(),
            loaded: source.loaded,
        });
        for (member, values) in &config.sessions {
            let mut scene = play.scene();
            for (name, value) in values {
                scene.set_session(name, &Json::String(value.clone()))?;
            }
            let mark = play.mark();
            locked(&play.sessions).open(member, scene.session, mark, std::time::Duration::ZERO);
        }
        let group = Arc::new(core.group());
        let (mut addresses, mut servers) = (BTreeMap::new(), Vec::new());
        let module = Arc::clone(play.module());
        for (index, link) in module.links.iter().enumerate().filter(|(_, link)| !link.link.connect) {
            let name = link.link.name.to_string();
            let Some(address) = config.links.get(&name) else { continue };
            let failed =
                |error: std::io::Error| PartyError::Link { name: name.clone(), why: error.to_string() };
            let own_tls = tls.servers.get(&name).cloned();
            let bound = match link.link.kind {
                LinkKind::Tcp => {
                    serve::listen_tcp(&group, &play, index, address, own_tls).await.map_err(failed)?
                }
                LinkKind::Http | LinkKind::Https => {
                    let server =
                        serve::listen_http(core, &play, index, address, own_tls).await.map_err(failed)?;
                    let bound = server.address().to_owned();
                    servers.push(server);
                    bound
                }
                LinkKind::Sftp | LinkKind::Folder => continue,
            };
            addresses.insert(name, bound);
        }
        let caller = Arc::new(Caller::new(core, Arc::clone(&play), config, tls));
        begin::by_themselves(&group, &caller);
        files::take_files(&group, &caller);
        Ok(Party { play, caller, addresses, database: source.database, servers, group })
    }

    /// From now on the party calls at this address on a link that it begins.
    pub fn calls_at(&self, link: &str, address: &str) {
        self.caller.calls_at(link, address);
    }

    /// Both sides of its adapter.
    #[must_use]
    pub fn loaded(&self) -> &Loaded {
        &self.play.loaded
    }

    /// Whether it is judging, writing or reading a message just now.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.play.busy.load(Ordering::Acquire) > 0
    }

    /// The values of the session that a member (`""`: the party itself) has with the other side; none: nobody signed in.
    pub(crate) fn session(&self, member: &str) -> Option<Vec<Value<'static>>> {
        let values = locked(&self.play.sessions).values(member, self.play.mark());
        values.into_iter().next()
    }

    /// A connection is made on the party's behalf: its numbers go on.
    pub(crate) fn counts_anew(&self, link: usize) {
        self.play.counts_anew(link);
    }

    /// Does something with the numbers of a link, which whoever speaks on the party's behalf goes on with.
    pub(crate) fn counting<T>(
        &self,
        link: usize,
        with: impl FnOnce(&mut crate::numbered::Counted) -> T,
    ) -> T {
        self.play.counting(link, with)
    }

    /// What was asked on the party's behalf gave these values; those before them stay good for a while.
    pub(crate) fn signed_in(&self, member: &str, values: Vec<Value<'static>>, overlap: std::time::Duration) {
        locked(&self.play.sessions).open(member, values, self.play.mark(), overlap);
    }

    /// The address on which the party listens, by link.
    #[must_use]
    pub fn address(&self, link: &str) -> Option<&str> {
        self.addresses.get(link).map(String::as_str)
    }

    /// What it has counted.
    #[must_use]
    pub fn counts(&self) -> &PartyCounts {
        &self.play.counts
    }

    /// What the simulation could not do last; empty if there was nothing.
    #[must_use]
    pub fn last_failure(&self) -> String {
        locked(&self.play.last_failure).clone()
    }

    /// Faults that were made so far: when, of which call, by name.
    #[must_use]
    pub fn fell(&self) -> Vec<(Mark, String, &'static str)> {
        locked(&self.play.fell).clone()
    }

    /// What the messages that it took said of days, in their order.
    #[must_use]
    pub fn dated(&self) -> Vec<Dated> {
        locked(&self.play.dated).clone()
    }

    /// Faults from now on.
    pub fn set_faults(&self, plan: FaultPlan) {
        *locked(&self.play.faults) = plan;
    }

    /// The sessions run out; with `forget`, the party loses their keys too.
    pub fn end_sessions(&self, forget: bool) {
        let mut sessions = locked(&self.play.sessions);
        if forget { sessions.forget() } else { sessions.expire() }
    }

    /// Does an act of its world now: messages are sent, and their answers handed to the world. Gives how many were sent
    /// and how many were answered as done.
    ///
    /// # Errors
    /// An act that the world does not have, or a statement that fails.
    pub async fn act(&self, name: &str) -> Result<(usize, usize), WorldError> {
        self.caller.act(name, Map::new()).await
    }

    /// The same with values for the names that the act takes.
    ///
    /// # Errors
    /// Also for a name that it does not take.
    pub async fn act_with(&self, name: &str, with: &Map<String, Json>) -> Result<(usize, usize), WorldError> {
        self.caller.act(name, with.clone()).await
    }

    /// What must always be true of its world and is not.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn broken_rules(&self) -> Result<Vec<String>, WorldError> {
        locked(&self.play.world).broken_rules()
    }

    /// The rows of a question to its world.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn question(&self, sql: &str) -> Result<Vec<Map<String, Json>>, WorldError> {
        locked(&self.play.world).question(sql)
    }

    /// The same with values by name (`:name` in the statement).
    ///
    /// # Errors
    /// When the statement fails.
    pub fn question_with(
        &self,
        sql: &str,
        values: &Map<String, Json>,
    ) -> Result<Vec<Map<String, Json>>, WorldError> {
        locked(&self.play.world).question_with(sql, values)
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Closes its sockets and ends its acts.
    pub fn stop(self) {
        drop(self.servers);
        drop(self.group);
    }
}
