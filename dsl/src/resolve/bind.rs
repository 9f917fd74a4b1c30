//! Rules bound: each field of a draft gets what fills it, what it hands on, what it must agree with.

use super::Resolver;
use super::assemble::{self, Draft, DraftField, DraftKind, DraftNode, Work, rule_holds};
use super::expression::{self, condition, expression};
use super::learn::{self, learn_rule};
use super::path::{self, Scope};
use super::{compare, ends, function, shapes};
use crate::model::{
    At, Chain, Check, Else, Expr, ExprKind, Field, FieldId, FieldKind, FileForm, Fold, Format, Learn,
    ListArrow, ListField, Load, Mapping, Message, MessageSide, NamePiece, Node, Space,
};
use crate::source::Span;
use crate::tree::{self, AttributeKind, OtherwiseKind, Rule, RuleKind};
use crate::value::{CipherName, Coding, Constant, Form, Type};

/// The message of a draft, with every rule typed.
pub(crate) fn bind(resolver: &mut Resolver, work: &Work<'_>, place: usize, charset: &str) -> Option<Message> {
    let draft = work.drafts.get(place)?;
    let mut binder =
        Binder { resolver, work, draft, counted: Vec::new(), referred: Vec::new(), sized: Vec::new() };
    let mut fields: Vec<Field> = draft.fields.iter().map(|field| binder.field(field)).collect();
    let nodes = binder.nodes(&draft.nodes);
    let file = draft.file.as_ref().map(|file| binder.file(file));
    let Binder { counted, referred, sized, .. } = binder;
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
    /// Fields whose size another field holds.
    sized: Vec<(FieldId, FieldId)>,
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
            ExprKind::Pairs { parts, .. } => self.referred.extend(parts),
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

    fn nodes(&mut self, nodes: &[DraftNode<'_>]) -> Vec<Node> {
        let mut bound = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                DraftNode::Field(place) => bound.push(Node::Field(id(*place))),
                DraftNode::When(tree, scope, inner, span) => {
                    let holds = self.expression(tree, scope, Some(&Type::Flag));
                    let holds = condition(self.resolver, holds);
                    let then = self.nodes(inner);
                    match holds.as_constant() {
                        Some(Constant::Flag(true)) => bound.extend(then),
                        Some(Constant::Flag(false)) => {}
                        _ => bound.push(Node::When { condition: holds, then, span: *span }),
                    }
                }
                DraftNode::Choose(subject, scope, cases, span) => {
                    let node = self.choose(subject, scope, cases, *span);
                    bound.push(node);
                }
                DraftNode::Check(check, scope, span) => {
                    let check = self.check(check, scope, *span);
                    bound.push(Node::Check(check));
                }
                DraftNode::Assign(assign, scope, span) => {
                    if let Some(mapping) = self.assign(assign, scope, *span) {
                        bound.push(Node::Map(Box::new(mapping)));
                    }
                }
            }
        }
        bound
    }

    fn choose(
        &mut self,
        subject: &tree::Expr,
        scope: &Scope,
        cases: &[(&[tree::CaseKey], Vec<DraftNode<'_>>)],
        span: Span,
    ) -> Node {
        let value = self.expression(subject, scope, None);
        let mut bound = Vec::new();
        let mut other = None;
        let mut seen: Vec<String> = Vec::new();
        for (keys, nodes) in cases {
            let inner = self.nodes(nodes);
            let mut holds: Option<Expr> = None;
            let mut is_other = false;
            for key in *keys {
                let right = match key {
                    tree::CaseKey::Other(_) => {
                        is_other = true;
                        continue;
                    }
                    tree::CaseKey::Text(text) => {
                        self.twice(&mut seen, text.constant().unwrap_or(""), text.span);
                        let text: Box<str> = text.constant().unwrap_or("").into();
                        let ty = Type::Text {
                            chars: u32::try_from(text.chars().count()).unwrap_or(0),
                            private: None,
                        };
                        Expr::constant(Constant::Text(text), ty, span)
                    }
                    tree::CaseKey::Number(number) => {
                        let number = i128::try_from(number.value).unwrap_or(0);
                        Expr::constant(
                            Constant::Number(number),
                            Type::Number { min: number, max: number },
                            span,
                        )
                    }
                    tree::CaseKey::Name(name) => {
                        self.twice(&mut seen, &name.text, name.span);
                        let path = tree::Path { parts: vec![name.clone()], span: name.span };
                        let tree = tree::Expr { kind: tree::ExprKind::Path(path), span: name.span };
                        self.expression(&tree, scope, Some(&value.ty))
                    }
                };
                let same = expression::is(self.resolver, value.clone(), right, span);
                holds = Some(match holds {
                    None => same,
                    Some(before) => {
                        Expr { kind: ExprKind::Or(Box::new(before), Box::new(same)), ty: Type::Flag, span }
                    }
                });
            }
            if is_other {
                other = Some(inner);
            } else if let Some(holds) = holds {
                bound.push((holds, inner));
            }
        }
        if other.is_none() && !self.complete(&value.ty, &seen) {
            self.resolver.report.error("TS0422", subject.span, "the cases do not cover every value").help(
                "add `other { … }` as the last case; an empty block says that nothing stands here then",
            );
        }
        Node::Choose { cases: bound, other: other.unwrap_or_default(), span }
    }

    fn twice(&mut self, seen: &mut Vec<String>, key: &str, span: Span) {
        if seen.iter().any(|known| known == key) {
            self.resolver
                .report
                .error("TS0423", span, format!("the case `{key}` stands twice"))
                .help("the first one is taken; leave one of them");
        }
        seen.push(key.to_owned());
    }

    fn complete(&self, ty: &Type, seen: &[String]) -> bool {
        match ty {
            Type::Names(names) => {
                names.iter().all(|name| seen.iter().any(|key| key == self.resolver.symbols.text(*name)))
            }
            Type::Flag => ["yes", "no"].iter().all(|word| seen.iter().any(|key| key == word)),
            Type::Wrong => true,
            _ => false,
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
        let source = self.expression(&value.value, scope, Some(&target.expr.ty));
        let otherwise = self.otherwise(rule.otherwise.as_ref(), scope, &target.expr.ty);
        compare::fits(self.resolver, &source, &target.expr.ty, None, target.optional, rule, &otherwise);
        Some(Mapping { target: *load, source, filter: None, cut: rule.cut, otherwise, span })
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
        };
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

    /// A row that is one value goes with the field `value` of the business list.
    fn plain_row(&self, bound: &mut Field, field: &DraftField<'_>) {
        let list = field.lists.last().and_then(|list| self.draft.fields.get(*list));
        let Some(DraftKind::List { arrow: Some(arrow), .. }) = list.map(|list| &list.kind) else { return };
        let path::RowNames::Shape { shape, space, level, call } = arrow.row else { return };
        let fields = self.resolver.shapes.get(shape.0 as usize).map_or(&[][..], |shape| &shape.fields);
        let Some(slot) = fields.iter().position(|field| &*field.name == "value") else { return };
        let span = bound.span;
        let load = |load| Expr { kind: ExprKind::Load(load), ty: field.ty.clone(), span };
        let business = Load { space, level, slot: u16::try_from(slot).unwrap_or(u16::MAX), call };
        let wire = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        let (target, source) = if arrow.writes { (wire, load(business)) } else { (business, load(wire)) };
        let mapping =
            Some(Mapping { target, source, filter: None, cut: false, otherwise: Else::Fault, span });
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

    /// The text before and behind `message.code` in a template.
    fn around(text: &tree::Text) -> Option<(Box<str>, Box<str>)> {
        let mut before = String::new();
        let mut behind = String::new();
        let mut found = false;
        for piece in &text.pieces {
            match piece {
                tree::Piece::Characters(run) if found => behind.push_str(&run.text),
                tree::Piece::Characters(run) => before.push_str(&run.text),
                tree::Piece::Embedded(expr) if is_code(expr) && !found => found = true,
                tree::Piece::Embedded(_) => return None,
            }
        }
        found.then(|| (before.into(), behind.into()))
    }

    fn chain(&mut self, tree: &tree::Coded, scope: &Scope) -> Chain {
        let mut chain = Chain::default();
        chain.first = self.codings(&tree.chain, scope, &mut chain.expressions, 0);
        if let Some((condition_tree, otherwise)) = &tree.otherwise {
            let holds = self.expression(condition_tree, scope, Some(&Type::Flag));
            let holds = condition(self.resolver, holds);
            let other = self.codings(otherwise, scope, &mut chain.expressions, 0);
            match holds.as_constant() {
                Some(Constant::Flag(true)) => {}
                Some(Constant::Flag(false)) => chain.first = other,
                _ => chain.choice = Some((Box::new(holds), other)),
            }
        }
        chain
    }

    fn codings(
        &mut self,
        tree: &tree::Chain,
        scope: &Scope,
        expressions: &mut Vec<Expr>,
        depth: usize,
    ) -> Vec<Coding> {
        const CHARSETS: [&str; 9] =
            ["gbk", "gb18030", "utf8", "ascii", "cp935", "cp1388", "cp037", "cp1047", "cp500"];
        const OTHERS: [&str; 11] = [
            "hex",
            "hex_upper",
            "base64",
            "base64url",
            "percent",
            "zlib",
            "gzip",
            "encrypt",
            "none",
            "bcd",
            "ebcdic",
        ];
        let mut codings = Vec::new();
        for element in &tree.elements {
            let blanks = element.tolerate.iter().any(|word| word.is("blanks"));
            codings.push(match &*element.name.text {
                "none" => continue,
                "hex" => Coding::Hex { upper: false, tolerate_blanks: blanks },
                "hex_upper" => Coding::Hex { upper: true, tolerate_blanks: blanks },
                "base64" => Coding::Base64 { url: false, tolerate_blanks: blanks },
                "base64url" => Coding::Base64 { url: true, tolerate_blanks: blanks },
                "percent" => Coding::Percent,
                "zlib" => Coding::Zlib,
                "gzip" => Coding::Gzip,
                "encrypt" => match self.cipher(element, scope, expressions) {
                    Some(coding) => coding,
                    None => continue,
                },
                name if CHARSETS.contains(&name) || matches!(name, "bcd" | "ebcdic") => {
                    Coding::Charset(name.into())
                }
                name => {
                    if let (Some(inner), true) = (self.work.index.codings.get(name).copied(), depth < 8) {
                        self.resolver.used.insert((self.work.folder.into(), format!("coding.{name}").into()));
                        codings.extend(self.codings(inner, scope, expressions, depth + 1));
                        continue;
                    }
                    let own: Vec<&str> = self.work.index.codings.keys().copied().collect();
                    self.resolver
                        .report
                        .error("TS0424", element.name.span, format!("there is no coding `{name}`"))
                        .suggest(name, CHARSETS.iter().chain(&OTHERS).copied().chain(own));
                    continue;
                }
            });
        }
        codings
    }

    fn cipher(
        &mut self,
        element: &tree::ChainElement,
        scope: &Scope,
        expressions: &mut Vec<Expr>,
    ) -> Option<Coding> {
        let [algorithm, key, iv @ ..] = element.arguments.as_slice() else {
            self.resolver
                .report
                .error(
                    "TS0425",
                    element.span,
                    "`encrypt` takes an algorithm, a key, and an initial vector where the mode has one",
                )
                .help("for example `encrypt(sm4_cbc_pkcs7, key.file, nul(16))`");
            return None;
        };
        let algorithm = match &algorithm.kind {
            tree::ExprKind::Path(path) if path.single().is_some() => {
                let name = path.text();
                if !function::CIPHERS.contains(&name.as_str()) {
                    self.resolver
                        .report
                        .error("TS0322", path.span, format!("there is no algorithm `{name}` here"))
                        .note(format!("this function takes {}", function::listed(&function::CIPHERS)))
                        .suggest(&name, function::CIPHERS);
                    return None;
                }
                CipherName::Fixed(name.into())
            }
            _ => {
                let expr = self.expression(algorithm, scope, None);
                function::names_algorithms(self.resolver, &expr, &function::CIPHERS);
                match expr.kind {
                    ExprKind::Load(Load { space: Space::Setting, slot, .. }) => CipherName::Setting(slot),
                    ExprKind::Constant(Constant::Name(symbol)) => {
                        CipherName::Fixed(self.resolver.symbols.text(symbol).into())
                    }
                    _ => return None,
                }
            }
        };
        let key = self.expression(key, scope, None);
        let key_at = u32::try_from(expressions.len()).unwrap_or(u32::MAX);
        expressions.push(key);
        let iv = iv.first().map(|iv| {
            let iv = self.expression(iv, scope, None);
            expressions.push(iv);
            key_at + 1
        });
        Some(Coding::Encrypt { algorithm, key: key_at, iv })
    }

    fn coded(&mut self, attributes: &[tree::Attribute], scope: &Scope) -> Chain {
        for attribute in attributes {
            if let AttributeKind::Coded(coded) = &attribute.kind {
                return self.chain(coded, scope);
            }
        }
        Chain::default()
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
            DraftKind::Fresh => {
                let bytes = match field.ty {
                    Type::Bytes { max } => u32::try_from(max).unwrap_or(u32::MAX),
                    _ => 0,
                };
                FieldKind::Leaf { ty: field.ty.clone(), wire: assemble::raw_wire(bytes) }
            }
            DraftKind::Group(nodes) => FieldKind::Group { nodes: self.nodes(nodes) },
            DraftKind::Format { format, nodes } => {
                let chain = self.coded(attributes, &field.scope);
                let format = self.password(format, attributes, &field.scope);
                FieldKind::Format { format, chain, nodes: self.nodes(nodes) }
            }
            DraftKind::Line { nodes, bytes } => FieldKind::Line { nodes: self.nodes(nodes), bytes: *bytes },
            DraftKind::List { tree, nodes, slots, arrow, of_line } => {
                let plain = nodes.len() == 1
                    && matches!(nodes.first(), Some(DraftNode::Field(inner)) if self.draft.fields.get(*inner).is_some_and(|inner| inner.tree.is_none()));
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

    fn password(&mut self, format: &Format, attributes: &[tree::Attribute], scope: &Scope) -> Format {
        for attribute in attributes {
            if let (Format::Zip { .. }, AttributeKind::Password(password)) = (format, &attribute.kind) {
                return Format::Zip { password: Some(Box::new(self.expression(password, scope, None))) };
            }
        }
        format.clone()
    }

    fn list_arrow(&mut self, arrow: &assemble::ArrowDraft<'_>, scope: &Scope) -> ListArrow {
        let filter = arrow.filter.map(|filter| {
            let inner = expression::inside(self.work, scope, arrow.list, arrow.row);
            let filter = self.expression(filter, &inner, Some(&Type::Flag));
            condition(self.resolver, filter)
        });
        let day = filter.as_ref().and_then(day_of);
        if arrow.list.space == Space::Journal && day.is_none() {
            self.resolver
                .report
                .error("TS0434", arrow.span, "a list of the journal says of which business date it is")
                .note("the journal is looked up by business date, never gone through whole")
                .help("write `where business_date is …`, with a date that does not come from the row itself");
        }
        ListArrow { list: arrow.list, with: arrow.with, filter, day, writes: arrow.writes, span: arrow.span }
    }

    /// The rule of a leaf that counts for this side and direction.
    fn rules(&mut self, bound: &mut Field, field: &DraftField<'_>, tree: &tree::Field, place: FieldId) {
        let all = field.rules.unwrap_or(&tree.rules);
        let rules: Vec<&Rule> = all.iter().filter(|rule| rule_holds(rule, self.draft.side)).collect();
        let writing = self.draft.ours;
        let mut fills = 0;
        for rule in &rules {
            match &rule.kind {
                RuleKind::Equal(value) => {
                    fills += 1;
                    self.equal(bound, field, value, rule, place);
                }
                RuleKind::From(value) if writing => {
                    fills += 1;
                    self.filled(bound, field, value, rule);
                }
                RuleKind::Both(path) if writing => {
                    fills += 1;
                    let value = tree::Expr { kind: tree::ExprKind::Path(path.clone()), span: path.span };
                    let list = tree::ListExpr {
                        value,
                        with: None,
                        condition: None,
                        sorted_by: Vec::new(),
                        span: path.span,
                    };
                    self.filled(bound, field, &list, rule);
                }
                RuleKind::To(path) | RuleKind::Both(path) if !writing => {
                    self.handed(bound, field, path, rule);
                }
                RuleKind::From(_) if field.own => {
                    self.resolver
                        .report
                        .error(
                            "TS0604",
                            rule.span,
                            format!("`{}` is read here, so nothing fills it", field.name),
                        )
                        .note("in what the other side sends, `->` hands a value on and `<-` has no meaning")
                        .help("turn the arrow: `->`");
                }
                RuleKind::To(_) if field.own => {
                    self.resolver
                        .report
                        .error(
                            "TS0603",
                            rule.span,
                            format!("`{}` is written here, so it hands nothing on", field.name),
                        )
                        .note("in what we send, `<-` fills a field and `->` has no meaning")
                        .help("turn the arrow: `<-`");
                }
                _ => {}
            }
        }
        if writing && fills == 0 {
            self.resolver
                .report
                .error("TS0601", tree.name.span, format!("nobody fills `{}`", field.path_text()))
                .label("sent without a value")
                .note("a field that we send has `=` a fact, or `<-` from the business")
                .help("add `<- ask.…`, or `<- absent` where it may be missing");
        }
        if writing && fills > 1 {
            let second = rules.iter().rev().find(|rule| !matches!(rule.kind, RuleKind::To(_)));
            let span = second.map_or(tree.name.span, |rule| rule.span);
            self.resolver
                .report
                .error("TS0602", span, format!("`{}` is filled twice", field.path_text()))
                .help("keep one of the rules, or say for which side each is: `request = …  reply = …`");
        }
    }

    fn equal(
        &mut self,
        bound: &mut Field,
        field: &DraftField<'_>,
        value: &tree::Expr,
        rule: &Rule,
        place: FieldId,
    ) {
        let constant = matches!(&value.kind, tree::ExprKind::Text(text) if text.constant().is_some());
        if constant
            && matches!(field.ty, Type::Outcome | Type::Names(_))
            && let FieldKind::Leaf { ty, wire } = &mut bound.kind
        {
            // A code that is always the same text on this side means nothing there: it is that text.
            *ty = Type::Text { chars: 64, private: None };
            wire.form = Form::Text;
        }
        let own_type =
            if let FieldKind::Leaf { ty, .. } = &bound.kind { ty.clone() } else { field.ty.clone() };
        let mut fact = self.expression(value, &field.scope, Some(&own_type));
        if let Some(span) = business_in(&fact) {
            self.resolver
                .report
                .error("TS0607", span, "`=` binds to facts, this is business")
                .note("a fact is something either side can know: a constant, a setting, a key, the exchange, another field")
                .help("write `<-` to fill the field from the business");
        }
        self.seal_covers_itself(&fact, place, rule);
        bound.code_around = match &value.kind {
            _ if is_code(value) => Some((Box::default(), Box::default())),
            tree::ExprKind::Text(text) => Self::around(text),
            _ => None,
        };
        if let ExprKind::Fold { fold: Fold::Count, list, each: None, filter: None } = &fact.kind
            && list.space == Space::Field
        {
            self.counted.push((*list, place));
        }
        let mut judged =
            !matches!(fact.kind, ExprKind::Fold { .. } | ExprKind::Load(_)) || fact.as_constant().is_some();
        if let ExprKind::Length(sized) = &fact.kind {
            self.sized.push((*sized, place));
        }
        match self.most_octets(&fact) {
            Some(Some(most)) => fact.ty = Type::Number { min: 0, max: most },
            // What has no bound is judged when it is written.
            Some(None) => judged = false,
            None => {}
        }
        bound.learn = if self.draft.ours { Learn::Agree } else { self.learn(&fact) };
        if matches!(fact.kind, ExprKind::Load(_)) {
            compare::kinds(self.resolver, &fact, &own_type, rule);
        }
        if judged {
            let otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, &field.ty);
            let absent = field.wire.as_ref().is_some_and(|wire| wire.absent != crate::value::Absent::Never);
            compare::fits(self.resolver, &fact, &own_type, field.wire.as_ref(), absent, rule, &otherwise);
        }
        bound.fact = Some(fact);
    }

    /// The most that a sum of lengths can be, if it has a bound; none: it is no such sum.
    fn most_octets(&self, fact: &Expr) -> Option<Option<i128>> {
        match &fact.kind {
            ExprKind::Length(sized) => Some(ends::most_octets(self.draft, *sized).map(i128::from)),
            ExprKind::Add(left, right) => {
                let one = |side: &Expr| match side.as_constant() {
                    Some(Constant::Number(number)) => Some(Some(*number)),
                    _ => self.most_octets(side),
                };
                let (left, right) = (one(left)?, one(right)?);
                Some(left.zip(right).and_then(|(left, right)| left.checked_add(right)))
            }
            _ => None,
        }
    }

    /// The rule for reading; a fresh value is got back by inverting the expression around it.
    fn learn(&mut self, fact: &Expr) -> Learn {
        let fresh: Vec<u16> = self.draft.fresh.iter().map(|(slot, _)| *slot).collect();
        let speaks = learn::any(fact, &mut |load| load.space == Space::Field && fresh.contains(&load.slot));
        if speaks {
            return invert(fact).unwrap_or(Learn::Ignore);
        }
        learn_rule(fact, self.draft.side)
    }

    fn seal_covers_itself(&mut self, fact: &Expr, place: FieldId, rule: &Rule) {
        let covers = |other: &FieldId| {
            *other == place
                || self
                    .draft
                    .fields
                    .get(usize::from(place.0))
                    .zip(self.draft.fields.get(usize::from(other.0)))
                    .is_some_and(|(field, whole)| {
                        field.path.len() > whole.path.len() && field.path.starts_with(&whole.path)
                    })
        };
        let mut inside = Vec::new();
        raws(fact, &mut inside);
        if inside.iter().any(covers) {
            let name =
                self.draft.fields.get(usize::from(place.0)).map_or_else(String::new, DraftField::path_text);
            self.resolver
                .report
                .error("TS0426", rule.span, format!("`{name}` covers itself"))
                .note("a seal or digest cannot stand inside the bytes that it is computed from")
                .help("name the parts it covers: `raw(head) + raw(body)`");
        }
    }

    fn filled(&mut self, bound: &mut Field, field: &DraftField<'_>, value: &tree::ListExpr, rule: &Rule) {
        let source = self.expression(&value.value, &field.scope, Some(&field.ty));
        let otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, &field.ty);
        let absent = field.wire.as_ref().is_some_and(|wire| wire.absent != crate::value::Absent::Never);
        compare::fits(self.resolver, &source, &field.ty, field.wire.as_ref(), absent, rule, &otherwise);
        compare::discloses(self.resolver, self.work, &source, rule.span);
        let target = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        bound.from =
            Some(Mapping { target, source, filter: None, cut: rule.cut, otherwise, span: rule.span });
    }

    fn handed(&mut self, bound: &mut Field, field: &DraftField<'_>, path: &tree::Path, rule: &Rule) {
        let target = path::find(self.resolver, self.work, path, &field.scope, None);
        let ExprKind::Load(load) = &target.expr.kind else { return };
        if !matches!(
            load.space,
            Space::Ask | Space::Answer | Space::Item | Space::OriginalAnswer | Space::Exchange
        ) {
            self.resolver
                .report
                .error("TS0606", path.span, format!("nothing can be put into `{}`", path.text()))
                .help("`->` hands a value on to `ask`, `answer`, `item` or `original.answer`");
            return;
        }
        let source = Expr {
            kind: ExprKind::Load(Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 }),
            ty: field.ty.clone(),
            span: rule.span,
        };
        let otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, &target.expr.ty);
        let may_miss = field.wire.as_ref().is_some_and(|wire| wire.absent != crate::value::Absent::Never);
        if may_miss
            && !target.optional
            && matches!(otherwise, Else::Fault)
            && load.space != Space::OriginalAnswer
        {
            self.resolver
                .report
                .error("TS0608", rule.span, format!("`{}` may be missing, `{}` may not", field.name, path.text()))
                .help("make the field of the service `optional`, or say what then: `else refuse …`, `else 0.00`");
        }
        compare::fits(self.resolver, &source, &target.expr.ty, None, true, rule, &otherwise);
        bound.to =
            Some(Mapping { target: *load, source, filter: None, cut: rule.cut, otherwise, span: rule.span });
    }

    fn file(&mut self, file: &assemble::FileDraft<'_>) -> FileForm {
        let chain = self.coded(file.attributes, &file.scope);
        let format = self.password(&file.format, file.attributes, &file.scope);
        let name_nodes = self.nodes(&file.name_nodes);
        let mut name = Vec::new();
        let mut done = None;
        if let Some(tree) = file.name {
            done = tree.done.as_ref().and_then(|text| text.constant()).map(Box::from);
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
                matches!(learn_rule(&found.expr, self.draft.side), Learn::Place(_) | Learn::Member)
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

/// `format(path, "letters")`.
fn formatted(expr: &tree::Expr) -> Option<(&tree::Path, &str)> {
    let tree::ExprKind::Call(call) = &expr.kind else { return None };
    let [value, form] = call.arguments.as_slice() else { return None };
    match (&value.value.kind, &form.value.kind) {
        (tree::ExprKind::Path(path), tree::ExprKind::Text(form)) if call.name.is("format") => {
            Some((path, form.constant()?))
        }
        _ => None,
    }
}

/// How a value stands in a name.
fn name_form(ty: &Type, letters: Option<&str>) -> Option<Form> {
    let calendar = match ty {
        Type::Date => crate::value::Calendar::Date,
        Type::Time => crate::value::Calendar::Time,
        Type::DateTime => crate::value::Calendar::DateTime,
        Type::Month => crate::value::Calendar::Month,
        Type::Text { .. } => return Some(Form::Text),
        Type::Digits { .. } => return Some(Form::Digits),
        Type::Number { .. } => return Some(Form::Number),
        _ => return None,
    };
    letters.map(|letters| Form::Calendar(calendar, letters.into()))
}

/// Fields whose bytes an expression takes whole (`pairs` names what it leaves out, `cut_out` takes itself away).
fn raws(expr: &Expr, found: &mut Vec<FieldId>) {
    match &expr.kind {
        ExprKind::Raw(field) => found.push(*field),
        ExprKind::Function(crate::model::Function::CutOut, _) => {}
        ExprKind::Join(parts) | ExprKind::Function(_, parts) => {
            parts.iter().for_each(|part| raws(part, found));
        }
        ExprKind::Add(left, right) => {
            raws(left, found);
            raws(right, found);
        }
        _ => {}
    }
}

/// Whether an expression is `message.code`.
fn is_code(expr: &tree::Expr) -> bool {
    matches!(&expr.kind, tree::ExprKind::Path(path) if matches!(path.parts.as_slice(), [root, name] if root.is("message") && name.is("code")))
}

fn business_in(expr: &Expr) -> Option<Span> {
    let mut found = false;
    learn::any(expr, &mut |load| {
        found |= matches!(load.space, Space::Ask | Space::Answer | Space::Item | Space::With);
        found
    });
    found.then_some(expr.span)
}

/// `base64(encrypt(alg, key, fresh))` read: the fresh value is `decrypt(alg, key, from_base64(field))`.
fn invert(fact: &Expr) -> Option<Learn> {
    use crate::model::Function;
    fn walk(expr: &Expr, inner: Expr) -> Option<(Load, Expr)> {
        match &expr.kind {
            ExprKind::Load(load) if load.space == Space::Field => Some((*load, inner)),
            ExprKind::Function(function, arguments) => {
                let inverse = match function {
                    Function::Base64 => Function::FromBase64,
                    Function::Hex | Function::HexUpper => Function::FromHex,
                    Function::Encrypt => Function::Decrypt,
                    _ => return None,
                };
                let last =
                    if *function == Function::Encrypt { arguments.get(2)? } else { arguments.first()? };
                let mut given = arguments.clone();
                let at = if *function == Function::Encrypt { 2 } else { 0 };
                *given.get_mut(at)? = inner;
                let span = expr.span;
                let inner = Expr {
                    kind: ExprKind::Function(inverse, given),
                    ty: Type::Bytes { max: u64::MAX },
                    span,
                };
                walk(last, inner)
            }
            _ => None,
        }
    }
    let own = Expr {
        kind: ExprKind::Load(Load { space: Space::Field, level: 0, slot: u16::MAX, call: 0 }),
        ty: Type::Text { chars: 4_000, private: None },
        span: fact.span,
    };
    let (load, expr) = walk(fact, own)?;
    Some(Learn::Fresh(load, Box::new(expr)))
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
