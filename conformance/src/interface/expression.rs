//! Expressions as trees of JSON, every reference by its name.
//!
//! Each node has `is`: `constant`, a reference (`field`, `request_field`, `exchange`, `setting`, `key`, `session` …), an
//! operation (`join`, `add`, `and`, `equal` …), `call` of a function of the language, `sum` or `count`, or octets (`raw`).

use super::value;
use dsl::model::{
    Call, Expr, ExprKind, Fact, Field, FieldId, FieldKind, Fold, Format, Learn, Load, Message, MessageId,
    Model, Module, Space,
};
use dsl::source::SourceMap;
use dsl::value::{ShapeId, Type};
use serde_json::{Value, json};

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) model: &'a Model,
    pub(super) module: &'a Module,
    pub(super) sources: &'a SourceMap,
    pub(super) call: Option<&'a Call>,
    pub(super) message: Option<&'a Message>,
    /// The same message as its counterparty sees it.
    pub(super) turned: Option<&'a Message>,
    /// The format around.
    pub(super) format: Option<&'a Format>,
    /// The path of the list in whose rows it stands; empty in the message itself.
    pub(super) list: &'a str,
    /// What a row of the business list is, in whose rows it stands.
    pub(super) row: Option<ShapeId>,
}

impl<'a> Here<'a> {
    /// What a reader does with a field: the bank with what the party writes, and the other way round.
    pub(super) fn learn(&self, id: FieldId, field: &'a Field) -> &'a Learn {
        let turned = self.turned.filter(|_| self.message.is_some_and(|message| message.ours));
        turned
            .and_then(|message| message.fields.get(usize::from(id.0)))
            .map_or(&field.learn, |field| &field.learn)
    }
}

/// An expression with the text it stands in the adapter.
pub(super) fn expression(here: Here<'_>, expr: &Expr) -> Value {
    let mut tree = tree(here, expr);
    if let Value::Object(object) = &mut tree
        && expr.as_constant().is_none()
    {
        let text = here.sources.slice(expr.span).split_whitespace().collect::<Vec<_>>().join(" ");
        object.insert("text".into(), text.into());
    }
    tree
}

fn tree(here: Here<'_>, expr: &Expr) -> Value {
    let all = |parts: &[Expr]| parts.iter().map(|part| tree(here, part)).collect::<Vec<_>>();
    let two = |word: &str, one: &Expr, other: &Expr| json!({ "is": word, "of": [tree(here, one), tree(here, other)] });
    match &expr.kind {
        ExprKind::Constant(constant) => {
            json!({ "is": "constant", "value": value::of_constant(here.model, constant) })
        }
        ExprKind::Load(one) => load(here, *one),
        ExprKind::Join(parts) => json!({ "is": "join", "of": all(parts) }),
        ExprKind::Add(one, other) => two("add", one, other),
        ExprKind::Subtract(one, other) => two("subtract", one, other),
        ExprKind::Multiply(one, other) => two("multiply", one, other),
        ExprKind::And(one, other) => two("and", one, other),
        ExprKind::Or(one, other) => two("or", one, other),
        ExprKind::Not(one) => json!({ "is": "not", "of": [tree(here, one)] }),
        ExprKind::Is(one, other) => two("equal", one, other),
        ExprKind::IsOutcome(one, outcome) => {
            json!({ "is": "outcome_is", "of": [tree(here, one)], "outcome": outcome.to_string() })
        }
        ExprKind::Less(one, other) => two("less", one, other),
        ExprKind::LessOrEqual(one, other) => two("less_or_equal", one, other),
        ExprKind::In(one, others) => json!({ "is": "in", "of": [tree(here, one)], "any": all(others) }),
        ExprKind::Function(function, parts) => {
            let word =
                dsl::model::Function::WORDS.iter().find(|(one, _)| one == function).map(|(_, word)| *word);
            json!({ "is": "call", "function": word, "of": all(parts) })
        }
        ExprKind::Fold { fold, list, each, filter } => {
            let path = list_path(here, *list);
            let inner = Here { list: path.as_deref().unwrap_or_default(), row: row_of(here, *list), ..here };
            json!({
                "is": match fold { Fold::Count => "count", Fold::Sum => "sum" },
                "list": load(here, *list),
                "each": each.as_ref().map(|each| tree(inner, each)),
                "where": filter.as_ref().map(|filter| tree(inner, filter)),
            })
        }
        ExprKind::Raw(field) => json!({ "is": "raw", "of": path_of(here, *field) }),
        ExprKind::RawRange(first, behind) => {
            json!({ "is": "raw_range", "from": path_of(here, *first), "up_to": path_of(here, *behind) })
        }
        ExprKind::Pairs { parts, except, without_empty } => {
            let paths = |fields: &[FieldId]| fields.iter().map(|one| path_of(here, *one)).collect::<Vec<_>>();
            json!({
                "is": "pairs",
                "of": paths(parts),
                "except": paths(except),
                "without_empty": without_empty,
            })
        }
        ExprKind::Length(field) => json!({ "is": "length", "of": path_of(here, *field) }),
        ExprKind::Sent(_) => json!({ "is": "file_as_sent" }),
        ExprKind::Counter(figures) => json!({ "is": "counter", "figures": figures }),
        ExprKind::Now => json!({ "is": "now" }),
    }
}

/// A field's path.
pub(super) fn path_of(here: Here<'_>, field: FieldId) -> Option<&str> {
    here.message?.fields.get(usize::from(field.0)).map(|field| &*field.path)
}

/// What a row of a business list is.
fn row_of(here: Here<'_>, list: Load) -> Option<ShapeId> {
    let whole = match list.space {
        Space::Ask => here.call?.ask,
        Space::Answer => here.call?.answer,
        _ => None,
    };
    let shape = if list.level == 0 { whole } else { here.row }?;
    let field = here.model.shapes.get(shape.0 as usize)?.fields.get(usize::from(list.slot))?;
    match field.ty {
        Type::List { shape, .. } => Some(shape),
        _ => None,
    }
}

fn list_path<'a>(here: Here<'a>, list: Load) -> Option<String> {
    match list.space {
        Space::Field => here.message.and_then(|message| field(message, list, here.list)).map(str::to_owned),
        _ => None,
    }
}

/// The path of the field that a reference means. Slots in rows of different lists are the same numbers: a reference to a
/// list says which field it is; of others the one is meant that stands in the same list, or in one around it.
fn field<'a>(message: &'a Message, load: Load, list: &str) -> Option<&'a str> {
    if load.call > 0
        && let Some(named) = message.fields.get(usize::from(load.call - 1))
        && matches!(named.kind, FieldKind::List(_))
    {
        return Some(&named.path);
    }
    let same = message.fields.iter().filter(|field| field.level == load.level && field.slot == load.slot);
    let same = same.filter(|field| !matches!(field.kind, FieldKind::Group { .. } | FieldKind::Format { .. }));
    let around =
        |path: &str| path.split('.').zip(list.split('.')).take_while(|(one, other)| one == other).count();
    same.max_by_key(|field| around(&field.path)).map(|field| &*field.path)
}

/// A reference by its name.
pub(super) fn load(here: Here<'_>, load: Load) -> Value {
    let module = here.module;
    let fact = |word: &str| {
        let name = Fact::WORDS.get(usize::from(load.slot)).map(|(_, word)| *word);
        json!({ "is": word, "fact": name })
    };
    let call = || module.calls.get(usize::from(load.call));
    let of_message = |word: &str, id: Option<MessageId>, name: Option<&str>| {
        let message = id.and_then(|id| module.messages.get(usize::from(id.0)));
        let path = message.and_then(|message| field(message, load, ""));
        match name {
            Some(name) => json!({ "is": word, "call": name, "path": path }),
            None => json!({ "is": word, "path": path }),
        }
    };
    let of_shape = |word: &str, shape: Option<ShapeId>, name: Option<&str>| {
        let shape = if load.level == 0 { shape } else { here.row };
        let fields =
            shape.and_then(|shape| here.model.shapes.get(shape.0 as usize)).map(|shape| &shape.fields);
        let field = fields.and_then(|fields| fields.get(usize::from(load.slot)));
        json!({ "is": word, "call": name, "name": field.map(|field| &*field.name), "of_row": load.level > 0 })
    };
    let named = |word: &str, name: Option<&str>| json!({ "is": word, "name": name });
    match load.space {
        Space::Field => {
            json!({ "is": "field", "path": here.message.and_then(|message| field(message, load, here.list)) })
        }
        Space::Request => of_message("request_field", here.call.map(|call| call.request), None),
        Space::OriginalRequest => of_message(
            "original_request_field",
            call().map(|call| call.request),
            call().map(|call| &*call.name),
        ),
        Space::OriginalReply => of_message(
            "original_reply_field",
            call().and_then(|call| call.replies.first().copied()),
            call().map(|call| &*call.name),
        ),
        Space::CallRequest => {
            of_message("last_request_field", call().map(|call| call.request), call().map(|call| &*call.name))
        }
        Space::CallReply => of_message(
            "last_reply_field",
            call().and_then(|call| call.replies.first().copied()),
            call().map(|call| &*call.name),
        ),
        Space::CallExchange => {
            json!({ "is": "last_exchange", "call": call().map(|call| &*call.name), "fact": fact("")["fact"] })
        }
        Space::CallRaw => json!({ "is": "last_request_octets", "call": call().map(|call| &*call.name) }),
        Space::Exchange => fact("exchange"),
        Space::Original => fact("original"),
        Space::OriginalOutcome => json!({ "is": "original_outcome" }),
        Space::Setting => named("setting", module.settings.get(usize::from(load.slot)).map(|one| &*one.name)),
        Space::Key => named("key", module.keys.get(usize::from(load.slot)).map(|one| &*one.name)),
        Space::Session => {
            let values = module.sessions.iter().flat_map(|session| &session.values);
            named("session", values.map(|value| &*value.name).nth(usize::from(load.slot)))
        }
        Space::Member => {
            let member = module.member.as_ref().filter(|_| load.slot == 0).map(|member| &*member.naming);
            let setting =
                || module.settings.get(usize::from(load.slot.saturating_sub(1))).map(|one| &*one.name);
            named("member", member.or_else(setting))
        }
        Space::Ask => of_shape("asked", here.call.and_then(|call| call.ask), None),
        Space::Answer => of_shape("answered", here.call.and_then(|call| call.answer), None),
        Space::OriginalAsk => {
            of_shape("original_asked", call().and_then(|call| call.ask), call().map(|call| &*call.name))
        }
        Space::OriginalAnswer => {
            of_shape("original_answered", call().and_then(|call| call.answer), call().map(|call| &*call.name))
        }
        Space::Outcome => json!({ "is": "outcome" }),
        Space::OutcomeText => json!({ "is": "outcome_text" }),
        Space::RowOutcome => json!({ "is": "row_outcome" }),
        Space::RowOutcomeText => json!({ "is": "row_outcome_text" }),
        Space::Page => json!({ "is": "page", "slot": load.slot }),
        Space::FaultPlace => json!({ "is": "fault", "slot": load.slot }),
        Space::Journal => json!({ "is": "exchanges", "call": call().map(|call| &*call.name) }),
        Space::Item
        | Space::With
        | Space::JournalRow
        | Space::StepAnswer
        | Space::StepOutcome
        | Space::StepOutcomeText
        | Space::Row => {
            json!({ "is": "of_the_bank" })
        }
    }
}
