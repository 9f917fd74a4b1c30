//! Flows over long lists: their sheets opened, their folds made once, the rows' answers gathered on a sheet
//! (decisions D13). Whatever goes through all rows does so on a thread that may take long.

use super::{Running, Told};
use crate::batch::lists::{AnsweredRows, AskedRows, list_field, sheet_of};
use crate::book::Book;
use crate::facts::Tagged;
use crate::sheet::{Sheet, SheetWriter, Spool};
use crate::version::Version;
use dsl::evaluate::Value;
use dsl::flow::{LoopId, Node};
use dsl::model::{Load, Space};
use dsl::value::ShapeId;
use std::sync::Arc;
use store::{FlowId, Reader};

/// Rows of one read of the journal.
const PAGE: usize = 2_000;

/// Puts the sheets of an ask in the place of its lists: name of the field, name of the sheet.
///
/// # Errors
/// In words, where a sheet is not there or the ask has no such list.
pub(crate) fn put_sheets(
    book: &mut Book,
    version: &Arc<Version>,
    ask: Option<ShapeId>,
    spool: &Spool,
    sheets: &Tagged,
) -> Result<(), String> {
    for (field, name) in sheets {
        let (slot, rows) =
            list_field(version, ask, field).ok_or_else(|| format!("the ask has no list {field}"))?;
        let sheet = spool.read(name).map_err(|error| format!("sheet {name}: {error}"))?;
        let list = Load { space: Space::Ask, level: 0, slot, call: 0 };
        book.put_long(list, Arc::new(AskedRows::new(sheet, Arc::clone(version), rows)));
    }
    Ok(())
}

impl Running {
    /// Makes the folds over long lists that expressions ask for.
    pub(super) async fn make_folds(&mut self) {
        if self.book.long_lists().is_empty() {
            return;
        }
        let (version, module, facts) = (Arc::clone(&self.version), self.reference.module, self.facts.clone());
        let (book, steps, now) = (self.book.clone(), self.steps(), self.engine.now());
        let sealing = self.engine.sealing.clone();
        let made = self.engine.core.offload(move || {
            let (version, facts, steps, own, sealing) = (&version, &facts, &steps[..], None, &sealing);
            let parts = crate::view::Parts { version, module, facts, steps, own, now, sealing };
            let lists: Vec<Load> = book.long_lists().iter().map(|(list, _)| *list).collect();
            let mut made: Vec<(u32, Value<'static>)> = Vec::new();
            for list in lists {
                made.extend(parts.view(&book).folds_over(&list)?);
            }
            Ok::<_, dsl::evaluate::Fault>(made)
        });
        match made.await {
            Some(Ok(made)) => made.into_iter().for_each(|(at, value)| self.book.put_fold(at, value)),
            other => tracing::error!(flow = %self.id, ?other, "sums over a long list cannot be made"),
        }
    }

    /// Whether the rows of a loop stand on a sheet.
    pub(super) fn is_long(&self, of: LoopId) -> bool {
        self.form_of(of).is_some_and(|(_, form)| self.book.long(&form.list).is_some())
    }

    /// Puts what the rows of a long loop answered on a sheet, and the sheet in the place of the list that they make; those of
    /// `unknown` stand there as not known. False: it cannot be written now.
    pub(super) async fn gather_long(&mut self, of: LoopId, total: u64, unknown: Vec<u64>) -> bool {
        let Some((number, form)) = self.form_of(of).map(|(number, form)| (number, form.clone())) else {
            return true;
        };
        let name = sheet_of(self.id, usize::from(number), &form.name);
        let (spool, parent) = (self.engine.spool.clone(), self.id);
        let (version, mut open) = (Arc::clone(&self.version), self.open_rows(of));
        let Some(rows) = self.program().and_then(|program| program.loops.get(usize::from(of.0))) else {
            return true;
        };
        let rows = rows.body.name.clone();
        let written = self.engine.journal.read_long(move |reader| {
            let open = |row| match &mut open {
                Some(open) => open.told(row).encode(&version),
                None => Told::pending(FlowId(0)).encode(&version),
            };
            let of = Rows { parent, name: &rows, total, unknown: &unknown };
            Ok(answers(reader, spool.write(&name), &of, open).map_err(|error| error.to_string()))
        });
        let sheet = match written.await {
            Ok(Ok(sheet)) => sheet,
            Ok(Err(why)) => {
                tracing::error!(flow = %self.id, %why, "the answers of a batch's rows cannot be gathered");
                return false;
            }
            Err(fatal) => {
                self.engine.fail(&fatal);
                return false;
            }
        };
        let list = match form.into {
            Some(list) if list.space != Space::Row => list,
            _ => Load { space: Space::Row, level: 0, slot: u16::MAX, call: number },
        };
        let rows = AnsweredRows::new(sheet, Arc::clone(&self.version), form.into_shape);
        self.book.put_long(list, Arc::new(rows));
        self.make_folds().await;
        true
    }
}

impl crate::engine::Engine {
    /// What a flow over long lists answers now, with the ends that its rows have by now.
    pub(crate) async fn answered_anew(self: &Arc<Self>, flow: FlowId) -> Told {
        let row = match self.journal.read(move |reader| reader.flow(flow)).await {
            Ok(Some(row)) => row,
            _ => return Told::pending(flow),
        };
        let before = self.told_of(&row);
        let Ok(mut running) = Box::pin(self.load(row)).await else { return before };
        let Some(program) = running.program().cloned() else { return before };
        for rows in &running.state.durable.loops.clone() {
            if running.is_long(rows.of) && !running.gather_long(rows.of, rows.total, Vec::new()).await {
                return before;
            }
        }
        let answers = program.nodes.iter().find_map(|node| match node {
            Node::Answer(mapping) => Some(*mapping),
            _ => None,
        });
        let state = running.state.clone();
        if let Some(mapping) = answers
            && let Err(why) = running.make_answer(mapping, &state)
        {
            tracing::error!(%flow, ?why, "a later answer cannot be filled");
            return before;
        }
        Told { record: running.answer.take().map(Arc::new), ..before }
    }
}

/// The rows of a batch's loop.
struct Rows<'a> {
    parent: FlowId,
    name: &'a str,
    total: u64,
    /// Rows that stand there as not known, whatever became of them.
    unknown: &'a [u64],
}

/// Writes the answers of rows in their order; `open` gives what stands for a row without an end.
fn answers(
    reader: &mut dyn Reader,
    sheet: std::io::Result<SheetWriter>,
    &Rows { parent, name, total, unknown }: &Rows<'_>,
    mut open: impl FnMut(u64) -> Vec<u8>,
) -> Result<Sheet, Box<dyn std::error::Error + Send + Sync>> {
    let mut sheet = sheet?;
    loop {
        let page = reader.children(parent, name, sheet.count(), PAGE)?;
        let last = page.len() < PAGE;
        for child in page {
            let Some((_, row)) = child.parent.filter(|(_, row)| *row < total) else { continue };
            while sheet.count() < row {
                sheet.append(&open(sheet.count()))?;
            }
            if sheet.count() == row {
                let ended = child.end.is_some() && unknown.binary_search(&row).is_err();
                match child.answer.as_deref().filter(|_| ended) {
                    Some(answer) => sheet.append(answer)?,
                    None => sheet.append(&open(row))?,
                }
            }
        }
        if last {
            break;
        }
    }
    while sheet.count() < total {
        sheet.append(&open(sheet.count()))?;
    }
    Ok(sheet.finish()?)
}
