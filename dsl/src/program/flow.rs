//! Tables that a flow is run by.

use super::{ExprId, Filling};
use crate::model::Load;
use crate::value::{ShapeId, Symbol};

/// A flow: the pure program that the interpreter steps, and what its opaque ids mean. [`crate::flow::GuardId`] and
/// [`crate::flow::ExprId`] are [`ExprId`]s of the module's expressions. All ids are of the whole flow: the bodies of
/// loops share these tables.
#[derive(Clone, Debug)]
pub struct FlowTables {
    /// Its name.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// What starts it.
    pub start: FlowStart,
    /// By the clock, once for each member of the party.
    pub per_member: bool,
    /// The name of the member that is asked about: a text over the ask.
    pub of_member: Option<ExprId>,
    /// Record asked.
    pub ask: Option<ShapeId>,
    /// Record answered.
    pub answer: Option<ShapeId>,
    /// What the interpreter steps.
    pub program: crate::flow::FlowProgram,
    /// Steps in the order of the text, also those in loops; a [`crate::flow::StepDef`] is found by its name path.
    pub steps: Vec<StepTables>,
    /// By [`crate::flow::MappingId`]: asks of steps and of their undo, answers, asks of started flows.
    pub fillings: Vec<Filling>,
    /// By [`crate::flow::LimitId`].
    pub limits: Vec<LimitForm>,
    /// By [`crate::flow::ListId`]; also the `call` of [`crate::model::Space::Row`].
    pub loops: Vec<LoopForm>,
    /// By [`crate::flow::HoldId`].
    pub holds: Vec<HoldForm>,
    /// By [`crate::flow::StartId`].
    pub starts: Vec<StartForm>,
}

/// A decision of an operator.
#[derive(Clone, Debug)]
pub struct HoldForm {
    /// What is to be looked at: a text.
    pub what: ExprId,
    /// Who decides: the role's name.
    pub role: ExprId,
    /// Its place in [`FlowTables::steps`], where expressions know the decision by a name.
    pub told: Option<u16>,
}

/// Another flow that is begun.
#[derive(Clone, Debug)]
pub struct StartForm {
    /// Path of the service asked.
    pub service: Box<str>,
    /// Index in [`FlowTables::fillings`].
    pub filling: u32,
}

/// What starts a flow.
#[derive(Clone, Debug)]
pub enum FlowStart {
    /// A service, by path.
    Service(Box<str>),
    /// A call served by this module.
    Served(crate::model::CallId),
    /// Books compared (index into [`super::ModuleProgram::reconciles`]).
    Compared(u16),
    /// A file of one of these calls of this module that is not taken.
    Refused(Vec<crate::model::CallId>),
    /// Each day at this minute.
    Daily(u16),
    /// Every so often.
    Every(ExprId),
}

/// What a step needs beside the interpreter's program.
#[derive(Clone, Debug)]
pub struct StepTables {
    /// Name path of its [`crate::flow::StepDef`]: `debit`, `collect/booked`.
    pub name: Box<str>,
    /// Path of the service asked for, or the call of this module.
    pub target: StepCall,
    /// Which party, where several provide it.
    pub at: Option<ExprId>,
    /// How its ask is filled: index in [`FlowTables::fillings`].
    pub filling: u32,
    /// Shape of its ask.
    pub ask_shape: Option<ShapeId>,
    /// Shape of its answer.
    pub answer_shape: Option<ShapeId>,
    /// A service with mappings of its own that undoes it: path, index in [`FlowTables::fillings`].
    pub undo: Option<(Box<str>, u32)>,
    /// A service with mappings of its own that puts it right where it is held: the same.
    pub correct: Option<(Box<str>, u32)>,
}

/// What a step calls.
#[derive(Clone, Debug)]
pub enum StepCall {
    /// A service by path.
    Service(Box<str>),
    /// A call of this module.
    Call(crate::model::CallId),
    /// People: a decision.
    People,
    /// Another flow of this module, which is taken back.
    Flow(CancelForm),
    /// Nobody: it waits.
    Awaited(AwaitForm),
}

/// What a flow waits for.
#[derive(Clone, Debug)]
pub struct AwaitForm {
    /// What begins the flow that takes it: a service, or a call served by this module.
    pub of: FlowStart,
    /// Slots of its ask, and what each must be.
    pub by: Vec<(u16, ExprId)>,
}

/// Which flow of the same asker a step takes back.
#[derive(Clone, Debug)]
pub struct CancelForm {
    /// `bank.pay_bill`.
    pub flow: Box<str>,
    /// Slots of its ask, and what each must be.
    pub by: Vec<(u16, ExprId)>,
    /// The reason where there is none.
    pub refuse: Symbol,
}

/// A limit.
#[derive(Clone, Debug)]
pub struct LimitForm {
    /// Amount (or count 1, if none).
    pub value: Option<ExprId>,
    /// Per key.
    pub by: Vec<ExprId>,
    /// Over what span it sums up or counts.
    pub over: crate::tree::LimitSpan,
    /// What it counts on: `sum ask.amount by ask.account each day`; once in a flow, and where it is shared once in the module.
    pub counts: Box<str>,
    /// Other flows of the module count on it too.
    pub shared: bool,
    /// At most.
    pub ceiling: ExprId,
    /// Reason of the refusal.
    pub refuse: Symbol,
}

/// A loop.
#[derive(Clone, Debug)]
pub struct LoopForm {
    /// `row`.
    pub name: Box<str>,
    /// The list.
    pub list: Load,
    /// The list that takes the rows' answers.
    pub into: Option<Load>,
    /// Shape of a row of that list.
    pub into_shape: Option<ShapeId>,
    /// How many at once.
    pub at_once: u32,
    /// Parts of a row's key.
    pub once: Vec<ExprId>,
}
