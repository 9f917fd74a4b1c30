//! Stores over a server of a test's own.

use crate::server::{PASSWORD, Server};
use crate::support::Xor;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{Opened, Place, PostgresOptions, PostgresStore};

pub(crate) const LEASE: Duration = Duration::from_secs(2);

pub(crate) struct Cluster(Server);

impl Cluster {
    pub(crate) fn start() -> Self {
        Self(Server::start())
    }

    pub(crate) fn place(&self, schema: &str) -> Place {
        place(self.folder(), schema)
    }

    pub(crate) fn open(&self, schema: &str) -> PostgresStore {
        open(&self.place(schema))
    }
}

impl Deref for Cluster {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

pub(crate) fn place(folder: &Path, schema: &str) -> Place {
    Place {
        host: folder.to_str().unwrap().to_owned(),
        port: 5432,
        database: "postgres".into(),
        user: "tongshi".into(),
        password: Some(PASSWORD.into()),
        schema: schema.into(),
        tls: None,
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
