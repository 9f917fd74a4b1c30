//! Values, places that are filled later, and signatures.
//!
//! In: slots and wire forms. Out: octets at their place.

use dsl::evaluate::{Value, coded};
use dsl::program::FormatForm;
use dsl::value::{Form, Size};

use super::{Hole, Writer};
use crate::codec::place::encode;
use crate::codec::{FaultKind, Wrong, chain, leaf};
use crate::value::Surroundings;

impl Writer<'_> {
    pub(super) fn put(
        &mut self,
        slot: u16,
        wire: u32,
        level: u8,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        let Some(octets) = self.value_octets(index, wire, surroundings)? else {
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
        if octets.is_empty()
            && self.layers.last().is_some_and(|layer| layer.is_segments() && layer.name.is_some())
        {
            // An empty place, or a tag without a value, is one that is not there.
            let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
            if form.absent == dsl::value::Absent::Never {
                return Err(FaultKind::TooShort.into());
            }
            self.layer()?.name = None;
            return Ok(());
        }
        self.begin_value()?;
        self.put_octets(&octets);
        self.value_end = self.out().len();
        self.end_value()
    }

    /// A value as it stands in its format; none if it is left out.
    pub(super) fn value_octets(
        &self,
        index: usize,
        wire: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<Option<Vec<u8>>, Wrong> {
        let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let layer = self.layers.last();
        let format = match layer {
            Some(layer) => Some(self.format(layer.format)?),
            None => None,
        };
        let padded =
            matches!(format, Some(FormatForm::Fixed | FormatForm::Path | FormatForm::Iso8583 { .. }));
        let bare = matches!(format, Some(FormatForm::Json { .. })) && !form.quoted;
        let inside = self.inside(surroundings);
        let mut plain = Vec::new();
        let around = match format {
            Some(FormatForm::Xml { form: Some(xml), .. }) if form.form == Form::Bytes => &xml.bytes,
            Some(FormatForm::Xml { form: Some(xml), .. }) => &xml.text,
            _ => &Vec::new(),
        };
        let slot = self.record.slot(index);
        let written = leaf::write_value(&inside, &slot, form, (padded, bare), around, &mut plain)?;
        let Some(units) = written else { return Ok(None) };
        let name = layer.and_then(|layer| layer.name.as_deref());
        match format {
            // Most values of a fixed record stand as they are.
            Some(FormatForm::Fixed | FormatForm::Path) if form.prefix.is_none() && form.ending.is_none() => {
                Ok(Some(plain))
            }
            Some(format) => encode(self.programs, format, Some(form), &plain, units, name).map(Some),
            None => Ok(Some(plain)),
        }
    }

    pub(super) fn hole(&mut self, hole: u16, wire: Option<u32>) -> Result<(), Wrong> {
        let form = wire.and_then(|wire| self.programs.program.wires.get(wire as usize));
        self.begin_value()?;
        let layer = self.layers.last();
        let fixed = layer.is_none_or(|layer| layer.is_fixed);
        let width = match form {
            Some(form) if fixed => leaf::width(self.programs.program, form).unwrap_or(match form.size {
                Size::Fixed(units) => units as usize,
                _ => 1,
            }),
            _ => 1,
        };
        let format = layer.map(|layer| layer.format);
        let place = Hole { part: self.part, at: self.out().len(), length: width, format, filled: false };
        self.put_octets(&vec![0; width]);
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
        let mut plain = Vec::new();
        let index = self.rows.index(0, slot)?;
        let written =
            leaf::write_value(&inside, &self.record.slot(index), form, (padded, bare), &[], &mut plain)?;
        let units = written.ok_or(FaultKind::Missing)?;
        if let Some(format) = format {
            plain = encode(self.programs, format, Some(form), &plain, units, None)?;
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
