//! What an asker is told, and how the journal keeps it.

use crate::facts::Body;
use crate::packet::Packet;
use crate::version::Version;
use adapters::value::{Record, decode_record, encode_record};
use dsl::flow::{Operation, OperationState};
use dsl::value::{DateTime, Outcome, ShapeId};
use std::sync::Arc;
use store::FlowId;

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldKind {
    /// It holds.
    Done,
    /// Nothing holds, nothing will.
    Refused,
    /// Not yet known, but known of.
    Pending,
}

impl ToldKind {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Pending => "pending",
        }
    }
}

/// What of an answer belongs to the act and not to one copy: the same however often it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The answer's serial; empty where none could be drawn, and the answer names none.
    pub serial: String,
    /// When it was written first.
    pub moment: DateTime,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which.
    pub kind: ToldKind,
    /// The flow; 0 where none was begun.
    pub flow: FlowId,
    /// Why it was refused, by its name; empty else.
    pub reason: String,
    /// Words of the party for it, or of the reason's label.
    pub text: String,
    /// The answer's record.
    pub record: Option<Arc<Record>>,
    /// Its shape.
    pub shape: Option<ShapeId>,
    /// The answer in the asker's own form, where it has one.
    pub packet: Option<Packet>,
    /// What it was written with, so that a copy of it says the same.
    pub given: Option<Given>,
}

impl Told {
    /// Not yet known.
    #[must_use]
    pub fn pending(flow: FlowId) -> Self {
        Self::of(ToldKind::Pending, flow)
    }

    /// It is not known whether it was taken: the journal does not have it, and may yet, or cannot be read.
    #[must_use]
    pub fn unknown() -> Self {
        Self::pending(FlowId(0))
    }

    /// Whether not even that is known whether it was taken.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.kind == ToldKind::Pending && self.flow == FlowId(0)
    }

    /// Refused before anything was begun.
    #[must_use]
    pub fn refused(reason: &str, text: String) -> Self {
        Self { reason: reason.to_owned(), text, ..Self::of(ToldKind::Refused, FlowId(0)) }
    }

    /// An answer without content.
    #[must_use]
    pub fn of(kind: ToldKind, flow: FlowId) -> Self {
        Self {
            kind,
            flow,
            reason: String::new(),
            text: String::new(),
            record: None,
            shape: None,
            packet: None,
            given: None,
        }
    }

    /// As octets for the journal.
    #[must_use]
    pub fn encode(&self, version: &Version) -> Vec<u8> {
        let mut body = Body::default();
        body.put("kind", self.kind.word().as_bytes().to_vec());
        body.put("reason", self.reason.clone().into_bytes());
        body.put("text", self.text.clone().into_bytes());
        if let (Some(record), Some(shape)) = (&self.record, self.shape) {
            match encode_record(record, &version.compiled.shapes, shape, version.symbols()) {
                Ok(octets) => body.put("record", octets),
                Err(error) => tracing::error!(%error, "an answer cannot be kept"),
            }
        }
        if let Some(packet) = &self.packet {
            body.put("packet", packet.encode());
        }
        if let Some(given) = &self.given {
            body.put("serial", given.serial.clone().into_bytes());
            body.put("moment", given.moment.to_string().into_bytes());
        }
        body.encode()
    }

    /// From octets of the journal; none if they are no answer.
    #[must_use]
    pub fn decode(octets: &[u8], flow: FlowId, shape: Option<ShapeId>, version: &Version) -> Option<Self> {
        let body = Body::decode(octets)?;
        let text = |name: &str| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
        let kind = match text("kind")?.as_str() {
            "done" => ToldKind::Done,
            "refused" => ToldKind::Refused,
            _ => ToldKind::Pending,
        };
        let record = match (body.get("record"), shape) {
            (Some(octets), Some(shape)) => {
                decode_record(octets, &version.compiled.shapes, shape, version.symbols()).ok().map(Arc::new)
            }
            _ => None,
        };
        Some(Self {
            kind,
            flow,
            reason: text("reason").unwrap_or_default(),
            text: text("text").unwrap_or_default(),
            record,
            shape,
            packet: body.get("packet").and_then(Packet::decode),
            given: text("serial")
                .zip(text("moment").and_then(|moment| moment.parse().ok()))
                .map(|(serial, moment)| Given { serial, moment }),
        })
    }
}

/// The outcome of an operation as expressions see it; none while it has none.
pub(super) fn outcome_of(version: &Version, operation: &Operation) -> Option<Outcome> {
    let reason = || operation.reason.as_deref().and_then(|reason| version.symbols().find(reason));
    match operation.state {
        _ if operation.declined() => Some(Outcome::Refused(reason())),
        OperationState::New => operation.reason.is_some().then(|| Outcome::Refused(reason())),
        OperationState::Done | OperationState::Undoing | OperationState::Held => Some(Outcome::Done(None)),
        OperationState::Refused | OperationState::Undone => Some(Outcome::Refused(reason())),
        OperationState::Intent
        | OperationState::Unknown
        | OperationState::Reversing
        | OperationState::Parked => Some(Outcome::Unknown),
    }
}
