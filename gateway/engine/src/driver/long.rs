//! Flows over long lists: their sheets opened, their folds made once, the rows' answers gathered on a sheet
//! (decisions D13). Whatever goes through all rows does so on a thread that may take long.

use super::open::OpenRows;
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
use std::collections::BTreeSet;
use std::io;
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
    pub(super) async fn gather_long(&mut self, of: LoopId, total: u64, unknown: &[u64]) -> bool {
        let Some((number, form)) = self.form_of(of).map(|(number, form)| (number, form.clone())) else {
            return true;
        };
        let name = sheet_of(self.id, usize::from(number), &form.name);
        let Some(rows) = self.program().and_then(|program| program.loops.get(usize::from(of.0))) else {
            return true;
        };
        let rows = rows.body.name.clone();
        let Some(made) = self.answers_on(of, (&name, &rows), total, (unknown, None)).await else {
            return false;
        };
        let sheet = match made {
            Made::Whole(sheet) => sheet,
            Made::Lacks(ended) => {
                let Some(others) = self.others(of, &name, ended).await else { return false };
                match self.answers_on(of, (&name, &rows), total, (unknown, Some(others))).await {
                    Some(Made::Whole(sheet)) => sheet,
                    Some(Made::Lacks(_)) | None => return false,
                }
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

impl Running {
    /// Writes the answers of a long loop's rows on a sheet. None: it cannot be written now.
    async fn answers_on(
        &self,
        of: LoopId,
        (name, rows): (&str, &str),
        total: u64,
        (unknown, others): (&[u64], Option<Others>),
    ) -> Option<Made> {
        let (spool, parent) = (self.engine.spool.clone(), self.id);
        let (name, rows) = (name.to_owned(), rows.to_owned());
        let known = self.state.durable.loops.iter().find(|rows| rows.of == of);
        let mut without = Without {
            version: Arc::clone(&self.version),
            open_rows: self.open_rows(of),
            next: known.map_or(0, |rows| rows.next),
            open: known.map_or_else(Vec::new, |rows| rows.open.clone()),
            kept: self.rows.range((of.0, 0)..=(of.0, u64::MAX)).map(|((_, row), _)| *row).collect(),
            unknown: unknown.to_vec(),
            others,
            lacks: Vec::new(),
        };
        let written = self.engine.journal.read_long(move |reader| {
            let made = answers(reader, spool.write(&name), (parent, &rows), total, &mut without);
            Ok(made.map_err(|error| error.to_string()))
        });
        match written.await {
            Ok(Ok(made)) => Some(made),
            Ok(Err(why)) => {
                tracing::error!(flow = %self.id, %why, "the answers of a batch's rows cannot be gathered");
                None
            }
            Err(fatal) => {
                self.engine.fail(&fatal);
                None
            }
        }
    }

    /// What rows were told that ended without a flow of this batch, on a sheet of this gathering alone: where a file comes twice
    /// these may be all. None: spool or journal cannot be read now.
    async fn others(&self, of: LoopId, name: &str, ended: Vec<u64>) -> Option<Others> {
        let (spool, name) = (self.engine.spool.clone(), others_of(name));
        let mut writer = self.spooling(move || spool.write(&name)).await?;
        let mut rows = Vec::new();
        for page in ended.chunks(PAGE) {
            let mut answers = Vec::new();
            for row in page {
                let told = match self.rows.get(&(of.0, *row)) {
                    Some(told) => Some(told.clone()),
                    None => self.told_of_another(of, *row).await.ok()?,
                };
                if let Some(told) = told {
                    rows.push(*row);
                    answers.push(told.encode(&self.version));
                }
            }
            let put = move || {
                answers.iter().try_for_each(|answer| writer.append(answer))?;
                Ok(writer)
            };
            writer = self.spooling(put).await?;
        }
        let sheet = self.spooling(move || writer.finish_nameless()).await?;
        Some(Others { rows, sheet })
    }

    /// Works on the spool where it may take long. None: it does not take it now.
    async fn spooling<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Option<T> {
        match self.engine.core.offload(work).await? {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::error!(flow = %self.id, %error, "the spool does not take what rows were told");
                None
            }
        }
    }
}

/// The sheet of what rows were told that ended without a flow of their batch.
fn others_of(sheet: &str) -> String {
    format!("{sheet}.others")
}

/// What rows were told that ended without a flow of their batch.
struct Others {
    /// Which, in order.
    rows: Vec<u64>,
    /// What they were told, in that order.
    sheet: Sheet,
}

/// What became of a list of answers.
enum Made {
    /// It has every row.
    Whole(Sheet),
    /// These rows have ended, and the flows of the batch do not say how.
    Lacks(Vec<u64>),
}

/// What stands for rows without an ended flow of their own.
struct Without {
    version: Arc<Version>,
    open_rows: Option<OpenRows>,
    /// The first row that was not begun.
    next: u64,
    /// Rows that have not ended, in order.
    open: Vec<u64>,
    /// Rows of which it is kept what they were told.
    kept: BTreeSet<u64>,
    /// Rows that stand there as not known, in order, whatever became of them.
    unknown: Vec<u64>,
    others: Option<Others>,
    lacks: Vec<u64>,
}

impl Without {
    /// Whether what became of a row is to be said.
    fn is_known(&self, row: u64) -> bool {
        self.unknown.binary_search(&row).is_err()
    }

    fn row(&mut self, row: u64) -> io::Result<Vec<u8>> {
        let ended = row < self.next && self.open.binary_search(&row).is_err() || self.kept.contains(&row);
        let ended = ended && self.is_known(row);
        match &self.others {
            Some(others) => {
                if let Ok(place) = others.rows.binary_search(&row) {
                    return others.sheet.row(place as u64);
                }
            }
            None if ended => self.lacks.push(row),
            None => {}
        }
        Ok(match &mut self.open_rows {
            Some(open) => open.told(row).encode(&self.version),
            None => Told::pending(FlowId(0)).encode(&self.version),
        })
    }
}

impl crate::engine::Engine {
    /// What a flow over long lists answers now, with the ends that its rows have by now; none where spool or journal do not
    /// give it now.
    pub(crate) async fn answered_anew(self: &Arc<Self>, flow: FlowId) -> Option<Told> {
        let row = self.journal.read(move |reader| reader.flow(flow)).await;
        let row = row.inspect_err(|fatal| self.fail(fatal)).ok()??;
        let before = self.told_of(&row);
        let loaded = Box::pin(self.load(row)).await;
        let loaded = loaded.inspect_err(|why| tracing::error!(%flow, %why, "a later answer waits"));
        let mut running = loaded.ok().filter(|running| !running.unmade)?;
        let program = running.program().cloned()?;
        // Rows have ended by now that its own state has as open: it was late, and took no end of them. Those without a flow of
        // this batch are looked for under their keys.
        let state = running.state.clone();
        running.state.durable.loops.iter_mut().for_each(|rows| rows.open.clear());
        for rows in &running.state.durable.loops.clone() {
            if running.is_long(rows.of) && !running.gather_long(rows.of, rows.total, &[]).await {
                return None;
            }
        }
        let answers = program.nodes.iter().find_map(|node| match node {
            Node::Answer(mapping) => Some(*mapping),
            _ => None,
        });
        if let Some(mapping) = answers
            && let Err(why) = running.make_answer(mapping, &state)
        {
            tracing::error!(%flow, ?why, "a later answer cannot be filled");
            return None;
        }
        Some(Told { record: running.answer.take().map(Arc::new), ..before })
    }
}

/// Writes the answers of the rows of a batch's loop in their order.
fn answers(
    reader: &mut dyn Reader,
    sheet: io::Result<SheetWriter>,
    (parent, name): (FlowId, &str),
    total: u64,
    without: &mut Without,
) -> Result<Made, Box<dyn std::error::Error + Send + Sync>> {
    let mut sheet = sheet?;
    loop {
        let page = reader.children(parent, name, sheet.count(), PAGE)?;
        let last = page.len() < PAGE;
        for child in page {
            let Some((_, row)) = child.parent.filter(|(_, row)| *row < total) else { continue };
            while sheet.count() < row {
                sheet.append(&without.row(sheet.count())?)?;
            }
            if sheet.count() == row {
                let ended = child.end.is_some() && without.is_known(row);
                match child.answer.as_deref().filter(|_| ended) {
                    Some(answer) => sheet.append(answer)?,
                    None => sheet.append(&without.row(row)?)?,
                }
            }
        }
        if last {
            break;
        }
    }
    while sheet.count() < total {
        sheet.append(&without.row(sheet.count())?)?;
    }
    let lacks = std::mem::take(&mut without.lacks);
    Ok(if lacks.is_empty() { Made::Whole(sheet.finish()?) } else { Made::Lacks(lacks) })
}
