//! Books compared: what a file of theirs lists of a day against what the journal has of our calls (flows.md 4).
//!
//! In: a file that was read to its end, and the comparisons of its party. Out: for each a flow that is asked with the
//! counts and the differences, durable before the file itself is worked off, begun once for a file. Rows go by one at a
//! time; of ours a key, an amount and a state stand in memory. It must not know what becomes of a difference.

use super::journal::{self, Wanted};
use super::reading::ReadFile;
use super::spooled::Spooled;
use super::take::Source;
use crate::driver::{NewFlow, ask_digest, put_sheets};
use crate::engine::Engine;
use crate::message::{self, Refusal};
use crate::scene::Scene;
use crate::serve::Serving;
use crate::sheet::{SheetWriter, Spool};
use crate::version::{CallRef, FlowRef, Version};
use adapters::seal::Digest;
use adapters::value::{Record, Surroundings, encode_record};
use dsl::evaluate::Value;
use dsl::model::{Fact, Load, Space};
use dsl::program::{BookProgram, FlowStart, ReconcileProgram};
use dsl::value::{Date, Decimal, Outcome, ShapeId};
use std::sync::Arc;
use std::time::Duration;
use store::{Direction, Key};

/// Rows of ours that one comparison holds against theirs.
const MOST: usize = 5_000_000;
/// The list of differences in what a flow is asked.
const DIFFERENCES: &str = "differences";

/// Why books are not compared, in words.
type Fallible<T> = Result<T, String>;

/// A row of ours.
struct Ours {
    key: [u8; 16],
    amount: Option<Decimal>,
    state: State,
    /// It is of the day that is compared, not of one beside it.
    of_day: bool,
    met: bool,
    book: u32,
    row: u32,
}

/// What the journal says of a row of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Stands,
    Open,
    Refused,
    Undone,
}

/// Counts of a comparison.
#[derive(Default)]
struct Counts {
    ours: u64,
    theirs: u64,
    agreed: u64,
}

impl Engine {
    /// Begins the flows of every comparison that the file is their book of.
    ///
    /// # Errors
    /// In words, where it cannot be done now; it is to be tried again.
    pub(super) async fn compare_books(
        self: &Arc<Self>,
        serving: &Serving,
        source: &Source,
        name: &str,
        file: &Spooled,
        read: &ReadFile,
    ) -> Fallible<()> {
        let version = Arc::clone(&serving.version);
        let Some(module) = version.module(read.call.module) else { return Ok(()) };
        for (reconcile, place) in module.reconciles.iter().zip(0_u16..) {
            if reconcile.theirs.call != read.call.call {
                continue;
            }
            let starts = |start: &FlowStart| matches!(start, FlowStart::Compared(of) if *of == place);
            let flows = version
                .flows()
                .filter(|(reference, tables)| reference.module == read.call.module && starts(&tables.start));
            let flows: Vec<FlowRef> = flows.map(|(reference, _)| reference).collect();
            let Some(reference) = flows.first().copied() else { continue };
            let mut scene = serving.scene(read.call.module, false, Some(read.call.call));
            scene.book = read.scene.book.clone();
            scene.facts = read.scene.facts.clone();
            scene.stamp(self.business_date(&version, read.call.module));
            put_sheets(
                &mut scene.book,
                &version,
                reconcile_ask(&version, read.call),
                &self.spool,
                &read.sheets,
            )?;
            let day = match message::value(&scene, reconcile.day) {
                Ok(Value::Date(day)) => day,
                other => {
                    let fault = format!("books are compared of no day: {other:?}");
                    self.file_refused(source, name, &fault);
                    continue;
                }
            };
            let digest: String = file.digest.iter().take(16).map(|octet| format!("{octet:02x}")).collect();
            let once = format!("compared {}:{digest}", reconcile.name);
            let party = module.name.to_string();
            let date = crate::calendar::day(day);
            let key = Key { date, party, direction: Direction::In, once: once.into_bytes() };
            if self.flow_now(&key).await.is_some() {
                continue;
            }
            let facts = scene.facts.clone();
            let sheet = format!("{}.compared-{place}", file.name);
            let scratch = self.ours(&mut scene, reconcile, day, &sheet).await?;
            let compared = self.held_against(scene, reconcile, day, &sheet).await;
            for name in scratch {
                drop(self.spool.remove(&name));
            }
            let record = match compared {
                Ok(record) => record,
                Err(why) => {
                    self.file_refused(source, name, &format!("the books are not compared: {why}"));
                    continue;
                }
            };
            let new = NewFlow {
                version: Arc::clone(&version),
                reference,
                found_by: Vec::new(),
                kept: crate::facts::Tagged::new(),
                ask: Some(record),
                facts,
                key,
                digest: ask_digest(&[&file.digest]),
                packet: Some(super::writing::packet_of(name)),
                sheets: [(DIFFERENCES.to_owned(), sheet)].into_iter().collect(),
                writer: None,
            };
            let told = self.ask(new, Duration::ZERO).await;
            if told.flow.0 == 0 {
                return Err(format!("the comparison {} is not taken now: {}", reconcile.name, told.reason));
            }
        }
        Ok(())
    }

    /// Puts what the journal has of our calls into the book; gives the names of the sheets on which it stands.
    async fn ours(
        self: &Arc<Self>,
        scene: &mut Scene,
        reconcile: &ReconcileProgram,
        day: Date,
        sheet: &str,
    ) -> Fallible<Vec<String>> {
        let version = Arc::clone(&scene.version);
        let mut sheets = Vec::new();
        for (book, place) in reconcile.ours.iter().zip(0_usize..) {
            let name = format!("{sheet}.ours-{place}");
            let call = CallRef { module: scene.module, call: book.call };
            let rows = journal::exchanges(self, &version, call, Wanted::Near(day), &name).await;
            let rows = rows.map_err(|refusal: Refusal| refusal.to_string())?;
            scene.book.put_long(book.list, rows);
            sheets.push(name);
        }
        Ok(sheets)
    }

    /// The record that a flow is asked; the differences stand on the sheet.
    async fn held_against(
        self: &Arc<Self>,
        scene: Scene,
        reconcile: &ReconcileProgram,
        day: Date,
        sheet: &str,
    ) -> Fallible<Record> {
        let (reconcile, spool, sheet) = (reconcile.clone(), self.spool.clone(), sheet.to_owned());
        let compared = self.core.offload(move || {
            let compare = Compare { scene, reconcile: &reconcile, day };
            compare.all(&spool, &sheet)
        });
        compared.await.unwrap_or_else(|| Err("the machine is busy".to_owned()))
    }
}

/// The shape of what the call asks.
fn reconcile_ask(version: &Version, call: CallRef) -> Option<ShapeId> {
    version.call(call).and_then(|program| program.call.ask)
}

/// A comparison under way, on a thread that may take long.
struct Compare<'a> {
    scene: Scene,
    reconcile: &'a ReconcileProgram,
    day: Date,
}

impl Compare<'_> {
    fn all(self, spool: &Spool, sheet: &str) -> Fallible<Record> {
        let mut counts = Counts::default();
        let mut ours = self.ours(&mut counts)?;
        let differences = spool.write(sheet).map_err(|error| error.to_string())?;
        let mut out = Differences::new(&self.scene.version, self.reconcile.ask, differences)?;
        self.theirs(&mut ours, &mut out, &mut counts)?;
        for row in ours.iter().filter(|row| row.of_day && !row.met && row.state == State::Stands) {
            let book = self.reconcile.ours.get(row.book as usize).ok_or("there is no such book")?;
            self.enter(book, row.row)?;
            let key = self.key(book)?.unwrap_or_default();
            self.scene.leave(&book.list);
            out.append(&key, "ours_only", row.amount, None)?;
        }
        out.finish(self.day, &counts)
    }

    /// Our rows in the order of their keys.
    fn ours(&self, counts: &mut Counts) -> Fallible<Vec<Ours>> {
        let mut found = Vec::new();
        for (book, place) in self.reconcile.ours.iter().zip(0_u32..) {
            let rows = self.scene.rows(&book.list).map_err(|fault| format!("{fault:?}"))?;
            for row in 0..rows {
                self.enter(book, row)?;
                if let Some(one) = self.one_of_ours(book, place, row)? {
                    counts.ours += u64::from(one.of_day && one.state == State::Stands);
                    found.push(one);
                }
                if found.len() > MOST {
                    return Err(format!("more than {MOST} rows of ours"));
                }
            }
            self.scene.leave(&book.list);
        }
        found.sort_by_key(|row| row.key);
        Ok(found)
    }

    /// The row of ours that is entered; none where it has no key.
    fn one_of_ours(&self, book: &BookProgram, place: u32, row: u32) -> Fallible<Option<Ours>> {
        let Some(key) = self.key(book)? else { return Ok(None) };
        let fact = |level: u8, slot: u16| Load { space: Space::JournalRow, level, slot, call: book.call.0 };
        let load = |load: Load| self.scene.load(&load).map_err(|fault| format!("{fault:?}"));
        let outcome = load(Load { space: Space::RowOutcome, ..fact(0, 0) })?;
        let undone = matches!(load(fact(4, 0))?, Value::Flag(true));
        let state = match outcome {
            Value::Outcome(Outcome::Done(_)) if undone => State::Undone,
            Value::Outcome(Outcome::Done(_)) => State::Stands,
            Value::Outcome(Outcome::Refused(_)) => State::Refused,
            _ => State::Open,
        };
        let of_day = match book.filter {
            Some(filter) => self.holds(filter)?,
            None => matches!(load(fact(0, Fact::BusinessDate as u16))?, Value::Date(day) if day == self.day),
        };
        let amount = self.amount(book)?;
        Ok(Some(Ours { key: short(&key), amount, state, of_day, met: false, book: place, row }))
    }

    /// Goes through their rows; each meets one of ours under its key, or is a difference.
    fn theirs(&self, ours: &mut [Ours], out: &mut Differences<'_>, counts: &mut Counts) -> Fallible<()> {
        let book = &self.reconcile.theirs;
        let rows = self.scene.rows(&book.list).map_err(|fault| format!("{fault:?}"))?;
        for row in 0..rows {
            self.enter(book, row)?;
            if let Some(filter) = book.filter
                && !self.holds(filter)?
            {
                continue;
            }
            counts.theirs += 1;
            let key = self.key(book)?.unwrap_or_default();
            let amount = self.amount(book)?;
            let found = meet(ours, short(&key));
            let class = match found.as_ref().map(|met| met.state) {
                None => "theirs_only",
                Some(State::Open) => "open_here",
                Some(State::Refused) => "refused_here",
                Some(State::Undone) => "undone_here",
                Some(State::Stands) if found.is_some_and(|met| self.differs(met, amount)) => "amount_differs",
                Some(State::Stands) => {
                    counts.agreed += 1;
                    continue;
                }
            };
            out.append(&key, class, found.and_then(|met| met.amount), amount)?;
        }
        self.scene.leave(&book.list);
        Ok(())
    }

    /// Whether amounts differ where both books have them; one that is missing on a side differs too.
    fn differs(&self, ours: &Ours, theirs: Option<Decimal>) -> bool {
        let named = self.reconcile.ours.get(ours.book as usize).is_some_and(|book| book.amount.is_some());
        named && self.reconcile.theirs.amount.is_some() && ours.amount != theirs
    }

    fn enter(&self, book: &BookProgram, row: u32) -> Fallible<()> {
        self.scene.enter(&book.list, row).map_err(|fault| format!("row {row}: {fault:?}"))
    }

    fn key(&self, book: &BookProgram) -> Fallible<Option<String>> {
        let value = message::value(&self.scene, book.key).map_err(|fault| format!("a key: {fault:?}"))?;
        let present = value.is_present();
        Ok(present.then(|| crate::facts::plain(&value, self.scene.version.symbols())))
    }

    fn amount(&self, book: &BookProgram) -> Fallible<Option<Decimal>> {
        let Some(amount) = book.amount else { return Ok(None) };
        match message::value(&self.scene, amount).map_err(|fault| format!("an amount: {fault:?}"))? {
            Value::Decimal(amount) => Ok(Some(amount)),
            _ => Ok(None),
        }
    }

    fn holds(&self, filter: dsl::program::ExprId) -> Fallible<bool> {
        message::holds(&self.scene, filter).map_err(|fault| format!("a condition: {fault:?}"))
    }
}

/// A row of ours under a key: one that stands goes before one that was refused or taken back, and each is met once.
fn meet(ours: &mut [Ours], key: [u8; 16]) -> Option<&Ours> {
    let from = ours.partition_point(|row| row.key < key);
    let same = ours.iter().skip(from).take_while(|row| row.key == key);
    let rank = |row: &Ours| match row.state {
        State::Stands => 0,
        State::Open => 1,
        State::Undone => 2,
        State::Refused => 3,
    };
    let place =
        same.enumerate().filter(|(_, row)| !row.met).min_by_key(|(_, row)| rank(row)).map(|(at, _)| at)?;
    let row = ours.get_mut(from + place)?;
    row.met = true;
    Some(row)
}

/// A key in sixteen octets.
fn short(key: &str) -> [u8; 16] {
    let digest = adapters::seal::digest(Digest::Sha256, key.as_bytes());
    let mut short = [0; 16];
    short.iter_mut().zip(digest).for_each(|(to, octet)| *to = octet);
    short
}

/// Differences as they are found.
struct Differences<'a> {
    version: &'a Arc<Version>,
    ask: ShapeId,
    row: ShapeId,
    sheet: SheetWriter,
}

impl<'a> Differences<'a> {
    fn new(version: &'a Arc<Version>, ask: ShapeId, sheet: SheetWriter) -> Fallible<Self> {
        let (_, row) =
            super::lists::list_field(version, Some(ask), DIFFERENCES).ok_or("no list of differences")?;
        Ok(Self { version, ask, row, sheet })
    }

    fn slots(&self, shape: ShapeId) -> u16 {
        let shape = self.version.compiled.shapes.get(shape.0 as usize);
        shape.map_or(0, |shape| u16::try_from(shape.fields.len()).unwrap_or(u16::MAX))
    }

    fn append(
        &mut self,
        key: &str,
        class: &str,
        ours: Option<Decimal>,
        theirs: Option<Decimal>,
    ) -> Fallible<()> {
        let symbols = self.version.symbols();
        let class = symbols.find(class).map_or(Value::Absent, Value::Name);
        let amount = |amount: Option<Decimal>| amount.map_or(Value::Absent, Value::Decimal);
        let mut record = Record::new(self.slots(self.row));
        for (slot, value) in [Value::text(key), class, amount(ours), amount(theirs)].iter().enumerate() {
            record.set(slot, value).map_err(|fault| format!("a difference: {fault:?}"))?;
        }
        let octets = encode_record(&record, &self.version.compiled.shapes, self.row, symbols);
        self.sheet.append(&octets.map_err(|error| error.to_string())?).map_err(|error| error.to_string())
    }

    fn finish(self, day: Date, counts: &Counts) -> Fallible<Record> {
        let mut record = Record::new(self.slots(self.ask));
        let number = |count: u64| Value::Number(i128::from(count));
        let values = [Value::Date(day), number(counts.ours), number(counts.theirs), number(counts.agreed)];
        for (slot, value) in values.iter().enumerate() {
            record.set(slot, value).map_err(|fault| format!("what was compared: {fault:?}"))?;
        }
        self.sheet.finish().map_err(|error| error.to_string())?;
        Ok(record)
    }
}
