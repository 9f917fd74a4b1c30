//! A party's ways to write XML and delimited texts.

use super::{Block, Chain, Count, Keep, Name, Str, Text};

/// `xml NAME { … }`: a party's way to write XML.
#[derive(Clone, PartialEq, Debug)]
pub struct XmlForm {
    /// The name.
    pub name: Name,
    /// Its clauses.
    pub block: Block<XmlClause>,
}

/// A clause of an `xml` item.
#[derive(Clone, PartialEq, Debug)]
pub enum XmlClause {
    /// `start RAW`.
    Start(Str),
    /// `value RAW`.
    Value(Str),
    /// `list RAW`.
    List(Str),
    /// `item RAW`.
    Item(Str),
    /// `group RAW`.
    Group(Str),
    /// `values in attributes`.
    ValuesInAttributes,
    /// `text coded chain`.
    TextCoded(Chain),
    /// `bytes coded chain`.
    BytesCoded(Chain),
    /// `unknown kept|refused`.
    Unknown(Keep),
}

/// `delimited NAME L { … }`: segment texts and tag=value texts.
#[derive(Clone, PartialEq, Debug)]
pub struct DelimitedForm {
    /// The name.
    pub name: Name,
    /// Its clauses.
    pub block: Block<DelimitedClause>,
}

/// A clause of a `delimited` item.
#[derive(Clone, PartialEq, Debug)]
pub enum DelimitedClause {
    /// `lines (named | plain), ended STRING (tolerate STRING),*`.
    Lines {
        /// Whether the first field of a line is its name.
        named: bool,
        /// The line end that is written.
        ended: Text,
        /// Others that are read.
        tolerate: Vec<Text>,
    },
    /// `levels STRING+`: separators from the outermost inward.
    Levels(Vec<Text>),
    /// `repeat STRING`.
    Repeat(Text),
    /// `fields (tagged STRING,)? ended STRING`.
    Fields {
        /// The sign between tag and value.
        tagged: Option<Text>,
        /// What ends a field.
        ended: Text,
    },
    /// `escape STRING to STRING { STRING (STRING | hex),* }`.
    Escape {
        /// What begins it.
        from: Text,
        /// What ends it.
        to: Text,
        /// The closed table.
        rows: Vec<EscapeRow>,
    },
    /// `declared NAME { … }`: a line that shows the signs itself.
    Declared {
        /// The line's name.
        name: Name,
        /// What it shows, in its order.
        signs: Vec<DeclaredSign>,
    },
    /// `order written`, `order free (after NAME)? (before NAME)?`.
    Order {
        /// Whether any order is read.
        free: bool,
        /// Behind this field only.
        after: Option<Name>,
        /// In front of this field only, which is the last.
        before: Option<Name>,
    },
    /// `trailing kept|cut`.
    Trailing {
        /// Whether trailing empty fields are written.
        kept: bool,
    },
    /// `unknown kept|refused`.
    Unknown(Keep),
}

/// A row of an escape table.
#[derive(Clone, PartialEq, Debug)]
pub struct EscapeRow {
    /// What stands between the signs.
    pub code: Text,
    /// What it means; none for `hex`.
    pub meaning: Option<Text>,
}

/// A sign that a line declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeclaredSign {
    /// `level NUM`.
    Level(Count),
    /// `repeat`.
    Repeat,
    /// `escape`.
    Escape,
}
