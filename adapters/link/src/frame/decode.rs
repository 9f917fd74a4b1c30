//! Reading frames off a buffer.

use bytes::{Buf, Bytes, BytesMut};

use super::error::{FrameError, FrameFault};
use super::length::{LengthField, digits};
use super::{Counts, Frame, Framer, Garbled, Parts, Tagged};

type Decoded = Result<Option<Bytes>, FrameError>;

pub(super) fn next(framer: &mut Framer, buffer: &mut BytesMut) -> Decoded {
    match framer.config.frame.clone() {
        Frame::Prefix { field, counts_itself } => {
            let Some(number) = number(framer, buffer, 0, field)? else { return Ok(None) };
            let own = if counts_itself { field.size as u64 } else { 0 };
            sized(framer, buffer, field.size, number, own)
        }
        Frame::PrefixLine { end, digits, counts_itself } => {
            prefix_line(framer, buffer, end.bytes(), digits, counts_itself)
        }
        Frame::ByHead { head, offset, field, counts, beside, parts } => {
            let Some(first) = number(framer, buffer, offset, field)? else { return Ok(None) };
            let second = match beside {
                None => Some(0),
                Some((offset, field)) => number(framer, buffer, offset, field)?,
            };
            let Some(second) = second else { return Ok(None) };
            let counted = first.saturating_add(second);
            by_head(framer, buffer, head, (offset + field.size, counted, counts), parts)
        }
        Frame::ByTag(tagged) => by_tag(framer, buffer, &tagged),
        Frame::Fixed { bytes } => Ok((buffer.len() >= bytes).then(|| take(framer, buffer, 0, bytes, 0))),
        Frame::Ended { end } => ended(framer, buffer, 0, &end),
        Frame::Between { start, end } => between(framer, buffer, &start, &end),
        Frame::UntilClose => {
            within(framer, buffer, 0, buffer.len() as u64)?;
            Ok(None)
        }
    }
}

pub(super) fn last(framer: &mut Framer, buffer: &mut BytesMut) -> Decoded {
    if framer.ends_by_close() {
        within(framer, buffer, 0, buffer.len() as u64)?;
        let whole = buffer.len();
        return Ok(Some(take(framer, buffer, 0, whole, 0)));
    }
    if let Some(frame) = next(framer, buffer)? {
        return Ok(Some(frame));
    }
    if buffer.is_empty() {
        return Ok(None);
    }
    let got = buffer.len() as u64;
    Err(FrameError::new(framer.position, FrameFault::Truncated { got }, buffer))
}

/// The number of a length field at `offset`. Digits are judged as they come, so that a wrong byte shows at once.
fn number(
    framer: &Framer,
    buffer: &BytesMut,
    offset: usize,
    field: LengthField,
) -> Result<Option<u64>, FrameError> {
    let end = offset + field.size;
    let there = buffer.get(offset..end.min(buffer.len())).unwrap_or_default();
    let known = field.read(there);
    if known.is_none() && !there.is_empty() {
        let fault = FrameFault::NotANumber { expected: field.expected() };
        return Err(FrameError::new(framer.position + offset as u64, fault, there));
    }
    Ok(if there.len() == field.size { known } else { None })
}

/// Takes a payload whose length is known; `own` bytes of the number are not payload.
fn sized(framer: &mut Framer, buffer: &mut BytesMut, prefix: usize, number: u64, own: u64) -> Decoded {
    let Some(length) = number.checked_sub(own) else {
        let fault = FrameFault::TooShort { length: number, least: own };
        return Err(FrameError::new(framer.position, fault, buffer));
    };
    let length = within(framer, buffer, 0, length)?;
    if buffer.len() < prefix + length {
        buffer.reserve(prefix + length - buffer.len());
        return Ok(None);
    }
    Ok(Some(take(framer, buffer, prefix, length, 0)))
}

fn by_head(
    framer: &mut Framer,
    buffer: &mut BytesMut,
    head: usize,
    (field_end, number, counts): (usize, u64, Counts),
    parts: Option<Parts>,
) -> Decoded {
    let whole = match counts {
        Counts::AfterField => number.saturating_add(field_end as u64),
        Counts::AfterHead => number.saturating_add(head as u64),
        Counts::Whole => number,
    };
    if whole < head as u64 {
        let fault = FrameFault::TooShort { length: whole, least: head as u64 };
        return Err(FrameError::new(framer.position, fault, buffer));
    }
    let Some(parts) = parts else { return sized(framer, buffer, 0, whole, 0) };
    let whole = within(framer, buffer, 0, whole)?;
    let end = parts.end(buffer, whole).map_err(|mut error| {
        error.offset += framer.position;
        error
    })?;
    match end {
        Some(end) => sized(framer, buffer, 0, end as u64, 0),
        None => {
            within(framer, buffer, 0, buffer.len() as u64)?;
            Ok(None)
        }
    }
}

/// A text of tagged values is whole where its length says; what is none is stepped over by a link that skips.
fn by_tag(framer: &mut Framer, buffer: &mut BytesMut, tagged: &Tagged) -> Decoded {
    loop {
        if framer.config.garbled == Garbled::Skip {
            skip(framer, buffer, tagged.start());
        }
        match tagged.end(buffer, framer.config.most) {
            Ok(Some(whole)) => return Ok(Some(take(framer, buffer, 0, whole, 0))),
            Ok(None) => return Ok(None),
            Err(_) if framer.config.garbled == Garbled::Skip => step_over(framer, buffer, 1),
            Err(mut error) => {
                error.offset += framer.position;
                return Err(error);
            }
        }
    }
}

fn prefix_line(
    framer: &mut Framer,
    buffer: &mut BytesMut,
    end: &[u8],
    most_digits: usize,
    counts_itself: bool,
) -> Decoded {
    let window = buffer.get(..buffer.len().min(most_digits + end.len())).unwrap_or_default();
    let line = memchr::memmem::find(window, end);
    let shown = window.get(..line.unwrap_or(window.len())).unwrap_or_default();
    let not_yet = line.is_none() && window.len() < most_digits + end.len();
    if not_yet {
        // All that may still become a line end at the tail is left to the next bytes.
        let certain = shown.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let tail = shown.get(certain..).unwrap_or_default();
        if tail.is_empty() || (certain > 0 && end.starts_with(tail)) {
            return Ok(None);
        }
    }
    let Some(number) = line.and_then(|_| digits(shown)) else {
        let fault = FrameFault::NotANumber { expected: "a line of digits" };
        return Err(FrameError::new(framer.position, fault, window));
    };
    let prefix = shown.len() + end.len();
    sized(framer, buffer, prefix, number, if counts_itself { prefix as u64 } else { 0 })
}

/// A payload from `start` up to the end mark.
fn ended(framer: &mut Framer, buffer: &mut BytesMut, start: usize, end: &[u8]) -> Decoded {
    let from = framer.searched.max(start);
    let searched = buffer.get(from..).unwrap_or_default();
    if let Some(found) = memchr::memmem::find(searched, end) {
        let length = within(framer, buffer, start, (from + found - start) as u64)?;
        return Ok(Some(take(framer, buffer, start, length, end.len())));
    }
    framer.searched = buffer.len().saturating_sub(end.len() - 1).max(start);
    within(framer, buffer, start, framer.searched.saturating_sub(start) as u64)?;
    Ok(None)
}

fn between(framer: &mut Framer, buffer: &mut BytesMut, start: &[u8], end: &[u8]) -> Decoded {
    if framer.config.garbled == Garbled::Skip {
        skip(framer, buffer, start);
    }
    let there = start.len().min(buffer.len());
    if buffer.get(..there) != start.get(..there) {
        return Err(FrameError::new(framer.position, FrameFault::NoMark, buffer));
    }
    if there < start.len() { Ok(None) } else { ended(framer, buffer, start.len(), end) }
}

/// Steps over what stands before the next start mark, but not over what may become one.
fn skip(framer: &mut Framer, buffer: &mut BytesMut, start: &[u8]) {
    let garbage = memchr::memmem::find(buffer, start).unwrap_or_else(|| {
        let longest = start.len().saturating_sub(1).min(buffer.len());
        let kept = (0..=longest).rev().find(|kept| buffer.ends_with(start.get(..*kept).unwrap_or_default()));
        buffer.len() - kept.unwrap_or(0)
    });
    if garbage > 0 {
        step_over(framer, buffer, garbage);
    }
}

fn step_over(framer: &mut Framer, buffer: &mut BytesMut, garbage: usize) {
    buffer.advance(garbage);
    framer.position += garbage as u64;
    framer.skipped += garbage as u64;
    framer.searched = 0;
}

/// The length as a size, if it is allowed.
fn within(framer: &Framer, buffer: &BytesMut, start: usize, length: u64) -> Result<usize, FrameError> {
    let most = framer.config.most as u64;
    match usize::try_from(length) {
        Ok(size) if length <= most => Ok(size),
        _ => {
            let seen = buffer.get(start..).unwrap_or_default();
            Err(FrameError::new(framer.position, FrameFault::TooLong { length, most }, seen))
        }
    }
}

/// Takes `before`, the payload and `after` off the buffer.
fn take(framer: &mut Framer, buffer: &mut BytesMut, before: usize, length: usize, after: usize) -> Bytes {
    buffer.advance(before);
    let payload = buffer.split_to(length).freeze();
    buffer.advance(after);
    framer.position += (before + length + after) as u64;
    framer.searched = 0;
    payload
}
