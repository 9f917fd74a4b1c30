//! The journal verified by the clock: each business date once when it is closed, so that whoever changes what was written is
//! found out the next night and not when an auditor asks.
//!
//! In: the day at the bank, the dates of the journal. Out: a line of the log and metrics for each date; one that does not agree is an
//! alarm, shown until the process ends, and looked at again by the next one. No date waits for another that is broken. It must not
//! hold a posting up: it reads beside them, by a reader for what takes long, and pauses.

use crate::engine::Engine;
use jiff::Span;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Change, Day, DayVerified, Fatal, Lane, Verdict};

/// How often the day is looked at.
const LOOK: Duration = Duration::from_secs(60);
/// How long after its cut-over a date is verified: parties whose own comes later have closed it too.
const BEHIND_HOURS: i64 = 1;
/// Between two pieces of a date, some thousand lines each, so that others find the disk free.
const PAUSE: Duration = Duration::from_millis(20);
/// Where the last date stands that was verified and agreed, as did all before it: beside what runs by the clock.
const PARTY: &str = "";
const JOB: &str = "verify";
/// Broken dates that are told of by name; all are counted.
const SHOWN: usize = 10;

/// Dates that do not agree, with the first fault of each.
#[derive(Debug, Default)]
pub struct Broken(Mutex<BTreeMap<Day, String>>);

impl Broken {
    fn days(&self) -> MutexGuard<'_, BTreeMap<Day, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oldest of them by their names.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        self.days().keys().take(SHOWN).map(ToString::to_string).collect()
    }
}

impl Engine {
    /// Verifies dates until the engine stops.
    pub async fn verify_days(self: Arc<Self>) {
        let mut last = match self.journal.read(|reader| reader.last_run(PARTY, JOB)).await {
            Ok(last) => last.map_or(Day(0), |(_, day)| day),
            Err(fatal) => return self.fail(&fatal),
        };
        let mut told = String::new();
        while self.goes_on() {
            match self.verify_closed(&mut last).await {
                Ok(()) => told.clear(),
                Err(why) if told == why.to_string() => {}
                // The journal's own fault is told where it is written; this says no more than that it is tried again.
                Err(why) => {
                    told = why.to_string();
                    tracing::warn!(
                        why = told,
                        "a date of the journal cannot be verified now; it is tried again"
                    );
                }
            }
            self.core.deadline(self.core.mark().after(LOOK)).await;
        }
    }

    /// Those that are closed and behind the last one.
    async fn verify_closed(&self, last: &mut Day) -> Result<(), Fatal> {
        let behind = Span::new().hours(BEHIND_HOURS);
        let Ok(now) = self.now().checked_sub(behind) else { return Ok(()) };
        let open = crate::calendar::day(self.calendar.business_date(now, None));
        while self.goes_on() {
            let after = *last;
            let next = self.journal.read(move |reader| reader.next_day(after)).await?;
            let Some(day) = next.filter(|day| *day < open) else { return Ok(()) };
            let verified = self
                .journal
                .read_long(move |reader| reader.verify_day(day, &mut |_, _| std::thread::sleep(PAUSE)));
            match verified.await {
                Ok(verified) => self.verified(day, &verified).await?,
                // What is no row of a journal is no fault of the disk.
                Err(Fatal::Corrupt { expected, found, at }) => {
                    let fault = format!("{at}: {found} in the place of {expected}");
                    self.verified(day, &DayVerified { faults: vec![fault], ..DayVerified::default() })
                        .await?;
                }
                Err(fatal) => return Err(fatal),
            }
            *last = day;
        }
        Ok(())
    }

    async fn verified(&self, day: Day, verified: &DayVerified) -> Result<(), Fatal> {
        let DayVerified { writes, rows, faults } = verified;
        let broken = {
            let mut broken = self.broken_days.days();
            if let Some(first) = faults.first() {
                broken.insert(day, first.clone());
            }
            broken.len()
        };
        crate::observe::day_verified(day, broken);
        if let Some(first) = faults.first() {
            tracing::error!(
                %day, fault = first, faults = faults.len(),
                "ALARM: a day of the journal is not what was written; `tongshi audit verify` says more"
            );
            return Ok(());
        }
        tracing::info!(%day, writes, rows, "a day of the journal is verified: it is what was written");
        if broken > 0 {
            return Ok(());
        }
        let (party, job) = (PARTY.to_owned(), JOB.to_owned());
        let ran = Change::PutSchedule { party, job, last_run: self.journal.now(), day };
        match self.journal.write(Lane::Outcome, self.today(), vec![ran]).await? {
            Verdict::Ok(_) => {}
            verdict => {
                tracing::warn!(%day, ?verdict, "that a day is verified is not kept; the next process does it again");
            }
        }
        Ok(())
    }
}
