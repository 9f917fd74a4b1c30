//! The small words that writes and reads share: ids, days, moments, keys and states.

use std::fmt;

/// A flow's number; given by the engine from a block that was reserved durably, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(pub u64);

impl fmt::Display for FlowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// A business date as the number `yyyymmdd`; 0 where something belongs to no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Day(pub u32);

impl Day {
    /// The next day of the calendar; of what is no date of it, a number above it that is no date either, or is the next.
    #[must_use]
    pub fn next(self) -> Self {
        let (year, month, day) = (self.0 / 10_000, self.0 / 100 % 100, self.0 % 100);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        match (month, day) {
            (12.., 31..) => Self((year.saturating_add(1)).saturating_mul(10_000).saturating_add(101)),
            (_, day) if day >= days => Self(self.0 - self.0 % 100 + 101),
            _ => Self(self.0.saturating_add(1)),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }
}

/// A moment in milliseconds since 1970-01-01 UTC, as the writer's clock saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Moment(pub i64);

/// Who asks whom; part of every key, since both sides of a link number their own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// The party asks us.
    In,
    /// We ask the party, or a job of our own begins.
    Out,
}

impl Direction {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::In => 0,
            Self::Out => 1,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::In),
            1 => Some(Self::Out),
            _ => None,
        }
    }
}

/// What makes an ask one ask: the same key twice is the same business act, or refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The party that asks, or is asked.
    pub party: String,
    /// Who asks whom.
    pub direction: Direction,
    /// The adapter's `once` fields, in their canonical bytes.
    pub once: Vec<u8>,
    /// Business date as asked. Last, so that one key's days stand beside each other.
    pub date: Day,
}

/// How a flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Every compulsory leg holds.
    Done,
    /// No leg holds and none ever will.
    Refused,
}

impl End {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 1,
            Self::Refused => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Option<Self>> {
        match code {
            0 => Some(None),
            1 => Some(Some(Self::Done)),
            2 => Some(Some(Self::Refused)),
            _ => None,
        }
    }
}

/// The durable state of one operation. The numbers stand in files and are never used for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperationState {
    /// Copies may have left.
    Intent,
    /// Outcome not known, being resolved.
    Unknown,
    /// A reversal of an unknown original may have left.
    Reversing,
    /// The party holds it.
    Done,
    /// Not held and can never become so.
    Refused,
    /// The way back of a done original may have left.
    Undoing,
    /// Was held, is not any more.
    Undone,
    /// Outcome unknown, for an operator.
    Parked,
    /// Known to hold, ought not to, no way back worked.
    Held,
}

impl OperationState {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Intent,
        Self::Unknown,
        Self::Reversing,
        Self::Done,
        Self::Refused,
        Self::Undoing,
        Self::Undone,
        Self::Parked,
        Self::Held,
    ];

    /// The state's number in the journal.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Intent => 1,
            Self::Unknown => 2,
            Self::Reversing => 3,
            Self::Done => 4,
            Self::Refused => 5,
            Self::Undoing => 6,
            Self::Undone => 7,
            Self::Parked => 8,
            Self::Held => 9,
        }
    }

    /// The state of a number, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Its word, for people and machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Unknown => "unknown",
            Self::Reversing => "reversing",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Parked => "parked",
            Self::Held => "held",
        }
    }

    /// True while an operator has to look at it.
    #[must_use]
    pub fn is_stuck(self) -> bool {
        matches!(self, Self::Parked | Self::Held)
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn a_day_follows_a_day() {
        for (day, next) in [
            (20_261_123, 20_261_124),
            (20_261_130, 20_261_201),
            (20_261_231, 20_270_101),
            (20_280_228, 20_280_229),
            (20_280_229, 20_280_301),
            (21_000_228, 21_000_301),
        ] {
            assert_eq!(Day(day).next(), Day(next));
        }
    }
}
