//! dsl
pub mod source;
pub mod tree;
pub mod model;
pub mod program;
pub mod value;
