//! Flows: steps, loops and mappings over business records.

mod awaited;
mod cancel;
mod mapping;
mod refused;
mod taken;

use super::Resolver;
use super::assemble::Work;
use super::call;
use super::compare;
use super::expression::{article, condition, expression, moment};
use super::index::Index;
use super::path::{self, FlowNames, Scope};
use super::shapes;
use crate::model::{
    Check, Else, Expr, ExprKind, Flow, FlowLoop, FlowNode, FlowStep, Function, Load, Module, ServiceKind,
    Shape, ShapeField, Space, Start, StepTarget, Undo, Way,
};
use crate::source::Span;
use crate::tree::{self, FlowStatement, LimitSpan, OtherwiseKind, Trigger};
use crate::value::{Constant, ShapeId, Type};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A flow, and the business records that it declares: their places among all records.
pub(crate) struct Made {
    pub(crate) flow: Arc<Flow>,
    pub(crate) records: Range<usize>,
}

/// Those flows of a folder, for its module, that are wanted by their place in it; the others are `None`. `modules` are all
/// modules, whose calls alone are looked at: no flow sees another one.
pub(crate) fn flows(
    resolver: &mut Resolver,
    index: &Index<'_>,
    modules: &[Arc<Module>],
    module: &Module,
    wanted: &dyn Fn(usize) -> bool,
) -> Vec<Option<Made>> {
    let work = Work {
        index,
        folder: index.folder,
        choice: &index.choice,
        settings: module.settings.clone(),
        keys: module.keys.clone(),
        member: module.member.clone(),
        codes: Vec::new(),
        xml_forms: Vec::new(),
        segments: Vec::new(),
        session_values: Vec::new(),
        calls: Vec::new(),
        drafts: Vec::new(),
    };
    let mut made = |place: usize, item: &tree::Item, tree: &tree::Flow| {
        wanted(place).then(|| {
            let before = resolver.shapes.len();
            let mut maker =
                Maker { resolver, work: &work, module, modules, steps: Vec::new(), loops: Vec::new() };
            let flow = Arc::new(maker.flow(item, tree));
            Made { flow, records: before..resolver.shapes.len() }
        })
    };
    index.flows.iter().enumerate().map(|(place, (item, tree))| made(place, item, tree)).collect()
}

struct Maker<'r, 'w, 't> {
    resolver: &'r mut Resolver,
    work: &'w Work<'t>,
    module: &'w Module,
    modules: &'w [Arc<Module>],
    steps: Vec<FlowStep>,
    loops: Vec<FlowLoop>,
}

/// What an `answer` inside a loop fills.
#[derive(Clone, Copy)]
struct Target {
    shape: Option<ShapeId>,
    space: Space,
    call: u16,
    level: u8,
}

/// Whether each path through a block ends in an answer, a refusal, or with a person.
fn answers(nodes: &[FlowNode]) -> bool {
    nodes.iter().any(|node| match node {
        FlowNode::Answer { .. } | FlowNode::Refuse { .. } | FlowNode::Park { .. } => true,
        FlowNode::Choose { cases, other, .. } => {
            answers(other) && cases.iter().all(|(_, inner)| answers(inner))
        }
        _ => false,
    })
}

/// Whether a list is made by a loop, under a name of its own.
fn is_made(list: &Expr) -> bool {
    matches!(&list.kind, ExprKind::Load(load) if load.space == Space::Row && load.slot == u16::MAX)
}

impl Maker<'_, '_, '_> {
    fn flow(&mut self, item: &tree::Item, tree: &tree::Flow) -> Flow {
        let (start, ask, answer) = self.trigger(&tree.trigger);
        let per_member = self.per_member(tree, &start);
        let of = tree.of.as_ref().and_then(|of| self.of_member(of, &start, ask));
        let served = matches!(start, Start::Served(_)) && self.module.member.is_some();
        let names = FlowNames { of_member: per_member || served || of.is_some(), ..FlowNames::default() };
        let scope = Scope { ask, answer, flow: Some(Rc::new(names)), ..Scope::default() };
        let target = Target { shape: answer, space: Space::Answer, call: 0, level: 0 };
        let mut scope = scope;
        let (of_member, known) = of.unzip();
        let mut body: Vec<FlowNode> = known.into_iter().collect();
        body.extend(self.block(&tree.block, &mut scope, target));
        if !answers(&body) {
            let by_rows = self.filled_by_rows();
            self.unfilled(&[], &by_rows, answer, tree.name.span, "the answer");
        }
        Flow {
            name: tree.name.text.clone(),
            label: shapes::label(&item.label),
            start,
            per_member,
            of_member,
            ask,
            answer,
            body,
            steps: std::mem::take(&mut self.steps),
            loops: std::mem::take(&mut self.loops),
            span: tree.name.span,
        }
    }

    /// Whether a flow of the clock runs once for each member of its party.
    fn per_member(&mut self, tree: &tree::Flow, start: &Start) -> bool {
        let Some(per) = &tree.per else { return false };
        if !matches!(start, Start::Daily(_) | Start::Every(_)) {
            self.resolver
                .report
                .error("TS0234", per.span, "what is asked or served is of one member already".to_owned())
                .help("`per` stands behind `on daily` and `on every`; leave it out here");
            return false;
        }
        if self.module.member.as_ref().is_none_or(|member| *member.name != *per.text) {
            self.resolver
                .report
                .error("TS0228", per.span, format!("there is no member `{}`", per.text))
                .help("declare it: `member NAME { name … }`");
            return false;
        }
        true
    }

    /// The member that is asked about: its name, and the refusal where there is none of that name.
    fn of_member(
        &mut self,
        of: &tree::FlowMember,
        start: &Start,
        ask: Option<ShapeId>,
    ) -> Option<(Expr, FlowNode)> {
        let span = of.member.span;
        if !matches!(start, Start::Service(_)) {
            self.resolver
                .report
                .error("TS0237", span, "`for` names the member that a service is asked about".to_owned())
                .help("what was served is of one member already; by the clock a flow runs `per` member");
            return None;
        }
        let member = self.module.member.as_ref().filter(|member| *member.name == *of.member.text);
        let Some(member) = member else {
            self.resolver
                .report
                .error("TS0228", span, format!("there is no member `{}`", of.member.text))
                .help("declare it: `member NAME { name … }`");
            return None;
        };
        let scope = Scope { ask, flow: Some(Rc::new(FlowNames::default())), ..Scope::default() };
        let named = expression(self.resolver, self.work, &of.named, &scope, Some(&member.ty));
        let refuse = self.refusal(of.otherwise.as_ref(), span);
        let load = Load { space: Space::Member, level: 0, slot: 0, call: 0 };
        let name = Expr { kind: ExprKind::Load(load), ty: member.ty.clone(), span };
        let kind = ExprKind::Function(Function::Present, vec![name]);
        let holds = Expr { kind, ty: Type::Flag, span };
        Some((named, FlowNode::Check(Check { holds, refuse, text: Box::default(), span })))
    }

    fn trigger(&mut self, trigger: &Trigger) -> (Start, Option<ShapeId>, Option<ShapeId>) {
        match trigger {
            Trigger::Daily(time) => (Start::Daily(call::minutes(*time)), None, None),
            Trigger::Every(tree) => {
                let every =
                    expression(self.resolver, self.work, tree, &Scope::default(), Some(&Type::Duration));
                (Start::Every(every), None, None)
            }
            Trigger::Refused(calls) => self.refused(calls),
            Trigger::On(path) => {
                let wanted = path.text();
                if let Some(place) = self.resolver.service_index.get(wanted.as_str()).copied() {
                    let service = &self.resolver.services[usize::from(place)];
                    return (Start::Service(place), Some(service.ask), Some(service.answer));
                }
                if let Some(place) =
                    self.module.calls.iter().position(|call| *call.name == *wanted && !call.ours)
                {
                    let call = &self.module.calls[place];
                    let id = crate::model::CallId(u16::try_from(place).unwrap_or(u16::MAX));
                    return (Start::Served(id), call.ask, call.answer);
                }
                if let Some(place) = self.module.reconciles.iter().position(|one| *one.name == *wanted) {
                    let ask = self.module.reconciles[place].ask;
                    return (Start::Compared(u16::try_from(place).unwrap_or(u16::MAX)), Some(ask), None);
                }
                let known: Vec<String> = self
                    .resolver
                    .services
                    .iter()
                    .map(|service| service.path.to_string())
                    .chain(
                        self.module.calls.iter().filter(|call| !call.ours).map(|call| call.name.to_string()),
                    )
                    .chain(self.module.reconciles.iter().map(|one| one.name.to_string()))
                    .collect();
                self.resolver
                    .report
                    .error("TS0709", path.span, format!("nothing called `{wanted}` starts a flow"))
                    .note("a flow starts by a service, by a call of its party that was served, by a comparison of its books, by files of its party that are `refused`, by `daily` or by `every`")
                    .suggest(&wanted, known.iter().map(String::as_str));
                (Start::Daily(0), None, None)
            }
        }
    }

    fn block(
        &mut self,
        block: &tree::Block<FlowStatement>,
        scope: &mut Scope,
        target: Target,
    ) -> Vec<FlowNode> {
        let mut nodes = Vec::new();
        for node in &block.statements {
            if let Some(node) = self.statement(node, scope, target) {
                nodes.push(node);
            }
        }
        nodes
    }

    fn statement(
        &mut self,
        node: &tree::Node<FlowStatement>,
        scope: &mut Scope,
        target: Target,
    ) -> Option<FlowNode> {
        let span = node.span;
        Some(match &node.kind {
            FlowStatement::Limit(limit) => self.limit(limit, scope, span),
            FlowStatement::Check(check) => {
                let holds = expression(self.resolver, self.work, &check.condition, scope, Some(&Type::Flag));
                let holds = condition(self.resolver, holds);
                let refuse = self.refusal(check.otherwise.as_ref(), span);
                FlowNode::Check(Check { holds, refuse, text: Box::default(), span })
            }
            FlowStatement::Deadline { limit, after, warn, otherwise } => {
                let from = self.path(after, scope);
                let limit = self.span_of_time(limit, scope);
                let warn = warn.as_ref().map(|warn| self.span_of_time(warn, scope));
                let otherwise = Box::new(self.ends_late(otherwise.as_ref(), span, scope));
                FlowNode::Deadline { limit, from, warn, otherwise, span }
            }
            FlowStatement::Hold { name, what, who } => {
                let role = expression(self.resolver, self.work, who, scope, None);
                let told = name.as_ref().map(|name| self.decision(name, scope, span));
                FlowNode::Hold { told, what: self.told(what, scope), role, span }
            }
            FlowStatement::Park(text) => FlowNode::Park { why: self.told(text, scope), span },
            FlowStatement::WaitUntil(tree) => {
                FlowNode::WaitUntil { until: moment(self.resolver, self.work, tree, scope), span }
            }
            FlowStatement::WaitFor(path) => return self.wait_for(path, scope),
            FlowStatement::Refuse(name) => FlowNode::Refuse { reason: self.resolver.reason(name), span },
            FlowStatement::CancelRefusedAfter(name) => {
                let place = self.steps.iter().position(|step| *step.name == *name.text);
                match place {
                    Some(step) => {
                        FlowNode::CancelRefusedAfter { step: u16::try_from(step).unwrap_or(0), span }
                    }
                    None => {
                        let names: Vec<String> =
                            self.steps.iter().map(|step| step.name.to_string()).collect();
                        self.resolver
                            .report
                            .error(
                                "TS0229",
                                name.span,
                                format!("there is no step `{}` before this line", name.text),
                            )
                            .help_or_suggest(
                                &name.text,
                                names.iter().map(String::as_str),
                                "put the line behind the step that it names",
                            );
                        return None;
                    }
                }
            }
            FlowStatement::Cancel { flow, condition, otherwise } => {
                return self.cancel(flow, condition, otherwise.as_ref(), scope, span);
            }
            FlowStatement::Await { name, call, condition, limit, otherwise } => {
                let otherwise = Box::new(self.ends_late(otherwise.as_ref(), span, scope));
                let step = self.awaited((name, call), condition, scope, span)?;
                FlowNode::Await { step, up_to_ms: limit.milliseconds, otherwise }
            }
            FlowStatement::Step(step) => self.step(step, scope, span),
            FlowStatement::Start { service, mappings } => {
                return self.start(service, mappings.as_ref(), scope, span);
            }
            FlowStatement::Each(each) => self.each(each, scope, span),
            FlowStatement::Together(block) => FlowNode::Together(self.block(block, scope, target), span),
            FlowStatement::Choose { subject, cases } => self.choose(subject, cases, scope, target, span),
            FlowStatement::When { condition: tree, block } => {
                let holds = expression(self.resolver, self.work, tree, scope, Some(&Type::Flag));
                let holds = condition(self.resolver, holds);
                let body = self.block(block, scope, target);
                FlowNode::Choose { cases: vec![(holds, body)], other: Vec::new(), span }
            }
            FlowStatement::Answer(block) => {
                let mappings = self.mappings(block, scope, target, "the answer");
                FlowNode::Answer { mappings, span }
            }
        })
    }

    fn path(&mut self, path: &tree::Path, scope: &Scope) -> Expr {
        let tree = tree::Expr { kind: tree::ExprKind::Path(path.clone()), span: path.span };
        expression(self.resolver, self.work, &tree, scope, None)
    }

    fn text(&mut self, text: &tree::Text, scope: &Scope) -> Expr {
        let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
        expression(self.resolver, self.work, &tree, scope, None)
    }

    /// What people are told.
    fn told(&mut self, text: &tree::Text, scope: &Scope) -> Expr {
        let told = self.text(text, scope);
        compare::told_to_people(self.resolver, &told);
        told
    }

    fn refusal(&mut self, otherwise: Option<&tree::Otherwise>, span: Span) -> Option<crate::value::Symbol> {
        match otherwise.map(|otherwise| &otherwise.kind) {
            Some(OtherwiseKind::Refuse(name)) => Some(self.resolver.reason(name)),
            _ => {
                self.resolver
                    .report
                    .error("TS0710", span, "the line does not say what else")
                    .help("end it with `else refuse REASON`");
                None
            }
        }
    }

    fn otherwise(&mut self, otherwise: Option<&tree::Otherwise>, scope: &Scope) -> Else {
        match otherwise.map(|otherwise| &otherwise.kind) {
            None => Else::Fault,
            Some(OtherwiseKind::Refuse(name)) => Else::Refuse(self.resolver.reason(name)),
            Some(OtherwiseKind::Park(text)) => Else::Park(text.constant().unwrap_or("").into()),
            Some(OtherwiseKind::Unknown) => Else::Unknown,
            Some(OtherwiseKind::Absent) => Else::Absent,
            Some(OtherwiseKind::Value(value)) => {
                Else::Value(expression(self.resolver, self.work, value, scope, None))
            }
        }
    }

    /// What then, where a time is over: that says nothing of what is under way.
    fn ends_late(&mut self, otherwise: Option<&tree::Otherwise>, span: Span, scope: &Scope) -> Else {
        let found = self.otherwise(otherwise, scope);
        if !matches!(found, Else::Refuse(_) | Else::Park(_)) {
            let span = otherwise.map_or(span, |otherwise| otherwise.span);
            self.resolver
                .report
                .error("TS0750", span, "a time that is over is no outcome")
                .note("1. a freeze has left, and its answer is late\n2. the time is over, and that is taken for an answer: nothing is frozen\n3. the party has frozen")
                .help("end the line with `else park \"why\"`: people see that it is late, and it goes on; or with `else refuse REASON`, which refuses what has not begun or can be taken back whole");
        }
        found
    }

    /// `wait for LIST`: the loop before it whose rows make that list.
    fn wait_for(&mut self, path: &tree::Path, scope: &Scope) -> Option<FlowNode> {
        let found = path::find(self.resolver, self.work, path, scope, None);
        let into = match &found.expr.kind {
            ExprKind::Load(load) => Some(*load),
            _ => None,
        };
        let makes = |one: &FlowLoop| one.into.is_some_and(|(list, _)| Some(list) == into);
        let place = self.loops.iter().rposition(makes).and_then(|place| u16::try_from(place).ok());
        if place.is_none() && !matches!(found.expr.ty, Type::Wrong) {
            self.resolver
                .report
                .error("TS0720", path.span, format!("no rows before this line make `{}`", path.text()))
                .note("what is waited for are rows that the answer told as open")
                .help("name the list of an `each … -> LIST` before it");
        }
        place.map(FlowNode::WaitFor)
    }

    fn limit(&mut self, limit: &tree::Limit, scope: &Scope, span: Span) -> FlowNode {
        let refuse = self.refusal(limit.otherwise.as_ref(), span);
        let ceiling = expression(self.resolver, self.work, &limit.at_most, scope, None);
        let (value, by, over) = match &limit.kind {
            tree::LimitKind::Value(path) => (Some(self.path(path, scope)), Vec::new(), None),
            tree::LimitKind::Sum { of, by, over } => {
                let by = by.iter().map(|path| self.path(path, scope)).collect();
                (Some(self.path(of, scope)), by, Some(over))
            }
            tree::LimitKind::Count { by, over } => {
                (None, by.iter().map(|path| self.path(path, scope)).collect(), Some(over))
            }
        };
        let counts = counted(&limit.kind);
        let shared = over.is_some_and(|over| over.counter.is_some());
        let over = over.map_or(LimitSpan::Ever, |over| over.span);
        if let Some(value) = &value {
            let money = |ty: &Type| matches!(ty, Type::Money { .. } | Type::Wrong);
            if money(&value.ty) != money(&ceiling.ty)
                && !matches!(ceiling.ty, Type::Wrong)
                && !matches!(value.ty, Type::Wrong)
            {
                self.resolver
                    .report
                    .error("TS0711", ceiling.span, "the limit and what it limits are of different kinds")
                    .help("an amount is limited by an amount: `setting NAME money`");
            }
        }
        FlowNode::Limit { value, by, over, counts, shared, ceiling, refuse, span }
    }

    fn step(&mut self, tree: &tree::Step, scope: &mut Scope, span: Span) -> FlowNode {
        let (target, ask, answer, kind) = self.target(&tree.service);
        let place = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        let mut step = FlowStep {
            name: tree.name.text.clone(),
            target,
            at: tree.at.as_ref().map(|at| expression(self.resolver, self.work, at, scope, None)),
            mappings: Vec::new(),
            undo: Undo::None,
            correct: None,
            best_effort: false,
            park: None,
            again: None,
            goes_on: None,
            cancels: None,
            awaits: Vec::new(),
            ask,
            answer,
            span,
        };
        let into = Target { shape: ask, space: Space::Ask, call: place + 1, level: 0 };
        let mut correction = None;
        if let Some(block) = &tree.mappings {
            for node in &block.statements {
                match &node.kind {
                    tree::Mapping::ElsePark(text) => step.park = Some(self.told(text, scope)),
                    tree::Mapping::Keep(text) => step.undo = Undo::Keep(text.constant().unwrap_or("").into()),
                    tree::Mapping::BestEffort => step.best_effort = true,
                    tree::Mapping::Again(every) => {
                        self.of_query(kind, target, node.span);
                        step.again = self.again(every, node.span);
                    }
                    tree::Mapping::ElseGoOn(reasons) => {
                        if reasons.is_empty() {
                            self.of_query(kind, target, node.span);
                        }
                        let reasons = reasons.iter().map(|name| self.resolver.reason(name));
                        step.goes_on = Some(reasons.collect());
                    }
                    tree::Mapping::Undo { service: None, .. } => {
                        step.undo = Undo::Provider;
                        self.undoable(target, node.span);
                    }
                    tree::Mapping::Undo { service: Some(service), mappings } => {
                        if let Some((place, mappings)) =
                            self.taking_back((service, mappings.as_ref()), scope, "the undoing ask")
                        {
                            step.undo = Undo::Service(place, mappings);
                        }
                    }
                    tree::Mapping::Correct { service, mappings } => {
                        step.correct =
                            self.taking_back((service, mappings.as_ref()), scope, "the correcting ask");
                        correction = Some(node.span);
                    }
                    tree::Mapping::Assign { .. } | tree::Mapping::Pass(_) => {}
                }
            }
            if let Some(at) = correction {
                self.correctable(&step, at);
            }
            step.mappings = self.mappings(block, scope, into, &tree.service.text());
        } else if ask.is_some() {
            step.mappings = Vec::new();
            self.unfilled(&[], &[], ask, tree.name.span, &tree.service.text());
        }
        if step.best_effort && matches!(kind, Some(ServiceKind::Posting | ServiceKind::Batch)) {
            self.resolver
                .report
                .error(
                    "TS0712",
                    span,
                    format!("`{}` moves money, so `best effort` is not enough", tree.name.text),
                )
                .note(format!(
                    "1. `{0}` leaves; no answer comes, however often it is tried\n2. the flow does not wait for it: told DONE\n3. what `{0}` moves has moved or not, and nothing takes the rest back",
                    tree.name.text
                ))
                .help("take `best effort` away and say how it is undone");
        }
        self.push(step, scope);
        FlowNode::Step(place)
    }

    /// From here on the flow's expressions know the step.
    fn push(&mut self, step: FlowStep, scope: &mut Scope) {
        let place = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        if let Some(names) = &scope.flow {
            let mut names = FlowNames::clone(names);
            names.steps.push((step.name.clone(), step.answer, place));
            scope.flow = Some(Rc::new(names));
        }
        self.steps.push(step);
    }

    /// A decision of people that the flow's expressions know by a name.
    fn decision(&mut self, name: &tree::Name, scope: &mut Scope, span: Span) -> u16 {
        let place = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        let step = FlowStep {
            name: name.text.clone(),
            target: StepTarget::People,
            at: None,
            mappings: Vec::new(),
            undo: Undo::None,
            correct: None,
            best_effort: false,
            park: None,
            again: None,
            goes_on: None,
            cancels: None,
            awaits: Vec::new(),
            ask: None,
            answer: None,
            span,
        };
        self.push(step, scope);
        place
    }

    fn span_of_time(&mut self, tree: &tree::Expr, scope: &Scope) -> Expr {
        let found = expression(self.resolver, self.work, tree, scope, Some(&Type::Duration));
        if !matches!(found.ty, Type::Duration | Type::Wrong) {
            self.resolver
                .report
                .error(
                    "TS0718",
                    found.span,
                    format!("a deadline is a span of time, this is {}", article(&found.ty)),
                )
                .help("write `30m`, or a setting or a field that is a `duration`");
        }
        found
    }

    /// `again` and `else go on` for any reason are for what has no effect.
    fn of_query(&mut self, kind: Option<ServiceKind>, target: StepTarget, span: Span) {
        let own = match target {
            StepTarget::Call(id) => self.module.calls.get(usize::from(id.0)),
            StepTarget::Service(_) | StepTarget::People | StepTarget::Flow | StepTarget::Awaited(_) => None,
        };
        let query = match (kind, own) {
            (Some(kind), _) => kind == ServiceKind::Query,
            (None, Some(call)) => call.unknown.is_empty(),
            (None, None) => true,
        };
        if !query {
            self.resolver
                .report
                .error("TS0717", span, "only a query is asked again, or passed over where it is refused")
                .note("what moves or tells something has its way out of `unknown` at its call; its refusal is the flow's")
                .help("take the line away, or name the reasons for which the flow goes on: `else go on for REASON`; `else park \"why\"` says what a refusal leaves held");
        }
    }

    fn again(&mut self, every: &tree::Every, span: Span) -> Option<Way> {
        let (pauses, Some(times)) = self.resolver.pauses(every) else {
            self.resolver
                .report
                .error("TS0717", span, "a query is asked again so many times")
                .note("1. the query gets no answer, at the first time and at every other\n2. the cut-over that would end it is a day away, and its flow holds what was done before\n3. until then its asker is told nothing, and nobody looks")
                .help("write `again every 30s to 10m up to 60 times`");
            return None;
        };
        Some(Way::Repeat { pauses, times: Some(times) })
    }

    fn target(
        &mut self,
        path: &tree::Path,
    ) -> (StepTarget, Option<ShapeId>, Option<ShapeId>, Option<ServiceKind>) {
        let wanted = path.text();
        if let Some(place) = self.resolver.service_index.get(wanted.as_str()).copied() {
            let service = &self.resolver.services[usize::from(place)];
            return (StepTarget::Service(place), Some(service.ask), Some(service.answer), Some(service.kind));
        }
        if let Some(place) = self.module.calls.iter().position(|call| *call.name == *wanted && call.ours) {
            let call = &self.module.calls[place];
            let id = crate::model::CallId(u16::try_from(place).unwrap_or(u16::MAX));
            let kind = call
                .service
                .and_then(|service| self.resolver.services.get(usize::from(service)))
                .map(|service| service.kind);
            return (StepTarget::Call(id), call.ask, call.answer, kind);
        }
        let known: Vec<String> = self
            .resolver
            .services
            .iter()
            .map(|service| service.path.to_string())
            .chain(self.module.calls.iter().filter(|call| call.ours).map(|call| call.name.to_string()))
            .collect();
        self.resolver
            .report
            .error("TS0225", path.span, format!("there is no service or call `{wanted}`"))
            .suggest(&wanted, known.iter().map(String::as_str));
        (StepTarget::Service(u16::MAX), None, None, None)
    }

    fn start(
        &mut self,
        service: &tree::Path,
        mappings: Option<&tree::Block<tree::Mapping>>,
        scope: &Scope,
        span: Span,
    ) -> Option<FlowNode> {
        let (target, ask, _, _) = self.target(service);
        let StepTarget::Service(place) = target else { return None };
        if place == u16::MAX {
            return None;
        }
        let into = Target { shape: ask, space: Space::Ask, call: u16::MAX, level: 0 };
        let mappings =
            mappings.map_or_else(Vec::new, |block| self.mappings(block, scope, into, &service.text()));
        Some(FlowNode::StartFlow { service: place, mappings, span })
    }

    fn each(&mut self, tree: &tree::Each, scope: &mut Scope, span: Span) -> FlowNode {
        let place = u16::try_from(self.loops.len()).unwrap_or(u16::MAX);
        let found = path::find(self.resolver, self.work, &tree.list, scope, None);
        let (list, shape) = match (&found.expr.kind, &found.expr.ty) {
            (ExprKind::Load(load), Type::List { shape, .. }) => (*load, *shape),
            _ => {
                if !matches!(found.expr.ty, Type::Wrong) {
                    self.resolver
                        .report
                        .error("TS0421", tree.list.span, format!("`{}` is no list", tree.list.text()))
                        .help("`each` goes over a list of the ask or of a step's answer");
                }
                (Load { space: Space::Ask, level: 0, slot: u16::MAX, call: 0 }, ShapeId(u32::MAX))
            }
        };
        self.loops.push(FlowLoop {
            name: tree.item.text.clone(),
            list,
            into: None,
            at_once: tree.at_once.map_or(1, |count| u32::try_from(count.value).unwrap_or(1)),
            once: Vec::new(),
            body: Vec::new(),
            span,
        });
        let mut inner = scope.clone();
        let mut names = scope.flow.as_deref().cloned().unwrap_or_default();
        names.loops.push((tree.item.text.clone(), place, shape));
        inner.flow = Some(Rc::new(names));
        let once: Vec<Expr> = tree.once.iter().map(|path| self.path(path, &inner)).collect();
        if once.is_empty() {
            self.resolver
                .report
                .error("TS0714", tree.item.span, "the rows have no key of their own")
                .note("1. row 1 is begun under the key of the batch, and done\n2. row 2 is begun: its key is the same\n3. row 2 is taken for a repeat of row 1: told DONE, and nothing has moved for it")
                .help("add `, once by ask.batch_no, row.seq`");
        }
        let (into, row_shape, made) = self.results(tree, &inner, place);
        let target = Target { shape: row_shape, space: Space::Row, call: place, level: 1 };
        let body = self.block(&tree.block, &mut inner, target);
        if let Some(one) = self.loops.get_mut(usize::from(place)) {
            one.into = into.zip(row_shape);
            one.once = once;
            one.body = body;
        }
        if let (Some(name), Some(shape)) = (made, row_shape) {
            let mut names = scope.flow.as_deref().cloned().unwrap_or_default();
            names.made.push((name, place, shape));
            scope.flow = Some(Rc::new(names));
        }
        FlowNode::Each(place)
    }

    /// Where the rows' answers go: a list of the answer, or a name of its own whose shape the block's answer gives.
    fn results(
        &mut self,
        tree: &tree::Each,
        scope: &Scope,
        place: u16,
    ) -> (Option<Load>, Option<ShapeId>, Option<Box<str>>) {
        let Some(results) = &tree.results else { return (None, None, None) };
        if results.root().is_some_and(|root| root.is("answer")) {
            let found = path::find(self.resolver, self.work, results, scope, None);
            if let (ExprKind::Load(load), Type::List { shape, .. }) = (&found.expr.kind, &found.expr.ty) {
                return (Some(*load), Some(*shape), None);
            }
            return (None, None, None);
        }
        let Some(name) = results.single() else { return (None, None, None) };
        let wanted = self.wanted_shape(name, &tree.block, scope);
        let load = Load { space: Space::Row, level: 0, slot: u16::MAX, call: place };
        (Some(load), Some(wanted), Some(name.text.clone()))
    }

    /// The shape of a made list: the names of its block's answer, typed where they are mapped, and the fields of what is
    /// passed.
    fn wanted_shape(
        &mut self,
        name: &tree::Name,
        block: &tree::Block<FlowStatement>,
        scope: &Scope,
    ) -> ShapeId {
        let mut fields: Vec<ShapeField> = Vec::new();
        let mut passed: Vec<ShapeField> = Vec::new();
        for node in &block.statements {
            if let FlowStatement::Answer(answer) = &node.kind {
                for node in &answer.statements {
                    if let tree::Mapping::Assign { target, .. } = &node.kind
                        && let Some(target) = target.single()
                    {
                        fields.push(ShapeField {
                            name: target.text.clone(),
                            ty: Type::Wrong,
                            optional: true,
                            label: Box::default(),
                            span: target.span,
                        });
                    }
                    if let tree::Mapping::Pass(path) = &node.kind {
                        passed.extend(self.passed_fields(path, scope));
                    }
                }
            }
        }
        for one in passed {
            if !fields.iter().any(|known| known.name == one.name) {
                fields.push(one);
            }
        }
        shapes::declare(
            self.resolver,
            Shape { name: format!("{}.{}", self.work.index.name, name.text).into(), fields },
        )
    }

    fn choose(
        &mut self,
        subject: &tree::Expr,
        cases: &[tree::Case<FlowStatement>],
        scope: &mut Scope,
        target: Target,
        span: Span,
    ) -> FlowNode {
        let value = expression(self.resolver, self.work, subject, scope, None);
        let mut bound = Vec::new();
        let mut other = Vec::new();
        let before = scope.clone();
        for case in cases {
            let mut inner = before.clone();
            inner.flow.clone_from(&scope.flow);
            let body = self.block(&case.block, &mut inner, target);
            scope.flow.clone_from(&inner.flow);
            let mut holds: Option<Expr> = None;
            for key in &case.keys {
                let right = match key {
                    tree::CaseKey::Other(_) => {
                        other.clone_from(&body);
                        continue;
                    }
                    tree::CaseKey::Name(name) => {
                        let path = tree::Path { parts: vec![name.clone()], span: name.span };
                        let tree = tree::Expr { kind: tree::ExprKind::Path(path), span: name.span };
                        expression(self.resolver, self.work, &tree, &before, Some(&value.ty))
                    }
                    tree::CaseKey::Text(text) => self.text(text, &before),
                    tree::CaseKey::Number(number) => {
                        let number_value = i128::try_from(number.value).unwrap_or(0);
                        let ty = Type::Number { min: number_value, max: number_value };
                        Expr::constant(Constant::Number(number_value), ty, number.span)
                    }
                };
                let same = super::expression::is(self.resolver, value.clone(), right, span);
                holds = Some(match holds {
                    None => same,
                    Some(left) => {
                        Expr { kind: ExprKind::Or(Box::new(left), Box::new(same)), ty: Type::Flag, span }
                    }
                });
            }
            if let Some(holds) = holds {
                bound.push((holds, body));
            }
        }
        FlowNode::Choose { cases: bound, other, span }
    }
}

/// What a limit counts on: `sum ask.amount by ask.account each day`; `taken sum each day` where it has a name of its own,
/// whatever the flows call what they count. Its counter in the journal bears it, so that it hangs on nothing that stands around
/// the limit, and no count is ever read as a sum.
fn counted(kind: &tree::LimitKind) -> Box<str> {
    let (what, by, over) = match kind {
        tree::LimitKind::Value(path) => return path.text().into(),
        tree::LimitKind::Sum { of, by, over } => (format!("sum {}", of.text()), by, over),
        tree::LimitKind::Count { by, over } => ("count".to_owned(), by, over),
    };
    let span = match over.span {
        LimitSpan::Ever => "",
        LimitSpan::Day => " each day",
        LimitSpan::Month => " each month",
    };
    let what = match &over.counter {
        Some(name) => format!("{} {}", name.text, what.split(' ').next().unwrap_or_default()),
        None => {
            let by: Vec<String> = by.iter().map(tree::Path::text).collect();
            format!("{what} by {}", by.join(", "))
        }
    };
    format!("{what}{span}").into()
}
