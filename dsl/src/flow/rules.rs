//! The rules that the interpreter keeps, as a value, so that a test can break one and see the walk find it.

/// A rule that is broken on purpose. Only tests can make one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Fault {
    /// An intent found at a restart is sent again.
    RestartSendsAgain,
    /// `done` is open after a reversal has left.
    DoneWhileReversing,
    /// What cannot be understood counts as a refusal.
    UnknownIsRefused,
    /// A copy that did not leave is a refusal, whichever copy it was.
    NotSentIsRefused,
    /// The answer to a question that was given up is used.
    OldEnquiryUsed,
    /// A refusal after a repeat is final.
    RefusalAfterRepeatFinal,
    /// "Not found" is believed before the quiet time.
    NotFoundEarly,
    /// "Nothing to reverse" is believed before the quiet time.
    NothingEarly,
    /// A reversal is repeated although the party does not say that it may.
    BackRepeatedAlways,
    /// A refused reversal proves that the original holds.
    BackRefusedIsDone,
    /// Parked closes itself.
    ParkIsRefused,
    /// "Refused" is told before everything is undone.
    RefusedTooEarly,
    /// Pending is told without the ask in the journal.
    PendingUnwritten,
    /// Bytes leave before the intent is written.
    SendFirst,
    /// The answer goes out before the end is written.
    AnswerFirst,
    /// A reversal is sent without its write.
    BackUnwritten,
}

/// The rules in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    broken: Option<Fault>,
}

impl Rules {
    /// All of them.
    pub(crate) const KEPT: Self = Self { broken: None };

    /// All but one.
    #[cfg(test)]
    pub(crate) const fn but(fault: Fault) -> Self {
        Self { broken: Some(fault) }
    }

    pub(crate) fn broken(self, fault: Fault) -> bool {
        self.broken == Some(fault)
    }
}
