//! Figures: exact reading and writing of whole numbers, decimals and amounts as octets of ASCII.
//!
//! In: octets without filling, or values. Out: values, or octets appended to a buffer. No rounding ever happens
//! here: what does not fit exactly is a fault. The codec uses these for its forms, the evaluator for `number`.

use super::Fault;
use crate::value::Decimal;

/// Most figures that a whole number may have.
pub const MOST_FIGURES: usize = 38;
/// Most figures of a decimal (96 bits).
const MOST_DECIMAL_FIGURES: u32 = 28;

/// Figures alone, up to 18 of them in one machine word, else up to [`MOST_FIGURES`].
///
/// # Errors
/// [`Fault::NotNumber`] for anything but figures, or nothing; [`Fault::Overflow`] for more than can be held.
#[inline]
pub fn figures(octets: &[u8]) -> Result<i128, Fault> {
    if octets.is_empty() {
        return Err(Fault::NotNumber);
    }
    if octets.len() <= 18 {
        return word(octets).map(i128::from).ok_or(Fault::NotNumber);
    }
    let mut sum: i128 = 0;
    for &octet in octets {
        let figure = octet.wrapping_sub(b'0');
        if figure > 9 {
            return Err(Fault::NotNumber);
        }
        sum =
            sum.checked_mul(10).and_then(|sum| sum.checked_add(i128::from(figure))).ok_or(Fault::Overflow)?;
    }
    Ok(sum)
}

/// Whether all octets are figures: eight are looked at at once.
#[must_use]
#[inline]
pub fn are_figures(octets: &[u8]) -> bool {
    // What is left over behind words is looked at together with what stands before it.
    match (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        (Some(first), Some(last)) if octets.len() <= 16 => {
            are_eight(u64::from_le_bytes(*first)) && are_eight(u64::from_le_bytes(*last))
        }
        (Some(_), Some(last)) => {
            let (eights, _) = octets.as_chunks::<8>();
            let whole = eights.iter().all(|eight| are_eight(u64::from_le_bytes(*eight)));
            whole && are_eight(u64::from_le_bytes(*last))
        }
        _ => few(octets).is_some_and(are_eight),
    }
}

/// Up to 18 figures, of which none are nought; none if they are not.
#[must_use]
#[inline]
pub fn word(octets: &[u8]) -> Option<u64> {
    match (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        (Some(first), Some(last)) if octets.len() <= 16 => {
            let low = eight_figures(u64::from_le_bytes(*last))?;
            // So many figures stand before the last eight; those that belong to these are pushed out.
            let before = octets.len() - 8;
            if before == 0 {
                return Some(low);
            }
            let shift = 64 - 8 * before;
            let high = u64::from_le_bytes(*first) << shift | ZEROS & !(u64::MAX << shift);
            Some(eight_figures(high)? * 100_000_000 + low)
        }
        (Some(_), Some(_)) => {
            let (front, back) =
                octets.split_at_checked(octets.len() - 16).filter(|(front, _)| front.len() <= 2)?;
            Some(word(front)? * 10_000_000_000_000_000 + word(back)?)
        }
        _ => few(octets).and_then(eight_figures),
    }
}

/// Fewer than eight octets as the last of a word, behind zeros.
#[inline]
fn few(octets: &[u8]) -> Option<u64> {
    let missing = 8_usize.checked_sub(octets.len())?;
    let zeros = |missing: usize| if missing == 8 { ZEROS } else { ZEROS & !(u64::MAX << (8 * missing)) };
    match (octets.first_chunk::<4>(), octets.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            Some(u64::from(first) << (8 * missing) | u64::from(last) << 32 | zeros(missing))
        }
        _ => {
            let put = |word: u64, octet: &u8| word >> 8 | u64::from(*octet) << 56;
            Some(octets.iter().fold(ZEROS, put))
        }
    }
}

const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
const ZEROS: u64 = 0x3030_3030_3030_3030;
const SIXES: u64 = 0x0606_0606_0606_0606;

/// Whether the eight octets of a word are figures: `0` to `9` begin with 3 and still do when six is added.
#[inline]
const fn are_eight(word: u64) -> bool {
    word & HIGH == ZEROS && word.wrapping_add(SIXES) & HIGH == ZEROS
}

/// Eight figures in one machine word: neighbours are joined by twos, fours, eights.
#[inline]
const fn eight_figures(word: u64) -> Option<u64> {
    if !are_eight(word) {
        return None;
    }
    // No part of the word reaches into the next.
    let ones = word & !HIGH;
    let twos = ones.wrapping_mul(10).wrapping_add(ones >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = twos.wrapping_mul(100).wrapping_add(twos >> 16) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF)
}

/// A whole number; `signed` allows `-` or `+` in front.
///
/// # Errors
/// As [`figures`].
#[inline]
pub fn whole(octets: &[u8], signed: bool) -> Result<i128, Fault> {
    match octets.split_first() {
        Some((b'-', rest)) if signed => Ok(-figures(rest)?),
        Some((b'+', rest)) if signed => figures(rest),
        _ => figures(octets),
    }
}

/// A decimal with a point and exactly `scale` figures behind it (none and no point for scale 0); `short` takes fewer.
///
/// # Errors
/// [`Fault::NotNumber`] for another form (also `.5`, `5.`, `1e3`), [`Fault::Overflow`] beyond 28 figures.
pub fn decimal(octets: &[u8], scale: u32, signed: bool, short: bool) -> Result<Decimal, Fault> {
    scaled(fixed_point(octets, scale, signed, short)?, scale)
}

/// The figures of such a decimal: how many units of `10^-scale` it is.
///
/// # Errors
/// As [`decimal`].
#[inline]
pub fn fixed_point(octets: &[u8], scale: u32, signed: bool, short: bool) -> Result<i128, Fault> {
    let (negative, plain) = match octets.split_first() {
        Some((b'-', rest)) if signed => (true, rest),
        Some((b'+', rest)) if signed => (false, rest),
        _ => (false, octets),
    };
    if let Some(units) = few_units(plain, scale) {
        return Ok(if negative { -i128::from(units) } else { units.into() });
    }
    let mut halves = plain.splitn(2, |&octet| octet == b'.');
    let before = halves.next().unwrap_or_default();
    let behind = halves.next();
    let given = match behind {
        Some([]) => return Err(Fault::NotNumber),
        Some(some) => u32::try_from(some.len()).map_err(|_| Fault::Overflow)?,
        None => 0,
    };
    if given > scale || (given < scale && !short) {
        return Err(Fault::NotNumber);
    }
    let (whole, part) = (figures(before)?, behind.map_or(Ok(0), figures)?);
    let shift = |number: i128, by: u32| 10_i128.checked_pow(by).and_then(|power| number.checked_mul(power));
    let units = shift(whole, given).and_then(|units| shift(units.checked_add(part)?, scale - given));
    let units = units.filter(|units| *units < 1 << 96).ok_or(Fault::Overflow)?;
    Ok(if negative { -units } else { units })
}

/// The units of a decimal with all figures behind the point, where they and those before it fit a machine word.
#[must_use]
#[inline]
pub fn few_units(octets: &[u8], scale: u32) -> Option<u64> {
    let scale = scale as usize;
    let power = POWERS.get(scale).filter(|_| octets.len() <= 18)?;
    let (whole, part) = octets.split_at_checked(octets.len().checked_sub(scale + 1)?)?;
    let part = part.strip_prefix(b".").filter(|part| !part.is_empty() && !whole.is_empty())?;
    Some(word(whole)? * power + word(part)?)
}

/// Of ten, as far as needed.
const POWERS: [u64; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// So many units of `10^-scale`: `scaled(12345, 2)` is 123.45.
///
/// # Errors
/// [`Fault::Overflow`] beyond 28 figures.
pub fn scaled(units: i128, scale: u32) -> Result<Decimal, Fault> {
    Decimal::try_from_i128_with_scale(units, scale).map_err(|_| Fault::Overflow)
}

/// An amount from whole fen.
///
/// # Errors
/// [`Fault::Overflow`] beyond 28 figures.
pub fn yuan_of_fen(fen: i128) -> Result<Decimal, Fault> {
    scaled(fen, 2)
}

/// An amount from whole li, which must make whole fen.
///
/// # Errors
/// [`Fault::NotNumber`] for a broken fen, [`Fault::Overflow`] beyond 28 figures.
pub fn yuan_of_li(li: i128) -> Result<Decimal, Fault> {
    if li % 10 == 0 { scaled(li / 10, 2) } else { Err(Fault::NotNumber) }
}

/// How many units of `10^-scale` a decimal is: `units(123.45, 2)` is 12345.
///
/// # Errors
/// [`Fault::NotNumber`] if it is no whole number of them, [`Fault::Overflow`] beyond what can be held.
#[inline]
pub fn units(value: Decimal, scale: u32) -> Result<i128, Fault> {
    let (mut mantissa, mut has) = (value.mantissa(), value.scale());
    while has > scale {
        if mantissa % 10 != 0 {
            return Err(Fault::NotNumber);
        }
        mantissa /= 10;
        has -= 1;
    }
    while has < scale {
        mantissa = mantissa.checked_mul(10).ok_or(Fault::Overflow)?;
        has += 1;
    }
    Ok(mantissa)
}

/// Whole fen of an amount.
///
/// # Errors
/// As [`units`].
pub fn fen(value: Decimal) -> Result<i128, Fault> {
    units(value, 2)
}

/// Whole li of an amount.
///
/// # Errors
/// As [`units`].
pub fn li(value: Decimal) -> Result<i128, Fault> {
    units(value, 3)
}

/// The figures of a number that has no more than sixteen, with zeros in front.
#[must_use]
#[inline]
pub fn sixteen(value: u64) -> Option<[u8; 16]> {
    if value >= 10_000_000_000_000_000 {
        return None;
    }
    let (front, back) = (eight_octets(value / 100_000_000), eight_octets(value % 100_000_000));
    // In a machine word of the other order the first figure is the highest octet.
    Some((u128::from(front) << 64 | u128::from(back)).to_be_bytes())
}

/// Eight figures as octets of a machine word, the first one highest: parted into fours, twos, ones.
#[inline]
const fn eight_octets(value: u64) -> u64 {
    // No part of a word reaches into the next: each is below the highest that the factors are exact for.
    let fours = ((value / 10_000) << 32) | (value % 10_000);
    let hundreds = fours.wrapping_mul(10_486) >> 20 & 0x0000_007F_0000_007F;
    let twos = hundreds << 16 | fours.wrapping_sub(hundreds.wrapping_mul(100));
    let tens = twos.wrapping_mul(103) >> 10 & 0x000F_000F_000F_000F;
    (tens << 8 | twos.wrapping_sub(tens.wrapping_mul(10))) | ZEROS
}

/// Two figures of each number below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0_usize;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Most figures that one number is written with.
const MOST_WRITTEN: usize = 40;

/// Figures of a number, put from behind.
struct Figures {
    octets: [u8; MOST_WRITTEN],
    /// Where the first stands.
    at: usize,
}

impl Figures {
    #[inline]
    fn of(value: u128) -> Self {
        let mut figures = Self { octets: [b'0'; MOST_WRITTEN], at: MOST_WRITTEN };
        let mut rest = value;
        // A machine word is divided in a few cycles, two of them are not.
        while u64::try_from(rest).is_err() {
            figures.pair(usize::try_from(rest % 100).unwrap_or(0));
            rest /= 100;
        }
        let mut rest = u64::try_from(rest).unwrap_or(0);
        while rest >= 10 {
            figures.pair(usize::try_from(rest % 100).unwrap_or(0));
            rest /= 100;
        }
        if rest > 0 {
            figures.at -= 1;
            figures.octets[figures.at] = b'0' + u8::try_from(rest).unwrap_or(0);
        }
        figures
    }

    #[inline]
    fn pair(&mut self, below_hundred: usize) {
        self.at -= 2;
        if let (Some(place), Some(pair)) =
            (self.octets.get_mut(self.at..self.at + 2), PAIRS.get(below_hundred))
        {
            place.copy_from_slice(pair);
        }
    }

    /// With zeros in front up to so many.
    #[inline]
    fn at_least(&mut self, width: usize) {
        self.at = self.at.min(MOST_WRITTEN.saturating_sub(width));
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }
}

/// Appends at least `width` figures, zeros in front.
#[inline]
pub fn write_figures(value: u128, width: usize, out: &mut Vec<u8>) {
    let mut figures = Figures::of(value);
    figures.at_least(width);
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(MOST_WRITTEN)));
    out.extend_from_slice(figures.as_slice());
}

/// Appends at least `width` figures to a text, zeros in front.
#[inline]
pub fn push_figures(value: u64, width: usize, text: &mut String) {
    let mut figures = Figures::of(value.into());
    figures.at_least(width);
    text.extend(std::iter::repeat_n('0', width.saturating_sub(MOST_WRITTEN)));
    text.push_str(std::str::from_utf8(figures.as_slice()).unwrap_or_default());
}

/// Appends so many units of `10^-scale` with `scale` figures behind the point, and zeros in front up to `width` octets
/// with point and sign; `trimmed` leaves out zeros at the end, and then the point, and then takes no zeros in front.
#[inline]
pub fn write_units(units: i128, scale: u32, trimmed: bool, width: usize, out: &mut Vec<u8>) {
    if units < 0 {
        out.push(b'-');
    }
    let scale = usize::try_from(scale).unwrap_or(0);
    let width = if trimmed { 0 } else { width };
    let width = width.saturating_sub(usize::from(units < 0) + usize::from(scale > 0));
    let mut figures = Figures::of(units.unsigned_abs());
    figures.at_least(width.max(scale + 1));
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(MOST_WRITTEN)));
    let written = figures.as_slice();
    let (before, behind) = written.split_at(written.len().saturating_sub(scale));
    out.extend_from_slice(before);
    if scale == 0 {
        return;
    }
    out.push(b'.');
    out.extend_from_slice(behind);
    if trimmed {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
}

/// The text of `number(t)`: an optional `-`, figures, optionally a point and figures.
///
/// # Errors
/// [`Fault::NotNumber`] for another form; [`Fault::Overflow`] beyond 28 figures with a point, 38 without.
pub fn read_text(text: &str) -> Result<Read, Fault> {
    match text.split_once('.') {
        None => Ok(Read::Whole(whole(text.as_bytes(), true)?)),
        Some((_, behind)) => {
            let scale = u32::try_from(behind.len()).map_err(|_| Fault::Overflow)?;
            if scale > MOST_DECIMAL_FIGURES {
                return Err(Fault::Overflow);
            }
            Ok(Read::Decimal(decimal(text.as_bytes(), scale, true, false)?))
        }
    }
}

/// What [`read_text`] found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Read {
    /// No point.
    Whole(i128),
    /// With a point; its scale is that of the text.
    Decimal(Decimal),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: Decimal, scale: u32, trimmed: bool) -> String {
        let mut out = b"x".to_vec();
        write_units(units(value, scale).unwrap(), scale, trimmed, 0, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn amounts_are_written_with_their_scale() {
        assert_eq!(written(Decimal::new(5, 2), 2, false), "x0.05");
        assert_eq!(written(Decimal::new(-5, 1), 2, false), "x-0.50");
        assert_eq!(written(Decimal::new(12_300, 2), 2, true), "x123");
        assert_eq!(written(Decimal::new(12_310, 2), 2, true), "x123.1");
        assert_eq!(written(Decimal::new(7, 0), 0, false), "x7");
        assert_eq!(units(Decimal::new(5, 3), 2), Err(Fault::NotNumber));
    }

    #[test]
    fn zeros_stand_between_sign_and_figures() {
        let written = |units, scale, width| {
            let mut out = Vec::new();
            write_units(units, scale, false, width, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(-1_234, 2, 9), "-00012.34");
        assert_eq!(written(0, 0, 3), "000");
        assert_eq!(written(7, 0, 50), format!("{}7", "0".repeat(49)));
        assert_eq!(written(i128::MIN, 0, 0), i128::MIN.to_string());
        assert_eq!(written(i128::MAX, 0, 41), format!("00{}", i128::MAX));
    }

    #[test]
    fn only_figures_are_numbers() {
        for bad in ["", "1_000", "+", "-", "1e3", " 1", "1 ", "１"] {
            assert_eq!(whole(bad.as_bytes(), true), Err(Fault::NotNumber), "{bad}");
        }
        for bad in [".5", "5.", "1.2.3", "1.234", "1.2", "--1.00"] {
            assert!(decimal(bad.as_bytes(), 2, true, false).is_err(), "{bad}");
        }
        assert_eq!(decimal(b"1.2", 2, false, true), Ok(Decimal::new(120, 2)));
        assert_eq!(whole(b"-5", false), Err(Fault::NotNumber));
        assert_eq!(figures(&[b'9'; 40]), Err(Fault::Overflow));
        assert_eq!(yuan_of_li(1_234), Err(Fault::NotNumber));
        assert_eq!(yuan_of_li(1_230), Ok(Decimal::new(123, 2)));
    }

    proptest! {
        #[test]
        fn sixteen_figures_are_those_of_the_number(value in prop_oneof![any::<u64>(), 0_u64..10_000_000_000_000_000, 0_u64..100_000]) {
            let expected = (value < 10_000_000_000_000_000).then(|| format!("{value:016}"));
            prop_assert_eq!(sixteen(value).map(|figures| String::from_utf8(figures.to_vec()).unwrap()), expected);
        }

        #[test]
        fn whole_numbers_round_trip(value in any::<i64>().prop_map(i128::from)) {
            let mut out = Vec::new();
            write_units(value, 0, false, 0, &mut out);
            prop_assert_eq!(whole(&out, true), Ok(value));
        }

        #[test]
        fn figures_are_what_the_library_reads(text in "[0-9]{1,18}|[0-9/:]{8,17}") {
            prop_assert_eq!(figures(text.as_bytes()).ok(), text.parse::<i128>().ok());
        }

        #[test]
        fn figures_are_seen(octets in "[0-9]{0,20}|[0-9/:a]{1,20}") {
            let all = octets.bytes().all(|octet| octet.is_ascii_digit());
            prop_assert_eq!(are_figures(octets.as_bytes()), all);
        }

        #[test]
        fn decimals_round_trip(units in -1_000_000_000_000_000_000_i64..1_000_000_000_000_000_000, scale in 0_u32..10) {
            let value = Decimal::new(units, scale);
            let mut out = Vec::new();
            write_units(units.into(), scale, false, 0, &mut out);
            prop_assert_eq!(decimal(&out, scale, true, false), Ok(value));
        }

        #[test]
        fn nothing_panics(octets in proptest::collection::vec(any::<u8>(), 0..60), scale in 0_u32..40) {
            let _ = whole(&octets, true);
            let _ = decimal(&octets, scale, true, true);
            let _ = read_text(&String::from_utf8_lossy(&octets));
        }
    }
}
