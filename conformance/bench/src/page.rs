//! The table as one page with plots: HTML and SVG made here, nothing from outside.
//!
//! In: rows. Out: the page. A line of a plot goes from the least to the greatest ratio of the rounds, the dot is the
//! median; the strokes are gate and goal. The scale is logarithmic: half as dear is as far as twice as dear.

use crate::table::{Row, Verdict, short};
use std::fmt::Write as _;

const LEFT: f64 = 390.0;
const WIDTH: f64 = 580.0;
const LINE: f64 = 26.0;

const STYLE: &str = "body{font:15px/1.45 system-ui,'Noto Sans SC',sans-serif;margin:2rem auto;max-width:66rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:.3rem .5rem;border-bottom:1px solid #d8dee4;text-align:left}
td.n,th.n{text-align:right}.goal{color:#116329}.gate{color:#7d4e00}.past{color:#a40e26}.none{color:#57606a}p.w{color:#57606a}
svg{width:100%;height:auto}svg text{font-size:12px;fill:#1b1f24}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}svg text{fill:#e6edf3}.goal{color:#3fb950}.gate{color:#d29922}.past{color:#ff7b72}.none,p.w{color:#8b949e}}";

/// The page.
#[must_use]
pub fn page(rows: &[Row], what: &str) -> String {
    let mut out = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Tongshi · the yardstick</title>",
    );
    let _ = write!(out, "<style>{STYLE}</style></head><body><h1>The yardstick</h1><p>{}</p>", escaped(what));
    out.push_str("<p class=\"w\">Each ratio is taken within a round, product over what it stands against; then minimum, median and maximum of the rounds. Only ratios of one run can be compared: absolute figures of a shared machine prove nothing.</p>");
    out.push_str(&plot(rows));
    out.push_str(&table(rows));
    out.push_str("</body></html>\n");
    out
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Goal => "goal",
        Verdict::Gate => "gate",
        Verdict::Past => "past",
        Verdict::None => "none",
    }
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "<h2>The table</h2><table><tr><th>what</th><th>against</th><th class=\"n\">min</th><th class=\"n\">median</th><th class=\"n\">max</th><th class=\"n\">gate</th><th class=\"n\">goal</th><th>verdict</th></tr>",
    );
    for row in rows {
        let figures = match &row.measured {
            Ok(measured) => [measured.ratio.min, measured.ratio.median, measured.ratio.max].map(short),
            Err(_) => ["–", "–", "–"].map(str::to_owned),
        };
        let note = match &row.measured {
            Ok(measured) => format!("{}, {} rounds", measured.figures, measured.rounds),
            Err(why) => why.clone(),
        };
        let verdict = row.verdict();
        let _ = write!(
            out,
            "<tr><td>{}<br><small class=\"none\">{}</small></td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"{}\">{}</td></tr>",
            escaped(&row.what),
            escaped(&note),
            escaped(&row.against),
            figures[0],
            figures[1],
            figures[2],
            short(row.gate),
            short(row.goal),
            class(verdict),
            verdict.word()
        );
    }
    out.push_str("</table>");
    out
}

/// Where a ratio stands on the scale.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    fn of(rows: &[Row]) -> Self {
        let mut scale = Self { from: 0.5, to: 2.0 };
        for row in rows {
            let ratios = row.measured.iter().flat_map(|measured| [measured.ratio.min, measured.ratio.max]);
            for figure in ratios.chain([row.gate, row.goal]).filter(|figure| *figure > 0.0) {
                (scale.from, scale.to) = (scale.from.min(figure), scale.to.max(figure));
            }
        }
        Self { from: scale.from * 0.8, to: scale.to * 1.25 }
    }

    fn at(&self, ratio: f64) -> f64 {
        let part = (ratio.max(self.from) / self.from).ln() / (self.to / self.from).ln();
        LEFT + part * WIDTH
    }
}

fn plot(rows: &[Row]) -> String {
    let measured: Vec<&Row> = rows.iter().filter(|row| row.measured.is_ok()).collect();
    let scale = Scale::of(rows);
    let height = LINE * (measured.len() as f64 + 2.0);
    let mut out = format!(
        "<h2>Ratios</h2><svg viewBox=\"0 0 {} {height}\" role=\"img\" aria-label=\"ratios with gates and goals\">",
        LEFT + WIDTH + 20.0
    );
    for tick in [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        if tick < scale.from || tick > scale.to {
            continue;
        }
        let x = scale.at(tick);
        let dash = if tick == 1.0 { "" } else { " stroke-dasharray=\"2 4\"" };
        let _ = write!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{LINE}\" x2=\"{x:.1}\" y2=\"{height}\" stroke=\"#8b949e\" stroke-width=\"0.7\"{dash}/><text x=\"{x:.1}\" y=\"16\" text-anchor=\"middle\">{tick}</text>"
        );
    }
    for (place, row) in measured.iter().enumerate() {
        out.push_str(&line(row, &scale, LINE * (place as f64 + 1.8)));
    }
    out.push_str("</svg><p class=\"w\">dot: median · line: minimum to maximum · green stroke: goal · amber stroke: gate</p>");
    out
}

fn line(row: &Row, scale: &Scale, y: f64) -> String {
    let Ok(measured) = &row.measured else { return String::new() };
    let colour = match row.verdict() {
        Verdict::Goal => "#2da44e",
        Verdict::Gate => "#bf8700",
        _ => "#cf222e",
    };
    let (min, median, max) =
        (scale.at(measured.ratio.min), scale.at(measured.ratio.median), scale.at(measured.ratio.max));
    let mut out = format!(
        "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{} / {}</text>",
        LEFT - 10.0,
        y + 4.0,
        escaped(&row.what),
        escaped(&row.against)
    );
    for (bound, stroke) in [(row.gate, "#bf8700"), (row.goal, "#2da44e")] {
        let x = scale.at(bound);
        let _ = write!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{stroke}\" stroke-width=\"2\"/>",
            y - 9.0,
            y + 9.0
        );
    }
    let _ = write!(
        out,
        "<line x1=\"{min:.1}\" y1=\"{y:.1}\" x2=\"{max:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/><circle cx=\"{median:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        max + 8.0,
        y + 4.0,
        short(measured.ratio.median)
    );
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratio::Spread;
    use crate::table::{Better, Measured};

    #[test]
    fn a_page_needs_nothing_from_outside() {
        let ratio = Spread { min: 1.0, median: 1.1, max: 1.4 };
        let measured = Ok(Measured { ratio, rounds: 7, figures: "11 µs against 10 µs".into() });
        let row = Row {
            id: "w1",
            what: "W1 <x>".into(),
            against: "floor".into(),
            gate: 1.25,
            goal: 1.1,
            better: Better::Low,
            measured,
        };
        let page = page(&[row.clone(), Row { measured: Err("not built".into()), ..row }], "a run");
        assert!(page.contains("goal reached") && page.contains("not built") && page.contains("W1 &lt;x&gt;"));
        assert!(!page.contains("http") && !page.contains("src="));
    }
}
