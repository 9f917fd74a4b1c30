//! One flow told from its beginning, for people. In: its story from the operators' API. Out: text.

use super::{next_step, text, yuan};
use crate::cli::say;
use crate::cli::text::{coloured, padded, shown};
use engine::calendar::Calendar;
use link::Moment;
use serde_json::Value as Json;
use unicode_width::UnicodeWidthStr;

/// The widest column of names and of labels.
const WIDEST: usize = 40;

pub(super) fn show(told: &Json) {
    let clock = Clock::of(&told["clock"]);
    let flow = &told["flow"];
    let end = flow["end"].as_str().unwrap_or("not ended");
    say(&format!(
        "flow {} · {} · asked by {} for {} · {end}",
        text(flow, "/flow"),
        shown(text(flow, "/name")),
        shown(text(flow, "/party")),
        text(flow, "/date")
    ));
    let said = [text(told, "/told"), text(told, "/reason"), text(told, "/text")];
    let said: Vec<String> = said.iter().filter(|word| !word.is_empty()).map(|word| shown(word)).collect();
    say(&format!("told to who asked: {}", said.join(" · ")));
    if let Some(ask) = told["ask"].as_object() {
        say("asked:");
        fields(ask.iter().map(|(name, value)| (name.clone(), String::new(), plain(value))));
    }
    say(&format!("\nmoments in the bank's zone, {}", clock.0.zone()));
    if let Some(left) = told["history_left_out"].as_u64().filter(|left| *left > 0) {
        say(&format!("{left} lines of its history before these are left out"));
    }
    for (place, (at, line)) in lines(told).iter().enumerate() {
        say(&format!("{:>3}  {}  {line}", place + 1, clock.shown(*at)));
    }
    for operation in rows(told, "operations") {
        packets(operation);
    }
    for owed in rows(told, "notices") {
        notice(owed);
    }
    open(told, &clock);
}

/// What happened, in order: the ask, each state with the write that made it durable, each line of the history.
fn lines(told: &Json) -> Vec<(i64, String)> {
    let opened = told["flow"]["opened_ms"].as_i64().unwrap_or_default();
    let mut all = vec![(opened, "asked".to_owned())];
    let operations = rows(told, "operations");
    let states = rows(told, "states");
    for (place, state) in states.iter().enumerate() {
        let step = text(state, "/step");
        let same = |before: &Json| ["step", "state", "write"].iter().all(|name| before[name] == state[name]);
        if place.checked_sub(1).and_then(|before| states.get(before)).is_some_and(same) {
            continue;
        }
        let of = operations.iter().find(|operation| text(operation, "/step") == step);
        let call = of.map_or("", |operation| text(operation, "/call"));
        let serial = of.map_or("", |operation| text(operation, "/serial"));
        let copies = state["copies"].as_u64().unwrap_or_default();
        let copies = if copies > 1 { format!(", {copies} copies") } else { String::new() };
        let line = format!(
            "{} · {} {} → {} (durable by write {}{copies})",
            shown(step),
            shown(call),
            shown(serial),
            text(state, "/state"),
            state["write"]
        );
        all.push((state["at_ms"].as_i64().unwrap_or_default(), line));
    }
    for event in rows(told, "history") {
        let says = match &event["says"] {
            Json::Object(says) => {
                let filled =
                    says.iter().filter(|(_, value)| value.as_str().is_none_or(|text| !text.is_empty()));
                let pairs = filled.map(|(name, value)| format!("{name}: {}", plain(value)));
                pairs.collect::<Vec<_>>().join(", ")
            }
            other => plain(other),
        };
        let line = format!("{} {}", text(event, "/kind"), shown(&says));
        all.push((event["at_ms"].as_i64().unwrap_or_default(), line.trim_end().to_owned()));
    }
    // Stable: what became durable at the same moment stays in the order of its kind.
    all.sort_by_key(|(at, _)| *at);
    all
}

fn packets(operation: &Json) {
    let amount = operation["amount_fen"].as_i64().map(|fen| format!(" · {} yuan", yuan(fen)));
    let heading = format!(
        "\n{} · {} · {}{}",
        shown(text(operation, "/step")),
        shown(text(operation, "/call")),
        text(operation, "/state"),
        amount.unwrap_or_default()
    );
    say(&coloured(&heading, "1"));
    let said = text(operation, "/text");
    if !said.is_empty() {
        say(&format!("  the party said: {}", shown(said)));
    }
    packet_fields(operation);
}

/// What is owed to a party, and how its last try went where it was given up.
fn notice(owed: &Json) {
    let heading = format!(
        "\n{} · {} · notice {}, tries: {}",
        shown(text(owed, "/notice")),
        shown(text(owed, "/call")),
        text(owed, "/state"),
        owed["tries"]
    );
    say(&coloured(&heading, "1"));
    if let Some(ask) = owed["ask"].as_object() {
        fields(ask.iter().map(|(name, value)| (name.clone(), String::new(), plain(value))));
    }
    let (reason, said) = (text(owed, "/reason"), text(owed, "/text"));
    if !reason.is_empty() {
        say(&format!("  at last refused: {}", shown(format!("{reason} · {said}").trim_end_matches(" · "))));
    }
    packet_fields(owed);
}

fn packet_fields(of: &Json) {
    for packet in rows(of, "packets") {
        let message = packet["message"].as_str().unwrap_or("of no message that can be told now");
        let outcome = packet["outcome"].as_str().map(|word| format!(" · {word}")).unwrap_or_default();
        say(&format!("  {} {message} · {} octets{outcome}", text(packet, "/way"), packet["octets"]));
        fields(rows(packet, "fields").iter().map(|field| {
            let of = |path| text(field, path).to_owned();
            (of("/path"), of("/label"), plain(&field["value"]))
        }));
        if let Some(fault) = packet["fault"].as_str() {
            say(&format!("    read no further: {}", shown(fault)));
        }
    }
}

fn open(told: &Json, clock: &Clock) {
    let waits = rows(told, "waits");
    if waits.is_empty() {
        say("\nNothing of it waits for people.");
        return;
    }
    say("\nWhat is open:");
    for wait in waits {
        say(&format!(
            "  {} · {}: {}",
            shown(text(wait, "/place")),
            text(wait, "/why"),
            shown(text(wait, "/what"))
        ));
        say(&format!("    next: {}", shown(&next_step(wait))));
        if let Some(words) = never(wait, clock) {
            say(&format!("    never: {words}"));
        }
        if let Some(proposed) = wait.get("proposed").filter(|proposed| proposed.is_object()) {
            let proof = match text(proposed, "/file/name") {
                "" => text(proposed, "/proof").to_owned(),
                name => format!("{name}, SHA-256 {}", text(proposed, "/file/sha256")),
            };
            let (by, decision) = (text(proposed, "/by"), text(proposed, "/decision"));
            let reason = text(proposed, "/reason");
            let at = proposed["at_ms"].as_i64().map(|at| clock.shown(at)).unwrap_or_default();
            let number = text(proposed, "/number");
            say(&format!(
                "    {by} proposed {decision} (proposal {number}, {at}): {}; proof: {}",
                shown(reason),
                shown(&proof)
            ));
        }
        let decisions = wait["decisions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let words: Vec<&str> = decisions.iter().filter_map(Json::as_str).collect();
        if !words.is_empty() {
            let (flow, place) = (text(wait, "/flow"), text(wait, "/place"));
            let step = if wait["proposed"].is_object() { "agree" } else { "propose" };
            say(&format!("    tongshi parked resolve {flow} {step} {} --place {place} …", words.join("|")));
        }
    }
}

/// From when on it can be believed that what waits never came.
fn never(wait: &Json, clock: &Clock) -> Option<String> {
    if text(wait, "/why") != "parked" {
        return None;
    }
    let quiet = &wait["detail"]["quiet"];
    match text(quiet, "/word") {
        "unsent" => Some("no copy of it has left".to_owned()),
        "undeclared" => Some(
            "its call promises no quiet time, so that the gateway knows no hour from which on it can be believed: a list that \
             does not have it proves nothing; let the party say in words that it can come no more"
                .to_owned(),
        ),
        "may_send" => Some(
            "not now: a node that held the journal before has not been seen to end, and may still send it; `/ready` names it"
                .to_owned(),
        ),
        "unseen" => Some(
            "a node that held the journal before may still send it, and nobody here can see whether that has ended: first see to \
             it that it has (`fence` in the deployment does that), then wait for the quiet time of the call"
                .to_owned(),
        ),
        "until" => {
            let from = clock.0.from_second(store::Moment(quiet["from_ms"].as_i64()?));
            Some(format!("not before {from}; a list or a letter of an earlier hour does not prove it"))
        }
        _ => Some("from which hour on it can be decided is not known now; look once more".to_owned()),
    }
}

/// Fields below each other: name, label, value.
fn fields(all: impl Iterator<Item = (String, String, String)>) {
    let all: Vec<(String, String, String)> = all.collect();
    let wide = |of: fn(&(String, String, String)) -> &String| {
        all.iter().map(|field| of(field).width()).max().unwrap_or_default().min(WIDEST)
    };
    let (names, labels) = (wide(|field| &field.0), wide(|field| &field.1));
    for (name, label, value) in &all {
        let line = format!(
            "    {}  {}  {}",
            padded(&shown(name), names),
            padded(&shown(label), labels),
            shown(value)
        );
        say(line.trim_end());
    }
}

fn rows<'j>(of: &'j Json, name: &str) -> &'j [Json] {
    of.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A value for people; of octets their number and digest.
fn plain(value: &Json) -> String {
    if let (Some(octets), Some(digest)) = (value["octets"].as_u64(), value["sha256"].as_str()) {
        return format!("{octets} octets, SHA-256 {digest}");
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Moments of the gateway in its zone.
struct Clock(Calendar);

impl Clock {
    fn of(clock: &Json) -> Self {
        let minutes = clock["zone_minutes"].as_i64().and_then(|minutes| i32::try_from(minutes).ok());
        Self(Calendar { zone_minutes: minutes.unwrap_or_default(), cut_over: 0 })
    }

    fn shown(&self, at_ms: i64) -> String {
        let local = self.0.local(Moment(at_ms.saturating_mul(1_000)));
        local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, never};
    use serde_json::json;

    #[test]
    fn from_when_on_never_can_be_believed_is_told_in_words() {
        let clock = Clock::of(&json!({ "zone_minutes": 480 }));
        let of = |why: &str, quiet| never(&json!({ "why": why, "detail": { "quiet": quiet } }), &clock);
        let until = of("parked", json!({ "word": "until", "from_ms": 1_000 })).unwrap();
        assert!(until.starts_with("not before 1970-01-01 08:00:01 UTC+08:00;"), "{until}");
        let undeclared = of("parked", json!({ "word": "undeclared" })).unwrap();
        assert!(undeclared.contains("promises no quiet time"), "{undeclared}");
        assert!(of("parked", json!({ "word": "unread" })).unwrap().contains("not known now"));
        assert_eq!(of("held", json!({ "word": "undeclared" })), None);
    }
}
