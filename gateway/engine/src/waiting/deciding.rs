//! Decisions of people on what waits: one proposes, another agrees (maker and checker, `money-safety.md` 4), or the proposal is
//! dismissed.
//!
//! In: what a person says, and who they are. Out: an event for the flow, or how its notice stands, once two persons have said the same. Every word of
//! it stands in the flow's history. It must not know how they signed in.

use super::{Person, Quiet, WaitingFor, Why};
use crate::driver::{Deciding, Inbox, Taken, path_of};
use crate::engine::Engine;
use crate::facts::Body;
use crate::parameters::LONGEST;
use dsl::flow::{Event, Node, NodeId, OperationState, Proof, StepId};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Change, EventRow, Fatal, FlowId, FlowRow, Lane, Moment, Outcome, Reader, Verdict};
use tokio::sync::oneshot;

/// Lines of a flow's history of one read.
const EVENTS: usize = 1_000;
/// Lines of the history that tell of proposals.
const KINDS: [&str; 3] = ["proposed", "decided", "dismissed"];

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
    /// The party holds it, and will not take it back: the posting that the flow names puts it right.
    Correct,
    /// The notice is sent again, its tries counted anew.
    Again,
    /// The party was told otherwise.
    Delivered,
    /// Nobody tells the party.
    Dropped,
}

impl Decision {
    /// All with their words.
    pub const WORDS: [(Self, &'static str); 9] = [
        (Self::Go, "go"),
        (Self::Refuse, "refuse"),
        (Self::Holds, "holds"),
        (Self::Never, "never"),
        (Self::TakenBack, "taken_back"),
        (Self::Correct, "correct"),
        (Self::Again, "again"),
        (Self::Delivered, "delivered"),
        (Self::Dropped, "dropped"),
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
    /// Its line in the flow's history: what an agreement names.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// What it was about, as it stood then.
    pub about: String,
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
    /// The proof: a row of a file, a letter, an enquiry. This or a file is compulsory where a party's truth is
    /// told, or a notice is ended.
    pub proof: String,
    /// The proof where it is a file.
    pub file: Option<ProofFile>,
}

impl Said {
    pub(super) fn proves(&self) -> bool {
        !self.proof.trim().is_empty() || self.file.is_some()
    }

    /// It is kept for ever, and shown in lists.
    fn bounded(&self) -> Result<(), NotDecided> {
        let file = self.file.as_ref().map_or("", |file| &file.name);
        for (what, text) in [("reason", &*self.reason), ("proof", &*self.proof), ("file", file)] {
            bounded(what, text)?;
        }
        Ok(())
    }
}

fn bounded(what: &'static str, text: &str) -> Result<(), NotDecided> {
    if text.chars().count() > LONGEST { Err(NotDecided::TooLong(what, LONGEST)) } else { Ok(()) }
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
    /// It is not the proposal that waits.
    #[error("what waits there is the proposal {1} of {0}: look at it, and name it where you agree")]
    OtherProposal(String, u64),
    /// More than is kept.
    #[error("`{0}` has at most {1} characters")]
    TooLong(&'static str, usize),
    /// The flow has taken nothing of it; a proposal stays as it is.
    #[error("nothing has changed: `{0}` stands otherwise by now, or as it would by this; look at it again")]
    Unchanged(String),
    /// What was once known to be done was there.
    #[error("`{0}` cannot be: the party is known to have had it")]
    Happened(&'static str),
    /// A copy of it may still be under way.
    #[error(
        "`{0}` cannot be decided before {1}: until then the last copy of it may still come; a list or a letter of an earlier hour does not prove it"
    )]
    Early(&'static str, String),
    /// Who may still send a copy of it has not been seen to end.
    #[error(
        "`{0}` cannot be decided yet: a copy of it may still be sent by who held the journal before, and has not been seen to end ({1}); see to it that it ends"
    )]
    MaySend(&'static str, String),
    /// The file is not the one that the proposal stands on.
    #[error("{0} has proposed it on the file {1} of another content: show the same file")]
    OtherFile(String, String),
    /// A party's truth is told without a proof.
    #[error("a decision about what a party holds or has been told needs a proof")]
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

/// What a decision means for what waits.
enum Meant {
    /// An event of the flow.
    Flow(Event),
    /// Where its notice stands then.
    Notice(Outcome),
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
    pub(super) async fn waits_at(
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
        match self.waits_at(flow, place).await?.1.proposed {
            None => self.propose(flow, place, said, by).await.map(|()| Decided::Proposed),
            Some(before) => {
                let agreed = self.agree(flow, place, said, Some(before.number), by).await;
                agreed.map(|()| Decided::Done)
            }
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
        bounded("place", place)?;
        said.bounded()?;
        let (row, waits) = self.waits_at(flow, place).await?;
        self.meant(&row, &waits, said)?;
        if let Some(before) = &waits.proposed {
            return Err(NotDecided::Waits(before.by.clone(), before.said.decision.word()));
        }
        allowed(by, "operator")?;
        self.note(flow, "proposed", note(&waits, said, by, None)).await
    }

    /// Another person agrees to what was proposed, by its number: the flow takes it, and that it was decided is written with what
    /// the flow makes of it.
    ///
    /// # Errors
    /// See [`NotDecided`].
    pub async fn agree(
        self: &Arc<Self>,
        flow: FlowId,
        place: &str,
        said: &Said,
        proposal: Option<u64>,
        by: &Person,
    ) -> Result<(), NotDecided> {
        bounded("place", place)?;
        said.bounded()?;
        let (row, waits) = self.waits_at(flow, place).await?;
        let Proposed { number, by: proposer, said: before, .. } =
            waits.proposed.clone().ok_or_else(|| NotDecided::NotProposed(place.to_owned()))?;
        if proposal != Some(number) {
            return Err(NotDecided::OtherProposal(proposer, number));
        }
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
        let meant = self.meant(&row, &waits, &agreed)?;
        let note = note(&waits, &agreed, by, Some(&proposer));
        let event = match meant {
            Meant::Flow(event) => event,
            Meant::Notice(outcome) => return self.decide_notice(&waits, outcome, note).await,
        };
        self.give(waits, event, note).await
    }

    /// Gives a flow what was decided of a place of it, and waits until that is durable.
    pub(super) async fn give(
        self: &Arc<Self>,
        waits: WaitingFor,
        event: Event,
        note: Vec<u8>,
    ) -> Result<(), NotDecided> {
        let WaitingFor { flow, place, about, .. } = waits;
        let (told, taken) = oneshot::channel();
        let deciding = Deciding { event, about, note, told };
        if !self.tell(flow, Inbox::Decided(Box::new(deciding))).await {
            return Err(NotDecided::NotNow);
        }
        match taken.await {
            Ok(Taken::Done) => Ok(()),
            Ok(Taken::Nothing) => Err(NotDecided::Unchanged(place)),
            Ok(Taken::NotNow) | Err(_) => Err(NotDecided::NotNow),
        }
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
        bounded("place", place)?;
        bounded("reason", reason)?;
        let (_, waits) = self.waits_at(flow, place).await?;
        let before = waits.proposed.clone().ok_or_else(|| NotDecided::NotProposed(place.to_owned()))?;
        if before.by != by.name {
            allowed(by, "checker")?;
        }
        let said = Said { reason: reason.to_owned(), ..before.said };
        self.note(flow, "dismissed", note(&waits, &said, by, Some(&before.by))).await
    }

    fn meant(self: &Arc<Self>, row: &FlowRow, waits: &WaitingFor, said: &Said) -> Result<Meant, NotDecided> {
        match &waits.why {
            Why::Notice { .. } => super::notices::stands_by(said).map(Meant::Notice),
            _ => self.event_of(row, waits, said).map(Meant::Flow),
        }
    }

    /// What a decision is for the flow, where it is one of those that can be taken now.
    pub(super) fn event_of(
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
            (Why::Operation { quiet, .. }, Decision::Holds | Decision::Never | Decision::TakenBack) => {
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
                let operation = durable.operation(step).ok_or_else(nothing)?;
                if proof == Proof::Never && (operation.made || operation.state == OperationState::Held) {
                    return Err(NotDecided::Happened(said.decision.word()));
                }
                if program.stays_parked(&durable, step, proof) {
                    return Err(NotDecided::Stays(said.decision.word()));
                }
                if proof == Proof::Never {
                    self.quiet_is_over(*quiet, said.decision.word())?;
                }
                Ok(Event::Proof(step, proof))
            }
            (Why::Operation { correct: Some(quiet), .. }, Decision::Correct) => {
                if !said.proves() {
                    return Err(NotDecided::NoProof);
                }
                self.quiet_is_over(*quiet, said.decision.word())?;
                let step = program.steps.iter().position(|step| *step.name == *waits.place);
                let step = step.and_then(|step| u16::try_from(step).ok()).ok_or_else(nothing)?;
                Ok(Event::Correct(StepId(step)))
            }
            (_, other) => Err(NotDecided::NotThis(other.word())),
        }
    }

    /// What a party has not seen yet may come while the quiet time of the last copy runs (`flows.md` 2): whoever believes a list of
    /// that time refuses and undoes what then holds, or puts right what a late reversal takes back as well.
    fn quiet_is_over(&self, quiet: Quiet, word: &'static str) -> Result<(), NotDecided> {
        match quiet {
            Quiet::Unsent | Quiet::Undeclared | Quiet::Unseen => Ok(()),
            Quiet::MaySend => Err(NotDecided::MaySend(word, self.senders.open().join("; "))),
            Quiet::Until(from) if self.journal.now() >= from => Ok(()),
            Quiet::Until(from) => Err(NotDecided::Early(word, self.calendar.from_second(from))),
            Quiet::Unread => Err(NotDecided::NotNow),
        }
    }

    /// The last proposal for each place of a flow that nobody has decided or dismissed, whatever has become of the place since.
    pub(super) async fn proposals(&self, flow: FlowId) -> BTreeMap<String, Proposed> {
        let lines = self.journal.read(move |reader| lines(reader, flow)).await.unwrap_or_default();
        let mut open = BTreeMap::new();
        for line in lines {
            let Some(body) = Body::decode(&line.body) else { continue };
            let Some(place) = body.get("place").map(|place| String::from_utf8_lossy(place).into_owned())
            else {
                continue;
            };
            let proposed = (line.kind == "proposed").then(|| proposed(&line, &body)).flatten();
            match proposed {
                Some(proposed) => open.insert(place, proposed),
                None => open.remove(&place),
            };
        }
        open
    }

    async fn note(&self, flow: FlowId, kind: &str, body: Vec<u8>) -> Result<(), NotDecided> {
        let event = Change::Event { flow, kind: kind.to_owned(), body };
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

/// Lines of a flow's whole history that tell of proposals.
fn lines(reader: &mut dyn Reader, flow: FlowId) -> Result<Vec<EventRow>, Fatal> {
    let (mut found, mut from) = (Vec::new(), 0);
    loop {
        let page = reader.events(flow, from, EVENTS)?;
        let Some(last) = page.last() else { return Ok(found) };
        from = last.place.saturating_add(1);
        let ended = page.len() < EVENTS;
        found.extend(page.into_iter().filter(|line| KINDS.contains(&line.kind.as_str())));
        if ended {
            return Ok(found);
        }
    }
}

fn proposed(line: &EventRow, body: &Body) -> Option<Proposed> {
    let text = |name| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
    let decision = Decision::of(&text("decision")?)?;
    let file = text("file").zip(text("sha256")).map(|(name, sha256)| ProofFile { name, sha256 });
    let (reason, proof) = (text("reason").unwrap_or_default(), text("proof").unwrap_or_default());
    let said = Said { decision, reason, proof, file };
    Some(Proposed { number: line.place, at: line.at, by: text("by")?, about: text("about")?, said })
}

/// A line of the history.
pub(super) fn note(waits: &WaitingFor, said: &Said, by: &Person, proposer: Option<&str>) -> Vec<u8> {
    let mut body = Body::default();
    for (name, text) in [
        ("place", &*waits.place),
        ("decision", said.decision.word()),
        ("reason", &said.reason),
        ("proof", &said.proof),
        ("by", &by.name),
        ("proposed_by", proposer.unwrap_or_default()),
        ("about", &waits.about),
    ] {
        body.put(name, text.as_bytes().to_vec());
    }
    if let Some(file) = &said.file {
        body.put("file", file.name.as_bytes().to_vec());
        body.put("sha256", file.sha256.as_bytes().to_vec());
    }
    body.encode()
}

fn allowed(by: &Person, role: &str) -> Result<(), NotDecided> {
    if by.has(role) { Ok(()) } else { Err(NotDecided::Role(role.to_owned())) }
}
