//! Writing frames.

use bytes::{BufMut, BytesMut};

use super::error::{FrameError, FrameFault};
use super::length::LengthField;
use super::{Counts, Frame, FrameConfig, Parts};

pub(super) fn append(config: &FrameConfig, payload: &[u8], out: &mut BytesMut) -> Result<(), FrameError> {
    at_most(payload, config.most as u64)?;
    match &config.frame {
        Frame::Prefix { field, counts_itself } => prefix(*field, *counts_itself, payload, out)?,
        Frame::PrefixLine { end, digits, counts_itself } => {
            prefix_line(end.bytes(), *digits, *counts_itself, payload, out)?;
        }
        Frame::ByHead { head, offset, field, counts, beside, parts } => {
            agrees(*head, (*offset, *field, *counts), *beside, *parts, payload)?;
            out.put_slice(payload);
        }
        Frame::ByTag(tagged) => {
            // A text that its own length does not end where it ends would make the other side lose step.
            let is = payload.len() as u64;
            let says = tagged.end(payload, config.most)?.map_or(u64::MAX, |end| end as u64);
            if says != is {
                return Err(FrameError::new(0, FrameFault::Disagrees { says, is }, payload));
            }
            out.put_slice(payload);
        }
        Frame::Fixed { bytes } => {
            if payload.len() != *bytes {
                let fault = FrameFault::Disagrees { says: *bytes as u64, is: payload.len() as u64 };
                return Err(FrameError::new(0, fault, payload));
            }
            out.put_slice(payload);
        }
        Frame::Ended { end } => marked(&[], end, payload, out)?,
        Frame::Between { start, end } => marked(start, end, payload, out)?,
        Frame::UntilClose => out.put_slice(payload),
    }
    Ok(())
}

fn at_most(payload: &[u8], most: u64) -> Result<(), FrameError> {
    let length = payload.len() as u64;
    if length <= most {
        return Ok(());
    }
    Err(FrameError::new(0, FrameFault::TooLong { length, most }, payload))
}

fn prefix(
    field: LengthField,
    counts_itself: bool,
    payload: &[u8],
    out: &mut BytesMut,
) -> Result<(), FrameError> {
    let own = if counts_itself { field.size as u64 } else { 0 };
    at_most(payload, field.most().saturating_sub(own))?;
    let start = out.len();
    out.reserve(field.size + payload.len());
    out.put_bytes(0, field.size);
    if let Some(room) = out.get_mut(start..) {
        field.write(payload.len() as u64 + own, room);
    }
    out.put_slice(payload);
    Ok(())
}

fn prefix_line(
    end: &[u8],
    digits: usize,
    counts_itself: bool,
    payload: &[u8],
    out: &mut BytesMut,
) -> Result<(), FrameError> {
    let length = payload.len() as u64;
    let text = if counts_itself {
        // The number counts its own digits: take the first width for which the sum still has that width.
        (1..=digits).find_map(|width| {
            let text = (length + (width + end.len()) as u64).to_string();
            (text.len() == width).then_some(text)
        })
    } else {
        Some(length.to_string()).filter(|text| text.len() <= digits)
    };
    let Some(text) = text else {
        let most = 10_u64.saturating_pow(u32::try_from(digits).unwrap_or(u32::MAX)) - 1;
        return Err(FrameError::new(0, FrameFault::TooLong { length, most }, payload));
    };
    out.put_slice(text.as_bytes());
    out.put_slice(end);
    out.put_slice(payload);
    Ok(())
}

/// A length in the head of a payload, as it is written and what it says.
fn says(head: usize, offset: usize, field: LengthField, payload: &[u8]) -> Result<(&[u8], u64), FrameError> {
    let is = payload.len() as u64;
    let Some(written) = payload.get(offset..offset + field.size).filter(|_| payload.len() >= head) else {
        return Err(FrameError::new(0, FrameFault::TooShort { length: is, least: head as u64 }, payload));
    };
    match field.read(written) {
        Some(number) => Ok((written, number)),
        None => {
            let fault = FrameFault::NotANumber { expected: field.expected() };
            Err(FrameError::new(offset as u64, fault, written))
        }
    }
}

/// The payload holds its own head: its length must say what the payload is, or the other side loses step.
fn agrees(
    head: usize,
    (offset, field, counts): (usize, LengthField, Counts),
    beside: Option<(usize, LengthField)>,
    parts: Option<Parts>,
    payload: &[u8],
) -> Result<(), FrameError> {
    let is = payload.len() as u64;
    let (written, number) = says(head, offset, field, payload)?;
    let second = match beside {
        Some((offset, field)) => says(head, offset, field, payload)?.1,
        None => 0,
    };
    let uncounted = match counts {
        Counts::AfterField => offset + field.size,
        Counts::AfterHead => head,
        Counts::Whole => 0,
    };
    let body = number.saturating_add(second).saturating_add(uncounted as u64);
    // Parts that are not there to their end make the message longer than it is.
    let says = match parts {
        None => body,
        Some(parts) => {
            let end = parts.end(payload, usize::try_from(body).unwrap_or(usize::MAX))?;
            end.map_or(u64::MAX, |end| end as u64)
        }
    };
    if says == is {
        Ok(())
    } else {
        Err(FrameError::new(offset as u64, FrameFault::Disagrees { says, is }, written))
    }
}

fn marked(start: &[u8], end: &[u8], payload: &[u8], out: &mut BytesMut) -> Result<(), FrameError> {
    let from = out.len();
    out.put_slice(payload);
    out.put_slice(end);
    // The mark must be found first where it was put: neither inside, nor formed by the payload's last bytes.
    let first = out.get(from..).and_then(|written| memchr::memmem::find(written, end));
    if first != Some(payload.len()) {
        out.truncate(from);
        let at = first.unwrap_or(0);
        let seen = payload.get(at..).unwrap_or_default();
        return Err(FrameError::new(at as u64, FrameFault::MarkInside, seen));
    }
    if !start.is_empty() {
        out.truncate(from);
        out.put_slice(start);
        out.put_slice(payload);
        out.put_slice(end);
    }
    Ok(())
}
