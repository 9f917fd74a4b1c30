//! Systems under load as processes: their start, their processor time, their memory.
//!
//! In: a command. Out: figures of the whole tree of processes from `/proc`. Ended when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a system may take to start.
const START: Duration = Duration::from_secs(60);

/// A process with its children.
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a command on core 0, where systems under load run; load and backend have the other one.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self, String> {
        let file = std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        command.stdin(Stdio::null()).stderr(file);
        let child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// Waits for a line of its standard output that begins so, and gives the rest of the line.
    ///
    /// # Errors
    /// When it ends, or says nothing in a minute.
    pub fn said(&mut self, beginning: &str) -> Result<String, String> {
        let (tell, told) = mpsc::channel();
        self.tells(beginning, move |rest| drop(tell.send(rest.to_owned())))?;
        told.recv_timeout(START).map_err(|_| format!("{} did not start", self.name))
    }

    /// Hears every line of its standard output that begins so, without its beginning.
    ///
    /// # Errors
    /// When somebody hears it already.
    pub fn tells(
        &mut self,
        beginning: &str,
        mut tell: impl FnMut(&str) + Send + 'static,
    ) -> Result<(), String> {
        let output = self.child.stdout.take().ok_or("no standard output is kept")?;
        let beginning = beginning.to_owned();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(rest) = line.strip_prefix(&beginning) {
                    tell(rest.trim());
                }
            }
        });
        Ok(())
    }

    /// Waits until something listens there.
    ///
    /// # Errors
    /// When nothing does in a minute.
    pub fn listens(&mut self, address: std::net::SocketAddr) -> Result<(), String> {
        const LOOK: Duration = Duration::from_millis(10);
        let began = Instant::now();
        while began.elapsed() < START {
            if std::net::TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{} ended: {status}", self.name));
            }
            std::thread::sleep(LOOK);
        }
        Err(format!("{} does not listen at {address}", self.name))
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn tree(&self) -> Vec<u32> {
        let mut tree = vec![self.child.id()];
        let mut at = 0;
        while let Some(id) = tree.get(at).copied() {
            at += 1;
            for task in tasks(id) {
                let children =
                    std::fs::read_to_string(format!("/proc/{id}/task/{task}/children")).unwrap_or_default();
                tree.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
            }
        }
        tree
    }

    /// User and system time of the tree up to now.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> Result<Duration, String> {
        let mut nanoseconds = 0;
        for id in self.tree() {
            for task in tasks(id) {
                let text =
                    std::fs::read_to_string(format!("/proc/{id}/task/{task}/schedstat")).unwrap_or_default();
                nanoseconds +=
                    text.split_whitespace().next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
            }
        }
        if nanoseconds == 0 {
            return Err(format!("{} is not there any more", self.name));
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Resident memory of the tree, in octets.
    #[must_use]
    pub fn resident(&self) -> u64 {
        self.tree().iter().filter_map(|id| memory(*id, "VmRSS:")).sum()
    }

    /// The most resident memory that the tree has had, in octets.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.tree().iter().filter_map(|id| memory(*id, "VmHWM:")).sum()
    }
}

fn tasks(id: u32) -> Vec<u32> {
    let Ok(folder) = std::fs::read_dir(format!("/proc/{id}/task")) else { return Vec::new() };
    folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn memory(id: u32, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

impl Drop for Process {
    fn drop(&mut self) {
        // nginx and Node end with their first process only when it is asked, not when it is killed.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..50 {
            if asked.is_err() || matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command on one core: `taskset` where there is one and more than one core.
#[must_use]
pub fn on_core(core: usize, program: &str) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let whole = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default().matches("processor\t").count();
    if cores.max(whole) > 1 && found("taskset") {
        let mut command = Command::new("taskset");
        command.arg("-c").arg(core.to_string()).arg(program);
        return command;
    }
    Command::new(program)
}

/// Whether a program is on the path.
#[must_use]
pub fn found(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').chain(["/usr/sbin"]).any(|folder| Path::new(folder).join(program).is_file())
}
