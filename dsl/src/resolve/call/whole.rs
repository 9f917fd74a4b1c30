//! What concerns a module as a whole: what is assumed, names that stand twice.
//!
//! In: the resolved module. Out: its lists, and reports.

use crate::model::{Assumed, ExprKind, Field, Learn, Module, Space};
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

/// Rows of `outcome …` count where the answer says an outcome: a field of that name that is `= outcome`. Fields that no answer
/// has, and texts alone, would decide nothing.
pub(super) fn decided_by_nothing(resolver: &mut Resolver, module: &Module) {
    for call in &module.calls {
        let Some(rule) = &call.outcome else { continue };
        let answers = || call.replies.iter().chain(&call.later);
        let messages = || answers().filter_map(|id| module.messages.get(usize::from(id.0)));
        let named = |path: &str| {
            let ending = format!(".{path}");
            let is_it = move |field: &&Field| {
                field.level == 0 && (*field.path == *path || field.path.ends_with(&ending))
            };
            messages().flat_map(|message| &message.fields).filter(is_it).collect::<Vec<_>>()
        };
        if let Some(path) = rule.fields.iter().find(|path| named(path).is_empty()) {
            resolver
                .report
                .error("TS0511", rule.span, format!("no answer of `{}` has a field `{path}`", call.name))
                .note("`outcome …` says what the codes of an answer mean in this call")
                .help("name fields of the answer as they are written there, of the packet too");
            continue;
        }
        let says = |field: &&Field| {
            // Whoever writes the answer computes it.
            let written = field.fact.as_ref().is_some_and(|fact| {
                matches!(&fact.kind, ExprKind::Load(load) if matches!(load.space, Space::Outcome | Space::OriginalOutcome))
            });
            written || matches!(field.learn, Learn::Outcome | Learn::OriginalOutcome)
        };
        if !rule.fields.iter().any(|path| named(path).iter().any(says)) {
            let names = rule.fields.join("`, `");
            resolver
                .report
                .error("TS0511", rule.span, format!("nothing in `{names}` says an outcome"))
                .note("a text is read as it stands: its rows here decide nothing")
                .help("make one of them a `code TABLE` that is `= outcome`; a table of one row, `other unknown`, will do");
        }
    }
}
