//! One seed, from the first draw to the audit.
//!
//! In: the ground, a number, what is left out. Out: [`SeedEnd`]. Everything runs on this thread; where nobody works, the
//! clock jumps, so that a day takes as long as what is done in it.

use super::aim::Aim;
use super::audit::{Wrong, judge, judge_refusal, ledgers, misdated, over_limits};
use super::client::{Asker, CANCELS, Client, Drawn, Heard, Posting, Said, StoryEnd, known};
use super::ends::{AGAIN, LATER};
use super::field::Field;
use super::ground::{CLOCK_STEP, CUT_OVER, FULL_DISK, Ground};
use super::knobs::Knobs;
use super::moods::Moods;
use super::parties::{Listens, Parties};
use super::people;
use super::planted::Planted;
use super::schedule::{Happening, Schedule, TROUBLE};
use super::tally::Tally;
use conformance::faults::{Dice, SimulatedClock, Weather};
use engine::waiting::Why;
use link::world::{Clock, Mark, Moment};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use store::{FlowId, OperationRow, OperationState};
use tokio::sync::{Notify, mpsc};

/// No misfortune, but told beside those.
const ROOM_AGAIN: &str = "room again";
const RELOAD: &str = "adapters loaded anew";
const DECIDED: &str = "decided by people";
/// How long clients may take all in all.
const CLIENTS_END: Duration = Duration::from_secs(4 * 3_600);
/// How long what was begun may take to end in fair weather: longer than every way out that is declared.
const SETTLES: Duration = Duration::from_secs(12 * 3_600);
/// Stories of a client, where so many are wanted.
const EACH: u64 = 8;
/// Answers that wait to be taken down.
const TOLD: usize = 1_024;

/// What came of a seed.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeedEnd {
    /// The seed.
    pub(crate) seed: u64,
    /// Postings that clients asked for.
    pub(crate) postings: u64,
    /// Of them, by what was told in the end: done, refused, pending.
    pub(crate) ends: [u64; 3],
    /// How often each story was told and done.
    pub(super) tally: Tally,
    /// Faults made, by kind.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    /// Postings (by call) and the state in which they ended.
    pub(crate) reached: BTreeSet<(String, &'static str)>,
    /// The same with what went wrong while they were open: on their party's lines, in it, or with the gateway.
    pub(crate) pairs: BTreeSet<(String, &'static str, &'static str)>,
    /// Lost, doubled, falsely answered, one-sided, hanging.
    pub(crate) wrong: BTreeMap<Wrong, u64>,
    /// What is wrong, in words.
    pub(crate) failures: Vec<String>,
    /// The run, line by line.
    pub(crate) story: Vec<String>,
    /// A digest of the whole run.
    pub(crate) mark: u64,
    /// What was left out.
    pub(crate) knobs: Knobs,
    /// How long its day was.
    pub(crate) day: Duration,
}

impl SeedEnd {
    /// One more thing is wrong.
    fn is_wrong(&mut self, wrong: Wrong, words: &str) {
        *self.wrong.entry(wrong).or_default() += 1;
        self.failures.push(format!("{wrong:?}: {words}"));
    }
}

/// What a seed is for.
#[derive(Debug)]
enum Purpose<'g> {
    /// Whatever comes.
    Any,
    /// This above all.
    Aims(Aim<'g>),
    /// One story, told once to the end.
    Rehearses(usize),
}

impl<'g> Purpose<'g> {
    fn aim(&self) -> Option<&Aim<'g>> {
        match self {
            Self::Aims(aim) => Some(aim),
            Self::Any | Self::Rehearses(_) => None,
        }
    }
}

/// Runs a seed.
pub(crate) fn run(
    ground: &Arc<Ground>,
    seed: u64,
    knobs: Knobs,
    planted: Option<Planted>,
    thread: usize,
) -> SeedEnd {
    let aim = ground.course().filter(|_| !knobs.no_aim).and_then(|course| course.of(ground, seed));
    live(ground, (seed, knobs), planted, thread, aim.map_or(Purpose::Any, Purpose::Aims))
}

/// Tells one story of the plan, in fair weather.
pub(super) fn rehearse(ground: &Arc<Ground>, seed: u64, story: usize) -> SeedEnd {
    live(ground, (seed, Knobs::all()), None, 0, Purpose::Rehearses(story))
}

fn live(
    ground: &Arc<Ground>,
    (seed, knobs): (u64, Knobs),
    planted: Option<Planted>,
    thread: usize,
    mut purpose: Purpose<'_>,
) -> SeedEnd {
    let start = begins(ground.start, seed, purpose.aim());
    let clock = SimulatedClock::new(start);
    let jumps = clock.clone();
    let (stands, jumped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stand, pulse) = (Arc::clone(&stands), Arc::clone(&jumped));
    let built = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || {
            let told = if jumps.jump() { &pulse } else { &stand };
            told.notify_one();
        })
        .build();
    let mut end = SeedEnd { seed, knobs, ..SeedEnd::default() };
    let runtime = match built {
        Ok(runtime) => runtime,
        Err(error) => {
            end.failures.push(error.to_string());
            return end;
        }
    };
    let folder = ground.folder.join(format!("thread-{thread}"));
    // Who slept may be gone: then nobody wakes, and the thread has to look for the next moment.
    runtime.spawn(async move {
        loop {
            jumped.notified().await;
        }
    });
    runtime.block_on(async {
        let two = purpose.aim().and_then(Aim::nodes);
        match Field::open(ground, (seed, knobs), clock, folder, (planted, two)).await {
            Ok(mut field) => {
                if let Some(aim) = purpose.aim() {
                    field.diary.note(&format!("aims at {}", aim.words()));
                }
                let diary = field.diary.clone();
                let played = tokio::select! {
                    biased;
                    played = play(&mut field, knobs, &mut purpose, &mut end) => played,
                    () = stands.notified() => {
                        diary.note("nobody works, and nobody waits for any moment");
                        Err("everything stands still for ever".to_owned())
                    }
                };
                end.failures.extend(played.err());
                end.day = field.clock.ran();
                end.story = field.diary.lines();
            }
            Err(why) => end.failures.push(why),
        }
    });
    let mut hasher = DefaultHasher::new();
    for line in &end.story {
        hasher.write(line.as_bytes());
    }
    end.mark = hasher.finish();
    end
}

const MINUTE: i64 = 60 * 1_000_000;
/// When the business date of most parties changes, counted from the start of every stage's day, and, at midnight, that of the others
/// and the day by the clock.
const CUTS_OVER: [i64; 2] = [(14 * 60 + 30) * MINUTE, 15 * 60 * MINUTE];
/// How near to a cut-over a clock is that is set to it.
const NEAR: i64 = 10 * MINUTE;

/// The day begins as every stage's, or some minutes before a cut-over, in every fourth seed and where it aims at one.
fn begins(start: Moment, seed: u64, aim: Option<&Aim<'_>>) -> Moment {
    const BEFORE: i64 = 3 * MINUTE;
    let [late, midnight] = CUTS_OVER;
    let cuts_over = match seed % 8 {
        0 => Some(late),
        4 => Some(midnight),
        _ => aim.filter(|aim| aim.cut_over()).map(|aim| if aim.by_the_calendar() { midnight } else { late }),
    };
    cuts_over.map_or(start, |at| Moment(start.0 + at - BEFORE))
}

/// On how many business dates something can have been asked until now, whenever they change: rather one too many.
pub(super) fn business_dates(ground: &Ground, now: Moment) -> i64 {
    const DAY: i64 = 24 * 60 * MINUTE;
    let behind = now.0.saturating_sub(ground.start.0.saturating_add(CUTS_OVER[0] - NEAR));
    if behind < 0 { 1 } else { behind / DAY + 2 }
}

async fn play(
    field: &mut Field<'_>,
    knobs: Knobs,
    purpose: &mut Purpose<'_>,
    end: &mut SeedEnd,
) -> Result<(), String> {
    field.nodes.start().await?;
    // A minute of fair weather, in which sessions open.
    field.sleep(Duration::from_secs(20)).await;
    let zero = field.clock.ran();
    let (tell, mut told) = mpsc::channel(TOLD);
    let postings_due = clients(field, knobs, purpose, field.ground.postings, &tell)?;
    drop(tell);
    turn(field, knobs, purpose);
    let mut happens = Schedule::of(&field.dice, knobs);
    for (at, what) in field.nodes.schedule(TROUBLE, knobs) {
        happens.set(at, Happening::Node(what));
    }
    for at in field.nodes.reloads(TROUBLE, knobs) {
        happens.set(at, Happening::Reload);
    }
    let (mut postings, mut refused_too_early) = (Vec::new(), Vec::new());
    // Killed soon after it has said of something that its end is not known yet.
    let mut spared = (!knobs.no_kills && field.dice.falls(4_000)).then(|| field.dice.below(4));
    let (pending, heard) = (Arc::clone(&field.pending), Arc::clone(&field.heard));
    let (clock, mut fell) = (field.clock.clone(), Vec::new());
    let mut count = |what: &'static str| {
        *end.faults.entry(what).or_default() += 1;
        if [ROOM_AGAIN, RELOAD].contains(&what) {
            return;
        }
        fell.push(Fell { at: clock.mark(), on: None, what });
    };
    loop {
        let next = happens.next().map(|at| (zero + at).saturating_sub(field.clock.ran()));
        let pause = next.unwrap_or(CLIENTS_END).min(CLIENTS_END);
        let wake = field.clock.sleep_until(field.clock.mark().after(pause));
        tokio::select! {
            biased;
            () = pending.notified() => {
                let now = spared == Some(0);
                spared = spared.and_then(|spared| spared.checked_sub(1));
                if now {
                    field.sleep(field.dice.span(Duration::ZERO, Duration::from_secs(5))).await;
                    field.nodes.kill();
                }
            }
            () = heard.notified() => {
                let ran = field.clock.ran().saturating_sub(zero);
                if let Purpose::Aims(aim) = purpose && let Some((later, what)) = aim.heard(ran, knobs) {
                    happens.set(ran + later, what);
                    if let Happening::DiskFull(true) = what {
                        happens.set(ran + later + Schedule::full(&field.dice), Happening::DiskFull(false));
                    }
                }
            }
            why = field.nodes.failed() => return Err(why),
            posting = told.recv() => match posting {
                Some(StoryEnd::Stopped(story)) => end.tally.told(story),
                Some(StoryEnd::Asked(posting)) => {
                    end.tally.told(posting.story);
                    let wrong = judge_refusal(field.ground, &field.parties, &posting)?;
                    refused_too_early.extend(wrong);
                    postings.push(*posting);
                }
                // All clients are through.
                None => break,
            },
            () = wake => match happens.take() {
                Some((_, what)) => happen(field, what, knobs, purpose, &mut count),
                None => return Err(format!("{} of {postings_due} clients' stories did not end", postings_due.saturating_sub(postings.len()))),
            },
        }
    }
    // What was to happen later still does, while what was begun goes on.
    while let Some((at, what)) = happens.take() {
        field.sleep((zero + at).saturating_sub(field.clock.ran())).await;
        happen(field, what, knobs, purpose, &mut count);
    }
    for (wrong, words) in refused_too_early {
        end.is_wrong(wrong, &words);
    }
    heal(field).await?;
    let settled = field.settle(SETTLES).await;
    judge_all(field, postings, settled, end).await?;
    end.failures.extend(field.nodes.split());
    let befell = field.nodes.fell().into_iter().map(|fell| (fell.what, 1));
    for (what, times) in befell.chain(field.nodes.refused_late()).chain([field.nodes.syncs_failed()]) {
        *end.faults.entry(what).or_default() += times;
    }
    for (fault, times) in field.network.counted() {
        *end.faults.entry(fault.name()).or_default() += times;
    }
    *end.faults.entry("faults of parties").or_default() += field.parties.faults_made();
    let walls = field.nodes.walls();
    for cuts_over in CUTS_OVER {
        let showed = walls.showed(Moment(field.ground.start.0 + cuts_over));
        fell.extend(showed.map(|at| Fell { at, on: None, what: CUT_OVER }));
    }
    fell.extend(field.fell());
    fell.extend(field.nodes.fell());
    reached(field, fell, end).await?;
    field.nodes.end().await
}

/// Clients with their stories; each throws its own dice. `wanted`: how many stories; else the dice say.
fn clients(
    field: &Field<'_>,
    knobs: Knobs,
    purpose: &Purpose<'_>,
    wanted: Option<u64>,
    tell: &mpsc::Sender<StoryEnd>,
) -> Result<usize, String> {
    let drawn = 2 + field.dice.below(5);
    let count = if knobs.one_client { 1 } else { wanted.map_or(drawn, |wanted| wanted.div_ceil(EACH)) };
    let each = |_| wanted.map_or_else(|| 2 + field.dice.below(4), |_| EACH);
    let mut counts: Vec<u64> = (0..count).map(each).collect();
    let mut cancels = purpose.aim().and_then(Aim::cancels).unwrap_or(CANCELS);
    if let Purpose::Rehearses(_) = purpose {
        (counts, cancels) = (vec![1], 0);
    }
    let favours = |dice: &Dice| match purpose {
        Purpose::Any => None,
        Purpose::Aims(aim) => aim.story(dice),
        Purpose::Rehearses(story) => Some(*story),
    };
    let all = stories(field.ground, &field.parties, &field.dice, &counts, &favours)?;
    let number = all.iter().map(Vec::len).sum();
    for stories in all {
        let asker = field.nodes.asked_by(Asker::new(&field.outside, field.ground, &field.diary));
        let asker = asker.telling(&field.pending);
        let dice = Dice::new(field.dice.below(u64::MAX));
        let client = Client {
            asker,
            dice,
            copies: !knobs.no_copies,
            cancels,
            haste: 1,
            turns: None,
            tell: tell.clone(),
        };
        field.outside.spawn(client.run(stories));
    }
    Ok(number)
}

/// Stories for clients, so many for each: the one that is favoured, else by their weights. One of which nothing is left any more is
/// not told again.
pub(super) fn stories(
    ground: &Ground,
    parties: &Parties<'_>,
    dice: &Dice,
    counts: &[u64],
    favours: &dyn Fn(&Dice) -> Option<usize>,
) -> Result<Vec<Vec<Drawn>>, String> {
    let plan = &ground.plan;
    let weights: u64 = plan.stories.iter().map(|story| story.weight).sum();
    let (mut number, mut turns) = (0, vec![0_u64; plan.stories.len()]);
    let mut all = Vec::new();
    for count in counts {
        let mut of_client = Vec::new();
        for _ in 0..*count {
            number += 1;
            let mut throw = dice.below(weights.max(1));
            let favoured = favours(dice);
            let chosen = plan.stories.iter().zip(turns.iter_mut()).enumerate().find(|(place, (story, _))| {
                let here = favoured.map_or(throw < story.weight, |favoured| favoured == *place);
                throw = throw.saturating_sub(story.weight);
                here
            });
            let Some((place, (story, turn))) = chosen else { continue };
            let mut known = known(&format!("T{number:06}"), dice.below(u64::MAX), number, *turn);
            let mut left = true;
            for (folder, sql) in &story.draw {
                match parties.question(folder, sql, &known)? {
                    Some(row) => known.extend(row),
                    None if *turn == 0 => return Err(format!("`{}`: {folder} gives nothing", story.name)),
                    None => left = false,
                }
            }
            if left {
                *turn += 1;
                let before = ledgers(parties, story, &known)?;
                of_client.push(Drawn { place, story: story.clone(), known, before });
            }
        }
        all.push(of_client);
    }
    Ok(all)
}

fn happen(
    field: &Field<'_>,
    what: Happening,
    knobs: Knobs,
    purpose: &Purpose<'_>,
    count: &mut impl FnMut(&'static str),
) {
    match what {
        Happening::Kill => field.nodes.kill(),
        Happening::Reload => {
            count(RELOAD);
            field.nodes.reload();
        }
        Happening::CrashAtCommit(after, point) => field.nodes.disk().crash_after(after, point),
        Happening::CrashInState(state, after, point) => field.nodes.disk().crash_in(state, after, point),
        Happening::DiskFull(full) => {
            count(if full { FULL_DISK } else { ROOM_AGAIN });
            field.diary.note(if full { "the disk is full" } else { "there is room again" });
            field.nodes.disk().fill(full);
        }
        Happening::ClockStep(micros) => set_clock(field, micros, count),
        Happening::CutOver => {
            let next = CUTS_OVER.map(|at| field.ground.start.0 + at - field.clock.now().0);
            if let Some(micros) = next.into_iter().find(|micros| (1..NEAR).contains(micros)) {
                set_clock(field, micros, count);
            }
        }
        Happening::Weather => {
            turn(field, knobs, purpose);
        }
        Happening::Node(what) => field.nodes.befall(what),
        Happening::Pause(span) => field.nodes.pause(span),
        Happening::CutOff(span) => field.nodes.cut_off(span),
        Happening::PauseOrGoOn(span) => field.nodes.pause_or_go_on(span),
    }
}

fn set_clock(field: &Field<'_>, micros: i64, count: &mut impl FnMut(&'static str)) {
    count(CLOCK_STEP);
    field.diary.note(&format!("a wall clock is set by {} ms", micros / 1_000));
    field.nodes.set_clock(micros);
}

/// Another weather, and other moods.
fn turn(field: &Field<'_>, knobs: Knobs, purpose: &Purpose<'_>) {
    let weather = knobs.clear(Weather::of(&field.dice));
    let mut moods = Moods::of(&field.dice, field.ground);
    if let Some(aim) = purpose.aim() {
        aim.steer(field.ground, &mut moods);
        let local = aim.weather(field.ground).into_iter();
        field.network.set_local(local.map(|(address, weather)| (address, knobs.clear(weather))).collect());
    }
    if knobs.no_delays {
        moods.slow.clear();
    }
    field.diary.note(&format!("the weather turns: {weather:?}, {moods:?}"));
    field.network.set_weather(weather);
    field.network.slow(std::mem::take(&mut moods.slow));
    let listens = purpose.aim().map(|aim| {
        let (folder, calls) = aim.listens();
        Listens { folder, calls, bell: Arc::clone(&field.heard) }
    });
    field.parties.make_faults(&field.dice, !knobs.no_party_faults, moods, listens.as_ref());
}

/// Nothing goes wrong any more.
async fn heal(field: &Field<'_>) -> Result<(), String> {
    field.diary.note("from now on nothing goes wrong");
    field.network.set_weather(Weather::default());
    field.network.slow(BTreeMap::new());
    field.network.set_local(BTreeMap::new());
    field.parties.make_faults(&field.dice, false, Moods::none(), None);
    field.nodes.disk().fill(false);
    field.nodes.disk().no_crash();
    field.nodes.heal().await
}

/// Every client asks once more under its reference; then the ledgers are read.
async fn judge_all(
    field: &mut Field<'_>,
    postings: Vec<Posting>,
    settled: bool,
    end: &mut SeedEnd,
) -> Result<(), String> {
    let asker = Asker::new(&field.outside, field.ground, &field.diary).in_fair_weather();
    let mut judged = Vec::new();
    for posting in postings {
        let mut last = asked_again(&asker, &posting).await;
        if last.as_ref().is_none_or(|(said, _)| *said == Said::Pending) {
            field.settle(SETTLES).await;
            last = asked_again(&asker, &posting).await;
        }
        judged.push((posting, last));
    }
    let dates = business_dates(field.ground, field.clock.now());
    let set = i64::from(field.nodes.fell().iter().any(|fell| fell.what == CUT_OVER));
    let decided = if people::come(end.seed) { people::decide(field, &judged).await? } else { 0 };
    if decided > 0 {
        *end.faults.entry(DECIDED).or_default() += decided;
        for (posting, last) in &mut judged {
            if last.as_ref().is_some_and(|(said, _)| *said == Said::Pending) {
                *last = asked_again(&asker, posting).await;
            }
        }
    }
    let waits = field.waits().await.into_iter().filter(|waits| !matches!(waits.why, Why::Notice { .. }));
    let waits: BTreeSet<String> = waits.map(|waits| waits.flow.to_string()).collect();
    if !settled {
        let open = field.not_ended().await.unwrap_or_default();
        let open = open.iter().filter(|(flow, _)| !waits.contains(&flow.to_string()));
        let open: Vec<_> = open.map(|(flow, name)| format!("{name} {flow}")).collect();
        end.failures.push(format!(
            "flows go on without an end, and nobody is asked about them; of them still: {}",
            open.join(", ")
        ));
    }
    let postings = judged.iter().map(|(posting, _)| posting);
    let over = over_limits(field.ground, &field.parties, postings, dates + set)?;
    for (posting, last) in judged {
        let parked =
            last.as_ref().and_then(|(_, flow)| flow.as_str()).is_some_and(|flow| waits.contains(flow));
        let flow = last.as_ref().and_then(|(_, flow)| flow.as_str()).and_then(|flow| flow.parse().ok());
        let last = last.map(|(said, _)| said);
        end.postings += 1;
        if last == Some(Said::Done) || posting.told.contains(&Said::Done) {
            end.tally.done(posting.story);
        }
        let place = match last {
            Some(Said::Done) => 0,
            Some(Said::Refused) => 1,
            _ => 2,
        };
        if let Some(count) = end.ends.get_mut(place) {
            *count += 1;
        }
        for (wrong, words) in judge(field.ground, &field.parties, &posting, last, parked)? {
            end.is_wrong(wrong, &words);
            field.tell_of(flow.map(FlowId)).await;
        }
    }
    for words in misdated(field.ground, &field.parties) {
        end.is_wrong(Wrong::Misdated, &words);
    }
    for words in over {
        end.is_wrong(Wrong::OverLimit, &words);
    }
    end.failures.extend(field.parties.broken());
    Ok(())
}

/// Its client asks once more. What was told first is told again to who asks; who took it back enquires, and hears how it stands.
async fn asked_again(asker: &Asker, posting: &Posting) -> Heard {
    match posting.cancelled {
        Some(_) => asker.enquire(&posting.service, &posting.body).await,
        None => asker.ask(&posting.service, &posting.body).await,
    }
}

/// Something that went wrong.
#[derive(Clone, Debug)]
pub(super) struct Fell {
    /// When.
    pub(super) at: Mark,
    /// With which party (module), and which call of it where that is known; none: with the gateway.
    pub(super) on: Option<(String, Option<String>)>,
    /// What.
    pub(super) what: &'static str,
}

impl Fell {
    /// Whether a posting met it that was open for so long.
    fn is_met_by(&self, operation: &OperationRow, open: &Range<Mark>) -> bool {
        let there = match &self.on {
            None => true,
            Some((party, call)) => {
                let own = |call: &String| operation.call.rsplit('.').next() == Some(call);
                *party == operation.party && call.as_ref().is_none_or(own)
            }
        };
        there && open.contains(&self.at)
    }
}

/// In which states the postings of the journal ended, and what they met on their way.
async fn reached(field: &Field<'_>, fell: Vec<Fell>, end: &mut SeedEnd) -> Result<(), String> {
    let Some(engine) = field.nodes.at_work() else { return Ok(()) };
    let decided = field.decided.clone();
    let read = engine.journal.read(move |reader| {
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let flows = reader.flows_before(before, None, 1_000)?;
            let Some(last) = flows.last() else { return Ok(found) };
            before = Some(last.flow);
            for flow in flows.iter().filter(|flow| !decided.contains(&flow.flow)) {
                let states = reader.operation_states(flow.flow)?;
                let later = |row: &OperationRow| {
                    let mut open = false;
                    states.iter().filter(|known| known.name == row.name).any(|known| {
                        open |= matches!(known.state, OperationState::Unknown | OperationState::Parked);
                        open && known.state == OperationState::Done
                    })
                };
                let rows = reader.operations(flow.flow)?.into_iter().filter(|row| row.copies > 0);
                found.extend(rows.map(|row| {
                    let later = later(&row);
                    (row, later)
                }));
            }
        }
    });
    let walls = field.nodes.walls();
    for (operation, later) in read.await.map_err(|fatal| fatal.to_string())? {
        let open = walls
            .open(&operation)
            .ok_or_else(|| format!("nobody's clock showed when {} was open", operation.call))?;
        let mut ends = vec![operation.state.word()];
        ends.extend((operation.copies > 1).then_some(AGAIN));
        ends.extend(later.then_some(LATER));
        for state in ends {
            end.reached.insert((operation.call.clone(), state));
            for fell in fell.iter().filter(|fell| fell.is_met_by(&operation, &open)) {
                end.pairs.insert((operation.call.clone(), state, fell.what));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
