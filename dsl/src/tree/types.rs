//! Types: what a field holds and how it stands on the wire.

use super::{Count, Label, Name, Path, Str, Text};
use crate::source::Span;

/// A type as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeExpr {
    /// What it says.
    pub kind: TypeKind,
    /// From its word to the end of its sizes.
    pub span: Span,
}

/// The words of types.
#[derive(Clone, PartialEq, Debug)]
pub enum TypeKind {
    /// `text SIZE`, `account_no`, `bytes 16` and their like.
    Characters {
        /// Which word.
        kind: CharacterKind,
        /// Compulsory on a wire, not in a service.
        size: Option<Size>,
    },
    /// `number SIZE`, `decimal SIZE`, `money SIZE fen`. A size without a unit bounds the value.
    Number {
        /// Which word.
        kind: NumberKind,
        /// How long, or between which values.
        size: Option<Size>,
    },
    /// `date F`, `time F`, `datetime F`, `month F`.
    Calendar {
        /// Which word.
        kind: CalendarKind,
        /// The form, if one is written.
        form: Option<Str>,
    },
    /// `code TABLE SIZE?`.
    Code {
        /// The `codes` item.
        table: Path,
        /// A width of its own.
        size: Option<Size>,
    },
    /// `flag`, `flag "1" "0"`.
    Flag {
        /// The texts for yes and for no.
        texts: Option<(Text, Text)>,
    },
    /// `one_of a, b`.
    OneOf(Vec<Choice>),
    /// `duration`.
    Duration,
    /// `outcome`.
    Outcome,
    /// `like PATH (except name,*)`.
    Like(Like),
    /// `group`.
    Group,
    /// `several`: one repeated place whose items are the named groups in it.
    Several,
    /// `line (NUM bytes)?`.
    Line {
        /// The length of a record without line end.
        size: Option<Size>,
    },
    /// `list A..B …`.
    List(ListType),
    /// A format that has fields.
    Format(FormatType),
    /// `entry PATTERN T`.
    Entry {
        /// The name in the zip, with `*`.
        pattern: Text,
        /// What stands in it.
        content: Box<TypeExpr>,
    },
}

/// Words whose values are characters or bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CharacterKind {
    /// `text`.
    Text,
    /// `ascii`.
    Ascii,
    /// `digits`.
    Digits,
    /// `bytes`.
    Bytes,
    /// `account_no`.
    AccountNo,
    /// `card_no`.
    CardNo,
    /// `identity_no`.
    IdentityNo,
    /// `phone`.
    Phone,
    /// `person_name`.
    PersonName,
    /// `home_address`.
    HomeAddress,
    /// `email`.
    Email,
}

/// Words whose values are numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberKind {
    /// `number`.
    Number,
    /// `decimal`.
    Decimal,
    /// `money`, with the unit of the wire if one is written.
    Money(Option<MoneyUnit>),
}

/// In what an amount is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoneyUnit {
    /// A hundredth of a yuan, a whole number.
    Fen,
    /// Yuan with two decimals.
    Yuan,
    /// A thousandth of a yuan, a whole number.
    Li,
}

/// Words whose values are days and times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalendarKind {
    /// `date`.
    Date,
    /// `time`.
    Time,
    /// `datetime`.
    DateTime,
    /// `month`.
    Month,
}

/// `NUM | NUM? ".." NUM`, with a unit where one is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// The least; the same as `max` where there are no two points, 0 where none is written before them.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// Whether `..` is written: anything between, as against exactly so many.
    pub range: bool,
    /// The unit, if one is written.
    pub unit: Option<Unit>,
    /// Numbers and unit.
    pub span: Span,
}

/// Units of sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// `bytes`.
    Bytes,
    /// `chars`.
    Chars,
    /// `digits`.
    Digits,
    /// `bits`.
    Bits,
    /// `KB`, 1,024 bytes.
    Kilobytes,
    /// `MB`, 1,048,576 bytes.
    Megabytes,
}

/// A name of a `one_of`, with its label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The name.
    pub name: Name,
    /// Its text; `assumed` does not occur here.
    pub label: Label,
}

/// `like PATH (except name,*)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Like {
    /// A service's `ask`, `answer`, or a list in one.
    pub path: Path,
    /// What is left out.
    pub except: Vec<Name>,
}

/// `list A..B (until end)? (of T)? (as NAME)? (like PATH)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct ListType {
    /// How many; without a unit.
    pub size: Option<Size>,
    /// `until end`: items follow up to the end of what is around.
    pub until_end: bool,
    /// `of line`, or the format of an item.
    pub of: Option<Box<TypeExpr>>,
    /// `as NAME`: what an item is called in its block; else `item`.
    pub item: Option<Name>,
    /// `like PATH`: the items' shape.
    pub like: Option<Like>,
}

/// A format, with its own words.
#[derive(Clone, PartialEq, Debug)]
pub struct FormatType {
    /// Which.
    pub kind: Format,
    /// `of NAME`: the table of fields that its names come from.
    pub of: Option<Name>,
}

/// Formats: types that have fields.
#[derive(Clone, PartialEq, Debug)]
pub enum Format {
    /// `fixed`.
    Fixed,
    /// `delimited "|"` or `delimited NAME`.
    Delimited(Separator),
    /// `binary`.
    Binary,
    /// `tlv …`.
    Tlv(Option<TlvForm>),
    /// `iso8583 CODE, bitmap …`.
    Iso8583 {
        /// How its figures are written.
        code: Option<FigureCode>,
        /// How the bitmap is written.
        bitmap: Option<BitmapForm>,
    },
    /// `xml NAME?`: with an `xml` item's form.
    Xml(Option<Name>),
    /// `json`, `json lenient`.
    Json {
        /// Names may stand without quotes.
        lenient: bool,
    },
    /// `form`.
    Form,
    /// `zip`.
    Zip,
}

/// What parts the fields of `delimited`.
#[derive(Clone, PartialEq, Debug)]
pub enum Separator {
    /// A text.
    Text(Text),
    /// A `delimited` item.
    Item(Name),
}

/// `tlv (ber | tag NUM UNIT, length NUM UNIT CODE?)`.
#[derive(Clone, PartialEq, Debug)]
pub enum TlvForm {
    /// `ber`.
    Ber,
    /// Tags and lengths of a fixed width.
    Plain {
        /// How wide a tag is.
        tag: Count,
        /// In what.
        tag_unit: Unit,
        /// How wide a length is.
        length: Count,
        /// In what.
        length_unit: Unit,
        /// How it is written.
        code: Option<FigureCode>,
    },
}

/// How figures are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FigureCode {
    /// `ascii`.
    Ascii,
    /// `bcd`.
    Bcd,
    /// `ebcdic`.
    Ebcdic,
    /// `big_endian`.
    BigEndian,
    /// `little_endian`.
    LittleEndian,
}

/// How a bitmap is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BitmapForm {
    /// `bitmap binary`.
    Binary,
    /// `bitmap hex`.
    Hex,
}
