//! How values, formats and chains of codings stand on the wire.

use super::{ExprId, Usual};
use crate::evaluate::calendar::Pattern;
use crate::model::{Delimited, Load, Prefix, RowRun, Segments, TextCode, Tlv, XmlForm};
use crate::value::{Absent, Charset, Form, Letters, Side, Size, Type, Unit, fill_of_form};

/// A code table, lowered.
#[derive(Clone, Debug)]
pub struct Codes {
    /// Its name.
    pub name: Box<str>,
    /// Means outcomes (else names).
    pub outcomes: bool,
    /// Text (an expression where a setting stands in it), meaning, label.
    pub rows: Vec<(CodeText, crate::model::Meaning, Box<str>)>,
    /// The row for refusals whose reason has no row of its own: `refused other`, else the first that refuses.
    pub refused: Option<usize>,
    /// What any other text means.
    pub other: Option<crate::model::Meaning>,
    /// What a missing one means.
    pub absent: Option<crate::model::Meaning>,
}

/// Text of a code.
#[derive(Clone, PartialEq, Debug)]
pub enum CodeText {
    /// Constant.
    Text(Box<str>),
    /// With settings in it.
    Expression(ExprId),
}

/// A leaf's wire form, lowered ([`crate::model::Wire`] says what each means).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in the model")]
pub struct WireForm {
    pub ty: Type,
    pub form: Form,
    pub size: Size,
    pub unit: Unit,
    pub letters: Letters,
    pub fill: Option<(Side, u8)>,
    pub signed: bool,
    pub absent: Absent,
    /// Index of its chain, if it has one.
    pub chain: Option<u32>,
    pub prefix: Option<Prefix>,
    /// Slot that holds its size.
    pub sized_by: Option<u16>,
    pub ending: Option<Box<str>>,
    pub quoted: bool,
    pub trimmed: bool,
    pub tolerate: Vec<Box<str>>,
    pub unmapped: Option<Box<str>>,
    pub near: Option<ExprId>,
    pub measures: Measures,
}

/// What a wire form says that is asked for at each value: found out once ([`WireForm::measured`]).
#[derive(Clone, Default, Debug)]
pub struct Measures {
    /// Octets that a value takes, where that is known before it is seen.
    pub width: Option<usize>,
    /// Octets that are taken from values of widths: nothing but the width says where it ends.
    pub taken: Option<u32>,
    /// The fewest units of its size.
    pub least: usize,
    /// The most units of its size.
    pub most: usize,
    /// What it is filled up with where values have widths; as said, else as its form demands.
    pub padded: Option<(Side, u8)>,
    /// What it is filled up with elsewhere.
    pub unpadded: Option<(Side, u8)>,
    /// What is taken away of `padded` when it is read: zeros belong to a number.
    pub off_padded: Option<(Side, u8)>,
    /// What is taken away of `unpadded`.
    pub off_unpadded: Option<(Side, u8)>,
    /// A number in figures: zeros in front belong to it.
    pub number: bool,
    /// What is written is made of figures, a point and a sign alone.
    pub figures: bool,
    /// Blanks around a value are tolerated.
    pub blanks: bool,
    /// Half a character at its end is tolerated.
    pub half_character: bool,
    /// Fewer figures behind the point are.
    pub short: bool,
    /// It needs nothing but its octets: no coding, no other field, no expression, one octet a letter of ASCII.
    pub plain: bool,
    /// Its length stands before it or in another field, or something stands behind it that ends it.
    pub told: bool,
    /// The form of a day or time.
    pub calendar: Option<Pattern>,
    /// How it usually stands where values have widths.
    pub usual_padded: Usual,
    /// How it usually stands elsewhere.
    pub usual_unpadded: Usual,
}

impl Measures {
    /// How a value usually stands; `padded`: where values have widths.
    #[must_use]
    #[inline]
    pub const fn usual(&self, padded: bool) -> &Usual {
        if padded { &self.usual_padded } else { &self.usual_unpadded }
    }
}

impl WireForm {
    /// With what is asked for at each value found out; `codes` are the tables of its program.
    #[must_use]
    pub fn measured(mut self, codes: &[Codes]) -> Self {
        let tolerates = |word: &str| self.tolerate.iter().any(|known| &**known == word);
        let fill = |padded| self.fill.or_else(|| fill_of_form(&self.form, self.size, padded));
        let calendar = match &self.form {
            Form::Calendar(_, form) => Some(Pattern::of(form)),
            _ => None,
        };
        let width = self.width(codes, calendar.as_ref());
        let told = self.prefix.is_some() || self.sized_by.is_some() || self.ending.is_some();
        let constant = match &self.form {
            Form::Code(table) => codes.get(usize::from(*table)).is_some_and(|codes| {
                codes.absent.is_none()
                    && codes.rows.iter().all(|(text, ..)| matches!(text, CodeText::Text(_)))
            }),
            _ => true,
        };
        let number =
            matches!(self.form, Form::Number | Form::Decimal { .. } | Form::Fen | Form::Yuan | Form::Li);
        let off = |fill: Option<(Side, u8)>| {
            fill.filter(|(_, with)| self.letters != Letters::Packed && !(*with == b'0' && number))
        };
        let (least, most) = match self.size {
            Size::Fixed(units) => (units as usize, units as usize),
            Size::Range { min, max } => (min as usize, max as usize),
            Size::ByForm => (0, usize::MAX),
        };
        self.measures = Measures {
            width,
            taken: width.filter(|width| !told && *width > 0).and_then(|width| u32::try_from(width).ok()),
            least,
            most,
            padded: fill(true),
            unpadded: fill(false),
            off_padded: off(fill(true)),
            off_unpadded: off(fill(false)),
            number,
            figures: (number
                || self.form == Form::Digits
                || calendar.as_ref().is_some_and(Pattern::is_figures))
                && !matches!(self.absent, Absent::As(_)),
            blanks: tolerates("blanks"),
            half_character: tolerates("half_character"),
            short: self.trimmed || tolerates("short"),
            plain: constant
                && self.chain.is_none()
                && self.near.is_none()
                && matches!(self.letters, Letters::Set(charset) if charset.is_ascii_compatible()),
            told,
            calendar,
            usual_padded: Usual::None,
            usual_unpadded: Usual::None,
        };
        let (padded, unpadded) = (Usual::of(&self, true), Usual::of(&self, false));
        (self.measures.usual_padded, self.measures.usual_unpadded) = (padded, unpadded);
        self
    }

    fn width(&self, codes: &[Codes], calendar: Option<&Pattern>) -> Option<usize> {
        let units = match self.size {
            Size::Fixed(units) => units as usize,
            Size::Range { .. } => return None,
            Size::ByForm => match &self.form {
                Form::Calendar(..) => calendar?.width()?,
                Form::Flag(yes, no) => {
                    let charset = self.letters.charset();
                    charset.width_of(yes)?.max(charset.width_of(no)?)
                }
                Form::Code(table) => codes.get(usize::from(*table))?.width(self.letters.charset())?,
                _ => return None,
            },
        };
        match (self.unit, &self.form, self.letters) {
            (Unit::Digits, Form::Packed { .. }, _) => Some(units / 2 + 1),
            (Unit::Digits, _, Letters::Packed) => Some(units.div_ceil(2)),
            (_, Form::Calendar(..), Letters::Packed) => Some(units.div_ceil(2)),
            (Unit::Bits, ..) => Some(units.div_ceil(8)),
            (Unit::Chars, Form::Text, Letters::Set(charset)) if charset.widest_character() > 1 => None,
            _ => Some(units),
        }
    }
}

impl Codes {
    /// Octets of the longest text.
    fn width(&self, charset: Charset) -> Option<usize> {
        let known = self.rows.iter().filter_map(|(text, ..)| match text {
            CodeText::Text(text) => Some(charset.width_of(text)),
            CodeText::Expression(_) => None,
        });
        known.reduce(|longest, width| Some(longest?.max(width?)))?
    }
}

/// A format, lowered.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the line above each says what its numbers are")]
pub enum FormatForm {
    /// Widths in octets; also `binary`.
    Fixed,
    /// Separated.
    Delimited(Delimited),
    /// XML by a form (boxed template) or plain; SOAP version around (0 none, 11, 12).
    Xml { form: Option<Box<XmlForm>>, soap: u8, charset: Box<str> },
    /// JSON; `lenient`: names may stand without quotes.
    Json { charset: Box<str>, lenient: bool },
    /// Pairs; `headers` of HTTP; the query.
    Form { charset: Box<str> },
    /// Header lines of HTTP.
    Headers,
    /// The path of HTTP (one text).
    Path,
    /// Segment texts and tag=value texts.
    Segments(Box<SegmentsForm>),
    /// TLV.
    Tlv(Tlv),
    /// ISO 8583: how prefixes are written, the bitmap, and each bit that may come with the wire form that tells its
    /// length (bit 0 is the MTI; a nested format has a `bytes` form). A wire form's charset `bcd` means two figures an
    /// octet, `ebcdic` EBCDIC; the code says nothing of a field by itself.
    Iso8583 { code: TextCode, bitmap_hex: bool, fields: Vec<(u16, u32)> },
    /// Zip.
    Zip {
        /// What its entries are under.
        password: Option<ExprId>,
        /// Entries that are under no password are read too.
        plain: bool,
    },
}

/// A segment text or tag=value text, lowered. Its nodes are named by line, by place in figures, by tag.
#[derive(Clone, PartialEq, Debug)]
pub struct SegmentsForm {
    /// The signs; `after` and `before` are names of the wire.
    pub form: Segments,
    /// Charset of the text.
    pub charset: Box<str>,
    /// Names of lines that the message knows, each with its last place; or its tags.
    pub lines: Vec<(Box<str>, u16)>,
    /// Tags that say how long another tag's value is.
    pub sized: Vec<(Box<str>, Box<str>)>,
}

/// A chain, lowered: where the condition does not hold, `otherwise`. In codings, key and iv are [`ExprId`]s.
#[derive(Clone, PartialEq, Debug)]
pub struct ChainForm {
    /// Condition; none: always `first`.
    pub condition: Option<ExprId>,
    /// Codings in the order of writing.
    pub first: Vec<crate::value::Coding>,
    /// The other chain.
    pub otherwise: Vec<crate::value::Coding>,
}

/// Rows of a list on the wire.
#[derive(Clone, Debug)]
pub struct WireList {
    /// Slot of the list, in the message or in the row around it.
    pub slot: u16,
    /// Level of that slot.
    pub level: u8,
    /// Slots of a row.
    pub stride: u16,
    /// Fewest rows.
    pub min: u32,
    /// Most rows.
    pub max: u32,
    /// Slot that holds the number of rows, read before (same level as `slot`).
    pub counted_by: Option<u16>,
    /// Until the end of what is around.
    pub until_end: bool,
    /// JSON: one item stands as itself.
    pub alone: bool,
    /// An item that cannot be read keeps what was read of it.
    pub tolerant: bool,
    /// Each row is a line.
    pub of_line: bool,
    /// Single lines that follow the rows: they are none of them.
    pub lines_behind: u16,
    /// Among lines or tags: what begins a row, and what belongs to it.
    pub run: Option<RowRun>,
    /// In a zip: the pattern of its entries' names.
    pub pattern: Option<Box<str>>,
    /// Cold entry.
    pub cold: u32,
}

/// Named groups in one repeated place.
#[derive(Clone, Debug)]
pub struct SeveralForm {
    /// Among tags: what begins an item, and what belongs to it.
    pub run: Option<RowRun>,
    /// Of each group the texts by which it is known.
    pub groups: Vec<Vec<ToldBy>>,
}

/// A text that is always the same in a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldBy {
    /// Names on the way to it.
    pub path: Vec<Box<str>>,
    /// The text.
    pub text: Box<str>,
}

/// A signature field.
#[derive(Clone, Debug)]
pub struct SignatureForm {
    /// Algorithm name, or the setting that names it.
    pub algorithm: crate::value::CipherName,
    /// Key.
    pub key: Load,
    /// What is covered.
    pub covered: ExprId,
    /// How the signature's octets become text: `hex`, `hex_upper`, `base64`, `base64url`, `raw`.
    pub text: Box<str>,
    /// SM2's user.
    pub user: Option<ExprId>,
}
