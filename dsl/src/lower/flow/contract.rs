//! What a flow knows of a call of a party: what is promised, the ways out of unknown, the way back.
//!
//! In: the model and a call of one of its modules. Out: the call's contract for the interpreter, and all that flows of
//! other modules see of a module. It must not know steps or messages' octets.

use super::super::layout::expressions;
use super::super::{expression, module::kind_of};
use crate::flow::{Back, CallContract, CallKind, Repeats, Way as FlowWay};
use crate::model::{Call, CallId, ExprKind, Load, Model, Module, ServiceKind, Space, Way};
use crate::value::Pauses;
use std::collections::BTreeSet;

/// What flows of other modules see of a module: while it stays the same, so do they.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// Contracts of the calls that provide services.
    provided: Vec<(u16, CallContract)>,
    /// Services of which what a party asked may be taken back by it.
    taken_back: BTreeSet<u16>,
}

impl Seen {
    /// What is seen of this module of the model.
    #[must_use]
    pub fn of(model: &Model, module: &Module) -> Self {
        let provided = |(call, id): (&Call, u16)| {
            let service = call.service.filter(|_| call.ours)?;
            Some((service, contract(model, module, CallId(id))?))
        };
        Self {
            provided: module.calls.iter().zip(0_u16..).filter_map(provided).collect(),
            taken_back: taken_back(module).collect(),
        }
    }

    /// The services for which this speaks.
    pub fn services(&self) -> impl Iterator<Item = u16> {
        self.provided.iter().map(|(service, _)| *service).chain(self.taken_back.iter().copied())
    }
}

/// Services of which what a party asked may be taken back by it.
pub(super) fn taken_back(module: &Module) -> impl Iterator<Item = u16> {
    let served = |id: &CallId| module.calls.get(usize::from(id.0)).filter(|undone| !undone.ours)?.service;
    module.calls.iter().filter(|call| !call.ours).flat_map(move |call| call.undoes.iter().filter_map(served))
}

/// The contract of a call of the module.
pub(super) fn contract(model: &Model, module: &Module, id: CallId) -> Option<CallContract> {
    let call = module.calls.get(usize::from(id.0))?;
    let name = |call: &Call| format!("{}.{}", module.name, call.name).into_boxed_str();
    let promises = &call.promises;
    let ways = call.unknown.iter().filter_map(|way| {
        Some(match way {
            Way::Enquire { with, pauses, times } => {
                let enquiry = module.calls.get(usize::from(with.0))?;
                FlowWay::Enquire {
                    with: name(enquiry),
                    pauses: pauses.clone(),
                    times: *times,
                    proves_done_only: enquiry.promises.proves_done_only,
                }
            }
            Way::Repeat { pauses, times } => FlowWay::Repeat { pauses: pauses.clone(), times: *times },
            Way::Undo { .. } => FlowWay::Reverse,
            Way::Park => FlowWay::Park,
            Way::Refuse(reason) => FlowWay::Refuse(model.symbols.text(*reason).into()),
        })
    });
    let back = module.calls.iter().find(|back| back.ours && back.undoes.contains(&id));
    Some(CallContract {
        name: name(call),
        party: module.name.clone(),
        kind: match kind_of(model, call) {
            ServiceKind::Query => CallKind::Query,
            ServiceKind::Posting | ServiceKind::Batch => CallKind::Posting,
            ServiceKind::Notice => CallKind::Notice,
        },
        keyed: !call.once.is_empty(),
        limited: module.links.get(usize::from(call.link)).is_some_and(|link| link.answer_ms.is_some()),
        repeats: if promises.same_answer {
            Repeats::SameAnswer
        } else if promises.same_answer_when_done {
            Repeats::SameAnswerWhenDone
        } else if promises.says_duplicate {
            Repeats::SaysDuplicate
        } else {
            Repeats::Nothing
        },
        quiet_ms: promises.settled_ms(),
        assured: promises.assured,
        new_serial: module.sessions.iter().any(|session| session.new_serial && !session.renew.is_empty()),
        ways: ways.collect(),
        back: back.map(|back| reversal(module, back, name(back))),
    })
}

/// The reversal's contract; its pauses are those of its own first repetition.
fn reversal(module: &Module, back: &Call, name: Box<str>) -> Back {
    let repeat = back.unknown.iter().find_map(|way| match way {
        Way::Repeat { pauses, times } => Some((pauses.clone(), times.unwrap_or(u32::MAX))),
        _ => None,
    });
    let (pauses, times) = repeat.unwrap_or((Pauses::Given(Box::default()), 0));
    let request = module.messages.get(usize::from(back.request.0));
    let names_original = request.is_some_and(|message| {
        expressions(message).into_iter().any(|expression| {
            let mut found = false;
            expression::walk(expression, &mut Vec::new(), &mut |one, _| {
                found |= matches!(
                    &one.kind,
                    ExprKind::Load(Load {
                        space: Space::Original | Space::OriginalRequest | Space::OriginalReply,
                        ..
                    })
                );
            });
            found
        })
    });
    Back {
        name,
        repeatable: back.promises.repeatable,
        remembered: back.promises.remembered,
        within_business_date: back.promises.within_business_date,
        names_original,
        quiet_ms: back.promises.settled_ms(),
        pauses,
        times,
    }
}
