//! Usual wire forms: what nearly every field of nearly every party is, said in a few octets.
//!
//! In: a wire form. Out: how its usual values are read and written by their octets alone. A usual form says less than the wire form:
//! whoever finds a value that does not stand as it says knows nothing of that value, and looks at the wire form.

use super::WireForm;
use crate::value::{Absent, Calendar, Charset, Form, Letters, Side, Size, Type, Unit};

/// How usual values of a wire form stand. Lengths are in octets, those of texts in units of the wire form's size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Usual {
    /// It is not one of the usual forms.
    #[default]
    None,
    /// Figures that are no number.
    Figures {
        /// The fewest.
        least: u32,
        /// The most.
        most: u32,
    },
    /// Text, or letters and signs of ASCII alone.
    Text {
        /// Its charset, which has ASCII.
        charset: Charset,
        /// ASCII that can be printed alone.
        printable: bool,
        /// What is read may have fewer units.
        lax: bool,
        /// It is filled with blanks behind it up to the most.
        filled: bool,
        /// The fewest units.
        least: u32,
        /// The most units.
        most: u32,
    },
    /// A whole number without a sign.
    Whole {
        /// Figures that it has at least when written.
        zeros: u8,
        /// It counts fen: an amount with two decimals.
        fen: bool,
        /// The most figures.
        most: u8,
        /// The largest.
        max: u64,
    },
    /// A number without a sign, with a point and all its figures behind it.
    Point {
        /// Figures behind the point.
        scale: u8,
        /// Octets that it has at least when written.
        zeros: u8,
        /// The most octets that are read.
        most: u32,
        /// The most octets that are written.
        written: u32,
    },
    /// A day, `yyyyMMdd`.
    Day,
    /// A month, `yyyyMM`.
    Month,
    /// A time of day, `HHmmss`.
    Clock,
    /// Yes or no by one octet of ASCII each.
    Flag {
        /// The octet of yes.
        yes: u8,
        /// The octet of no.
        no: u8,
    },
}

/// Most figures of a usual number.
const FIGURES: usize = 16;

impl Usual {
    /// Of a wire form whose measures are known otherwise; `padded`: where values have widths.
    pub(super) fn of(form: &WireForm, padded: bool) -> Self {
        let measures = &form.measures;
        let Letters::Set(charset) = form.letters else { return Self::None };
        if !measures.plain || measures.blanks || matches!(form.absent, Absent::As(_)) {
            return Self::None;
        }
        let fill = if padded { measures.padded } else { measures.unpadded };
        let few = |units: usize| u32::try_from(units).unwrap_or(u32::MAX);
        let (least, most) = (few(measures.least), few(measures.most));
        let fixed = matches!(form.size, Size::Fixed(_));
        // As wide as the form itself says, and counted by what it is made of.
        let own = |width: u32| {
            form.size == Size::ByForm || (form.size == Size::Fixed(width) && form.unit != Unit::Bits)
        };
        match &form.form {
            Form::Digits if fill.is_none() && form.fill.is_none() => Self::Figures { least, most },
            Form::Text | Form::Ascii => {
                let filled = match fill {
                    None => false,
                    Some((Side::Right, b' ')) if fixed => true,
                    Some(_) => return Self::None,
                };
                let printable = form.form == Form::Ascii;
                // Its units are octets where it holds ASCII alone.
                let lax = if printable { filled } else { measures.padded.is_some() && fixed };
                Self::Text { charset, printable, lax, filled, least, most }
            }
            Form::Number | Form::Fen => {
                let max = match form.ty {
                    Type::Number { min, max } if form.form == Form::Number => {
                        if min > 0 || max < 0 {
                            return Self::None;
                        }
                        u64::try_from(max).unwrap_or(u64::MAX)
                    }
                    Type::Money { .. } | Type::Decimal { .. } if form.form == Form::Number => {
                        return Self::None;
                    }
                    _ => u64::MAX,
                };
                let Some(zeros) = Self::zeros(form, fill) else { return Self::None };
                let most = u8::try_from(measures.most.min(FIGURES)).unwrap_or(0);
                Self::Whole { zeros, fen: form.form == Form::Fen, most, max }
            }
            Form::Yuan | Form::Decimal { .. } => {
                let scale = if let Form::Decimal { scale } = form.form { scale } else { 2 };
                let Some(zeros) = Self::zeros(form, fill) else { return Self::None };
                let Some(scale) = u8::try_from(scale).ok().filter(|scale| (1..=9).contains(scale)) else {
                    return Self::None;
                };
                let digits = form.unit == Unit::Digits;
                let over = |is: bool| if is { most.saturating_add(2) } else { most };
                Self::Point { scale, zeros, most: over(digits), written: over(digits && !padded) }
            }
            Form::Calendar(kind, letters) if fill.is_none() => match (kind, &**letters) {
                (Calendar::Date, "yyyyMMdd") if own(8) => Self::Day,
                (Calendar::Month, "yyyyMM") if own(6) => Self::Month,
                (Calendar::Time, "HHmmss") if own(6) => Self::Clock,
                _ => Self::None,
            },
            Form::Flag(yes, no) if own(1) && form.fill.is_none() => {
                match (yes.as_bytes(), no.as_bytes()) {
                    // What is filled up with blanks would be nothing without them.
                    ([yes], [no]) if yes != no && *yes != b' ' && *no != b' ' => {
                        Self::Flag { yes: *yes, no: *no }
                    }
                    _ => Self::None,
                }
            }
            _ => Self::None,
        }
    }

    /// Octets that a number has at least when written; none: it is filled up with something else than zeros.
    fn zeros(form: &WireForm, fill: Option<(Side, u8)>) -> Option<u8> {
        if form.trimmed || !matches!(fill, None | Some((Side::Left, b'0'))) {
            return None;
        }
        let room = match (form.size, &form.form) {
            _ if fill.is_none() => 0,
            (Size::Fixed(units), _) => units,
            (Size::Range { min, .. }, Form::Number | Form::Fen) if form.unit == Unit::Digits => min,
            _ => 0,
        };
        u8::try_from(room).ok().filter(|room| usize::from(*room) <= FIGURES)
    }
}
