//! Books compared: what a file of theirs lists of a day against what the journal has of our calls (flows.md 4).
//!
//! In: a file that was read to its end, and the comparisons of its party. Out: for each a flow that is asked with the
//! counts and the differences, durable before the file itself is worked off, begun once for a file and the day that it is of. It
//! must not know what becomes of a difference.

mod alone;
mod books;
mod proved;

pub use alone::{Alone, ComparedFile};
pub use books::{Class, Counts, Evidence, Line};

use super::journal::{self, Days, Wanted};
use super::reading::ReadFile;
use super::take::TakenFile;
use crate::driver::{Known, NewFlow, Told, ToldKind, ask_digest, put_sheets};
use crate::engine::Engine;
use crate::message::{self, Refusal};
use crate::scene::Scene;
use crate::serve::Serving;
use crate::sheet::{SheetWriter, Spool};
use crate::version::{CallRef, FlowRef, Version};
use adapters::value::{Record, encode_record};
use books::Books;
use dsl::evaluate::Value;
use dsl::program::{FlowStart, ReconcileProgram};
use dsl::value::{Date, Decimal, ShapeId};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use store::{Direction, Key, SortFault};

/// The list of differences in what a flow is asked.
const DIFFERENCES: &str = "differences";

/// Why books are not compared, in words.
type Fallible<T> = Result<T, String>;

/// Why books are not compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCompared {
    /// The machine, the journal or the spool: it is tried again.
    #[error("{0}")]
    NotNow(String),
    /// What stands in them.
    #[error("{0}")]
    Wrong(String),
}

impl From<io::Error> for NotCompared {
    fn from(error: io::Error) -> Self {
        Self::NotNow(error.to_string())
    }
}

impl From<SortFault> for NotCompared {
    fn from(fault: SortFault) -> Self {
        Self::NotNow(fault.to_string())
    }
}

impl From<String> for NotCompared {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

impl From<&str> for NotCompared {
    fn from(why: &str) -> Self {
        Self::Wrong(why.to_owned())
    }
}

type Compared<T> = Result<T, NotCompared>;

/// What became of the ask of a flow that a file begins.
pub(super) enum Begun {
    /// The journal has the flow.
    Yes,
    /// Not yet: it is to be asked again.
    NotNow,
    /// It never will: its key was cancelled, or its date is gone.
    Never,
}

impl Engine {
    /// Begins the flows of every comparison that the file is their book of.
    ///
    /// # Errors
    /// In words, where it cannot be done now; it is to be tried again.
    pub(super) async fn compare_books(
        self: &Arc<Self>,
        serving: &Serving,
        taken: &TakenFile,
        read: &ReadFile,
    ) -> Fallible<()> {
        let TakenFile { source, name, file, .. } = taken;
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
            let scene = self.scene_of_books(serving, read)?;
            let day = match message::value(&scene, reconcile.day) {
                Ok(Value::Date(day)) => day,
                other => {
                    let fault = format!("books are compared of no day: {other:?}");
                    self.file_refused(source, name, &fault);
                    continue;
                }
            };
            let digest: String = file.digest.iter().take(16).map(|octet| format!("{octet:02x}")).collect();
            // A day on which nothing moved has the same file as the one before it.
            let once = format!("compared {} of {day}:{digest}", reconcile.name);
            let party = module.name.to_string();
            let date = crate::calendar::day(day);
            let key = Key { date, party, direction: Direction::In, once: once.into_bytes() };
            if self.flow_of_key(&key, Known::Days).await.map_err(|fatal| fatal.to_string())?.is_some() {
                continue;
            }
            if self.begun_before(&key).is_some() {
                return Err(format!("the comparison {} is not in the journal yet", reconcile.name));
            }
            let facts = scene.facts.clone();
            let sheet = format!("{}.compared-{place}", file.name);
            let mut compared = self.held_against(scene, reconcile, day, &sheet).await;
            if let Ok((_, evidence)) = &mut compared {
                let evidence = std::mem::take(evidence);
                if self.take_proofs((read.call.module, reconcile, day), taken, evidence).await? {
                    // What differs still is told.
                    let scene = self.scene_of_books(serving, read)?;
                    compared = self.held_against(scene, reconcile, day, &sheet).await;
                }
            }
            let record = match compared {
                Ok((record, _)) => record,
                Err(NotCompared::NotNow(why)) => return Err(why),
                Err(NotCompared::Wrong(why)) => {
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
                key: key.clone(),
                known: Known::Days,
                waited_for: false,
                digest: ask_digest(&[&file.digest]),
                packet: Some(super::writing::packet_of(name)),
                sheets: [(DIFFERENCES.to_owned(), sheet)].into_iter().collect(),
                writer: None,
            };
            let told = self.ask(new, Duration::ZERO).await;
            match self.begun_by(&key, &told).await {
                Begun::Yes => {}
                Begun::NotNow => {
                    return Err(format!(
                        "the comparison {} is not taken now: {}",
                        reconcile.name, told.reason
                    ));
                }
                Begun::Never => {
                    let fault =
                        format!("the books of {day} are not compared: {}: {}", told.reason, told.text);
                    self.file_refused(source, name, &fault);
                }
            }
        }
        Ok(())
    }

    /// Whether the journal has the flow of a key, behind an ask that was told so: what was told has a number also where the first
    /// write found no room.
    pub(super) async fn begun_by(&self, key: &Key, told: &Told) -> Begun {
        match self.flow_of_key(key, Known::Days).await {
            Ok(Some(_)) => Begun::Yes,
            Ok(None)
                if told.kind == ToldKind::Refused
                    && matches!(told.reason.as_str(), "too_late" | "cancelled") =>
            {
                Begun::Never
            }
            Ok(None) | Err(_) => Begun::NotNow,
        }
    }

    /// A scene that has their book.
    fn scene_of_books(&self, serving: &Serving, read: &ReadFile) -> Fallible<Box<Scene>> {
        let (version, module) = (&serving.version, read.call.module);
        let mut scene = serving.scene(module, false, Some(read.call.call));
        scene.book = read.scene.book.clone();
        scene.facts = read.scene.facts.clone();
        scene.stamp(self.business_date(version, module));
        let ask = reconcile_ask(version, read.call);
        put_sheets(&mut scene.book, version, ask, &self.spool, &read.sheets)?;
        Ok(scene)
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
            let wanted = Wanted::Near(Days::of(day, reconcile.month));
            let rows = journal::exchanges(self, &version, call, wanted, &name).await;
            let rows = rows.map_err(|refusal: Refusal| refusal.to_string())?;
            scene.book.put_long(book.list, rows);
            sheets.push(name);
        }
        Ok(sheets)
    }

    /// The record that a flow is asked, and what the books say of what is open here; the differences stand on the sheet.
    async fn held_against(
        self: &Arc<Self>,
        mut scene: Box<Scene>,
        reconcile: &ReconcileProgram,
        day: Date,
        sheet: &str,
    ) -> Compared<(Record, Vec<Evidence>)> {
        let ours = self.ours(&mut scene, reconcile, day, sheet).await;
        let scratch = ours.map_err(NotCompared::NotNow)?;
        let (reconcile, spool, sheet) = (reconcile.clone(), self.spool.clone(), sheet.to_owned());
        let compared = self.core.offload(move || {
            let compared = differences(scene, &reconcile, day, &spool, &sheet);
            for name in scratch {
                drop(spool.remove_sheet(&name));
            }
            compared
        });
        compared.await.unwrap_or_else(|| Err(NotCompared::NotNow("the machine is busy".to_owned())))
    }
}

/// Puts the differences of two books on a sheet; gives what a flow is asked with it, and what the books say of what is open here.
fn differences(
    scene: Box<Scene>,
    reconcile: &ReconcileProgram,
    day: Date,
    spool: &Spool,
    sheet: &str,
) -> Compared<(Record, Vec<Evidence>)> {
    let version = Arc::clone(&scene.version);
    let writer = spool.write(sheet)?;
    let mut out = Differences::new(&version, reconcile.ask, writer)?;
    let books = Books { scene, reconcile, days: Days::of(day, reconcile.month) };
    let mut line = |line: &Line<'_>| match line.class {
        Some(class) => out.append(line.key, class.word(), line.ours, line.theirs),
        None => Ok(()),
    };
    let mut found = proved::Found::of(reconcile);
    let sorting = spool.place(&format!("{sheet}.sorting"));
    let counts = books.compare(&sorting, &mut line, &mut |evidence| found.take(evidence))?;
    Ok((out.finish(day, &counts)?, found.all(counts.agreed)))
}

/// The shape of what the call asks.
fn reconcile_ask(version: &Version, call: CallRef) -> Option<ShapeId> {
    version.call(call).and_then(|program| program.call.ask)
}

/// Differences as they are found.
struct Differences<'a> {
    version: &'a Arc<Version>,
    ask: ShapeId,
    row: ShapeId,
    sheet: SheetWriter,
}

impl<'a> Differences<'a> {
    fn new(version: &'a Arc<Version>, ask: ShapeId, sheet: SheetWriter) -> Compared<Self> {
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
    ) -> Compared<()> {
        let symbols = self.version.symbols();
        let class = symbols.find(class).map_or(Value::Absent, Value::Name);
        let amount = |amount: Option<Decimal>| amount.map_or(Value::Absent, Value::Decimal);
        let mut record = Record::new(self.slots(self.row));
        for (slot, value) in [Value::text(key), class, amount(ours), amount(theirs)].iter().enumerate() {
            record.set(slot, value).map_err(|fault| format!("a difference: {fault:?}"))?;
        }
        let octets = encode_record(&record, &self.version.compiled.shapes, self.row, symbols);
        Ok(self.sheet.append(&octets.map_err(|error| error.to_string())?)?)
    }

    fn finish(self, day: Date, counts: &Counts) -> Compared<Record> {
        let mut record = Record::new(self.slots(self.ask));
        let number = |count: u64| Value::Number(i128::from(count));
        let values = [Value::Date(day), number(counts.ours), number(counts.theirs), number(counts.agreed)];
        for (slot, value) in values.iter().enumerate() {
            record.set(slot, value).map_err(|fault| format!("what was compared: {fault:?}"))?;
        }
        self.sheet.finish()?;
        Ok(record)
    }
}
