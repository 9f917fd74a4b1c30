//! The gateway as a process: started, killed, stopped for a while, ended.
//!
//! In: a deployment. Out: how long it took until asks were taken. It must not know what is asked.

use crate::torture::client::Asker;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take, and an end.
const STARTS: Duration = Duration::from_secs(120);

/// The gateway's process; dropped, it is killed.
pub(super) struct Process {
    deployment: PathBuf,
    configs: PathBuf,
    passphrase: String,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Not started yet.
    pub(super) fn new(
        folder: &Path,
        configs: &Path,
        deployment: &str,
        passphrase: &str,
    ) -> Result<Self, String> {
        let place = folder.join("gateway.yaml");
        std::fs::write(&place, deployment).map_err(|error| format!("{}: {error}", place.display()))?;
        Ok(Self {
            deployment: place,
            configs: configs.to_owned(),
            passphrase: passphrase.to_owned(),
            log: folder.join("gateway.log"),
            child: None,
        })
    }

    /// Where it writes what it has to say.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Starts it; gives how long it took until it takes asks.
    pub(super) async fn begin(&mut self, asker: &Asker) -> Result<Duration, String> {
        let began = Instant::now();
        let failed = |error: std::io::Error| format!("the gateway cannot be started: {error}");
        let log = || File::options().create(true).append(true).open(&self.log);
        let child = Command::new(std::env::current_exe().map_err(failed)?)
            .arg("run")
            .arg(&self.deployment)
            .arg("--configs")
            .arg(&self.configs)
            .env("TONGSHI_PASSPHRASE", &self.passphrase)
            .stdin(Stdio::null())
            .stdout(log().map_err(failed)?)
            .stderr(log().map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        self.child = Some(child);
        while !asker.is_ready().await {
            if let Some(status) = self.ended()? {
                return Err(format!("the gateway ended with {status}; see {}", self.log.display()));
            }
            if began.elapsed() > STARTS {
                return Err(format!("the gateway takes no asks; see {}", self.log.display()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(began.elapsed())
    }

    /// How it ended, if it has by itself.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        let Some(child) = &mut self.child else { return Ok(None) };
        child.try_wait().map_err(|error| format!("the gateway cannot be looked at: {error}"))
    }

    /// Nothing of it runs any more.
    pub(super) fn kill(&mut self) -> Result<(), String> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let killed = child.kill().and_then(|()| child.wait());
        killed.map(drop).map_err(|error| format!("the gateway cannot be killed: {error}"))
    }

    /// It stands still for a while.
    pub(super) async fn pause(&self, span: Duration) -> Result<(), String> {
        self.signal("STOP")?;
        tokio::time::sleep(span).await;
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> Result<(), String> {
        let Some(child) = &self.child else { return Ok(()) };
        let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("kill -{name}: {status}")),
            Err(error) => Err(format!("kill -{name}: {error}")),
        }
    }

    /// Ends it as an operator does.
    pub(super) async fn end(&mut self) -> Result<(), String> {
        self.signal("TERM")?;
        let until = Instant::now() + STARTS;
        while self.ended()?.is_none() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.kill()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.kill();
    }
}
