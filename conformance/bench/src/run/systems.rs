//! The systems of a run: the gateway as a bank runs it, the floor, the backend behind them.

use super::scale::Adapters;
use crate::bill::{MAC_KEY, SIGNATURE_KEY};
use crate::process::{Process, found, on_core};
use crate::seal::{Pair, hex, pem};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PASSPHRASE: &str = "the yardstick has no secrets";

/// How far those who press stand behind those who measure.
const BEHIND: &str = "10";

/// One system under load.
pub struct System {
    /// Its name.
    pub name: &'static str,
    /// Its processes.
    pub process: Process,
    /// Where it is asked.
    pub address: SocketAddr,
}

/// The other side of all systems.
pub struct Backend {
    _process: Process,
    /// The platform, signing by HMAC.
    pub hmac: SocketAddr,
    /// The platform, signing by RSA; not in a quick run.
    pub rsa: Option<SocketAddr>,
    /// The echo of frames.
    pub echo: SocketAddr,
    /// What takes anything and says nothing.
    pub mute: SocketAddr,
    client: Pair,
    platform: Pair,
}

/// The address of a port of this machine.
#[must_use]
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A port that nothing listens at.
///
/// # Errors
/// When the system gives none.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(local(0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn ourselves(core: usize) -> Result<Command, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = on_core(core, &program.to_string_lossy());
    command.stdout(Stdio::piped());
    Ok(command)
}

/// This program on the load's core, behind the load and the backend: those who press a system are not to hinder those who
/// measure it.
pub(super) fn ourselves_behind() -> Result<Command, String> {
    let ours = ourselves(1)?;
    let mut command = Command::new("nice");
    command.args(["-n", BEHIND]).arg(ours.get_program()).args(ours.get_args()).stdout(Stdio::piped());
    Ok(command)
}

impl Backend {
    /// Starts it beside the load generator.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(folder: &Path, rsa: bool) -> Result<Self, String> {
        Self::with(ourselves(1)?, folder, rsa)
    }

    /// Starts one that gives way to whatever is measured beside it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_behind(folder: &Path) -> Result<Self, String> {
        let folder = folder.join("behind");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Self::with(ourselves_behind()?, &folder, false)
    }

    fn with(mut command: Command, folder: &Path, rsa: bool) -> Result<Self, String> {
        let (client, platform) = (Pair::draw()?, Pair::draw()?);
        command.arg("backend");
        if rsa {
            command.arg(hex(&client.pkcs8()?)).arg(hex(&platform.pkcs8()?));
        }
        let mut process = Process::start("backend", command, &folder.join("backend.log"))?;
        let ports = process.said("listening ")?;
        let mut ports = ports.split(' ').filter_map(|port| port.parse().ok()).map(local);
        let mut next = || ports.next().ok_or("the backend tells too few ports");
        let hmac = next()?;
        let rsa = if rsa { Some(next()?) } else { None };
        Ok(Self { hmac, rsa, echo: next()?, mute: next()?, _process: process, client, platform })
    }
}

/// The floor of W1.
///
/// # Errors
/// When it does not start.
pub fn floor(folder: &Path, backend: &Backend, rsa: bool) -> Result<System, String> {
    let mut command = ourselves(0)?;
    command.arg("floor");
    if rsa {
        let address = backend.rsa.ok_or("the backend does not sign by RSA")?;
        command.arg(address.to_string());
        command.arg(hex(&backend.client.pkcs8()?)).arg(hex(&backend.platform.public()));
    } else {
        command.arg(backend.hmac.to_string());
    }
    listening("floor", command, folder)
}

/// The floor of W3.
///
/// # Errors
/// When it does not start.
pub fn floor_relay(folder: &Path, backend: &Backend) -> Result<System, String> {
    let mut command = ourselves(0)?;
    command.arg("floor-relay").arg(backend.echo.to_string());
    listening("floor", command, folder)
}

fn listening(name: &'static str, command: Command, folder: &Path) -> Result<System, String> {
    let mut process = Process::start(name, command, &folder.join(format!("{name}.log")))?;
    let port = process.said("listening ")?;
    let address = local(port.parse().map_err(|_| format!("{name} tells no port: {port}"))?);
    Ok(System { name, process, address })
}

/// The gateway as a bank runs it, over this deployment with its addresses and keys put in.
pub struct Gateway {
    folder: PathBuf,
    tongshi: PathBuf,
    sources: PathBuf,
    /// Folder of the adapters, and more parties than the deployment has.
    configs: PathBuf,
    parties: String,
    /// Where frames go that are passed through, if not to the backend.
    echo: Option<SocketAddr>,
}

impl Gateway {
    /// In a folder of its own, with a new journal and new keys.
    ///
    /// # Errors
    /// When the folder or the keys cannot be made.
    pub fn new(folder: &Path, tongshi: &Path, sources: &Path, backend: &Backend) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder.join("var")).map_err(told)?;
        let gateway = Self {
            folder: folder.to_owned(),
            tongshi: tongshi.to_owned(),
            sources: sources.to_owned(),
            configs: sources.join("configs"),
            parties: String::new(),
            echo: None,
        };
        gateway.key(&["create"], "")?;
        gateway.key(&["import", "desk.mac", "secret"], &hex(MAC_KEY))?;
        gateway.key(&["import", "utility.signature", "secret"], &hex(SIGNATURE_KEY))?;
        for (name, label, octets) in [
            ("utility.app", "PRIVATE KEY", backend.client.pkcs8()?),
            ("utility.theirs", "PUBLIC KEY", backend.platform.public_info()?),
        ] {
            let file = folder.join(format!("{name}.pem"));
            std::fs::write(&file, pem(label, &octets)).map_err(told)?;
            gateway.key(&["import", name, "rsa", "--pem", &file.to_string_lossy()], "")?;
        }
        Ok(gateway)
    }

    /// The same over other adapters.
    #[must_use]
    pub(super) fn over(self, adapters: Adapters) -> Self {
        Self { configs: adapters.folder, parties: adapters.parties, ..self }
    }

    /// The same with another party behind the frames.
    #[must_use]
    pub(super) fn echoing(self, echo: SocketAddr) -> Self {
        Self { echo: Some(echo), ..self }
    }

    fn key(&self, arguments: &[&str], input: &str) -> Result<(), String> {
        use std::io::Write as _;
        let mut command = Command::new(&self.tongshi);
        command.arg("key").args(arguments).arg("--store").arg(self.folder.join("var/keys.store"));
        command.env("TONGSHI_PASSPHRASE", PASSPHRASE).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", self.tongshi.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(|error| error.to_string())?;
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("tongshi key {}: {status}", arguments.join(" "))) }
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(&self, name: &'static str, backend: &Backend, rsa: bool) -> Result<Running, String> {
        let text = std::fs::read_to_string(self.sources.join("gateway.yaml"))
            .map_err(|error| format!("gateway.yaml: {error}"))?;
        let (address, relay, later) = (local(free_port()?), local(free_port()?), local(free_port()?));
        let mute = local(free_port()?);
        let platform =
            if rsa { backend.rsa.ok_or("the backend does not sign by RSA")? } else { backend.hmac };
        let mut text = text
            .replace("\nparties:\n", &format!("\nparties:\n{}", self.parties))
            .replace("127.0.0.1:7100", &local(free_port()?).to_string())
            .replace("127.0.0.1:7101", &address.to_string())
            .replace("127.0.0.1:7102", &platform.to_string())
            .replace("127.0.0.1:7103", &relay.to_string())
            .replace("127.0.0.1:7104", &self.echo.unwrap_or(backend.echo).to_string())
            .replace("127.0.0.1:7105", &later.to_string())
            .replace("127.0.0.1:7106", &mute.to_string())
            .replace("127.0.0.1:7107", &backend.mute.to_string())
            .replace("var/", &format!("{}/var/", self.folder.display()));
        if rsa {
            text = text
                .replace("signing: hmac", "signing: rsa")
                .replace("signature: utility.signature", "app: utility.app, theirs: utility.theirs");
        }
        let file = self.folder.join("gateway.yaml");
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut command = on_core(0, &self.tongshi.to_string_lossy());
        command.arg("run").arg(&file).arg("--configs").arg(&self.configs);
        // One worker each: the floor has one as well.
        command.env("TONGSHI_PASSPHRASE", PASSPHRASE).env("TOKIO_WORKER_THREADS", "1").stdout(Stdio::null());
        let log = self.folder.join("gateway.log");
        let began = Instant::now();
        let mut process = Process::start(name, command, &log)?;
        process
            .listens(address)
            .map_err(|why| format!("{why}\n{}", std::fs::read_to_string(&log).unwrap_or_default()))?;
        Ok(Running { system: System { name, process, address }, relay, later, mute, took: began.elapsed() })
    }
}

/// A gateway that runs.
pub struct Running {
    /// Where bills are asked.
    pub system: System,
    /// How long it took to start, until it listened.
    pub took: Duration,
    relay: SocketAddr,
    later: SocketAddr,
    mute: SocketAddr,
}

impl Running {
    /// Where bills are asked that wait for people.
    #[must_use]
    pub fn later(&self) -> SocketAddr {
        self.later
    }

    /// Where is asked what is never answered.
    #[must_use]
    pub fn mute(&self) -> SocketAddr {
        self.mute
    }

    /// Where frames are passed through.
    #[must_use]
    pub fn relay(&self) -> SocketAddr {
        self.relay
    }
}

/// W1 in Node, or why there is none.
///
/// # Errors
/// When it does not start although it is there.
pub fn node(wanted: &super::Wanted, backend: &Backend) -> Result<Result<System, String>, String> {
    if !found("node") {
        return Ok(Err("node is not installed".to_owned()));
    }
    let mut command = on_core(0, "node");
    command.arg(wanted.sources.join("peers/node.js")).arg(backend.hmac.to_string()).stdout(Stdio::piped());
    listening("node", command, &wanted.folder).map(Ok)
}

/// W3 in nginx, or why there is none.
///
/// # Errors
/// When it does not start although it is there.
pub fn nginx(wanted: &super::Wanted, backend: &Backend) -> Result<Result<System, String>, String> {
    let module = Path::new("/usr/lib/nginx/modules/ngx_stream_module.so");
    if !found("nginx") || !module.is_file() {
        return Ok(Err("nginx with its stream module is not installed".to_owned()));
    }
    let address = local(free_port()?);
    let template = wanted.sources.join("peers/nginx-stream.conf");
    let text =
        std::fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    let folder = std::path::absolute(&wanted.folder).map_err(|error| error.to_string())?;
    let text = text
        .replace("FOLDER", &folder.to_string_lossy())
        .replace("STREAM_MODULE", &format!("load_module {};", module.display()))
        .replace("LISTEN", &address.port().to_string())
        .replace("BACKEND", &backend.echo.to_string());
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    let program = if Path::new("/usr/sbin/nginx").is_file() { "/usr/sbin/nginx" } else { "nginx" };
    let mut command = on_core(0, program);
    command.arg("-c").arg(&file).arg("-p").arg(&folder).stdout(Stdio::null());
    let mut process = Process::start("nginx", command, &folder.join("nginx.log"))?;
    process.listens(address)?;
    Ok(Ok(System { name: "nginx", process, address }))
}
