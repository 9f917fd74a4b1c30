//! What a path means where it stands: fields of this message, and everything behind a root.

use super::Resolver;
use super::assemble::{Draft, Work};
use crate::diagnostics::nearest;
use crate::model::{CallId, Expr, ExprKind, Fact, FieldId, Load, MessageSide, Space};
use crate::source::Span;
use crate::tree::{Name, Path};
use crate::value::{Constant, Outcome, ShapeId, Type};
use std::rc::Rc;

/// The first names of paths that are never fields of a message.
pub(crate) const ROOTS: [&str; 14] = [
    "message", "exchange", "ask", "answer", "item", "request", "reply", "original", "session", "setting",
    "key", "journal", "page", "outcome",
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
    /// Steps and loops of a flow.
    pub(crate) flow: Option<Rc<FlowNames>>,
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
    /// Steps: name and shape of the answer.
    pub(crate) steps: Vec<(Box<str>, Option<ShapeId>)>,
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
        "original" => original(resolver, work, path, rest, scope),
        "session" => session(resolver, work, path, rest),
        "setting" => setting(resolver, work, path, rest),
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
    if let Some(member) = &work.member
        && *member.name == *root.text
    {
        return of_member(resolver, work, path, rest);
    }
    if let Some(draft) = scope.message.and_then(|place| work.drafts.get(place)) {
        if let Some(place) = draft.find(&scope.container, &path.parts) {
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
    unknown(resolver, work, path, scope);
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
        known.extend(flow.steps.iter().map(|(name, _)| name.to_string()));
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

fn fact_type(fact: Fact) -> Type {
    match fact {
        Fact::Date | Fact::BusinessDate | Fact::AnswerDate => Type::Date,
        Fact::Time | Fact::AnswerTime => Type::Time,
        Fact::Moment | Fact::AnswerMoment | Fact::MessageMoment => Type::DateTime,
        Fact::Attempt | Fact::MessageNumber => Type::Number { min: 0, max: 999_999_999 },
        Fact::Serial
        | Fact::Branch
        | Fact::Teller
        | Fact::Channel
        | Fact::Cause
        | Fact::FlowSerial
        | Fact::File
        | Fact::FileStem
        | Fact::AnswerSerial
        | Fact::AnswerFile
        | Fact::MessageSerial
        | Fact::MessageCode => Type::Text { chars: 0, private: None },
    }
}

fn exchange(resolver: &mut Resolver, path: &Path, rest: &[Name], space: Space, call: u16) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match Fact::WORDS.iter().find(|(_, word)| name.is(word)) {
        Some((fact, _)) => {
            let found = Found::load(space, *fact as u16, call, fact_type(*fact), path.span);
            if fact.of_answer() && space != Space::Exchange { found.maybe() } else { found }
        }
        None => {
            resolver
                .report
                .error("TS0212", name.span, format!("an exchange has no `{}`", name.text))
                .suggest(&name.text, Fact::WORDS.iter().map(|(_, word)| *word));
            Found::wrong(path.span)
        }
    }
}

fn message(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name], scope: &Scope) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let draft = scope.message.and_then(|place| work.drafts.get(place));
    let text = |text: &str| {
        Found::value(
            ExprKind::Constant(Constant::Text(text.into())),
            Type::Text { chars: u32::try_from(text.len()).unwrap_or(u32::MAX), private: None },
            path.span,
        )
    };
    match (&*name.text, draft) {
        ("code", Some(draft)) => text(&draft.code),
        ("side", Some(draft)) => text(match draft.side {
            MessageSide::Request => "request",
            MessageSide::Reply | MessageSide::Later => "reply",
        }),
        ("ours", Some(draft)) => {
            Found::value(ExprKind::Constant(Constant::Flag(draft.ours)), Type::Flag, path.span)
        }
        ("code", None) => Found::load(
            Space::Exchange,
            Fact::MessageCode as u16,
            0,
            Type::Text { chars: 0, private: None },
            path.span,
        ),
        ("side" | "ours", None) => Found::load(
            Space::Exchange,
            Fact::MessageSerial as u16,
            0,
            Type::Text { chars: 0, private: None },
            path.span,
        ),
        ("moment", _) => {
            Found::load(Space::Exchange, Fact::MessageMoment as u16, 0, Type::DateTime, path.span)
        }
        ("serial", _) => Found::load(
            Space::Exchange,
            Fact::MessageSerial as u16,
            0,
            Type::Text { chars: 0, private: None },
            path.span,
        ),
        ("number", _) => Found::load(
            Space::Exchange,
            Fact::MessageNumber as u16,
            0,
            Type::Number { min: 0, max: 999_999_999 },
            path.span,
        ),
        _ => {
            resolver
                .report
                .error("TS0212", name.span, format!("a message has no `{}`", name.text))
                .suggest(&name.text, ["code", "side", "ours", "moment", "serial", "number"]);
            Found::wrong(path.span)
        }
    }
}

/// A field of a draft, seen from a level of lists.
fn field(draft: &Draft<'_>, place: usize, from_level: u8, space: Space, call: u16, span: Span) -> Found {
    let Some(field) = draft.fields.get(place) else { return Found::wrong(span) };
    let load = Load { space, level: field.level, slot: field.slot, call };
    let lists = field
        .lists
        .iter()
        .skip(usize::from(from_level))
        .filter_map(|list| draft.fields.get(*list))
        .map(|list| (Load { space, level: list.level, slot: list.slot, call }, RowNames::Message))
        .collect();
    let optional = match &field.wire {
        Some(wire) => wire.absent != crate::value::Absent::Never,
        None => false,
    };
    Found {
        lists,
        expr: Expr { kind: ExprKind::Load(load), ty: field.ty.clone(), span },
        optional,
        field: (space == Space::Field).then(|| FieldId(u16::try_from(place).unwrap_or(u16::MAX))),
    }
}

/// `errorMsg.text`, `state.text`: the text of a code; nothing else hangs under a leaf.
fn field_of_parent(draft: &Draft<'_>, path: &Path, scope: &Scope) -> Option<Found> {
    let (last, before) = path.parts.split_last()?;
    if !last.is("text") || before.is_empty() {
        return None;
    }
    let place = draft.find(&scope.container, before)?;
    let mut found = field(draft, place, scope.level, Space::Field, 0, path.span);
    if !matches!(found.expr.ty, Type::Names(_) | Type::Outcome) {
        return None;
    }
    found.expr = Expr {
        kind: ExprKind::Function(crate::model::Function::Text, vec![found.expr.clone()]),
        ty: Type::Text { chars: 200, private: None },
        span: path.span,
    };
    Some(found)
}

fn request(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name], scope: &Scope) -> Found {
    let found = scope
        .call
        .and_then(|call| work.draft_of(call, MessageSide::Request))
        .and_then(|draft| Some((draft, draft.find(&[], rest)?)));
    match found {
        Some((draft, place)) => field(draft, place, scope.level, Space::Request, 0, path.span),
        None => missing_in(resolver, work, path, rest, scope.call, MessageSide::Request),
    }
}

fn missing_in(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    call: Option<CallId>,
    side: MessageSide,
) -> Found {
    let names: Vec<String> = call
        .and_then(|call| work.draft_of(call, side))
        .map_or_else(Vec::new, |draft| draft.fields.iter().map(|field| field.name.to_string()).collect());
    let wanted = rest.iter().map(|name| &*name.text).collect::<Vec<_>>().join(".");
    let span = rest.first().map_or(path.span, |name| name.span);
    let word = if side == MessageSide::Request { "request" } else { "reply" };
    resolver
        .report
        .error("TS0213", span, format!("the {word} has no field `{wanted}`"))
        .suggest(&wanted, names.iter().map(String::as_str));
    Found::wrong(path.span)
}

fn original(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name], scope: &Scope) -> Found {
    let targets = scope.call.map_or_else(Vec::new, |call| work.spoken_of(call));
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    if targets.is_empty() {
        resolver
            .report
            .error("TS0216", path.span, "there is no original here")
            .note("`original` is the exchange that a call `settles`, `undoes` or speaks `about`")
            .help("write the word and that call behind the name of this one: `undoes CALL`");
        return Found::wrong(path.span);
    }
    let more = rest.get(1..).unwrap_or(&[]);
    match &*name.text {
        "request" | "reply" => {
            let (side, space) = if name.is("request") {
                (MessageSide::Request, Space::OriginalRequest)
            } else {
                (MessageSide::Reply, Space::OriginalReply)
            };
            for target in &targets {
                if let Some(draft) = work.draft_of(*target, side)
                    && let Some(place) = draft.find(&[], more)
                {
                    return field(draft, place, 0, space, target.0, path.span);
                }
            }
            missing_in(resolver, work, path, more, targets.first().copied(), side)
        }
        "ask" => {
            let shape = targets.iter().find_map(|target| work.records(*target).0);
            record(resolver, path, more, shape, Space::OriginalAsk, targets[0].0, "original.ask")
        }
        "answer" => {
            let wanted = more.first().map(|name| name.text.clone()).unwrap_or_default();
            let shapes: Vec<(CallId, ShapeId)> =
                targets.iter().filter_map(|target| Some((*target, work.records(*target).1?))).collect();
            let shape = shapes
                .iter()
                .find(|(_, shape)| {
                    resolver
                        .shapes
                        .get(shape.0 as usize)
                        .is_some_and(|shape| shape.fields.iter().any(|field| *field.name == *wanted))
                })
                .or(shapes.first());
            let (target, shape) = shape.map_or((targets[0], None), |(target, shape)| (*target, Some(*shape)));
            record(resolver, path, more, shape, Space::OriginalAnswer, target.0, "original.answer").maybe()
        }
        "outcome" => outcome(path, more, Space::OriginalOutcome, Space::OutcomeText, targets[0].0),
        _ => exchange(resolver, path, rest, Space::Original, targets[0].0),
    }
}

fn outcome(path: &Path, rest: &[Name], whole: Space, text: Space, call: u16) -> Found {
    match rest {
        [] => Found::load(whole, 0, call, Type::Outcome, path.span),
        [name] if name.is("line") || name.is("field") || name.is("offset") => Found::load(
            Space::FaultPlace,
            match &*name.text {
                "line" => 0,
                "field" => 1,
                _ => 2,
            },
            call,
            Type::Text { chars: 200, private: None },
            path.span,
        ),
        _ => Found::load(text, 0, call, Type::Text { chars: 0, private: None }, path.span),
    }
}

/// Rows on a page and pages at most, as the call says; without `pages` there is one page.
fn paging(work: &Work<'_>, scope: &Scope) -> (u64, u64) {
    let parts = scope
        .call
        .and_then(|call| work.calls.get(usize::from(call.0)))
        .map(|call| &call.tree.block.statements);
    let paging = parts.into_iter().flatten().find_map(|part| match &part.kind {
        crate::tree::CallPart::Pages { rows, times, .. } => Some((rows.value, times.value)),
        _ => None,
    });
    paging.unwrap_or((0, 1))
}

fn page(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name], scope: &Scope) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let (rows, times) = paging(work, scope);
    let number = |most: u64| Type::Number { min: 0, max: i128::from(most) };
    let (slot, ty) = match &*name.text {
        "first" => (0, number(rows.saturating_mul(times.saturating_sub(1)).saturating_add(1))),
        "rows" => (1, number(rows)),
        "number" => (2, number(times)),
        "more" => (3, Type::Flag),
        _ => {
            resolver
                .report
                .error("TS0212", name.span, format!("a page has no `{}`", name.text))
                .suggest(&name.text, ["first", "rows", "number", "more"]);
            return Found::wrong(path.span);
        }
    };
    Found::load(Space::Page, slot, 0, ty, path.span)
}

fn session(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match work.session_values.iter().position(|(known, _)| **known == *name.text) {
        Some(slot) => Found::load(
            Space::Session,
            u16::try_from(slot).unwrap_or(u16::MAX),
            0,
            work.session_values[slot].1.clone(),
            path.span,
        ),
        None => {
            resolver
                .report
                .error("TS0217", name.span, format!("no session keeps or makes `{}`", name.text))
                .suggest(&name.text, work.session_values.iter().map(|(known, _)| &**known));
            Found::wrong(path.span)
        }
    }
}

fn setting(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let place = work.settings.iter().position(|setting| *setting.name == *name.text && !setting.of_member);
    match place {
        Some(slot) => {
            resolver.used.insert((work.folder.into(), format!("setting.{}", name.text).into()));
            let setting = &work.settings[slot];
            let slot = u16::try_from(slot).unwrap_or(u16::MAX);
            if let Some(chosen) = work.choice.get(&setting.name) {
                let value = match &setting.ty {
                    Type::Flag => Constant::Flag(&**chosen == "yes"),
                    _ => Constant::Name(resolver.symbols.intern(chosen)),
                };
                return Found::value(ExprKind::Constant(value), setting.ty.clone(), path.span);
            }
            Found::load(Space::Setting, slot, 0, setting.ty.clone(), path.span)
        }
        None => {
            resolver
                .report
                .error("TS0218", name.span, format!("there is no setting `{}`", name.text))
                .help_or_suggest(
                    &name.text,
                    work.settings.iter().map(|setting| &*setting.name),
                    &format!("declare it: `setting {} text ..32 chars \"…\"`", name.text),
                );
            Found::wrong(path.span)
        }
    }
}

fn key(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match work.keys.iter().position(|key| *key.name == *name.text && !key.of_member) {
        Some(slot) => {
            resolver.used.insert((work.folder.into(), format!("key.{}", name.text).into()));
            Found::load(Space::Key, u16::try_from(slot).unwrap_or(u16::MAX), 0, Type::Key, path.span)
        }
        None => {
            resolver
                .report
                .error("TS0219", name.span, format!("there is no key `{}`", name.text))
                .help_or_suggest(
                    &name.text,
                    work.keys.iter().map(|key| &*key.name),
                    &format!("declare it: `key {} tdes 16 bytes \"…\"`", name.text),
                );
            Found::wrong(path.span)
        }
    }
}

fn of_member(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let (Some(member), Some(name)) = (&work.member, rest.first()) else { return Found::wrong(path.span) };
    if *member.naming == *name.text {
        return Found::load(Space::Member, 0, 0, member.ty.clone(), path.span);
    }
    if let Some(slot) =
        work.settings.iter().position(|setting| setting.of_member && *setting.name == *name.text)
    {
        resolver.used.insert((work.folder.into(), format!("{}.{}", member.name, name.text).into()));
        let slot = u16::try_from(slot + 1).unwrap_or(u16::MAX);
        return Found::load(Space::Member, slot, 0, work.settings[slot as usize - 1].ty.clone(), path.span);
    }
    if let Some(slot) = work.keys.iter().position(|key| key.of_member && *key.name == *name.text) {
        resolver.used.insert((work.folder.into(), format!("{}.{}", member.name, name.text).into()));
        return Found::load(Space::Key, u16::try_from(slot).unwrap_or(u16::MAX), 0, Type::Key, path.span);
    }
    let names: Vec<&str> = work
        .settings
        .iter()
        .filter(|setting| setting.of_member)
        .map(|setting| &*setting.name)
        .chain(work.keys.iter().filter(|key| key.of_member).map(|key| &*key.name))
        .collect();
    resolver
        .report
        .error("TS0220", name.span, format!("a {} has no `{}`", member.name, name.text))
        .suggest(&name.text, names);
    Found::wrong(path.span)
}

/// `sign_in.reply.mak`, `put_day_list.exchange.file`: the last exchange of another call.
fn other_call(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    call: CallId,
) -> Option<Found> {
    let name = rest.first()?;
    let more = rest.get(1..).unwrap_or(&[]);
    let (side, space) = match &*name.text {
        "request" => (MessageSide::Request, Space::CallRequest),
        "reply" => (MessageSide::Reply, Space::CallReply),
        "exchange" => return Some(exchange(resolver, path, more, Space::CallExchange, call.0)),
        _ => return None,
    };
    if more.is_empty() {
        return Some(Found::load(Space::CallRaw, 0, call.0, Type::Bytes { max: u64::MAX }, path.span));
    }
    let draft = work.draft_of(call, side);
    match draft.and_then(|draft| Some((draft, draft.find(&[], more)?))) {
        Some((draft, place)) => Some(field(draft, place, 0, space, call.0, path.span)),
        None => Some(missing_in(resolver, work, path, more, Some(call), side)),
    }
}

fn journal(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match work.call_named(&name.text) {
        Some(call) => Found::value(
            ExprKind::Load(Load { space: Space::Journal, level: 0, slot: 0, call: call.0 }),
            Type::List { max: 10_000_000, shape: ShapeId(u32::MAX) },
            path.span,
        ),
        None => {
            resolver
                .report
                .error(
                    "TS0221",
                    name.span,
                    format!("there is no call `{}` in the journal of this party", name.text),
                )
                .suggest(&name.text, work.call_names());
            Found::wrong(path.span)
        }
    }
}

fn journal_row(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name], call: CallId) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let more = rest.get(1..).unwrap_or(&[]);
    let moved = |mut found: Found, level: u8| {
        if let ExprKind::Load(load) = &mut found.expr.kind {
            load.space = Space::JournalRow;
            load.level = level;
            load.call = call.0;
        }
        found
    };
    match &*name.text {
        "request" => match work
            .draft_of(call, MessageSide::Request)
            .and_then(|draft| Some((draft, draft.find(&[], more)?)))
        {
            Some((draft, place)) => moved(field(draft, place, 0, Space::Field, 0, path.span), 1),
            None => missing_in(resolver, work, path, more, Some(call), MessageSide::Request),
        },
        "answer" => {
            let shape = work.records(call).1;
            moved(record(resolver, path, more, shape, Space::Answer, call.0, "answer").maybe(), 2)
        }
        "ask" => {
            let shape = work.records(call).0;
            moved(record(resolver, path, more, shape, Space::Ask, call.0, "ask"), 3)
        }
        "exchange" => moved(exchange(resolver, path, more, Space::Exchange, call.0), 0),
        "outcome" => outcome(path, more, Space::RowOutcome, Space::RowOutcomeText, call.0),
        "reversed" => Found::value(
            ExprKind::Load(Load { space: Space::JournalRow, level: 4, slot: 0, call: call.0 }),
            Type::Flag,
            path.span,
        ),
        _ => moved(exchange(resolver, path, rest, Space::Exchange, call.0), 0),
    }
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
    let place = flow.steps.iter().position(|(name, _)| **name == *root.text)?;
    let step = u16::try_from(place).unwrap_or(u16::MAX);
    if rest.first().is_some_and(|name| name.is("outcome")) {
        return Some(outcome(
            path,
            rest.get(1..).unwrap_or(&[]),
            Space::StepOutcome,
            Space::StepOutcomeText,
            step,
        ));
    }
    let shape = flow.steps[place].1;
    let mut found = record(resolver, path, rest, shape, Space::StepAnswer, step, &root.text);
    found.optional = found.optional || !found.lists.is_empty();
    Some(found)
}
