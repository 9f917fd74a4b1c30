//! The syntax tree: every item and statement of the language as it was written, and nothing that follows from it.
//!
//! In: nothing; the parser makes it. Out: owned plain data that names resolution reads. Every node has a [`Span`]; names
//! are not looked up, sizes are not judged, and a path is only a list of names. It must not know the parser or a meaning.
//!
//! Start at [`File`] and [`ItemKind`]; fields begin at [`FieldStatement`], types at [`TypeExpr`], calls at [`CallItem`],
//! flows at [`Flow`], expressions at [`Expr`].

mod call;
mod example;
mod expression;
mod field;
mod flow;
mod form;
mod item;
mod link;
mod session;
mod types;

pub use call::*;
pub use example::*;
pub use expression::*;
pub use field::*;
pub use flow::*;
pub use form::*;
pub use item::*;
pub use link::*;
pub use session::*;
pub use types::*;

use crate::source::{FileId, Span};
pub use jiff::civil::{Date, Time};
pub use rust_decimal::Decimal;

/// One file of an adapter.
#[derive(Clone, PartialEq, Debug)]
pub struct File {
    /// Which text this is.
    pub file: FileId,
    /// The `///` lines in front of `module` or of nothing.
    pub docs: Vec<Str>,
    /// `module NAME`: a folder that others `use`, no party of its own.
    pub module: Option<Name>,
    /// `only when EXPR`: the file counts only then.
    pub only_when: Option<Expr>,
    /// The items in their order. Items that could not be read are left out.
    pub items: Vec<Item>,
    /// All `//` comments, in their order.
    pub comments: Vec<Comment>,
}

/// A `// …` comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// What stands behind the `//`, trimmed.
    pub text: Box<str>,
    /// Where, with the `//`.
    pub span: Span,
    /// Whether it stands on a line of its own (else behind a statement).
    pub own_line: bool,
}

/// A statement of any block: what it says, and the label at the end of its head line.
#[derive(Clone, PartialEq, Debug)]
pub struct Node<T> {
    /// What it says.
    pub kind: T,
    /// `"text"` and `assumed "why"`.
    pub label: Label,
    /// The whole statement, with its block.
    pub span: Span,
}

/// `{ … }` with its statements.
#[derive(Clone, PartialEq, Debug)]
pub struct Block<T> {
    /// The statements in their order. Those that could not be read are left out.
    pub statements: Vec<Node<T>>,
    /// From `{` to `}`.
    pub span: Span,
}

/// `STRING? ("assumed" STRING?)?`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Label {
    /// The text for the document.
    pub text: Option<Str>,
    /// `assumed`, with the reason if one is given.
    pub assumed: Option<Assumed>,
}

/// The word `assumed` of a [`Label`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assumed {
    /// Why, if it is said.
    pub why: Option<Str>,
    /// The word, with the reason.
    pub span: Span,
}

/// A name as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The letters.
    pub text: Box<str>,
    /// Where.
    pub span: Span,
}

impl Name {
    /// Whether the name is this word.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        *self.text == *word
    }
}

/// `a.b.c`; at least one part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// The names between the points.
    pub parts: Vec<Name>,
    /// From the first to the last.
    pub span: Span,
}

impl Path {
    /// The first name.
    #[must_use]
    pub fn root(&self) -> Option<&Name> {
        self.parts.first()
    }

    /// The last name.
    #[must_use]
    pub fn last(&self) -> Option<&Name> {
        self.parts.last()
    }

    /// The one name of a path without points.
    #[must_use]
    pub fn single(&self) -> Option<&Name> {
        match self.parts.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// The path with points between, as in messages.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|name| &*name.text).collect::<Vec<_>>().join(".")
    }
}

/// A text that holds no expression: labels, reasons, raw texts, forms of dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Str {
    /// The characters, escapes resolved.
    pub text: Box<str>,
    /// With the quotes.
    pub span: Span,
}

/// A text in quotes: characters and embedded expressions by turns. `""` has no pieces.
#[derive(Clone, PartialEq, Debug)]
pub struct Text {
    /// The pieces in their order; no two runs of characters stand side by side.
    pub pieces: Vec<Piece>,
    /// With the quotes.
    pub span: Span,
}

impl Text {
    /// The characters, if no expression stands in it.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Characters(text)] => Some(&text.text),
            _ => None,
        }
    }
}

/// A piece of a [`Text`].
#[derive(Clone, PartialEq, Debug)]
pub enum Piece {
    /// Characters, escapes resolved.
    Characters(Str),
    /// `{expression}`.
    Embedded(Expr),
}

/// An exact number, as it was written and as a value. Never negative: a sign is a [`UnaryOperator::Negative`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    /// As written, with its `_`.
    pub text: Box<str>,
    /// The value; the scale is that of the text.
    pub value: Decimal,
    /// Where.
    pub span: Span,
}

impl Number {
    /// The number as a count, if it is whole and fits.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        if self.value.scale() != 0 {
            return None;
        }
        u64::try_from(self.value).ok()
    }
}

/// `60s`, `5m`, `24h`, `500ms`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duration {
    /// The length in milliseconds.
    pub milliseconds: u64,
    /// Where.
    pub span: Span,
}

/// A count that the language demands to be whole: `NUM` of a clause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// The number.
    pub value: u64,
    /// Where.
    pub span: Span,
}
