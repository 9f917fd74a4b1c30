//! What a flow is at run time: flat vectors, numbers instead of names. Names stand beside the code for the durable
//! state alone, which records places and operations by name path (`decisions.md` D16).
//!
//! In: built by `lower`. Out: read by the interpreter, the walk and the engine. Whatever is like a value (a guard, a
//! list, a mapping) is a number that only the lowering and the engine understand.

use super::event::Proof;
use super::state::{Durable, OperationState, Reason, Rows};
use crate::value::Pauses;

/// A truth that the [`Judge`] knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GuardId(pub u32);
/// A list that the [`Judge`] can count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ListId(pub u32);
/// Mappings that fill a record: of a step's ask, of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct MappingId(pub u32);
/// An expression that the engine evaluates: a moment, a role, a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExprId(pub u32);
/// A counted limit of the flow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LimitId(pub u32);
/// A decision that an operator is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct HoldId(pub u32);
/// Another flow that is begun.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StartId(pub u32);
/// Index into [`FlowProgram::calls`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CallId(pub u16);
/// Index into [`FlowProgram::steps`]; also the index of the operation in the state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StepId(pub u16);
/// Index into [`FlowProgram::loops`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LoopId(pub u16);
/// Index into [`FlowProgram::nodes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u16);

/// Corrections of one step at most: where the last is refused as well, people can only say what has become of it by hand.
pub const MOST_CORRECTIONS: u8 = 5;

/// A flow, ready to run. Code is linear: after a node comes the next, but for `Branch`, `Passed` and `Jump`, which only go
/// forward. Behind the last node the flow ends done.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FlowProgram {
    /// `bank.pay_bill`; the row of a loop: `bank.unit_batch/row`.
    pub name: Box<str>,
    /// The code.
    pub nodes: Vec<Node>,
    /// Name path of each node, unique in the flow (`debit`, `hold 1`, `collect/booked`): the place in the journal.
    pub places: Vec<Box<str>>,
    /// What is asked of parties, in the order of the text; a step's undo by another service right behind it.
    pub steps: Vec<StepDef>,
    /// Contracts of the calls that steps may use, with their reversals and enquiries.
    pub calls: Vec<CallContract>,
    /// Loops over rows.
    pub loops: Vec<Loop>,
    /// The asker may cancel (its protocol has a reversal of this flow, or another flow cancels it).
    pub cancellable: bool,
    /// Whoever asks it hears "done" for good (a notice, a posting): it is journaled even where it asks nobody else.
    pub taken: bool,
    /// A row whose answer nobody takes: refused before anything of it was written, it leaves no trace, not even its key.
    pub untold: bool,
    /// Conditions that look at the clock: asked again they may hold no more.
    pub clocked: Vec<GuardId>,
    /// From the intent of this step on a cancellation is refused.
    pub cancel_refused_after: Option<StepId>,
}

/// One instruction of a flow.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    /// Counts against a limit: reserved with the next intent.
    Limit {
        /// The limit.
        limit: LimitId,
        /// Told where it is full.
        reason: Reason,
    },
    /// Goes on if it holds. A limit that is not counted (an amount against a ceiling) is a check too.
    Check {
        /// What must hold.
        guard: GuardId,
        /// What happens if it does not.
        otherwise: Otherwise,
    },
    /// From here a clock runs.
    Deadline {
        /// The moment it ends.
        at: ExprId,
        /// Warns so long after the same start, if it warns.
        warn: Option<ExprId>,
        /// What its end does to a flow that has not ended.
        otherwise: Otherwise,
    },
    /// Waits for an operator's decision (maker and checker).
    Hold {
        /// Which.
        hold: HoldId,
        /// The flow goes on whichever it is, and its expressions know it; else a refusal is the flow's.
        told: bool,
    },
    /// Stops here for an operator.
    Park {
        /// The text for the operator.
        why: ExprId,
    },
    /// Goes on at that moment; who asks hears `pending`.
    Until {
        /// The moment.
        until: ExprId,
    },
    /// Goes on when the rows of the loop have ended that a cut-off left open.
    Rows(LoopId),
    /// Refuses the flow.
    Refuse(Reason),
    /// Asks a party.
    Step(StepId),
    /// Asks several at once; a member with a guard takes part if that holds. Nothing else may stand in a group.
    Together(Vec<(Option<GuardId>, StepId)>),
    /// Runs the loop's flow for each row.
    Each(LoopId),
    /// Goes on if the guard holds, else goes there.
    Branch {
        /// The guard.
        guard: GuardId,
        /// Where it goes otherwise; always further down.
        otherwise: NodeId,
    },
    /// Goes on if that step was refused for a reason for which the flow goes on, else goes there.
    Passed {
        /// The step.
        step: StepId,
        /// Where it goes otherwise; always further down.
        otherwise: NodeId,
    },
    /// Goes there, further down.
    Jump(NodeId),
    /// Begins another flow durably, without waiting.
    Start {
        /// Which.
        start: StartId,
        /// It moves money: nothing takes it back when this flow is refused or cancelled.
        moves: bool,
    },
    /// Waits for something served.
    Await {
        /// What finds it: the compiled look-up.
        guard: GuardId,
        /// The longest wait, in milliseconds.
        up_to_ms: u64,
        /// What happens then.
        otherwise: Otherwise,
    },
    /// Tells the asker `done`, with this record. Where it is not the last node, all behind it must be assured.
    Answer(MappingId),
}

/// What happens where something does not hold.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Otherwise {
    /// The flow is refused: what holds is undone.
    Refuse(Reason),
    /// It stops for an operator, with this text.
    Park(ExprId),
}

/// One thing asked of a party.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StepDef {
    /// Its name path (`debit`, `debit/undo`), unique in the flow.
    pub name: Box<str>,
    /// The calls it may go to, one for each party that `at` may name.
    pub calls: Vec<CallId>,
    /// Which party, where there are several.
    pub at: Option<ExprId>,
    /// How the ask is filled.
    pub mapping: MappingId,
    /// Its way back.
    pub undo: Undo,
    /// The postings that put it right where it is held and people want that: each once the one before was refused. Their `undo_of`
    /// points back.
    pub correct: Vec<StepId>,
    /// Sent by the outbox, at least once, never changes the end.
    pub best_effort: bool,
    /// `else park`: its refusal may leave something held; of a query or a notice: the flow stops here for an operator.
    pub park: Option<ExprId>,
    /// Its refusal does not end the flow: for these reasons, of a query for any if none is named.
    pub goes_on: Option<Vec<Reason>>,
    /// It takes that step back (by [`Undo::By`], or as its correction) and runs only for it.
    pub undo_of: Option<StepId>,
}

/// The way back of a step that is done.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Undo {
    /// The provider's call that undoes it ([`CallContract::back`]).
    Provider,
    /// Another posting: that step, whose `undo_of` points back.
    By(StepId),
    /// None, and the text says why.
    Keep,
    /// None, and nothing is said.
    Nothing,
}

/// A loop: each row is a flow of its own.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Loop {
    /// Its name path.
    pub name: Box<str>,
    /// The rows.
    pub list: ListId,
    /// How many rows run at once, 1 or more.
    pub at_once: u32,
    /// Parts of a row's key beside the flow's own key.
    pub key: Vec<ExprId>,
    /// The row's flow.
    pub body: FlowProgram,
}

/// What moves money and what does not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallKind {
    /// No effect.
    Query,
    /// Moves, freezes, releases or promises money.
    Posting,
    /// Tells something: an intent is written, but no money stands behind it.
    Notice,
}

/// What a party promises of repeats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Repeats {
    /// Nothing: a repeat may be a second posting.
    #[default]
    Nothing,
    /// A repeat gets the first answer.
    SameAnswer,
    /// A repeat of what was done gets that answer; a refusal is judged anew.
    SameAnswerWhenDone,
    /// A repeat of what was done is refused as a duplicate.
    SaysDuplicate,
}

/// What is declared of a call (`flows.md` 2). What is not promised does not exist.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CallContract {
    /// `power_dongguan.pay`: by this it is found again in the journal.
    pub name: Box<str>,
    /// The party, in the words of the stories.
    pub party: Box<str>,
    /// What kind of operation.
    pub kind: CallKind,
    /// It names a key (`once`).
    pub keyed: bool,
    /// A time limit is set for its answer.
    pub limited: bool,
    /// What repeats are good for.
    pub repeats: Repeats,
    /// Milliseconds after which no copy can still arrive, or be invisible to enquiry.
    pub quiet_ms: Option<u64>,
    /// It cannot be refused.
    pub assured: bool,
    /// Where its session does not hold nothing is looked at, and it is asked once more under another serial.
    pub new_serial: bool,
    /// The way out of unknown, in order.
    pub ways: Vec<Way>,
    /// Its reversal, if the party has one.
    pub back: Option<Back>,
}

/// A call that undoes another by naming it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Back {
    /// The reversal's name: `power_dongguan.reverse`.
    pub name: Box<str>,
    /// May be sent again.
    pub repeatable: bool,
    /// One that came before its original refuses the original later.
    pub remembered: bool,
    /// Only on the original's business date.
    pub within_business_date: bool,
    /// It names the original; false for a posting the other way (a refund).
    pub names_original: bool,
    /// Quiet time after which its "nothing to reverse" may be believed, in milliseconds.
    pub quiet_ms: Option<u64>,
    /// Between copies.
    pub pauses: Pauses,
    /// Repeats at most.
    pub times: u32,
}

/// One way out of unknown.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// Ask what became of it.
    Enquire {
        /// The enquiry's name.
        with: Box<str>,
        /// Between the tries.
        pauses: Pauses,
        /// Questions at most, beside the one after the quiet time.
        times: u32,
        /// Its "refused" and "not found" prove nothing (`proves done only`).
        proves_done_only: bool,
    },
    /// Send the same again.
    Repeat {
        /// Between the tries.
        pauses: Pauses,
        /// Copies at most; `None` is until the cut-over.
        times: Option<u32>,
    },
    /// Reverse it ([`CallContract::back`]).
    Reverse,
    /// For an operator.
    Park,
    /// Queries alone: refused.
    Refuse(Reason),
}

/// Knows what the interpreter must not: values. An answer is part of the next write and never asked for again.
pub trait Judge {
    /// Whether a guard holds where a flow has come to: what an event has just settled, a refusal that an enquiry found or a
    /// step that was taken back, stands in `durable` and nowhere else yet.
    fn holds(&mut self, guard: GuardId, durable: &Durable) -> bool;
    /// The call that a step goes to; `None` if its party has none. Not asked where there is only one.
    fn call(&mut self, step: StepId, calls: &[CallId]) -> Option<CallId>;
    /// How many rows a list has.
    fn rows(&mut self, list: ListId) -> u64;
    /// Whether the business date that a step was asked under is over at its party.
    fn day_over(&mut self, step: StepId) -> bool;
}

impl StepDef {
    /// Whether the flow goes on where it is refused for this reason.
    #[must_use]
    pub fn goes_on(&self, reason: &str) -> bool {
        let named =
            |reasons: &Vec<Reason>| reasons.is_empty() || reasons.iter().any(|known| **known == *reason);
        self.goes_on.as_ref().is_some_and(named)
    }

    /// Whether the flow goes on for this reason by name. A call that was never answered may end in a refusal of its own: silence is no
    /// answer, so that only a step that names it goes on.
    #[must_use]
    pub fn names(&self, reason: &str) -> bool {
        self.goes_on.as_ref().is_some_and(|reasons| reasons.iter().any(|known| **known == *reason))
    }
}

impl FlowProgram {
    /// Adds a node under its name path, and says which it is. At most 65,535 nodes; beyond that the last number.
    pub fn push(&mut self, place: &str, node: Node) -> NodeId {
        let id = NodeId(u16::try_from(self.nodes.len()).unwrap_or(u16::MAX));
        self.nodes.push(node);
        self.places.push(place.into());
        id
    }

    /// The conditions that its nodes ask; of a list of rows not those of the rows.
    pub fn guards(&self) -> impl Iterator<Item = GuardId> + '_ {
        let of_node = |node: &Node| match node {
            Node::Check { guard, .. } | Node::Branch { guard, .. } => vec![*guard],
            Node::Together(members) => members.iter().filter_map(|(guard, _)| *guard).collect(),
            _ => Vec::new(),
        };
        self.nodes.iter().flat_map(of_node)
    }

    /// The node, `None` behind the last.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::from(id.0))
    }

    /// The step.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&StepDef> {
        self.steps.get(usize::from(id.0))
    }

    /// The contract.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&CallContract> {
        self.calls.get(usize::from(id.0))
    }

    /// All step numbers, oldest first.
    pub fn step_ids(&self) -> impl DoubleEndedIterator<Item = StepId> + use<> {
        (0..u16::try_from(self.steps.len()).unwrap_or(u16::MAX)).map(StepId)
    }

    /// The posting that may put a step right, should it be held: the first that has not begun, where all before it were refused or
    /// taken back. None where one of them holds or may yet, and where there is no further one.
    #[must_use]
    pub fn correction(&self, durable: &Durable, step: StepId) -> Option<StepId> {
        use OperationState::{New, Refused, Undone};
        let state = |by: StepId| durable.operation(by).map(|operation| operation.state);
        let mut open = self
            .step(step)?
            .correct
            .iter()
            .copied()
            .skip_while(|by| matches!(state(*by), Some(Refused | Undone)));
        open.next().filter(|by| state(*by) == Some(New))
    }

    /// Whether the journal knows this flow at all: false for flows of queries alone, which write nothing.
    #[must_use]
    pub fn journaled(&self) -> bool {
        let written = |node: &Node| {
            matches!(
                node,
                Node::Limit { .. }
                    | Node::Deadline { .. }
                    | Node::Hold { .. }
                    | Node::Park { .. }
                    | Node::Until { .. }
                    | Node::Each(_)
                    | Node::Start { .. }
                    | Node::Await { .. }
            )
        };
        self.taken || self.cancellable || self.nodes.iter().any(written) || !self.asks_only()
    }

    /// Whether every step is a query, those of the rows too.
    #[must_use]
    pub fn only_asks(&self) -> bool {
        self.asks_only() && self.loops.iter().all(|rows| rows.body.only_asks())
    }

    /// A list of rows of which some such are no mere questions: each is a flow of its own, and nothing takes it back.
    #[must_use]
    pub fn rows_acting(&self, durable: &Durable, such: impl Fn(&Rows) -> bool) -> Option<&Loop> {
        let of = |rows: &Rows| self.loops.get(usize::from(rows.of.0)).filter(|rows| !rows.body.only_asks());
        durable.loops.iter().filter(|rows| such(rows)).find_map(of)
    }

    /// Whether rows hold, or may yet: then the flow is not refused any more.
    #[must_use]
    pub fn rows_hold(&self, durable: &Durable) -> bool {
        self.rows_acting(durable, |rows| rows.done > 0 || !rows.open.is_empty()).is_some()
    }

    /// Whether a flow that is begun there moves money.
    #[must_use]
    pub fn start_moves(&self, which: StartId) -> bool {
        self.nodes.iter().any(|node| matches!(node, Node::Start { start, moves: true } if *start == which))
    }

    /// Whether what a late flow says of the rows of a loop stays as it is: it is past the loop and has not answered, so that what
    /// is under way was worked out from it. A row that ends meanwhile counts where the flow waits for its rows.
    #[must_use]
    pub fn rows_stay(&self, durable: &Durable, of: LoopId) -> bool {
        let at_it = matches!(self.node(durable.at), Some(Node::Each(here) | Node::Rows(here)) if *here == of);
        durable.late && !at_it && !durable.answered && durable.end.is_none() && !durable.unwinding()
    }

    /// Whether people may still refuse the flow where it waits for them: nothing was told done, and no rows hold.
    #[must_use]
    pub fn may_be_refused(&self, durable: &Durable) -> bool {
        !durable.answered && !self.rows_hold(durable)
    }

    /// Whether that step has to hold though it is refused for this reason: it says `else park`, and stands behind an answer that was
    /// told, or behind rows that hold or may.
    #[must_use]
    pub fn must_hold(&self, durable: &Durable, step: StepId, reason: &str) -> bool {
        let posts = |call: &CallContract| call.kind == CallKind::Posting;
        let found = self.step(step).filter(|found| found.park.is_some() && !found.goes_on(reason));
        let call = found.and_then(|found| {
            let chosen = durable.operation(step).and_then(|operation| operation.call);
            self.call(chosen.or_else(|| found.calls.first().copied())?)
        });
        call.is_some_and(posts) && !self.may_be_refused(durable)
    }

    /// Whether people can end a parked operation only by making it hold, though they prove that it does not: it is assured, so that all
    /// before it relies on it, or has to hold where it stands.
    #[must_use]
    pub fn stays_parked(&self, durable: &Durable, step: StepId, proof: Proof) -> bool {
        let (Some(operation), Some(found)) = (durable.operation(step), self.step(step)) else { return false };
        let Some(why) = proof.against() else { return false };
        let call = operation.call.or_else(|| found.calls.first().copied());
        let assured =
            found.undo_of.is_none() && call.and_then(|id| self.call(id)).is_some_and(|call| call.assured);
        operation.state == OperationState::Parked && (assured || self.must_hold(durable, step, why))
    }

    /// Whether every step of its own is a query.
    #[must_use]
    pub fn asks_only(&self) -> bool {
        let posts = |id: &CallId| self.call(*id).is_some_and(|call| call.kind != CallKind::Query);
        !self.steps.iter().any(|step| step.best_effort || step.calls.iter().any(posts))
    }
}
