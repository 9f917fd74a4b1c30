//! What a held connection does by itself: signs of life, and stepping over what is no frame.
//!
//! In: the clauses of a link. Out: its beat; findings where the link cannot do what they say. It must not know when a
//! connection is made.

use super::Resolver;
use crate::model::{Beat, CallId, Frame, Hold, Link, LinkKind, Silence};
use crate::resolve::assemble::Work;
use crate::resolve::session::is_numbered;
use crate::tree::{self, LinkClause};

/// A beat as the link holds it.
pub(super) fn beat(tree: &tree::Beat, call: Option<CallId>) -> Beat {
    Beat {
        call,
        after_ms: tree.after.milliseconds,
        without: match tree.silence {
            tree::Silence::Idle => Silence::Idle,
            tree::Silence::Unsent => Silence::Unsent,
            tree::Silence::Unheard => Silence::Unheard,
        },
        close_after_ms: tree.close_after.map(|limit| limit.milliseconds),
    }
}

/// Whether the link can do what its clauses say.
pub(super) fn judge(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::Link, link: &Link) {
    let mut silences = Vec::new();
    for clause in &tree.block.statements {
        match &clause.kind {
            LinkClause::Beat(beat) => {
                let held = link.kind == LinkKind::Tcp && (!link.connect || link.hold != Hold::None);
                let ours = beat.call.as_ref().and_then(|call| work.call_named(&call.text));
                let ours =
                    ours.and_then(|call| work.calls.get(usize::from(call.0))).is_some_and(|call| call.ours);
                let numbered = !link.connect && is_numbered(work, &link.name);
                let theirs = !link.connect && !numbered && beat.close_after.is_none();
                if !held {
                    resolver
                        .report
                        .error("TS0634", clause.span, "no connection is held that could give signs of life")
                        .help("hold one: `hold 1 connections, one exchange each`, on a `tcp` link; or take the beat away");
                } else if theirs && beat.call.is_some() {
                    resolver
                        .report
                        .error("TS0634", clause.span, "whoever connects gives the signs of life")
                        .note("where they connect, a beat says what we hear, and when we give the connection up")
                        .help("add `, then close after DUR`, or take the beat away");
                } else if numbered && beat.call.is_some() && !ours {
                    resolver
                        .report
                        .error("TS0647", clause.span, "on a numbered line either side gives its own signs of life")
                        .note("a beat says what we send when the silence has lasted so long, whoever has connected")
                        .help("name a `call` of ours; what they send is served by a `serve` of its own");
                }
                if silences.contains(&beat.silence) {
                    resolver
                        .report
                        .error("TS0671", clause.span, "two beats of the link wait for the same silence")
                        .note("the earlier of them would always go first, and end the silence of the other")
                        .help("let one wait until nothing is `unsent`, the other until nothing is `unheard`");
                }
                silences.push(beat.silence);
                if beat.call.is_none() && !may_be_empty(&link.frame) {
                    resolver
                        .report
                        .error("TS0635", clause.span, "a frame of this link is never empty")
                        .note("a length in the message itself, one width, or the connection's end leave no room for nothing")
                        .help("name a call instead: `beat CALL after 60s idle`");
                }
            }
            LinkClause::Garbled(tree::Garbled::Skip) if !has_start(&link.frame) => {
                resolver
                    .report
                    .error("TS0636", clause.span, "there is nothing to go on from behind what is garbled")
                    .note("only a frame that begins with a mark of its own can be found again: `between`, or a tag=value text")
                    .help("write `garbled close`, or nothing: a new connection begins in step");
            }
            _ => {}
        }
    }
}

fn may_be_empty(frame: &Frame) -> bool {
    matches!(
        frame,
        Frame::None | Frame::Prefix { .. } | Frame::PrefixLine { .. } | Frame::Ended(_) | Frame::Between(..)
    )
}

/// An unknown frame was reported already.
fn has_start(frame: &Frame) -> bool {
    matches!(frame, Frame::None | Frame::Between(..) | Frame::ByTag(_))
}
