//! Code tables and XML forms.
//!
//! In: `codes` and `xml` items. Out: tables of the model, each text once, each meaning known.

use crate::model::{CodeRow, CodeTable, Meaning, XmlForm};
use crate::resolve::assemble::Work;
use crate::resolve::expression::expression;
use crate::resolve::path::Scope;
use crate::resolve::wire::{self, Around};
use crate::resolve::{Resolver, shapes};
use crate::tree::{self, MeaningKind};
use crate::value::{Coding, Constant, Outcome};

pub(super) fn xml_forms(resolver: &mut Resolver, work: &Work<'_>) -> Vec<XmlForm> {
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

pub(super) fn template(resolver: &mut Resolver, text: &tree::Str, holes: &[&str]) -> Box<str> {
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
pub(super) fn plain_chain(
    resolver: &mut Resolver,
    work: &Work<'_>,
    chain: &tree::Chain,
    depth: usize,
) -> Vec<Coding> {
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

pub(super) fn tables(resolver: &mut Resolver, work: &mut Work<'_>) {
    for (item, tree) in &work.index.codes {
        let (_, wire) = wire::leaf(
            resolver,
            &wire::Tables { codes: &[], xml_forms: &[], segments: &[] },
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

pub(super) fn code_row(
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
                    .note(beyond_the_table(&meaning))
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

/// What happens where a code that no row has is taken for the end of it: the story behind TS0504 (`flows.md` 9, kind 28).
fn beyond_the_table(meaning: &Meaning) -> &'static str {
    if matches!(meaning, Meaning::Outcome(Outcome::Done(_))) {
        "1. the party answers with a code that its document does not list: it is still at work on it, say\n2. that is taken for done: told DONE\n3. the party refuses it in the end: nothing has moved there"
    } else {
        "1. the party answers with a code that its document does not list: it is still at work on it, say\n2. that is taken for refused: what was done before is undone, told REFUSED\n3. the party does it in the end: it holds, and nobody takes it back"
    }
}
