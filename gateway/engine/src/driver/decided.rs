//! A decision of two persons, taken by the flow: the note of who said what stands in the write of the flow's own step, so that
//! nobody is told that it is done where a stop has lost it, and nothing is noted that the flow did not take.
//!
//! In: an event with its note, and what it is about. Out: what became of it, once that is durable. It must not know who may decide.

use super::Running;
use dsl::flow::{Durable, Event, FlowProgram, Subject};
use store::Change as Write;
use tokio::sync::oneshot;

/// What people have decided.
pub struct Deciding {
    /// What it is for the flow.
    pub event: Event,
    /// What it is about, as it stood when they decided.
    pub about: String,
    /// The line of the history: who said what, on which proof.
    pub note: Vec<u8>,
    /// Who waits to hear what became of it.
    pub told: oneshot::Sender<Taken>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is written, with what the flow made of it.
    Done,
    /// The flow stands elsewhere by now, or nothing changes by it: nothing is written.
    Nothing,
    /// The journal does not take it now.
    NotNow,
}

/// A decision whose event is worked on.
pub(super) struct Noted {
    note: Vec<u8>,
    taken: Taken,
}

/// A digest of what a decision is about, in hex.
#[must_use]
pub fn about(subject: Subject, program: &FlowProgram, durable: &Durable) -> String {
    super::ask_digest(&[&subject.stands(program, durable)])
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

impl Running {
    /// Takes a decision, where the flow still stands as it did for those who decided.
    pub(super) async fn decided(&mut self, deciding: Deciding) {
        let Deciding { event, about: decided, note, told } = deciding;
        let stands = self.program().zip(Subject::of(&event));
        let stands = stands.map(|(program, subject)| about(subject, program, &self.state.durable));
        if stands.as_ref() != Some(&decided) {
            let _gone = told.send(Taken::Nothing);
            return;
        }
        self.deciding = Some(Noted { note, taken: Taken::Nothing });
        self.handle(event).await;
        let taken = self.deciding.take().map_or(Taken::Nothing, |noted| noted.taken);
        let lost = taken == Taken::Nothing && self.stopped;
        let _gone = told.send(if lost { Taken::NotNow } else { taken });
    }

    /// The line of the history that goes with the first write of a decision's event.
    pub(super) fn note_of_decision(&self) -> Option<Write> {
        let noted = self.deciding.as_ref().filter(|noted| noted.taken != Taken::Done)?;
        Some(Write::Event { flow: self.id, kind: "decided".to_owned(), body: noted.note.clone() })
    }

    /// That write is durable.
    pub(super) fn decision_is_written(&mut self) {
        if let Some(noted) = &mut self.deciding {
            noted.taken = Taken::Done;
        }
    }

    /// Whether the event is a decision's: then those who decided hear that there is no room now, and nobody tries it again
    /// without them.
    pub(super) fn put_off_decision(&mut self) -> bool {
        let noted = self.deciding.as_mut().filter(|noted| noted.taken != Taken::Done);
        noted.map(|noted| noted.taken = Taken::NotNow).is_some()
    }
}
