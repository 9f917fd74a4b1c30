//! What takes a step back: the reversal of its provider, another service, and the posting that puts it right where neither has
//! (`flows.md` 4 and 7).
//!
//! In: the lines of a step. Out: services with mappings of their own, problems. It must not know when they run.

use super::super::path::Scope;
use super::{Maker, Target};
use crate::model::{Call, CallId, FlowStep, Mapping, Module, ServiceKind, Space, StepTarget, Undo};
use crate::source::Span;
use crate::tree;

impl Maker<'_, '_, '_> {
    /// A service that takes back, and how its ask is filled; `what` names the ask.
    pub(super) fn taking_back(
        &mut self,
        (service, mappings): (&tree::Path, Option<&tree::Block<tree::Mapping>>),
        scope: &mut Scope,
        what: &str,
    ) -> Option<(u16, Vec<Mapping>)> {
        let (target, ask, _, _) = self.target(service);
        let StepTarget::Service(place) = target else { return None };
        let into = Target { shape: ask, space: Space::Ask, call: u16::MAX, level: 0 };
        let mappings = mappings.map_or_else(Vec::new, |block| self.mappings(block, scope, into, what));
        Some((place, mappings))
    }

    /// A correction stands beside an undo, moves money as that does, and comes only when no copy of a reversal can come any more.
    pub(super) fn correctable(&mut self, step: &FlowStep, span: Span) {
        let name = &step.name;
        let posts = step.correct.as_ref().is_some_and(|(service, _)| {
            let service = self.resolver.services.get(usize::from(*service));
            service.is_none_or(|service| service.kind == ServiceKind::Posting)
        });
        if !posts || !matches!(step.undo, Undo::Provider | Undo::Service(..)) {
            let (what, help) = if posts {
                (
                    "nothing is undone that `correct` could put right",
                    "write `undo` as well, or take `correct` away",
                )
            } else {
                (
                    "`correct` names no posting",
                    "name a service that moves the money the other way: `correct bank.credit { … }`",
                )
            };
            self.resolver.report.error("TS0753", span, what).note(format!(
                "1. `{name}` holds, and a later step is refused\n2. `{name}` is undone; its party says that it is too late\n3. it is held: two persons let `correct` put it right, by a posting of its own"
            )).help(help);
            return;
        }
        // A reversal leaves as a way out of what is unknown too, whatever undoes the step.
        let bare = match step.target {
            StepTarget::Call(id) => {
                let call = self.module.calls.get(usize::from(id.0));
                call.and_then(|call| Some((self.module, call, never_over(self.module, call, id)?)))
            }
            StepTarget::Service(service) => self.modules.iter().find_map(|module| {
                let calls = module.calls.iter().zip(0_u16..);
                let mut provides = calls.filter(|(call, _)| call.ours && call.service == Some(service));
                provides.find_map(|(call, id)| Some((&**module, call, never_over(module, call, CallId(id))?)))
            }),
            StepTarget::People | StepTarget::Flow | StepTarget::Awaited(_) => None,
        };
        let Some((module, call, back)) = bare else { return };
        let (party, back) = (&module.name, back.name.clone());
        self.resolver
            .report
            .error("TS0754", span, format!("nobody knows when `{name}` can be put right: `{back}` of {party} may still come"))
            .at(call.span, "neither it nor what takes it back promises a quiet time")
            .note(format!(
                "1. `{back}` leaves, and is late; people find that `{name}` holds, or a second copy is refused\n2. `{name}` is held; two persons let `correct` put it right: that holds\n3. the copy of 1 arrives, and {party} takes `{name}` back: twice"
            ))
            .help(format!("write `promises quiet DUR` at `{back}` or at `{}`, or take `correct` away", call.name));
    }

    /// Each provider of the service must have a call that undoes it.
    pub(super) fn undoable(&mut self, target: StepTarget, span: Span) {
        let StepTarget::Service(service) = target else { return };
        for module in self.modules {
            for (place, call) in module.calls.iter().enumerate() {
                if !call.ours || call.service != Some(service) {
                    continue;
                }
                let id = CallId(u16::try_from(place).unwrap_or(u16::MAX));
                if !module.calls.iter().any(|other| other.undoes.contains(&id)) {
                    let path = self.resolver.services[usize::from(service)].path.clone();
                    self.resolver
                        .report
                        .error("TS0713", span, format!("nothing undoes `{}` of {}", call.name, module.name))
                        .at(call.span, format!("it provides {path}"))
                        .note(format!(
                            "1. {0} holds `{1}`\n2. a later step is refused: `{1}` is to be undone\n3. {0} has no call that takes it back: it holds there, and the flow never ends",
                            module.name, call.name
                        ))
                        .help("declare the reversal: `call NAME undoes …`, or write `undo SERVICE { … }`, or `keep \"why\"`");
                    return;
                }
            }
        }
    }
}

/// The reversal of a call, where no time is promised after which no copy of it comes any more.
fn never_over<'m>(module: &'m Module, call: &Call, id: CallId) -> Option<&'m Call> {
    let back = module.calls.iter().find(|back| back.ours && back.undoes.contains(&id))?;
    let quiet = call.promises.quiet_ms.max(back.promises.quiet_ms);
    quiet.is_none().then_some(back)
}
