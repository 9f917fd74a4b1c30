//! A file that was found: copied to the spool, remembered, and taken on step by step until nothing is left to do.
//!
//! In: complete files of a link. Out: what they ask ([`super::asking`]), their result files ([`super::answer`]), entries of the
//! journal. Each step is durable before the next: after a restart a file goes on where it stood, read by the version that it was
//! taken under, and one that was taken is not taken again. It must not know what is booked.

use super::answer::Written;
use super::begun::Asked;
use super::spooled::{self, SpoolError, Spooled};
use crate::engine::Engine;
use crate::facts::Body;
use crate::serve::Serving;
use crate::version::Version;
use dsl::program::LinkProgram;
use link::Mark;
use link::files::{FileLink, FilePath};
use link::watch::Found;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Change, Direction, FileProgress, FlowId, Lane, Moment, Verdict};

/// The pause before a step that could not be done is tried again, and between two looks at rows that are still open.
pub(super) const AGAIN: Duration = Duration::from_secs(60);
/// The pause before what found no room is tried again.
pub(super) const ROOM: Duration = Duration::from_secs(5);
/// How long it is not said again that a step could not be done.
const SAID: Duration = Duration::from_secs(3_600);
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Files that go on after a start.
const RESUMED: usize = 5_000;

/// The largest control file that is taken.
const CONTROL_MOST: u64 = 64 * 1024;

/// Phases of a file, as the journal keeps them.
const SPOOLED: &str = "spooled";
const WRITTEN: &str = "written";
const ANSWERED: &str = "answered";

/// Where a file was found.
#[derive(Clone)]
pub(crate) struct Source {
    /// The party.
    pub(crate) party: String,
    /// The link.
    pub(crate) link: String,
    /// The folder on it.
    pub(crate) folder: FilePath,
}

/// A file that was taken.
pub(super) struct TakenFile {
    pub(super) source: Source,
    pub(super) name: String,
    pub(super) file: Spooled,
    /// What it is read by, however often: its rows have their numbers from it.
    pub(super) version: Arc<Version>,
    /// What it has asked, or was about to.
    pub(super) asked: Mutex<Option<Asked>>,
}

impl TakenFile {
    /// The link that it came by.
    pub(super) fn link(&self) -> Option<(usize, &LinkProgram)> {
        let module = self.version.module_named(&self.source.party)?;
        let links = &self.version.module(module)?.links;
        Some((module, links.iter().find(|link| *link.link.name == *self.source.link)?))
    }

    /// Serves it by its version.
    pub(super) fn serving(&self, engine: &Arc<Engine>) -> Serving {
        let Source { party, link, .. } = &self.source;
        let mut serving = Serving::of(engine, party.as_str(), link.as_str(), self.name.as_str());
        serving.version = Arc::clone(&self.version);
        serving
    }
}

/// Where a file stands.
pub(super) enum Stage {
    /// It is in the spool; what it asks may have been asked.
    Spooled,
    /// Its answer is written, and to be put.
    Written(Box<Written>, Option<FlowId>),
    /// Its answer is put; another follows when the rows that are open have ended.
    Answered(FlowId),
    /// Nothing is left to do.
    Ended(Option<FlowId>),
}

/// Why a file does not go on now.
pub(super) enum Halt {
    /// In words; it is tried again.
    Again(String),
    /// The same of a file that has begun a flow and is not read by the deployment of now: people are to look at that.
    Unread(String),
    /// The gateway stops: the file stays where it stands.
    Stopping,
}

/// What the journal keeps of a file beside its name and digest.
struct Kept {
    link: String,
    folder: String,
    name: String,
    file: Spooled,
    /// The version that it is read by; none: by the one that holds now.
    version: Option<[u8; 32]>,
    /// Its answer, while it is being put.
    written: Option<Written>,
    /// What it has asked, or was about to.
    asked: Option<Asked>,
}

impl Kept {
    fn encode(&self) -> Vec<u8> {
        let mut body = Body::default();
        body.put("link", self.link.clone().into_bytes());
        body.put("folder", self.folder.clone().into_bytes());
        body.put("name", self.name.clone().into_bytes());
        body.put("file", self.file.encode());
        if let Some(version) = self.version {
            body.put("version", version.to_vec());
        }
        if let Some(written) = &self.written {
            body.put("written", written.encode());
        }
        if let Some(asked) = &self.asked {
            body.put("asked", asked.encode());
        }
        body.encode()
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let body = Body::decode(octets)?;
        let text = |name| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
        Some(Self {
            link: text("link")?,
            folder: text("folder")?,
            name: text("name")?,
            file: Spooled::decode(body.get("file")?)?,
            version: body.get("version").and_then(|hash| hash.try_into().ok()),
            written: body.get("written").and_then(Written::decode),
            asked: body.get("asked").and_then(Asked::decode),
        })
    }
}

/// Says why something could not be done, once an hour while it is the same.
#[derive(Default)]
pub(super) struct Said(Option<(String, Mark)>);

impl Said {
    /// Whether it is to be said now.
    pub(super) fn anew(&mut self, why: &str, now: Mark) -> bool {
        let known = |(before, at): &(String, Mark)| before == why && now.since(*at) < SAID;
        let anew = !self.0.as_ref().is_some_and(known);
        if anew {
            self.0 = Some((why.to_owned(), now));
        }
        anew
    }
}

/// What became of a file that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// It is ours now, or was before: it may be taken away.
    Yes,
    /// It stays where it is, for a person.
    No,
    /// It could not be copied now.
    Later,
}

impl Engine {
    /// Takes a file: from here on the journal knows it.
    pub(crate) async fn take_found(
        self: &Arc<Self>,
        source: &Source,
        (version, link): (&Arc<Version>, &LinkProgram),
        place: &dyn FileLink,
        found: &Found,
        control: Option<&FilePath>,
    ) -> Taken {
        let Ok(spool_name) = self.spool_name("in").await else {
            tracing::warn!(party = %source.party, file = %found.entry.name, "the journal gives no number now");
            return Taken::Later;
        };
        let taken = self.take_as(&spool_name, source, (version, link), place, found, control).await;
        let file = match taken {
            Ok(file) => file,
            Err(NotTaken::Unsettled) => return Taken::Later,
            Err(NotTaken::Became(became)) => {
                self.unspool(&spool_name).await;
                return became;
            }
        };
        let name = found.entry.name.clone();
        let (source, version) = (source.clone(), Arc::clone(version));
        let file = TakenFile { source, name, file, version, asked: Mutex::default() };
        self.core.spawn(Arc::clone(self).work_file(file, Stage::Spooled));
        Taken::Yes
    }

    /// Takes it under a name of the spool.
    async fn take_as(
        self: &Arc<Self>,
        spool_name: &str,
        source: &Source,
        (version, link): (&Arc<Version>, &LinkProgram),
        place: &dyn FileLink,
        found: &Found,
        control: Option<&FilePath>,
    ) -> Result<Spooled, NotTaken> {
        let most = self.deployment.load().limits.file;
        let fetch = async |path: &FilePath, name: &str, most: u64| {
            spooled::fetch(&self.core, &self.spool, place, path, name, most).await
        };
        let fetched = match (fetch(&found.path, spool_name, most).await, control) {
            (Ok(file), Some(control)) => {
                let control = fetch(control, &spooled::control_name(spool_name), CONTROL_MOST).await;
                control.map(|control| (spooled::completed(file, &control), control.size == 0))
            }
            (fetched, _) => fetched.map(|file| (file, false)),
        };
        let file = match fetched {
            // Nothing stands in the control file yet, or the file is not what was listed: whoever puts it has only begun.
            Ok((_, true)) => return Err(Taken::Later.into()),
            Ok((file, false)) if file.size != found.entry.size => return Err(Taken::Later.into()),
            Ok((file, false)) => file,
            Err(SpoolError::TooLarge(_)) => {
                self.file_refused(source, &found.entry.name, "larger than any file that is taken");
                return Err(Taken::No.into());
            }
            Err(error) => {
                tracing::warn!(party = %source.party, link = %source.link, file = %found.entry.name, %error, "a file cannot be copied");
                return Err(Taken::Later.into());
            }
        };
        match self.remember_file(source, (version, link), &found.entry.name, &file).await {
            Remembered::New => Ok(file),
            Remembered::Known(known) => Err(self.put_back(&known, &file).await.into()),
            Remembered::OtherName => {
                let fault = "the same content as a file taken before under another name";
                self.file_refused(source, &found.entry.name, fault);
                Err(Taken::No.into())
            }
            Remembered::NotNow => Err(Taken::Later.into()),
            Remembered::Unsettled => Err(NotTaken::Unsettled),
        }
    }

    /// A file that is worked on, and came again: where the spool has lost its copy, what was fetched now takes its place.
    async fn put_back(&self, known: &FileProgress, file: &Spooled) -> Taken {
        let open = Kept::decode(&known.state).filter(|_| known.phase != FileProgress::ENDED);
        let Some(kept) = open.filter(|kept| kept.file.digest == file.digest) else { return Taken::Yes };
        let control = (spooled::control_name(&file.name), spooled::control_name(&kept.file.name));
        for ((from, to), always) in [(control, false), ((file.name.clone(), kept.file.name), true)] {
            // It replaces nothing: a copy that is there stays.
            match self.core.world().files.rename(&self.spool.place(&from), &self.spool.place(&to)).await {
                Ok(()) => {
                    tracing::warn!(party = %known.party, file = %known.name, place = to, "the spool had lost a file; it is there again");
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == ErrorKind::NotFound && !always => {}
                Err(error) => {
                    tracing::warn!(party = %known.party, file = %known.name, %error, "a file cannot be put into the spool again");
                    return Taken::Later;
                }
            }
        }
        Taken::Yes
    }

    /// Whether a file that lies without its mark is one that was taken before. None: it is not known now.
    pub(crate) async fn was_taken(
        &self,
        source: &Source,
        place: &dyn FileLink,
        found: &Found,
    ) -> Option<bool> {
        let most = self.deployment.load().limits.file;
        let file = match spooled::measured(place, &found.path, most).await {
            Ok(file) => file,
            Err(SpoolError::TooLarge(_)) => return Some(false),
            Err(_) => return None,
        };
        let (party, key) = (source.party.clone(), key_of(source, &found.entry.name, &file));
        match self.journal.read(move |reader| reader.file(&party, Direction::In, &key)).await {
            Ok(known) => Some(known.is_some_and(|known| known.digest == file.digest)),
            Err(fatal) => {
                self.fail(&fatal);
                None
            }
        }
    }

    /// Removes what was fetched of a file that is not taken.
    async fn unspool(&self, name: &str) {
        for name in [name, &spooled::control_name(name)] {
            match self.core.world().files.remove(&self.spool.place(name)).await {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    tracing::warn!(name, %error, "what is not needed stays in the spool");
                }
                _ => {}
            }
        }
    }

    async fn remember_file(
        self: &Arc<Self>,
        source: &Source,
        (version, link): (&Arc<Version>, &LinkProgram),
        name: &str,
        file: &Spooled,
    ) -> Remembered {
        let (party, key) = (source.party.clone(), key_of(source, name, file));
        match self.journal.read(move |reader| reader.file(&party, Direction::In, &key)).await {
            Ok(Some(known)) => return Remembered::Known(Box::new(known)),
            Ok(None) => {}
            Err(fatal) => {
                self.fail(&fatal);
                return Remembered::NotNow;
            }
        }
        let mut changes = Vec::new();
        let days = link.link.once.iter().find(|(kind, _)| &**kind == "digest").map(|(_, days)| *days);
        if let Some(days) = days {
            let until = Moment(self.journal.now().0 + i64::from(days.max(1)) * DAY_MS);
            let scope = format!("{}.{} content", source.party, source.link);
            changes.push(Change::Once { scope, name: file.digest.to_vec(), until });
        }
        let (source, name, file) = (source.clone(), name.to_owned(), file.clone());
        let version = Arc::clone(version);
        let taken = TakenFile { source, name, file, version, asked: Mutex::default() };
        changes.push(Change::PutFile(progress(&taken, &Stage::Spooled)));
        let day = crate::calendar::day(self.now().date());
        match self.journal.write(Lane::Ask, day, changes).await {
            Ok(Verdict::Ok(_)) => Remembered::New,
            Ok(Verdict::Seen) => Remembered::OtherName,
            Ok(verdict) => {
                tracing::warn!(party = %taken.source.party, file = taken.name, ?verdict, "the journal does not take a file now");
                Remembered::NotNow
            }
            Err(fatal) => {
                self.fail(&fatal);
                Remembered::Unsettled
            }
        }
    }

    /// Journals where files stand. It waits while there is no room: what has been done must not be done again.
    pub(super) async fn put_phases(&self, mut files: Vec<FileProgress>) -> Result<(), Halt> {
        loop {
            let day = crate::calendar::day(self.now().date());
            let changes = files.iter().cloned().map(Change::PutFile).collect();
            match self.journal.write(Lane::Outcome, day, changes).await {
                Ok(Verdict::Ok(_)) => return Ok(()),
                Ok(Verdict::Full) => {
                    tracing::warn!("the journal has no room for where a file stands; it is written again");
                    self.wait(ROOM).await?;
                }
                // A result may wait for longer than the journal is kept: what it is of is forgotten by then, and it was put.
                Ok(Verdict::Impossible(why)) if files.iter().any(|file| file.flow.is_some()) => {
                    tracing::warn!(%why, "the journal has forgotten what a file asked; where the file stands is written without it");
                    files.iter_mut().for_each(forget_flow);
                }
                Ok(verdict) => {
                    tracing::error!(?verdict, "the journal does not take where a file stands; it stays open");
                    return Err(Halt::Stopping);
                }
                Err(fatal) => {
                    self.fail(&fatal);
                    return Err(Halt::Stopping);
                }
            }
        }
    }

    /// Waits a while.
    ///
    /// # Errors
    /// The gateway stops.
    pub(super) async fn wait(&self, pause: Duration) -> Result<(), Halt> {
        let goes_on = || self.goes_on().then_some(()).ok_or(Halt::Stopping);
        goes_on()?;
        self.core.deadline(self.core.mark().after(pause)).await;
        goes_on()
    }

    /// Journals that a file was not taken.
    pub(crate) fn file_refused(&self, source: &Source, name: &str, fault: &str) {
        let link = format!("{}.{}", source.party, source.link);
        tracing::warn!(party = %source.party, link = %source.link, file = name, fault, "a file was refused");
        crate::serve::refuse(self, &link, name, fault, name.as_bytes());
    }

    /// Goes on with every file that was taken and is not answered.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn resume_files(self: &Arc<Self>) -> Result<(), store::Fatal> {
        let open = self.journal.read(|reader| reader.open_files(RESUMED)).await?;
        if open.len() >= RESUMED {
            tracing::error!(
                "more than {RESUMED} files are open: those behind them go on after another start"
            );
        }
        for row in open {
            let Some(kept) = Kept::decode(&row.state).filter(|_| row.direction == Direction::In) else {
                continue;
            };
            let Ok(folder) = FilePath::parse(&kept.folder) else { continue };
            let source = Source { party: row.party.clone(), link: kept.link, folder };
            let stage = match (kept.written, row.flow) {
                (Some(written), flow) if row.phase == WRITTEN => Stage::Written(Box::new(written), flow),
                (_, Some(flow)) if row.phase == ANSWERED => Stage::Answered(flow),
                _ => Stage::Spooled,
            };
            let engine = Arc::clone(self);
            self.core.spawn(async move {
                let version = match kept.version {
                    Some(hash) => engine.version_of(hash).await,
                    None => Ok(Some(engine.current.load_full())),
                };
                match version {
                    Ok(Some(version)) => {
                        let (name, file, asked) = (kept.name, kept.file, Mutex::new(kept.asked));
                        let file = TakenFile { source, name, file, version, asked };
                        engine.work_file(file, stage).await;
                    }
                    Ok(None) => {
                        tracing::error!(party = %source.party, file = kept.name, "the version that a file was taken under is not there any more; the file stays open");
                    }
                    Err(fatal) => engine.fail(&fatal),
                }
            });
        }
        Ok(())
    }

    /// Takes a file on until nothing is left to do, or the gateway stops.
    async fn work_file(self: Arc<Self>, mut file: TakenFile, mut stage: Stage) {
        let mut said = Said::default();
        loop {
            match self.next_stage(&file, &stage).await {
                Ok(Stage::Ended(_)) | Err(Halt::Stopping) => return,
                Ok(next) => stage = next,
                Err(Halt::Again(why)) => {
                    if said.anew(&why, self.core.mark()) {
                        tracing::error!(party = %file.source.party, file = %file.name, %why, "a file does not go on; it is tried again");
                    }
                    if self.wait(AGAIN).await.is_err() {
                        return;
                    }
                }
                Err(Halt::Unread(why)) => {
                    if said.anew(&why, self.core.mark()) {
                        tracing::error!(party = %file.source.party, file = %file.name, %why, "a file is not read again; its rows go on, and it waits for a deployment that reads it");
                        let link = format!("{}.{}", file.source.party, file.source.link);
                        crate::serve::refuse(&self, &link, &file.name, &why, file.name.as_bytes());
                    }
                    if self.wait(AGAIN).await.is_err() {
                        return;
                    }
                    // The same texts may have another deployment since.
                    if let Some(version) = self.versions.get(&file.version.hash) {
                        file.version = Arc::clone(&version);
                    }
                }
            }
        }
    }

    /// Takes a file one step on, durably.
    async fn next_stage(self: &Arc<Self>, file: &TakenFile, stage: &Stage) -> Result<Stage, Halt> {
        let mut phases = Vec::new();
        let next = match stage {
            Stage::Spooled => self.read_and_ask(file).await?,
            Stage::Written(written, flow) => {
                phases.push(self.put_answer(file, written, *flow).await.map_err(Halt::Again)?);
                self.behind_answer(written, *flow).await
            }
            Stage::Answered(flow) => self.answer_later(file, *flow).await?,
            Stage::Ended(flow) => return Ok(Stage::Ended(*flow)),
        };
        phases.push(progress(file, &next));
        self.put_phases(phases).await?;
        Ok(next)
    }
}

/// Where a file stands, as the journal keeps it.
pub(super) fn progress(taken: &TakenFile, stage: &Stage) -> FileProgress {
    let TakenFile { source, name, file, version, .. } = taken;
    let (phase, flow, written) = match stage {
        Stage::Spooled => (SPOOLED, None, None),
        Stage::Written(written, flow) => (WRITTEN, *flow, Some((**written).clone())),
        Stage::Answered(flow) => (ANSWERED, Some(*flow), None),
        Stage::Ended(flow) => (FileProgress::ENDED, *flow, None),
    };
    let kept = Kept {
        link: source.link.clone(),
        folder: source.folder.to_string(),
        name: name.clone(),
        file: file.clone(),
        version: Some(version.hash),
        written,
        asked: taken.asked(),
    };
    FileProgress {
        party: source.party.clone(),
        direction: Direction::In,
        name: key_of(source, name, file),
        flow,
        digest: file.digest,
        phase: phase.to_owned(),
        next_row: 0,
        rows: 0,
        state: kept.encode(),
    }
}

/// Where a file stands whose flow the journal has forgotten: no row of that is open, so nothing follows an answer that was put.
fn forget_flow(file: &mut FileProgress) {
    file.flow = None;
    if file.phase == ANSWERED {
        FileProgress::ENDED.clone_into(&mut file.phase);
    }
}

/// What is known of a file before it is taken.
enum Remembered {
    New,
    /// As the journal has it.
    Known(Box<FileProgress>),
    OtherName,
    NotNow,
    /// Whether the journal has it is known after the next start.
    Unsettled,
}

/// Why a file was not taken.
enum NotTaken {
    /// It is none of ours now: nobody needs its copy.
    Became(Taken),
    /// The journal may have it, with the name of its copy: that stays.
    Unsettled,
}

impl From<Taken> for NotTaken {
    fn from(became: Taken) -> Self {
        Self::Became(became)
    }
}

/// A file's key in the journal: what it is called where, and what it holds.
fn key_of(source: &Source, name: &str, file: &Spooled) -> String {
    let digest: String = file.digest.iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    format!("{}/{}/{name}#{digest}", source.link, source.folder)
}
