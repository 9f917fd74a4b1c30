//! A PostgreSQL server of a test's own: a new cluster in a temporary folder, reached by a unix socket, durable as in
//! earnest, gone when the value is dropped. It needs the programs of PostgreSQL on the machine.

use crate::support::{Folder, Xor};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::{Opened, Place, PostgresOptions, PostgresStore};

/// Whom the server runs as where the tests are root, which it refuses.
const NOBODY: u32 = 65_534;
const PASSWORD: &str = "only for tests";
pub(crate) const LEASE: Duration = Duration::from_secs(2);

pub(crate) struct Cluster {
    folder: Folder,
    server: Mutex<Option<Child>>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let folder = Folder::new("postgres");
        if std::fs::metadata(folder.path()).unwrap().uid() == 0 {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let secret = folder.path().join("secret");
        std::fs::write(&secret, PASSWORD).unwrap();
        let made = program(folder.path(), "initdb")
            .args(["-U", "tongshi", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pwfile")
            .arg(&secret)
            .arg("-D")
            .arg(folder.path().join("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let cluster = Self { folder, server: Mutex::new(None) };
        cluster.begin();
        cluster
    }

    /// Starts the server and waits until it takes statements.
    pub(crate) fn begin(&self) {
        let path = self.folder.path();
        let server = program(path, "postgres")
            .args(["-c", "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=60", "-c"])
            .arg(format!("unix_socket_directories={}", path.display()))
            .arg("-D")
            .arg(path.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *self.server.lock().unwrap() = Some(server);
        let began = Instant::now();
        while !self.psql("SELECT 1").status.success() {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills the server as a machine that loses its power does.
    pub(crate) fn kill(&self) {
        if let Some(mut server) = self.server.lock().unwrap().take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    pub(crate) fn place(&self, schema: &str) -> Place {
        place(self.folder.path(), schema)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn open(&self, schema: &str) -> PostgresStore {
        open(&self.place(schema))
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        program(self.folder.path(), "psql")
            .env("PGPASSWORD", PASSWORD)
            .args([
                "-X",
                "-A",
                "-t",
                "-q",
                "-U",
                "tongshi",
                "-d",
                "postgres",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
                "-h",
            ])
            .arg(self.folder.path())
            .output()
            .unwrap()
    }

    /// Tries statements whose session somebody may end.
    pub(crate) fn try_say(&self, sql: &str) {
        let _ended = self.psql(sql);
    }

    /// What an administrator's statement gives.
    pub(crate) fn say(&self, sql: &str) -> String {
        let said = self.psql(sql);
        assert!(said.status.success(), "{sql}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
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

/// A program of PostgreSQL, which Debian keeps out of the way, for whoever owns the folder.
fn program(folder: &Path, name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
    found.retain(|path| path.exists());
    found.sort();
    let mut command = Command::new(found.pop().unwrap_or_else(|| PathBuf::from(name)));
    let about = std::fs::metadata(folder).unwrap();
    let ours = std::fs::metadata("/proc/self").unwrap();
    if about.uid() != ours.uid() {
        command.uid(about.uid()).gid(about.gid());
    }
    command.current_dir(folder).stdin(Stdio::null());
    // The server and its helpers hear no signal that was meant for the tests.
    command.process_group(0);
    command
}
