//! Quiet times that are over too soon: what our own system still sends of a copy that nobody waits for any more (`flows.md` 2).
//!
//! In: modules that are new. Out: problems. A copy is given up when its answer is due; what was in the socket by then, the link may
//! go on sending for as long as it waits for an answer. So a quiet time is at least that long; what the network and the party's own
//! queue need beyond it, only the party knows.

use super::Resolver;
use super::holds::{ANSWER_MS, words};
use super::resolution::New;

/// Reports calls whose promised quiet time is shorter than the time limit of their answer.
pub(super) fn quiet(resolver: &mut Resolver, new: &[New<'_>]) {
    for New { module, calls, .. } in new {
        for call in calls.iter().filter(|call| call.ours) {
            let limit = module.links.get(usize::from(call.link)).and_then(|link| link.answer_ms);
            let limit = limit.unwrap_or(ANSWER_MS);
            let Some(quiet) = call.promises.quiet_ms.filter(|quiet| *quiet < limit) else { continue };
            let (name, party) = (&call.name, &module.name);
            let (limit, quiet) = (words(limit), words(quiet));
            resolver
                .report
                .error("TS0752", call.span, format!("the quiet time of `{name}` is over before its copies are"))
                .note(format!(
                    "1. `{name}` leaves, and {party} takes none of its octets; they wait on our side\n2. after {limit} nobody waits for an answer any more, and {quiet} of quiet are over\n3. it is asked what became of it: not found, which is believed; told REFUSED\n4. {party} takes the octets of 1, and does it"
                ))
                .help(format!("write `quiet {limit}` or longer, or wait less long for an answer at the link"));
        }
    }
}
