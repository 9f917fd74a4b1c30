//! Flows: one pure interpreter, driven by the engine, by simulated days and by the compiler's walk alike.
//!
//! In: a [`FlowProgram`] from `lower`, a [`State`], an [`Event`], and a [`Judge`] that knows values. Out: the next
//! state and a list of [`Effect`]s (`decisions.md` D14). It must not know bytes, clocks, sockets, stores or values:
//! whatever is like a value is an opaque number that the driver understands.
//!
//! How a driver carries out a [`Step`]: the effects in order, and no other event of this flow before they are
//! through. `Prepare` that fails: the list is dropped, the **old** state gets [`Event::CannotPrepare`]. `Write` that
//! is not taken: the list is dropped, the **old** state gets [`Event::NotWritten`]. A write puts the flow's state as
//! [`encode`]d from the step's next state, with the changes it names, in one transaction. A step has at most one
//! write, so everything before it may be forgotten in a crash and everything behind it is covered by it.

mod codec;
mod event;
mod program;
mod rules;
mod state;
mod step;
pub mod walk;

pub use codec::{DecodeFault, Subject, decode, encode};
pub use event::{
    Answer, BackReply, CancelAnswer, Change, Effect, Event, NotWritten, Parked, Proof, Reply, Says,
    SecondAnswer, Step, Timer,
};
pub use program::{
    Back, CallContract, CallId, CallKind, ExprId, FlowProgram, GuardId, HoldId, Judge, LimitId, ListId, Loop,
    LoopId, MOST_CORRECTIONS, MappingId, Node, NodeId, Otherwise, Repeats, StartId, StepDef, StepId, Undo,
    Way,
};
pub use rules::{Fault, Rules};
pub use state::{
    Attempt, Cancel, Durable, End, Memory, Operation, OperationState, Reason, Rows, State, Wait,
};
pub use step::{cancel_unseen, step, step_by};
