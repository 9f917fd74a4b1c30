//! Items: their dispatch, and the small ones.

use super::attribute::coding;
use super::block::{Headed, block, label, labelled, labelled_block, unknown_word};
use super::cursor::{Column, In, Res, count, name, names, one_of, path, time};
use super::expression::expr;
use super::field::{field, shape, typed, wire};
use super::types::{self, Place};
use super::{call, codes, example, flow, forms, link, session, text};
use crate::diagnostics::register::syntax;
use crate::lex::TokenKind;
use crate::tree::{
    Block, Coding, ItemKind, Key, KeyKind, KeyOwner, Layout, Member, MemberStatement, Name, Packet, Party,
    PartyClause, Reasons, Reconcile, ReconcileBook, ReconcilePart, ReconcileProof, Service, ServiceKind,
    ServicePart, Setting,
};
use nom::Parser;
use nom::combinator::{cut, opt};

/// The words that begin an item.
pub(crate) const WORDS: &[&str] = &[
    "party",
    "setting",
    "parameter",
    "key",
    "member",
    "link",
    "packet",
    "layout",
    "xml",
    "delimited",
    "coding",
    "codes",
    "session",
    "call",
    "serve",
    "service",
    "reasons",
    "flow",
    "reconcile",
    "example",
    "use",
];

/// One item, from its word on.
pub(crate) fn item(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let Some(written) = input.word() else {
        return input.expected("an item such as `party`, `link`, `call`");
    };
    let here = input.advance();
    match written {
        "party" => named(here, party_clause, |name, block| ItemKind::Party(Party { name, block })),
        "setting" => plain(setting(here, false)?, ItemKind::Setting),
        "parameter" => plain(setting(here, true)?, ItemKind::Setting),
        "key" => plain(key(here)?, ItemKind::Key),
        "member" => named(here, member_statement, |name, block| ItemKind::Member(Member { name, block })),
        "link" => link::link(here),
        "packet" => named(here, wire, |name, block| ItemKind::Packet(Packet { name, block })),
        "layout" => layout(here),
        "xml" => forms::xml(here),
        "delimited" => forms::delimited(here),
        "coding" => {
            let (here, name) = cut(name).parse(here)?;
            let (here, chain) = coding(here)?;
            labelled(here, ItemKind::Coding(Coding { name, chain }))
        }
        "codes" => codes::codes(here),
        "session" => session::session(here),
        "call" | "serve" => call::call(input),
        "service" => service(here),
        "reasons" => reasons(here),
        "flow" => flow::flow(here),
        "reconcile" => {
            named(here, reconcile_part, |name, block| ItemKind::Reconcile(Reconcile { name, block }))
        }
        "example" => example::example(here),
        "use" => {
            let (here, path) = cut(path).parse(here)?;
            labelled(here, ItemKind::Use(path))
        }
        _ => unknown(input, written),
    }
}

fn unknown<'s>(input: In<'s>, written: &str) -> Res<'s, Headed<ItemKind>> {
    if matches!(written, "module" | "only") {
        let title = format!("`{written}` stands too late");
        let found = input.error(syntax::LATE_HEAD, title, "an item stands before it");
        return input.fail(found.help("`module` and `only when` are the first lines of a file"));
    }
    let found = input.error(syntax::UNKNOWN_ITEM, format!("`{written}` begins no item"), "expected an item");
    let found = match written {
        "seal" | "verify" => {
            found.help("a seal is a field: mac text 8 bytes = hex_upper(mac(x9_19, key.mak, raw(head)))")
        }
        "notify" => found.help("a notice is a `call` or `serve` without `reply`"),
        "schedule" => found.help("a flow begins `on daily 00:30` or `on every 60s`"),
        "file" => found.help("a file is a message on a link of kind sftp or folder"),
        "enum" => found.help("write `codes NAME text 2 bytes { … }`"),
        _ => found.did_you_mean(written, WORDS.iter().copied()),
    };
    input.fail(found.note(format!("items begin with: {}", WORDS.join(", "))))
}

/// `NAME L { … }`.
fn named<'s, T>(
    input: In<'s>,
    statement: fn(In<'s>) -> Res<'s, Headed<T>>,
    make: fn(Name, Block<T>) -> ItemKind,
) -> Res<'s, Headed<ItemKind>> {
    let (here, name) = cut(name).parse(input)?;
    let (here, (label, block)) = labelled_block(here, statement)?;
    Ok((here, (make(name, block), label)))
}

fn plain<'s, T>(parsed: (In<'s>, Headed<T>), make: fn(T) -> ItemKind) -> Res<'s, Headed<ItemKind>> {
    let (rest, (kind, label)) = parsed;
    Ok((rest, (make(kind), label)))
}

const PARTY: &[&str] = &["charset", "day", "serial", "discloses", "assumed"];

fn party_clause(input: In<'_>) -> Res<'_, Headed<PartyClause>> {
    let here = input.advance();
    here.column(Column::Body);
    let (rest, clause) = match input.word() {
        Some("charset") => cut(name).parse(here).map(|(rest, name)| (rest, PartyClause::Charset(name)))?,
        Some("day") if here.is_word("cut_over") => {
            cut(time).parse(here.advance()).map(|(rest, time)| (rest, PartyClause::DayCutOver(time)))?
        }
        Some("day") if here.is_word("from") => {
            cut(name).parse(here.advance()).map(|(rest, name)| (rest, PartyClause::DayFrom(name)))?
        }
        Some("day") => return here.expected("`cut_over` and a time, or `from` and a name"),
        Some("serial") => cut(expr).parse(here).map(|(rest, value)| (rest, PartyClause::Serial(value)))?,
        Some("discloses") => {
            cut(names).parse(here).map(|(rest, names)| (rest, PartyClause::Discloses(names)))?
        }
        Some("assumed") => {
            cut(text::plain).parse(here).map(|(rest, why)| (rest, PartyClause::Assumed(why)))?
        }
        _ => return unknown_word(input, "clause of a party", PARTY),
    };
    labelled(rest, clause)
}

/// `NAME type attr* L` of a setting or a parameter.
pub(crate) fn setting(input: In<'_>, changes: bool) -> Res<'_, Headed<Setting>> {
    input.column(Column::Body);
    let (here, name) = cut(name).parse(input)?;
    here.column(Column::Rule);
    let (here, (type_, attributes)) = typed(here, Place::Shape)?;
    labelled(here, Setting { name, changes, type_, attributes })
}

const KEYS: &[(&str, KeyKind)] = &[
    ("secret", KeyKind::Secret),
    ("des", KeyKind::Des),
    ("tdes", KeyKind::Tdes),
    ("aes", KeyKind::Aes),
    ("sm4", KeyKind::Sm4),
    ("rsa", KeyKind::Rsa),
    ("ec", KeyKind::Ec),
    ("sm2", KeyKind::Sm2),
    ("certificate", KeyKind::Certificate),
];
const OWNERS: &[(&str, KeyOwner)] = &[("ours", KeyOwner::Ours), ("theirs", KeyOwner::Theirs)];

/// `NAME kind size? owner? L` of a key.
pub(crate) fn key(input: In<'_>) -> Res<'_, Headed<Key>> {
    input.column(Column::Body);
    let (here, name) = cut(name).parse(input)?;
    here.column(Column::Rule);
    let (here, kind) = cut(one_of(KEYS, "a sort of key")).parse(here)?;
    let (here, size) = opt(count).parse(here)?;
    let in_bytes = size.is_some() && here.is_word("bytes");
    let here = if in_bytes { here.advance() } else { here };
    let (here, owner) = if here.is_word("ours") || here.is_word("theirs") {
        one_of(OWNERS, "an owner").parse(here).map(|(rest, owner)| (rest, Some(owner)))?
    } else {
        (here, None)
    };
    labelled(here, Key { name, kind, size, in_bytes, owner })
}

fn member_statement(input: In<'_>) -> Res<'_, Headed<MemberStatement>> {
    let declares = |kind: fn(In<'_>, usize) -> bool| input.ahead(1).kind == TokenKind::Word && kind(input, 2);
    let sort = |here: In<'_>, ahead: usize| KEYS.iter().any(|(word, _)| here.ahead_is_word(ahead, word));
    let changes = input.is_word("parameter");
    if (changes || input.is_word("setting")) && declares(types::begins) {
        let (rest, (setting, label)) = setting(input.advance(), changes)?;
        return Ok((rest, (MemberStatement::Setting(setting), label)));
    }
    if input.is_word("key") && (sort(input, 2) || !types::begins(input, 1)) {
        let (rest, (key, label)) = key(input.advance())?;
        return Ok((rest, (MemberStatement::Key(key), label)));
    }
    if types::begins(input, 1) {
        let (rest, (field, label)) = field(input, Place::Wire)?;
        return Ok((rest, (MemberStatement::Naming(field), label)));
    }
    const KNOWN: &[&str] = &["setting", "parameter", "key", "the naming field: name text 8 bytes"];
    unknown_word(input, "declaration of a member", KNOWN)
}

fn layout(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, name) = cut(name).parse(input)?;
    let (here, type_, attributes) = if types::begins(here, 0) {
        let (rest, (type_, attributes)) = typed(here, Place::Wire)?;
        (rest, Some(type_), attributes)
    } else {
        (here, None, Vec::new())
    };
    let table = here.is_word("table");
    let here = if table { here.advance() } else { here };
    let (here, (label, block)) = labelled_block(here, wire)?;
    Ok((here, (ItemKind::Layout(Layout { name, type_, attributes, table, block }), label)))
}

const KINDS: &[(&str, ServiceKind)] = &[
    ("query", ServiceKind::Query),
    ("posting", ServiceKind::Posting),
    ("notice", ServiceKind::Notice),
    ("batch", ServiceKind::Batch),
];

fn service(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, (name, kind)) = (cut(name), cut(one_of(KINDS, "a kind of service"))).parse(input)?;
    let (here, (label, block)) = labelled_block(here, service_part)?;
    Ok((here, (ItemKind::Service(Service { name, kind, block }), label)))
}

fn service_part(input: In<'_>) -> Res<'_, Headed<ServicePart>> {
    let here = input.advance();
    match input.word() {
        Some("ask") => {
            let (here, (label, block)) = labelled_block(here, shape)?;
            Ok((here, (ServicePart::Ask(block), label)))
        }
        Some("answer") => {
            let (here, (label, block)) = labelled_block(here, shape)?;
            Ok((here, (ServicePart::Answer(block), label)))
        }
        Some("refuse") => {
            here.column(Column::Body);
            let (here, reasons) = cut(names).parse(here)?;
            labelled(here, ServicePart::Refuse(reasons))
        }
        _ => unknown_word(input, "part of a service", &["ask", "answer", "refuse"]),
    }
}

fn reasons(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, head) = label(input)?;
    let (here, block) = cut(|inside| block(inside, types::labelled_name)).parse(here)?;
    Ok((here, (ItemKind::Reasons(Reasons { block }), head)))
}

fn reconcile_part(input: In<'_>) -> Res<'_, Headed<ReconcilePart>> {
    let here = input.advance();
    match input.word() {
        Some("day") => {
            here.column(Column::Body);
            let (here, day) = cut(expr).parse(here)?;
            labelled(here, ReconcilePart::Day(day))
        }
        Some("month") => {
            here.column(Column::Body);
            let (here, day) = cut(expr).parse(here)?;
            labelled(here, ReconcilePart::Month(day))
        }
        Some("ours") => book(here, ReconcilePart::Ours),
        Some("theirs") => book(here, ReconcilePart::Theirs),
        Some("proves") => {
            here.column(Column::Body);
            let (here, word) = cut(name).parse(here)?;
            let (here, _) = cut(super::cursor::word("when")).parse(here)?;
            let (here, when) = cut(path).parse(here)?;
            labelled(here, ReconcilePart::Proves(ReconcileProof { word, when }))
        }
        _ => unknown_word(input, "part of a comparison", &["day", "month", "ours", "theirs", "proves"]),
    }
}

fn book(input: In<'_>, part: fn(ReconcileBook) -> ReconcilePart) -> Res<'_, Headed<ReconcilePart>> {
    input.column(Column::Body);
    let (here, source) = cut(path).parse(input)?;
    let (here, _) = cut(super::cursor::word("by")).parse(here)?;
    let (mut here, by) = cut(expr).parse(here)?;
    let mut found = ReconcileBook { source, by, amount: None, condition: None };
    if here.word() == Some("amount") {
        let (rest, amount) = cut(expr).parse(here.advance())?;
        found.amount = Some(amount);
        here = rest;
    }
    if here.is_sign(crate::lex::Sign::Comma) {
        let (rest, _) = cut(super::cursor::word("rows")).parse(here.advance())?;
        let (rest, _) = cut(super::cursor::word("where")).parse(rest)?;
        let (rest, condition) = cut(expr).parse(rest)?;
        found.condition = Some(condition);
        here = rest;
    }
    labelled(here, part(found))
}
