//! What a suite may ask of a whole stage: a gateway with its core, channels and simulated parties in one process.
//!
//! In: names of parties, channels and services. Out: handles and rows. Whoever runs the gateway implements it; it must not
//! know how that is done.

use super::{GatewayDo, PeopleDo};
use crate::party::{Loaded, Party, PartyConfig, PartyTls};
use link::world::BoxFuture;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// A row of something that was looked at.
pub type Row = Map<String, Value>;

/// A channel that may ask.
#[derive(Clone, Debug)]
pub struct Channel {
    /// `host:port` of the channels' listener.
    pub address: String,
    /// Its bearer token.
    pub token: String,
}

/// The party's side of the suite's adapter on the stage.
#[derive(Clone, Debug)]
pub struct Playing {
    /// Both sides of the adapter.
    pub loaded: Loaded,
    /// Settings, keys, members; by link the address at which the gateway listens, or the party.
    pub config: PartyConfig,
    /// Certificates.
    pub tls: PartyTls,
}

/// A place in the gateway's records; what is looked at came after it.
#[derive(Clone, Debug, Default)]
pub struct JournalMark {
    /// The last flow before.
    pub flow: u64,
    /// Refused inputs before, by link and fault.
    pub refused: BTreeMap<(String, String), u64>,
}

/// What came of a decision.
#[derive(Clone, Debug)]
pub struct Decided {
    /// What was decided on, in words.
    pub what: String,
    /// Whether it is decided; else one person has proposed it.
    pub done: bool,
}

/// A stage.
pub trait Stage: Send + Sync {
    /// What is needed to play a party of the stage, by its folder.
    ///
    /// # Errors
    /// A party that is not there, in words.
    fn playing(&self, folder: &str) -> Result<Playing, String>;

    /// A simulated party, by folder or module.
    fn party(&self, name: &str) -> Option<&Party>;

    /// All simulated parties.
    fn parties(&self) -> Vec<&Party>;

    /// A channel of this name, or the first that may ask the service.
    ///
    /// # Errors
    /// No such channel, in words.
    fn channel(&self, name: Option<&str>, service: &str) -> Result<Channel, String>;

    /// Moves the stage's clock on.
    fn advance(&self, span: Duration);

    /// Whether the gateway is writing or waiting for its journal just now.
    fn is_busy(&self) -> bool;

    /// The place in the gateway's records now.
    ///
    /// # Errors
    /// When they cannot be read, in words; likewise below.
    fn mark(&self) -> Result<JournalMark, String>;

    /// Rows of the gateway's records that came after a mark: `journal`, `flows`, `refused`, `notices`,
    /// `parameters`.
    ///
    /// # Errors
    /// Also for another word.
    fn records(&self, what: &str, since: &JournalMark) -> Result<Vec<Row>, String>;

    /// What waits for people in the gateway: `flow`, `place`, `what`, `why`, `role`.
    fn waiting(&self) -> BoxFuture<'_, Result<Vec<Row>, String>>;

    /// People decide; in the order of what waits. Gives what they decided on.
    ///
    /// # Errors
    /// Nothing that waits, or a person who may not, in words.
    fn decide<'s>(&'s self, what: &'s PeopleDo) -> BoxFuture<'s, Result<Vec<Decided>, String>>;

    /// Restarts, kills or reloads the gateway.
    fn does<'s>(&'s mut self, what: &'s GatewayDo) -> BoxFuture<'s, Result<(), String>>;
}
