//! The deployment: everything that differs between test and production, and nothing of a packet's shape.
//!
//! In: the text of `gateway.yaml`. Out: typed values with their places in the text, and [`validate`], which compares
//! them with what the adapters say they need. It must not know sockets, stores or flows.

mod check;
mod clock;
mod listening;
mod secrets;
mod unfenced;
mod value;

pub use check::{DeploymentFault, validate};
pub use clock::ClockConfig;
pub use secrets::in_clear;
pub use unfenced::unfenced;
pub use value::parse_setting;
pub(crate) use value::unhex;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_yaml::Spanned;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// `gateway.yaml`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Name of this node, part of the journal's chain.
    #[serde(default = "default_node")]
    pub node: String,
    /// The bank's zone as an offset of UTC: `+08:00`.
    #[serde(default = "default_zone")]
    pub time_zone: Spanned<String>,
    /// The business date's cut-over for parties that name none of their own: `00:00`.
    #[serde(default = "default_cut_over")]
    pub cut_over: Spanned<String>,
    /// The clock of a trial; none: the machine's.
    #[serde(default)]
    pub clock: Option<ClockConfig>,
    /// The journal.
    pub store: StoreConfig,
    /// The key store.
    pub keys: KeysConfig,
    /// Where files are spooled.
    #[serde(default = "default_spool")]
    pub spool: PathBuf,
    /// Bounds that are not an adapter's.
    #[serde(default)]
    pub limits: Limits,
    /// Where channels and operators connect to.
    pub listeners: Listeners,
    /// Parties and modules by name: settings, keys, links, members.
    pub parties: BTreeMap<String, Spanned<PartyConfig>>,
    /// Parties whose adapters stand there and that this deployment has no line to: what is asked of them is refused.
    #[serde(default)]
    pub without: Vec<Spanned<String>>,
    /// Service path to party, where a flow's step does not say `at`.
    #[serde(default)]
    pub routes: BTreeMap<String, Spanned<Route>>,
    /// Who asks where no channel does: sign-ins, beats, enquiries, what runs by the clock.
    #[serde(default)]
    pub own: Own,
    /// The bank's channels.
    #[serde(default)]
    pub channels: Vec<Spanned<Channel>>,
    /// The bank's mail server, by which the built-in sender of mail sends.
    #[serde(default)]
    pub mail: Option<Spanned<MailServer>>,
    /// Who may operate.
    #[serde(default)]
    pub users: Vec<Spanned<User>>,
}

fn default_node() -> String {
    "node-1".to_owned()
}

fn placed<T>(value: T) -> Spanned<T> {
    Spanned::new(value, serde_yaml::Location::UNKNOWN, serde_yaml::Location::UNKNOWN)
}

fn default_zone() -> Spanned<String> {
    placed("+08:00".to_owned())
}

fn default_cut_over() -> Spanned<String> {
    placed("00:00".to_owned())
}

fn default_spool() -> PathBuf {
    PathBuf::from("var/spool")
}

/// The journal.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "StoreText")]
pub struct StoreConfig {
    /// Where it is.
    pub place: StorePlace,
    /// Name of the key that seals bodies; none: they stand in clear.
    pub key: Option<String>,
    /// How long a business date is kept, `400d`; none: for ever.
    pub keep: Option<Spanned<String>>,
    /// The folder that each date is exported to before it is forgotten; none: it is forgotten without.
    pub export: Option<Spanned<PathBuf>>,
}

/// Where the journal is.
#[derive(Clone, Debug, PartialEq)]
pub enum StorePlace {
    /// A file of this machine.
    File(PathBuf),
    /// A database for several machines.
    Postgres(Box<PostgresConfig>),
}

/// A journal in PostgreSQL.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PostgresConfig {
    /// The server: `host:port`, or the folder of its socket.
    pub address: Spanned<String>,
    /// Servers that may take over from it, likewise: the journal follows whichever of them takes writes.
    #[serde(default)]
    pub standbys: Vec<Spanned<String>>,
    /// The database.
    #[serde(default = "default_database")]
    pub database: String,
    /// The user.
    #[serde(default = "default_database")]
    pub user: String,
    /// Where the user's password comes from: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub password: Option<String>,
    /// The schema of the journal's tables.
    #[serde(default = "default_schema")]
    pub schema: Spanned<String>,
    /// Seconds that a node holds the journal without being heard of; then another takes it over.
    #[serde(default = "default_lease")]
    pub lease: u32,
    /// How it is known that a node which held the journal before sends nothing any more; none: only of a process among those
    /// that this one sees.
    #[serde(default)]
    pub fence: Option<Spanned<Fence>>,
    /// TLS; none: in clear.
    #[serde(default)]
    pub tls: Option<Tls>,
}

/// How it is known that a node has ended for certain, once another took over.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(
    untagged,
    expecting = "a fence is `process`, or `{ script: PATH }` with `seconds: 30` beside it where it may take another time"
)]
pub enum Fence {
    /// All nodes run on one machine.
    Machine(FenceWord),
    /// The operator's command says so.
    Script(FenceScript),
}

/// The fence that is a word.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum FenceWord {
    /// Its process is seen to be gone, or the machine was started anew since.
    Process,
}

/// A command that ends a node, or says that it has ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FenceScript {
    /// The program. It is given the node's name, its machine's and the number of its process; 0 says that it is certainly ended.
    pub script: PathBuf,
    /// Seconds that it may take, 1 to 600.
    #[serde(default = "default_fence_seconds", deserialize_with = "within::<1, 600, _>")]
    pub seconds: u32,
}

fn default_fence_seconds() -> u32 {
    30
}

fn default_database() -> String {
    "tongshi".to_owned()
}

fn default_schema() -> Spanned<String> {
    placed("journal".to_owned())
}

fn default_lease() -> u32 {
    15
}

/// The journal as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreText {
    #[serde(default)]
    path: Option<PathBuf>,
    #[serde(default)]
    postgres: Option<PostgresConfig>,
    /// Name of the key that seals bodies; none: they stand in clear.
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    keep: Option<Spanned<String>>,
    #[serde(default)]
    export: Option<Spanned<PathBuf>>,
}

impl TryFrom<StoreText> for StoreConfig {
    type Error = &'static str;

    fn try_from(text: StoreText) -> Result<Self, Self::Error> {
        let place = match (text.path, text.postgres) {
            (Some(path), None) => StorePlace::File(path),
            (None, Some(postgres)) => StorePlace::Postgres(Box::new(postgres)),
            _ => return Err("the store needs either `path`, a file, or `postgres`, a database"),
        };
        Ok(Self { place, key: text.key, keep: text.keep, export: text.export })
    }
}

impl StoreConfig {
    /// Days that a business date is kept; none: for ever, or what stands there is no span of days.
    #[must_use]
    pub fn keep_days(&self) -> Option<u32> {
        self.keep.as_ref().and_then(|keep| value::days(&keep.value))
    }
}

/// The key store.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The file of the encrypted key store.
    pub path: PathBuf,
    /// Where its passphrase comes from: `env:NAME` or `file:PATH`.
    #[serde(default)]
    pub passphrase: Option<String>,
}

/// A mail server and how it is spoken to (RFC 5321).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// `host:port`.
    pub server: String,
    /// Who the letters are from: `receipts@bank.example`, or with a name before it in `<>`.
    pub sender: String,
    /// How the line is kept secret.
    pub security: MailSecurity,
    /// PEM file of the one authority that signs for the server; else the system's are trusted.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// Who signs in there.
    #[serde(default)]
    pub user: Option<String>,
    /// Where the password comes from: `env:NAME` or `file:PATH`.
    #[serde(default)]
    pub password: Option<String>,
}

/// How a line to a mail server is kept secret.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first octet (RFC 8314).
    Tls,
    /// TLS after `STARTTLS` (RFC 3207); without it nothing is sent.
    StartTls,
    /// Not at all: a server on this machine.
    None,
}

/// Bounds that are not an adapter's.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Flows that may be under way at once, those that rest until people decide not among them; more are refused `busy` before
    /// anything is written.
    pub flows: usize,
    /// Most octets of one message.
    pub message: usize,
    /// Most octets of one file that is taken.
    pub file: u64,
    /// Refused inputs a minute and link that are written one by one (decisions D20).
    pub refused_a_minute: u64,
    /// Seconds an asker over HTTP is made to wait before it is told `pending`.
    pub asker_seconds: u64,
    /// Operations with one party that may be open at once, so that one that does not answer leaves room for all others: who asks
    /// for more of it is told `busy` before anything is written.
    #[serde(deserialize_with = "within::<1, 10_000_000, _>")]
    pub open_of_a_party: u32,
    /// Enquiries, and queries that are asked again, a second over one line, beside one for every five exchanges that it answers;
    /// more wait for their turn. What moves money is not among them.
    #[serde(deserialize_with = "within::<1, 1_000_000, _>")]
    pub questions_a_second: u32,
    /// When nothing new is asked over a line.
    pub breaker: BreakerLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: 20_000,
            message: 16 << 20,
            file: 4 << 30,
            refused_a_minute: 1_000,
            asker_seconds: 60,
            open_of_a_party: 5_000,
            questions_a_second: 50,
            breaker: BreakerLimits::default(),
        }
    }
}

/// When a line counts as one that does not answer. Who asks for something new over it is told `busy` at once; once in each pause
/// something new tries whether it answers again, as does everything that resolves what is open.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerLimits {
    /// Exchanges of the last seconds before anything is judged; 0: nothing ever is.
    pub exchanges: u32,
    /// Of a hundred, so many without an answer, 1 to 100.
    #[serde(deserialize_with = "within::<1, 100, _>")]
    pub failed_percent: u32,
    /// Over how many seconds, 1 to 60.
    #[serde(deserialize_with = "within::<1, 60, _>")]
    pub seconds: u32,
    /// Seconds from one try to the next, 1 to 600.
    #[serde(deserialize_with = "within::<1, 600, _>")]
    pub pause_seconds: u32,
}

/// A number that has bounds.
fn within<'de, const LEAST: u32, const MOST: u32, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    if (LEAST..=MOST).contains(&number) {
        Ok(number)
    } else {
        Err(D::Error::custom(format_args!("{number} is not within {LEAST} to {MOST}")))
    }
}

impl BreakerLimits {
    /// From one try to the next.
    #[must_use]
    pub fn pause(&self) -> Duration {
        Duration::from_secs(self.pause_seconds.into())
    }
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self { exchanges: 20, failed_percent: 50, seconds: 10, pause_seconds: 5 }
    }
}

/// Where channels and operators connect to.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Listeners {
    /// Channels over HTTP: `host:port`.
    pub channels: Spanned<String>,
    /// TLS of that listener; none: plain (behind a proxy, or in a demonstration).
    #[serde(default)]
    pub channels_tls: Option<Tls>,
    /// Operators' console and API: `host:port`; none: no console.
    #[serde(default)]
    pub admin: Option<Spanned<String>>,
    /// TLS of the console.
    #[serde(default)]
    pub admin_tls: Option<Tls>,
}

/// TLS: PEM files.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Our certificates.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Our private key.
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// Who may sign the other side's certificate.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// Of a listener with `trust`: whether who connects must show a certificate.
    #[serde(default)]
    pub clients: Clients,
    /// The other side's name, where it is not the address.
    #[serde(default)]
    pub name: Option<String>,
    /// A proxy of this machine speaks TLS (of national ciphers, with a device's key): to which the address of a link that we
    /// connect leads, or which leads to the one where we listen. We speak plainly to it.
    #[serde(default)]
    pub proxied: bool,
}

/// Whether clients must show a certificate.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Clients {
    /// They must.
    #[default]
    Required,
    /// They may; those that do not show who they are in another way, as channels do by tokens.
    Optional,
}

/// A party, or a module of flows.
#[derive(Clone, Debug, Deserialize, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct PartyConfig {
    /// Settings by name.
    #[serde(default)]
    pub settings: BTreeMap<String, Spanned<String>>,
    /// Name in the adapter to name in the key store.
    #[serde(default)]
    pub keys: BTreeMap<String, Spanned<String>>,
    /// Links by name.
    #[serde(default)]
    pub links: BTreeMap<String, Spanned<LinkConfig>>,
    /// Members by name, with settings and keys of their own.
    #[serde(default)]
    pub members: BTreeMap<String, Spanned<MemberConfig>>,
    /// Services that it may ask for, as a channel does; none given: whatever its adapter runs.
    #[serde(default)]
    pub services: Option<Vec<Spanned<String>>>,
    /// Of the bank's own books (a link's address is `builtin:books`): where they are kept.
    #[serde(default)]
    pub books: Option<Spanned<BooksConfig>>,
}

/// Where the bank's own books are kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct BooksConfig {
    /// The file; made if it is not there.
    pub store: PathBuf,
    /// A file of SQL that fills books that are new.
    #[serde(default)]
    pub first: Option<PathBuf>,
}

/// A member of a party.
#[derive(Clone, Debug, Deserialize, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct MemberConfig {
    /// Settings by name.
    #[serde(default)]
    pub settings: BTreeMap<String, Spanned<String>>,
    /// Name in the adapter to name in the key store.
    #[serde(default)]
    pub keys: BTreeMap<String, Spanned<String>>,
    /// Addresses of links that are the member's own.
    #[serde(default)]
    pub links: BTreeMap<String, Spanned<LinkConfig>>,
}

/// A link's place in the world.
#[derive(Clone, Debug, Deserialize, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct LinkConfig {
    /// Of a link that connects: `host:port`, or a URL's authority for HTTP.
    #[serde(default)]
    pub address: Option<String>,
    /// Of a link that accepts: `host:port`.
    #[serde(default)]
    pub listen: Option<String>,
    /// Of a file link: the folder, local or on the server at `address`.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// User on an SFTP server.
    #[serde(default)]
    pub user: Option<String>,
    /// Where the password or private key comes from: `env:NAME`, `file:PATH`.
    #[serde(default)]
    pub secret: Option<String>,
    /// Fingerprint of the SFTP server's key, `SHA256:…`.
    #[serde(default)]
    pub host_key: Option<String>,
    /// TLS.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Most connections at once: that we make where the adapter sets no bound, or that others make to us.
    #[serde(default)]
    pub connections: Option<u32>,
}

/// Which party runs a service.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Route {
    /// Always this party.
    Party(String),
    /// By a field of the ask: its value names the party, directly or by `names`.
    By(ByRoute),
}

/// A route by a field of the ask.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ByRoute {
    /// The field.
    #[serde(default)]
    pub by: Option<String>,
    /// The party of each value that is no party's name.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

/// Who asks where no channel does.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Own {
    /// The fact `exchange.branch`.
    pub branch: String,
    /// The fact `exchange.teller`.
    pub teller: String,
    /// The fact `exchange.channel`, a name of the parties' tables of channels.
    pub channel: String,
}

impl Default for Own {
    fn default() -> Self {
        Self { branch: String::new(), teller: String::new(), channel: "counter".to_owned() }
    }
}

/// A channel of the bank.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name, the fact `exchange.channel`.
    pub name: String,
    /// SHA-256 of its bearer token, in hex.
    #[serde(default)]
    pub token_sha256: Option<String>,
    /// Name in the key store of the public key with which its own signed tokens are checked (RSA or P-256).
    #[serde(default)]
    pub token_key: Option<String>,
    /// SHA-256 of its client certificate (DER), in hex.
    #[serde(default)]
    pub certificate_sha256: Option<String>,
    /// Services it may ask for.
    pub services: Vec<String>,
    /// The fact `exchange.branch`.
    #[serde(default)]
    pub branch: String,
    /// The fact `exchange.teller`.
    #[serde(default)]
    pub teller: String,
    /// Seconds it waits before it is told `pending`; none: the deployment's.
    #[serde(default)]
    pub wait_seconds: Option<u64>,
}

/// Who may operate.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Name.
    pub name: String,
    /// SHA-256 of the password or token, in hex.
    pub token_sha256: String,
    /// `viewer`, `operator`, `checker`, `deployer`, `auditor`, `documents`, and roles that flows hold for.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<String>,
}

/// Settings that there were, and what a deployment that still gives them is told.
const GONE: &[(&str, &str)] = &[(
    "holidays",
    "there is no setting `holidays` any more: nothing ever went by it, and daily flows ran all the same; take it out. Days on \
     which a flow does nothing are a setting of the module that has the flow, under `parties`",
)];

/// Roles of a user. One that there was and that may do nothing is refused, so that nobody relies on it.
fn roles<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let roles = Vec::<String>::deserialize(from)?;
    if roles.iter().any(|role| role == "keys") {
        return Err(D::Error::custom(
            "there is no role `keys`: nobody changes keys over the network; take it out. Whoever has the passphrase of the \
             key store changes them by `tongshi key`",
        ));
    }
    Ok(roles)
}

impl Deployment {
    /// Reads the text.
    ///
    /// # Errors
    /// One fault with the place where the text is no deployment.
    pub fn parse(text: &str) -> Result<Self, DeploymentFault> {
        serde_yaml::from_str(text).map_err(|error| {
            let place = error.location().unwrap_or(serde_yaml::Location::UNKNOWN);
            // Without the lines around it: a secret may stand there.
            let text = error.without_snippet().to_string();
            let gone = GONE.iter().find(|(name, _)| text.contains(&format!("unknown field `{name}`")));
            check::fault(place, "TS0801", gone.map_or(text, |(_, instead)| (*instead).to_owned()))
        })
    }

    /// The settings of a module as text by name; empty where it has none. For choosing variants before compiling.
    #[must_use]
    pub fn settings_of(&self, module: &str) -> BTreeMap<String, String> {
        let party = self.parties.get(module);
        party.map_or_else(BTreeMap::new, |party| {
            let settings = party.value.settings.iter();
            settings.map(|(name, value)| (name.clone(), value.value.clone())).collect()
        })
    }

    /// Minutes east of UTC.
    #[must_use]
    pub fn zone_minutes(&self) -> i32 {
        value::zone_minutes(&self.time_zone.value).unwrap_or(480)
    }

    /// Minutes after midnight of the cut-over that holds where a party has none.
    #[must_use]
    pub fn cut_over_minute(&self) -> u16 {
        value::minute(&self.cut_over.value).unwrap_or(0)
    }
}

/// A secret given as `env:NAME`, `file:PATH`, or as it stands.
///
/// # Errors
/// Says which variable or file is missing.
pub fn secret(reference: &str) -> Result<String, String> {
    if let Some(name) = reference.strip_prefix("env:") {
        return std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"));
    }
    if let Some(path) = reference.strip_prefix("file:") {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    Ok(reference.to_owned())
}
