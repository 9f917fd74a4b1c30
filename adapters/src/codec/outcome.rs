//! The outcome of a message from its codes (`grammar.md` 6 and 11).
//!
//! In: what each outcome field means, in wire order. Out: what the message says. The first that is not done decides;
//! a refusal without a reason is provisional: later fields may give the reason or make it unknown, never done.

use dsl::program::MessageProgram;
use dsl::value::Outcome;

use super::environment::Programs;
use crate::charset;
use crate::value::{Record, Tag, charset_of};

/// What a message said of the outcome.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReadOutcome {
    /// Of this exchange; none where no field spoke of it.
    pub outcome: Option<Outcome>,
    /// Of the exchange spoken of (`original`).
    pub original: Option<Outcome>,
    /// It is an interim answer: milliseconds to wait for the real one.
    pub wait: Option<u64>,
    /// The label of the row of pairs that decided, if one did.
    pub label: Option<Box<str>>,
}

/// Folds outcomes in order.
pub(crate) fn fold(outcomes: impl Iterator<Item = Outcome>) -> Option<Outcome> {
    let mut decided: Option<Outcome> = None;
    for outcome in outcomes {
        decided = Some(match (decided, outcome) {
            (None, any) => any,
            (Some(Outcome::Done(before)), Outcome::Done(now)) => Outcome::Done(before.or(now)),
            (Some(Outcome::Done(_)), other) => other,
            (Some(Outcome::Refused(None)), Outcome::Refused(reason)) => Outcome::Refused(reason),
            (Some(Outcome::Refused(None)), Outcome::Unknown) => Outcome::Unknown,
            (Some(known), _) => known,
        });
    }
    decided
}

/// What the outcome fields read so far say; `seen`: absolute slots in wire order with their outcomes.
pub(crate) fn judge(
    message: &MessageProgram,
    record: &Record,
    seen: &[(usize, Outcome)],
) -> (Option<Outcome>, Option<Box<str>>) {
    let (said, label) = of_codes(message, record, seen);
    // Its coming is known before anything that stands in it.
    (fold(message.means.into_iter().chain(said)), label)
}

fn of_codes(
    message: &MessageProgram,
    record: &Record,
    seen: &[(usize, Outcome)],
) -> (Option<Outcome>, Option<Box<str>>) {
    if message.outcome_order.is_empty() {
        return (fold(seen.iter().map(|(_, outcome)| *outcome)), None);
    }
    let order = || message.outcome_order.iter().map(|slot| usize::from(*slot));
    for (texts, outcome, label) in &message.outcome_rows {
        let fits = order().zip(texts).all(|(slot, text)| {
            text.as_deref().is_none_or(|text| code_text(record, slot).is_some_and(|found| found == text))
        });
        if fits && !seen.is_empty() {
            return (Some(*outcome), Some(label.clone()));
        }
    }
    let ordered = order().filter_map(|slot| seen.iter().find(|(place, _)| *place == slot));
    (fold(ordered.map(|(_, outcome)| *outcome)), None)
}

/// The text of a code as it was read.
pub(crate) fn code_text(record: &Record, index: usize) -> Option<String> {
    let slot = record.slot(index);
    if !matches!(slot.tag, Tag::Name | Tag::Outcome | Tag::Text) {
        return None;
    }
    let octets = record.octets(slot.span()?);
    charset::decode(charset_of(slot.scale), octets).ok().map(std::borrow::Cow::into_owned)
}

/// The label of the row of the first table of outcomes that the message writes.
pub(crate) fn label(programs: Programs<'_>, outcome: Outcome) -> Option<&str> {
    let forms = programs.message.fields.iter().filter_map(|field| field.wire);
    let tables = forms.filter_map(|wire| match programs.program.wires.get(wire as usize)?.form {
        dsl::value::Form::Code(table) => programs.program.codes.get(usize::from(table)),
        _ => None,
    });
    let codes = tables.into_iter().find(|codes| codes.outcomes)?;
    let row = super::leaf::outcome_row(codes, outcome)?;
    codes.rows.get(row).map(|(_, _, label)| &**label)
}
