//! `tongshi run`: the gateway of a deployment, until it is told to stop.

use super::failure::{self, Failure};
use super::{Exit, say, warn};
use crate::builtin::{Adapters, Builtin};
use crate::{admin, journal, start};
use clap::Args;
use dsl::check::Text;
use engine::deployment::{in_clear, unfenced};
use engine::gateway::Gateway;
use engine::version::Version;
use engine::{Deployment, DeploymentFault, load, validate};
use link::World;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `tongshi run`.
#[derive(Args, Clone)]
#[command(
    after_help = "Examples:\n  tongshi run gateway.yaml\n  tongshi run gateway.yaml --check   compares the deployment with the adapters and ends\n\nSignals: HUP takes adapters and deployment anew, without a pause; TERM and INT let what was begun end, then stop."
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

    async fn serve(&self) -> Result<Exit, Failure> {
        let world = World::with_clock(self.deployment()?.0.world_clock());
        let builtin = Arc::new(Builtin::start(world.clone()).await?);
        let (version, deployment) = match self.read(&builtin).await? {
            Read::Fits(version, deployment) => (*version, *deployment),
            Read::DoesNot(faults) => {
                warn(&self.told(&faults));
                return Ok(Exit::NotSo);
            }
        };
        if self.check {
            say("The deployment gives all that the adapters need.");
            return Ok(Exit::Well);
        }
        let keys = Arc::new(failure::keys(&deployment)?);
        let options = start::options(&deployment, keys.as_ref())?;
        let store = journal::open(&deployment, &options.sealer).await?;
        let gateway = Gateway::start(version, deployment, keys, store, world, options);
        let gateway = Arc::new(gateway.await.map_err(|error| error.to_string())?);
        if let Some(clock) = &gateway.engine().deployment.load().clock {
            say(&format!("A trial: the day runs {} times as fast as the world.", clock.scale));
        }
        let operators = admin::listen(gateway.engine(), self.reloading(&gateway, &builtin)).await?;
        say(&format!("Channels ask at {}; Ctrl-C stops the gateway.", gateway.channels()));
        if let Some(operators) = &operators {
            say(&format!("Operators ask at {}.", operators.address()));
        }
        for (flow, why) in gateway.lost() {
            warn(&format!("flow {flow} cannot go on: {why}"));
        }
        self.until_told(&gateway, &builtin).await?;
        drop(operators);
        gateway.stop(Duration::from_secs(self.drain)).await;
        Ok(Exit::Well)
    }

    /// Waits for the signal to stop; takes adapters and deployment anew at the other one.
    async fn until_told(&self, gateway: &Arc<Gateway>, builtin: &Arc<Builtin>) -> Result<(), String> {
        let on = |kind| signal(kind).map_err(|error| error.to_string());
        let (mut stop, mut again) = (on(SignalKind::terminate())?, on(SignalKind::hangup())?);
        let reload = self.reloading(gateway, builtin);
        loop {
            tokio::select! {
                biased;
                () = gateway.failed() => {
                    let why = gateway.engine().journal_fault();
                    return Err(format!("this node cannot go on: {why}"));
                }
                () = gateway.watch() => {}
                _ = tokio::signal::ctrl_c() => return Ok(()),
                _ = stop.recv() => return Ok(()),
                _ = again.recv() => match reload().await {
                    Ok(told) => say(&told),
                    Err(why) => warn(&format!("nothing was changed: {why}")),
                },
            }
        }
    }

    /// Takes adapters and deployment anew, if they fit.
    fn reloading(&self, gateway: &Arc<Gateway>, builtin: &Arc<Builtin>) -> admin::Reload {
        let (run, gateway, builtin) = (self.clone(), Arc::downgrade(gateway), Arc::clone(builtin));
        Arc::new(move || {
            let (run, gateway, builtin) = (run.clone(), gateway.clone(), Arc::clone(&builtin));
            Box::pin(async move {
                let gateway = gateway.upgrade().ok_or("the gateway has stopped")?;
                match run.read(&builtin).await.map_err(|failure| failure.text)? {
                    Read::Fits(version, deployment) => {
                        let hash: String =
                            version.hash.iter().take(6).map(|octet| format!("{octet:02x}")).collect();
                        gateway.reload(*version, *deployment).await.map_err(|error| error.to_string())?;
                        Ok(format!("Adapters {hash} and the deployment hold for what is asked from now on."))
                    }
                    Read::DoesNot(faults) => Err(run.told(&faults)),
                }
            })
        })
    }

    /// The deployment as it stands on disk now, and its text.
    fn deployment(&self) -> Result<(Deployment, String), Failure> {
        let path = self.deployment.display();
        let text = std::fs::read_to_string(&self.deployment).map_err(|error| format!("{path}: {error}"))?;
        let deployment = Deployment::parse(&text).map_err(|fault| Failure::not_so(self.told(&[fault])))?;
        Ok((deployment, text))
    }

    async fn read(&self, builtin: &Builtin) -> Result<Read, Failure> {
        let path = self.deployment.display().to_string();
        let (mut deployment, text) = self.deployment()?;
        let secrets = in_clear(&text);
        if !secrets.is_empty() {
            warn(&self.told(&secrets));
        }
        let texts = load::texts(&self.configs)?;
        let reached = builtin
            .reach(&mut deployment, Adapters { texts: &texts, configs: &self.configs, trial: self.check })
            .await;
        reached.map_err(|why| format!("{path}: {why}"))?;
        let read = tokio::task::spawn_blocking(move || compiled(texts, deployment));
        let (read, warning) = read.await.map_err(|error| error.to_string())??;
        if let Some(warning) = warning {
            warn(&self.told(&[warning]));
        }
        Ok(read)
    }

    /// Each thing that the deployment lacks or has for nothing, a line each: at the start and at a reload alike.
    fn told(&self, faults: &[DeploymentFault]) -> String {
        let path = self.deployment.display();
        let line = |fault: &DeploymentFault| {
            format!("{path}:{}:{}: {} {}", fault.line, fault.column, fault.code, fault.text)
        };
        faults.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Whether they fit, and what a deployment that does is to be warned of.
fn compiled(texts: Vec<Text>, deployment: Deployment) -> Result<(Read, Option<DeploymentFault>), Failure> {
    let loaded = load::compile(texts, &deployment)?;
    let faults = validate(&deployment, &loaded.compiled);
    if !faults.is_empty() {
        return Ok((Read::DoesNot(faults), None));
    }
    let warning = unfenced(&deployment, &loaded.compiled);
    let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment)
        .map_err(|error| error.to_string())?;
    Ok((Read::Fits(Box::new(version), Box::new(deployment)), warning))
}

/// Adapters and a deployment as they stand on disk now.
enum Read {
    Fits(Box<Version>, Box<Deployment>),
    DoesNot(Vec<DeploymentFault>),
}
