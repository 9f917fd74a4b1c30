//! W1p: the bill of W1 paid, its intent and its outcome durable before they count.

use super::systems::{Backend, Gateway};
use super::{Contestant, Rounds, Wanted, row};
use crate::bill::Act;
use crate::load::Conversation;
use crate::process::{Process, found};
use crate::ratio::Spread;
use crate::table::{Better, Measured, Row, short};
use crate::talk::{Postings, Queries};
use std::cell::Cell;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Octets of a record that is synced, about those of an intent.
const RECORD: usize = 512;

/// Serials that no other conversation has.
#[derive(Clone, Default)]
pub(super) struct Serials(Rc<Cell<u64>>);

struct Fresh {
    postings: Postings,
    serials: Serials,
}

impl Serials {
    /// Postings that begin where the last ones ended.
    pub(super) fn talk(&self) -> Box<dyn Conversation> {
        Box::new(Fresh { postings: Postings::new(Act::Pay, self.0.get()), serials: self.clone() })
    }
}

impl Conversation for Fresh {
    fn next(&mut self, request: &mut Vec<u8>, reply: &mut Vec<u8>) {
        self.postings.next(request, reply);
        self.serials.0.set(self.postings.serial());
    }
}

/// Rows of W1p.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let gateway = Gateway::new(&wanted.folder.join("w1p"), &wanted.tongshi, &wanted.sources, backend)?;
    let running = gateway.start("tongshi", backend, false)?;
    let serials = Serials::default();
    let talk = |serials: &Serials| {
        let serials = serials.clone();
        move || serials.talk()
    };
    let mut contestants = vec![
        Contestant::new(&running.system, talk(&serials)),
        Contestant::new(&running.system, || Box::new(Queries::new())),
    ];
    eprintln!("W1p, 64 connections: postings, then queries");
    let probe = wanted.folder.join("sync");
    let (mut wide, mut narrow, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..wanted.rounds(7) {
        wide.push(Rounds::take(1, wanted.window(64), &mut contestants)?);
        narrow.push(Rounds::take(1, wanted.window(1), &mut contestants)?);
        syncs.push(Synced::measure(&probe)?);
    }
    let wide = Rounds::joined(wide);
    let narrow = Rounds::joined(narrow);
    let posted: Vec<(f64, f64)> = wide
        .figures(0, |one| one.replies as f64 / one.seconds)
        .into_iter()
        .zip(&syncs)
        .map(|(rate, synced)| (rate, synced.rate))
        .collect();
    let p50 = |place| narrow.figures(place, |one| one.p50_us);
    let added: Vec<(f64, f64)> = p50(0)
        .into_iter()
        .zip(p50(1))
        .zip(&syncs)
        .map(|((with, without), synced)| (with - without, synced.p50_us))
        .collect();
    let mut rate = row(
        "w1p_rate",
        "W1p postings a second, 64 clients",
        "commits of one writer",
        (1.5, 2.5),
        spread(&posted, "/s"),
    );
    rate.better = Better::High;
    Ok(vec![
        row(
            "w1p",
            "W1p processor a posting",
            "W1 of the product",
            (1.5, 1.3),
            wide.compare((0, 1), |one| one.cpu_us, "µs"),
        ),
        row(
            "w1p_added",
            "W1p added p50, one client",
            "p50 of one fdatasync",
            (3.5, 2.5),
            spread(&added, "µs"),
        ),
        row(
            "w1p_syncs",
            "W1p syncs a posting, 64 clients",
            "-",
            (0.25, 0.10),
            counted(wanted, &running.system, &serials),
        ),
        rate,
    ])
}

fn spread(rounds: &[(f64, f64)], unit: &str) -> Result<Measured, String> {
    let ratio = Spread::of_ratios(rounds).ok_or("no round")?;
    let middle = |of: fn(&(f64, f64)) -> f64| {
        Spread::of(&rounds.iter().map(of).collect::<Vec<_>>()).map_or(0.0, |spread| spread.median)
    };
    let figures =
        format!("{} {unit} against {} {unit}", short(middle(|pair| pair.0)), short(middle(|pair| pair.1)));
    Ok(Measured { ratio, rounds: rounds.len(), figures })
}

/// What a writer does that syncs each record by itself.
struct Synced {
    p50_us: f64,
    rate: f64,
}

impl Synced {
    fn measure(path: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut file = std::fs::File::create(path).map_err(told)?;
        let mut took = Vec::new();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(500) {
            let one = Instant::now();
            file.write_all(&[7; RECORD]).map_err(told)?;
            file.sync_data().map_err(told)?;
            took.push(one.elapsed().as_secs_f64() * 1e6);
        }
        let rate = took.len() as f64 / began.elapsed().as_secs_f64();
        let _ = std::fs::remove_file(path);
        Ok(Self { p50_us: Spread::of(&took).map_or(0.0, |spread| spread.median), rate })
    }
}

/// Syncs a posting, counted by `strace`.
fn counted(wanted: &Wanted, system: &super::systems::System, serials: &Serials) -> Result<Measured, String> {
    if !found("strace") {
        return Err("strace is not installed".to_owned());
    }
    let report = wanted.folder.join("strace.txt");
    let mut figures = Vec::new();
    for _ in 0..3 {
        let mut command = Command::new("strace");
        command.args(["--seccomp-bpf", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o"]).arg(&report);
        command.arg("-p").arg(system.process.id().to_string()).stdout(Stdio::null());
        let tracer = Process::start("strace", command, &wanted.folder.join("strace.log"))?;
        std::thread::sleep(Duration::from_millis(300));
        let before = serials.0.get();
        let mut contestants = vec![Contestant::new(system, {
            let serials = serials.clone();
            move || serials.talk()
        })];
        Rounds::take(1, wanted.window(64), &mut contestants)?;
        let postings = serials.0.get() - before;
        drop(tracer);
        let text =
            std::fs::read_to_string(&report).map_err(|error| format!("{}: {error}", report.display()))?;
        let calls = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words
                .last()
                .is_some_and(|name| matches!(*name, "fsync" | "fdatasync"))
                .then(|| words.get(3)?.parse::<u64>().ok())
                .flatten()
        };
        let syncs: u64 = text.lines().filter_map(calls).sum();
        figures.push((syncs as f64, postings as f64));
    }
    spread(&figures, "")
}
