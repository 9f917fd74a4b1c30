//! Formats that begin and end while a message is written, and what goes through their chains.
//!
//! In: the layers that are open. Out: octets of the format in what is around it.

use dsl::program::FormatForm;

use super::Writer;
use crate::codec::parse::charset_named;
use crate::codec::place::{Layer, encode};
use crate::codec::{DEPTH_MAX, FaultKind, Wrong, chain, zip};
use crate::value::Surroundings;

impl Writer<'_> {
    pub(super) fn enter(&mut self, format: u32) -> Result<(), Wrong> {
        if self.layers.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let form = self.format(format)?;
        self.begin_value()?;
        let charset = match form {
            FormatForm::Xml { charset, .. }
            | FormatForm::Json { charset, .. }
            | FormatForm::Form { charset } => charset_named(charset),
            _ => charset_named(&self.programs.message.charset),
        };
        let start = self.out().len();
        let place = (self.part, start);
        self.layers.push(Layer::NOTHING);
        self.layer()?.begin(format, form, place, charset)?;
        self.begin_format(form)
    }

    pub(super) fn leave(&mut self, chain: u32, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let codings = if chain == u32::MAX {
            &[][..]
        } else {
            let chain = self.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
            chain::chosen(&self.inside(surroundings), chain)?
        };
        let form = self.format(self.layers.last().ok_or(FaultKind::Program)?.format)?;
        let password = match form {
            FormatForm::Zip { password: Some(password), .. } => {
                Some(self.inside(surroundings).octets(*password)?)
            }
            _ => None,
        };
        // The cipher may stop the machine: it is asked before anything is changed.
        let start = self.layers.last().map_or(0, |layer| layer.start);
        let closing = self.closing(form)?;
        let around = match self.layers.len().checked_sub(2).and_then(|place| self.layers.get(place)) {
            Some(around) => Some(self.format(around.format)?),
            None => None,
        };
        let direct = match (form, around) {
            (_, None) => true,
            (_, Some(FormatForm::Fixed | FormatForm::Path)) => true,
            (FormatForm::Json { .. }, Some(FormatForm::Json { .. })) => codings.is_empty(),
            (FormatForm::Xml { .. }, Some(FormatForm::Xml { .. })) => codings.is_empty(),
            _ => false,
        };
        let plain = chain::is_plain(codings);
        if plain && direct && !matches!(form, FormatForm::Zip { .. }) {
            self.put_octets(&closing);
            self.layers.pop();
        } else {
            let mut body = self.out().get(start..).unwrap_or_default().to_vec();
            body.extend_from_slice(&closing);
            if let FormatForm::Zip { .. } = form {
                body = zip::pack(&self.layer()?.entries, password.as_deref())?;
            }
            let octets = chain::apply(&self.inside(surroundings), codings, body.clone())?;
            let octets = match around {
                Some(format) if !direct => {
                    let name = self
                        .layers
                        .get(self.layers.len().saturating_sub(2))
                        .and_then(|layer| layer.value_of.clone());
                    let mut encoded = Vec::new();
                    let units = octets.len();
                    encode(self.programs, format, None, &octets, units, name.as_deref(), &mut encoded)?;
                    encoded
                }
                _ => octets,
            };
            self.move_regions(start, body);
            self.out_mut().truncate(start);
            self.put_octets(&octets);
            self.layers.pop();
        }
        self.value_end = self.out().len();
        if !self.layers.is_empty() {
            self.end_value()?;
        }
        Ok(())
    }
}
