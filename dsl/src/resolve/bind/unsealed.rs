//! Answers that are believed without a seal.
//!
//! In: a reply that says so, with its fields bound. Out: seals of its packet that may be missing and are not judged. An
//! answer that is believed without a seal never means that something was done: anybody could have sent it.

use super::Binder;
use crate::model::{Field, FieldKind, Learn, MessageSide};
use crate::resolve::assemble::{DraftField, DraftNode};
use crate::value::{Absent, AbsentForm, Outcome, Size};

impl Binder<'_, '_, '_> {
    /// A seal that need not be there: what stands behind all else may be missing, what has its place in a format of
    /// widths stands there blank or as zeros, and a named one is left out.
    pub(super) fn left_unsealed(&mut self, bound: &mut Field, field: &DraftField<'_>) {
        self.left_unsealed += 1;
        bound.fact = None;
        bound.learn = Learn::Ignore;
        let last = matches!(self.draft.nodes.last(), Some(DraftNode::Field(last))
            if self.draft.fields.get(*last).is_some_and(|last| std::ptr::eq(last, field)));
        let FieldKind::Leaf { wire, .. } = &mut bound.kind else { return };
        if wire.absent == Absent::Never {
            let by_width = wire.fill.is_some() && matches!(wire.size, Size::Fixed(_));
            wire.absent = if by_width && !last {
                Absent::As(vec![AbsentForm::Blank, AbsentForm::Zero])
            } else {
                Absent::LeftOut
            };
        }
    }

    /// What is wrong with the word where it stands.
    pub(super) fn unsealed(&mut self) {
        let Some(why) = self.draft.unsealed else { return };
        let refuses = matches!(self.draft.means, Some(Outcome::Refused(_) | Outcome::Unknown));
        if self.draft.side != MessageSide::Reply || !refuses {
            self.resolver
                .report
                .error("TS0645", why.span, "an answer without a seal that could mean done")
                .note(
                    "anybody could have sent it: it may say that nothing was done, never that something was",
                )
                .help("write `reply \"CODE\" means refused REASON unsealed \"why\"`, or `means unknown`");
        } else if self.left_unsealed == 0 {
            self.resolver
                .report
                .error("TS0644", why.span, "nothing in this answer is sealed")
                .note("a seal is a field that is `=` a mac, an hmac, a signature or a digest over a key")
                .help("take `unsealed` away, or write the seal in the packet");
        }
    }
}
