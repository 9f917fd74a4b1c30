//! The journal: the durable record of flows and operations, and the only truth after a crash.
//!
//! In come groups of [`Write`]s, plain data that says what must be true and what is to be changed; out come
//! [`Verdict`]s, one a write, after one fsync for the whole group. Reads go through a [`Reader`], on connections
//! of their own. Three stores stand behind the same traits: [`SqliteStore`], one file on one machine; [`PostgresStore`],
//! one database for several machines of which one is at work; and [`MemoryStore`], which a simulated day may crash at
//! any instant. [`Writer`] puts a store behind a bounded
//! queue and a thread. How an old day ends, and how it is exported before, is [`Days`].
//!
//! It knows nothing of adapters, wire bytes, sockets or flows: the state of a flow is opaque to it, bodies are
//! sealed by a [`Sealer`] that is passed in, and time comes with each write.

mod check;
mod content;
mod days;
mod export;
mod held;
mod lease;
mod memory;
mod model;
mod monotonic;
mod parameter;
mod postgres;
mod read;
mod refused;
mod sealer;
mod sorted;
mod sql;
mod sqlite;
mod trial;
mod write;
mod writer;

pub use days::{
    Carried, DayVerified, Days, Export, Exported, ForgottenDay, KeepFrom, Leaving, Pieces, Progress,
};
pub use export::{ExportFault, ExportVerified, verify_export};
pub use held::Held;
pub use lease::Opened;
pub use memory::{CrashPoint, CutAt, DiskBug, MemoryDisk, MemoryLine, MemoryStore};
pub use model::{Day, Direction, End, FlowId, Key, Moment, OperationState};
pub use monotonic::Monotonic;
pub use parameter::{ParameterChange, ParameterDecided, ParameterName, ParameterProposed};
pub use postgres::{
    Place, PostgresOptions, PostgresStore, Server, ServerTls, reader as postgres_reader,
    verify as postgres_verify,
};
pub use read::{
    AsOf, AskedRow, EventRow, FileRow, FlowRow, FlowsOfDay, LimitUse, NoticeRow, OperationCount,
    OperationRow, Page, Reader, RefusedCount, RefusedRow, StateRow,
};
pub use refused::{RefusedGate, Seen};
pub use sealer::{Clear, Sealer, SealerFault};
pub use sorted::{SortFault, Sorting};
pub use sql::verify::{LastHash, Verified};
pub use sqlite::{Options, SqliteStore, backup, reader, verify};
pub use trial::TrialServer;
pub use write::{
    Change, FORGOTTEN, FORGOTTEN_FLOWS, Fatal, FileProgress, FlowAsked, FlowPut, FoundBy, Hold, Lane, Notice,
    NumberBlock, NumberRequest, OperationPut, Outcome, RefusedInput, Session, Store, Verdict, Write, Written,
};
pub use writer::{Busy, Limits, Reply, Writer};
