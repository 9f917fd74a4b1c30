//! The gateway on a stage: started, stopped, killed, given another deployment, always on the same journal.

use super::Stage;
use super::compiled::compiled;
use crate::builtin::Adapters;
use crate::start;
use conformance::suite::GatewayDo;
use engine::Deployment;
use engine::gateway::Gateway;
use engine::version::Version;
use link::World;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use store::{Fatal, SqliteStore};

/// How long, in real time, a gateway that was dropped may take to end its tasks.
const ENDS: Duration = Duration::from_secs(20);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(2);

impl Stage {
    /// Starts the gateway, and tells the parties where it listens.
    pub(super) async fn open(&mut self) -> Result<(), String> {
        let (version, deployment) = self.version().await?;
        let keys = Arc::clone(&self.keys);
        let options = start::options(&deployment, keys.as_ref())?;
        let store = self.journal_alone(&store::Options::new("stage", Arc::clone(&options.sealer))).await?;
        let world = World::with_clock(Arc::new(self.clock.clone()));
        let started = Gateway::start(version, deployment, keys, Box::new(store), world, options).await;
        let gateway = started.map_err(|error| error.to_string())?;
        // What was under way goes on after a stop, whatever a test is about.
        if let Some((flow, why)) = gateway.lost().first() {
            return Err(format!("flow {flow} cannot go on: {why}"));
        }
        for player in self.players.values_mut() {
            let links = &player.party.loaded().bank.module.links;
            let accepted: Vec<String> = links
                .iter()
                .filter(|link| !link.link.connect)
                .map(|link| link.link.name.to_string())
                .collect();
            for link in accepted {
                if let Some(address) = gateway.address(&player.module, &link) {
                    player.party.calls_at(&link, &address);
                    player.config.links.insert(link, address);
                }
            }
        }
        self.gateway = Some(gateway);
        Ok(())
    }

    /// Opens the journal. The gateway before is gone, but its last thread may still be closing it.
    async fn journal_alone(&self, options: &store::Options) -> Result<SqliteStore, String> {
        let until = std::time::Instant::now() + ENDS;
        loop {
            match SqliteStore::open(&self.journal(), options) {
                Err(Fatal::InUse { .. }) if std::time::Instant::now() < until => {
                    tokio::time::sleep(LOOK).await;
                }
                opened => return opened.map_err(|error| error.to_string()),
            }
        }
    }

    /// Adapters compiled under the deployment as it is now; its text is written beside the journal.
    async fn version(&self) -> Result<(Version, Deployment), String> {
        let text = serde_json::to_string_pretty(&self.deployment()).map_err(|error| error.to_string())?;
        let path = self.folder.join("gateway.yaml");
        std::fs::write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut deployment =
            Deployment::parse(&text).map_err(|fault| format!("{}: {fault}", path.display()))?;
        let adapters = Adapters { texts: &self.texts, configs: &self.configs, trial: false };
        self.builtin.reach(&mut deployment, adapters).await?;
        let loaded = compiled(&self.texts, &deployment)?;
        let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment)
            .map_err(|error| error.to_string())?;
        Ok((version, deployment))
    }

    /// Lets the gateway end what was begun, and waits until it is gone.
    async fn close(&mut self) -> Result<(), String> {
        let Some(gateway) = self.gateway.take() else { return Ok(()) };
        let gone = Arc::downgrade(gateway.engine());
        gateway.stop(Duration::from_secs(5)).await;
        drop(gateway);
        ended(&gone).await
    }

    /// Does something to the gateway.
    pub(super) async fn gateway_does(&mut self, what: &GatewayDo) -> Result<(), String> {
        match what {
            GatewayDo::Stop => self.close().await,
            GatewayDo::Restart => {
                self.close().await?;
                self.open().await
            }
            GatewayDo::Kill => {
                if let Some(gateway) = self.gateway.take() {
                    let gone = Arc::downgrade(gateway.engine());
                    drop(gateway);
                    ended(&gone).await?;
                }
                self.open().await
            }
            GatewayDo::Reload(settings) => {
                for (module, more) in settings {
                    self.settings.entry(module.clone()).or_default().extend(more.clone());
                }
                let (version, deployment) = self.version().await?;
                let gateway = self.gateway.as_ref().ok_or("there is no gateway")?;
                gateway.reload(version, deployment).await.map_err(|error| error.to_string())
            }
        }
    }
}

/// Waits until nothing of a gateway runs any more, so that the next one is alone on the journal.
async fn ended(engine: &std::sync::Weak<engine::engine::Engine>) -> Result<(), String> {
    let until = std::time::Instant::now() + ENDS;
    while engine.strong_count() > 0 {
        if std::time::Instant::now() > until {
            return Err(json!({ "the old gateway still runs": engine.strong_count() }).to_string());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
