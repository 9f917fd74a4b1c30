//! Rules bound: each field of a draft gets what fills it, what it hands on, what it must agree with.

mod coding;

mod rules;

mod unsealed;

mod nodes;

use super::Resolver;
use super::assemble::{self, Draft, DraftField, DraftKind, DraftNode, Work, rule_holds};
use super::expression::{self, condition, expression};
use super::learn::{self, learn_rule};
use super::path::{self, Scope};
use super::{compare, ends, rows, segments, several, shapes, signs};
use crate::model::{
    At, Check, Else, Expr, ExprKind, Field, FieldId, FieldKind, FileForm, Learn, ListArrow, ListField, Load,
    MappedRows, Mapping, Message, MessageSide, NamePiece, Space, Unseen,
};
use crate::source::Span;
use crate::tree::{self, AttributeKind, OtherwiseKind, RuleKind};
use crate::value::{Constant, Type};
use rules::{formatted, is_code, name_form};

/// The message of a draft, with every rule typed.
pub(crate) fn bind(resolver: &mut Resolver, work: &Work<'_>, place: usize, charset: &str) -> Option<Message> {
    let draft = work.drafts.get(place)?;
    let mut binder = Binder {
        resolver,
        work,
        draft,
        counted: Vec::new(),
        referred: Vec::new(),
        sized: Vec::new(),
        left_unsealed: 0,
        unseen: Vec::new(),
        conditions: 0,
    };
    let mut fields: Vec<Field> = draft.fields.iter().map(|field| binder.field(field)).collect();
    let nodes = binder.nodes(&draft.nodes);
    let file = draft.file.as_ref().map(|file| binder.file(file));
    binder.unsealed();
    let Binder { counted, referred, sized, unseen, .. } = binder;
    let measured: Vec<FieldId> = sized.iter().map(|(measured, _)| *measured).collect();
    ends::open_ended(resolver, draft, &measured);
    for (list, counter) in counted {
        for field in &mut fields {
            if let FieldKind::List(found) = &mut field.kind
                && field.level == list.level
                && field.slot == list.slot
            {
                found.counted_by = Some(counter);
            }
        }
    }
    for (sized, by) in sized {
        if let Some(field) = fields.get_mut(usize::from(sized.0))
            && let FieldKind::Leaf { wire, .. } = &mut field.kind
        {
            wire.sized_by = Some(by);
        }
    }
    for field in referred {
        if let Some(field) = fields.get_mut(usize::from(field.0)) {
            field.marked = true;
        }
    }
    segments::places(resolver, &mut fields, &nodes, file.as_ref());
    several::told_apart(resolver, &fields, &nodes, file.as_ref());
    signs::told_from_letters(resolver, &fields, &nodes, file.as_ref(), charset);
    Some(Message {
        call: draft.call,
        side: draft.side,
        code: draft.code.clone(),
        ours: draft.ours,
        charset: charset.into(),
        fields,
        nodes,
        slots: draft.slots,
        file,
        unknown_kept: draft.unknown_kept,
        fresh: draft.fresh.clone(),
        when: draft.when,
        means: draft.means,
        held: draft.held.map(id),
        unsealed: draft.unsealed.map(|why| why.text.clone()),
        unseen,
        span: draft.span,
    })
}

/// The business date that a condition on exchanges of the journal demands.
fn day_of(filter: &Expr) -> Option<Expr> {
    let of_row = |load: &Load| load.space == Space::JournalRow;
    let business_date = |expr: &Expr| match &expr.kind {
        ExprKind::Load(load) => {
            of_row(load) && load.level == 0 && load.slot == crate::model::Fact::BusinessDate as u16
        }
        _ => false,
    };
    match &filter.kind {
        ExprKind::And(left, right) => day_of(left).or_else(|| day_of(right)),
        ExprKind::Is(left, right) => {
            let sides = [(left, right), (right, left)];
            let found = sides
                .into_iter()
                .find(|(row, other)| business_date(row) && !learn::any(other, &mut |load| of_row(load)));
            found.map(|(_, other)| (**other).clone())
        }
        _ => None,
    }
}

struct Binder<'r, 'w, 't> {
    resolver: &'r mut Resolver,
    work: &'w Work<'t>,
    draft: &'w Draft<'t>,
    /// Lists and the fields that hold their counts.
    counted: Vec<(Load, FieldId)>,
    /// Fields that `raw`, `length`, `pairs` speak of.
    referred: Vec<FieldId>,
    /// What no other message had for a while.
    unseen: Vec<Unseen>,
    /// Conditions on what a message says, around what is bound.
    conditions: usize,
    /// Fields whose size another field holds.
    sized: Vec<(FieldId, FieldId)>,
    /// Seals that are not judged, since the message is believed without.
    left_unsealed: usize,
}

impl Binder<'_, '_, '_> {
    fn expression(&mut self, tree: &tree::Expr, scope: &Scope, expected: Option<&Type>) -> Expr {
        let expr = expression(self.resolver, self.work, tree, scope, expected);
        self.refer(&expr);
        expr
    }

    /// Notes the fields that an expression takes as bytes.
    fn refer(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Raw(field) | ExprKind::Length(field) => self.referred.push(*field),
            ExprKind::RawRange(from, to) => self.referred.extend([*from, *to]),
            ExprKind::Pairs { parts, .. } | ExprKind::Sent(parts) => self.referred.extend(parts),
            ExprKind::Join(parts) | ExprKind::Function(_, parts) => {
                parts.iter().for_each(|part| self.refer(part));
            }
            ExprKind::Add(left, right)
            | ExprKind::Subtract(left, right)
            | ExprKind::Multiply(left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right)
            | ExprKind::Is(left, right)
            | ExprKind::Less(left, right)
            | ExprKind::LessOrEqual(left, right) => {
                self.refer(left);
                self.refer(right);
            }
            ExprKind::Not(inner) | ExprKind::IsOutcome(inner, _) => self.refer(inner),
            ExprKind::In(value, choices) => {
                self.refer(value);
                choices.iter().for_each(|choice| self.refer(choice));
            }
            ExprKind::Fold { each, filter, .. } => {
                for inner in each.iter().chain(filter) {
                    self.refer(inner);
                }
            }
            ExprKind::Constant(_) | ExprKind::Load(_) | ExprKind::Counter(_) | ExprKind::Now => {}
        }
    }

    fn check(&mut self, check: &tree::Check, scope: &Scope, span: Span) -> Check {
        let holds = self.expression(&check.condition, scope, Some(&Type::Flag));
        let holds = condition(self.resolver, holds);
        let refuse = match check.otherwise.as_ref().map(|otherwise| &otherwise.kind) {
            Some(OtherwiseKind::Refuse(name)) => Some(self.resolver.reason(name)),
            _ => None,
        };
        Check { holds, refuse, text: Box::default(), span }
    }

    /// Binds what stands under a condition; `always`: what it is, where that is known.
    fn under<T>(&mut self, always: Option<bool>, bind: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.unseen.len();
        self.conditions += usize::from(always.is_none());
        let bound = bind(self);
        self.conditions -= usize::from(always.is_none());
        if always == Some(false) {
            self.unseen.truncate(before);
        }
        bound
    }

    /// `check expr unseen within DUR ELSE`.
    fn unseen(&mut self, unseen: &tree::Unseen, scope: &Scope, span: Span) {
        let value = self.expression(&unseen.value, scope, None);
        let plain =
            matches!(value.ty, Type::Text { .. } | Type::Digits { .. } | Type::Number { .. } | Type::Wrong);
        if self.conditions > 0 || !plain {
            let found = match plain {
                true => "it stands under what a message says",
                false => "it is no text, figures or number",
            };
            self.resolver
                .report
                .error("TS0666", span, "what is unseen is a plain value of every message")
                .label(found)
                .help("write it beside the field: `check nonce unseen within 300s else refuse bad_message`");
            return;
        }
        let refuse = match unseen.otherwise.as_ref().map(|otherwise| &otherwise.kind) {
            Some(OtherwiseKind::Refuse(name)) => self.resolver.reason(name),
            _ => self.resolver.symbols.intern("bad_message"),
        };
        self.unseen.push(Unseen { value, within_ms: unseen.within.milliseconds, refuse });
    }

    /// `path <- expr` without a field.
    fn assign(&mut self, assign: &tree::Assign, scope: &Scope, span: Span) -> Option<Mapping> {
        let rule = assign.rules.iter().find(|rule| rule_holds(rule, self.draft.side))?;
        let RuleKind::From(value) = &rule.kind else {
            self.resolver
                .report
                .error("TS0605", rule.span, "a line without a type takes `<-`")
                .help("write `answer.x <- …`; a field of the message has a type behind its name");
            return None;
        };
        let target = path::find(self.resolver, self.work, &assign.target, scope, None);
        let ExprKind::Load(load) = &target.expr.kind else { return None };
        let business = matches!(
            load.space,
            Space::Ask | Space::Answer | Space::Item | Space::OriginalAnswer | Space::Exchange
        );
        if !business {
            self.resolver
                .report
                .error(
                    "TS0606",
                    assign.target.span,
                    format!("nothing can be put into `{}`", assign.target.text()),
                )
                .help("a mapping fills a field of `ask`, `answer` or `item`");
            return None;
        }
        if self.draft.ours
            && self.draft.side == MessageSide::Request
            && matches!(load.space, Space::Answer | Space::OriginalAnswer)
        {
            let name = assign.target.text();
            self.resolver
                .report
                .error("TS0641", span, format!("`{name}` is not there yet: this is what asks"))
                .note("an answer is mapped when it is read, also where all that it says is known before")
                .help("move the line into the `reply`; of a call that has none the flow that asks says it");
        }
        let source = self.expression(&value.value, scope, Some(&target.expr.ty));
        let otherwise = self.otherwise(rule.otherwise.as_ref(), scope, &target.expr.ty);
        compare::fits(self.resolver, &source, &target.expr.ty, None, target.optional, rule, &otherwise);
        Some(Mapping {
            target: *load,
            source,
            through: Vec::new(),
            rows: MappedRows::default(),
            cut: rule.cut,
            otherwise,
            span,
        })
    }

    fn otherwise(&mut self, tree: Option<&tree::Otherwise>, scope: &Scope, ty: &Type) -> Else {
        match tree.map(|otherwise| &otherwise.kind) {
            None => Else::Fault,
            Some(OtherwiseKind::Refuse(name)) => Else::Refuse(self.resolver.reason(name)),
            Some(OtherwiseKind::Park(text)) => Else::Park(text.constant().unwrap_or("").into()),
            Some(OtherwiseKind::Unknown) => Else::Unknown,
            Some(OtherwiseKind::Absent) => Else::Absent,
            Some(OtherwiseKind::Value(value)) => Else::Value(self.expression(value, scope, Some(ty))),
        }
    }

    fn field(&mut self, field: &DraftField<'_>) -> Field {
        let place = self
            .draft
            .fields
            .iter()
            .position(|other| std::ptr::eq(other, field))
            .map_or(FieldId(u16::MAX), id);
        let label = field.tree.map_or_else(Box::default, |(node, _)| shapes::label(&node.label));
        let mut bound = Field {
            name: field.name.clone(),
            path: field.path.join(".").into(),
            label,
            level: field.level,
            slot: field.slot,
            kind: self.kind(field),
            at: None,
            fact: None,
            learn: Learn::Agree,
            code_around: None,
            ending: Self::ending_of(field),
            from: None,
            to: None,
            span: field.tree.map_or(self.draft.span, |(_, tree)| tree.name.span),
            type_span: field.tree.map_or(self.draft.span, |(_, tree)| tree.type_.span),
            bit: None,
            tag: None,
            namespace: None,
            optional: false,
            marked: false,
            returned: false,
        };
        if let Some(octets) = self.octets_of(field) {
            bound.fact = Some(octets);
            bound.returned = true;
            return bound;
        }
        let Some((_, tree)) = field.tree else {
            self.plain_row(&mut bound, field);
            return bound;
        };
        self.attributes(&mut bound, tree, &field.scope);
        if matches!(field.kind, DraftKind::Leaf)
            || matches!(field.kind, DraftKind::Entry { format: None, .. })
        {
            self.rules(&mut bound, field, tree, place);
        }
        bound
    }

    /// What `request fields` is equal to: in the request the octets of its own fields, in the answer those that it held.
    fn octets_of(&mut self, field: &DraftField<'_>) -> Option<Expr> {
        let kind = match &field.kind {
            DraftKind::Held(whole) => {
                self.referred.push(id(*whole));
                ExprKind::Raw(id(*whole))
            }
            DraftKind::Returned(slot) => {
                ExprKind::Load(Load { space: Space::Request, level: 0, slot: *slot, call: 0 })
            }
            _ => return None,
        };
        Some(Expr { kind, ty: field.ty.clone(), span: self.draft.span })
    }

    /// A row that is one value goes with the field of the business list's rows that the rule names, else with `value`.
    fn plain_row(&mut self, bound: &mut Field, field: &DraftField<'_>) {
        let list = field.lists.last().and_then(|list| self.draft.fields.get(*list));
        let Some(DraftKind::List { arrow: Some(arrow), .. }) = list.map(|list| &list.kind) else { return };
        let path::RowNames::Shape { shape, space, level, call } = arrow.row else { return };
        let fields = self.resolver.shapes.get(shape.0 as usize).map_or(&[][..], |shape| &shape.fields);
        let name = arrow.column.as_ref().map_or("value", |(name, _)| name);
        let Some(slot) = fields.iter().position(|field| &*field.name == name) else { return };
        let own = fields.get(slot).map_or(Type::Wrong, |field| field.ty.clone());
        let span = bound.span;
        let load = |load, ty: &Type| Expr { kind: ExprKind::Load(load), ty: ty.clone(), span };
        let business = Load { space, level, slot: u16::try_from(slot).unwrap_or(u16::MAX), call };
        let wire = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        let (target, source, holds) = if arrow.writes {
            (wire, load(business, &own), &field.ty)
        } else {
            (business, load(wire, &field.ty), &own)
        };
        let (mut cut, mut otherwise) = (false, Else::Fault);
        if let Some((_, rule)) = &arrow.column {
            let on_wire = field.wire.as_ref().filter(|_| arrow.writes);
            cut = rule.cut;
            otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, holds);
            compare::fits(self.resolver, &source, holds, on_wire, true, rule, &otherwise);
        }
        let mapping = Some(Mapping {
            target,
            source,
            through: Vec::new(),
            rows: MappedRows::default(),
            cut,
            otherwise,
            span,
        });
        if arrow.writes { bound.from = mapping } else { bound.to = mapping }
    }

    fn attributes(&mut self, bound: &mut Field, tree: &tree::Field, scope: &Scope) {
        for attribute in &tree.attributes {
            match &attribute.kind {
                AttributeKind::At { place, otherwise } => {
                    let text_scope = scope.clone();
                    bound.at = Some(match (place.constant(), otherwise) {
                        (Some(text), None) => At::Text(text.into()),
                        _ => {
                            let around = Self::around(place);
                            let tree =
                                tree::Expr { kind: tree::ExprKind::Text(place.clone()), span: place.span };
                            let name = self.expression(&tree, &text_scope, None);
                            if let (Some(Constant::Text(text)), None) = (name.as_constant(), otherwise) {
                                if bound.code_around.is_none() {
                                    bound.code_around = around;
                                }
                                At::Text(text.clone())
                            } else {
                                At::Template(
                                    name,
                                    otherwise.as_ref().map(|text| text.constant().unwrap_or("").into()),
                                )
                            }
                        }
                    });
                }
                AttributeKind::Bit(count) => bound.bit = u16::try_from(count.value).ok(),
                AttributeKind::Tag(text) => bound.tag = text.constant().map(Box::from),
                AttributeKind::Namespace(text) => bound.namespace = text.constant().map(Box::from),
                AttributeKind::Optional => bound.optional = true,
                _ => {}
            }
        }
    }

    /// The text that ends a format.
    fn ending_of(field: &DraftField<'_>) -> Option<Box<str>> {
        let (DraftKind::Format { .. }, Some((_, tree))) = (&field.kind, field.tree) else { return None };
        tree.attributes.iter().find_map(|attribute| match &attribute.kind {
            AttributeKind::Ending(text) => text.constant().map(Box::from),
            _ => None,
        })
    }

    fn kind(&mut self, field: &DraftField<'_>) -> FieldKind {
        let attributes: &[tree::Attribute] = field.tree.map_or(&[], |(_, tree)| &tree.attributes);
        match &field.kind {
            DraftKind::Leaf => {
                let mut wire = field.wire.clone().unwrap_or_else(|| assemble::raw_wire(0));
                wire.chain = self.coded(attributes, &field.scope);
                for attribute in attributes {
                    if let AttributeKind::Near(near) = &attribute.kind {
                        wire.near = Some(Box::new(self.expression(near, &field.scope, Some(&Type::Date))));
                    }
                }
                FieldKind::Leaf { ty: field.ty.clone(), wire }
            }
            DraftKind::Held(_) | DraftKind::Returned(_) => FieldKind::Leaf {
                ty: field.ty.clone(),
                wire: field.wire.clone().unwrap_or_else(|| assemble::raw_wire(0)),
            },
            DraftKind::Fresh => {
                FieldKind::Leaf { ty: field.ty.clone(), wire: assemble::fresh_wire(&field.ty) }
            }
            DraftKind::Group(nodes) => FieldKind::Group { nodes: self.nodes(nodes) },
            DraftKind::Several(nodes) => FieldKind::Several { nodes: self.nodes(nodes) },
            DraftKind::Format { format, nodes } => {
                let chain = self.coded(attributes, &field.scope);
                let format = self.password(format, attributes, &field.scope);
                FieldKind::Format { format, chain, nodes: self.nodes(nodes) }
            }
            DraftKind::Line { nodes, bytes, control } => {
                FieldKind::Line { nodes: self.nodes(nodes), bytes: *bytes, control: control.clone() }
            }
            DraftKind::List { tree, nodes, slots, arrow, of_line } => {
                let plain = nodes.len() == 1
                    && matches!(nodes.first(), Some(DraftNode::Field(inner)) if self.draft.fields.get(*inner).is_some_and(|inner| inner.tree.is_none()));
                let of_format = !of_line
                    && tree.of.as_ref().is_some_and(|of| matches!(of.kind, tree::TypeKind::Format(_)));
                let tolerant = attributes.iter().any(
                    |attribute| matches!(&attribute.kind, AttributeKind::Tolerate(word) if word.is("unreadable")),
                );
                let business = arrow.as_ref().map(|arrow| self.list_arrow(arrow, &field.scope));
                let (min, max) = tree.size.as_ref().map_or((0, 1), |size| (size.min, size.max));
                FieldKind::List(ListField {
                    min: if tree.size.as_ref().is_some_and(|size| size.range) {
                        narrow(min)
                    } else {
                        narrow(max)
                    },
                    max: narrow(max),
                    until_end: tree.until_end,
                    of_line: *of_line,
                    line_bytes: tree.of.as_ref().and_then(|of| match &of.kind {
                        tree::TypeKind::Line { size } => size.as_ref().map(|size| narrow(size.max)),
                        _ => None,
                    }),
                    alone: attributes.iter().any(|attribute| matches!(attribute.kind, AttributeKind::Alone)),
                    nodes: self.nodes(nodes),
                    slots: *slots,
                    business,
                    counted_by: None,
                    plain,
                    of_format,
                    tolerant,
                })
            }
            DraftKind::Entry { pattern, format, nodes } => {
                let tree = tree::Expr { kind: tree::ExprKind::Text((*pattern).clone()), span: pattern.span };
                let pattern = self.expression(&tree, &field.scope, None);
                let content = match format {
                    Some(format) => FieldKind::Format {
                        format: format.clone(),
                        chain: self.coded(attributes, &field.scope),
                        nodes: self.nodes(nodes),
                    },
                    None => {
                        let mut wire = field.wire.clone().unwrap_or_else(|| assemble::raw_wire(0));
                        wire.chain = self.coded(attributes, &field.scope);
                        FieldKind::Leaf { ty: field.ty.clone(), wire }
                    }
                };
                FieldKind::Entry { pattern, content: Box::new(content) }
            }
        }
    }

    fn list_arrow(&mut self, arrow: &assemble::ArrowDraft<'_>, scope: &Scope) -> ListArrow {
        let filter = arrow.filter.map(|filter| {
            let inner = expression::inside(self.work, scope, arrow.list, arrow.row);
            let filter = self.expression(filter, &inner, Some(&Type::Flag));
            condition(self.resolver, filter)
        });
        let (by, most) = arrow.sorted;
        let inner = expression::inside(self.work, scope, arrow.list, arrow.row);
        let sorted = rows::sorted_by(self.resolver, self.work, by, (most, true), &inner);
        let day = filter.as_ref().and_then(day_of);
        if arrow.list.space == Space::Journal && day.is_none() {
            self.resolver
                .report
                .error("TS0434", arrow.span, "a list of the journal says of which business date it is")
                .note("the journal is looked up by business date, never gone through whole")
                .help("write `where business_date is …`, with a date that does not come from the row itself");
        }
        ListArrow {
            list: arrow.list,
            with: arrow.with,
            filter,
            sorted,
            day,
            writes: arrow.writes,
            span: arrow.span,
        }
    }

    fn file(&mut self, file: &assemble::FileDraft<'_>) -> FileForm {
        let chain = self.coded(file.attributes, &file.scope);
        let format = self.password(&file.format, file.attributes, &file.scope);
        let name_nodes = self.nodes(&file.name_nodes);
        let mut name = Vec::new();
        let mut done = file.control.clone();
        if let Some(tree) = file.name {
            done = done.or_else(|| tree.done.as_ref().and_then(|text| text.constant()).map(Box::from));
            for piece in &tree.name.pieces {
                let piece = self.name_piece(piece, &file.scope);
                name.push(piece);
            }
        }
        FileForm { name, done, format, chain, name_nodes, name_ending: file.name_ending.clone() }
    }

    fn name_piece(&mut self, piece: &tree::Piece, scope: &Scope) -> NamePiece {
        let expr = match piece {
            tree::Piece::Characters(run) => return NamePiece::Text(run.text.clone()),
            tree::Piece::Embedded(expr) => expr,
        };
        let formatted = formatted(expr);
        let (path, letters) = match (&expr.kind, formatted) {
            (tree::ExprKind::Path(path), _) => (path, None),
            (_, Some((path, letters))) => (path, Some(letters)),
            _ => return NamePiece::Known(self.expression(expr, scope, None)),
        };
        let found = path::find(self.resolver, self.work, path, scope, None);
        if letters.is_none() {
            if let Some(field) = found.field {
                return NamePiece::Field(field);
            }
            if let ExprKind::Load(load) = found.expr.kind
                && load.space == Space::Request
            {
                return NamePiece::Request(load);
            }
        }
        let learned = match &found.expr.kind {
            ExprKind::Load(load) if load.space == Space::Ask => true,
            ExprKind::Load(_) => {
                matches!(learn_rule(&found.expr, self.draft.side, true), Learn::Place(_) | Learn::Member)
            }
            _ => false,
        };
        match (found.expr.kind.clone(), name_form(&found.expr.ty, letters)) {
            (ExprKind::Load(load), Some(form)) if learned => NamePiece::Learned(load, form, found.expr.ty),
            _ if letters.is_none() => NamePiece::Known(found.expr),
            _ => NamePiece::Known(self.expression(expr, scope, None)),
        }
    }
}

fn id(place: usize) -> FieldId {
    FieldId(u16::try_from(place).unwrap_or(u16::MAX))
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The side of a message statement.
pub(crate) fn side_of(kind: tree::MessageKind) -> MessageSide {
    match kind {
        tree::MessageKind::Request => MessageSide::Request,
        tree::MessageKind::Reply => MessageSide::Reply,
        tree::MessageKind::Later => MessageSide::Later,
    }
}
