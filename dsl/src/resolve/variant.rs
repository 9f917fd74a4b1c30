//! Flows that count only in some variants of a party: where none of its calls does a step, nobody can ask for the flow.
//!
//! In: all files, the ones of other variants too, and the modules of this one. Out: the modules without those flows.

use super::{Folder, Resolver};
use crate::model::{Flow, Module, StepTarget};
use crate::tree::{ItemKind, Relation};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Modules whole, and the same without their flows that do not count.
pub(super) type Known<'m> = (&'m [Arc<Module>], &'m [Arc<Module>]);

/// Takes out flows of which a step's service is provided in another variant alone. What nobody provides in any variant
/// is left for the lint. `ever` are the services that some variant provides.
/// Modules that lose the same flows as before are taken of what is `known`.
pub(super) fn leave_out(
    resolver: &Resolver,
    ever: &BTreeSet<String>,
    modules: &mut [Arc<Module>],
    known: Option<Known<'_>>,
) {
    let now = super::lint::provided(modules);
    let missing = |target: &StepTarget| match target {
        StepTarget::Service(service) => {
            let path = resolver.services.get(usize::from(*service)).map(|service| &service.path);
            !now.contains(service) && path.is_some_and(|path| ever.contains(&**path))
        }
        StepTarget::Call(_) | StepTarget::People | StepTarget::Flow | StepTarget::Awaited(_) => false,
    };
    let counts = |flow: &Flow| !flow.steps.iter().any(|step| missing(&step.target));
    for (place, module) in modules.iter_mut().enumerate() {
        let known = known.and_then(|(whole, known)| {
            let same = whole.get(place).is_some_and(|whole| Arc::ptr_eq(whole, module));
            known.get(place).filter(|_| same)
        });
        let kept = || module.flows.iter().filter(|flow| counts(flow));
        match known {
            Some(known) if kept().map(Arc::as_ptr).eq(known.flows.iter().map(Arc::as_ptr)) => {
                *module = Arc::clone(known);
            }
            _ if module.flows.iter().all(|flow| counts(flow)) => {}
            _ => Arc::make_mut(module).flows.retain(|flow| counts(flow)),
        }
    }
}

/// Paths of the services that some variant of some folder provides.
pub(super) fn provided_ever(folders: &[Folder]) -> BTreeSet<String> {
    let items = folders.iter().flat_map(|folder| &folder.files).flat_map(|file| &file.items);
    let mut found = BTreeSet::new();
    for item in items {
        let ItemKind::Call(call) = &item.kind else { continue };
        for relation in &call.relations {
            if let Relation::Provides(path) = relation {
                found.insert(path.text());
            }
        }
    }
    found
}
