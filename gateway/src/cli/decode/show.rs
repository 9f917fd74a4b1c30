//! A message that was looked at, for people or machines.

use crate::cli::text::{coloured, padded, shown};
use crate::cli::{say, warn};
use adapters::codec::Judgement;
use conformance::inspect::{Inspected, SeenField, SeenJudgement, Verdict};
use conformance::scene::Adapter;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Where a message came from.
#[derive(Default)]
pub(super) struct Place {
    /// The link, or the file.
    pub(super) link: String,
    /// Octets of the frame before the content.
    pub(super) begin: usize,
    /// Octets of the whole.
    pub(super) length: usize,
    /// Who sent to whom.
    pub(super) way: Option<String>,
    /// Places are of no use (a file's lines).
    pub(super) unplaced: bool,
}

impl Place {
    pub(super) fn file(name: &str, length: usize) -> Self {
        Place { link: name.to_owned(), length, unplaced: true, ..Place::default() }
    }
}

/// For whom a message is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// People.
    Text,
    /// Machines: all that is known.
    Json,
    /// `tongshi encode`: the fields alone.
    Fields,
}

/// How messages are shown.
pub(super) struct Shower<'a> {
    pub(super) adapter: &'a Adapter,
    pub(super) party: &'a str,
    pub(super) form: Form,
    pub(super) private: bool,
    pub(super) octets: bool,
}

impl Shower<'_> {
    pub(super) fn show(&self, seen: &Inspected, place: &Place) {
        match self.form {
            Form::Json => return say(&self.object(seen, place).to_string()),
            Form::Fields => return say(&Value::Object(self.tree(seen)).to_string()),
            Form::Text => {}
        }
        let call = self.adapter.module.calls.get(usize::from(seen.name.call.0));
        let label = call.map_or("", |call| &*call.call.label);
        let label = if label.is_empty() { String::new() } else { format!(" ({label})") };
        if let Some(way) = &place.way {
            say(way);
        }
        let seals = seals(&seen.judged);
        say(&format!("{} · {}{label} · {} octets{seals}", place.link, seen.name.name, place.length));
        let wide = seen.fields.iter().map(|field| field.path.width()).max().unwrap_or(8).min(40);
        let labels = seen.fields.iter().map(|field| field.label.width()).max().unwrap_or(0).min(24);
        for field in &seen.fields {
            say(&self.line(field, seen, place, (wide, labels)));
        }
        for judged in seen.judged.iter().filter(|judged| judged.index.is_none()) {
            if judged.verdict != Verdict::Right {
                say(&format!("  {}  {}", judged.field, verdict(judged)));
            }
        }
        if seen.more_rows > 0 {
            say(&format!("  … and {} rows more", seen.more_rows));
        }
        if let Some(outcome) = &seen.outcome.outcome {
            say(&format!("  outcome: {}", word(outcome, self.adapter)));
        }
        if let Some((_, report)) = &seen.fault {
            warn(&format!("tongshi decode: {report}"));
        }
    }

    fn line(
        &self,
        field: &SeenField,
        seen: &Inspected,
        place: &Place,
        (wide, labels): (usize, usize),
    ) -> String {
        let mut line = String::from("  ");
        if !place.unplaced {
            let _ = match field.place {
                Some((at, length)) => write!(line, "{:>6} {length:>5}  ", at as usize + place.begin),
                None => write!(line, "{:>6} {:>5}  ", "", ""),
            };
        }
        line.push_str(&padded(&field.path, wide));
        line.push_str("  ");
        line.push_str(&padded(&field.label, labels));
        line.push_str("  ");
        line.push_str(&self.meaning(field));
        if self.octets && (self.private || !field.private) {
            let hex: String = field.octets.iter().map(|octet| format!("{octet:02X}")).collect();
            line.push_str(&coloured(&format!("  [{hex}]"), "2"));
        }
        let own = seen.judged.iter().filter(|judged| judged.index == Some(field.index));
        for judged in own.filter(|judged| {
            judged.what == Judgement::Seal || matches!(judged.verdict, Verdict::Wrong { .. })
        }) {
            line.push_str("  ");
            line.push_str(&verdict(judged));
        }
        line
    }

    /// What stood there, and what it means where that is another text.
    fn meaning(&self, field: &SeenField) -> String {
        if field.value.is_none() {
            return "(absent)".to_owned();
        }
        if field.private && !self.private {
            return masked(&field.meaning);
        }
        let value = shown(&field.meaning);
        let plain = field.octets.iter().all(|octet| (0x20..0x7F).contains(octet));
        let stood = String::from_utf8_lossy(&field.octets).trim_end().to_owned();
        if plain && !stood.is_empty() && stood != value { format!("{stood} → {value}") } else { value }
    }

    fn tree(&self, seen: &Inspected) -> Map<String, Value> {
        let mut tree = seen.tree(self.adapter);
        if !self.private {
            let forms = self.adapter.module.program.messages.get(usize::from(seen.name.message.0));
            for form in forms.iter().flat_map(|form| &form.fields).filter(|form| form.private) {
                mask_at(&mut tree, &form.path);
            }
        }
        tree
    }

    fn object(&self, seen: &Inspected, place: &Place) -> Value {
        let field = |field: &SeenField| {
            let (at, length) = field.place.unzip();
            json!({
                "path": field.path, "label": field.label,
                "offset": at.map(|at| at as usize + place.begin), "length": length, "private": field.private,
            })
        };
        let judged = |judged: &SeenJudgement| {
            let (verdict, why) = match &judged.verdict {
                Verdict::Right => ("right", None),
                Verdict::Wrong { expected } => ("wrong", expected.clone()),
                Verdict::NotJudged(why) => ("not judged", Some(why.clone())),
            };
            let what = match judged.what {
                Judgement::Fact => "fact",
                Judgement::Seal => "seal",
                Judgement::Check => "check",
            };
            json!({ "what": what, "field": judged.field, "by": judged.by, "verdict": verdict, "why": why })
        };
        json!({
            "party": self.party, "message": seen.name.name, "link": place.link, "octets": place.length,
            "way": place.way, "fields": self.tree(seen), "places": seen.fields.iter().map(field).collect::<Vec<_>>(),
            "judged": seen.judged.iter().map(judged).collect::<Vec<_>>(),
            "outcome": seen.outcome.outcome.as_ref().map(|outcome| word(outcome, self.adapter)),
            "fault": seen.fault.as_ref().map(|(_, report)| report.to_string()),
        })
    }
}

/// How the seals of a message stand, for its first line.
fn seals(judged: &[SeenJudgement]) -> String {
    let seals = judged.iter().filter(|judged| judged.what == Judgement::Seal);
    seals.map(|seal| format!(" · {} {}", seal.field, verdict(seal))).collect()
}

fn verdict(judged: &SeenJudgement) -> String {
    let by = if judged.by.is_empty() { String::new() } else { format!(" ({})", judged.by) };
    let what = match judged.what {
        Judgement::Seal => "seal ",
        Judgement::Fact => "",
        Judgement::Check => "check ",
    };
    match &judged.verdict {
        Verdict::Right => coloured(&format!("{what}right{by}"), "32"),
        Verdict::Wrong { expected: Some(expected) } => {
            coloured(&format!("{what}wrong{by}, it should be {}", shown(expected)), "31")
        }
        Verdict::Wrong { expected: None } => coloured(&format!("{what}wrong{by}"), "31"),
        Verdict::NotJudged(why) => coloured(&format!("{what}not judged: {why}"), "33"),
    }
}

fn word(outcome: &dsl::value::Outcome, adapter: &Adapter) -> String {
    use dsl::value::Outcome;
    match outcome {
        Outcome::Done(Some(reason)) | Outcome::Refused(Some(reason)) => {
            format!("{outcome} {}", adapter.symbols.text(*reason))
        }
        other => other.to_string(),
    }
}

fn masked(value: &str) -> String {
    "*".repeat(value.chars().count().clamp(1, 12))
}

/// Masks what stands at a dotted path, in all rows around it.
fn mask_at(tree: &mut Map<String, Value>, path: &str) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some(value) = tree.get_mut(name) else { return };
    match (value, rest) {
        (Value::Object(inner), Some(rest)) => mask_at(inner, rest),
        (Value::Array(rows), Some(rest)) => {
            rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| mask_at(row, rest));
        }
        (value, None) => *value = json!("***"),
        _ => {}
    }
}
