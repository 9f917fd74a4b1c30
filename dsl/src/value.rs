//! The words that every room shares: symbols, types of values, constants, wire forms.
//!
//! In: nothing. Out: small plain data, used by the checked model (`model`), the flat program (`program`), the
//! evaluator and the codecs. It must not know how any of these are made or run.

mod charset;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use charset::{Charset, Letters};
pub use jiff::civil::{Date, DateTime, Time};
pub use rust_decimal::Decimal;

/// An interned text of the adapters: a name of a `one_of`, a reason, a code's meaning. Equal texts are equal symbols
/// within one [`Symbols`] table, so that names compare across parties.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Symbol(pub u32);

/// The table of [`Symbol`]s of one compiled set of adapters. Copies share it until one of them learns a text: the many
/// variants of a set know the same texts.
#[derive(Clone, Debug, Default)]
pub struct Symbols(Arc<Table>);

#[derive(Clone, Debug, Default)]
struct Table {
    texts: Vec<Box<str>>,
    index: HashMap<Box<str>, Symbol>,
}

impl Symbols {
    /// The symbol of a text, made if it is new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(known) = self.find(text) {
            return known;
        }
        let table = Arc::make_mut(&mut self.0);
        let symbol = Symbol(u32::try_from(table.texts.len()).unwrap_or(u32::MAX));
        table.texts.push(text.into());
        table.index.insert(text.into(), symbol);
        symbol
    }

    /// The symbol of a text, if it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.0.index.get(text).copied()
    }

    /// All texts, in the order of their symbols.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.texts.iter().map(|text| &**text)
    }

    /// The text of a symbol; empty for a symbol of another table.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.0.texts.get(symbol.0 as usize).map_or("", |text| text)
    }
}

/// What is known of an operation. There is no fourth (`money-safety.md`, words).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// The party holds it. The symbol qualifies (`done never_seen`), if given.
    Done(Option<Symbol>),
    /// It is not held. Without a reason it is provisional (`grammar.md` 11).
    Refused(Option<Symbol>),
    /// Not known.
    Unknown,
}

/// The currency-free business type of a value, independent of how it stands on a wire.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Characters, at most `chars` of them; `private` types carry masking and need `discloses`.
    Text {
        /// The most characters.
        chars: u32,
        /// Kind of private data.
        private: Option<Private>,
    },
    /// Figures that are no number.
    Digits {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A whole number within bounds.
    Number {
        /// The least.
        min: i128,
        /// The greatest.
        max: i128,
    },
    /// An exact decimal with at most `digits` figures, `scale` of them behind the point.
    Decimal {
        /// The most figures.
        digits: u32,
        /// Figures behind the point.
        scale: u32,
    },
    /// An amount in yuan with two decimals (fen), at most `digits` figures in fen.
    Money {
        /// The most figures, in fen.
        digits: u32,
    },
    /// A calendar day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time of day.
    DateTime,
    /// A year and a month; held as the first day of the month.
    Month,
    /// A span of time, in milliseconds.
    Duration,
    /// Yes or no.
    Flag,
    /// One of the names.
    Names(Vec<Symbol>),
    /// An [`Outcome`] (`code TABLE = outcome`).
    Outcome,
    /// Raw bytes, at most so many.
    Bytes {
        /// The most octets.
        max: u64,
    },
    /// Rows of a shape, at most so many.
    List {
        /// The most rows.
        max: u64,
        /// Shape of a row.
        shape: ShapeId,
    },
    /// A group of fields in a business record.
    Group(ShapeId),
    /// The value of a key (only for functions that take one).
    Key,
    /// Name and value texts for a signature (`pairs`).
    Pairs,
    /// The missing value (`absent`).
    Absent,
    /// An expression that was wrong already; silences further errors.
    Wrong,
}

/// Private kinds of text: they leave only to a party whose `discloses` names them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Private {
    /// `account_no`
    AccountNo,
    /// `card_no`
    CardNo,
    /// `identity_no`
    IdentityNo,
    /// `phone`
    Phone,
    /// `person_name`
    PersonName,
    /// `home_address`
    HomeAddress,
    /// `email`
    Email,
}

impl Private {
    /// All kinds with the word of the language for each.
    pub const WORDS: [(Private, &'static str); 7] = [
        (Private::AccountNo, "account_no"),
        (Private::CardNo, "card_no"),
        (Private::IdentityNo, "identity_no"),
        (Private::Phone, "phone"),
        (Private::PersonName, "person_name"),
        (Private::HomeAddress, "home_address"),
        (Private::Email, "email"),
    ];

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
}

/// Index of a [`crate::model::Shape`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ShapeId(pub u32);

/// A constant of the text, folded or written.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Constant {
    /// The missing value.
    Absent,
    /// `yes`, `no`.
    Flag(bool),
    /// A whole number.
    Number(i128),
    /// An exact decimal or an amount in yuan.
    Decimal(Decimal),
    /// Characters.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A name of a `one_of` or of a code table.
    Name(Symbol),
    /// An outcome (`done`, `refused`, `unknown`).
    Outcome(Outcome),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day and a time of day.
    DateTime(DateTime),
    /// A span of time in milliseconds.
    Duration(i64),
}

/// How many units a value takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Size {
    /// Exactly so many.
    Fixed(u32),
    /// From `min` to `max`.
    Range {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// Given by the form itself (a date's letters, a code's texts).
    ByForm,
}

/// What a [`Size`] counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// Octets as they stand.
    Bytes,
    /// Characters of the charset.
    Chars,
    /// Figures.
    Digits,
    /// Bits.
    Bits,
}

/// How a leaf's value is written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// Characters of the charset.
    Text,
    /// Letters, figures and signs of ASCII.
    Ascii,
    /// Figures that are no number.
    Digits,
    /// A whole number in figures.
    Number,
    /// A decimal in figures with a point; `scale` behind it.
    Decimal {
        /// Figures behind the point.
        scale: u32,
    },
    /// An amount: whole fen.
    Fen,
    /// An amount: yuan with a point and two decimals.
    Yuan,
    /// An amount: whole li (a tenth of a fen).
    Li,
    /// A day, time, both or month by the letters `y M d H m s S`.
    Calendar(Calendar, Box<str>),
    /// A meaning of a code table.
    Code(u16),
    /// Yes and no by two texts.
    Flag(Box<str>, Box<str>),
    /// Raw octets.
    Bytes,
    /// A number as a binary integer; `implied` decimals.
    Integer {
        /// The order of its octets.
        endian: Endian,
        /// Decimals implied.
        implied: u32,
    },
    /// A number as packed decimal (COMP-3); `implied` decimals.
    Packed {
        /// Decimals implied.
        implied: u32,
    },
    /// A number as zoned decimal; `implied` decimals.
    Zoned {
        /// Decimals implied.
        implied: u32,
    },
}

/// Which calendar type a [`Form::Calendar`] holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Calendar {
    /// `date`
    Date,
    /// `time`
    Time,
    /// `datetime`
    DateTime,
    /// `month`
    Month,
}

/// Order of the octets of a binary integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Endian {
    /// Most significant first.
    Big,
    /// Least significant first.
    Little,
}

/// What stands on the wire where a value is missing. Absent, empty, blank and zero are four things.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Absent {
    /// It must not be missing.
    Never,
    /// It is left out.
    LeftOut,
    /// It is written as the first of these; each of them reads as absent.
    As(Vec<AbsentForm>),
}

/// One way to show that a value is missing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AbsentForm {
    /// A value of length 0.
    Empty,
    /// Blanks only.
    Blank,
    /// Zeros only.
    Zero,
    /// This text.
    Text(Box<str>),
}

/// Which side of a field is filled up to its width.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// Before the value.
    Left,
    /// Behind the value.
    Right,
}

/// What a value is filled up with where nothing is said: texts with blanks behind them in formats of widths (`padded`),
/// numbers with zeros in front everywhere.
#[must_use]
pub fn fill_of_form(form: &Form, size: Size, padded: bool) -> Option<(Side, u8)> {
    match form {
        Form::Text | Form::Ascii | Form::Code(_) | Form::Flag(..)
            if padded && !matches!(size, Size::Range { .. }) =>
        {
            Some((Side::Right, b' '))
        }
        Form::Number | Form::Decimal { .. } | Form::Fen | Form::Yuan | Form::Li => Some((Side::Left, b'0')),
        _ => None,
    }
}

/// One element of a `coded` chain, in the order of writing.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Coding {
    /// A charset by its registered name (`gbk`, `utf8`).
    Charset(Box<str>),
    /// Two figures an octet, upper or lower case.
    Hex {
        /// Upper case.
        upper: bool,
        /// Blanks are skipped when read.
        tolerate_blanks: bool,
    },
    /// Base64, by the usual or the address-safe alphabet.
    Base64 {
        /// The address-safe alphabet.
        url: bool,
        /// Blanks are skipped when read.
        tolerate_blanks: bool,
    },
    /// Percent coding.
    Percent,
    /// Zlib (RFC 1950).
    Zlib,
    /// Gzip (RFC 1952).
    Gzip,
    /// A spreadsheet (Office Open XML) of rows with a tab between cells.
    Sheet,
    /// A cipher.
    Encrypt(Cipher),
}

/// A cipher in a chain; what it takes stands in the program's expressions.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cipher {
    /// The algorithm.
    pub algorithm: CipherName,
    /// Index of the key's expression.
    pub key: u32,
    /// Index of the initial vector's expression.
    pub iv: Option<u32>,
    /// Index of the expression of what is bound to the cipher text without being in it.
    pub associated: Option<u32>,
}

impl Cipher {
    /// What it takes beside its key, in the order of the text: associated data stand behind an initial vector alone.
    pub fn beside(&self) -> impl Iterator<Item = u32> {
        self.iv.into_iter().chain(self.associated)
    }
}

/// An algorithm that is fixed in the text or named by a setting.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CipherName {
    /// Named in the adapter.
    Fixed(Box<str>),
    /// The name that this setting holds.
    Setting(u16),
    /// The name that the member's setting holds: its slot among what a member has.
    Member(u16),
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Outcome::Done(_) => "done",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown => "unknown",
        })
    }
}

/// How long is waited between tries of the same, in milliseconds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Pauses {
    /// The first pause; each is twice the one before it, up to the longest.
    Doubling {
        /// The first.
        every_ms: u64,
        /// The longest.
        to_ms: u64,
    },
    /// Each pause as the party's document gives it; there are as many tries.
    Given(Box<[u64]>),
}

impl Pauses {
    /// The pause before the try that comes behind so many others.
    #[must_use]
    pub fn before(&self, tried: u32) -> u64 {
        match self {
            Self::Doubling { every_ms, to_ms } => {
                every_ms.saturating_mul(1 << tried.min(16)).min(*to_ms.max(every_ms))
            }
            Self::Given(each) => {
                let at = usize::try_from(tried).unwrap_or(usize::MAX);
                each.get(at).or(each.last()).copied().unwrap_or_default()
            }
        }
    }
}
