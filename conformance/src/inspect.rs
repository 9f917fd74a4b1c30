//! Messages under a glass: octets as fields with their places and judgements, and fields as octets again.
//!
//! In: an adapter, octets from a file or a capture, or a tree of fields; what is given by hand ([`crate::given`]). Out:
//! [`Inspected`] for people and tools, or octets. Private values are marked, masking is the caller's. It must not know
//! terminals nor command lines.
//!
//! Messages are named `CALL.request`, `CALL.reply`, `CALL.later`; of several replies the second is `CALL.reply.2`.

mod capture;
mod encode;
mod look;
mod web;

pub use capture::{CaptureError, TcpFlow, capture};
pub use encode::{EncodeError, Encoded, encode};
pub(crate) use encode::{file_of_lines, in_place, keep_row, keep_singles};
pub use look::{
    Inspected, Looked, SeenField, SeenJudgement, Verdict, frames, inspect, inspect_file, look, tree_of,
};
pub use web::web_parts;

use crate::scene::Adapter;
use dsl::diagnostics::nearest;
use dsl::model::{CallId, MessageId};
use thiserror::Error;

/// A message's name, and which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageName {
    /// `pay.request`.
    pub name: String,
    /// The call.
    pub call: CallId,
    /// The message.
    pub message: MessageId,
}

/// There is no message of this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no message `{name}`{}", suggestion(.near.as_deref(), .known))]
pub struct NoSuchMessage {
    /// What was named.
    pub name: String,
    /// The nearest name.
    pub near: Option<String>,
    /// All names, where none is near.
    pub known: String,
}

fn suggestion(near: Option<&str>, known: &str) -> String {
    near.map_or_else(|| format!("; there are {known}"), |near| format!("; did you mean `{near}`?"))
}

/// The names of all messages, in the order of the adapter.
#[must_use]
pub fn names(adapter: &Adapter) -> Vec<MessageName> {
    let mut names = Vec::new();
    for (call, place) in adapter.module.calls.iter().zip(0_u16..) {
        let call_name = &call.call.name;
        let mut put = |word: &str, messages: &[MessageId]| {
            for (message, number) in messages.iter().zip(1..) {
                let name = if number == 1 {
                    format!("{call_name}.{word}")
                } else {
                    format!("{call_name}.{word}.{number}")
                };
                names.push(MessageName { name, call: CallId(place), message: *message });
            }
        };
        put("request", &[call.call.request]);
        put("reply", &call.call.replies);
        put("later", &call.call.later);
    }
    names
}

/// A message by its name; a call's name alone is its request.
///
/// # Errors
/// There is none, with the nearest.
pub fn named(adapter: &Adapter, name: &str) -> Result<MessageName, NoSuchMessage> {
    let all = names(adapter);
    let whole = if name.contains('.') { name.to_owned() } else { format!("{name}.request") };
    if let Some(found) = all.iter().find(|one| one.name == whole) {
        return Ok(found.clone());
    }
    let near = nearest(&whole, all.iter().map(|one| one.name.as_str())).map(str::to_owned);
    let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    Err(NoSuchMessage { name: name.to_owned(), near, known: known.join(", ") })
}
