//! Sessions of members: whose session a message is under, and all of them opened and closed when they are due.
//!
//! In: a party with its members, and which of its sessions are due. Out: sign-ins and sign-offs, so many at once. It must not know
//! the clock, nor what is signed in with.

use super::{Cell, connection};
use crate::engine::Engine;
use crate::exchange::Asking;
use crate::facts::Facts;
use crate::version::{CallRef, Member, Version};
use dsl::model::{CallId, Session};
use dsl::program::{ModuleProgram, SessionProgram};
use link::{BoxFuture, Cause, CauseKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Sessions of one party that are opened or closed at once, where many are due.
const AT_ONCE: usize = 8;

/// Who has a session of its own: a member, or nobody, which is the party.
pub(crate) type Holder = Option<Arc<Member>>;

/// Whether a member has a cell of its own: where a session is opened for each, or over a line that is the member's. Else it
/// shares that of nobody.
pub(super) fn has_own(version: &Version, module: usize, member: &Member) -> bool {
    let Some(program) = version.module(module) else { return false };
    let own_line = |link: usize| member.links.get(link).is_some_and(Option::is_some);
    let over_own = |call: CallId| {
        let call = program.calls.get(usize::from(call.0));
        call.is_some_and(|call| own_line(usize::from(call.call.link)))
    };
    match connection::of_connection(program) {
        Some(link) => own_line(link),
        None => program.sessions.iter().any(|SessionProgram { session, .. }| {
            session.per_member || session.open.or(session.serve).is_some_and(over_own)
        }),
    }
}

/// For whom we open sessions.
pub(super) enum Opened {
    /// For each member by itself.
    Members,
    /// Not for members alone.
    All,
}

/// For whom sessions of a module are opened by us; none where none is.
pub(super) fn opened_for(program: &ModuleProgram) -> Option<Opened> {
    let mut ours = program.sessions.iter().filter(|session| session.session.open.is_some()).peekable();
    ours.peek()?;
    Some(if ours.all(|session| session.session.per_member) { Opened::Members } else { Opened::All })
}

/// Whose sessions these are: nobody's, and those of each member that has its own.
pub(crate) fn holders(version: &Version, module: usize, which: impl Fn(&Session) -> bool) -> Vec<Holder> {
    let sessions = version.module(module).map_or(&[][..], |program| &program.sessions);
    let mut which =
        sessions.iter().map(|session| &session.session).filter(|session| which(session)).peekable();
    if which.peek().is_none() {
        return Vec::new();
    }
    let nobody = which.any(|session| !session.per_member).then_some(None);
    let members = version.parties.get(module).into_iter().flat_map(|party| party.members.values());
    let own = members.filter(|member| has_own(version, module, member)).cloned().map(Some);
    nobody.into_iter().chain(own).collect()
}

impl Engine {
    /// The cell of the sessions that messages of a member are under, or of nobody.
    #[must_use]
    pub fn session_cell(&self, version: &Version, module: usize, member: Option<&Member>) -> Arc<Cell> {
        let party = version.module(module).map_or("", |program| &program.name);
        let own = member.filter(|member| has_own(version, module, member));
        self.sessions.cell(party, own.map(|member| &*member.name))
    }

    /// Does something for each who has a session, for so many at once, and waits until all is done.
    async fn for_each(
        self: &Arc<Self>,
        holders: Vec<Holder>,
        does: impl Fn(Arc<Self>, Holder) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) {
        let (done, mut all_done) = mpsc::channel::<()>(1);
        let workers = holders.len().min(AT_ONCE);
        let work = Arc::new((AtomicUsize::new(0), holders, does));
        for _ in 0..workers {
            let (engine, work, done) = (Arc::clone(self), Arc::clone(&work), done.clone());
            self.core.spawn(async move {
                let (next, holders, does) = &*work;
                while let Some(holder) = holders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    does(Arc::clone(&engine), holder.clone()).await;
                }
                drop(done);
            });
        }
        drop(done);
        all_done.recv().await;
    }

    /// Opens the sessions that are due anew, also where their values are still good.
    pub fn sign_in_later(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        due: impl Fn(&Session) -> bool,
    ) {
        let holders = holders(version, module, |session| session.open.is_some() && due(session));
        if holders.is_empty() {
            return;
        }
        let (engine, version) = (Arc::clone(self), Arc::clone(version));
        self.core.spawn(async move {
            let signs_in = move |engine: Arc<Self>, holder: Holder| -> BoxFuture<'static, ()> {
                let version = Arc::clone(&version);
                Box::pin(async move { engine.sign_in_anew(&version, module, holder).await })
            };
            engine.for_each(holders, signs_in).await;
        });
    }

    async fn sign_in_anew(self: &Arc<Self>, version: &Arc<Version>, module: usize, holder: Holder) {
        let stale = self.session_cell(version, module, holder.as_deref()).values();
        if let Err(refusal) = self.sign_in(version, module, holder, stale.as_ref()).await {
            let party = version.module(module).map_or("", |program| &program.name);
            tracing::warn!(party, reason = %refusal.reason, text = %refusal.text, "no session");
        }
    }

    /// Sends the sign-offs of sessions that are due, of each who has one, and waits until they are sent.
    pub async fn sign_off_all(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        (due, cut_over): (impl Fn(&Session) -> bool, bool),
    ) {
        let holders = holders(version, module, |session| session.close.is_some() && due(session));
        let version = Arc::clone(version);
        let signs_off = move |engine: Arc<Self>, holder: Holder| -> BoxFuture<'static, ()> {
            let version = Arc::clone(&version);
            Box::pin(async move { engine.sign_off(&version, module, holder, cut_over).await })
        };
        self.for_each(holders, signs_off).await;
    }

    /// Sends the sign-offs of the cut-over, or those of a time of their own, and forgets the values. A connection that the
    /// session belongs to ends with it, and is made again when a call or a sign-in needs it.
    async fn sign_off(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        member: Option<Arc<Member>>,
        cut_over: bool,
    ) {
        let Some(program) = version.module(module) else { return };
        let cell = self.session_cell(version, module, member.as_deref());
        let own_line =
            connection::of_connection(program).map(|link| version.line(module, link, member.as_deref()));
        for session in &program.sessions {
            let Some(close) = session.session.close else { continue };
            // Of members most may have had none.
            let needs = own_line.is_some() || member.is_some();
            let apart = needs && cell.values().is_none() || session.session.per_member && member.is_none();
            if session.session.close_at.is_none() != cut_over || apart {
                continue;
            }
            let asking = Asking {
                member: member.clone(),
                ..Asking::new(version, CallRef { module, call: close }, Facts::default(), None)
            };
            match self.prepare(asking).await {
                Ok(prepared) => drop(self.exchange_once(&prepared).await),
                Err(refusal) => {
                    tracing::warn!(party = %program.name, reason = %refusal.reason, "no sign-off");
                }
            }
        }
        self.forget_session(version, module, member.as_deref()).await;
        if let Some(name) = own_line {
            self.lines.keep_up(&name, false);
            self.lines.close(&name, 0, Cause::told(CauseKind::Closed, "the session was closed"));
        }
    }
}
