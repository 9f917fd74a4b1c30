//! What waits for people: holds, places where a flow is parked, operations whose end nobody knows, notices that were given up.
//!
//! In: the journal's open flows, and those with such notices. Out: a list for operators. It must not know how people are
//! shown it; what they decide is `deciding`'s.

mod deciding;
mod listed;
mod notices;
mod quiet;

pub use deciding::{Decided, Decision, NotDecided, ProofFile, Proposed, Said};
pub(crate) use listed::Listed;
pub use notices::LastTry;
pub use quiet::Quiet;

use crate::driver::path_of;
use crate::engine::Engine;
use crate::version::Version;
use crate::view::Parts;
use dsl::flow::{FlowProgram, HoldId, Node, NodeId, OperationState, Otherwise, State, StepId, Subject};
use dsl::program::{ExprId, FlowTables};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Fatal, FlowId, FlowRow, Moment, Reader};

/// Open flows of one read.
const PAGE: usize = 500;

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
    /// It was told done, and something of it does not hold; nobody decides that, it is put right by hand.
    Broken,
    /// A notice was refused until it was given up; the flow does not depend on it.
    Notice {
        /// The party.
        party: String,
        /// The call.
        call: String,
        /// Times tried.
        tries: u32,
    },
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
        /// From when on it may be decided that it never came.
        quiet: Quiet,
        /// From when on it may be put right by a posting of its own; none where the flow names none, or it was refused as
        /// often as it may be tried.
        correct: Option<Quiet>,
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
    /// When the flow last changed; of a notice, when it was given up.
    pub since: Moment,
    /// A digest of how it stands: a decision is about this and nothing else.
    pub about: String,
    /// Who proposed what of it, if somebody has.
    pub proposed: Option<Proposed>,
}

impl Why {
    /// What decides it.
    #[must_use]
    pub fn decisions(&self) -> &'static [Decision] {
        match self {
            Self::Hold { .. } | Self::Park => &[Decision::Go, Decision::Refuse],
            Self::Operation { correct: Some(_), .. } => {
                &[Decision::Correct, Decision::Holds, Decision::Never, Decision::TakenBack]
            }
            Self::Operation { .. } => &[Decision::Holds, Decision::Never, Decision::TakenBack],
            Self::Notice { .. } => &[Decision::Again, Decision::Delivered, Decision::Dropped],
            Self::Late | Self::Broken => &[],
        }
    }
}

/// A flow's state with what it means.
struct Opened<'a> {
    version: &'a Arc<Version>,
    module: usize,
    tables: &'a FlowTables,
    program: &'a FlowProgram,
    state: State,
}

/// Flows after a number that are open, or have notices that were given up (then it says so), in the order of their numbers: as far
/// as both lists go.
fn page(reader: &mut dyn Reader, after: FlowId) -> Result<BTreeMap<FlowId, (FlowRow, bool)>, Fatal> {
    let open = reader.open_flows(after, PAGE)?;
    let given_up = reader.flows_with_notices_given_up(after, PAGE)?;
    let ends = |rows: &[FlowRow]| rows.last().filter(|_| rows.len() >= PAGE).map(|row| row.flow);
    let end = [ends(&open), ends(&given_up)].into_iter().flatten().min();
    let mut page: BTreeMap<_, _> = open.into_iter().map(|row| (row.flow, (row, false))).collect();
    page.extend(given_up.into_iter().map(|row| (row.flow, (row, true))));
    page.retain(|flow, _| end.is_none_or(|end| *flow <= end));
    Ok(page)
}

impl Engine {
    /// What waits for people, of flows after a number, oldest first; it ends behind the flow with which it is `most`.
    pub async fn waiting(self: &Arc<Self>, after: FlowId, most: usize) -> Vec<WaitingFor> {
        let (mut from, mut all) = (after, Vec::new());
        while all.len() < most {
            let page = match self.journal.read(move |reader| page(reader, from)).await {
                Ok(page) => page,
                Err(fatal) => {
                    self.fail(&fatal);
                    break;
                }
            };
            let Some((last, _)) = page.last_key_value() else { break };
            from = *last;
            for (row, given_up) in page.into_values() {
                if all.len() >= most {
                    break;
                }
                all.extend(self.waits_in(&row, given_up).await);
            }
        }
        all
    }

    /// What waits in one flow.
    pub async fn waits_of(self: &Arc<Self>, row: &FlowRow) -> Vec<WaitingFor> {
        self.waits_in(row, true).await
    }

    /// The same, where it is known whether the journal has notices of it that were given up.
    async fn waits_in(self: &Arc<Self>, row: &FlowRow, given_up: bool) -> Vec<WaitingFor> {
        let mut found = self.stands(row).await;
        if given_up {
            found.extend(self.notices_given_up(row).await);
        }
        if !found.is_empty() {
            let proposals = self.proposals(row.flow).await;
            for waits in &mut found {
                let proposed = proposals.get(&waits.place);
                waits.proposed = proposed.filter(|proposed| proposed.about == waits.about).cloned();
            }
        }
        found
    }

    /// Where a flow itself stands for people.
    async fn stands(self: &Arc<Self>, row: &FlowRow) -> Vec<WaitingFor> {
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
        self.with_journaled(&opened, row, &mut found).await;
        found
    }

    /// What stands in the journal alone of operations that wait: amounts, and when the last copy was given up.
    async fn with_journaled(&self, opened: &Opened<'_>, row: &FlowRow, found: &mut [WaitingFor]) {
        if !found.iter().any(|waits| matches!(waits.why, Why::Operation { .. })) {
            return;
        }
        let flow = row.flow;
        let read = self.journal.read(move |reader| {
            let operations = reader.operations(flow)?;
            Ok((operations, reader.operation_states(flow)?))
        });
        let Ok((rows, states)) = read.await else { return };
        for waits in found {
            if let Why::Operation { amount, quiet, correct, .. } = &mut waits.why {
                *amount = rows.iter().find(|row| row.name == waits.place).and_then(|row| row.amount);
                *quiet = opened.quiet(&waits.place, (&states, row.changed), &self.senders);
                *correct = opened.correctable(&waits.place, (&states, row.changed), &self.senders);
            }
        }
    }
}

impl Opened<'_> {
    /// The place where the flow stands, if it stands for people, and the text that says for what.
    fn places(&self, engine: &Arc<Engine>, row: &FlowRow) -> Vec<(WaitingFor, Option<ExprId>)> {
        let durable = &self.state.durable;
        let at = durable.stopped.unwrap_or(durable.at);
        let place = self.place(at);
        if durable.broken() {
            let what = "it was told done, and something of it does not hold".to_owned();
            return vec![(self.waiting(row, place, what, Why::Broken, Subject::Place), None)];
        }
        if durable.end.is_some() || durable.unwinding() {
            return Vec::new();
        }
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
        let stands = Subject::Place;
        if let Some((what, why, text)) = why {
            found.push((self.waiting(row, place, what, why, stands), text));
        }
        let late = self.program.nodes.iter().zip(&self.program.places).filter(|_| durable.overdue);
        let late = late.filter_map(|(node, place)| match node {
            Node::Deadline { otherwise: Otherwise::Park(text), .. } => Some((place, text.0)),
            _ => None,
        });
        found.extend(late.map(|(place, text)| {
            (self.waiting(row, place, place.to_string(), Why::Late, stands), Some(text))
        }));
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
        let stuck = steps.zip(self.program.step_ids()).filter_map(|((step, operation), id)| {
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
                quiet: Quiet::Unread,
                correct: None,
            };
            let what = operation.reason.as_deref().unwrap_or(what).to_owned();
            let what = self.refused_correction(id).unwrap_or(what);
            Some(self.waiting(row, &step.name, what, why, Subject::Operation(id)))
        });
        stuck.collect()
    }

    /// What people are told of a step that they wanted put right, where that was refused.
    fn refused_correction(&self, step: StepId) -> Option<String> {
        let durable = &self.state.durable;
        let corrections = &self.program.step(step)?.correct;
        let mut begun = corrections.iter().filter_map(|by| durable.operation(*by));
        let last = begun.rfind(|by| by.state != OperationState::New)?;
        let why = last.reason.as_deref().filter(|_| last.state == OperationState::Refused)?;
        let next = self.program.correction(durable, step);
        let left = corrections.iter().skip_while(|by| Some(**by) != next).count();
        let further = match left {
            0 => "is tried no more".to_owned(),
            1 => "may be tried once more".to_owned(),
            more => format!("may be tried {more} more times"),
        };
        Some(format!("it holds; what was to put it right was refused ({why}), and {further}"))
    }

    fn waiting(&self, row: &FlowRow, place: &str, what: String, why: Why, stands: Subject) -> WaitingFor {
        WaitingFor {
            flow: row.flow,
            name: row.name.clone(),
            place: place.to_owned(),
            what,
            why,
            since: row.changed,
            about: crate::driver::about(stands, self.program, &self.state.durable),
            proposed: None,
        }
    }
}
