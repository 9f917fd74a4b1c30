//! Scale: the same work in a gateway of one adapter and of a thousand.
//!
//! In: the deployment of the yardstick. Out: rows of what a request costs, how long a start takes, and how much memory an
//! adapter more takes. The thousand are copies of the platform under other names, each with services, flow, link, settings
//! and key of its own; one of them is asked.

use super::systems::{Backend, Gateway};
use super::{Contestant, Rounds, Wanted, row};
use crate::load::{Window, load};
use crate::process::Process;
use crate::ratio::Spread;
use crate::table::{Measured, Row, short};
use crate::talk::Queries;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Adapters of the large gateway.
const MANY: usize = 1_000;
/// How often both are started.
const STARTS: usize = 3;
/// What a start with so many may take, and a resident adapter more, in seconds and KiB: the units of the rows.
const START: f64 = 3.0;
const RESIDENT: f64 = 1_024.0;

/// Adapters in a folder, and their parties in a deployment.
pub(super) struct Adapters {
    /// Their folder.
    pub(super) folder: PathBuf,
    /// Lines under `parties:`.
    pub(super) parties: String,
}

/// Copies the platform of the yardstick so often that there are so many of it.
///
/// # Errors
/// When the folder cannot be read or made.
pub(super) fn adapters(sources: &Path, folder: &Path, count: usize) -> Result<Adapters, String> {
    let _ = std::fs::remove_dir_all(folder);
    for own in ["bank", "bulk", "desk", "mute", "pipe", "utility"] {
        copy(&sources.join(own), &folder.join(own), &|text| text)?;
    }
    let mut parties = String::new();
    for number in 2..=count {
        let named = |text: String| {
            // Reasons are declared once, for everybody.
            let text = match (text.find("reasons "), text.find("\nservice ")) {
                (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to..]),
                _ => text,
            };
            text.replace("module bank", &format!("module bank_{number}"))
                .replace("party utility ", &format!("party utility_{number} "))
                .replace("bank.", &format!("bank_{number}."))
        };
        copy(&sources.join("bank"), &folder.join(format!("bank-{number}")), &named)?;
        copy(&sources.join("utility"), &folder.join(format!("utility-{number}")), &named)?;
        let _ = writeln!(
            parties,
            "  utility_{number}: {{ settings: {{ signing: hmac }}, keys: {{ signature: utility.signature }}, \
             links: {{ api: {{ address: \"127.0.0.1:7102\" }} }} }}"
        );
    }
    Ok(Adapters { folder: folder.to_owned(), parties })
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) -> Result<(), String> {
    let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(to).map_err(|error| told(to, error))?;
    for entry in std::fs::read_dir(from).map_err(|error| told(from, error))? {
        let entry = entry.map_err(|error| told(from, error))?;
        let text = std::fs::read_to_string(entry.path()).map_err(|error| told(&entry.path(), error))?;
        let file = to.join(entry.file_name());
        std::fs::write(&file, change(text)).map_err(|error| told(&file, error))?;
    }
    Ok(())
}

/// Rows of scale.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let (mut start, mut resident) = (Vec::new(), Vec::new());
    let gateway = |count: usize| {
        let folder = wanted.folder.join(format!("scale-{count}"));
        let gateway = Gateway::new(&folder, &wanted.tongshi, &wanted.sources, backend)?;
        let adapters = adapters(&wanted.sources.join("configs"), &folder.join("configs"), count)?;
        Ok::<_, String>(gateway.over(adapters))
    };
    let (one, many) = (gateway(1)?, gateway(MANY)?);
    eprintln!("scale, {MANY} adapters");
    for round in 0..STARTS {
        let few = one.start("of one", backend, false)?;
        let all = many.start("of many", backend, false)?;
        let window = Window { measured: Duration::from_millis(500), ..wanted.window(8) };
        for running in [&few, &all] {
            load(running.system.address, window, &mut Queries::new(), &running.system.process)?;
        }
        let of = |process: &Process| process.resident() as f64;
        let more = of(&all.system.process) - of(&few.system.process);
        eprintln!(
            "  round {round} started in {:.2} s and {:.2} s",
            few.took.as_secs_f64(),
            all.took.as_secs_f64()
        );
        start.push((few.took.as_secs_f64(), all.took.as_secs_f64()));
        resident.push(more / 1_024.0 / (MANY - 1) as f64);
    }
    let (few, all) = (one.start("of one", backend, false)?, many.start("of many", backend, false)?);
    let mut contestants = vec![
        Contestant::new(&all.system, || Box::new(Queries::new())),
        Contestant::new(&few.system, || Box::new(Queries::new())),
    ];
    let rounds = Rounds::take(wanted.rounds(15), wanted.window(64), &mut contestants)?;
    let request = rounds.compare((0, 1), |one| one.cpu_us, "µs");
    let words = format!("processor a request among {MANY} adapters");
    Ok(vec![
        row("scale_request", &words, "among one", (1.15, 1.05), request),
        row("scale_start", &format!("start with {MANY} adapters"), "3 s", (2.0, 1.0), started(&start, "one")),
        row("scale_resident", "resident, an adapter more", "1 MiB", (1.0, 0.25), held(&resident, RESIDENT)),
    ])
}

/// Seconds of the starts of the second of two, over what they may take.
pub(super) fn started(starts: &[(f64, f64)], beside: &str) -> Result<Measured, String> {
    let pairs: Vec<(f64, f64)> = starts.iter().map(|(_, many)| (*many, START)).collect();
    let middle = |of: fn(&(f64, f64)) -> f64| {
        Spread::of(&starts.iter().map(of).collect::<Vec<_>>()).map_or(0.0, |spread| spread.median)
    };
    let figures =
        format!("{} s, with {beside} {} s", short(middle(|pair| pair.1)), short(middle(|pair| pair.0)));
    Ok(Measured { ratio: Spread::of_ratios(&pairs).ok_or("no round")?, rounds: pairs.len(), figures })
}

/// Kibibytes that one more takes, over what it may.
pub(super) fn held(kibibytes: &[f64], most: f64) -> Result<Measured, String> {
    let pairs: Vec<(f64, f64)> = kibibytes.iter().map(|more| (*more, most)).collect();
    let middle = Spread::of(kibibytes).map_or(0.0, |spread| spread.median);
    let figures = format!("{} KiB", short(middle));
    Ok(Measured { ratio: Spread::of_ratios(&pairs).ok_or("no round")?, rounds: pairs.len(), figures })
}
