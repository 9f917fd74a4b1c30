//! Checks and mappings beside the messages of a call: in which message each of them stands.
//!
//! In: the parts of a call as written. Out: for a message, those that stand at the end of its own fields. What a statement
//! names decides: `reply`, `answer`, `outcome` and the original's answer are there when the answer is, all else with the
//! request. No message is at hand beside them all, so a field is named with its message (`reply.total`).

use crate::model::MessageSide;
use crate::resolve::Resolver;
use crate::source::Span;
use crate::tree::{self, CallPart, MessageWhen, Path};
use crate::value::Outcome;

/// A statement beside the messages.
#[derive(Clone, Copy)]
pub(crate) enum Beside<'t> {
    /// `check expr ELSE`.
    Check(&'t tree::Check, Span),
    /// `path <- expr`.
    Assign(&'t tree::Assign, Span),
}

impl Beside<'_> {
    fn span(&self) -> Span {
        match self {
            Self::Check(_, span) | Self::Assign(_, span) => *span,
        }
    }

    /// Whether it can only be judged when the answer is there.
    fn of_answer(&self) -> bool {
        let mut found = false;
        let mut see = |path: &Path| {
            let named = |word: &str| path.root().is_some_and(|root| root.is(word));
            let of_original = named("original")
                && path
                    .parts
                    .get(1)
                    .is_some_and(|part| ["answer", "outcome"].iter().any(|word| part.is(word)));
            found |= ["reply", "answer", "outcome"].iter().any(|word| named(word)) || of_original;
        };
        match self {
            Self::Check(check, _) => check.condition.each_path(&mut see),
            Self::Assign(assign, _) => see(&assign.target),
        }
        found
    }
}

/// All that stands beside the messages of a call.
pub(super) fn all(call: &tree::CallItem) -> Vec<Beside<'_>> {
    let statements = call.block.statements.iter();
    let of = statements.filter_map(|part| match &part.kind {
        CallPart::Check(check) => Some(Beside::Check(check, part.span)),
        CallPart::Assign(assign) => Some(Beside::Assign(assign, part.span)),
        _ => None,
    });
    of.collect()
}

/// Those that stand in a message. An answer that says by its coming or by its `when` that nothing was done has none.
pub(super) fn of_message<'t>(
    all: &[Beside<'t>],
    message: &tree::Message,
    side: MessageSide,
    means: Option<Outcome>,
) -> Vec<Beside<'t>> {
    let done = matches!(means, None | Some(Outcome::Done(_)))
        && matches!(message.when, None | Some(MessageWhen::Done));
    let here = |one: &&Beside<'t>| match side {
        MessageSide::Request => !one.of_answer(),
        MessageSide::Reply => done && one.of_answer(),
        MessageSide::Later => false,
    };
    all.iter().filter(here).copied().collect()
}

/// Reports what waits for an answer of a call that gets none.
pub(super) fn unanswered(resolver: &mut Resolver, call: &tree::CallItem, all: &[Beside<'_>]) {
    let answered = call.block.statements.iter().any(
        |part| matches!(&part.kind, CallPart::Message(message) if message.kind == tree::MessageKind::Reply),
    );
    for one in all.iter().filter(|one| !answered && one.of_answer()) {
        resolver
            .report
            .error(
                "TS0641",
                one.span(),
                format!("`{}` has no answer that this could stand in", call.name.text),
            )
            .at(call.name.span, "it has a request alone")
            .help("name what is there with the request: `ask.x`, `request.x`, or add the `reply`");
    }
}

/// Reports what an answer would say of a file that is put: it is taken or it is not, and no message comes back.
pub(super) fn unheard(resolver: &mut Resolver, call: &tree::CallItem, all: &[Beside<'_>]) {
    let replies = call.block.statements.iter().filter_map(|part| match &part.kind {
        CallPart::Message(message) if message.kind == tree::MessageKind::Reply => Some((message, part.span)),
        _ => None,
    });
    let of_answer = all.iter().any(Beside::of_answer);
    for (message, span) in replies {
        let said = message.block.as_ref().is_some_and(|block| !block.statements.is_empty());
        if message.file.is_none() && (said || of_answer) {
            resolver
                .report
                .error("TS0667", span, "no message answers a file that is put")
                .at(call.name.span, "this call puts a file")
                .note("the file is taken or it is not: nothing comes back that could be read, so these lines would never be heard")
                .help("leave the `reply` out; the flow that asks knows what it put: `sum(ask.rows.amount)`");
        }
    }
}
