//! Every flow walked to its end, once for each shape.
//!
//! In: the model with its programs, the variants beside it, what was found sound before. Out: a story for each path that loses
//! money, and how many flows were known. It must not know how a flow is walked.

use super::{Before, Variant};
use crate::diagnostics::{Code, Diagnostic};
use crate::flow::{FlowProgram, walk};
use crate::lower::{self, Alone, Beside};
use crate::model::{Flow, Model, Module};
use crate::parallel::side_by_side;
use crate::program::Compiled;
use crate::source::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// Which flows are walked to their ends.
#[derive(Clone, Copy)]
pub(super) enum Walk<'w> {
    All,
    /// Those in some folders, and those that ask the parties there.
    Of(&'w dyn Fn(&str) -> bool),
    None,
}

impl Walk<'_> {
    /// Whether flows of a module are among those that are counted: not what asks the parties looked at from elsewhere.
    fn counts(self, module: &Module) -> bool {
        match self {
            Self::All => true,
            Self::Of(wanted) => wanted(&module.folder),
            Self::None => false,
        }
    }

    /// Whether a module's flow is walked.
    fn takes(self, model: &Model, module: &Module, flow: &FlowProgram) -> bool {
        let Walk::Of(wanted) = self else { return matches!(self, Walk::All) };
        let asked =
            |party: &str| model.modules.iter().any(|module| *module.name == *party && wanted(&module.folder));
        let asks = || flow.calls.iter().any(|call| call.name.split('.').next().is_some_and(asked));
        wanted(&module.folder) || asks()
    }
}

/// The flows to be walked: those of the chosen variants first, then those that are others in another one.
pub(super) fn flows_of<'m>(
    (model, compiled): (&'m Model, &Compiled),
    others: &'m [Variant],
    walk: Walk<'_>,
    line_of: &(dyn Fn(Span) -> u32 + Sync),
) -> Vec<(bool, Alone<'m>)> {
    if matches!(walk, Walk::None) {
        return Vec::new();
    }
    let mut flows = Vec::new();
    for (module, program) in model.modules.iter().zip(&compiled.modules) {
        let all = module.flows.iter().zip(&program.flows);
        let all = all.map(|(flow, tables)| Alone { module, flow, program: tables.program.clone() });
        let counted = walk.counts(module);
        flows.extend(all.map(|flow| (counted, flow)));
    }
    let beside = Beside::of(model);
    let models: Vec<&Model> = others.iter().map(|other| &other.model).collect();
    for of_variant in side_by_side(&models, |other| lower::flows(other, &beside, line_of)) {
        flows.extend(of_variant.into_iter().map(|flow| (false, flow)));
    }
    flows.retain(|(_, flow)| walk.takes(model, flow.module, &flow.program));
    flows
}

/// Flows of one shape, and how many of them are of the chosen variants.
struct Alike<'f> {
    shape: Arc<FlowProgram>,
    flows: Vec<&'f Alone<'f>>,
    chosen: usize,
}

/// Every flow walked to its end (money-safety, rule 7): each path that loses money, as a story; and how many flows of the chosen
/// variants were known. Of flows of one shape, in whichever variant, one is walked; where that one is not sound, each of them
/// is, for a story in its own words.
pub(super) fn money(flows: &[(bool, Alone<'_>)], before: &dyn Before) -> (Vec<Diagnostic>, usize) {
    let mut all: Vec<Alike<'_>> = Vec::new();
    let mut places: HashMap<Arc<FlowProgram>, usize> = HashMap::new();
    for (chosen, flow) in flows {
        let shape = Arc::new(walk::shape(&flow.program));
        let place = *places.entry(Arc::clone(&shape)).or_insert(all.len());
        if place == all.len() {
            all.push(Alike { shape, flows: Vec::new(), chosen: 0 });
        }
        if let Some(alike) = all.get_mut(place) {
            alike.flows.push(flow);
            alike.chosen += usize::from(*chosen);
        }
    }
    let found = side_by_side(&all, |alike| {
        if before.walked(&alike.shape).is_some() {
            return (Vec::new(), alike.chosen);
        }
        let mut found = Vec::new();
        for Alone { flow, program, .. } in &alike.flows {
            match walk::check(program) {
                Ok(walked) => {
                    // Never of a shape of which another flow was refused.
                    if found.is_empty() {
                        before.keep_walked(&alike.shape, walked);
                    }
                    break;
                }
                Err(story) => found.push(told(flow, &story)),
            }
        }
        (found, 0)
    });
    let known = found.iter().map(|(_, known)| known).sum();
    (found.into_iter().flat_map(|(found, _)| found).collect(), known)
}

fn told(flow: &Flow, story: &walk::Story) -> Diagnostic {
    let step = story.step.as_ref().and_then(|name| flow.steps.iter().find(|step| step.name == *name));
    let span = step.map_or(flow.span, |step| step.span);
    let lines: Vec<String> =
        story.lines.iter().enumerate().map(|(place, line)| format!("{}. {line}", place + 1)).collect();
    let (code, title) = match story.property {
        walk::Property::Twice(_) => (721, "money can move twice"),
        walk::Property::AskedAgain => (721, "one key can have two effects"),
        walk::Property::Books(_) => (721, "the journal can say what the party's books do not"),
        walk::Property::NobodyKnows(_) => (723, "money can move and nobody knows of it"),
        walk::Property::FalseAnswer => (724, "the asker can be told what is not so"),
        walk::Property::Untold => (723, "the asker can be told before the ask is durable"),
        walk::Property::OutOfOrder(_) => (723, "an older leg can be taken back before a newer one"),
        walk::Property::Hangs | walk::Property::Circles => (723, "a path never ends"),
        walk::Property::OneSided(_) => (727, "money can move on one side only"),
        walk::Property::Assured(_) => (728, "what is declared assured can be refused"),
        walk::Property::Declaration(_) => (728, "what is declared of a call cannot work"),
        walk::Property::TooLarge => (729, "the flow is too large to be walked"),
    };
    Diagnostic::error(Code(code), format!("{title}: flow `{}`", flow.name), span, "")
        .note(lines.join("\n"))
        .help(story.help.clone())
}
