//! The octets of a node without the escapes of its format, and regions that are spoken of.
//!
//! In: the current value. Out: octets in the message or in scratch.

use dsl::program::{FormatForm, WireForm};
use dsl::value::{Absent, AbsentForm};

use super::{Current, Use, Walk};
use crate::charset::Charset;
use crate::codec::read::Reader;
use crate::codec::template::region;
use crate::codec::tree::{Escape, Kind};
use crate::codec::{FaultKind, Wrong, chain, json, segments, xml};
use crate::value::Span;

impl Reader<'_> {
    /// The octets of the current value without its format's escapes; none if it is missing.
    pub(in crate::codec) fn leaf_octets(&mut self, wire: &WireForm) -> Result<Option<Span>, Wrong> {
        match self.current {
            Current::Octets(span) => Ok(Some(span)),
            Current::Missing => Ok(None),
            Current::Nothing => Err(FaultKind::Program.into()),
            Current::Node(node) => self.node_leaf(node, wire),
        }
    }

    pub(super) fn node_leaf(&mut self, index: u32, wire: &WireForm) -> Result<Option<Span>, Wrong> {
        let index = match self.segments() {
            Some(form) if form.form.unknown_kept => match self.first_part(index) {
                Some(first) => first,
                None => return Ok(None),
            },
            _ => index,
        };
        let frame = self.frame()?;
        let format = self.format(frame.format)?;
        let charset = frame.charset;
        let node = self.tree.node(index).ok_or(FaultKind::Program)?;
        let (kind, value, escape) = (node.kind, node.value, node.escape);
        let wrong = Wrong { kind: FaultKind::NotOfForm, at: value.start };
        self.odd = kind == Kind::Bare && matches!(format, FormatForm::Iso8583 { .. });
        if let FormatForm::Json { .. } = format {
            let any = wire.tolerate.iter().any(|word| &**word == "any");
            match kind {
                Kind::Null => {
                    let null = matches!(&wire.absent, Absent::As(forms)
                        if forms.iter().any(|form| matches!(form, AbsentForm::Text(text) if &**text == "null")));
                    return if null || wire.absent == Absent::LeftOut { Ok(None) } else { Err(wrong) };
                }
                Kind::Text if wire.quoted || any => {}
                Kind::Bare if !wire.quoted || any => {}
                _ => return Err(wrong),
            }
        } else if kind == Kind::Group
            && (!matches!(format, FormatForm::Xml { .. })
                || self
                    .tree
                    .children(index)
                    .any(|child| self.tree.node(child).is_some_and(|child| child.kind != Kind::Attribute)))
        {
            return Err(wrong);
        }
        self.unescaped(value, escape, charset).map(Some)
    }

    pub(super) fn unescaped(&mut self, value: Span, escape: Escape, charset: Charset) -> Result<Span, Wrong> {
        let octets = self.record.octets(value);
        let plain = match escape {
            Escape::None => return Ok(value),
            Escape::Json => json::unescape(octets, charset),
            Escape::Xml => xml::unescape(octets, charset),
            Escape::Form => chain::from_percent(octets, true),
            Escape::Segments => {
                let signs = self.frame()?.signs.as_ref().ok_or(FaultKind::Program)?;
                if !signs.is_escaped(octets) {
                    return Ok(value);
                }
                segments::unescape(octets, signs, charset)
            }
        };
        let plain = plain.map_err(|wrong| Wrong { at: value.start, ..wrong })?;
        Ok(self.record.keep(&plain)?)
    }

    /// The octets of a node that a format is in: a text's inside, or the node as it stands.
    pub(super) fn node_octets(&mut self, index: u32, text: bool, format: &FormatForm) -> Result<Span, Wrong> {
        let charset = self.frame()?.charset;
        let around = self.format(self.frame()?.format)?;
        let node = self.tree.node(index).ok_or(FaultKind::Program)?;
        let (kind, value, escape) = (node.kind, node.value, node.escape);
        match around {
            FormatForm::Json { .. } => match kind {
                Kind::Text => self.unescaped(value, escape, charset),
                Kind::Group | Kind::List if !text => Ok(value),
                _ => Err(Wrong { kind: FaultKind::NotOfForm, at: value.start }),
            },
            FormatForm::Xml { .. } => {
                let elements = self
                    .tree
                    .children(index)
                    .any(|child| self.tree.node(child).is_some_and(|child| child.kind != Kind::Attribute));
                if elements && !text && matches!(format, FormatForm::Xml { .. }) {
                    return Ok(value);
                }
                self.unescaped(value, escape, charset)
            }
            FormatForm::Segments(_) if kind == Kind::Group => {
                Err(Wrong { kind: FaultKind::NotOfForm, at: value.start })
            }
            _ => self.unescaped(value, escape, charset),
        }
    }

    pub(in crate::codec) fn mark(&mut self, region_number: u16) -> Result<(), Wrong> {
        let span = match self.current {
            Current::Node(node) => {
                let inner = matches!(
                    self.format(self.frame()?.format)?,
                    FormatForm::Xml { .. }
                        | FormatForm::Form { .. }
                        | FormatForm::Headers
                        | FormatForm::Segments(_)
                        | FormatForm::Zip { .. }
                );
                let leaf = inner && self.used_as() == Use::Value;
                region(&self.tree, node, leaf)
            }
            Current::Octets(span) => span,
            Current::Missing => return Ok(()),
            Current::Nothing => match self.frames.last() {
                Some(frame) if frame.walk == Walk::Named => return Err(FaultKind::Program.into()),
                Some(frame) => Span { start: frame.at, end: frame.at, ..frame.span },
                None => return Err(FaultKind::Program.into()),
            },
        };
        *self.regions.get_mut(usize::from(region_number)).ok_or(FaultKind::Program)? = Some(span);
        Ok(())
    }

    pub(in crate::codec) fn end_mark(&mut self, region_number: u16) -> Result<(), Wrong> {
        if self.in_named() {
            return Ok(());
        }
        let Some(frame) = self.frames.last() else { return Ok(()) };
        let (at, buffer) = (frame.at, frame.span.buffer);
        let place = self.regions.get_mut(usize::from(region_number)).ok_or(FaultKind::Program)?;
        if let Some(span) = place
            && span.buffer == buffer
            && at >= span.start
        {
            span.end = at;
        }
        Ok(())
    }
}
