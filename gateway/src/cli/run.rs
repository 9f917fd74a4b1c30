//! `tongshi run`: the gateway of a deployment.

use super::{Exit, say, warn};
use adapters::keys::{KeyFile, Protection};
use clap::Args;
use dsl::program::Compiled;
use engine::gateway::{Gateway, Options};
use engine::version::Version;
use engine::{Deployment, load, validate};
use link::World;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Clear, SqliteStore};

/// Arguments of `tongshi run`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi run gateway.yaml\n  tongshi run gateway.yaml --check   compares the deployment with the adapters and ends"
)]
pub(crate) struct Run {
    /// The deployment
    deployment: PathBuf,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// Only compare the deployment with what the adapters need
    #[arg(long)]
    check: bool,
    /// Seconds that what was begun may take to end when the gateway is stopped
    #[arg(long, default_value_t = 30)]
    drain: u64,
}

impl Run {
    pub(crate) fn run(&self) -> Exit {
        super::in_runtime("run", self.serve())
    }

    async fn serve(&self) -> Result<Exit, String> {
        let path = self.deployment.display();
        let text = std::fs::read_to_string(&self.deployment).map_err(|error| format!("{path}: {error}"))?;
        let deployment = Deployment::parse(&text).map_err(|fault| format!("{path}: {fault}"))?;
        let texts = load::texts(&self.configs).map_err(|error| error.to_string())?;
        let loaded = load::compile(texts, &deployment).map_err(|error| error.to_string())?;
        if !self.fits(&deployment, &loaded.compiled) {
            return Ok(Exit::NotSo);
        }
        if self.check {
            say("The deployment gives all that the adapters need.");
            return Ok(Exit::Well);
        }
        let reference = deployment.keys.passphrase.as_deref().unwrap_or("env:TONGSHI_PASSPHRASE");
        let passphrase = engine::deployment::secret(reference)?;
        let keys = KeyFile::open(&deployment.keys.path, &Protection::Passphrase(&passphrase))
            .map_err(|error| error.to_string())?;
        let options = store::Options::new(&deployment.node, Arc::new(Clear));
        let store = SqliteStore::open(&deployment.store.path, &options).map_err(|error| error.to_string())?;
        let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment)
            .map_err(|error| error.to_string())?;
        let gateway = Gateway::start(
            version,
            deployment,
            Arc::new(keys),
            Box::new(store),
            World::real(),
            Options::default(),
        )
        .await
        .map_err(|error| error.to_string())?;
        say(&format!("Channels ask at http://{}; Ctrl-C stops the gateway.", gateway.channels()));
        for (flow, why) in gateway.lost() {
            warn(&format!("flow {flow} cannot go on: {why}"));
        }
        tokio::select! {
            biased;
            () = gateway.failed() => {
                return Err("the journal failed; start again after the disk is well".to_owned());
            }
            _ = tokio::signal::ctrl_c() => {}
        }
        gateway.stop(Duration::from_secs(self.drain)).await;
        Ok(Exit::Well)
    }

    /// Shows each thing that the deployment lacks or has for nothing.
    fn fits(&self, deployment: &Deployment, compiled: &Compiled) -> bool {
        let faults = validate(deployment, compiled);
        for fault in &faults {
            warn(&format!(
                "{}:{}:{}: {} {}",
                self.deployment.display(),
                fault.line,
                fault.column,
                fault.code,
                fault.text
            ));
        }
        faults.is_empty()
    }
}
