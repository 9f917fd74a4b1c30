//! dsl
pub mod source;
pub mod tree;
