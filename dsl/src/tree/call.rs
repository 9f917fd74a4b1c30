//! Calls, both ways, and their messages.

use super::{
    Assign, Attribute, Block, Check, Count, Duration, Expr, FieldStatement, Means, Name, Otherwise,
    OutcomeRows, Path, Str, Text, TypeExpr,
};
use crate::source::Span;

/// `("call"|"serve") NAME L relation* { part }`.
#[derive(Clone, PartialEq, Debug)]
pub struct CallItem {
    /// Who begins.
    pub kind: CallKind,
    /// The name.
    pub name: Name,
    /// `over`, `provides` and their like, in their order.
    pub relations: Vec<Relation>,
    /// Its parts.
    pub block: Block<CallPart>,
}

/// Who begins an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// `call`: we do.
    Call,
    /// `serve`: they do.
    Serve,
}

/// How a call stands to other things.
#[derive(Clone, PartialEq, Debug)]
pub enum Relation {
    /// `over NAME`: by this link.
    Over(Name),
    /// `provides PATH`.
    Provides(Path),
    /// `runs PATH`.
    Runs(Path),
    /// `settles NAME,*`.
    Settles(Vec<Name>),
    /// `undoes NAME,*`.
    Undoes(Vec<Name>),
    /// `about NAME`: `original` may be used, nothing is settled.
    About(Name),
}

/// A part of a call.
#[expect(clippy::large_enum_variant, reason = "a tree is built once; boxes would stand in its readers' way")]
#[derive(Clone, PartialEq, Debug)]
pub enum CallPart {
    /// `ask { … }`.
    Ask(Block<FieldStatement>),
    /// `answer { … }`.
    Answer(Block<FieldStatement>),
    /// `once expr,*`.
    Once(Vec<Expr>),
    /// `promises PROMISE,*`.
    Promises(Vec<Promise>),
    /// `unknown WAY`.
    Unknown(Vec<WayStep>),
    /// `pending silent`.
    PendingSilent,
    /// `pending as STRING`.
    PendingAs(Text),
    /// `outcome path,* { rows }?`.
    Outcome(OutcomeRows),
    /// `pages NUM rows up to NUM times while expr`.
    Pages {
        /// Rows on a page.
        rows: Count,
        /// At most so many pages.
        times: Count,
        /// As long as this holds.
        condition: Expr,
    },
    /// `due expr`: the moment of the answer, though something of it is still open.
    Due(Expr),
    /// `only when expr`.
    OnlyWhen(Expr),
    /// `original where expr ELSE`.
    Original {
        /// Which exchange is spoken of.
        condition: Expr,
        /// If there is none.
        otherwise: Option<Otherwise>,
    },
    /// `check expr ELSE`.
    Check(Check),
    /// `path <- expr`.
    Assign(Assign),
    /// `request`, `reply`, `later`.
    Message(Message),
}

/// One promise of a party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// What.
    pub kind: PromiseKind,
    /// Where.
    pub span: Span,
}

/// What a party may promise of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PromiseKind {
    /// `same answer`.
    SameAnswer,
    /// `same answer when done`.
    SameAnswerWhenDone,
    /// `says duplicate`.
    SaysDuplicate,
    /// `quiet DUR`.
    Quiet(Duration),
    /// `remembered`.
    Remembered,
    /// `repeatable`.
    Repeatable,
    /// `within business date`.
    WithinBusinessDate,
    /// `assured`.
    Assured,
    /// `proves done only`.
    ProvesDoneOnly,
    /// `in order`.
    InOrder,
    /// `holds DUR`.
    Holds(Duration),
    /// `repeats within DUR`.
    RepeatsWithin(Duration),
}

/// A step of the way out of `unknown`.
#[derive(Clone, PartialEq, Debug)]
pub struct WayStep {
    /// What.
    pub kind: WayStepKind,
    /// Where.
    pub span: Span,
}

/// What may be done about `unknown`.
#[derive(Clone, PartialEq, Debug)]
pub enum WayStepKind {
    /// `enquire with NAME EVERY`.
    Enquire {
        /// The enquiry.
        call: Name,
        /// How often.
        every: Every,
    },
    /// `repeat EVERY`.
    Repeat(Every),
    /// `undo with NAME`.
    Undo(Name),
    /// `park`.
    Park,
    /// `refuse NAME`.
    Refuse(Name),
}

/// When the same is tried again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Every {
    /// `every DUR (to DUR)? ("up to" NUM times | until cut_over)`.
    Doubling {
        /// The first wait.
        first: Duration,
        /// The longest wait of a back-off.
        longest: Option<Duration>,
        /// When it ends.
        limit: EveryLimit,
    },
    /// `after DUR,*`: each wait one by one.
    Given(Vec<Duration>),
}

/// When a repetition ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EveryLimit {
    /// `up to NUM times`.
    Times(Count),
    /// `until cut_over`.
    CutOver,
}

/// `(request|reply|later) STRING? … { … }?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Which.
    pub kind: MessageKind,
    /// The code, if one is written; the statement's own in a packet's `reply other`.
    pub code: Option<MessageCode>,
    /// `when done|refused|unknown`: the answer for that outcome.
    pub when: Option<MessageWhen>,
    /// `means MEANING`: its coming is its meaning.
    pub means: Option<Means>,
    /// `unsealed STRING`: believed without a seal, and why.
    pub unsealed: Option<Str>,
    /// `file STRING (done STRING)?`.
    pub file: Option<FileName>,
    /// A format of its own, instead of the packet's.
    pub type_: Option<TypeExpr>,
    /// Attributes of that format.
    pub attributes: Vec<Attribute>,
    /// Its fields.
    pub block: Option<Block<FieldStatement>>,
}

/// Which message of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// `request`.
    Request,
    /// `reply`.
    Reply,
    /// `later`: a result that follows the reply.
    Later,
}

/// The code of a message.
#[derive(Clone, PartialEq, Debug)]
pub enum MessageCode {
    /// A text.
    Text(Text),
    /// `other`.
    Other(Span),
}

/// For which outcome a reply is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageWhen {
    /// `when done`.
    Done,
    /// `when refused`.
    Refused,
    /// `when unknown`.
    Unknown,
}

/// `file STRING (done STRING)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct FileName {
    /// The name, a template.
    pub name: Text,
    /// The ending of its end mark, or its whole name.
    pub done: Option<Text>,
}
