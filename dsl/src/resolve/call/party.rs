//! What a party declares of itself: head, settings, keys, the member.
//!
//! In: the `party`, `setting`, `key` and `member` items. Out: declarations of the model.

use super::minutes;
use crate::model::{Key, Member, Party, Setting};
use crate::resolve::assemble::Work;
use crate::resolve::expression::expression;
use crate::resolve::path::Scope;
use crate::resolve::{Resolver, shapes};
use crate::tree::{self, MemberStatement, PartyClause};
use crate::value::{Private, Type};

pub(super) fn declarations(resolver: &mut Resolver, work: &mut Work<'_>) {
    for (item, tree) in &work.index.settings {
        let ty = shapes::plain(resolver, &tree.type_);
        work.settings.push(Setting {
            name: tree.name.text.clone(),
            changes: tree.changes,
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
                    changes: tree.changes,
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

pub(super) fn key(resolver: &mut Resolver, tree: &tree::Key, label: Box<str>, of_member: bool) -> Key {
    let (kind, sizes): (&str, &[u64]) = match tree.kind {
        tree::KeyKind::Secret => ("secret", &[]),
        tree::KeyKind::Des => ("des", &[8]),
        tree::KeyKind::Tdes => ("tdes", &[16, 24]),
        tree::KeyKind::Aes => ("aes", &[16, 24, 32]),
        tree::KeyKind::Sm4 => ("sm4", &[16]),
        tree::KeyKind::Rsa => ("rsa", &[1024, 2048, 3072, 4096]),
        tree::KeyKind::Ec => ("ec", &[]),
        tree::KeyKind::Sm2 => ("sm2", &[]),
        tree::KeyKind::Certificate => ("certificate", &[1024, 2048, 3072, 4096]),
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
    let pair = matches!(
        tree.kind,
        tree::KeyKind::Rsa | tree::KeyKind::Ec | tree::KeyKind::Sm2 | tree::KeyKind::Certificate
    );
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

pub(super) fn party_head(
    resolver: &mut Resolver,
    work: &Work<'_>,
    party: &tree::Party,
    charset: &str,
) -> Party {
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
