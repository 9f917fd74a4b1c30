//! The store over PostgreSQL: several machines, one database, one of them at work.
//!
//! Each commit is one transaction, durable when it is answered (`synchronous_commit=on`). Who writes holds the journal
//! by a lease in the row `holder`: `(node, epoch, until)`. Every transaction locks that row and compares the epoch, so
//! that a holder which was paused or cut off and comes back writes nothing after another took over. A commit whose answer
//! was lost is settled by asking for its last write (`decisions.md` D18). Moments of the lease are of the server's clock.
//!
//! Chains, events and changes of operations stand in partitions by business date (`days`), so that a day that is forgotten goes
//! by dropped tables. A journal of an older format is brought to the newest by the node that may take it over (`format`).
//!
//! Where one server stands in for another, whoever takes writes and has the highest timeline is the one; what was replaced
//! is not gone back to.

mod days;
mod format;
mod holder;
mod lasting;
mod socket;
mod wire;

use crate::days::chain_of;
use crate::held::Held;
use crate::lease::{Lease, Opened, PATIENCE, Taken};
use crate::model::Day;
use crate::monotonic::Monotonic;
use crate::read::Reader;
use crate::sealer::Sealer;
use crate::sql::group::{Journaled, Staged};
use crate::sql::read::SqlReader;
use crate::sql::verify::{Has, Verified};
use crate::sql::{Database, Fault, hash_of, int, values, whole};
use crate::write::{Change, Fatal, Store, Verdict, Write};
use lasting::Lasting;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use wire::Wire;

/// The timeline for readers while it is not known what became of the last commit: that of no server.
const UNSETTLED: i64 = i64::MAX;
/// Between two tries of reaching it.
const PAUSE: Duration = Duration::from_millis(200);
/// How often a group is begun anew over a server that is reached, before it is asked whether that has lasted too long.
const ANEW: u32 = 10;
/// The longest key that an index of PostgreSQL surely takes.
const LONGEST_KEY: usize = 2_000;

/// Where the database is and who asks.
#[derive(Clone)]
pub struct Place {
    /// The servers that may hold it: one, or those that stand in for each other.
    pub servers: Vec<Server>,
    /// The database.
    pub database: String,
    /// The user.
    pub user: String,
    /// The user's password, where the server asks for one.
    pub password: Option<String>,
    /// The schema of the journal's tables; made when it is not there.
    pub schema: String,
}

/// A server.
#[derive(Clone)]
pub struct Server {
    /// Its name or address; the folder of its socket where it begins with `/`.
    pub host: String,
    /// The port, also part of a socket's name.
    pub port: u16,
    /// TLS; none: in clear.
    pub tls: Option<ServerTls>,
}

/// TLS to a server.
#[derive(Clone)]
pub struct ServerTls {
    /// Whom we trust, and what we show.
    pub config: Arc<ClientConfig>,
    /// The name that the server's certificate must bear.
    pub name: ServerName<'static>,
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { servers, database, schema, .. } = self;
        let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
        write!(formatter, "postgres {}/{database}, schema {schema}", servers.join(","))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// How a store over PostgreSQL is opened.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The node's name; part of the hash chains. Two machines never have the same.
    pub node: String,
    /// Seals bodies.
    pub sealer: Arc<dyn Sealer>,
    /// The database.
    pub place: Place,
    /// How long the journal is held without being heard of; it is renewed at a third of it.
    pub lease: Duration,
}

/// How often a group was begun anew over a server that is reached.
#[derive(Default)]
struct Redone(u32);

impl Redone {
    /// After how long it is begun once more, if it has not lasted too long: then its writer ends, and another may hold the
    /// journal.
    fn again(&mut self, lasted: Duration, why: &str) -> Result<Duration, Fault> {
        self.0 += 1;
        let Self(anew) = *self;
        if anew >= ANEW && lasted >= PATIENCE {
            return Err(Fault::failed(format!(
                "the server is reached, but gave a group of writes up {anew} times: {why}"
            )));
        }
        Ok(if anew > 1 { PAUSE } else { Duration::ZERO })
    }
}

/// The store over PostgreSQL.
pub struct PostgresStore {
    wire: Wire,
    place: Place,
    epoch: u64,
    journaled: Journaled,
    lease: Lease,
    /// The timeline of the server that is written to, for the readers.
    timeline: Arc<AtomicI64>,
    /// What was sent to be committed and not answered yet.
    sent: Option<(Staged, Vec<Verdict>)>,
    /// Why it takes nothing more.
    ended: Option<Fatal>,
}

impl PostgresStore {
    /// Opens a journal, or makes one, and takes it over if nobody holds it, its holder's lease is over, or its holder is
    /// this same node, which was started again.
    ///
    /// # Errors
    /// [`Fatal::Away`] when the server is not there; others when it does not take us, promises less than the journal needs,
    /// or holds a journal of another format.
    pub fn open(options: &PostgresOptions) -> Result<Opened<Self>, Fatal> {
        let path = options.place.to_string();
        Self::open_inner(options).map_err(|fault| match fault {
            Fault::Lost(why) => Fatal::Away { path, why },
            fault => fault.fatal(&path),
        })
    }

    fn open_inner(options: &PostgresOptions) -> Result<Opened<Self>, Fault> {
        let wire = Wire::connect(&options.place, 0)?;
        promises(&wire, &options.place)?;
        let lease = Lease::new(options.lease, Monotonic::of_machine());
        if let Some(node) = format::prepare(&wire, &options.place.schema, (&lease, &options.node))? {
            return Ok(Opened::Waits { node });
        }
        let taken = match lease.take_over(&wire, &options.node)? {
            Taken::Ours(taken) => taken,
            Taken::Others(node) => return Ok(Opened::Waits { node }),
        };
        let sequence = wire.number("SELECT coalesce(max(sequence), 0) FROM journal", values![])?;
        let sequence = whole(sequence, "journal.sequence")?;
        let journaled = Journaled::new(&options.node, &options.sealer, taken.oldest, sequence);
        let (place, epoch) = (options.place.clone(), taken.epoch);
        let timeline = Arc::new(AtomicI64::new(wire.timeline()));
        Ok(Opened::Holds(Box::new(Self {
            wire,
            place,
            epoch,
            journaled,
            lease,
            timeline,
            sent: None,
            ended: None,
        })))
    }

    fn commit_inner(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fault> {
        let (began, mut redone) = (Instant::now(), Redone::default());
        loop {
            let why = match self.attempt(group) {
                Ok(verdicts) => return Ok(verdicts),
                Err(Fault::Full) => {
                    self.sent = None;
                    match self.wire.batch("ROLLBACK") {
                        Ok(()) => return Ok(vec![Verdict::Full; group.len()]),
                        Err(Fault::Lost(why)) => why,
                        Err(fault) => return Err(fault),
                    }
                }
                Err(Fault::Lost(why)) => why,
                Err(fault) => return Err(fault),
            };
            if let Some(verdicts) = self.settle(why.clone())? {
                return Ok(verdicts);
            }
            std::thread::sleep(redone.again(began.elapsed(), &why)?);
        }
    }

    fn attempt(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fault> {
        self.sent = None;
        days::begin(&self.wire, &chains_of(group, self.journaled.oldest))?;
        self.wire.run("BEGIN", values![])?;
        let due = self.lease.is_due();
        let renewed = if due { Some(self.lease.renew(&self.wire, self.epoch)?) } else { None };
        let epoch = match &renewed {
            Some(renewed) => renewed.epoch,
            None => {
                let held = "SELECT epoch FROM holder WHERE only_one = 1 FOR SHARE";
                whole(self.wire.number(held, values![])?, "holder.epoch")?
            }
        };
        let mut staged = self.journaled.stage();
        let verdicts = self.take_group(group, epoch, &mut staged)?;
        if staged.sequence == self.journaled.sequence && !due {
            self.wire.batch("ROLLBACK")?;
        } else {
            self.sent = Some((staged, verdicts.clone()));
            self.wire.rows("COMMIT", values![])?;
            if let Some(renewed) = &renewed {
                self.lease.is_renewed(renewed);
            }
            if let Some((staged, _)) = self.sent.take() {
                self.journaled.keep(staged);
            }
        }
        if epoch != self.epoch {
            self.ended = Some(Fatal::TakenOver { epoch });
        }
        Ok(verdicts)
    }

    /// Writes with a key that no index takes are told so by themselves; the others go as one group.
    fn take_group(&self, group: &[Write], epoch: u64, staged: &mut Staged) -> Result<Vec<Verdict>, Fault> {
        if group.iter().all(|write| longest_key(write) <= LONGEST_KEY) {
            return self.journaled.take_group(&self.wire, group, epoch, false, staged);
        }
        let mut verdicts = Vec::with_capacity(group.len());
        for write in group {
            let longest = longest_key(write);
            if longest > LONGEST_KEY {
                let why = format!("a key of {longest} octets; in PostgreSQL at most {LONGEST_KEY} are taken");
                verdicts.push(Verdict::Impossible(why));
                continue;
            }
            let one = std::slice::from_ref(write);
            verdicts.extend(self.journaled.take_group(&self.wire, one, epoch, false, staged)?);
        }
        Ok(verdicts)
    }

    /// Reaches the server again and asks whether what was sent is there: its verdicts if so. Nobody can commit it later:
    /// the old session is ended, and its lock on the holder's row waited for.
    fn settle(&mut self, mut why: String) -> Result<Option<Vec<Verdict>>, Fault> {
        // A commit that no server that stands in has yet may be seen already: nobody is told of it before it is settled.
        self.timeline.store(UNSETTLED, Ordering::Release);
        let began = Instant::now();
        loop {
            tracing::warn!(why, place = %self.place, "the database was lost; reaching it again");
            match self.reach() {
                Ok(verdicts) => return Ok(verdicts),
                Err(Fault::Lost(again)) if began.elapsed() < PATIENCE => why = again,
                Err(fault) => return Err(fault),
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn reach(&mut self) -> Result<Option<Vec<Verdict>>, Fault> {
        let wire = Wire::connect(&self.place, self.wire.timeline())?;
        if wire.timeline() > self.wire.timeline() {
            tracing::warn!(
                server = wire.server(),
                "another server of the database took over; going on there"
            );
            promises(&wire, &self.place)?;
        }
        // Its commit waits for the servers that stand in, and so for whatever was written before it.
        self.lease.hold_again(&wire, self.epoch)?;
        self.timeline.store(wire.timeline(), Ordering::Release);
        if wire.timeline() == self.wire.timeline() {
            wire.dates.swap(&self.wire.dates);
        }
        self.wire = wire;
        let Some((staged, verdicts)) = self.sent.as_ref() else { return Ok(None) };
        let there = "SELECT hash FROM journal WHERE sequence = ?1";
        let Some(mut row) = self.wire.one(there, values![int(staged.sequence)])? else {
            return Ok(None);
        };
        let hash = hash_of(&row.bytes(0)?, "journal.hash")?;
        if !staged.heads.values().any(|head| head.hash == hash) {
            return Ok(None);
        }
        let verdicts = verdicts.clone();
        if let Some((staged, _)) = self.sent.take() {
            self.journaled.keep(staged);
        }
        Ok(Some(verdicts))
    }

    fn tend_inner(&mut self) -> Result<Duration, Fault> {
        loop {
            if !self.lease.is_due() {
                return Ok(self.lease.next());
            }
            match self.lease.renew(&self.wire, self.epoch) {
                // The statement was a transaction of its own.
                Ok(renewed) if renewed.epoch == self.epoch => self.lease.is_renewed(&renewed),
                Ok(renewed) => return Err(Fault::Fatal(Fatal::TakenOver { epoch: renewed.epoch })),
                Err(Fault::Lost(why)) => {
                    self.sent = None;
                    self.settle(why)?;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    fn end(&mut self, fault: Fault) -> Fatal {
        let fatal = fault.fatal(&self.place.to_string());
        self.ended = Some(fatal.clone());
        fatal
    }
}

impl Store for PostgresStore {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        if let Some(fatal) = &self.ended {
            return Err(fatal.clone());
        }
        self.commit_inner(group).map_err(|fault| self.end(fault))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        reading(&self.place, &self.timeline, Arc::clone(&self.journaled.sealer))
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn held(&self) -> Option<Held> {
        Some(self.lease.held())
    }

    fn tend(&mut self) -> Result<Option<Duration>, Fatal> {
        if let Some(fatal) = &self.ended {
            return Err(fatal.clone());
        }
        self.tend_inner().map(Some).map_err(|fault| self.end(fault))
    }
}

impl Drop for PostgresStore {
    /// Gives the journal back, so that another node need not wait for the lease to end.
    fn drop(&mut self) {
        if self.ended.is_none()
            && let Err(fault) = holder::give_back(&self.wire, self.epoch)
        {
            tracing::warn!(?fault, "the journal was not given back; its lease runs out by itself");
        }
    }
}

/// A reader of a journal, beside whoever holds it.
///
/// # Errors
/// When the server cannot be reached.
pub fn reader(place: &Place, sealer: Arc<dyn Sealer>) -> Result<Box<dyn Reader>, Fatal> {
    reading(place, &Arc::default(), sealer)
}

fn reading(place: &Place, least: &Arc<AtomicI64>, sealer: Arc<dyn Sealer>) -> Result<Box<dyn Reader>, Fatal> {
    let database = Lasting::connect(place.clone(), Arc::clone(least));
    let database = database.map_err(|fault| fault.fatal(&place.to_string()))?;
    Ok(Box::new(SqlReader::new(database, place.to_string(), sealer)))
}

/// Verifies a journal; reads only, in one snapshot, beside whoever holds it.
///
/// # Errors
/// When it cannot be read.
pub fn verify(place: &Place) -> Result<Verified, Fatal> {
    let inner = || -> Result<Verified, Fault> {
        let wire = Wire::connect(place, 0)?;
        wire.snapshot()?;
        let format = format::number(&wire)?;
        let has = Has { parameters: true, days: format >= 2 };
        crate::sql::verify::verify(&wire, &crate::sqlite::notes()?, has)
    };
    inner().map_err(|fault| fault.fatal(&place.to_string()))
}

/// What the journal needs of the server beside its tables.
fn promises(wire: &Wire, place: &Place) -> Result<(), Fault> {
    for (setting, wanted, why) in [
        ("fsync", "on", "what it calls durable is not"),
        ("full_page_writes", "on", "a torn page would not be mended"),
        ("server_encoding", "UTF8", "it cannot hold every text"),
        ("synchronous_commit", "on", "it answers before a commit is durable"),
    ] {
        let row = wire.one("SELECT current_setting(?1)", values![setting])?;
        let found = row.map_or_else(|| Ok(String::new()), |mut row| row.text(0))?;
        if found != wanted {
            return Err(Fault::failed(format!(
                "the server's {setting} is {found}, {wanted} is needed: {why}"
            )));
        }
    }
    // After a server took over, none may be left to stand in for it: that is no cause to take no postings at all.
    let alone = wire.one("SELECT current_setting('synchronous_standby_names')", values![])?;
    if place.servers.len() > 1 && alone.map_or_else(|| Ok(String::new()), |mut row| row.text(0))?.is_empty() {
        tracing::warn!(
            server = wire.server(),
            "synchronous_standby_names is empty: each commit stands on this server alone and would be lost with it"
        );
    }
    Ok(())
}

/// The dates in whose chains a group may stand, whether or not what it says of old days is taken.
fn chains_of(group: &[Write], oldest: Day) -> BTreeSet<Day> {
    let said = group.iter().flat_map(|write| &write.changes).filter_map(|change| match change {
        Change::KeepFrom(keep) => Some(keep.from),
        _ => None,
    });
    let oldest: BTreeSet<Day> = said.chain([oldest]).collect();
    group.iter().flat_map(|write| oldest.iter().map(|oldest| chain_of(write, *oldest))).collect()
}

/// The octets of the longest key among those of a write that stand in an index.
fn longest_key(write: &Write) -> usize {
    let found =
        |found_by: &[crate::write::FoundBy]| found_by.iter().map(|found| found.name.len()).max().unwrap_or(0);
    let of = |change: &Change| match change {
        Change::InsertFlow(asked) => {
            (asked.key.party.len() + asked.key.once.len()).max(found(&asked.found_by))
        }
        Change::CancelKey(key) => key.party.len() + key.once.len(),
        Change::PutOperation(put) => {
            put.name.len().max(put.party.len() + put.serial.len()).max(found(&put.found_by))
        }
        Change::Reserve { hold, .. } | Change::Release(hold) => hold.limit.len() + hold.operation.len(),
        Change::PutNotice(notice) | Change::DecideNotice(notice) => notice.name.len(),
        Change::PutFile(file) => file.party.len() + file.name.len(),
        Change::Once { scope, name, .. } => scope.len() + name.len(),
        Change::Numbers(request) => request.party.len(),
        Change::PutSession { party, name, .. } => party.len() + name.len(),
        Change::PutSchedule { party, job, .. } => party.len() + job.len(),
        Change::PutFlow(_)
        | Change::Event { .. }
        | Change::RefusedInput(_)
        | Change::Forget { .. }
        | Change::KeepFrom(_)
        | Change::ForgetRows
        | Change::Carry(_)
        | Change::ForgetChain(_)
        | Change::ProposeParameter(_)
        | Change::DecideParameter(_)
        | Change::PutVersion { .. } => 0,
    };
    write.changes.iter().map(of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_a_server_gives_up_is_not_begun_anew_for_ever() {
        let mut redone = Redone::default();
        let mut again = |lasted| redone.again(lasted, "a deadlock").ok();
        assert_eq!(again(Duration::ZERO), Some(Duration::ZERO), "the first time at once");
        // However long it lasts: a few tries may each have waited for a server.
        for _ in 2..ANEW {
            assert_eq!(again(PATIENCE * 2), Some(PAUSE));
        }
        // However often, as long as it has not lasted.
        for _ in 0..ANEW * 3 {
            assert_eq!(again(PATIENCE.saturating_sub(PAUSE)), Some(PAUSE));
        }
        let ended = redone.again(PATIENCE, "a deadlock");
        assert!(
            matches!(&ended, Err(Fault::Fatal(Fatal::Disk { why, .. })) if why.contains("40 times: a deadlock")),
            "{ended:?}"
        );
    }
}
