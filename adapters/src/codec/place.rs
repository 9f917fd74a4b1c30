//! How each format writes names, values, groups and lists.
//!
//! In: the writer's layers and plain octets. Out: octets in the part that is written.

mod encode;
mod groups;
mod segments;
mod stride;

pub(super) use encode::encode;

use std::ops::Deref;
use std::sync::Arc;

use dsl::program::{FormatForm, WireName};

use super::parse::Templates;
use super::write::Writer;
use super::{FaultKind, Wrong, chain, iso8583, json, tlv};
use crate::charset;
use crate::charset::Charset;
use segments::Within;

/// The name of a value: one of the program's, or one that was computed.
#[derive(Clone, Debug)]
pub(super) enum Name<'p> {
    Known(&'p WireName),
    Made(Arc<WireName>),
}

impl Deref for Name<'_> {
    type Target = WireName;

    fn deref(&self) -> &WireName {
        match self {
            Name::Known(name) => name,
            Name::Made(name) => name,
        }
    }
}

/// A format that is open while writing.
#[derive(Debug)]
pub(super) struct Layer<'p> {
    pub(super) format: u32,
    pub(super) part: usize,
    /// Where its octets begin.
    pub(super) start: usize,
    pub(super) charset: Charset,
    pub(super) is_fixed: bool,
    pub(super) is_delimited: bool,
    /// The name of the next value.
    pub(super) name: Option<Name<'p>>,
    /// The name of the value that is being written.
    pub(super) value_of: Option<Name<'p>>,
    /// The name and what precedes the value are written.
    begun: bool,
    /// Nothing stands before the next value in its group.
    first: bool,
    /// What ends the value, the group or list that is open, and whether its own first value was still to come.
    behind: Option<Behind<'p>>,
    groups: Vec<(Behind<'p>, bool)>,
    pub(super) group_starts: Vec<usize>,
    /// Lists that are open: name of the items; in brackets.
    items: Vec<(Option<Name<'p>>, bool)>,
    templates: Option<Box<Templates>>,
    attributes: bool,
    /// What is open in a segment text, outermost first; empty in others.
    within: Vec<Within>,
    /// Where the start tag that is open ends (attributes), plus one; 0: none.
    pub(super) tag_end: usize,
    /// JSON: the sign that ends the whole.
    top: Option<&'static str>,
    /// Bitmaps of ISO 8583: where and how many.
    pub(super) map_start: usize,
    maps: usize,
    /// Entries of a zip; parts of the one that is open, behind them.
    pub(super) entries: Vec<(String, Vec<u8>)>,
    /// Where the parts of the entry that is open begin.
    pub(super) entry_from: usize,
}

/// What ends a value, a group or a list.
#[derive(Debug)]
enum Behind<'p> {
    /// Nothing.
    Nothing,
    /// These signs.
    Signs(&'static str),
    /// The end tag of a name.
    Tag(Name<'p>),
    /// The rest of a template.
    Template(String),
    /// The quote of an attribute and the end of the start tag that it stands in.
    Attribute,
}

impl Layer<'_> {
    /// A value of a format of widths was written.
    pub(super) fn value_was_put(&mut self) {
        (self.begun, self.first) = (false, false);
    }

    /// Whether it is a segment text or tag=value text.
    pub(super) fn is_segments(&self) -> bool {
        !self.within.is_empty()
    }

    pub(super) const NOTHING: Layer<'static> = Layer {
        format: 0,
        part: 0,
        start: 0,
        charset: Charset::Utf8,
        is_fixed: false,
        is_delimited: false,
        name: None,
        value_of: None,
        begun: false,
        first: true,
        behind: None,
        groups: Vec::new(),
        group_starts: Vec::new(),
        items: Vec::new(),
        templates: None,
        attributes: false,
        within: Vec::new(),
        tag_end: 0,
        top: None,
        map_start: 0,
        maps: 0,
        entries: Vec::new(),
        entry_from: 0,
    };

    /// Begins with a format, where its octets begin.
    pub(super) fn begin(
        &mut self,
        format: u32,
        form: &FormatForm,
        (part, start): (usize, usize),
        charset: Charset,
    ) -> Result<(), Wrong> {
        (self.format, self.part, self.start, self.map_start) = (format, part, start, start);
        self.charset = charset;
        match form {
            FormatForm::Fixed | FormatForm::Path => self.is_fixed = true,
            FormatForm::Delimited(_) => self.is_delimited = true,
            FormatForm::Xml { form: Some(form), .. } => {
                (self.templates, self.attributes) = (Templates::of(form)?, form.attributes);
            }
            FormatForm::Segments(form) => self.within.push(Within::of(form)),
            _ => {}
        }
        Ok(())
    }
}

const SOAP: [(&str, &str); 2] =
    [("http://schemas.xmlsoap.org/soap/envelope/", "11"), ("http://www.w3.org/2003/05/soap-envelope", "12")];

impl<'p> Writer<'p> {
    pub(super) fn begin_format(&mut self, form: &FormatForm) -> Result<(), Wrong> {
        if let FormatForm::Xml { form, soap, .. } = form {
            if let Some(start) = form.as_ref().and_then(|form| form.start.as_deref()) {
                self.put_octets(start.as_bytes());
            }
            if *soap != 0 {
                let space = if *soap == 12 { SOAP[1].0 } else { SOAP[0].0 };
                let text = format!("<soapenv:Envelope xmlns:soapenv=\"{space}\"><soapenv:Body>");
                self.put_octets(text.as_bytes());
            }
        }
        Ok(())
    }

    /// What ends a format.
    pub(super) fn closing(&self, form: &FormatForm) -> Result<Vec<u8>, Wrong> {
        let layer = self.layers.last().ok_or(FaultKind::Program)?;
        Ok(match form {
            FormatForm::Json { .. } => match layer.top {
                Some(sign) => sign.as_bytes().to_vec(),
                None if self.out().len() == layer.start => b"{}".to_vec(),
                None => Vec::new(),
            },
            FormatForm::Segments(form) => self.close_segments(form),
            FormatForm::Xml { soap, .. } if *soap != 0 => b"</soapenv:Body></soapenv:Envelope>".to_vec(),
            _ => Vec::new(),
        })
    }

    /// Writes the name of the next value and what stands before it, unless that is done.
    pub(super) fn begin_value(&mut self) -> Result<(), Wrong> {
        let Some(layer) = self.layers.last() else { return Ok(()) };
        if layer.begun {
            return Ok(());
        }
        match self.format(layer.format)? {
            FormatForm::Fixed | FormatForm::Path => {}
            FormatForm::Delimited(form) => {
                if !layer.first && !form.trailing {
                    self.put_octets(form.separator.as_bytes());
                }
            }
            FormatForm::Json { .. } => self.begin_json()?,
            FormatForm::Xml { .. } => self.begin_xml()?,
            FormatForm::Form { .. } => {
                let name = self.value_name()?;
                if !self.layer()?.first {
                    self.put_octets(b"&");
                }
                let charset = self.layer()?.charset;
                let name =
                    charset::encode(charset, &name.text).map_err(|_| FaultKind::Character)?.into_owned();
                self.put_octets(&chain::to_percent(&name));
                self.put_octets(b"=");
            }
            FormatForm::Headers => {
                let name = self.value_name()?;
                self.put_octets(name.octets());
                self.put_octets(b": ");
            }
            FormatForm::Segments(form) => self.begin_segment(form)?,
            FormatForm::Tlv(form) => {
                let name = self.value_name()?;
                let tag = tlv::tag_octets(form, &name.text).ok_or(FaultKind::Program)?;
                self.put_octets(&tag);
            }
            FormatForm::Iso8583 { code, bitmap_hex, .. } => {
                let bit = self.value_name()?.number.ok_or(FaultKind::Program)?;
                if bit > 0 {
                    self.set_bit(bit, *code, *bitmap_hex)?;
                }
            }
            FormatForm::Zip { .. } => {
                self.value_name()?;
            }
        }
        let layer = self.layer()?;
        (layer.begun, layer.first) = (true, false);
        Ok(())
    }

    fn value_name(&mut self) -> Result<Name<'p>, Wrong> {
        let layer = self.layer()?;
        let item = layer.items.last().and_then(|(name, _)| name.clone());
        let name = layer.name.take().or(item).ok_or(FaultKind::Program)?;
        layer.value_of = Some(name.clone());
        Ok(name)
    }

    fn begin_json(&mut self) -> Result<(), Wrong> {
        let empty = self.out().len() == self.layers.last().map_or(0, |layer| layer.start);
        let layer = self.layer()?;
        let name = layer.name.take();
        let charset = layer.charset;
        if empty && layer.top.is_none() && name.is_some() {
            layer.top = Some("}");
            self.put_octets(b"{");
        }
        let layer = self.layer()?;
        if !layer.first {
            self.put_octets(b",");
        }
        if let Some(name) = name {
            match name.key().filter(|_| charset.is_ascii_compatible()) {
                Some(key) => self.put_octets(key),
                None => {
                    let octets = charset::encode(charset, &name.text).map_err(|_| FaultKind::Character)?;
                    self.put_octets(b"\"");
                    json::escape(&octets, charset, self.out_mut());
                    self.put_octets(b"\":");
                }
            }
            self.layer()?.value_of = Some(name);
        }
        Ok(())
    }

    fn begin_xml(&mut self) -> Result<(), Wrong> {
        let name = self.value_name()?;
        let layer = self.layer()?;
        if name.is_own_text() {
            layer.behind = Some(Behind::Nothing);
            return Ok(());
        }
        let attribute = match name.of_attribute() {
            None if layer.attributes && layer.tag_end > 0 => Some(&*name.text),
            said => said,
        };
        if let Some(name) = attribute {
            // The start tag stands open one octet before its end is remembered.
            let at = layer.tag_end.checked_sub(1).ok_or(FaultKind::Program)?;
            let head = format!(" {name}=\"");
            layer.behind = Some(Behind::Attribute);
            let (part, tail) = (layer.part, self.out().get(at..).unwrap_or_default().to_vec());
            if !tail.is_empty() && tail != b">" {
                return Err(FaultKind::Program.into());
            }
            self.splice(part, at, tail.len(), head.as_bytes())?;
            return Ok(());
        }
        let around = match layer.templates.as_ref().and_then(|templates| templates.value()) {
            Some(template) => Some(template.around(&name.text)?),
            None => None,
        };
        let behind = self.begin_tag(name, around);
        self.layer()?.behind = Some(behind);
        Ok(())
    }

    /// Writes what stands before a named content, as a template says or as a start tag; gives what ends it.
    fn begin_tag(&mut self, name: Name<'p>, around: Option<(String, String)>) -> Behind<'p> {
        if let Some((before, behind)) = around {
            self.put_octets(before.as_bytes());
            return Behind::Template(behind);
        }
        self.put_octets(name.start_tag());
        Behind::Tag(name)
    }

    fn put_behind(&mut self, behind: &Behind<'p>) {
        match behind {
            Behind::Nothing => {}
            Behind::Signs(signs) => self.put_octets(signs.as_bytes()),
            Behind::Template(text) => self.put_octets(text.as_bytes()),
            Behind::Attribute => self.put_octets(b"\">"),
            Behind::Tag(name) => self.put_octets(name.end_tag()),
        }
    }

    fn set_bit(&mut self, bit: u16, code: dsl::model::TextCode, hex: bool) -> Result<(), Wrong> {
        let needed = usize::from((bit - 1) / 64) + 1;
        if needed > 3 {
            return Err(FaultKind::Program.into());
        }
        let end = self.out().len();
        let layer = self.layer()?;
        let part = layer.part;
        if layer.maps == 0 {
            layer.map_start = end;
        }
        let start = layer.map_start;
        while self.layer()?.maps < needed {
            let maps = self.layer()?.maps;
            self.insert(part, start + maps * iso8583::bitmap_octets(hex), &iso8583::empty_map(code, hex))?;
            let layer = self.layer()?;
            (layer.maps, layer.map_start) = (maps + 1, start);
            if maps > 0 {
                // The first bit of each bitmap says that another one follows.
                let more = u16::try_from((maps - 1) * 64 + 1).map_err(|_| FaultKind::Program)?;
                iso8583::put_bit(self.out_mut(), start, more, code, hex).ok_or(FaultKind::Program)?;
            }
        }
        iso8583::put_bit(self.out_mut(), start, bit, code, hex).ok_or_else(|| FaultKind::Program.into())
    }

    /// Puts octets in at a place; what begins there begins behind them.
    fn insert(&mut self, part: usize, at: usize, octets: &[u8]) -> Result<(), Wrong> {
        if at >= self.out().len() {
            self.put_octets(octets);
            return Ok(());
        }
        // The octet before is replaced with itself and the rest, so that places at `at` move too.
        let before = at.checked_sub(1).ok_or(FaultKind::Program)?;
        let kept = self.out().get(before).copied().ok_or(FaultKind::Program)?;
        let mut with = vec![kept];
        with.extend_from_slice(octets);
        self.splice(part, before, 1, &with)
    }

    /// Writes what ends a value.
    pub(super) fn end_value(&mut self) -> Result<(), Wrong> {
        let layer = self.layer()?;
        layer.begun = false;
        layer.first = false;
        let behind = layer.behind.take();
        let format = self.layer()?.format;
        match self.format(format)? {
            FormatForm::Delimited(form) if form.trailing => self.put_octets(form.separator.as_bytes()),
            FormatForm::Xml { .. } => {
                if let Some(behind) = behind {
                    self.put_behind(&behind);
                    if let Behind::Attribute = behind {
                        let end = self.out().len();
                        self.layer()?.tag_end = end;
                    }
                }
            }
            FormatForm::Headers => self.put_octets(b"\r\n"),
            FormatForm::Segments(form) => {
                if let Some((_, ended)) = &form.form.tagged {
                    self.put_octets(ended.as_bytes());
                }
            }
            FormatForm::Zip { .. } => {
                let layer = self.layer()?;
                let (name, start) = (layer.value_of.take().ok_or(FaultKind::Program)?, layer.start);
                let content = self.out().get(start..).unwrap_or_default().to_vec();
                self.out_mut().truncate(start);
                self.layer()?.entries.push((name.text.to_string(), content));
            }
            _ => {}
        }
        Ok(())
    }

    /// Before a region begins: what is not of it is written.
    pub(super) fn before_mark(&mut self, value: bool) -> Result<(), Wrong> {
        let Some(layer) = self.layers.last() else { return Ok(()) };
        let json = matches!(self.format(layer.format)?, FormatForm::Json { .. });
        let pending = layer.name.is_some() || layer.items.last().is_some_and(|(name, _)| name.is_some());
        match self.format(layer.format)? {
            FormatForm::Fixed | FormatForm::Path => Ok(()),
            FormatForm::Delimited(_) | FormatForm::Iso8583 { .. } => self.begin_value(),
            FormatForm::Segments(_) if pending && self.marks_a_place() => self.begin_value(),
            _ if json || (value && pending) => self.begin_value(),
            _ => Ok(()),
        }
    }
}
