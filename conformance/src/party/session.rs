//! Sessions as the party holds them: values it drew or was told, by member, with the ones before while they overlap.

use crate::scene::{Scene, evaluate_here};
use dsl::evaluate::Value;
use dsl::model::CallId;
use dsl::program::{ModuleProgram, SessionProgram};
use link::Mark;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has signed in.
    None,
    /// It holds.
    Open,
    /// It held; the party takes it no more.
    Expired,
}

/// The values of all sessions of one member (or of the party), by slot.
#[derive(Clone, Debug)]
struct Held {
    values: Vec<Value<'static>>,
    before: Option<(Vec<Value<'static>>, Mark)>,
    standing: Standing,
}

/// Values that hold once a call has been answered, and how long those before them stay good.
pub(crate) type Opened = (Vec<Value<'static>>, Duration);

fn opened_by(module: &ModuleProgram, call: CallId) -> impl Iterator<Item = &SessionProgram> {
    module.sessions.iter().filter(move |session| session.session.open == Some(call))
}

/// Draws what a call hands to the other side for its session.
pub(crate) fn draw(scene: &mut Scene, call: CallId) {
    let module = Arc::clone(&scene.adapter.module);
    for session in opened_by(&module, call) {
        let values = session.session.values.iter().zip(&session.values);
        for (slot, (_, expression)) in
            (usize::from(session.first_slot)..).zip(values).filter(|(_, (value, _))| value.make)
        {
            let drawn = evaluate_here(scene, *expression).unwrap_or(Value::Absent);
            if let Some(place) = scene.session.get_mut(slot) {
                *place = drawn;
            }
        }
    }
}

/// What holds once a call that opens a session, or changes values of one, has been answered; the scene knows its messages.
///
/// # Errors
/// A value that cannot be had, in words.
pub(crate) fn opened(scene: &mut Scene, call: CallId) -> Result<Option<Opened>, String> {
    let module = Arc::clone(&scene.adapter.module);
    let mut overlap = None;
    for session in opened_by(&module, call) {
        let values =
            (usize::from(session.first_slot)..).zip(session.session.values.iter().zip(&session.values));
        let kept =
            values.filter(|(_, (value, _))| !value.make).map(|(slot, (_, expression))| (slot, *expression));
        let changed = session.changes.iter().map(|(slot, expression)| (usize::from(*slot), *expression));
        for (slot, expression) in kept.chain(changed) {
            let value = evaluate_here(scene, expression);
            let value = value.map_err(|fault| format!("the session's values: {fault:?}"))?;
            if let Some(place) = scene.session.get_mut(slot) {
                *place = value;
            }
        }
        overlap = overlap.max(Some(Duration::from_millis(session.session.overlap_ms)));
    }
    Ok(overlap.map(|overlap| (scene.session.clone(), overlap)))
}

/// All sessions by member; the empty name where they are the party's.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    held: BTreeMap<String, Held>,
}

impl Sessions {
    /// The values that hold, and those before them while they may still be used; newest first.
    pub(crate) fn values(&self, member: &str, now: Mark) -> Vec<Vec<Value<'static>>> {
        let Some(held) = self.held.get(member) else { return Vec::new() };
        let before = held.before.iter().filter(|(_, until)| now < *until).map(|(values, _)| values.clone());
        std::iter::once(held.values.clone()).chain(before).collect()
    }

    pub(crate) fn standing(&self, member: &str) -> Standing {
        self.held.get(member).map_or(Standing::None, |held| held.standing)
    }

    /// New values hold from now on.
    pub(crate) fn open(&mut self, member: &str, values: Vec<Value<'static>>, now: Mark, overlap: Duration) {
        let before = self.held.remove(member).filter(|held| held.standing == Standing::Open);
        let before = before.map(|held| (held.values, now.after(overlap)));
        self.held.insert(member.to_owned(), Held { values, before, standing: Standing::Open });
    }

    /// Values to seal refusals with where nobody has signed in yet.
    pub(crate) fn provisional(&mut self, member: &str, values: Vec<Value<'static>>) {
        let held = Held { values, before: None, standing: Standing::None };
        self.held.entry(member.to_owned()).or_insert(held);
    }

    /// Nobody is signed in any more; the keys are still known.
    pub(crate) fn expire(&mut self) {
        for held in self.held.values_mut() {
            held.before = None;
            if held.standing == Standing::Open {
                held.standing = Standing::Expired;
            }
        }
    }

    /// The party has lost its keys.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    /// One member signs off.
    pub(crate) fn close(&mut self, member: &str) {
        if let Some(held) = self.held.get_mut(member) {
            held.standing = Standing::None;
        }
    }
}
