//! One message, indexed: what lies in what, which list a field is in, what a reference means, which octets are needed.
//!
//! In: a [`Message`]. Out: answers to the makers of its lists. Nothing of the program is made here but numbers of
//! regions and lists.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{heavy, is_field, walk};
use crate::model::{
    Expr, ExprKind, Field, FieldId, FieldKind, Format, ListField, Load, Message, Node, RowRun,
};
use crate::program::{PairSet, Paired};
use crate::resolve::fields_of;

/// A slot: the list whose rows hold it (`None`: the message itself) and its number.
pub(super) type Key = (Option<FieldId>, u16);

/// What an expression needs of the message it stands in.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    /// Slots, with the list around them.
    pub(super) slots: BTreeSet<Key>,
    /// Octets as written.
    pub(super) octets: BTreeSet<FieldId>,
    /// How many octets.
    pub(super) lengths: BTreeSet<FieldId>,
    /// Where these begin.
    pub(super) begun: BTreeSet<FieldId>,
    /// A seal is computed.
    pub(super) seal: bool,
}

impl Needs {
    /// Whether it looks at octets.
    pub(super) fn any_octets(&self) -> bool {
        !(self.octets.is_empty() && self.lengths.is_empty() && self.begun.is_empty())
    }
}

/// The index.
pub(super) struct Layout<'m> {
    /// The message.
    pub(super) message: &'m Message,
    /// The fields around each, outermost first.
    around: Vec<Vec<FieldId>>,
    /// Region numbers.
    regions: BTreeMap<FieldId, u16>,
    /// Those of the places where tags begin that ranges speak of.
    begins: BTreeMap<FieldId, u16>,
    /// Lists in wire order.
    pub(super) lists: Vec<FieldId>,
}

impl<'m> Layout<'m> {
    /// Indexes a message.
    pub(super) fn new(message: &'m Message) -> Self {
        let mut layout = Layout {
            message,
            around: vec![Vec::new(); message.fields.len()],
            regions: BTreeMap::new(),
            begins: BTreeMap::new(),
            lists: Vec::new(),
        };
        let mut path = Vec::new();
        if let Some(file) = &message.file {
            layout.place(&file.name_nodes, &mut path);
        }
        layout.place(&message.nodes, &mut path);
        let (mut wanted, mut tags): (BTreeSet<FieldId>, BTreeSet<FieldId>) = Default::default();
        for expression in expressions(message) {
            let needs = layout.needs(expression, &[]);
            wanted.extend(needs.octets.iter().chain(&needs.lengths));
            for id in needs.begun {
                if layout.is_tagged(id) {
                    tags.insert(id)
                } else {
                    wanted.insert(id)
                };
            }
        }
        layout.regions = wanted.into_iter().zip(0..).collect();
        layout.begins = tags.into_iter().zip(layout.region_count()..).collect();
        layout
    }

    /// Whether a field is a value behind its tag.
    fn is_tagged(&self, id: FieldId) -> bool {
        matches!(self.format_around(id), Some(Format::Segments(form)) if form.tagged.is_some())
    }

    /// Whether a field is read in its turn, though it has a name: tags in the order of the text.
    pub(super) fn has_order(&self, id: FieldId) -> bool {
        matches!(self.format_around(id), Some(Format::Segments(form)) if form.tagged.is_some() && !form.free)
    }

    /// Of a list among lines or tags: where a row begins, and what belongs to it.
    pub(super) fn run(&self, id: FieldId) -> Option<RowRun> {
        let rows = match &self.field(id)?.kind {
            FieldKind::List(list) if !(list.of_line || list.plain || list.of_format) => &list.nodes,
            FieldKind::Several { nodes } => nodes,
            _ => return None,
        };
        let among = match self.around(id).last() {
            Some(outer) => match &self.field(*outer)?.kind {
                FieldKind::Format { format, .. } => format,
                FieldKind::List(_) => return self.run(*outer).and_then(|_| self.row_run(rows)),
                // A group of `several` among tags is a row itself.
                FieldKind::Group { .. } => {
                    let around = self.around(*outer).last()?;
                    return self.run(*around).and_then(|_| self.row_run(rows));
                }
                _ => return None,
            },
            None => &self.message.file.as_ref()?.format,
        };
        let Format::Segments(form) = among else { return None };
        (form.tagged.is_some() || form.lines.is_some()).then(|| self.row_run(rows)).flatten()
    }

    fn row_run(&self, nodes: &[Node]) -> Option<RowRun> {
        let mut members = Vec::new();
        self.names(nodes, &mut members);
        Some(RowRun { begin: members.first()?.clone(), members })
    }

    /// The names of lines or tags among nodes, those in lists of them too.
    pub(super) fn names(&self, nodes: &[Node], names: &mut Vec<Box<str>>) {
        let mut ids = Vec::new();
        fields_of(nodes, &mut ids);
        for field in ids.iter().filter_map(|id| self.field(*id)) {
            match &field.kind {
                FieldKind::List(list) if !list.of_line => self.names(&list.nodes, names),
                FieldKind::Several { nodes } | FieldKind::Group { nodes } => self.names(nodes, names),
                _ => names.push(tag_or_name(field)),
            }
        }
    }

    fn place(&mut self, nodes: &'m [Node], path: &mut Vec<FieldId>) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    if let Some(place) = self.around.get_mut(usize::from(id.0)) {
                        place.clone_from(path);
                    }
                    let Some(field) = self.message.fields.get(usize::from(id.0)) else { continue };
                    if matches!(field.kind, FieldKind::List(_)) {
                        self.lists.push(*id);
                    }
                    path.push(*id);
                    self.place(inner(&field.kind), path);
                    path.pop();
                }
                Node::When { then, .. } => self.place(then, path),
                Node::Choose { cases, other, .. } => {
                    for (_, nodes) in cases {
                        self.place(nodes, path);
                    }
                    self.place(other, path);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    /// The field; nodes name none that is not there.
    pub(super) fn field(&self, id: FieldId) -> Option<&'m Field> {
        self.message.fields.get(usize::from(id.0))
    }

    /// The fields around one, outermost first.
    pub(super) fn around(&self, id: FieldId) -> &[FieldId] {
        self.around.get(usize::from(id.0)).map_or(&[], Vec::as_slice)
    }

    /// Whether one is, or lies in, the other.
    pub(super) fn lies_in(&self, id: FieldId, outer: FieldId) -> bool {
        id == outer || self.around(id).contains(&outer)
    }

    /// The lists around a field, outermost first.
    pub(super) fn lists_around(&self, id: FieldId) -> Vec<FieldId> {
        let is_list = |id: &FieldId| self.list(*id).is_some();
        self.around(id).iter().copied().filter(is_list).collect()
    }

    /// The list's own words.
    pub(super) fn list(&self, id: FieldId) -> Option<&'m ListField> {
        match self.field(id).map(|field| &field.kind) {
            Some(FieldKind::List(list)) => Some(list),
            _ => None,
        }
    }

    /// Number of a list.
    pub(super) fn list_index(&self, id: FieldId) -> u16 {
        let at = self.lists.iter().position(|list| *list == id);
        at.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX)
    }

    /// Number of a field's region, if its octets are spoken of.
    pub(super) fn region(&self, id: FieldId) -> Option<u16> {
        self.regions.get(&id).copied()
    }

    /// How many regions there are.
    pub(super) fn region_count(&self) -> u16 {
        u16::try_from(self.regions.len() + self.begins.len()).unwrap_or(u16::MAX)
    }

    /// Number of the region that begins with a field's tag, if a range begins or ends there.
    pub(super) fn begin(&self, id: FieldId) -> Option<u16> {
        self.begins.get(&id).copied()
    }

    /// The slot of a field.
    pub(super) fn key(&self, id: FieldId) -> Option<Key> {
        let field = self.field(id)?;
        Some((self.lists_around(id).last().copied(), field.slot))
    }

    /// The list field that a reference means: the one that stands in the rows entered (`path`), or the one whose id
    /// stands in the reference (see [`Load::call`]).
    pub(super) fn list_of(&self, load: &Load, path: &[FieldId]) -> Option<FieldId> {
        if let Some(id) = load.call.checked_sub(1).map(FieldId)
            && self.list(id).is_some()
        {
            return Some(id);
        }
        let fits =
            |id: &&FieldId| self.field(**id).is_some_and(|f| f.level == load.level && f.slot == load.slot);
        let near = |id: &&FieldId| {
            let lists = self.lists_around(**id);
            lists.iter().zip(path).all(|(a, b)| a == b)
        };
        self.lists.iter().filter(fits).find(near).or_else(|| self.lists.iter().find(fits)).copied()
    }

    /// The lists entered where a fold over this reference runs, itself last.
    pub(super) fn path_in(&self, load: &Load, path: &[FieldId]) -> Vec<FieldId> {
        let Some(list) = self.list_of(load, path) else { return path.to_vec() };
        let mut inside = self.lists_around(list);
        inside.push(list);
        inside
    }

    /// The slot that a reference to a field means, under these lists.
    pub(super) fn key_of(&self, load: &Load, path: &[FieldId]) -> Key {
        let list = usize::from(load.level).checked_sub(1).and_then(|at| path.get(at)).copied();
        (list, load.slot)
    }

    /// What an expression under these lists needs.
    pub(super) fn needs(&self, expression: &Expr, path: &[FieldId]) -> Needs {
        let mut needs = Needs::default();
        walk(expression, &mut Vec::new(), &mut |one, folds| {
            let mut inside = path.to_vec();
            for fold in folds.iter().filter(|fold| is_field(fold)) {
                inside = self.path_in(fold, &inside);
            }
            match &one.kind {
                ExprKind::Load(load) if is_field(load) => {
                    needs.slots.insert(self.key_of(load, &inside));
                }
                ExprKind::Fold { list, .. } if is_field(list) => {
                    for id in self.path_in(list, &inside) {
                        needs.slots.extend(self.key(id));
                    }
                }
                ExprKind::Raw(id) => {
                    needs.octets.insert(*id);
                }
                ExprKind::Sent(lines) => needs.octets.extend(lines),
                ExprKind::RawRange(from, to) => {
                    needs.begun.extend([*from, *to]);
                }
                ExprKind::Length(id) => {
                    needs.lengths.insert(*id);
                }
                ExprKind::Function(function, _) if heavy(*function) => needs.seal = true,
                ExprKind::Pairs { parts, except, .. } => {
                    for id in self.paired(parts, except) {
                        match self.field(id).map(|field| &field.kind) {
                            Some(FieldKind::Leaf { .. }) => needs.slots.extend(self.key(id)),
                            _ => {
                                needs.octets.insert(id);
                            }
                        }
                    }
                }
                _ => {}
            }
        });
        needs
    }

    /// The fields of a `pairs`, in wire order: those named, but for the exceptions.
    pub(super) fn paired(&self, parts: &[FieldId], except: &[FieldId]) -> Vec<FieldId> {
        parts.iter().filter(|id| !except.contains(id) && self.field(**id).is_some()).copied().collect()
    }

    /// The fields of a `pairs` as the program has them; wire forms are given by `wire`.
    pub(super) fn pair_set(
        &self,
        parts: &[FieldId],
        except: &[FieldId],
        without_empty: bool,
        wire: &mut dyn FnMut(FieldId) -> u32,
    ) -> PairSet {
        let mut fields = Vec::new();
        for id in self.paired(parts, except) {
            let Some(field) = self.field(id) else { continue };
            let name = name_of(field);
            match &field.kind {
                FieldKind::Leaf { .. } => {
                    fields.push((name, Paired::Slot { slot: field.slot, wire: wire(id) }));
                }
                _ => {
                    let region = self.region(id).unwrap_or(u16::MAX);
                    let paired = match self.format_around(id) {
                        Some(Format::Form) => Paired::FormRegion(region),
                        Some(Format::Json { .. }) => Paired::JsonRegion(region),
                        _ => Paired::Region(region),
                    };
                    fields.push((name, paired));
                }
            }
        }
        PairSet { fields, without_empty }
    }

    /// The format that a field is a value of.
    pub(super) fn format_around(&self, id: FieldId) -> Option<&'m Format> {
        self.around(id).iter().rev().find_map(|outer| match &self.field(*outer)?.kind {
            FieldKind::Format { format, .. } => Some(format),
            _ => None,
        })
    }
}

/// The name of a field on the wire, where it is no template.
pub(super) fn name_of(field: &Field) -> Box<str> {
    let plain = match &field.at {
        Some(crate::model::At::Text(text)) => text.clone(),
        _ => field.name.clone(),
    };
    match &field.namespace {
        Some(namespace) => format!("{{{namespace}}}{plain}").into(),
        None => plain,
    }
}

/// The tag of a field, else its name on the wire.
pub(super) fn tag_or_name(field: &Field) -> Box<str> {
    field.tag.clone().unwrap_or_else(|| name_of(field))
}

/// What stands in a field.
pub(super) fn inner(kind: &FieldKind) -> &[Node] {
    match kind {
        FieldKind::Leaf { .. } => &[],
        FieldKind::Group { nodes }
        | FieldKind::Format { nodes, .. }
        | FieldKind::Line { nodes, .. }
        | FieldKind::Several { nodes } => nodes,
        FieldKind::List(list) => &list.nodes,
        FieldKind::Entry { content, .. } => inner(content),
    }
}

/// Every expression of a message, as it stands in it.
pub(super) fn expressions(message: &Message) -> Vec<&Expr> {
    let mut all = Vec::new();
    for field in &message.fields {
        all.extend(&field.fact);
        all.extend(field.from.iter().chain(&field.to).flat_map(of_mapping));
        if let crate::model::Learn::Fresh(_, expression) = &field.learn {
            all.push(expression);
        }
        if let Some(crate::model::At::Template(template, _)) = &field.at {
            all.push(template);
        }
        of_kind(&field.kind, &mut all);
    }
    if let Some(file) = &message.file {
        of_chain(&file.chain, &mut all);
        of_nodes(&file.name_nodes, &mut all);
    }
    of_nodes(&message.nodes, &mut all);
    all
}

fn of_mapping(mapping: &crate::model::Mapping) -> Vec<&Expr> {
    match &mapping.otherwise {
        crate::model::Else::Value(other) => vec![&mapping.source, other],
        _ => vec![&mapping.source],
    }
}

fn of_chain<'m>(chain: &'m crate::model::Chain, all: &mut Vec<&'m Expr>) {
    all.extend(&chain.expressions);
    all.extend(chain.choice.iter().map(|(condition, _)| &**condition));
}

fn of_kind<'m>(kind: &'m FieldKind, all: &mut Vec<&'m Expr>) {
    match kind {
        FieldKind::Leaf { wire, .. } => {
            of_chain(&wire.chain, all);
            all.extend(wire.near.as_deref());
        }
        FieldKind::Format { chain, .. } => of_chain(chain, all),
        FieldKind::List(list) => {
            all.extend(list.business.iter().filter_map(|arrow| arrow.filter.as_ref()));
            all.extend(list.business.iter().flat_map(|arrow| &arrow.sorted));
        }
        FieldKind::Entry { pattern, content } => {
            all.push(pattern);
            of_kind(content, all);
        }
        FieldKind::Group { .. } | FieldKind::Line { .. } | FieldKind::Several { .. } => {}
    }
    if !matches!(kind, FieldKind::Entry { .. }) {
        of_nodes(inner(kind), all);
    }
}

fn of_nodes<'m>(nodes: &'m [Node], all: &mut Vec<&'m Expr>) {
    for node in nodes {
        match node {
            Node::Field(_) => {}
            Node::When { condition, then, .. } => {
                all.push(condition);
                of_nodes(then, all);
            }
            Node::Choose { cases, other, .. } => {
                for (condition, nodes) in cases {
                    all.push(condition);
                    of_nodes(nodes, all);
                }
                of_nodes(other, all);
            }
            Node::Check(check) => all.push(&check.holds),
            Node::Map(mapping) => all.extend(of_mapping(mapping)),
        }
    }
}
