//! How each format writes groups and lists.
//!
//! In: the writer's layers. Out: what stands before, between and behind their values.

use crate::codec::DEPTH_MAX;
use dsl::program::FormatForm;

use super::{Behind, Layer};
use crate::charset;
use crate::codec::write::Writer;
use crate::codec::{FaultKind, Wrong, tlv, zip};

impl Layer<'_> {
    /// The parts of the entry that is open become the entry.
    fn close_entry(&mut self) -> Result<(), Wrong> {
        let mut parts = self.entries.split_off(self.entry_from.min(self.entries.len()));
        let mut part = |wanted: &str| {
            let found = parts.iter().position(|(name, _)| name == wanted).ok_or(FaultKind::Missing)?;
            Ok::<_, Wrong>(parts.swap_remove(found).1)
        };
        let (name, content) = (part(zip::NAME)?, part(zip::CONTENT)?);
        let name = charset::decode(self.charset, &name).map_err(|_| FaultKind::Character)?.into_owned();
        self.entries.push((name, content));
        Ok(())
    }
}

impl<'p> Writer<'p> {
    pub(in crate::codec) fn down(&mut self) -> Result<(), Wrong> {
        let layer = self.layer()?;
        let form = layer.format;
        match self.format(form)? {
            FormatForm::Delimited(_) => {
                self.layer()?.first = true;
                Ok(())
            }
            FormatForm::Json { .. } => {
                self.begin_value()?;
                self.put_octets(b"{");
                self.open_group(Behind::Signs("}"))
            }
            FormatForm::Xml { .. } => {
                let start = self.out().len();
                let layer = self.layer()?;
                if layer.name.is_none() && matches!(layer.items.last(), Some((None, true))) {
                    // The item's template is the group.
                    return self.open_group(Behind::Nothing);
                }
                let name = self.value_name()?;
                let layer = self.layer()?;
                layer.begun = false;
                let around = match layer.templates.as_ref().and_then(|templates| templates.group()) {
                    Some(template) => Some(template.around(&name.text)?),
                    None => None,
                };
                let behind = self.begin_tag(name, around);
                self.open_group(behind)?;
                let end = self.out().len();
                let layer = self.layer()?;
                if let Some(last) = layer.group_starts.last_mut() {
                    *last = start;
                }
                layer.tag_end = end;
                Ok(())
            }
            FormatForm::Segments(form) => self.down_segment(form),
            FormatForm::Tlv(_) => {
                self.begin_value()?;
                self.open_group(Behind::Nothing)
            }
            FormatForm::Zip { .. } => {
                self.value_name()?;
                let layer = self.layer()?;
                layer.entry_from = layer.entries.len();
                self.open_group(Behind::Nothing)
            }
            _ => Err(FaultKind::Program.into()),
        }
    }

    pub(super) fn open_group(&mut self, behind: Behind<'p>) -> Result<(), Wrong> {
        let start = self.out().len();
        let layer = self.layer()?;
        if layer.groups.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        layer.groups.push((behind, false));
        layer.group_starts.push(start);
        // Items of a list around this group are not its children.
        layer.items.push((None, false));
        (layer.begun, layer.first) = (false, true);
        Ok(())
    }

    pub(in crate::codec) fn up(&mut self) -> Result<(), Wrong> {
        let format = self.layer()?.format;
        match self.format(format)? {
            FormatForm::Delimited(form) => {
                let end = form.lines.as_ref().map(|(end, _)| end.as_bytes()).unwrap_or_default().to_vec();
                self.put_octets(&end);
                Ok(())
            }
            FormatForm::Segments(form) => self.up_segment(form),
            FormatForm::Tlv(form) => {
                let layer = self.layer()?;
                layer.groups.pop();
                layer.items.pop();
                let (start, part) = (layer.group_starts.pop().ok_or(FaultKind::Program)?, layer.part);
                let length = self.out().len().saturating_sub(start);
                let mut head = Vec::new();
                match form {
                    dsl::model::Tlv::Ber => tlv::write_ber_length(length, &mut head),
                    dsl::model::Tlv::Plain { length: size, kind, .. } => {
                        tlv::write_length(length, *size as usize, *kind, &mut head)
                    }
                }
                .ok_or(FaultKind::TooLong)?;
                self.insert(part, start, &head)?;
                self.after_group()
            }
            form => {
                let layer = self.layer()?;
                if let FormatForm::Zip { .. } = form {
                    layer.close_entry()?;
                }
                let (behind, _) = layer.groups.pop().ok_or(FaultKind::Program)?;
                layer.group_starts.pop();
                layer.items.pop();
                layer.tag_end = 0;
                self.put_behind(&behind);
                self.after_group()
            }
        }
    }

    pub(super) fn after_group(&mut self) -> Result<(), Wrong> {
        self.value_end = self.out().len();
        let layer = self.layer()?;
        (layer.begun, layer.first) = (false, false);
        Ok(())
    }

    pub(in crate::codec) fn begin_list(&mut self, alone: bool) -> Result<(), Wrong> {
        let Some(layer) = self.layers.last() else { return Ok(()) };
        match self.format(layer.format)? {
            FormatForm::Json { .. } => {
                let top = layer.name.is_none() && layer.items.is_empty() && self.out().len() == layer.start;
                self.begin_value()?;
                if !alone {
                    self.put_octets(b"[");
                }
                let layer = self.layer()?;
                if top {
                    layer.top = Some("");
                }
                layer.items.push((None, !alone));
                (layer.begun, layer.first) = (alone, true);
            }
            FormatForm::Xml { .. } => {
                let name = self.value_name()?;
                let layer = self.layer()?;
                let around = match layer.templates.as_ref().and_then(|templates| templates.list()) {
                    Some(template) => Some(template.around(&name.text)?),
                    None => None,
                };
                match around {
                    Some((before, behind)) => {
                        layer.items.push((None, true));
                        layer.groups.push((Behind::Template(behind), true));
                        self.put_octets(before.as_bytes());
                    }
                    None => layer.items.push((Some(name), false)),
                }
            }
            FormatForm::Fixed | FormatForm::Path | FormatForm::Delimited(_) => {}
            FormatForm::Segments(_) => {
                // Rows of several lines or tags have no name.
                let layer = self.layer()?;
                let name = layer.name.take();
                layer.items.push((name, false));
            }
            _ => {
                let name = self.value_name()?;
                self.layer()?.items.push((Some(name), false));
            }
        }
        Ok(())
    }

    pub(in crate::codec) fn begin_item(&mut self, row: u32) -> Result<(), Wrong> {
        let layer = self.layer()?;
        if let (Some((None, true)), Some(templates)) = (layer.items.last(), layer.templates.as_ref())
            && let Some(item) = templates.item()
        {
            let (before, behind) = item.around(&row.to_string())?;
            layer.groups.push((Behind::Template(behind), true));
            self.put_octets(before.as_bytes());
        }
        Ok(())
    }

    pub(in crate::codec) fn end_item(&mut self) -> Result<(), Wrong> {
        let layer = self.layer()?;
        let templated = matches!(layer.items.last(), Some((None, true)))
            && layer.templates.as_ref().is_some_and(|templates| templates.item().is_some());
        if templated {
            let (behind, _) = layer.groups.pop().ok_or(FaultKind::Program)?;
            self.put_behind(&behind);
        }
        Ok(())
    }

    pub(in crate::codec) fn end_list(&mut self) -> Result<(), Wrong> {
        let Some(layer) = self.layers.last() else { return Ok(()) };
        match self.format(layer.format)? {
            FormatForm::Json { .. } => {
                let (_, brackets) = self.layer()?.items.pop().ok_or(FaultKind::Program)?;
                if brackets {
                    self.put_octets(b"]");
                }
            }
            FormatForm::Fixed | FormatForm::Path | FormatForm::Delimited(_) => return Ok(()),
            _ => {
                let layer = self.layer()?;
                let (_, templated) = layer.items.pop().ok_or(FaultKind::Program)?;
                if templated {
                    let (behind, _) = layer.groups.pop().ok_or(FaultKind::Program)?;
                    self.put_behind(&behind);
                }
            }
        }
        self.after_group()
    }
}
