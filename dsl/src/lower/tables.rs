//! The tables that messages share: code tables, wire forms, formats, chains. Equal ones stand once.

use super::expression::{Octets, compile, walk};
use super::fold::children;
use super::{LowerErrorKind, Lowering, fold};
use crate::model::{Chain, CodeTable, ExprKind, Format, Meaning, Message, Wire, XmlUse};
use crate::program::{ChainForm, CodeText, Codes, ExprId, FormatForm, Measures, SegmentsForm, WireForm};
use crate::source::Span;
use crate::value::{
    Absent, Charset, Cipher, Coding, Constant, Form, Letters, Outcome, Size, Symbol, Type, Unit,
};

impl Lowering<'_> {
    pub(super) fn codes(&mut self) {
        for table in &self.module.codes {
            let made = self.code_table(table);
            self.program.codes.push(made);
        }
    }

    fn code_table(&mut self, table: &CodeTable) -> Codes {
        let rows = table.rows.iter().map(|row| {
            let text = fold(&row.text, &self.model.symbols);
            let text = match text.as_constant() {
                Some(Constant::Text(text)) => CodeText::Text(text.clone()),
                _ => CodeText::Expression(self.expression(&text)),
            };
            (text, row.meaning, row.label.clone())
        });
        let rows = rows.collect();
        Codes {
            name: table.name.clone(),
            outcomes: table.outcomes,
            rows,
            refused: self.refused_otherwise(table),
            other: table.other,
            absent: table.absent,
        }
    }

    fn refused_otherwise(&self, table: &CodeTable) -> Option<usize> {
        let refuses = |is: fn(&Lowering<'_>, Option<Symbol>) -> bool| {
            table.rows.iter().position(
                |row| matches!(row.meaning, Meaning::Outcome(Outcome::Refused(reason)) if is(self, reason)),
            )
        };
        let other = refuses(|lowering, reason| {
            reason.is_some_and(|reason| lowering.model.symbols.text(reason) == "other")
        });
        other.or_else(|| refuses(|_, reason| reason.is_none())).or_else(|| refuses(|_, _| true))
    }

    /// The number of an equal one, or of this one, newly put where `put` says.
    fn shared<T: std::fmt::Debug>(&mut self, what: &str, one: T, put: fn(&mut Self) -> &mut Vec<T>) -> u32 {
        let name = format!("{what} {one:?}");
        if let Some(&known) = self.known.get(&name) {
            return known;
        }
        let all = put(self);
        all.push(one);
        let number = u32::try_from(all.len() - 1).unwrap_or(u32::MAX);
        self.known.insert(name, number);
        number
    }

    fn in_message(&mut self, expression: &crate::model::Expr, octets: &mut dyn Octets) -> ExprId {
        let folded = fold(expression, &self.model.symbols);
        // Keys and conditions of codings repeat in every message: equal ones stand once. Regions are numbered anew in
        // each message, so what looks at octets is its own.
        let mut everywhere = true;
        walk(&folded, &mut Vec::new(), &mut |one, _| {
            everywhere &= matches!(one.kind, ExprKind::Load(_)) || children(&one.kind).is_some();
        });
        let name = format!("expression {:?} {:?}", folded.ty, folded.kind);
        if everywhere && let Some(&known) = self.known.get(&name) {
            return known;
        }
        let id = compile(&folded, &mut self.program.expressions, octets);
        if everywhere {
            self.known.insert(name, id);
        }
        id
    }

    /// A chain without its charset, which is the charset of what it codes; `None` if nothing is left.
    pub(super) fn chain(&mut self, chain: &Chain, octets: &mut dyn Octets) -> Option<u32> {
        let codings = |lowering: &mut Self, all: &[Coding], octets: &mut dyn Octets| -> Vec<Coding> {
            let plain = all.split_first().map_or(all, |(first, rest)| match first {
                Coding::Charset(_) => rest,
                _ => all,
            });
            plain.iter().map(|coding| lowering.coding(coding, chain, octets)).collect()
        };
        let first = codings(self, &chain.first, octets);
        let (condition, otherwise) = match &chain.choice {
            Some((condition, otherwise)) => {
                (Some(self.in_message(condition, octets)), codings(self, otherwise, octets))
            }
            None => (None, Vec::new()),
        };
        if first.is_empty() && otherwise.is_empty() {
            return None;
        }
        let form = ChainForm { condition, first, otherwise };
        Some(self.shared("chain", form, |lowering| &mut lowering.program.chains))
    }

    fn coding(&mut self, coding: &Coding, chain: &Chain, octets: &mut dyn Octets) -> Coding {
        let Coding::Encrypt(cipher) = coding else { return coding.clone() };
        let mut number = |index: u32| match chain.expressions.get(index as usize) {
            Some(expression) => self.in_message(expression, octets),
            None => u32::MAX,
        };
        let (key, iv) = (number(cipher.key), cipher.iv.map(&mut number));
        let associated = cipher.associated.map(&mut number);
        Coding::Encrypt(Cipher { algorithm: cipher.algorithm.clone(), key, iv, associated })
    }

    /// A leaf's wire form; `sized_by` is the slot of the field that holds its size.
    pub(super) fn wire(
        &mut self,
        ty: &Type,
        wire: &Wire,
        charset: &str,
        sized_by: Option<u16>,
        octets: &mut dyn Octets,
    ) -> u32 {
        let chain = self.chain(&wire.chain, octets);
        let form = WireForm {
            ty: ty.clone(),
            form: wire.form.clone(),
            size: wire.size,
            unit: wire.unit,
            letters: letters(charset_of(&wire.chain).unwrap_or(charset)),
            fill: wire.fill,
            signed: wire.signed,
            absent: wire.absent.clone(),
            chain,
            prefix: wire.prefix,
            sized_by,
            ending: wire.ending.clone(),
            quoted: wire.quoted,
            trimmed: wire.trimmed,
            tolerate: wire.tolerate.clone(),
            unmapped: wire.unmapped.clone(),
            near: wire.near.as_deref().map(|near| self.in_message(near, octets)),
            measures: Measures::default(),
        };
        self.shared_wire(form)
    }

    fn shared_wire(&mut self, form: WireForm) -> u32 {
        let before = self.program.wires.len();
        let number = self.shared("wire", form, |lowering| &mut lowering.program.wires);
        if self.program.wires.len() > before
            && let Some(made) = self.program.wires.pop()
        {
            self.program.wires.push(made.measured(&self.program.codes));
        }
        number
    }

    /// A wire form of raw octets, for what is a format within.
    pub(super) fn octets_wire(
        &mut self,
        sized_by: Option<u16>,
        prefix: Option<crate::model::Prefix>,
        ending: Option<Box<str>>,
    ) -> u32 {
        let form = WireForm {
            ty: Type::Bytes { max: u64::from(u32::MAX) },
            form: Form::Bytes,
            size: Size::Range { min: 0, max: u32::MAX },
            unit: Unit::Bytes,
            letters: Letters::default(),
            fill: None,
            signed: false,
            absent: Absent::LeftOut,
            chain: None,
            prefix,
            sized_by,
            ending,
            quoted: false,
            trimmed: false,
            tolerate: Vec::new(),
            unmapped: None,
            near: None,
            measures: Measures::default(),
        };
        self.shared_wire(form)
    }

    /// A format; `bits` are those of an ISO 8583 message.
    pub(super) fn format(
        &mut self,
        format: &Format,
        charset: &str,
        bits: Vec<(u16, u32)>,
        octets: &mut dyn Octets,
    ) -> u32 {
        let form = match format {
            Format::Fixed | Format::Binary => FormatForm::Fixed,
            Format::Delimited(delimited) => FormatForm::Delimited(delimited.clone()),
            Format::Xml(xml) => FormatForm::Xml {
                form: match xml {
                    XmlUse::Form(index) => {
                        self.module.xml_forms.get(usize::from(*index)).cloned().map(Box::new)
                    }
                    _ => None,
                },
                soap: match xml {
                    XmlUse::Soap11 => 11,
                    XmlUse::Soap12 => 12,
                    _ => 0,
                },
                charset: charset.into(),
            },
            Format::Json { lenient } => FormatForm::Json { charset: charset.into(), lenient: *lenient },
            Format::Form => FormatForm::Form { charset: charset.into() },
            Format::Segments(form) => FormatForm::Segments(Box::new(SegmentsForm {
                form: (**form).clone(),
                charset: charset.into(),
                lines: Vec::new(),
                sized: Vec::new(),
            })),
            Format::Tlv(tlv) => FormatForm::Tlv(tlv.clone()),
            Format::Iso8583 { code, bitmap_hex } => {
                FormatForm::Iso8583 { code: *code, bitmap_hex: *bitmap_hex, fields: bits }
            }
            Format::Zip { password, plain } => FormatForm::Zip {
                password: password.as_deref().map(|password| self.in_message(password, octets)),
                plain: *plain,
            },
        };
        self.shared_format(form)
    }

    pub(super) fn shared_format(&mut self, form: FormatForm) -> u32 {
        self.shared("format", form, |lowering| &mut lowering.program.formats)
    }

    /// Numbers that stand in instructions as 16 bits.
    pub(super) fn small(&mut self, number: usize, what: &'static str, message: &Message) -> u16 {
        match u16::try_from(number) {
            Ok(number) if number < u16::MAX => number,
            _ => {
                self.too_many(what, message.span);
                u16::MAX
            }
        }
    }

    fn too_many(&mut self, what: &'static str, span: Span) {
        let kind = LowerErrorKind::TooMany(what);
        if !self.errors.iter().any(|known| known.kind == kind) {
            self.error(span, kind);
        }
    }
}

/// How letters stand by the name of a charset, or `bcd`. Other names do not pass the compiler.
fn letters(name: &str) -> Letters {
    match name {
        "bcd" => Letters::Packed,
        name => Letters::Set(Charset::from_name(name).unwrap_or_default()),
    }
}

/// The charset that a chain begins with: that of the text which it codes.
pub(super) fn charset_of(chain: &Chain) -> Option<&str> {
    match chain.first.first() {
        Some(Coding::Charset(charset)) => Some(charset),
        _ => None,
    }
}
