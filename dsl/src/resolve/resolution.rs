//! The order in which folders become modules, and how one folder is looked at in another variant without doing all again.
//!
//! In: all folders and the choices. Out: the model, the problems, what is used. Folders see each other through services
//! alone: a variant of one is resolved beside the modules of the others, which are shared, unless flows of theirs use a
//! service that the variant provides in another way.

use super::index::{self, Index};
use super::lint::{self, Uses};
use super::{Choice, Choices, Folder, Resolver, balance, call, flow, holds, keys, quiet, shapes, variant};
use crate::diagnostics::Diagnostic;
use crate::lower::Seen;
use crate::model::{Awaited, Flow, Model, Module, StepTarget, Undo};
use std::collections::BTreeSet;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

/// A model, and what was found while it was made.
pub struct Resolved {
    /// The model.
    pub model: Model,
    /// The problems, but for things that nobody uses.
    pub problems: Vec<Diagnostic>,
    /// What is used of what the folders looked at declare.
    pub(crate) uses: Uses,
}

/// All folders under their choices, kept for their variants.
pub struct Resolution<'t> {
    folders: &'t [Folder],
    indices: Vec<Index<'t>>,
    /// As it was left, without problems.
    resolver: Resolver,
    /// The modules with all their flows, those that count in other variants alone too.
    whole: Vec<Arc<Module>>,
    /// The modules of the model.
    modules: Vec<Arc<Module>>,
    /// Which records each module declared.
    records: Vec<[Range<usize>; 2]>,
    /// Services that some variant of some folder provides.
    ever: BTreeSet<String>,
}

impl<'t> Resolution<'t> {
    /// Resolves all folders under the choices.
    #[must_use]
    pub fn new(folders: &'t [Folder], choices: &Choices) -> (Self, Resolved) {
        let mut resolver = Resolver::default();
        let none = Choice::new();
        let indices: Vec<Index<'t>> = folders
            .iter()
            .filter(|folder| !index::is_family(folder, folders))
            .map(|folder| {
                index::index(&mut resolver, folder, folders, choices.get(&folder.name).unwrap_or(&none))
            })
            .collect();
        for index in &indices {
            shapes::reasons(&mut resolver, index);
        }
        for index in &indices {
            shapes::services(&mut resolver, index);
        }
        let mut records = Vec::with_capacity(indices.len());
        let mut whole = Vec::with_capacity(indices.len());
        for index in &indices {
            let before = resolver.shapes.len();
            whole.push(Arc::new(call::module(&mut resolver, index)));
            records.push([before..resolver.shapes.len(), 0..0]);
        }
        for (place, index) in indices.iter().enumerate() {
            let before = resolver.shapes.len();
            add_flows(&mut resolver, index, &mut whole, place);
            if let Some([_, of_flows]) = records.get_mut(place) {
                *of_flows = before..resolver.shapes.len();
            }
        }
        let ever = variant::provided_ever(folders);
        let mut modules = whole.clone();
        variant::leave_out(&resolver, &ever, &mut modules);
        lint::lint(&mut resolver, &indices.iter().collect::<Vec<_>>(), &modules);
        money(&mut resolver, &modules, &|_| true);
        let mut uses = Uses::default();
        for index in &indices {
            uses.extend(lint::uses(&resolver, index));
        }
        let problems = resolver.report.take();
        let resolved = Resolved { model: resolver.model(modules.clone()), problems, uses };
        (Self { folders, indices, resolver, whole, modules, records, ever }, resolved)
    }

    /// The same folders, one of them in another variant.
    #[must_use]
    pub fn with(&self, folder: &str, choice: &Choice) -> Resolved {
        let mut resolver = self.resolver.clone();
        let there = self.indices.iter().position(|index| index.folder == folder);
        let tree = self.folders.iter().find(|known| *known.name == *folder);
        let (Some(place), Some(tree)) = (there, tree) else {
            return Resolved {
                model: resolver.model(self.modules.clone()),
                problems: Vec::new(),
                uses: Uses::default(),
            };
        };
        let index = index::index(&mut resolver, tree, self.folders, choice);
        if !declares_the_same(&index, &self.indices[place]) {
            return self.anew(folder, choice);
        }
        resolver.used.retain(|(of, _)| **of != *folder);
        self.forget(&mut resolver, place, 0..2);
        let mut whole = self.whole.clone();
        whole[place] = Arc::new(call::module(&mut resolver, &index));
        let indices: Vec<&Index<'_>> = self
            .indices
            .iter()
            .enumerate()
            .map(|(at, known)| if at == place { &index } else { known })
            .collect();
        let mut touched = self.touched(&resolver, place, &whole[place]);
        add_flows(&mut resolver, &index, &mut whole, place);
        touched.extend(awaited(&self.whole[place]).symmetric_difference(&awaited(&whole[place])));
        for other in (0..whole.len()).filter(|other| *other != place) {
            let touches =
                |target: StepTarget| matches!(target, StepTarget::Service(of) if touched.contains(&of));
            if whole[other].flows.iter().any(|flow| goes_to(flow, &touches)) {
                self.forget(&mut resolver, other, 1..2);
                add_flows(&mut resolver, indices[other], &mut whole, other);
            }
        }
        let mut modules = whole.clone();
        variant::leave_out(&resolver, &self.ever, &mut modules);
        for (at, module) in modules.iter_mut().enumerate() {
            let known = &self.modules[at];
            if Arc::ptr_eq(&whole[at], &self.whole[at]) && same_flows(known, module) {
                *module = Arc::clone(known);
            }
        }
        lint::lint(&mut resolver, &indices, &modules);
        // Modules that are the same as before were looked at.
        money(&mut resolver, &modules, &|at| !Arc::ptr_eq(&modules[at], &self.modules[at]));
        let uses = lint::uses(&resolver, &index);
        let problems = resolver.report.take();
        Resolved { model: resolver.model(modules), problems, uses }
    }

    /// All folders anew: a variant that declares other services or reasons is seen by everyone.
    fn anew(&self, folder: &str, choice: &Choice) -> Resolved {
        let chosen = self.indices.iter().map(|index| (Box::from(index.folder), index.choice.clone()));
        let mut choices: Choices = chosen.collect();
        choices.insert(folder.into(), choice.clone());
        Self::new(self.folders, &choices).1
    }

    /// Takes away the names of records that a module declared: it is about to declare them again.
    fn forget(&self, resolver: &mut Resolver, place: usize, which: Range<usize>) {
        for range in self.records.get(place).and_then(|of| of.get(which)).into_iter().flatten() {
            let shapes = Arc::make_mut(&mut resolver.shapes);
            let index = Arc::make_mut(&mut resolver.shape_index);
            for record in shapes.get_mut(range.clone()).into_iter().flatten() {
                index.remove(&*record.name);
                let record = Arc::make_mut(record);
                record.name = Box::default();
                record.fields.clear();
            }
        }
    }

    /// Services of which flows of other modules see something else now.
    fn touched(&self, resolver: &Resolver, place: usize, now: &Arc<Module>) -> BTreeSet<u16> {
        let model = resolver.model(Vec::new());
        let (before, now) = (Seen::of(&model, &self.whole[place]), Seen::of(&model, now));
        if before == now { BTreeSet::new() } else { before.services().chain(now.services()).collect() }
    }
}

/// What is moved, under which keys, and for how long: of the modules that are new.
fn money(resolver: &mut Resolver, modules: &[Arc<Module>], new: &dyn Fn(usize) -> bool) {
    let new: Vec<&Module> = (0..modules.len()).filter(|at| new(*at)).map(|at| &*modules[at]).collect();
    balance::balance(resolver, modules, &new);
    keys::keys(resolver, &new);
    quiet::quiet(resolver, &new);
    holds::holds(resolver, modules);
}

fn add_flows(resolver: &mut Resolver, index: &Index<'_>, modules: &mut [Arc<Module>], place: usize) {
    let flows = flow::flows(resolver, index, modules, &modules[place]);
    let module = &mut modules[place];
    if !(flows.is_empty() && module.flows.is_empty()) {
        Arc::make_mut(module).flows = flows;
    }
}

fn goes_to(flow: &Flow, touches: &dyn Fn(StepTarget) -> bool) -> bool {
    let started = matches!(flow.start, crate::model::Start::Service(of) if touches(StepTarget::Service(of)));
    started
        || flow.steps.iter().any(|step| {
            touches(step.target)
                || matches!(&step.undo, Undo::Service(of, _) if touches(StepTarget::Service(*of)))
        })
}

/// Services that flows of the module wait for others to ask: what begins with one of them is kept.
fn awaited(module: &Module) -> BTreeSet<u16> {
    let steps = module.flows.iter().flat_map(|flow| &flow.steps);
    let services = steps.filter_map(|step| match step.target {
        StepTarget::Awaited(Awaited::Service(service)) => Some(service),
        _ => None,
    });
    services.collect()
}

fn same_flows(one: &Module, other: &Module) -> bool {
    one.flows.iter().map(|flow| &flow.name).eq(other.flows.iter().map(|flow| &flow.name))
}

/// Whether two variants declare the same services and reasons, those of the very same text.
fn declares_the_same(one: &Index<'_>, other: &Index<'_>) -> bool {
    let services =
        |index: &Index<'_>| index.services.iter().map(|(_, of)| ptr::from_ref(*of)).collect::<Vec<_>>();
    let reasons =
        |index: &Index<'_>| index.reasons.iter().map(|(_, of)| ptr::from_ref(*of)).collect::<Vec<_>>();
    one.name == other.name && services(one) == services(other) && reasons(one) == reasons(other)
}
