//! Sessions that are opened on each connection: signing in when it is made, forgetting when it ends.
//!
//! In: what lines tell. Out: a connection that takes exchanges, or none. It must not know what is signed in with.

use super::{BACK_OFF, Cell, WAIT_MS};
use crate::engine::Engine;
use crate::lines::{LineName, Replaced};
use crate::message::Refusal;
use crate::scene::SessionValues;
use crate::version::{Member, Version};
use dsl::program::ModuleProgram;
use link::{Cause, CauseKind};
use std::sync::Arc;
use std::time::Duration;

/// The link on each connection of which a module's session is opened, if it has such a session.
pub(crate) fn at_connect(program: &ModuleProgram) -> Option<usize> {
    let open = program.sessions.iter().find(|session| session.session.at_connect)?.session.open?;
    Some(usize::from(program.calls.get(usize::from(open.0))?.call.link))
}

/// The link to a connection of which a module's session belongs, whoever makes it.
pub(super) fn of_connection(program: &ModuleProgram) -> Option<usize> {
    let numbered = program.sessions.iter().find_map(|session| session.session.numbering);
    at_connect(program).or(numbered.map(|numbering| usize::from(numbering.link)))
}

impl Engine {
    /// Whose session hangs on a line's connection: the module and the member, if any does.
    fn on_line(&self, version: &Arc<Version>, name: &LineName) -> Option<(usize, Option<Arc<Member>>)> {
        let module = version.module_named(&name.party)?;
        let program = version.module(module)?;
        let link = program.links.get(at_connect(program)?)?;
        let party = version.parties.get(module);
        let member = name.member.as_ref().and_then(|member| party?.members.get(&**member).cloned());
        (*link.link.name == *name.link).then_some((module, member))
    }

    fn cell_of(&self, name: &LineName) -> Arc<Cell> {
        self.sessions.cell(&name.party, name.member.as_deref())
    }

    /// A connection was made: the session is opened on it, and then it takes exchanges; else it is closed. What ends after its
    /// connection did is nothing to the next one, which has its own. The line makes the next at once where the party was heard, and
    /// it was when it refused: so the pause after a sign-in that failed is kept here, or accounts would be locked.
    pub(crate) async fn line_up(self: &Arc<Self>, name: &LineName, on: (usize, u64)) {
        let version = self.current.load_full();
        let Some((module, member)) = self.on_line(&version, name) else { return };
        self.numbered_up(&version, name).await;
        let cell = self.cell_of(name);
        let stands = || self.lines.connection(name, on.0) == Some(on.1);
        if let Some(failed) = **cell.failed.load() {
            self.core.deadline(failed.after(BACK_OFF)).await;
        }
        let signed = {
            let _signing = cell.signing.lock().await;
            if !stands() {
                return;
            }
            Box::pin(self.sign_in_all(&version, module, member.as_ref(), &cell, Some(on))).await
        };
        match signed {
            Ok(()) => {
                self.lines.signed(name, on);
                // Where it ended before the values held, its end has found nothing to forget.
                if !stands() {
                    cell.clear_of(on.1);
                }
            }
            Err(refusal) => {
                cell.failed.store(Arc::new(Some(self.core.mark())));
                tracing::warn!(party = %name.party, reason = %refusal.reason, text = %refusal.text, "no session");
                let cause = Cause::told(CauseKind::Closed, "the sign-in failed");
                self.lines.close_connection(name, on, cause);
            }
        }
    }

    /// A connection has ended, and the session that was opened on it.
    pub(crate) fn line_down(&self, name: &LineName, connection: u64) {
        let version = self.current.load_full();
        if self.on_line(&version, name).is_some() {
            self.cell_of(name).clear_of(connection);
        }
    }

    /// A line was replaced, and its connection ended with it: what was opened on that holds no more, and is opened on a connection of
    /// the new line, which may be there already.
    pub(crate) fn line_replaced(&self, replaced: &Replaced) {
        let (version, name) = (self.current.load_full(), &replaced.name);
        if self.on_line(&version, name).is_none() {
            return;
        }
        let cell = self.cell_of(name);
        let ended =
            cell.connection().filter(|connection| self.lines.connection(name, 0) != Some(*connection));
        if let Some(connection) = ended {
            cell.clear_of(connection);
        }
        if replaced.up || ended.is_some() {
            self.lines.keep_up(name, true);
        }
    }

    /// Waits for a connection with a session, and has it made. `stale`: values that were refused; a connection whose session
    /// has them is closed first.
    pub(super) async fn connected(
        &self,
        version: &Arc<Version>,
        module: usize,
        member: Option<&Arc<Member>>,
        stale: Option<&SessionValues>,
    ) -> Result<(), Refusal> {
        let Some(program) = version.module(module) else { return Ok(()) };
        let Some(link) = at_connect(program) else { return Ok(()) };
        let name = version.line(module, link, member.map(|member| &**member));
        let cell = self.cell_of(&name);
        let refused = |values: SessionValues| stale.is_some_and(|stale| Arc::ptr_eq(stale, &values));
        if cell.values().is_some_and(refused) {
            cell.clear();
            self.lines.close(&name, 0, Cause::told(CauseKind::Closed, "the session is opened anew"));
        }
        self.lines.keep_up(&name, true);
        let limit = program.links.get(link).and_then(|link| link.link.answer_ms).unwrap_or(WAIT_MS);
        let until = self.core.mark().after(Duration::from_millis(limit));
        let signed = self.core.within(until, cell.until_good(|| self.now())).await;
        signed
            .map_err(|_| Refusal::told("no_session", "no connection with a session within the limit".into()))
    }
}
