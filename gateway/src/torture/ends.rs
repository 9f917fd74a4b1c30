//! Which ends a posting has, and what it may meet on its way to each: what a campaign ought to reach.
//!
//! In: the adapters of the cast, the flows. Out: [`Ends`] of each call that posts. An end or a misfortune that is left out here is
//! one that cannot be, as adapters, links and flows say themselves; nothing is left out by name.

use super::addresses::is_file;
use super::ground::{Actor, GATEWAY, TAKEN_OVER};
use conformance::faults::NetworkFault;
use conformance::world::Fault;
use dsl::flow::{FlowProgram, Undo};
use dsl::model::{CallId, LinkKind, Way};
use dsl::program::{CallProgram, Compiled};
use std::collections::BTreeSet;
use store::OperationState;

/// What is said of a posting of which more than one copy left, and of one that was done after its outcome had not been known.
pub(super) const AGAIN: &str = "sent again";
pub(super) const LATER: &str = "done later";

/// A call's ends that a campaign ought to reach, and what it ought to meet on its way to each.
#[derive(Debug)]
pub(super) struct Ends {
    /// With its module, as the journal has it.
    pub(super) call: String,
    /// The party's folder, and the call there.
    pub(super) folder: String,
    pub(super) name: String,
    /// Its party's business date changes at midnight.
    pub(super) by_the_calendar: bool,
    /// It cannot be refused.
    pub(super) assured: bool,
    /// Nothing but the answer to itself says how it ended.
    pub(super) only_answered: bool,
    /// The party's calls that take it back, and those that ask what became of it.
    pub(super) backs: Vec<String>,
    pub(super) questions: Vec<String>,
    /// Each end with what may be met on the way to it.
    pub(super) ends: Vec<(&'static str, Vec<&'static str>)>,
    /// What may go wrong beside it at all.
    misfortunes: Vec<&'static str>,
}

impl Ends {
    /// Whether it can end so with this on its way; of what is no end (it waits for people) no more is known than what can go wrong.
    pub(super) fn may_meet(&self, end: &str, what: &str) -> bool {
        let known = self.ends.iter().find(|(known, _)| *known == end);
        known.map_or(&self.misfortunes, |(_, met)| met).contains(&what)
    }
}

/// Of all calls that postings of the cast go through: what can be taken back is to be taken back at least once, what may be
/// repeated is to be repeated.
pub(super) fn ends(cast: &[Actor], compiled: &Compiled) -> Vec<Ends> {
    let undone = taken_back(compiled);
    let mut all = Vec::new();
    for actor in cast {
        let module = &actor.loaded.bank.module;
        for (call, id) in module.calls.iter().zip(0_u16..) {
            let Some(link) = module.links.get(usize::from(call.call.link)) else { continue };
            // Files are no part of a campaign.
            let posts = call.call.ours && !call.call.unknown.is_empty() && call.call.undoes.is_empty();
            if !posts || is_file(link.link.kind) {
                continue;
            }
            let name = format!("{}.{}", actor.module, call.call.name);
            let misfortunes = misfortunes(actor, link.link.kind);
            let known = Known {
                back_at_once: module.sessions.is_empty() && taken_back_first(call),
                ..Known::of(call, undone.contains(&name))
            };
            let met = |end| misfortunes.iter().copied().filter(|what| known.may_meet(end, what)).collect();
            let ours = || module.calls.iter().filter(|other| other.call.ours);
            let backs = ours().filter(|other| other.call.undoes.contains(&CallId(id)));
            let questions = ours().filter(|other| other.call.settles.contains(&CallId(id)));
            all.push(Ends {
                call: name,
                folder: actor.folder.clone(),
                name: call.call.name.to_string(),
                by_the_calendar: module.cut_over.unwrap_or(0) == 0,
                assured: call.call.promises.assured,
                only_answered: known.only_answered,
                backs: backs.map(|other| other.call.name.to_string()).collect(),
                questions: questions.map(|other| other.call.name.to_string()).collect(),
                ends: known.ends().into_iter().map(|end| (end, met(end))).collect(),
                misfortunes,
            });
        }
    }
    all
}

/// Calls that a step of a flow takes back where the flow is refused or cancelled.
fn taken_back(compiled: &Compiled) -> BTreeSet<String> {
    fn of(flow: &FlowProgram, all: &mut BTreeSet<String>) {
        for step in &flow.steps {
            let calls = step.calls.iter().filter_map(|call| flow.call(*call));
            let back = calls.filter(|call| match step.undo {
                Undo::Provider => call.back.is_some(),
                Undo::By(_) => true,
                Undo::Keep | Undo::Nothing => false,
            });
            all.extend(back.map(|call| call.name.to_string()));
        }
        flow.loops.iter().for_each(|rows| of(&rows.body, all));
    }
    let mut all = BTreeSet::new();
    let flows = compiled.modules.iter().flat_map(|module| &module.flows);
    flows.for_each(|tables| of(&tables.program, &mut all));
    all
}

/// What may go wrong with the gateway, on the lines of such a link, and in the party that is asked over it.
fn misfortunes(actor: &Actor, kind: LinkKind) -> Vec<&'static str> {
    // A wrong octet is found out by a seal alone; HTTP has one answer to a request.
    let lines = NetworkFault::ALL
        .into_iter()
        .filter(|fault| actor.sealed.is_some() || *fault != NetworkFault::Corrupt);
    let once = matches!(kind, LinkKind::Http | LinkKind::Https);
    let own = actor.faults().into_iter().filter(|fault| !once || *fault != Fault::DuplicateReply);
    let own: Vec<&str> = own.map(|fault| fault.name()).collect();
    GATEWAY.into_iter().chain(lines.map(NetworkFault::name)).chain(own).collect()
}

/// What an adapter and the flows say of a call, as far as its ends hang on it.
#[derive(Clone, Copy, Debug)]
struct Known {
    assured: bool,
    /// More copies than one may leave.
    repeats: bool,
    /// Nothing but the answer to itself says how it ended.
    only_answered: bool,
    /// Where it is unknown, it is taken back before anything else is done, and that can always be written.
    back_at_once: bool,
    /// A flow takes it back when it holds.
    taken_back: bool,
}

/// Whether what is unknown is taken back before anything else is done. (A reversal that needs a session may fail to be written: then it
/// waits for people, and a late answer ends it.)
fn taken_back_first(call: &CallProgram) -> bool {
    matches!(call.call.unknown.first(), Some(Way::Undo { .. }))
}

impl Known {
    fn of(call: &CallProgram, taken_back: bool) -> Self {
        let ways = &call.call.unknown;
        Self {
            assured: call.call.promises.assured,
            repeats: ways.iter().any(|way| matches!(way, Way::Repeat { .. })),
            only_answered: ways.iter().all(|way| matches!(way, Way::Park)),
            back_at_once: false,
            taken_back,
        }
    }

    fn ends(self) -> Vec<&'static str> {
        let mut ends = vec![OperationState::Done.word()];
        ends.extend((!self.assured).then_some(OperationState::Refused.word()));
        ends.extend(self.taken_back.then_some(OperationState::Undone.word()));
        ends.extend(self.repeats.then_some(AGAIN));
        // When a reversal has left, `done` is closed.
        ends.extend((!self.back_at_once).then_some(LATER));
        ends
    }

    /// Whether a posting may come to that end though this befell it: its own request, its own answer, its node.
    fn may_meet(self, end: &str, what: &str) -> bool {
        let (refused, undone) = (end == OperationState::Refused.word(), end == OperationState::Undone.word());
        let lost = what == Fault::DropRequest.name();
        // What a party never saw does not hold there, unless another copy came.
        if lost && !refused && !self.repeats {
            return false;
        }
        let unheard = [Fault::DropReply, Fault::Close, Fault::WrongSeal, Fault::Garble, Fault::Truncate];
        let unheard = lost || unheard.iter().any(|fault| fault.name() == what);
        // What is taken back was done before, and may have a new node meanwhile; who takes over finds an intent, and has no
        // connection on which an answer would come.
        let unheard = unheard || what == TAKEN_OVER && !undone;
        let late = what == Fault::Delay(0).name();
        // Nothing else tells how it ended; or it is taken back as soon as its answer does not come in time.
        !(self.only_answered && unheard || self.back_at_once && !refused && (unheard || late))
    }
}

#[cfg(test)]
mod tests;
