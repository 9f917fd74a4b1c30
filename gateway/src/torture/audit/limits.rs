//! Limits: what holds for somebody in all, against what the plan says may (`flows.md` 4: exact while many ask at once, and over
//! restarts).
//!
//! In: postings, the ledgers, on how many business dates they were asked for. Out: who holds more than may, in words. It reads no
//! counter: what a flow has reserved and what became of it is the engine's business.

use super::{Seen, fen};
use crate::demo::filled;
use crate::torture::client::Posting;
use crate::torture::ground::Ground;
use crate::torture::parties::Parties;
use serde_json::Value;
use std::collections::BTreeMap;

/// Whoever holds more than may on so many business dates. What waits for people holds too, where a ledger has it.
///
/// # Errors
/// When a ledger cannot be read.
pub(in crate::torture) fn over_limits<'p>(
    ground: &Ground,
    parties: &Parties<'_>,
    postings: impl Iterator<Item = &'p Posting>,
    dates: i64,
) -> Result<Vec<String>, String> {
    let mut holds = BTreeMap::new();
    for posting in postings {
        let Some(story) = ground.plan.stories.get(posting.story) else { continue };
        let Some(limited) = &story.limited else { continue };
        if Seen::of(ground, parties, posting)?.is_some_and(|seen| seen.holds()) {
            let by = filled(&Value::from(limited.by.clone()), &posting.known, &[]);
            let most = fen(Some(&Value::from(limited.most.clone())));
            let (sum, _) = holds.entry((posting.service.as_str(), by.to_string())).or_insert((0, most));
            *sum += fen(posting.body.get("amount"));
        }
    }
    Ok(holds.iter().filter_map(|((service, by), held)| beyond(service, by, *held, dates)).collect())
}

/// What is wrong where so much holds, and so much may each day.
fn beyond(service: &str, by: &str, (held, most): (i64, i64), dates: i64) -> Option<String> {
    let may = most.saturating_mul(dates);
    (held > may)
        .then(|| format!("{service} for {by}: {held} fen hold, and {may} may on {dates} business dates"))
}

#[cfg(test)]
mod tests {
    use super::beyond;

    #[test]
    fn so_much_may_hold_on_each_date_and_not_a_fen_more() {
        assert_eq!(beyond("bank.pay", "C1", (15_000, 15_000), 1), None);
        assert_eq!(beyond("bank.pay", "C1", (30_000, 15_000), 2), None);
        let said = beyond("bank.pay", "C1", (15_001, 15_000), 1).unwrap();
        assert_eq!(said, "bank.pay for C1: 15001 fen hold, and 15000 may on 1 business dates");
    }
}
