//! Names of the counters of limits in the journal: whose limit it is, what it counts, and for whom, by a mark that nobody can read.
//!
//! In: a limit of a flow and the values that it counts by. Out: a name, and its parts again for people. It must not know what is
//! counted, nor how the mark is keyed.

use crate::engine::Engine;
use crate::view::push_part;
use dsl::program::{FlowTables, LimitForm};
use std::collections::BTreeSet;

/// Octets of a mark: two values never have the same by chance.
const MARK: usize = 16;
/// Characters of a mark that people are shown.
const SHOWN: usize = 12;

/// The parts of a counter's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter<'n> {
    /// Whose adapter says the limit.
    pub module: &'n str,
    /// Of which flow; none where flows of the module count together.
    pub flow: Option<&'n str>,
    /// What it counts, in the adapter's words.
    pub limit: &'n str,
    /// For whom: a digest of the values that it counts by.
    pub mark: &'n str,
}

impl<'n> Counter<'n> {
    /// The parts of a name; none of what is no counter's name.
    #[must_use]
    pub fn of(name: &'n str) -> Option<Self> {
        let (whose, rest) = name.split_once('/')?;
        let (limit, mark) = rest.rsplit_once('/')?;
        let (module, flow) =
            whose.split_once('.').map_or((whose, None), |(module, flow)| (module, Some(flow)));
        Some(Self { module, flow, limit, mark })
    }

    /// As much of the mark as people tell counters apart by.
    #[must_use]
    pub fn short(&self) -> &'n str {
        self.mark.get(..SHOWN).unwrap_or(self.mark)
    }
}

/// The name of a limit's counter for a mark.
pub(crate) fn name(module: &str, tables: &FlowTables, form: &LimitForm, mark: &str) -> String {
    let counts = &form.counts;
    if form.shared {
        format!("{module}/{counts}/{mark}")
    } else {
        format!("{module}.{}/{counts}/{mark}", tables.name)
    }
}

impl Engine {
    /// The mark of a key that a limit counts by.
    pub(crate) fn mark(&self, key: &[u8]) -> String {
        self.sealer.mark(key).iter().take(MARK).map(|octet| format!("{octet:02x}")).collect()
    }

    /// Names of all counters that the adapters have for the values that a limit counts by, as texts in the order of its `by`: so a
    /// person finds those of one account.
    #[must_use]
    pub fn counters_of(&self, values: &[&str]) -> Vec<String> {
        let mut key = Vec::new();
        values.iter().for_each(|value| push_part(&mut key, value.as_bytes()));
        let (mark, version) = (self.mark(&key), self.current.load_full());
        let mut names = BTreeSet::new();
        for module in &version.compiled.modules {
            for tables in &module.flows {
                let limits = tables.limits.iter().filter(|form| form.by.len() == values.len());
                names.extend(limits.map(|form| name(&module.name, tables, form, &mark)));
            }
        }
        names.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_again() {
        let own =
            Counter::of("bank.pay/sum ask.amount by ask.account, ask.to each day/0123456789abcdef").unwrap();
        assert_eq!((own.module, own.flow), ("bank", Some("pay")));
        assert_eq!(
            (own.limit, own.short()),
            ("sum ask.amount by ask.account, ask.to each day", "0123456789ab")
        );
        let shared = Counter::of("bank/taken sum each day/01").unwrap();
        assert_eq!((shared.flow, shared.limit, shared.short()), (None, "taken sum each day", "01"));
        assert_eq!(Counter::of("limit 3"), None);
    }
}
