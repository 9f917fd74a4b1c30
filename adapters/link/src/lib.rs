//! adapters/link
