//! Messages put together: the packet of the link, its layouts, and the fields of the call, one draft for each message.
//!
//! In: trees. Out: [`Draft`]s: fields with their paths, slots, types and wire forms, and the order on the wire. Rules and
//! conditions still stand as trees, since they may speak of fields that come later; `bind` types them.

mod lists;

mod returned;

mod blocks;
mod control;

mod fields;

use super::call::beside::Beside;
use super::index::Index;
use super::path::{RowNames, Scope};
use super::wire::{self, Around, Tables};
use super::{Choice, Resolver};
use crate::model::{
    CallId, CodeTable, Format, Key, Load, Member, MessageSide, Segments, Setting, Wire, XmlForm,
};
use crate::source::Span;
use crate::tree::{
    self, Attribute, AttributeKind, BinaryOperator, FieldStatement, Name, Node, Rule, TypeKind,
};
use crate::value::{Outcome, ShapeId, Type};
pub(crate) use control::CONTROL;
use fields::table_field;
pub(crate) use fields::{fresh_wire, raw_wire};
pub(crate) use returned::returned_by;
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
    pub(crate) segments: Vec<Segments>,
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
        Tables { codes: &self.codes, xml_forms: &self.xml_forms, segments: &self.segments }
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
    pub(crate) fresh: Vec<crate::model::Fresh>,
    pub(crate) when: Option<crate::model::MessageWhen>,
    pub(crate) means: Option<Outcome>,
    /// Believed without a seal, and why.
    pub(crate) unsealed: Option<&'t tree::Str>,
    /// It comes under any code: the code in it is not compared.
    pub(crate) any_code: bool,
    pub(crate) file: Option<FileDraft<'t>>,
    pub(crate) outcome: Option<&'t tree::OutcomeRows>,
    /// The field that holds the octets of its own fields, for an answer to give back.
    pub(crate) held: Option<usize>,
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
    /// The name of its control file, or its ending.
    pub(crate) control: Option<Box<str>>,
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
    Several(Vec<DraftNode<'t>>),
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
        /// The form of a control file.
        control: Option<Format>,
    },
    Entry {
        pattern: &'t tree::Text,
        format: Option<Format>,
        nodes: Vec<DraftNode<'t>>,
    },
    Fresh,
    /// The octets of that format, without a place of their own.
    Held(usize),
    /// Octets that stand in that slot of the request.
    Returned(u16),
}

/// A list's arrow, with the business list found.
pub(crate) struct ArrowDraft<'t> {
    pub(crate) list: Load,
    pub(crate) with: Option<Load>,
    pub(crate) row: RowNames,
    /// Of rows that are one value: the field of the business row that it is, and the rule that says so.
    pub(crate) column: Option<(Box<str>, &'t Rule)>,
    pub(crate) filter: Option<&'t tree::Expr>,
    /// What the rows are sorted by, and how many there may be.
    pub(crate) sorted: (&'t [tree::Path], u64),
    pub(crate) writes: bool,
    pub(crate) span: Span,
}

/// A place on the wire.
pub(crate) enum DraftNode<'t> {
    Field(usize),
    When(&'t tree::Expr, Scope, Vec<DraftNode<'t>>, Span),
    Choose(&'t tree::Expr, Scope, Vec<(&'t [tree::CaseKey], Vec<DraftNode<'t>>)>, Span),
    Check(&'t tree::Check, Scope, Span),
    Unseen(&'t tree::Unseen, Scope, Span),
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
    pub(crate) means: Option<Outcome>,
    /// What stands beside the messages of the call, and belongs to this one.
    pub(crate) beside: Vec<Beside<'t>>,
    /// Where an answer of the call gives the fields of its request back.
    pub(crate) returned: Option<Span>,
    pub(crate) span: Span,
}

struct Assembler<'r, 'w, 't> {
    resolver: &'r mut Resolver,
    work: &'w Work<'t>,
    draft: Draft<'t>,
    own: Option<&'t tree::Block<FieldStatement>>,
    beside: Vec<Beside<'t>>,
    returned: Option<Span>,
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
        means: recipe.means,
        unsealed: recipe.message.unsealed.as_ref(),
        any_code: matches!(recipe.message.code, Some(tree::MessageCode::Other(_))),
        file: None,
        outcome: None,
        held: None,
        span: recipe.span,
        by_path: HashMap::new(),
        frames: HashMap::new(),
    };
    let mut assembler = Assembler {
        resolver,
        work,
        draft,
        own: recipe.message.block.as_ref(),
        beside: recipe.beside,
        returned: recipe.returned,
        own_used: false,
    };
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
        if !assembler.own_used {
            assembler.beside(&context, &mut nodes);
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
            control: None,
        });
        let Some(block) = &message.block else { return };
        self.own_used = true;
        let inner = Context { around, own: true, ..context };
        let mut nodes = Vec::new();
        let mut controls = Vec::new();
        for node in &block.statements {
            if matches!(node.kind, FieldStatement::Done { .. }) {
                controls.push(node);
                continue;
            }
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
        self.beside(&inner, &mut nodes);
        self.controls(message, &controls, &inner, &mut nodes);
        self.draft.nodes = nodes;
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
