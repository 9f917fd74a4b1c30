//! A whole format whose values need nothing but their slots: it is written as it stands, without a layer for what is open.
//!
//! In: the formats that the compiler noted (`write_strides` of their `Enter`), filled slots. Out: octets, and the instruction behind
//! the format. Where something cannot be written so, nothing has happened: one by one the instructions say what it is.

mod fixed;
mod iso8583;
mod json;
mod xml;

use dsl::program::{FormatForm, WireForm, WireName, Write};

use super::Writer;
use crate::codec::leaf;
use crate::codec::parse::{Templates, charset_named};
use crate::value::Surroundings;

/// Most groups that are open at once.
const GROUPS: usize = 8;

/// What a format puts around its values. None: it cannot be written so.
trait Around<'p> {
    /// Values without quotes are numbers, which take no zeros in front.
    const BARE: bool = false;

    /// The name of the value, group or list that is next. Some formats have neither names nor groups nor lists.
    fn child(&mut self, _name: &'p WireName) -> Option<()> {
        None
    }
    /// Before a value.
    fn before(&mut self, form: &WireForm, out: &mut Vec<u8>) -> Option<()>;
    /// Behind a value of so many units, which stands from `from` on.
    fn behind(&mut self, form: &WireForm, from: usize, units: usize, out: &mut Vec<u8>) -> Option<()>;
    /// The value is left out, and with it what was put before it.
    fn left_out(&mut self, out: &mut Vec<u8>) -> Option<()>;
    /// A group begins.
    fn down(&mut self, _out: &mut Vec<u8>) -> Option<()> {
        None
    }
    /// It ends.
    fn up(&mut self, _out: &mut Vec<u8>) -> Option<()> {
        None
    }
    /// A list begins.
    fn list(&mut self, _out: &mut Vec<u8>) -> Option<()> {
        None
    }
    /// Another item of it.
    fn item(&mut self) -> Option<()> {
        None
    }
    /// It ends.
    fn end_list(&mut self, _out: &mut Vec<u8>) -> Option<()> {
        None
    }
    /// The format ends.
    fn end(&mut self, out: &mut Vec<u8>) -> Option<()>;
}

/// The list whose rows are written.
struct Rows {
    list: u16,
    index: usize,
    row: u32,
}

impl<'p> Writer<'p> {
    /// Writes a format from its `Enter` to its `Leave`; gives the instruction behind it. None: the writer stands where it stood.
    pub(super) fn straight_format(&mut self, format: u32, surroundings: &dyn Surroundings) -> Option<u32> {
        let message = self.programs.message;
        let stride = message.write_strides.get(self.at).filter(|stride| stride.values > 0)?;
        let to = self.at + 1 + usize::from(stride.values);
        let steps = message.write.get(self.at + 1..to).filter(|_| to <= self.end)?;
        if !self.layers.is_empty() || !self.lists.is_empty() {
            return None;
        }
        let form = self.format(format).ok()?;
        let mut out = std::mem::take(self.out_mut());
        let start = out.len();
        let done = self.put_straight(form, steps, surroundings, &mut out);
        match done {
            Some(()) => self.value_end = out.len(),
            None => out.truncate(start),
        }
        *self.out_mut() = out;
        done.and_then(|()| u32::try_from(to).ok())
    }

    fn put_straight(
        &self,
        form: &'p FormatForm,
        steps: &'p [Write],
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        match form {
            FormatForm::Fixed => self.put_steps(fixed::Fixed, true, steps, surroundings, out),
            FormatForm::Xml { form, soap: 0, .. } if Templates::leaves_as_usual(form.as_deref()) => {
                if let Some(start) = form.as_ref().and_then(|form| form.start.as_deref()) {
                    out.extend_from_slice(start.as_bytes());
                }
                self.put_steps(xml::Xml::default(), false, steps, surroundings, out)
            }
            FormatForm::Json { charset, .. } => {
                let json = json::Json::begin(charset_named(charset))?;
                self.put_steps(json, false, steps, surroundings, out)
            }
            FormatForm::Iso8583 { code, bitmap_hex, .. } => {
                let highest = self.highest_bit(steps);
                let iso = iso8583::Iso8583::begin(*code, *bitmap_hex, highest)?;
                self.put_steps(iso, true, steps, surroundings, out)
            }
            _ => None,
        }
    }

    /// The highest bit whose value is there.
    fn highest_bit(&self, steps: &[Write]) -> u16 {
        let bit = |pair: &[Write]| match pair {
            [Write::Child { name }, Write::Put { slot, .. }] => {
                let name = self.programs.message.names.get(usize::from(*name))?;
                let there = self.record.slots.get(usize::from(*slot))?.is_present();
                name.number.filter(|_| there)
            }
            _ => None,
        };
        steps.windows(2).rev().find_map(bit).unwrap_or(0)
    }

    fn put_steps<A: Around<'p>>(
        &self,
        mut around: A,
        padded: bool,
        steps: &'p [Write],
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let (message, wires) = (self.programs.message, &self.programs.program.wires);

        let first = self.at + 1;
        let (mut at, mut base) = (0, 0);
        let mut rows: Option<Rows> = None;
        while let Some(step) = steps.get(at) {
            at += 1;
            let value = match *step {
                Write::Child { name } => {
                    around.child(message.names.get(usize::from(name))?)?;
                    steps.get(at)
                }
                Write::Put { .. } => {
                    at -= 1;
                    Some(step)
                }
                _ => None,
            };
            // Most names stand before their value.
            if let Some(Write::Put { slot, wire, .. }) = value {
                at += 1;
                let form = wires.get(*wire as usize)?;
                let slot = self.record.slots.get(base + usize::from(*slot))?;
                let bare = A::BARE && !form.quoted;
                around.before(form, out)?;
                let from = out.len();
                let usual = form.measures.usual(padded);
                let units = match leaf::write_usual(&self.record, slot, form, usual, bare, out) {
                    Some(units) => Some(units),
                    None => {
                        let inside = self.inside(surroundings);
                        leaf::write_value(&inside, slot, form, (padded, bare), &[], out).ok()?
                    }
                };
                match units {
                    Some(units) => around.behind(form, from, units, out)?,
                    None => around.left_out(out)?,
                }
                continue;
            }
            match *step {
                Write::Child { .. } => {}
                Write::UnlessPresent { slot, to, .. } => {
                    if !self.record.slots.get(base + usize::from(slot))?.is_present() {
                        at = (to as usize).checked_sub(first)?;
                    }
                }
                Write::Down => around.down(out)?,
                Write::Up => around.up(out)?,
                Write::List { list, end } => {
                    let form = message.lists.get(usize::from(list))?;
                    let index = usize::from(form.slot);
                    let found = self.record.rows(index);
                    let count = found.map_or(0, |rows| rows.count);
                    if count > form.max || count < form.min {
                        return None;
                    }
                    around.list(out)?;
                    match found.and_then(|rows| rows.base(0)) {
                        Some(row) => (rows, base) = (Some(Rows { list, index, row: 0 }), row),
                        None => {
                            around.end_list(out)?;
                            at = (end as usize).checked_sub(first)?;
                        }
                    }
                }
                Write::Next { list, back } => {
                    let open = rows.as_mut().filter(|open| open.list == list)?;
                    open.row += 1;
                    match self.record.rows(open.index)?.base(open.row) {
                        Some(row) => {
                            around.item()?;
                            (at, base) = ((back as usize).checked_sub(first)?, row);
                        }
                        None => {
                            around.end_list(out)?;
                            (rows, base) = (None, 0);
                        }
                    }
                }
                Write::Leave { .. } => return around.end(out),
                _ => return None,
            }
        }
        None
    }
}
