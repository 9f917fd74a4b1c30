//! Sessions: their values as expressions, and whether each can be opened in its turn.
//!
//! In: the sessions of a module whose messages stand in the program. Out: their programs; an error where what opens one
//! reads what only a later one tells. It must not know how sessions are opened.

use super::{LowerErrorKind, Lowering, each_load};
use crate::model::{CallId, Load, Space};
use crate::program::{Code, SessionProgram};

/// The sessions of the module, with what each keeps, checks and changes.
pub(super) fn sessions(lowering: &mut Lowering<'_>) -> Vec<SessionProgram> {
    let mut first_slot = 0_u16;
    let mut made = Vec::new();
    for session in &lowering.module.sessions {
        let values: Vec<u32> = session.values.iter().map(|value| lowering.expression(&value.value)).collect();
        let count = u16::try_from(values.len()).unwrap_or(u16::MAX);
        made.push(SessionProgram {
            session: session.clone(),
            first_slot,
            values,
            changes: session
                .changes
                .iter()
                .map(|(slot, value)| (*slot, lowering.expression(value)))
                .collect(),
            checks: session.checks.iter().map(|check| lowering.expression(check)).collect(),
            until: session.until.as_ref().map(|until| lowering.expression(until)),
        });
        first_slot = first_slot.saturating_add(count);
    }
    in_turn(lowering, &made);
    made
}

/// A party's sessions are opened in the order in which they stand: what opens one knows what those before it have told.
fn in_turn(lowering: &mut Lowering<'_>, sessions: &[SessionProgram]) {
    for (place, session) in sessions.iter().enumerate() {
        let Some(call) = session.session.open else { continue };
        let read = reads(lowering, call);
        for later in sessions.iter().skip(place + 1).filter(|later| later.session.open.is_some()) {
            let own = |slot: u16| later.session.values.get(usize::from(slot.checked_sub(later.first_slot)?));
            let Some(value) = read.iter().find_map(|slot| own(*slot)) else { continue };
            let opens = lowering.module.calls.get(usize::from(call.0)).map(|call| call.name.clone());
            let kind = LowerErrorKind::SessionBehind(
                opens.unwrap_or_default(),
                value.name.clone(),
                later.session.name.clone(),
            );
            lowering.error(session.session.span, kind);
        }
    }
}

/// The session values that a call's request, or the address that it goes to, reads: slots.
fn reads(lowering: &Lowering<'_>, call: CallId) -> Vec<u16> {
    let Some(call) = lowering.module.calls.get(usize::from(call.0)) else { return Vec::new() };
    let mut slots = Vec::new();
    let mut see = |load: &Load| {
        if load.space == Space::Session {
            slots.push(load.slot);
        }
    };
    let expressions = &lowering.program.expressions;
    let code = lowering.regions.get(usize::from(call.request.0)).cloned();
    for code in code.and_then(|region| expressions.code.get(region)).unwrap_or_default() {
        if let Code::Load(load) = code
            && let Some(load) = expressions.loads.get(*load as usize)
        {
            see(load);
        }
    }
    let post = lowering.module.links.get(usize::from(call.link)).and_then(|link| link.post.as_ref());
    if let Some((_, path)) = post {
        each_load(path, &mut see);
    }
    slots
}
