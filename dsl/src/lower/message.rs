//! One message: the tables that its lists share, then the lists one after the other.

mod charsets;

use std::collections::HashMap;

use super::expression::compile;
use super::here::{Here, Streamed, algorithm_name};
use super::layout::{Layout, inner, tag_or_name};
use super::shape::Shapes;
use super::{LowerErrorKind, Lowering, file, fold, map, read, tables, write};
use crate::evaluate::calendar;
use crate::model::{
    Check, Expr, ExprKind, Fact, Field, FieldId, FieldKind, Format, Function, LinkKind, Message, Node,
    Prefix, PrefixKind, Segments, Space, TextCode,
};
use crate::program::{
    CheckForm, Cold, ExprId, FieldForm, FormatForm, MessageProgram, SegmentsForm, SeveralForm, SignatureForm,
    ToldBy, WireList, WireName,
};
use crate::resolve::{constants, fields_of};
use crate::source::Span;
use crate::value::{Absent, CipherName, Form, Size, Type, Unit};

/// Makes a message's program.
pub(super) fn lower<'m>(lowering: &mut Lowering<'m>, message: &'m Message) -> MessageProgram {
    let mut builder = Builder::new(lowering, message);
    builder.tables();
    file::name(&mut builder);
    map::make(&mut builder);
    read::make(&mut builder);
    write::make(&mut builder);
    super::stride::note(&mut builder.out, &builder.lowering.program.wires);
    builder.out
}

/// What the makers of a message's lists share.
pub(super) struct Builder<'l, 'm> {
    pub(super) lowering: &'l mut Lowering<'m>,
    pub(super) layout: Layout<'m>,
    pub(super) message: &'m Message,
    pub(super) out: MessageProgram,
    pub(super) charsets: Vec<Box<str>>,
    wires: HashMap<FieldId, u32>,
    pub(super) streamed: Streamed,
    names: HashMap<Box<str>, u16>,
    field_colds: HashMap<FieldId, u32>,
    checks: HashMap<Span, u16>,
}

/// Whether an expression of the message names what belongs to one copy of it.
fn of_copy(message: &Message) -> bool {
    let mut found = false;
    for expression in super::layout::expressions(message) {
        super::expression::walk(expression, &mut Vec::new(), &mut |one, _| {
            if let ExprKind::Load(load) = &one.kind {
                let fact = Fact::WORDS.get(usize::from(load.slot));
                found |= load.space == Space::Exchange && fact.is_some_and(|(fact, _)| fact.of_copy());
            }
        });
    }
    found
}

impl<'l, 'm> Builder<'l, 'm> {
    pub(super) fn new(lowering: &'l mut Lowering<'m>, message: &'m Message) -> Self {
        let layout = Layout::new(message);
        let mut builder = Builder {
            charsets: vec![message.charset.clone(); message.fields.len()],
            lowering,
            message,
            out: MessageProgram {
                slots: message.slots,
                charset: message.charset.clone(),
                regions: layout.region_count(),
                fresh: message.fresh.clone(),
                of_copy: of_copy(message),
                when: message.when,
                means: message.means,
                ..MessageProgram::default()
            },
            layout,
            wires: HashMap::new(),
            streamed: Streamed::default(),
            names: HashMap::new(),
            field_colds: HashMap::new(),
            checks: HashMap::new(),
        };
        let whole = message.file.as_ref().and_then(|file| tables::charset_of(&file.chain));
        let whole: Box<str> = whole.unwrap_or(&message.charset).into();
        builder.spread_charsets(&message.nodes, &whole, false);
        if let Some(form) = &message.file {
            builder.streamed.pieces = file::lines(&builder, &message.nodes, &form.format).unwrap_or_default();
        }
        builder
    }

    pub(super) fn tables(&mut self) {
        for index in 0..self.message.fields.len() {
            let id = FieldId(u16::try_from(index).unwrap_or(u16::MAX));
            let Some(field) = self.layout.field(id) else { continue };
            if let FieldKind::Leaf { ty, wire } = &field.kind {
                let sized_by = wire.sized_by.and_then(|by| self.layout.field(by)).map(|by| by.slot);
                let charset = self.charset(id);
                let path = self.layout.lists_around(id);
                let mut here = Here {
                    layout: &self.layout,
                    wires: &self.wires,
                    streamed: &mut self.streamed,
                    symbols: &self.lowering.model.symbols,
                    path,
                    entered: Vec::new(),
                };
                let number = self.lowering.wire(ty, wire, &charset, sized_by, &mut here);
                self.wires.insert(id, number);
            }
        }
        for id in self.layout.lists.clone() {
            let made = self.wire_list(id);
            self.out.lists.extend(made);
        }
        self.fields();
        self.outcome();
        let call = self.lowering.module.calls.get(usize::from(self.message.call.0));
        (self.out.ask, self.out.answer) = call.map_or((None, None), |call| (call.ask, call.answer));
    }

    fn wire_list(&mut self, id: FieldId) -> Option<WireList> {
        let (field, list) = (self.layout.field(id)?, self.layout.list(id)?);
        Some(WireList {
            slot: field.slot,
            level: field.level,
            stride: list.slots,
            min: list.min,
            max: list.max,
            counted_by: list.counted_by.and_then(|by| self.layout.field(by)).map(|by| by.slot),
            until_end: list.until_end,
            alone: list.alone,
            tolerant: list.tolerant,
            of_line: list.of_line,
            lines_behind: if list.of_line {
                self.lines_behind(&self.message.nodes, id, 0).unwrap_or(0)
            } else {
                0
            },
            run: self.layout.run(id),
            pattern: self.pattern(id, field),
            cold: self.cold_of(id),
        })
    }

    /// What the entries of a zip are called that a list has.
    fn pattern(&self, id: FieldId, field: &Field) -> Option<Box<str>> {
        let format = match self.layout.around(id).last().and_then(|outer| self.layout.field(*outer)) {
            Some(outer) => match &outer.kind {
                FieldKind::Format { format, .. } => format,
                _ => return None,
            },
            None => &self.message.file.as_ref()?.format,
        };
        match (format, &field.at) {
            (Format::Zip { .. }, Some(crate::model::At::Text(pattern))) => Some(pattern.clone()),
            _ => None,
        }
    }

    /// How many single lines follow a list among these nodes and, if they are a branch, behind them; none: it stands
    /// elsewhere.
    fn lines_behind(&self, nodes: &[Node], id: FieldId, after: u16) -> Option<u16> {
        nodes.iter().zip(1..).find_map(|(node, next)| {
            let rest = nodes.get(next..).unwrap_or_default().iter();
            let lines = rest.filter(|node| match node {
                Node::Field(id) => self.layout.field(*id).is_some_and(|field| {
                    !field.optional && matches!(field.kind, FieldKind::Line { control: None, .. })
                }),
                _ => false,
            });
            let lines = after.saturating_add(u16::try_from(lines.count()).unwrap_or(u16::MAX));
            match node {
                Node::Field(own) if *own == id => Some(lines),
                Node::Field(own) => self.lines_behind(inner(&self.layout.field(*own)?.kind), id, 0),
                Node::When { then, .. } => self.lines_behind(then, id, lines),
                Node::Choose { cases, other, .. } => cases
                    .iter()
                    .map(|(_, nodes)| nodes)
                    .chain([other])
                    .find_map(|nodes| self.lines_behind(nodes, id, lines)),
                Node::Check(_) | Node::Map(_) => None,
            }
        })
    }

    fn fields(&mut self) {
        for index in 0..self.message.fields.len() {
            let id = FieldId(u16::try_from(index).unwrap_or(u16::MAX));
            let Some(field) = self.layout.field(id) else { continue };
            let list = self.layout.lists_around(id).last().map(|list| self.layout.list_index(*list));
            let is_list = self.layout.list(id).map(|_| self.layout.list_index(id));
            self.out.fields.push(FieldForm {
                path: field.path.clone(),
                label: field.label.clone(),
                slot: field.slot,
                level: field.level,
                list,
                wire: self.wires.get(&id).copied(),
                is_list,
                derived: field.fact.is_some(),
                private: private(field),
            });
        }
    }

    /// The order of outcome fields and the rows for pairs of codes that the call says for itself.
    fn outcome(&mut self) {
        let call = self.lowering.module.calls.get(usize::from(self.message.call.0));
        let Some(rule) = call.and_then(|call| call.outcome.as_ref()) else { return };
        let found: Vec<Option<u16>> = rule.fields.iter().map(|path| self.slot_of_path(path)).collect();
        if found.iter().any(Option::is_none) {
            return;
        }
        self.out.outcome_order = found.into_iter().flatten().collect();
        self.out.outcome_rows.clone_from(&rule.rows);
    }

    /// The slot of a field at level 0 by its path or an ending of it.
    fn slot_of_path(&self, path: &str) -> Option<u16> {
        let level = || self.message.fields.iter().filter(|field| field.level == 0);
        let ending = format!(".{path}");
        let found = level().find(|field| *field.path == *path);
        found.or_else(|| level().find(|field| field.path.ends_with(&ending))).map(|field| field.slot)
    }

    /// The wire form of a leaf.
    pub(super) fn wire_of(&self, id: FieldId) -> u32 {
        self.wires.get(&id).copied().unwrap_or(u32::MAX)
    }

    /// Number of a wire name.
    pub(super) fn name(&mut self, name: &str) -> u16 {
        if let Some(&known) = self.names.get(name) {
            return known;
        }
        let number = self.lowering.small(self.out.names.len(), "names of a message", self.message);
        self.out.names.push(WireName::of(name));
        self.names.insert(name.into(), number);
        number
    }

    /// The cold entry of a field.
    pub(super) fn cold_of(&mut self, id: FieldId) -> u32 {
        if let Some(&known) = self.field_colds.get(&id) {
            return known;
        }
        let Some(field) = self.layout.field(id) else { return self.cold_here("") };
        let line = self.lowering.line(field.span);
        let cold = Cold {
            name: field.path.clone(),
            label: field.label.clone(),
            line,
            expected: expected(field).into(),
            private: private(field),
        };
        let number = self.push_cold(cold);
        self.field_colds.insert(id, number);
        number
    }

    /// The cold entry of the message as a whole.
    pub(super) fn cold_here(&mut self, name: &str) -> u32 {
        let known = self.out.cold.iter().position(|cold| *cold.name == *name);
        if let Some(known) = known {
            return u32::try_from(known).unwrap_or(u32::MAX);
        }
        let line = self.lowering.line(self.message.span);
        self.push_cold(Cold {
            name: name.into(),
            label: "".into(),
            line,
            expected: "".into(),
            private: false,
        })
    }

    pub(super) fn push_cold(&mut self, cold: Cold) -> u32 {
        self.out.cold.push(cold);
        u32::try_from(self.out.cold.len() - 1).unwrap_or(u32::MAX)
    }

    /// The expression folded.
    pub(super) fn folded(&self, expression: &Expr) -> Expr {
        fold(expression, &self.lowering.model.symbols)
    }

    /// Compiles an expression that stands in rows of these lists.
    pub(super) fn compile(&mut self, expression: &Expr, path: &[FieldId]) -> ExprId {
        let folded = self.folded(expression);
        let mut here = Here {
            layout: &self.layout,
            wires: &self.wires,
            streamed: &mut self.streamed,
            symbols: &self.lowering.model.symbols,
            path: path.to_vec(),
            entered: Vec::new(),
        };
        compile(&folded, &mut self.lowering.program.expressions, &mut here)
    }

    /// The chain, `u32::MAX` if it codes nothing.
    pub(super) fn chain(&mut self, chain: &crate::model::Chain) -> u32 {
        let mut here = Here {
            layout: &self.layout,
            wires: &self.wires,
            streamed: &mut self.streamed,
            symbols: &self.lowering.model.symbols,
            path: Vec::new(),
            entered: Vec::new(),
        };
        self.lowering.chain(chain, &mut here).unwrap_or(u32::MAX)
    }

    /// A format around these nodes.
    pub(super) fn format(&mut self, format: &Format, charset: &str, nodes: &[Node]) -> u32 {
        if let Format::Segments(form) = format {
            return self.segments(form, charset, nodes);
        }
        let mut bits = Vec::new();
        if let Format::Iso8583 { code, .. } = format {
            self.bits(nodes, *code, &mut bits);
        }
        let mut here = Here {
            layout: &self.layout,
            wires: &self.wires,
            streamed: &mut self.streamed,
            symbols: &self.lowering.model.symbols,
            path: Vec::new(),
            entered: Vec::new(),
        };
        self.lowering.format(format, charset, bits, &mut here)
    }

    /// Number of a place of named groups.
    pub(super) fn several(&mut self, id: FieldId, groups: &[Node]) -> u16 {
        let known = |id: FieldId| self.layout.field(id);
        let name = |id: &FieldId| self.layout.field(*id).map(tag_or_name).unwrap_or_default();
        let told = groups.iter().map(|node| match node {
            Node::Field(id) => {
                let nodes = self.layout.field(*id).map_or(&[][..], |field| inner(&field.kind));
                let constants = constants(&known, nodes).into_iter();
                constants.map(|(path, text)| ToldBy { path: path.iter().map(name).collect(), text }).collect()
            }
            _ => Vec::new(),
        });
        let form = SeveralForm { run: self.layout.run(id), groups: told.collect() };
        let number = self.lowering.small(self.out.severals.len(), "places of groups", self.message);
        self.out.severals.push(form);
        number
    }

    /// A segment text or tag=value text around these nodes.
    fn segments(&mut self, form: &Segments, charset: &str, nodes: &[Node]) -> u32 {
        let mut form = form.clone();
        let mut ids = Vec::new();
        fields_of(nodes, &mut ids);
        let fields: Vec<&Field> = ids.iter().filter_map(|id| self.layout.field(*id)).collect();
        for name in [&mut form.after, &mut form.before].into_iter().flatten() {
            if let Some(field) = fields.iter().find(|field| field.name == *name) {
                *name = tag_or_name(field);
            }
        }
        form.unknown_kept |= self.message.unknown_kept;
        let (mut lines, mut sized) = (Vec::new(), Vec::new());
        if form.tagged.is_some() {
            let mut names = Vec::new();
            self.layout.names(nodes, &mut names);
            lines.extend(names.into_iter().map(|name| (name, 0)));
        }
        for (place, field) in self.message.fields.iter().enumerate() {
            let id = FieldId(u16::try_from(place).unwrap_or(u16::MAX));
            if !ids.iter().any(|outer| self.layout.lies_in(id, *outer)) {
                continue;
            }
            match &field.kind {
                FieldKind::Line { nodes, .. } => lines.push((tag_or_name(field), self.last_place(nodes))),
                FieldKind::List(list) if list.of_line => {
                    lines.push((tag_or_name(field), self.last_place(&list.nodes)));
                }
                FieldKind::Leaf { wire, .. } => {
                    let by = wire.sized_by.and_then(|by| self.layout.field(by));
                    sized.extend(by.map(|by| (tag_or_name(by), tag_or_name(field))));
                }
                _ => {}
            }
        }
        let form = SegmentsForm { form, charset: charset.into(), lines, sized };
        self.lowering.shared_format(FormatForm::Segments(Box::new(form)))
    }

    fn last_place(&self, nodes: &[Node]) -> u16 {
        let mut ids = Vec::new();
        fields_of(nodes, &mut ids);
        let places = ids.iter().filter_map(|id| tag_or_name(self.layout.field(*id)?).parse().ok());
        places.max().unwrap_or(0)
    }

    fn bits(&mut self, nodes: &[Node], code: TextCode, bits: &mut Vec<(u16, u32)>) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    let Some(field) = self.layout.field(*id) else { continue };
                    let wire = match &field.kind {
                        FieldKind::Leaf { .. } => self.wire_of(*id),
                        _ => {
                            let prefix = match code {
                                TextCode::Bcd => Prefix { size: 2, kind: PrefixKind::Bcd },
                                _ => Prefix { size: 3, kind: PrefixKind::Ascii },
                            };
                            self.lowering.octets_wire(None, Some(prefix), None)
                        }
                    };
                    let bit = field.bit.unwrap_or(0);
                    if !bits.iter().any(|(known, _)| *known == bit) {
                        bits.push((bit, wire));
                    }
                }
                Node::When { then, .. } => self.bits(then, code, bits),
                Node::Choose { cases, other, .. } => {
                    for (_, nodes) in cases {
                        self.bits(nodes, code, bits);
                    }
                    self.bits(other, code, bits);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    /// Number of a check.
    pub(super) fn check(&mut self, check: &Check, path: &[FieldId]) -> u16 {
        if let Some(&known) = self.checks.get(&check.span) {
            return known;
        }
        let holds = self.compile(&check.holds, path);
        let line = self.lowering.line(check.span);
        let cold = self.push_cold(Cold {
            name: check.text.clone(),
            label: "".into(),
            line,
            expected: check.text.clone(),
            private: false,
        });
        let number = self.lowering.small(self.out.checks.len(), "checks of a message", self.message);
        self.out.checks.push(CheckForm { holds, refuse: check.refuse, cold });
        self.checks.insert(check.span, number);
        number
    }

    /// The signature that a fact is, alone or as hex or base64; `None` if it is none.
    pub(super) fn signature(&mut self, fact: &Expr, path: &[FieldId]) -> Option<u16> {
        let (text, signature) = match &fact.kind {
            ExprKind::Function(Function::Base64, inner) => ("base64", inner.first()?),
            ExprKind::Function(Function::Hex, inner) => ("hex", inner.first()?),
            ExprKind::Function(Function::HexUpper, inner) => ("hex_upper", inner.first()?),
            _ => ("raw", fact),
        };
        let ExprKind::Function(Function::Signature, arguments) = &signature.kind else { return None };
        let [algorithm, key, covered, user @ ..] = arguments.as_slice() else { return None };
        let ExprKind::Load(key) = key.kind else { return None };
        let algorithm = self.algorithm(algorithm)?;
        let covered = self.compile(covered, path);
        let user = user.first().map(|user| self.compile(user, path));
        let number = self.lowering.small(self.out.signatures.len(), "signatures of a message", self.message);
        self.out.signatures.push(SignatureForm { algorithm, key, covered, text: text.into(), user });
        Some(number)
    }

    fn algorithm(&mut self, expression: &Expr) -> Option<CipherName> {
        let found = algorithm_name(&self.folded(expression), &self.lowering.model.symbols);
        if found.is_none() {
            self.lowering.error(expression.span, LowerErrorKind::Algorithm);
        }
        found
    }

    /// Octets that these nodes take in `fixed`, where the text alone says it.
    pub(super) fn width(&self, nodes: &[Node]) -> Option<u32> {
        nodes.iter().try_fold(0_u32, |sum, node| {
            let one = match node {
                Node::Field(id) => self.field_width(*id)?,
                Node::When { condition, then, .. } => match super::known(&self.folded(condition)) {
                    Some(true) => self.width(then)?,
                    Some(false) => 0,
                    None => return None,
                },
                Node::Choose { cases, other, .. } => {
                    let width = self.width(other)?;
                    if cases.iter().any(|(_, nodes)| self.width(nodes) != Some(width)) {
                        return None;
                    }
                    width
                }
                Node::Check(_) | Node::Map(_) => 0,
            };
            sum.checked_add(one)
        })
    }

    fn field_width(&self, id: FieldId) -> Option<u32> {
        let field = self.layout.field(id)?;
        if field.optional || field.ending.is_some() {
            return None;
        }
        match &field.kind {
            FieldKind::Leaf { wire, .. } => {
                let plain =
                    wire.chain.first.iter().all(|coding| matches!(coding, crate::value::Coding::Charset(_)));
                if !plain || wire.prefix.is_some() || wire.ending.is_some() || wire.absent == Absent::LeftOut
                {
                    return None;
                }
                self.leaf_width(wire)
            }
            FieldKind::Group { nodes } => self.width(nodes),
            FieldKind::Format { format: Format::Fixed | Format::Binary, chain, nodes }
                if chain.first.is_empty() =>
            {
                self.width(nodes)
            }
            FieldKind::List(list) if list.min == list.max => self.width(&list.nodes)?.checked_mul(list.max),
            _ => None,
        }
    }

    /// The table of a field that holds a code.
    pub(super) fn code_table(&self, id: FieldId) -> Option<&crate::model::CodeTable> {
        let FieldKind::Leaf { wire, .. } = &self.layout.field(id)?.kind else { return None };
        let Form::Code(table) = &wire.form else { return None };
        self.lowering.module.codes.get(usize::from(*table))
    }

    fn leaf_width(&self, wire: &crate::model::Wire) -> Option<u32> {
        match (wire.size, wire.unit) {
            (Size::Fixed(width), Unit::Bytes | Unit::Digits) => Some(width),
            (Size::ByForm, _) => match &wire.form {
                Form::Calendar(_, letters) => u32::try_from(calendar::Pattern::of(letters).width()?).ok(),
                Form::Code(table) => {
                    let table = self.lowering.module.codes.get(usize::from(*table))?;
                    match (table.wire.size, table.wire.unit) {
                        (Size::Fixed(width), Unit::Bytes | Unit::Digits) => Some(width),
                        _ => None,
                    }
                }
                Form::Flag(yes, no) if yes.len() == no.len() && yes.is_ascii() && no.is_ascii() => {
                    u32::try_from(yes.len()).ok()
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The kind of the link that carries the message.
    pub(super) fn link_kind(&self) -> Option<LinkKind> {
        let call = self.lowering.module.calls.get(usize::from(self.message.call.0))?;
        self.lowering.module.links.get(usize::from(call.link)).map(|link| link.kind)
    }

    /// The shapes of the message's business records.
    pub(super) fn shapes(&self) -> Shapes {
        let calls = &self.lowering.module.calls;
        let Some(call) = calls.get(usize::from(self.message.call.0)) else { return Shapes::default() };
        let original = call.settles.first().or(call.undoes.first()).or(call.about.first());
        let original = original.and_then(|id| calls.get(usize::from(id.0)));
        Shapes {
            ask: call.ask,
            answer: call.answer,
            original: original.map_or((None, None), |call| (call.ask, call.answer)),
            rows: Vec::new(),
        }
    }
}

fn private(field: &Field) -> bool {
    matches!(&field.kind, FieldKind::Leaf { ty: Type::Text { private: Some(_), .. }, .. })
}

/// What a field should hold, in words.
fn expected(field: &Field) -> String {
    let (ty, wire) = match &field.kind {
        FieldKind::Leaf { ty, wire } => (ty, wire),
        FieldKind::Group { .. } => return "a group".into(),
        FieldKind::Format { .. } | FieldKind::Entry { .. } => return "a part in its own format".into(),
        FieldKind::List(list) => return format!("{} to {} rows", list.min, list.max),
        FieldKind::Line { .. } => return "a line".into(),
        FieldKind::Several { .. } => return "groups in any order".into(),
    };
    let what = match (&wire.form, ty) {
        (Form::Calendar(_, letters), _) => return format!("a date or time as {letters}"),
        (Form::Code(_), _) => "a code",
        (Form::Flag(yes, no), _) => return format!("{yes:?} or {no:?}"),
        (Form::Fen, _) => "an amount in fen",
        (Form::Yuan, _) => "an amount in yuan",
        (Form::Li, _) => "an amount in li",
        (Form::Digits, _) => "figures",
        (Form::Bytes, _) => "bytes",
        (Form::Number | Form::Integer { .. } | Form::Packed { .. } | Form::Zoned { .. }, _) => "a number",
        (Form::Decimal { .. }, _) => "a decimal",
        (Form::Text | Form::Ascii, _) => "text",
    };
    let unit = match wire.unit {
        Unit::Bytes => "bytes",
        Unit::Chars => "chars",
        Unit::Digits => "digits",
        Unit::Bits => "bits",
    };
    match wire.size {
        Size::Fixed(size) => format!("{what}, {size} {unit}"),
        Size::Range { min: 0, max } => format!("{what}, at most {max} {unit}"),
        Size::Range { min, max } => format!("{what}, {min} to {max} {unit}"),
        Size::ByForm => what.into(),
    }
}
