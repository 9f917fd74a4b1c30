//! Flows that stand still for ever: told of in the gateway's log, or open though every way out of theirs must have ended.
//!
//! In: the journal's open flows, the programs, the log. Out: what is wrong, in words. What waits for people is none of it.

use super::journal::OpenFlow;
use dsl::flow::{CallContract, FlowProgram, Node, Way};
use dsl::value::Pauses;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// How the gateway says that a flow goes on no more.
const SAID: &str = "the flow stands still";
/// Lines of the log that are told, and the longest that is looked at.
const TOLD: usize = 20;
const LINE: usize = 4_096;
/// How long an answer may take, a connection and a session with it, in milliseconds.
const ANSWER_MS: u64 = 120_000;

/// What the log says of flows that stand still.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn told(log: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", log.display());
    let mut reader = BufReader::new(std::fs::File::open(log).map_err(failed)?);
    let (mut told, mut line) = (Vec::new(), Vec::new());
    while told.len() < TOLD && reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let text = String::from_utf8_lossy(line.get(..LINE).unwrap_or(&line));
        if text.contains(SAID) {
            told.push(format!("the log: {}", text.trim()));
        }
        line.clear();
    }
    Ok(told)
}

/// Open flows that wait for nobody and have not changed since before every way out of theirs must have ended; `since`: when the
/// gateway was begun for the last time, `now`: when it was last seen at work, both in milliseconds of the day.
pub(super) fn overdue<'p>(
    open: &BTreeMap<String, OpenFlow>,
    waits: &BTreeSet<String>,
    program: impl Fn(&str) -> Option<&'p FlowProgram>,
    (since, now): (i64, i64),
) -> Vec<String> {
    let stands = |(flow, of): (&String, &OpenFlow)| {
        let longest = i64::try_from(longest(program(&of.name)?)?).unwrap_or(i64::MAX);
        let stood = now.saturating_sub(of.changed.max(since));
        let stands = !waits.contains(flow) && stood > longest;
        stands.then(|| {
            let (stood, longest) = (stood / 1_000, longest / 1_000);
            format!(
                "{} {flow} has not gone on for {stood} s, and no way out of it takes {longest} s",
                of.name
            )
        })
    };
    open.iter().filter_map(stands).collect()
}

/// The longest that a flow may take if nobody decides anything, in milliseconds; none where it waits for a moment, for rows, or
/// for what others begin.
fn longest(program: &FlowProgram) -> Option<u64> {
    let waits = |node: &Node| {
        matches!(
            node,
            Node::Deadline { .. }
                | Node::Hold { .. }
                | Node::Park { .. }
                | Node::Until { .. }
                | Node::Rows(_)
                | Node::Each(_)
                | Node::Await { .. }
        )
    };
    if program.nodes.iter().any(waits) {
        return None;
    }
    let mut all: u64 = 0;
    for step in &program.steps {
        let calls = step.calls.iter().filter_map(|call| program.call(*call));
        let longest = calls.map(of_call).try_fold(0, |longest: u64, one| Some(longest.max(one?)))?;
        all = all.saturating_add(longest);
    }
    Some(all)
}

/// The same of a posting, a question or a notice, with its reversal.
fn of_call(call: &CallContract) -> Option<u64> {
    let mut all = ANSWER_MS.saturating_add(call.quiet_ms.unwrap_or(0));
    for way in &call.ways {
        let ms = match way {
            // One more behind the quiet time.
            Way::Enquire { pauses, times, .. } => tries(pauses, times.saturating_add(1)),
            Way::Repeat { pauses, times } => tries(pauses, (*times)?),
            Way::Reverse | Way::Park | Way::Refuse(_) => 0,
        };
        all = all.saturating_add(ms);
    }
    if let Some(back) = &call.back {
        let ms = tries(&back.pauses, back.times.saturating_add(1));
        all = all.saturating_add(ANSWER_MS).saturating_add(back.quiet_ms.unwrap_or(0)).saturating_add(ms);
    }
    Some(all)
}

/// So many tries, each with the pause before it; far behind, all pauses are alike.
fn tries(pauses: &Pauses, times: u32) -> u64 {
    const FIRST: u32 = 1_000;
    let first = (0..times.min(FIRST)).map(|tried| pauses.before(tried).saturating_add(ANSWER_MS));
    let first = first.fold(0, u64::saturating_add);
    let rest = u64::from(times.saturating_sub(FIRST));
    first.saturating_add(rest.saturating_mul(pauses.before(FIRST).saturating_add(ANSWER_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsl::flow::{CallId, CallKind, MappingId, Repeats, StepDef, Undo};

    /// A flow of one posting that is asked for twice at most, a minute apart.
    fn program() -> FlowProgram {
        let pauses = Pauses::Doubling { every_ms: 60_000, to_ms: 60_000 };
        let call = CallContract {
            name: "party.pay".into(),
            party: "party".into(),
            kind: CallKind::Posting,
            keyed: true,
            limited: true,
            repeats: Repeats::SameAnswer,
            quiet_ms: Some(60_000),
            assured: false,
            new_serial: false,
            ways: vec![Way::Repeat { pauses, times: Some(2) }, Way::Park],
            back: None,
        };
        let step = StepDef {
            name: "pay".into(),
            calls: vec![CallId(0)],
            at: None,
            mapping: MappingId(0),
            undo: Undo::Nothing,
            best_effort: false,
            park: None,
            goes_on: None,
            correct: Vec::new(),
            undo_of: None,
        };
        FlowProgram { calls: vec![call], steps: vec![step], ..FlowProgram::default() }
    }

    #[test]
    fn a_flow_stands_still_when_all_its_ways_must_have_ended_and_nobody_is_asked() {
        let mut program = program();
        // The answer and the quiet time; twice a minute and an answer.
        let longest = 120_000 + 60_000 + 2 * 180_000;
        let open = |changed: i64| {
            BTreeMap::from([("7".to_owned(), OpenFlow { name: "bank.pay".to_owned(), changed })])
        };
        let (nobody, people) = (BTreeSet::new(), BTreeSet::from(["7".to_owned()]));
        let found = |program: &FlowProgram, waits: &BTreeSet<String>, since: i64, now: i64| {
            overdue(&open(1_000), waits, |_| Some(program), (since, now)).len()
        };
        assert_eq!(found(&program, &nobody, 0, 1_000 + longest), 0);
        assert_eq!(found(&program, &nobody, 0, 1_001 + longest), 1);
        assert_eq!(found(&program, &people, 0, 1_001 + longest), 0);
        assert_eq!(found(&program, &nobody, 2_000, 1_001 + longest), 0, "begun anew since");
        assert_eq!(overdue(&open(0), &nobody, |_| None, (0, i64::MAX)), [] as [&str; 0]);
        program.push("wait", Node::Until { until: dsl::flow::ExprId(0) });
        assert_eq!(found(&program, &nobody, 0, i64::MAX), 0, "the moment that it waits for is not known");
    }

    #[test]
    fn a_repeat_until_the_cut_over_has_no_known_end() {
        let mut program = program();
        program.calls[0].ways = vec![Way::Repeat { pauses: Pauses::Given([1].into()), times: None }];
        assert_eq!(longest(&program), None);
    }

    #[test]
    fn the_log_tells_of_flows_that_stand_still() {
        let log = std::env::temp_dir().join(format!("tongshi-standing-{}.log", std::process::id()));
        std::fs::write(
            &log,
            "INFO begun\nERROR flow=7 a write that no flow may ask for; the flow stands still\n",
        )
        .unwrap();
        let found = told(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("flow=7"), "{found:?}");
    }
}
