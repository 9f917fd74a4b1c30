//! What waits for people: holds, places where a flow is parked, operations whose end nobody knows; and their decisions.
//!
//! In: the journal's open flows; a decision of a person. Out: a list for operators; an event for the flow once two persons
//! have said the same (maker and checker, `money-safety.md` 4). Every word of it stands in the flow's history. It must not
//! know how people are shown it, or how they signed in.

use crate::driver::path_of;
use crate::engine::Engine;
use crate::facts::Body;
use crate::version::Version;
use crate::view::Parts;
use dsl::flow::{Event, FlowProgram, HoldId, Node, NodeId, OperationState, Otherwise, Proof, State, StepId};
use dsl::program::{ExprId, FlowTables};
use std::sync::Arc;
use store::{Change, FlowId, FlowRow, Lane, Moment, Verdict};

/// Open flows of one read.
const PAGE: usize = 500;
/// Lines of a flow's history that are looked through for a proposal.
const EVENTS: usize = 5_000;

/// Somebody who decides.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub name: String,
    /// What they may do.
    pub roles: Vec<String>,
}

impl Person {
    /// Whether they have a role.
    #[must_use]
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known == role)
    }
}

/// Why something waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The flow asks for a decision; who decides it must have this role beside.
    Hold {
        /// The role.
        role: String,
    },
    /// The flow stopped here.
    Park,
    /// Its deadline has passed; nobody decides that, it goes on being worked on.
    Late,
    /// An operation's end is not known, or it holds and ought not to.
    Operation {
        /// The party.
        party: String,
        /// The call.
        call: String,
        /// `parked` or `held`.
        state: &'static str,
        /// In fen.
        amount: Option<i64>,
    },
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingFor {
    /// The flow.
    pub flow: FlowId,
    /// Its name.
    pub name: String,
    /// The place in it, or the operation: what a decision names.
    pub place: String,
    /// What is to be looked at, in the flow's words.
    pub what: String,
    /// Why.
    pub why: Why,
    /// When the flow last changed.
    pub since: Moment,
    /// Who proposed what, if somebody has.
    pub proposed: Option<(String, Decision)>,
}

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

/// A decision with what it stands on.
#[derive(Clone, Debug)]
pub struct Said {
    /// What.
    pub decision: Decision,
    /// Why, in words; of a refusal the reason's name, if it begins with one.
    pub reason: String,
    /// The proof: a row of a file, a letter, an enquiry. Compulsory where a party's truth is told.
    pub proof: String,
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
    /// A party's truth is told without a proof.
    #[error("a decision about what a party holds needs a proof")]
    NoProof,
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

/// A flow's state with what it means.
struct Opened<'a> {
    version: &'a Arc<Version>,
    module: usize,
    tables: &'a FlowTables,
    program: &'a FlowProgram,
    state: State,
}

impl Engine {
    /// What waits for people, of flows after a number; at most `most`, oldest first.
    pub async fn waiting(self: &Arc<Self>, after: FlowId, most: usize) -> Vec<WaitingFor> {
        let (mut from, mut all) = (after, Vec::new());
        while all.len() < most {
            let page = match self.journal.read(move |reader| reader.open_flows(from, PAGE)).await {
                Ok(page) => page,
                Err(fatal) => {
                    self.fail(&fatal);
                    break;
                }
            };
            let Some(last) = page.last() else { break };
            from = last.flow;
            for row in page {
                all.extend(self.waits_of(&row).await);
            }
        }
        all.truncate(most);
        all
    }

    /// What waits in one flow.
    pub async fn waits_of(self: &Arc<Self>, row: &FlowRow) -> Vec<WaitingFor> {
        let version = self.versions.get(&row.version).map(|version| Arc::clone(&version));
        let version = version.unwrap_or_else(|| self.current.load_full());
        let Some((reference, path)) = path_of(&version, &row.name) else { return Vec::new() };
        let Some(tables) = version.flow(reference) else { return Vec::new() };
        let Some(program) = crate::driver::program_of(tables, &path) else { return Vec::new() };
        let Ok(durable) = dsl::flow::decode(program, &row.state) else { return Vec::new() };
        let state = State::resumed(program, durable);
        let opened = Opened { version: &version, module: reference.module, tables, program, state };
        let mut found = Vec::new();
        for (mut waits, text) in opened.places(self, row) {
            if let Some(text) = text
                && let Some(words) = self.text_in(row, text).await.filter(|words| !words.is_empty())
            {
                waits.what = words;
            }
            found.push(waits);
        }
        found.extend(opened.operations(row));
        for waits in &mut found {
            waits.proposed =
                self.proposal(row.flow, &waits.place).await.map(|(by, said)| (by, said.decision));
        }
        found
    }

    /// Writes a person's decision down; with the second person of the same mind it is given to the flow.
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
        let row = self.journal.read(move |reader| reader.flow(flow)).await.map_err(|_| NotDecided::NotNow)?;
        let row = row.ok_or_else(|| NotDecided::Nothing(place.to_owned()))?;
        let waits = self.waits_of(&row).await.into_iter().find(|waits| waits.place == place);
        let waits = waits.ok_or_else(|| NotDecided::Nothing(place.to_owned()))?;
        let event = self.event_of(&row, &waits, said)?;
        let Some((proposer, before)) = self.proposal(flow, place).await else {
            allowed(by, "operator")?;
            self.note(flow, "proposed", place, said, by, None).await?;
            return Ok(Decided::Proposed);
        };
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
        self.note(flow, "decided", place, said, by, Some(&proposer)).await?;
        if self.tell_flow(flow, event).await { Ok(Decided::Done) } else { Err(NotDecided::NotNow) }
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
        match (&waits.why, said.decision) {
            (Why::Hold { .. }, Decision::Go | Decision::Refuse) => {
                let at = place().ok_or_else(nothing)?;
                match program.nodes.get(at) {
                    Some(Node::Hold { hold, .. }) => Ok(Event::Decision { hold: *hold, accepted }),
                    _ => Err(nothing()),
                }
            }
            (Why::Park, Decision::Go | Decision::Refuse) => {
                Ok(Event::Released { at: node(place().ok_or_else(nothing)?), accepted })
            }
            (Why::Operation { .. }, Decision::Holds | Decision::Never | Decision::TakenBack) => {
                if said.proof.trim().is_empty() {
                    return Err(NotDecided::NoProof);
                }
                let step = program.steps.iter().position(|step| *step.name == *waits.place);
                let step = step.and_then(|step| u16::try_from(step).ok()).ok_or_else(nothing)?;
                let proof = match said.decision {
                    Decision::Holds => Proof::Holds,
                    Decision::Never => Proof::Never,
                    _ => Proof::TakenBack,
                };
                Ok(Event::Proof(StepId(step), proof))
            }
            (_, other) => Err(NotDecided::NotThis(other.word())),
        }
    }

    /// The last proposal for a place that nobody has decided.
    async fn proposal(&self, flow: FlowId, place: &str) -> Option<(String, Said)> {
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
                        (by, Said { decision, reason, proof })
                    })
                }
                "decided" => None,
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

impl Opened<'_> {
    /// The place where the flow stands, if it stands for people, and the text that says for what.
    fn places(&self, engine: &Arc<Engine>, row: &FlowRow) -> Vec<(WaitingFor, Option<ExprId>)> {
        let durable = &self.state.durable;
        if durable.end.is_some() || durable.unwinding() {
            return Vec::new();
        }
        let at = durable.stopped.unwrap_or(durable.at);
        let place = self.place(at);
        let why = match self.program.node(at) {
            Some(Node::Hold { hold, .. }) => self.hold(engine, place, *hold),
            Some(Node::Park { why }) => Some((place.to_owned(), Why::Park, Some(why.0))),
            Some(Node::Step(step)) if durable.stopped.is_some() => {
                let text = self.program.step(*step).and_then(|step| step.park);
                Some((place.to_owned(), Why::Park, text.map(|text| text.0)))
            }
            Some(Node::Await { otherwise: Otherwise::Park(why), .. }) if durable.stopped.is_some() => {
                Some((place.to_owned(), Why::Park, Some(why.0)))
            }
            Some(_) if durable.stopped.is_some() => Some((place.to_owned(), Why::Park, None)),
            _ => None,
        };
        let mut found = Vec::new();
        if let Some((what, why, text)) = why {
            found.push((self.waiting(row, place, what, why), text));
        }
        let late = self.program.nodes.iter().zip(&self.program.places).filter(|_| durable.overdue);
        let late = late.filter_map(|(node, place)| match node {
            Node::Deadline { otherwise: Otherwise::Park(text), .. } => Some((place, text.0)),
            _ => None,
        });
        found.extend(
            late.map(|(place, text)| (self.waiting(row, place, place.to_string(), Why::Late), Some(text))),
        );
        found
    }

    fn place(&self, at: NodeId) -> &str {
        self.program.places.get(usize::from(at.0)).map_or("", |place| place)
    }

    /// A text of the flow that needs no more than the deployment.
    fn text(&self, engine: &Arc<Engine>, expression: ExprId) -> String {
        let (facts, book) = (crate::facts::Facts::default(), crate::book::Book::default());
        let parts = Parts {
            version: self.version,
            module: self.module,
            facts: &facts,
            steps: &[],
            own: None,
            now: engine.now(),
            sealing: &engine.sealing,
        };
        parts.view(&book).text(expression)
    }

    fn hold(&self, engine: &Arc<Engine>, place: &str, hold: HoldId) -> Option<(String, Why, Option<ExprId>)> {
        let form = self.tables.holds.get(hold.0 as usize)?;
        Some((place.to_owned(), Why::Hold { role: self.text(engine, form.role) }, Some(form.what)))
    }

    fn operations(&self, row: &FlowRow) -> Vec<WaitingFor> {
        let steps = self.program.steps.iter().zip(&self.state.durable.operations);
        let stuck = steps.filter_map(|(step, operation)| {
            let (state, what) = match operation.state {
                OperationState::Parked => ("parked", "its end is not known"),
                OperationState::Held => ("held", "it holds, and could not be taken back"),
                _ => return None,
            };
            let call = operation.call.or_else(|| step.calls.first().copied());
            let call = call.and_then(|call| self.program.call(call));
            let why = Why::Operation {
                party: call.map_or_else(String::new, |call| call.party.to_string()),
                call: call.map_or_else(String::new, |call| call.name.to_string()),
                state,
                amount: None,
            };
            let what = operation.reason.as_deref().unwrap_or(what).to_owned();
            Some(self.waiting(row, &step.name, what, why))
        });
        stuck.collect()
    }

    fn waiting(&self, row: &FlowRow, place: &str, what: String, why: Why) -> WaitingFor {
        WaitingFor {
            flow: row.flow,
            name: row.name.clone(),
            place: place.to_owned(),
            what,
            why,
            since: row.changed,
            proposed: None,
        }
    }
}
