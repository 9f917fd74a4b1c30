//! Typed expressions to postfix code.
//!
//! In: a [`Expr`] and what its references to octets and lists mean here ([`Octets`]). Out: code appended to
//! [`Expressions`]. Code is made whole before it is appended, so that the expressions within a fold, which are
//! expressions of their own, stand before it; jumps are moved then.

use crate::model::{Expr, ExprKind, FieldId, Fold, Function, Load, Space};
use crate::program::{Code, ExprId, Expressions, OctetFold, OctetPart, OctetWork, PairSet};
use crate::value::{CipherName, Constant, Outcome, Type};

/// A digest, HMAC or length over lines of a file, as it stands in the text.
pub(super) struct OverLines<'x> {
    /// The algorithm; none: a length.
    pub(super) algorithm: Option<CipherName>,
    /// Key of an HMAC.
    pub(super) key: Option<&'x Expr>,
    /// What it is over, in this order.
    pub(super) parts: Vec<LinePart<'x>>,
}

/// Lines of a piece of the file, or octets that are no line's.
pub(super) enum LinePart<'x> {
    /// Number of the piece.
    Piece(u16),
    /// The whole file as it stands on the link.
    Sent,
    /// Something else.
    Value(&'x Expr),
}

/// What octets and lists of a message mean where an expression stands.
pub(super) trait Octets {
    /// The region of a field.
    fn region(&self, field: FieldId) -> u16;
    /// The region that begins where a field does, with its name where that is of it.
    fn begin(&self, field: FieldId) -> u16 {
        self.region(field)
    }
    /// The fields of a `pairs`.
    fn pairs(&mut self, parts: &[FieldId], except: &[FieldId], without_empty: bool) -> PairSet;
    /// The lists to go through, outermost first, to reach this one from where the expression stands; ends with it.
    fn way(&self, list: &Load) -> Vec<Load>;
    /// A fold was made at this place of the code, over these lists.
    fn folded(&mut self, way: &[Load], at: u32, sum: bool, filter: ExprId, each: ExprId);
    /// What an expression makes of lines of a file, if that is all it does.
    fn over_lines<'x>(&self, expression: &'x Expr) -> Option<OverLines<'x>>;
    /// It was made.
    fn lines_folded(&mut self, fold: OctetFold);
    /// An expression within a fold over this list begins, or has ended.
    fn enter(&mut self, list: &Load);
    /// Back from it.
    fn leave(&mut self);
}

/// No message around: flows, sessions, links.
pub(super) struct NoOctets;

impl Octets for NoOctets {
    fn region(&self, _: FieldId) -> u16 {
        u16::MAX
    }
    fn pairs(&mut self, _: &[FieldId], _: &[FieldId], without_empty: bool) -> PairSet {
        PairSet { fields: Vec::new(), without_empty }
    }
    fn way(&self, list: &Load) -> Vec<Load> {
        vec![*list]
    }
    fn folded(&mut self, _: &[Load], _: u32, _: bool, _: ExprId, _: ExprId) {}
    fn over_lines<'x>(&self, _: &'x Expr) -> Option<OverLines<'x>> {
        None
    }
    fn lines_folded(&mut self, _: OctetFold) {}
    fn enter(&mut self, _: &Load) {}
    fn leave(&mut self) {}
}

/// Compiles an expression that looks at no octets.
pub(crate) fn compile_plain(expression: &Expr, into: &mut Expressions) -> ExprId {
    compile(expression, into, &mut NoOctets)
}

/// Compiles an expression; gives its id.
pub(super) fn compile(expression: &Expr, into: &mut Expressions, octets: &mut dyn Octets) -> ExprId {
    let mut compiler = Compiler { into, octets, code: Vec::new(), folds: Vec::new(), line_folds: Vec::new() };
    compiler.expression(expression);
    let Compiler { code, folds, line_folds, .. } = compiler;
    let id = append(into, code, expression.ty.clone());
    let start = into.ranges.get(id as usize).map_or(0, |range| range.0);
    for made in folds {
        octets.folded(&made.way, start + made.at, made.sum, made.filter, made.each);
    }
    for made in line_folds {
        octets.lines_folded(OctetFold { at: start + made.at, ..made });
    }
    id
}

fn append(into: &mut Expressions, code: Vec<Code>, ty: Type) -> ExprId {
    let start = number(into.code.len());
    into.code.extend(code.into_iter().map(|one| match one {
        Code::JumpIfNot(to) => Code::JumpIfNot(to + start),
        Code::JumpIf(to) => Code::JumpIf(to + start),
        Code::Branch(to) => Code::Branch(to + start),
        Code::Jump(to) => Code::Jump(to + start),
        Code::JumpIfPresent(to) => Code::JumpIfPresent(to + start),
        other => other,
    }));
    into.ranges.push((start, number(into.code.len())));
    into.types.push(ty);
    number(into.ranges.len() - 1)
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

struct Made {
    way: Vec<Load>,
    at: u32,
    sum: bool,
    filter: ExprId,
    each: ExprId,
}

struct Compiler<'c> {
    into: &'c mut Expressions,
    octets: &'c mut dyn Octets,
    code: Vec<Code>,
    folds: Vec<Made>,
    line_folds: Vec<OctetFold>,
}

impl Compiler<'_> {
    fn push(&mut self, code: Code) {
        self.code.push(code);
    }

    /// A jump whose end is not known yet.
    fn jump(&mut self, code: fn(u32) -> Code) -> (usize, fn(u32) -> Code) {
        self.code.push(code(0));
        (self.code.len() - 1, code)
    }

    fn land(&mut self, (at, code): (usize, fn(u32) -> Code)) {
        let to = number(self.code.len());
        if let Some(place) = self.code.get_mut(at) {
            *place = code(to);
        }
    }

    fn constant(&mut self, constant: Constant) {
        let at = number(self.into.constants.len());
        self.into.constants.push(constant);
        self.push(Code::Constant(at));
    }

    fn load(&mut self, load: Load) -> u32 {
        if let Some(at) = self.into.loads.iter().position(|known| *known == load) {
            return number(at);
        }
        self.into.loads.push(load);
        number(self.into.loads.len() - 1)
    }

    fn all(&mut self, expressions: &[Expr]) -> u32 {
        for one in expressions {
            self.expression(one);
        }
        number(expressions.len())
    }

    fn two(&mut self, left: &Expr, right: &Expr, code: Code) {
        self.expression(left);
        self.expression(right);
        self.push(code);
    }

    fn either_side(&mut self, left: &Expr, right: &Expr, code: fn(u32) -> Code) {
        self.expression(left);
        let end = self.jump(code);
        self.expression(right);
        self.land(end);
    }

    fn expression(&mut self, expression: &Expr) {
        if let Some(over) = self.octets.over_lines(expression) {
            return self.over_lines(over);
        }
        match &expression.kind {
            ExprKind::Constant(constant) => self.constant(constant.clone()),
            ExprKind::Load(load) => {
                let load = self.load(*load);
                self.push(Code::Load(load));
            }
            ExprKind::Join(parts) => {
                let count = self.all(parts);
                self.push(Code::Join(count));
            }
            ExprKind::Add(a, b) => self.two(a, b, Code::Add),
            ExprKind::Subtract(a, b) => self.two(a, b, Code::Subtract),
            ExprKind::Multiply(a, b) => self.two(a, b, Code::Multiply),
            ExprKind::Is(a, b) => self.two(a, b, Code::Is),
            ExprKind::Less(a, b) => self.two(a, b, Code::Less),
            ExprKind::LessOrEqual(a, b) => self.two(a, b, Code::LessOrEqual),
            ExprKind::And(a, b) => self.either_side(a, b, Code::JumpIfNot),
            ExprKind::Or(a, b) => self.either_side(a, b, Code::JumpIf),
            ExprKind::Not(a) => {
                self.expression(a);
                self.push(Code::Not);
            }
            ExprKind::IsOutcome(a, outcome) => {
                self.expression(a);
                self.push(Code::IsOutcome(match outcome {
                    Outcome::Done(_) => 0,
                    Outcome::Refused(_) => 1,
                    Outcome::Unknown => 2,
                }));
            }
            ExprKind::In(a, rest) => {
                self.expression(a);
                let count = self.all(rest);
                self.push(Code::In(count));
            }
            ExprKind::Function(function, arguments) => self.function(*function, arguments, &expression.ty),
            ExprKind::Fold { fold, list, each, filter } => {
                self.fold(*fold, list, each.as_deref(), filter.as_deref());
            }
            ExprKind::Raw(field) => self.push(Code::Raw(self.octets.region(*field))),
            ExprKind::RawRange(from, to) => {
                self.push(Code::RawRange(self.octets.begin(*from), self.octets.begin(*to)));
            }
            ExprKind::Length(field) => self.push(Code::Length(self.octets.region(*field))),
            // Only a digest or a length of it is made (`over_lines`); what else looks at it is reported.
            ExprKind::Sent(_) => self.push(Code::Raw(u16::MAX)),
            ExprKind::Pairs { parts, except, without_empty } => {
                let set = self.octets.pairs(parts, except, *without_empty);
                self.into.pairs.push(set);
                self.push(Code::Pairs(number(self.into.pairs.len() - 1)));
            }
            ExprKind::Counter(digits) => self.push(Code::Counter(*digits)),
            ExprKind::Now => self.push(Code::Now),
        }
    }

    fn over_lines(&mut self, over: OverLines<'_>) {
        let key = over.key.map(|key| compile(key, self.into, self.octets));
        let work = match (over.algorithm, key) {
            (Some(algorithm), Some(key)) => OctetWork::Hmac(algorithm, key),
            (Some(algorithm), None) => OctetWork::Digest(algorithm),
            (None, _) => OctetWork::Length,
        };
        let mut parts = Vec::with_capacity(over.parts.len());
        for part in over.parts {
            parts.push(match part {
                LinePart::Piece(piece) => OctetPart::Piece(piece),
                LinePart::Sent => OctetPart::Sent,
                LinePart::Value(value) => OctetPart::Value(compile(value, self.into, self.octets)),
            });
        }
        self.line_folds.push(OctetFold { at: number(self.code.len()), work, parts });
        self.push(Code::Streamed);
    }

    fn function(&mut self, function: Function, arguments: &[Expr], ty: &Type) {
        match (function, arguments) {
            (Function::If, [condition, then, otherwise]) => {
                self.expression(condition);
                let no = self.jump(Code::Branch);
                self.expression(then);
                let end = self.jump(Code::Jump);
                self.land(no);
                self.expression(otherwise);
                self.land(end);
            }
            (Function::Either, [all @ .., last]) => {
                let mut ends = Vec::new();
                for one in all {
                    self.expression(one);
                    ends.push(self.jump(Code::JumpIfPresent));
                }
                self.expression(last);
                for end in ends {
                    self.land(end);
                }
            }
            (Function::Position, [Expr { kind: ExprKind::Load(load), .. }]) => {
                let load = self.load(*load);
                self.push(Code::Position(load));
            }
            (Function::Whole, [Expr { kind: ExprKind::Load(load), .. }]) => {
                let load = self.load(*load);
                self.push(Code::Whole(load));
            }
            // A code's value is what it means; its text is known where the field stands.
            (
                Function::Text,
                [Expr { kind: ExprKind::Load(load), ty: Type::Names(_) | Type::Outcome, .. }],
            ) if matches!(load.space, Space::Field | Space::Request) => {
                let load = self.load(*load);
                self.push(Code::WireText(load));
            }
            (
                Function::CutOut,
                [Expr { kind: ExprKind::Raw(whole), .. }, Expr { kind: ExprKind::Raw(part), .. }],
            ) => self.push(Code::RawWithout(self.octets.region(*whole), self.octets.region(*part))),
            _ => {
                let mut count = self.all(arguments);
                if let Some(hint) = hint(function, arguments, ty) {
                    self.constant(hint);
                    count += 1;
                }
                self.push(Code::Function(function, u8::try_from(count).unwrap_or(u8::MAX)));
            }
        }
    }

    /// A fold over a list within lists that are not entered here is a sum over the outer ones.
    fn fold(&mut self, fold: Fold, list: &Load, each: Option<&Expr>, filter: Option<&Expr>) {
        let way = self.octets.way(list);
        for one in &way {
            self.octets.enter(one);
        }
        let filter = filter.map_or(u32::MAX, |filter| compile(filter, self.into, self.octets));
        let each = each.map_or(u32::MAX, |each| compile(each, self.into, self.octets));
        let mut code = Code::Fold { sum: fold == Fold::Sum, load: self.load(*list), filter, each };
        let inner = (fold == Fold::Sum, filter, each);
        for outer in way.iter().rev().skip(1) {
            self.octets.leave();
            let ty = self.into.types.get(each as usize).cloned();
            let ty = ty.unwrap_or(Type::Number { min: 0, max: i128::MAX });
            let id = append(self.into, vec![code], ty);
            code = Code::Fold { sum: true, load: self.load(*outer), filter: u32::MAX, each: id };
        }
        if !way.is_empty() {
            self.octets.leave();
        }
        let (sum, filter, each) = if way.len() == 1 {
            inner
        } else if let Code::Fold { sum, filter, each, .. } = code {
            (sum, filter, each)
        } else {
            inner
        };
        self.folds.push(Made { way, at: number(self.code.len()), sum, filter, each });
        self.push(code);
    }
}

/// What a function is told of its result or argument beside what the text says.
fn hint(function: Function, arguments: &[Expr], ty: &Type) -> Option<Constant> {
    match (function, ty) {
        (Function::Round, Type::Number { .. }) => Some(Constant::Number(0)),
        (Function::Round | Function::Number, Type::Money { .. }) => Some(Constant::Number(2)),
        (Function::Round | Function::Number, Type::Decimal { scale, .. }) => {
            Some(Constant::Number(i128::from(*scale)))
        }
        (Function::Mask, _) => match arguments.first().map(|one| &one.ty) {
            Some(Type::Text { private: Some(kind), .. }) => Some(Constant::Text(kind.word().into())),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a function is computed by seals, which may take long.
pub(super) fn heavy(function: Function) -> bool {
    matches!(
        function,
        Function::Digest
            | Function::Hmac
            | Function::Mac
            | Function::Signature
            | Function::Encrypt
            | Function::Decrypt
            | Function::Kcv
            | Function::RandomKey
    )
}

/// Every expression within one, itself first, with the lists entered by folds.
pub(super) fn walk<'x>(expression: &'x Expr, lists: &mut Vec<Load>, see: &mut dyn FnMut(&'x Expr, &[Load])) {
    see(expression, lists);
    if let ExprKind::Fold { list, each, filter, .. } = &expression.kind {
        lists.push(*list);
        for one in each.iter().chain(filter) {
            walk(one, lists, see);
        }
        lists.pop();
    } else if let Some(children) = super::fold::children(&expression.kind) {
        for child in children {
            walk(child, lists, see);
        }
    }
}

/// Whether a space stands in the message itself.
pub(super) fn is_field(load: &Load) -> bool {
    load.space == Space::Field
}

/// Every reference within an expression.
pub fn each_load(expression: &Expr, see: &mut dyn FnMut(&Load)) {
    walk(expression, &mut Vec::new(), &mut |one, _| match &one.kind {
        ExprKind::Load(load) => see(load),
        ExprKind::Fold { list, .. } => see(list),
        _ => {}
    });
}
