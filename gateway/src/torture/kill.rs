//! The gateway as a process of its own, under load, with real sockets and a real store: killed, or stopped for a while, again
//! and again, and started anew on what it left behind, while proxies spoil its connections and now and then its disk is full.
//! Then the same auditor looks.
//!
//! In: the ground on real addresses, how often, which store. Out: [`Killed`]. Nothing here can be had again by a seed: when what
//! was written reaches the disk is nobody's to say.

mod disk;
mod journal;
mod operator;
mod process;
mod report;
mod settle;
mod standing;

use report::Killed;

use super::audit::{Wrong, judge, judge_refusal, misdated, over_limits};
use super::client::{Asker, CANCELS, Client, Posting, Said, StoryEnd};
use super::field::Diary;
use super::ground::Ground;
use super::moods::Moods;
use super::parties::Parties;
use super::seed::{business_dates, stories};
use super::tally::Tally;
use super::{StoreKind, Wanted};
use conformance::faults::{Dice, NetworkFault, Proxies, Weather};
use disk::SmallDisk;
use engine::Deployment;
use journal::Journal;
use link::world::Moment;
use link::{Core, CoreOwner, World};
use operator::Operator;
use process::Process;
use serde_json::{Value, json};
use settle::{flow_of, settle};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Verified;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc};

/// How many times faster than the world the day passes, for the gateway, its parties and its clients alike: a quiet time of ten
/// minutes is one, and the shortest, a minute, is still longer than what a busy machine may take for an answer.
const SPEED: u32 = 10;
/// Clients at once, and by how much they are in more of a hurry than in a simulated day.
const CLIENTS: usize = 12;
const HASTE: u32 = 2;
/// Stories that are told for every kill, where accounts are found for so many; else as many as are, evenly.
const EACH: usize = 8;
/// Of so many stories that may be told there is one more: clients come free unevenly, and while there are turns somebody is to have a story.
const SPARE: u64 = 3;
/// A story that was told so often is done at least once: parties refuse nothing at will here.
const ENOUGH: u64 = 12;
/// Stories of a client who comes while the disk is full: in one of them at least a posting is asked for.
const COMERS: u64 = 4;
/// Stories that are told and not heard yet.
const TOLD: usize = 4_096;
/// How long the gateway is under load between two kills.
const LOADED: (Duration, Duration) = (Duration::from_millis(150), Duration::from_millis(2_500));
/// Before every kill of so many it is for longer: a flow that meets eight restarts is left to people, and before that a minute's
/// quiet time is to pass while the gateway lives.
const CALM: u64 = 7;
const CALMS: Duration = Duration::from_secs(8);
/// Of ten thousand kills, so many after a pause in which the process stood still.
const PAUSED: u16 = 2_500;
/// Before every kill of so many the disk is full for a while, before another the database's server loses its power.
const EVERY: u64 = 5;
const FULL: u64 = 2;
const POWERLESS: u64 = 4;
/// How long it may take until the first ask finds no room, and until the first is done when all is well again.
const FELT: Duration = Duration::from_secs(20);
const GOES_ON: Duration = Duration::from_secs(90);
/// The longest that octets are held back, in seconds of the day: longer than most time limits, shorter than every quiet time
/// even where the machine takes a while too.
const LATE: u16 = 15;

/// Kills the gateway so often. `tell` is called with the number of kills so far.
pub(crate) fn kill(
    wanted: &Wanted,
    ground: &Ground,
    (times, store): (u64, StoreKind),
    tell: &(dyn Fn(u64) + Sync),
) -> Result<Killed, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let mut ends = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
        // Told to end, it takes gateway, server and disk with it.
        tokio::select! {
            killed = async { Campaign::open(wanted, ground, times, store).await?.run(times, tell).await } => killed,
            _ = tokio::signal::ctrl_c() => Err("it was stopped".to_owned()),
            _ = ends.recv() => Err("it was stopped".to_owned()),
        }
    })
}

/// A campaign at work. Fields end in their order: the gateway before its journal, the journal before its disk.
struct Campaign<'g> {
    ground: &'g Ground,
    process: Process,
    journal: Journal,
    disk: Option<SmallDisk>,
    parties: Parties<'g>,
    proxies: Proxies,
    dice: Dice,
    asker: Asker,
    operator: Operator,
    /// Turns of clients to tell a story, so that there is load at every kill.
    turns: Arc<Semaphore>,
    /// How many of them at a time.
    each: usize,
    /// The same of clients who come while the disk is full, one for each time: those before may all wait for answers then.
    comers: std::vec::IntoIter<Arc<Semaphore>>,
    told: mpsc::Receiver<StoryEnd>,
    tell: mpsc::Sender<StoryEnd>,
    postings: Vec<Posting>,
    tally: Tally,
    killed: Killed,
    began: Instant,
    /// When the gateway was begun for the last time, in milliseconds of the day's clock.
    since: i64,
    owner: CoreOwner,
}

/// Turns at a time, so that stories last to the end of the campaign and one in some is left over.
fn each_time(found: usize, turns_of_all: u64) -> usize {
    let (found, all) = (found as u64 * SPARE / (SPARE + 1), turns_of_all.max(1));
    usize::try_from(EACH as u64 * found / all).unwrap_or(EACH).clamp(1, EACH)
}

impl<'g> Campaign<'g> {
    /// Parties, proxies and clients at work, the gateway not yet.
    async fn open(wanted: &Wanted, ground: &'g Ground, times: u64, store: StoreKind) -> Result<Self, String> {
        let began = Instant::now();
        let (disk, no_full_disk) = match SmallDisk::mount() {
            Ok(disk) => (Some(disk), None),
            Err(why) => (None, Some(why)),
        };
        let journal = Journal::begin(store, &ground.folder, disk.as_ref())?;
        let deployment = deployment(ground, &journal)?;
        let parsed = Deployment::parse(&deployment).map_err(|fault| fault.to_string())?;
        let process = Process::new(&ground.folder, &wanted.configs, &deployment, &ground.passphrase)?;
        let owner = Core::start(World::with_clock(parsed.world_clock()));
        let core = owner.core();
        let folder = ground.folder.join("real");
        std::fs::create_dir_all(folder.join("spool"))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let dice = Dice::new(wanted.from);
        let proxies = Proxies::new(&core, Dice::new(dice.below(u64::MAX)));
        for actor in &ground.cast {
            for (from, to) in &actor.proxied {
                let opened = proxies.open(from, to, actor.sealed.clone()).await;
                opened.map_err(|error| format!("a proxy at {from}: {error}"))?;
            }
        }
        let parties = Parties::open(ground, &core, &folder).await?;
        let diary = Diary::new(Arc::clone(&core.world().clock));
        let asker = Asker::new(&core, ground, &diary);
        let turns = Arc::new(Semaphore::new(0));
        let (give, told) = mpsc::channel(TOLD);
        // Of so many kills one has a turn more, and another one.
        let turns_of_all = times * EACH as u64 * (EVERY + 2) / EVERY + 3 * EACH as u64;
        let comers: Vec<_> = (0..times.div_ceil(EVERY)).map(|_| Arc::new(Semaphore::new(0))).collect();
        let mut counts = vec![COMERS; comers.len()];
        counts.push(turns_of_all * (SPARE + 1) / SPARE);
        let mut drawn = stories(ground, &parties, &dice, &counts, &|_| None)?;
        let found = drawn.pop().unwrap_or_default();
        let each = each_time(found.len(), turns_of_all);
        let mut turns_of_each = comers.clone();
        turns_of_each.resize(comers.len() + CLIENTS, Arc::clone(&turns));
        drawn.resize_with(turns_of_each.len(), Vec::new);
        for (place, story) in found.into_iter().enumerate() {
            if let Some(of_client) = drawn.get_mut(comers.len() + place % CLIENTS) {
                of_client.push(story);
            }
        }
        for (stories, turns) in drawn.into_iter().zip(turns_of_each) {
            let turns = Some(turns);
            let dice = Dice::new(dice.below(u64::MAX));
            let asker = asker.another();
            core.spawn(
                Client {
                    asker,
                    dice,
                    copies: true,
                    cancels: CANCELS,
                    haste: HASTE,
                    turns,
                    tell: give.clone(),
                }
                .run(stories),
            );
        }
        let mut killed = Killed { no_full_disk, ..Killed::default() };
        killed.lacks_a_disk(times >= EVERY && is_root());
        Ok(Self {
            ground,
            process,
            journal,
            disk,
            parties,
            proxies,
            dice,
            asker,
            operator: Operator::new(&core, ground),
            turns,
            each,
            comers: comers.into_iter(),
            told,
            tell: give,
            postings: Vec::new(),
            tally: Tally::default(),
            killed,
            began,
            since: 0,
            owner,
        })
    }

    async fn run(mut self, times: u64, tell: &(dyn Fn(u64) + Sync)) -> Result<Killed, String> {
        self.process.begin(&self.asker).await?;
        while self.killed.kills < times {
            self.make_faults(true);
            self.turns.add_permits(self.each);
            let calm = self.killed.kills % CALM == CALM - 1;
            let load = if calm { CALMS } else { self.dice.span(LOADED.0, LOADED.1) };
            self.hear(load).await?;
            if self.dice.falls(PAUSED) {
                self.process.pause(self.dice.span(LOADED.0, LOADED.1)).await?;
                self.killed.pauses += 1;
            }
            match self.killed.kills % EVERY {
                FULL => self.full_disk().await?,
                POWERLESS => self.power_failure().await?,
                _ => {}
            }
            self.has_ended("under load")?;
            self.process.kill()?;
            self.killed.kills += 1;
            let start = self.process.begin(&self.asker).await?;
            self.killed.longest_start = self.killed.longest_start.max(start);
            tell(self.killed.kills);
        }
        self.since = now(&self.owner);
        self.make_faults(false);
        self.end().await
    }

    /// Whether parties and connections are faulty from now on.
    fn make_faults(&self, on: bool) {
        self.parties.make_faults(&self.dice, on, Moods::none(), None);
        let weather = if on { Weather::of(&self.dice) } else { Weather::default() };
        self.proxies.set_weather(Weather { late: weather.late.min(LATE), ..weather });
    }

    /// Takes down what clients were told, for so long; gives how many were told that theirs is done.
    async fn hear(&mut self, span: Duration) -> Result<usize, String> {
        let (until, before) = (tokio::time::Instant::now() + span, self.postings.len());
        while let Ok(Some(end)) = tokio::time::timeout_at(until, self.told.recv()).await {
            let Some(posting) = asked(end, &mut self.tally) else { continue };
            if let Some((wrong, words)) = judge_refusal(self.ground, &self.parties, &posting)? {
                self.killed.is_wrong(wrong, &words);
            }
            self.postings.push(posting);
        }
        let new = self.postings.get(before..).unwrap_or_default();
        Ok(new.iter().filter(|posting| posting.told.contains(&Said::Done)).count())
    }

    /// The disk is full for a while: postings are refused, nothing else happens, and with room it goes on by itself.
    async fn full_disk(&mut self) -> Result<(), String> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let failed = |error: std::io::Error| format!("the small disk: {error}");
        self.journal.tighten()?;
        disk.fill().map_err(failed)?;
        self.killed.full_disks += 1;
        let (before, until) = (self.asker.refused_busy(), Instant::now() + FELT);
        if let Some(comer) = self.comers.next() {
            comer.add_permits(usize::try_from(COMERS).unwrap_or(1));
        }
        while self.asker.refused_busy() == before && Instant::now() < until {
            self.hear(LOADED.0).await?;
        }
        let full = self.dice.span(LOADED.0, LOADED.1);
        self.hear(full).await?;
        let refused = self.asker.refused_busy() - before;
        self.killed.refused_when_full += refused;
        // A table may still have room in pages of its own: a disk whose fullness nobody felt shows nothing.
        self.killed.felt_disks += u64::from(refused > 0);
        if let Some(disk) = &self.disk {
            disk.free().map_err(failed)?;
        }
        self.goes_on("after a full disk").await
    }

    /// The database's machine loses its power and comes back: the gateway asks it again.
    async fn power_failure(&mut self) -> Result<(), String> {
        let Some(server) = self.journal.server() else { return Ok(()) };
        let failed = |error: std::io::Error| format!("the database's server: {error}");
        server.kill().map_err(failed)?;
        self.killed.power_failures += 1;
        let dark = self.dice.span(LOADED.0, LOADED.1);
        self.hear(dark).await?;
        if let Some(server) = self.journal.server() {
            tokio::task::block_in_place(|| server.begin()).map_err(failed)?;
        }
        self.goes_on("after a power failure of the database").await
    }

    /// Whether it is not there any more, though nobody has killed it: that is a failure.
    fn has_ended(&mut self, when: &str) -> Result<bool, String> {
        let ended = self.process.ended()?;
        if let Some(status) = ended {
            self.killed.failures.push(format!("{when} the gateway ended by itself with {status}"));
            // Told once: it is forgotten until it is begun again.
            self.process.kill()?;
        }
        Ok(ended.is_some())
    }

    /// Whether it is still the same process, and something is done before long.
    async fn goes_on(&mut self, after: &str) -> Result<(), String> {
        if self.has_ended(after)? {
            return Ok(());
        }
        self.turns.add_permits(self.each);
        let until = Instant::now() + GOES_ON;
        while Instant::now() < until {
            if self.hear(LOADED.0).await? > 0 {
                return Ok(());
            }
        }
        self.killed.failures.push(format!("{after} nothing is done any more"));
        Ok(())
    }

    /// In fair weather everything ends; then the auditor looks.
    async fn end(self) -> Result<Killed, String> {
        let Self { ground, parties, proxies, asker, operator, turns, comers, tell, mut told, .. } = self;
        let Self { mut postings, mut tally, mut killed, began, since, owner, .. } = self;
        // They end in the other order, here too.
        let _disk = self.disk;
        let journal = self.journal;
        let mut process = self.process;
        // Whoever tells a story tells it to its end, and nobody begins another.
        turns.close();
        comers.for_each(|comer| comer.close());
        drop(tell);
        while let Some(end) = told.recv().await {
            postings.extend(asked(end, &mut tally));
        }
        let settles = Instant::now();
        let (judged, waits) = settle(&asker.in_fair_weather(), &operator, postings).await;
        killed.settled = settles.elapsed();
        let seen = now(&owner);
        process.end().await?;
        let open = journal.open_flows()?;
        killed.failures.extend(standing::told(process.log())?);
        killed.failures.extend(standing::overdue(&open, &waits, |name| ground.program(name), (since, seen)));
        let (all, dates) =
            (judged.iter().map(|(posting, _)| posting), business_dates(ground, Moment(seen * 1_000)));
        for words in over_limits(ground, &parties, all, dates)? {
            killed.is_wrong(Wrong::OverLimit, &words);
        }
        for (posting, last) in judged {
            let people = flow_of(&last).is_some_and(|flow| waits.contains(flow));
            let open = flow_of(&last).is_some_and(|flow| open.contains_key(flow));
            let goes_on = people || open;
            killed.waiting += u64::from(people);
            killed.going_on += u64::from(open && !people);
            let last = last.map(|(said, _)| said);
            killed.count(last);
            if last == Some(Said::Done) || posting.told.contains(&Said::Done) {
                tally.done(posting.story);
            }
            for (wrong, words) in judge(ground, &parties, &posting, last, goes_on)? {
                killed.is_wrong(wrong, &words);
            }
        }
        for words in misdated(ground, &parties) {
            killed.is_wrong(Wrong::Misdated, &words);
        }
        if killed.full_disks > 0 && killed.felt_disks == 0 {
            killed
                .failures
                .push(format!("{} times the disk was full and no ask was refused", killed.full_disks));
        }
        killed.failures.extend(tally.never_done(&ground.plan, ENOUGH));
        killed.failures.extend(parties.broken());
        let Verified { faults, writes, rows, .. } = journal.verify()?;
        killed.failures.extend(faults.iter().map(|fault| format!("the journal: {fault}")));
        killed.verified = (writes, rows);
        let named = |(fault, times): (NetworkFault, u64)| (fault.name(), times);
        killed.connections = proxies.counted().into_iter().map(named).collect();
        killed.of_parties = parties.faults_made();
        killed.took = began.elapsed();
        Ok(killed)
    }
}

/// Whether this process may do everything.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// What the day's clock shows, in milliseconds.
fn now(owner: &CoreOwner) -> i64 {
    owner.core().world().clock.now().0 / 1_000
}

/// The posting of a story, counted; none where an ask before it was not done.
fn asked(end: StoryEnd, tally: &mut Tally) -> Option<Posting> {
    match end {
        StoryEnd::Stopped(story) => {
            tally.told(story);
            None
        }
        StoryEnd::Asked(posting) => {
            tally.told(posting.story);
            Some(*posting)
        }
    }
}

/// The ground's deployment with this journal, and a clock that everybody shares.
fn deployment(ground: &Ground, journal: &Journal) -> Result<String, String> {
    let mut deployment: Value =
        serde_json::from_str(&ground.deployment).map_err(|error| error.to_string())?;
    deployment["store"] = journal.deployed();
    let since = jiff::Timestamp::now().to_string();
    deployment["clock"] = json!({ "start": ground.begins, "since": since, "scale": SPEED });
    Ok(deployment.to_string())
}
