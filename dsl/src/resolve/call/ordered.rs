//! `promises in order`: whether numbers stand behind it.
//!
//! In: calls with their ways out, and sessions. Out: findings where no number says what was taken before what. It must not
//! know how an outcome is resolved.

use super::Resolver;
use crate::model::{Call, Session, Way};
use crate::resolve::assemble::Work;
use crate::tree::{CallPart, PromiseKind};

/// What asks for an outcome, or takes it back, must come behind the last copy: over the same link, with numbers that go on
/// for ever.
pub(super) fn judge(resolver: &mut Resolver, work: &Work<'_>, calls: &[Call], sessions: &[Session]) {
    for (head, call) in work.calls.iter().zip(calls).filter(|(_, call)| call.promises.in_order) {
        let parts = head.tree.block.statements.iter();
        let span = parts
            .filter_map(|part| match &part.kind {
                CallPart::Promises(promises) => promises.iter().find(|one| one.kind == PromiseKind::InOrder),
                _ => None,
            })
            .map(|promise| promise.span)
            .next()
            .unwrap_or(call.span);
        let counted = |link: u16| {
            let mut numberings = sessions.iter().filter_map(|session| session.numbering);
            numberings.any(|numbering| numbering.link == link && !numbering.daily)
        };
        if !counted(call.link) {
            resolver
                .report
                .error("TS0672", span, format!("no numbers say in which order copies of `{}` are taken", call.name))
                .note("that copies do not overtake each other is proved by the number that each message of a session bears, for ever")
                .help("number the session of its link: `numbered PATH, kept`; or promise a `quiet` time");
            continue;
        }
        let asked = call.unknown.iter().filter_map(|way| match way {
            Way::Enquire { with, .. } | Way::Undo { with } => calls.get(usize::from(with.0)),
            _ => None,
        });
        for other in asked.filter(|other| other.link != call.link) {
            resolver
                .report
                .error("TS0672", span, format!("`{}` goes another way than what it asks for", other.name))
                .note("only over the same link its number says that the last copy was taken before it, or never is")
                .help(format!("let `{}` go over the link of `{}`; or promise a `quiet` time", other.name, call.name));
        }
    }
}
