//! What a seed aims at: an end of one posting and some of the misfortunes on the way to it, so that what chance seldom brings
//! together is met too. A seed's aim is a function of its number alone; one seed after the other they go through all of them.
//!
//! In: the ends that postings have, which stories go through which calls (learnt by telling each once in fair weather). Out: stories
//! that are told more often, faults of parties and lines, and what befalls the gateway at the moment at which the posting is heard.
//! Where a seed aims, half of what happens is still the dice's. It must not know any counterparty by name.

use super::ends::{AGAIN, Ends, LATER};
use super::ground::{
    Actor, CLOCK_STEP, CRASH, CUT_OFF, CUT_OVER, FULL_DISK, Ground, KILL, LEASE_LOST, PAUSED, TAKEN_OVER,
};
use super::knobs::Knobs;
use super::moods::Moods;
use super::plan::Story;
use super::schedule::Happening;
use super::seed::{self, SeedEnd};
use conformance::faults::{Dice, NetworkFault, Weather};
use conformance::world::{Fault, FaultRule};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{CrashPoint, OperationState};

/// Seeds of ten thousand that aim.
const AIMS: u16 = 5_000;
/// Misfortunes that a seed aims at together: so many, and so far from each other that they are of different kinds.
const TOGETHER: u64 = 5;
/// Apart from each other by so many, the ends of consecutive seeds are of different calls. A prime, so that none is left out.
const STRIDE: u64 = 7_919;
/// Stories of ten thousand that go through the call.
const STORIES: u16 = 6_500;
/// Of ten thousand exchanges or acts.
const SOMETIMES: u16 = 1_500;
const OFTEN: u16 = 3_500;
/// What a party does wrong by itself, all of it together; what parties refuse so that a flow is unwound, all of them together.
const WRONG: u16 = 6_000;
const UNWINDS: u16 = 2_500;
/// Of ten thousand pieces or connections.
const PIECES: u16 = 1_200;
const CONNECTIONS: u16 = 3_000;
/// Of ten thousand times that the posting is heard something befalls the gateway, at most so often, and not so soon again.
const BEFALLS: u16 = 7_000;
const MOST: u64 = 5;
const APART: Duration = Duration::from_secs(5);
/// How much behind that moment at most, where it is not right then.
const BEHIND: Duration = Duration::from_secs(3);
/// Postings of ten thousand that are taken back, where that is what is aimed at.
const CANCELS: u16 = 7_000;
/// A seed that no campaign has: stories are told by its dice to learn what they go through.
const REHEARSED: u64 = u64::MAX;
/// How often one is told that is not done, by other seeds.
const TOLD: u64 = 8;

/// What all seeds of a campaign aim at.
#[derive(Debug)]
pub(super) struct Course {
    targets: Vec<Target>,
}

/// An end of a call.
#[derive(Debug)]
struct Target {
    /// Which of the ground's ends, and which of its ends.
    ends: usize,
    end: usize,
    /// Places of stories in the plan that go through it.
    stories: Vec<usize>,
    /// None of them does where everything goes well.
    only_in_trouble: bool,
    /// Of other calls that they go through and that can be refused: folder and name.
    others: Vec<(String, String)>,
}

/// Tells a story in fair weather, again where it was not done: a party may be busy at that hour.
fn told(ground: &Arc<Ground>, place: usize) -> Result<SeedEnd, String> {
    let mut turn = 0;
    loop {
        let told = seed::rehearse(ground, REHEARSED - turn, place);
        if let Some(why) = told.failures.first() {
            return Err(format!("a story that is told in fair weather: {why}"));
        }
        turn += 1;
        if told.tally.has_done(place) || turn == TOLD {
            return Ok(told);
        }
    }
}

impl Course {
    /// Tells every story until it is done.
    ///
    /// # Errors
    /// In words: of a story that is not done in fair weather, and of one that posts where no ledger of it is read.
    pub(super) fn rehearsed(ground: &Arc<Ground>) -> Result<Self, String> {
        let mut through = Vec::new();
        for place in 0..ground.plan.stories.len() {
            let told = told(ground, place)?;
            let Some(story) = ground.plan.stories.get(place) else { continue };
            let name = &story.name;
            if !told.tally.has_done(place) {
                let said = told.story.iter().rev().find(|line| line.contains("client: "));
                let said = said.map_or("nothing was asked", |line| line.trim());
                return Err(format!("`{name}` is not done in fair weather: {said}"));
            }
            let calls: BTreeSet<String> = told.reached.into_iter().map(|(call, _)| call).collect();
            if let Some(known) = unread(ground, story, &calls) {
                let (call, folder) = (&known.call, &known.folder);
                return Err(format!("`{name}` goes through {call}, and no ledger of it is read at {folder}"));
            }
            through.push(calls);
        }
        let mut targets = Vec::new();
        for (place, known) in ground.ends.iter().enumerate() {
            let (stories, only_in_trouble) = stories(ground, known, &through);
            let beside = stories.iter().filter_map(|story| through.get(*story)).flatten();
            let beside: BTreeSet<&String> = beside.filter(|call| **call != known.call).collect();
            let refusable = ground.ends.iter().filter(|other| !other.assured && beside.contains(&other.call));
            let others: Vec<_> = refusable.map(|other| (other.folder.clone(), other.name.clone())).collect();
            for (end, (word, _)) in known.ends.iter().enumerate() {
                // What chance seldom brings is aimed at twice as often.
                let rare = [OperationState::Refused.word(), OperationState::Undone.word()].contains(word);
                let times = if rare || only_in_trouble { 2 } else { 1 };
                targets.extend((0..times).map(|_| Target {
                    ends: place,
                    end,
                    stories: stories.clone(),
                    only_in_trouble,
                    others: others.clone(),
                }));
            }
        }
        Ok(Self { targets })
    }

    /// What a seed aims at.
    pub(super) fn of<'g>(&'g self, ground: &'g Ground, seed: u64) -> Option<Aim<'g>> {
        let dice = Dice::new(seed.rotate_left(41) ^ 0x6169_6d73);
        let count = u64::try_from(self.targets.len()).unwrap_or(0).max(1);
        let target = self.targets.get(place(seed.wrapping_mul(STRIDE), count))?;
        let known = ground.ends.get(target.ends)?;
        let (end, misfortunes) = known.ends.get(target.end)?;
        let (turn, of) = (seed / count, u64::try_from(misfortunes.len()).unwrap_or(0).max(1));
        let at = |more: u64| place(turn.wrapping_add(more * TOGETHER), of);
        let next = (0..TOGETHER).filter_map(|more| misfortunes.get(at(more)));
        let faults: BTreeSet<&'static str> = next.copied().collect();
        let aims = dice.falls(AIMS);
        let aim = Aim { known, target, end, faults, dice, befell: 0, next: Duration::ZERO };
        aims.then_some(aim)
    }
}

/// Where a story posts and nobody reads what holds there.
fn unread<'g>(ground: &'g Ground, story: &Story, calls: &BTreeSet<String>) -> Option<&'g Ends> {
    let books = |folder: &str| ground.plan.parties.iter().any(|party| party.books && party.folder == folder);
    let posts = ground.ends.iter().filter(|known| calls.contains(&known.call));
    posts.filter(|known| !books(&known.folder)).find(|known| !story.ledgers.contains_key(&known.folder))
}

fn place(number: u64, of: u64) -> usize {
    usize::try_from(number % of).unwrap_or(0)
}

/// Stories that went through a call; where none did in fair weather, those that its party has a part in, then all.
/// The second: in fair weather none did.
fn stories(ground: &Ground, known: &Ends, through: &[BTreeSet<String>]) -> (Vec<usize>, bool) {
    let stories = || ground.plan.stories.iter().enumerate();
    let went = through.iter().enumerate().filter(|(_, calls)| calls.contains(&known.call));
    let went: Vec<usize> = went.map(|(place, _)| place).collect();
    let part = stories().filter(|(_, story)| {
        story.ledgers.contains_key(&known.folder) || story.draw.contains_key(&known.folder)
    });
    let part: Vec<usize> = part.map(|(place, _)| place).collect();
    let all = stories().map(|(place, _)| place).collect();
    let in_trouble = went.is_empty();
    (
        if !in_trouble {
            went
        } else if part.is_empty() {
            all
        } else {
            part
        },
        in_trouble,
    )
}

/// What one seed aims at.
#[derive(Debug)]
pub(super) struct Aim<'g> {
    known: &'g Ends,
    target: &'g Target,
    end: &'static str,
    faults: BTreeSet<&'static str>,
    dice: Dice,
    /// What befell the gateway, and when something may befall it again.
    befell: u64,
    next: Duration,
}

impl Aim<'_> {
    pub(super) fn words(&self) -> String {
        let faults: Vec<&str> = self.faults.iter().copied().collect();
        format!("{} {} with {}", self.known.call, self.end, faults.join(", "))
    }

    fn has(&self, what: &str) -> bool {
        self.faults.contains(what)
    }

    /// Whether what is aimed at needs two nodes, or one; none: the dice say.
    pub(super) fn nodes(&self) -> Option<bool> {
        let two = [PAUSED, CUT_OFF, TAKEN_OVER, LEASE_LOST].into_iter().any(|what| self.has(what));
        // Two have a wall clock each, and the business date changes by the day's.
        if self.has(CUT_OVER) { Some(false) } else { two.then_some(true) }
    }

    /// Whether the day is to begin before the cut-over.
    pub(super) fn cut_over(&self) -> bool {
        self.has(CUT_OVER)
    }

    /// Whether the business date of the party that is aimed at changes at midnight.
    pub(super) fn by_the_calendar(&self) -> bool {
        self.known.by_the_calendar
    }

    /// Whether the next story is one that goes through the call, and which.
    pub(super) fn story(&self, dice: &Dice) -> Option<usize> {
        let stories = &self.target.stories;
        let here = dice.falls(STORIES);
        let story = place(dice.below(u64::MAX), u64::try_from(stories.len()).unwrap_or(0).max(1));
        stories.get(story).copied().filter(|_| here)
    }

    /// Whether a flow has to be unwound for it.
    fn unwinds(&self) -> bool {
        self.end == OperationState::Undone.word() || self.target.only_in_trouble
    }

    /// Postings of ten thousand that are taken back.
    pub(super) fn cancels(&self) -> Option<u16> {
        self.unwinds().then_some(CANCELS)
    }

    /// The party and its calls of which it wants to know when they are heard.
    pub(super) fn listens(&self) -> (&str, BTreeSet<String>) {
        let known = self.known;
        let calls = if self.end == OperationState::Undone.word() && !known.backs.is_empty() {
            known.backs.iter().cloned().collect()
        } else {
            let questions = known.questions.iter().filter(|_| self.end == LATER);
            questions.chain([&known.name]).cloned().collect()
        };
        (&known.folder, calls)
    }

    /// What parties do wrong by themselves, before all else.
    pub(super) fn steer(&self, ground: &Ground, moods: &mut Moods) {
        let rule = |call: &str, fault: Fault, of_10000: u16| {
            let call = Some(call.to_owned());
            FaultRule { call, holding: None, fault, of_10000, at: Vec::new() }
        };
        let actor = ground.cast.iter().find(|actor| actor.folder == self.known.folder);
        let own = actor.into_iter().flat_map(Actor::faults);
        let own: Vec<Fault> = own.filter(|fault| self.has(fault.name())).collect();
        let name = self.known.name.as_str();
        let rate = OFTEN.min(WRONG / u16::try_from(own.len()).unwrap_or(1).max(1));
        let mut rules: Vec<FaultRule> = own.into_iter().map(|fault| rule(name, fault, rate)).collect();
        if self.end == OperationState::Refused.word() {
            rules.push(rule(name, Fault::Refuse, OFTEN));
            // What never came is found out to be refused long after, so that much befalls it meanwhile.
            rules.extend((!self.known.only_answered).then(|| rule(name, Fault::DropRequest, SOMETIMES)));
        }
        if [LATER, AGAIN].contains(&self.end) {
            rules.push(rule(name, Fault::DropReply, SOMETIMES));
            rules.extend(actor.map(|actor| rule(name, actor.late(), SOMETIMES)));
        }
        let mut first = |folder: &str, rules: Vec<FaultRule>| {
            moods.faults.entry(folder.to_owned()).or_default().splice(0..0, rules);
        };
        first(&self.known.folder, rules);
        if self.unwinds() {
            let rate = UNWINDS / u16::try_from(self.target.others.len()).unwrap_or(1).max(1);
            for (folder, name) in &self.target.others {
                first(folder, vec![rule(name, Fault::Refuse, rate)]);
            }
        }
    }

    /// The weather on the lines of the party.
    pub(super) fn weather(&self, ground: &Ground) -> BTreeMap<String, Weather> {
        let rate = |fault: NetworkFault, rate: u16| if self.has(fault.name()) { rate } else { 0 };
        let weather = Weather {
            refuse: rate(NetworkFault::Refuse, CONNECTIONS),
            deaf: rate(NetworkFault::Deaf, CONNECTIONS / 2),
            vanish: rate(NetworkFault::Vanish, PIECES),
            cut: rate(NetworkFault::Cut, PIECES),
            half_close: rate(NetworkFault::HalfClose, PIECES),
            delay: rate(NetworkFault::Delay, OFTEN),
            corrupt: rate(NetworkFault::Corrupt, PIECES),
            ..Weather::default()
        };
        let actor = ground.cast.iter().find(|actor| actor.folder == self.known.folder);
        let lines = actor.into_iter().flat_map(Actor::addresses);
        lines.map(|address| (address.clone(), weather)).collect()
    }

    /// The posting is heard by its party: it is open now. What befalls the gateway, and how much later.
    pub(super) fn heard(&mut self, ran: Duration, knobs: Knobs) -> Option<(Duration, Happening)> {
        let mut may: Vec<Happening> = Vec::new();
        let point = if self.dice.falls(3_000) { CrashPoint::Before } else { CrashPoint::After };
        for what in &self.faults {
            may.extend(match *what {
                KILL if !knobs.no_kills => Some(Happening::Kill),
                CRASH if !knobs.no_crashes && self.dice.falls(5_000) => {
                    Some(Happening::CrashInState(self.state(), 0, CrashPoint::After))
                }
                CRASH if !knobs.no_crashes => Some(Happening::CrashAtCommit(self.dice.below(3), point)),
                FULL_DISK if !knobs.no_full_disk => Some(Happening::DiskFull(true)),
                CLOCK_STEP if !knobs.no_clock_steps => Some(Happening::step(&self.dice)),
                CUT_OVER if !knobs.no_clock_steps => Some(Happening::CutOver),
                PAUSED | TAKEN_OVER if !knobs.no_pauses => Some(Happening::Pause(self.span(60))),
                CUT_OFF if !knobs.no_cut_offs => Some(Happening::CutOff(self.span(30))),
                LEASE_LOST if !knobs.no_pauses => Some(Happening::PauseOrGoOn(self.span(900))),
                _ => None,
            });
        }
        let befalls = self.dice.falls(BEFALLS);
        let chosen = place(self.dice.below(u64::MAX), u64::try_from(may.len()).unwrap_or(0).max(1));
        let later = self.dice.span(Duration::ZERO, BEHIND);
        let later = if self.dice.falls(6_000) { Duration::ZERO } else { later };
        let happening =
            may.get(chosen).copied().filter(|_| befalls && self.befell < MOST && ran >= self.next)?;
        self.befell += 1;
        self.next = ran + APART;
        Some((later, happening))
    }

    fn span(&self, most: u64) -> Duration {
        self.dice.span(Duration::from_secs(1), Duration::from_secs(most))
    }

    /// The state in which the journal has the end.
    fn state(&self) -> OperationState {
        let own = OperationState::ALL.iter().find(|state| state.word() == self.end);
        own.copied().unwrap_or(if self.end == AGAIN { OperationState::Intent } else { OperationState::Done })
    }
}

#[cfg(test)]
mod tests;
