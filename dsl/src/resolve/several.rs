//! `several`: one repeated place whose items are named groups, told apart by their constants.
//!
//! In: the fields and nodes of a message, bound. Out: problems; and the constants by which a group is known.

use super::Resolver;
use crate::model::{Field, FieldId, FieldKind, FileForm, Format, Node};
use crate::value::Constant;

const APART: &str = "TS0449";

/// A field by its names in a group, and the text that it always is.
type Told = (String, Box<str>);

/// The constants of a group: the fields on the way to each, outermost first, and its text.
pub(crate) fn constants<'f>(
    field: &dyn Fn(FieldId) -> Option<&'f Field>,
    nodes: &[Node],
) -> Vec<(Vec<FieldId>, Box<str>)> {
    let mut found = Vec::new();
    for node in nodes {
        let Node::Field(id) = node else { continue };
        let Some(inner) = field(*id) else { continue };
        match &inner.kind {
            FieldKind::Leaf { wire, .. } if wire.chain.first.is_empty() && wire.chain.choice.is_none() => {
                if let Some(Constant::Text(text)) = inner.fact.as_ref().and_then(|fact| fact.as_constant()) {
                    found.push((vec![*id], text.clone()));
                }
            }
            FieldKind::Group { nodes } if !inner.optional => {
                for (mut path, text) in constants(field, nodes) {
                    path.insert(0, *id);
                    found.push((path, text));
                }
            }
            _ => {}
        }
    }
    found
}

/// Reports what stands in a `several` and is no group, groups that no constant tells apart, and formats without items.
pub(super) fn told_apart(resolver: &mut Resolver, fields: &[Field], nodes: &[Node], file: Option<&FileForm>) {
    let mut looking = Looking { resolver, fields };
    looking.nodes(nodes, file.map(|file| &file.format));
}

struct Looking<'r, 'f> {
    resolver: &'r mut Resolver,
    fields: &'f [Field],
}

impl<'f> Looking<'_, 'f> {
    fn field(&self, id: FieldId) -> Option<&'f Field> {
        self.fields.get(usize::from(id.0))
    }

    fn nodes(&mut self, nodes: &'f [Node], around: Option<&'f Format>) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    if let Some(field) = self.field(*id) {
                        self.kind(field, &field.kind, around);
                    }
                }
                Node::When { then, .. } => self.nodes(then, around),
                Node::Choose { cases, other, .. } => {
                    cases.iter().for_each(|(_, nodes)| self.nodes(nodes, around));
                    self.nodes(other, around);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    fn kind(&mut self, field: &'f Field, kind: &'f FieldKind, around: Option<&'f Format>) {
        match kind {
            FieldKind::Leaf { .. } => {}
            FieldKind::Format { format, nodes, .. } => self.nodes(nodes, Some(format)),
            FieldKind::Group { nodes } | FieldKind::Line { nodes, .. } => self.nodes(nodes, around),
            FieldKind::List(list) => self.nodes(&list.nodes, around),
            FieldKind::Entry { content, .. } => self.kind(field, content, around),
            FieldKind::Several { nodes } => {
                let has_items =
                    matches!(around, Some(Format::Json { .. } | Format::Xml(_) | Format::Segments(_)));
                if !has_items {
                    self.wrong(field, "there are no items here that could be told apart")
                        .help("`several` stands in json, xml and `delimited` items; elsewhere write the groups one after the other");
                }
                self.groups(field, nodes);
                self.nodes(nodes, around);
            }
        }
    }

    fn wrong(&mut self, field: &Field, what: &str) -> super::report::Problem<'_> {
        self.resolver.report.error(APART, field.type_span, what)
    }

    fn groups(&mut self, field: &'f Field, nodes: &'f [Node]) {
        let mut known: Vec<(&Field, Vec<Told>)> = Vec::new();
        for node in nodes {
            let group = match node {
                Node::Field(id) => self.field(*id),
                _ => None,
            };
            let Some((group, FieldKind::Group { nodes })) = group.map(|group| (group, &group.kind)) else {
                self.wrong(field, "what stands in `several` is a group, always there or `optional`")
                    .help("write `NAME group { … }` for each of its items");
                return;
            };
            let of = |id: FieldId| self.fields.get(usize::from(id.0));
            let told: Vec<Told> = constants(&of, nodes)
                .into_iter()
                .map(|(path, text)| {
                    let names: Vec<&str> =
                        path.iter().filter_map(|id| self.field(*id)).map(|field| &*field.name).collect();
                    (names.join("."), text)
                })
                .collect();
            let alike = known.iter().find(|(_, other)| {
                !other.iter().any(|(name, text)| told.iter().any(|(of, own)| of == name && own != text))
            });
            if let Some((other, _)) = alike {
                let what = format!("nothing tells `{}` from `{}`", group.name, other.name);
                self.resolver
                    .report
                    .error(APART, group.span, what)
                    .note("an item is known by a text that is always the same in it, and another one in each other group")
                    .help("bind the same field of both to different constants: `kind text 2 chars = \"MR\"`");
                return;
            }
            known.push((group, told));
        }
    }
}
