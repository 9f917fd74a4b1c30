//! What people and machines see at the end.

use super::Ended;
use super::traffic::Tally;
use crate::cli::say;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

/// The table, the comparison and one last line in words.
pub(crate) fn show(ended: &Ended) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
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
            if differs(ended, tally) { "DIFFER".to_owned() } else { "agree".to_owned() },
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
    let parked: u64 = compared.parked.values().sum();
    for difference in &compared.differences {
        say(&format!("difference: {difference}"));
    }
    say(&format!(
        "gateway's journal, core's ledger and parties' books, each from its own file: {} postings over {} yuan, {} differences, {parked} parked, {} open, {} faults made",
        grouped(compared.postings),
        yuan(compared.fen),
        compared.differences.len(),
        compared.open,
        ended.faults
    ));
    say(&if ended.well() {
        format!("All is well ({:.0} s).", ended.seconds)
    } else {
        "Something does not hold: see above.".to_owned()
    });
}

fn differs(ended: &Ended, tally: &Tally) -> bool {
    ended.compared.differences.iter().any(|difference| difference.starts_with(&tally.name))
}

fn unknown(tally: &Tally) -> String {
    if tally.unknown.is_empty() {
        return if tally.pending > 0 {
            format!("{} pending at first", tally.pending)
        } else {
            "0".to_owned()
        };
    }
    let total: u64 = tally.unknown.iter().map(|(_, count)| count).sum();
    let parts: Vec<String> = tally.unknown.iter().map(|(how, count)| format!("{count} {how}")).collect();
    format!("{total} → {}", parts.join(", "))
}

fn grouped(number: u64) -> String {
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

/// The same for machines.
pub(crate) fn object(ended: &Ended) -> Value {
    let system = |tally: &Tally| {
        json!({
            "name": tally.name, "transactions": tally.asked, "done": tally.done, "refused": tally.refused,
            "pending": tally.pending,
            "unknown": tally.unknown.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "parked": tally.parked, "p50_micros": tally.quantile(50), "p99_micros": tally.quantile(99),
            "refusals": tally.reasons, "failures": tally.failures,
        })
    };
    json!({
        "seconds": ended.seconds, "books_agree": ended.compared.differences.is_empty(), "well": ended.well(),
        "postings": ended.compared.postings, "fen": ended.compared.fen, "open": ended.compared.open,
        "faults": ended.faults, "differences": ended.compared.differences,
        "systems": ended.tallies.iter().map(system).collect::<Vec<_>>(),
    })
}
