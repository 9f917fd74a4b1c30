//! Bugs that a campaign of faults plants into the engine, to see its auditor find them. Nothing but a campaign hands one
//! over: no deployment, no setting and no command that serves a bank does.

use crate::exchange::Asking;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::flow::{Fault, Rules};
use dsl::model::{ServiceKind, Shape};
use dsl::value::Type;

/// A bug of the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// The interpreter breaks one of its rules.
    Rule(Fault),
    /// A reply that comes late is forgotten.
    LateReplyForgotten,
    /// A reply that cannot be read is taken for done.
    UnreadableIsDone,
    /// A quiet time counts from the take-over of the lease, though the node before may still send.
    QuietFromLease,
    /// A flow that is brought back is begun, and begun once more though it runs.
    BegunTwice,
    /// A posting to which no answer came leaves once more, though its party does not promise to know it again.
    SentWithoutPromise,
    /// What speaks of an original names today instead of the original's day.
    OriginalOfToday,
    /// A posting bears the bank's business date, whenever its party's own changes.
    BankDay,
    /// The amount of a flow's first leg is rounded to ten fen.
    FirstLegRounded,
    /// What a limit has counted is given back as soon as an outcome is unknown.
    LimitGivenBack,
}

impl Bug {
    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        let rules = Fault::ALL.into_iter().map(Self::Rule);
        rules.chain([
            Self::LateReplyForgotten,
            Self::UnreadableIsDone,
            Self::QuietFromLease,
            Self::BegunTwice,
            Self::SentWithoutPromise,
            Self::OriginalOfToday,
            Self::BankDay,
            Self::FirstLegRounded,
            Self::LimitGivenBack,
        ])
    }

    /// What it is, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Rule(fault) => fault.words(),
            Self::LateReplyForgotten => "a reply that comes late is forgotten",
            Self::UnreadableIsDone => "a reply that cannot be read is taken for done",
            Self::QuietFromLease => "the quiet time counts from the lease's end, not from its holder's",
            Self::BegunTwice => "a flow that is brought back is begun twice",
            Self::SentWithoutPromise => "a posting leaves twice though its party promises nothing of repeats",
            Self::OriginalOfToday => "a reversal or a question names today instead of its original's day",
            Self::BankDay => "a leg bears the bank's business date instead of its party's",
            Self::FirstLegRounded => "the amount of the first leg is rounded to ten fen",
            Self::LimitGivenBack => "what a limit has counted is given back at a time-out",
        }
    }

    /// The rules that the interpreter keeps.
    #[must_use]
    pub fn rules(planted: Option<Self>) -> Rules {
        match planted {
            Some(Self::Rule(fault)) => Rules::but(fault),
            _ => Rules::KEPT,
        }
    }
}

/// Whether a call posts and its party promises nothing of what comes twice.
pub(crate) fn promises_nothing(asking: &Asking) -> bool {
    asking.version.call(asking.call).is_some_and(|program| {
        let (call, promises) = (&program.call, &program.call.promises);
        let knows = promises.same_answer || promises.same_answer_when_done || promises.says_duplicate;
        program.kind == ServiceKind::Posting && call.undoes.is_empty() && !knows
    })
}

/// Rounds the amounts of an ask to ten fen; what does not fit stays as it is.
pub(crate) fn round(ask: &mut Record, shape: &Shape) {
    for (place, field) in shape.fields.iter().enumerate() {
        let rounded = match ask.value(place) {
            Ok(Value::Decimal(yuan)) if matches!(field.ty, Type::Money { .. }) => yuan.round_dp(1),
            _ => continue,
        };
        let _kept = ask.set(place, &Value::Decimal(rounded));
    }
}
