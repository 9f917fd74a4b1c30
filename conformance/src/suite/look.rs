//! Steps that look: at the books of a simulated party by SQL, at the gateway's own records, at its metrics.

use super::run::{Other, Runner};
use super::wire::contains;
use super::{Row, Step};
use crate::report::{Difference, Packet, StepResult};
use dsl::value::DateTime;
use serde_json::{Map, Value, json};
use std::time::Duration;

impl Runner<'_> {
    pub(super) async fn look(&mut self, what: &str, step: &Step) -> Result<StepResult, String> {
        let rows = self.rows(what, step).await?;
        let only = self.all_known(&step.only)?;
        let meant = |row: &Row| only.iter().all(|(name, wanted)| row.get(name) == Some(wanted));
        let rows: Vec<Row> = rows.into_iter().filter(meant).collect();
        let mut result = StepResult { what: format!("look at {what}"), ..StepResult::default() };
        let expect = step.expect.clone().unwrap_or_default();
        if let Some(wanted) = &expect.rows {
            result.difference = self.compare_rows(wanted, &rows);
        }
        result.outcome = format!("{} rows", rows.len());
        for (name, path) in &expect.keep {
            if let Some(found) = path.strip_prefix("rows.").and_then(|path| in_rows(&rows, path)) {
                self.kept.insert(name.clone(), found.clone());
            }
        }
        let mut shown = Map::new();
        shown.insert("rows".to_owned(), json!(rows.iter().take(20).collect::<Vec<_>>()));
        result.got = Some(Packet::of_fields(shown));
        Ok(result)
    }

    async fn rows(&self, what: &str, step: &Step) -> Result<Vec<Row>, String> {
        if what == "metrics" {
            return self.metric_rows().await;
        }
        if let Some(sql) = &step.sql {
            let name = (what != "party").then_some(what);
            let party = self.party(name)?;
            return party.question_with(sql, &self.kept).map_err(|error| error.to_string());
        }
        match &self.other {
            Other::Stage(stage) => {
                // Some of it is written without anybody waiting for it.
                super::patience::quiet(&**stage).await;
                if what == "waiting" { stage.waiting().await } else { stage.records(what, &self.mark) }
            }
            _ => Err("no gateway is at hand".to_owned()),
        }
    }

    /// Counters that went up since the case began: `name`, each label, and `more`, by how much.
    async fn metric_rows(&self) -> Result<Vec<Row>, String> {
        let now = self.read_metrics().await?;
        let mut rows = Vec::new();
        for (name, value) in now {
            let before = self.metrics.get(&name).copied().unwrap_or(0);
            let more = value.saturating_sub(before);
            if more == 0 {
                continue;
            }
            let (metric, labels) = name.split_once('{').unwrap_or((&name, ""));
            let mut row = Map::new();
            row.insert("name".to_owned(), json!(metric));
            for label in labels.trim_end_matches('}').split(',') {
                if let Some((label, value)) = label.split_once('=') {
                    row.insert(label.to_owned(), json!(value.trim_matches('"')));
                }
            }
            row.insert("more".to_owned(), json!(more));
            rows.push(row);
        }
        Ok(rows)
    }

    fn compare_rows(&self, wanted: &[Row], rows: &[Row]) -> Option<Difference> {
        for (number, wanted) in wanted.iter().enumerate() {
            let Some(row) = rows.get(number) else { break };
            for (name, wanted) in wanted {
                let found = row.get(name).unwrap_or(&Value::Null);
                let field = format!("rows[{}].{name}", number + 1);
                match self.known(wanted) {
                    Ok(wanted) if contains(found, &wanted) => {}
                    Ok(wanted) => {
                        return Some(Difference::of(&field, &wanted.to_string(), &found.to_string()));
                    }
                    Err(why) => return Some(Difference::of(&field, "", &why)),
                }
            }
        }
        let (expected, found) = (wanted.len(), rows.len());
        (expected != found).then(|| {
            let shown: Vec<String> =
                rows.iter().take(6).map(|row| Value::Object(row.clone()).to_string()).collect();
            let found = format!("{found}: {}", shown.join(" "));
            Difference::of("number of rows", &expected.to_string(), &found)
        })
    }
}

/// `2.amount` of rows counted from 1.
fn in_rows<'r>(rows: &'r [Row], path: &str) -> Option<&'r Value> {
    let (number, name) = path.split_once('.')?;
    let number: usize = number.parse().ok()?;
    rows.get(number.checked_sub(1)?)?.get(name)
}

/// A span as the adapters write it: `500ms`, `90s`, `10m`, `2h`, `1d`.
pub(super) fn span(text: &str) -> Option<Duration> {
    let split = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (figures, unit) = text.split_at_checked(split)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    figures.parse::<u64>().ok()?.checked_mul(factor).map(Duration::from_millis)
}

/// From now until the next such time of day.
pub(super) fn until_time(now: DateTime, text: &str) -> Option<Duration> {
    let time: jiff::civil::Time = text.parse().ok()?;
    let today = now.date().to_datetime(time);
    let next = if today > now { today } else { today.checked_add(jiff::Span::new().days(1)).ok()? };
    Duration::try_from(next.duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_of_day() {
        assert_eq!(span("10m"), Some(Duration::from_secs(600)));
        assert_eq!(span("23:31"), None);
        let now: DateTime = "2026-11-23T13:45:00".parse().unwrap();
        assert_eq!(until_time(now, "13:50"), Some(Duration::from_secs(300)));
        assert_eq!(until_time(now, "13:40"), Some(Duration::from_secs(86_100)));
        assert_eq!(until_time(now, "10m"), None);
    }
}
