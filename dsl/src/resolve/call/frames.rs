//! Frames of a link: what in the packet says where a message ends.
//!
//! In: the clause, and the fields of a message that goes over the link. Out: places and widths that hold for every
//! message, so that a stream can be cut before anything in it is read. It must not know what the fields mean.

use super::Work;
use super::wire;
use super::{Resolver, narrow};
use crate::model::{Format, Frame, LineEnd, Parts, PrefixKind, SecondLength, TaggedFrame, TaggedPlace};
use crate::resolve::assemble::{Draft, DraftField, DraftKind};
use crate::tree::{self, AttributeKind, ExprKind, RuleKind};
use crate::value::{Size, Unit};

pub(super) fn frame_of(
    resolver: &mut Resolver,
    work: &Work<'_>,
    draft: Option<usize>,
    tree: &tree::Frame,
) -> Frame {
    match tree {
        tree::Frame::Length { width, unit, little_endian, blanks, counts_itself } => Frame::Prefix {
            size: narrow(width.value),
            kind: match unit {
                tree::Unit::Bytes if *little_endian => PrefixKind::Little,
                tree::Unit::Bytes => PrefixKind::Big,
                _ if *blanks => PrefixKind::Blanks,
                _ => PrefixKind::Ascii,
            },
            counts_itself: *counts_itself,
        },
        tree::Frame::LengthLine { ending, counts_itself } => Frame::PrefixLine {
            end: match &*wire::line_end(resolver, ending) {
                "\r\n" => LineEnd::CrLf,
                "\r" => LineEnd::Cr,
                _ => LineEnd::Lf,
            },
            counts_itself: *counts_itself,
        },
        tree::Frame::By { length, beside, parts } => match tagged_around(work, draft, length) {
            Some(tagged) if parts.is_none() && beside.is_none() => tagged.frame(resolver, length),
            _ => in_head(resolver, work, draft, (length, beside.as_ref()), parts.as_ref()),
        },
        tree::Frame::Fixed(count) => Frame::Fixed(narrow(count.value)),
        tree::Frame::Line(name) => Frame::Ended(wire::line_end(resolver, name).as_bytes().into()),
        tree::Frame::UntilClose => Frame::UntilClose,
        tree::Frame::Between(start, end) => Frame::Between(
            start.constant().unwrap_or("").as_bytes().into(),
            end.constant().unwrap_or("").as_bytes().into(),
        ),
    }
}

/// A field in a head of fixed width: where it stands there, and how wide the head is.
struct InHead {
    offset: u32,
    size: u32,
    kind: PrefixKind,
    head: u32,
}

/// `frame by head.length`: the place of that field in its `fixed` or `binary` head, and that of a second length in the same
/// head; behind the body maybe parts, each with its own.
fn in_head(
    resolver: &mut Resolver,
    work: &Work<'_>,
    draft: Option<usize>,
    (path, beside): (&tree::Path, Option<&tree::Path>),
    parts: Option<&(tree::Path, tree::Path)>,
) -> Frame {
    let Some(found) = place_in_head(resolver, work, draft, path, false) else { return Frame::None };
    let InHead { offset, size, kind, head } = found;
    let beside = match beside {
        None => None,
        Some(beside) => match place_in_head(resolver, work, draft, beside, false) {
            Some(second) if container(work, draft, beside) == container(work, draft, path) => {
                Some(SecondLength { offset: second.offset, size: second.size, kind: second.kind })
            }
            Some(_) => {
                resolver
                    .report
                    .error("TS0665", beside.span, format!("`{}` stands in another head", beside.text()))
                    .help(format!("both lengths stand in one head, that of `{}`", path.text()));
                return Frame::None;
            }
            None => return Frame::None,
        },
    };
    let Some((count, each)) = parts else {
        return Frame::InHead { offset, size, kind, head, beside, parts: None };
    };
    // Not every message of the link has parts.
    let link =
        |place: usize| work.calls.get(usize::from(work.drafts.get(place)?.call.0)).map(|call| call.link);
    let same = |other: &usize| draft.is_some_and(|draft| link(draft) == link(*other));
    let has_parts =
        |other: &usize| work.drafts.get(*other).is_some_and(|other| other.find(&[], &each.parts).is_some());
    let with_parts = (0..work.drafts.len()).filter(same).find(has_parts).or(draft);
    let places = (
        place_in_head(resolver, work, draft, count, false),
        place_in_head(resolver, work, with_parts, each, true),
    );
    let (Some(count), Some(each)) = places else { return Frame::None };
    let parts = Parts {
        offset: count.offset,
        size: count.size,
        head: each.head,
        length_offset: each.offset,
        length_size: each.size,
        kind: each.kind,
    };
    Frame::InHead { offset, size, kind, head, beside, parts: Some(parts) }
}

/// What a field stands in.
fn container<'w>(work: &'w Work<'_>, draft: Option<usize>, path: &tree::Path) -> Option<&'w [Box<str>]> {
    let draft = work.drafts.get(draft?)?;
    let field = draft.fields.get(draft.find(&[], &path.parts)?)?;
    field.path.split_last().map(|(_, around)| around)
}

fn place_in_head(
    resolver: &mut Resolver,
    work: &Work<'_>,
    draft: Option<usize>,
    path: &tree::Path,
    in_part: bool,
) -> Option<InHead> {
    // Where nothing goes over the link there is no head to look at.
    let draft = work.drafts.get(draft?)?;
    let found = draft.find(&[], &path.parts).and_then(|place| {
        let field = draft.fields.get(place)?;
        let (_, container) = field.path.split_last()?;
        let mut offset = 0;
        let mut size = None;
        let mut head = 0;
        for other in &draft.fields {
            if other.path.len() != field.path.len() || !other.path.starts_with(container) {
                continue;
            }
            let Size::Fixed(width) = other.wire.as_ref()?.size else {
                // In a part, what the length counts begins here.
                if in_part && size.is_some() {
                    break;
                }
                return None;
            };
            if std::ptr::eq(other, field) {
                size = Some(width);
            } else if size.is_none() {
                offset += width;
            }
            head += width;
        }
        let kind = match field.wire.as_ref()?.form {
            crate::value::Form::Integer { endian: crate::value::Endian::Big, .. } => PrefixKind::Big,
            crate::value::Form::Integer { endian: crate::value::Endian::Little, .. } => PrefixKind::Little,
            crate::value::Form::Packed { .. } => PrefixKind::Bcd,
            _ => PrefixKind::Ascii,
        };
        Some(InHead { offset, size: size?, kind, head })
    });
    if found.is_none() {
        resolver
            .report
            .error("TS0620", path.span, format!("`{}` is no field of a head of fixed width", path.text()))
            .help("name the length field of the packet's first `fixed` or `binary` part, or of a tag=value text");
    }
    found
}

/// A length field in a tag=value text, and the fields of that text in their order.
struct TaggedAround<'w, 't> {
    draft: &'w Draft<'t>,
    length: usize,
    /// All fields of the text itself, by their places among those of the message.
    fields: Vec<usize>,
    sign: Box<str>,
    end: Box<str>,
}

/// Whether a path names a field of a tag=value text.
fn tagged_around<'w, 't>(
    work: &'w Work<'t>,
    draft: Option<usize>,
    path: &tree::Path,
) -> Option<TaggedAround<'w, 't>> {
    let draft = work.drafts.get(draft?)?;
    let length = draft.find(&[], &path.parts)?;
    let (_, container) = draft.fields.get(length)?.path.split_last()?;
    let text = draft.fields.iter().find(|field| field.path == container)?;
    let DraftKind::Format { format: Format::Segments(form), .. } = &text.kind else { return None };
    let (sign, end) = form.tagged.clone()?;
    let within =
        |field: &DraftField<'_>| field.path.len() == container.len() + 1 && field.path.starts_with(container);
    let fields =
        (0..draft.fields.len()).filter(|place| draft.fields.get(*place).is_some_and(within)).collect();
    Some(TaggedAround { draft, length, fields, sign, end })
}

impl TaggedAround<'_, '_> {
    /// The frame of such a text: the length counts from the field behind it up to those that close the text.
    fn frame(&self, resolver: &mut Resolver, path: &tree::Path) -> Frame {
        let found = self.places();
        if let Err(why) = found {
            resolver
                .report
                .error("TS0651", path.span, format!("`{}` does not say where a message ends", path.text()))
                .note(why)
                .help("`= length(raw(A .. B))`: A is the field right behind it, from B on stand fields of one width each");
        }
        found.map_or(Frame::None, |frame| Frame::ByTag(Box::new(frame)))
    }

    fn places(&self) -> Result<TaggedFrame, &'static str> {
        let at = |place: usize| self.fields.iter().position(|known| *known == place);
        let none = "it is no length of a part of the text that it stands in";
        let (from, to) = self.counted().ok_or(none)?;
        let (length, from, to) = (at(self.length).ok_or(none)?, at(from).ok_or(none)?, at(to).ok_or(none)?);
        if from != length + 1 {
            return Err("what it counts does not begin right behind it");
        }
        let list = |range: std::ops::Range<usize>| self.fields.get(range).unwrap_or_default().iter();
        let place = |place: &usize| self.draft.fields.get(*place).and_then(|field| self.place(field));
        let before = list(0..length).map(place).collect::<Option<Vec<_>>>();
        let behind = list(to..self.fields.len())
            .map(|known| place(known).filter(|_| self.draft.fields.get(*known).is_some_and(of_one_width)));
        Ok(TaggedFrame {
            before: before.ok_or("a field in front of it may be missing, or has no bound")?,
            length: place(&self.length).ok_or(none)?,
            behind: behind
                .collect::<Option<Vec<_>>>()
                .ok_or("a field behind what it counts has no one width")?,
            end: self.end.as_bytes().into(),
            sum: self.sum(),
        })
    }

    /// The algorithm of the checksum that closes the text, where it is over all in front of it.
    fn sum(&self) -> Option<Box<str>> {
        let field = self.draft.fields.get(*self.fields.last()?)?;
        let (_, container) = field.path.split_last()?;
        let (_, tree) = field.tree?;
        tree.rules.iter().find_map(|rule| {
            let RuleKind::Equal(tree::Expr { kind: ExprKind::Call(call), .. }) = &rule.kind else {
                return None;
            };
            let [algorithm, covered] = &call.arguments[..] else { return None };
            let ExprKind::Path(name) = &algorithm.value.kind else { return None };
            let ExprKind::Range { from, to } = &only(&covered.value, "raw")?.kind else { return None };
            let first = self.draft.find(container, &from.parts)? == *self.fields.first()?;
            let last = self.draft.find(container, &to.parts)? == *self.fields.last()?;
            (*call.name.text == *"checksum" && first && last).then(|| name.text().into())
        })
    }

    /// The fields that the length counts from, and up to.
    fn counted(&self) -> Option<(usize, usize)> {
        let field = self.draft.fields.get(self.length)?;
        let (_, tree) = field.tree?;
        let (_, container) = field.path.split_last()?;
        let ranges = tree.rules.iter().find_map(|rule| match &rule.kind {
            RuleKind::Equal(value) => only(value, "length").and_then(|counted| only(counted, "raw")),
            _ => None,
        });
        let ExprKind::Range { from, to } = &ranges?.kind else { return None };
        Some((self.draft.find(container, &from.parts)?, self.draft.find(container, &to.parts)?))
    }

    /// What begins a field, and how many octets it has at most; none where it may be missing.
    fn place(&self, field: &DraftField<'_>) -> Option<TaggedPlace> {
        let wire = field.wire.as_ref().filter(|wire| wire.absent == crate::value::Absent::Never)?;
        let (_, tree) = field.tree?;
        let tag = tree.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::Tag(text) => text.constant(),
            _ => None,
        });
        let widest = match wire.unit {
            // A character has at most four octets, in any charset that there is.
            Unit::Chars => 4,
            _ => 1,
        };
        let most = match wire.size {
            Size::Fixed(width) => width,
            Size::Range { max, .. } => max,
            Size::ByForm => return None,
        };
        let mark = format!("{}{}", tag.unwrap_or(&field.name), self.sign);
        Some(TaggedPlace { mark: mark.into_bytes().into(), most: most.saturating_mul(widest) })
    }
}

fn of_one_width(field: &DraftField<'_>) -> bool {
    field.wire.as_ref().is_some_and(|wire| matches!(wire.size, Size::Fixed(_)) && wire.unit != Unit::Chars)
}

/// The one argument of a function of that name.
fn only<'e>(value: &'e tree::Expr, name: &str) -> Option<&'e tree::Expr> {
    match &value.kind {
        ExprKind::Call(call) if *call.name.text == *name => match &call.arguments[..] {
            [argument] => Some(&argument.value),
            _ => None,
        },
        _ => None,
    }
}
