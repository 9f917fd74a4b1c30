//! A whole format whose values stand just in the order of the program: it is read as it stands, with no nodes made of it.
//!
//! In: the formats that the compiler noted (`read_strides` of their `Enter`), octets of the message's content. Out: filled slots, and
//! the instruction behind the format. Where something does not stand as expected, nothing has happened: the octets are taken apart
//! as any are, and that says what is wrong with them, if anything is.

mod fixed;
mod iso8583;
mod json;
mod xml;

use dsl::program::{FormatForm, Part, Read, WireForm, WireName};
use dsl::value::{Absent, Form, Letters};

use super::Reader;
use crate::charset::Charset;
use crate::codec::DEPTH_MAX;
use crate::codec::leaf::{self, Reading};
use crate::codec::parse::{Current, Templates, charset_named};
use crate::value::{Slot, Span, Surroundings, TEXTS, Taken, buffer_of};

/// Most octets that are kept as one text, so that texts in them are not looked at again.
const KEPT_WHOLE: usize = 16 << 10;
/// Most octets of a message that is read so: what has more is taken apart within the bounds that hold there.
const STRAIGHT_MAX: usize = 1 << 20;
/// Most groups that are open at once.
const GROUPS: usize = 8;

/// A format that is read as it stands. None: something is not as expected.
trait Straight<'o, 'p> {
    /// Goes to the child of that name; false: it does not stand next. Some formats have neither names nor groups nor lists.
    fn child(&mut self, _name: &'p WireName) -> Option<bool> {
        None
    }
    /// The octets of the value that is next, and where they begin.
    fn value(&mut self, wire: u32, form: &WireForm) -> Option<(usize, &'o [u8])>;
    /// Into the group that is next.
    fn down(&mut self) -> Option<()> {
        None
    }
    /// Out of it, at its end.
    fn up(&mut self) -> Option<()> {
        None
    }
    /// Goes to the first item of the list that is next; false: it has none.
    fn first(&mut self) -> Option<bool> {
        None
    }
    /// Goes to its next item; false: there are no more.
    fn next(&mut self) -> Option<bool> {
        None
    }
    /// The end of the format, and of the octets.
    fn end(&mut self) -> Option<()>;
}

/// The list that is gone through.
struct Rows {
    list: u16,
    index: usize,
    count: u32,
}

impl<'p> Reader<'p> {
    /// Reads a format from its `Enter` to its `Leave`; gives the instruction behind it. None: the reader stands where it stood.
    pub(super) fn straight_format(
        &mut self,
        format: u32,
        chain: u32,
        surroundings: &dyn Surroundings,
    ) -> Option<u32> {
        let message = self.programs.message;
        let stride = message.read_strides.get(self.at).filter(|stride| stride.values > 0)?;
        let to = self.at + 1 + usize::from(stride.values);
        let steps = message.read.get(self.at + 1..to).filter(|_| to <= self.end)?;
        let Current::Octets(span) = self.current else { return None };
        let taken_apart = chain != u32::MAX || self.watch.is_some() || !self.lists.is_empty();
        let simple = span.buffer == buffer_of(Part::Content) && span.len() <= STRAIGHT_MAX;
        if taken_apart || !simple || self.frames.len() >= DEPTH_MAX {
            return None;
        }
        // Its octets are looked at while slots are filled.
        let content = self.record.part(Part::Content).clone();
        let octets = content.get(span.start as usize..span.end as usize)?;
        let before = self.record.taken();
        let form = self.format(format).ok()?;
        let done = self.read_straight(form, octets, span, steps, surroundings);
        if done.is_none() {
            self.take_back(steps, before);
            return None;
        }
        self.current = Current::Nothing;
        u32::try_from(to).ok()
    }

    fn read_straight(
        &mut self,
        form: &'p FormatForm,
        octets: &[u8],
        span: Span,
        steps: &'p [Read],
        surroundings: &dyn Surroundings,
    ) -> Option<()> {
        let padded = matches!(form, FormatForm::Fixed | FormatForm::Iso8583 { .. });
        let reading = Reading::plain(self.programs.program, surroundings.symbols(), padded);
        match form {
            FormatForm::Fixed => self.walk(fixed::Fixed::begin(octets), &reading, span, steps)?,
            FormatForm::Xml { form, soap: 0, charset } if Templates::leaves_as_usual(form.as_deref()) => {
                let from = self.known_whole(octets, span, charset_named(charset));
                self.walk(xml::Xml::begin(octets)?, &reading, from, steps)?;
            }
            FormatForm::Json { charset, lenient: false } => {
                let charset = charset_named(charset);
                let from = self.known_whole(octets, span, charset);
                self.walk(json::Json::begin(octets, charset)?, &reading, from, steps)?;
            }
            FormatForm::Iso8583 { code, bitmap_hex, fields } => {
                let iso = iso8583::Iso8583::begin(octets, (*code, *bitmap_hex), fields)?;
                let from = self.known_whole(octets, span, Charset::Ascii);
                self.walk(iso, &reading, from, steps)?;
            }
            _ => return None,
        }
        self.wait = reading.wait.get().or(self.wait);
        Some(())
    }

    /// Octets that are a text as they stand are kept as one, if they are few: texts in them are known to be such. Gives where they
    /// are read from.
    fn known_whole(&mut self, octets: &[u8], span: Span, charset: Charset) -> Span {
        let stands = match charset {
            Charset::Utf8 => true,
            _ => octets.is_ascii(),
        };
        if !stands || octets.len() > KEPT_WHOLE {
            return span;
        }
        let kept = std::str::from_utf8(octets).ok().and_then(|text| self.record.keep_text(text).ok());
        kept.unwrap_or(span)
    }

    fn walk<'o, S: Straight<'o, 'p>>(
        &mut self,
        mut format: S,
        reading: &Reading<'_>,
        whole: Span,
        steps: &'p [Read],
    ) -> Option<()> {
        let (message, wires) = (self.programs.message, &self.programs.program.wires);
        let first = self.at + 1;
        let (mut at, mut here, mut base) = (0, false, 0);
        let mut rows: Option<Rows> = None;
        while let Some(step) = steps.get(at) {
            at += 1;
            let value = match *step {
                Read::Take { .. } => {
                    here = true;
                    steps.get(at)
                }
                Read::Child { name } => {
                    here = format.child(message.names.get(usize::from(name))?)?;
                    steps.get(at)
                }
                Read::Store { .. } => {
                    at -= 1;
                    Some(step)
                }
                _ => None,
            };
            // Most names stand before their value.
            if let Some(Read::Store { slot, wire, .. }) = value {
                at += 1;
                let (form, index) = (wires.get(*wire as usize)?, base + usize::from(*slot));
                let place = self.record.slots.get_mut(index)?;
                if !here {
                    // What a code that is missing means is known to its table.
                    if form.absent == Absent::Never || matches!(form.form, Form::Code(_)) {
                        return None;
                    }
                    *place = Slot::ABSENT;
                    continue;
                }
                let (from, octets) = format.value(*wire, form)?;
                let start = whole.start.checked_add(u32::try_from(from).ok()?)?;
                let end = start.checked_add(u32::try_from(octets.len()).ok()?)?;
                let span = Span { buffer: whole.buffer, start, end };
                match leaf::usual_slot(form.measures.usual(reading.padded), octets, span) {
                    Some(slot) => *place = slot,
                    // What was kept as a text would be taken for one of another charset too.
                    None if whole.buffer == TEXTS && !octets.is_ascii() && !is_utf8(form) => return None,
                    None => leaf::parse_unusual(&mut self.record, reading, form, span, index).ok()?,
                }
                continue;
            }
            match *step {
                Read::Take { .. } | Read::Child { .. } => {}
                Read::JumpIfMissing { to } if !here => at = (to as usize).checked_sub(first)?,
                Read::JumpIfMissing { .. } => {}
                Read::Down if here => format.down()?,
                Read::Up => format.up()?,
                Read::List { list, end } => {
                    let form = message.lists.get(usize::from(list))?;
                    let index = usize::from(form.slot);
                    self.record.begin_list(index, form.stride, 0).ok()?;
                    if here && format.first()? {
                        base = self.record.append_row(index, form.max).ok()?;
                        rows = Some(Rows { list, index, count: 1 });
                    } else if form.min == 0 {
                        at = (end as usize).checked_sub(first)?;
                    } else {
                        return None;
                    }
                }
                Read::Next { list, back } => {
                    let open = rows.as_mut().filter(|open| open.list == list)?;
                    let form = message.lists.get(usize::from(list))?;
                    if format.next()? {
                        base = self.record.append_row(open.index, form.max).ok()?;
                        open.count += 1;
                        (at, here) = ((back as usize).checked_sub(first)?, true);
                    } else if open.count >= form.min {
                        (rows, base) = (None, 0);
                    } else {
                        return None;
                    }
                }
                Read::Leave { .. } => return format.end(),
                _ => return None,
            }
        }
        None
    }

    /// Takes back what was stored up to where something was not as expected.
    fn take_back(&mut self, steps: &[Read], before: Taken) {
        for step in steps {
            let slot = match *step {
                Read::Store { slot, level: 0, .. } => slot,
                Read::List { list, .. } => {
                    self.programs.message.lists.get(usize::from(list)).map_or(u16::MAX, |list| list.slot)
                }
                _ => continue,
            };
            // There is no such slot only where a program is broken.
            let _ = self.record.put(usize::from(slot), Slot::default());
        }
        self.record.give_back(before);
    }
}

/// Whether a value is in UTF-8.
fn is_utf8(form: &WireForm) -> bool {
    form.letters == Letters::Set(Charset::Utf8)
}

/// Behind blanks.
#[inline(always)]
fn behind_blanks(octets: &[u8], mut at: usize) -> usize {
    while matches!(octets.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Behind a text that stands at a place.
#[inline(always)]
fn behind(octets: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    let stands = octets.get(at..)?.starts_with(text);
    stands.then(|| at + text.len())
}
