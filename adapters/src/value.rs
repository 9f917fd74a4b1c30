//! Values of messages and of business records, without names and without an allocation a field (decisions D5, D7).
//!
//! In: octets as they came, ranges of them, typed values of the evaluator. Out: [`Record`]s, whose [`Slot`]s are small
//! integers or ranges of octets, and typed values again. A wire message and a business record (`ask`, `answer`) have
//! the same form. It must not know formats, fields' names on a wire, or any counterparty.

mod record;
mod rows;
mod serial;
mod surroundings;

pub use record::{PARTS, Record, Taken};
pub(crate) use record::{
    charset_number, charset_of, date_slot, datetime_slot, flag_slot, name_slot, outcome_slot, time_slot,
};
pub use rows::{Rows, RowsEntered};
pub use serial::{RecordError, decode_record, encode_record};
pub use surroundings::Surroundings;

use dsl::program::Part;

/// What a [`Slot`] holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Tag {
    /// Nothing was read or stored yet.
    #[default]
    Unread,
    /// Known to be missing.
    Absent,
    /// Octets of a charset: a range.
    Text,
    /// Octets: a range.
    Bytes,
    /// A whole number of up to 64 bits.
    Number,
    /// A decimal whose figures fit 64 bits, `scale` of them behind the point.
    Decimal,
    /// A whole number, 16 octets in scratch.
    WideNumber,
    /// A decimal, 16 octets in scratch and `scale`.
    WideDecimal,
    /// Yes or no.
    Flag,
    /// A name, with the range of the code's text where it was read.
    Name,
    /// An outcome, with the range of the code's text where it was read.
    Outcome,
    /// A day, packed `yyyyMMdd`.
    Date,
    /// A time of day, in nanoseconds.
    Time,
    /// A day (`at`) and a time of day (`n`).
    DateTime,
    /// A span of time in milliseconds.
    Duration,
    /// Rows: first slot, slots a row, count and room.
    List,
}

/// The place of one value: 16 octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slot {
    /// What it holds.
    pub tag: Tag,
    /// Which octets a range is of: 0 scratch, 255 texts, else a part of the message ([`buffer_of`]).
    pub buffer: u8,
    /// Decimals behind the point; charset of a text; slots of a list's row; kind of an outcome.
    pub scale: u16,
    /// Start of a range; first slot of a list; packed day.
    pub at: u32,
    /// Length of a range; the integer; count and room of a list.
    pub n: u64,
}

/// The buffer of scratch octets.
pub const SCRATCH: u8 = 0;

/// The buffer of texts that a record holds as such.
pub const TEXTS: u8 = u8::MAX;

/// The buffer number of a part of a message.
#[must_use]
#[inline]
pub const fn buffer_of(part: Part) -> u8 {
    part as u8 + 1
}

/// Octets within a [`Record`]: a buffer and a range of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// 0 scratch, 255 texts, else a part.
    pub buffer: u8,
    /// First octet.
    pub start: u32,
    /// Behind the last octet.
    pub end: u32,
}

impl Span {
    /// Its length in octets.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether a record holds its octets itself: no part of a message does.
    #[must_use]
    #[inline]
    pub const fn is_kept(self) -> bool {
        matches!(self.buffer, SCRATCH | TEXTS)
    }

    /// Whether it has no octets.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Octets `from..to` of it, as offsets from its start; cut to its end.
    #[must_use]
    #[inline]
    pub fn within(self, from: usize, to: usize) -> Self {
        let clamp = |offset: usize| {
            self.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)).min(self.end)
        };
        Span { buffer: self.buffer, start: clamp(from), end: clamp(to) }
    }
}

impl Slot {
    /// Known to be missing.
    pub const ABSENT: Slot = Slot { tag: Tag::Absent, buffer: 0, scale: 0, at: 0, n: 0 };

    /// A range of octets that are text of a charset (its number) or plain octets.
    #[must_use]
    #[inline]
    pub const fn range(tag: Tag, span: Span, charset: u16) -> Self {
        Slot { tag, buffer: span.buffer, scale: charset, at: span.start, n: span.len() as u64 }
    }

    /// The octets of a text, bytes, or of a code's text.
    #[must_use]
    #[inline]
    pub fn span(&self) -> Option<Span> {
        let length = match self.tag {
            Tag::Text | Tag::Bytes => self.n,
            Tag::Name | Tag::Outcome => self.n >> 32,
            Tag::WideNumber | Tag::WideDecimal => 16,
            _ => return None,
        };
        let end = self.at.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        Some(Span { buffer: self.buffer, start: self.at, end })
    }

    /// The octets of what is known to be a text.
    #[inline(always)]
    pub(crate) fn text_span(&self) -> Span {
        let length = u32::try_from(self.n).unwrap_or(u32::MAX);
        Span { buffer: self.buffer, start: self.at, end: self.at.saturating_add(length) }
    }

    /// Whether a value is there.
    #[must_use]
    #[inline]
    pub const fn is_present(&self) -> bool {
        !matches!(self.tag, Tag::Unread | Tag::Absent)
    }
}
