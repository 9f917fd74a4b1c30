//! What became of an operation, state by state, and how one that was unknown came to be known: from the journal's own
//! file, as an auditor reads it.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use store::OperationState;

/// The journal's file, opened for reading.
pub(crate) struct History {
    connection: Connection,
}

/// How an operation that was unknown ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// An enquiry, or a late reply, told what it is.
    Enquired,
    /// A reversal took it back, or told that it never was.
    Reversed,
    /// A repeat got its answer.
    Repeated,
    /// An operator has it.
    Parked,
    /// It is still being resolved.
    Open,
}

impl How {
    /// All, in the order in which they are shown.
    pub(crate) const ALL: [How; 5] = [How::Enquired, How::Reversed, How::Repeated, How::Parked, How::Open];

    /// In one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            How::Enquired => "enquired",
            How::Reversed => "reversed",
            How::Repeated => "repeated",
            How::Parked => "parked",
            How::Open => "open",
        }
    }

    /// From the states that an operation went through, and its copies; none where it was never unknown.
    pub(crate) fn of(states: &[&'static str], copies: u32) -> Option<How> {
        let was = |state: &str| states.contains(&state);
        if !was("unknown") && !was("reversing") && !was("parked") && copies < 2 {
            return None;
        }
        let repeated = if copies > 1 { How::Repeated } else { How::Enquired };
        Some(match states.last().copied().unwrap_or("") {
            "parked" | "held" => How::Parked,
            "done" | "refused" if was("reversing") => How::Reversed,
            // A leg that was known to hold and was then taken back was known before.
            "done" | "undoing" | "undone" | "refused" => repeated,
            _ => How::Open,
        })
    }
}

/// A state's word by its number in the journal.
pub(super) fn word(code: u8) -> &'static str {
    match OperationState::from_code(code) {
        Some(OperationState::Intent) => "intent",
        Some(OperationState::Unknown) => "unknown",
        Some(OperationState::Reversing) => "reversing",
        Some(OperationState::Done) => "done",
        Some(OperationState::Refused) => "refused",
        Some(OperationState::Undoing) => "undoing",
        Some(OperationState::Undone) => "undone",
        Some(OperationState::Parked) => "parked",
        Some(OperationState::Held) => "held",
        None => "?",
    }
}

impl History {
    /// Opens the journal's file.
    pub(crate) fn open(journal: &Path) -> Result<Self, String> {
        let opened = Connection::open_with_flags(journal, OpenFlags::SQLITE_OPEN_READ_ONLY);
        Ok(Self { connection: opened.map_err(|error| format!("{}: {error}", journal.display()))? })
    }

    /// The states that an operation went through, in order.
    pub(crate) fn states(&self, operation: u64) -> Result<Vec<&'static str>, String> {
        let words = |error: rusqlite::Error| error.to_string();
        let sql = "SELECT state FROM operation_change WHERE number = ?1 ORDER BY place";
        let mut statement = self.connection.prepare_cached(sql).map_err(words)?;
        let number = i64::try_from(operation).unwrap_or(i64::MAX);
        let rows = statement.query_map([number], |row| row.get::<_, u8>(0)).map_err(words)?;
        let mut states: Vec<&'static str> = Vec::new();
        for code in rows {
            let word = word(code.map_err(words)?);
            if states.last() != Some(&word) {
                states.push(word);
            }
        }
        Ok(states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_is_read_from_the_states() {
        assert_eq!(How::of(&["intent", "done"], 1), None);
        assert_eq!(How::of(&["intent", "unknown", "done"], 1), Some(How::Enquired));
        assert_eq!(How::of(&["intent", "unknown", "intent", "done"], 2), Some(How::Repeated));
        assert_eq!(How::of(&["intent", "unknown", "reversing", "refused"], 1), Some(How::Reversed));
        assert_eq!(How::of(&["intent", "unknown", "parked"], 1), Some(How::Parked));
        assert_eq!(How::of(&["intent", "done", "undoing", "undone"], 1), None);
        assert_eq!(How::of(&["intent", "unknown"], 1), Some(How::Open));
    }
}
