//! Fields among the signs of a `delimited` item: which stand where, each place its number, and groups of `several` told
//! apart.
//!
//! In: the fields and nodes of a message, bound. Out: places as names of the wire, problems.

use super::Resolver;
use crate::model::{At, Field, FieldId, FieldKind, FileForm, Format, ListField, Node, Segments};
use crate::source::Span;

const MISPLACED: &str = "TS0447";
const PLACE: &str = "TS0448";

/// Gives each place its number, and judges what stands among lines, tags and places.
pub(super) fn places(resolver: &mut Resolver, fields: &mut [Field], nodes: &[Node], file: Option<&FileForm>) {
    let mut found: Vec<(Segments, Vec<Node>, Span)> = Vec::new();
    for field in fields.iter() {
        let kind = match &field.kind {
            FieldKind::Entry { content, .. } => content,
            kind => kind,
        };
        if let FieldKind::Format { format: Format::Segments(form), nodes, .. } = kind {
            found.push(((**form).clone(), nodes.clone(), field.span));
        }
    }
    if let Some(FileForm { format: Format::Segments(form), .. }) = file {
        let span = fields.first().map_or_else(Span::default, |field| field.span);
        found.push(((**form).clone(), nodes.to_vec(), span));
    }
    // Of a form that says no signs that was told where it stands.
    found.retain(|(form, ..)| form.tagged.is_some() || !form.levels.is_empty());
    for (form, nodes, span) in found {
        let mut placing = Placing { resolver, fields, form: &form };
        if form.tagged.is_some() {
            placing.tags(&nodes);
        } else if form.lines.is_some() {
            placing.lines(&nodes);
        } else {
            placing.places(&nodes, 0, 0);
        }
        placing.order(&nodes, span);
    }
}

/// The fields among nodes, whatever they stand under.
pub(crate) fn fields_of(nodes: &[Node], found: &mut Vec<FieldId>) {
    for node in nodes {
        match node {
            Node::Field(id) => found.push(*id),
            Node::When { then, .. } => fields_of(then, found),
            Node::Choose { cases, other, .. } => {
                cases.iter().for_each(|(_, nodes)| fields_of(nodes, found));
                fields_of(other, found);
            }
            Node::Check(_) | Node::Map(_) => {}
        }
    }
}

struct Placing<'r, 'f> {
    resolver: &'r mut Resolver,
    fields: &'f mut [Field],
    form: &'f Segments,
}

impl Placing<'_, '_> {
    fn field(&self, id: FieldId) -> Option<Field> {
        self.fields.get(usize::from(id.0)).cloned()
    }

    fn misplaced(&mut self, span: Span, what: &str, help: &str) {
        self.resolver
            .report
            .error(MISPLACED, span, what)
            .note(format!(
                "`{}` says which signs there are, and so what can stand between them",
                self.form.name
            ))
            .help(help);
    }

    /// The fields that `order free after … before …` names stand among the outermost.
    fn order(&mut self, nodes: &[Node], span: Span) {
        let mut ids = Vec::new();
        fields_of(nodes, &mut ids);
        for name in [&self.form.after, &self.form.before].into_iter().flatten() {
            let known = ids.iter().any(|id| self.field(*id).is_some_and(|field| field.name == *name));
            if !known {
                let what = format!("`{}` orders by `{name}`, which is none of these fields", self.form.name);
                self.misplaced(
                    span,
                    &what,
                    "name a field that stands here, or leave the order to be free of all",
                );
            }
        }
    }

    /// Lines, lists of lines, and lists of several lines of which the first begins a row.
    fn lines(&mut self, nodes: &[Node]) {
        let mut ids = Vec::new();
        fields_of(nodes, &mut ids);
        let named = self.form.lines.as_ref().is_some_and(|lines| lines.named);
        for id in ids {
            let Some(field) = self.field(id) else { continue };
            match &field.kind {
                FieldKind::Line { nodes, bytes: None, control: None } => {
                    let name = wire_name(&field);
                    let shown = self.form.declared.as_ref().is_some_and(|(line, _)| *line == name);
                    self.places(nodes, 0, if shown { 2 } else { 0 });
                }
                FieldKind::List(list) if list.of_line && list.line_bytes.is_none() => {
                    self.places(&list.nodes, 0, 0);
                }
                FieldKind::List(list) if named && self.begins(list, true) => self.lines(&list.nodes),
                _ => self.misplaced(
                    field.type_span,
                    "among lines stand lines",
                    "write `NAME line { … }`, `list ..9 of line { … }`, or a list whose rows begin with a line that is always there",
                ),
            }
        }
    }

    /// Whether a row begins with a line, or a tag, that is always there.
    fn begins(&self, list: &ListField, line: bool) -> bool {
        let Some(Node::Field(first)) = list.nodes.first() else { return false };
        let Some(first) = self.fields.get(usize::from(first.0)) else { return false };
        let fits = match &first.kind {
            FieldKind::Line { .. } => line,
            FieldKind::Leaf { wire, .. } => !line && wire.absent == crate::value::Absent::Never,
            _ => false,
        };
        fits && !first.optional && !list.plain && !list.of_format
    }

    /// Whether the groups of a `several` all begin with one tag, that is always there; each is judged.
    fn begin_alike(&mut self, groups: &[Node]) -> bool {
        let mut begins = Vec::new();
        for node in groups {
            let Node::Field(id) = node else { return false };
            let Some(Field { kind: FieldKind::Group { nodes }, .. }) = self.field(*id) else { return false };
            let Some(Node::Field(first)) = nodes.first() else { return false };
            let Some(first) = self.field(*first) else { return false };
            match &first.kind {
                FieldKind::Leaf { wire, .. } if wire.absent == crate::value::Absent::Never => {
                    begins.push(first.tag.clone().unwrap_or_else(|| first.name.clone()));
                }
                _ => return false,
            }
            self.tags(&nodes);
        }
        begins.iter().all(|tag| begins.first() == Some(tag))
    }

    /// Values by tags, and lists of them.
    fn tags(&mut self, nodes: &[Node]) {
        let mut ids = Vec::new();
        fields_of(nodes, &mut ids);
        for id in ids {
            let Some(field) = self.field(id) else { continue };
            match &field.kind {
                FieldKind::Leaf { .. } | FieldKind::Format { .. } => {}
                FieldKind::List(list) if self.begins(list, false) => self.tags(&list.nodes),
                FieldKind::Several { nodes } if self.begin_alike(nodes) => {}
                _ => self.misplaced(
                    field.type_span,
                    "among tags stand values, and lists of them",
                    "`use` a layout for values that go together; a list's rows begin with a value that is always there",
                ),
            }
        }
    }

    /// Places one after the other; gives the last one's number.
    fn places(&mut self, nodes: &[Node], level: usize, mut last: u16) -> u16 {
        for node in nodes {
            match node {
                Node::Field(id) => last = self.place(*id, level, last),
                Node::When { then, .. } => last = self.places(then, level, last),
                Node::Choose { cases, other, .. } => {
                    let mut most = self.places(other, level, last);
                    for (_, nodes) in cases {
                        most = most.max(self.places(nodes, level, last));
                    }
                    last = most;
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
        last
    }

    fn place(&mut self, id: FieldId, level: usize, last: u16) -> u16 {
        let Some(field) = self.field(id) else { return last };
        let said = match &field.at {
            None => Some(last.saturating_add(1)),
            Some(At::Text(text)) => text.parse::<u16>().ok(),
            Some(At::Template(..)) => None,
        };
        let place = match said {
            Some(place) if place > last && place < u16::MAX => place,
            _ => {
                self.resolver
                    .report
                    .error(PLACE, field.span, format!("`{}` has no place behind {last}", field.name))
                    .note("places have numbers, from 1, and stand in their order; without `at` it is the next one")
                    .help("write the number of the specification: `at \"5\"`");
                last.saturating_add(1)
            }
        };
        if let Some(field) = self.fields.get_mut(usize::from(id.0)) {
            field.at = Some(At::Text(place.to_string().into()));
        }
        let deeper = level + 1 < self.form.levels.len();
        let repeats = level == 0 && self.form.repeat.is_some();
        match &field.kind {
            FieldKind::Leaf { .. } | FieldKind::Format { .. } => {}
            FieldKind::Group { nodes } if deeper => {
                self.places(nodes, level + 1, 0);
            }
            FieldKind::List(list) if repeats && (list.plain || list.of_format) => {}
            FieldKind::List(list) if repeats && deeper && !list.of_line => {
                self.places(&list.nodes, level + 1, 0);
            }
            FieldKind::Several { nodes } if repeats && deeper => {
                let mut groups = Vec::new();
                fields_of(nodes, &mut groups);
                for group in groups {
                    if let Some(Field { kind: FieldKind::Group { nodes }, .. }) = self.field(group) {
                        self.places(&nodes, level + 1, 0);
                    }
                }
            }
            FieldKind::Group { .. } => self.misplaced(
                field.type_span,
                "no sign is left for the parts of this group",
                "give `levels` one more sign, or make it one value",
            ),
            FieldKind::List(_) | FieldKind::Several { .. } => self.misplaced(
                field.type_span,
                "a list here is the repetitions of a place",
                "say `repeat \"~\"` in the item; only a line's own places repeat",
            ),
            _ => self.misplaced(
                field.type_span,
                "this cannot stand in a place",
                "write a value, a group or a list",
            ),
        }
        place
    }
}

/// What a line is called.
fn wire_name(field: &Field) -> Box<str> {
    match &field.at {
        Some(At::Text(text)) => text.clone(),
        _ => field.name.clone(),
    }
}
