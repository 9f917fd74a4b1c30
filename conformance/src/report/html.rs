//! A page that stands alone: verdict, counts, cases with their packets field by field, two lines to sign on.

use super::junit::escaped;
use super::{CaseResult, Packet, Report, StepResult};
use serde_json::{Map, Value};
use std::fmt::Write as _;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left;vertical-align:top}\
.good{color:#0a6b2d}.bad{color:#b00020}code{font-size:12px;word-break:break-all}summary{cursor:pointer;padding:.2em 0}\
.sign{display:flex;gap:4em;margin-top:4em}.sign div{flex:1;border-top:1px solid #222;padding-top:.3em}";

/// The report as a page.
#[must_use]
pub fn html(report: &Report) -> String {
    let (class, verdict) = if report.is_good() { ("good", "Passed") } else { ("bad", "Not passed") };
    let title = escaped(&format!("{}: {}", report.party, report.title));
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1><p class=\"{class}\"><strong>{verdict}</strong>: {}</p>\
         <p>Adapter <code>{}</code></p>",
        escaped(&report.closing()),
        escaped(&report.adapter_hash)
    );
    out.push_str("<table><tr><th>Point</th><th>Passed</th><th>Cases</th></tr>");
    for (point, (passed, all)) in report.by_point() {
        let (number, words) = (point.number(), point.words());
        let _ = write!(out, "<tr><td>{number} {words}</td><td>{passed}</td><td>{all}</td></tr>");
    }
    out.push_str("</table>");
    let mut suite = "";
    for case in &report.cases {
        if case.suite != suite {
            let _ = write!(out, "<h2>{}</h2>", escaped(&case.suite));
        }
        suite = &case.suite;
        one_case(&mut out, case);
    }
    out.push_str(
        "<div class=\"sign\"><div>For the bank, date</div><div>For the party, date</div></div></html>\n",
    );
    out
}

fn one_case(out: &mut String, case: &CaseResult) {
    let (class, mark) = match (&case.skipped, case.passed) {
        (Some(_), _) => ("", "–"),
        (None, true) => ("good", "✓"),
        (None, false) => ("bad", "✗"),
    };
    let open = if case.passed { "" } else { " open" };
    let _ = write!(
        out,
        "<details{open}><summary><span class=\"{class}\">{mark}</span> {} <small>{} · {} ms</small></summary>",
        escaped(&case.name),
        case.point.words(),
        case.millis
    );
    if let Some(why) = &case.skipped {
        let _ = write!(out, "<p>Not run: {}</p>", escaped(why));
    }
    for step in &case.steps {
        one_step(out, step);
    }
    out.push_str("</details>");
}

fn one_step(out: &mut String, step: &StepResult) {
    let _ = write!(out, "<h4>{} {}</h4>", escaped(&step.what), escaped(&step.outcome));
    if let Some(difference) = &step.difference {
        let _ = write!(out, "<p class=\"bad\">{}</p>", escaped(&difference.to_string()));
    }
    for (name, packet) in [("Sent", &step.sent), ("Received", &step.got)] {
        if let Some(packet) = packet {
            one_packet(out, name, packet);
        }
    }
}

fn one_packet(out: &mut String, name: &str, packet: &Packet) {
    let _ = write!(out, "<table><tr><th colspan=\"2\">{name}</th></tr>");
    rows(out, "", &packet.fields);
    if !packet.octets.is_empty() {
        let _ = write!(out, "<tr><td>octets</td><td><code>{}</code></td></tr>", packet.octets);
    }
    out.push_str("</table>");
}

fn rows(out: &mut String, under: &str, fields: &Map<String, Value>) {
    for (name, value) in fields {
        let path = if under.is_empty() { name.clone() } else { format!("{under}.{name}") };
        match value {
            Value::Object(inner) => rows(out, &path, inner),
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    if let Value::Object(item) = item {
                        rows(out, &format!("{path}[{}]", number + 1), item);
                    }
                }
            }
            value => {
                let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let _ = write!(out, "<tr><td>{}</td><td>{}</td></tr>", escaped(&path), escaped(&shown));
            }
        }
    }
}
