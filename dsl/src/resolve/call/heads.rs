//! The heads of calls: names, services, links, and which speak of which, known before any message is looked at.
//!
//! In: `call` and `serve` items. Out: calls without messages.

use crate::resolve::assemble::{CallHead, Work};
use crate::resolve::{Resolver, shapes};
use crate::tree::{self, CallPart, Relation};

/// The calls with their services, records and relations.
pub(super) fn heads(resolver: &mut Resolver, work: &mut Work<'_>) {
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

pub(super) fn relations(resolver: &mut Resolver, work: &mut Work<'_>) {
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

pub(super) fn service(resolver: &mut Resolver, path: &tree::Path) -> Option<u16> {
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
pub(super) fn link_of(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::CallItem, ours: bool) -> u16 {
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
