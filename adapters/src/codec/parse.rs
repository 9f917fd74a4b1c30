//! How the reader takes formats apart: frames of formats that are open, their values, groups, lists, regions.
//!
//! In: the current value and a format. Out: the next current value. Formats with names were scanned into nodes when
//! they were entered; those with order are walked.

use dsl::evaluate::Value;
use dsl::model::{TextCode, XmlForm};
use dsl::program::{ExprId, FormatForm, Read, WireForm};
use dsl::value::{Absent, AbsentForm, Coding, Form, Size, Unit};

use super::environment::Inside;
use super::leaf::{self, Letters};
use super::read::{Flow, Reader};
use super::template::{Template, region};
use super::tree::{Escape, Kind, NONE};
use super::{DEPTH_MAX, FaultKind, Wrong, chain, delimited, form, iso8583, json, tlv, xml, zip};
use crate::charset::{self, Charset};
use crate::value::{Span, Surroundings};

/// The value that the next instruction is about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Current {
    /// None was asked for.
    Nothing,
    /// It was asked for and is not there.
    Missing,
    /// These octets.
    Octets(Span),
    /// This node of a format with names.
    Node(u32),
}

/// How a format is walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Walk {
    /// By widths; `inline`: within another one, at the same place.
    Fixed { inline: bool },
    /// By signs.
    Delimited,
    /// By names.
    Named,
}

/// A format that is open.
#[derive(Debug)]
pub(super) struct Frame {
    format: u32,
    walk: Walk,
    span: Span,
    /// Where the next value begins.
    pub(super) at: u32,
    /// A value must follow (`delimited`).
    more: bool,
    taken: bool,
    /// End of the whole while a line is open.
    outer_end: Option<u32>,
    /// It goes on in the octets around it, and ends where its own values do.
    inline: bool,
    charset: Charset,
    nodes_from: usize,
    root: u32,
    group: u32,
    hint: u32,
    groups: Vec<(u32, u32)>,
    templates: Option<Box<Templates>>,
    attributes: bool,
}

/// The templates of a party's XML.
#[derive(Debug, Default)]
pub(super) struct Templates {
    value: Option<Template>,
    list: Option<Template>,
    item: Option<Template>,
    group: Option<Template>,
}

impl Templates {
    pub(super) fn of(form: &XmlForm) -> Result<Self, Wrong> {
        let template = |text: &Option<Box<str>>| text.as_deref().map(Template::of).transpose();
        Ok(Templates {
            value: template(&form.value)?,
            list: template(&form.list)?,
            item: template(&form.item)?,
            group: template(&form.group)?,
        })
    }

    pub(super) fn value(&self) -> Option<&Template> {
        self.value.as_ref()
    }

    pub(super) fn list(&self) -> Option<&Template> {
        self.list.as_ref()
    }

    pub(super) fn item(&self) -> Option<&Template> {
        self.item.as_ref()
    }

    pub(super) fn group(&self) -> Option<&Template> {
        self.group.as_ref()
    }
}

/// A list that is open.
#[derive(Debug)]
pub(super) struct OpenList {
    list: u16,
    index: usize,
    row: u32,
    count: Option<u32>,
    /// The items still to come, the next one last.
    items: Option<Vec<u32>>,
}

/// What the value that is asked for will be used as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Value,
    Group,
    List,
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<'p> Reader<'p> {
    pub(super) fn format(&self, format: u32) -> Result<&'p FormatForm, Wrong> {
        self.programs.program.formats.get(format as usize).ok_or_else(|| FaultKind::Program.into())
    }

    fn frame(&self) -> Result<&Frame, Wrong> {
        self.frames.last().ok_or_else(|| FaultKind::Program.into())
    }

    fn frame_mut(&mut self) -> Result<&mut Frame, Wrong> {
        self.frames.last_mut().ok_or_else(|| FaultKind::Program.into())
    }

    pub(super) fn in_named(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.walk == Walk::Named)
    }

    pub(super) fn is_padded(&self) -> bool {
        match self.frames.last() {
            Some(frame) => {
                matches!(frame.walk, Walk::Fixed { .. })
                    || matches!(self.format(frame.format), Ok(FormatForm::Iso8583 { .. }))
            }
            None => false,
        }
    }

    pub(super) fn is_missing(&self) -> bool {
        match self.current {
            Current::Missing => true,
            Current::Node(node) => self.tree.node(node).is_some_and(|node| node.kind == Kind::Null),
            Current::Octets(_) => false,
            Current::Nothing => self.frames.last().is_some_and(|frame| {
                frame.walk != Walk::Named
                    && (frame.at >= frame.span.end && (frame.walk != Walk::Delimited || !frame.more))
            }),
        }
    }

    /// The codings of a value: its own chain, else what a party's XML says of every value.
    pub(super) fn codings(
        &self,
        wire: &WireForm,
        inside: &Inside<'_>,
    ) -> Result<Option<&'p [Coding]>, Wrong> {
        if let Some(chain) = wire.chain {
            let chain = self.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
            return chain::chosen(inside, chain).map(Some);
        }
        let Some(frame) = self.frames.last() else { return Ok(None) };
        let FormatForm::Xml { form: Some(form), .. } = self.format(frame.format)? else { return Ok(None) };
        let codings = if wire.form == Form::Bytes { &form.bytes } else { &form.text };
        Ok((!codings.is_empty()).then_some(codings.as_slice()))
    }

    // ---- formats

    pub(super) fn enter(
        &mut self,
        format: u32,
        chain: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        if self.frames.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let form = self.format(format)?;
        let named = self.in_named();
        let chain = self.real_chain(chain, surroundings)?;
        let by_itself = match form {
            FormatForm::Fixed => true,
            FormatForm::Delimited(form) => form.trailing,
            _ => false,
        };
        let inline = self.current == Current::Nothing
            && !named
            && chain == u32::MAX
            && by_itself
            && !self.frames.is_empty();
        let span = match self.current {
            Current::Octets(span) => span,
            Current::Node(node) => {
                self.node_octets(node, *form == FormatForm::Fixed || chain != u32::MAX, form)?
            }
            Current::Missing => return Err(FaultKind::Missing.into()),
            Current::Nothing => {
                let frame = self.frame()?;
                if frame.walk == Walk::Named {
                    return Err(FaultKind::Missing.into());
                }
                Span { start: frame.at, ..frame.span }
            }
        };
        if self.current == Current::Nothing && !inline {
            let frame = self.frame_mut()?;
            (frame.at, frame.more, frame.taken) = (frame.span.end, false, true);
        }
        let span = if chain == u32::MAX { span } else { self.unchain(chain, span, surroundings)? };
        let mut frame = Frame {
            format,
            walk: Walk::Named,
            span,
            at: span.start,
            more: true,
            taken: false,
            outer_end: None,
            inline,
            charset: Charset::Utf8,
            nodes_from: self.tree.nodes.len(),
            root: offset(self.tree.nodes.len()),
            group: NONE,
            hint: NONE,
            groups: Vec::new(),
            templates: None,
            attributes: false,
        };
        match form {
            FormatForm::Fixed | FormatForm::Path => frame.walk = Walk::Fixed { inline },
            FormatForm::Delimited(_) => {
                frame.walk = Walk::Delimited;
                frame.charset = charset_named(&self.programs.message.charset);
            }
            _ => self.scan(form, &mut frame, surroundings)?,
        }
        self.current = Current::Nothing;
        if frame.walk == Walk::Named {
            frame.group = if frame.group == NONE { frame.root } else { frame.group };
            if let FormatForm::Json { .. } = form {
                self.current = Current::Node(frame.group);
            }
        }
        self.frames.push(frame);
        Ok(())
    }

    /// The chain, or `u32::MAX` where the one that holds changes nothing.
    fn real_chain(&self, chain: u32, surroundings: &dyn Surroundings) -> Result<u32, Wrong> {
        if chain == u32::MAX {
            return Ok(chain);
        }
        let form = self.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
        let codings = chain::chosen(&self.inside(surroundings), form)?;
        Ok(if codings.is_empty() { u32::MAX } else { chain })
    }

    fn unchain(&mut self, chain: u32, span: Span, surroundings: &dyn Surroundings) -> Result<Span, Wrong> {
        let chain = self.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
        let inside = self.inside(surroundings);
        let codings = chain::chosen(&inside, chain)?;
        if chain::is_plain(codings) {
            return Ok(span);
        }
        let octets = chain::invert(&inside, codings, self.record.octets(span).to_vec())?;
        Ok(self.record.keep(&octets)?)
    }

    fn scan(
        &mut self,
        form: &FormatForm,
        frame: &mut Frame,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let span = frame.span;
        if let FormatForm::Zip { password } = form {
            return self.scan_zip(span, *password, surroundings);
        }
        let shift = |wrong: Wrong| {
            let at = if wrong.at == u32::MAX { 0 } else { wrong.at };
            Wrong { at: span.start.saturating_add(at), ..wrong }
        };
        let octets = self.record.octets(span);
        let tree = &mut self.tree;
        match form {
            FormatForm::Json { charset } => {
                frame.charset = charset_named(charset);
                json::scan(octets, span, frame.charset, tree).map_err(shift)?;
                frame.group = tree.node(frame.root).map_or(NONE, |root| root.first);
            }
            FormatForm::Xml { form, soap, charset } => {
                frame.charset = charset_named(charset);
                xml::scan(octets, span, tree).map_err(shift)?;
                if let Some(form) = form {
                    frame.attributes = form.attributes;
                    frame.templates = Some(Box::new(Templates::of(form)?));
                }
                if *soap != 0 {
                    frame.group = self.soap_body(frame.root)?;
                }
            }
            FormatForm::Form { charset } => {
                frame.charset = charset_named(charset);
                form::scan(octets, span, tree).map_err(shift)?;
            }
            FormatForm::Headers => form::scan_headers(octets, span, tree).map_err(shift)?,
            FormatForm::Tlv(form) => tlv::scan(octets, span, form, tree).map_err(shift)?,
            FormatForm::Iso8583 { code, bitmap_hex, fields } => {
                let (program, code): (_, TextCode) = (self.programs.program, *code);
                iso8583::scan(octets, span, program, code, *bitmap_hex, fields, tree).map_err(shift)?;
            }
            _ => return Err(FaultKind::Program.into()),
        }
        if frame.group != NONE
            && let Some(group) = self.tree.node_mut(frame.group)
        {
            (group.seen, group.entered) = (true, group.kind == Kind::Group);
        }
        Ok(())
    }

    fn scan_zip(
        &mut self,
        span: Span,
        password: Option<ExprId>,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let password = password.map(|id| self.inside(surroundings).octets(id)).transpose()?;
        let entries = zip::unpack(self.record.octets(span), password.as_deref())?;
        let mut builder = super::tree::Builder::new(&mut self.tree, span, Kind::Group)?;
        for (name, content) in entries {
            let value = self.record.keep(&content)?;
            let node = builder.add(value, value, value, Kind::Text, Escape::None)?;
            if let Some(node) = builder.node(node) {
                node.named = Some(name.into_bytes().into_boxed_slice());
            }
        }
        Ok(())
    }

    fn soap_body(&mut self, root: u32) -> Result<u32, Wrong> {
        let named = |reader: &Self, parent: u32, name: &[u8]| {
            reader.tree.children(parent).find(|child| {
                reader.tree.node(*child).is_some_and(|node| {
                    node.kind == Kind::Group && xml::local(reader.record.octets(node.name)) == name
                })
            })
        };
        let envelope = named(self, root, b"Envelope").ok_or(FaultKind::Missing)?;
        let body = named(self, envelope, b"Body").ok_or(FaultKind::Missing)?;
        for node in [envelope, body] {
            if let Some(node) = self.tree.node_mut(node) {
                node.seen = true;
            }
        }
        Ok(body)
    }

    pub(super) fn leave(&mut self, kept: bool) -> Result<(), Wrong> {
        let frame = self.frames.pop().ok_or(FaultKind::Program)?;
        match frame.walk {
            Walk::Fixed { inline: true } => {
                if let Some(around) = self.frames.last_mut() {
                    around.at = frame.at;
                }
            }
            Walk::Fixed { inline: false } => {
                if frame.at < frame.span.end && !kept {
                    return Err(Wrong { kind: FaultKind::LeftOver, at: frame.at });
                }
            }
            Walk::Delimited if frame.inline => {
                if let Some(around) = self.frames.last_mut() {
                    around.at = frame.at;
                }
            }
            Walk::Delimited => {
                let whole = frame.at >= frame.span.end && (!frame.more || !frame.taken);
                if !whole && !kept {
                    return Err(Wrong { kind: FaultKind::LeftOver, at: frame.at });
                }
            }
            Walk::Named => {
                self.left_over(&frame, kept)?;
                self.tree.nodes.truncate(frame.nodes_from);
            }
        }
        self.current = Current::Nothing;
        Ok(())
    }

    /// Names that nobody asked for are refused unless they are kept; twice the same name always is.
    fn left_over(&self, frame: &Frame, kept: bool) -> Result<(), Wrong> {
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
                    other.seen
                        && other.kind == node.kind
                        && self.name_of(other) == name
                        && frame.templates.is_none()
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

    fn name_of<'a>(&'a self, node: &'a super::tree::Node) -> &'a [u8] {
        match &node.named {
            Some(named) => named,
            None => self.record.octets(node.name),
        }
    }

    // ---- values one after the other

    pub(super) fn take(&mut self, wire: u32) -> Result<(), Wrong> {
        let form = self.wire(wire)?;
        self.odd = false;
        let frame = self.frame()?;
        self.current = match frame.walk {
            Walk::Fixed { .. } => self.take_fixed(form)?,
            Walk::Delimited => self.take_delimited(form)?,
            Walk::Named => return Err(FaultKind::Program.into()),
        };
        Ok(())
    }

    pub(super) fn rest(&mut self, keep: u32) -> Result<(), Wrong> {
        let frame = self.frame_mut()?;
        let end = frame.span.end.checked_sub(keep).filter(|end| *end >= frame.at);
        let end = end.ok_or(Wrong { kind: FaultKind::Truncated, at: frame.at })?;
        let span = Span { start: frame.at, end, ..frame.span };
        (frame.at, frame.more, frame.taken) = (end, false, true);
        self.current = Current::Octets(span);
        Ok(())
    }

    /// Octets that the value's own prefix or another field says, if one does; and how many the prefix has.
    fn told_length(&self, form: &WireForm, rest: &[u8]) -> Result<Option<(usize, usize)>, Wrong> {
        let letters = Letters::of(&form.charset);
        let octets = |units: usize, behind: &[u8]| match (form.unit, letters) {
            (Unit::Digits, Letters::Packed) => Some(units.div_ceil(2)),
            (Unit::Chars, Letters::Set(charset)) => chars(charset, behind, units),
            _ => Some(units),
        };
        let frame = self.frame()?;
        let truncated = Wrong { kind: FaultKind::Truncated, at: frame.at };
        if let Some(prefix) = form.prefix {
            let size = prefix.size as usize;
            let head = rest.get(..size).ok_or(truncated)?;
            let units = tlv::read_length(head, prefix.kind).ok_or(FaultKind::NotOfForm)?;
            let behind = rest.get(size..).unwrap_or_default();
            return Ok(Some((size, octets(units, behind).ok_or(truncated)?)));
        }
        let Some(slot) = form.sized_by else { return Ok(None) };
        let level = u8::try_from(self.lists.len()).unwrap_or(0);
        let value = self.record.value(self.rows.index(level, slot)?)?;
        let Value::Number(units) = value else { return Err(FaultKind::Missing.into()) };
        let units = usize::try_from(units).map_err(|_| truncated)?;
        Ok(Some((0, octets(units, rest).ok_or(truncated)?)))
    }

    fn take_fixed(&mut self, form: &WireForm) -> Result<Current, Wrong> {
        let frame = self.frame()?;
        let rest_span = Span { start: frame.at, ..frame.span };
        let rest = self.record.octets(rest_span);
        let truncated = Wrong { kind: FaultKind::Truncated, at: frame.at };
        if rest.is_empty() && form.absent == Absent::LeftOut {
            return Ok(Current::Missing);
        }
        let (head, length, tail) = if let Some((head, length)) = self.told_length(form, rest)? {
            (head, length, 0)
        } else if let Some(ending) = &form.ending {
            let charset = Letters::of(&form.charset).charset();
            let found = delimited::find(rest, &[ending.as_bytes()], None, charset)?;
            if found.sign == 0 {
                return Err(truncated);
            }
            (0, found.length, found.sign)
        } else if let Some(width) = leaf::width(self.programs.program, form) {
            (0, width, 0)
        } else {
            match (form.size, form.unit, Letters::of(&form.charset)) {
                (Size::Fixed(units), Unit::Chars, Letters::Set(charset)) => {
                    (0, chars(charset, rest, units as usize).ok_or(truncated)?, 0)
                }
                _ => (0, rest.len(), 0),
            }
        };
        let end = (head.saturating_add(length)).saturating_add(tail);
        if end > rest.len() {
            return Err(truncated);
        }
        let value = rest_span.within(head, head + length);
        let frame = self.frame_mut()?;
        frame.at = frame.at.saturating_add(offset(end));
        frame.taken = true;
        Ok(Current::Octets(value))
    }

    fn take_delimited(&mut self, form: &WireForm) -> Result<Current, Wrong> {
        let frame = self.frame()?;
        let format = self.format(frame.format)?;
        let FormatForm::Delimited(rules) = format else { return Err(FaultKind::Program.into()) };
        let span = Span { start: frame.at, ..frame.span };
        let rest = self.record.octets(span);
        let nothing = if rules.trailing { rest.is_empty() } else { !frame.more };
        if nothing {
            if form.absent == Absent::LeftOut {
                return Ok(Current::Missing);
            }
            return Err(Wrong { kind: FaultKind::Truncated, at: frame.at });
        }
        let charset = frame.charset;
        let shift = |wrong: Wrong| Wrong {
            at: span.start.saturating_add(if wrong.at == u32::MAX { 0 } else { wrong.at }),
            ..wrong
        };
        let separator = form.ending.as_deref().unwrap_or(&rules.separator).as_bytes();
        let escape = rules.escape.as_deref().map(str::as_bytes);
        let (value, sign, escaped) = match self.told_length(form, rest)? {
            Some((head, length)) => {
                let behind =
                    rest.get(head + length..).ok_or(Wrong { kind: FaultKind::Truncated, at: frame.at })?;
                let sign = if behind.starts_with(separator) { separator.len() } else { 0 };
                if sign == 0 && !behind.is_empty() {
                    return Err(Wrong { kind: FaultKind::Syntax, at: frame.at });
                }
                (span.within(head, head + length), sign, false)
            }
            None => {
                let found = delimited::find(rest, &[separator], escape, charset).map_err(shift)?;
                (span.within(0, found.length), found.sign, found.escaped)
            }
        };
        if sign == 0 && (rules.trailing || form.ending.is_some()) {
            return Err(Wrong { kind: FaultKind::Truncated, at: value.end });
        }
        let value_end = value.end.saturating_add(offset(sign));
        let value = match escape.filter(|_| escaped) {
            Some(escape) => {
                let plain = delimited::unescape(self.record.octets(value), escape, charset)?;
                self.record.keep(&plain)?
            }
            None => value,
        };
        let trailing = rules.trailing;
        let frame = self.frame_mut()?;
        frame.at = value_end;
        frame.more = !trailing && sign > 0;
        frame.taken = true;
        if value.is_empty() && form.absent == Absent::LeftOut {
            return Ok(Current::Missing);
        }
        Ok(Current::Octets(value))
    }

    // ---- names

    fn used_as(&self) -> Use {
        let mut at = self.at + 1;
        loop {
            match self.programs.message.read.get(at) {
                Some(Read::JumpIfMissing { .. } | Read::Mark { .. }) => at += 1,
                Some(Read::Down) => return Use::Group,
                Some(Read::List { .. }) => return Use::List,
                _ => return Use::Value,
            }
        }
    }

    pub(super) fn child(&mut self, name: &str) -> Result<(), Wrong> {
        let used = self.used_as();
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
                self.frame_mut()?.hint = outer;
                Current::Node(content)
            }
        };
        Ok(())
    }

    fn mark_between(&mut self, outer: u32, content: u32) {
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

    fn template<'f>(&self, frame: &'f Frame, used: Use) -> Option<&'f Template> {
        let templates = frame.templates.as_ref()?;
        match used {
            Use::Value => templates.value.as_ref(),
            Use::Group => templates.group.as_ref(),
            Use::List => templates.list.as_ref(),
        }
    }

    fn find(&self, frame: &Frame, format: &FormatForm, name: &str, used: Use) -> Option<(u32, u32)> {
        if let Some(template) = self.template(frame, used) {
            let content = |child| template.content(&self.tree, &self.record, child, name.as_bytes());
            let outer = self.tree.find(frame.group, frame.hint, |_, child| content(child).is_some())?;
            return content(outer).map(|content| (outer, content));
        }
        let tag = match format {
            FormatForm::Tlv(form) => tlv::tag_octets(form, name),
            _ => None,
        };
        let is = |_: &super::tree::Tree, child: u32| {
            let Some(node) = self.tree.node(child) else { return false };
            let found = self.name_of(node);
            match format {
                FormatForm::Xml { .. } => {
                    let attribute = frame.attributes && used == Use::Value;
                    (node.kind == Kind::Attribute) == attribute
                        && xml::local(found) == xml::local(name.as_bytes())
                }
                FormatForm::Headers => found.eq_ignore_ascii_case(name.as_bytes()),
                FormatForm::Tlv(_) => tag.as_deref() == Some(found),
                FormatForm::Zip { .. } => {
                    std::str::from_utf8(found).is_ok_and(|found| zip::matches(name, found))
                }
                FormatForm::Json { charset } if !name.is_ascii() => {
                    charset::decode(charset_named(charset), found).is_ok_and(|found| found == name)
                }
                _ => found == name.as_bytes(),
            }
        };
        let found = self.tree.find(frame.group, frame.hint, is)?;
        Some((found, found))
    }

    pub(super) fn child_by(
        &mut self,
        name: ExprId,
        other: u16,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let inside = self.inside(surroundings);
        let name = inside.evaluate(name)?.to_text(&inside)?.into_owned();
        self.child(&name)?;
        if self.current == Current::Missing
            && let Some(other) = self.programs.message.names.get(usize::from(other))
        {
            self.child(other)?;
        }
        Ok(())
    }

    pub(super) fn down(&mut self) -> Result<(), Wrong> {
        if !self.in_named() {
            return self.begin_line();
        }
        match self.current {
            Current::Node(node) => {
                let found = self.tree.node_mut(node).ok_or(FaultKind::Program)?;
                if found.kind != Kind::Group {
                    return Err(FaultKind::NotOfForm.into());
                }
                (found.seen, found.entered) = (true, true);
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

    pub(super) fn up(&mut self) -> Result<(), Wrong> {
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

    fn begin_line(&mut self) -> Result<(), Wrong> {
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

    fn end_line(&mut self) -> Result<(), Wrong> {
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

    // ---- leaves

    /// The octets of the current value without its format's escapes; none if it is missing.
    pub(super) fn leaf_octets(&mut self, wire: &WireForm) -> Result<Option<Span>, Wrong> {
        match self.current {
            Current::Octets(span) => Ok(Some(span)),
            Current::Missing => Ok(None),
            Current::Nothing => Err(FaultKind::Program.into()),
            Current::Node(node) => self.node_leaf(node, wire),
        }
    }

    fn node_leaf(&mut self, index: u32, wire: &WireForm) -> Result<Option<Span>, Wrong> {
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

    fn unescaped(&mut self, value: Span, escape: Escape, charset: Charset) -> Result<Span, Wrong> {
        let octets = self.record.octets(value);
        let plain = match escape {
            Escape::None => return Ok(value),
            Escape::Json => json::unescape(octets, charset),
            Escape::Xml => xml::unescape(octets, charset),
            Escape::Form => chain::from_percent(octets, true),
        };
        let plain = plain.map_err(|wrong| Wrong { at: value.start, ..wrong })?;
        Ok(self.record.keep(&plain)?)
    }

    /// The octets of a node that a format is in: a text's inside, or the node as it stands.
    fn node_octets(&mut self, index: u32, text: bool, format: &FormatForm) -> Result<Span, Wrong> {
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
            _ => self.unescaped(value, escape, charset),
        }
    }

    // ---- regions

    pub(super) fn mark(&mut self, region_number: u16) -> Result<(), Wrong> {
        let span = match self.current {
            Current::Node(node) => {
                let inner = matches!(
                    self.format(self.frame()?.format)?,
                    FormatForm::Xml { .. }
                        | FormatForm::Form { .. }
                        | FormatForm::Headers
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

    pub(super) fn end_mark(&mut self, region_number: u16) -> Result<(), Wrong> {
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

    // ---- lists

    pub(super) fn list(&mut self, list: u16, end: u32) -> Result<Flow, Wrong> {
        let form = self.programs.message.lists.get(usize::from(list)).ok_or(FaultKind::Program)?;
        if self.lists.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let index = self.rows.index(form.level, form.slot)?;
        let counted = match form.counted_by {
            Some(slot) => match self.record.value(self.rows.index(form.level, slot)?)? {
                Value::Number(count) => Some(u32::try_from(count).map_err(|_| FaultKind::TooManyRows)?),
                _ => Some(0),
            },
            None => None,
        };
        let items = if self.in_named() { Some(self.items(form.alone)?) } else { None };
        let count = match (&items, counted) {
            (Some(items), counted) => {
                let found = offset(items.len());
                if counted.is_some_and(|counted| counted != found) {
                    return Err(FaultKind::Disagrees.into());
                }
                Some(found)
            }
            (None, counted) => counted.or((form.min == form.max && !form.until_end).then_some(form.max)),
        };
        if count.is_some_and(|count| count > form.max) {
            return Err(FaultKind::TooManyRows.into());
        }
        if count.is_some_and(|count| count < form.min) {
            return Err(FaultKind::TooFewRows.into());
        }
        // Room for rows that are said to come is made only as far as octets can hold them.
        let left = self.frames.last().map_or(0, |frame| frame.span.end.saturating_sub(frame.at));
        let room = if items.is_some() { count.unwrap_or(0) } else { count.unwrap_or(4).min(left) };
        self.record.begin_list(index, form.stride, room)?;
        self.lists.push(OpenList { list, index, row: 0, count, items });
        if self.another_row()? {
            return Ok(Flow::On);
        }
        self.end_list()?;
        Ok(Flow::To(end))
    }

    /// The items of the list that is the current value, the first one last.
    fn items(&mut self, alone: bool) -> Result<Vec<u32>, Wrong> {
        let Current::Node(node) = self.current else { return Ok(Vec::new()) };
        let frame = self.frame()?;
        let kind = self.tree.node(node).map(|node| node.kind);
        let mut items = match self.format(frame.format)? {
            FormatForm::Json { .. } => match kind {
                Some(Kind::List) => self.tree.children(node).collect(),
                Some(Kind::Null) => Vec::new(),
                _ if alone => vec![node],
                _ => return Err(FaultKind::NotOfForm.into()),
            },
            _ if frame.templates.as_ref().is_some_and(|templates| templates.list.is_some()) => {
                self.template_items(frame, node)?
            }
            _ => {
                let name =
                    |node: u32| self.tree.node(node).map(|node| (node.kind, xml::local(self.name_of(node))));
                let parent = self.tree.node(node).map_or(NONE, |node| node.parent);
                self.tree.children(parent).filter(|child| name(*child) == name(node)).collect()
            }
        };
        items.reverse();
        for item in &items {
            if let Some(node) = self.tree.node_mut(*item) {
                node.seen = true;
            }
        }
        Ok(items)
    }

    fn template_items(&self, frame: &Frame, list: u32) -> Result<Vec<u32>, Wrong> {
        let elements = self
            .tree
            .children(list)
            .filter(|child| self.tree.node(*child).is_some_and(|node| node.kind == Kind::Group));
        let Some(item) = frame.templates.as_ref().and_then(|templates| templates.item.as_ref()) else {
            return Ok(elements.collect());
        };
        let content = |(row, child): (usize, u32)| {
            let row = row.to_string();
            item.content(&self.tree, &self.record, child, row.as_bytes()).ok_or_else(|| {
                let at = self.tree.node(child).map_or(0, |node| node.outer.start);
                Wrong { kind: FaultKind::NotOfForm, at }
            })
        };
        elements.enumerate().map(content).collect()
    }

    fn another_row(&mut self) -> Result<bool, Wrong> {
        let open = self.lists.last().ok_or(FaultKind::Program)?;
        let form = self.programs.message.lists.get(usize::from(open.list)).ok_or(FaultKind::Program)?;
        let more = match (&open.items, open.count) {
            (Some(items), _) => !items.is_empty(),
            (None, Some(count)) => open.row < count,
            (None, None) => {
                let frame = self.frame()?;
                let left =
                    frame.at < frame.span.end || (frame.walk == Walk::Delimited && frame.more && frame.taken);
                if left && open.row >= form.max {
                    if form.until_end {
                        return Err(Wrong { kind: FaultKind::TooManyRows, at: frame.at });
                    }
                    false
                } else {
                    left
                }
            }
        };
        if !more {
            return Ok(false);
        }
        let (index, row) = (open.index, open.row);
        let base = self.record.append_row(index, form.max).map_err(|_| FaultKind::TooManyRows)?;
        self.rows.push(form.level, index, row, base);
        let open = self.lists.last_mut().ok_or(FaultKind::Program)?;
        if let Some(item) = open.items.as_mut().and_then(Vec::pop) {
            self.current = Current::Node(item);
        }
        Ok(true)
    }

    pub(super) fn next(&mut self, list: u16, back: u32) -> Result<Flow, Wrong> {
        let open = self.lists.last_mut().filter(|open| open.list == list).ok_or(FaultKind::Program)?;
        open.row += 1;
        self.rows.pop();
        if self.another_row()? {
            return Ok(Flow::To(back));
        }
        self.end_list()?;
        Ok(Flow::On)
    }

    fn end_list(&mut self) -> Result<(), Wrong> {
        let open = self.lists.pop().ok_or(FaultKind::Program)?;
        let form = self.programs.message.lists.get(usize::from(open.list)).ok_or(FaultKind::Program)?;
        if open.row < form.min {
            return Err(FaultKind::TooFewRows.into());
        }
        self.current = Current::Nothing;
        Ok(())
    }
}

/// Octets that so many characters take.
fn chars(charset: Charset, octets: &[u8], count: usize) -> Option<usize> {
    let mut at = 0;
    for _ in 0..count {
        at += charset::character_length(charset, octets.get(at..)?)?;
    }
    Some(at)
}

/// A charset by its name in a program; UTF-8 where none is said.
pub(super) fn charset_named(name: &str) -> Charset {
    Charset::from_name(name).unwrap_or(Charset::Utf8)
}
