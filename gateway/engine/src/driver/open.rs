//! What stands for the rows whose end is not known when their batch answers: what a row answers before anything of it has
//! become known, so that its amounts are there and its outcome is "unknown".
//!
//! In: a batch's book and the tables of its loop, taken once. Out: answers by number of the row. It must not know the journal.

use super::{Running, Told, ToldKind, program_of};
use crate::book::Book;
use crate::facts::Facts;
use crate::version::{FlowRef, Version};
use crate::view::{Parts, Sealing, StepSeen};
use adapters::value::Record;
use dsl::flow::{LoopId, MappingId, Node};
use dsl::model::{Load, Space};
use dsl::value::{DateTime, ShapeId};
use std::sync::Arc;
use store::FlowId;

/// Answers of open rows of one loop. It owns what it needs, so that a thread which may take long can have it.
pub(super) struct OpenRows {
    version: Arc<Version>,
    reference: FlowRef,
    facts: Facts,
    now: DateTime,
    sealing: Sealing,
    steps: Vec<StepSeen>,
    /// Where the rows that were asked stand, and the number of their space.
    rows: (Load, u16),
    shape: ShapeId,
    mapping: MappingId,
    /// What the rows are taken from, and what each of them sees.
    of: Book,
    seen: Book,
}

impl Running {
    /// The answers of a loop's open rows; none where its rows answer nothing.
    pub(super) fn open_rows(&self, of: LoopId) -> Option<OpenRows> {
        let (number, form) = self.form_of(of)?;
        let tables = self.tables()?;
        let path: Vec<LoopId> = self.path.iter().copied().chain([of]).collect();
        let program = program_of(tables, &path)?;
        let answers = |node: &Node| if let Node::Answer(mapping) = node { Some(*mapping) } else { None };
        let mut seen = Book::default();
        self.book_for_rows(&mut seen);
        Some(OpenRows {
            version: Arc::clone(&self.version),
            reference: self.reference,
            facts: self.facts.clone(),
            now: self.engine.now(),
            sealing: self.engine.sealing.clone(),
            steps: vec![StepSeen::default(); tables.steps.len()],
            rows: (form.list, number),
            shape: form.into_shape?,
            mapping: program.nodes.iter().find_map(answers)?,
            of: self.book.clone(),
            seen,
        })
    }
}

impl OpenRows {
    /// What a row that is open answers.
    pub(super) fn told(&mut self, row: u64) -> Told {
        let record = self.record(row);
        if record.is_none() {
            tracing::warn!(row, "the answer of a row that is open cannot be filled");
        }
        let shape = Some(self.shape);
        Told { record: record.map(Arc::new), shape, ..Told::of(ToldKind::Pending, FlowId(0)) }
    }

    fn record(&mut self, row: u64) -> Option<Record> {
        let (list, number) = &self.rows;
        let asked = self.of.row(list, u32::try_from(row).ok()?).ok()?;
        self.seen.put(Space::Row, *number, asked);
        let version = Arc::clone(&self.version);
        let filling = version.flow(self.reference)?.fillings.get(self.mapping.0 as usize)?;
        let (module, facts, steps) = (self.reference.module, &self.facts, &self.steps[..]);
        let (own, now, sealing) = (None, self.now, &self.sealing);
        let parts = Parts { version: &version, module, facts, steps, own, now, sealing };
        let slots = version.compiled.shapes.get(self.shape.0 as usize)?.fields.len();
        let record = Record::new(u16::try_from(slots).ok()?);
        crate::fill::fill(&parts, &mut self.seen, filling, record, false).ok()
    }
}
