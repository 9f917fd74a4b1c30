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
use crate::model::{Awaited, Call, Flow, Model, Module, StepTarget, Undo};
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
    /// Modules of which another one took over a record.
    pub(crate) lenders: Arc<BTreeSet<Box<str>>>,
    /// Whether all folders were resolved anew for it; else only those flows of other modules are new that see the difference.
    pub(crate) anew: bool,
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
    /// Which records each module declared, and each of its flows.
    records: Vec<(Range<usize>, Vec<Range<usize>>)>,
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
            records.push((before..resolver.shapes.len(), Vec::new()));
        }
        for (place, index) in indices.iter().enumerate() {
            let of_flows = add_flows(&mut resolver, index, &mut whole, place, &|_| true);
            if let Some((_, records)) = records.get_mut(place) {
                *records = of_flows;
            }
        }
        let ever = variant::provided_ever(folders);
        let mut modules = whole.clone();
        variant::leave_out(&resolver, &ever, &mut modules, None);
        lint::lint(&mut resolver, &indices.iter().collect::<Vec<_>>(), &modules);
        money(&mut resolver, &modules, None);
        let mut uses = Uses::default();
        for index in &indices {
            uses.extend(lint::uses(&resolver, index));
        }
        let problems = resolver.report.take();
        let lenders = Arc::clone(&resolver.lenders);
        let model = resolver.model(modules.clone());
        let resolved = Resolved { model, problems, uses, lenders, anew: true };
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
                lenders: resolver.lenders,
                anew: false,
            };
        };
        let index = index::index(&mut resolver, tree, self.folders, choice);
        if !declares_the_same(&index, &self.indices[place]) {
            return self.anew(folder, choice);
        }
        resolver.used.retain(|(of, _)| **of != *folder);
        if let Some((own, of_flows)) = self.records.get(place) {
            forget(&mut resolver, std::iter::once(own).chain(of_flows));
        }
        let mut whole = self.whole.clone();
        whole[place] = Arc::new(call::module(&mut resolver, &index));
        let indices: Vec<&Index<'_>> = self
            .indices
            .iter()
            .enumerate()
            .map(|(at, known)| if at == place { &index } else { known })
            .collect();
        let mut touched = self.touched(&resolver, place, &whole[place]);
        add_flows(&mut resolver, &index, &mut whole, place, &|_| true);
        touched.extend(awaited(&self.whole[place]).symmetric_difference(&awaited(&whole[place])));
        let touches = |target: StepTarget| matches!(target, StepTarget::Service(of) if touched.contains(&of));
        for other in (0..whole.len()).filter(|other| *other != place) {
            let of = Arc::clone(&whole[other]);
            let again = |flow: usize| of.flows.get(flow).is_some_and(|flow| goes_to(flow, &touches));
            if (0..of.flows.len()).any(again) {
                let of_flows = self.records.get(other).into_iter().flat_map(|(_, of_flows)| of_flows);
                let old = of_flows.enumerate().filter(|(flow, _)| again(*flow)).map(|(_, records)| records);
                forget(&mut resolver, old);
                add_flows(&mut resolver, indices[other], &mut whole, other, &again);
            }
        }
        let mut modules = whole;
        variant::leave_out(&resolver, &self.ever, &mut modules, Some((&self.whole, &self.modules)));
        lint::lint(&mut resolver, &indices, &modules);
        money(&mut resolver, &modules, Some((&self.modules, place)));
        let uses = lint::uses(&resolver, &index);
        let problems = resolver.report.take();
        let model = resolver.model(modules);
        Resolved { model, problems, uses, lenders: resolver.lenders, anew: false }
    }

    /// All folders anew: a variant that declares other services or reasons is seen by everyone.
    fn anew(&self, folder: &str, choice: &Choice) -> Resolved {
        let chosen = self.indices.iter().map(|index| (Box::from(index.folder), index.choice.clone()));
        let mut choices: Choices = chosen.collect();
        choices.insert(folder.into(), choice.clone());
        Self::new(self.folders, &choices).1
    }

    /// Services of which flows of other modules see something else now.
    fn touched(&self, resolver: &Resolver, place: usize, now: &Arc<Module>) -> BTreeSet<u16> {
        let model = resolver.model(Vec::new());
        let (before, now) = (Seen::of(&model, &self.whole[place]), Seen::of(&model, now));
        if before == now { BTreeSet::new() } else { before.services().chain(now.services()).collect() }
    }
}

/// Takes away the names of records that are about to be declared again.
fn forget<'r>(resolver: &mut Resolver, records: impl Iterator<Item = &'r Range<usize>>) {
    for range in records.filter(|range| !range.is_empty()) {
        let shapes = Arc::make_mut(&mut resolver.shapes);
        let index = Arc::make_mut(&mut resolver.shape_index);
        for place in range.clone() {
            let Some(record) = shapes.get_mut(place) else { continue };
            // Rows of two flows may have one name.
            if index.get(&*record.name).is_some_and(|known| known.0 as usize == place) {
                index.remove(&*record.name);
            }
            let record = Arc::make_mut(record);
            record.name = Box::default();
            record.fields.clear();
        }
    }
}

/// What is moved, under which keys, and for how long. Where modules are `known`, they were looked at: all of the one that was
/// made anew is new, and of the others the flows that they do not share with the known ones.
fn money(resolver: &mut Resolver, modules: &[Arc<Module>], known: Option<(&[Arc<Module>], usize)>) {
    let new = modules.iter().enumerate().filter_map(|(place, module)| match known {
        Some((known, anew)) if place != anew => New::beside(module, known.get(place)?),
        _ => Some(New::whole(module)),
    });
    let new: Vec<New<'_>> = new.collect();
    balance::balance(resolver, modules, &new);
    keys::keys(resolver, &new);
    quiet::quiet(resolver, &new);
    holds::holds(resolver, modules);
}

/// What of a module was not looked at yet.
pub(super) struct New<'m> {
    pub(super) module: &'m Module,
    pub(super) calls: &'m [Call],
    pub(super) flows: Vec<&'m Flow>,
}

impl<'m> New<'m> {
    fn whole(module: &'m Module) -> Self {
        Self { module, calls: &module.calls, flows: module.flows.iter().map(|flow| &**flow).collect() }
    }

    fn beside(module: &'m Arc<Module>, known: &Arc<Module>) -> Option<Self> {
        if Arc::ptr_eq(module, known) {
            return None;
        }
        let known: BTreeSet<_> = known.flows.iter().map(Arc::as_ptr).collect();
        let new = module.flows.iter().filter(|flow| !known.contains(&Arc::as_ptr(flow)));
        Some(Self { module, calls: &[], flows: new.map(|flow| &**flow).collect() })
    }
}

/// Makes those flows of a module that are wanted by their place, and puts them into it; out come the records that each made one
/// declares.
fn add_flows(
    resolver: &mut Resolver,
    index: &Index<'_>,
    modules: &mut [Arc<Module>],
    place: usize,
    wanted: &dyn Fn(usize) -> bool,
) -> Vec<Range<usize>> {
    let made = flow::flows(resolver, index, modules, &modules[place], wanted);
    if made.iter().all(Option::is_none) && modules[place].flows.len() == made.len() {
        return Vec::new();
    }
    let mut records = Vec::with_capacity(made.len());
    let module = Arc::make_mut(&mut modules[place]);
    for (place, made) in made.into_iter().enumerate() {
        let Some(flow::Made { flow, records: declared }) = made else { continue };
        records.push(declared);
        match module.flows.get_mut(place) {
            Some(known) => *known = flow,
            None => module.flows.push(flow),
        }
    }
    records
}

fn goes_to(flow: &Flow, touches: &dyn Fn(StepTarget) -> bool) -> bool {
    let started = matches!(flow.start, crate::model::Start::Service(of) if touches(StepTarget::Service(of)));
    started
        || flow.steps.iter().any(|step| {
            touches(step.target)
                || matches!(&step.undo, Undo::Service(of, _) if touches(StepTarget::Service(*of)))
                || step.correct.as_ref().is_some_and(|(of, _)| touches(StepTarget::Service(*of)))
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

/// Whether two variants declare the same services and reasons, those of the very same text.
fn declares_the_same(one: &Index<'_>, other: &Index<'_>) -> bool {
    let services =
        |index: &Index<'_>| index.services.iter().map(|(_, of)| ptr::from_ref(*of)).collect::<Vec<_>>();
    let reasons =
        |index: &Index<'_>| index.reasons.iter().map(|(_, of)| ptr::from_ref(*of)).collect::<Vec<_>>();
    one.name == other.name && services(one) == services(other) && reasons(one) == reasons(other)
}
