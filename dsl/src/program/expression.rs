//! Expressions as flat code, and what is paired for a signature.

use crate::model::Load;
use crate::value::{Constant, Type};

/// Index of an expression in [`Expressions`].
pub type ExprId = u32;

/// Lowered expressions of one module: postfix code over a stack of values.
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    /// All code, one after the other.
    pub code: Vec<Code>,
    /// Start and end in `code`, and the type, by [`ExprId`].
    pub ranges: Vec<(u32, u32)>,
    /// Types by [`ExprId`].
    pub types: Vec<Type>,
    /// Constants by index.
    pub constants: Vec<Constant>,
    /// References by index.
    pub loads: Vec<Load>,
    /// Texts of algorithm names and formats by index.
    pub texts: Vec<Box<str>>,
    /// Field sets of `pairs`.
    pub pairs: Vec<PairSet>,
}

impl Expressions {
    /// The reference that an expression is, if it is nothing else: the usual mapping.
    #[must_use]
    #[inline]
    pub fn reference(&self, id: ExprId) -> Option<&Load> {
        let &(start, end) = self.ranges.get(id as usize)?;
        let code = self.code.get(start as usize).filter(|_| end == start + 1)?;
        if let Code::Load(load) = code { self.loads.get(*load as usize) } else { None }
    }

    /// The constant that an expression is, if it is nothing else.
    #[must_use]
    pub fn constant(&self, id: ExprId) -> Option<&Constant> {
        let &(start, end) = self.ranges.get(id as usize)?;
        let code = self.code.get(start as usize).filter(|_| end == start + 1)?;
        if let Code::Constant(place) = code { self.constants.get(*place as usize) } else { None }
    }
}

/// Where the value of a field of `pairs(…)` stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paired {
    /// In a slot.
    Slot {
        /// The slot, at level 0.
        slot: u16,
        /// Its wire form.
        wire: u32,
    },
    /// In a region, as it stands there: a format or group.
    Region(u16),
    /// In a region of a form, where it is percent-coded: the value is what it stands for.
    FormRegion(u16),
    /// In a region of JSON: of a text the value is what stands between its quotes, without escapes.
    JsonRegion(u16),
}

/// The fields of a `pairs(…)`.
#[derive(Clone, Debug)]
pub struct PairSet {
    /// Wire names, each with where its value stands. What was not read or written is left out.
    pub fields: Vec<(Box<str>, Paired)>,
    /// Empty values are left out.
    pub without_empty: bool,
}

/// One instruction of an expression. Jumps are absolute places in [`Expressions::code`] and go forward only.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "named as in the model")]
pub enum Code {
    Constant(u32),
    Load(u32),
    /// Takes n values, joins their texts (or bytes).
    Join(u32),
    Add,
    Subtract,
    Multiply,
    Not,
    Is,
    /// Kind 0 done, 1 refused, 2 unknown.
    IsOutcome(u8),
    Less,
    LessOrEqual,
    /// Takes n + 1 values: is the first among the rest?
    In(u32),
    /// If the top is no (or absent): keep it and jump there; else drop it. (`and`)
    JumpIfNot(u32),
    /// If the top is yes: keep it and jump; else drop it. (`or`)
    JumpIf(u32),
    /// Takes the top; jumps there if it is no. (`if`)
    Branch(u32),
    /// Jumps.
    Jump(u32),
    /// If the top is present: jump, keeping it; else drop it. (`either`)
    JumpIfPresent(u32),
    /// Function by number, count of arguments taken.
    Function(crate::model::Function, u8),
    /// Fold over the list of that load: 0 count, 1 sum; the range of the row's code follows: `filter`, `each` as
    /// expression ids (`u32::MAX`: none).
    Fold {
        sum: bool,
        load: u32,
        filter: u32,
        each: u32,
    },
    /// Octets of a region.
    Raw(u16),
    /// Octets from the start of one region to the start of another.
    RawRange(u16, u16),
    /// Octets of the first region without those of the second, which lies in it (`cut_out`).
    RawWithout(u16, u16),
    /// Octets a region has.
    Length(u16),
    /// The pairs of that set.
    Pairs(u32),
    /// The text of a code field as it stands, or will stand, on the wire (a code compared with its text).
    WireText(u32),
    /// The number, from 1, of the row of that load's list that is entered (`position`).
    Position(u32),
    /// Whether the row of that list that is entered was read whole (`whole`).
    Whole(u32),
    /// A digest, HMAC or length over lines of a file, made while they went by (`Environment::folded`, by the place of
    /// this instruction; [`FileProgram::octet_folds`]).
    Streamed,
    Counter(u32),
    Now,
}
