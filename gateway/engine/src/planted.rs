//! Bugs that a campaign of faults plants into the engine, to see its auditor find them. Nothing but a campaign hands one
//! over: no deployment, no setting and no command that serves a bank does.

use dsl::flow::{Fault, Rules};

/// A bug of the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// The interpreter breaks one of its rules.
    Rule(Fault),
    /// A reply that comes late is forgotten.
    LateReplyForgotten,
    /// A reply that cannot be read is taken for done.
    UnreadableIsDone,
    /// What moves money leaves whether or not the journal is still ours.
    SendsAfterLease,
}

impl Bug {
    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        let rules = Fault::ALL.into_iter().map(Self::Rule);
        rules.chain([Self::LateReplyForgotten, Self::UnreadableIsDone, Self::SendsAfterLease])
    }

    /// What it is, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Rule(fault) => fault.words(),
            Self::LateReplyForgotten => "a reply that comes late is forgotten",
            Self::UnreadableIsDone => "a reply that cannot be read is taken for done",
            Self::SendsAfterLease => "a posting leaves after the lease is over",
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
