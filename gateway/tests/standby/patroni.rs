//! Two servers of PostgreSQL that Patroni looks after, over an etcd of one: whoever dies is stood in for without an operator.
//!
//! In: the programs of Debian's packages `patroni`, `etcd-server` and `postgresql`. Out: addresses for the gateway, and a
//! machine that dies and comes back.

use std::fs::{create_dir_all, read_dir, read_to_string, remove_dir_all, write};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use store::TrialServer;

/// Whom PostgreSQL runs as where we are root, which it refuses.
const NOBODY: u32 = 65_534;
/// Patroni's least: who has not said for so long that it is the leader, is not.
const LEADS_SECONDS: u64 = 20;

/// An etcd and two machines.
pub(crate) struct Cluster {
    folder: PathBuf,
    etcd: Child,
    machines: Vec<Machine>,
}

/// A server of PostgreSQL and the Patroni beside it.
struct Machine {
    folder: PathBuf,
    patroni: Option<Child>,
    /// Where PostgreSQL and where Patroni answers.
    ports: (u16, u16),
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("patroni-{}", std::process::id()));
        drop(remove_dir_all(&folder));
        own(&folder);
        let (clients, peers) = (free(), free());
        let mut etcd = program(&folder, "etcd");
        etcd.arg("--data-dir").arg(folder.join("etcd"));
        for (name, port) in [
            ("--listen-client-urls", clients),
            ("--advertise-client-urls", clients),
            ("--listen-peer-urls", peers),
        ] {
            etcd.arg(name).arg(format!("http://127.0.0.1:{port}"));
        }
        let etcd = etcd.spawn().expect("etcd of Debian's package etcd-server");
        let mut cluster = Self { folder, etcd, machines: Vec::new() };
        for name in ["db1", "db2"] {
            let machine = Machine::make(&cluster.folder, name, clients);
            cluster.machines.push(machine);
        }
        cluster.wait("two servers, one of them in step with the other", Cluster::is_whole);
        cluster
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        self.machines.iter().map(|machine| format!("127.0.0.1:{}", machine.ports.0)).collect()
    }

    /// The leader loses its power.
    pub(crate) fn kill_leader(&mut self) {
        let leader = self.machines.iter_mut().find(|machine| machine.says("leader"));
        leader.expect("a leader").kill();
    }

    /// Whoever is dead comes back.
    pub(crate) fn repair(&mut self) {
        self.machines.iter_mut().filter(|machine| machine.patroni.is_none()).for_each(Machine::begin);
        self.wait("the dead server is back and in step", Cluster::is_whole);
    }

    /// One leads, the other follows so closely that it may take over.
    fn is_whole(&self) -> bool {
        ["leader", "sync"].iter().all(|role| self.machines.iter().any(|machine| machine.says(role)))
    }

    fn wait(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            let said = || self.machines.iter().map(Machine::said).collect::<Vec<_>>().join("\n");
            assert!(began.elapsed() < Duration::from_secs(120), "not yet: {what}\n{}", said());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.machines.iter_mut().for_each(Machine::kill);
        drop(self.etcd.kill());
        drop(self.etcd.wait());
        drop(remove_dir_all(&self.folder));
    }
}

impl Machine {
    fn make(cluster: &Path, name: &str, etcd: u16) -> Self {
        let folder = cluster.join(name);
        own(&folder);
        let ports @ (postgres, rest) = (free(), free());
        let (at, password) = (folder.display(), TrialServer::PASSWORD);
        // Synchronous, so that only who has every commit that was told can take over.
        let text = format!(
            "scope: tongshi
name: {name}
restapi: {{ listen: '127.0.0.1:{rest}', connect_address: '127.0.0.1:{rest}' }}
etcd3: {{ host: '127.0.0.1:{etcd}' }}
bootstrap:
  dcs:
    ttl: {LEADS_SECONDS}
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    postgresql: {{ use_pg_rewind: true, parameters: {{ wal_log_hints: 'on', max_connections: 60 }} }}
  initdb: [ encoding: UTF8, locale: C.UTF-8, data-checksums ]
  pg_hba:
    - local all all scram-sha-256
    - host all all 127.0.0.1/32 scram-sha-256
    - host replication all 127.0.0.1/32 scram-sha-256
postgresql:
  listen: '127.0.0.1:{postgres}'
  connect_address: '127.0.0.1:{postgres}'
  data_dir: {at}/data
  bin_dir: {}
  pgpass: {at}/pgpass
  authentication:
    superuser: {{ username: tongshi, password: {password} }}
    replication: {{ username: replicator, password: {password} }}
  parameters: {{ unix_socket_directories: {at} }}
",
            programs().display(),
        );
        write(folder.join("patroni.yaml"), text).unwrap();
        let mut machine = Self { folder, patroni: None, ports };
        machine.begin();
        machine
    }

    fn begin(&mut self) {
        let said = std::fs::File::create(self.folder.join("said")).unwrap();
        let mut patroni = program(&self.folder, "patroni");
        patroni.arg(self.folder.join("patroni.yaml")).stdout(said.try_clone().unwrap()).stderr(said);
        self.patroni = Some(patroni.spawn().expect("patroni of Debian's package patroni"));
    }

    fn kill(&mut self) {
        let Some(mut patroni) = self.patroni.take() else { return };
        drop(patroni.kill());
        drop(patroni.wait());
        let pid = read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            drop(Command::new("kill").args(["-KILL", pid.trim()]).status());
        }
    }

    /// Whether Patroni says that this server has a role.
    fn says(&self, role: &str) -> bool {
        let asked = TcpStream::connect(("127.0.0.1", self.ports.1)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(stream, "GET /{role} HTTP/1.0\r\n\r\n")?;
            let mut reply = String::new();
            stream.read_to_string(&mut reply).map(|_| reply)
        });
        asked.is_ok_and(|reply| reply.split(' ').nth(1) == Some("200"))
    }

    fn said(&self) -> String {
        read_to_string(self.folder.join("said")).unwrap_or_default()
    }
}

fn programs() -> PathBuf {
    let versions = read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|path| path.join("postgres").exists());
    found.sort();
    found.pop().expect("PostgreSQL of Debian's packages")
}

fn program(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(name);
    let about = std::fs::metadata(folder).unwrap();
    if about.uid() != std::fs::metadata("/proc/self").unwrap().uid() {
        command.uid(about.uid()).gid(about.gid());
    }
    command.current_dir(folder).env("HOME", folder).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn own(folder: &Path) {
    create_dir_all(folder).unwrap();
    if std::fs::metadata(folder).unwrap().uid() == 0 {
        chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port()
}
