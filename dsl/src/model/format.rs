//! Formats: what has fields of its own.

use super::{Expr, PrefixKind, Segments};
use crate::value::Coding;

/// A type that has fields.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Format {
    /// Widths in octets.
    Fixed,
    /// Values parted by a separator.
    Delimited(Delimited),
    /// Octets and integers.
    Binary,
    /// XML, by the standard form or an `xml` item (index into [`Module::xml_forms`]).
    Xml(XmlUse),
    /// JSON.
    Json {
        /// Names that are read may stand without quotes.
        lenient: bool,
    },
    /// `name=value` pairs; in `headers` of HTTP they are the header lines.
    Form,
    /// Segment texts and tag=value texts, by a `delimited` item.
    Segments(Box<Segments>),
    /// Tag, length, value.
    Tlv(Tlv),
    /// ISO 8583.
    Iso8583 {
        /// How figures are written.
        code: TextCode,
        /// Whether bitmaps are written in hex.
        bitmap_hex: bool,
    },
    /// A zip of entries; the password is an expression.
    Zip {
        /// The password.
        password: Option<Box<Expr>>,
        /// Entries that are under no password are read too.
        plain: bool,
    },
}

/// Which XML.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum XmlUse {
    /// Elements by name.
    Plain,
    /// A SOAP 1.1 envelope around.
    Soap11,
    /// A SOAP 1.2 envelope around.
    Soap12,
    /// A party's form.
    Form(u16),
}

/// How figures and letters of ISO 8583 are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TextCode {
    /// ASCII.
    Ascii,
    /// Packed figures.
    Bcd,
    /// EBCDIC.
    Ebcdic,
}

/// Values parted by a separator.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Delimited {
    /// Between two values; empty: their widths say where they end (`fixed lines …`).
    pub separator: Box<str>,
    /// One stands after the last value too.
    pub trailing: bool,
    /// Ends of lines written, where there are lines; and what else is read as one.
    pub lines: Option<(Box<str>, Vec<Box<str>>)>,
    /// No line end after the last.
    pub between: bool,
    /// Escape sign.
    pub escape: Option<Box<str>>,
}

/// Tag, length, value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Tlv {
    /// BER.
    Ber,
    /// Plain: octets of the tag, octets of the length and how it is written.
    Plain {
        /// Octets of the tag.
        tag: u32,
        /// Octets of the length.
        length: u32,
        /// How the length is written.
        kind: PrefixKind,
    },
}

/// A party's form of XML.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct XmlForm {
    /// Its name.
    pub name: Box<str>,
    /// What stands first, as it stands.
    pub start: Option<Box<str>>,
    /// Template of a value, `{name}` and `{value}`.
    pub value: Option<Box<str>>,
    /// Template of a list, `{name}` and `{items}`.
    pub list: Option<Box<str>>,
    /// Template of an item, `{index}` and `{fields}`.
    pub item: Option<Box<str>>,
    /// Template of a group, `{name}` and `{fields}`.
    pub group: Option<Box<str>>,
    /// Values stand in attributes.
    pub attributes: bool,
    /// Coding of every text.
    pub text: Vec<Coding>,
    /// Coding of every `bytes`.
    pub bytes: Vec<Coding>,
    /// Unknown elements are kept (else refused).
    pub unknown_kept: bool,
}
