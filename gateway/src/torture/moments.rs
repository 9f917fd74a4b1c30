//! When, after a message has left, the gateway does something of its own because it has heard nothing: as the adapters declare it.
//!
//! In: a party of the campaign. Out: for each address that the gateway connects to the moments that a late piece may cross, and
//! how long a request may be under way there at most: what a party promises holds in any weather.

use super::addresses::is_file;
use super::ground::Actor;
use conformance::faults::Moments;
use dsl::model::{CallId, Way};
use dsl::program::CallProgram;
use engine::lines::ANSWER_MS;
use std::collections::BTreeMap;
use std::time::Duration;

/// Nothing is held back for longer.
const LONGEST: Duration = Duration::from_secs(900);
/// Tries of a way whose moments count: those behind them come at the same distances.
const TRIES: u32 = 4;

/// The moments of each address of a party.
pub(super) fn moments(actor: &Actor) -> BTreeMap<String, Moments> {
    let module = &actor.loaded.bank.module;
    let mut all = BTreeMap::new();
    for (link, place) in module.links.iter().zip(0_u16..) {
        let Some(address) = actor.config.links.get(&*link.link.name) else { continue };
        if !link.link.connect || is_file(link.link.kind) {
            continue;
        }
        let answer = link.link.answer_ms.unwrap_or(ANSWER_MS);
        let mut known = Moments { at: Vec::new(), longest: LONGEST };
        for (call, id) in module.calls.iter().zip(0_u16..) {
            if !call.call.ours || call.call.link != place {
                continue;
            }
            known.at.extend(of_call(call, answer));
            if let Some(quiet) = quiet(&module.calls, call, CallId(id)) {
                known.at.push(Duration::from_millis(answer.saturating_add(quiet)));
                known.longest = known.longest.min(Duration::from_millis(quiet / 20 * 19));
            }
        }
        // A moment of several calls is chosen as often.
        known.at.retain(|at| *at <= LONGEST);
        all.insert(address.clone(), known);
    }
    all
}

/// Time limit, repeats, questions, reversal.
fn of_call(call: &CallProgram, answer: u64) -> Vec<Duration> {
    let mut at = answer;
    let mut moments = vec![at];
    for way in &call.call.unknown {
        match way {
            Way::Enquire { pauses, times, .. } => {
                for tried in 0..(*times).min(TRIES) {
                    at = at.saturating_add(pauses.before(tried));
                    moments.push(at);
                }
            }
            Way::Repeat { pauses, times } => {
                for tried in 0..times.unwrap_or(TRIES).min(TRIES) {
                    at = at.saturating_add(pauses.before(tried));
                    moments.push(at);
                    at = at.saturating_add(answer);
                }
            }
            Way::Undo { .. } => moments.push(at),
            Way::Park | Way::Refuse(_) => {}
        }
    }
    moments.into_iter().map(Duration::from_millis).collect()
}

/// The shortest quiet time that counts for copies of a call: its own, or that of its reversal.
fn quiet(calls: &[CallProgram], call: &CallProgram, id: CallId) -> Option<u64> {
    let backs = calls.iter().filter(|other| other.call.ours && other.call.undoes.contains(&id));
    backs.chain([call]).filter_map(|call| call.call.promises.quiet_ms).min()
}
