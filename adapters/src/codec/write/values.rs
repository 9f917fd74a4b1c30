//! Values, places that are filled later, and signatures.
//!
//! In: slots and wire forms. Out: octets at their place.

use dsl::evaluate::{Value, coded};
use dsl::program::{FormatForm, WireForm, WireName, Write};
use dsl::value::{Form, Size};

use super::{Hole, Writer};
use crate::codec::place::{Layer, encode};
use crate::codec::{FaultKind, Wrong, chain, leaf};
use crate::value::Surroundings;

/// Room for what fills a place: most seals need no more.
const FILLED: usize = 64;

impl Writer<'_> {
    /// Values that stand one behind the other, all at once. Nothing has happened where one of them cannot be written: put
    /// one by one they say which.
    pub(super) fn stride(&mut self, surroundings: &dyn Surroundings) -> Option<u32> {
        let message = self.programs.message;
        let stride = message.write_strides.get(self.at).filter(|stride| stride.values > 1)?;
        let to = self.at + usize::from(stride.values);
        let steps = message.write.get(self.at..to).filter(|_| to <= self.end)?;
        self.layers.last().filter(|layer| layer.is_fixed)?;
        let mut out = std::mem::take(self.out_mut());
        let start = out.len();
        out.reserve(stride.octets as usize);
        let done = self.put_all(steps, surroundings, &mut out);
        if done.is_none() {
            out.truncate(start);
        }
        *self.out_mut() = out;
        done?;
        self.value_end = self.out().len();
        let layer = self.layers.last_mut()?;
        layer.value_was_put();
        u32::try_from(to).ok()
    }

    fn put_all(&self, steps: &[Write], surroundings: &dyn Surroundings, out: &mut Vec<u8>) -> Option<()> {
        let inside = self.inside(surroundings);
        let mut base = None;
        for step in steps {
            let Write::Put { slot, wire, level } = step else { return None };
            let form = self.programs.program.wires.get(*wire as usize)?;
            let first = match base {
                Some(first) => first,
                None => *base.insert(self.rows.index(*level, 0).ok()?),
            };
            let slot = self.record.slots.get(first + usize::from(*slot))?;
            if leaf::write_straight(&self.record, slot, form, (true, false), out).ok()?.is_none() {
                leaf::write_value(&inside, slot, form, (true, false), &[], out).ok()??;
            }
        }
        Some(())
    }

    pub(super) fn put(
        &mut self,
        slot: u16,
        wire: u32,
        level: u8,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let mut plain = std::mem::take(&mut self.plain);
        plain.clear();
        let done = self.put_value(index, form, surroundings, &mut plain);
        self.plain = plain;
        done
    }

    fn put_value(
        &mut self,
        index: usize,
        form: &WireForm,
        surroundings: &dyn Surroundings,
        plain: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let layer = self.layers.last();
        let name = layer.and_then(|layer| layer.name.clone());
        let format = match layer {
            Some(layer) => Some(self.format(layer.format)?),
            None => None,
        };
        let padded =
            matches!(format, Some(FormatForm::Fixed | FormatForm::Path | FormatForm::Iso8583 { .. }));
        let bare = matches!(format, Some(FormatForm::Json { .. })) && !form.quoted;
        let around = match format {
            Some(FormatForm::Xml { form: Some(xml), .. }) if form.form == Form::Bytes => &xml.bytes,
            Some(FormatForm::Xml { form: Some(xml), .. }) => &xml.text,
            _ => &Vec::new(),
        };
        let slot = self.record.slot(index);
        let inside = self.inside(surroundings);
        let Some(units) = leaf::write_value(&inside, &slot, form, (padded, bare), around, plain)? else {
            // Left out: its name is not written either; in `delimited` its place stays empty.
            if let Some(layer) = self.layers.last_mut() {
                layer.name = None;
                if layer.is_delimited {
                    self.begin_value()?;
                    self.end_value()?;
                }
            }
            return Ok(());
        };
        if plain.is_empty() && name.is_some() && layer.is_some_and(Layer::is_segments) {
            // An empty place, or a tag without a value, is one that is not there.
            if form.absent == dsl::value::Absent::Never {
                return Err(FaultKind::TooShort.into());
            }
            self.layer()?.name = None;
            return Ok(());
        }
        self.begin_value()?;
        match format {
            // Most values of a fixed record stand as they are.
            Some(FormatForm::Fixed | FormatForm::Path) if form.prefix.is_none() && form.ending.is_none() => {
                self.put_octets(plain);
            }
            Some(format) => self.put_encoded(format, Some(form), plain, units, name.as_deref())?,
            None => self.put_octets(plain),
        }
        self.value_end = self.out().len();
        self.end_value()
    }

    /// Octets as a format writes them.
    fn put_encoded(
        &mut self,
        format: &FormatForm,
        form: Option<&WireForm>,
        plain: &[u8],
        units: usize,
        name: Option<&WireName>,
    ) -> Result<(), Wrong> {
        let mut out = std::mem::take(self.out_mut());
        let done = encode(self.programs, format, form, plain, units, name, &mut out);
        *self.out_mut() = out;
        done
    }

    pub(super) fn hole(&mut self, hole: u16, wire: Option<u32>) -> Result<(), Wrong> {
        let form = wire.and_then(|wire| self.programs.program.wires.get(wire as usize));
        self.begin_value()?;
        let layer = self.layers.last();
        let fixed = layer.is_none_or(|layer| layer.is_fixed);
        let width = match form {
            Some(form) if fixed => form.measures.width.unwrap_or(match form.size {
                Size::Fixed(units) => units as usize,
                _ => 1,
            }),
            _ => 1,
        };
        let format = layer.map(|layer| layer.format);
        let place = Hole { part: self.part, at: self.out().len(), length: width, format, filled: false };
        let end = place.at + width;
        self.out_mut().resize(end, 0);
        *self.holes.get_mut(usize::from(hole)).ok_or(FaultKind::Program)? = Some(place);
        self.value_end = self.out().len();
        if self.layers.is_empty() { Ok(()) } else { self.end_value() }
    }

    pub(super) fn fill(
        &mut self,
        hole: u16,
        slot: u16,
        wire: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let place = self.holes.get(usize::from(hole)).copied().flatten().ok_or(FaultKind::Program)?;
        let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let format = match place.format {
            Some(number) => Some(self.format(number)?),
            None => None,
        };
        let padded = !matches!(
            format,
            Some(
                FormatForm::Json { .. }
                    | FormatForm::Xml { .. }
                    | FormatForm::Form { .. }
                    | FormatForm::Headers
                    | FormatForm::Delimited(_)
                    | FormatForm::Segments(_)
                    | FormatForm::Tlv(_)
            )
        );
        let bare = matches!(format, Some(FormatForm::Json { .. })) && !form.quoted;
        let inside = self.inside(surroundings);
        let mut plain = Vec::with_capacity(FILLED);
        let index = self.rows.index(0, slot)?;
        let written =
            leaf::write_value(&inside, &self.record.slot(index), form, (padded, bare), &[], &mut plain)?;
        let units = written.ok_or(FaultKind::Missing)?;
        if let Some(format) = format {
            let mut encoded = Vec::with_capacity(plain.len() + 2);
            encode(self.programs, format, Some(form), &plain, units, None, &mut encoded)?;
            plain = encoded;
        }
        self.splice(place.part, place.at, place.length, &plain)?;
        if let Some(hole) = self.holes.get_mut(usize::from(hole)).and_then(Option::as_mut) {
            (hole.filled, hole.length) = (true, plain.len());
        }
        Ok(())
    }

    pub(super) fn sign(
        &mut self,
        slot: u16,
        signature: u16,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let form = self.programs.message.signatures.get(usize::from(signature)).ok_or(FaultKind::Program)?;
        let inside = self.inside(surroundings);
        let name = chain::cipher_name(&inside, &form.algorithm)?.into_owned();
        let covered = inside.octets(form.covered)?;
        let user = match form.user {
            Some(user) => Some(inside.evaluate(user)?.to_text(&inside)?.into_owned()),
            None => None,
        };
        let key = surroundings.key(&form.key)?;
        let made = self.seals.sign(&name, key, covered, user, surroundings)?;
        let text = match &*form.text {
            "hex" => coded::to_hex(&made, false),
            "hex_upper" => coded::to_hex(&made, true),
            "base64" => coded::to_base64(&made, false),
            "base64url" => coded::to_base64(&made, true),
            _ => return Ok(self.record.set(usize::from(slot), &Value::bytes(made))?),
        };
        let text = String::from_utf8(text).map_err(|_| FaultKind::Program)?;
        Ok(self.record.set(usize::from(slot), &Value::text(text))?)
    }
}
