//! What a decision of two persons is about.
//!
//! In: what it decides, and a flow's state. Out: a digest of how that stands. It must not know who may decide.

use dsl::flow::{Durable, FlowProgram, Subject};

/// A digest of what a decision is about, in hex.
#[must_use]
pub fn about(subject: Subject, program: &FlowProgram, durable: &Durable) -> String {
    super::ask_digest(&[&subject.stands(program, durable)])
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}
