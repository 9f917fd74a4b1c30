//! Long lists over sheets: rows as they were asked, rows as they were answered, exchanges of the journal.
//!
//! In: a sheet and the shape of its rows. Out: rows for the book. It must not know where a sheet came from.

use crate::book::{LongExchange, LongList, LongRow};
use crate::driver::{Told, ToldKind};
use crate::exchange::of_kept;
use crate::facts::{Body, Facts};
use crate::sheet::Sheet;
use crate::version::{CallRef, Version};
use adapters::value::{Record, decode_record};
use dsl::evaluate::Fault;
use dsl::value::{Outcome, ShapeId, Type};
use std::sync::Arc;
use store::FlowId;

/// The sheet on which the answers of a loop's rows stand; the loop by its number in the flow's tables.
pub(crate) fn sheet_of(flow: FlowId, list: usize, name: &str) -> String {
    format!("flow-{}.{list}-{name}", flow.0)
}

/// Slot and row shape of a list of a record, by its name.
pub(crate) fn list_field(version: &Version, shape: Option<ShapeId>, field: &str) -> Option<(u16, ShapeId)> {
    let shape = version.compiled.shapes.get(shape?.0 as usize)?;
    let slot = shape.fields.iter().position(|known| *known.name == *field)?;
    match &shape.fields.get(slot)?.ty {
        Type::List { shape, .. } => Some((u16::try_from(slot).ok()?, *shape)),
        _ => None,
    }
}

fn octets(sheet: &Sheet, row: u64) -> Result<Vec<u8>, Fault> {
    sheet.row(row).map_err(|error| {
        tracing::error!(sheet = sheet.name(), row, %error, "a row cannot be read from the spool");
        Fault::Broken
    })
}

/// Rows as a file asked them.
pub(crate) struct AskedRows {
    sheet: Sheet,
    version: Arc<Version>,
    shape: ShapeId,
}

impl AskedRows {
    pub(crate) fn new(sheet: Sheet, version: Arc<Version>, shape: ShapeId) -> Self {
        Self { sheet, version, shape }
    }
}

impl LongList for AskedRows {
    fn count(&self) -> u64 {
        self.sheet.count()
    }

    fn gives(&self, row: u64) -> bool {
        self.sheet.row(row).is_ok()
    }

    fn row(&self, row: u64) -> Result<LongRow, Fault> {
        let octets = octets(&self.sheet, row)?;
        let record =
            decode_record(&octets, &self.version.compiled.shapes, self.shape, self.version.symbols());
        let record = record.map_err(|error| {
            tracing::error!(sheet = self.sheet.name(), row, %error, "a row of the spool is of another form");
            Fault::Broken
        })?;
        Ok(LongRow { record, ..LongRow::default() })
    }
}

/// Rows as their flows answered them.
pub(crate) struct AnsweredRows {
    sheet: Sheet,
    version: Arc<Version>,
    shape: Option<ShapeId>,
}

impl AnsweredRows {
    pub(crate) fn new(sheet: Sheet, version: Arc<Version>, shape: Option<ShapeId>) -> Self {
        Self { sheet, version, shape }
    }
}

impl LongList for AnsweredRows {
    fn count(&self) -> u64 {
        self.sheet.count()
    }

    fn gives(&self, row: u64) -> bool {
        self.sheet.row(row).is_ok()
    }

    fn row(&self, row: u64) -> Result<LongRow, Fault> {
        let octets = octets(&self.sheet, row)?;
        let told = Told::decode(&octets, FlowId(0), self.shape, &self.version).ok_or(Fault::Broken)?;
        let slots = self.shape.and_then(|shape| self.version.compiled.shapes.get(shape.0 as usize));
        let slots = slots.map_or(0, |shape| u16::try_from(shape.fields.len()).unwrap_or(u16::MAX));
        let record = told.record.as_deref().cloned().unwrap_or_else(|| Record::new(slots));
        Ok(LongRow { record, outcome: Some((outcome(&self.version, &told), told.text)), exchange: None })
    }
}

/// The outcome of a row as its flow told it.
pub(crate) fn outcome(version: &Version, told: &Told) -> Outcome {
    match told.kind {
        ToldKind::Done => Outcome::Done(None),
        ToldKind::Refused => Outcome::Refused(version.symbols().find(&told.reason)),
        ToldKind::Pending => Outcome::Unknown,
    }
}

/// Exchanges of a call in the journal.
pub(crate) struct JournalRows {
    sheet: Sheet,
    version: Arc<Version>,
    call: CallRef,
}

impl JournalRows {
    pub(crate) fn new(sheet: Sheet, version: Arc<Version>, call: CallRef) -> Self {
        Self { sheet, version, call }
    }

    fn of(&self, body: &Body) -> Option<LongRow> {
        let symbols = self.version.symbols();
        let program = self.version.call(self.call)?;
        let shapes = &self.version.compiled.shapes;
        let record =
            |name: &str, shape: Option<ShapeId>| decode_record(body.get(name)?, shapes, shape?, symbols).ok();
        let text = |name: &str| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
        let request = of_kept(&self.version, self.call, program.call.request, &body.tagged("kept"))?;
        let outcome = match text("outcome")?.as_str() {
            "done" => Outcome::Done(None),
            "refused" => Outcome::Refused(text("reason").and_then(|reason| symbols.find(&reason))),
            _ => Outcome::Unknown,
        };
        Some(LongRow {
            record: record("ask", program.call.ask).unwrap_or_default(),
            outcome: Some((outcome, text("text").unwrap_or_default())),
            exchange: Some(Box::new(LongExchange {
                facts: Facts::of_tagged(&body.tagged("facts"), symbols),
                request,
                answer: record("answer", program.call.answer),
                reversed: text("reversed").is_some_and(|reversed| reversed == "yes"),
                flow: FlowId(u64::from_be_bytes(body.get("flow")?.try_into().ok()?)),
                step: text("step").unwrap_or_default().into(),
            })),
        })
    }
}

impl LongList for JournalRows {
    fn count(&self) -> u64 {
        self.sheet.count()
    }

    fn gives(&self, row: u64) -> bool {
        self.sheet.row(row).is_ok()
    }

    fn row(&self, row: u64) -> Result<LongRow, Fault> {
        let body = Body::decode(&octets(&self.sheet, row)?).ok_or(Fault::Broken)?;
        self.of(&body).ok_or(Fault::Broken)
    }
}

macro_rules! shown {
    ($($list:ident),*) => {$(
        impl std::fmt::Debug for $list {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($list)).field("sheet", &self.sheet).finish_non_exhaustive()
            }
        }
    )*};
}
shown!(AskedRows, AnsweredRows, JournalRows);
