//! What a path means where it stands: fields of this message, and everything behind a root.

mod messages;

mod standing;

use super::Resolver;
use super::assemble::Work;
use crate::diagnostics::nearest;
use crate::model::{CallId, Expr, ExprKind, Fact, FieldId, Load, MessageSide, Space};
use crate::source::Span;
use crate::tree::{Name, Path};
use crate::value::{Constant, Outcome, ShapeId, Type};
use messages::{
    field, field_of_parent, journal, journal_row, message, original, other_call, outcome, own_reply, request,
};
use standing::{exchange, key, of_member, page, session, setting};
use std::rc::Rc;

/// The first names of paths that are never fields of a message.
pub(crate) const ROOTS: [&str; 15] = [
    "message",
    "exchange",
    "ask",
    "answer",
    "item",
    "request",
    "reply",
    "original",
    "session",
    "setting",
    "parameter",
    "key",
    "journal",
    "page",
    "outcome",
];

/// Where an expression stands.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    /// The message, as an index into the drafts.
    pub(crate) message: Option<usize>,
    /// The names of the blocks around, outermost first.
    pub(crate) container: Vec<Box<str>>,
    /// Lists around.
    pub(crate) level: u8,
    /// Business rows around, outermost first.
    pub(crate) items: Vec<ItemScope>,
    /// The call.
    pub(crate) call: Option<CallId>,
    /// What is asked.
    pub(crate) ask: Option<ShapeId>,
    /// What is answered.
    pub(crate) answer: Option<ShapeId>,
    /// The row that bare names look at first (in a `where`).
    pub(crate) row: Option<RowNames>,
    /// The row beside that one: it has what the first lacks.
    pub(crate) row_beside: Option<RowNames>,
    /// Steps and loops of a flow.
    pub(crate) flow: Option<Rc<FlowNames>>,
    /// Beside the messages of a call: a field is named with its message.
    pub(crate) beside: bool,
}

/// A business row that a block stands for.
#[derive(Clone)]
pub(crate) struct ItemScope {
    /// `item`, or as `as` names it.
    pub(crate) name: Box<str>,
    /// What it holds.
    pub(crate) row: RowNames,
    /// The row beside it.
    pub(crate) with: Option<(ShapeId, u8)>,
}

/// What a row holds.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum RowNames {
    /// A business record: its fields in that space, at that level.
    Shape { shape: ShapeId, space: Space, level: u8, call: u16 },
    /// An exchange of the journal.
    Journal(CallId),
    /// A row of a list of this message.
    Message,
}

/// Steps and loops that a flow's expression may name.
#[derive(Clone, Default)]
pub(crate) struct FlowNames {
    /// Whether it is known for which member the flow runs.
    pub(crate) of_member: bool,
    /// Steps: name, shape of the answer, and number among all steps of the flow (those of loops before it too).
    pub(crate) steps: Vec<(Box<str>, Option<ShapeId>, u16)>,
    /// Loops around: name, index, shape of a row.
    pub(crate) loops: Vec<(Box<str>, u16, ShapeId)>,
    /// Lists that loops have made: name and shape of a row, as answers of a step-like record.
    pub(crate) made: Vec<(Box<str>, u16, ShapeId)>,
}

/// What a path gives: a value, and the lists that it crosses on the way (from outside in).
pub(crate) struct Found {
    pub(crate) lists: Vec<(Load, RowNames)>,
    pub(crate) expr: Expr,
    pub(crate) optional: bool,
    /// The field, if it is one of this message.
    pub(crate) field: Option<FieldId>,
}

impl Found {
    fn value(kind: ExprKind, ty: Type, span: Span) -> Self {
        Self { lists: Vec::new(), expr: Expr { kind, ty, span }, optional: false, field: None }
    }

    pub(crate) fn wrong(span: Span) -> Self {
        Self::value(ExprKind::Constant(Constant::Absent), Type::Wrong, span)
    }

    fn load(space: Space, slot: u16, call: u16, ty: Type, span: Span) -> Self {
        Self::value(ExprKind::Load(Load { space, level: 0, slot, call }), ty, span)
    }

    fn maybe(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// Finds what a path means. Unknown names are reported, with the nearest right word.
pub(crate) fn find(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    scope: &Scope,
    expected: Option<&Type>,
) -> Found {
    let Some(root) = path.root() else { return Found::wrong(path.span) };
    let rest = path.parts.get(1..).unwrap_or(&[]);
    if let Some(found) = bare_row(resolver, work, path, scope) {
        return found;
    }
    if let Some(item) = scope.items.iter().rev().find(|item| *item.name == *root.text) {
        return row(resolver, work, path, rest, item);
    }
    if let Some(flow) = scope.flow.clone()
        && let Some(found) = flow_name(resolver, path, rest, &flow)
    {
        return found;
    }
    match &*root.text {
        "message" => message(resolver, work, path, rest, scope),
        "exchange" => exchange(resolver, path, rest, Space::Exchange, 0),
        "ask" => record(resolver, path, rest, scope.ask, Space::Ask, 0, "ask"),
        "answer" => record(resolver, path, rest, scope.answer, Space::Answer, 0, "answer"),
        "request" | "reply" if rest.is_empty() => Found::value(
            ExprKind::Constant(Constant::Text(root.text.clone())),
            Type::Text { chars: 7, private: None },
            path.span,
        ),
        "request" => request(resolver, work, path, rest, scope),
        "reply" if scope.beside => own_reply(resolver, work, path, rest, scope),
        "original" => original(resolver, work, path, rest, scope),
        "session" => session(resolver, work, path, rest),
        "setting" => setting(resolver, work, path, rest, None),
        "parameter" => setting(resolver, work, path, rest, Some(scope)),
        "key" => key(resolver, work, path, rest),
        "page" => page(resolver, work, path, rest, scope),
        "outcome" => outcome(path, rest, Space::Outcome, Space::OutcomeText, 0),
        "journal" => journal(resolver, work, path, rest),
        "business_date" if rest.is_empty() && scope.message.is_none() => {
            Found::load(Space::Exchange, Fact::BusinessDate as u16, 0, Type::Date, path.span)
        }
        "now" if rest.is_empty() => Found::value(ExprKind::Now, Type::DateTime, path.span),
        _ => elsewhere(resolver, work, path, rest, scope, expected),
    }
}

fn elsewhere(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
    expected: Option<&Type>,
) -> Found {
    let Some(root) = path.root() else { return Found::wrong(path.span) };
    if matches!(expected, Some(Type::Outcome))
        && rest.is_empty()
        && matches!(&*root.text, "done" | "refused" | "unknown")
        && let Some(found) = constant(resolver, root, expected, path.span)
    {
        return found;
    }
    if matches!(expected, Some(Type::Outcome)) && rest.is_empty() && resolver.is_reason(&root.text) {
        let reason = resolver.symbols.intern(&root.text);
        let constant = Constant::Outcome(Outcome::Refused(Some(reason)));
        return Found::value(ExprKind::Constant(constant), Type::Outcome, path.span);
    }
    if let Some(member) = &work.member
        && *member.name == *root.text
    {
        return of_member(resolver, work, path, rest, scope);
    }
    if let Some(draft) = scope.message.and_then(|place| work.drafts.get(place)) {
        if let Some(place) = draft.find(&scope.container, &path.parts) {
            if scope.beside {
                return without_message(resolver, draft.side, path);
            }
            return field(draft, place, scope.level, Space::Field, 0, path.span);
        }
        if let Some(found) = field_of_parent(draft, path, scope) {
            return found;
        }
    }
    if rest.is_empty()
        && let Some(found) = constant(resolver, root, expected, path.span)
    {
        return found;
    }
    if let Some(call) = work.call_named(&root.text)
        && let Some(found) = other_call(resolver, work, path, rest, call)
    {
        return found;
    }
    if scope.beside
        && let Some(other) = work
            .drafts
            .iter()
            .find(|draft| Some(draft.call) == scope.call && draft.find(&[], &path.parts).is_some())
    {
        return without_message(resolver, other.side, path);
    }
    unknown(resolver, work, path, scope);
    Found::wrong(path.span)
}

/// Beside the messages no message is at hand, and a name alone could be a field of either.
fn without_message(resolver: &mut Resolver, side: MessageSide, path: &Path) -> Found {
    let word = if side == MessageSide::Request { "request" } else { "reply" };
    resolver
        .report
        .error("TS0640", path.span, format!("`{}` is a field of which message?", path.text()))
        .note("beside the messages of a call none of them is at hand")
        .help(format!("write `{word}.{}`, or the line among the fields of that message", path.text()));
    Found::wrong(path.span)
}

/// `yes`, `no`, `absent`, outcomes, and the names of a `one_of` where one is expected.
fn constant(resolver: &mut Resolver, name: &Name, expected: Option<&Type>, span: Span) -> Option<Found> {
    if let Some(Type::Names(names)) = expected
        && let Some(symbol) = resolver.symbols.find(&name.text)
        && names.contains(&symbol)
    {
        return Some(Found::value(
            ExprKind::Constant(Constant::Name(symbol)),
            Type::Names(names.clone()),
            span,
        ));
    }
    let (value, ty) = match &*name.text {
        "yes" => (Constant::Flag(true), Type::Flag),
        "no" => (Constant::Flag(false), Type::Flag),
        "absent" => (Constant::Absent, Type::Absent),
        "done" => (Constant::Outcome(Outcome::Done(None)), Type::Outcome),
        "refused" => (Constant::Outcome(Outcome::Refused(None)), Type::Outcome),
        "unknown" => (Constant::Outcome(Outcome::Unknown), Type::Outcome),
        _ => {
            if let Some(Type::Names(names)) = expected {
                let known: Vec<String> =
                    names.iter().map(|symbol| resolver.symbols.text(*symbol).to_owned()).collect();
                resolver
                    .report
                    .error("TS0209", span, format!("`{}` is none of the names that stand here", name.text))
                    .note(format!("the names are {}", known.join(", ")))
                    .suggest(&name.text, known.iter().map(String::as_str));
                return Some(Found::wrong(span));
            }
            return None;
        }
    };
    Some(Found::value(ExprKind::Constant(value), ty, span))
}

fn unknown(resolver: &mut Resolver, work: &Work<'_>, path: &Path, scope: &Scope) {
    let text = path.text();
    let mut known: Vec<String> = ROOTS.iter().map(|root| (*root).to_owned()).collect();
    if let Some(draft) = scope.message.and_then(|place| work.drafts.get(place)) {
        known.extend(draft.fields.iter().map(|field| field.name.to_string()));
        known.extend(draft.fields.iter().map(super::assemble::DraftField::path_text));
    }
    if let Some(flow) = &scope.flow {
        known.extend(flow.steps.iter().map(|(name, ..)| name.to_string()));
        known.extend(flow.loops.iter().map(|(name, _, _)| name.to_string()));
    }
    known.extend(scope.items.iter().map(|item| item.name.to_string()));
    let problem =
        resolver.report.error("TS0201", path.span, format!("there is no `{text}` here")).label("not found");
    let by_root = path.root().filter(|_| path.parts.len() > 1).and_then(|root| {
        let near = nearest(&root.text, known.iter().map(String::as_str))?;
        Some(text.replacen(&*root.text, near, 1))
    });
    match by_root {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help_or_suggest(
            &text,
            known.iter().map(String::as_str),
            "write a field of this message, or begin with a root: `ask.`, `exchange.`, `setting.` …",
        ),
    };
}

/// In a `where`: bare names are the row's.
fn bare_row(resolver: &mut Resolver, work: &Work<'_>, path: &Path, scope: &Scope) -> Option<Found> {
    let row_names = scope.row?;
    let root = path.root()?;
    let has = |row: RowNames| match row {
        RowNames::Shape { shape, .. } => resolver
            .shapes
            .get(shape.0 as usize)
            .is_some_and(|shape| shape.fields.iter().any(|field| *field.name == *root.text)),
        RowNames::Journal(_) | RowNames::Message => false,
    };
    if let Some(beside @ RowNames::Shape { shape, space, level, call }) = scope.row_beside
        && !has(row_names)
        && has(beside)
    {
        let what = "the row beside it";
        return Some(shape_field(resolver, path, &path.parts, shape, space, level, call, what));
    }
    let rest = path.parts.get(1..).unwrap_or(&[]);
    match row_names {
        RowNames::Shape { shape, space, level, call } => {
            let has =
                resolver.shapes.get(shape.0 as usize)?.fields.iter().any(|field| *field.name == *root.text);
            if has {
                return Some(shape_field(resolver, path, &path.parts, shape, space, level, call, "the row"));
            }
            if root.is("outcome") {
                let mut found = outcome(path, rest, Space::RowOutcome, Space::RowOutcomeText, call);
                if let ExprKind::Load(load) = &mut found.expr.kind {
                    load.level = level;
                }
                return Some(found);
            }
            None
        }
        RowNames::Journal(call) => {
            let known = Fact::WORDS.iter().any(|(_, word)| root.is(word))
                || ["request", "answer", "outcome", "exchange", "reversed"].contains(&&*root.text);
            known.then(|| journal_row(resolver, work, path, &path.parts, call))
        }
        RowNames::Message => None,
    }
}

fn row(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name], item: &ItemScope) -> Found {
    match item.row {
        RowNames::Shape { shape, space, level, call } => {
            if rest.first().is_some_and(|name| name.is("outcome")) {
                let has = resolver
                    .shapes
                    .get(shape.0 as usize)
                    .is_some_and(|shape| shape.fields.iter().any(|field| &*field.name == "outcome"));
                if !has {
                    let mut found = outcome(
                        path,
                        rest.get(1..).unwrap_or(&[]),
                        Space::RowOutcome,
                        Space::RowOutcomeText,
                        call,
                    );
                    if let ExprKind::Load(load) = &mut found.expr.kind {
                        load.level = level;
                    }
                    return found;
                }
            }
            if let Some((with, with_level)) = item.with
                && let Some(first) = rest.first()
            {
                let has = |id: ShapeId| {
                    resolver
                        .shapes
                        .get(id.0 as usize)
                        .is_some_and(|shape| shape.fields.iter().any(|field| *field.name == *first.text))
                };
                if !has(shape) && has(with) {
                    return shape_field(
                        resolver,
                        path,
                        rest,
                        with,
                        Space::With,
                        with_level,
                        call,
                        &item.name,
                    );
                }
            }
            shape_field(resolver, path, rest, shape, space, level, call, &item.name)
        }
        RowNames::Journal(call) => journal_row(resolver, work, path, rest, call),
        RowNames::Message => Found::wrong(path.span),
    }
}

/// A field of a business record, deeper records and lists included.
#[expect(clippy::too_many_arguments, reason = "a path, a record and where the record stands")]
fn shape_field(
    resolver: &mut Resolver,
    path: &Path,
    rest: &[Name],
    shape: ShapeId,
    space: Space,
    level: u8,
    call: u16,
    what: &str,
) -> Found {
    let Some(first) = rest.first() else {
        return Found::value(
            ExprKind::Load(Load { space, level, slot: u16::MAX, call }),
            Type::Group(shape),
            path.span,
        );
    };
    let fields = resolver.shapes.get(shape.0 as usize).map_or(&[][..], |shape| &shape.fields);
    let Some(slot) = fields.iter().position(|field| *field.name == *first.text) else {
        let names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
        resolver
            .report
            .error("TS0205", first.span, format!("`{what}` has no field `{}`", first.text))
            .label("not found")
            .suggest(&first.text, names.iter().map(String::as_str));
        return Found::wrong(path.span);
    };
    let field = fields[slot].clone();
    let load = Load { space, level, slot: u16::try_from(slot).unwrap_or(u16::MAX), call };
    let more = rest.get(1..).unwrap_or(&[]);
    if more.is_empty() {
        let mut found = Found::value(ExprKind::Load(load), field.ty, path.span);
        found.optional = field.optional;
        return found;
    }
    match field.ty {
        Type::List { shape: inner, .. } => {
            let names = RowNames::Shape { shape: inner, space, level: level + 1, call };
            let mut found = shape_field(resolver, path, more, inner, space, level + 1, call, &field.name);
            found.lists.insert(0, (load, names));
            found
        }
        Type::Names(_) | Type::Outcome if more.len() == 1 && more[0].is("text") => {
            Found::value(ExprKind::Load(load), Type::Text { chars: 200, private: None }, path.span)
        }
        _ => {
            resolver
                .report
                .error("TS0210", more[0].span, format!("`{}` has no fields", field.name))
                .label(format!("`{}` is one value", field.name))
                .help(format!("end the path at `{}`", field.name));
            Found::wrong(path.span)
        }
    }
}

fn record(
    resolver: &mut Resolver,
    path: &Path,
    rest: &[Name],
    shape: Option<ShapeId>,
    space: Space,
    call: u16,
    what: &str,
) -> Found {
    let Some(shape) = shape else {
        resolver
            .report
            .error("TS0211", path.span, format!("there is no `{what}` here"))
            .note("a call has one if it `provides` or `runs` a service, or declares its own")
            .help(format!(
                "write `provides SERVICE` behind the call's name, or `{what} {{ … }}` in its block"
            ));
        return Found::wrong(path.span);
    };
    shape_field(resolver, path, rest, shape, space, 0, call, what)
}

fn flow_name(resolver: &mut Resolver, path: &Path, rest: &[Name], flow: &FlowNames) -> Option<Found> {
    let root = path.root()?;
    if let Some((name, place, shape)) = flow.loops.iter().rev().find(|(name, _, _)| **name == *root.text) {
        return Some(shape_field(resolver, path, rest, *shape, Space::Row, 0, *place, name));
    }
    if let Some((name, place, shape)) = flow.made.iter().rev().find(|(name, _, _)| **name == *root.text) {
        let load = Load { space: Space::Row, level: 0, slot: u16::MAX, call: *place };
        let ty = Type::List { max: 10_000_000, shape: *shape };
        if rest.is_empty() {
            return Some(Found::value(ExprKind::Load(load), ty, path.span));
        }
        let names = RowNames::Shape { shape: *shape, space: Space::Row, level: 1, call: *place };
        let mut found = shape_field(resolver, path, rest, *shape, Space::Row, 1, *place, name);
        found.lists.insert(0, (load, names));
        return Some(found);
    }
    let (_, shape, step) = flow.steps.iter().find(|(name, ..)| **name == *root.text)?.clone();
    if rest.first().is_some_and(|name| name.is("outcome")) {
        return Some(outcome(
            path,
            rest.get(1..).unwrap_or(&[]),
            Space::StepOutcome,
            Space::StepOutcomeText,
            step,
        ));
    }
    let mut found = record(resolver, path, rest, shape, Space::StepAnswer, step, &root.text);
    found.optional = found.optional || !found.lists.is_empty();
    Some(found)
}
