//! Holds that lapse: what a party lets go of by itself outlives what the flow still has to find out (`flows.md` 9, kind 22).
//!
//! In: all modules with their flows. Out: problems. Behind a step whose call `holds DUR`, the longest times of all that comes
//! up to the last posting at the same party, which takes what is held, are added up: each try, each pause, each quiet time
//! of a way out of `unknown`, until it parks; the longest of several branches.

use super::Resolver;
use crate::model::{Call, CallId, Flow, FlowNode, FlowStep, Module, ServiceKind, StepTarget, Way};
use crate::source::Span;
use crate::value::Pauses;
use std::sync::Arc;

/// The longest wait for an answer where the link says nothing, as the gateway has it.
pub(super) const ANSWER_MS: u64 = 30_000;
/// What is repeated until the cut-over is repeated for a day at most.
const DAY_MS: u64 = 86_400_000;
/// So many pauses are added up one by one.
const PAUSES: u32 = 10_000;

/// Reports holds that may lapse before the flow has come to what needs them.
pub(super) fn holds(resolver: &mut Resolver, modules: &[Arc<Module>]) {
    let lapses = |call: &Call| call.promises.holds_ms.is_some();
    if !modules.iter().flat_map(|module| &module.calls).any(lapses) {
        return;
    }
    for module in modules {
        for flow in &module.flows {
            let book = Book { resolver, modules, module, flow };
            let mut found = Vec::new();
            book.look(&flow.body, &mut Vec::new(), &mut found);
            for each in &flow.loops {
                book.look(&each.body, &mut Vec::new(), &mut found);
            }
            found.into_iter().for_each(|lapse| lapse.report(resolver));
        }
    }
}

struct Book<'m> {
    resolver: &'m Resolver,
    modules: &'m [Arc<Module>],
    module: &'m Module,
    flow: &'m Flow,
}

/// What is held, and since when.
struct Held<'m> {
    step: &'m FlowStep,
    call: &'m Call,
    party: &'m Module,
    holds_ms: u64,
    spent_ms: u64,
}

/// A hold that may lapse.
struct Lapse {
    held: Box<str>,
    party: Box<str>,
    holds_ms: u64,
    at: Span,
    promised: Span,
    too_long: TooLong,
    takes: Box<str>,
}

/// What takes too long.
struct TooLong {
    what: Slow,
    span: Span,
}

enum Slow {
    /// A step, and how long it may take with all before it.
    Step(Box<str>, u64),
    /// Something that ends when others end it.
    Open(&'static str),
}

impl Slow {
    fn at(self, span: Span) -> TooLong {
        TooLong { what: self, span }
    }
}

impl<'m> Book<'m> {
    /// Looks for holds. `behind`: what comes behind these statements, the nearest last.
    fn look<'n>(&self, nodes: &'n [FlowNode], behind: &mut Vec<&'n [FlowNode]>, found: &mut Vec<Lapse>)
    where
        'm: 'n,
    {
        for (place, node) in nodes.iter().enumerate() {
            let rest = nodes.get(place + 1..).unwrap_or_default();
            behind.push(rest);
            match node {
                FlowNode::Step(step) => {
                    found.extend(self.held(*step).and_then(|held| self.lapse(held, behind)));
                }
                FlowNode::Together(inner, _) => self.look(inner, behind, found),
                FlowNode::Choose { cases, other, .. } => {
                    for (_, inner) in cases {
                        self.look(inner, behind, found);
                    }
                    self.look(other, behind, found);
                }
                _ => {}
            }
            behind.pop();
        }
    }

    fn held(&self, step: u16) -> Option<Held<'m>> {
        let step = self.flow.steps.get(usize::from(step))?;
        let calls = self.calls(step);
        let (party, call) =
            calls.into_iter().min_by_key(|(_, call)| call.promises.holds_ms.unwrap_or(u64::MAX))?;
        Some(Held { step, call, party, holds_ms: call.promises.holds_ms?, spent_ms: 0 })
    }

    fn lapse(&self, mut held: Held<'m>, behind: &[&'m [FlowNode]]) -> Option<Lapse> {
        let all: Vec<&FlowNode> = behind.iter().rev().flat_map(|nodes| nodes.iter()).collect();
        let last = all.iter().rposition(|node| self.takes(node, &held).is_some())?;
        let takes = self.takes(all.get(last)?, &held)?;
        let needed = all.get(..=last)?;
        let too_long = needed.iter().find_map(|node| self.spend(node, &mut held).err())?;
        Some(Lapse {
            held: held.step.name.clone(),
            party: held.party.name.clone(),
            holds_ms: held.holds_ms,
            at: held.step.span,
            promised: held.call.span,
            too_long,
            takes,
        })
    }

    /// The last posting there at the party that holds.
    fn takes(&self, node: &FlowNode, held: &Held<'m>) -> Option<Box<str>> {
        match node {
            FlowNode::Step(step) => {
                let step = self.flow.steps.get(usize::from(*step))?;
                let there = self.calls(step).iter().any(|(party, _)| std::ptr::eq(*party, held.party));
                (there && self.posts(step)).then(|| step.name.clone())
            }
            FlowNode::Together(inner, _) => inner.iter().rev().find_map(|node| self.takes(node, held)),
            FlowNode::Choose { cases, other, .. } => {
                let inner = cases.iter().map(|(_, inner)| inner).chain([other]);
                inner.flat_map(|inner| inner.iter().rev()).find_map(|node| self.takes(node, held))
            }
            _ => None,
        }
    }

    /// Adds the longest time of a statement; what it is that takes too long.
    fn spend(&self, node: &FlowNode, held: &mut Held<'m>) -> Result<(), TooLong> {
        match node {
            FlowNode::Step(place) => {
                let Some(step) = self.flow.steps.get(usize::from(*place)).filter(|step| !step.best_effort)
                else {
                    return Ok(());
                };
                held.spent_ms = held.spent_ms.saturating_add(self.longest(step));
                if held.spent_ms > held.holds_ms {
                    return Err(Slow::Step(step.name.clone(), held.spent_ms).at(step.span));
                }
            }
            FlowNode::Together(inner, _) => self.branches(std::iter::once(inner), true, held)?,
            FlowNode::Choose { cases, other, .. } => {
                self.branches(cases.iter().map(|(_, inner)| inner).chain([other]), false, held)?;
            }
            FlowNode::Hold { span, .. } => {
                return Err(Slow::Open("people decide, and take the time they need").at(*span));
            }
            FlowNode::WaitUntil { span, .. } => {
                return Err(Slow::Open("it is waited until a moment that only the ask knows").at(*span));
            }
            FlowNode::Await { step, up_to_ms, .. } => {
                held.spent_ms = held.spent_ms.saturating_add(*up_to_ms);
                if let Some(step) =
                    self.flow.steps.get(usize::from(*step)).filter(|_| held.spent_ms > held.holds_ms)
                {
                    return Err(Slow::Step(step.name.clone(), held.spent_ms).at(step.span));
                }
            }
            FlowNode::WaitFor(of) | FlowNode::Each(of) => {
                let Some(each) = self.flow.loops.get(usize::from(*of)) else { return Ok(()) };
                return Err(Slow::Open(
                    "rows are worked off, and nobody knows how long the last of them takes",
                )
                .at(each.span));
            }
            _ => {}
        }
        Ok(())
    }

    /// The longest of several branches; of steps side by side the longest one.
    fn branches<'n>(
        &self,
        branches: impl Iterator<Item = &'n Vec<FlowNode>>,
        together: bool,
        held: &mut Held<'m>,
    ) -> Result<(), TooLong> {
        let begun = held.spent_ms;
        let mut longest = begun;
        for branch in branches {
            held.spent_ms = begun;
            for node in branch {
                if together {
                    held.spent_ms = begun;
                }
                self.spend(node, held)?;
                longest = longest.max(held.spent_ms);
            }
        }
        held.spent_ms = longest;
        Ok(())
    }

    fn posts(&self, step: &FlowStep) -> bool {
        let StepTarget::Service(service) = step.target else { return false };
        let service = self.resolver.services.get(usize::from(service));
        service.is_some_and(|service| matches!(service.kind, ServiceKind::Posting | ServiceKind::Batch))
    }

    /// The calls that do a step, of the party that is named if one is.
    fn calls(&self, step: &FlowStep) -> Vec<(&'m Module, &'m Call)> {
        match step.target {
            StepTarget::Call(id) => {
                self.module.calls.get(usize::from(id.0)).map(|call| (self.module, call)).into_iter().collect()
            }
            StepTarget::Service(service) => super::balance::at(self.modules, step)
                .flat_map(|module| module.calls.iter().map(move |call| (module, call)))
                .filter(|(_, call)| call.ours && call.service == Some(service))
                .collect(),
            StepTarget::People | StepTarget::Flow | StepTarget::Awaited(_) => Vec::new(),
        }
    }

    /// How long a step may take until it has ended, or parks.
    fn longest(&self, step: &FlowStep) -> u64 {
        let calls = self.calls(step);
        let call = calls.iter().map(|(party, call)| resolution(party, call, true)).max().unwrap_or_default();
        let again = match &step.again {
            Some(Way::Repeat { pauses, times }) => {
                paused(pauses, *times).saturating_add(call.saturating_mul(u64::from(times.unwrap_or(0))))
            }
            _ => 0,
        };
        call.saturating_add(again)
    }
}

/// The longest time of a call, from its first octet until it has ended or parks.
fn resolution(party: &Module, call: &Call, may_undo: bool) -> u64 {
    let answer = answer(party, call);
    let of = |id: &CallId| party.calls.get(usize::from(id.0));
    let ways = call.unknown.iter().map(|way| match way {
        // Asked so often, and once more after the quiet time.
        Way::Enquire { with, pauses, times } => {
            let each = of(with).map_or(ANSWER_MS, |with| self::answer(party, with));
            let tries = u64::from(*times) + 1;
            let quiet = call.promises.settled_ms().unwrap_or_default();
            paused(pauses, Some(*times)).max(quiet).saturating_add(each.saturating_mul(tries))
        }
        Way::Repeat { pauses, times } => {
            paused(pauses, *times).saturating_add(answer.saturating_mul(u64::from(times.unwrap_or(0))))
        }
        // A reversal is not reversed.
        Way::Undo { with } => of(with).filter(|_| may_undo).map_or(0, |back| {
            let quiet = back.promises.settled_ms().or(call.promises.settled_ms()).unwrap_or_default();
            resolution(party, back, false).saturating_add(quiet)
        }),
        Way::Park | Way::Refuse(_) => 0,
    });
    ways.fold(answer, u64::saturating_add)
}

fn answer(party: &Module, call: &Call) -> u64 {
    let link = party.links.get(usize::from(call.link));
    let connect = link.and_then(|link| link.connect_ms).unwrap_or_default();
    link.and_then(|link| link.answer_ms).unwrap_or(ANSWER_MS).saturating_add(connect)
}

/// All pauses together.
fn paused(pauses: &Pauses, times: Option<u32>) -> u64 {
    let Some(times) = times else { return DAY_MS };
    (0..times.min(PAUSES)).fold(0, |sum: u64, tried| sum.saturating_add(pauses.before(tried)))
}

/// `1h 12m`.
pub(super) fn words(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

impl Lapse {
    fn report(self, resolver: &mut Resolver) {
        let Self { held, party, holds_ms, at, promised, too_long, takes } = self;
        let holds = words(holds_ms);
        let (title, label, second, help) = match &too_long.what {
            Slow::Step(step, spent) => (
                format!("what `{held}` holds may lapse before `{step}` has ended"),
                format!("up to {} behind `{held}`", words(*spent)),
                format!(
                    "an answer of {step} is lost; what became of it is known after up to {}",
                    words(*spent)
                ),
                format!(
                    "let `{step}` park sooner (fewer tries, shorter pauses), or agree on a longer hold with {party}"
                ),
            ),
            Slow::Open(why) => (
                format!("what `{held}` holds may lapse in between"),
                "takes as long as it takes".to_owned(),
                (*why).to_owned(),
                format!("put it before `{held}`"),
            ),
        };
        let third = match &too_long.what {
            Slow::Step(step, _) if *step != takes => {
                format!("{step} turns out to be done; {takes} is refused, for nothing is held any more")
            }
            _ => format!(
                "{takes} is refused, for nothing is held any more; what was done in between stays done"
            ),
        };
        resolver
            .report
            .error("TS0749", too_long.span, title)
            .label(label)
            .at(at, format!("held for {holds}"))
            .at(promised, "as promised here")
            .note(format!("1. {held}: {party} holds for {holds}\n2. {second}\n3. after {holds} {party} lets go\n4. {third}"))
            .help(help);
    }
}
