//! Whether a posting that puts a step right moves between the accounts of the step, and is not the step's own posting once more.
//!
//! In: a step with its correction. Out: a problem. Accounts are fields of the type `account_no`, compared as expressions: which way a
//! service moves, its name alone says, so that of two services nothing but the accounts can be held against each other.

use super::form::bare;
use crate::model::{Expr, FlowStep, Mapping, StepTarget};
use crate::resolve::Resolver;
use crate::source::Span;
use crate::value::{Private, Type};

/// How a correction is none.
pub(super) struct Elsewhere {
    step: Box<str>,
    /// The field in which another account stands; none: it is the same posting once more.
    field: Option<Box<str>>,
    at: Span,
    own: Span,
}

/// An account that a posting names.
struct Account {
    field: Box<str>,
    value: Expr,
    span: Span,
}

pub(super) fn elsewhere(resolver: &Resolver, step: &FlowStep) -> Option<Elsewhere> {
    let (service, mappings) = step.correct.as_ref()?;
    let ask = resolver.services.get(usize::from(*service))?.ask;
    let own = accounts(resolver, step.ask?, &step.mappings);
    let back = accounts(resolver, ask, mappings);
    let first = own.first()?.span;
    let wrong = |field, at| Some(Elsewhere { step: step.name.clone(), field, at, own: first });
    let unknown = back.iter().find(|account| own.iter().all(|known| known.value != account.value));
    if let Some(unknown) = unknown {
        return wrong(Some(unknown.field.clone()), unknown.span);
    }
    let stays = |known: &Account| {
        let same = |account: &&Account| account.field == known.field;
        back.iter().find(same).is_some_and(|account| account.value == known.value)
    };
    let again = step.target == StepTarget::Service(*service) && own.iter().all(stays);
    if again { wrong(None, back.first().map_or(step.span, |account| account.span)) } else { None }
}

fn accounts(resolver: &Resolver, ask: crate::value::ShapeId, mappings: &[Mapping]) -> Vec<Account> {
    let Some(shape) = resolver.shapes.get(ask.0 as usize) else { return Vec::new() };
    let account = |mapping: &Mapping| {
        let field =
            shape.fields.get(usize::from(mapping.target.slot)).filter(|_| mapping.target.level == 0)?;
        let is = matches!(field.ty, Type::Text { private: Some(Private::AccountNo), .. });
        let (value, span) = (bare(&mapping.source), mapping.source.span);
        is.then(|| Account { field: field.name.clone(), value, span })
    };
    mappings.iter().filter_map(account).collect()
}

impl Elsewhere {
    pub(super) fn report(self, resolver: &mut Resolver) {
        let Self { step, field, at, own } = self;
        let (what, label, story) = match &field {
            Some(field) => (
                format!("`{step}` is put right in an account that it does not move"),
                format!("`{field}` is none of its accounts"),
                format!(
                    "1. `{step}` holds, and ought not to\n2. what puts it right moves another account\n3. both are wrong"
                ),
            ),
            None => (
                format!("`{step}` is put right by the same posting once more"),
                "the same accounts, in the same places".to_owned(),
                format!("1. `{step}` holds, and ought not to\n2. it is made again\n3. it holds twice"),
            ),
        };
        resolver
            .report
            .error("TS0755", at, what)
            .label(label)
            .at(own, "the accounts of the step".to_owned())
            .note(story)
            .help("ask the service that moves the other way, between the same accounts: `correct bank.credit` for `bank.debit`; of a transfer `from` and `into` change places");
    }
}
