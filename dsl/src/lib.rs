//! The adapter language: from the text of a counterparty's adapter to flat programs, and the proofs made on the way.
//!
//! In: texts by folder. Out: diagnostics, the checked model, programs that read, write, seal and map messages, and the
//! tables of flows. It must not know sockets, files, clocks or any counterparty. Start reading at [`check::check`]; the
//! language itself is described in this crate's `README.md`.

pub mod check;
pub mod diagnostics;
pub mod document;
pub mod evaluate;
pub mod flow;
pub mod format;
mod lex;
pub mod lower;
pub mod mirror;
pub mod model;
pub mod parallel;
pub mod parse;
pub mod program;
pub mod resolve;
pub mod source;
pub mod tree;
pub mod value;
