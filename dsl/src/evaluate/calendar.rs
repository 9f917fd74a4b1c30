//! Days and times as text, by the letters `y M d H m s S` of a form; everything else in a form stands for itself.
//!
//! In: a form and octets, or a moment. Out: a value, or octets appended to a buffer. Two and more letters are that
//! many figures with zeros in front; a single letter is one or two figures without. `yy` is the year within its
//! century. `[ ]` encloses what may be missing when read. It must not know clocks: what a form leaves out is taken
//! nearest to a moment that is handed in.

use super::{Fault, Value};
use crate::value::{Calendar, Date, DateTime, Time};

/// The bank's zone, seconds east of Greenwich (China has one zone and no summer time).
pub const ZONE_SECONDS: i64 = 8 * 3_600;

/// Seconds since 1970 in Greenwich of a moment in the bank's zone.
#[must_use]
pub fn epoch(moment: DateTime) -> i64 {
    let first = Date::constant(1970, 1, 1).to_datetime(Time::midnight());
    moment.duration_since(first).as_secs() - ZONE_SECONDS
}

/// What was found by a form.
#[derive(Clone, Copy, Default)]
struct Parts {
    year: Option<i64>,
    short_year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    nanosecond: Option<i64>,
}

/// One piece of a form.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    /// A letter, so many times.
    Letters(u8, usize),
    /// Stands for itself.
    Literal(Box<str>),
    /// What follows may be missing: then reading goes on behind this piece.
    Open(usize),
    /// It ends.
    Close,
}

/// Forms of figures alone that most parties use: they are read and written as one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Usual {
    /// `yyyyMMdd`
    Day,
    /// `yyyyMM`
    Month,
    /// `HHmmss`
    Clock,
}

impl Usual {
    fn of(form: &str) -> Option<Self> {
        Some(match form {
            "yyyyMMdd" => Self::Day,
            "yyyyMM" => Self::Month,
            "HHmmss" => Self::Clock,
            _ => return None,
        })
    }

    fn read(self, kind: Calendar, octets: &[u8]) -> Option<Value<'static>> {
        let width = if self == Self::Day { 8 } else { 6 };
        let all = few_figures(octets).filter(|_| octets.len() == width)?;
        let (first, second, third) = (all / 10_000, all / 100 % 100, all % 100);
        match (self, kind) {
            (Self::Day, Calendar::Date) => date_of(first, second, third).map(Value::Date),
            (Self::Month, Calendar::Month) => date_of(all / 100, third, 1).map(Value::Date),
            (Self::Clock, Calendar::Time) => time_of(first, second, third, None).ok().map(Value::Time),
            _ => None,
        }
    }
}

/// A form, taken apart once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pattern {
    pieces: Box<[Piece]>,
    usual: Option<Usual>,
}

impl Pattern {
    /// Takes a form apart.
    #[must_use]
    pub fn of(form: &str) -> Self {
        let mut pieces = Vec::new();
        let mut open = Vec::new();
        let mut rest = form;
        while let Some(&first) = rest.as_bytes().first() {
            let length = match first {
                b'y' | b'M' | b'd' | b'H' | b'm' | b's' | b'S' => {
                    let count = rest.bytes().take_while(|&octet| octet == first).count();
                    pieces.push(Piece::Letters(first, count));
                    count
                }
                b'[' => {
                    open.push(pieces.len());
                    pieces.push(Piece::Open(usize::MAX));
                    1
                }
                b']' => {
                    let end = pieces.len();
                    if let Some(Piece::Open(to)) = open.pop().and_then(|begun| pieces.get_mut(begun)) {
                        *to = end;
                    }
                    pieces.push(Piece::Close);
                    1
                }
                _ => {
                    let end = rest.find(['y', 'M', 'd', 'H', 'm', 's', 'S', '[', ']']).unwrap_or(rest.len());
                    pieces.push(Piece::Literal(rest.get(..end).unwrap_or_default().into()));
                    end
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        Self { pieces: pieces.into(), usual: Usual::of(form) }
    }

    /// Octets that it takes when written; `None` if that depends on the value (single letters).
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        let widths = self.pieces.iter().map(|piece| match piece {
            Piece::Letters(_, 1) => None,
            Piece::Letters(_, count) => Some(*count),
            Piece::Literal(text) => Some(text.len()),
            Piece::Open(_) | Piece::Close => Some(0),
        });
        widths.sum()
    }

    /// Reads a value; what the form leaves out is chosen so that the value is nearest to `near`. Without `near`, a short
    /// year is of this century, other missing parts are faults.
    ///
    /// # Errors
    /// [`Fault::NotCalendar`] where the octets are not of the form or no such day or time exists.
    pub fn read(
        &self,
        kind: Calendar,
        octets: &[u8],
        near: Option<DateTime>,
    ) -> Result<Value<'static>, Fault> {
        if let Some(value) = self.usual.and_then(|usual| usual.read(kind, octets)) {
            return Ok(value);
        }
        let parts = self.split(octets)?;
        let time = || {
            time_of(
                parts.hour.unwrap_or(0),
                parts.minute.unwrap_or(0),
                parts.second.unwrap_or(0),
                parts.nanosecond,
            )
        };
        match kind {
            Calendar::Time => Ok(Value::Time(time()?)),
            // What the form says of the time of day has to be one, though nobody asks for it.
            Calendar::Date => time().and_then(|_| Ok(Value::Date(day_of(&parts, near)?))),
            Calendar::DateTime => Ok(Value::DateTime(day_of(&parts, near)?.to_datetime(time()?))),
            Calendar::Month => {
                let first = Parts { day: Some(1), ..parts };
                time().and_then(|_| Ok(Value::Date(day_of(&first, near)?)))
            }
        }
    }

    /// Appends a moment; a day is its midnight, a time stands on any day ([`moment`]).
    ///
    /// # Errors
    /// [`Fault::Overflow`] for a year that has not four figures.
    pub fn write(&self, moment: DateTime, out: &mut Vec<u8>) -> Result<(), Fault> {
        for piece in &self.pieces {
            match piece {
                Piece::Letters(letter, count) => write_part(*letter, *count, moment, out)?,
                Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Open(_) | Piece::Close => {}
            }
        }
        Ok(())
    }

    /// Whether it is one of the usual forms of figures alone.
    #[must_use]
    #[inline]
    pub fn is_figures(&self) -> bool {
        self.usual.is_some()
    }

    /// Appends a day that is packed as the number `yyyyMMdd`, if the form is made of its figures alone; else nothing.
    #[inline]
    pub fn write_day(&self, packed: u64, out: &mut Vec<u8>) -> bool {
        let (number, width) = match self.usual {
            Some(Usual::Day) => (packed, 8),
            Some(Usual::Month) => (packed / 100, 6),
            _ => return false,
        };
        super::number::write_figures(number.into(), width, out);
        true
    }

    /// Appends the time of day so many seconds after midnight, if the form is made of its figures alone; else nothing.
    #[inline]
    pub fn write_clock(&self, seconds: u64, out: &mut Vec<u8>) -> bool {
        if self.usual != Some(Usual::Clock) {
            return false;
        }
        let clock = seconds / 3_600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60;
        super::number::write_figures(clock.into(), 6, out);
        true
    }

    fn split(&self, octets: &[u8]) -> Result<Parts, Fault> {
        let (mut parts, mut left, mut at) = (Parts::default(), octets, 0);
        while let Some(piece) = self.pieces.get(at) {
            at += 1;
            match piece {
                Piece::Literal(text) => {
                    left = left.strip_prefix(text.as_bytes()).ok_or(Fault::NotCalendar)?;
                }
                Piece::Open(behind) if left.is_empty() => at = behind.saturating_add(1),
                Piece::Open(_) | Piece::Close => {}
                Piece::Letters(letter, count) => {
                    let take = match count {
                        1 => left.iter().take(2).take_while(|octet| octet.is_ascii_digit()).count(),
                        count => *count,
                    };
                    let (mine, others) = left.split_at_checked(take).ok_or(Fault::NotCalendar)?;
                    put(&mut parts, *letter, *count, few_figures(mine).ok_or(Fault::NotCalendar)?)?;
                    left = others;
                }
            }
        }
        if left.is_empty() { Ok(parts) } else { Err(Fault::NotCalendar) }
    }
}

/// A day in the figures `yyyyMMdd`, packed as that number; none if there is no such day.
#[must_use]
#[inline]
pub fn packed_day(octets: &[u8]) -> Option<u64> {
    let packed = super::number::word(octets).filter(|_| octets.len() == 8)?;
    let (year, month, day) = (packed / 10_000, packed / 100 % 100, packed % 100);
    let most = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=most).contains(&day).then_some(packed)
}

/// The first day of a month in the figures `yyyyMM`, packed as the number `yyyyMMdd`; none if there is no such month.
#[must_use]
#[inline]
pub fn packed_month(octets: &[u8]) -> Option<u64> {
    let packed = super::number::word(octets).filter(|_| octets.len() == 6)?;
    (1..=12).contains(&(packed % 100)).then_some(packed * 100 + 1)
}

/// A time of day in the figures `HHmmss`, in seconds after midnight; none if there is no such time.
#[must_use]
#[inline]
pub fn seconds(octets: &[u8]) -> Option<u64> {
    let packed = super::number::word(octets).filter(|_| octets.len() == 6)?;
    let (hour, minute, second) = (packed / 10_000, packed / 100 % 100, packed % 100);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// Whether a form leaves out what its type needs, so that a moment to be near to is needed.
#[must_use]
pub fn leaves_out(kind: Calendar, form: &str) -> bool {
    let whole = form.contains("yyyy");
    match kind {
        Calendar::Time => false,
        Calendar::Month => !(whole && form.contains('M')),
        Calendar::Date | Calendar::DateTime => !(whole && form.contains('M') && form.contains('d')),
    }
}

/// Reads a value by a form that is seen once; see [`Pattern::read`].
///
/// # Errors
/// As [`Pattern::read`].
pub fn read(
    kind: Calendar,
    form: &str,
    octets: &[u8],
    near: Option<DateTime>,
) -> Result<Value<'static>, Fault> {
    Pattern::of(form).read(kind, octets, near)
}

/// Appends a moment by a form that is seen once; see [`Pattern::write`].
///
/// # Errors
/// As [`Pattern::write`].
pub fn write(form: &str, moment: DateTime, out: &mut Vec<u8>) -> Result<(), Fault> {
    Pattern::of(form).write(moment, out)
}

/// The moment that a value is written from; `None` if it is no day, time or moment.
#[must_use]
#[inline]
pub fn moment(value: &Value<'_>) -> Option<DateTime> {
    match value {
        Value::Date(date) => Some(date.to_datetime(Time::midnight())),
        Value::Time(time) => Some(Date::constant(2000, 1, 1).to_datetime(*time)),
        Value::DateTime(moment) => Some(*moment),
        _ => None,
    }
}

fn write_part(letter: u8, count: usize, moment: DateTime, out: &mut Vec<u8>) -> Result<(), Fault> {
    let year = u32::try_from(moment.year()).map_err(|_| Fault::Overflow)?;
    if letter == b'S' {
        let nanoseconds = u32::try_from(moment.subsec_nanosecond()).unwrap_or(0);
        let mut figures = Vec::with_capacity(9);
        super::number::write_figures(u128::from(nanoseconds), 9, &mut figures);
        figures.resize(count.max(1), b'0');
        out.extend_from_slice(&figures);
        return Ok(());
    }
    let small = |value: i8| u32::try_from(value).unwrap_or(0);
    let value = match letter {
        b'y' if count == 2 => year % 100,
        b'y' => year,
        b'M' => small(moment.month()),
        b'd' => small(moment.day()),
        b'H' => small(moment.hour()),
        b'm' => small(moment.minute()),
        _ => small(moment.second()),
    };
    super::number::write_figures(u128::from(value), count, out);
    Ok(())
}

/// Up to nine figures.
#[inline]
fn few_figures(octets: &[u8]) -> Option<i64> {
    if !(1..=9).contains(&octets.len()) {
        return None;
    }
    super::number::word(octets).and_then(|figures| i64::try_from(figures).ok())
}

fn put(parts: &mut Parts, letter: u8, count: usize, value: i64) -> Result<(), Fault> {
    let place = match letter {
        b'y' if count == 2 => &mut parts.short_year,
        b'y' => &mut parts.year,
        b'M' => &mut parts.month,
        b'd' => &mut parts.day,
        b'H' => &mut parts.hour,
        b'm' => &mut parts.minute,
        b's' => &mut parts.second,
        _ => {
            let power =
                9_u32.checked_sub(u32::try_from(count).unwrap_or(u32::MAX)).ok_or(Fault::NotCalendar)?;
            parts.nanosecond = Some(value * 10_i64.pow(power));
            return Ok(());
        }
    };
    match place {
        Some(before) if *before != value => Err(Fault::NotCalendar),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

#[inline]
fn time_of(hour: i64, minute: i64, second: i64, nanosecond: Option<i64>) -> Result<Time, Fault> {
    let small = |value: i64| i8::try_from(value).map_err(|_| Fault::NotCalendar);
    let nanosecond = i32::try_from(nanosecond.unwrap_or(0)).map_err(|_| Fault::NotCalendar)?;
    Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond).map_err(|_| Fault::NotCalendar)
}

#[inline]
fn date_of(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The day of the parts; nearest to `near`, at their time of day, in what is left out.
fn day_of(parts: &Parts, near: Option<DateTime>) -> Result<Date, Fault> {
    let full_year = match (parts.year, parts.short_year, near) {
        (Some(year), Some(short), _) if year.rem_euclid(100) != short => return Err(Fault::NotCalendar),
        (Some(year), _, _) => Some(year),
        (None, Some(short), None) => Some(2_000 + short),
        (None, _, _) => None,
    };
    match (full_year, parts.month, parts.day) {
        (Some(year), Some(month), Some(day)) => date_of(year, month, day).ok_or(Fault::NotCalendar),
        _ => nearest(parts, full_year, near.ok_or(Fault::NotCalendar)?),
    }
}

fn nearest(parts: &Parts, full_year: Option<i64>, near: DateTime) -> Result<Date, Fault> {
    let time = time_of(
        parts.hour.unwrap_or(0),
        parts.minute.unwrap_or(0),
        parts.second.unwrap_or(0),
        parts.nanosecond,
    )?;
    let years: Vec<i64> = match (full_year, parts.short_year) {
        (Some(year), _) => vec![year],
        (None, Some(short)) => {
            let century = i64::from(near.year()).div_euclid(100) * 100 + short;
            vec![century - 100, century, century + 100]
        }
        (None, None) => (-1..=1).map(|step| i64::from(near.year()) + step).collect(),
    };
    let months: Vec<i64> = parts.month.map_or_else(|| (1..=12).collect(), |month| vec![month]);
    let days: Vec<i64> = parts.day.map_or_else(|| (1..=31).collect(), |day| vec![day]);
    let mut best: Option<(u128, Date)> = None;
    for &year in &years {
        for &month in &months {
            for &day in &days {
                let Some(date) = date_of(year, month, day) else { continue };
                let distance = date.to_datetime(time).duration_since(near).as_nanos().unsigned_abs();
                if best.is_none_or(|(least, _)| distance < least) {
                    best = Some((distance, date));
                }
            }
        }
    }
    best.map(|(_, found)| found).ok_or(Fault::NotCalendar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn packed_figures_are_what_their_forms_read(figures in prop_oneof!["[0-9]{4,9}", "(19|20)[0-9]{2}[01][0-9][0-3][0-9]", "[0-9x]{6}"]) {
            let octets = figures.as_bytes();
            let number = |date: Date| {
                date.year() as u64 * 10_000 + date.month() as u64 * 100 + date.day() as u64
            };
            let day = |form, kind| match read(kind, form, octets, None) {
                Ok(Value::Date(date)) => Some(number(date)),
                _ => None,
            };
            prop_assert_eq!(packed_day(octets), day("yyyyMMdd", Calendar::Date));
            prop_assert_eq!(packed_month(octets), day("yyyyMM", Calendar::Month));
            let clock = match read(Calendar::Time, "HHmmss", octets, None) {
                Ok(Value::Time(time)) => Some(time.hour() as u64 * 3_600 + time.minute() as u64 * 60 + time.second() as u64),
                _ => None,
            };
            prop_assert_eq!(seconds(octets), clock);
        }
    }

    #[test]
    fn forms_of_the_parties() {
        let moment = at("2026-11-23T13:05:09.120");
        for (form, text) in [
            ("yyyyMMdd", "20261123"),
            ("HHmmss", "130509"),
            ("yyyy-MM-dd HH:mm:ss", "2026-11-23 13:05:09"),
            ("yyyyMMddHHmmssSSS", "20261123130509120"),
            ("yyMMdd", "261123"),
            ("yyyy年M月d日", "2026年11月23日"),
        ] {
            let mut out = Vec::new();
            write(form, moment, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        assert_eq!(read(Calendar::Date, "yyyyMMdd", b"20260230", None), Err(Fault::NotCalendar));
        assert_eq!(read(Calendar::Date, "yyyyMMdd", b"2026022", None), Err(Fault::NotCalendar));
        assert_eq!(read(Calendar::Time, "HHmmss", b"240000", None), Err(Fault::NotCalendar));
        let month = Value::Date(Date::constant(2026, 9, 1));
        assert_eq!(read(Calendar::Month, "yyyyMM", b"202609", None), Ok(month));
    }

    #[test]
    fn packed_days_and_times_are_written_by_forms_of_figures_alone() {
        let written = |form: &str, day: bool| {
            let (form, mut out) = (Pattern::of(form), Vec::new());
            let done =
                if day { form.write_day(20_261_123, &mut out) } else { form.write_clock(47_109, &mut out) };
            done.then(|| String::from_utf8(out).unwrap())
        };
        assert_eq!(written("yyyyMMdd", true).as_deref(), Some("20261123"));
        assert_eq!(written("yyyyMM", true).as_deref(), Some("202611"));
        assert_eq!(written("HHmmss", false).as_deref(), Some("130509"));
        assert_eq!((written("yyyy-MM-dd", true), written("yyyyMMdd", false)), (None, None));
    }

    #[test]
    fn what_is_left_out_is_nearest() {
        let near = Some(at("2026-01-01T00:10:00"));
        let read = |form: &str, text: &str| read(Calendar::DateTime, form, text.as_bytes(), near).unwrap();
        assert_eq!(read("MMddHHmmss", "1231235900"), Value::DateTime(at("2025-12-31T23:59:00")));
        assert_eq!(read("MMddHHmmss", "0101001000"), Value::DateTime(at("2026-01-01T00:10:00")));
        assert_eq!(read("yyMMddHHmmss", "990101000000"), Value::DateTime(at("1999-01-01T00:00:00")));
        assert_eq!(read("HHmmss", "235900"), Value::DateTime(at("2025-12-31T23:59:00")));
    }

    #[test]
    fn brackets_may_be_missing() {
        let whole = read(Calendar::DateTime, "yyyyMMdd[HHmmss]", b"20261123130509", None);
        assert_eq!(whole, Ok(Value::DateTime(at("2026-11-23T13:05:09"))));
        let short = read(Calendar::DateTime, "yyyyMMdd[HHmmss]", b"20261123", None);
        assert_eq!(short, Ok(Value::DateTime(at("2026-11-23T00:00:00"))));
    }

    proptest! {
        #[test]
        fn moments_round_trip(days in 0_i64..200_000, second in 0_i64..86_400) {
            let day = Date::constant(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let time = time_of(second / 3_600, second / 60 % 60, second % 60, None).unwrap();
            let moment = day.to_datetime(time);
            let mut out = Vec::new();
            write("yyyy-MM-dd HH:mm:ss", moment, &mut out).unwrap();
            prop_assert_eq!(read(Calendar::DateTime, "yyyy-MM-dd HH:mm:ss", &out, None), Ok(Value::DateTime(moment)));
        }

        #[test]
        fn nothing_panics(form in "[yMdHmsS\\[\\]年: -]{0,20}", octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = read(Calendar::DateTime, &form, &octets, Some(at("2026-01-01T00:10:00")));
            let _ = write(&form, at("2026-01-01T00:10:00"), &mut Vec::new());
        }
    }
}
