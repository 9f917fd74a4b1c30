//! What concerns a module as a whole: reconciliations, what is assumed, names that stand twice.
//!
//! In: the resolved module. Out: its lists, and reports.

use super::heads::service;
use crate::model::{Assumed, Module, Reconcile};
use crate::resolve::assemble::Work;
use crate::resolve::index::Index;
use crate::resolve::{Resolver, shapes};
use crate::tree::{self, PartyClause};

pub(super) fn reconciles(resolver: &mut Resolver, work: &Work<'_>) -> Vec<Reconcile> {
    let mut found = Vec::new();
    for (item, tree) in &work.index.reconciles {
        resolver.report.not_followed(item.span, "a comparison of books");
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
pub(super) fn assumed(index: &Index<'_>) -> Vec<Assumed> {
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
        let name = crate::resolve::lint::item_name(item);
        note(&name, &item.label);
        crate::resolve::lint::labels(item, &mut |what, label| note(&format!("{name}.{what}"), label));
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

/// Two requests on one link that the other side (or we) cannot tell apart. An enquiry of ours may be what a query asks: the
/// other side sees the query, and the answer finds us by its connection or by what matches it.
pub(super) fn duplicates(resolver: &mut Resolver, module: &Module) {
    for (place, call) in module.calls.iter().enumerate() {
        let request = module.messages.get(usize::from(call.request.0));
        let Some(request) = request.filter(|request| request.file.is_none() && !request.code.is_empty())
        else {
            continue;
        };
        for other in module.calls.iter().take(place) {
            let same_link = other.link == call.link && other.ours == call.ours;
            let code = module.messages.get(usize::from(other.request.0)).map(|message| &message.code);
            let asks_the_query = call.ours && !call.settles.is_empty() && other.once.is_empty();
            if same_link && code == Some(&request.code) && call.only_when.is_none() && !asks_the_query {
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
