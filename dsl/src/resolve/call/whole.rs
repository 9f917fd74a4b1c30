//! What concerns a module as a whole: what is assumed, names that stand twice.
//!
//! In: the resolved module. Out: its lists, and reports.

use crate::model::{Assumed, Module};
use crate::resolve::Resolver;
use crate::resolve::index::Index;
use crate::tree::{self, PartyClause};

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

/// Two requests on one link that the other side (or we) cannot tell apart. An enquiry of ours may be what a query asks, and a
/// reversal what a posting asks that people begin: the other side sees that query or posting, and the answer finds us by its
/// connection or by what matches it.
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
            let asks_to_cancel =
                call.ours && !call.undoes.is_empty() && other.undoes.is_empty() && other.settles.is_empty();
            let same_code = same_link && code == Some(&request.code);
            if same_code && call.only_when.is_none() && !asks_the_query && !asks_to_cancel {
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
