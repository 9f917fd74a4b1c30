//! Values with names that stand one behind the other are written in one stride: each name's octets were made by the compiler.
//!
//! In: the strides that the compiler noted, filled slots. Out: octets, and the instruction to go on with. What cannot be written,
//! or is left out, is put by itself: there it says why.

use dsl::model::TextCode;
use dsl::program::{FormatForm, WireForm, WireName, Write};
use dsl::value::Absent;

use super::Layer;
use super::encode::prefixed;
use crate::charset::Charset;
use crate::codec::parse::Templates;
use crate::codec::write::Writer;
use crate::codec::{Wrong, iso8583, json, leaf, xml};
use crate::value::{Slot, Surroundings};

impl Layer<'_> {
    /// Whether values stand in it by their names alone, and the next one has none yet.
    fn is_straight(&self, form: &FormatForm) -> bool {
        let usual = match form {
            FormatForm::Xml { form, .. } => Templates::leaves_as_usual(form.as_deref()),
            FormatForm::Json { .. } => self.charset.is_ascii_compatible(),
            FormatForm::Iso8583 { .. } => true,
            _ => false,
        };
        usual && !self.begun && self.name.is_none()
    }
}

impl Writer<'_> {
    /// Values with names, up to the first that cannot be written straight. None: not even the first can.
    pub(in crate::codec) fn named_stride(&mut self, surroundings: &dyn Surroundings) -> Option<u32> {
        let message = self.programs.message;
        let stride = message.write_strides.get(self.at).filter(|stride| stride.values > 0)?;
        let to = (self.at + 2 * usize::from(stride.values)).min(self.end);
        let steps = message.write.get(self.at..to)?;
        let layer = self.layers.last()?;
        let format = self.format(layer.format).ok().filter(|form| layer.is_straight(form))?;
        let mut out = std::mem::take(self.out_mut());
        let (mut at, mut base) = (self.at, None);
        for step in steps.chunks_exact(2) {
            let [Write::Child { name }, Write::Put { slot, wire, level }] = step else { break };
            let Some(name) = message.names.get(usize::from(*name)) else { break };
            let Some(form) = self.programs.program.wires.get(*wire as usize) else { break };
            let first = match base {
                Some(first) => first,
                None => match self.rows.index(*level, 0) {
                    Ok(first) => *base.insert(first),
                    Err(_) => break,
                },
            };
            let slot = self.record.slot(first + usize::from(*slot));
            let put = match format {
                FormatForm::Xml { .. } => self.put_element(name, &slot, form, surroundings, &mut out),
                FormatForm::Json { .. } => self.put_member(name, &slot, form, surroundings, &mut out),
                FormatForm::Iso8583 { code, bitmap_hex, .. } => {
                    self.put_numbered(name, &slot, form, (*code, *bitmap_hex), surroundings, &mut out)
                }
                _ => None,
            };
            let Some(end) = put else { break };
            self.value_end = end;
            at += 2;
        }
        *self.out_mut() = out;
        if at == self.at {
            return None;
        }
        self.layers.last_mut()?.first = false;
        u32::try_from(at).ok()
    }

    /// An element of XML; gives where its value ends.
    fn put_element(
        &self,
        name: &WireName,
        slot: &Slot,
        form: &WireForm,
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        if name.attribute || name.is_own_text() {
            return None;
        }
        let start = out.len();
        out.extend_from_slice(name.start_tag());
        let from = out.len();
        let Ok(Some(_)) = self.put_plain(slot, form, (false, false), surroundings, out) else {
            out.truncate(start);
            return None;
        };
        if !form.measures.figures && xml::needs_escape(out.get(from..).unwrap_or_default(), false) {
            let plain = out.split_off(from);
            xml::escape(&plain, false, out);
        }
        let end = out.len();
        out.extend_from_slice(name.end_tag());
        Some(end)
    }

    /// A member of a JSON object; gives where it ends.
    fn put_member(
        &mut self,
        name: &WireName,
        slot: &Slot,
        form: &WireForm,
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let key = name.key()?;
        let layer = self.layers.last()?;
        let (start, charset) = (out.len(), layer.charset);
        let opens = start == layer.start && layer.top.is_none();
        if opens {
            out.push(b'{');
        }
        if !layer.first {
            out.push(b',');
        }
        out.extend_from_slice(key);
        if !self.put_string(slot, form, charset, surroundings, out) {
            out.truncate(start);
            return None;
        }
        let layer = self.layers.last_mut()?;
        layer.first = false;
        if opens {
            layer.top = Some("}");
        }
        Some(out.len())
    }

    /// A value of JSON, with its quotes. False: it cannot be put straight.
    fn put_string(
        &self,
        slot: &Slot,
        form: &WireForm,
        charset: Charset,
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> bool {
        if form.quoted {
            out.push(b'"');
        }
        let from = out.len();
        let Ok(Some(_)) = self.put_plain(slot, form, (false, !form.quoted), surroundings, out) else {
            return false;
        };
        if !form.quoted {
            return true;
        }
        let written = out.get(from..).unwrap_or_default();
        if form.absent != Absent::Never && written == b"null" {
            return false;
        }
        if !form.measures.figures && json::needs_escape(written, charset) {
            let plain = out.split_off(from);
            json::escape(&plain, charset, out);
        }
        out.push(b'"');
        true
    }

    /// A field of ISO 8583 and its bit; gives where it ends.
    fn put_numbered(
        &mut self,
        name: &WireName,
        slot: &Slot,
        form: &WireForm,
        (code, hex): (TextCode, bool),
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let bit = name.number?;
        if form.prefix.is_none() && form.ending.is_none() && self.has_bit(bit) {
            // Its place in the bitmaps is there: the value can stand first.
            let start = out.len();
            let Ok(Some(_)) = self.put_plain(slot, form, (true, false), surroundings, out) else {
                out.truncate(start);
                return None;
            };
            let maps = self.layers.last().map(|layer| layer.map_start);
            let set = |maps| iso8583::put_bit(out, maps, bit, code, hex);
            if bit > 0 && maps.and_then(set).is_none() {
                out.truncate(start);
                return None;
            }
            return Some(out.len());
        }
        let mut plain = std::mem::take(&mut self.plain);
        plain.clear();
        let written = self.put_plain(slot, form, (true, false), surroundings, &mut plain);
        let mut put = written.ok().flatten();
        if put.is_some() && bit > 0 {
            std::mem::swap(self.out_mut(), out);
            if self.set_bit(bit, code, hex).is_err() {
                put = None;
            }
            std::mem::swap(self.out_mut(), out);
        }
        let start = out.len();
        if let Some(units) = put
            && prefixed(form, &plain, units, Some(code), out).is_err()
        {
            out.truncate(start);
            put = None;
        }
        self.plain = plain;
        put.map(|_| out.len())
    }

    /// Whether the bitmaps that are written have that bit; there is none for the message type.
    fn has_bit(&self, bit: u16) -> bool {
        let maps = self.layers.last().map_or(0, |layer| layer.maps);
        bit == 0 || usize::from((bit - 1) / 64) < maps
    }

    fn put_plain(
        &self,
        slot: &Slot,
        form: &WireForm,
        (padded, bare): (bool, bool),
        surroundings: &dyn Surroundings,
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, Wrong> {
        match leaf::write_straight(&self.record, slot, form, (padded, bare), out)? {
            Some(units) => Ok(Some(units)),
            None => leaf::write_value(&self.inside(surroundings), slot, form, (padded, bare), &[], out),
        }
    }
}
