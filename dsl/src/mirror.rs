//! The same party seen from its own side (decisions D11, `grammar.md` 9): what a simulator plays.
//!
//! In: a checked [`Module`]. Out: the module turned round, and what could not be turned. Calls become serves, links
//! that connect accept, who wrote a message reads it, arrows point the other way, key halves change hands; `=` stays,
//! and what the reader learns is decided anew by the same rule. A session's kept value is made, and the field that
//! carried it is written by the inverse; a made one is kept. It works on the model, before lowering, so that field
//! names stay those of the adapter. What the party *does* stands in suites, never here: flows and comparisons go.

mod session;

use crate::model::{
    Else, Expr, ExprKind, Field, FieldKind, Hold, Learn, Link, ListArrow, Load, MappedRows, Mapping, Message,
    MessageSide, Module, Node, Space,
};
use crate::resolve::{inverse, learn_fresh, learn_rule};
use crate::source::Span;

/// Something that the mirror does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lost {
    /// Call and path of the field, or name of the session's value.
    pub what: Box<str>,
    /// Why it could not be turned.
    pub why: LostKind,
    /// Where it stands.
    pub span: Span,
}

/// Why something could not be turned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LostKind {
    /// An expression over business values that has no inverse: the field is read, nothing is filled from it.
    NoInverse,
    /// A mapping without a field.
    NoField,
    /// Rows chosen by a condition or paired with another list, or rows of the journal.
    Rows,
    /// A value of a session that no field carries.
    Session,
}

/// Turns a module round.
#[must_use]
pub fn mirror(module: &Module) -> (Module, Vec<Lost>) {
    let mut lost = Vec::new();
    let mut turned = module.clone();
    turned.flows.clear();
    turned.reconciles.clear();
    turned.examples.clear();
    for key in &mut turned.keys {
        key.ours = key.ours.map(|ours| !ours);
    }
    turned.links.iter_mut().for_each(link);
    for call in &mut turned.calls {
        call.ours = !call.ours;
    }
    for message in &mut turned.messages {
        let call = module.calls.get(usize::from(message.call.0));
        let name = call.map(|call| call.name.clone()).unwrap_or_default();
        let fresh = message.fresh.clone();
        let mut turn = Turn {
            ours: !message.ours,
            side: message.side,
            file: message.file.is_some(),
            fresh: &fresh,
            call: name,
            lost: &mut lost,
        };
        turn.message(message);
    }
    session::sessions(module, &mut turned, &mut lost);
    (turned, lost)
}

fn link(link: &mut Link) {
    link.connect = !link.connect;
    // Whoever connects sends the beats: the beat stays, and says to the other side what it hears. Whoever looked into the
    // folder does so no more.
    link.after = crate::model::AfterFile::Leave;
    if link.connect && link.hold == Hold::None {
        link.hold = Hold::Single(1);
    }
}

struct Turn<'t> {
    /// The mirror writes the message.
    ours: bool,
    side: MessageSide,
    file: bool,
    /// What the writer draws.
    fresh: &'t [crate::model::Fresh],
    call: Box<str>,
    lost: &'t mut Vec<Lost>,
}

impl Turn<'_> {
    fn message(&mut self, message: &mut Message) {
        message.ours = self.ours;
        for field in &mut message.fields {
            self.field(field);
        }
        self.nodes(&mut message.nodes);
        if let Some(file) = &mut message.file {
            self.nodes(&mut file.name_nodes);
        }
    }

    fn lose(&mut self, what: &str, why: LostKind, span: Span) {
        self.lost.push(Lost { what: format!("{}.{what}", self.call).into(), why, span });
    }

    fn field(&mut self, field: &mut Field) {
        let own = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        let (from, to) = (field.from.take(), field.to.take());
        let drawn = field.fact.as_ref().and_then(|fact| learn_fresh(fact, own, self.fresh));
        if self.ours {
            field.learn = drawn.unwrap_or(Learn::Agree);
            // A field that is `=` a fact is written so; an arrow beside it is for the reader.
            if let Some(to) = to.filter(|_| field.fact.is_none()) {
                match turned(&to, own) {
                    Some(from) => field.from = Some(from),
                    None => self.lose(&field.path, LostKind::NoInverse, to.span),
                }
            }
        } else {
            field.learn = match (&field.fact, from.is_some()) {
                (Some(fact), false) => drawn.unwrap_or_else(|| learn_rule(fact, self.side, self.file)),
                _ => Learn::Agree,
            };
            if let Some(from) = from {
                self.read_from(field, &from, own);
            }
        }
        self.inner(field);
    }

    /// A field that was filled is handed on, where what filled it was a plain place.
    fn read_from(&mut self, field: &mut Field, from: &Mapping, own: Load) {
        if let ExprKind::Load(place) = from.source.kind
            && business(place.space)
            && place.space != Space::With
        {
            let ty = from.source.ty.clone();
            let source = Expr { kind: ExprKind::Load(own), ty, span: from.span };
            field.to = Some(Mapping {
                target: place,
                source,
                through: Vec::new(),
                rows: MappedRows::default(),
                cut: false,
                otherwise: Else::Fault,
                span: from.span,
            });
            return;
        }
        if speaks_of_business(&from.source) {
            self.lose(&field.path, LostKind::NoInverse, from.span);
        }
    }

    fn inner(&mut self, field: &mut Field) {
        let path = field.path.clone();
        self.kind(&mut field.kind, &path);
    }

    fn kind(&mut self, kind: &mut FieldKind, path: &str) {
        match kind {
            FieldKind::Leaf { .. } => {}
            FieldKind::Group { nodes }
            | FieldKind::Format { nodes, .. }
            | FieldKind::Line { nodes, .. }
            | FieldKind::Several { nodes } => self.nodes(nodes),
            FieldKind::Entry { content, .. } => self.kind(content, path),
            FieldKind::List(list) => {
                if let Some(arrow) = &mut list.business {
                    let span = arrow.span;
                    if arrow.list.space == Space::Journal {
                        list.business = None;
                        self.lose(path, LostKind::Rows, span);
                    } else if self.rows(arrow) {
                        self.lose(path, LostKind::Rows, span);
                    }
                }
                self.nodes(&mut list.nodes);
            }
        }
    }

    /// Turns rows round; whether something is lost by it.
    fn rows(&mut self, arrow: &mut ListArrow) -> bool {
        arrow.writes = self.ours;
        let filter = arrow.filter.take().is_some();
        // In whatever order rows come, they are the same rows.
        arrow.sorted.clear();
        arrow.with.take().is_some() || filter
    }

    fn nodes(&mut self, nodes: &mut Vec<Node>) {
        nodes.retain_mut(|node| match node {
            Node::Field(_) | Node::Check(_) => true,
            Node::When { then, .. } => {
                self.nodes(then);
                true
            }
            Node::Choose { cases, other, .. } => {
                for (_, nodes) in cases {
                    self.nodes(nodes);
                }
                self.nodes(other);
                true
            }
            Node::Map(mapping) => {
                self.lose("<-", LostKind::NoField, mapping.span);
                false
            }
        });
    }
}

/// The arrow the other way: the field is filled from where it was handed to.
fn turned(to: &Mapping, own: Load) -> Option<Mapping> {
    if !business(to.target.space) {
        return None;
    }
    let target = Expr { kind: ExprKind::Load(to.target), ty: to.source.ty.clone(), span: to.span };
    let source = inverse(&to.source, &|load| *load == own, &target)?;
    Some(Mapping {
        target: own,
        source,
        through: Vec::new(),
        rows: MappedRows::default(),
        cut: to.cut,
        otherwise: Else::Fault,
        span: to.span,
    })
}

/// Values that the bank's services give and take.
fn business(space: Space) -> bool {
    matches!(
        space,
        Space::Ask
            | Space::Answer
            | Space::Item
            | Space::With
            | Space::OriginalAsk
            | Space::OriginalAnswer
            | Space::RowOutcome
            | Space::RowOutcomeText
    )
}

fn speaks_of_business(expression: &Expr) -> bool {
    let mut found = false;
    crate::lower::each_load(expression, &mut |load| found |= business(load.space));
    found
}
