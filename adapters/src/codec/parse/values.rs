//! Values that stand one after the other: by widths, lengths, signs.
//!
//! In: a format that is walked, a wire form. Out: the octets of the next value.

use dsl::evaluate::Value;
use dsl::program::{FormatForm, WireForm};
use dsl::value::{Absent, Letters, Size, Unit};

use super::{Current, Walk, offset};
use crate::charset;
use crate::codec::read::Reader;
use crate::codec::{FaultKind, Wrong, delimited, tlv};
use crate::value::Span;

impl Reader<'_> {
    pub(in crate::codec) fn take(&mut self, wire: u32) -> Result<(), Wrong> {
        let form = self.wire(wire)?;
        self.odd = false;
        let frame = self.frames.last_mut().ok_or(FaultKind::Program)?;
        if let (Walk::Fixed { .. }, Some(width)) = (frame.walk, form.measures.taken)
            && let Some(end) = frame.at.checked_add(width).filter(|end| *end <= frame.span.end)
        {
            self.current = Current::Octets(Span { start: frame.at, end, ..frame.span });
            (frame.at, frame.taken) = (end, true);
            return Ok(());
        }
        self.current = match frame.walk {
            Walk::Fixed { .. } => self.take_fixed(form)?,
            Walk::Delimited => self.take_delimited(form)?,
            Walk::Named => return Err(FaultKind::Program.into()),
        };
        Ok(())
    }

    /// The next octets of a format of widths, if it has so many.
    #[inline]
    pub(in crate::codec) fn run_of(&self, octets: u32) -> Option<Span> {
        let frame = self.frames.last().filter(|frame| matches!(frame.walk, Walk::Fixed { .. }))?;
        let end = frame.at.checked_add(octets).filter(|end| *end <= frame.span.end)?;
        Some(Span { start: frame.at, end, ..frame.span })
    }

    /// They were taken up to there.
    #[inline]
    pub(in crate::codec) fn go_on_at(&mut self, at: u32) {
        if let Some(frame) = self.frames.last_mut() {
            (frame.at, frame.taken) = (at, true);
        }
    }

    pub(in crate::codec) fn rest(&mut self, keep: u32) -> Result<(), Wrong> {
        let frame = self.frame_mut()?;
        let end = frame.span.end.checked_sub(keep).filter(|end| *end >= frame.at);
        let end = end.ok_or(Wrong { kind: FaultKind::Truncated, at: frame.at })?;
        let span = Span { start: frame.at, end, ..frame.span };
        (frame.at, frame.more, frame.taken) = (end, false, true);
        self.current = Current::Octets(span);
        Ok(())
    }

    /// Octets that the value's own prefix or another field says, if one does; and how many the prefix has.
    pub(super) fn told_length(&self, form: &WireForm, rest: &[u8]) -> Result<Option<(usize, usize)>, Wrong> {
        let letters = form.letters;
        let octets = |units: usize, behind: &[u8]| match (form.unit, letters) {
            (Unit::Digits, Letters::Packed) => Some(units.div_ceil(2)),
            (Unit::Chars, Letters::Set(charset)) => charset::length_of(charset, behind, units),
            _ => Some(units),
        };
        let frame = self.frame()?;
        let truncated = Wrong { kind: FaultKind::Truncated, at: frame.at };
        if let Some(prefix) = form.prefix {
            let size = prefix.size as usize;
            let head = rest.get(..size).ok_or(truncated)?;
            let units = tlv::read_length_in(letters, head, prefix.kind).ok_or(FaultKind::NotOfForm)?;
            let behind = rest.get(size..).unwrap_or_default();
            return Ok(Some((size, octets(units, behind).ok_or(truncated)?)));
        }
        let Some(slot) = form.sized_by else { return Ok(None) };
        let level = u8::try_from(self.lists.len()).unwrap_or(0);
        let value = self.record.value(self.rows.index(level, slot)?)?;
        let Value::Number(units) = value else { return Err(FaultKind::Missing.into()) };
        let units = usize::try_from(units).map_err(|_| truncated)?;
        Ok(Some((0, octets(units, rest).ok_or(truncated)?)))
    }

    pub(super) fn take_fixed(&mut self, form: &WireForm) -> Result<Current, Wrong> {
        let frame = self.frame()?;
        let rest_span = Span { start: frame.at, ..frame.span };
        let rest = self.record.octets(rest_span);
        let truncated = Wrong { kind: FaultKind::Truncated, at: frame.at };
        if rest.is_empty() && form.absent == Absent::LeftOut {
            return Ok(Current::Missing);
        }
        let (head, length, tail) = if let Some((head, length)) = self.told_length(form, rest)? {
            (head, length, 0)
        } else if let Some(ending) = &form.ending {
            let charset = form.letters.charset();
            let found = delimited::find(rest, &[ending.as_bytes()], None, charset)?;
            if found.sign == 0 {
                return Err(truncated);
            }
            (0, found.length, found.sign)
        } else if let Some(width) = form.measures.width {
            (0, width, 0)
        } else {
            match (form.size, form.unit, form.letters) {
                (Size::Fixed(units), Unit::Chars, Letters::Set(charset)) => {
                    (0, charset::length_of(charset, rest, units as usize).ok_or(truncated)?, 0)
                }
                _ => (0, rest.len(), 0),
            }
        };
        let end = (head.saturating_add(length)).saturating_add(tail);
        if end > rest.len() {
            return Err(truncated);
        }
        let value = rest_span.within(head, head + length);
        let frame = self.frame_mut()?;
        frame.at = frame.at.saturating_add(offset(end));
        frame.taken = true;
        Ok(Current::Octets(value))
    }

    /// Octets up to the next separator of what is around, which is stepped over.
    pub(super) fn up_to_separator(&mut self) -> Result<Span, Wrong> {
        let frame = self.frame()?;
        let format = self.format(frame.format)?;
        let FormatForm::Delimited(rules) = format else { return Err(FaultKind::Program.into()) };
        let span = Span { start: frame.at, ..frame.span };
        let rest = self.record.octets(span);
        let found = delimited::find(rest, &[rules.separator.as_bytes()], None, frame.charset)?;
        if found.sign == 0 && rules.trailing {
            return Err(Wrong { kind: FaultKind::Truncated, at: span.end });
        }
        let value = span.within(0, found.length);
        let end = value.end.saturating_add(offset(found.sign));
        let trailing = rules.trailing;
        let frame = self.frame_mut()?;
        (frame.at, frame.more, frame.taken) = (end, !trailing && found.sign > 0, true);
        Ok(value)
    }

    pub(super) fn take_delimited(&mut self, form: &WireForm) -> Result<Current, Wrong> {
        let frame = self.frame()?;
        let format = self.format(frame.format)?;
        let FormatForm::Delimited(rules) = format else { return Err(FaultKind::Program.into()) };
        let span = Span { start: frame.at, ..frame.span };
        let rest = self.record.octets(span);
        let nothing = if rules.trailing { rest.is_empty() } else { !frame.more };
        if nothing {
            if form.absent == Absent::LeftOut {
                return Ok(Current::Missing);
            }
            return Err(Wrong { kind: FaultKind::Truncated, at: frame.at });
        }
        let charset = frame.charset;
        let shift = |wrong: Wrong| Wrong {
            at: span.start.saturating_add(if wrong.at == u32::MAX { 0 } else { wrong.at }),
            ..wrong
        };
        let separator = form.ending.as_deref().unwrap_or(&rules.separator).as_bytes();
        let escape = rules.escape.as_deref().map(str::as_bytes);
        let (value, sign, escaped) = match self.told_length(form, rest)? {
            Some((head, length)) => {
                let behind =
                    rest.get(head + length..).ok_or(Wrong { kind: FaultKind::Truncated, at: frame.at })?;
                let sign = if behind.starts_with(separator) { separator.len() } else { 0 };
                if sign == 0 && !behind.is_empty() {
                    return Err(Wrong { kind: FaultKind::Syntax, at: frame.at });
                }
                (span.within(head, head + length), sign, false)
            }
            None => {
                let found = delimited::find(rest, &[separator], escape, charset).map_err(shift)?;
                (span.within(0, found.length), found.sign, found.escaped)
            }
        };
        if sign == 0 && (rules.trailing || form.ending.is_some()) {
            return Err(Wrong { kind: FaultKind::Truncated, at: value.end });
        }
        let value_end = value.end.saturating_add(offset(sign));
        let value = match escape.filter(|_| escaped) {
            Some(escape) => {
                let plain = delimited::unescape(self.record.octets(value), escape, charset)?;
                self.record.keep(&plain)?
            }
            None => value,
        };
        let trailing = rules.trailing;
        let frame = self.frame_mut()?;
        frame.at = value_end;
        frame.more = !trailing && sign > 0;
        frame.taken = true;
        if value.is_empty() && form.absent == Absent::LeftOut {
            return Ok(Current::Missing);
        }
        Ok(Current::Octets(value))
    }
}
