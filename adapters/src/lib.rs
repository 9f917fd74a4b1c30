//! adapters
pub mod charset;
pub mod seal;
pub mod value;
