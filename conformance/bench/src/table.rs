//! The table of goals with what was measured.
//!
//! In: rows. Out: text for people, JSON for machines. A row that was not measured says why.

use crate::ratio::Spread;
use serde::Serialize;
use std::fmt::Write as _;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// A cost.
    Low,
    /// A rate.
    High,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Short name, for `--json`.
    pub id: &'static str,
    /// What is compared.
    pub what: String,
    /// With what.
    pub against: String,
    /// Past it the build fails.
    pub gate: f64,
    /// Where we want to be.
    pub goal: f64,
    /// Which way is better.
    pub better: Better,
    /// The ratios of the rounds, or why there are none.
    pub measured: Result<Measured, String>,
}

/// What a row was measured as.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The ratio over rounds.
    pub ratio: Spread,
    /// Rounds.
    pub rounds: usize,
    /// The figures that the ratio is of, in words.
    pub figures: String,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The goal is reached.
    Goal,
    /// Within the gate.
    Gate,
    /// Past the gate.
    Past,
    /// Not measured.
    None,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Goal => "goal reached",
            Self::Gate => "within the gate",
            Self::Past => "past the gate",
            Self::None => "not measured",
        }
    }
}

impl Row {
    /// Where it stands, by its median.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let Ok(measured) = &self.measured else { return Verdict::None };
        let reaches = |bound: f64| match self.better {
            Better::Low => measured.ratio.median <= bound,
            Better::High => measured.ratio.median >= bound,
        };
        if reaches(self.goal) {
            Verdict::Goal
        } else if reaches(self.gate) {
            Verdict::Gate
        } else {
            Verdict::Past
        }
    }
}

/// The table as text.
#[must_use]
pub fn text(rows: &[Row]) -> String {
    let mut lines =
        vec![["what", "against", "min", "median", "max", "gate", "goal", "verdict"].map(str::to_owned)];
    for row in rows {
        let figures = match &row.measured {
            Ok(measured) => [measured.ratio.min, measured.ratio.median, measured.ratio.max].map(short),
            Err(_) => ["-", "-", "-"].map(str::to_owned),
        };
        let [min, median, max] = figures;
        let verdict = row.verdict().word().to_owned();
        lines.push([
            row.what.clone(),
            row.against.clone(),
            min,
            median,
            max,
            short(row.gate),
            short(row.goal),
            verdict,
        ]);
    }
    let mut out = columns(&lines);
    for row in rows {
        match &row.measured {
            Ok(measured) => {
                let _ = writeln!(out, "  {}: {} ({} rounds)", row.what, measured.figures, measured.rounds);
            }
            Err(why) => {
                let _ = writeln!(out, "  {}: not measured: {why}", row.what);
            }
        }
    }
    out
}

fn columns(lines: &[[String; 8]]) -> String {
    let mut widths = [0; 8];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for line in lines {
        for (place, (width, cell)) in widths.iter().zip(line).enumerate() {
            let blanks = " ".repeat(width - cell.chars().count());
            let right = (2..7).contains(&place);
            let _ = if right { write!(out, "{blanks}{cell}  ") } else { write!(out, "{cell}{blanks}  ") };
        }
        let end = out.trim_end().len();
        out.truncate(end);
        out.push('\n');
    }
    out
}

/// A figure with as many decimals as it deserves.
#[must_use]
pub fn short(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        size if size >= 0.1 => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

#[derive(Serialize)]
struct JsonRow<'a> {
    id: &'a str,
    what: &'a str,
    against: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    median: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounds: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<&'a str>,
    gate: f64,
    goal: f64,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

/// The table as one JSON array.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(rows: &[Row]) -> Result<String, String> {
    let three = |figure: f64| (figure * 1e3).round() / 1e3;
    let rows = rows.iter().map(|row| {
        let measured = row.measured.as_ref().ok();
        JsonRow {
            id: row.id,
            what: &row.what,
            against: &row.against,
            min: measured.map(|measured| three(measured.ratio.min)),
            median: measured.map(|measured| three(measured.ratio.median)),
            max: measured.map(|measured| three(measured.ratio.max)),
            rounds: measured.map(|measured| measured.rounds),
            figures: measured.map(|measured| measured.figures.as_str()),
            gate: three(row.gate),
            goal: three(row.goal),
            verdict: row.verdict().word(),
            why: row.measured.as_ref().err().map(String::as_str),
        }
    });
    serde_json::to_string_pretty(&rows.collect::<Vec<_>>()).map_err(|error| error.to_string())
}
