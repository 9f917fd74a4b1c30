//! dsl
pub mod check;
pub mod diagnostics;
pub mod evaluate;
pub mod flow;
pub mod format;
mod lex;
pub mod lower;
pub mod mirror;
pub mod model;
pub mod parse;
pub mod program;
pub mod resolve;
pub mod source;
pub mod tree;
pub mod value;
