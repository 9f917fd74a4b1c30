//! Frames: where one message ends and the next begins in a stream of bytes.
//!
//! For: TCP links. In: bytes as they arrive, payloads to send. Out: payloads, framed bytes, or a fault that
//! says where and what was seen. A payload excludes a length prefix and marks; `ByHead` and `ByTag` frames keep the head
//! in which the length stands, because it is part of the message. Must not know: what a payload means.

mod decode;
mod encode;
mod error;
mod length;
mod tagged;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

pub use error::{FrameError, FrameFault, Seen};
pub use length::{LengthCode, LengthField};
pub use tagged::{Tagged, TaggedValue};

/// How one message is told from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A length, then as many bytes.
    Prefix {
        /// How the length is written.
        field: LengthField,
        /// The length counts its own bytes too.
        counts_itself: bool,
    },
    /// A length in digits on a line of its own, then as many bytes.
    PrefixLine {
        /// What ends the line.
        end: LineEnd,
        /// The most digits.
        digits: usize,
        /// The length counts the digits and the line's end too.
        counts_itself: bool,
    },
    /// A head of fixed size in which a length stands; the payload is head and body.
    ByHead {
        /// Bytes of the head.
        head: usize,
        /// Where in the head the length begins.
        offset: usize,
        /// How the length is written.
        field: LengthField,
        /// What the length counts.
        counts: Counts,
        /// A second length in the head, where it begins and how it is written: of what follows that which the first counts.
        beside: Option<(usize, LengthField)>,
        /// Parts behind that, each with a head of its own.
        parts: Option<Parts>,
    },
    /// A text of tagged values, of which one says how long what follows it is; the payload is the whole text.
    ByTag(Arc<Tagged>),
    /// Every message has this many bytes.
    Fixed {
        /// Bytes of a message.
        bytes: usize,
    },
    /// Every message ends with this mark, which occurs nowhere else.
    Ended {
        /// The mark.
        end: Bytes,
    },
    /// Every message stands between two marks.
    Between {
        /// The mark before.
        start: Bytes,
        /// The mark after.
        end: Bytes,
    },
    /// A message ends with the connection.
    UntilClose,
}

/// Parts behind a body: how many stands in the message's head, how long each is in the part's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Where in the message's head their number begins.
    pub offset: usize,
    /// Digits of their number.
    pub count: usize,
    /// Bytes of a part's head.
    pub head: usize,
    /// Where in a part's head the length of what follows it begins.
    pub length_offset: usize,
    /// How that length is written.
    pub length: LengthField,
}

impl Parts {
    /// How many parts a head announces.
    fn number(&self) -> LengthField {
        LengthField { code: LengthCode::Digits, size: self.count }
    }

    /// Where the parts end that begin at `start`; `None` where that is not there yet.
    fn end(&self, message: &[u8], start: usize) -> Result<Option<usize>, FrameError> {
        let Some(number) = self.read(message, self.offset, self.number())? else { return Ok(None) };
        let mut end = start;
        for _ in 0..number {
            let Some(length) = self.read(message, end.saturating_add(self.length_offset), self.length)?
            else {
                return Ok(None);
            };
            end = end.saturating_add(self.head).saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        }
        Ok(Some(end))
    }

    fn read(&self, message: &[u8], at: usize, field: LengthField) -> Result<Option<u64>, FrameError> {
        let Some(written) = message.get(at..at.saturating_add(field.size)) else { return Ok(None) };
        match field.read(written) {
            Some(number) => Ok(Some(number)),
            None => Err(FrameError::new(
                at as u64,
                FrameFault::NotANumber { expected: field.expected() },
                written,
            )),
        }
    }
}

/// The most digits of a length on a line of its own.
pub const LINE_DIGITS: usize = 10;

impl Frame {
    /// Messages that are lines.
    #[must_use]
    pub fn lines(end: LineEnd) -> Self {
        Self::Ended { end: Bytes::from_static(end.bytes()) }
    }
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// Line feed.
    Lf,
    /// Carriage return, line feed.
    CrLf,
    /// Carriage return.
    Cr,
}

impl LineEnd {
    /// Its bytes.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

/// What a length inside a head counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counts {
    /// The bytes after the length field.
    AfterField,
    /// The bytes after the head.
    AfterHead,
    /// Head and body.
    Whole,
}

/// What to do with bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Garbled {
    /// They are a fault; the connection cannot go on.
    #[default]
    Close,
    /// Step over them to the next start mark (`Between` and `ByTag`; elsewhere as `Close`).
    Skip,
}

type Judge = dyn Fn(&[u8]) -> bool + Send + Sync;

/// Judges a payload by what it says of itself (a checksum).
#[derive(Clone)]
pub struct Sound(Arc<Judge>);

impl Sound {
    /// Judges by a closure.
    #[must_use]
    pub fn new(holds: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(holds))
    }

    fn holds(&self, payload: &[u8]) -> bool {
        (self.0)(payload)
    }
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sound(..)")
    }
}

impl PartialEq for Sound {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Sound {}

/// A frame with its bound: what a link is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameConfig {
    /// How messages are told apart.
    pub frame: Frame,
    /// The most bytes of a payload; checked before room is made for it.
    pub most: usize,
    /// What to do with bytes that are no frame.
    pub garbled: Garbled,
    /// Judges payloads where garbled ones are stepped over; elsewhere whoever reads them does.
    pub sound: Option<Sound>,
}

impl FrameConfig {
    /// A frame whose payloads have at most `most` bytes; garbled bytes close.
    #[must_use]
    pub fn new(frame: Frame, most: usize) -> Self {
        Self { frame, most, garbled: Garbled::Close, sound: None }
    }

    /// Checks that sizes and marks can work at all.
    ///
    /// # Errors
    /// [`FrameFault::Config`] with what is wrong.
    pub fn check(&self) -> Result<(), FrameError> {
        let wrong = match &self.frame {
            Frame::Prefix { field, .. } => field.wrong(),
            Frame::PrefixLine { digits, .. } if !(1..=18).contains(digits) => Some("1 to 18 digits"),
            Frame::ByHead { head, offset, field, beside, parts, .. } => field
                .wrong()
                .or_else(|| outside(*offset, *field, *head))
                .or_else(|| beside.and_then(|(offset, field)| outside(offset, field, *head)))
                .or_else(|| parts.and_then(|parts| outside(parts.offset, parts.number(), *head)))
                .or_else(|| parts.and_then(|parts| outside(parts.length_offset, parts.length, parts.head))),
            Frame::ByTag(tagged) => tagged.wrong(),
            Frame::Fixed { bytes: 0 } => Some("at least one byte"),
            Frame::Ended { end } if end.is_empty() => Some("an end mark"),
            Frame::Between { start, end } if start.is_empty() || end.is_empty() => Some("two marks"),
            _ => None,
        };
        wrong.map_or(Ok(()), |expected| Err(FrameError::new(0, FrameFault::Config { expected }, &[])))
    }
}

fn outside(offset: usize, field: LengthField, head: usize) -> Option<&'static str> {
    let end = offset.checked_add(field.size);
    field.wrong().or_else(|| end.is_none_or(|end| end > head).then_some("a length inside the head"))
}

/// Cuts one connection's incoming bytes into payloads, and frames outgoing ones.
#[derive(Clone, Debug)]
pub struct Framer {
    config: FrameConfig,
    /// Bytes of the stream before the buffer.
    position: u64,
    /// Bytes at the buffer's start that were searched for the end mark in vain.
    searched: usize,
    skipped: u64,
}

impl Framer {
    /// A framer at the start of a connection.
    #[must_use]
    pub fn new(config: FrameConfig) -> Self {
        Self { config, position: 0, searched: 0, skipped: 0 }
    }

    /// Bytes that were stepped over because they were no frame.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// True if a message ends only with the connection.
    #[must_use]
    pub fn ends_by_close(&self) -> bool {
        matches!(self.config.frame, Frame::UntilClose)
    }

    /// Takes the next whole payload off the buffer's start; `None` if it is not there yet.
    ///
    /// # Errors
    /// A [`FrameError`]: where in the stream, what was expected, the bytes seen. The stream cannot go on then.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        loop {
            let before = self.position;
            let payload = decode::next(self, buffer)?;
            match &payload {
                Some(payload) if !self.is_sound(payload) => self.skipped += self.position - before,
                _ => return Ok(payload),
            }
        }
    }

    fn is_sound(&self, payload: &[u8]) -> bool {
        self.config.garbled == Garbled::Close
            || self.config.sound.as_ref().is_none_or(|sound| sound.holds(payload))
    }

    /// What remains when the other side has ended: the payload of a frame until close, or nothing.
    ///
    /// # Errors
    /// [`FrameFault::Truncated`] if a frame had begun and is not whole.
    pub fn finish(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        decode::last(self, buffer)
    }

    /// Appends the framed payload to `out`. On an error nothing is appended.
    ///
    /// # Errors
    /// A [`FrameError`] if the payload does not fit the frame; its offset counts from the payload's start.
    pub fn encode(&self, payload: &[u8], out: &mut BytesMut) -> Result<(), FrameError> {
        encode::append(&self.config, payload, out)
    }
}

#[cfg(test)]
mod tests;
