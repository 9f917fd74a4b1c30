//! Expressions.

use super::{Date, Duration, Name, Number, Path, Piece, Str, Text, Time};
use crate::source::Span;

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where, without brackets around it.
    pub span: Span,
}

impl Expr {
    /// Each path in it, from left to right.
    pub fn each_path(&self, see: &mut dyn FnMut(&Path)) {
        match &self.kind {
            ExprKind::Text(text) => {
                for piece in &text.pieces {
                    if let Piece::Embedded(inner) = piece {
                        inner.each_path(see);
                    }
                }
            }
            ExprKind::Path(path) => see(path),
            ExprKind::Call(call) => {
                for argument in &call.arguments {
                    argument.value.each_path(see);
                    if let Some(condition) = &argument.condition {
                        condition.each_path(see);
                    }
                }
            }
            ExprKind::Unary { operand, .. } => operand.each_path(see),
            ExprKind::Binary { left, right, .. } => {
                left.each_path(see);
                right.each_path(see);
            }
            ExprKind::In { value, choices } => {
                value.each_path(see);
                choices.iter().for_each(|choice| choice.each_path(see));
            }
            ExprKind::Range { from, to } => {
                see(from);
                see(to);
            }
            ExprKind::Raw(_)
            | ExprKind::Number(_)
            | ExprKind::Days(_)
            | ExprKind::Date(_)
            | ExprKind::Time(_)
            | ExprKind::Duration(_) => {}
        }
    }
}

/// What an expression says. Brackets leave no trace: the nesting is the meaning.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// `"text"`, `'text'` inside a template; with embedded expressions it is a template.
    Text(Text),
    /// `` `raw` ``.
    Raw(Str),
    /// `10_000`, `0.00`.
    Number(Number),
    /// `1 day`: a number of days, to add to a date.
    Days(Number),
    /// `2026-11-23`.
    Date(Date),
    /// `08:00`, `13:45:01`.
    Time(Time),
    /// `60s`.
    Duration(Duration),
    /// `ask.amount`, `yes`, `absent`, a name of a `one_of`.
    Path(Path),
    /// `name(arguments)`.
    Call(Call),
    /// `not x`, `-x`.
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// To what.
        operand: Box<Expr>,
    },
    /// `a or b`, `a is b`, `a + b`; chains lean to the left.
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// The sign or word.
        operator_span: Span,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands behind it.
        right: Box<Expr>,
    },
    /// `a in (b, c)`.
    In {
        /// What is looked for.
        value: Box<Expr>,
        /// Among these; at least one.
        choices: Vec<Expr>,
    },
    /// `a .. b`, only as the argument of `raw`: from the first byte of `a` up to the first of `b`.
    Range {
        /// The first field.
        from: Path,
        /// The field before which it ends.
        to: Path,
    },
}

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOperator {
    /// `not`.
    Not,
    /// `-`.
    Negative,
}

/// Operators between two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOperator {
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `is`.
    Is,
    /// `is not`.
    IsNot,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
}

/// `name(arguments)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// What it is given.
    pub arguments: Vec<Argument>,
}

/// `expr ("where" expr)? ("except" name,*)? ("without" name)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Argument {
    /// The value.
    pub value: Expr,
    /// `where`: which items of a list count.
    pub condition: Option<Expr>,
    /// `except`: names that are left out. It takes all names up to the closing bracket.
    pub except: Vec<Name>,
    /// `without`: kinds of values that are left out (`empty`).
    pub without: Vec<Name>,
    /// The whole argument.
    pub span: Span,
}

/// `expr ("with" path)? ("where" expr)? ("sorted by" path,*)?`: what may stand behind `<-`.
#[derive(Clone, PartialEq, Debug)]
pub struct ListExpr {
    /// The value.
    pub value: Expr,
    /// `with`: a second list, paired by position.
    pub with: Option<Path>,
    /// `where`: which items.
    pub condition: Option<Expr>,
    /// `sorted by`; empty if not said.
    pub sorted_by: Vec<Path>,
    /// The whole.
    pub span: Span,
}
