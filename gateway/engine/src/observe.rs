//! What operators see: spans and counters per party and call, never a private value.
//!
//! In: what happened. Out: `tracing` events and `metrics`. Names of metrics stand in one register, [`METRICS`].

use crate::driver::ToldKind;
use crate::exchange::Verdict;
use crate::lines::LineName;
use crate::version::{CallRef, Version};
use dsl::value::Outcome;
use metrics::{Counter, Histogram};
use std::sync::OnceLock;
use std::time::Duration;

/// Every metric with what it counts.
pub const METRICS: [(&str, &str); 15] = [
    (EXCHANGES, "exchanges with parties by party, call and outcome"),
    (EXCHANGE_SECONDS, "seconds of an exchange by party and call"),
    (ASKS, "asks by service and answer"),
    (ASK_SECONDS, "seconds from an ask to its answer by service"),
    (SERVED, "messages served by party, call and answer"),
    (REFUSED, "inputs refused before they were messages by link"),
    (FLOWS, "flows in memory"),
    (LATE, "replies that came after their time by party"),
    (PARKED, "places where a flow waits for an operator"),
    (NOT_TAKEN, "tries of notices that a party has not taken for a day, by party"),
    (JOURNAL_WAITING, "writes that wait for the journal"),
    (BREAKER, "1 while nothing new is asked over a line, since it does not answer, by party and link"),
    (HELD_BACK, "1 while a day that is older than the journal is kept cannot be forgotten"),
    (DAYS_BROKEN, "days of the journal that are not what was written: each is an alarm"),
    (DAY_VERIFIED, "the day of the journal that was verified last, as a number: 20261123"),
];
/// Exchanges by party, call and outcome.
pub const EXCHANGES: &str = "tongshi_exchanges_total";
/// Seconds of an exchange.
pub const EXCHANGE_SECONDS: &str = "tongshi_exchange_seconds";
/// Asks by service and answer.
pub const ASKS: &str = "tongshi_asks_total";
/// Seconds of an ask.
pub const ASK_SECONDS: &str = "tongshi_ask_seconds";
/// Messages served.
pub const SERVED: &str = "tongshi_served_total";
/// Inputs refused.
pub const REFUSED: &str = "tongshi_refused_inputs_total";
/// Flows in memory.
pub const FLOWS: &str = "tongshi_flows";
/// Replies that came late.
pub const LATE: &str = "tongshi_late_replies_total";
/// Places parked.
pub const PARKED: &str = "tongshi_parked_total";
/// Tries of notices that a party has not taken for a day.
pub const NOT_TAKEN: &str = "tongshi_notices_not_taken_total";
/// Writes that wait.
pub const JOURNAL_WAITING: &str = "tongshi_journal_waiting";
/// A line that does not answer.
pub const BREAKER: &str = "tongshi_breaker_open";
/// An old day that something holds back.
pub const HELD_BACK: &str = "tongshi_journal_day_held_back";

/// Days that do not agree with their chains.
pub const DAYS_BROKEN: &str = "tongshi_journal_days_broken";
/// The day that was verified last.
pub const DAY_VERIFIED: &str = "tongshi_journal_day_verified";

/// Describes every metric to the recorder.
pub fn describe() {
    const GAUGES: [&str; 6] = [FLOWS, JOURNAL_WAITING, BREAKER, HELD_BACK, DAYS_BROKEN, DAY_VERIFIED];
    for (name, what) in METRICS {
        match name {
            EXCHANGE_SECONDS | ASK_SECONDS => metrics::describe_histogram!(name, what),
            _ if GAUGES.contains(&name) => metrics::describe_gauge!(name, what),
            _ => metrics::describe_counter!(name, what),
        }
    }
}

/// How exchanges end.
const ENDS: [&str; 6] = ["done", "refused", "unknown", "unreadable", "not_sent", "no_reply"];

fn end_of(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Heard(heard) => match heard.outcome {
            Outcome::Done(_) => 0,
            Outcome::Refused(_) => 1,
            Outcome::Unknown => 2,
        },
        Verdict::Unreadable { .. } => 3,
        Verdict::NotSent(_) => 4,
        Verdict::NoReply(_) => 5,
    }
}

/// The metrics of one call, found once: to find one by its labels costs more than to count.
#[derive(Default)]
pub struct CallMeters {
    ends: [OnceLock<Counter>; ENDS.len()],
    seconds: OnceLock<Histogram>,
    served: [OnceLock<Counter>; 3],
}

/// A name as a label of a metric.
fn label(name: &str) -> String {
    name.to_owned()
}

/// An exchange of a call ended.
pub fn exchanged(version: &Version, call: CallRef, line: &LineName, (verdict, took): (&Verdict, Duration)) {
    let (end, name) = (end_of(verdict), version.call_name(call));
    let outcome = ENDS.get(end).copied().unwrap_or_default();
    if let Some(meters) = version.meters(call) {
        let party = || label(&line.party);
        if let Some(place) = meters.ends.get(end) {
            let counter = || metrics::counter!(EXCHANGES, "party" => party(), "call" => label(name), "outcome" => outcome);
            place.get_or_init(counter).increment(1);
        }
        let seconds = || metrics::histogram!(EXCHANGE_SECONDS, "party" => party(), "call" => label(name));
        meters.seconds.get_or_init(seconds).record(took);
    }
    match verdict {
        Verdict::Unreadable { why, .. } => {
            tracing::warn!(party = %line.party, link = %line.link, %why, "a reply cannot be read");
        }
        Verdict::NotSent(cause) | Verdict::NoReply(cause) => {
            tracing::warn!(party = %line.party, link = %line.link, %cause, outcome, "no reply");
        }
        Verdict::Heard(_) => tracing::debug!(party = %line.party, outcome, ?took, "exchanged"),
    }
}

/// A line's breaker has opened or closed.
pub fn breaker(line: &LineName, open: bool) {
    let link = label(&line.link);
    metrics::gauge!(BREAKER, "party" => label(&line.party), "link" => link).set(f64::from(u8::from(open)));
    if open {
        tracing::warn!(party = %line.party, link = %line.link, "it does not answer: nothing new is asked for a while");
    } else {
        tracing::info!(party = %line.party, link = %line.link, "it answers again");
    }
}

/// A notice was tried for about a day and not taken.
pub fn not_taken(flow: store::FlowId, name: &str, party: &str) {
    metrics::counter!(NOT_TAKEN, "party" => label(party)).increment(1);
    tracing::warn!(%flow, notice = name, party, "a notice is not taken: it is tried once a day from now on, and the day of its flow stays in the journal");
}

/// A notice was refused for about a day, and is not tried again.
pub fn notice_parked(flow: store::FlowId, name: &str, party: &str) {
    metrics::counter!(NOT_TAKEN, "party" => label(party)).increment(1);
    tracing::error!(%flow, notice = name, party, "a notice is refused and not tried again: it waits for two persons");
}

/// A day of the journal was verified; so many are broken.
pub fn day_verified(day: store::Day, broken: usize) {
    metrics::gauge!(DAYS_BROKEN).set(u32::try_from(broken).map_or(f64::from(u32::MAX), f64::from));
    metrics::gauge!(DAY_VERIFIED).set(f64::from(day.0));
}

/// An ask was answered.
pub fn asked(service: &str, answer: &'static str, took: Duration) {
    metrics::counter!(ASKS, "service" => service.to_owned(), "answer" => answer).increment(1);
    metrics::histogram!(ASK_SECONDS, "service" => service.to_owned()).record(took);
}

/// A message was served.
pub fn served(version: &Version, call: CallRef, kind: ToldKind) {
    let place = version.meters(call).and_then(|meters| meters.served.get(kind as usize));
    let party = version.module(call.module).map_or("", |module| &*module.name);
    let counter = || {
        let (party, name) = (label(party), label(version.call_name(call)));
        metrics::counter!(SERVED, "party" => party, "call" => name, "answer" => kind.word())
    };
    if let Some(place) = place {
        place.get_or_init(counter).increment(1);
    }
}

/// An input was refused.
pub fn refused(link: &str) {
    metrics::counter!(REFUSED, "link" => link.to_owned()).increment(1);
}

/// A reply came after its time.
pub fn late(line: &LineName) {
    metrics::counter!(LATE, "party" => label(&line.party)).increment(1);
    tracing::info!(party = %line.party, link = %line.link, "a reply came late");
}

/// Something waits for an operator.
pub fn parked(flow: &str, place: &str) {
    metrics::counter!(PARKED, "flow" => flow.to_owned()).increment(1);
    tracing::warn!(flow, place, "waits for an operator");
}

/// Gauges, taken when they are asked for.
pub fn gauges(flows: usize, waiting: usize) {
    let number = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    metrics::gauge!(FLOWS).set(number(flows));
    metrics::gauge!(JOURNAL_WAITING).set(number(waiting));
}
