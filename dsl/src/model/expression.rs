//! Expressions: what they look at and what they do.

use super::FieldId;
use crate::source::Span;
use crate::value::{Constant, Type};

/// What an expression may look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Space {
    /// A field of this message: level and slot.
    Field,
    /// A field of the request, in its reply.
    Request,
    /// What the business asks: level and slot of the shape (rows by level, as entered).
    Ask,
    /// What the business is answered.
    Answer,
    /// The row of the business list that goes with the innermost wire list.
    Item,
    /// The row of the list beside it (`with`).
    With,
    /// A fact of the exchange ([`Fact`] as slot).
    Exchange,
    /// A setting.
    Setting,
    /// A member's value: slot 0 is its name, then its settings in order of [`Module::settings`] index.
    Member,
    /// A key (for functions that take one; a `secret` also as bytes).
    Key,
    /// A value of the session: slot over all sessions' values in order.
    Session,
    /// Facts of the original: [`Fact`] as slot.
    Original,
    /// A field of the original's request (slot of its message; `call` says which call).
    OriginalRequest,
    /// A field of the original's reply.
    OriginalReply,
    /// The original's ask.
    OriginalAsk,
    /// The original's answer.
    OriginalAnswer,
    /// The original's outcome.
    OriginalOutcome,
    /// A field of the last request of another call.
    CallRequest,
    /// A field of the last reply of another call.
    CallReply,
    /// A fact of the last exchange of another call.
    CallExchange,
    /// The bytes of the last request of another call.
    CallRaw,
    /// The outcome as far as it is read, or to be written.
    Outcome,
    /// The outcome's text.
    OutcomeText,
    /// The page asked for: 0 first, 1 rows, 2 number, 3 more.
    Page,
    /// A step's answer: `call` is the step.
    StepAnswer,
    /// A step's outcome.
    StepOutcome,
    /// A step's outcome text.
    StepOutcomeText,
    /// The row of a flow's loop: `call` is the loop, level the depth under it.
    Row,
    /// The exchanges of a call in the journal, as a list; rows are [`Space::JournalRow`].
    Journal,
    /// A fact, request field or answer of a row of the journal: level 0 fact, 1 request, 2 answer, 3 ask.
    JournalRow,
    /// The outcome of a business row (`item.outcome`).
    RowOutcome,
    /// The text of it.
    RowOutcomeText,
    /// The fault: slot 0 line, 1 field, 2 offset.
    FaultPlace,
}

/// A reference, resolved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Load {
    /// Where it stands.
    pub space: Space,
    /// Depth in lists.
    pub level: u8,
    /// Slot there.
    pub slot: u16,
    /// Call, step or loop, where the space needs one. For a list of this message in a fold: [`FieldId`] of the list
    /// plus 1, since slots in rows of different lists are the same numbers (0: found by level and slot).
    pub call: u16,
}

/// Facts of an exchange, in the order of their slots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u16)]
#[expect(missing_docs, reason = "the words of grammar.md 4")]
pub enum Fact {
    Serial,
    Date,
    Time,
    Moment,
    BusinessDate,
    Branch,
    Teller,
    Channel,
    Cause,
    Attempt,
    FlowSerial,
    File,
    FileStem,
    AnswerSerial,
    AnswerDate,
    AnswerTime,
    AnswerMoment,
    AnswerFile,
    /// `message.moment`, new in each copy.
    MessageMoment,
    /// `message.serial`
    MessageSerial,
    /// `message.number`
    MessageNumber,
    /// `message.code` where no message is around: in the path of a link, put together for each call.
    MessageCode,
    /// The member of the party that a message came from, or that a flow runs for.
    Member,
    /// `message.again`: this copy is sent again because the other side asked for its number.
    MessageAgain,
    /// `message.first_moment`: when such a copy was sent first.
    MessageFirst,
}

impl Fact {
    /// All facts with their words after `exchange.` (or `message.`), in slot order.
    pub const WORDS: [(Fact, &'static str); 25] = [
        (Fact::Serial, "serial"),
        (Fact::Date, "date"),
        (Fact::Time, "time"),
        (Fact::Moment, "moment"),
        (Fact::BusinessDate, "business_date"),
        (Fact::Branch, "branch"),
        (Fact::Teller, "teller"),
        (Fact::Channel, "channel"),
        (Fact::Cause, "cause"),
        (Fact::Attempt, "attempt"),
        (Fact::FlowSerial, "flow_serial"),
        (Fact::File, "file"),
        (Fact::FileStem, "file_stem"),
        (Fact::AnswerSerial, "answer_serial"),
        (Fact::AnswerDate, "answer_date"),
        (Fact::AnswerTime, "answer_time"),
        (Fact::AnswerMoment, "answer_moment"),
        (Fact::AnswerFile, "answer_file"),
        (Fact::MessageMoment, "message_moment"),
        (Fact::MessageSerial, "message_serial"),
        (Fact::MessageNumber, "message_number"),
        (Fact::MessageCode, "message_code"),
        (Fact::Member, "member"),
        (Fact::MessageAgain, "message_again"),
        (Fact::MessageFirst, "message_first"),
    ];

    /// Facts of one copy of a message: new in each.
    #[must_use]
    pub fn of_copy(self) -> bool {
        matches!(
            self,
            Fact::MessageMoment
                | Fact::MessageSerial
                | Fact::MessageNumber
                | Fact::MessageAgain
                | Fact::MessageFirst
        )
    }

    /// Facts of who answers (learned from a reply); the others are of who asks.
    #[must_use]
    pub fn of_answer(self) -> bool {
        matches!(
            self,
            Fact::AnswerSerial | Fact::AnswerDate | Fact::AnswerTime | Fact::AnswerMoment | Fact::AnswerFile
        )
    }
}

/// A typed expression.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct Expr {
    /// What it does.
    pub kind: ExprKind,
    /// What it gives.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

/// What an expression does.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum ExprKind {
    /// A constant.
    Constant(Constant),
    /// A reference.
    Load(Load),
    /// Texts (or bytes) joined: templates and `+`.
    Join(Vec<Expr>),
    /// Addition or subtraction of numbers and amounts; days added to a date.
    Add(Box<Expr>, Box<Expr>),
    /// Subtraction.
    Subtract(Box<Expr>, Box<Expr>),
    /// Multiplication.
    Multiply(Box<Expr>, Box<Expr>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either or both.
    Or(Box<Expr>, Box<Expr>),
    /// Not.
    Not(Box<Expr>),
    /// Equality.
    Is(Box<Expr>, Box<Expr>),
    /// `outcome is done`, `is refused`, `is unknown` (kind alone; the reason is not compared).
    IsOutcome(Box<Expr>, crate::value::Outcome),
    /// Less.
    Less(Box<Expr>, Box<Expr>),
    /// Less or equal.
    LessOrEqual(Box<Expr>, Box<Expr>),
    /// One of.
    In(Box<Expr>, Vec<Expr>),
    /// A function of the vocabulary (`grammar.md` 5), by its name, with plain arguments.
    Function(Function, Vec<Expr>),
    /// `count(list where c)`, `sum(list.field where c)`.
    Fold {
        /// Count or sum.
        fold: Fold,
        /// Of this list.
        list: Load,
        /// The value in a row.
        each: Option<Box<Expr>>,
        /// Which rows.
        filter: Option<Box<Expr>>,
    },
    /// Octets of a field as received or as written.
    Raw(FieldId),
    /// Octets from the first of one field up to the first of another.
    RawRange(FieldId, FieldId),
    /// The text of a field as it stands on the wire (`pairs`), with its wire name.
    Pairs {
        /// Fields and parts.
        parts: Vec<FieldId>,
        /// Fields left out.
        except: Vec<FieldId>,
        /// Whether empty values are left out.
        without_empty: bool,
    },
    /// Length of a field's octets (`length(body)`), for fields of formats and texts.
    Length(FieldId),
    /// In a control file, `raw(file)`: octets of the file that it completes, as they stand on the link; of these lines.
    Sent(Vec<FieldId>),
    /// `counter(n)`: figures of the serial.
    Counter(u32),
    /// The moment (flows).
    Now,
}

/// What a fold gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fold {
    /// How many rows.
    Count,
    /// The sum of a value.
    Sum,
}

macro_rules! functions {
    ($($name:ident $word:literal),* $(,)?) => {
        /// The functions of the language; an algorithm is their first argument, a constant name or a setting.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[expect(missing_docs, reason = "the words of grammar.md 5")]
        pub enum Function { $($name),* }
        impl Function {
            /// All functions with their words.
            pub const WORDS: &'static [(Function, &'static str)] = &[$((Function::$name, $word)),*];
        }
    };
}

functions! {
    If "if", Either "either", Present "present", Mask "mask", Position "position", Whole "whole", LengthOf "length_of",
    First "first", Last "last", Replace "replace", Upper "upper", Lower "lower", Trim "trim", Pad "pad",
    JoinWith "join", Sorted "sorted", Flat "flat", Values "values", JoinPairs "join_pairs", Lines "lines", Format "format", Utc "utc",
    Epoch "epoch", ParseDate "parse_date", Number "number", Days "days", EndOfDay "end_of_day", Fen "fen",
    Round "round", Hex "hex", HexUpper "hex_upper", Base64 "base64", FromHex "from_hex", FromBase64 "from_base64",
    Nul "nul", Encoded "encoded", CutOut "cut_out", Digest "digest", Hmac "hmac", Mac "mac", Signature "signature",
    Encrypt "encrypt", Decrypt "decrypt", Kcv "kcv", RandomKey "random_key", Checksum "checksum", Duration "duration",
    Text "text", UrlEncoded "url_encoded", InWords "in_words",
}

impl Expr {
    /// A constant expression.
    #[must_use]
    pub fn constant(value: Constant, ty: Type, span: Span) -> Self {
        Expr { kind: ExprKind::Constant(value), ty, span }
    }

    /// The constant, if it is one.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Constant> {
        if let ExprKind::Constant(value) = &self.kind { Some(value) } else { None }
    }
}
