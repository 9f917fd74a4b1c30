//! What one message lies in: facts, business records, settings, keys, session and original of an exchange.
//!
//! In: a version, a party, and what is known of the exchange. Out: [`Surroundings`] for the codec, and what a message
//! told. It must not know links, flows or the journal.

use crate::book::{Book, LongList};
use crate::facts::{Facts, plain};
use crate::version::{Member, Version};
use adapters::keys::KeyStore;
use adapters::seal::PreparedKey;
use adapters::value::{Record, RowsEntered, Surroundings};
use dsl::evaluate::{Fault, Value};
use dsl::model::{CallId, Fact, Load, Space};
use dsl::program::ModuleProgram;
use dsl::value::{DateTime, Outcome, Symbols};
use link::world::Random;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// An exchange that another message speaks of: a request with what became of it.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Which call.
    pub call: Option<CallId>,
    /// Its facts.
    pub facts: Facts,
    /// Its request, at least the kept fields.
    pub request: Option<Record>,
    /// Its reply, at least the kept fields.
    pub reply: Option<Record>,
    /// What was asked by the business.
    pub ask: Option<Record>,
    /// What was answered.
    pub answer: Option<Record>,
    /// What is known of it.
    pub outcome: Option<Outcome>,
    /// The outcome's text.
    pub text: String,
    /// Octets of the request's content.
    pub raw: Raw,
    /// Lists of its ask and answer that are too long for memory.
    pub long: Vec<(Load, Arc<dyn LongList>)>,
    /// How the rows of the other lists of its answer ended, with what was told of each.
    pub ends: Vec<(Load, Vec<(Outcome, String)>)>,
}

/// Octets of a request: at hand, or in the spool where it is a file.
#[derive(Clone, Debug)]
pub enum Raw {
    /// At hand.
    Octets(bytes::Bytes),
    /// A file of the spool.
    File(std::path::PathBuf),
}

impl Default for Raw {
    fn default() -> Self {
        Self::Octets(bytes::Bytes::new())
    }
}

impl Raw {
    fn value(&self) -> Result<Value<'_>, Fault> {
        match self {
            Self::Octets(octets) => Ok(Value::Bytes(Cow::Borrowed(octets))),
            Self::File(place) => {
                let size = std::fs::metadata(place).map_err(|_| Fault::Broken)?.len();
                if size > RAW_MOST {
                    return Err(Fault::TooLong);
                }
                std::fs::read(place).map(Value::bytes).map_err(|_| Fault::Broken)
            }
        }
    }
}

/// Most octets of a file that an expression looks at whole.
const RAW_MOST: u64 = 256 << 20;

/// The page that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageAsked {
    /// The first row, from 0.
    pub first: u32,
    /// Rows at most.
    pub rows: u32,
    /// Which page, from 0.
    pub number: u32,
    /// The party says that there is more.
    pub more: bool,
}

/// Values of a session by slot.
pub type SessionValues = Arc<Vec<Value<'static>>>;

/// The values of a session where there are none.
pub(crate) fn no_values() -> SessionValues {
    static NONE: LazyLock<SessionValues> = LazyLock::new(Arc::default);
    Arc::clone(&NONE)
}

/// Everything around a message. It is handed on through every step of an exchange, so that it is kept in a box.
pub struct Scene {
    /// The version that it is read or written by.
    pub version: Arc<Version>,
    /// Index of the party's module.
    pub module: usize,
    /// Business records: ask and answer, of the original too.
    pub book: Book,
    /// Facts of the exchange, known or learned.
    pub facts: Facts,
    /// The member, known or learned.
    pub member: Option<Arc<Member>>,
    /// Values of the session.
    pub session: SessionValues,
    /// Values that the message draws or tells for a session.
    pub told: BTreeMap<u16, Value<'static>>,
    /// The request that a reply answers.
    pub request: Option<Arc<Record>>,
    /// The exchange spoken of.
    pub original: Option<Arc<Past>>,
    /// Facts of the original that were learned.
    pub original_facts: Facts,
    /// Fields of the original's request and ask that this message repeats.
    pub original_told: Vec<(Load, Value<'static>)>,
    /// The outcome that is written, or that a reply told.
    pub outcome: Option<Outcome>,
    /// Its text.
    pub outcome_text: String,
    /// The page.
    pub page: PageAsked,
    /// Last exchanges of other calls that this one looks at.
    pub calls: BTreeMap<CallId, Arc<Past>>,
    /// Where a refused message is at fault: line, field, offset.
    pub fault: [String; 3],
    /// The moment in the bank's zone.
    pub now: DateTime,
    /// A number of the party's counter, taken beforehand.
    pub number: Mutex<Option<u64>>,
    /// Where the values of a member's session are, once a message has named the member.
    pub sessions: Option<MemberSessions>,
    keys: Arc<dyn KeyStore>,
    random: Arc<dyn Random>,
    entered: Mutex<RowsEntered>,
    /// The message was read with values of the session, other than those that it tells itself.
    pub read_under: bool,
    /// Such a value was looked at.
    leant: AtomicBool,
}

/// Values of a member's session.
pub type MemberSessions = Arc<dyn Fn(&str) -> SessionValues + Send + Sync>;

impl Scene {
    /// A scene in which nothing is known yet.
    #[must_use]
    pub fn new(
        version: Arc<Version>,
        module: usize,
        keys: Arc<dyn KeyStore>,
        random: Arc<dyn Random>,
        now: DateTime,
    ) -> Box<Self> {
        Box::new(Self {
            version,
            module,
            book: Book::default(),
            facts: Facts::default(),
            member: None,
            session: no_values(),
            told: BTreeMap::new(),
            request: None,
            original: None,
            original_facts: Facts::default(),
            original_told: Vec::new(),
            outcome: None,
            outcome_text: String::new(),
            page: PageAsked::default(),
            calls: BTreeMap::new(),
            fault: Default::default(),
            now,
            number: Mutex::new(None),
            sessions: None,
            keys,
            random,
            entered: Mutex::default(),
            read_under: false,
            leant: AtomicBool::new(false),
        })
    }

    /// The party's program.
    #[must_use]
    pub fn program(&self) -> Option<&ModuleProgram> {
        self.version.module(self.module)
    }

    /// Puts a number of the party's counter there, for one expression.
    pub(crate) fn put_number(&mut self, number: Option<u64>) {
        *self.number.get_mut().unwrap_or_else(PoisonError::into_inner) = number;
    }

    /// The message was read: whether with values of the session.
    pub(crate) fn was_read(&mut self) {
        self.read_under = *self.leant.get_mut();
    }

    /// A value of the session: as the message tells it, else as it holds.
    fn of_session(&self, slot: u16) -> Value<'static> {
        if let Some(value) = self.told.get(&slot) {
            return value.clone();
        }
        let Some(value) = self.session.get(usize::from(slot)).filter(|value| value.is_present()) else {
            return Value::Absent;
        };
        self.leant.store(true, Ordering::Release);
        value.clone()
    }

    /// The name that a key has in the store: the party's own, else the member's.
    fn stored(&self, key: &Load) -> Result<&str, Fault> {
        let slot = usize::from(key.slot);
        let party = self.version.parties.get(self.module);
        let own = party.and_then(|party| party.keys.get(slot)?.as_deref());
        let of_member = || self.member.as_ref().and_then(|member| member.keys.get(slot)?.as_deref());
        own.or_else(of_member).ok_or(Fault::NoKey(*key))
    }

    fn rows_entered(&self) -> MutexGuard<'_, RowsEntered> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_record<'s>(&'s self, record: Option<&'s Record>, load: &Load) -> Result<Value<'s>, Fault> {
        let record = record.ok_or(Fault::NotThere(*load))?;
        // Beside all lists no row is entered.
        let outside = load.level == 0;
        let index =
            if outside { load.slot.into() } else { self.rows_entered().index(load.level, load.slot)? };
        record.value(index)
    }

    fn past(&self, call: u16) -> Option<&Past> {
        self.calls.get(&CallId(call)).map(|past| &**past)
    }

    fn setting(&self, slot: u16) -> Result<&Value<'static>, Fault> {
        let party = self.version.parties.get(self.module).ok_or(Fault::Broken)?;
        party.settings.get(usize::from(slot)).ok_or(Fault::Broken)
    }

    /// A fact of the original: learned from this message, else known of the exchange itself.
    fn original_fact(&self, slot: u16) -> Value<'_> {
        let learned = self.original_facts.slot(slot);
        match (&self.original, learned) {
            (Some(original), Value::Absent) => original.facts.slot(slot),
            (_, learned) => learned,
        }
    }

    fn record_of(&self, list: &Load) -> Option<&Record> {
        match list.space {
            Space::Field | Space::Request => self.request.as_deref(),
            Space::OriginalRequest => self.original.as_ref().and_then(|past| past.request.as_ref()),
            Space::OriginalReply => self.original.as_ref().and_then(|past| past.reply.as_ref()),
            Space::CallRequest => self.past(list.call).and_then(|past| past.request.as_ref()),
            Space::CallReply => self.past(list.call).and_then(|past| past.reply.as_ref()),
            _ => None,
        }
    }
}

impl Surroundings for Scene {
    fn load<'s>(&'s self, load: &Load) -> Result<Value<'s>, Fault> {
        match load.space {
            Space::Exchange => Ok(self.facts.slot(load.slot)),
            Space::Setting => self.setting(load.slot).cloned(),
            Space::Member => self.member.as_ref().map_or(Ok(Value::Absent), |member| member.value(load.slot)),
            Space::Key => Ok(Value::Key(*load)),
            Space::Session => Ok(self.of_session(load.slot)),
            Space::Original => Ok(self.original_fact(load.slot)),
            Space::OriginalOutcome => {
                let outcome = self.original.as_ref().and_then(|past| past.outcome);
                Ok(outcome.map_or(Value::Absent, Value::Outcome))
            }
            Space::Field
            | Space::Request
            | Space::OriginalRequest
            | Space::OriginalReply
            | Space::CallRequest
            | Space::CallReply => self.of_record(self.record_of(load), load),
            Space::CallExchange => {
                Ok(self.past(load.call).map_or(Value::Absent, |past| past.facts.slot(load.slot)))
            }
            Space::CallRaw => match self.past(load.call) {
                Some(past) => past.raw.value(),
                None => Ok(Value::Absent),
            },
            Space::Outcome => Ok(self.outcome.map_or(Value::Absent, Value::Outcome)),
            Space::OutcomeText => Ok(Value::Text(Cow::Borrowed(&self.outcome_text))),
            Space::Page => Ok(match load.slot {
                0 => Value::Number(i128::from(self.page.first)),
                1 => Value::Number(i128::from(self.page.rows)),
                2 => Value::Number(i128::from(self.page.number)),
                _ => Value::Flag(self.page.more),
            }),
            Space::FaultPlace => {
                let text = self.fault.get(usize::from(load.slot)).map_or("", String::as_str);
                Ok(if text.is_empty() { Value::Absent } else { Value::Text(Cow::Borrowed(text)) })
            }
            // What an original was never answered with is absent, as it would be in an answer.
            Space::OriginalAsk | Space::OriginalAnswer => match self.book.load(load) {
                Err(Fault::NotThere(_)) => Ok(Value::Absent),
                loaded => loaded,
            },
            _ => self.book.load(load),
        }
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        match self.record_of(list) {
            Some(record) => self.rows_entered().count(record, list),
            None => self.book.rows(list),
        }
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        match self.record_of(list) {
            Some(record) => self.rows_entered().enter(record, list, row),
            None => self.book.enter(list, row),
        }
    }

    fn leave(&self, list: &Load) {
        if self.record_of(list).is_some() { self.rows_entered().leave(list) } else { self.book.leave(list) }
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        self.book.position(row)
    }

    fn learn(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        match to.space {
            Space::Exchange => self.facts.put_slot(to.slot, value),
            Space::Original => self.original_facts.put_slot(to.slot, value),
            Space::Session => drop(self.told.insert(to.slot, value.clone().into_owned())),
            Space::Member => {
                let name = plain(value, self.version.symbols());
                let party = self.version.parties.get(self.module).ok_or(Fault::Broken)?;
                let member = party.members.get(name.trim_end()).ok_or(Fault::NotThere(*to))?;
                if let Some(sessions) = &self.sessions {
                    self.session = sessions(&member.name);
                }
                self.facts.put(Fact::Member, &Value::Text((*member.name).into()));
                self.member = Some(Arc::clone(member));
            }
            Space::OutcomeText => self.outcome_text = plain(value, self.version.symbols()),
            Space::Page => match (to.slot, value) {
                (3, Value::Flag(more)) => self.page.more = *more,
                (slot, Value::Number(number)) => {
                    let number = u32::try_from(*number).map_err(|_| Fault::Overflow)?;
                    match slot {
                        0 => self.page.first = number,
                        1 => self.page.rows = number,
                        _ => self.page.number = number,
                    }
                }
                _ => return Err(Fault::Kind),
            },
            // What a message repeats of the original's own fields; compared when the original is found.
            Space::OriginalRequest | Space::OriginalAsk => {
                self.original_told.push((*to, value.clone().into_owned()));
            }
            Space::OriginalReply => {}
            _ => self.book.set(to, value)?,
        }
        Ok(())
    }

    fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        match to.space {
            Space::Exchange | Space::Original | Space::Session | Space::Page => self.learn(to, value),
            _ => self.book.set(to, value),
        }
    }

    fn append(&mut self, list: &Load, stride: u16, max: u32) -> Result<(), Fault> {
        self.book.append(list, stride, max)
    }

    fn begin_rows(&mut self, list: &Load, stride: u16) -> Result<(), Fault> {
        self.book.begin_rows(list, stride)
    }

    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, Fault> {
        self.keys.key(self.stored(key)?).map_err(|_| Fault::NoKey(*key))
    }

    fn keys_for_checking(&self, key: &Load) -> Result<Vec<Arc<PreparedKey>>, Fault> {
        let now = dsl::evaluate::calendar::epoch(self.now);
        self.keys.keys_for_checking(self.stored(key)?, now).map_err(|_| Fault::NoKey(*key))
    }

    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, Fault> {
        let key_found = self.key(key)?;
        key_found.symmetric_bytes().map(|octets| Cow::Owned(octets.to_vec())).ok_or(Fault::NoKey(*key))
    }

    fn setting_text(&self, setting: u16) -> Result<Cow<'_, str>, Fault> {
        Ok(Cow::Owned(plain(self.setting(setting)?, self.version.symbols())))
    }

    fn random(&self, octets: &mut [u8]) -> Result<(), Fault> {
        self.random.fill(octets).map_err(|error| {
            tracing::error!(%error, "the random source failed");
            Fault::Seal
        })
    }

    fn symbols(&self) -> &Symbols {
        self.version.symbols()
    }

    fn now(&self) -> Result<DateTime, Fault> {
        Ok(self.now)
    }

    fn counter(&self, digits: u32) -> Result<u64, Fault> {
        let number =
            self.number.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(Fault::Broken)?;
        let most = 10_u64.checked_pow(digits).unwrap_or(u64::MAX);
        Ok(number % most)
    }
}

impl Scene {
    /// Puts the exchange that the message speaks of there, with its records.
    pub fn put_original(&mut self, original: Arc<Past>) {
        let call = original.call.map_or(0, |call| call.0);
        for (space, record) in
            [(Space::OriginalAsk, &original.ask), (Space::OriginalAnswer, &original.answer)]
        {
            if let Some(record) = record {
                self.book.put(space, call, record.clone());
            }
        }
        for (list, rows) in &original.long {
            self.book.put_long(*list, Arc::clone(rows));
        }
        for (list, ends) in &original.ends {
            self.book.put_outcomes(*list, ends.clone());
        }
        self.original = Some(original);
    }

    /// Marks when and under which business date this exchange is, and who asks; the same in every copy.
    pub fn stamp(&mut self, business: dsl::value::Date) {
        let (own, now) = (&self.version.own, self.now);
        self.facts.put_unknown(&[
            (Fact::Branch, Value::Text(own.branch.as_str().into())),
            (Fact::Teller, Value::Text(own.teller.as_str().into())),
            (Fact::Channel, self.version.own_channel().map_or(Value::Absent, Value::Name)),
            (Fact::Date, Value::Date(now.date())),
            (Fact::Time, Value::Time(now.time())),
            (Fact::Moment, Value::DateTime(now)),
            (Fact::BusinessDate, Value::Date(business)),
        ]);
    }
}
