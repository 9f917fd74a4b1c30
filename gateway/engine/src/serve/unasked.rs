//! What comes on a line on which we connect and answers nothing that waits: a reply after its time, or a message that the
//! party begins on the line that we opened.
//!
//! In: frames with the line that they came on. Out: a verdict for the step that gave up, or an answer on the same line.
//! It must not know which party it serves.

use super::{Said, Serving};
use crate::engine::Engine;
use crate::lines::{LineName, Sending};
use crate::packet::Packet;
use bytes::Bytes;
use link::Leave;
use std::sync::Arc;
use std::time::Duration;

/// The limit for an answer to leave.
const ANSWER: Duration = Duration::from_secs(10);

impl Engine {
    /// A frame that answers no exchange that still waits; `late`: the exchange that it is too late for.
    pub(crate) async fn unasked(
        self: &Arc<Self>,
        name: &LineName,
        line: usize,
        frame: Bytes,
        late: Option<u64>,
    ) {
        let packet = Packet::of_content(frame);
        if let Some(tag) = late
            && self.late_reply(tag, packet.clone()).await
        {
            return;
        }
        let peer = format!("line {line} of {}", name.link);
        let serving = Serving::of(self, Arc::clone(&name.party), Arc::clone(&name.link), peer);
        let Said::Packet(answer) = serving.packet(packet).await else { return };
        let sending = Sending {
            until: self.core.mark().after(ANSWER),
            tag: 0,
            answered: false,
            method: "",
            key: None,
            line: Some(line),
            leave: Leave::default(),
        };
        drop(self.lines.exchange(name, &answer, &sending).await);
    }
}
