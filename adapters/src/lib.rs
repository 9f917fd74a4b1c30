//! adapters
pub mod charset;
pub mod keys;
pub mod seal;
pub mod value;
