//! Stores over a server of a test's own.

use crate::support::Xor;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use store::{Opened, Place, PostgresOptions, PostgresStore, TrialServer};

pub(crate) const LEASE: Duration = Duration::from_secs(2);

pub(crate) struct Cluster(TrialServer);

impl Cluster {
    pub(crate) fn start() -> Self {
        Self(TrialServer::start().unwrap())
    }

    pub(crate) fn open(&self, schema: &str) -> PostgresStore {
        open(&self.place(schema))
    }

    /// What an administrator's statement gives.
    pub(crate) fn say(&self, sql: &str) -> String {
        self.0.say(sql).unwrap()
    }

    /// Tries statements whose session somebody may end.
    pub(crate) fn try_say(&self, sql: &str) {
        let _ended = self.0.say(sql);
    }
}

impl Deref for Cluster {
    type Target = TrialServer;

    fn deref(&self) -> &TrialServer {
        &self.0
    }
}

pub(crate) fn options(place: &Place, node: &str) -> PostgresOptions {
    PostgresOptions { node: node.into(), sealer: Arc::new(Xor), place: place.clone(), lease: LEASE }
}

pub(crate) fn open(place: &Place) -> PostgresStore {
    match PostgresStore::open(&options(place, "one")).unwrap() {
        Opened::Holds(store) => *store,
        Opened::Waits { node } => panic!("{node} holds the journal"),
    }
}
