//! Whether a process that held the journal before has ended for certain (`flows.md` 6 and 10).
//!
//! In: what the deployment names as its fence. Out: a [`Witness`] by the system's table of processes and by the operator's command.
//! A process is seen only from its own machine, in the same run of it, and among the same processes (a container has a table of
//! its own): of every other, that it is not in our table says nothing. It must not know the journal.

use engine::deployment::{Fence, FenceScript};
use engine::senders::{Process, Seen, Witness};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Between two looks whether the command has ended.
const LOOK: Duration = Duration::from_millis(50);

/// What this process sees.
pub(crate) struct Table {
    own: Process,
    fence: Option<Fence>,
}

impl Table {
    /// Of this process.
    ///
    /// # Errors
    /// In words, where the system does not say who we are: nobody could tell when we have ended.
    pub(crate) fn new(fence: Option<Fence>) -> Result<Self, String> {
        let read = |path: &str| {
            let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
            Ok::<_, String>(text.trim_end().to_owned())
        };
        let space =
            fs::read_link("/proc/self/ns/pid").map_err(|error| format!("/proc/self/ns/pid: {error}"))?;
        let stat = read("/proc/self/stat")?;
        let began =
            began(&stat).ok_or_else(|| format!("/proc/self/stat says nothing of its start: {stat}"))?;
        let own = Process {
            node: String::new(),
            host: read("/proc/sys/kernel/hostname")?,
            boot: read("/proc/sys/kernel/random/boot_id")?,
            space: space.display().to_string(),
            number: std::process::id(),
            began,
        };
        Ok(Self { own, fence })
    }

    /// Whether it is not among the processes that we see, where we would see it.
    fn is_gone(&self, process: &Process) -> bool {
        process.boot == self.own.boot
            && process.space == self.own.space
            && sees_others()
            && !is_there(process)
    }
}

impl Witness for Table {
    fn own(&self, node: &str) -> Process {
        Process { node: node.to_owned(), ..self.own.clone() }
    }

    fn seen(&self, process: &Process) -> Seen {
        if self.is_gone(process) {
            return Seen::Ended;
        }
        let same_run = process.boot == self.own.boot;
        let in_sight = same_run && process.space == self.own.space;
        match &self.fence {
            Some(Fence::Script(script)) => run(script, process),
            // The deployment says that there is one machine: it was started anew since.
            Some(Fence::Machine(_)) if !same_run && process.host == self.own.host => Seen::Ended,
            _ if in_sight => Seen::NotYet,
            Some(Fence::Machine(_)) | None => Seen::Never,
        }
    }
}

/// Whether processes of other users stand in our table; where they do not, it says nothing of them. The first is another's.
fn sees_others() -> bool {
    !matches!(fs::metadata("/proc/1/stat"), Err(error) if error.kind() == ErrorKind::NotFound)
}

/// Whether a process runs, with any of its threads. What cannot be read may run.
fn is_there(process: &Process) -> bool {
    let folder = format!("/proc/{}", process.number);
    let stat = match fs::read_to_string(Path::new(&folder).join("stat")) {
        Ok(stat) => stat,
        // The process may end between the opening and the reading: then it is looked for again.
        Err(error) => return error.kind() != ErrorKind::NotFound,
    };
    let another = began(&stat).is_some_and(|began| began != process.began);
    let dead = is_dead(&stat) && threads(&folder) <= 1;
    !(another || dead)
}

/// Its state behind its name, which may hold anything: dead, or dead and not yet asked for by its parent.
fn is_dead(stat: &str) -> bool {
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
    matches!(state, Some("Z" | "X"))
}

/// When it began, in ticks since the machine started: field 22.
fn began(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// The first thread may be dead while others go on.
fn threads(folder: &str) -> usize {
    fs::read_dir(Path::new(folder).join("task")).map_or(usize::MAX, Iterator::count)
}

/// What the operator's command says. Whatever it does but end with 0 in its time says nothing.
fn run(script: &FenceScript, process: &Process) -> Seen {
    let program = script.script.display();
    let mut command = Command::new(&script.script);
    command.args([&process.node, &process.host]).arg(process.number.to_string());
    let begun = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = match begun {
        Ok(child) => child,
        Err(error) => {
            tracing::error!(%program, %error, %process, "the fencing command cannot be run; it is tried again");
            return Seen::NotYet;
        }
    };
    match wait(&mut child, Duration::from_secs(script.seconds.into())) {
        Some(status) if status.success() => Seen::Ended,
        status => {
            let status = status.map_or_else(|| "no end in its time".to_owned(), |status| status.to_string());
            tracing::warn!(%program, status, %process, "the fencing command does not say that it is ended; it is tried again");
            Seen::NotYet
        }
    }
}

/// How it ended within a time; else it is ended.
fn wait(child: &mut Child, within: Duration) -> Option<std::process::ExitStatus> {
    let began = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if began.elapsed() >= within {
            drop(child.kill());
            drop(child.wait());
            return None;
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::deployment::FenceWord;

    fn other(child: &Child) -> Process {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        Process { number: child.id(), began: began(&stat).unwrap(), ..Table::new(None).unwrap().own("first") }
    }

    fn script(text: &str) -> Option<Fence> {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("fence-{}-{}", std::process::id(), text.len()));
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Some(Fence::Script(FenceScript { script: path, seconds: 1 }))
    }

    #[test]
    fn a_process_of_this_machine_is_seen_to_end_and_not_before() {
        let table = Table::new(None).unwrap();
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let process = other(&child);
        assert_eq!(table.seen(&process), Seen::NotYet);
        let later = Process { began: process.began + 1, ..process.clone() };
        assert_eq!(table.seen(&later), Seen::Ended, "another has its number by now");
        child.kill().unwrap();
        let began = Instant::now();
        // Nobody has asked for its end yet: it is still in the table.
        while table.seen(&process) == Seen::NotYet && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(LOOK);
        }
        assert_eq!(table.seen(&process), Seen::Ended);
        child.wait().unwrap();
        assert_eq!(table.seen(&process), Seen::Ended);
    }

    #[test]
    fn what_our_table_cannot_hold_is_not_gone_because_it_is_not_there() {
        let own = Table::new(None).unwrap().own("first");
        let gone = Process { number: u32::MAX, ..own };
        let in_container = Process { space: "pid:[1]".into(), ..gone.clone() };
        let on_another = Process { boot: "another".into(), host: "another".into(), ..gone.clone() };
        let before_its_start = Process { boot: "another".into(), ..gone.clone() };
        let of = |fence, process| Table::new(fence).unwrap().seen(process);
        let machine = || Some(Fence::Machine(FenceWord::Process));
        assert_eq!(of(None, &gone), Seen::Ended);
        for process in [&in_container, &on_another, &before_its_start] {
            assert_eq!(of(None, process), Seen::Never, "{process}");
        }
        assert_eq!(of(machine(), &in_container), Seen::Never);
        assert_eq!(of(machine(), &on_another), Seen::Never);
        assert_eq!(of(machine(), &before_its_start), Seen::Ended);
    }

    #[test]
    fn the_command_is_believed_when_it_ends_with_0_in_its_time() {
        let own = Table::new(None).unwrap().own("first");
        let there = Process { boot: "another".into(), host: "far".into(), number: 7, ..own };
        let of = |text| Table::new(script(text)).unwrap().seen(&there);
        assert_eq!(of("test \"$1 $2 $3\" = 'first far 7'"), Seen::Ended);
        assert_eq!(of("exit 1"), Seen::NotYet);
        assert_eq!(of("sleep 600; exit 0"), Seen::NotYet);
        let nowhere = Fence::Script(FenceScript { script: "/nowhere/at-all".into(), seconds: 1 });
        assert_eq!(Table::new(Some(nowhere)).unwrap().seen(&there), Seen::NotYet);
    }
}
