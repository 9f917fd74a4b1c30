//! The rules that the interpreter keeps, as a value, so that one can be broken on purpose: by a test, to see the walk find
//! it, and by a campaign of faults, to see the auditor find it.

/// A rule that is broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// An intent found at a restart is sent again.
    RestartSendsAgain,
    /// `done` is open after a reversal has left.
    DoneWhileReversing,
    /// What cannot be understood counts as a refusal.
    UnknownIsRefused,
    /// A copy that did not leave is a refusal, whichever copy it was.
    NotSentIsRefused,
    /// A copy of an assured posting that did not leave is a refusal.
    NotSentOfAssured,
    /// A repeat leaves without being counted first.
    RepeatUncounted,
    /// The quiet time of an earlier copy counts for the last.
    QuietOfFirstCopy,
    /// The answer to a question that was given up is heard and used.
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
    /// What holds is undone oldest first.
    OldestFirst,
    /// An older leg is taken back while people look at a newer one.
    OlderBesideParked,
    /// What is unknown at last is taken back by a refund, which acts whether or not the original holds.
    RefundForUnknown,
    /// A question is not counted: it is put for ever.
    EnquiryUncounted,
    /// A second ask with the key of the first begins anew.
    SecondAskActs,
    /// A second ask with other content is told what the first is told.
    OtherContentJoins,
    /// A cancellation that comes before its ask is answered, and not written.
    CancelUnwritten,
    /// The quiet time counts from the take-over, not from the certain end of the node that sent.
    QuietFromTakeOver,
    /// People close as never seen what probably failed.
    ProbablyFailed,
    /// People have put right what a reversal under way may still take back.
    CorrectedEarly,
}

impl Fault {
    /// Those that a campaign plants into an engine as well.
    pub const ALL: [Self; 20] = [
        Self::RestartSendsAgain,
        Self::DoneWhileReversing,
        Self::UnknownIsRefused,
        Self::NotSentIsRefused,
        Self::NotSentOfAssured,
        Self::RepeatUncounted,
        Self::QuietOfFirstCopy,
        Self::OldEnquiryUsed,
        Self::RefusalAfterRepeatFinal,
        Self::NotFoundEarly,
        Self::NothingEarly,
        Self::BackRepeatedAlways,
        Self::BackRefusedIsDone,
        Self::ParkIsRefused,
        Self::RefusedTooEarly,
        Self::PendingUnwritten,
        Self::SendFirst,
        Self::AnswerFirst,
        Self::BackUnwritten,
        Self::OldestFirst,
    ];

    /// Those that the walk alone is shown: what an engine that keeps its own rules hardly meets, and (the last four) what is kept by
    /// whoever drives the interpreter.
    pub const WALKED: [Self; 9] = [
        Self::OlderBesideParked,
        Self::RefundForUnknown,
        Self::EnquiryUncounted,
        Self::SecondAskActs,
        Self::OtherContentJoins,
        Self::CancelUnwritten,
        Self::QuietFromTakeOver,
        Self::ProbablyFailed,
        Self::CorrectedEarly,
    ];

    /// What the bug is, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::RestartSendsAgain => "an intent found at a restart is sent again",
            Self::DoneWhileReversing => "done is believed after a reversal has left",
            Self::UnknownIsRefused => "a time-out is taken for a refusal",
            Self::NotSentIsRefused => "a repeat that did not leave is taken for a refusal",
            Self::NotSentOfAssured => "an assured posting that did not leave is taken for a refusal",
            Self::RepeatUncounted => "a repeat leaves without being counted first",
            Self::QuietOfFirstCopy => "the quiet time of an earlier copy counts for the last",
            Self::OldEnquiryUsed => "the answer to a question that was given up is heard and used",
            Self::RefusalAfterRepeatFinal => "a refusal after a repeat is final",
            Self::NotFoundEarly => "not found is believed before the quiet time",
            Self::NothingEarly => "nothing to reverse is believed before the quiet time",
            Self::BackRepeatedAlways => "a reversal is repeated though it may not be",
            Self::BackRefusedIsDone => "a refused reversal is taken for proof that the original holds",
            Self::ParkIsRefused => "what is parked closes itself",
            Self::RefusedTooEarly => "refused is told before everything is undone",
            Self::PendingUnwritten => "pending is told without the ask in the journal",
            Self::SendFirst => "octets leave before the intent is written",
            Self::AnswerFirst => "the answer leaves before the end is written",
            Self::BackUnwritten => "a reversal is sent without its write",
            Self::OldestFirst => "what holds is undone oldest first",
            Self::OlderBesideParked => "an older leg is taken back while people look at a newer one",
            Self::RefundForUnknown => "what is unknown is taken back by a refund",
            Self::EnquiryUncounted => "a question is put for ever",
            Self::SecondAskActs => "a second ask with the key of the first begins anew",
            Self::OtherContentJoins => "a second ask with other content is told what the first is told",
            Self::CancelUnwritten => "a cancellation that comes first is answered and not written",
            Self::QuietFromTakeOver => "the quiet time counts from the take-over",
            Self::ProbablyFailed => "people close as never seen what probably failed",
            Self::CorrectedEarly => "people have put right what a reversal under way may still take back",
        }
    }
}

/// The rules in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    broken: Option<Fault>,
}

impl Rules {
    /// All of them.
    pub const KEPT: Self = Self { broken: None };

    /// All but one.
    #[must_use]
    pub const fn but(fault: Fault) -> Self {
        Self { broken: Some(fault) }
    }

    pub(crate) fn broken(self, fault: Fault) -> bool {
        self.broken == Some(fault)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::KEPT
    }
}
