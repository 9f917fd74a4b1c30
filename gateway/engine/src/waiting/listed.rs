//! What a party's list of a day decides of what is not known, where two persons have turned that on (`flows.md` 7).
//!
//! In: what the books say of a posting. Out: an event for its flow, with the list as its proof, as if two persons had decided it: more than
//! they may decide it never does, and where it cannot be sure it leaves the posting to them. It must not know how books are compared.

use super::deciding::note;
use super::{Decision, NotDecided, Person, ProofFile, Quiet, Said, WaitingFor, Why};
use crate::driver::{path_of, program_of};
use crate::engine::Engine;
use dsl::model::Proven;
use std::sync::Arc;
use store::{FlowId, FlowRow, Moment};

/// What a list says of a posting.
pub(crate) struct Listed<'a> {
    /// Its flow.
    pub(crate) flow: FlowId,
    /// Its step.
    pub(crate) step: &'a str,
    /// What is proven.
    pub(crate) proven: Proven,
    /// What the list has the posting by.
    pub(crate) key: &'a str,
    /// When the days of the list were over: it was made behind that.
    pub(crate) over: Moment,
    /// Who says it: the comparison, with the parameter that two persons have turned on.
    pub(crate) by: &'a str,
    /// The list.
    pub(crate) file: &'a ProofFile,
}

impl Engine {
    /// Decides it, if nobody has proposed anything.
    ///
    /// # Errors
    /// See [`NotDecided`]: it waits for people, as before.
    pub(crate) async fn decide_as_listed(self: &Arc<Self>, listed: &Listed<'_>) -> Result<(), NotDecided> {
        let (row, waits) = self.waits_at(listed.flow, listed.step).await?;
        if let Some(before) = &waits.proposed {
            return Err(NotDecided::Waits(before.by.clone(), before.said.decision.word()));
        }
        let said = said(listed);
        let word = said.decision.word();
        let Why::Operation { state: "parked", quiet, .. } = waits.why else {
            return Err(NotDecided::NotThis(word));
        };
        match listed.proven {
            // What no copy of can come any more when the list is made, it has or nobody has.
            Proven::Never if !is_quiet(quiet, listed.over) => return Err(NotDecided::NotThis(word)),
            // A reversal that left may still take back what the list has.
            Proven::Holds if self.was_reversed(&row, &waits) => return Err(NotDecided::NotThis(word)),
            Proven::Never | Proven::Holds => {}
        }
        let event = self.event_of(&row, &waits, &said)?;
        let by = Person { name: listed.by.to_owned(), roles: Vec::new() };
        let note = note(&waits, &said, &by, None);
        self.give(waits, event, note).await
    }

    /// Whether a reversal of it may have left; what is not known is taken for one.
    fn was_reversed(&self, row: &FlowRow, waits: &WaitingFor) -> bool {
        let version = self.versions.get(&row.version).map(|version| Arc::clone(&version));
        let version = version.unwrap_or_else(|| self.current.load_full());
        let program = path_of(&version, &row.name).and_then(|(reference, path)| {
            let program = program_of(version.flow(reference)?, &path)?;
            let durable = dsl::flow::decode(program, &row.state).ok()?;
            let step = program.steps.iter().position(|step| *step.name == *waits.place)?;
            durable.operations.get(step).map(|operation| operation.backs)
        });
        program != Some(0)
    }
}

/// Whether nothing of it could come any more at a moment. A quiet time that nobody promises, or a sender that nobody saw end, is for people.
fn is_quiet(quiet: Quiet, at: Moment) -> bool {
    match quiet {
        Quiet::Unsent => true,
        Quiet::Until(from) => from <= at,
        Quiet::Undeclared | Quiet::MaySend | Quiet::Unseen | Quiet::Unread => false,
    }
}

/// What it comes to, in the words of people.
fn said(listed: &Listed<'_>) -> Said {
    let (decision, reason) = match listed.proven {
        Proven::Holds => (Decision::Holds, "it stands in their list, once and with our amount"),
        Proven::Never => (
            Decision::Never,
            "their list does not have it, and was made when no copy of it could come any more",
        ),
    };
    let proof = format!("{} in {}", listed.key, listed.file.name);
    Said { decision, reason: reason.to_owned(), proof, file: Some(listed.file.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_believed_where_nothing_could_come_any_more_when_it_was_made() {
        let over = Moment(1_000);
        assert!(is_quiet(Quiet::Unsent, over) && is_quiet(Quiet::Until(over), over));
        for quiet in
            [Quiet::Until(Moment(1_001)), Quiet::Undeclared, Quiet::MaySend, Quiet::Unseen, Quiet::Unread]
        {
            assert!(!is_quiet(quiet, over), "{quiet:?}");
        }
    }
}
