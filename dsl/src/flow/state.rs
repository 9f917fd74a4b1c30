//! Where a flow stands: what the journal keeps ([`Durable`]), and what a crash may take without harm ([`Memory`]).
//! Unwinding and parked are read from the operations, never stored apart.

use super::program::{CallId, FlowProgram, HoldId, LimitId, LoopId, NodeId, StartId, StepId};
use std::sync::Arc;

/// Why something was refused, by the name that the adapters use.
pub type Reason = Arc<str>;

/// A flow: its durable state and its memory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// What the journal has, once the step's write is taken.
    pub durable: Durable,
    /// Lost in a crash.
    pub memory: Memory,
}

/// The durable state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Durable {
    /// The ask is in the journal.
    pub asked: bool,
    /// The node that is being worked on.
    pub at: NodeId,
    /// One for each step of the program.
    pub operations: Vec<Operation>,
    /// Refused by the flow's own words (check, limit, operator, deadline): why.
    pub refused: Option<Reason>,
    /// The asker's wish to cancel.
    pub cancel: Cancel,
    /// An `answer` node was passed: `done` may have been told.
    pub answered: bool,
    /// How it ended.
    pub end: Option<End>,
    /// Rows that are open are told as in process: the flow does not wait for them any more.
    pub late: bool,
    /// A deadline has passed.
    pub overdue: bool,
    /// The place stopped for an operator by an `else park`.
    pub stopped: Option<NodeId>,
    /// Limits met on the way, and whether they are reserved.
    pub limits: Vec<(LimitId, bool)>,
    /// Deadlines that run.
    pub deadlines: Vec<NodeId>,
    /// Loops that have begun.
    pub loops: Vec<Rows>,
    /// Decisions of people that expressions know: why not, where they were against it.
    pub decisions: Vec<(HoldId, Option<Reason>)>,
    /// Crashes survived.
    pub restarts: u8,
}

/// How far a loop has come.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Rows {
    /// Which.
    pub of: LoopId,
    /// Rows in all.
    pub total: u64,
    /// The next row to start.
    pub next: u64,
    /// Rows that were started and have not ended.
    pub open: Vec<u64>,
    /// Rows ended done.
    pub done: u64,
    /// Rows ended refused.
    pub refused: u64,
}

/// The asker's cancellation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Cancel {
    /// Not asked.
    #[default]
    No,
    /// Written, being done.
    Wished,
    /// Nothing holds any more.
    Through,
}

/// How a flow ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// Every compulsory step holds.
    Done,
    /// Nothing holds.
    Refused,
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Operation {
    /// Where it stands.
    pub state: OperationState,
    /// Copies that may have left.
    pub copies: u8,
    /// Copies of its reversal that may have left.
    pub backs: u8,
    /// It was known to be done at some time.
    pub made: bool,
    /// The call it went to.
    pub call: Option<CallId>,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// It was refused for a reason for which the flow goes on.
    pub passed: bool,
}

impl Operation {
    /// A refusal that does not end the flow: it goes on, or waits for an operator.
    #[must_use]
    pub fn declined(&self) -> bool {
        self.passed || (self.state == OperationState::Done && !self.made && self.reason.is_some())
    }
}

/// The durable states of an operation (`flows.md` 1). `intent n` is [`Operation::copies`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OperationState {
    /// Nothing written, nothing sent.
    #[default]
    New,
    /// Copies may have left.
    Intent,
    /// Outcome not known; being resolved.
    Unknown,
    /// A reversal of an unknown original may have left.
    Reversing,
    /// The party holds it.
    Done,
    /// Not held and can never become so.
    Refused,
    /// The way back of a done original may have left.
    Undoing,
    /// Was held, is not any more.
    Undone,
    /// Outcome unknown, for an operator.
    Parked,
    /// Known to hold, ought not to, no way back worked.
    Held,
}

/// What a crash takes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Memory {
    /// Somebody waits for the answer.
    pub asker: bool,
    /// One for each step.
    pub operations: Vec<Attempt>,
    /// Rows ended since the last write of the parent.
    pub unwritten_rows: u16,
    /// Rows whose end may be long in coming.
    pub waiting_rows: Vec<(LoopId, u64)>,
    /// Queries that ended since the last write; their answers go into the next one.
    pub queries: Vec<StepId>,
    /// The place that operators or the look-ups know to be waiting.
    pub announced: Option<NodeId>,
    /// Steps that cannot be begun, why, and whether people look at it: for one event only.
    pub(super) blocked: Vec<(StepId, Reason, bool)>,
    /// Steps whose way back cannot be prepared: for one event only.
    pub(super) blocked_backs: Vec<StepId>,
    /// The limits have no room, or the one that is named: for one event only.
    pub(super) limit_full: Option<Option<LimitId>>,
    /// A flow that is to be begun cannot be asked: for one event only.
    pub(super) cannot_start: Option<StartId>,
}

/// What is being tried to end an operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Attempt {
    /// What it waits for.
    pub wait: Wait,
    /// Which way out is being tried.
    pub way: u8,
    /// Tries of that way so far.
    pub tried: u32,
    /// The question after the quiet time has been put.
    pub last_asked: bool,
    /// The quiet time of the last copy is over.
    pub quiet: bool,
    /// It will never be known to be over: no answer that needs it is waited for.
    pub never_quiet: bool,
    /// The first copy was sent by this run.
    pub sent_here: bool,
    /// It was asked anew under another serial: that is done once.
    pub anew: bool,
    /// Number of the newest question, reversal or pause; older ones are given up.
    pub number: u32,
    /// The question that is under way left after the quiet time.
    pub after_quiet: bool,
    /// Reversals without a reply yet that left before the quiet time was over, as far as can be known.
    pub early_backs: u8,
}

/// What an operation waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Wait {
    /// Nothing.
    #[default]
    Nothing,
    /// The reply to the last copy.
    Reply,
    /// The answer to a question.
    Enquiry,
    /// The reply to the reversal.
    Back,
    /// A pause.
    Pause,
    /// The quiet time.
    Quiet,
}

impl State {
    /// A flow that nobody has asked for yet.
    #[must_use]
    pub fn new(program: &FlowProgram) -> Self {
        Self::resumed(program, Durable::new(program))
    }

    /// Whether only people can go on, and nothing would be forgotten with the memory: what brings it back from the journal finds
    /// it where it stood.
    #[must_use]
    pub fn rests(&self, program: &FlowProgram) -> bool {
        let Memory { operations, unwritten_rows, queries, .. } = &self.memory;
        let waits = operations.iter().any(|attempt| attempt.wait != Wait::Nothing);
        !waits && *unwritten_rows == 0 && queries.is_empty() && self.durable.rests(program)
    }

    /// A flow as the journal has it, with an empty memory; [`super::Event::Restart`] has to follow.
    #[must_use]
    pub fn resumed(program: &FlowProgram, durable: Durable) -> Self {
        let operations = vec![Attempt::default(); program.steps.len()];
        Self { durable, memory: Memory { operations, ..Memory::default() } }
    }
}

impl Durable {
    /// Before the ask.
    #[must_use]
    pub fn new(program: &FlowProgram) -> Self {
        Self {
            asked: false,
            at: NodeId(0),
            operations: vec![Operation::default(); program.steps.len()],
            refused: None,
            cancel: Cancel::No,
            answered: false,
            end: None,
            late: false,
            overdue: false,
            stopped: None,
            limits: Vec::new(),
            deadlines: Vec::new(),
            loops: Vec::new(),
            decisions: Vec::new(),
            restarts: 0,
        }
    }

    /// The operation of a step.
    #[must_use]
    pub fn operation(&self, step: StepId) -> Option<&Operation> {
        self.operations.get(usize::from(step.0))
    }

    /// No new step begins: something is refused, or the asker cancels.
    #[must_use]
    pub fn unwinding(&self) -> bool {
        let refused = |operation: &Operation| {
            matches!(
                operation.state,
                OperationState::Refused
                    | OperationState::Undoing
                    | OperationState::Undone
                    | OperationState::Held
            ) && !operation.passed
        };
        self.refused.is_some() || self.cancel != Cancel::No || self.operations.iter().any(refused)
    }

    /// Something waits for an operator: an operation is parked or held, the flow stands at a `park`, or something
    /// was refused after `done` was told (which a checked flow cannot do).
    #[must_use]
    pub fn parked(&self, program: &FlowProgram) -> bool {
        let stuck =
            |operation: &Operation| matches!(operation.state, OperationState::Parked | OperationState::Held);
        let park = matches!(program.node(self.at), Some(super::program::Node::Park { .. }));
        let stops = park || self.stopped == Some(self.at);
        let running = self.end.is_none();
        self.operations.iter().any(stuck) || self.broken() || (stops && !self.unwinding() && running)
    }

    /// It was told done and has not ended, and something of it does not hold: it neither goes on nor is taken back.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.answered && self.end.is_none() && self.cancel == Cancel::No && self.unwinding()
    }

    /// Whether only people can go on: nothing is under way, no clock runs, no row is open.
    #[must_use]
    pub fn rests(&self, program: &FlowProgram) -> bool {
        use super::program::Node;
        use OperationState::{Done, Held, New, Parked, Refused, Undone};
        let still = |state| matches!(state, New | Done | Refused | Undone | Parked | Held);
        let clocks = !self.deadlines.is_empty() || self.loops.iter().any(|rows| !rows.open.is_empty());
        if !self.asked || clocks || !self.operations.iter().all(|operation| still(operation.state)) {
            return false;
        }
        let stuck = |operation: &Operation| matches!(operation.state, Parked | Held);
        if self.end.is_some() || self.unwinding() {
            return self.operations.iter().any(stuck);
        }
        match program.node(self.at) {
            Some(Node::Hold { .. } | Node::Park { .. }) => true,
            // What comes late still lets it go on.
            Some(Node::Await { .. }) => false,
            _ if self.stopped == Some(self.at) => true,
            Some(Node::Step(step)) => self.operation(*step).is_some_and(stuck),
            _ => false,
        }
    }

    /// Steps that are neither untouched nor at an end, in the words of the program.
    pub fn open<'a>(&'a self, program: &'a FlowProgram) -> impl Iterator<Item = (&'a str, OperationState)> {
        use OperationState::{Done, New, Refused, Undone};
        program.steps.iter().zip(&self.operations).filter_map(|(step, operation)| {
            let ended = matches!(operation.state, New | Done | Refused | Undone);
            (!ended).then_some((&*step.name, operation.state))
        })
    }
}
