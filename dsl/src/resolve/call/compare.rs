//! Comparisons of books: which calls of ours are held against which file of theirs, by what.
//!
//! In: the items, the calls and messages of the module. Out: comparisons, each with the record that its flows are asked.

use crate::model::{Load, Message, Reconcile, ReconcileBook, Shape, ShapeField, Space};
use crate::resolve::assemble::Work;
use crate::resolve::expression::{condition, expression, inside};
use crate::resolve::path::{RowNames, Scope};
use crate::resolve::{Resolver, shapes};
use crate::source::Span;
use crate::tree::{self, ReconcilePart};
use crate::value::{ShapeId, Type};

/// How the two books may differ in a row, in the words of `row.class`.
const CLASSES: [&str; 6] =
    ["ours_only", "theirs_only", "amount_differs", "open_here", "refused_here", "undone_here"];

/// The most rows of a book.
const MOST: u64 = 10_000_000;

pub(super) fn reconciles(resolver: &mut Resolver, work: &Work<'_>, messages: &[Message]) -> Vec<Reconcile> {
    let mut found = Vec::new();
    for (item, tree) in &work.index.reconciles {
        let label = shapes::label(&item.label);
        if let Some(one) = reconcile(resolver, work, messages, tree, label) {
            found.push(one);
        }
    }
    found
}

fn reconcile(
    resolver: &mut Resolver,
    work: &Work<'_>,
    messages: &[Message],
    tree: &tree::Reconcile,
    label: Box<str>,
) -> Option<Reconcile> {
    let name = &tree.name;
    if work.call_named(&name.text).is_some() {
        resolver
            .report
            .error("TS0629", name.span, format!("`{}` is a call of the party already", name.text))
            .help("a flow says `on NAME`: give the comparison a name of its own");
    }
    let mut ours = Vec::new();
    let mut theirs = None;
    let mut day = None;
    for part in &tree.block.statements {
        match &part.kind {
            ReconcilePart::Day(expr) => day = Some((expr, false)),
            ReconcilePart::Month(expr) => day = Some((expr, true)),
            ReconcilePart::Ours(book) => ours.extend(our_book(resolver, work, book)),
            ReconcilePart::Theirs(book) => {
                theirs = their_book(resolver, work, messages, book).or(theirs);
            }
        }
    }
    let of_ours = |part: &tree::Node<ReconcilePart>| matches!(part.kind, ReconcilePart::Ours(_));
    let of_theirs = |part: &tree::Node<ReconcilePart>| matches!(part.kind, ReconcilePart::Theirs(_));
    let parts = &tree.block.statements;
    if !parts.iter().any(of_ours) || parts.iter().filter(|part| of_theirs(part)).count() != 1 {
        resolver
            .report
            .error("TS0621", name.span, "a comparison has books of ours and one of theirs")
            .help("add `ours CALL by exchange.serial amount request.amount` for each call of ours, and `theirs FILE by …` once");
        return None;
    }
    let theirs = theirs?;
    let ask = ask(resolver, &format!("{}.{}", work.index.name, name.text), name.span);
    let scope = Scope { call: Some(theirs.call), ask: work.records(theirs.call).0, ..Scope::default() };
    let (day, month) = match day {
        Some((day, month)) => (expression(resolver, work, day, &scope, Some(&Type::Date)), month),
        None => {
            resolver
                .report
                .error("TS0630", name.span, "the comparison does not say of which day it is")
                .note("the journal is looked up by business date, never gone through whole")
                .help("add `day ask.business_date`, or whatever the file calls its day; `month ask.day` for the file of a month");
            return None;
        }
    };
    Some(Reconcile { name: name.text.clone(), label, ask, day, month, ours, theirs, span: name.span })
}

fn our_book(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::ReconcileBook) -> Option<ReconcileBook> {
    let call = call_named(resolver, work, &tree.source)?;
    let list = Load { space: Space::Journal, level: 0, slot: 0, call: call.0 };
    let scope = Scope { call: Some(call), ..Scope::default() };
    let scope = inside(work, &scope, list, RowNames::Journal(call));
    Some(book(resolver, work, tree, &scope, (call, list)))
}

fn their_book(
    resolver: &mut Resolver,
    work: &Work<'_>,
    messages: &[Message],
    tree: &tree::ReconcileBook,
) -> Option<ReconcileBook> {
    let call = call_named(resolver, work, &tree.source)?;
    let ask = work.records(call).0;
    let lists = ask.and_then(|ask| resolver.shapes.get(ask.0 as usize)).map(|ask| {
        let lists = ask.fields.iter().zip(0_u16..).filter_map(|(field, slot)| match field.ty {
            Type::List { shape, .. } => Some((slot, shape)),
            _ => None,
        });
        lists.collect::<Vec<_>>()
    });
    let comes = |message: &&Message| message.call == call && !message.ours && message.file.is_some();
    let (Some([(slot, shape)]), true) = (lists.as_deref(), messages.iter().any(|message| comes(&message)))
    else {
        resolver
            .report
            .error("TS0628", tree.source.span, "their book is a file with one list of rows")
            .note("what is compared has come whole, and stands in the list that its service asks with")
            .help("name a `serve … request file …` whose lines fill one list of its `ask`");
        return None;
    };
    let list = Load { space: Space::Ask, level: 0, slot: *slot, call: 0 };
    let row = RowNames::Shape { shape: *shape, space: Space::Item, level: 1, call: 0 };
    let scope = Scope { call: Some(call), ask, ..Scope::default() };
    let scope = inside(work, &scope, list, row);
    Some(book(resolver, work, tree, &scope, (call, list)))
}

fn book(
    resolver: &mut Resolver,
    work: &Work<'_>,
    tree: &tree::ReconcileBook,
    scope: &Scope,
    (call, list): (crate::model::CallId, Load),
) -> ReconcileBook {
    let key = expression(resolver, work, &tree.by, scope, None);
    let money = Type::Money { digits: 20 };
    let amount = tree.amount.as_ref().map(|amount| expression(resolver, work, amount, scope, Some(&money)));
    let filter = tree.condition.as_ref().map(|filter| {
        let filter = expression(resolver, work, filter, scope, Some(&Type::Flag));
        condition(resolver, filter)
    });
    ReconcileBook { call, list, key, amount, filter }
}

fn call_named(resolver: &mut Resolver, work: &Work<'_>, path: &tree::Path) -> Option<crate::model::CallId> {
    let name = path.text();
    let found = work.call_named(&name);
    if found.is_none() {
        resolver
            .report
            .error("TS0224", path.span, format!("there is no call `{name}`"))
            .suggest(&name, work.call_names());
    }
    found
}

/// What a flow on the comparison is asked.
fn ask(resolver: &mut Resolver, name: &str, span: Span) -> ShapeId {
    let field = |name: &str, ty: Type, optional: bool| ShapeField {
        name: name.into(),
        ty,
        optional,
        label: Box::default(),
        span,
    };
    let classes = CLASSES.iter().map(|class| resolver.symbols.intern(class)).collect();
    let money = Type::Money { digits: 20 };
    let row = vec![
        field("key", Type::Text { chars: 200, private: None }, false),
        field("class", Type::Names(classes), false),
        field("ours", money.clone(), true),
        field("theirs", money, true),
    ];
    let row = shapes::declare(resolver, Shape { name: format!("{name}.differences").into(), fields: row });
    let count = Type::Number { min: 0, max: i128::from(MOST) };
    let fields = vec![
        field("day", Type::Date, false),
        field("ours", count.clone(), false),
        field("theirs", count.clone(), false),
        field("agreed", count, false),
        field("differences", Type::List { max: MOST, shape: row }, false),
    ];
    shapes::declare(resolver, Shape { name: name.into(), fields })
}
