//! Sessions turned round: what was kept is made, what was made is kept.

use super::{Lost, LostKind};
use crate::model::{
    CallId, Else, Expr, ExprKind, Field, Function, Load, MappedRows, Mapping, MessageId, Module,
    SessionValue, Space,
};
use crate::resolve::inverse;
use crate::value::{Constant, Type};

/// Turns all sessions of a module; `turned` has its messages turned already.
pub(super) fn sessions(module: &Module, turned: &mut Module, lost: &mut Vec<Lost>) {
    let mut slot = 0_u16;
    for (index, session) in module.sessions.iter().enumerate() {
        let mut made = session.clone();
        made.open = session.serve;
        made.serve = session.open;
        made.at_start = session.serve.is_some() && session.changes.is_empty();
        // What hangs on a connection is opened when whoever connects has made it.
        made.at_connect |= made.numbering.is_some();
        made.at.clear();
        made.until = None;
        made.early_ms = 0;
        // What one side asks for the other hears.
        if let Some(numbering) = &mut made.numbering {
            numbering.gap = (numbering.gap.1, numbering.gap.0);
            numbering.fill = (numbering.fill.1, numbering.fill.0);
            numbering.ends = None;
        }
        made.close = None;
        made.close_at = None;
        for value in &mut made.values {
            let own = Load { space: Space::Session, level: 0, slot, call: 0 };
            let done = if value.make {
                keep(module, session.serve, value, own)
            } else {
                make(module, turned, value, own)
            };
            if !done {
                lost.push(Lost { what: value.name.clone(), why: LostKind::Session, span: value.span });
            }
            value.make = !value.make;
            slot = slot.saturating_add(1);
        }
        made.checks.retain(|check| !turn_check(module, turned, check));
        if let Some(place) = turned.sessions.get_mut(index) {
            *place = made;
        }
    }
}

/// The reference to a field of a call's messages in an expression, if there is just one.
fn carried(expression: &Expr) -> Option<Load> {
    let mut found = Vec::new();
    crate::lower::each_load(expression, &mut |load| {
        if matches!(load.space, Space::CallReply | Space::CallRequest) {
            found.push(*load);
        }
    });
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// The fields that a reference to a call's messages means: of its request, or one in each reply that has it.
fn fields_of(module: &Module, load: Load) -> Vec<(MessageId, usize)> {
    let Some(call) = module.calls.get(usize::from(load.call)) else { return Vec::new() };
    let mut found = Vec::new();
    let messages = match load.space {
        Space::CallRequest => std::slice::from_ref(&call.request),
        _ => &call.replies,
    };
    for id in messages {
        let Some(message) = module.messages.get(usize::from(id.0)) else { continue };
        let is = |field: &Field| field.level == load.level && field.slot == load.slot;
        found.extend(message.fields.iter().position(is).map(|at| (*id, at)));
    }
    found
}

/// The field is written from this value.
fn fill(module: &Module, turned: &mut Module, load: Load, source: &Expr) -> bool {
    let fields = fields_of(module, load);
    for (id, at) in &fields {
        let message = turned.messages.get_mut(usize::from(id.0));
        let Some(field) = message.and_then(|message| message.fields.get_mut(*at)) else { continue };
        let target = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        let (source, span) = (source.clone(), source.span);
        field.from = Some(Mapping {
            target,
            source,
            through: Vec::new(),
            rows: MappedRows::default(),
            cut: false,
            otherwise: Else::Fault,
            span,
        });
    }
    !fields.is_empty()
}

/// A kept value is drawn, and the field that carried it is written by the inverse.
fn make(module: &Module, turned: &mut Module, value: &mut SessionValue, own: Load) -> bool {
    let told = only_text(&value.value);
    let Some(load) = carried(told) else { return false };
    let session = Expr { kind: ExprKind::Load(own), ty: value.ty.clone(), span: value.span };
    let Some(source) = inverse(told, &|one| *one == load, &session) else { return false };
    value.value = drawn(told, &value.ty);
    fill(module, turned, load, &source)
}

/// Of a text that stands in a list of one row: the text in the row.
fn only_text(expression: &Expr) -> &Expr {
    match &expression.kind {
        ExprKind::Fold { each: Some(each), filter: None, .. }
            if matches!(expression.ty, Type::Text { .. }) =>
        {
            each
        }
        _ => expression,
    }
}

/// What a value of this type is drawn by: a key that fits the cipher it came in, as hex where it is text.
fn drawn(from: &Expr, ty: &Type) -> Expr {
    let cipher = match ty {
        Type::Bytes { max: ..=8 } => "des",
        Type::Bytes { .. } => "tdes",
        _ => "aes",
    };
    let span = from.span;
    let name = Constant::Text(cipher.into());
    let name = Expr::constant(name, Type::Text { chars: 8, private: None }, span);
    let bytes = Type::Bytes { max: 32 };
    let key = Expr { kind: ExprKind::Function(Function::RandomKey, vec![name]), ty: bytes, span };
    match ty {
        Type::Bytes { .. } => key,
        _ => Expr { kind: ExprKind::Function(Function::HexUpper, vec![key]), ty: ty.clone(), span },
    }
}

/// A made value is kept from the field of the sign-in's reply that carries it.
fn keep(module: &Module, sign_in: Option<CallId>, value: &mut SessionValue, own: Load) -> bool {
    let Some(id) = sign_in else { return false };
    let replies = module.calls.get(usize::from(id.0)).map_or(&[][..], |call| &call.replies);
    let fields = replies
        .iter()
        .filter_map(|reply| module.messages.get(usize::from(reply.0)))
        .flat_map(|message| message.fields.iter());
    for field in fields {
        let Some(source) = field.from.as_ref().map(|from| &from.source).or(field.fact.as_ref()) else {
            continue;
        };
        let load = Load { space: Space::CallReply, level: field.level, slot: field.slot, call: id.0 };
        let reply = Expr { kind: ExprKind::Load(load), ty: source.ty.clone(), span: source.span };
        if let Some(kept) = inverse(source, &|one| *one == own, &reply) {
            value.value = kept;
            return true;
        }
    }
    false
}

/// `check X is CALL.reply.f` (or `CALL.request.f`) gives that field the value X; such a check goes.
fn turn_check(module: &Module, turned: &mut Module, check: &Expr) -> bool {
    let ExprKind::Is(left, right) = &check.kind else { return false };
    for (field, other) in [(left, right), (right, left)] {
        if let ExprKind::Load(load) = field.kind
            && matches!(load.space, Space::CallReply | Space::CallRequest)
            && carried(other).is_none()
        {
            return fill(module, turned, load, other);
        }
    }
    false
}
