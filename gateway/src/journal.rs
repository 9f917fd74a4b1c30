//! Where a deployment keeps its journal, and how it is opened, waited for and verified.
//!
//! In: the deployment and how bodies are sealed. Out: the store. It must not know what is written.

use crate::cli::say;
use engine::Deployment;
use engine::deployment::{PostgresConfig, StorePlace, secret};
use std::sync::Arc;
use std::time::Duration;
use store::{
    Opened, Place, PostgresOptions, PostgresStore, Reader, Sealer, Server, ServerTls, SqliteStore, Store,
    Verified,
};

/// The port of a server that is reached by its socket, whose name bears it.
const SOCKET_PORT: u16 = 5432;
/// Between two looks whether the journal can be had.
const LOOK: Duration = Duration::from_secs(1);

/// Opens the journal; one that another node holds is waited for.
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
    let mut told = None;
    loop {
        let options = options.clone();
        let opening = tokio::task::spawn_blocking(move || PostgresStore::open(&options));
        match opening.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())? {
            Opened::Holds(store) => return Ok(store),
            Opened::Waits { node } => {
                if told.as_ref() != Some(&node) {
                    say(&format!(
                        "The node {node} holds the journal; this one, {}, stands by.",
                        deployment.node
                    ));
                }
                told = Some(node);
            }
        }
        tokio::time::sleep(LOOK).await;
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
