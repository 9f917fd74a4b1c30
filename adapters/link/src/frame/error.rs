//! Faults of framing: where, what was expected, what was seen.

use std::fmt;

/// The first bytes seen at a fault, at most sixteen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    bytes: [u8; 16],
    count: u8,
}

impl Seen {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut seen = Self { bytes: [0; 16], count: 0 };
        for (place, byte) in seen.bytes.iter_mut().zip(bytes) {
            *place = *byte;
            seen.count += 1;
        }
        seen
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.count)).unwrap_or_default()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.bytes() {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes that are no frame, or a payload that fits none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// Where: bytes from the start of the connection (reading) or of the payload (writing).
    pub offset: u64,
    /// What is wrong.
    pub fault: FrameFault,
    /// What stands there.
    pub seen: Seen,
}

impl FrameError {
    pub(crate) fn new(offset: u64, fault: FrameFault, seen: &[u8]) -> Self {
        Self { offset, fault, seen: Seen::new(seen) }
    }
}

/// What is wrong with a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// A length is not written as it should be.
    NotANumber {
        /// How it should be written.
        expected: &'static str,
    },
    /// A message is longer than allowed, or than its length can say.
    TooLong {
        /// Bytes it has or announces.
        length: u64,
        /// The most bytes.
        most: u64,
    },
    /// A length that counts more than the body is smaller than what it counts beside it.
    TooShort {
        /// Bytes it announces.
        length: u64,
        /// The least bytes.
        least: u64,
    },
    /// A mark should stand here.
    NoMark,
    /// A mark stands inside the payload.
    MarkInside,
    /// The length in the head says something else than the payload's size.
    Disagrees {
        /// What the head says the whole is.
        says: u64,
        /// What it is.
        is: u64,
    },
    /// The connection ended inside a frame.
    Truncated {
        /// Bytes of the frame that were there.
        got: u64,
    },
    /// The frame's own description cannot work.
    Config {
        /// What is needed.
        expected: &'static str,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.offset)?;
        match &self.fault {
            FrameFault::NotANumber { expected } => write!(f, "expected a length as {expected}")?,
            FrameFault::TooLong { length, most } => write!(f, "{length} bytes where {most} are the most")?,
            FrameFault::TooShort { length, least } => {
                write!(f, "{length} bytes where {least} are the least")?;
            }
            FrameFault::NoMark => f.write_str("expected the frame's mark")?,
            FrameFault::MarkInside => f.write_str("the frame's mark stands inside the message")?,
            FrameFault::Disagrees { says, is } => write!(f, "the head says {says} bytes, there are {is}")?,
            FrameFault::Truncated { got } => write!(f, "the connection ended {got} bytes into a frame")?,
            FrameFault::Config { expected } => write!(f, "the frame needs {expected}")?,
        }
        if self.seen.bytes().is_empty() { Ok(()) } else { write!(f, ", found {}", self.seen) }
    }
}

impl std::error::Error for FrameError {}
