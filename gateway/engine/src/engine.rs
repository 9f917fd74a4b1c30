//! What every room of the engine shares: the world, the journal, the versions, the links, the flows under way.
//!
//! In: made once by [`crate::Gateway::start`]. Out: handles. It must not know any room's work.

use crate::calendar::Calendar;
use crate::deployment::Deployment;
use crate::driver::{Awaited, Inbox};
use crate::files::FileLinks;
use crate::journal::Journal;
use crate::late::Late;
use crate::lines::Lines;
use crate::numbered::NumberedLines;
use crate::parameters::Parameters;
use crate::restraint::Restraint;
use crate::scene::{Past, Scene};
use crate::senders::Senders;
use crate::session::Sessions;
use crate::sheet::Spool;
use crate::verifying::Broken;
use crate::version::Version;
use crate::view::Sealing;
use adapters::keys::KeyStore;
use arc_swap::ArcSwap;
use dashmap::DashMap;
use dsl::model::CallId;
use dsl::value::{Date, DateTime};
use link::Core;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use store::{FlowId, Key, RefusedGate, Sealer};
use tokio::sync::{Notify, mpsc};

/// How many flows are under way.
#[derive(Debug, Default)]
pub struct Permits(Arc<AtomicUsize>);

/// The place of one flow among those under way. It is given back when it is dropped, whatever ends the flow or the ask.
#[derive(Debug)]
pub struct Permit(Arc<AtomicUsize>);

impl Permits {
    /// One more, where fewer than `most` are taken.
    #[must_use]
    pub fn take(&self, most: usize) -> Option<Permit> {
        let more = |taken| (taken < most).then_some(taken + 1);
        let taken = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.is_ok().then(|| Permit(Arc::clone(&self.0)))
    }

    /// One more, however many are taken: what was begun goes on.
    #[must_use]
    pub fn add(&self) -> Permit {
        self.0.fetch_add(1, Ordering::AcqRel);
        Permit(Arc::clone(&self.0))
    }

    /// How many are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Shared by all rooms.
pub struct Engine {
    /// Tasks, timers, the world's seams.
    pub core: Core,
    /// Zone and business dates.
    pub calendar: Calendar,
    /// The deployment as it is now.
    pub deployment: ArcSwap<Deployment>,
    /// The journal.
    pub journal: Journal,
    /// Keys by name.
    pub keys: Arc<dyn KeyStore>,
    /// What seals of flows are made with.
    pub sealing: Sealing,
    /// Seals the spool, and marks what limits count by.
    pub sealer: Arc<dyn Sealer>,
    /// The version that new requests take.
    pub current: ArcSwap<Version>,
    /// Versions by hash, while something pins them.
    pub versions: DashMap<[u8; 32], Arc<Version>>,
    /// Links on which we connect.
    pub lines: Lines,
    /// Numbers of sessions that count their messages.
    pub numbered: NumberedLines,
    /// Exchanges whose reply may still come.
    pub late: Late,
    /// Links of files.
    pub files: FileLinks,
    /// Files and rows that are worked off.
    pub spool: Spool,
    /// Changes of parameters.
    pub parameters: Parameters,
    /// Sessions by party and member.
    pub sessions: Sessions,
    /// Room that messages are read in.
    pub rooms: crate::message::Rooms,
    /// Flows in memory.
    pub flows: DashMap<FlowId, mpsc::Sender<Inbox>>,
    /// Flows in memory by their key.
    pub keyed: DashMap<Key, FlowId>,
    /// What flows in memory wait for.
    pub awaited: Awaited,
    /// Last exchanges of calls that others look at: party, member, call.
    pub past: DashMap<(String, Option<String>, CallId), Arc<Past>>,
    /// Postings under way, against the bound of the deployment.
    pub permits: Permits,
    /// Which lines answer, and what is open with whom.
    pub restraint: Restraint,
    /// What was refused by link, so that floods are counted and not written one by one.
    pub gates: DashMap<String, Arc<Mutex<RefusedGate>>>,
    /// Who may still send what the journal says was sent.
    pub senders: Senders,
    /// Makes programs again of what open flows began in.
    pub recompile: crate::load::Recompile,
    /// A bug that a campaign has planted.
    pub planted: Option<crate::planted::Bug>,
    /// No new asks are taken.
    pub stopping: AtomicBool,
    /// The journal cannot go on; the process must end.
    pub broken: AtomicBool,
    /// Dates of the journal that are not what was written.
    pub broken_days: Broken,
    /// Told when something of the two above changes.
    pub changed: Notify,
}

impl Engine {
    /// Day and time at the bank.
    #[must_use]
    pub fn now(&self) -> DateTime {
        self.calendar.local(self.core.world().clock.now())
    }

    /// The day at the bank, as the journal counts it.
    #[must_use]
    pub fn today(&self) -> store::Day {
        crate::calendar::day(self.now().date())
    }

    /// The business date of a party now.
    #[must_use]
    pub fn business_date(&self, version: &Version, module: usize) -> Date {
        self.business_date_at(version, module, self.now())
    }

    /// The business date of a party at a moment.
    #[must_use]
    pub(crate) fn business_date_at(&self, version: &Version, module: usize, moment: DateTime) -> Date {
        let cut_over = version.module(module).and_then(|module| module.cut_over);
        self.calendar.business_date(moment, cut_over)
    }

    /// A scene of an exchange with a party, stamped with now.
    #[must_use]
    pub fn scene(&self, version: &Arc<Version>, module: usize) -> Box<Scene> {
        let random = Arc::clone(&self.core.world().random);
        Scene::new(Arc::clone(version), module, Arc::clone(&self.keys), random, self.now())
    }

    /// The last exchanges of other calls of a party, as far as there are any.
    #[must_use]
    pub fn past_of(&self, party: &str, member: Option<&str>) -> Vec<(CallId, Arc<Past>)> {
        let mut found: Vec<(CallId, Arc<Past>)> = self
            .past
            .iter()
            .filter(|entry| {
                let (whose, of, _) = entry.key();
                whose == party && (of.is_none() || of.as_deref() == member)
            })
            .map(|entry| (entry.key().2, Arc::clone(entry.value())))
            .collect();
        found.sort_by_key(|(call, _)| *call);
        found
    }

    /// The gate of a link's refused inputs, kept as long as the gateway runs.
    #[must_use]
    pub fn gate(&self, link: &str) -> Arc<Mutex<RefusedGate>> {
        let most = self.deployment.load().limits.refused_a_minute;
        let gate = self.gates.entry(link.to_owned());
        Arc::clone(gate.or_insert_with(|| Arc::new(Mutex::new(RefusedGate::new(most)))).value())
    }

    /// A permit for one more flow; none where there are too many.
    #[must_use]
    pub fn admit(&self) -> Option<Permit> {
        if self.stopping.load(Ordering::Acquire) || self.broken.load(Ordering::Acquire) {
            return None;
        }
        self.permits.take(self.deployment.load().limits.flows)
    }

    /// Why the journal failed, in words.
    #[must_use]
    pub fn journal_fault(&self) -> String {
        self.journal.fatal().map_or_else(|| "the journal failed".to_owned(), |fatal| fatal.to_string())
    }

    /// The journal has failed: nothing more is answered, the process must end.
    pub fn fail(&self, fatal: &store::Fatal) {
        if !self.broken.swap(true, Ordering::AcqRel) {
            tracing::error!(%fatal, "the journal failed; the gateway stops");
        }
        self.changed.notify_waiters();
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").field("flows", &self.flows.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_given_back_once_however_it_ends() {
        let permits = Permits::default();
        let (first, second) = (permits.take(2), permits.take(2));
        assert!(first.is_some() && second.is_some() && permits.take(2).is_none());
        let brought_back = permits.add();
        assert_eq!(permits.taken(), 3);
        drop(brought_back);
        drop(first);
        assert_eq!(permits.taken(), 1);
        assert!(permits.take(2).is_some());
        drop(second);
        assert_eq!(permits.taken(), 0);
    }
}
