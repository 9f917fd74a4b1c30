//! A PostgreSQL server for a trial: a new cluster in a temporary folder, reached by a unix socket, durable as in earnest, gone
//! when the value is dropped.
//!
//! For: tests, and campaigns that put the gateway to the test. In: the programs of PostgreSQL on this machine. Out: the place
//! of a journal, and a server that can be killed and begun again. It must not know what a journal holds.

use crate::postgres::{Place, Server};
use std::io::{Error, Result};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Whom the server runs as where we are root, which it refuses.
const NOBODY: u32 = 65_534;
/// Its user, and the database that stands in every new cluster.
const USER: &str = "tongshi";
const DATABASE: &str = "postgres";
/// The port that the name of its socket bears.
const PORT: u16 = 5_432;
/// How long it may take until it takes statements.
const STARTS: Duration = Duration::from_secs(60);

/// The server.
#[derive(Debug)]
pub struct TrialServer {
    folder: PathBuf,
    server: Mutex<Option<Child>>,
}

impl TrialServer {
    /// The password of its user.
    pub const PASSWORD: &'static str = "only for trials";

    fn new() -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("postgres-{}-{count}", std::process::id()));
        // From here on the folder goes with the value, also where the server is never begun.
        let server = Self { folder, server: Mutex::new(None) };
        server.own(&server.folder)?;
        Ok(server)
    }

    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// When the programs of PostgreSQL are not there, or the server does not start.
    pub fn start() -> Result<Self> {
        let server = Self::new()?;
        let secret = server.folder.join("secret");
        std::fs::write(&secret, Self::PASSWORD)?;
        let made = server
            .program("initdb")?
            .args(["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pwfile")
            .arg(&secret)
            .arg("-D")
            .arg(server.folder.join("data"))
            .output();
        well("initdb", &made.map_err(|error| Error::other(format!("initdb of PostgreSQL: {error}")))?)?;
        server.begin()?;
        Ok(server)
    }

    /// Starts a server that stands by for this one: it has whatever was written, and no commit is answered before it has it.
    ///
    /// # Errors
    /// As [`TrialServer::start`].
    pub fn standby(&self) -> Result<Self> {
        let standby = Self::new()?;
        let copied = standby
            .program("pg_basebackup")?
            .env("PGPASSWORD", Self::PASSWORD)
            .args(["-U", USER, "-R", "-c", "fast", "-h"])
            .arg(&self.folder)
            .arg("-D")
            .arg(standby.folder.join("data"))
            .output()?;
        well("pg_basebackup", &copied)?;
        standby.begin()?;
        self.say("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.say("SELECT pg_reload_conf()")?;
        let began = Instant::now();
        while self.say("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")? != "1" {
            if began.elapsed() > STARTS {
                return Err(Error::other("the server that stands by does not follow"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(standby)
    }

    /// Lets a server that stands by take writes.
    ///
    /// # Errors
    /// What the server says.
    pub fn promote(&self) -> Result<()> {
        self.say("SELECT pg_promote()").map(drop)
    }

    /// Starts the server and waits until it takes statements.
    ///
    /// # Errors
    /// When it does not.
    pub fn begin(&self) -> Result<()> {
        *self.running() = Some(self.spawn()?);
        let began = Instant::now();
        while !self.psql("SELECT 1")?.status.success() {
            if began.elapsed() > STARTS {
                return Err(Error::other("the server of PostgreSQL does not start"));
            }
            std::thread::sleep(Duration::from_millis(100));
            // It ends at once while a part of the server that was killed still has its memory.
            let mut running = self.running();
            if let Some(server) = running.as_mut()
                && server.try_wait()?.is_some()
            {
                *server = self.spawn()?;
            }
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Child> {
        let path = &self.folder;
        self.program("postgres")?
            .args(["-c", "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=60", "-c"])
            .arg(format!("unix_socket_directories={}", path.display()))
            .arg("-D")
            .arg(path.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }

    /// Kills the server as a machine that loses its power does.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(&self) -> Result<()> {
        match self.running().take() {
            Some(mut server) => server.kill().and_then(|()| server.wait()).map(drop),
            None => Ok(()),
        }
    }

    /// A folder for the server to keep something in; made where it is not there.
    ///
    /// # Errors
    /// When it cannot be made or given to the server.
    pub fn own(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        if std::fs::metadata(folder)?.uid() == 0 {
            chown(folder, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(())
    }

    /// The folder of its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a journal stands in it.
    #[must_use]
    pub fn place(&self, schema: &str) -> Place {
        Self::place_at(&self.folder, schema)
    }

    /// The same for whoever knows only the folder.
    #[must_use]
    pub fn place_at(folder: &Path, schema: &str) -> Place {
        Place {
            servers: vec![Server { host: folder.display().to_string(), port: PORT, tls: None }],
            database: DATABASE.into(),
            user: USER.into(),
            password: Some(Self::PASSWORD.into()),
            schema: schema.into(),
        }
    }

    /// What an administrator's statement gives.
    ///
    /// # Errors
    /// What the server says.
    pub fn say(&self, sql: &str) -> Result<String> {
        let said = self.psql(sql)?;
        well(sql, &said)?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    fn psql(&self, sql: &str) -> Result<Output> {
        self.program("psql")?
            .env("PGPASSWORD", Self::PASSWORD)
            .args([
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                USER,
                "-d",
                DATABASE,
                "-c",
                sql,
                "-h",
            ])
            .arg(&self.folder)
            .output()
    }

    /// A program of PostgreSQL, which Debian keeps out of the way, for whoever owns the folder.
    fn program(&self, name: &str) -> Result<Command> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
        found.retain(|path| path.exists());
        found.sort();
        let mut command = Command::new(found.pop().unwrap_or_else(|| PathBuf::from(name)));
        let about = std::fs::metadata(&self.folder)?;
        if about.uid() != std::fs::metadata("/proc/self")?.uid() {
            command.uid(about.uid()).gid(about.gid());
        }
        command.current_dir(&self.folder).stdin(Stdio::null());
        // The server and its helpers hear no signal that was meant for us.
        command.process_group(0);
        Ok(command)
    }

    fn running(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TrialServer {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            tracing::warn!(%error, "a server of PostgreSQL was left behind");
        }
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

fn well(what: &str, said: &Output) -> Result<()> {
    if said.status.success() {
        return Ok(());
    }
    Err(Error::other(format!("{what}: {}", String::from_utf8_lossy(&said.stderr).trim())))
}
