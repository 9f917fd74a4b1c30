//! The link against the embedded server and against stock OpenSSH.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use link::deliver::{DeliverConfig, Delivery};
use link::files::{EndMark, FileFault, FileLink, FilePath};
use link::watch::{After, Complete, Watch, WatchConfig};
use link::{CauseKind, Core, CoreOwner, World};
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use sftp::{SettingError, SftpConfig, SftpLink, SftpServer, SftpServerConfig, SftpUser, SignIn};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sftp-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("root")).unwrap();
        Self(path)
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn new_key() -> (String, String) {
    let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap();
    (key.to_openssh(LineEnding::LF).unwrap().to_string(), key.public_key().to_openssh().unwrap())
}

async fn server(core: &Core, root: &Path, keys: Vec<String>) -> SftpServer {
    let user = SftpUser { name: "unit".into(), password: Some("open".into()), keys };
    let config = SftpServerConfig {
        address: "127.0.0.1:0".into(),
        users: vec![user],
        root: root.to_path_buf(),
        connections: 8,
    };
    SftpServer::start(core, config).await.unwrap()
}

fn config(address: &str, host_key: &str, sign_in: SignIn) -> SftpConfig {
    SftpConfig {
        address: address.into(),
        user: "unit".into(),
        sign_in,
        host_keys: vec![host_key.into()],
        root: "/".into(),
        connect_limit: Duration::from_secs(10),
        answer_limit: Duration::from_secs(10),
        allow_sha1: false,
    }
}

fn password(text: &str) -> SignIn {
    SignIn::Password(text.into())
}

fn path(text: &str) -> FilePath {
    FilePath::parse(text).unwrap()
}

fn world() -> CoreOwner {
    Core::start(World::real())
}

/// What every server must be able to do: put, list, find, read, rename, remove.
async fn walk(link: Arc<dyn FileLink>) {
    link.make_folder(&path("up/load")).await.unwrap();
    link.make_folder(&path("up/load")).await.unwrap();
    let config =
        DeliverConfig { temporary: true, done: Some(EndMark::of(".ok")), ..DeliverConfig::default() };
    let piece: Vec<u8> = (0..100_000_u32).map(|at| (at % 251) as u8).collect();
    let target = path("up/load/big.txt");
    let mut delivery = Delivery::begin(&*link, &target, &config).await.unwrap();
    for _ in 0..5 {
        delivery.write(&piece).await.unwrap();
    }
    delivery.finish().await.unwrap();
    let again = Delivery::begin(&*link, &target, &config).await.unwrap().finish().await.unwrap_err();
    assert_eq!((again.maybe_sent, again.error.fault), (false, FileFault::Exists), "{:?}", again.error.detail);
    assert_eq!(link.create(&target).await.err().unwrap().fault, FileFault::Exists);
    link.remove(&path("up/load/big.txt.part")).await.unwrap();

    let rules = WatchConfig {
        folder: path("up/load"),
        complete: Complete::Marked(EndMark::of(".ok")),
        after: After::Move(path("up")),
    };
    let mut watch = Watch::new(Arc::clone(&link), rules, Arc::new(|_: &str| true));
    let found = watch.look(link::Mark(0)).await.unwrap();
    assert_eq!((found.len(), found[0].entry.size), (1, 500_000));
    let mut reader = link.open(&found[0].path).await.unwrap();
    let mut read = Vec::new();
    while let Some(piece) = reader.read().await.unwrap() {
        read.extend_from_slice(&piece);
    }
    assert!(read == piece.repeat(5));
    watch.taken(&found[0]).await.unwrap();
    assert!(link.list(&path("up/load")).await.unwrap().is_empty());
    link.remove(&path("up/big.txt")).await.unwrap();
    assert_eq!(link.open(&path("up/big.txt")).await.err().unwrap().fault, FileFault::NotFound);
    assert_eq!(link.list(&path("none")).await.err().unwrap().fault, FileFault::NotFound);
}

#[tokio::test]
async fn the_embedded_server_takes_passwords_and_keys() {
    let (core, scratch) = (world(), Scratch::new());
    let (private, public) = new_key();
    let server = server(&core, &scratch.root(), vec![public]).await;
    for sign_in in [password("open"), SignIn::Key { key: private, passphrase: None }] {
        let link = SftpLink::new(&core, config(server.address(), server.host_key(), sign_in)).unwrap();
        walk(Arc::new(link)).await;
    }
}

#[tokio::test]
async fn strangers_are_refused_on_both_sides() {
    let (core, scratch) = (world(), Scratch::new());
    let server = server(&core, &scratch.root(), Vec::new()).await;
    let (private, _) = new_key();
    for sign_in in [password("wrong"), SignIn::Key { key: private, passphrase: None }] {
        let link = SftpLink::new(&core, config(server.address(), server.host_key(), sign_in)).unwrap();
        assert_eq!(link.list(&FilePath::root()).await.unwrap_err().fault, FileFault::Denied);
    }
    let (_, other) = new_key();
    let link = SftpLink::new(&core, config(server.address(), &other, password("open"))).unwrap();
    let error = link.list(&FilePath::root()).await.unwrap_err();
    assert!(matches!(error.fault, FileFault::Link(cause) if cause.kind == CauseKind::Tls));
    let mut nobody = config(server.address(), &other, password("open"));
    nobody.host_keys.clear();
    assert!(matches!(SftpLink::new(&core, nobody), Err(SettingError::NoHostKey)));
}

#[tokio::test]
async fn a_lost_session_is_a_fault_of_the_link() {
    let (core, scratch) = (world(), Scratch::new());
    let server = server(&core, &scratch.root(), Vec::new()).await;
    let settings = config(server.address(), server.host_key(), password("open"));
    let link = SftpLink::new(&core, settings).unwrap();
    assert!(link.list(&FilePath::root()).await.unwrap().is_empty());
    drop(server);
    for _ in 0..2 {
        let error = link.list(&FilePath::root()).await.unwrap_err();
        assert!(matches!(error.fault, FileFault::Link(_)), "{error:?}");
    }
}

/// Stands between a client and a server: passes octets on until it is told to hear nothing more, and then tells how the client's side ends.
async fn deaf_one_day(server: String) -> (String, Arc<Notify>, JoinHandle<io::Result<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let deaf = Arc::new(Notify::new());
    let (told, mut there) = (Arc::clone(&deaf), TcpStream::connect(server).await.unwrap());
    let passes = tokio::spawn(async move {
        let (mut here, _) = listener.accept().await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut here, &mut there) => panic!("one side ended too soon"),
            () = told.notified() => {}
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        tokio::io::copy(&mut here, &mut tokio::io::sink())
            .await
            .and_then(|left| usize::try_from(left).map_err(io::Error::other))
    });
    (address, deaf, passes)
}

/// A rename that nobody waits for any more puts a file into a party's hands when others have long said that it has none.
#[tokio::test]
async fn a_session_is_reset_on_which_an_act_is_given_up() {
    let (core, scratch) = (world(), Scratch::new());
    let server = server(&core, &scratch.root(), Vec::new()).await;
    let (address, deaf, passes) = deaf_one_day(server.address().to_owned()).await;
    let settings = config(&address, server.host_key(), password("open"));
    let link = SftpLink::new(&core, SftpConfig { answer_limit: Duration::from_secs(1), ..settings }).unwrap();
    assert!(link.list(&FilePath::root()).await.unwrap().is_empty());
    deaf.notify_one();
    let error = link.rename(&path("here"), &path("there")).await.unwrap_err();
    assert!(matches!(error.fault, FileFault::Link(_)), "{error:?}");
    let ended = passes.await.unwrap();
    assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn the_served_folder_cannot_be_left() {
    let (core, scratch) = (world(), Scratch::new());
    std::fs::write(scratch.0.join("secret"), "outside").unwrap();
    let server = server(&core, &scratch.root(), Vec::new()).await;
    let mut settings = config(server.address(), server.host_key(), password("open"));
    settings.root = "/../..".into();
    let link = SftpLink::new(&core, settings).unwrap();
    assert_eq!(link.open(&path("secret")).await.err().unwrap().fault, FileFault::NotFound);
}

/// A stock sshd of our own on a free port, for the user who runs the test.
struct Sshd {
    child: Child,
    port: u16,
    host_key: String,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn sshd(scratch: &Scratch, authorized: &str) -> Option<Sshd> {
    let binary = Path::new("/usr/sbin/sshd");
    if !binary.exists() {
        eprintln!("SKIPPED: /usr/sbin/sshd is absent; install openssh-server to test against stock OpenSSH");
        return None;
    }
    if Path::new("/run").is_dir() {
        std::fs::create_dir_all("/run/sshd").unwrap_or_default();
    }
    let (private, public) = new_key();
    let write = |name: &str, text: &str| {
        let file = scratch.0.join(name);
        std::fs::write(&file, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, mode).unwrap();
        file.display().to_string()
    };
    let (host, keys) = (write("host", &private), write("authorized", authorized));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {keys}\nStrictModes no\n\
         UsePAM no\nPidFile none\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    );
    let settings = write("sshd_config", &text);
    let child =
        Command::new(binary).args(["-D", "-e", "-f", &settings]).stderr(Stdio::null()).spawn().unwrap();
    Some(Sshd { child, port, host_key: public })
}

#[tokio::test]
async fn stock_openssh_serves_the_link() {
    let (core, scratch) = (world(), Scratch::new());
    let (private, public) = new_key();
    let Some(sshd) = sshd(&scratch, &public) else { return };
    let address = format!("127.0.0.1:{}", sshd.port);
    // It listens when it listens: connecting is the event.
    while TcpStream::connect(&address).await.is_err() {
        tokio::task::yield_now().await;
    }
    let mut settings = config(&address, &sshd.host_key, SignIn::Key { key: private, passphrase: None });
    let user = Command::new("id").arg("-un").output().unwrap();
    settings.user = String::from_utf8(user.stdout).unwrap().trim().to_owned();
    settings.root = scratch.root().display().to_string();
    walk(Arc::new(SftpLink::new(&core, settings).unwrap())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_client_is_served() {
    if Command::new("sftp").arg("-V").stderr(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: the sftp client is absent; install openssh-client to test with stock OpenSSH");
        return;
    }
    let (core, scratch) = (world(), Scratch::new());
    let (private, public) = new_key();
    let server = server(&core, &scratch.root(), vec![public]).await;
    let key = scratch.0.join("key");
    std::fs::write(&key, private).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(scratch.0.join("put.me"), vec![9; 300_000]).unwrap();
    let local = scratch.0.display().to_string();
    let batch = format!(
        "mkdir in\nput {local}/put.me in/a.part\nrename in/a.part in/a\nls -l in\nget in/a {local}/back\n"
    );
    std::fs::write(scratch.0.join("batch"), batch).unwrap();
    let port = server.address().rsplit_once(':').unwrap().1.to_owned();
    let run = tokio::task::spawn_blocking(move || {
        Command::new("sftp")
            .args(["-q", "-P", &port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-i", &key.display().to_string(), "-b", &format!("{local}/batch"), "unit@127.0.0.1"])
            .output()
            .unwrap()
    });
    let output = run.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read(scratch.0.join("back")).unwrap(), vec![9; 300_000]);
    assert!(scratch.root().join("in/a").exists());
}
