//! A module: its head, settings, links, code tables, calls and messages.

use super::assemble::{self, CallHead, Recipe, Work};
use super::bind;
use super::expression::{condition, expression};
use super::index::Index;
use super::path::Scope;
use super::wire::{self, Around};
use super::{Resolver, session, shapes, unfilled};
use crate::model::{
    Assumed, Call, CallId, CodeRow, CodeTable, Expr, ExprKind, Frame, Hold, Key, Link, LinkKind, Meaning,
    Member, MessageId, MessageSide, Module, OutcomeRule, Party, PrefixKind, Promises, Reconcile, ServiceKind,
    Setting, Space, Way, XmlForm,
};
use crate::source::Span;
use crate::tree::{
    self, CallPart, LinkClause, MeaningKind, MemberStatement, PartyClause, PromiseKind, Relation, WayStepKind,
};
use crate::value::{Coding, Constant, Outcome, Private, Type};

/// The module of a folder, without its flows.
pub(crate) fn module(resolver: &mut Resolver, index: &Index<'_>) -> Module {
    let mut work = Work {
        index,
        folder: index.folder,
        choice: &index.choice,
        settings: Vec::new(),
        keys: Vec::new(),
        member: None,
        codes: Vec::new(),
        xml_forms: Vec::new(),
        session_values: Vec::new(),
        calls: Vec::new(),
        drafts: Vec::new(),
    };
    declarations(resolver, &mut work);
    work.xml_forms = xml_forms(resolver, &work);
    tables(resolver, &mut work);
    session::declare(resolver, &mut work);
    heads(resolver, &mut work);
    let messages_of = drafts(resolver, &mut work);
    let charset = charset(resolver, index);
    let messages = (0..work.drafts.len())
        .filter_map(|place| bind::bind(resolver, &work, place, &charset))
        .collect::<Vec<_>>();
    let calls = (0..work.calls.len())
        .map(|place| call(resolver, &work, place, messages_of.get(place).cloned().unwrap_or_default()))
        .collect();
    let links = links(resolver, &work);
    let sessions = session::sessions(resolver, &work);
    let party = index.party.map(|(_, party)| party_head(resolver, &work, party, &charset));
    let reconciles = reconciles(resolver, &work);
    let module = Module {
        name: index.name.clone(),
        folder: index.folder.into(),
        label: index.party.map_or_else(Box::default, |(item, _)| shapes::label(&item.label)),
        doc: index.party.map_or_else(Box::default, |(item, _)| docs(&item.docs)),
        party,
        settings: work.settings.clone(),
        keys: work.keys.clone(),
        member: work.member.clone(),
        links,
        codes: work.codes.clone(),
        sessions,
        calls,
        messages,
        xml_forms: work.xml_forms.clone(),
        flows: Vec::new(),
        reconciles,
        examples: index.examples.iter().map(|example| (*example).clone()).collect(),
        assumed: assumed(index),
    };
    duplicates(resolver, &module);
    unfilled::unfilled(resolver, &module);
    module
}

pub(crate) fn docs(lines: &[tree::Str]) -> Box<str> {
    lines.iter().map(|line| &*line.text).collect::<Vec<_>>().join("\n").into()
}

fn charset(resolver: &mut Resolver, index: &Index<'_>) -> Box<str> {
    const KNOWN: [&str; 9] =
        ["utf8", "gbk", "gb18030", "ascii", "cp935", "cp1388", "cp037", "cp1047", "cp500"];
    let Some((_, party)) = index.party else { return "utf8".into() };
    for clause in &party.block.statements {
        if let PartyClause::Charset(name) = &clause.kind {
            if !KNOWN.contains(&&*name.text) {
                resolver
                    .report
                    .error("TS0427", name.span, format!("there is no charset `{}`", name.text))
                    .suggest(&name.text, KNOWN);
            }
            return name.text.clone();
        }
    }
    resolver
        .report
        .error("TS0428", party.name.span, "the party names no charset")
        .help("add `charset gbk` (or utf8, gb18030, ascii) to it");
    "utf8".into()
}

fn declarations(resolver: &mut Resolver, work: &mut Work<'_>) {
    for (item, tree) in &work.index.settings {
        let ty = shapes::plain(resolver, &tree.type_);
        work.settings.push(Setting {
            name: tree.name.text.clone(),
            ty,
            label: shapes::label(&item.label),
            of_member: false,
            span: tree.name.span,
        });
    }
    for (item, tree) in &work.index.keys {
        let key = key(resolver, tree, shapes::label(&item.label), false);
        work.keys.push(key);
    }
    let Some((_, member)) = work.index.member else { return };
    for statement in &member.block.statements {
        match &statement.kind {
            MemberStatement::Naming(field) => {
                let ty = shapes::plain(resolver, &field.type_);
                work.member = Some(Member {
                    name: member.name.text.clone(),
                    naming: field.name.text.clone(),
                    ty,
                    span: member.name.span,
                });
            }
            MemberStatement::Setting(tree) => {
                let ty = shapes::plain(resolver, &tree.type_);
                work.settings.push(Setting {
                    name: tree.name.text.clone(),
                    ty,
                    label: shapes::label(&statement.label),
                    of_member: true,
                    span: tree.name.span,
                });
            }
            MemberStatement::Key(tree) => {
                let key = key(resolver, tree, shapes::label(&statement.label), true);
                work.keys.push(key);
            }
        }
    }
    if work.member.is_none() {
        resolver
            .report
            .error("TS0609", member.name.span, format!("nothing names a {}", member.name.text))
            .help("begin its block with the field that names one: `name text 8 bytes`");
        // So that what is said of its settings is not said wrong as well.
        work.member = Some(Member {
            name: member.name.text.clone(),
            naming: Box::default(),
            ty: Type::Wrong,
            span: member.name.span,
        });
    }
}

fn key(resolver: &mut Resolver, tree: &tree::Key, label: Box<str>, of_member: bool) -> Key {
    let (kind, sizes): (&str, &[u64]) = match tree.kind {
        tree::KeyKind::Secret => ("secret", &[]),
        tree::KeyKind::Des => ("des", &[8]),
        tree::KeyKind::Tdes => ("tdes", &[16, 24]),
        tree::KeyKind::Aes => ("aes", &[16, 24, 32]),
        tree::KeyKind::Sm4 => ("sm4", &[16]),
        tree::KeyKind::Rsa => ("rsa", &[1024, 2048, 3072, 4096]),
        tree::KeyKind::Ec => ("ec", &[]),
        tree::KeyKind::Sm2 => ("sm2", &[]),
    };
    if let Some(size) = &tree.size
        && !sizes.is_empty()
        && !sizes.contains(&size.value)
    {
        let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        resolver
            .report
            .error("TS0610", size.span, format!("no key of kind `{kind}` has a size of {}", size.value))
            .help(format!("sizes are {}", sizes.join(", ")));
    }
    let pair = matches!(tree.kind, tree::KeyKind::Rsa | tree::KeyKind::Ec | tree::KeyKind::Sm2);
    if pair && tree.owner.is_none() {
        resolver
            .report
            .error("TS0611", tree.name.span, format!("whose is the key `{}`?", tree.name.text))
            .help("write `ours` (we hold the private half) or `theirs` behind its kind");
    }
    Key {
        name: tree.name.text.clone(),
        kind: kind.into(),
        size: tree.size.as_ref().and_then(|size| u32::try_from(size.value).ok()),
        ours: tree.owner.map(|owner| owner == tree::KeyOwner::Ours),
        of_member,
        label,
        span: tree.name.span,
    }
}

fn party_head(resolver: &mut Resolver, work: &Work<'_>, party: &tree::Party, charset: &str) -> Party {
    let mut head = Party { charset: charset.into(), cut_over: None, serial: None, discloses: Vec::new() };
    for clause in &party.block.statements {
        match &clause.kind {
            PartyClause::DayCutOver(time) => head.cut_over = Some(minutes(*time)),
            PartyClause::Serial(tree) => {
                head.serial = Some(expression(resolver, work, tree, &Scope::default(), None));
            }
            PartyClause::Discloses(names) => {
                for name in names {
                    match Private::WORDS.iter().find(|(_, word)| name.is(word)) {
                        Some((kind, _)) => head.discloses.push(*kind),
                        None => {
                            resolver
                                .report
                                .error("TS0612", name.span, format!("`{}` is no private type", name.text))
                                .suggest(&name.text, Private::WORDS.iter().map(|(_, word)| *word));
                        }
                    }
                }
            }
            PartyClause::Charset(_) | PartyClause::DayFrom(_) | PartyClause::Assumed(_) => {}
        }
    }
    let begins = work.calls.iter().any(|call| call.ours);
    if begins && head.serial.is_none() {
        resolver
            .report
            .error("TS0613", party.name.span, "the party says nothing of serials")
            .note("every exchange that we begin has a serial of its own")
            .help("add `serial counter(12)`, or what the specification says");
    }
    head
}

pub(crate) fn minutes(time: tree::Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

fn xml_forms(resolver: &mut Resolver, work: &Work<'_>) -> Vec<XmlForm> {
    let mut forms = Vec::new();
    for (_, tree) in &work.index.xml {
        let mut form = XmlForm {
            name: tree.name.text.clone(),
            start: None,
            value: None,
            list: None,
            item: None,
            group: None,
            attributes: false,
            text: Vec::new(),
            bytes: Vec::new(),
            unknown_kept: false,
        };
        for clause in &tree.block.statements {
            match &clause.kind {
                tree::XmlClause::Start(text) => form.start = Some(text.text.clone()),
                tree::XmlClause::Value(text) => {
                    form.value = Some(template(resolver, text, &["{name}", "{value}"]));
                }
                tree::XmlClause::List(text) => {
                    form.list = Some(template(resolver, text, &["{name}", "{items}"]));
                }
                tree::XmlClause::Item(text) => form.item = Some(template(resolver, text, &["{fields}"])),
                tree::XmlClause::Group(text) => {
                    form.group = Some(template(resolver, text, &["{name}", "{fields}"]));
                }
                tree::XmlClause::ValuesInAttributes => form.attributes = true,
                tree::XmlClause::TextCoded(chain) => form.text = plain_chain(resolver, work, chain, 0),
                tree::XmlClause::BytesCoded(chain) => form.bytes = plain_chain(resolver, work, chain, 0),
                tree::XmlClause::Unknown(keep) => form.unknown_kept = *keep == tree::Keep::Kept,
            }
        }
        forms.push(form);
    }
    forms
}

fn template(resolver: &mut Resolver, text: &tree::Str, holes: &[&str]) -> Box<str> {
    for hole in holes {
        if !text.text.contains(hole) {
            resolver
                .report
                .error("TS0429", text.span, format!("the template lacks `{hole}`"))
                .help("copy the form from the specification and put the holes where name and value stand");
        }
    }
    text.text.clone()
}

/// A chain without ciphers: of an xml form's texts and bytes.
fn plain_chain(resolver: &mut Resolver, work: &Work<'_>, chain: &tree::Chain, depth: usize) -> Vec<Coding> {
    let mut codings = Vec::new();
    for element in &chain.elements {
        let blanks = element.tolerate.iter().any(|word| word.is("blanks"));
        codings.push(match &*element.name.text {
            "hex" => Coding::Hex { upper: false, tolerate_blanks: blanks },
            "hex_upper" => Coding::Hex { upper: true, tolerate_blanks: blanks },
            "base64" => Coding::Base64 { url: false, tolerate_blanks: blanks },
            "base64url" => Coding::Base64 { url: true, tolerate_blanks: blanks },
            "percent" => Coding::Percent,
            "none" => continue,
            name @ ("gbk" | "gb18030" | "utf8" | "ascii") => Coding::Charset(name.into()),
            name => {
                match work.index.codings.get(name) {
                    Some(inner) if depth < 8 => {
                        resolver.used.insert((work.folder.into(), format!("coding.{name}").into()));
                        codings.extend(plain_chain(resolver, work, inner, depth + 1));
                    }
                    _ => {
                        resolver
                            .report
                            .error("TS0424", element.name.span, format!("there is no coding `{name}`"))
                            .suggest(name, work.index.codings.keys().copied());
                    }
                }
                continue;
            }
        });
    }
    codings
}

fn tables(resolver: &mut Resolver, work: &mut Work<'_>) {
    for (item, tree) in &work.index.codes {
        let (_, wire) = wire::leaf(
            resolver,
            &wire::Tables { codes: &[], xml_forms: &[] },
            Around::Named,
            &tree.name,
            &tree.type_,
            &tree.attributes,
        );
        let outcomes = tree.rows.statements.iter().any(|row| {
            matches!(
                row.kind.meaning.kind,
                MeaningKind::Done(_)
                    | MeaningKind::Refused(_)
                    | MeaningKind::Unknown(_)
                    | MeaningKind::Wait(_)
            )
        });
        let mut table = CodeTable {
            name: tree.name.text.clone(),
            label: shapes::label(&item.label),
            wire,
            outcomes,
            rows: Vec::new(),
            other: None,
            absent: None,
            span: tree.name.span,
        };
        for row in &tree.rows.statements {
            code_row(resolver, work, &mut table, row);
        }
        if table.outcomes && table.other.is_none() {
            resolver
                .report
                .error("TS0501", tree.name.span, format!("`{}` says nothing of other codes", tree.name.text))
                .note("a party sends codes that its document does not list; such a one must not be taken for a refusal")
                .help("add the row `other  unknown`");
        }
        work.codes.push(table);
    }
}

fn code_row(
    resolver: &mut Resolver,
    work: &Work<'_>,
    table: &mut CodeTable,
    row: &tree::Node<tree::CodeRow>,
) {
    let meaning = meaning(resolver, &row.kind.meaning);
    let names = matches!(meaning, Meaning::Name(_));
    if names && table.outcomes {
        resolver
            .report
            .error("TS0503", row.kind.meaning.span, format!("`{}` mixes outcomes and names", table.name))
            .help("a table gives every code an outcome, or every code a name");
        return;
    }
    match &row.kind.key {
        tree::CodeKey::Other(span) => {
            if table.outcomes
                && matches!(meaning, Meaning::Outcome(Outcome::Done(_) | Outcome::Refused(_)))
                && !matches!(meaning, Meaning::Outcome(Outcome::Refused(Some(symbol))) if resolver.symbols.text(symbol) == "bad_message")
            {
                resolver
                    .report
                    .error("TS0504", *span, "an unknown code is neither done nor refused")
                    .note("a code that the document does not list says nothing of the money")
                    .help("write `other  unknown`");
            }
            table.other = Some(meaning);
        }
        tree::CodeKey::Absent(_) => table.absent = Some(meaning),
        tree::CodeKey::Text(text) => {
            let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
            let text = expression(resolver, work, &tree, &Scope::default(), None);
            if let Some(Constant::Text(new)) = text.as_constant() {
                let same = |row: &&CodeRow| matches!(row.text.as_constant(), Some(Constant::Text(old)) if old == new);
                if let Some(earlier) = table.rows.iter().find(same) {
                    let at = earlier.span;
                    resolver
                        .report
                        .error("TS0505", text.span, format!("the code `{new}` stands twice in `{}`", table.name))
                        .at(at, "the first stands here")
                        .help("leave one; where the meaning depends on the call, write `outcome FIELD { rows }` there");
                    return;
                }
                let length = u32::try_from(new.chars().count()).unwrap_or(u32::MAX);
                let width = match table.wire.size {
                    crate::value::Size::Fixed(width) | crate::value::Size::Range { max: width, .. } => width,
                    crate::value::Size::ByForm => length,
                };
                let exact = matches!(table.wire.size, crate::value::Size::Fixed(_))
                    && table.wire.unit != crate::value::Unit::Bytes;
                if length > width || (exact && length != width) {
                    resolver
                        .report
                        .error("TS0506", text.span, format!("the code `{new}` has another length than `{}` says", table.name))
                        .at(table.span, "the table's type stands here")
                        .help("write the code as it stands on the wire, zeros included, or mend the table's type");
                }
            }
            table.rows.push(CodeRow { text, meaning, label: shapes::label(&row.label), span: row.span });
        }
    }
}

pub(crate) fn meaning(resolver: &mut Resolver, tree: &tree::Meaning) -> Meaning {
    let qualifier =
        |resolver: &mut Resolver, name: &Option<tree::Name>| name.as_ref().map(|name| resolver.reason(name));
    match &tree.kind {
        MeaningKind::Done(name) => Meaning::Outcome(Outcome::Done(qualifier(resolver, name))),
        MeaningKind::Refused(name) => Meaning::Outcome(Outcome::Refused(qualifier(resolver, name))),
        MeaningKind::Unknown(_) => Meaning::Outcome(Outcome::Unknown),
        MeaningKind::Name(name) => Meaning::Name(resolver.symbols.intern(&name.text)),
        MeaningKind::Refuse(name) => Meaning::Refuse(resolver.reason(name)),
        MeaningKind::Wait(duration) => Meaning::Wait(duration.milliseconds),
    }
}

/// The calls with their services, records and relations.
fn heads(resolver: &mut Resolver, work: &mut Work<'_>) {
    for (item, tree) in &work.index.calls {
        let ours = tree.kind == tree::CallKind::Call;
        let mut head = CallHead {
            item,
            tree,
            ours,
            link: 0,
            service: None,
            ask: None,
            answer: None,
            settles: Vec::new(),
            undoes: Vec::new(),
            about: Vec::new(),
        };
        head.link = link_of(resolver, work, tree, ours);
        for relation in &tree.relations {
            if let Relation::Provides(path) | Relation::Runs(path) = relation {
                head.service = service(resolver, path);
                let provides = matches!(relation, Relation::Provides(_));
                if provides != ours {
                    let wants = if provides { "runs" } else { "provides" };
                    resolver
                        .report
                        .error(
                            "TS0614",
                            path.span,
                            if ours {
                                "a `call` provides a service, it does not run one"
                            } else {
                                "a `serve` runs a service, it does not provide one"
                            },
                        )
                        .help(format!("write `{wants} {}`", path.text()));
                }
            }
        }
        if let Some(service) = head.service.and_then(|service| resolver.services.get(usize::from(service))) {
            head.ask = Some(service.ask);
            head.answer = Some(service.answer);
        }
        for part in &tree.block.statements {
            let name = |what: &str| format!("{}.{}.{what}", work.index.name, tree.name.text);
            match &part.kind {
                CallPart::Ask(block) => head.ask = Some(shapes::shape(resolver, &name("ask"), block)),
                CallPart::Answer(block) => {
                    head.answer = Some(shapes::shape(resolver, &name("answer"), block));
                }
                _ => {}
            }
        }
        work.calls.push(head);
    }
    relations(resolver, work);
}

fn relations(resolver: &mut Resolver, work: &mut Work<'_>) {
    for place in 0..work.calls.len() {
        let tree = work.calls[place].tree;
        for relation in &tree.relations {
            let names: Vec<&tree::Name> = match relation {
                Relation::Settles(names) | Relation::Undoes(names) => names.iter().collect(),
                Relation::About(name) => vec![name],
                Relation::Over(_) | Relation::Provides(_) | Relation::Runs(_) => continue,
            };
            for name in names {
                let Some(call) = work.call_named(&name.text) else {
                    resolver
                        .report
                        .error("TS0224", name.span, format!("there is no call `{}`", name.text))
                        .suggest(&name.text, work.call_names());
                    continue;
                };
                let head = &mut work.calls[place];
                match relation {
                    Relation::Settles(_) => head.settles.push(call),
                    Relation::Undoes(_) => head.undoes.push(call),
                    _ => head.about.push(call),
                }
            }
        }
    }
}

fn service(resolver: &mut Resolver, path: &tree::Path) -> Option<u16> {
    let wanted = path.text();
    if let Some(service) = resolver.service_index.get(wanted.as_str()) {
        return Some(*service);
    }
    let known: Vec<String> = resolver.services.iter().map(|service| service.path.to_string()).collect();
    resolver
        .report
        .error("TS0225", path.span, format!("there is no service `{wanted}`"))
        .note("services are declared in the bank's module")
        .suggest(&wanted, known.iter().map(String::as_str));
    None
}

/// The link of a call: the one it names, else the first that goes its way.
fn link_of(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::CallItem, ours: bool) -> u16 {
    for relation in &tree.relations {
        if let Relation::Over(name) = relation {
            return match work.index.links.iter().position(|(_, link)| link.name.text == name.text) {
                Some(place) => u16::try_from(place).unwrap_or(0),
                None => {
                    resolver
                        .report
                        .error("TS0226", name.span, format!("there is no link `{}`", name.text))
                        .suggest(&name.text, work.index.links.iter().map(|(_, link)| &*link.name.text));
                    0
                }
            };
        }
    }
    let direction = if ours { tree::LinkDirection::Connect } else { tree::LinkDirection::Accept };
    let file = tree.block.statements.iter().any(|part| {
        matches!(&part.kind, CallPart::Message(message) if message.kind == tree::MessageKind::Request && message.type_.is_some())
    });
    let found = work.index.links.iter().position(|(_, link)| {
        let files = matches!(link.kind, tree::LinkKind::Sftp | tree::LinkKind::Folder);
        link.direction == direction && files == file
    });
    match found {
        Some(place) => u16::try_from(place).unwrap_or(0),
        None => {
            let word = if ours { "connects" } else { "accepts" };
            resolver
                .report
                .error(
                    "TS0615",
                    tree.name.span,
                    format!("none of the party's links {word}, so `{}` has no way to go", tree.name.text),
                )
                .help("declare one, or name it: `over LINK`");
            0
        }
    }
}

/// All drafts of all calls. Which messages each call has, by index.
fn drafts<'t>(resolver: &mut Resolver, work: &mut Work<'t>) -> Vec<Vec<MessageId>> {
    let mut of_calls = Vec::new();
    for place in 0..work.calls.len() {
        let head = &work.calls[place];
        let (tree, ours, link) = (head.tree, head.ours, head.link);
        let id = CallId(u16::try_from(place).unwrap_or(u16::MAX));
        let packet = packet(resolver, work, link, tree);
        let mut ids = Vec::new();
        let mut request_code: Box<str> = Box::default();
        let mut has_request = false;
        for part in &tree.block.statements {
            let CallPart::Message(message) = &part.kind else { continue };
            let side = bind::side_of(message.kind);
            let code: Box<str> = match &message.code {
                Some(tree::MessageCode::Text(text)) => text.constant().unwrap_or("").into(),
                Some(tree::MessageCode::Other(_)) => "other".into(),
                None if side == MessageSide::Request => Box::default(),
                None => request_code.clone(),
            };
            if side == MessageSide::Request {
                request_code.clone_from(&code);
                has_request = true;
            }
            let recipe = Recipe {
                call: id,
                side,
                code,
                ours: (side == MessageSide::Request) == ours,
                packet,
                message,
                span: tree.name.span,
            };
            ids.push(MessageId(u16::try_from(work.drafts.len()).unwrap_or(u16::MAX)));
            let draft = assemble::assemble(resolver, work, recipe);
            work.drafts.push(draft);
        }
        if !has_request {
            resolver
                .report
                .error("TS0616", tree.name.span, format!("`{}` has no request", tree.name.text))
                .help("add `request \"CODE\" { … }`, or `request` alone if it has no fields");
        }
        of_calls.push(ids);
    }
    of_calls
}

fn packet<'t>(
    resolver: &mut Resolver,
    work: &Work<'t>,
    link: u16,
    call: &tree::CallItem,
) -> Option<&'t tree::Packet> {
    let (_, link) = work.index.links.get(usize::from(link))?;
    let carries = link.block.statements.iter().find_map(|clause| match &clause.kind {
        LinkClause::Carries(name) => Some(name),
        _ => None,
    });
    let files = matches!(link.kind, tree::LinkKind::Sftp | tree::LinkKind::Folder);
    let Some(name) = carries else {
        if !files {
            resolver
                .report
                .error("TS0617", link.name.span, format!("the link `{}` carries nothing", link.name.text))
                .at(call.name.span, "this call goes over it")
                .help("add `carries PACKET`");
        }
        return None;
    };
    match work.index.packets.get(&*name.text) {
        Some((_, packet)) => Some(packet),
        None => {
            resolver
                .report
                .error("TS0227", name.span, format!("there is no packet `{}`", name.text))
                .suggest(&name.text, work.index.packets.keys().copied());
            None
        }
    }
}

fn call(resolver: &mut Resolver, work: &Work<'_>, place: usize, messages: Vec<MessageId>) -> Call {
    let head = &work.calls[place];
    let id = CallId(u16::try_from(place).unwrap_or(u16::MAX));
    let tree = head.tree;
    let mut call = Call {
        name: tree.name.text.clone(),
        label: shapes::label(&head.item.label),
        doc: docs(&head.item.docs),
        ours: head.ours,
        link: head.link,
        service: head.service,
        ask: head.ask,
        answer: head.answer,
        settles: head.settles.clone(),
        undoes: head.undoes.clone(),
        about: head.about.clone(),
        once: Vec::new(),
        promises: Promises::default(),
        unknown: Vec::new(),
        pending: None,
        pages: None,
        only_when: None,
        outcome: None,
        request: MessageId(0),
        replies: Vec::new(),
        later: Vec::new(),
        span: tree.name.span,
    };
    for message in messages {
        match work.drafts.get(usize::from(message.0)).map(|draft| draft.side) {
            Some(MessageSide::Request) => call.request = message,
            Some(MessageSide::Reply) => call.replies.push(message),
            Some(MessageSide::Later) => call.later.push(message),
            None => {}
        }
    }
    let request = usize::from(call.request.0);
    let scope = Scope {
        message: Some(request),
        call: Some(id),
        ask: head.ask,
        answer: head.answer,
        ..Scope::default()
    };
    for part in &tree.block.statements {
        match &part.kind {
            CallPart::Once(parts) => {
                call.once = parts.iter().map(|part| key_part(resolver, work, part, &scope)).collect();
            }
            CallPart::Promises(promises) => {
                promises.iter().for_each(|promise| promise_of(&mut call.promises, promise));
            }
            CallPart::Unknown(steps) => call.unknown = ways(resolver, work, steps, head.service),
            CallPart::PendingAs(text) => call.pending = text.constant().map(Box::from),
            CallPart::Outcome(rows) => call.outcome = Some(outcome_rule(resolver, rows)),
            CallPart::Pages { rows, times, condition: tree } => {
                let reply = call.replies.first().map_or(request, |reply| usize::from(reply.0));
                let inner = Scope { message: Some(reply), ..scope.clone() };
                let holds = expression(resolver, work, tree, &inner, Some(&Type::Flag));
                let holds = condition(resolver, holds);
                call.pages = Some((narrow(rows.value), narrow(times.value), holds));
            }
            CallPart::OnlyWhen(tree) => {
                let inner = Scope { message: None, ..scope.clone() };
                let holds = expression(resolver, work, tree, &inner, Some(&Type::Flag));
                call.only_when = Some(condition(resolver, holds));
            }
            CallPart::Original { .. } => {
                resolver
                    .report
                    .error("TS0190", part.span, "`original where …` is not built yet")
                    .note("it comes with the first party that needs it");
            }
            CallPart::Check(_) => resolver.report.not_built(part.span, "a `check` beside the messages"),
            CallPart::Assign { .. } => resolver.report.not_built(part.span, "a mapping beside the messages"),
            CallPart::Message(message) => unbuilt_of(resolver, message, part.span),
            CallPart::Ask(_) | CallPart::Answer(_) | CallPart::PendingSilent => {}
        }
    }
    money(resolver, &call, tree);
    call
}

/// What stands at the head of a message and has no program yet.
fn unbuilt_of(resolver: &mut Resolver, message: &tree::Message, span: Span) {
    let end = message.block.as_ref().map_or(span.end, |block| block.span.start.saturating_sub(1));
    let head = Span { end, ..span };
    if message.means.is_some() {
        resolver.report.not_built(head, "a reply that `means` an outcome");
    }
    if message.unsealed.is_some() {
        resolver.report.not_followed(head, "an `unsealed` reply");
    }
}

fn key_part(resolver: &mut Resolver, work: &Work<'_>, part: &tree::Expr, scope: &Scope) -> Expr {
    if let tree::ExprKind::Path(path) = &part.kind
        && path.root().is_some_and(|root| root.is("ask"))
        && path.parts.len() > 2
    {
        let found = super::path::find(resolver, work, path, scope, None);
        if let Some((list, names)) = found.lists.first() {
            // A key over a list's values: the first row's value and the number of rows say which act it is.
            let count = Expr {
                kind: ExprKind::Fold {
                    fold: crate::model::Fold::Count,
                    list: *list,
                    each: None,
                    filter: None,
                },
                ty: Type::Number { min: 0, max: 99_999_999 },
                span: path.span,
            };
            let _ = names;
            return count;
        }
    }
    let expr = expression(resolver, work, part, scope, None);
    if super::learn::any(&expr, &mut |load| {
        load.space == Space::Exchange
            && matches!(
                crate::model::Fact::WORDS.get(usize::from(load.slot)),
                Some((
                    crate::model::Fact::Moment
                        | crate::model::Fact::Time
                        | crate::model::Fact::MessageMoment
                        | crate::model::Fact::MessageSerial
                        | crate::model::Fact::MessageNumber,
                    _
                ))
            )
    }) {
        resolver
            .report
            .error("TS0701", expr.span, "the key changes in a repeat")
            .note("a repeat with a new time or a new message number would be a second act")
            .help("take what stays the same: `exchange.serial`, the business date, the customer");
    }
    expr
}

fn promise_of(promises: &mut Promises, promise: &tree::Promise) {
    match promise.kind {
        PromiseKind::SameAnswer => promises.same_answer = true,
        PromiseKind::SameAnswerWhenDone => promises.same_answer_when_done = true,
        PromiseKind::SaysDuplicate => promises.says_duplicate = true,
        PromiseKind::Quiet(duration) => promises.quiet_ms = Some(duration.milliseconds),
        PromiseKind::Remembered => promises.remembered = true,
        PromiseKind::Repeatable => promises.repeatable = true,
        PromiseKind::WithinBusinessDate => promises.within_business_date = true,
        PromiseKind::Assured => promises.assured = true,
        PromiseKind::ProvesDoneOnly => promises.proves_done_only = true,
        PromiseKind::InOrder => {}
    }
}

fn ways(resolver: &mut Resolver, work: &Work<'_>, steps: &[tree::WayStep], service: Option<u16>) -> Vec<Way> {
    let mut ways = Vec::new();
    let find = |resolver: &mut Resolver, name: &tree::Name| match work.call_named(&name.text) {
        Some(call) => call,
        None => {
            resolver
                .report
                .error("TS0224", name.span, format!("there is no call `{}`", name.text))
                .suggest(&name.text, work.call_names());
            CallId(u16::MAX)
        }
    };
    for step in steps {
        ways.push(match &step.kind {
            WayStepKind::Enquire { call, every } => {
                let times = match every.limit {
                    tree::EveryLimit::Times(count) => narrow(count.value),
                    tree::EveryLimit::CutOver => 1_000,
                };
                Way::Enquire {
                    with: find(resolver, call),
                    every_ms: every.first.milliseconds,
                    to_ms: every.longest.map_or(every.first.milliseconds, |longest| longest.milliseconds),
                    times,
                }
            }
            WayStepKind::Repeat(every) => Way::Repeat {
                every_ms: every.first.milliseconds,
                to_ms: every.longest.map_or(every.first.milliseconds, |longest| longest.milliseconds),
                times: match every.limit {
                    tree::EveryLimit::Times(count) => Some(narrow(count.value)),
                    tree::EveryLimit::CutOver => None,
                },
            },
            WayStepKind::Undo(call) => Way::Undo { with: find(resolver, call) },
            WayStepKind::Park => Way::Park,
            WayStepKind::Refuse(name) => {
                let query = service
                    .and_then(|service| resolver.services.get(usize::from(service)))
                    .is_none_or(|service| service.kind == ServiceKind::Query);
                if !query {
                    resolver
                        .report
                        .error("TS0702", step.span, "what may hold is never refused out of `unknown`")
                        .note("unknown is not failed; only a query may end in `refuse`")
                        .help("end the way with `park`");
                }
                Way::Refuse(resolver.reason(name))
            }
        });
    }
    let ends = matches!(ways.last(), Some(Way::Park | Way::Refuse(_)));
    if let (false, Some(last)) = (ends, steps.last()) {
        resolver
            .report
            .error("TS0703", last.span, "the way out of `unknown` has no end")
            .note("an enquiry or a reversal may get no answer for ever")
            .help("add `, then park`");
    }
    ways
}

/// A posting or notice without key or way out of unknown does not compile.
fn money(resolver: &mut Resolver, call: &Call, tree: &tree::CallItem) {
    let kind = call
        .service
        .and_then(|service| resolver.services.get(usize::from(service)))
        .map(|service| service.kind);
    let posting = matches!(kind, Some(ServiceKind::Posting | ServiceKind::Batch));
    let notice = matches!(kind, Some(ServiceKind::Notice));
    if call.ours && (posting || notice) && call.unknown.is_empty() {
        resolver
            .report
            .error("TS0704", tree.name.span, format!("`{}` has no way out of `unknown`", tree.name.text))
            .note("a time-out says nothing of the money")
            .help("add `unknown  enquire with … every 10s up to 6 times, then park`, or `unknown park`");
    }
    if (posting || (call.ours && (notice || !call.undoes.is_empty()))) && call.once.is_empty() {
        resolver
            .report
            .error("TS0705", tree.name.span, format!("`{}` has no key", tree.name.text))
            .note("the same ask twice must have one effect")
            .help("add `once exchange.serial`, or the fields by which a repeat is known");
    }
    for way in &call.unknown {
        if let Way::Repeat { .. } = way {
            let promises = call.promises;
            let safe = promises.same_answer
                || promises.same_answer_when_done
                || promises.says_duplicate
                || promises.repeatable;
            if !safe && (posting || !call.undoes.is_empty()) {
                resolver
                    .report
                    .error(
                        "TS0706",
                        tree.name.span,
                        format!("`{}` is repeated, and nothing says that this is safe", tree.name.text),
                    )
                    .note("a slow first copy and the repeat may both hold")
                    .help("if the party promises it, write `promises same answer`; else enquire, or park");
            }
        }
    }
    if !call.undoes.is_empty()
        && call.promises.within_business_date
        && !matches!(call.unknown.last(), Some(Way::Park))
    {
        resolver
            .report
            .error("TS0707", tree.name.span, "a reversal within the business date may come too late")
            .note("after the cut-over it is refused, and the money stays")
            .help("end its way with `park`");
    }
    let undo = call.unknown.iter().any(|way| matches!(way, Way::Undo { .. }));
    if undo && !call.undoes.is_empty() {
        resolver
            .report
            .error("TS0708", tree.name.span, "a reversal is not reversed")
            .help("repeat it if the party allows that, then park");
    }
}

fn outcome_rule(resolver: &mut Resolver, rows: &tree::OutcomeRows) -> OutcomeRule {
    let mut bound = Vec::new();
    for row in rows.rows.iter().flat_map(|block| &block.statements) {
        let keys: Vec<Option<Box<str>>> = row
            .kind
            .keys
            .iter()
            .map(|key| match key {
                tree::CodeKey::Text(text) => text.constant().map(Box::from),
                tree::CodeKey::Other(_) | tree::CodeKey::Absent(_) => None,
            })
            .collect();
        if keys.len() != rows.paths.len() {
            resolver
                .report
                .error(
                    "TS0508",
                    row.span,
                    format!("the row has {} codes for {} fields", keys.len(), rows.paths.len()),
                )
                .help("write one code for each field in front of the meaning; `other` for any");
            continue;
        }
        if let Meaning::Outcome(outcome) = meaning(resolver, &row.kind.meaning) {
            bound.push((keys, outcome, shapes::label(&row.label)));
        } else {
            resolver
                .report
                .error("TS0509", row.kind.meaning.span, "here a code means an outcome")
                .help("write done, refused REASON or unknown");
        }
    }
    OutcomeRule {
        fields: rows.paths.iter().map(|path| path.text().into()).collect(),
        rows: bound,
        span: rows.paths.first().map_or_else(Span::default, |path| path.span),
    }
}

fn links(resolver: &mut Resolver, work: &Work<'_>) -> Vec<Link> {
    work.index
        .links
        .iter()
        .enumerate()
        .map(|(place, (item, tree))| link(resolver, work, place, item, tree))
        .collect()
}

fn link(
    resolver: &mut Resolver,
    work: &Work<'_>,
    place: usize,
    item: &tree::Item,
    tree: &tree::Link,
) -> Link {
    let mut link = Link {
        name: tree.name.text.clone(),
        kind: match tree.kind {
            tree::LinkKind::Tcp => LinkKind::Tcp,
            tree::LinkKind::Http => LinkKind::Http,
            tree::LinkKind::Https => LinkKind::Https,
            tree::LinkKind::Sftp => LinkKind::Sftp,
            tree::LinkKind::Folder => LinkKind::Folder,
        },
        connect: tree.direction == tree::LinkDirection::Connect,
        label: shapes::label(&item.label),
        carries: None,
        frame: Frame::None,
        hold: Hold::None,
        matches: None,
        beat: None,
        answers_on: None,
        connect_ms: None,
        answer_ms: None,
        post: None,
        folder: None,
        poll: None,
        once: Vec::new(),
        temporary: false,
        after: crate::model::AfterFile::Leave,
        tolerate: Vec::new(),
        span: tree.name.span,
    };
    let draft = work.drafts.iter().position(|draft| {
        work.calls.get(usize::from(draft.call.0)).is_some_and(|call| usize::from(call.link) == place)
    });
    let scope = Scope { message: draft, ..Scope::default() };
    for clause in &tree.block.statements {
        match &clause.kind {
            LinkClause::Carries(name) => link.carries = Some(name.text.clone()),
            LinkClause::Frame(frame) => link.frame = frame_of(resolver, work, draft, frame),
            LinkClause::HoldNone => link.hold = Hold::None,
            LinkClause::Hold { connections, many: false } => {
                link.hold = Hold::Single(narrow(connections.value));
            }
            LinkClause::Hold { connections, many: true } => link.hold = Hold::Many(narrow(connections.value)),
            LinkClause::Match(paths) => {
                link.matches = paths.first().and_then(|path| {
                    let found = super::path::find(resolver, work, path, &scope, None);
                    if let ExprKind::Load(load) = found.expr.kind { Some(load) } else { None }
                });
            }
            LinkClause::Beat(beat) => {
                if beat.call.is_none() {
                    resolver.report.not_followed(clause.span, "a beat by empty frames");
                }
                if beat.close_after.is_some() {
                    resolver.report.not_followed(clause.span, "`then close after` of a beat");
                }
                link.beat = beat.call.as_ref().and_then(|name| match work.call_named(&name.text) {
                    Some(call) => Some((call, beat.after.milliseconds)),
                    None => {
                        resolver
                            .report
                            .error("TS0224", name.span, format!("there is no call `{}`", name.text))
                            .suggest(&name.text, work.call_names());
                        None
                    }
                });
            }
            LinkClause::AnswersOn(name) => link.answers_on = Some(name.text.clone()),
            LinkClause::Timeout(limits) => {
                for limit in limits {
                    match limit.kind {
                        tree::TimeoutKind::Connect => link.connect_ms = Some(limit.limit.milliseconds),
                        tree::TimeoutKind::Answer | tree::TimeoutKind::Serve => {
                            link.answer_ms = Some(limit.limit.milliseconds);
                        }
                        tree::TimeoutKind::Idle => {}
                    }
                }
            }
            LinkClause::Post(text) | LinkClause::Get(text) | LinkClause::Browse(text) => {
                let method = match clause.kind {
                    LinkClause::Post(_) => "POST",
                    LinkClause::Browse(_) => crate::model::BROWSE,
                    _ => "GET",
                };
                let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
                let path = expression(resolver, work, &tree, &Scope::default(), None);
                link.post = Some((method.into(), path));
            }
            LinkClause::Folder(text) => {
                let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
                link.folder = Some(expression(resolver, work, &tree, &Scope::default(), None));
            }
            LinkClause::Poll(tree) => {
                link.poll = Some(expression(resolver, work, tree, &Scope::default(), Some(&Type::Duration)));
            }
            LinkClause::Once(seen) => {
                for seen in seen {
                    let kind = match seen.kind {
                        tree::SeenKind::Name => "name",
                        tree::SeenKind::Digest => "digest",
                        tree::SeenKind::Time => "time",
                    };
                    link.once.push((kind.into(), seen.days.map_or(0, |days| narrow(days.value))));
                }
            }
            LinkClause::WriteTemporary => link.temporary = true,
            LinkClause::Tolerate(name) => link.tolerate.push(name.text.clone()),
            LinkClause::Garbled(tree::Garbled::Skip) => {
                resolver.report.not_followed(clause.span, "`garbled skip`");
            }
            LinkClause::DeleteFiles => link.after = crate::model::AfterFile::Delete,
            LinkClause::MoveFiles(text) => {
                let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
                let folder = expression(resolver, work, &tree, &Scope::default(), None);
                link.after = crate::model::AfterFile::Move(folder);
            }
            LinkClause::Garbled(tree::Garbled::Close) | LinkClause::LeaveFiles => {}
        }
    }
    let framed = tree.block.statements.iter().any(|clause| matches!(clause.kind, LinkClause::Frame(_)));
    if link.kind == LinkKind::Tcp && !framed {
        resolver
            .report
            .error("TS0618", tree.name.span, format!("the link `{}` says nothing of frames", link.name))
            .note("on a stream the receiver must know where a message ends")
            .help("add `frame length 4 digits`, or what the specification says");
    }
    if link.connect
        && link.kind != LinkKind::Folder
        && link.answer_ms.is_none()
        && link.kind != LinkKind::Sftp
        && !link.is_browsed()
    {
        resolver
            .report
            .error("TS0619", tree.name.span, format!("the link `{}` has no time limit", link.name))
            .help("add `timeout connect 3s, answer 10s`");
    }
    link
}

fn frame_of(resolver: &mut Resolver, work: &Work<'_>, draft: Option<usize>, tree: &tree::Frame) -> Frame {
    match tree {
        tree::Frame::Length { width, unit, little_endian, counts_itself } => Frame::Prefix {
            size: narrow(width.value),
            kind: match unit {
                tree::Unit::Bytes if *little_endian => PrefixKind::Little,
                tree::Unit::Bytes => PrefixKind::Big,
                _ => PrefixKind::Ascii,
            },
            counts_itself: *counts_itself,
        },
        tree::Frame::LengthLine { ending, .. } => {
            Frame::Ended(wire::line_end(resolver, ending).as_bytes().into())
        }
        tree::Frame::By(path) => in_head(resolver, work, draft, path),
        tree::Frame::Fixed(count) => Frame::Fixed(narrow(count.value)),
        tree::Frame::Line(name) => Frame::Ended(wire::line_end(resolver, name).as_bytes().into()),
        tree::Frame::UntilClose => Frame::UntilClose,
        tree::Frame::Between(start, end) => Frame::Between(
            start.constant().unwrap_or("").as_bytes().into(),
            end.constant().unwrap_or("").as_bytes().into(),
        ),
    }
}

/// `frame by head.length`: the place of that field in its `fixed` or `binary` head.
fn in_head(resolver: &mut Resolver, work: &Work<'_>, draft: Option<usize>, path: &tree::Path) -> Frame {
    let found = draft.and_then(|draft| work.drafts.get(draft)).and_then(|draft| {
        let place = draft.find(&[], &path.parts)?;
        let field = draft.fields.get(place)?;
        let (_, container) = field.path.split_last()?;
        let mut offset = 0;
        let mut size = None;
        let mut head = 0;
        for other in &draft.fields {
            if other.path.len() != field.path.len() || !other.path.starts_with(container) {
                continue;
            }
            let crate::value::Size::Fixed(width) = other.wire.as_ref()?.size else { return None };
            if std::ptr::eq(other, field) {
                size = Some(width);
            } else if size.is_none() {
                offset += width;
            }
            head += width;
        }
        let kind = match field.wire.as_ref()?.form {
            crate::value::Form::Integer(crate::value::Endian::Big) => PrefixKind::Big,
            crate::value::Form::Integer(crate::value::Endian::Little) => PrefixKind::Little,
            crate::value::Form::Packed { .. } => PrefixKind::Bcd,
            _ => PrefixKind::Ascii,
        };
        Some(Frame::InHead { offset, size: size?, kind, head })
    });
    found.unwrap_or_else(|| {
        if draft.is_none() {
            // Nothing goes over the link, so there is no head to look at.
            return Frame::None;
        }
        resolver
            .report
            .error("TS0620", path.span, format!("`{}` is no field of a head of fixed width", path.text()))
            .help("name the length field of the packet's first `fixed` or `binary` part");
        Frame::None
    })
}

fn reconciles(resolver: &mut Resolver, work: &Work<'_>) -> Vec<Reconcile> {
    let mut found = Vec::new();
    for (item, tree) in &work.index.reconciles {
        let mut ours = None;
        let mut theirs = None;
        let mut core = None;
        for list in &tree.block.statements {
            let list = &list.kind;
            let text =
                |path: Option<&tree::Path>| path.map_or_else(Box::default, |path| Box::from(path.text()));
            match list.book {
                tree::Book::Ours | tree::Book::Theirs => {
                    let name = list.source.text();
                    let Some(call) = work.call_named(&name) else {
                        resolver
                            .report
                            .error("TS0224", list.source.span, format!("there is no call `{name}`"))
                            .suggest(&name, work.call_names());
                        continue;
                    };
                    let (by, amount) = (text(list.by.first()), text(list.amount.as_ref()));
                    if list.book == tree::Book::Ours {
                        ours = Some((call, by, amount));
                    } else {
                        theirs =
                            Some((call, by, amount, list.class.as_ref().map(|class| class.text().into())));
                    }
                }
                tree::Book::Core => {
                    if let Some(service) = service(resolver, &list.source) {
                        core = Some((service, text(list.by.first())));
                    }
                }
            }
        }
        match ours {
            Some(ours) => found.push(Reconcile {
                name: tree.name.text.clone(),
                label: shapes::label(&item.label),
                ours,
                theirs,
                core,
                span: tree.name.span,
            }),
            None => {
                resolver
                    .report
                    .error(
                        "TS0621",
                        tree.name.span,
                        "the comparison does not say which of our calls it compares",
                    )
                    .help("add `ours CALL by serial amount request.amount`");
            }
        }
    }
    found
}

/// Every `assumed` of the items, calls and fields.
fn assumed(index: &Index<'_>) -> Vec<Assumed> {
    let mut found = Vec::new();
    let mut note = |what: &str, label: &tree::Label| {
        if let Some(assumed) = &label.assumed {
            found.push(Assumed {
                what: what.into(),
                why: assumed.why.as_ref().map_or_else(Box::default, |why| why.text.clone()),
                span: assumed.span,
            });
        }
    };
    for item in &index.items {
        let name = super::lint::item_name(item);
        note(&name, &item.label);
        super::lint::labels(item, &mut |what, label| note(&format!("{name}.{what}"), label));
    }
    if let Some((_, party)) = index.party {
        for clause in &party.block.statements {
            if let PartyClause::Assumed(text) = &clause.kind {
                found.push(Assumed { what: index.name.clone(), why: text.text.clone(), span: text.span });
            }
        }
    }
    found
}

/// Two requests on one link that the other side (or we) cannot tell apart.
fn duplicates(resolver: &mut Resolver, module: &Module) {
    for (place, call) in module.calls.iter().enumerate() {
        let request = module.messages.get(usize::from(call.request.0));
        let Some(request) = request.filter(|request| request.file.is_none() && !request.code.is_empty())
        else {
            continue;
        };
        for other in module.calls.iter().take(place) {
            let same_link = other.link == call.link && other.ours == call.ours;
            let code = module.messages.get(usize::from(other.request.0)).map(|message| &message.code);
            if same_link && code == Some(&request.code) && call.only_when.is_none() {
                resolver
                    .report
                    .error(
                        "TS0510",
                        call.span,
                        format!("`{}` and `{}` have the same code `{}`", call.name, other.name, request.code),
                    )
                    .at(other.span, "the other one")
                    .note("nothing on the wire tells them apart")
                    .help("give one of them the code of the specification, or `only when …` of its own");
            }
        }
    }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
