//! Decisions of people on what waits: one proposes, another agrees (maker and checker, `money-safety.md` 4), or the proposal is
//! dismissed.
//!
//! In: what a person says, and who they are. Out: an event for the flow once two persons have said the same. Every word of
//! it stands in the flow's history. It must not know how they signed in.

use super::{Person, WaitingFor, Why};
use crate::driver::path_of;
use crate::engine::Engine;
use crate::facts::Body;
use dsl::flow::{Event, Node, NodeId, Proof, StepId};
use std::sync::Arc;
use store::{Change, FlowId, FlowRow, Lane, Verdict};

/// Lines of a flow's history that are looked through for a proposal.
const EVENTS: usize = 5_000;

/// What a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The flow goes on.
    Go,
    /// The flow is refused.
    Refuse,
    /// The party holds it.
    Holds,
    /// The party never had it and never will.
    Never,
    /// The party had it and took it back.
    TakenBack,
}

impl Decision {
    /// All with their words.
    pub const WORDS: [(Self, &'static str); 5] = [
        (Self::Go, "go"),
        (Self::Refuse, "refuse"),
        (Self::Holds, "holds"),
        (Self::Never, "never"),
        (Self::TakenBack, "taken_back"),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| word)
    }

    /// The decision of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(decision, _)| *decision)
    }
}

/// A file that proves something: kept by who decides, its digest is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// Its name, for people.
    pub name: String,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

/// A decision that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Who.
    pub by: String,
    /// What they said.
    pub said: Said,
}

/// A decision with what it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub decision: Decision,
    /// Why, in words; of a refusal the reason's name, if it begins with one.
    pub reason: String,
    /// The proof: a row of a file, a letter, an enquiry. This or a file is compulsory where a party's truth is told.
    pub proof: String,
    /// The proof where it is a file.
    pub file: Option<ProofFile>,
}

impl Said {
    fn proves(&self) -> bool {
        !self.proof.trim().is_empty() || self.file.is_some()
    }
}

/// What became of what a person said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDecided {
    /// Nothing waits there.
    #[error("nothing waits at `{0}`")]
    Nothing(String),
    /// They may not.
    #[error("it takes the role `{0}`")]
    Role(String),
    /// It needs a second person.
    #[error("{0} has proposed it; another person must agree")]
    SamePerson(String),
    /// Another decision was proposed.
    #[error("{0} has proposed `{1}`")]
    Other(String, &'static str),
    /// Something was proposed before.
    #[error("{0} has proposed `{1}` before: agree to it, or dismiss it")]
    Waits(String, &'static str),
    /// Nothing was proposed.
    #[error("nobody has proposed anything for `{0}`")]
    NotProposed(String),
    /// The file is not the one that the proposal stands on.
    #[error("{0} has proposed it on the file {1} of another content: show the same file")]
    OtherFile(String, String),
    /// A party's truth is told without a proof.
    #[error("a decision about what a party holds needs a proof")]
    NoProof,
    /// Behind what was answered, or behind rows that hold, nothing is refused.
    #[error(
        "`{0}` cannot be: what stands before it has been told, or its rows hold; let it go on, or make it hold and say so"
    )]
    Stays(&'static str),
    /// It is no answer to what waits.
    #[error("`{0}` does not decide this")]
    NotThis(&'static str),
    /// The journal cannot take it now.
    #[error("the journal does not take it now")]
    NotNow,
}

/// What a decision has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is written down and waits for a second person.
    Proposed,
    /// It is given to the flow.
    Done,
}

impl Engine {
    /// The flow, and what waits at a place of it.
    async fn waits_at(
        self: &Arc<Self>,
        flow: FlowId,
        place: &str,
    ) -> Result<(FlowRow, WaitingFor), NotDecided> {
        let row = self.journal.read(move |reader| reader.flow(flow)).await.map_err(|_| NotDecided::NotNow)?;
        let row = row.ok_or_else(|| NotDecided::Nothing(place.to_owned()))?;
        let waits = self.waits_of(&row).await.into_iter().find(|waits| waits.place == place);
        Ok((row, waits.ok_or_else(|| NotDecided::Nothing(place.to_owned()))?))
    }

    /// One person says it: the first who does proposes, the second agrees.
    ///
    /// # Errors
    /// See [`NotDecided`].
    pub async fn decide(
        self: &Arc<Self>,
        flow: FlowId,
        place: &str,
        said: &Said,
        by: &Person,
    ) -> Result<Decided, NotDecided> {
        match self.proposal(flow, place).await {
            None => self.propose(flow, place, said, by).await.map(|()| Decided::Proposed),
            Some(_) => self.agree(flow, place, said, by).await.map(|()| Decided::Done),
        }
    }

    /// Writes down what a person proposes.
    ///
    /// # Errors
    /// See [`NotDecided`].
    pub async fn propose(
        self: &Arc<Self>,
        flow: FlowId,
        place: &str,
        said: &Said,
        by: &Person,
    ) -> Result<(), NotDecided> {
        let (row, waits) = self.waits_at(flow, place).await?;
        self.event_of(&row, &waits, said)?;
        if let Some(before) = &waits.proposed {
            return Err(NotDecided::Waits(before.by.clone(), before.said.decision.word()));
        }
        allowed(by, "operator")?;
        self.note(flow, "proposed", place, said, by, None).await
    }

    /// Another person agrees to what was proposed; it is written down and given to the flow.
    ///
    /// # Errors
    /// See [`NotDecided`].
    pub async fn agree(
        self: &Arc<Self>,
        flow: FlowId,
        place: &str,
        said: &Said,
        by: &Person,
    ) -> Result<(), NotDecided> {
        let (row, waits) = self.waits_at(flow, place).await?;
        let Proposed { by: proposer, said: before } =
            waits.proposed.clone().ok_or_else(|| NotDecided::NotProposed(place.to_owned()))?;
        if before.decision != said.decision {
            return Err(NotDecided::Other(proposer, before.decision.word()));
        }
        if proposer == by.name {
            return Err(NotDecided::SamePerson(proposer));
        }
        allowed(by, "checker")?;
        if let Why::Hold { role } = &waits.why {
            allowed(by, role)?;
        }
        if let Some(file) = &before.file
            && said.file.as_ref().is_none_or(|shown| shown.sha256 != file.sha256)
        {
            return Err(NotDecided::OtherFile(proposer, file.name.clone()));
        }
        // What the proposal stands on, the agreement stands on.
        let proof = if said.proof.trim().is_empty() { before.proof } else { said.proof.clone() };
        let file = said.file.clone().or(before.file);
        let reason = if said.reason.trim().is_empty() { before.reason } else { said.reason.clone() };
        let agreed = Said { decision: said.decision, reason, proof, file };
        let event = self.event_of(&row, &waits, &agreed)?;
        self.note(flow, "decided", place, &agreed, by, Some(&proposer)).await?;
        if self.tell_flow(flow, event).await { Ok(()) } else { Err(NotDecided::NotNow) }
    }

    /// Who proposed it takes it back, or somebody who could have agreed does not: the place waits again for a proposal.
    ///
    /// # Errors
    /// See [`NotDecided`].
    pub async fn dismiss(
        self: &Arc<Self>,
        flow: FlowId,
        place: &str,
        reason: &str,
        by: &Person,
    ) -> Result<(), NotDecided> {
        let (_, waits) = self.waits_at(flow, place).await?;
        let before = waits.proposed.ok_or_else(|| NotDecided::NotProposed(place.to_owned()))?;
        if before.by != by.name {
            allowed(by, "checker")?;
        }
        let said = Said { reason: reason.to_owned(), ..before.said };
        self.note(flow, "dismissed", place, &said, by, Some(&before.by)).await
    }

    fn event_of(
        self: &Arc<Self>,
        row: &FlowRow,
        waits: &WaitingFor,
        said: &Said,
    ) -> Result<Event, NotDecided> {
        let reason = || said.reason.split_whitespace().next().unwrap_or("other").to_owned();
        let accepted = match said.decision {
            Decision::Go => Ok(()),
            _ => Err(reason().into()),
        };
        let nothing = || NotDecided::Nothing(waits.place.clone());
        let version = self.versions.get(&row.version).map(|version| Arc::clone(&version));
        let version = version.unwrap_or_else(|| self.current.load_full());
        let (reference, path) = path_of(&version, &row.name).ok_or_else(nothing)?;
        let tables = version.flow(reference).ok_or_else(nothing)?;
        let program = crate::driver::program_of(tables, &path).ok_or_else(nothing)?;
        let place = || program.places.iter().position(|place| **place == *waits.place);
        let node = |at: usize| NodeId(u16::try_from(at).unwrap_or(u16::MAX));
        let durable = dsl::flow::decode(program, &row.state).map_err(|_| nothing())?;
        match (&waits.why, said.decision) {
            (Why::Hold { .. }, Decision::Go | Decision::Refuse) => {
                let at = place().ok_or_else(nothing)?;
                match program.nodes.get(at) {
                    Some(Node::Hold { hold, .. }) => Ok(Event::Decision { hold: *hold, accepted }),
                    _ => Err(nothing()),
                }
            }
            (Why::Park, Decision::Refuse) if !program.may_be_refused(&durable) => {
                Err(NotDecided::Stays(said.decision.word()))
            }
            (Why::Park, Decision::Go | Decision::Refuse) => {
                Ok(Event::Released { at: node(place().ok_or_else(nothing)?), accepted })
            }
            (Why::Operation { .. }, Decision::Holds | Decision::Never | Decision::TakenBack) => {
                if !said.proves() {
                    return Err(NotDecided::NoProof);
                }
                let step = program.steps.iter().position(|step| *step.name == *waits.place);
                let step = StepId(step.and_then(|step| u16::try_from(step).ok()).ok_or_else(nothing)?);
                let proof = match said.decision {
                    Decision::Holds => Proof::Holds,
                    Decision::Never => Proof::Never,
                    _ => Proof::TakenBack,
                };
                if program.stays_parked(&durable, step, proof) {
                    return Err(NotDecided::Stays(said.decision.word()));
                }
                Ok(Event::Proof(step, proof))
            }
            (_, other) => Err(NotDecided::NotThis(other.word())),
        }
    }

    /// The last proposal for a place that nobody has decided.
    pub(super) async fn proposal(&self, flow: FlowId, place: &str) -> Option<Proposed> {
        let events = self.journal.read(move |reader| reader.events(flow, 0, EVENTS)).await.ok()?;
        let mut open = None;
        for event in events {
            let Some(body) = Body::decode(&event.body) else { continue };
            let text = |name| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
            if text("place").as_deref() != Some(place) {
                continue;
            }
            open = match event.kind.as_str() {
                "proposed" => {
                    let decision = text("decision").as_deref().and_then(Decision::of);
                    decision.zip(text("by")).map(|(decision, by)| {
                        let (reason, proof) =
                            (text("reason").unwrap_or_default(), text("proof").unwrap_or_default());
                        let file = text("file").zip(text("sha256"));
                        let file = file.map(|(name, sha256)| ProofFile { name, sha256 });
                        Proposed { by, said: Said { decision, reason, proof, file } }
                    })
                }
                "decided" | "dismissed" => None,
                _ => open,
            };
        }
        open
    }

    async fn note(
        &self,
        flow: FlowId,
        kind: &str,
        place: &str,
        said: &Said,
        by: &Person,
        proposer: Option<&str>,
    ) -> Result<(), NotDecided> {
        let mut body = Body::default();
        for (name, text) in [
            ("place", place),
            ("decision", said.decision.word()),
            ("reason", &said.reason),
            ("proof", &said.proof),
            ("by", &by.name),
            ("proposed_by", proposer.unwrap_or_default()),
        ] {
            body.put(name, text.as_bytes().to_vec());
        }
        if let Some(file) = &said.file {
            body.put("file", file.name.as_bytes().to_vec());
            body.put("sha256", file.sha256.as_bytes().to_vec());
        }
        let event = Change::Event { flow, kind: kind.to_owned(), body: body.encode() };
        let day = crate::calendar::day(self.now().date());
        match self.journal.write(Lane::Outcome, day, vec![event]).await {
            Ok(Verdict::Ok(_)) => Ok(()),
            Ok(_) => Err(NotDecided::NotNow),
            Err(fatal) => {
                self.fail(&fatal);
                Err(NotDecided::NotNow)
            }
        }
    }
}

fn allowed(by: &Person, role: &str) -> Result<(), NotDecided> {
    if by.has(role) { Ok(()) } else { Err(NotDecided::Role(role.to_owned())) }
}
