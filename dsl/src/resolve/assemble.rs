//! Messages put together: the packet of the link, its layouts, and the fields of the call, one draft for each message.
//!
//! In: trees. Out: [`Draft`]s: fields with their paths, slots, types and wire forms, and the order on the wire. Rules and
//! conditions still stand as trees, since they may speak of fields that come later; `bind` types them.

use super::index::Index;
use super::path::{self, ItemScope, RowNames, Scope};
use super::wire::{self, Around, Tables};
use super::{Choice, Resolver};
use crate::model::{
    CallId, CodeTable, Format, Key, Load, Member, MessageSide, Setting, Space, Wire, XmlForm,
};
use crate::source::Span;
use crate::tree::{
    self, Attribute, AttributeKind, BinaryOperator, FieldStatement, Name, Node, Rule, TypeKind,
};
use crate::value::{Form, ShapeId, Size, Type, Unit};
use std::cell::Cell;
use std::collections::HashMap;

/// Deepest nesting of blocks.
const NESTING_MAX: usize = 16;

/// A module while its calls are made.
pub(crate) struct Work<'t> {
    pub(crate) index: &'t Index<'t>,
    pub(crate) folder: &'t str,
    pub(crate) choice: &'t Choice,
    pub(crate) settings: Vec<Setting>,
    pub(crate) keys: Vec<Key>,
    pub(crate) member: Option<Member>,
    pub(crate) codes: Vec<CodeTable>,
    pub(crate) xml_forms: Vec<XmlForm>,
    pub(crate) session_values: Vec<(Box<str>, Type)>,
    pub(crate) calls: Vec<CallHead<'t>>,
    pub(crate) drafts: Vec<Draft<'t>>,
}

/// What is known of a call before its messages are bound.
pub(crate) struct CallHead<'t> {
    pub(crate) item: &'t tree::Item,
    pub(crate) tree: &'t tree::CallItem,
    pub(crate) ours: bool,
    pub(crate) link: u16,
    pub(crate) service: Option<u16>,
    pub(crate) ask: Option<ShapeId>,
    pub(crate) answer: Option<ShapeId>,
    pub(crate) settles: Vec<CallId>,
    pub(crate) undoes: Vec<CallId>,
    pub(crate) about: Vec<CallId>,
}

impl Work<'_> {
    pub(crate) fn tables(&self) -> Tables<'_> {
        Tables { codes: &self.codes, xml_forms: &self.xml_forms }
    }

    pub(crate) fn call_named(&self, name: &str) -> Option<CallId> {
        let place = self.calls.iter().position(|call| *call.tree.name.text == *name)?;
        Some(CallId(u16::try_from(place).ok()?))
    }

    pub(crate) fn call_names(&self) -> Vec<&str> {
        self.calls.iter().map(|call| &*call.tree.name.text).collect()
    }

    pub(crate) fn draft_of(&self, call: CallId, side: MessageSide) -> Option<&Draft<'_>> {
        self.drafts.iter().find(|draft| draft.call == call && draft.side == side)
    }

    /// The calls that a call settles, undoes or speaks about.
    pub(crate) fn spoken_of(&self, call: CallId) -> Vec<CallId> {
        self.calls.get(usize::from(call.0)).map_or_else(Vec::new, |head| {
            head.settles.iter().chain(&head.undoes).chain(&head.about).copied().collect()
        })
    }

    /// Shapes of ask and answer.
    pub(crate) fn records(&self, call: CallId) -> (Option<ShapeId>, Option<ShapeId>) {
        self.calls.get(usize::from(call.0)).map_or((None, None), |head| (head.ask, head.answer))
    }
}

/// One message being put together.
pub(crate) struct Draft<'t> {
    pub(crate) call: CallId,
    pub(crate) side: MessageSide,
    pub(crate) code: Box<str>,
    pub(crate) ours: bool,
    pub(crate) fields: Vec<DraftField<'t>>,
    pub(crate) nodes: Vec<DraftNode<'t>>,
    pub(crate) lets: Vec<LetDraft<'t>>,
    pub(crate) slots: u16,
    pub(crate) unknown_kept: bool,
    pub(crate) fresh: Vec<(u16, u32)>,
    pub(crate) when: Option<crate::model::MessageWhen>,
    pub(crate) file: Option<FileDraft<'t>>,
    pub(crate) outcome: Option<&'t tree::OutcomeRows>,
    pub(crate) span: Span,
    by_path: HashMap<String, usize>,
    frames: HashMap<String, Frame>,
}

/// A message that is a file.
pub(crate) struct FileDraft<'t> {
    pub(crate) name: Option<&'t tree::FileName>,
    pub(crate) format: Format,
    pub(crate) attributes: &'t [Attribute],
    pub(crate) scope: Scope,
    pub(crate) name_nodes: Vec<DraftNode<'t>>,
    pub(crate) name_ending: Box<str>,
}

/// `let NAME = …`.
pub(crate) struct LetDraft<'t> {
    pub(crate) name: &'t Name,
    pub(crate) value: &'t tree::Expr,
    pub(crate) scope: Scope,
    pub(crate) busy: Cell<bool>,
}

/// Slots of a message or of a list's rows, by the paths that have them.
#[derive(Default)]
struct Frame {
    next: u16,
    by_path: HashMap<String, u16>,
}

/// A field being put together.
pub(crate) struct DraftField<'t> {
    pub(crate) name: Box<str>,
    pub(crate) path: Vec<Box<str>>,
    pub(crate) level: u8,
    pub(crate) slot: u16,
    pub(crate) ty: Type,
    pub(crate) wire: Option<Wire>,
    pub(crate) kind: DraftKind<'t>,
    /// Lists around, outermost first.
    pub(crate) lists: Vec<usize>,
    pub(crate) tree: Option<(&'t Node<FieldStatement>, &'t tree::Field)>,
    /// Rules that stand beside it (a field of a table).
    pub(crate) rules: Option<&'t [Rule]>,
    pub(crate) scope: Scope,
    /// It stands in the call's own block, not in a packet or layout that both sides use.
    pub(crate) own: bool,
}

impl DraftField<'_> {
    pub(crate) fn path_text(&self) -> String {
        self.path.join(".")
    }
}

/// What a field is.
pub(crate) enum DraftKind<'t> {
    Leaf,
    Group(Vec<DraftNode<'t>>),
    Format {
        format: Format,
        nodes: Vec<DraftNode<'t>>,
    },
    List {
        tree: &'t tree::ListType,
        nodes: Vec<DraftNode<'t>>,
        slots: u16,
        arrow: Option<ArrowDraft<'t>>,
        of_line: bool,
    },
    Line {
        nodes: Vec<DraftNode<'t>>,
        bytes: Option<u32>,
    },
    Entry {
        pattern: &'t tree::Text,
        format: Option<Format>,
        nodes: Vec<DraftNode<'t>>,
    },
    Fresh,
}

/// A list's arrow, with the business list found.
pub(crate) struct ArrowDraft<'t> {
    pub(crate) list: Load,
    pub(crate) with: Option<Load>,
    pub(crate) row: RowNames,
    pub(crate) filter: Option<&'t tree::Expr>,
    pub(crate) writes: bool,
    pub(crate) span: Span,
}

/// A place on the wire.
pub(crate) enum DraftNode<'t> {
    Field(usize),
    When(&'t tree::Expr, Scope, Vec<DraftNode<'t>>, Span),
    Choose(&'t tree::Expr, Scope, Vec<(&'t [tree::CaseKey], Vec<DraftNode<'t>>)>, Span),
    Check(&'t tree::Check, Scope, Span),
    Assign(&'t tree::Assign, Scope, Span),
}

impl Draft<'_> {
    /// The field that a path means in a block: from the block outward, else by its ending if only one field ends so.
    pub(crate) fn find(&self, container: &[Box<str>], parts: &[Name]) -> Option<usize> {
        let wanted = parts.iter().map(|name| &*name.text).collect::<Vec<_>>().join(".");
        if wanted.is_empty() {
            return None;
        }
        for depth in (0..=container.len()).rev() {
            let mut full = container.get(..depth)?.join(".");
            if !full.is_empty() {
                full.push('.');
            }
            full.push_str(&wanted);
            if let Some(place) = self.by_path.get(&full) {
                return Some(*place);
            }
        }
        let mut best: Option<(usize, usize, bool)> = None;
        for (place, field) in self.fields.iter().enumerate() {
            let ends = field.path.len() >= parts.len()
                && field.path.iter().rev().zip(parts.iter().rev()).all(|(has, name)| **has == *name.text);
            if !ends {
                continue;
            }
            match best {
                Some((other, depth, _)) if depth == field.path.len() => {
                    if self.fields.get(other).is_some_and(|other| other.path != field.path) {
                        best = Some((other, depth, true));
                    }
                }
                Some((_, depth, _)) if depth < field.path.len() => {}
                _ => best = Some((place, field.path.len(), false)),
            }
        }
        best.filter(|(_, _, ambiguous)| !ambiguous).map(|(place, _, _)| place)
    }

    /// The list field of a load.
    pub(crate) fn list_of(&self, load: Load) -> Option<&DraftField<'_>> {
        self.fields.iter().find(|field| {
            matches!(field.kind, DraftKind::List { .. })
                && field.level == load.level
                && field.slot == load.slot
        })
    }
}

/// What a block stands in.
#[derive(Clone)]
struct Context<'t> {
    scope: Scope,
    around: Around,
    own: bool,
    lists: Vec<usize>,
    depth: usize,
    table: Option<&'t tree::Layout>,
    /// Path of the list whose rows these are; empty for the message.
    frame: String,
}

/// The message's own block, the packet that carries it, and who it is.
pub(crate) struct Recipe<'t> {
    pub(crate) call: CallId,
    pub(crate) side: MessageSide,
    pub(crate) code: Box<str>,
    pub(crate) ours: bool,
    pub(crate) packet: Option<&'t tree::Packet>,
    pub(crate) message: &'t tree::Message,
    pub(crate) span: Span,
}

struct Assembler<'r, 'w, 't> {
    resolver: &'r mut Resolver,
    work: &'w Work<'t>,
    draft: Draft<'t>,
    own: Option<&'t tree::Block<FieldStatement>>,
    own_used: bool,
}

/// Puts one message together.
pub(crate) fn assemble<'t>(resolver: &mut Resolver, work: &Work<'t>, recipe: Recipe<'t>) -> Draft<'t> {
    let place = work.drafts.len();
    let (ask, answer) = work.records(recipe.call);
    let scope = Scope { message: Some(place), call: Some(recipe.call), ask, answer, ..Scope::default() };
    let draft = Draft {
        call: recipe.call,
        side: recipe.side,
        code: recipe.code,
        ours: recipe.ours,
        fields: Vec::new(),
        nodes: Vec::new(),
        lets: Vec::new(),
        slots: 0,
        unknown_kept: false,
        fresh: Vec::new(),
        when: recipe.message.when.map(|when| match when {
            tree::MessageWhen::Done => crate::model::MessageWhen::Done,
            tree::MessageWhen::Refused => crate::model::MessageWhen::Refused,
            tree::MessageWhen::Unknown => crate::model::MessageWhen::Unknown,
        }),
        file: None,
        outcome: None,
        span: recipe.span,
        by_path: HashMap::new(),
        frames: HashMap::new(),
    };
    let mut assembler =
        Assembler { resolver, work, draft, own: recipe.message.block.as_ref(), own_used: false };
    let context = Context {
        scope,
        around: Around::Top,
        own: false,
        lists: Vec::new(),
        depth: 0,
        table: None,
        frame: String::new(),
    };
    if recipe.message.type_.is_some() || recipe.message.file.is_some() {
        assembler.file(recipe.message, context);
    } else if let Some(packet) = recipe.packet {
        let mut nodes = Vec::new();
        assembler.block(&packet.block.statements, &context, &mut nodes);
        if !assembler.own_used
            && let Some(own) = recipe.message.block.as_ref().filter(|block| !block.statements.is_empty())
        {
            assembler
                .resolver
                .report
                .error("TS0416", own.span, "the packet has no place for the fields of this message")
                .at(packet.name.span, "this packet carries it")
                .help("write `message fields` in the packet where they stand");
        }
        assembler.draft.nodes = nodes;
    }
    assembler.finish()
}

impl<'t> Assembler<'_, '_, 't> {
    fn finish(mut self) -> Draft<'t> {
        self.draft.slots = self.draft.frames.get("").map_or(0, |frame| frame.next);
        for field in &mut self.draft.fields {
            let path = field.path.join(".");
            if let DraftKind::List { slots, .. } = &mut field.kind {
                *slots = self.draft.frames.get(&path).map_or(0, |frame| frame.next);
            }
        }
        self.draft
    }

    /// A message that is a file: its form is its own.
    fn file(&mut self, message: &'t tree::Message, context: Context<'t>) {
        let work = self.work;
        let (format, around) = match message.type_.as_ref().map(|type_| (&type_.kind, type_.span)) {
            Some((TypeKind::Format(type_), span)) => {
                wire::format(self.resolver, &work.tables(), type_, &message.attributes, span)
            }
            Some((_, span)) => {
                self.resolver.report.error("TS0417", span, "a file is of a format").help(
                    "write `delimited \"|\" lines crlf`, `fixed lines lf`, `xml`, `json` or `zip` behind its name",
                );
                (Format::Fixed, Around::Fixed)
            }
            None => {
                let span = message.file.as_ref().map_or(self.draft.span, |file| file.name.span);
                self.resolver
                    .report
                    .error("TS0417", span, "a file is of a format")
                    .help("write `delimited \"|\" lines crlf`, `fixed lines lf`, `xml`, `json` or `zip` behind its name");
                (Format::Fixed, Around::Fixed)
            }
        };
        self.draft.file = Some(FileDraft {
            name: message.file.as_ref(),
            format,
            attributes: &message.attributes,
            scope: context.scope.clone(),
            name_nodes: Vec::new(),
            name_ending: Box::default(),
        });
        let Some(block) = &message.block else { return };
        self.own_used = true;
        let inner = Context { around, own: true, ..context };
        let mut nodes = Vec::new();
        for node in &block.statements {
            if let FieldStatement::Field(field) = &node.kind
                && field.name.is("name")
                && matches!(&field.type_.kind, TypeKind::Format(format) if matches!(format.kind, tree::Format::Fixed))
                && message.file.is_none()
                && let Some(own) = &field.block
            {
                let ending = field.attributes.iter().find_map(|attribute| match &attribute.kind {
                    AttributeKind::Ending(text) => text.constant().map(Box::from),
                    _ => None,
                });
                let mut scope = inner.scope.clone();
                scope.container.push("name".into());
                let named = Context { scope, around: Around::Fixed, ..inner.clone() };
                let mut name_nodes = Vec::new();
                self.block(&own.statements, &named, &mut name_nodes);
                if let Some(file) = &mut self.draft.file {
                    file.name_nodes = name_nodes;
                    file.name_ending = ending.unwrap_or_default();
                }
                continue;
            }
            self.statement(node, &inner, &mut nodes);
        }
        self.draft.nodes = nodes;
    }

    fn block(
        &mut self,
        statements: &'t [Node<FieldStatement>],
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if context.depth > NESTING_MAX {
            if let Some(first) = statements.first() {
                self.resolver
                    .report
                    .error("TS0418", first.span, "layouts are nested too deep")
                    .note("at most 16 blocks stand in each other; does a layout `use` itself?")
                    .help("take the `use` out of the circle, or put some blocks beside each other");
            }
            return;
        }
        for node in statements {
            self.statement(node, context, out);
        }
    }

    fn statement(
        &mut self,
        node: &'t Node<FieldStatement>,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        let deeper = || Context { depth: context.depth + 1, ..context.clone() };
        match &node.kind {
            FieldStatement::Field(field) => self.field(node, field, None, context, out),
            FieldStatement::Fresh(fresh) => self.fresh(fresh, context),
            FieldStatement::Use(paths) => {
                for path in paths {
                    self.use_layout(path, &deeper(), out);
                }
            }
            FieldStatement::Let { name, value } => self.draft.lets.push(LetDraft {
                name,
                value,
                scope: context.scope.clone(),
                busy: Cell::new(false),
            }),
            FieldStatement::Check(check) => {
                out.push(DraftNode::Check(check, context.scope.clone(), node.span));
            }
            FieldStatement::Assign(assign) => self.assign(node, assign, context, out),
            FieldStatement::When { condition, block } => match self.fold(condition) {
                Some(Folded::Flag(true)) => self.block(&block.statements, &deeper(), out),
                Some(Folded::Flag(false)) => {}
                _ => {
                    let mut inner = Vec::new();
                    self.block(&block.statements, &deeper(), &mut inner);
                    out.push(DraftNode::When(condition, context.scope.clone(), inner, node.span));
                }
            },
            FieldStatement::Choose { subject, cases } => self.choose(node, subject, cases, &deeper(), out),
            FieldStatement::MessageFields => {
                self.own_used = true;
                if let Some(own) = self.own {
                    let mut inner = deeper();
                    inner.own = true;
                    self.block(&own.statements, &inner, out);
                }
            }
            FieldStatement::Unknown(keep) => self.draft.unknown_kept = *keep == tree::Keep::Kept,
            FieldStatement::Outcome(rows) => self.draft.outcome = Some(rows),
            FieldStatement::RequestFields | FieldStatement::Reply(_) | FieldStatement::Done { .. } => {
                let what = match &node.kind {
                    FieldStatement::RequestFields => "`request fields`",
                    FieldStatement::Reply(_) => "`reply` in a packet",
                    _ => "a control file (`done … { … }`)",
                };
                self.resolver
                    .report
                    .error("TS0190", node.span, format!("{what} is not built yet"))
                    .note("it comes with the first party that needs it");
            }
        }
    }

    fn fresh(&mut self, fresh: &'t tree::Fresh, context: &Context<'t>) {
        let bytes = u32::try_from(fresh.count.value).unwrap_or(u32::MAX);
        let mut path = context.scope.container.clone();
        path.push(fresh.name.text.clone());
        let slot = self.slot(context, &path);
        self.draft.fresh.push((slot, bytes));
        let field = DraftField {
            name: fresh.name.text.clone(),
            level: context.scope.level,
            slot,
            ty: match fresh.kind {
                tree::FreshKind::Bytes => Type::Bytes { max: u64::from(bytes) },
                _ => Type::Text { chars: bytes, private: None },
            },
            wire: None,
            kind: DraftKind::Fresh,
            lists: context.lists.clone(),
            tree: None,
            rules: None,
            scope: context.scope.clone(),
            own: false,
            path,
        };
        self.add(field);
    }

    fn use_layout(&mut self, path: &'t tree::Path, context: &Context<'t>, out: &mut Vec<DraftNode<'t>>) {
        if let (Some(table), Some(name)) = (context.table, path.single())
            && let Some((node, field)) = table_field(table, name)
        {
            self.field(node, field, None, context, out);
            return;
        }
        let wanted = path.text();
        let Some((_, layout)) = self.work.index.layouts.get(wanted.as_str()) else {
            let names: Vec<&str> = self.work.index.layouts.keys().copied().collect();
            self.resolver
                .report
                .error("TS0222", path.span, format!("there is no layout `{wanted}`"))
                .suggest(&wanted, names);
            return;
        };
        self.resolver.used.insert((self.work.folder.into(), format!("layout.{wanted}").into()));
        let mut inner = context.clone();
        inner.own = false;
        self.block(&layout.block.statements, &inner, out);
    }

    fn assign(
        &mut self,
        node: &'t Node<FieldStatement>,
        assign: &'t tree::Assign,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if let (Some(table), Some(name)) = (context.table, assign.target.single())
            && let Some((field_node, field)) = table_field(table, name)
        {
            self.field(field_node, field, Some(&assign.rules), context, out);
            return;
        }
        out.push(DraftNode::Assign(assign, context.scope.clone(), node.span));
    }

    fn choose(
        &mut self,
        node: &'t Node<FieldStatement>,
        subject: &'t tree::Expr,
        cases: &'t [tree::Case<FieldStatement>],
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if let Some(Folded::Text(text)) = self.fold(subject) {
            let holds = |case: &&tree::Case<FieldStatement>| {
                case.keys.iter().any(|key| match key {
                    tree::CaseKey::Text(key) => key.constant() == Some(&text),
                    tree::CaseKey::Name(name) => *name.text == *text,
                    tree::CaseKey::Other(_) => true,
                    tree::CaseKey::Number(_) => false,
                })
            };
            if let Some(case) = cases.iter().find(holds) {
                self.block(&case.block.statements, context, out);
            }
            return;
        }
        let mut inner = Vec::new();
        for case in cases {
            let mut nodes = Vec::new();
            self.block(&case.block.statements, context, &mut nodes);
            inner.push((case.keys.as_slice(), nodes));
        }
        out.push(DraftNode::Choose(subject, context.scope.clone(), inner, node.span));
    }

    fn slot(&mut self, context: &Context<'t>, path: &[Box<str>]) -> u16 {
        let frame = self.draft.frames.entry(context.frame.clone()).or_default();
        let next = frame.next;
        let slot = *frame.by_path.entry(path.join(".")).or_insert(next);
        if slot == next {
            frame.next = next.saturating_add(1);
        }
        slot
    }

    fn add(&mut self, field: DraftField<'t>) -> usize {
        let place = self.draft.fields.len();
        self.draft.by_path.entry(field.path.join(".")).or_insert(place);
        self.draft.fields.push(field);
        place
    }

    fn field(
        &mut self,
        node: &'t Node<FieldStatement>,
        field: &'t tree::Field,
        rules: Option<&'t [Rule]>,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        let mut path = context.scope.container.clone();
        path.push(field.name.text.clone());
        if path::ROOTS.contains(&&*field.name.text) {
            self.resolver
                .report
                .error(
                    "TS0223",
                    field.name.span,
                    format!("`{}` is a root, and never a field", field.name.text),
                )
                .note(format!("the roots are {}", path::ROOTS.join(", ")))
                .help(format!("give it another name: `{}_ … at \"{}\"`", field.name.text, field.name.text));
        }
        let base = DraftField {
            name: field.name.text.clone(),
            path: path.clone(),
            level: context.scope.level,
            slot: u16::MAX,
            ty: Type::Wrong,
            wire: None,
            kind: DraftKind::Leaf,
            lists: context.lists.clone(),
            tree: Some((node, field)),
            rules,
            scope: context.scope.clone(),
            own: context.own,
        };
        let mut inner = context.clone();
        inner.depth += 1;
        inner.scope.container = path.clone();
        let place = match &field.type_.kind {
            TypeKind::Group => {
                let place = self.add(DraftField {
                    kind: DraftKind::Group(Vec::new()),
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                self.put(place, DraftKind::Group(nodes));
                place
            }
            TypeKind::Format(type_) => {
                let work = self.work;
                let (format, around) =
                    wire::format(self.resolver, &work.tables(), type_, &field.attributes, field.type_.span);
                inner.around = around;
                inner.table = type_.of.as_ref().and_then(|name| self.table(name));
                let place = self.add(DraftField {
                    kind: DraftKind::Format { format: format.clone(), nodes: Vec::new() },
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                self.put(place, DraftKind::Format { format, nodes });
                place
            }
            TypeKind::Line { size } => {
                let place = self.add(DraftField {
                    kind: DraftKind::Line { nodes: Vec::new(), bytes: None },
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                let bytes = size.as_ref().map(|size| u32::try_from(size.max).unwrap_or(u32::MAX));
                self.put(place, DraftKind::Line { nodes, bytes });
                place
            }
            TypeKind::List(list) => self.list(base, field, list, context, inner),
            TypeKind::Entry { pattern, content } => self.entry(base, field, pattern, content, inner),
            TypeKind::Several => {
                self.resolver
                    .report
                    .error("TS0190", field.type_.span, "`several` is not built yet")
                    .note("it comes with the first party that needs it");
                return;
            }
            _ => {
                let work = self.work;
                let (ty, wire) = wire::leaf(
                    self.resolver,
                    &work.tables(),
                    context.around,
                    &field.name,
                    &field.type_,
                    &field.attributes,
                );
                let slot = self.slot(context, &path);
                self.add(DraftField { slot, ty, wire: Some(wire), ..base })
            }
        };
        out.push(DraftNode::Field(place));
    }

    fn table(&mut self, name: &'t Name) -> Option<&'t tree::Layout> {
        let found = self.work.index.layouts.get(&*name.text).map(|(_, layout)| *layout);
        if found.is_none() {
            let names: Vec<&str> = self.work.index.layouts.keys().copied().collect();
            self.resolver
                .report
                .error("TS0222", name.span, format!("there is no layout `{}`", name.text))
                .suggest(&name.text, names);
        }
        found
    }

    fn put(&mut self, place: usize, kind: DraftKind<'t>) {
        if let Some(field) = self.draft.fields.get_mut(place) {
            field.kind = kind;
        }
    }

    fn children(&mut self, field: &'t tree::Field, context: &Context<'t>) -> Vec<DraftNode<'t>> {
        let mut nodes = Vec::new();
        match &field.block {
            Some(block) => self.block(&block.statements, context, &mut nodes),
            None => {
                self.resolver
                    .report
                    .error("TS0419", field.type_.span, format!("`{}` has no fields", field.name.text))
                    .help("write them in a block: `{ … }`");
            }
        }
        nodes
    }

    fn list(
        &mut self,
        base: DraftField<'t>,
        field: &'t tree::Field,
        list: &'t tree::ListType,
        context: &Context<'t>,
        mut inner: Context<'t>,
    ) -> usize {
        let max = match &list.size {
            Some(size) => size.max,
            None => {
                self.resolver
                    .report
                    .error(
                        "TS0302",
                        field.type_.span,
                        format!("the list `{}` has no maximum", field.name.text),
                    )
                    .note("a decoder never makes more rows than its bound says")
                    .help("say how many at most: `list ..99`");
                1
            }
        };
        let path = base.path.clone();
        let slot = self.slot(context, &path);
        let rules = base.rules.unwrap_or(&field.rules);
        let arrow = self.arrow(rules, context);
        let item = list.item.as_ref().map_or_else(|| "item".into(), |name| name.text.clone());
        if let Some(arrow) = &arrow {
            let with = arrow.with.and_then(|load| self.shape_of(load).map(|shape| (shape, 1)));
            inner.scope.items.push(ItemScope { name: item, row: arrow.row, with });
        }
        let of_line = list.of.as_ref().is_some_and(|of| matches!(of.kind, TypeKind::Line { .. }));
        let place = self.add(DraftField {
            slot,
            ty: Type::List { max, shape: ShapeId(u32::MAX) },
            kind: DraftKind::List { tree: list, nodes: Vec::new(), slots: 0, arrow: None, of_line },
            ..base
        });
        inner.lists.push(place);
        inner.scope.level = inner.scope.level.saturating_add(1);
        inner.frame = path.join(".");
        let nodes = match (&list.of, &field.block) {
            (Some(of), _) if !of_line && !matches!(of.kind, TypeKind::Format(_)) => {
                self.plain_item(field, of, &inner)
            }
            _ => self.children(field, &inner),
        };
        self.put(place, DraftKind::List { tree: list, nodes, slots: 0, arrow, of_line });
        place
    }

    /// `list ..9 of text ..20 chars`: each row is one value.
    fn plain_item(
        &mut self,
        field: &'t tree::Field,
        of: &'t tree::TypeExpr,
        context: &Context<'t>,
    ) -> Vec<DraftNode<'t>> {
        let work = self.work;
        let (ty, wire) =
            wire::leaf(self.resolver, &work.tables(), context.around, &field.name, of, &field.attributes);
        let mut path = context.scope.container.clone();
        path.push("value".into());
        let slot = self.slot(context, &path);
        let place = self.add(DraftField {
            name: "value".into(),
            path,
            level: context.scope.level,
            slot,
            ty,
            wire: Some(wire),
            kind: DraftKind::Leaf,
            lists: context.lists.clone(),
            tree: None,
            rules: None,
            scope: context.scope.clone(),
            own: context.own,
        });
        vec![DraftNode::Field(place)]
    }

    fn entry(
        &mut self,
        base: DraftField<'t>,
        field: &'t tree::Field,
        pattern: &'t tree::Text,
        content: &'t tree::TypeExpr,
        mut inner: Context<'t>,
    ) -> usize {
        if let TypeKind::Format(type_) = &content.kind {
            let work = self.work;
            let (format, around) =
                wire::format(self.resolver, &work.tables(), type_, &field.attributes, content.span);
            inner.around = around;
            let place = self.add(DraftField {
                kind: DraftKind::Entry { pattern, format: Some(format.clone()), nodes: Vec::new() },
                ty: Type::Bytes { max: u64::MAX },
                ..base
            });
            let nodes = self.children(field, &inner);
            self.put(place, DraftKind::Entry { pattern, format: Some(format), nodes });
            return place;
        }
        let work = self.work;
        let (ty, wire) =
            wire::leaf(self.resolver, &work.tables(), Around::Named, &field.name, content, &field.attributes);
        let slot = self.slot(&inner, &base.path);
        self.add(DraftField {
            slot,
            ty,
            wire: Some(wire),
            kind: DraftKind::Entry { pattern, format: None, nodes: Vec::new() },
            ..base
        })
    }

    /// The business list that goes with a list, by the rule that holds for this side and direction.
    fn arrow(&mut self, rules: &'t [Rule], context: &Context<'t>) -> Option<ArrowDraft<'t>> {
        let side = self.draft.side;
        let ours = self.draft.ours;
        for rule in rules.iter().filter(|rule| rule_holds(rule, side)) {
            let (path, with, filter, writes) = match &rule.kind {
                tree::RuleKind::From(list) if ours => {
                    let tree::ExprKind::Path(path) = &list.value.kind else {
                        self.resolver
                            .report
                            .error("TS0420", list.value.span, "a list is filled from a list")
                            .help("write the list's path: `<- ask.items`");
                        return None;
                    };
                    (path, list.with.as_ref(), list.condition.as_ref(), true)
                }
                tree::RuleKind::To(path) if !ours => (path, None, None, false),
                tree::RuleKind::Both(path) => (path, None, None, ours),
                _ => continue,
            };
            let found = path::find(self.resolver, self.work, path, &context.scope, None);
            let (crate::model::ExprKind::Load(load), Type::List { shape, .. }) =
                (&found.expr.kind, &found.expr.ty)
            else {
                if !matches!(found.expr.ty, Type::Wrong) {
                    self.resolver
                        .report
                        .error("TS0421", path.span, format!("`{}` is no list", path.text()))
                        .help("a list goes with a list of the business record");
                }
                return None;
            };
            let row = if load.space == Space::Journal {
                RowNames::Journal(CallId(load.call))
            } else {
                let level = if load.space == Space::Item { load.level + 1 } else { 1 };
                RowNames::Shape { shape: *shape, space: Space::Item, level, call: 0 }
            };
            let with = with.and_then(|with| {
                let found = path::find(self.resolver, self.work, with, &context.scope, None);
                match (&found.expr.kind, &found.expr.ty) {
                    (crate::model::ExprKind::Load(load), Type::List { .. }) => Some(*load),
                    _ => None,
                }
            });
            return Some(ArrowDraft { list: *load, with, row, filter, writes, span: rule.span });
        }
        None
    }

    fn shape_of(&self, load: Load) -> Option<ShapeId> {
        let record = match load.space {
            Space::Ask => self.work.records(self.draft.call).0,
            Space::Answer => self.work.records(self.draft.call).1,
            _ => None,
        }?;
        match self.resolver.shapes.get(record.0 as usize)?.fields.get(usize::from(load.slot))?.ty {
            Type::List { shape, .. } => Some(shape),
            _ => None,
        }
    }

    /// What a condition gives, as far as only the message decides.
    fn fold(&self, expr: &tree::Expr) -> Option<Folded> {
        fold_tree(expr, &|path| {
            let [root, name] = path.parts.as_slice() else { return None };
            if root.is("message") {
                return match &*name.text {
                    "code" => Some(Folded::Text(self.draft.code.to_string())),
                    "side" => Some(Folded::Text(
                        if self.draft.side == MessageSide::Request { "request" } else { "reply" }.to_owned(),
                    )),
                    "ours" => Some(Folded::Flag(self.draft.ours)),
                    _ => None,
                };
            }
            if root.is("setting") {
                let chosen = self.work.choice.get(&name.text)?;
                return Some(match &**chosen {
                    "yes" => Folded::Flag(true),
                    "no" => Folded::Flag(false),
                    name => Folded::Text(name.to_owned()),
                });
            }
            None
        })
    }
}

/// Whether a rule counts for this side.
pub(crate) fn rule_holds(rule: &Rule, side: MessageSide) -> bool {
    match rule.side {
        None => true,
        Some(tree::Side::Request) => side == MessageSide::Request,
        Some(tree::Side::Reply) => side != MessageSide::Request,
    }
}

fn table_field<'t>(
    table: &'t tree::Layout,
    name: &Name,
) -> Option<(&'t Node<FieldStatement>, &'t tree::Field)> {
    table.block.statements.iter().find_map(|node| match &node.kind {
        FieldStatement::Field(field) if *field.name.text == *name.text => Some((node, field)),
        _ => None,
    })
}

/// A constant of a condition.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Folded {
    Flag(bool),
    Text(String),
}

fn fold_tree(expr: &tree::Expr, known: &dyn Fn(&tree::Path) -> Option<Folded>) -> Option<Folded> {
    match &expr.kind {
        tree::ExprKind::Path(path) => known(path).or_else(|| match &*path.single()?.text {
            "yes" => Some(Folded::Flag(true)),
            "no" => Some(Folded::Flag(false)),
            _ => None,
        }),
        tree::ExprKind::Text(text) => text.constant().map(|text| Folded::Text(text.to_owned())),
        tree::ExprKind::Unary { operator: tree::UnaryOperator::Not, operand } => {
            match fold_tree(operand, known)? {
                Folded::Flag(value) => Some(Folded::Flag(!value)),
                Folded::Text(_) => None,
            }
        }
        tree::ExprKind::Binary { operator, left, right, .. } => match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let and = *operator == BinaryOperator::And;
                match (fold_tree(left, known), fold_tree(right, known)) {
                    (Some(Folded::Flag(value)), _) | (_, Some(Folded::Flag(value))) if value != and => {
                        Some(Folded::Flag(value))
                    }
                    (Some(Folded::Flag(_)), Some(Folded::Flag(value))) => Some(Folded::Flag(value)),
                    _ => None,
                }
            }
            BinaryOperator::Is | BinaryOperator::IsNot => {
                let left = fold_tree(left, known)?;
                let right = fold_tree(right, known).or_else(|| bare(right))?;
                Some(Folded::Flag((left == right) == (*operator == BinaryOperator::Is)))
            }
            _ => None,
        },
        tree::ExprKind::In { value, choices } => {
            let value = fold_tree(value, known)?;
            let choices: Option<Vec<Folded>> =
                choices.iter().map(|choice| fold_tree(choice, known).or_else(|| bare(choice))).collect();
            Some(Folded::Flag(choices?.contains(&value)))
        }
        _ => None,
    }
}

fn bare(expr: &tree::Expr) -> Option<Folded> {
    match &expr.kind {
        tree::ExprKind::Path(path) => path.single().map(|name| Folded::Text(name.text.to_string())),
        _ => None,
    }
}

/// A wire form for a value that has none of its own (`fresh`).
pub(crate) fn raw_wire(bytes: u32) -> Wire {
    wire::simple(Form::Bytes, Size::Fixed(bytes), Unit::Bytes)
}
