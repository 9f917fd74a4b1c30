//! Books compared without a gateway at work: a journal that is read, a file from the disk.
//!
//! In: adapters with their deployment, a reader of the journal, a party's file. Out: every line of the two books, as a gateway
//! would compare them. It writes nothing to the journal. It must not know who asks, nor any counterparty.

use super::books::{Books, Counts, Line};
use super::{Days, Fallible, Wanted, journal, reconcile_ask};
use crate::batch::reading::{NotRead, read_alone};
use crate::batch::spooled::SpoolWriter;
use crate::driver::recover::RowName;
use crate::driver::{path_of, program_of, put_sheets};
use crate::exchange::empty;
use crate::message;
use crate::scene::Scene;
use crate::sheet::Spool;
use crate::version::{CallRef, Version};
use adapters::keys::KeyStore;
use dsl::evaluate::Value;
use dsl::flow::{CallContract, CallKind, FlowProgram, StepDef};
use dsl::model::{CallId, Space};
use dsl::value::{Date, DateTime};
use link::world::Random;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use store::{End, FlowId, Reader};

/// Octets of a piece that is copied.
const PIECE: usize = 1 << 20;

/// What books are compared with.
pub struct Alone {
    /// Adapters with their deployment.
    pub version: Arc<Version>,
    /// Keys by name.
    pub keys: Arc<dyn KeyStore>,
    /// Where random octets come from.
    pub random: Arc<dyn Random>,
    /// A folder for what is sorted and read, of this comparison alone.
    pub spool: Spool,
    /// The moment in the bank's zone.
    pub now: DateTime,
}

/// One comparison of a file.
#[derive(Clone, Debug)]
pub struct ComparedFile {
    /// Its name in the adapter.
    pub name: String,
    /// The business date.
    pub day: Date,
    /// What was counted.
    pub counts: Counts,
}

impl Alone {
    /// Compares a file of a party with the journal, by every comparison that it is the book of.
    ///
    /// # Errors
    /// In words: there is no such party, no comparison has such a file, or the file cannot be read.
    pub fn compare(
        &self,
        reader: &mut dyn Reader,
        party: &str,
        path: &Path,
        line: &mut dyn FnMut(&Line<'_>) -> Fallible<()>,
    ) -> Fallible<Vec<ComparedFile>> {
        let modules = &self.version.compiled.modules;
        let index = modules.iter().position(|module| module.party && *module.name == *party);
        let index = index.ok_or_else(|| format!("there is no party {party}"))?;
        let module = modules.get(index).ok_or("there is no such party")?;
        let shown = path.display();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| format!("{shown} is no file"))?;
        let file = self.copied(path).map_err(|error| format!("{shown}: {error}"))?;
        let mut compared = Vec::new();
        for reconcile in &module.reconciles {
            let call = CallRef { module: index, call: reconcile.theirs.call };
            let link = self.version.call(call).and_then(|call| module.links.get(usize::from(call.call.link)));
            let link = link.ok_or("a comparison has a file of no link")?;
            let scene = |call: CallId| self.scene(CallRef { module: index, call });
            let read = match read_alone(&self.version, &self.spool, (index, link), (&name, &file), &scene) {
                Ok(read) if read.call == call => read,
                Ok(_) | Err(NotRead::Name) => continue,
                Err(NotRead::Bad(_, unread)) => return Err(format!("{shown}: {}", unread.text)),
                Err(NotRead::Disk(error)) => return Err(format!("{shown}: {error}")),
            };
            let mut scene = read.scene;
            let ask = reconcile_ask(&self.version, call);
            put_sheets(&mut scene.book, &self.version, ask, &self.spool, &read.sheets)?;
            let day = match message::value(&scene, reconcile.day) {
                Ok(Value::Date(day)) => day,
                _ => return Err(format!("{shown}: it says no business date for {}", reconcile.name)),
            };
            let days = Days::of(day, reconcile.month);
            for (book, place) in reconcile.ours.iter().zip(0_usize..) {
                let (call, wanted) = (CallRef { module: index, call: book.call }, Wanted::Near(days));
                let name = format!("ours-{}-{place}", reconcile.name);
                let rows = journal::exchanges_of(reader, &self.spool, &self.version, call, wanted, &name)?;
                scene.book.put_long(book.list, rows);
            }
            let sorting = self.spool.place(&format!("{}.sorting", reconcile.name));
            let mut each = |of: &Line<'_>| line(of).map_err(super::NotCompared::Wrong);
            let counts = Books { scene, reconcile, days }.compare(&sorting, &mut each, &mut |_| {});
            let counts = counts.map_err(|fault| fault.to_string())?;
            compared.push(ComparedFile { name: reconcile.name.to_string(), day, counts });
        }
        if compared.is_empty() {
            return Err(format!("{shown}: no comparison of {party} has a file of this name"));
        }
        Ok(compared)
    }

    /// Whether a flow was to post at a party and never asked it: it has not ended done, none of its steps has asked there, and one
    /// that may go there has asked nobody else. What has no version here any more is not known to be one.
    ///
    /// # Errors
    /// In words, where the journal cannot be read.
    pub fn misses(&self, reader: &mut dyn Reader, party: &str, flow: FlowId) -> Fallible<bool> {
        let failed = |fatal: store::Fatal| fatal.to_string();
        let Some(row) = reader.flow(flow).map_err(failed)? else { return Ok(false) };
        if row.end == Some(End::Done) {
            return Ok(false);
        }
        let program = path_of(&self.version, &row.name).and_then(|(reference, path)| {
            let tables = self.version.flow(reference)?;
            program_of(tables, &path)
        });
        let Some(program) = program else { return Ok(false) };
        let steps: Vec<&StepDef> =
            program.steps.iter().filter(|step| goes_to(program, step, party)).collect();
        if steps.is_empty() {
            return Ok(false);
        }
        let steps: Vec<&str> = steps.iter().map(|step| &*step.name).collect();
        let asked = reader.operations(flow).map_err(failed)?;
        let asked: Vec<(&str, &str)> = asked.iter().map(|row| (&*row.name, &*row.party)).collect();
        Ok(never_asked(party, &steps, &asked))
    }

    fn scene(&self, call: CallRef) -> Box<Scene> {
        let (keys, random) = (Arc::clone(&self.keys), Arc::clone(&self.random));
        let mut scene = Scene::new(Arc::clone(&self.version), call.module, keys, random, self.now);
        if let Some(shape) = reconcile_ask(&self.version, call) {
            scene.book.put(Space::Ask, 0, empty(&self.version, shape));
        }
        scene
    }

    /// The file in the spool, where it is read from as any that came.
    fn copied(&self, path: &Path) -> std::io::Result<crate::batch::spooled::Spooled> {
        let mut file = std::fs::File::open(path)?;
        let mut writer = SpoolWriter::begin(&self.spool, "theirs")?;
        let mut piece = vec![0; PIECE];
        loop {
            let count = file.read(&mut piece)?;
            if count == 0 {
                return writer.finish();
            }
            writer.write(piece.get(..count).unwrap_or_default())?;
        }
    }
}

/// Whether a step posts at a party, there alone or there too; what takes another step back is none.
fn goes_to(program: &FlowProgram, step: &StepDef, party: &str) -> bool {
    let there = |call: &CallContract| {
        let (module, _) = call.name.rsplit_once('.').unwrap_or_default();
        call.kind == CallKind::Posting && module == party
    };
    let mut calls = step.calls.iter().filter_map(|call| program.call(*call));
    step.undo_of.is_none() && !step.best_effort && calls.any(there)
}

/// Whether a party was not asked by any of the steps that may go there, and one of them has asked nobody else either; `asked` has the
/// names of operations with their parties. A party that was asked by whatever call and on whatever day may have the money, though
/// no line of its book is the flow's: nobody may be told to pay it.
fn never_asked(party: &str, steps: &[&str], asked: &[(&str, &str)]) -> bool {
    let of_step = |step: &str, (name, _): &(&str, &str)| {
        let name = RowName::of(name);
        !name.back && name.step == step
    };
    let there = |step: &str| asked.iter().any(|row| of_step(step, row) && row.1 == party);
    let anywhere = |step: &str| asked.iter().any(|row| of_step(step, row));
    !steps.iter().any(|step| there(step)) && steps.iter().any(|step| !anywhere(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_that_was_asked_by_any_of_a_flows_steps_is_not_told_to_have_nothing() {
        let missed = |asked: &[(&str, &str)]| never_asked("desk", &["booked", "instead"], asked);
        assert!(missed(&[]));
        assert!(missed(&[("debit", "ledger")]));
        // One of the ways may go to another party: the other was not gone.
        assert!(missed(&[("booked", "counter")]));
        assert!(!missed(&[("booked", "counter"), ("instead", "counter")]));
        // It was asked, whichever call that was by: the other step was not to be asked.
        assert!(!missed(&[("debit", "ledger"), ("booked", "desk")]));
        assert!(!missed(&[("booked", "desk"), ("instead", "counter")]));
        assert!(!missed(&[("booked/2", "desk")]));
        // What takes back asks for nothing.
        assert!(missed(&[("booked/back", "desk")]));
    }
}
