//! gateway/engine
