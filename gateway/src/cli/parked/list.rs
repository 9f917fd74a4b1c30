//! What waits for people, as a table. In: rows of the operators' API. Out: text.

use super::{next_step, text, yuan};
use crate::cli::say;
use crate::cli::text::shown;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde_json::Value as Json;
use std::collections::BTreeSet;

pub(super) fn show(rows: &[Json], clock: &Json) {
    if rows.is_empty() {
        say("Nothing waits for people.");
        return;
    }
    let now = clock["now_ms"].as_i64().unwrap_or_default();
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["flow", "since", "party", "what", "amount", "why", "next step"]);
    for row in rows {
        let since = now.saturating_sub(row["since_ms"].as_i64().unwrap_or(now));
        let proposed = row.pointer("/proposed/at_ms").and_then(Json::as_i64);
        let proposed = proposed.map(|at| format!(" ({} ago)", lapse(now.saturating_sub(at) / 1_000)));
        let amount = row.pointer("/detail/amount_fen").and_then(Json::as_i64).map(yuan);
        table.add_row([
            text(row, "/flow").to_owned(),
            lapse(since / 1_000),
            shown(text(row, "/detail/party")),
            shown(&format!("{} · {}", text(row, "/name"), text(row, "/place"))),
            amount.unwrap_or_default(),
            shown(&format!("{}: {}", text(row, "/why"), text(row, "/what"))),
            shown(&next_step(row)) + &proposed.unwrap_or_default(),
        ]);
    }
    for column in [0, 1, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.to_string().lines() {
        say(line.trim_end());
    }
    let flows: BTreeSet<&str> = rows.iter().map(|row| text(row, "/flow")).collect();
    say(&format!(
        "\nWaiting: {}, in flows: {}. Amounts are in yuan. Look at one: tongshi parked show FLOW",
        rows.len(),
        flows.len()
    ));
}

/// How long something has lasted, in its two largest units.
fn lapse(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes:02} min"),
        (days, hours, _) => format!("{days} d {hours:02} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::lapse;

    #[test]
    fn a_lapse_is_told_in_two_units() {
        let told: Vec<String> = [5, 65, 8_040, 90_000].into_iter().map(lapse).collect();
        assert_eq!(told, ["5 s", "1 min", "2 h 14 min", "1 d 01 h"]);
    }
}
