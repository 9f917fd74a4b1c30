//! What one folder declares in one variant: items by kind and name.

use super::{Choice, Folder, Resolver};
use crate::source::Span;
use crate::tree::{self, BinaryOperator, Expr, ExprKind, Item, ItemKind};
use std::collections::BTreeMap;

/// The items of a folder that count under a choice.
pub(crate) struct Index<'t> {
    pub(crate) folder: &'t str,
    pub(crate) name: Box<str>,
    pub(crate) party: Option<(&'t Item, &'t tree::Party)>,
    pub(crate) choice: Choice,
    pub(crate) items: Vec<&'t Item>,
    pub(crate) settings: Vec<(&'t Item, &'t tree::Setting)>,
    pub(crate) keys: Vec<(&'t Item, &'t tree::Key)>,
    pub(crate) member: Option<(&'t Item, &'t tree::Member)>,
    pub(crate) links: Vec<(&'t Item, &'t tree::Link)>,
    pub(crate) packets: BTreeMap<&'t str, (&'t Item, &'t tree::Packet)>,
    pub(crate) layouts: BTreeMap<&'t str, (&'t Item, &'t tree::Layout)>,
    pub(crate) xml: Vec<(&'t Item, &'t tree::XmlForm)>,
    pub(crate) delimited: Vec<(&'t Item, &'t tree::DelimitedForm)>,
    pub(crate) codings: BTreeMap<&'t str, &'t tree::Chain>,
    pub(crate) codes: Vec<(&'t Item, &'t tree::Codes)>,
    pub(crate) sessions: Vec<(&'t Item, &'t tree::Session)>,
    pub(crate) calls: Vec<(&'t Item, &'t tree::CallItem)>,
    pub(crate) flows: Vec<(&'t Item, &'t tree::Flow)>,
    pub(crate) services: Vec<(&'t Item, &'t tree::Service)>,
    pub(crate) reasons: Vec<(&'t Item, &'t tree::Reasons)>,
    pub(crate) reconciles: Vec<(&'t Item, &'t tree::Reconcile)>,
    pub(crate) examples: Vec<&'t tree::Example>,
    pub(crate) head: Span,
}

/// Lists what a folder declares. Files whose `only when` does not hold are left out; two items of one kind and name are
/// reported.
pub(crate) fn index<'t>(
    resolver: &mut Resolver,
    folder: &'t Folder,
    all: &'t [Folder],
    choice: &Choice,
) -> Index<'t> {
    let choice = complete(folder, choice);
    let mut index = empty(folder, choice.clone());
    let mut used: Vec<&'t Folder> = Vec::new();
    for file in folder.files.iter().filter(|file| holds(file, &choice)) {
        if let Some(module) = &file.module {
            index.name.clone_from(&module.text);
        }
        for item in &file.items {
            if let ItemKind::Use(path) = &item.kind {
                let wanted = path.text();
                match all.iter().find(|other| is_named(other, &wanted)) {
                    Some(other) => used.push(other),
                    None => {
                        resolver
                            .report
                            .error("TS0214", path.span, format!("there is no folder `{wanted}` to use"))
                            .suggest(&wanted, all.iter().map(|other| &*other.name));
                    }
                }
            }
            add(resolver, &mut index, item);
        }
    }
    for other in used {
        for file in other.files.iter().filter(|file| holds(file, &choice)) {
            for item in &file.items {
                if !matches!(item.kind, ItemKind::Use(_) | ItemKind::Party(_) | ItemKind::Example(_)) {
                    add(resolver, &mut index, item);
                }
            }
        }
    }
    if index.party.is_none()
        && !folder.files.iter().any(|file| file.module.is_some())
        && !index.items.is_empty()
    {
        let head = index.head;
        resolver
            .report
            .error("TS0215", head, format!("the folder `{}` is neither a party nor a module", folder.name))
            .help("begin one of its files with `party NAME \"…\" { … }`, or with `module NAME`");
    }
    index
}

fn is_named(folder: &Folder, wanted: &str) -> bool {
    *folder.name == *wanted || folder.name.replace('-', "_") == wanted
}

/// The folders that a folder `use`s, in any of its variants.
pub(crate) fn used_by<'t>(folder: &'t Folder, all: &'t [Folder]) -> impl Iterator<Item = &'t Folder> {
    items_of(folder).filter_map(|kind| match kind {
        ItemKind::Use(path) => all.iter().find(|other| is_named(other, &path.text())),
        _ => None,
    })
}

/// Whether a folder is neither a party nor a module but what others `use`: it is looked at where it is used, with what the
/// party adds to it, and is nothing alone.
pub(crate) fn is_family(folder: &Folder, all: &[Folder]) -> bool {
    let own = folder.files.iter().any(|file| file.module.is_some())
        || items_of(folder).any(|kind| matches!(kind, ItemKind::Party(_)));
    let uses = |kind: &ItemKind| matches!(kind, ItemKind::Use(path) if is_named(folder, &path.text()));
    !own && all.iter().flat_map(items_of).any(uses)
}

fn items_of(folder: &Folder) -> impl Iterator<Item = &ItemKind> {
    folder.files.iter().flat_map(|file| &file.items).map(|item| &item.kind)
}

fn empty<'t>(folder: &'t Folder, choice: Choice) -> Index<'t> {
    let head = folder.files.first().map_or_else(Span::default, |file| {
        file.items.first().map_or(Span { file: file.file, start: 0, end: 1 }, |item| Span {
            end: item.span.end.min(item.span.start.saturating_add(40)),
            ..item.span
        })
    });
    Index {
        folder: &folder.name,
        name: folder.name.replace('-', "_").into(),
        party: None,
        choice,
        items: Vec::new(),
        settings: Vec::new(),
        keys: Vec::new(),
        member: None,
        links: Vec::new(),
        packets: BTreeMap::new(),
        layouts: BTreeMap::new(),
        xml: Vec::new(),
        delimited: Vec::new(),
        codings: BTreeMap::new(),
        codes: Vec::new(),
        sessions: Vec::new(),
        calls: Vec::new(),
        flows: Vec::new(),
        services: Vec::new(),
        reasons: Vec::new(),
        reconciles: Vec::new(),
        examples: Vec::new(),
        head,
    }
}

fn add<'t>(resolver: &mut Resolver, index: &mut Index<'t>, item: &'t Item) {
    if let Some((kind, name)) = naming(item) {
        let earlier = index.items.iter().find_map(|other| {
            naming(other)
                .filter(|(other_kind, other_name)| *other_kind == kind && other_name.text == name.text)
        });
        if let Some((_, earlier)) = earlier {
            let earlier = earlier.span;
            resolver
                .report
                .error("TS0202", name.span, format!("there are two {kind}s named `{}`", name.text))
                .at(earlier, "the first stands here")
                .help("give one of them another name, or put them into files that begin `only when …`");
            return;
        }
    }
    index.items.push(item);
    match &item.kind {
        ItemKind::Party(party) => {
            index.name.clone_from(&party.name.text);
            index.head = party.name.span;
            index.party = Some((item, party));
        }
        ItemKind::Setting(setting) => index.settings.push((item, setting)),
        ItemKind::Key(key) => index.keys.push((item, key)),
        ItemKind::Member(member) => index.member = Some((item, member)),
        ItemKind::Link(link) => index.links.push((item, link)),
        ItemKind::Packet(packet) => drop(index.packets.insert(&packet.name.text, (item, packet))),
        ItemKind::Layout(layout) => drop(index.layouts.insert(&layout.name.text, (item, layout))),
        ItemKind::Xml(form) => index.xml.push((item, form)),
        ItemKind::Delimited(form) => index.delimited.push((item, form)),
        ItemKind::Coding(coding) => drop(index.codings.insert(&coding.name.text, &coding.chain)),
        ItemKind::Codes(codes) => index.codes.push((item, codes)),
        ItemKind::Session(session) => index.sessions.push((item, session)),
        ItemKind::Call(call) => index.calls.push((item, call)),
        ItemKind::Service(service) => index.services.push((item, service)),
        ItemKind::Reasons(reasons) => index.reasons.push((item, reasons)),
        ItemKind::Flow(flow) => index.flows.push((item, flow)),
        ItemKind::Reconcile(reconcile) => index.reconciles.push((item, reconcile)),
        ItemKind::Example(example) => index.examples.push(example),
        ItemKind::Use(_) => {}
    }
}

fn naming(item: &Item) -> Option<(&'static str, &tree::Name)> {
    Some(match &item.kind {
        ItemKind::Party(item) => ("party", &item.name),
        ItemKind::Setting(item) => ("setting", &item.name),
        ItemKind::Key(item) => ("key", &item.name),
        ItemKind::Member(item) => ("member", &item.name),
        ItemKind::Link(item) => ("link", &item.name),
        ItemKind::Packet(item) => ("packet", &item.name),
        ItemKind::Layout(item) => ("layout", &item.name),
        ItemKind::Xml(item) => ("xml form", &item.name),
        ItemKind::Delimited(item) => ("delimited form", &item.name),
        ItemKind::Coding(item) => ("coding", &item.name),
        ItemKind::Codes(item) => ("code table", &item.name),
        ItemKind::Session(item) => ("session", &item.name),
        ItemKind::Call(item) => ("call", &item.name),
        ItemKind::Service(item) => ("service", &item.name),
        ItemKind::Flow(item) => ("flow", &item.name),
        ItemKind::Reconcile(item) => ("comparison", &item.name),
        ItemKind::Reasons(_) | ItemKind::Example(_) | ItemKind::Use(_) => return None,
    })
}

/// Every setting that a file's `only when` names, with the names it is compared with or may have.
fn variant_settings(folder: &Folder) -> BTreeMap<Box<str>, Vec<Box<str>>> {
    let mut found: BTreeMap<Box<str>, Vec<Box<str>>> = BTreeMap::new();
    for file in &folder.files {
        if let Some(condition) = &file.only_when {
            mentioned(condition, &mut found);
        }
    }
    for file in &folder.files {
        for item in &file.items {
            if let ItemKind::Setting(setting) = &item.kind
                && let Some(names) = found.get_mut(&setting.name.text)
            {
                match &setting.type_.kind {
                    tree::TypeKind::OneOf(choices) => {
                        *names = choices.iter().map(|choice| choice.name.text.clone()).collect();
                    }
                    tree::TypeKind::Flag { .. } => *names = vec!["yes".into(), "no".into()],
                    _ => {}
                }
            }
        }
    }
    found
}

fn mentioned(condition: &Expr, found: &mut BTreeMap<Box<str>, Vec<Box<str>>>) {
    match &condition.kind {
        ExprKind::Path(path) => {
            if let Some(name) = setting_of(path) {
                found.entry(name.into()).or_default();
            }
        }
        ExprKind::Binary { left, right, .. } => {
            mentioned(left, found);
            mentioned(right, found);
        }
        ExprKind::Unary { operand, .. } => mentioned(operand, found),
        ExprKind::In { value, .. } => mentioned(value, found),
        _ => {}
    }
}

fn setting_of(path: &tree::Path) -> Option<&str> {
    match path.parts.as_slice() {
        [root, name] if root.is("setting") => Some(&name.text),
        _ => None,
    }
}

/// All combinations, at most [`super::VARIANTS_MAX`].
pub(crate) fn variants(folder: &Folder) -> Vec<Choice> {
    let mut combinations = vec![Choice::new()];
    for (setting, names) in variant_settings(folder) {
        let mut next = Vec::new();
        for choice in &combinations {
            for name in &names {
                if next.len() < super::VARIANTS_MAX {
                    let mut choice = choice.clone();
                    choice.insert(setting.clone(), name.clone());
                    next.push(choice);
                }
            }
        }
        if !next.is_empty() {
            combinations = next;
        }
    }
    combinations
}

fn complete(folder: &Folder, choice: &Choice) -> Choice {
    let mut choice = choice.clone();
    for (setting, names) in variant_settings(folder) {
        if let Some(first) = names.first() {
            choice.entry(setting).or_insert_with(|| first.clone());
        }
    }
    choice
}

fn holds(file: &tree::File, choice: &Choice) -> bool {
    file.only_when.as_ref().is_none_or(|condition| truth(condition, choice).unwrap_or(true))
}

/// Truth of a condition over the choice; `None` where it does not speak of it.
fn truth(condition: &Expr, choice: &Choice) -> Option<bool> {
    match &condition.kind {
        ExprKind::Path(path) => choice.get(setting_of(path)?).map(|name| &**name == "yes"),
        ExprKind::Unary { operator: tree::UnaryOperator::Not, operand } => {
            truth(operand, choice).map(|holds| !holds)
        }
        ExprKind::Binary { operator, left, right, .. } => match operator {
            BinaryOperator::And => Some(truth(left, choice)? && truth(right, choice)?),
            BinaryOperator::Or => Some(truth(left, choice)? || truth(right, choice)?),
            BinaryOperator::Is | BinaryOperator::IsNot => {
                let (ExprKind::Path(setting), ExprKind::Path(name)) = (&left.kind, &right.kind) else {
                    return None;
                };
                let has = choice.get(setting_of(setting)?)?;
                let same = **has == *name.single()?.text;
                Some(same == (*operator == BinaryOperator::Is))
            }
            _ => None,
        },
        ExprKind::In { value, choices } => {
            let ExprKind::Path(setting) = &value.kind else { return None };
            let has = choice.get(setting_of(setting)?)?;
            Some(choices.iter().any(|name| matches!(&name.kind, ExprKind::Path(path) if path.single().is_some_and(|name| *name.text == **has))))
        }
        _ => None,
    }
}
