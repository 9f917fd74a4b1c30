//! Old days: by the clock each business date that is older than the deployment keeps is exported, where it asks for that, and
//! what was written is proved; then its keys are refused, and its rows and its chain go in pieces.
//!
//! In: the deployment's `keep` and `export`, the day at the bank. Out: a journal that begins at a kept day, with the digests
//! of those before. What was begun goes on after any stop: what is left to do is read from the journal. It must not know
//! what a row means, nor hold a posting up: between two pieces it waits.

use crate::engine::Engine;
use jiff::Span;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Change, Day, Exported, Fatal, FlowId, KeepFrom, Lane, Leaving, Moment, Reader, Verdict};

/// How often the day is looked at.
const LOOK: Duration = Duration::from_secs(60);
/// Between two pieces, so that postings find the journal free.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two tries to let a chain go that somebody reads.
const AGAIN: Duration = Duration::from_secs(5);
/// Dates that go within a while at most. A clock that is set years ahead makes all of them old, and what is forgotten does not
/// come back: until somebody has seen it, a few are gone and not the journal.
const DATES: u32 = 7;
const WHILE: Duration = Duration::from_secs(3_600);

/// Why old days stay for now.
#[derive(Debug, thiserror::Error)]
enum Stays {
    #[error("the gateway stops")]
    Stopping,
    #[error(
        "{day} is held back: flow {flow} is open or parked, or has a notice that is owed or waits for people"
    )]
    HeldBack { day: Day, flow: FlowId },
    #[error("{day} is not exported to {place}: {why}")]
    NotExported { day: Day, place: String, why: String },
    #[error(
        "{from} and what is behind it stay for an hour: {DATES} dates went, and {due} is still older than the journal is kept. Is the clock right?"
    )]
    Many { from: Day, due: Day },
    #[error("the chain of {day} cannot be read: {why}; `tongshi audit verify` says more")]
    NotRead { day: Day, why: String },
    #[error("the journal takes nothing of it now: {0:?}")]
    NotNow(Verdict),
    #[error(transparent)]
    Journal(#[from] Fatal),
}

impl Engine {
    /// Lets old days go until the engine stops.
    pub async fn forget_old_days(self: Arc<Self>) {
        let mut told = String::new();
        let (mut left, mut since) = (DATES, self.core.mark());
        while !self.stopping.load(Ordering::Acquire) {
            if self.core.mark() > since.after(WHILE) {
                (left, since) = (DATES, self.core.mark());
            }
            let stays = self.old_days(&mut left).await.err();
            let held = matches!(
                stays,
                Some(
                    Stays::HeldBack { .. }
                        | Stays::NotExported { .. }
                        | Stays::NotRead { .. }
                        | Stays::Many { .. }
                )
            );
            metrics::gauge!(crate::observe::HELD_BACK).set(if held { 1.0 } else { 0.0 });
            match stays {
                None | Some(Stays::Stopping) => told.clear(),
                Some(Stays::Journal(fatal)) => return self.fail(&fatal),
                // Said once, not each minute.
                Some(stays) if told == stays.to_string() => {}
                Some(stays) => {
                    told = stays.to_string();
                    tracing::warn!(why = told, "an old day of the journal stays");
                }
            }
            self.core.deadline(self.core.mark().after(LOOK)).await;
        }
    }

    /// `left`: so many dates may still go now.
    async fn old_days(&self, left: &mut u32) -> Result<(), Stays> {
        let Some(days) = self.deployment.load().store.keep_days() else { return Ok(()) };
        self.let_go().await?;
        let today = self.calendar.business_date(self.now(), None);
        let Ok(oldest) = today.checked_sub(Span::new().days(days)) else { return Ok(()) };
        let due = crate::calendar::day(oldest);
        while let Some(day) = self.journal.read(|reader| reader.oldest_day()).await?.filter(|day| *day < due)
        {
            let held = self.journal.read(move |reader| reader.held_back(day.next())).await?;
            if let Some(flow) = held {
                return Err(Stays::HeldBack { day, flow });
            }
            let fewer = left.checked_sub(1).ok_or(Stays::Many { from: day, due })?;
            let export = self.export(day).await?;
            self.keep_from(day.next(), export).await?;
            // What stays for another reason is tried again, and its reason told: it counts for nothing.
            *left = fewer;
            self.let_go().await?;
            self.forget_refused(day.next()).await?;
            tracing::info!(%day, "a day of the journal is forgotten");
        }
        self.pass_empty_days(due, left).await
    }

    /// Behind forgotten dates those go too on which nothing was written: a key of one of them is too old, not new.
    async fn pass_empty_days(&self, due: Day, left: &mut u32) -> Result<(), Stays> {
        let kept = self.journal.read(|reader| reader.kept_from()).await?;
        let (mut from, mut fewer) = (kept, *left);
        // Of a journal that has forgotten nothing every key is known.
        while kept != Day(0) && from < due && fewer > 0 {
            (from, fewer) = (from.next(), fewer - 1);
        }
        if from == kept {
            return Ok(());
        }
        let held = self.journal.read(move |reader| reader.held_back(from)).await?;
        if let Some(flow) = held {
            return Err(Stays::HeldBack { day: from, flow });
        }
        self.keep_from(from, None).await?;
        *left = fewer;
        Ok(())
    }

    async fn keep_from(&self, from: Day, export: Option<Exported>) -> Result<(), Stays> {
        let by = format!("the clock of {}", self.deployment.load().node);
        self.piece(Change::KeepFrom(KeepFrom { from, by, export })).await
    }

    /// Into the folder of the deployment, and read again: what does not prove itself is no export.
    async fn export(&self, day: Day) -> Result<Option<Exported>, Stays> {
        let Some(folder) = self.deployment.load().store.export.as_ref().map(|folder| folder.value.clone())
        else {
            return Ok(None);
        };
        let place = folder.join(format!("{day}.jsonl"));
        let shown = place.display().to_string();
        let written =
            self.journal.read_long(move |reader| Ok(export_to(reader, &folder, &place, day))).await?;
        match written {
            Ok(exported) => Ok(Some(exported)),
            Err(why) => Err(Stays::NotExported { day, place: shown, why }),
        }
    }

    /// Takes out what is left of days that were said to be forgotten.
    async fn let_go(&self) -> Result<(), Stays> {
        let mut carried = None;
        loop {
            match self.journal.read(|reader| reader.leaving()).await? {
                Leaving::Nothing => return Ok(()),
                Leaving::Rows => self.piece(Change::ForgetRows).await?,
                Leaving::Chain(day) => {
                    if carried == Some(day) {
                        self.piece(Change::ForgetChain(day)).await?;
                        let whole = self.journal.read(move |reader| {
                            Ok(reader.chains_go_whole() && reader.leaving()? == Leaving::Chain(day))
                        });
                        if whole.await? {
                            self.core.deadline(self.core.mark().after(AGAIN)).await;
                        }
                        continue;
                    }
                    let not_read = |fatal: Fatal| Stays::NotRead { day, why: fatal.to_string() };
                    let stays = self.journal.read_long(move |reader| Ok(reader.carried(day))).await?;
                    let mut stays = stays.map_err(not_read)?;
                    loop {
                        let next = move |_: &mut dyn Reader| Ok((stays.next_piece(), stays));
                        let (piece, rest) = self.journal.read_long(next).await?;
                        stays = rest;
                        let Some(piece) = piece.map_err(not_read)? else { break };
                        self.piece(Change::Carry(piece)).await?;
                    }
                    carried = Some(day);
                }
            }
        }
    }

    /// Refused inputs of days before this one, and names that need not be remembered since then. Whatever the cut-over is, what
    /// is refused stands under the day of the calendar ([`Engine::today`]): with midnight each has been exported with its own.
    async fn forget_refused(&self, from: Day) -> Result<(), Stays> {
        let Some(date) = crate::calendar::date(from) else { return Ok(()) };
        let midnight = date.to_datetime(dsl::value::Time::midnight());
        let before: Moment = crate::calendar::stamp(self.calendar.moment(midnight));
        while self.journal.read(move |reader| reader.has_refused(before)).await? {
            self.piece(Change::Forget { before }).await?;
        }
        Ok(())
    }

    /// One piece, in the lane of outcomes: where there is hardly room left it must be taken, for it makes room.
    async fn piece(&self, change: Change) -> Result<(), Stays> {
        if self.stopping.load(Ordering::Acquire) {
            return Err(Stays::Stopping);
        }
        let verdict = self.journal.write(Lane::Outcome, self.today(), vec![change]).await?;
        self.core.deadline(self.core.mark().after(PAUSE)).await;
        match verdict {
            Verdict::Ok(_) => Ok(()),
            verdict => Err(Stays::NotNow(verdict)),
        }
    }
}

/// Writes a day and proves what was written; in words why not.
fn export_to(reader: &mut dyn Reader, folder: &Path, place: &Path, day: Day) -> Result<Exported, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let exported = reader.export(day, place, &mut |_, _| ()).map_err(|fatal| fatal.to_string())?;
    let exported = exported.written()?;
    let verified = store::verify_export(place, &mut |_, _| ()).map_err(|fatal| fatal.to_string())?;
    match verified.fault {
        Some(fault) => Err(format!("it does not prove itself: {fault}")),
        None if verified.exported != exported => Err("it is not what was written".to_owned()),
        None => Ok(exported),
    }
}
