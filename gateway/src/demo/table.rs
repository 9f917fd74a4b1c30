//! What people and machines see at the end.

use super::Ended;
use super::tally::{Tally, quantile};
use crate::cli::say;
use crate::stage::How;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde_json::{Map, Value, json};

/// The table, the comparison and one last line in words.
pub(crate) fn show(ended: &Ended) {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["system", "asked", "done", "refused", "unknown → how it ended", "p50", "p99", "books"]);
    for tally in &ended.tallies {
        table.add_row([
            tally.name.clone(),
            grouped(tally.asked),
            grouped(tally.done),
            grouped(tally.refused),
            unknown(tally),
            milliseconds(tally.quantile(50)),
            milliseconds(tally.quantile(99)),
            books(ended, tally),
        ]);
    }
    for column in [1, 2, 3, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    say(&table.to_string());
    for tally in &ended.tallies {
        for failure in &tally.failures {
            say(&format!("{}: {failure}", tally.name));
        }
    }
    let compared = &ended.compared;
    for difference in &compared.differences {
        say(&format!("difference: {difference}"));
    }
    let parked: u64 = ended.tallies.iter().map(Tally::parked).sum();
    say(&format!(
        "\ngateway's journal, core's ledger and parties' books compared, each from its own file: {} postings over {} yuan, {} differences, {parked} parked, {} open, {} faults made, people decided {} times to go on and {} times not",
        grouped(compared.postings),
        yuan(compared.fen),
        compared.differences.len(),
        compared.open,
        ended.faults,
        ended.people.0,
        ended.people.1
    ));
    for (of, line) in closing(ended) {
        say(&format!("{of:<14}{line}"));
    }
    say(&if ended.well() {
        format!("All is well ({:.0} s).   Stay and play:  cargo run --release -- demo --stay", ended.seconds)
    } else {
        "Something does not hold: see above.".to_owned()
    });
}

fn books(ended: &Ended, tally: &Tally) -> String {
    let word = if agrees(ended, tally) { "agree" } else { "DIFFER" };
    match &tally.misbehaved {
        Some(how) => format!("{word}   ({how})"),
        None => word.to_owned(),
    }
}

/// What the start and the process took; where some misbehaved, who did, and how the answers were that the others got.
fn closing(ended: &Ended) -> Vec<(&'static str, String)> {
    let systems = ended.tallies.len();
    let (cold, ready) = (ended.cold_start.as_secs_f64(), ended.ready.as_secs_f64());
    let memory = ended.peak_memory.map_or_else(
        || "this system does not tell".to_owned(),
        |octets| format!("{} MiB at the peak of this process, simulated parties and all", octets >> 20),
    );
    let mut lines = vec![
        (
            "cold start",
            format!(
                "{cold:.2} s: every adapter compiled, the links of {systems} parties open; with the parties themselves {ready:.2} s"
            ),
        ),
        ("memory", memory),
    ];
    let Some(others) = Others::of(ended) else { return lines };
    for tally in &ended.tallies {
        let Some(how) = &tally.misbehaved else { continue };
        let flood =
            if tally.flood > 0 { format!(" with {} messages", grouped(tally.flood)) } else { String::new() };
        lines.push(("on purpose", format!("{} {how}{flood}", tally.name)));
    }
    lines.push(("to the others", format!("{} meanwhile", in_words(&others.meanwhile))));
    lines.push(("", format!("{} before and after", in_words(&others.quiet))));
    let work = match ended.suffered() {
        true => format!("some FAILED or was left open: {}", suffering(ended).join("; ")),
        false => "nothing failed, nothing was left open".to_owned(),
    };
    lines.push(("", format!("of the work of {} systems {work}", others.systems)));
    lines
}

/// Whose work failed, and what of it first; who still waits, and for how much.
pub(super) fn suffering(ended: &Ended) -> Vec<String> {
    let told = |tally: &Tally| match tally.failures.first() {
        Some(first) => format!("{}: {first}", tally.name),
        None => format!("{} still waits for {}", tally.name, tally.waits),
    };
    let systems = ended.tallies.iter().filter(|tally| tally.suffered()).map(told);
    let flows = (ended.compared.suffered > 0).then(|| format!("{} flows", ended.compared.suffered));
    systems.chain(flows).collect()
}

fn in_words(micros: &[u64]) -> String {
    let count = grouped(u64::try_from(micros.len()).unwrap_or(u64::MAX));
    let (half, most) = (milliseconds(quantile(micros, 50)), milliseconds(quantile(micros, 99)));
    format!("{count} answers, p50 {half}, p99 {most}")
}

/// Answers to customers of those who did not misbehave, sorted.
struct Others {
    systems: usize,
    meanwhile: Vec<u64>,
    quiet: Vec<u64>,
}

impl Others {
    /// None where nobody misbehaved.
    fn of(ended: &Ended) -> Option<Self> {
        let (others, misbehaved): (Vec<&Tally>, Vec<&Tally>) =
            ended.tallies.iter().partition(|tally| tally.misbehaved.is_none());
        let sorted = |of: fn(&Tally) -> &Vec<u64>| {
            let mut all: Vec<u64> = others.iter().flat_map(|tally| of(tally)).copied().collect();
            all.sort_unstable();
            all
        };
        let (meanwhile, quiet) = (sorted(|tally| &tally.meanwhile), sorted(|tally| &tally.quiet));
        (!misbehaved.is_empty()).then_some(Others { systems: others.len(), meanwhile, quiet })
    }
}

fn agrees(ended: &Ended, tally: &Tally) -> bool {
    !ended.compared.differing.contains(&tally.name)
}

fn unknown(tally: &Tally) -> String {
    let total: u64 = tally.unknown.values().sum();
    if total == 0 {
        return "0".to_owned();
    }
    let parts: Vec<String> =
        tally.unknown.iter().map(|(how, count)| format!("{count} {}", how.word())).collect();
    format!("{total} → {}", parts.join(", "))
}

/// A number with its thousands marked.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", grouped((fen / 100).unsigned_abs()), (fen % 100).abs())
}

fn milliseconds(micros: Option<u64>) -> String {
    micros.map_or_else(|| "–".to_owned(), |micros| format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100))
}

fn in_millis(micros: Option<u64>) -> Option<serde_json::Number> {
    micros.and_then(|micros| format!("{}.{:03}", micros / 1_000, micros % 1_000).parse().ok())
}

fn times(micros: &[u64]) -> Value {
    json!({ "answers": micros.len(), "p50": in_millis(quantile(micros, 50)), "p99": in_millis(quantile(micros, 99)) })
}

/// The same for machines.
pub(crate) fn object(ended: &Ended) -> Value {
    let system = |tally: &Tally| {
        let mut how: Map<String, Value> = How::ALL
            .iter()
            .map(|how| (how.word().to_owned(), json!(tally.unknown.get(how).copied().unwrap_or(0))))
            .collect();
        how.insert("total".to_owned(), json!(tally.unknown.values().sum::<u64>()));
        let millis = |hundredths| in_millis(tally.quantile(hundredths));
        json!({
            "name": tally.name, "transactions": tally.asked, "done": tally.done, "refused": tally.refused,
            "unknown": how, "parked": tally.parked(), "p50": millis(50), "p99": millis(99),
            "books_agree": agrees(ended, tally), "pending_at_first": tally.pending,
            "refusals": tally.reasons, "failures": tally.failures, "misbehaved": tally.misbehaved, "flood": tally.flood, "waits": tally.waits,
        })
    };
    json!({
        "seconds": ended.seconds, "books_agree": ended.compared.differences.is_empty(), "well": ended.well(),
        "postings": ended.compared.postings, "fen": ended.compared.fen, "open": ended.compared.open,
        "faults": ended.faults, "people": { "went_on": ended.people.0, "refused": ended.people.1 }, "differences": ended.compared.differences,
        "latency_unit": "ms", "cold_start": ended.cold_start.as_secs_f64(), "ready": ended.ready.as_secs_f64(), "peak_memory": ended.peak_memory,
        "others": Others::of(ended).map(|others| json!({
            "systems": others.systems, "suffered": ended.suffered(),
            "meanwhile": times(&others.meanwhile), "before_and_after": times(&others.quiet),
        })),
        "systems": ended.tallies.iter().map(system).collect::<Vec<_>>(),
    })
}
