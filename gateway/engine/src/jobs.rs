//! What runs by the clock: daily and repeated flows, sign-ins, sign-offs at the cut-over, beats, the counts of floods, the outbox
//! ([`outbox`]).
//!
//! In: the adapters' words and the calendar. Out: asks of flows and exchanges. The last run of each job stands in the
//! journal, so that a restart neither misses nor repeats one. It must not know what a flow does.

mod outbox;

use crate::driver::{Known, NewFlow, ToldKind, ask_digest};
use crate::engine::Engine;
use crate::exchange::{Asking, Verdict};
use crate::facts::Facts;
use crate::lines::{LineName, Told};
use crate::version::{CallRef, FlowRef, Version};
use dsl::evaluate::Value;
use dsl::model::{Fact, Session};
use dsl::program::FlowStart;
use dsl::value::DateTime;
use jiff::SignedDuration;
use link::tcp::LineEvent;
use link::{Cause, CauseKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Day, Direction, Key, Lane};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// The longest wait for the end of a job's flow; it goes on without anybody waiting.
const WAIT: Duration = Duration::from_secs(600);
/// Before a job of a day that found no room is asked again.
const AGAIN: Duration = Duration::from_secs(5);

impl Engine {
    /// Runs jobs until the engine stops.
    pub async fn clock(self: Arc<Self>) {
        let mut before = self.now();
        self.catch_up(&self.current.load_full(), before).await;
        loop {
            self.core.deadline(self.core.mark().after(LOOK)).await;
            if self.stopping.load(std::sync::atomic::Ordering::Acquire) {
                return;
            }
            let now = self.now();
            let version = self.current.load_full();
            self.daily(&version, before, now).await;
            self.every(&version, now).await;
            self.sessions_by_clock(&version, before, now);
            crate::serve::refuse_counted(&self, false);
            before = now;
        }
    }

    async fn daily(self: &Arc<Self>, version: &Arc<Version>, before: DateTime, now: DateTime) {
        for (reference, tables) in version.flows() {
            let FlowStart::Daily(minute) = tables.start else { continue };
            let due = self.calendar.next_at(before, minute);
            if due > now {
                continue;
            }
            let date = due.date();
            for job in jobs(version, reference) {
                let Some(last) = self.last_day(&job).await else { return };
                if last < crate::calendar::day(date) {
                    self.begin_job(version, job, &format!("{date}"), due).await;
                }
            }
        }
    }

    /// At the start: daily flows whose hour came while nobody was there to begin them, in the last day; and those that
    /// were noted as begun, since the node may have stopped in between: their key lets them begin once. A flow that has
    /// never run has missed nothing.
    async fn catch_up(self: &Arc<Self>, version: &Arc<Version>, now: DateTime) {
        for (reference, tables) in version.flows() {
            let FlowStart::Daily(minute) = tables.start else { continue };
            let yesterday = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
            let due = self.calendar.next_at(yesterday, minute);
            let day = crate::calendar::day(due.date());
            for job in jobs(version, reference) {
                let Some(last) = self.last_day(&job).await else { return };
                if last == Day(0) || last > day || (last == day && !tables.program.journaled()) {
                    continue;
                }
                if last < day {
                    tracing::warn!(job = job.name, %due, "a job of the clock was missed and is begun now");
                }
                self.begin_job(version, job, &format!("{}", due.date()), due).await;
            }
        }
    }

    /// The last day that a daily flow was begun for, day 0 if it never was; none if the journal cannot be read.
    async fn last_day(&self, job: &Job) -> Option<Day> {
        let (party, name) = (job.party.clone(), job.name.clone());
        match self.journal.read(move |reader| reader.last_run(&party, &name)).await {
            Ok(last) => Some(last.map_or(Day(0), |(_, day)| day)),
            Err(fatal) => {
                self.fail(&fatal);
                None
            }
        }
    }

    async fn every(self: &Arc<Self>, version: &Arc<Version>, now: DateTime) {
        for (reference, tables) in version.flows() {
            let FlowStart::Every(span) = tables.start else { continue };
            let scene = self.scene(version, reference.module);
            let Ok(Value::Duration(span)) = crate::message::value(&scene, span) else { continue };
            for job in jobs(version, reference) {
                let (party, name) = (job.party.clone(), job.name.clone());
                let last = self.journal.read(move |reader| reader.last_run(&party, &name)).await;
                let last = match last {
                    Ok(last) => last.map_or(i64::MIN, |(at, _)| at.0),
                    Err(fatal) => return self.fail(&fatal),
                };
                let at = self.journal.now().0;
                if is_due(at, last, span.max(1_000)) {
                    self.begin_job(version, job, &format!("{at}"), now).await;
                }
            }
        }
    }

    /// Begins a flow of the clock; its key is the job and its time, so that it begins once. Its business date is that of
    /// the moment it was due, however late it begins. One of a day that finds no room is asked again until it has begun; a
    /// repeated one has its next time.
    async fn begin_job(self: &Arc<Self>, version: &Arc<Version>, job: Job, at: &str, due: DateTime) {
        let Job { reference, party, name: job, member } = job;
        let day = crate::calendar::day(due.date());
        let ran =
            Change::PutSchedule { party: party.clone(), job: job.clone(), last_run: self.journal.now(), day };
        if let Err(fatal) = self.journal.write(Lane::Outcome, day, vec![ran]).await {
            return self.fail(&fatal);
        }
        let mut once = format!("job:{job}:").into_bytes();
        once.extend_from_slice(at.as_bytes());
        let mut facts = Facts::default();
        let cut_over = version.module(reference.module).and_then(|module| module.cut_over);
        facts.put(Fact::BusinessDate, &Value::Date(self.calendar.business_date(due, cut_over)));
        if let Some(member) = member {
            facts.put(Fact::Member, &Value::Text(member.into()));
        }
        let tables = version.flow(reference);
        let daily = tables.is_some_and(|tables| matches!(tables.start, FlowStart::Daily(_)));
        let journaled = tables.is_some_and(|tables| tables.program.journaled());
        let key = Key { date: day, party, direction: Direction::Out, once };
        let digest = ask_digest(&[job.as_bytes(), at.as_bytes()]);
        let (engine, version) = (Arc::clone(self), Arc::clone(version));
        self.core.spawn(async move {
            let told = loop {
                let new = NewFlow {
                    version: Arc::clone(&version),
                    reference,
                    ask: None,
                    facts: facts.clone(),
                    key: key.clone(),
                    known: Known::Days,
                    waited_for: false,
                    digest,
                    packet: None,
                    sheets: crate::facts::Tagged::new(),
                    found_by: Vec::new(),
                    kept: crate::facts::Tagged::new(),
                    writer: None,
                };
                let told = engine.ask(new, WAIT).await;
                if !daily || !engine.goes_on() || !engine.found_no_room(&told, journaled).await {
                    break told;
                }
                tracing::warn!(job, "a job of the clock finds no room and is asked again");
                engine.core.deadline(engine.core.mark().after(AGAIN)).await;
                if !engine.goes_on() {
                    break told;
                }
            };
            tracing::info!(job, outcome = told.kind.word(), reason = %told.reason, "a job of the clock ended");
        });
    }

    /// Whether an ask was turned away before it became a flow, or before its flow stood in the journal.
    pub(crate) async fn found_no_room(&self, told: &crate::driver::Told, journaled: bool) -> bool {
        let flow = told.flow;
        let busy = told.kind == ToldKind::Refused && told.reason == "busy";
        let unwritten = async || matches!(self.journal.read(move |reader| reader.flow(flow)).await, Ok(None));
        busy && (flow.0 == 0 || journaled && unwritten().await)
    }

    /// Neither stopping nor broken.
    pub(crate) fn goes_on(&self) -> bool {
        use std::sync::atomic::Ordering::Acquire;
        !self.stopping.load(Acquire) && !self.broken.load(Acquire)
    }

    /// Sign-ins at their minutes; at a party's cut-over the sign-off, and the event for open flows.
    fn sessions_by_clock(self: &Arc<Self>, version: &Arc<Version>, before: DateTime, now: DateTime) {
        for (module, program) in version.compiled.modules.iter().enumerate() {
            let is_due = |minute: u16| self.calendar.next_at(before, minute) <= now;
            self.sign_in_later(version, module, |session| session.at.iter().copied().any(is_due));
            let closes = |session: &Session| session.close_at.is_some_and(is_due);
            if program.sessions.iter().any(|session| closes(&session.session)) {
                let (engine, version) = (Arc::clone(self), Arc::clone(version));
                self.core.spawn(async move {
                    let of_a_time = |session: &Session| session.close_at.is_some();
                    engine.sign_off_all(&version, module, (of_a_time, false)).await;
                });
            }
            if !program.party {
                continue;
            }
            let cut_over = program.cut_over.unwrap_or(self.calendar.cut_over);
            if self.calendar.next_at(before, cut_over) <= now {
                self.cut_over(version, module);
            }
        }
    }

    /// The day of a party has ended: its sessions end where they hold for a day, and flows that ask it again until then go on.
    pub fn cut_over(self: &Arc<Self>, version: &Arc<Version>, module: usize) {
        let (engine, version) = (Arc::clone(self), Arc::clone(version));
        self.core.spawn(async move {
            let at_cut_over = |session: &Session| session.close_at.is_none();
            engine.sign_off_all(&version, module, (at_cut_over, true)).await;
            let Some(party) = version.module(module).map(|program| Arc::<str>::from(&*program.name)) else {
                return;
            };
            let flows = engine.flows.iter().map(|entry| (*entry.key(), entry.value().clone()));
            // In an order, so that a simulated day is the same each time.
            let flows: BTreeMap<_, _> = flows.collect();
            for post in flows.into_values() {
                drop(post.send(crate::driver::Inbox::CutOver(Arc::clone(&party))).await);
            }
        });
    }

    /// What a line tells: a beat is due, a message came that nobody waits for.
    pub async fn line_told(self: Arc<Self>, told: Told) {
        match told.event {
            LineEvent::Up { line, connection } => self.line_up(&told.name, (line, connection)).await,
            LineEvent::Down { connection, cause, .. } => {
                tracing::warn!(party = %told.name.party, link = %told.name.link, %cause, "a line is down");
                self.line_down(&told.name, connection);
            }
            LineEvent::BeatDue { line, beat } => self.beat(&told.name, line, beat).await,
            LineEvent::Frame { line, frame, late } => self.unasked(&told.name, line, frame, late).await,
        }
    }

    async fn beat(self: Arc<Self>, name: &LineName, line: usize, number: usize) {
        let version = self.current.load_full();
        let Some(module) = version.module_named(&name.party) else { return };
        let beat = version.module(module).and_then(|program| {
            let link = program.links.iter().find(|link| *link.link.name == *name.link)?;
            link.link.beats.get(number).copied()
        });
        let Some((beat, call)) = beat.and_then(|beat| Some((beat, beat.call?))) else { return };
        let asking = Asking {
            line: Some(line),
            ..Asking::new(&version, CallRef { module, call }, Facts::default(), None)
        };
        let Ok(prepared) = self.prepare(asking).await else { return };
        let Some(connection) = self.lines.connection(name, line) else { return };
        // Where the link says how long it goes on without a sign of life, the connection itself looks to it.
        let heard = matches!(self.exchange(&prepared).await, Verdict::Heard(_));
        if !heard && beat.close_after_ms.is_none() {
            let cause = Cause::told(CauseKind::Closed, "a beat was not answered");
            self.lines.close_connection(name, (line, connection), cause);
        }
    }
}

/// Whether what is repeated after a span is due. A last time that is yet to come was noted by a clock that was ahead.
fn is_due(at: i64, last: i64, span: i64) -> bool {
    last > at || at.saturating_sub(last) >= span
}

/// What the clock begins: a flow, or a flow for one member of its party.
struct Job {
    reference: FlowRef,
    party: String,
    /// Its name in the journal's schedule.
    name: String,
    member: Option<String>,
}

/// The jobs that a flow of the clock is: one, or one for each member.
fn jobs(version: &Version, reference: FlowRef) -> Vec<Job> {
    let (Some(module), Some(flow)) = (version.module(reference.module), version.flow(reference)) else {
        return Vec::new();
    };
    let party = || module.name.to_string();
    let name = &flow.program.name;
    if !flow.per_member {
        return vec![Job { reference, party: party(), name: name.to_string(), member: None }];
    }
    let members = version.parties.get(reference.module).into_iter().flat_map(|party| party.members.keys());
    let of = |member: &String| Job {
        reference,
        party: party(),
        name: format!("{name} {member}"),
        member: Some(member.clone()),
    };
    members.map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_and_is_set_right_holds_nothing_up() {
        const DAY: i64 = 86_400_000;
        assert!(is_due(DAY, i64::MIN, 60_000));
        assert!(is_due(DAY, DAY - 60_000, 60_000));
        assert!(!is_due(DAY, DAY - 59_999, 60_000));
        assert!(!is_due(DAY, DAY, 60_000));
        assert!(is_due(DAY, 2 * DAY, 60_000));
    }
}
