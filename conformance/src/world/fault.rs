//! Faults on demand: which exchange of a simulated party goes wrong, and how. Decided here from a seed, carried out
//! by the side that holds the socket.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What goes wrong with one exchange.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The request is lost: the party never sees it, the asker hears nothing.
    DropRequest,
    /// The party does its work; its reply is lost.
    DropReply,
    /// The connection is closed once the party has done its work.
    Close,
    /// The reply comes this many milliseconds later.
    Delay(u64),
    /// The reply comes twice.
    DuplicateReply,
    /// The reply's seal is wrong.
    WrongSeal,
    /// Some bytes of the reply are others.
    Garble,
    /// Only the first half of the reply comes.
    Truncate,
    /// This text comes instead of the reply's content: what no adapter of ours would write.
    Instead(String),
    /// The request is garbled on its way: the party cannot read it, and says so where it has words for that.
    Unread,
    /// The party does not want it. This is decided by the act, not by the exchange, so that every copy of it hears the same; suites
    /// have rules for what a party refuses.
    #[serde(skip)]
    Refuse,
}

impl Fault {
    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DropRequest => "lost request",
            Self::DropReply => "lost reply",
            Self::Close => "closed behind the request",
            Self::Delay(_) => "late reply",
            Self::DuplicateReply => "reply twice",
            Self::WrongSeal => "wrong seal",
            Self::Garble => "garbled reply",
            Self::Truncate => "half a reply",
            Self::Instead(_) => "no message",
            Self::Unread => "unread request",
            Self::Refuse => "refused at will",
        }
    }
}

/// When a fault happens: by chance, or at given exchanges, of one call or of all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The call; all calls if not said.
    pub call: Option<String>,
    /// Only exchanges whose request holds this text.
    #[serde(default)]
    pub holding: Option<String>,
    /// The fault.
    pub fault: Fault,
    /// Of 10,000 exchanges, so many.
    #[serde(default)]
    pub of_10000: u16,
    /// At these exchanges of the call, counted from 1 (of all calls together, if no call is named).
    #[serde(default)]
    pub at: Vec<u64>,
}

/// The faults of one simulated party. The same seed and the same order of exchanges give the same faults.
#[derive(Debug, Clone)]
pub struct FaultPlan {
    rules: Vec<FaultRule>,
    seed: u64,
    state: u64,
    all: u64,
    seen: BTreeMap<String, u64>,
    bell: Option<Bell>,
}

/// What is done whenever a request of some calls has come, before anything goes wrong with it.
#[derive(Clone)]
struct Bell {
    calls: BTreeSet<String>,
    ring: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Bell").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl FaultPlan {
    /// A plan; the first rule that applies wins.
    #[must_use]
    pub fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        Self { rules, seed, state: seed, all: 0, seen: BTreeMap::new(), bell: None }
    }

    /// The same, which rings whenever a request of one of these calls has come.
    #[must_use]
    pub fn ringing(self, calls: BTreeSet<String>, ring: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { bell: Some(Bell { calls, ring }), ..self }
    }

    /// A plan without faults.
    #[must_use]
    pub fn none() -> Self {
        Self::new(0, Vec::new())
    }

    /// What goes wrong with the next file that a call puts, which has no reply: by rules that name the call.
    pub(crate) fn of_file(&mut self, call: &str, octets: &[u8]) -> Option<Fault> {
        let named = self.rules.iter().any(|rule| rule.call.as_deref() == Some(call));
        if named { self.next(call, octets) } else { None }
    }

    /// How the party takes acts of a call, if it refuses some at will; `words`: what it may say to that.
    pub(crate) fn unwilling(&self, call: &str, words: impl FnOnce() -> Vec<String>) -> Option<Unwilling> {
        let refuses = |rule: &&FaultRule| {
            rule.fault == Fault::Refuse && rule.call.as_deref().is_none_or(|name| name == call)
        };
        let rule = self.rules.iter().find(refuses)?;
        let words = words();
        (!words.is_empty()).then_some(Unwilling { seed: self.seed, of_10000: rule.of_10000, words })
    }

    /// What goes wrong with the next exchange of a call, whose request this is.
    pub fn next(&mut self, call: &str, request: &[u8]) -> Option<Fault> {
        if let Some(bell) = self.bell.as_ref().filter(|bell| bell.calls.contains(call)) {
            (bell.ring)();
        }
        self.all += 1;
        let seen = self.seen.entry(call.to_owned()).or_insert(0);
        *seen += 1;
        let (all, seen) = (self.all, *seen);
        let mut chosen = None;
        for rule in &self.rules {
            let roll = next_random(&mut self.state) % 10_000;
            let holds = |text: &str| {
                let text = text.as_bytes();
                text.is_empty() || request.windows(text.len()).any(|octets| octets == text)
            };
            let applies = rule.fault != Fault::Refuse
                && rule.call.as_deref().is_none_or(|name| name == call)
                && rule.holding.as_deref().is_none_or(holds);
            let turn = if rule.call.is_some() { seen } else { all };
            let hits = rule.at.contains(&turn) || roll < u64::from(rule.of_10000);
            if chosen.is_none() && applies && hits {
                chosen = Some(rule.fault.clone());
            }
        }
        chosen
    }
}

/// A party that refuses some acts of a call at will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwilling {
    seed: u64,
    of_10000: u16,
    words: Vec<String>,
}

impl Unwilling {
    /// What it says to an act, known by its key; none where it takes it as any other.
    pub(super) fn says(&self, call: &str, act: &str) -> Option<&str> {
        let octets = call.bytes().chain([0]).chain(act.bytes());
        let mut state = octets
            .fold(self.seed, |state, octet| (state ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01B3));
        let refused = next_random(&mut state) % 10_000 < u64::from(self.of_10000);
        let word = usize::try_from(next_random(&mut state)).unwrap_or(0) % self.words.len().max(1);
        refused.then(|| self.words.get(word).map(String::as_str)).flatten()
    }
}

/// SplitMix64: a small generator whose whole state is one number, so that a seed is a plan.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(call: Option<&str>, fault: Fault) -> FaultRule {
        FaultRule { call: call.map(Into::into), holding: None, fault, of_10000: 0, at: Vec::new() }
    }

    #[test]
    fn what_a_request_holds_decides() {
        let only = FaultRule { holding: Some("5201".into()), of_10000: 10_000, ..rule(None, Fault::Garble) };
        let mut plan = FaultPlan::new(1, vec![only]);
        assert_eq!(plan.next("read", b"<in3>5201</in3>"), Some(Fault::Garble));
        assert_eq!(plan.next("read", b"<in3>8202</in3>"), None);
    }

    #[test]
    fn what_is_refused_at_will_is_refused_in_every_copy() {
        let words = || vec!["1001".to_owned(), "1002".to_owned()];
        let refuses = FaultRule { of_10000: 2_000, ..rule(Some("pay"), Fault::Refuse) };
        let mut plan = FaultPlan::new(5, vec![refuses]);
        assert_eq!(plan.next("pay", b""), None, "it is no fault of an exchange");
        assert_eq!(plan.unwilling("query", words), None);
        assert_eq!(plan.unwilling("pay", Vec::new), None);
        let unwilling = plan.unwilling("pay", words).unwrap();
        let said = |act: u32| unwilling.says("pay", &act.to_string()).map(str::to_owned);
        let all: Vec<_> = (0..1_000).map(said).collect();
        assert_eq!(all, (0..1_000).map(said).collect::<Vec<_>>());
        let refused = all.iter().flatten().count();
        assert!((140..260).contains(&refused), "{refused}");
        assert!(["1001", "1002"].iter().all(|word| all.iter().flatten().any(|said| said == word)));
    }

    #[test]
    fn a_plan_rings_for_its_calls_alone() {
        use std::sync::atomic::{AtomicU64, Ordering};
        let heard = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&heard);
        let ring = Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let mut plan = FaultPlan::none().ringing(BTreeSet::from(["pay".to_owned()]), ring);
        for call in ["pay", "query", "pay"] {
            assert_eq!(plan.next(call, b""), None);
        }
        assert_eq!(heard.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_seed_is_a_plan() {
        let rules = || {
            vec![
                FaultRule { at: vec![2], ..rule(Some("pay"), Fault::DropReply) },
                FaultRule { of_10000: 1_000, ..rule(None, Fault::Delay(5)) },
            ]
        };
        let run = |seed| {
            let mut plan = FaultPlan::new(seed, rules());
            (0..1_000)
                .map(|turn| plan.next(if turn % 2 == 0 { "pay" } else { "query" }, b""))
                .collect::<Vec<_>>()
        };
        let faults = run(7);
        assert_eq!(faults, run(7));
        assert_ne!(faults, run(8));
        assert_eq!(faults[2], Some(Fault::DropReply));
        let delayed = faults.iter().filter(|fault| **fault == Some(Fault::Delay(5))).count();
        assert!((60..140).contains(&delayed), "{delayed}");
        assert_eq!(FaultPlan::none().next("pay", b""), None);
    }
}
