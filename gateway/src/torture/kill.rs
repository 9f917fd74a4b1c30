//! The gateway as a process of its own, under load, with its journal on the disk and real sockets: killed, or stopped for a
//! while, again and again, and started anew on what it left behind. Then the same auditor looks.
//!
//! In: the ground on real addresses, how often. Out: [`Killed`]. Nothing here can be had again by a seed: when what was
//! written reaches the disk is nobody's to say.

use super::Wanted;
use super::audit::{Wrong, judge};
use super::client::{Asker, Client, Posting, Said};
use super::field::Diary;
use super::ground::Ground;
use super::parties::Parties;
use super::seed::stories;
use conformance::faults::Dice;
use link::world::Clock;
use link::{Core, World};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Clear, FlowId};
use tokio::sync::mpsc;

/// Clients at once, and stories of each for every kill.
const CLIENTS: u64 = 12;
const EACH: u64 = 1;
/// By how much clients are in more of a hurry than in a simulated day.
const HASTE: u32 = 20;
/// How long a start may take, and an end.
const STARTS: Duration = Duration::from_secs(120);
/// How long what was begun is waited for in fair weather. A quiet time may be longer: whether everything ends is for the
/// simulated day to say, where time costs nothing.
const SETTLES: Duration = Duration::from_secs(150);
/// Stories that are told.
const TOLD: usize = 4_096;
/// Open flows read at once.
const PAGE: usize = 1_000;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Killed {
    /// Times killed, and times stopped for a while and let go on.
    pub(crate) kills: u64,
    pub(crate) pauses: u64,
    /// Postings asked for; of them by the last answer: done, refused, pending.
    pub(crate) postings: u64,
    pub(crate) ends: [u64; 3],
    /// What is wrong, by kind and in words.
    pub(crate) wrong: BTreeMap<Wrong, u64>,
    pub(crate) failures: Vec<String>,
    /// Writes and rows of the journal that were compared with its chains.
    pub(crate) verified: (u64, u64),
    /// How long it took.
    pub(crate) took: Duration,
    /// Starts after a kill: the longest until asks were taken again.
    pub(crate) longest_start: Duration,
}

impl Killed {
    /// Nothing was lost, doubled or falsely answered, and the journal is whole.
    pub(crate) fn well(&self) -> bool {
        self.failures.is_empty() && self.postings > 0
    }

    fn of(&self, wrong: Wrong) -> u64 {
        self.wrong.get(&wrong).copied().unwrap_or(0)
    }

    /// One object for machines.
    pub(crate) fn object(&self) -> Value {
        json!({
            "kills": self.kills, "pauses": self.pauses, "transactions": self.postings,
            "seconds": self.took.as_secs(), "longest_start_ms": self.longest_start.as_millis() as u64,
            "done": self.ends[0], "refused": self.ends[1], "pending": self.ends[2],
            "lost": self.of(Wrong::Lost) + self.of(Wrong::OneSided), "doubled": self.of(Wrong::Doubled),
            "false_answers": self.of(Wrong::FalseAnswer), "hanging": self.of(Wrong::Hangs),
            "writes_verified": self.verified.0, "rows_verified": self.verified.1, "failures": self.failures,
        })
    }

    /// In words.
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        for failure in &self.failures {
            out.push_str(&format!("⇒ {failure}\n"));
        }
        out.push_str(&format!(
            "{} kills, {} pauses · {} postings ({} done, {} refused, {} pending) · {} s, the longest start {} ms\n",
            self.kills,
            self.pauses,
            self.postings,
            self.ends[0],
            self.ends[1],
            self.ends[2],
            self.took.as_secs(),
            self.longest_start.as_millis(),
        ));
        out.push_str(&format!(
            "{} lost or on one side only · {} doubled · {} falsely answered · {} without an end · {} writes, {} rows of the journal verified\n",
            self.of(Wrong::Lost) + self.of(Wrong::OneSided),
            self.of(Wrong::Doubled),
            self.of(Wrong::FalseAnswer),
            self.of(Wrong::Hangs),
            self.verified.0,
            self.verified.1,
        ));
        out
    }
}

/// Kills the gateway so often. `tell` is called with the number of kills so far.
pub(crate) fn kill(
    wanted: &Wanted,
    ground: &Ground,
    times: u64,
    tell: &(dyn Fn(u64) + Sync),
) -> Result<Killed, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(campaign(wanted, ground, times, tell))
}

async fn campaign(
    wanted: &Wanted,
    ground: &Ground,
    times: u64,
    tell: &(dyn Fn(u64) + Sync),
) -> Result<Killed, String> {
    let began = Instant::now();
    let owner = Core::start(World::real());
    let folder = ground.folder.join("real");
    std::fs::create_dir_all(folder.join("spool"))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let parties = Parties::open(ground, &owner.core(), &folder).await?;
    let dice = Dice::new(wanted.from);
    let diary = Diary::new(Arc::clone(&owner.core().world().clock) as Arc<dyn Clock>);
    let asker = Asker::new(&owner.core(), ground, &diary);
    let mut process = Process::new(wanted, ground)?;
    let mut killed = Killed::default();
    process.begin(&asker).await?;
    let (give, mut take) = mpsc::channel(TOLD);
    let counts = vec![(times * EACH).max(2); usize::try_from(CLIENTS).unwrap_or(1)];
    for stories in stories(ground, &parties, &dice, &counts)? {
        let asker = Asker::new(&owner.core(), ground, &diary);
        let dice = Dice::new(dice.below(u64::MAX));
        let client = Client { asker, dice, copies: true, haste: HASTE, tell: give.clone() };
        owner.core().spawn(client.run(stories));
    }
    drop(give);
    let mut postings = Vec::new();
    let mut clients_work = true;
    while killed.kills < times && clients_work {
        parties.make_faults(&dice, true);
        let until = tokio::time::Instant::now() + dice.span(LOADED.0, LOADED.1);
        while let Ok(told) = tokio::time::timeout_at(until, take.recv()).await {
            let Some(posting) = told else {
                clients_work = false;
                break;
            };
            postings.push(posting);
        }
        if dice.falls(PAUSED) {
            process.pause(dice.span(LOADED.0, LOADED.1)).await?;
            killed.pauses += 1;
        }
        process.kill()?;
        killed.kills += 1;
        let start = process.begin(&asker).await?;
        killed.longest_start = killed.longest_start.max(start);
        tell(killed.kills);
    }
    parties.make_faults(&dice, false);
    while let Some(posting) = take.recv().await {
        postings.push(posting);
    }
    let judged = settle(&asker.in_fair_weather(), postings).await;
    process.end().await?;
    audit(ground, &parties, judged, &mut killed)?;
    killed.took = began.elapsed();
    Ok(killed)
}

/// How long the gateway is under load between two kills.
const LOADED: (Duration, Duration) = (Duration::from_millis(150), Duration::from_millis(2_500));
/// Of ten thousand kills, so many after a pause in which the process stood still.
const PAUSED: u16 = 2_500;

/// Every posting with its last answer; those that are pending are asked about until they end, or for long enough.
async fn settle(asker: &Asker, postings: Vec<Posting>) -> Vec<(Posting, Option<(Said, Value)>)> {
    let until = Instant::now() + SETTLES;
    let mut judged: Vec<_> = postings.into_iter().map(|posting| (posting, None)).collect();
    loop {
        let mut open = 0;
        for (posting, last) in &mut judged {
            if last.as_ref().is_some_and(|(said, _)| *said != Said::Pending) {
                continue;
            }
            *last = match posting.cancelled {
                Some(_) => asker.enquire(&posting.service, &posting.body).await,
                None => asker.ask(&posting.service, &posting.body).await,
            };
            open += usize::from(last.as_ref().is_none_or(|(said, _)| *said == Said::Pending));
        }
        if open == 0 || Instant::now() > until {
            return judged;
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

fn audit(
    ground: &Ground,
    parties: &Parties<'_>,
    judged: Vec<(Posting, Option<(Said, Value)>)>,
    killed: &mut Killed,
) -> Result<(), String> {
    let journal = ground.folder.join("journal.db");
    let open = open(&journal)?;
    for (posting, last) in judged {
        let goes_on =
            last.as_ref().and_then(|(_, flow)| flow.as_str()).is_some_and(|flow| open.contains(flow));
        let last = last.map(|(said, _)| said);
        killed.postings += 1;
        let place = match last {
            Some(Said::Done) => 0,
            Some(Said::Refused) => 1,
            _ => 2,
        };
        if let Some(count) = killed.ends.get_mut(place) {
            *count += 1;
        }
        for (wrong, words) in judge(ground, parties, &posting, last, goes_on)? {
            *killed.wrong.entry(wrong).or_default() += 1;
            killed.failures.push(format!("{wrong:?}: {words}"));
        }
    }
    killed.failures.extend(parties.broken());
    let verified = store::verify(&journal).map_err(|fatal| fatal.to_string())?;
    killed.failures.extend(verified.faults.iter().map(|fault| format!("the journal: {fault}")));
    killed.verified = (verified.writes, verified.rows);
    Ok(())
}

/// Flows of the journal that go on, or wait for people.
fn open(journal: &Path) -> Result<BTreeSet<String>, String> {
    let mut reader = store::reader(journal, Arc::new(Clear)).map_err(|error| error.to_string())?;
    let (mut after, mut open) = (FlowId(0), BTreeSet::new());
    loop {
        let page = reader.open_flows(after, PAGE).map_err(|fatal| fatal.to_string())?;
        let Some(last) = page.last() else { return Ok(open) };
        after = last.flow;
        open.extend(page.iter().map(|row| row.flow.to_string()));
    }
}

/// The gateway's process.
struct Process {
    deployment: PathBuf,
    configs: PathBuf,
    passphrase: String,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    fn new(wanted: &Wanted, ground: &Ground) -> Result<Self, String> {
        let deployment = ground.folder.join("gateway.yaml");
        let written = std::fs::write(&deployment, &ground.deployment);
        written.map_err(|error| format!("{}: {error}", deployment.display()))?;
        Ok(Self {
            deployment,
            configs: wanted.configs.clone(),
            passphrase: ground.passphrase.clone(),
            log: ground.folder.join("gateway.log"),
            child: None,
        })
    }

    /// Starts it; gives how long it took until it takes asks.
    async fn begin(&mut self, asker: &Asker) -> Result<Duration, String> {
        let began = Instant::now();
        let failed = |error: std::io::Error| format!("the gateway cannot be started: {error}");
        let log = || File::options().create(true).append(true).open(&self.log);
        let child = Command::new(std::env::current_exe().map_err(failed)?)
            .arg("run")
            .arg(&self.deployment)
            .arg("--configs")
            .arg(&self.configs)
            .env("TONGSHI_PASSPHRASE", &self.passphrase)
            .stdin(Stdio::null())
            .stdout(log().map_err(failed)?)
            .stderr(log().map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let child = self.child.insert(child);
        while !asker.is_ready().await {
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Err(format!("the gateway ended with {status}; see {}", self.log.display()));
            }
            if began.elapsed() > STARTS {
                return Err(format!("the gateway takes no asks; see {}", self.log.display()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(began.elapsed())
    }

    /// Nothing of it runs any more.
    fn kill(&mut self) -> Result<(), String> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let killed = child.kill().and_then(|()| child.wait());
        killed.map(drop).map_err(|error| format!("the gateway cannot be killed: {error}"))
    }

    /// It stands still for a while.
    async fn pause(&self, span: Duration) -> Result<(), String> {
        self.signal("STOP")?;
        tokio::time::sleep(span).await;
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> Result<(), String> {
        let Some(child) = &self.child else { return Ok(()) };
        let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("kill -{name}: {status}")),
            Err(error) => Err(format!("kill -{name}: {error}")),
        }
    }

    /// Ends it as an operator does.
    async fn end(&mut self) -> Result<(), String> {
        self.signal("TERM")?;
        let until = Instant::now() + STARTS;
        while let Some(child) = &mut self.child {
            if child.try_wait().map_err(|error| error.to_string())?.is_some() || Instant::now() > until {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.kill()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.kill();
    }
}
