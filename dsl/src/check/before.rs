//! What was found sound before, and what a party's verdict hangs on.
//!
//! In: all texts, and whose records others took over. Out: for a party the texts of which each has its say in
//! what its messages are: with the same texts and the same compiler they are the same. It must not know where anything is kept.

use super::Sources;
use crate::flow::FlowProgram;
use crate::flow::walk::Walked;
use crate::model::Model;
use crate::resolve::{Folder, used_by};
use crate::source::SourceFile;
use crate::tree::ItemKind;
use std::collections::BTreeSet;

/// What was found sound before, by whoever keeps it.
pub trait Before: Sync {
    /// What was seen of a flow of this shape, if it was walked and is sound.
    fn walked(&self, shape: &FlowProgram) -> Option<Walked>;

    /// Takes what was walked and is sound.
    fn keep_walked(&self, shape: &FlowProgram, walked: Walked);

    /// Whether the messages of a party were found sound in every variant, and came back from their trips, under these texts:
    /// all that they hang on, where nothing is chosen.
    fn is_sound(&self, folder: &str, texts: &[&SourceFile]) -> bool;
}

/// Nothing is known from before.
#[derive(Clone, Copy, Default, Debug)]
pub struct Nothing;

impl Before for Nothing {
    fn walked(&self, _: &FlowProgram) -> Option<Walked> {
        None
    }

    fn keep_walked(&self, _: &FlowProgram, _: Walked) {}

    fn is_sound(&self, _: &str, _: &[&SourceFile]) -> bool {
        false
    }
}

/// The parties whose messages were found sound before, under the texts of now.
pub(super) fn sound(
    sources: &Sources,
    model: &Model,
    lenders: &BTreeSet<Box<str>>,
    before: &dyn Before,
) -> BTreeSet<Box<str>> {
    let Some(shared) = shared(sources, model, lenders) else { return BTreeSet::new() };
    let parties = model.modules.iter().filter(|module| module.party.is_some());
    let known = parties.filter(|module| {
        let texts = texts_of(sources, &shared, &module.folder);
        texts.is_some_and(|texts| before.is_sound(&module.folder, &texts))
    });
    known.map(|module| module.folder.clone()).collect()
}

/// The folders that everyone sees: what is no party, what declares services or reasons, and those of modules whose records
/// anybody takes over by `like`. None, where such a module is not found.
fn shared<'s>(
    sources: &'s Sources,
    model: &'s Model,
    lenders: &BTreeSet<Box<str>>,
) -> Option<BTreeSet<&'s str>> {
    let declaring = sources.folders.iter().filter(|folder| is_shared(folder));
    let mut shared: BTreeSet<&str> = declaring.map(|folder| &*folder.name).collect();
    for lender in lenders {
        let mut modules = model.modules.iter().filter(|module| module.name == *lender).peekable();
        modules.peek()?;
        shared.extend(modules.map(|module| &*module.folder));
    }
    Some(shared)
}

/// The texts that the messages of a party hang on: its own, those of the folders that it `use`s, and those that everyone sees.
/// Parties see nothing else of each other: what flows see of them is looked at each time.
fn texts_of<'s>(sources: &'s Sources, shared: &BTreeSet<&str>, party: &str) -> Option<Vec<&'s SourceFile>> {
    let own = sources.folders.iter().find(|folder| *folder.name == *party)?;
    let used: BTreeSet<&str> = used_by(own, &sources.folders).map(|folder| &*folder.name).collect();
    let seen = |name: &str| name == party || used.contains(name) || shared.contains(name);
    let folders = sources.folders.iter().filter(|folder| seen(&folder.name));
    folders.flat_map(|folder| &folder.files).map(|file| sources.map.file(file.file)).collect()
}

/// Whether it is no party, or declares what all may speak of.
fn is_shared(folder: &Folder) -> bool {
    let mut items = folder.files.iter().flat_map(|file| &file.items).map(|item| &item.kind);
    let is_party = items.clone().any(|kind| matches!(kind, ItemKind::Party(_)));
    !is_party || items.any(|kind| matches!(kind, ItemKind::Service(_) | ItemKind::Reasons(_)))
}
