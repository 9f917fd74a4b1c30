//! Where a deployment keeps its journal, and how it is opened, waited for and verified.
//!
//! In: the deployment and how bodies are sealed. Out: the store. It must not know what is written.

use crate::cli::say;
use engine::Deployment;
use engine::deployment::{PostgresConfig, StorePlace, secret};
use std::sync::Arc;
use std::time::Duration;
use store::{
    Fatal, Opened, Place, PostgresOptions, PostgresStore, Reader, Sealer, Server, ServerTls, SqliteStore,
    Store, Verified,
};

/// The port of a server that is reached by its socket, whose name bears it.
const SOCKET_PORT: u16 = 5432;
/// Between two looks whether the journal can be had.
const LOOK: Duration = Duration::from_secs(1);

/// Opens the journal; one that another node holds is waited for, also while its database is not reached.
pub(crate) async fn open(
    deployment: &Deployment,
    sealer: &Arc<dyn Sealer>,
) -> Result<Box<dyn Store>, String> {
    let postgres = match &deployment.store.place {
        StorePlace::File(path) => {
            let options = store::Options::new(&deployment.node, Arc::clone(sealer));
            let opened = SqliteStore::open(path, &options).map_err(|error| error.to_string())?;
            return Ok(Box::new(opened));
        }
        StorePlace::Postgres(postgres) => postgres,
    };
    let options = PostgresOptions {
        node: deployment.node.clone(),
        sealer: Arc::clone(sealer),
        place: place(postgres)?,
        lease: Duration::from_secs(u64::from(postgres.lease)),
    };
    let mut standing = StandsBy::default();
    loop {
        let options = options.clone();
        let opening = tokio::task::spawn_blocking(move || PostgresStore::open(&options));
        let opened = opening.await.map_err(|error| error.to_string())?;
        if let Some(store) = standing.hears(&deployment.node, opened)? {
            return Ok(store);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What a node that stands by has told.
#[derive(Default)]
struct StandsBy {
    /// Who holds the journal.
    holder: Option<String>,
    /// The database was not reached when it was asked last.
    away: bool,
}

impl StandsBy {
    /// The journal, where it is had by now; what is new is told.
    fn hears<Holder>(
        &mut self,
        node: &str,
        opened: Result<Opened<Holder>, Fatal>,
    ) -> Result<Option<Box<Holder>>, String> {
        match opened {
            Ok(Opened::Holds(holder)) => Ok(Some(holder)),
            Ok(Opened::Waits { node: holder }) => {
                if self.away || self.holder.as_ref() != Some(&holder) {
                    say(&format!("The node {holder} holds the journal; this one, {node}, stands by."));
                }
                (self.holder, self.away) = (Some(holder), false);
                Ok(None)
            }
            // Who holds it may be lost with its database, and this node is there to take over.
            Err(fatal @ Fatal::Away { .. }) if self.holder.is_some() => {
                if !self.away {
                    tracing::warn!(%fatal, node, "this node goes on standing by");
                }
                self.away = true;
                Ok(None)
            }
            Err(fatal) => Err(fatal.to_string()),
        }
    }
}

/// A reader of the journal, beside whoever writes it.
pub(crate) fn reader(deployment: &Deployment, sealer: &Arc<dyn Sealer>) -> Result<Box<dyn Reader>, String> {
    let reader = match &deployment.store.place {
        StorePlace::File(path) => store::reader(path, Arc::clone(sealer)),
        StorePlace::Postgres(postgres) => store::postgres_reader(&place(postgres)?, Arc::clone(sealer)),
    };
    reader.map_err(|error| error.to_string())
}

/// Compares what stands in the journal with what was written.
pub(crate) fn verify(deployment: &Deployment) -> Result<Verified, String> {
    let verified = match &deployment.store.place {
        StorePlace::File(path) => store::verify(path),
        StorePlace::Postgres(postgres) => store::postgres_verify(&place(postgres)?),
    };
    verified.map_err(|error| error.to_string())
}

fn place(postgres: &PostgresConfig) -> Result<Place, String> {
    let addresses = std::iter::once(&postgres.address).chain(&postgres.standbys);
    let servers = addresses.map(|address| server(postgres, &address.value)).collect::<Result<_, _>>()?;
    Ok(Place {
        servers,
        database: postgres.database.clone(),
        user: postgres.user.clone(),
        password: postgres.password.as_deref().map(secret).transpose()?,
        schema: postgres.schema.value.clone(),
    })
}

fn server(postgres: &PostgresConfig, address: &str) -> Result<Server, String> {
    let (host, port) = match address.rsplit_once(':') {
        _ if address.starts_with('/') => (address, SOCKET_PORT),
        Some((host, port)) => (host, port.parse().map_err(|_| format!("{address}: {port} is no port"))?),
        None => return Err(format!("{address} has no port")),
    };
    let tls = postgres.tls.as_ref().map(|tls| engine::lines::connecting_tls(tls, address)).transpose()?;
    let tls = tls.map(|client| {
        let (config, name) = client.parts();
        ServerTls { config, name }
    });
    Ok(Server { host: host.trim_start_matches('[').trim_end_matches(']').to_owned(), port, tls })
}

#[cfg(test)]
mod tests {
    use super::StandsBy;
    use store::{Fatal, Opened};

    #[test]
    fn a_node_that_stands_by_outlasts_a_database_that_is_not_reached() {
        let away = || Err::<Opened<()>, _>(Fatal::Away { path: "there".into(), why: "refused".into() });
        let waits = || Ok::<Opened<()>, _>(Opened::Waits { node: "first".into() });
        assert!(StandsBy::default().hears("second", away()).is_err(), "at the start it is an error");
        let mut standing = StandsBy::default();
        assert_eq!(standing.hears("second", waits()), Ok(None));
        for _ in 0..3 {
            assert_eq!(standing.hears("second", away()), Ok(None));
        }
        assert_eq!(standing.hears("second", waits()), Ok(None));
        assert!(
            standing
                .hears::<()>("second", Err(Fatal::Disk { path: "there".into(), why: "full".into() }))
                .is_err()
        );
        assert_eq!(standing.hears("second", Ok(Opened::Holds(Box::new(())))), Ok(Some(Box::new(()))));
    }
}
