//! What a list proves of what is open here, taken where two persons have turned that on (`flows.md` 7).
//!
//! In: what the books say, the comparison with the parameters that its proofs hang on. Out: whether any flow has taken a proof. What
//! is not taken waits for people, as before. It must not know how books are compared, nor what a flow makes of a proof.

use super::super::take::TakenFile;
use super::books::Evidence;
use super::{Days, Fallible};
use crate::engine::Engine;
use crate::waiting::{Listed, NotDecided, ProofFile};
use dsl::model::Proven;
use dsl::program::ReconcileProgram;
use dsl::value::Date;
use std::sync::Arc;

/// The most proofs that are taken of one file: more is no accident of a day, and is for people.
const MOST: usize = 10_000;

/// What was found of what a list may prove.
pub(super) struct Found<'a> {
    reconcile: &'a ReconcileProgram,
    all: Vec<Evidence>,
}

impl<'a> Found<'a> {
    pub(super) fn of(reconcile: &'a ReconcileProgram) -> Self {
        Self { reconcile, all: Vec::new() }
    }

    /// What is left of it where so many lines agree: a list that has nothing of ours proves nothing by what it does not have.
    pub(super) fn all(mut self, agreed: u64) -> Vec<Evidence> {
        self.all.retain(|evidence| agreed > 0 || evidence.proven != Proven::Never);
        self.all
    }

    pub(super) fn take(&mut self, evidence: Evidence) {
        let proves = self.reconcile.proves.iter().any(|proof| proof.proven == evidence.proven);
        if proves && self.all.len() <= MOST {
            self.all.push(evidence);
        }
    }
}

impl Engine {
    /// Gives flows what the list proves of their postings; whether any has taken it.
    ///
    /// # Errors
    /// In words, where the journal does not take it now: it is to be tried again.
    pub(super) async fn take_proofs(
        self: &Arc<Self>,
        (module, reconcile, day): (usize, &ReconcileProgram, Date),
        taken: &TakenFile,
        evidence: Vec<Evidence>,
    ) -> Fallible<bool> {
        if evidence.is_empty() {
            return Ok(false);
        }
        let version = self.current.load_full();
        let Some(program) = version.module(module) else { return Ok(false) };
        let last = Days::of(day, reconcile.month).last();
        let over = crate::calendar::stamp(self.calendar.over(last, program.cut_over));
        if evidence.len() > MOST || self.journal.now() < over {
            tracing::warn!(books = %reconcile.name, found = evidence.len(), "what a list proves is left to people");
            return Ok(false);
        }
        let today = crate::calendar::day(self.business_date(&version, module));
        let sha256 = taken.file.digest.iter().map(|octet| format!("{octet:02x}")).collect();
        let file = ProofFile { name: taken.name.clone(), sha256 };
        let mut any = false;
        for found in evidence {
            let proof = reconcile.proves.iter().find(|proof| proof.proven == found.proven);
            let Some(proof) = proof.filter(|proof| self.is_on(program, &proof.parameter, today)) else {
                continue;
            };
            let by = format!("{}.{} (parameter.{})", program.name, reconcile.name, proof.parameter);
            let (step, proven, key) = (&*found.step, found.proven, &*found.key);
            let listed = Listed { flow: found.flow, step, proven, key, over, by: &by, file: &file };
            match self.decide_as_listed(&listed).await {
                Ok(()) => any = true,
                Err(why @ NotDecided::NotNow) => return Err(format!("flow {}: {why}", found.flow.0)),
                Err(why) => {
                    tracing::info!(flow = found.flow.0, step, %why, "what a list proves is left to people");
                }
            }
        }
        Ok(any)
    }
}
