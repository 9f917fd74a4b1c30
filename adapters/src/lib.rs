//! adapters
pub mod charset;
pub mod codec;
pub mod keys;
pub mod seal;
pub mod value;
