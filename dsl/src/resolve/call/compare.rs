//! Comparisons of books: which calls of ours are held against which file of theirs, by what.
//!
//! In: the items, the calls and messages of the module. Out: comparisons, each with the record that its flows are asked.

use crate::model::{
    Load, Message, Proven, Reconcile, ReconcileBook, ReconcileProof, Setting, Shape, ShapeField, Space,
};
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
    let mut proofs = Vec::new();
    for part in &tree.block.statements {
        match &part.kind {
            ReconcilePart::Day(expr) => day = Some((expr, false)),
            ReconcilePart::Month(expr) => day = Some((expr, true)),
            ReconcilePart::Ours(book) => ours.extend(our_book(resolver, work, book)),
            ReconcilePart::Theirs(book) => {
                theirs = their_book(resolver, work, messages, book).or(theirs);
            }
            ReconcilePart::Proves(proof) => {
                proofs.extend(proof_of(resolver, work, proof).map(|one| (one, proof)));
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
    let proves = proved(resolver, proofs, &ours, &theirs);
    Some(Reconcile { name: name.text.clone(), label, ask, day, month, ours, theirs, proves, span: name.span })
}

/// What a list proves hangs on a parameter: two persons say from when on it counts, and until when.
fn proof_of(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::ReconcileProof) -> Option<ReconcileProof> {
    let proven = match &*tree.word.text {
        "holds" => Proven::Holds,
        "never" => Proven::Never,
        other => {
            resolver
                .report
                .error("TS0668", tree.word.span, format!("a list of theirs proves `holds` or `never`, not `{other}`"))
                .note("`holds`: what they list with our amount, they hold; `never`: what a whole list of a day that is over does not have, they never had")
                .help("write `proves holds when parameter.NAME` or `proves never when parameter.NAME`");
            return None;
        }
    };
    let named = match tree.when.parts.as_slice() {
        [kind, name] if &*kind.text == "parameter" => Some(name),
        _ => None,
    };
    let known = named.and_then(|name| {
        let is = |setting: &&Setting| {
            setting.changes && !setting.of_member && setting.ty == Type::Flag && *setting.name == *name.text
        };
        work.settings.iter().find(is)
    });
    let Some(known) = known else {
        resolver
            .report
            .error("TS0669", tree.when.span, "what a list proves hangs on a parameter of this party that is a `flag`")
            .note("a proof ends what is not known without anybody looking at it: two persons turn that on, from a day on, and off again")
            .help("declare `parameter NAME flag \"…\"`, and write `proves holds when parameter.NAME`");
        return None;
    };
    resolver.used.insert((work.folder.into(), format!("parameter.{}", known.name).into()));
    Some(ReconcileProof { proven, parameter: known.name.clone() })
}

/// Proofs that the books can give: each once, and `holds` where both sides have amounts.
fn proved(
    resolver: &mut Resolver,
    proofs: Vec<(ReconcileProof, &tree::ReconcileProof)>,
    ours: &[ReconcileBook],
    theirs: &ReconcileBook,
) -> Vec<ReconcileProof> {
    let mut found: Vec<ReconcileProof> = Vec::new();
    let amounts = theirs.amount.is_some() && ours.iter().all(|book| book.amount.is_some());
    for (proof, tree) in proofs {
        if proof.proven == Proven::Holds && !amounts {
            resolver
                .report
                .error("TS0670", tree.word.span, "a list without amounts proves of no posting that they hold it")
                .note("what they hold with another amount is no posting of ours")
                .help("say the amounts of both: `ours CALL by … amount request.amount`, `theirs FILE by … amount amount`");
        } else if found.iter().any(|one| one.proven == proof.proven) {
            resolver
                .report
                .error("TS0670", tree.word.span, format!("`proves {}` stands here twice", tree.word.text))
                .help("take one of them away: each hangs on one parameter");
        } else {
            found.push(proof);
        }
    }
    found
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
