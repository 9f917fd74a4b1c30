//! Batches: a file of many rows beside a file of few, each row a posting at the platform.
//!
//! In: the deployment of the yardstick, `BENCH_ROWS`. Out: the row of what memory the gateway took at most until the file of
//! answers stood there, many rows over few, each in a gateway started for it. Every line of the answers is compared.

use super::systems::{Backend, Gateway};
use super::{Wanted, row};
use crate::bill::{Act, Bill, DATE};
use crate::ratio::Spread;
use crate::table::{Measured, Row, short};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Rows of the small file, and of the large one where nothing else is wanted.
const FEW: u64 = 20_000;
const MANY: u64 = 200_000;
/// Says how many rows the large file has.
const ROWS: &str = "BENCH_ROWS";
/// The slowest that is waited for, in rows a second.
const SLOWEST: u64 = 100;

/// What a batch took.
struct Taken {
    /// Octets of memory at most.
    peak: f64,
    seconds: f64,
}

/// Rows of batches.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let many = match std::env::var(ROWS) {
        Ok(text) => text.parse().map_err(|_| format!("{ROWS} is no number: {text}"))?,
        Err(_) => MANY,
    };
    eprintln!("batches, {many} rows and {FEW}");
    let (mut peaks, mut rates) = (Vec::new(), Vec::new());
    // A file of millions takes so long that one round has to do.
    let usual = if many > MANY { 1 } else { 3 };
    for round in 0..wanted.rounds(usual) {
        let (few, all) = (taken(wanted, backend, FEW)?, taken(wanted, backend, many)?);
        let rate = |taken: &Taken, rows: u64| rows as f64 / taken.seconds;
        eprintln!(
            "  round {round} {:.1} and {:.1} MiB at most, {:.0} and {:.0} rows a second",
            all.peak / 1_048_576.0,
            few.peak / 1_048_576.0,
            rate(&all, many),
            rate(&few, FEW)
        );
        rates.push(rate(&all, many));
        peaks.push((all.peak, few.peak));
    }
    let middle = |of: fn(&(f64, f64)) -> f64| {
        let figures: Vec<f64> = peaks.iter().map(of).collect();
        Spread::of(&figures).map_or(0.0, |spread| spread.median / 1_048_576.0)
    };
    let figures = format!(
        "{} MiB against {} MiB, {} rows a second",
        short(middle(|pair| pair.0)),
        short(middle(|pair| pair.1)),
        short(Spread::of(&rates).map_or(0.0, |spread| spread.median))
    );
    let measured = Spread::of_ratios(&peaks).ok_or_else(|| "no round".to_owned());
    let measured = measured.map(|ratio| Measured { ratio, rounds: peaks.len(), figures });
    let what = format!("memory at most, a file of {many} postings");
    Ok(vec![row("batch", &what, &format!("of {FEW}"), (1.25, 1.1), measured)])
}

/// Has a file of so many rows worked off by a new gateway.
fn taken(wanted: &Wanted, backend: &Backend, count: u64) -> Result<Taken, String> {
    let folder = wanted.folder.join("batch");
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let gateway = Gateway::new(&folder, &wanted.tongshi, &wanted.sources, backend)?;
    let (taken, answered) = (folder.join("var/files/in"), folder.join("var/files/out"));
    for place in [&taken, &answered] {
        std::fs::create_dir_all(place).map_err(told)?;
    }
    let running = gateway.start("tongshi", backend, false)?;
    put(&taken, count).map_err(told)?;
    let (began, answers) = (Instant::now(), answered.join("PAID_00000001.txt"));
    let most = Duration::from_secs(60 + count / SLOWEST);
    while !answered.join("PAID_00000001.txt.ok").exists() {
        let log = std::fs::read_to_string(folder.join("gateway.log")).unwrap_or_default();
        if began.elapsed() > most || log.contains("a file was refused") {
            return Err(format!("no answers to {count} rows in {} s\n{log}", began.elapsed().as_secs()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let seconds = began.elapsed().as_secs_f64();
    let peak = running.system.process.peak() as f64;
    agree(&answers, count)?;
    drop(running);
    std::fs::remove_dir_all(&folder).map_err(told)?;
    Ok(Taken { peak, seconds })
}

/// Puts the file, then its mark.
fn put(folder: &Path, count: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(folder.join("BILLS_00000001.txt"))?);
    writeln!(file, "00000001|{DATE}")?;
    for serial in 0..count {
        file.write_all(&Bill::new(Act::Pay, serial).line())?;
    }
    file.into_inner()?.sync_all()?;
    File::create(folder.join("BILLS_00000001.txt.ok")).map(drop)
}

/// Compares every line of the answers.
fn agree(answers: &Path, count: u64) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", answers.display());
    let mut file = BufReader::new(File::open(answers).map_err(told)?);
    let mut line = String::new();
    for serial in 0..count {
        line.clear();
        file.read_line(&mut line).map_err(told)?;
        let expected = Bill::new(Act::Pay, serial).paid_line();
        if line != expected {
            return Err(format!("row {serial}: `{line}` instead of `{expected}`"));
        }
    }
    line.clear();
    file.read_line(&mut line).map_err(told)?;
    if line.is_empty() { Ok(()) } else { Err(format!("behind all rows: `{line}`")) }
}
