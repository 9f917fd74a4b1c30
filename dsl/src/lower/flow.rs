//! Flows: the statements become the interpreter's code, what is like a value becomes tables beside it.
//!
//! Name paths are those of the text: `debit`, `collect/booked` for a step in the loop `collect`, `hold 1` for what has
//! no name. They stand in the journal, so they change only when the text does.

mod awaited;
mod beside;
mod cancel;
mod contract;
mod filling;

pub use beside::{Alone, Beside, flows};
pub use contract::Seen;

use super::{Lowering, known};
use crate::flow::{
    CallContract, CallId as ContractId, CallKind, ExprId as FlowExpr, FlowProgram, GuardId, HoldId, LimitId,
    ListId, Loop, LoopId, MOST_CORRECTIONS, MappingId, Node, NodeId, Otherwise as FlowOtherwise, StartId,
    StepDef, StepId, Undo as FlowUndo, Way as FlowWay,
};
use crate::model::{
    CallId, Else, Expr, ExprKind, Flow, FlowNode, FlowStep, Load, Mapping, ServiceKind, Space, Start,
    StepTarget, Undo, Way,
};
use crate::program::{FlowStart, FlowTables, HoldForm, LimitForm, LoopForm, StartForm, StepCall, StepTables};
use crate::resolve::keys;
use crate::tree::LimitSpan;
use crate::value::{Constant, Outcome, Symbol, Type};
use contract::contract;
use std::collections::BTreeSet;

/// Every expression of a flow.
pub(super) fn expressions<'m>(flow: &'m Flow, see: &mut dyn FnMut(&'m Expr)) {
    flow.of_member.iter().for_each(&mut *see);
    let mut mappings = |all: &'m [Mapping]| {
        for mapping in all {
            see(&mapping.source);
            if let Else::Value(other) = &mapping.otherwise {
                see(other);
            }
        }
    };
    for step in &flow.steps {
        mappings(&step.mappings);
        if let Undo::Service(_, all) = &step.undo {
            mappings(all);
        }
        step.correct.iter().for_each(|(_, all)| mappings(all));
    }
    for step in &flow.steps {
        step.at.iter().for_each(&mut *see);
        step.cancels.iter().flat_map(|rule| &rule.by).for_each(|(_, value)| see(value));
        step.awaits.iter().for_each(|(_, value)| see(value));
    }
    nodes(&flow.body, see);
    for one in &flow.loops {
        one.once.iter().for_each(&mut *see);
        nodes(&one.body, see);
    }
}

fn nodes<'m>(all: &'m [FlowNode], see: &mut dyn FnMut(&'m Expr)) {
    for node in all {
        match node {
            FlowNode::Limit { value, by, ceiling, .. } => {
                value.iter().chain(by).for_each(&mut *see);
                see(ceiling);
            }
            FlowNode::Check(check) => see(&check.holds),
            FlowNode::Deadline { limit, from, warn, .. } => {
                see(limit);
                see(from);
                warn.iter().for_each(&mut *see);
            }
            FlowNode::Hold { what, role, .. } => {
                see(what);
                see(role);
            }
            FlowNode::Park { why, .. } => see(why),
            FlowNode::WaitUntil { until, .. } => see(until),
            FlowNode::Together(inner, _) => nodes(inner, see),
            FlowNode::Choose { cases, other, .. } => {
                for (condition, inner) in cases {
                    see(condition);
                    nodes(inner, see);
                }
                nodes(other, see);
            }
            FlowNode::StartFlow { mappings, .. } | FlowNode::Answer { mappings, .. } => {
                for mapping in mappings {
                    see(&mapping.source);
                }
            }
            FlowNode::Refuse { .. }
            | FlowNode::CancelRefusedAfter { .. }
            | FlowNode::Step(_)
            | FlowNode::WaitFor(_)
            | FlowNode::Await { .. }
            | FlowNode::Each(_) => {}
        }
    }
}

/// Lowers a flow.
pub(super) fn tables(lowering: &mut Lowering<'_>, flow: &Flow) -> FlowTables {
    let module = lowering.module;
    let start = match &flow.start {
        Start::Service(service) => FlowStart::Service(service_path(lowering, *service)),
        Start::Served(call) => FlowStart::Served(*call),
        Start::Refused(calls) => FlowStart::Refused(calls.clone()),
        Start::Compared(place) => FlowStart::Compared(*place),
        Start::Daily(minute) => FlowStart::Daily(*minute),
        Start::Every(span) => FlowStart::Every(lowering.expression(span)),
    };
    let of_member = flow.of_member.as_ref().map(|named| lowering.expression(named));
    let mut maker = Maker {
        flow,
        out: FlowTables {
            name: flow.name.clone(),
            label: flow.label.clone(),
            start,
            per_member: flow.per_member,
            of_member,
            ask: flow.ask,
            answer: flow.answer,
            program: FlowProgram::default(),
            steps: Vec::new(),
            fillings: Vec::new(),
            limits: Vec::new(),
            loops: Vec::new(),
            holds: Vec::new(),
            starts: Vec::new(),
        },
        lowering,
        prefix: String::new(),
        clocked: BTreeSet::new(),
    };
    maker.loops();
    let mut program = FlowProgram {
        name: format!("{}.{}", module.name, flow.name).into(),
        cancellable: maker.cancellable(),
        taken: maker.taken(),
        ..FlowProgram::default()
    };
    let mut numbers = Numbers::default();
    maker.nodes(&mut program, &flow.body, &mut numbers);
    program.clocked = program.guards().filter(|guard| maker.clocked.contains(guard)).collect();
    maker.out.program = program;
    maker.out
}

fn service_path(lowering: &Lowering<'_>, service: u16) -> Box<str> {
    lowering.model.services.get(usize::from(service)).map(|service| service.path.clone()).unwrap_or_default()
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Numbers of what has no name, and which steps stand where.
#[derive(Default)]
struct Numbers {
    unnamed: u32,
    steps: Vec<(u16, StepId)>,
}

struct Maker<'f, 'l, 'm> {
    lowering: &'l mut Lowering<'m>,
    flow: &'f Flow,
    out: FlowTables,
    /// `collect/` within the loop `collect`.
    prefix: String,
    /// Conditions that look at the clock.
    clocked: BTreeSet<GuardId>,
}

impl Maker<'_, '_, '_> {
    fn loops(&mut self) {
        for one in &self.flow.loops {
            let once = one.once.iter().map(|part| self.lowering.expression(part)).collect();
            self.out.loops.push(LoopForm {
                name: one.name.clone(),
                list: one.list,
                into: one.into.map(|(into, _)| into),
                into_shape: one.into.map(|(_, shape)| shape),
                at_once: one.at_once.max(1),
                once,
            });
        }
    }

    /// What it is asked is no query, or another flow waits for it.
    fn taken(&self) -> bool {
        if self.awaited_by_another() {
            return true;
        }
        let Start::Service(service) = self.flow.start else { return false };
        let service = self.lowering.model.services.get(usize::from(service));
        service.is_some_and(|service| service.kind != ServiceKind::Query)
    }

    fn reason(&self, reason: Symbol) -> crate::flow::Reason {
        self.lowering.model.symbols.text(reason).into()
    }

    fn text(&mut self, text: &str) -> FlowExpr {
        let constant = Constant::Text(text.into());
        let ty = Type::Text { chars: number(text.chars().count()), private: None };
        FlowExpr(self.lowering.expression(&Expr::constant(constant, ty, self.flow.span)))
    }

    fn otherwise(&mut self, otherwise: &Else) -> FlowOtherwise {
        match otherwise {
            Else::Refuse(reason) => FlowOtherwise::Refuse(self.reason(*reason)),
            Else::Park(why) => FlowOtherwise::Park(self.text(why)),
            _ => FlowOtherwise::Park(self.text("")),
        }
    }

    fn place(&self, numbers: &mut Numbers, what: &str) -> String {
        numbers.unnamed += 1;
        format!("{}{what} {}", self.prefix, numbers.unnamed)
    }

    fn guard(&mut self, condition: &Expr) -> GuardId {
        let guard = GuardId(self.lowering.expression(condition));
        let mut clocked = false;
        let mut see = |part: &Expr, _: &[Load]| clocked |= part.kind == ExprKind::Now;
        super::expression::walk(condition, &mut Vec::new(), &mut see);
        if clocked {
            self.clocked.insert(guard);
        }
        guard
    }

    fn nodes(&mut self, program: &mut FlowProgram, all: &[FlowNode], numbers: &mut Numbers) {
        for node in all {
            self.node(program, node, numbers);
        }
    }

    fn node(&mut self, program: &mut FlowProgram, node: &FlowNode, numbers: &mut Numbers) {
        match node {
            FlowNode::Limit { value, by, over, counts, shared, ceiling, refuse, .. } => {
                let counts = (&**counts, *shared);
                let made = self.limit(value.as_ref(), by, (*over, counts), ceiling, *refuse);
                let place = self.place(numbers, "limit");
                program.push(&place, made);
            }
            FlowNode::Check(check) => {
                let guard = self.guard(&check.holds);
                let reason = match check.refuse {
                    Some(reason) => self.reason(reason),
                    None => "other".into(),
                };
                let place = self.place(numbers, "check");
                program.push(&place, Node::Check { guard, otherwise: FlowOtherwise::Refuse(reason) });
            }
            FlowNode::Deadline { limit, from, warn, otherwise, .. } => {
                let at = self.moment(from, limit);
                let warn = warn.as_ref().map(|warn| self.moment(from, warn));
                let otherwise = self.otherwise(otherwise);
                let place = self.place(numbers, "deadline");
                program.push(&place, Node::Deadline { at, warn, otherwise });
            }
            FlowNode::Hold { told, what, role, .. } => {
                let (what, role) = (self.lowering.expression(what), self.lowering.expression(role));
                let told = told.and_then(|step| self.decision(step));
                self.out.holds.push(HoldForm { what, role, told });
                let hold = HoldId(number(self.out.holds.len() - 1));
                let place = self.place(numbers, "hold");
                program.push(&place, Node::Hold { hold, told: told.is_some() });
            }
            FlowNode::Park { why, .. } => {
                let why = FlowExpr(self.lowering.expression(why));
                let place = self.place(numbers, "park");
                program.push(&place, Node::Park { why });
            }
            FlowNode::WaitUntil { until, .. } => {
                let until = FlowExpr(self.lowering.expression(until));
                let place = self.place(numbers, "wait");
                program.push(&place, Node::Until { until });
            }
            FlowNode::WaitFor(index) => {
                // A loop of an outer flow, or of another branch, is not of this program: nothing of it is open here.
                let list = ListId(u32::from(*index));
                let of = program.loops.iter().position(|one| one.list == list);
                if let Some(of) = of.and_then(|of| u16::try_from(of).ok()) {
                    let place = self.place(numbers, "wait");
                    program.push(&place, Node::Rows(LoopId(of)));
                }
            }
            FlowNode::Await { step, up_to_ms, otherwise } => {
                if let Some(number) = self.awaited(*step) {
                    let otherwise = self.otherwise(otherwise);
                    let place = self.place(numbers, "await");
                    let guard = GuardId(u32::from(number));
                    program.push(&place, Node::Await { guard, up_to_ms: *up_to_ms, otherwise });
                }
            }
            FlowNode::Refuse { reason, .. } => {
                let reason = self.reason(*reason);
                let place = self.place(numbers, "refuse");
                program.push(&place, Node::Refuse(reason));
            }
            FlowNode::CancelRefusedAfter { step, .. } => {
                let found = numbers.steps.iter().find(|(known, _)| known == step);
                program.cancel_refused_after = found.map(|(_, id)| *id);
            }
            FlowNode::Step(step) => {
                if let Some((id, name)) = self.step(program, *step, numbers) {
                    program.push(&name, Node::Step(id));
                }
            }
            FlowNode::Together(inner, _) => {
                let mut members = Vec::new();
                self.members(program, inner, None, numbers, &mut members);
                let place = self.place(numbers, "together");
                program.push(&place, Node::Together(members));
            }
            FlowNode::Each(index) => self.each(program, *index),
            FlowNode::Choose { cases, other, .. } => self.choose(program, cases, other, numbers),
            FlowNode::StartFlow { service, mappings, .. } => {
                let begun = self.lowering.model.services.get(usize::from(*service));
                let moves =
                    begun.is_some_and(|one| matches!(one.kind, ServiceKind::Posting | ServiceKind::Batch));
                let filling = self.filling(mappings, begun.map(|one| one.ask), None);
                let service = service_path(self.lowering, *service);
                self.out.starts.push(StartForm { service, filling });
                let start = StartId(number(self.out.starts.len() - 1));
                let place = self.place(numbers, "start");
                program.push(&place, Node::Start { start, moves });
            }
            FlowNode::Answer { mappings, .. } => {
                let filling = self.filling(mappings, None, self.flow.answer);
                let place = self.place(numbers, "answer");
                program.push(&place, Node::Answer(MappingId(filling)));
            }
        }
    }

    /// A ceiling for one value is a check; a sum or count is reserved in the journal.
    fn limit(
        &mut self,
        value: Option<&Expr>,
        by: &[Expr],
        (over, (counts, shared)): (LimitSpan, (&str, bool)),
        ceiling: &Expr,
        refuse: Option<Symbol>,
    ) -> Node {
        let reason = match refuse {
            Some(reason) => self.reason(reason),
            None => "over_limit".into(),
        };
        if let (Some(value), true, false) = (value, by.is_empty(), over != LimitSpan::Ever) {
            let kind = ExprKind::LessOrEqual(Box::new(value.clone()), Box::new(ceiling.clone()));
            let guard = self.guard(&Expr { kind, ty: Type::Flag, span: value.span });
            return Node::Check { guard, otherwise: FlowOtherwise::Refuse(reason) };
        }
        let form = LimitForm {
            value: value.map(|value| self.lowering.expression(value)),
            by: by.iter().map(|part| self.lowering.expression(part)).collect(),
            over,
            counts: if shared { counts.into() } else { self.alone(counts) },
            shared,
            ceiling: self.lowering.expression(ceiling),
            refuse: refuse
                .or_else(|| self.lowering.model.symbols.find("over_limit"))
                .unwrap_or(Symbol(u32::MAX)),
        };
        self.out.limits.push(form);
        Node::Limit { limit: LimitId(number(self.out.limits.len() - 1)), reason }
    }

    /// The name of a counter that no other limit of the flow has: alike ones are told apart by a number.
    fn alone(&self, counts: &str) -> Box<str> {
        let known = |name: &str| self.out.limits.iter().any(|form| !form.shared && *form.counts == *name);
        let more = (2_u32..).map(|number| format!("{counts} {number}"));
        let name = std::iter::once(counts.to_owned()).chain(more).find(|name| !known(name));
        name.unwrap_or_default().into()
    }

    /// So long after a moment.
    fn moment(&mut self, from: &Expr, limit: &Expr) -> FlowExpr {
        let kind = ExprKind::Add(Box::new(from.clone()), Box::new(limit.clone()));
        FlowExpr(self.lowering.expression(&Expr { kind, ty: Type::DateTime, span: from.span }))
    }

    fn choose(
        &mut self,
        program: &mut FlowProgram,
        cases: &[(Expr, Vec<FlowNode>)],
        other: &[FlowNode],
        numbers: &mut Numbers,
    ) {
        let mut ends = Vec::new();
        for (condition, inner) in cases {
            match known(&super::fold(condition, &self.lowering.model.symbols)) {
                Some(false) => {}
                Some(true) => {
                    self.nodes(program, inner, numbers);
                    self.land(program, &ends);
                    return;
                }
                None => {
                    let otherwise = NodeId(0);
                    let node = match self.passed(program, condition, numbers) {
                        Some(step) => Node::Passed { step, otherwise },
                        None => Node::Branch { guard: self.guard(condition), otherwise },
                    };
                    let place = self.place(numbers, "choose");
                    let branch = program.push(&place, node);
                    self.nodes(program, inner, numbers);
                    let place = self.place(numbers, "end");
                    ends.push(program.push(&place, Node::Jump(NodeId(0))));
                    self.land(program, &[branch]);
                }
            }
        }
        self.nodes(program, other, numbers);
        self.land(program, &ends);
    }

    /// `STEP.outcome is refused` of a step here whose refusal does not end the flow: the walk knows it as the interpreter does.
    fn passed(&self, program: &FlowProgram, condition: &Expr, numbers: &Numbers) -> Option<StepId> {
        let ExprKind::IsOutcome(of, Outcome::Refused(None)) = &condition.kind else { return None };
        let ExprKind::Load(Load { space: Space::StepOutcome, call, .. }) = &of.kind else { return None };
        // Steps of one name are one to expressions: which of them is meant shows only when the flow runs.
        let name = &self.flow.steps.get(usize::from(*call))?.name;
        if self.flow.steps.iter().filter(|step| step.name == *name).count() > 1 {
            return None;
        }
        let (_, id) = numbers.steps.iter().find(|(known, _)| known == call)?;
        let posts = |call: &ContractId| program.call(*call).is_some_and(|call| call.kind != CallKind::Query);
        let step = program.step(*id)?;
        (step.goes_on.is_some() && step.calls.iter().any(posts)).then_some(*id)
    }

    fn land(&self, program: &mut FlowProgram, from: &[NodeId]) {
        let here = NodeId(u16::try_from(program.nodes.len()).unwrap_or(u16::MAX));
        for id in from {
            match program.nodes.get_mut(usize::from(id.0)) {
                Some(Node::Branch { otherwise, .. } | Node::Passed { otherwise, .. }) => *otherwise = here,
                Some(Node::Jump(to)) => *to = here,
                _ => {}
            }
        }
    }

    /// The members of a group; a `when` around one is its guard.
    fn members(
        &mut self,
        program: &mut FlowProgram,
        all: &[FlowNode],
        guard: Option<&Expr>,
        numbers: &mut Numbers,
        members: &mut Vec<(Option<GuardId>, StepId)>,
    ) {
        for node in all {
            match node {
                FlowNode::Step(step) => {
                    if let Some((id, _)) = self.step(program, *step, numbers) {
                        let guard = guard.map(|guard| self.guard(guard));
                        members.push((guard, id));
                    }
                }
                FlowNode::Choose { cases, other, .. } => {
                    let mut before: Option<Expr> = guard.cloned();
                    for (condition, inner) in cases {
                        let mine = and(before.clone(), condition.clone());
                        self.members(program, inner, Some(&mine), numbers, members);
                        before = Some(and(before, super::map::not(condition)));
                    }
                    self.members(program, other, before.as_ref(), numbers, members);
                }
                _ => {}
            }
        }
    }

    fn each(&mut self, program: &mut FlowProgram, index: u16) {
        let Some(one) = self.flow.loops.get(usize::from(index)) else { return };
        // Loops of one name in different branches are different loops, also in the journal.
        let mut own = one.name.to_string();
        let mut number_of = 2;
        while program.loops.iter().any(|known| *known.name == *format!("{}{own}", self.prefix)) {
            own = format!("{} {number_of}", one.name);
            number_of += 1;
        }
        let name = format!("{}{own}", self.prefix);
        let key = self.out.loops.get(usize::from(index)).map_or_else(Vec::new, |one| one.once.clone());
        let outer = std::mem::replace(&mut self.prefix, format!("{name}/"));
        let mut body = FlowProgram {
            name: format!("{}/{own}", program.name).into(),
            untold: one.into.is_none(),
            ..FlowProgram::default()
        };
        self.nodes(&mut body, &one.body, &mut Numbers::default());
        body.clocked = body.guards().filter(|guard| self.clocked.contains(guard)).collect();
        self.prefix = outer;
        program.loops.push(Loop {
            name: name.clone().into(),
            list: ListId(u32::from(index)),
            at_once: one.at_once.max(1),
            key: key.into_iter().map(FlowExpr).collect(),
            body,
        });
        let id = LoopId(u16::try_from(program.loops.len() - 1).unwrap_or(u16::MAX));
        program.push(&name, Node::Each(id));
    }

    /// The place of a decision among the steps that expressions know.
    fn decision(&mut self, index: u16) -> Option<u16> {
        let step = self.flow.steps.get(usize::from(index))?;
        self.out.steps.push(StepTables {
            name: format!("{}{}", self.prefix, step.name).into(),
            target: StepCall::People,
            at: None,
            filling: u32::MAX,
            ask_shape: None,
            answer_shape: None,
            undo: None,
            correct: None,
        });
        u16::try_from(self.out.steps.len() - 1).ok()
    }

    /// Adds a step, and behind it what takes it back: its undo by another service, its correction.
    fn step(
        &mut self,
        program: &mut FlowProgram,
        index: u16,
        numbers: &mut Numbers,
    ) -> Option<(StepId, String)> {
        let step: &FlowStep = self.flow.steps.get(usize::from(index))?;
        let same = |prefix: &str| program.steps.iter().any(|known| *known.name == *prefix);
        let mut name = format!("{}{}", self.prefix, step.name);
        let mut number_of = 2;
        while same(&name) {
            name = format!("{}{} {number_of}", self.prefix, step.name);
            number_of += 1;
        }
        let id = StepId(u16::try_from(program.steps.len()).ok()?);
        numbers.steps.push((index, id));
        let filling = self.filling(&step.mappings, step.ask, None);
        let mut calls = match &step.cancels {
            Some(rule) => vec![self.cancelled(program, rule)?],
            None => self.providers(program, step.target),
        };
        if let Some(Way::Repeat { pauses, times }) = &step.again {
            self.patient(program, &mut calls, &FlowWay::Repeat { pauses: pauses.clone(), times: *times });
        }
        let at = step.at.as_ref().map(|at| FlowExpr(self.lowering.expression(at)));
        let park = step.park.as_ref().map(|why| FlowExpr(self.lowering.expression(why)));
        let undo = match &step.undo {
            Undo::Provider => FlowUndo::Provider,
            Undo::Service(..) => FlowUndo::By(StepId(id.0.checked_add(1)?)),
            Undo::Keep(_) => FlowUndo::Keep,
            Undo::None => FlowUndo::Nothing,
        };
        let behind = if matches!(undo, FlowUndo::By(_)) { 2 } else { 1 };
        let corrections = step.correct.as_ref().map_or(0, |(service, _)| self.corrections(*service));
        let correct = (0..corrections).map(|more| Some(StepId(id.0.checked_add(behind)?.checked_add(more)?)));
        let correct = correct.collect::<Option<Vec<_>>>()?;
        let def = StepDef {
            name: name.as_str().into(),
            calls,
            at,
            mapping: MappingId(filling),
            undo,
            correct,
            best_effort: step.best_effort,
            park,
            goes_on: self.goes_on(step),
            undo_of: None,
        };
        program.steps.push(def);
        let undo =
            if let Undo::Service(service, mappings) = &step.undo { Some((service, mappings)) } else { None };
        let undone = undo.map(|(service, mappings)| {
            self.taking_back(program, (id, format!("{name}/undo"), at), *service, mappings)
        });
        let corrected = step.correct.as_ref().map(|(service, mappings)| {
            let by = self.taking_back(program, (id, format!("{name}/correct"), at), *service, mappings);
            let again = program.steps.last().cloned();
            // The same posting, under a key of its own.
            program.steps.extend((2..=corrections).filter_map(|number| {
                Some(StepDef { name: format!("{name}/correct {number}").into(), ..again.clone()? })
            }));
            by
        });
        let tables = StepTables {
            name: name.as_str().into(),
            target: match step.target {
                StepTarget::Service(service) => StepCall::Service(service_path(self.lowering, service)),
                StepTarget::Call(call) => StepCall::Call(call),
                StepTarget::People => StepCall::People,
                StepTarget::Flow => StepCall::Flow(self.cancel_form(step.cancels.as_ref()?)),
                StepTarget::Awaited(what) => StepCall::Awaited(self.await_form(what, &step.awaits)),
            },
            at: at.map(|at| at.0),
            filling,
            ask_shape: step.ask,
            answer_shape: step.answer,
            undo: undone,
            correct: corrected,
        };
        self.out.steps.push(tables);
        Some((id, name))
    }

    /// Adds the posting that takes a step back; what it asks for, and how that is filled.
    fn taking_back(
        &mut self,
        program: &mut FlowProgram,
        (of, name, at): (StepId, String, Option<FlowExpr>),
        service: u16,
        mappings: &[Mapping],
    ) -> (Box<str>, u32) {
        let ask = self.lowering.model.services.get(usize::from(service)).map(|service| service.ask);
        let filling = self.filling(mappings, ask, None);
        let calls = self.providers(program, StepTarget::Service(service));
        program.steps.push(StepDef {
            name: name.into(),
            calls,
            at,
            mapping: MappingId(filling),
            undo: FlowUndo::Nothing,
            correct: Vec::new(),
            best_effort: false,
            park: None,
            goes_on: None,
            undo_of: Some(of),
        });
        (service_path(self.lowering, service), filling)
    }

    /// How often a step may be put right by that service: a further time only where its key is another one each time.
    fn corrections(&self, service: u16) -> u16 {
        let provides = |call: &&crate::model::Call| call.ours && call.service == Some(service);
        let mut keys = self.lowering.model.modules.iter().flat_map(|module| {
            module.calls.iter().filter(provides).map(move |call| keys::is_counted(module, call))
        });
        if keys.all(|counted| counted) { u16::from(MOST_CORRECTIONS) } else { 1 }
    }

    fn goes_on(&self, step: &FlowStep) -> Option<Vec<crate::flow::Reason>> {
        Some(step.goes_on.as_ref()?.iter().map(|reason| self.reason(*reason)).collect())
    }

    /// The contracts of the calls that a step may go to.
    fn providers(&mut self, program: &mut FlowProgram, target: StepTarget) -> Vec<ContractId> {
        let mut found = Vec::new();
        match target {
            StepTarget::People | StepTarget::Flow | StepTarget::Awaited(_) => {}
            StepTarget::Call(id) => found.push((self.lowering.module, id)),
            StepTarget::Service(service) => {
                for module in &self.lowering.model.modules {
                    for (call, id) in module.calls.iter().zip(0_u16..) {
                        if call.ours && call.service == Some(service) {
                            found.push((module, CallId(id)));
                        }
                    }
                }
            }
        }
        let mut ids = Vec::new();
        for (module, id) in found {
            let Some(contract) = contract(self.lowering.model, module, id) else { continue };
            let known = program.calls.iter().position(|known| *known == contract);
            let at = known.unwrap_or_else(|| {
                program.calls.push(contract);
                program.calls.len() - 1
            });
            ids.extend(u16::try_from(at).ok().map(ContractId));
        }
        ids
    }

    /// The calls with the step's own patience in the place of their ways out.
    fn patient(&self, program: &mut FlowProgram, calls: &mut [ContractId], way: &FlowWay) {
        for id in calls {
            let Some(call) = program.call(*id) else { continue };
            let patient = CallContract { ways: vec![way.clone()], ..call.clone() };
            let known = program.calls.iter().position(|known| *known == patient);
            let place = known.unwrap_or(program.calls.len());
            if known.is_none() {
                program.calls.push(patient);
            }
            if let Ok(place) = u16::try_from(place) {
                *id = ContractId(place);
            }
        }
    }
}

fn and(before: Option<Expr>, condition: Expr) -> Expr {
    match before {
        None => condition,
        Some(before) => {
            let span = condition.span;
            Expr { kind: ExprKind::And(Box::new(before), Box::new(condition)), ty: Type::Flag, span }
        }
    }
}
