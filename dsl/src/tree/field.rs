//! Statements of packets, layouts, messages and of the shapes of services.

use super::{
    Block, Count, Duration, Expr, Label, ListExpr, Meaning, Message, Name, OutcomeRows, Path, Text, TypeExpr,
    Unit,
};
use crate::source::Span;

/// A statement among fields.
#[derive(Clone, PartialEq, Debug)]
pub enum FieldStatement {
    /// `name type attr* rule* L block?`.
    Field(Field),
    /// `fresh NAME bytes N`: a value that the writer draws.
    Fresh(Fresh),
    /// `use NAME,*`: layouts, or fields of the format's table.
    Use(Vec<Path>),
    /// `let NAME = expr`.
    Let {
        /// The name.
        name: Name,
        /// What it stands for.
        value: Expr,
    },
    /// `check expr ELSE`.
    Check(Check),
    /// What no other message had for a while.
    Unseen(Unseen),
    /// `path <- expr ELSE` (a mapping without a field), or `NAME rule` for a field of the format's table.
    Assign(Assign),
    /// `when expr { … }`.
    When {
        /// When it stands here.
        condition: Expr,
        /// What stands here then.
        block: Block<FieldStatement>,
    },
    /// `choose expr { case* }`.
    Choose {
        /// What decides.
        subject: Expr,
        /// The cases in their order.
        cases: Vec<Case<FieldStatement>>,
    },
    /// `message fields`.
    MessageFields,
    /// `request fields`: the bytes of the request's fields unchanged.
    RequestFields,
    /// `unknown kept`, `unknown refused`.
    Unknown(Keep),
    /// In a packet: `reply "9000" L { … }`, an answer that any call may get.
    Reply(Message),
    /// In a packet: `outcome a, b { rows }`.
    Outcome(OutcomeRows),
    /// In a file: `done ".chk" type attr* { … }`, a control file written last.
    Done {
        /// Its name or its ending.
        name: Text,
        /// Its form.
        format: TypeExpr,
        /// Its attributes.
        attributes: Vec<Attribute>,
        /// Its fields.
        block: Block<FieldStatement>,
    },
}

/// `name type attr* rule* L block?`; the label is the statement's.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// The name, which is the wire name unless `at` says otherwise.
    pub name: Name,
    /// The type.
    pub type_: TypeExpr,
    /// In their order.
    pub attributes: Vec<Attribute>,
    /// In their order; none for a field that is only read.
    pub rules: Vec<Rule>,
    /// Its fields, of a type that has some.
    pub block: Option<Block<FieldStatement>>,
}

/// `fresh NAME (bytes | digits | ascii) N`.
#[derive(Clone, PartialEq, Debug)]
pub struct Fresh {
    /// The name.
    pub name: Name,
    /// What is drawn.
    pub kind: FreshKind,
    /// How many.
    pub count: Count,
}

/// What `fresh` draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FreshKind {
    /// `bytes`.
    Bytes,
    /// `digits`.
    Digits,
    /// `ascii`.
    Ascii,
}

/// `check expr ELSE`.
#[derive(Clone, PartialEq, Debug)]
pub struct Check {
    /// What must hold.
    pub condition: Expr,
    /// What else.
    pub otherwise: Option<Otherwise>,
}

/// `check expr unseen within DUR ELSE`.
#[derive(Clone, PartialEq, Debug)]
pub struct Unseen {
    /// What each message has anew.
    pub value: Expr,
    /// For how long it is remembered.
    pub within: Duration,
    /// What else.
    pub otherwise: Option<Otherwise>,
}

/// `path rule*`: a mapping without a field, or a field of a table with this message's rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Assign {
    /// What is given a value.
    pub target: Path,
    /// At least one.
    pub rules: Vec<Rule>,
}

/// A case of a `choose`.
#[derive(Clone, PartialEq, Debug)]
pub struct Case<T> {
    /// The values; at least one.
    pub keys: Vec<CaseKey>,
    /// What then; its label is at the end of the head line.
    pub block: Block<T>,
    /// The label.
    pub label: Label,
    /// The whole case.
    pub span: Span,
}

/// A value of a case.
#[derive(Clone, PartialEq, Debug)]
pub enum CaseKey {
    /// A text.
    Text(Text),
    /// A name of a `one_of` or a meaning.
    Name(Name),
    /// A number.
    Number(super::Number),
    /// `other`.
    Other(Span),
}

/// `kept` or `refused`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// `kept`.
    Kept,
    /// `refused`.
    Refused,
}

/// Which of two messages a rule is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// `request`.
    Request,
    /// `reply`.
    Reply,
}

/// `side? sign value "cut"? ELSE?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// For this side only.
    pub side: Option<Side>,
    /// The sign and what stands behind it.
    pub kind: RuleKind,
    /// The sign.
    pub sign_span: Span,
    /// `cut`: what is too long is cut at the border of a character.
    pub cut: bool,
    /// What if it fails.
    pub otherwise: Option<Otherwise>,
    /// The whole rule.
    pub span: Span,
}

/// The four signs.
#[derive(Clone, PartialEq, Debug)]
pub enum RuleKind {
    /// `= expr`: a fact.
    Equal(Expr),
    /// `<- listexpr`: from the business.
    From(ListExpr),
    /// `-> path`: to the business.
    To(Path),
    /// `<-> path`: both.
    Both(Path),
}

/// `"else" (…)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Otherwise {
    /// What then.
    pub kind: OtherwiseKind,
    /// With the word `else`.
    pub span: Span,
}

/// What stands behind `else`.
#[derive(Clone, PartialEq, Debug)]
pub enum OtherwiseKind {
    /// `refuse NAME`.
    Refuse(Name),
    /// `park STRING`.
    Park(Text),
    /// `unknown`.
    Unknown,
    /// `absent`.
    Absent,
    /// Another value.
    Value(Expr),
}

/// An attribute of a field.
#[derive(Clone, PartialEq, Debug)]
pub struct Attribute {
    /// What it says.
    pub kind: AttributeKind,
    /// The whole attribute.
    pub span: Span,
}

/// The attributes.
#[derive(Clone, PartialEq, Debug)]
pub enum AttributeKind {
    /// `optional`: absent is left out.
    Optional,
    /// `absent as X (or Y)*`: the first is written, all are read.
    AbsentAs(Vec<AbsentForm>),
    /// `fill left "0"`.
    Fill {
        /// On which side.
        side: FillSide,
        /// With what.
        with: FillWith,
    },
    /// `signed`.
    Signed,
    /// `at STRING (else STRING)?`.
    At {
        /// The wire name or place.
        place: Text,
        /// The other name that it may have.
        otherwise: Option<Text>,
    },
    /// `coded chain (when expr else chain)?`.
    Coded(Coded),
    /// `tolerate NAME`.
    Tolerate(Name),
    /// `trailing`: a separator behind the last field.
    Trailing,
    /// `lines NAME (after | between)?`.
    Lines {
        /// `crlf`, `lf`.
        ending: Name,
        /// Whether the last line has an end.
        place: Option<LinePlace>,
    },
    /// `ending STRING`.
    Ending(Text),
    /// `namespace STRING`.
    Namespace(Text),
    /// `password expr`.
    Password(Expr),
    /// `tag STRING`.
    Tag(Text),
    /// `bit NUM`.
    Bit(Count),
    /// `prefix NUM (digits | bytes)?`.
    Prefix {
        /// How long the length is.
        width: Count,
        /// In what.
        unit: Option<Unit>,
    },
    /// `near expr`: what a date's form leaves out is nearest to this.
    Near(Expr),
    /// `scale NUM`: an implied point.
    Scale(Count),
    /// `packed`.
    Packed,
    /// `zoned`.
    Zoned,
    /// `big_endian`.
    BigEndian,
    /// `little_endian`.
    LittleEndian,
    /// `unmapped STRING`: for a character that the charset lacks.
    Unmapped(Text),
    /// `escape STRING`.
    Escape(Text),
    /// `trimmed`: no trailing zeros.
    Trimmed,
    /// `bare`: a JSON number.
    Bare,
    /// `quoted`: a JSON text.
    Quoted,
    /// `alone`: one item is the item itself.
    Alone,
}

/// How an absent value stands on the wire.
#[derive(Clone, PartialEq, Debug)]
pub enum AbsentForm {
    /// `empty`.
    Empty,
    /// `blank`.
    Blank,
    /// `zero`.
    Zero,
    /// `null`.
    Null,
    /// A text.
    Text(Text),
}

/// Where filling stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FillSide {
    /// `left`.
    Left,
    /// `right`.
    Right,
}

/// What fills.
#[derive(Clone, PartialEq, Debug)]
pub enum FillWith {
    /// A text of one character.
    Text(Text),
    /// `nul`.
    Nul,
    /// `zero`.
    Zero,
}

/// Where line ends stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinePlace {
    /// `after`: behind each line.
    After,
    /// `between`: none behind the last.
    Between,
}

/// `chain (when expr else chain)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Coded {
    /// The chain, or the one that holds under the condition.
    pub chain: Chain,
    /// The condition, and the chain otherwise.
    pub otherwise: Option<(Expr, Chain)>,
}

/// `(name ("(" expr,* ")")? (tolerate name)*),*`: written from left to right, read from right to left.
#[derive(Clone, PartialEq, Debug)]
pub struct Chain {
    /// At least one.
    pub elements: Vec<ChainElement>,
    /// The whole chain.
    pub span: Span,
}

/// One step of a chain.
#[derive(Clone, PartialEq, Debug)]
pub struct ChainElement {
    /// `gbk`, `base64`, `encrypt`, a `coding` item, `none`.
    pub name: Name,
    /// In brackets.
    pub arguments: Vec<Expr>,
    /// `tolerate blanks` right behind it.
    pub tolerate: Vec<Name>,
    /// The whole step.
    pub span: Span,
}

/// `means` of a reply, and its condition: what its coming says.
#[derive(Clone, PartialEq, Debug)]
pub struct Means {
    /// The meaning.
    pub meaning: Meaning,
    /// With the word `means`.
    pub span: Span,
}
