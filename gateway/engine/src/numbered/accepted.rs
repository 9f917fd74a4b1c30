//! Numbered lines that the other side connects: it signs in first, on each connection, and whoever does not is hung up on.
//!
//! In: connections that are made and end. Out: a line whose numbers go on, or its end. It must not know what is signed in with.

use super::{Numbered, Told, Where, place_of};
use crate::engine::Engine;
use crate::lines::LineName;
use crate::session::Cell;
use link::{Cause, CauseKind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Milliseconds in which who has connected must sign in, where the link says nothing of connecting.
const SIGN_IN_MS: u64 = 10_000;

impl Engine {
    /// A connection of a numbered line that they make was made, or has ended.
    pub(crate) async fn numbered_connection(self: &Arc<Self>, name: &LineName, up: bool) {
        let version = self.current.load_full();
        if place_of(&version, name).is_none_or(|place| place.sign_in.is_none()) {
            return;
        }
        let Some(line) = self.numbered(&version, name).await else { return };
        let told = if up { Told::Up } else { Told::Down };
        if line.came.try_send(told).is_err() {
            self.hang_up(name, "too much waits to be looked at");
        }
    }

    /// The session belongs to the connection: a new one begins without.
    pub(super) async fn connected_to(self: &Arc<Self>, line: &Arc<Numbered>) {
        let version = self.current.load_full();
        self.line_cell(line).clear();
        self.numbered_up(&version, &line.name).await;
        line.connections.fetch_add(1, Ordering::AcqRel);
        self.awaits_sign_in(line);
    }

    /// Hangs up where nobody signs in in time.
    pub(super) fn awaits_sign_in(self: &Arc<Self>, line: &Arc<Numbered>) {
        let version = self.current.load_full();
        let Some(place) = place_of(&version, &line.name) else { return };
        let limit = Duration::from_millis(place.link.link.connect_ms.unwrap_or(SIGN_IN_MS));
        let (engine, line) = (Arc::clone(self), Arc::clone(line));
        let connection = line.connections.load(Ordering::Acquire);
        self.core.spawn(async move {
            engine.core.deadline(engine.core.mark().after(limit)).await;
            let same = line.connections.load(Ordering::Acquire) == connection;
            if same && engine.line_cell(&line).values().is_none() {
                engine.hang_up(&line.name, "nobody has signed in");
            }
        });
    }

    /// Whether a message may come now: on a connection that they made, the sign-in goes before all else.
    pub(super) fn may_come(&self, line: &Numbered, place: &Where<'_>, signs_in: bool) -> bool {
        place.sign_in.is_none() || signs_in || self.line_cell(line).values().is_some()
    }

    pub(super) fn hang_up(&self, name: &LineName, why: &'static str) {
        tracing::warn!(party = %name.party, link = %name.link, why, "the connection is closed");
        self.lines.close(name, 0, Cause::told(CauseKind::Closed, why));
    }

    pub(super) fn line_cell(&self, line: &Numbered) -> Arc<Cell> {
        self.sessions.cell(&line.name.party, line.name.member.as_deref())
    }
}
