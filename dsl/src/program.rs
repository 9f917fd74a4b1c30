//! The flat program: what runs. Vectors with indices, no names looked up, no trees walked.
//!
//! In: from `lower`, one [`MessageProgram`] for each message. Out: to the codec machine (`adapters::codec`), the
//! engine and the tools. It must not know bytes, sockets or stores.
//!
//! One message has two instruction lists, [`Read`] in wire order and [`Write`] in order of dependence (decisions D2),
//! two mapping lists between the message and the business records, and one cold table for texts of faults.

mod expression;
mod file;
mod flow;
mod message;
mod module;
mod name;
mod order;
mod usual;
mod wire;

pub use expression::{Code, ExprId, Expressions, PairSet, Paired};
pub use file::{ControlForm, FileName, FilePiece, FileProgram, FoldForm, OctetFold, OctetPart, OctetWork};
pub use flow::{
    AwaitForm, CancelForm, FlowStart, FlowTables, HoldForm, LimitForm, LoopForm, StartForm, StepCall,
    StepTables,
};
pub use message::{FieldForm, MessageProgram, OutcomeRow, Recogniser, Stride};
pub use module::{
    BookProgram, CallProgram, LinkProgram, ModuleProgram, OriginalProgram, ReconcileProgram, SessionProgram,
};
pub use name::WireName;
pub use order::{
    Assignment, CheckForm, Cold, Filling, Learned, Map, Otherwise, PairedRows, Pairing, Part, Read, Write,
};
pub use usual::Usual;
pub use wire::{
    ChainForm, CodeText, Codes, FormatForm, Measures, SegmentsForm, SeveralForm, SignatureForm, ToldBy,
    WireForm, WireList,
};

use crate::value::Symbol;
use std::sync::Arc;

/// A module's program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Expressions.
    pub expressions: Expressions,
    /// Messages; the index is [`crate::model::MessageId`].
    pub messages: Vec<MessageProgram>,
    /// Code tables; the index is [`Form::Code`]'s.
    pub codes: Vec<Codes>,
    /// Wire forms.
    pub wires: Vec<WireForm>,
    /// Formats.
    pub formats: Vec<FormatForm>,
    /// Chains of codings.
    pub chains: Vec<ChainForm>,
}

/// Everything compiled: shared words and the modules.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// Names of all modules.
    pub symbols: crate::value::Symbols,
    /// Business records.
    pub shapes: Arc<Vec<Arc<crate::model::Shape>>>,
    /// Services.
    pub services: Arc<Vec<crate::model::Service>>,
    /// Reasons with labels.
    pub reasons: Arc<Vec<(Symbol, Box<str>)>>,
    /// Modules.
    pub modules: Vec<Arc<ModuleProgram>>,
}
