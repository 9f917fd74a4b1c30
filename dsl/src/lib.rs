//! dsl
pub mod evaluate;
pub mod lower;
pub mod mirror;
pub mod diagnostics;
pub mod format;
mod lex;
pub mod parse;
pub mod source;
pub mod tree;
pub mod model;
pub mod program;
pub mod value;
pub mod flow;
pub mod resolve;
pub mod check;
