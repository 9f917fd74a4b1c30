//! What a whole set of adapters shows: things declared and never used, weak algorithms, rows that nothing takes.

use super::Resolver;
use super::index::Index;
use super::report::number;
use crate::diagnostics::Diagnostic;
use crate::model::{Awaited, FlowNode, Module, ServiceKind, Start, StepTarget};
use crate::source::{FileId, Span};
use crate::tree::{CallPart, FieldStatement, Item, ItemKind, Label, Name, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reports services that nobody provides, and flows that begin with the same or are never run.
pub(crate) fn lint(resolver: &mut Resolver, indices: &[&Index<'_>], modules: &[Arc<Module>]) {
    providers(resolver, modules);
    started_twice(resolver, indices, modules);
    awaited(resolver, modules);
}

/// Reports what a flow awaits and no flow takes: nobody would keep it.
fn awaited(resolver: &mut Resolver, modules: &[Arc<Module>]) {
    let starts = |own: &Module, what: Awaited| match what {
        Awaited::Service(service) => modules
            .iter()
            .flat_map(|module| &module.flows)
            .any(|flow| matches!(flow.start, Start::Service(of) if of == service)),
        Awaited::Call(call) => {
            own.flows.iter().any(|flow| matches!(flow.start, Start::Served(of) if of == call))
        }
    };
    for module in modules {
        for step in module.flows.iter().flat_map(|flow| &flow.steps) {
            let StepTarget::Awaited(what) = step.target else { continue };
            if !starts(module, what) {
                resolver
                    .report
                    .error("TS0741", step.span, format!("nothing takes what `{}` waits for", step.name))
                    .note("what comes is answered and kept by a flow of its own, and found there")
                    .help("write a flow `on` it; where nothing else is to be done, its `answer` alone");
            }
        }
    }
}

/// What is declared for others to use, in one folder or more: whether somebody uses it can only be said over all variants.
#[derive(Default)]
pub(crate) struct Uses {
    used: BTreeSet<(FileId, u32)>,
    idle: Vec<Diagnostic>,
}

impl Uses {
    /// Takes over what another variant showed.
    pub(crate) fn extend(&mut self, other: Self) {
        self.used.extend(other.used);
        self.idle.extend(other.idle);
    }

    /// What nobody uses in any of the variants looked at.
    pub(crate) fn problems(self) -> impl Iterator<Item = Diagnostic> {
        let used = self.used;
        self.idle.into_iter().filter(move |problem| !used.contains(&place(problem.primary.span)))
    }
}

fn place(span: Span) -> (FileId, u32) {
    (span.file, span.start)
}

/// Reports flows that begin with what begins another one: one of the two alone would run.
fn started_twice(resolver: &mut Resolver, indices: &[&Index<'_>], modules: &[Arc<Module>]) {
    let mut known: BTreeMap<(&str, usize, u16), &str> = BTreeMap::new();
    for (place, (index, module)) in indices.iter().zip(modules).enumerate() {
        for flow in &module.flows {
            let (begun, what) = match &flow.start {
                // A service is of all modules.
                Start::Service(service) => (vec![("service", 0, *service)], "this service"),
                Start::Served(call) => (vec![("call", place, call.0)], "this message"),
                Start::Compared(of) => (vec![("comparison", place, *of)], "this comparison"),
                Start::Refused(calls) => {
                    (calls.iter().map(|call| ("refused", place, call.0)).collect(), "what is refused here")
                }
                Start::Daily(_) | Start::Every(_) => continue,
            };
            let before = begun.into_iter().filter_map(|one| known.insert(one, &flow.name)).next();
            let Some(before) = before else { continue };
            let tree = index.flows.iter().find(|(_, tree)| *tree.name.text == *flow.name);
            let span = tree.map_or_else(Span::default, |(_, tree)| tree.name.span);
            resolver.report.error("TS0730", span, format!("{what} begins `{before}` already")).help(format!(
                "put what `{}` does into `{before}`, or behind `start` as a flow of its own",
                flow.name
            ));
        }
    }
}

/// What of a folder is used and what is not.
pub(crate) fn uses(resolver: &Resolver, index: &Index<'_>) -> Uses {
    let mut uses = Uses::default();
    let mut see = |kind: &str, name: &Name, otherwise: &dyn Fn() -> Diagnostic| {
        let key: (Arc<str>, Arc<str>) = (index.folder.into(), format!("{kind}.{}", name.text).into());
        if resolver.used.contains(&key) {
            uses.used.insert(place(name.span));
        } else {
            uses.idle.push(otherwise());
        }
    };
    for (_, setting) in &index.settings {
        let name = &setting.name;
        let kind = if setting.changes { "parameter" } else { "setting" };
        if !index.choice.contains_key(&name.text) {
            see(kind, name, &|| {
                Diagnostic::error(
                    number("TS0801"),
                    format!("nobody uses the {kind} `{}`", name.text),
                    name.span,
                    "",
                )
                .help("take the line away, or use it: a deployment would have to give it for nothing")
            });
        }
    }
    for (_, key) in &index.keys {
        let name = &key.name;
        see("key", name, &|| {
            Diagnostic::error(number("TS0802"), format!("nobody uses the key `{}`", name.text), name.span, "")
                .help("take the line away, or use it: a key that nothing needs is only a risk")
        });
    }
    for (_, layout) in index.layouts.values().filter(|(_, layout)| !layout.table) {
        let name = &layout.name;
        see("layout", name, &|| {
            Diagnostic::lint(
                number("TS0902"),
                format!("nobody uses the layout `{}`", name.text),
                name.span,
                "",
            )
            .help("take it away, or `use` it")
        });
    }
    uses
}

/// The services that calls of the modules provide.
pub(super) fn provided(modules: &[Arc<Module>]) -> BTreeSet<u16> {
    let calls = modules.iter().flat_map(|module| &module.calls);
    calls.filter(|call| call.ours).filter_map(|call| call.service).collect()
}

fn providers(resolver: &mut Resolver, modules: &[Arc<Module>]) {
    let provided = provided(modules);
    let provides = |service: u16| provided.contains(&service);
    let started = modules.iter().flat_map(|module| &module.flows).filter_map(|flow| match flow.start {
        Start::Service(service) => Some(service),
        _ => None,
    });
    let run: BTreeSet<u16> = started.collect();
    let runs = |service: u16| run.contains(&service);
    for module in modules {
        for flow in &module.flows {
            for step in &flow.steps {
                if let StepTarget::Service(service) = step.target
                    && let Some(wanted) = resolver.services.get(usize::from(service))
                    && !provides(service)
                {
                    let path = wanted.path.clone();
                    resolver
                        .report
                        .error("TS0715", step.span, format!("no party provides `{path}`"))
                        .note("a step goes to a party's call that `provides` the service")
                        .help("write the adapter of the party that does it, or take the step away");
                }
            }
        }
        for flow in &module.flows {
            let mut begun = Vec::new();
            starts(&flow.body, &mut begun);
            flow.loops.iter().for_each(|each| starts(&each.body, &mut begun));
            for (service, span) in begun.into_iter().filter(|(service, _)| !runs(*service)) {
                let path = path_of(resolver, service);
                resolver
                    .report
                    .error("TS0716", span, format!("no flow runs `{path}`"))
                    .note("what is begun beside a flow is a flow of its own, `on` the service")
                    .help(format!("write `flow NAME on {path} {{ … }}`"));
            }
        }
        for call in &module.calls {
            let Some(service) = call.service.filter(|_| !call.ours) else { continue };
            let direct = resolver
                .services
                .get(usize::from(service))
                .is_some_and(|service| service.kind == ServiceKind::Query)
                && provides(service);
            if !runs(service) && !direct {
                let path = path_of(resolver, service);
                resolver
                    .report
                    .error("TS0716", call.span, format!("no flow runs `{path}`"))
                    .note("what is served is run by a flow `on` the service")
                    .help(format!("write `flow NAME on {path} {{ … }}`"));
            }
        }
    }
}

fn path_of(resolver: &Resolver, service: u16) -> Box<str> {
    resolver.services.get(usize::from(service)).map_or_else(Box::default, |service| service.path.clone())
}

/// Services that a flow begins without waiting.
fn starts(nodes: &[FlowNode], begun: &mut Vec<(u16, Span)>) {
    for node in nodes {
        match node {
            FlowNode::StartFlow { service, span, .. } => begun.push((*service, *span)),
            FlowNode::Together(inner, _) => starts(inner, begun),
            FlowNode::Choose { cases, other, .. } => {
                cases.iter().for_each(|(_, inner)| starts(inner, begun));
                starts(other, begun);
            }
            _ => {}
        }
    }
}

impl Resolver {
    /// Counterparties demand weak algorithms; the compiler says so.
    pub(crate) fn weak(&mut self, span: Span, name: &str) {
        self.report
            .warning("TS0901", span, format!("`{name}` is weak"))
            .note("it is here because counterparties demand it; what it protects can be forged or read by a patient enemy")
            .help("agree on a stronger one with the party where you can");
    }
}

/// The name of an item, for lists of what is assumed.
pub(crate) fn item_name(item: &Item) -> String {
    match &item.kind {
        ItemKind::Party(item) => item.name.text.to_string(),
        ItemKind::Setting(item) if item.changes => format!("parameter.{}", item.name.text),
        ItemKind::Setting(item) => format!("setting.{}", item.name.text),
        ItemKind::Key(item) => format!("key.{}", item.name.text),
        ItemKind::Member(item) => item.name.text.to_string(),
        ItemKind::Link(item) => item.name.text.to_string(),
        ItemKind::Packet(item) => item.name.text.to_string(),
        ItemKind::Layout(item) => item.name.text.to_string(),
        ItemKind::Xml(item) => item.name.text.to_string(),
        ItemKind::Delimited(item) => item.name.text.to_string(),
        ItemKind::Coding(item) => item.name.text.to_string(),
        ItemKind::Codes(item) => item.name.text.to_string(),
        ItemKind::Session(item) => item.name.text.to_string(),
        ItemKind::Call(item) => item.name.text.to_string(),
        ItemKind::Service(item) => item.name.text.to_string(),
        ItemKind::Flow(item) => item.name.text.to_string(),
        ItemKind::Reconcile(item) => item.name.text.to_string(),
        ItemKind::Example(item) => item.title.text.to_string(),
        ItemKind::Reasons(_) => "reasons".to_owned(),
        ItemKind::Use(path) => path.text(),
    }
}

/// Shows each label inside an item, with the path of what it stands at.
pub(crate) fn labels(item: &Item, seen: &mut dyn FnMut(&str, &Label)) {
    match &item.kind {
        ItemKind::Packet(packet) => fields("", &packet.block.statements, seen),
        ItemKind::Layout(layout) => fields("", &layout.block.statements, seen),
        ItemKind::Link(link) => link.block.statements.iter().for_each(|clause| seen("link", &clause.label)),
        ItemKind::Session(session) => {
            session.block.statements.iter().for_each(|clause| seen("session", &clause.label));
        }
        ItemKind::Codes(codes) => codes.rows.statements.iter().for_each(|row| seen("row", &row.label)),
        ItemKind::Call(call) => {
            for part in &call.block.statements {
                seen("rule", &part.label);
                if let CallPart::Message(message) = &part.kind
                    && let Some(block) = &message.block
                {
                    fields("", &block.statements, seen);
                }
            }
        }
        _ => {}
    }
}

fn fields(path: &str, statements: &[Node<FieldStatement>], seen: &mut dyn FnMut(&str, &Label)) {
    for node in statements {
        match &node.kind {
            FieldStatement::Field(field) => {
                let path = if path.is_empty() {
                    field.name.text.to_string()
                } else {
                    format!("{path}.{}", field.name.text)
                };
                seen(&path, &node.label);
                if let Some(block) = &field.block {
                    fields(&path, &block.statements, seen);
                }
            }
            FieldStatement::When { block, .. } => fields(path, &block.statements, seen),
            FieldStatement::Choose { cases, .. } => {
                cases.iter().for_each(|case| fields(path, &case.block.statements, seen));
            }
            _ => seen(path, &node.label),
        }
    }
}
