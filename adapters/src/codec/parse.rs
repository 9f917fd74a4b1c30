//! How the reader takes formats apart: frames of formats that are open, their values, groups, lists, regions.
//!
//! In: the current value and a format. Out: the next current value. Formats with names were scanned into nodes when
//! they were entered; those with order are walked.

mod lists;
mod names;
mod nodes;
mod segments;
mod several;
mod values;

pub(super) use several::OpenSeveral;

use dsl::model::{TextCode, XmlForm};
use dsl::program::{ExprId, FormatForm, WireForm};
use dsl::value::{Coding, Form};

use super::environment::Inside;
use super::read::Reader;
use super::segments::Signs;
use super::template::Template;
use super::tree::{Escape, Kind, NONE};
use super::{DEPTH_MAX, FaultKind, Wrong, chain, form, iso8583, json, tlv, xml, zip};
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
    /// It is XML of a party's own form; with its templates, if it has any.
    formed: bool,
    templates: Option<Box<Templates>>,
    attributes: bool,
    /// Values stand in it by their names alone: nothing of a party's form is around them.
    straight: bool,
    /// Of a segment text: the signs that it shows.
    signs: Option<Box<Signs>>,
    /// Its lines or tags are read in any order from here on.
    free: bool,
    /// In a zip: what the entries of the list that begins are called.
    pattern: Option<Box<str>>,
}

impl Frame {
    const NOTHING: Frame = Frame {
        format: 0,
        walk: Walk::Named,
        span: Span { buffer: 0, start: 0, end: 0 },
        at: 0,
        more: true,
        taken: false,
        outer_end: None,
        inline: false,
        charset: Charset::Utf8,
        nodes_from: 0,
        root: NONE,
        group: NONE,
        hint: NONE,
        groups: Vec::new(),
        formed: false,
        templates: None,
        attributes: false,
        straight: false,
        signs: None,
        free: false,
        pattern: None,
    };
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
    /// None, where the form has none.
    pub(super) fn of(form: &XmlForm) -> Result<Option<Box<Self>>, Wrong> {
        let XmlForm { value, list, item, group, .. } = form;
        if [value, list, item, group].iter().all(|template| template.is_none()) {
            return Ok(None);
        }
        let template = |text: &Option<Box<str>>| text.as_deref().map(Template::of).transpose();
        Ok(Some(Box::new(Templates {
            value: template(value)?,
            list: template(list)?,
            item: template(item)?,
            group: template(group)?,
        })))
    }

    /// Whether values of a party's XML stand as those of any other.
    pub(super) fn leaves_as_usual(form: Option<&XmlForm>) -> bool {
        form.is_none_or(|form| {
            let XmlForm { value, list, item, group, .. } = form;
            [value, list, item, group].iter().all(|template| template.is_none())
                && !form.attributes
                && form.text.is_empty()
                && form.bytes.is_empty()
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
    begun: Begun,
}

/// What was open when a row began.
#[derive(Clone, Copy, Debug, Default)]
struct Begun {
    formats: usize,
    nodes: usize,
    rows: usize,
    severals: usize,
    /// Groups around the one that is open in the innermost format.
    groups: usize,
}

/// What the value that is asked for will be used as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Value,
    Group,
    List,
}

#[inline]
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<'p> Reader<'p> {
    #[inline]
    pub(super) fn format(&self, format: u32) -> Result<&'p FormatForm, Wrong> {
        self.programs.program.formats.get(format as usize).ok_or_else(|| FaultKind::Program.into())
    }

    #[inline]
    fn frame(&self) -> Result<&Frame, Wrong> {
        self.frames.last().ok_or_else(|| FaultKind::Program.into())
    }

    #[inline]
    fn frame_mut(&mut self) -> Result<&mut Frame, Wrong> {
        self.frames.last_mut().ok_or_else(|| FaultKind::Program.into())
    }

    #[inline]
    pub(super) fn in_named(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.walk == Walk::Named)
    }

    #[inline]
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

    /// Whether what is open says how every value in it is coded.
    pub(super) fn in_formed_xml(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.formed)
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
                match (frame.walk, form) {
                    (Walk::Named, _) => return Err(FaultKind::Missing.into()),
                    // Values parted by one sign within values parted by another: up to that one.
                    (Walk::Delimited, FormatForm::Delimited(_)) if !inline => {
                        let span = self.up_to_separator()?;
                        self.current = Current::Octets(span);
                        span
                    }
                    _ => Span { start: frame.at, ..frame.span },
                }
            }
        };
        if self.current == Current::Nothing && !inline {
            let frame = self.frame_mut()?;
            (frame.at, frame.more, frame.taken) = (frame.span.end, false, true);
        }
        let span = if chain == u32::MAX { span } else { self.unchain(chain, span, surroundings)? };
        let from = self.tree.nodes.len();
        let walk = match form {
            FormatForm::Fixed | FormatForm::Path => Walk::Fixed { inline },
            FormatForm::Delimited(_) => Walk::Delimited,
            _ => Walk::Named,
        };
        if walk != Walk::Named {
            // It is made where it stands: what was just put together would wait to be carried there.
            self.frames.push(Frame::NOTHING);
            let charset = if walk == Walk::Delimited { &*self.programs.message.charset } else { "" };
            let frame = self.frame_mut()?;
            (frame.format, frame.walk, frame.span, frame.at) = (format, walk, span, span.start);
            (frame.inline, frame.charset, frame.nodes_from) = (inline, charset_named(charset), from);
            self.current = Current::Nothing;
            return Ok(());
        }
        let mut frame = Frame {
            format,
            span,
            at: span.start,
            inline,
            nodes_from: from,
            root: offset(from),
            ..Frame::NOTHING
        };
        self.scan(form, &mut frame, surroundings)?;
        self.current = Current::Nothing;
        frame.group = if frame.group == NONE { frame.root } else { frame.group };
        if let FormatForm::Json { .. } = form {
            self.current = Current::Node(frame.group);
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
        if let FormatForm::Zip { password, plain } = form {
            return self.scan_zip(span, *password, *plain, surroundings);
        }
        let shift = |wrong: Wrong| {
            let at = if wrong.at == u32::MAX { 0 } else { wrong.at };
            Wrong { at: span.start.saturating_add(at), ..wrong }
        };
        let octets = self.record.octets(span);
        let tree = &mut self.tree;
        match form {
            FormatForm::Json { charset, lenient } => {
                frame.charset = charset_named(charset);
                json::scan(octets, span, frame.charset, *lenient, tree).map_err(shift)?;
                frame.straight = true;
                frame.group = tree.node(frame.root).map_or(NONE, |root| root.first);
            }
            FormatForm::Xml { form, soap, charset } => {
                frame.charset = charset_named(charset);
                // Without a form of its own, and within another format, it is what stands in an element.
                let whole = self.frames.is_empty() || form.is_some() || *soap != 0;
                xml::scan(octets, span, whole, tree).map_err(shift)?;
                if let Some(form) = form {
                    frame.attributes = form.attributes;
                    (frame.formed, frame.templates) = (true, Templates::of(form)?);
                }
                frame.straight = Templates::leaves_as_usual(form.as_deref());
                if *soap != 0 {
                    frame.group = self.soap_body(frame.root)?;
                }
            }
            FormatForm::Form { charset } => {
                frame.charset = charset_named(charset);
                form::scan(octets, span, tree).map_err(shift)?;
            }
            FormatForm::Headers => form::scan_headers(octets, span, tree).map_err(shift)?,
            FormatForm::Segments(form) => {
                frame.charset = charset_named(&form.charset);
                let signs = super::segments::scan(octets, span, form, frame.charset, tree).map_err(shift)?;
                frame.signs = Some(Box::new(signs));
                frame.free = form.form.free && form.form.after.is_none();
            }
            FormatForm::Tlv(form) => tlv::scan(octets, span, form, tree).map_err(shift)?,
            FormatForm::Iso8583 { code, bitmap_hex, fields } => {
                let (program, code): (_, TextCode) = (self.programs.program, *code);
                iso8583::scan(octets, span, program, code, *bitmap_hex, fields, tree).map_err(shift)?;
                frame.straight = true;
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
        plain: bool,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let password = password.map(|id| self.inside(surroundings).octets(id)).transpose()?;
        let entries = zip::unpack(self.record.octets(span), password.as_deref(), plain)?;
        let charset = charset_named(&self.programs.message.charset);
        let mut builder = super::tree::Builder::new(&mut self.tree, span, Kind::Group)?;
        let add = |builder: &mut super::tree::Builder<'_>, named: &str, value: Span, kind: Kind| {
            let node = builder.add(value, value, value, kind, Escape::None)?;
            builder.call(node, named.as_bytes().into());
            if let Some(added) = builder.node(node) {
                // Nobody has to ask for a part of an entry, but for the entry itself.
                added.seen = kind == Kind::Text;
            }
            Ok::<u32, Wrong>(node)
        };
        for (name, content) in entries {
            let called = charset::encode(charset, &name).map_err(|_| FaultKind::Character)?;
            let (called, content) = (self.record.keep(&called)?, self.record.keep(&content)?);
            let entry = add(&mut builder, &name, content, Kind::Group)?;
            builder.open(entry)?;
            add(&mut builder, zip::NAME, called, Kind::Text)?;
            add(&mut builder, zip::CONTENT, content, Kind::Text)?;
            builder.close();
        }
        Ok(())
    }

    fn soap_body(&mut self, root: u32) -> Result<u32, Wrong> {
        let named = |reader: &Self, parent: u32, name: &[u8]| {
            reader.tree.children(parent).find(|child| {
                reader
                    .tree
                    .node(*child)
                    .is_some_and(|node| node.kind == Kind::Group && reader.local_of(node) == name)
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
                self.tree.truncate(frame.nodes_from);
            }
        }
        self.current = Current::Nothing;
        Ok(())
    }
}

/// A charset by its name in a program; UTF-8 where none is said.
pub(super) fn charset_named(name: &str) -> Charset {
    Charset::from_name(name).unwrap_or(Charset::Utf8)
}
