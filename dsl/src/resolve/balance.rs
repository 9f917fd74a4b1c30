//! What the steps of a flow move, compared: moved 100 and paid 99 is refused (`flows.md` 9, kind 29).
//!
//! In: all modules with their flows. Out: problems. Amounts are compared as sums on each route through a flow or a row. What a
//! step moves is covered where other steps together move the same, by what the route's `check`s say if need be.
//!
//! Refused is a step that is not covered, though another one moves a part of it: it leaves something out, or adds
//! something, that nothing else moves. And a party none of whose steps is covered, beside another party that also moves
//! something. A fee in a step of its own, amounts that are split, and what a party itself said after the first of the
//! steps (what it gives back, what is left) are as they should be. So is what a book says that was asked to post.

mod accounts;
mod call;
mod form;
mod route;

use super::Resolver;
use super::resolution::New;
use crate::model::{
    Expr, ExprKind, Flow, FlowStep, Load, Mapping, Module, Service, ServiceKind, Shape, Space, StepTarget,
    Undo,
};
use crate::source::Span;
use crate::value::{Constant, ShapeId, Type};
use form::{Form, Parts};
use route::Route;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many steps together are compared with another.
const TOGETHER: usize = 4;
/// So many amounts that are known to be equal are made use of: each triples the ways in which they can be.
const TIES: usize = 8;

/// Reports what is new and moves amounts that do not go together. `modules` are all.
pub(super) fn balance(resolver: &mut Resolver, modules: &[Arc<Module>], of: &[New<'_>]) {
    for New { module, calls, flows } in of {
        for call in *calls {
            let Some(message) = module.messages.get(usize::from(call.request.0)) else { continue };
            let service = call.service.and_then(|service| resolver.services.get(usize::from(service)));
            let moves = |service: &Service| matches!(service.kind, ServiceKind::Posting | ServiceKind::Batch);
            if !service.is_some_and(moves) {
                continue;
            }
            for span in call::changed(call, message) {
                let (what, help) = if call.ours {
                    (
                        "sends another amount than it is asked for",
                        "send what the flow asks, `<- ask.amount`; a fee is a field of its own, in the message or in the ask",
                    )
                } else {
                    (
                        "asks for another amount than was sent",
                        "hand on what stands in the message, `-> ask.amount`; a fee is a step of the flow",
                    )
                };
                resolver
                    .report
                    .error("TS0751", span, format!("`{}` {what}", call.name))
                    .note("1. the flow takes an amount, and has it paid here\n2. another one is paid\n3. told DONE, and each time the books differ")
                    .help(help);
            }
        }
        for flow in flows {
            let found = Book::of(resolver, modules, module, flow).problems();
            found.into_iter().for_each(|problem| problem.report(resolver));
        }
    }
}

/// What a step moves.
struct Leg {
    step: u16,
    amounts: Vec<(Form, Span)>,
    parties: BTreeSet<usize>,
}

/// The parties that may do a step: the one that it names, if that is said by a text.
pub(super) fn at<'m>(modules: &'m [Arc<Module>], step: &FlowStep) -> impl Iterator<Item = &'m Module> {
    let named = match step.at.as_ref().and_then(Expr::as_constant) {
        Some(Constant::Text(name)) => Some(name.replace('-', "_")),
        _ => None,
    };
    let there = move |module: &&Module| named.as_deref().is_none_or(|name| *module.name == *name);
    modules.iter().map(|module| &**module).filter(there)
}

struct Book<'m> {
    resolver: &'m Resolver,
    modules: &'m [Arc<Module>],
    module: &'m Module,
    flow: &'m Flow,
    parts: Parts,
    legs: Vec<Leg>,
}

enum Problem {
    /// A step moves another amount than the one before it.
    Apart { leg: Moved, other: Moved, between: Option<String> },
    /// Its ways cannot all be looked at.
    TooMany { flow: Box<str>, span: Span },
    /// What puts a step right moves between other accounts, or is the same posting once more.
    Elsewhere(accounts::Elsewhere),
    /// What is given back is not what was taken.
    Undone { step: Box<str>, how: &'static str, taken: (Span, Option<String>), back: (Span, Option<String>) },
}

/// A step, who moves, and how much, in words.
struct Moved {
    step: Box<str>,
    party: String,
    amount: Option<String>,
    span: Span,
}

impl<'m> Book<'m> {
    fn of(resolver: &'m Resolver, modules: &'m [Arc<Module>], module: &'m Module, flow: &'m Flow) -> Self {
        let mut book = Self { resolver, modules, module, flow, parts: Parts::default(), legs: Vec::new() };
        for (place, step) in flow.steps.iter().enumerate() {
            if !book.moves(step.target) {
                continue;
            }
            let amounts = book.amounts(step.ask, &step.mappings);
            if !amounts.is_empty() {
                let parties = book.parties(step);
                book.legs.push(Leg { step: u16::try_from(place).unwrap_or(u16::MAX), amounts, parties });
            }
        }
        book
    }

    /// Whether money is asked for there.
    fn moves(&self, target: StepTarget) -> bool {
        let service = match target {
            StepTarget::Service(service) => Some(service),
            StepTarget::Call(call) => {
                self.module.calls.get(usize::from(call.0)).and_then(|call| call.service)
            }
            StepTarget::People | StepTarget::Flow | StepTarget::Awaited(_) => None,
        };
        let service = service.and_then(|service| self.resolver.services.get(usize::from(service)));
        service.is_some_and(|service| matches!(service.kind, ServiceKind::Posting | ServiceKind::Batch))
    }

    /// The modules whose books it moves in.
    fn parties(&self, step: &FlowStep) -> BTreeSet<usize> {
        let provides = |module: &Module| match step.target {
            StepTarget::Service(service) => {
                module.calls.iter().any(|call| call.ours && call.service == Some(service))
            }
            _ => std::ptr::eq(module, self.module),
        };
        let named: Vec<&Module> = at(self.modules, step).collect();
        let there = |module: &Module| named.iter().any(|one| std::ptr::eq(*one, module)) && provides(module);
        (0..self.modules.len()).filter(|place| there(&self.modules[*place])).collect()
    }

    fn shape(&self, shape: Option<ShapeId>) -> Option<&'m Shape> {
        self.resolver.shapes.get(shape?.0 as usize).map(|shape| &**shape)
    }

    /// The amounts that an ask is filled with.
    fn amounts(&mut self, ask: Option<ShapeId>, mappings: &[Mapping]) -> Vec<(Form, Span)> {
        let Some(shape) = self.shape(ask) else { return Vec::new() };
        let mut amounts = Vec::new();
        for (slot, field) in shape.fields.iter().enumerate() {
            // Of two mappings the later one counts.
            let mapping = mappings.iter().rev().find(|mapping| usize::from(mapping.target.slot) == slot);
            if let (Type::Money { .. }, Some(mapping)) = (&field.ty, mapping) {
                let form = self.parts.form(&mapping.source);
                if !form.is_nothing() {
                    amounts.push((form, mapping.span));
                }
            }
        }
        amounts
    }

    fn problems(mut self) -> Vec<Problem> {
        let mut problems = self.undone();
        let flow = self.flow;
        let legs = std::mem::take(&mut self.legs);
        let counts = |step: u16| legs.iter().any(|leg| leg.step == step);
        if legs.len() < 2 {
            return problems;
        }
        let Some(routes) = route::routes(flow, &counts) else {
            problems.push(Problem::TooMany { flow: flow.name.clone(), span: flow.span });
            return problems;
        };
        let mut told = BTreeSet::new();
        for route in routes {
            let here: Vec<&Leg> = route
                .steps
                .iter()
                .filter(|step| !route.refused(**step))
                .filter_map(|step| legs.iter().find(|leg| leg.step == *step))
                .collect();
            if here.len() < 2 {
                continue;
            }
            if let Some((leg, other)) = self.apart(&route, &here)
                && told.insert(leg.step)
            {
                problems.push(self.problem(leg, other));
            }
        }
        problems
    }

    /// A step of a route that is not covered, and the one that it is compared with.
    fn apart<'l>(&mut self, route: &Route, here: &[&'l Leg]) -> Option<(&'l Leg, &'l Leg)> {
        let ties: Vec<Form> = route
            .ties
            .iter()
            .map(|(left, right)| self.parts.form(left).with(&self.parts.form(right), -1))
            .filter(|tie| !tie.is_nothing())
            .take(TIES)
            .collect();
        let loose: Vec<usize> = (0..here.len()).filter(|place| !covered(here, *place, &ties)).collect();
        for place in loose.iter().rev() {
            let leg = here[*place];
            // It moves a part of what another one moves.
            let part = here.iter().enumerate().filter(|(other, _)| other != place).find(|(_, other)| {
                let (same, against) = shares(leg, other);
                same && !against && !self.is_told(leg, other)
            });
            // Or its party moves nothing that another party moves.
            let party = || {
                let own = |one: usize| !here[one].parties.is_disjoint(&leg.parties);
                let covers_nothing = (0..here.len()).filter(|one| own(*one)).all(|one| loose.contains(&one));
                here.iter().enumerate().find(|(other, one)| {
                    covers_nothing
                        && !own(*other)
                        && one.constant() == leg.constant()
                        && !shares(leg, one).1
                        && !self.is_told(leg, one)
                })
            };
            if let Some((_, other)) = part.or_else(party) {
                return Some((leg, other));
            }
        }
        None
    }

    /// Whether an amount of theirs is what a party said: a book that was asked to post, or anyone after the first of the two.
    fn is_told(&self, one: &Leg, other: &Leg) -> bool {
        let first = one.step.min(other.step);
        let mut parts = one.amounts.iter().chain(&other.amounts).flat_map(|(form, _)| form.parts());
        parts.any(|(part, _)| {
            self.parts
                .get(part)
                .is_some_and(|part| super::learn::any(part, &mut |load| self.is_answer(*load, first)))
        })
    }

    fn is_answer(&self, load: Load, first: u16) -> bool {
        match load.space {
            Space::StepAnswer => {
                load.call >= first
                    || self.flow.steps.get(usize::from(load.call)).is_some_and(|step| self.moves(step.target))
            }
            Space::Row => self.flow.loops.get(usize::from(load.call)).is_none_or(|each| {
                each.list.slot == u16::MAX || (each.list != load && self.is_answer(each.list, first))
            }),
            Space::Answer
            | Space::RowOutcome
            | Space::RowOutcomeText
            | Space::StepOutcome
            | Space::StepOutcomeText
            | Space::Outcome => true,
            _ => false,
        }
    }

    /// Steps whose undo or correction gives back another amount than they took.
    fn undone(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for place in 0..self.legs.len() {
            let step = &self.flow.steps[usize::from(self.legs[place].step)];
            let undo = match &step.undo {
                Undo::Service(service, mappings) => Some(("undone", service, mappings)),
                Undo::Provider | Undo::Keep(_) | Undo::None => None,
            };
            let correct = step.correct.iter().map(|(service, mappings)| ("put right", service, mappings));
            for (how, service, mappings) in undo.into_iter().chain(correct) {
                let Some(service) = self.resolver.services.get(usize::from(*service)) else { continue };
                let back = self.amounts(Some(service.ask), mappings);
                let taken = &self.legs[place];
                let own = |load: &Load| load.space == Space::StepAnswer && load.call == taken.step;
                let said = back.iter().flat_map(|(form, _)| form.parts()).any(|(part, _)| {
                    self.parts.get(part).is_some_and(|part| super::learn::any(part, &mut |load| own(load)))
                });
                let same = same_amounts(&taken.amounts, &back) || total(&taken.amounts) == total(&back);
                let (Some((_, taken_at)), false, false) = (taken.amounts.first(), said, same) else {
                    continue;
                };
                let at = back.first().map_or(step.span, |(_, span)| *span);
                problems.push(Problem::Undone {
                    step: step.name.clone(),
                    how,
                    taken: (*taken_at, self.words(&total(&taken.amounts))),
                    back: (at, self.words(&total(&back))),
                });
            }
        }
        problems.extend(
            self.flow
                .steps
                .iter()
                .filter_map(|step| accounts::elsewhere(self.resolver, step))
                .map(Problem::Elsewhere),
        );
        problems
    }

    fn problem(&self, leg: &Leg, other: &Leg) -> Problem {
        let (first, second) = if leg.step < other.step { (leg, other) } else { (other, leg) };
        let between = match (first.amounts.as_slice(), second.amounts.as_slice()) {
            ([(one, _)], [(two, _)]) => {
                let (same, _) = one.shares(two);
                let apart = one.clone().with(two, -1);
                let less = apart.is_less();
                let apart = if less { two.clone().with(one, -1) } else { apart };
                if same || apart.is_constant() { self.words(&apart) } else { None }
            }
            _ => None,
        };
        Problem::Apart { leg: self.moved(leg), other: self.moved(other), between }
    }

    fn moved(&self, leg: &Leg) -> Moved {
        let names: Vec<&str> = leg.parties.iter().map(|place| &*self.modules[*place].name).collect();
        let amounts: Option<Vec<String>> = leg.amounts.iter().map(|(form, _)| self.words(form)).collect();
        Moved {
            step: self.flow.steps[usize::from(leg.step)].name.clone(),
            party: if names.len() > 3 { "the party".to_owned() } else { names.join(" or ") },
            amount: amounts.map(|mut amounts| {
                amounts.dedup();
                amounts.join(" and ")
            }),
            span: leg.amounts.first().map_or(self.flow.span, |(_, span)| *span),
        }
    }

    /// An amount as it is written; nothing where a part has no name.
    fn words(&self, form: &Form) -> Option<String> {
        // What is taken away stands behind what it is taken from.
        let mut parts: Vec<_> = form.parts().collect();
        parts.sort_by_key(|(_, count)| *count < 0);
        let mut terms = Vec::new();
        for (part, count) in parts {
            let name = self.name(self.parts.get(part)?)?;
            let times = if count.abs() == 1 { String::new() } else { format!("{} * ", count.abs()) };
            terms.push((count < 0, format!("{times}{name}")));
        }
        let constant = form.constant();
        if !constant.is_zero() || terms.is_empty() {
            terms.push((constant.is_sign_negative(), format!("{:.2}", constant.abs())));
        }
        let mut words = String::new();
        for (less, term) in terms {
            words.push_str(match (words.is_empty(), less) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            });
            words.push_str(&term);
        }
        Some(words)
    }

    fn name(&self, part: &Expr) -> Option<String> {
        let ExprKind::Load(load) = &part.kind else { return None };
        let slot = usize::from(load.slot);
        let field = |shape: Option<ShapeId>| Some(self.shape(shape)?.fields.get(slot)?.name.clone());
        match load.space {
            Space::Ask if load.level == 0 => Some(format!("ask.{}", field(self.flow.ask)?)),
            Space::StepAnswer if load.level == 0 => {
                let step = self.flow.steps.get(usize::from(load.call))?;
                Some(format!("{}.{}", step.name, field(step.answer)?))
            }
            Space::Row => {
                let each = self.flow.loops.get(usize::from(load.call))?;
                let list = self.shape(self.flow.ask)?.fields.get(usize::from(each.list.slot))?;
                match (each.list.space, &list.ty) {
                    (Space::Ask, Type::List { shape, .. }) => {
                        Some(format!("{}.{}", each.name, field(Some(*shape))?))
                    }
                    _ => None,
                }
            }
            Space::Setting => Some(format!("setting.{}", self.module.settings.get(slot)?.name)),
            _ => None,
        }
    }
}

impl Leg {
    fn constant(&self) -> bool {
        self.amounts.iter().all(|(form, _)| form.is_constant())
    }
}

/// Whether amounts of both have a part that counts the same way, and whether one that counts the other way.
fn shares(one: &Leg, other: &Leg) -> (bool, bool) {
    let pairs =
        one.amounts.iter().flat_map(|(one, _)| other.amounts.iter().map(move |(two, _)| one.shares(two)));
    pairs.fold((false, false), |(same, against), (more, less)| (same || more, against || less))
}

fn total(amounts: &[(Form, Span)]) -> Form {
    amounts.iter().fold(Form::default(), |sum, (form, _)| sum.with(form, 1))
}

fn same_amounts(one: &[(Form, Span)], other: &[(Form, Span)]) -> bool {
    one.len() == other.len()
        && one.iter().all(|(form, _)| other.iter().any(|(known, _)| known == form))
        && other.iter().all(|(form, _)| one.iter().any(|(known, _)| known == form))
}

/// Whether other steps together move what this one moves: an amount of it, or some of them together.
fn covered(here: &[&Leg], place: usize, ties: &[Form]) -> bool {
    let own: Vec<&Form> = here[place].amounts.iter().map(|(form, _)| form).collect();
    let others = here.iter().enumerate().filter(|(other, _)| *other != place);
    let others: Vec<&Form> = others.flat_map(|(_, leg)| leg.amounts.iter().map(|(form, _)| form)).collect();
    let sums = (1..1_u32 << own.len().min(TOGETHER)).map(|which| {
        let chosen = own.iter().enumerate().filter(|(at, _)| which >> at & 1 == 1);
        chosen.fold(Form::default(), |sum, (_, form)| sum.with(form, 1))
    });
    let mut sums: Vec<Form> = sums.collect();
    sums.push(own.iter().fold(Form::default(), |sum, form| sum.with(form, 1)));
    sums.iter().any(|sum| reaches(sum, &others, ties, TOGETHER, false))
}

/// Whether nothing is left of an amount when some of the others, one at least, and what is known to be equal are taken from it
/// or added.
fn reaches(rest: &Form, others: &[&Form], ties: &[Form], most: usize, some: bool) -> bool {
    if some && (rest.is_nothing() || tied(rest, ties)) {
        return true;
    }
    if most == 0 {
        return false;
    }
    others.iter().enumerate().any(|(at, other)| {
        [-1, 1]
            .into_iter()
            .any(|times| reaches(&rest.clone().with(other, times), &others[at + 1..], ties, most - 1, true))
    })
}

/// Whether an amount is nothing by what is known to be equal.
fn tied(rest: &Form, ties: &[Form]) -> bool {
    let Some((first, more)) = ties.split_first() else { return rest.is_nothing() };
    tied(rest, more) || [-1, 1].into_iter().any(|times| tied(&rest.clone().with(first, times), more))
}

impl Problem {
    fn report(self, resolver: &mut Resolver) {
        let quoted = |amount: &Option<String>| match amount {
            Some(amount) => format!("`{amount}`"),
            None => "an amount that is worked out".to_owned(),
        };
        match self {
            Self::Apart { leg, other, between } => {
                let (first, second) =
                    if leg.span.start < other.span.start { (&leg, &other) } else { (&other, &leg) };
                let (left, help) = match (between, &first.amount, &second.amount) {
                    (Some(between), ..) => (
                        format!("`{between}` is moved by no other step: each time the books differ by it"),
                        format!("let both move the same, or give `{between}` (a fee, a discount) a step of its own"),
                    ),
                    (None, Some(one), Some(two)) => (
                        "nothing says that this is the same amount: the books may differ".to_owned(),
                        format!("let both move the same; or say before them that it is: `check {one} is {two} else refuse amount_mismatch`"),
                    ),
                    _ => (
                        "nothing says that this is the same amount: the books may differ".to_owned(),
                        "let both move the same; or say before them that it is: `check … is … else refuse amount_mismatch`".to_owned(),
                    ),
                };
                let story = format!(
                    "1. {}: {} moves {}\n2. {}: {} moves {}\n3. told DONE\n4. {left}",
                    first.step,
                    first.party,
                    quoted(&first.amount),
                    second.step,
                    second.party,
                    quoted(&second.amount),
                );
                resolver
                    .report
                    .error(
                        "TS0744",
                        leg.span,
                        format!("`{}` moves another amount than `{}`", leg.step, other.step),
                    )
                    .label(format!("moves {}", quoted(&leg.amount)))
                    .at(other.span, format!("moves {}", quoted(&other.amount)))
                    .note(story)
                    .help(help);
            }
            Self::TooMany { flow, span } => {
                resolver
                    .report
                    .error("TS0729", span, format!("the flow is too large to be walked: flow `{flow}`"))
                    .note(format!(
                        "what it moves is compared on at most {} ways through its steps",
                        route::WAYS
                    ))
                    .help("let what can run on its own be begun by `start`, as a flow of its own");
            }
            Self::Elsewhere(elsewhere) => elsewhere.report(resolver),
            Self::Undone { step, how, taken, back } => {
                resolver
                    .report
                    .error("TS0745", back.0, format!("`{step}` is {how} by another amount than it moves"))
                    .label(format!("gives back {}", quoted(&back.1)))
                    .at(taken.0, format!("moves {}", quoted(&taken.1)))
                    .note(format!(
                        "1. `{step}` moves {}\n2. a later step is refused\n3. {} comes back; told REFUSED, and the books differ",
                        quoted(&taken.1),
                        quoted(&back.1)
                    ))
                    .help(format!("fill the amount by which it is {how} as that of the step"));
            }
        }
    }
}
