//! A message or business record: octets and slots.
//!
//! In: octets, typed values. Out: typed values, borrowed where they stand. It must not know what a slot means.

use std::borrow::Cow;

use bytes::Bytes;
use dsl::evaluate::{Fault, Value};
use dsl::program::Part;
use dsl::value::{Date, DateTime, Decimal, Outcome, Symbol, Time};

use super::{SCRATCH, Slot, Span, TEXTS, Tag, buffer_of};
use crate::charset::{self, Charset};

/// How many parts a message can have.
pub const PARTS: usize = 6;

/// Most octets that are decoded, unpacked or made while one message is read or written.
const SCRATCH_MAX: usize = 256 << 20;
/// Room that is taken for the first octets: most messages need no more.
const SCRATCH_FIRST: usize = 256;
/// Most slots of one record.
const SLOTS_MAX: usize = 16 << 20;

/// The octets of a part that is not there.
static NOTHING: Bytes = Bytes::new();

/// How much a record had taken at a time.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    scratch: usize,
    texts: usize,
    slots: usize,
}

impl Taken {
    /// Whether octets had been kept by then.
    pub(crate) fn holds(self, span: Span) -> bool {
        span.buffer == SCRATCH && span.end as usize <= self.scratch
    }
}

#[inline]
fn kept(buffer: u8, start: usize, end: usize) -> Result<Span, Fault> {
    if end > SCRATCH_MAX {
        return Err(Fault::TooLong);
    }
    let offset = |at: usize| u32::try_from(at).map_err(|_| Fault::TooLong);
    Ok(Span { buffer, start: offset(start)?, end: offset(end)? })
}

/// Rows that could not be read to their end: the list's index, the row. Few messages have any.
#[derive(Clone, Debug, Default)]
pub(super) struct Damaged {
    pub(super) rows: Vec<(usize, u32)>,
}

/// A message or a business record. It has no lifetimes, so that it can wait and move.
#[derive(Clone, Debug, Default)]
pub struct Record {
    content: Bytes,
    /// The parts of an HTTP message; the content stands beside them.
    parts: Option<Box<[Bytes; PARTS]>>,
    /// Octets that were decoded, unpacked or made.
    scratch: Vec<u8>,
    /// Texts that were decoded or made.
    texts: String,
    /// The slots of the record itself, then the rows of its lists.
    pub slots: Vec<Slot>,
    pub(super) damaged: Option<Box<Damaged>>,
}

impl Record {
    /// A record with so many slots, all unread.
    #[must_use]
    pub fn new(slots: u16) -> Self {
        Record { slots: vec![Slot::default(); usize::from(slots)], ..Record::default() }
    }

    /// A message to be read: its content.
    #[must_use]
    pub fn of_frame(frame: Bytes, slots: u16) -> Self {
        let mut record = Record::new(slots);
        record.set_part(Part::Content, frame);
        record
    }

    /// Takes everything out of it but its room, which the next message uses.
    pub fn clear(&mut self) {
        self.content = Bytes::new();
        self.parts = None;
        self.scratch.clear();
        self.texts.clear();
        self.slots.clear();
        self.damaged = None;
    }

    /// Puts the octets of a part there.
    pub fn set_part(&mut self, part: Part, octets: Bytes) {
        if part == Part::Content {
            self.content = octets;
        } else if let Some(place) = self.parts.get_or_insert_default().get_mut(part as usize) {
            *place = octets;
        }
    }

    /// The octets of a part; empty if there are none.
    #[must_use]
    #[inline]
    pub fn part(&self, part: Part) -> &Bytes {
        if part == Part::Content {
            return &self.content;
        }
        self.parts.as_ref().and_then(|parts| parts.get(part as usize)).unwrap_or(&NOTHING)
    }

    /// The whole range of a part.
    #[must_use]
    #[inline]
    pub fn part_span(&self, part: Part) -> Span {
        let end = u32::try_from(self.part(part).len()).unwrap_or(u32::MAX);
        Span { buffer: buffer_of(part), start: 0, end }
    }

    /// All octets of a buffer.
    #[must_use]
    #[inline]
    pub fn buffer(&self, buffer: u8) -> &[u8] {
        const CONTENT: u8 = buffer_of(Part::Content);
        match buffer {
            SCRATCH => &self.scratch,
            TEXTS => self.texts.as_bytes(),
            CONTENT => &self.content,
            part => {
                let place = usize::from(part) - 1;
                self.parts.as_ref().and_then(|parts| parts.get(place)).map_or(&[], |part| part)
            }
        }
    }

    /// Octets that it holds: of its parts, scratch and slots.
    pub(crate) fn held(&self) -> usize {
        let parts: usize = self.parts.iter().flat_map(|parts| parts.iter()).map(Bytes::len).sum();
        let own = self.scratch.capacity() + self.texts.capacity();
        self.content.len() + parts + own + self.slots.capacity() * size_of::<Slot>()
    }

    /// The octets of a range; empty for one that does not exist.
    #[must_use]
    #[inline]
    pub fn octets(&self, span: Span) -> &[u8] {
        self.buffer(span.buffer).get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Keeps octets in scratch.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold.
    #[inline]
    pub fn keep(&mut self, octets: &[u8]) -> Result<Span, Fault> {
        let start = self.scratch.len();
        if self.scratch.capacity() == 0 {
            self.scratch.reserve(octets.len().max(SCRATCH_FIRST));
        }
        self.scratch.extend_from_slice(octets);
        kept(SCRATCH, start, self.scratch.len())
    }

    /// Keeps a text.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold.
    #[inline]
    pub fn keep_text(&mut self, text: &str) -> Result<Span, Fault> {
        let start = self.push_text(text)?;
        kept(TEXTS, start as usize, self.texts.len())
    }

    /// Keeps a text; gives where it begins.
    #[inline(always)]
    fn push_text(&mut self, text: &str) -> Result<u32, Fault> {
        let start = self.texts.len();
        if self.texts.capacity() == 0 {
            self.texts.reserve(text.len().max(SCRATCH_FIRST));
        }
        self.texts.push_str(text);
        if self.texts.len() > SCRATCH_MAX {
            Err(Fault::TooLong)
        } else {
            u32::try_from(start).map_err(|_| Fault::TooLong)
        }
    }

    /// Keeps the text that octets of a charset are, unless it is kept already; the inner error is the offset of what is no character of it.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold.
    #[inline]
    pub fn keep_decoded(&mut self, charset: Charset, span: Span) -> Result<Result<Span, usize>, Fault> {
        if span.buffer == TEXTS {
            return Ok(Ok(span));
        }
        let mut texts = std::mem::take(&mut self.texts);
        let start = texts.len();
        if texts.capacity() == 0 {
            texts.reserve((2 * span.len()).max(SCRATCH_FIRST));
        }
        let decoded = charset::decode_onto(charset, self.octets(span), &mut texts);
        self.texts = texts;
        match decoded {
            Ok(()) => kept(TEXTS, start, self.texts.len()).map(Ok),
            Err(error) => Ok(Err(error.offset)),
        }
    }

    /// A text that was kept; none, where octets are not known to be one.
    #[inline]
    pub(crate) fn known_text(&self, span: Span) -> Option<&str> {
        if span.buffer == TEXTS { self.texts.get(span.start as usize..span.end as usize) } else { None }
    }

    /// A text that was kept; empty where none was.
    #[must_use]
    #[inline]
    pub fn kept_text(&self, span: Span) -> &str {
        self.known_text(span).unwrap_or_default()
    }

    /// What it has taken up to now.
    #[must_use]
    pub fn taken(&self) -> Taken {
        Taken { scratch: self.scratch.len(), texts: self.texts.len(), slots: self.slots.len() }
    }

    /// Gives back what it took since.
    pub fn give_back(&mut self, taken: Taken) {
        self.scratch.truncate(taken.scratch);
        self.texts.truncate(taken.texts);
        self.slots.truncate(taken.slots);
    }

    /// A slot by its absolute index; unread if there is none.
    #[must_use]
    #[inline]
    pub fn slot(&self, index: usize) -> Slot {
        self.slots.get(index).copied().unwrap_or_default()
    }

    /// Puts a slot at its absolute index.
    ///
    /// # Errors
    /// [`Fault::Broken`] where there is no such slot.
    #[inline]
    pub fn put(&mut self, index: usize, slot: Slot) -> Result<(), Fault> {
        *self.slots.get_mut(index).ok_or(Fault::Broken)? = slot;
        Ok(())
    }

    /// Room for so many more slots; gives the index of the first.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold.
    pub fn grow(&mut self, slots: usize) -> Result<u32, Fault> {
        let first = self.slots.len();
        let end = first.checked_add(slots).filter(|end| *end <= SLOTS_MAX).ok_or(Fault::TooLong)?;
        self.slots.resize(end, Slot::default());
        u32::try_from(first).map_err(|_| Fault::TooLong)
    }

    /// The slot's value, decoded where it stands.
    ///
    /// # Errors
    /// [`Fault::Character`] for a text that is none of its charset, [`Fault::Broken`] for a damaged slot.
    #[inline]
    pub fn value(&self, index: usize) -> Result<Value<'_>, Fault> {
        self.slot_value(&self.slot(index))
    }

    /// The value of a slot of this record.
    ///
    /// # Errors
    /// As [`Record::value`].
    #[inline]
    pub fn slot_value(&self, slot: &Slot) -> Result<Value<'_>, Fault> {
        Ok(match slot.tag {
            Tag::Unread | Tag::Absent => Value::Absent,
            Tag::Text => Value::Text(self.text(slot)?),
            Tag::Bytes => Value::Bytes(Cow::Borrowed(slot.span().map_or(&[], |span| self.octets(span)))),
            Tag::Number => Value::Number(i128::from(slot.n.cast_signed())),
            Tag::WideNumber => Value::Number(self.wide(slot)?),
            Tag::Decimal if u32::from(slot.scale) <= Decimal::MAX_SCALE => {
                Value::Decimal(Decimal::new(slot.n.cast_signed(), slot.scale.into()))
            }
            Tag::Decimal => return Err(Fault::Overflow),
            Tag::WideDecimal => Value::Decimal(decimal(self.wide(slot)?, slot.scale)?),
            Tag::Flag => Value::Flag(slot.n != 0),
            Tag::Name => Value::Name(Symbol(low(slot.n))),
            Tag::Outcome => Value::Outcome(outcome_of(slot)),
            Tag::Date => Value::Date(unpack_date(slot.n)?),
            Tag::Time => Value::Time(unpack_time(slot.n)?),
            Tag::DateTime => {
                Value::DateTime(unpack_date(u64::from(slot.at))?.to_datetime(unpack_time(slot.n)?))
            }
            Tag::Duration => Value::Duration(slot.n.cast_signed()),
            Tag::List => Value::Rows(low(slot.n)),
        })
    }

    #[inline]
    fn text(&self, slot: &Slot) -> Result<Cow<'_, str>, Fault> {
        let span = slot.text_span();
        if span.buffer == TEXTS {
            return self.known_text(span).map(Cow::Borrowed).ok_or(Fault::Broken);
        }
        let octets = self.octets(span);
        match charset_of(slot.scale) {
            Charset::Utf8 => std::str::from_utf8(octets).map(Cow::Borrowed).map_err(|_| Fault::Character),
            other => charset::decode(other, octets).map_err(|_| Fault::Character),
        }
    }

    fn wide(&self, slot: &Slot) -> Result<i128, Fault> {
        let octets = slot.span().map_or(&[][..], |span| self.octets(span));
        octets.try_into().map(i128::from_le_bytes).map_err(|_| Fault::Broken)
    }

    /// Stores a value in decoded form: texts as UTF-8.
    ///
    /// # Errors
    /// [`Fault::Kind`] for keys, pairs and rows, [`Fault::TooLong`] beyond what a record may hold.
    pub fn set(&mut self, index: usize, value: &Value<'_>) -> Result<(), Fault> {
        let mut slot = Slot::ABSENT;
        match value {
            Value::Absent => {}
            Value::Flag(yes) => slot = flag_slot(*yes),
            Value::Number(number) => self.number_into(*number, &mut slot)?,
            Value::Decimal(decimal) => self.decimal_into(decimal.mantissa(), decimal.scale(), &mut slot)?,
            Value::Text(text) => {
                let at = self.push_text(text)?;
                slot = Slot { tag: Tag::Text, buffer: TEXTS, scale: 0, at, n: text.len() as u64 };
            }
            Value::Bytes(octets) => slot = Slot::range(Tag::Bytes, self.keep(octets)?, 0),
            Value::Name(symbol) => {
                slot = Slot { tag: Tag::Name, n: u64::from(symbol.0), ..Slot::default() };
            }
            Value::Outcome(outcome) => slot = outcome_slot(*outcome, None, 0),
            Value::Date(date) => slot = date_slot(*date),
            Value::Time(time) => slot = time_slot(*time),
            Value::DateTime(moment) => slot = datetime_slot(*moment),
            Value::Duration(span) => {
                slot = Slot { tag: Tag::Duration, n: span.cast_unsigned(), ..Slot::default() };
            }
            Value::Key(_) | Value::Pairs(_) | Value::Rows(_) => return Err(Fault::Kind),
        }
        self.put(index, slot)
    }

    /// The slot of a whole number goes to `to`.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold.
    #[inline(always)]
    pub(crate) fn number_into(&mut self, number: i128, to: &mut Slot) -> Result<(), Fault> {
        self.integer_into(Tag::Number, Tag::WideNumber, number, 0, to)
    }

    /// The slot of a decimal goes to `to`: its figures and how many of them stand behind the point.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold.
    #[inline(always)]
    pub(crate) fn decimal_into(&mut self, figures: i128, scale: u32, to: &mut Slot) -> Result<(), Fault> {
        let scale = u16::try_from(scale).map_err(|_| Fault::Overflow)?;
        self.integer_into(Tag::Decimal, Tag::WideDecimal, figures, scale, to)
    }

    #[inline(always)]
    fn integer_into(
        &mut self,
        small: Tag,
        wide: Tag,
        number: i128,
        scale: u16,
        to: &mut Slot,
    ) -> Result<(), Fault> {
        if let Ok(figures) = i64::try_from(number) {
            *to = Slot { tag: small, scale, n: figures.cast_unsigned(), ..Slot::default() };
            return Ok(());
        }
        let span = self.keep(&number.to_le_bytes())?;
        *to = Slot { tag: wide, scale, buffer: span.buffer, at: span.start, n: 16 };
        Ok(())
    }
}

/// The slot of a yes or no.
#[must_use]
#[inline]
pub(crate) fn flag_slot(yes: bool) -> Slot {
    Slot { tag: Tag::Flag, n: u64::from(yes), ..Slot::default() }
}

/// The slot of a day.
#[must_use]
#[inline]
pub(crate) fn date_slot(date: Date) -> Slot {
    Slot { tag: Tag::Date, n: pack_date(date), ..Slot::default() }
}

/// The slot of a time of day.
#[must_use]
#[inline]
pub(crate) fn time_slot(time: Time) -> Slot {
    Slot { tag: Tag::Time, n: pack_time(time), ..Slot::default() }
}

/// The slot of a day and time.
#[must_use]
#[inline]
pub(crate) fn datetime_slot(moment: DateTime) -> Slot {
    let at = u32::try_from(pack_date(moment.date())).unwrap_or(0);
    Slot { tag: Tag::DateTime, at, n: pack_time(moment.time()), ..Slot::default() }
}

/// The slot of an outcome, with the octets of its code's text where it was read.
#[must_use]
pub(crate) fn outcome_slot(outcome: Outcome, text: Option<Span>, charset: u16) -> Slot {
    let (kind, symbol) = match outcome {
        Outcome::Done(symbol) => (0, symbol),
        Outcome::Refused(symbol) => (1, symbol),
        Outcome::Unknown => (2, None),
    };
    let n = symbol.map_or(0, |symbol| u64::from(symbol.0) + 1);
    with_text(Slot { tag: Tag::Outcome, scale: kind << 8 | charset, n, ..Slot::default() }, text)
}

/// The slot of a name, with the octets of its code's text where it was read.
#[must_use]
pub(crate) fn name_slot(symbol: Symbol, text: Option<Span>, charset: u16) -> Slot {
    with_text(Slot { tag: Tag::Name, scale: charset, n: u64::from(symbol.0), ..Slot::default() }, text)
}

#[inline]
fn with_text(mut slot: Slot, text: Option<Span>) -> Slot {
    if let Some(span) = text {
        (slot.buffer, slot.at) = (span.buffer, span.start);
        slot.n |= (span.len() as u64) << 32;
    }
    slot
}

fn outcome_of(slot: &Slot) -> Outcome {
    let symbol = low(slot.n).checked_sub(1).map(Symbol);
    match slot.scale >> 8 {
        0 => Outcome::Done(symbol),
        1 => Outcome::Refused(symbol),
        _ => Outcome::Unknown,
    }
}

/// The charset of a slot's number.
#[inline]
pub(crate) fn charset_of(number: u16) -> Charset {
    Charset::from_number(number.to_le_bytes()[0]).unwrap_or_default()
}

/// The number of a charset in slots.
#[inline]
pub(crate) fn charset_number(charset: Charset) -> u16 {
    u16::from(charset.number())
}

/// The lower half.
#[inline]
pub(crate) fn low(n: u64) -> u32 {
    u32::try_from(n & 0xFFFF_FFFF).unwrap_or(0)
}

fn decimal(figures: i128, scale: u16) -> Result<Decimal, Fault> {
    Decimal::try_from_i128_with_scale(figures, u32::from(scale)).map_err(|_| Fault::Overflow)
}

/// A day as `yyyyMMdd`.
#[must_use]
#[inline]
pub(crate) fn pack_date(date: Date) -> u64 {
    let part = |number: i8| u64::try_from(number).unwrap_or(0);
    u64::try_from(date.year()).unwrap_or(0) * 10_000 + part(date.month()) * 100 + part(date.day())
}

#[inline]
pub(super) fn unpack_date(packed: u64) -> Result<Date, Fault> {
    let part = |number: u64| i8::try_from(number % 100).map_err(|_| Fault::Broken);
    let year = i16::try_from(packed / 10_000).map_err(|_| Fault::Broken)?;
    Date::new(year, part(packed / 100)?, part(packed)?).map_err(|_| Fault::NotCalendar)
}

/// A time of day in nanoseconds.
#[must_use]
#[inline]
pub(crate) fn pack_time(time: Time) -> u64 {
    let part = |number: i8| u64::try_from(number).unwrap_or(0);
    let seconds = (part(time.hour()) * 60 + part(time.minute())) * 60 + part(time.second());
    seconds * 1_000_000_000 + u64::try_from(time.subsec_nanosecond()).unwrap_or(0)
}

#[inline]
pub(super) fn unpack_time(nanoseconds: u64) -> Result<Time, Fault> {
    let seconds = nanoseconds / 1_000_000_000;
    let part = |number: u64| i8::try_from(number).map_err(|_| Fault::Broken);
    let rest = i32::try_from(nanoseconds % 1_000_000_000).map_err(|_| Fault::Broken)?;
    Time::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, rest)
        .map_err(|_| Fault::NotCalendar)
}
