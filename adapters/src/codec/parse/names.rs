//! Values that are asked for by name: children, groups, lines, and what nobody asked for.
//!
//! In: the nodes of a format that was scanned. Out: the node that is the current value.

use dsl::program::{ExprId, FormatForm, Read, WireName};

use super::{Current, Frame, Use, Walk, charset_named, offset};
use crate::charset;
use crate::codec::read::Reader;
use crate::codec::template::Template;
use crate::codec::tree::{Kind, NONE, Named, Node};
use crate::codec::{DEPTH_MAX, FaultKind, Wrong, delimited, tlv, zip};
use crate::value::{Span, Surroundings};

impl<'p> Reader<'p> {
    /// Names that nobody asked for are refused unless they are kept; twice the same name always is.
    pub(super) fn left_over(&self, frame: &Frame, kept: bool) -> Result<(), Wrong> {
        let format = self.format(frame.format)?;
        let kept = kept
            || match format {
                FormatForm::Headers => true,
                FormatForm::Xml { form: Some(form), .. } => form.unknown_kept,
                _ => false,
            };
        let in_xml = matches!(format, FormatForm::Xml { .. });
        for node in self.tree.nodes.get(frame.nodes_from..).unwrap_or_default() {
            let looked_at = self.tree.node(node.parent).is_some_and(|parent| parent.entered);
            if node.seen || !looked_at || (in_xml && node.kind == Kind::Attribute && !frame.attributes) {
                continue;
            }
            let name = self.name_of(node);
            if node.kind == Kind::Attribute && name.starts_with(b"xmlns") {
                continue;
            }
            let double =
                self.tree.children(node.parent).filter_map(|child| self.tree.node(child)).any(|other| {
                    other.seen && other.kind == node.kind && self.name_of(other) == name && !frame.formed
                });
            if double && *format != FormatForm::Headers {
                return Err(Wrong { kind: FaultKind::Duplicate, at: node.outer.start });
            }
            if !kept {
                return Err(Wrong { kind: FaultKind::UnknownName, at: node.outer.start });
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn name_of<'a>(&'a self, node: &'a Node) -> &'a [u8] {
        self.tree.named(node).unwrap_or_else(|| self.record.octets(node.name))
    }

    /// Where values stand by their names alone: the format, the group that is looked at, and the node asked for last.
    #[inline]
    pub(in crate::codec) fn straight(&self) -> Option<(&'p FormatForm, u32, u32)> {
        let frame = self.frames.last().filter(|frame| frame.straight)?;
        Some((self.format(frame.format).ok()?, frame.group, frame.hint))
    }

    /// A node was asked for, and is the current value.
    #[inline]
    pub(in crate::codec) fn asked_last(&mut self, node: u32) {
        self.current = Current::Node(node);
        if let Some(frame) = self.frames.last_mut() {
            frame.hint = node;
        }
    }

    /// The local part of a name of XML.
    #[inline]
    pub(in crate::codec) fn local_of(&self, node: &Node) -> &[u8] {
        self.record.octets(Span { start: node.local, ..node.name })
    }

    #[inline]
    pub(super) fn used_as(&self) -> Use {
        let mut at = self.at + 1;
        loop {
            match self.programs.message.read.get(at) {
                Some(Read::JumpIfMissing { .. } | Read::Mark { .. } | Read::Begin { .. }) => at += 1,
                Some(Read::Down) => return Use::Group,
                Some(Read::List { .. } | Read::Several { .. }) => return Use::List,
                _ => return Use::Value,
            }
        }
    }

    pub(in crate::codec) fn child(&mut self, name: &WireName) -> Result<(), Wrong> {
        let used = self.used_as();
        if let FormatForm::Zip { .. } = self.format(self.frame()?.format)? {
            self.frame_mut()?.pattern = Some(name.text.clone());
        }
        let frame = self.frame()?;
        if frame.walk != Walk::Named {
            return Err(FaultKind::Program.into());
        }
        let format = self.format(frame.format)?;
        let found = self.find(frame, format, name, used);
        self.current = match found {
            None => Current::Missing,
            Some((outer, content)) => {
                let template = self.template(frame, used).filter(|_| outer != content || used != Use::Group);
                let mark = template.is_some();
                if let Some(node) = self.tree.node_mut(outer) {
                    node.seen = true;
                }
                if mark {
                    self.mark_between(outer, content);
                }
                // Its own text is no child of a group: the search for the next one goes on from where it was.
                if outer != self.frame()?.group {
                    self.frame_mut()?.hint = outer;
                }
                if let FormatForm::Segments(form) = format
                    && form.form.after.as_deref() == Some(&*name.text)
                {
                    self.frame_mut()?.free = form.form.free;
                }
                Current::Node(content)
            }
        };
        Ok(())
    }

    pub(super) fn mark_between(&mut self, outer: u32, content: u32) {
        let mut at = content;
        while at != NONE {
            let Some(node) = self.tree.node_mut(at) else { break };
            node.seen = true;
            if at == outer {
                break;
            }
            at = node.parent;
        }
    }

    pub(super) fn template<'f>(&self, frame: &'f Frame, used: Use) -> Option<&'f Template> {
        let templates = frame.templates.as_ref()?;
        match used {
            Use::Value => templates.value.as_ref(),
            Use::Group => templates.group.as_ref(),
            Use::List => templates.list.as_ref(),
        }
    }

    pub(super) fn find(
        &self,
        frame: &Frame,
        format: &FormatForm,
        name: &WireName,
        used: Use,
    ) -> Option<(u32, u32)> {
        if let Some(template) = self.template(frame, used)
            && !name.attribute
        {
            let content = |child| template.content(&self.tree, &self.record, child, name.octets());
            let outer = self.tree.find(frame.group, frame.hint, |child| content(child).is_some())?;
            return content(outer).map(|content| (outer, content));
        }
        if let FormatForm::Zip { .. } = format {
            return self.entry(frame, &name.text, used);
        }
        if let FormatForm::Segments(form) = format {
            return self.segment(frame, form, &name.text);
        }
        if name.is_own_text() && matches!(format, FormatForm::Xml { .. }) {
            return Some((frame.group, frame.group));
        }
        let tag = match format {
            FormatForm::Tlv(form) => tlv::tag_octets(form, &name.text),
            _ => None,
        };
        let is = |child: u32| {
            let Some(node) = self.tree.node(child) else { return false };
            match (format, name.number) {
                (FormatForm::Xml { .. }, _) => {
                    let attribute = name.attribute || (frame.attributes && used == Use::Value);
                    (node.kind == Kind::Attribute) == attribute && self.local_of(node) == name.local()
                }
                // What bits are called is their number.
                (FormatForm::Iso8583 { .. }, Some(number)) => node.named == Named::Number(number),
                (FormatForm::Headers, _) => self.name_of(node).eq_ignore_ascii_case(name.octets()),
                (FormatForm::Tlv(_), _) => tag.as_deref() == Some(self.name_of(node)),
                (FormatForm::Json { charset, .. }, _) if !name.text.is_ascii() => {
                    let found = charset::decode(charset_named(charset), self.name_of(node));
                    found.is_ok_and(|found| found == *name.text)
                }
                _ => self.name_of(node) == name.octets(),
            }
        };
        let found = self.tree.find(frame.group, frame.hint, is)?;
        Some((found, found))
    }

    /// In a zip: the next entry of a pattern that nobody has taken, and its content where that is the value; in an entry: its
    /// part of that name.
    fn entry(&self, frame: &Frame, name: &str, used: Use) -> Option<(u32, u32)> {
        let named = |child: u32, is: &dyn Fn(&Node) -> bool| self.tree.node(child).is_some_and(is);
        if frame.group != frame.root {
            let part = |child: &u32| named(*child, &|node| self.name_of(node) == name.as_bytes());
            return self.tree.children(frame.group).find(part).map(|found| (found, found));
        }
        let is = |child: &u32| named(*child, &|node| !node.seen && self.is_of(node, name));
        let outer = self.tree.children(frame.group).find(is)?;
        if used != Use::Value {
            return Some((outer, outer));
        }
        let content = |child: &u32| named(*child, &|node| self.name_of(node) == zip::CONTENT.as_bytes());
        self.tree.children(outer).find(content).map(|content| (outer, content))
    }

    /// Whether an entry of a zip is of a pattern.
    pub(super) fn is_of(&self, node: &Node, pattern: &str) -> bool {
        std::str::from_utf8(self.name_of(node)).is_ok_and(|name| zip::matches(pattern, name))
    }

    pub(in crate::codec) fn child_by(
        &mut self,
        name: ExprId,
        other: u16,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let inside = self.inside(surroundings);
        let name = inside.evaluate(name)?.to_text(&inside)?.into_owned();
        self.child(&WireName::of(&name))?;
        if self.current == Current::Missing
            && let Some(other) = self.programs.message.names.get(usize::from(other))
        {
            self.child(other)?;
        }
        Ok(())
    }

    pub(in crate::codec) fn down(&mut self) -> Result<(), Wrong> {
        if !self.in_named() {
            return self.begin_line();
        }
        let segments = self.segments().is_some();
        match self.current {
            Current::Missing if self.may_be_missing() => {
                let frame = self.frame_mut()?;
                frame.groups.push((frame.group, frame.hint));
                (frame.group, frame.hint) = (NONE, NONE);
                self.current = Current::Nothing;
                Ok(())
            }
            Current::Node(node) => {
                let found = self.tree.node_mut(node).ok_or(FaultKind::Program)?;
                if found.kind != Kind::Group && !segments {
                    return Err(FaultKind::NotOfForm.into());
                }
                // A value that is its own first part has to be asked for as such.
                let own = segments && found.kind == Kind::Text && !found.value.is_empty();
                (found.seen, found.entered) = (!own, true);
                let frame = self.frame_mut()?;
                if frame.groups.len() >= DEPTH_MAX {
                    return Err(FaultKind::Forbidden.into());
                }
                frame.groups.push((frame.group, frame.hint));
                (frame.group, frame.hint) = (node, NONE);
                self.current = Current::Nothing;
                Ok(())
            }
            _ => Err(FaultKind::Missing.into()),
        }
    }

    pub(in crate::codec) fn up(&mut self) -> Result<(), Wrong> {
        if !self.in_named() {
            return self.end_line();
        }
        let frame = self.frame_mut()?;
        let inner = frame.group;
        (frame.group, frame.hint) = frame.groups.pop().ok_or(FaultKind::Program)?;
        // What ended is still the current value: a region may end with it.
        self.current = Current::Node(inner);
        Ok(())
    }

    pub(super) fn begin_line(&mut self) -> Result<(), Wrong> {
        let frame = self.frame()?;
        let ends = delimited::line_ends(self.format(frame.format)?);
        let span = Span { start: frame.at, ..frame.span };
        if ends.is_empty() || frame.outer_end.is_some() {
            return Err(FaultKind::Program.into());
        }
        if span.is_empty() {
            return Err(Wrong { kind: FaultKind::Truncated, at: frame.at });
        }
        let found = delimited::find(self.record.octets(span), &ends, None, frame.charset)?;
        let frame = self.frame_mut()?;
        frame.outer_end = Some(frame.span.end);
        frame.span.end = frame.at.saturating_add(offset(found.length));
        (frame.more, frame.taken) = (true, false);
        self.current = Current::Nothing;
        Ok(())
    }

    pub(super) fn end_line(&mut self) -> Result<(), Wrong> {
        let frame = self.frame()?;
        let format = self.format(frame.format)?;
        if frame.at < frame.span.end || (frame.more && frame.taken) {
            return Err(Wrong { kind: FaultKind::LeftOver, at: frame.at });
        }
        let end = frame.outer_end.ok_or(FaultKind::Program)?;
        let rest = self.record.octets(Span { start: frame.at, end, ..frame.span });
        let sign = delimited::line_ends(format).into_iter().find(|sign| rest.starts_with(sign));
        let between = matches!(format, FormatForm::Delimited(form) if form.between);
        if sign.is_none() && !(between && rest.is_empty()) {
            return Err(Wrong { kind: FaultKind::Truncated, at: frame.at });
        }
        let length = offset(sign.map_or(0, <[u8]>::len));
        let frame = self.frame_mut()?;
        frame.at = frame.at.saturating_add(length);
        (frame.span.end, frame.outer_end) = (end, None);
        (frame.more, frame.taken) = (false, true);
        Ok(())
    }
}
