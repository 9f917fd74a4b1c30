//! A PostgreSQL server of a test's own: a new cluster in a temporary folder, reached by a unix socket, durable as in
//! earnest, gone when the value is dropped. It needs the programs of PostgreSQL on the machine.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whom the server runs as where the tests are root, which it refuses.
const NOBODY: u32 = 65_534;
/// The password of its user, `tongshi`.
pub(crate) const PASSWORD: &str = "only for tests";

pub(crate) struct Server {
    folder: PathBuf,
    server: Mutex<Option<Child>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("postgres-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        if std::fs::metadata(&folder).unwrap().uid() == 0 {
            chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let secret = folder.join("secret");
        std::fs::write(&secret, PASSWORD).unwrap();
        let made = program(&folder, "initdb")
            .args(["-U", "tongshi", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pwfile")
            .arg(&secret)
            .arg("-D")
            .arg(folder.join("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Self { folder, server: Mutex::new(None) };
        server.begin();
        server
    }

    /// Starts the server and waits until it takes statements.
    pub(crate) fn begin(&self) {
        let path = &self.folder;
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

    /// The folder of its socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        program(&self.folder, "psql")
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
            .arg(&self.folder)
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

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _left = std::fs::remove_dir_all(&self.folder);
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
