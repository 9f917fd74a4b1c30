//! The classes of derived fields (D3): what is a value before writing, what is a seal over values, what needs octets.

use std::collections::BTreeSet;

use super::layout::{Layout, Needs};
use crate::model::{Expr, FieldId};

/// Derived fields that are no values before writing: seals over values, and what needs octets.
pub(super) fn late(layout: &Layout<'_>) -> BTreeSet<FieldId> {
    let (seals, octets) = classes(layout);
    seals.union(&octets).copied().collect()
}

fn derived<'m>(layout: &Layout<'m>) -> Vec<(FieldId, &'m Expr)> {
    let mut found = Vec::new();
    for (field, index) in layout.message.fields.iter().zip(0_u16..) {
        if let (Some(fact), None) = (&field.fact, &field.from) {
            found.push((FieldId(index), fact));
        }
    }
    found
}

/// Seals over values, and what needs octets; each with what depends on them.
pub(super) fn classes(layout: &Layout<'_>) -> (BTreeSet<FieldId>, BTreeSet<FieldId>) {
    let all: Vec<(FieldId, Needs)> = derived(layout)
        .into_iter()
        .map(|(id, fact)| (id, layout.needs(fact, &layout.lists_around(id))))
        .collect();
    let (mut seals, mut octets) = (BTreeSet::new(), BTreeSet::new());
    for (id, needs) in &all {
        if needs.any_octets() {
            octets.insert(*id);
        } else if needs.seal {
            seals.insert(*id);
        }
    }
    loop {
        let before = (seals.len(), octets.len());
        for (id, needs) in &all {
            let looks_at = |set: &BTreeSet<FieldId>| {
                set.iter().any(|other| layout.key(*other).is_some_and(|key| needs.slots.contains(&key)))
            };
            if looks_at(&octets) {
                seals.remove(id);
                octets.insert(*id);
            } else if looks_at(&seals) && !octets.contains(id) {
                seals.insert(*id);
            }
        }
        if before == (seals.len(), octets.len()) {
            return (seals, octets);
        }
    }
}
