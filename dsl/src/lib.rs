//! dsl
pub mod evaluate;
pub mod source;
pub mod tree;
pub mod model;
pub mod program;
pub mod value;
pub mod flow;
