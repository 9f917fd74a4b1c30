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
pub fn figures(octets: &[u8]) -> Result<i128, Fault> {
    if octets.is_empty() {
        return Err(Fault::NotNumber);
    }
    if octets.len() <= 18 {
        let mut sum: u64 = 0;
        for &octet in octets {
            let figure = octet.wrapping_sub(b'0');
            if figure > 9 {
                return Err(Fault::NotNumber);
            }
            sum = sum * 10 + u64::from(figure);
        }
        return Ok(i128::from(sum));
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

/// A whole number; `signed` allows `-` or `+` in front.
///
/// # Errors
/// As [`figures`].
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
    let (negative, plain) = match octets.split_first() {
        Some((b'-', rest)) if signed => (true, rest),
        Some((b'+', rest)) if signed => (false, rest),
        _ => (false, octets),
    };
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
    let mut units = figures(before)?;
    for &octet in behind.unwrap_or_default() {
        let figure = octet.wrapping_sub(b'0');
        if figure > 9 {
            return Err(Fault::NotNumber);
        }
        units = units
            .checked_mul(10)
            .and_then(|sum| sum.checked_add(i128::from(figure)))
            .ok_or(Fault::Overflow)?;
    }
    for _ in given..scale {
        units = units.checked_mul(10).ok_or(Fault::Overflow)?;
    }
    scaled(if negative { -units } else { units }, scale)
}

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

/// Appends a whole number's figures, `-` in front of a negative one, without filling.
pub fn write_whole(value: i128, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    write_figures(value.unsigned_abs(), 1, out);
}

/// Appends at least `width` figures, zeros in front.
pub fn write_figures(value: u128, width: usize, out: &mut Vec<u8>) {
    let mut figures = [b'0'; 39];
    let mut rest = value;
    let mut at = figures.len();
    // A machine word is divided in a few cycles, two of them are not.
    while u64::try_from(rest).is_err() && at > 0 {
        at -= 1;
        if let Some(place) = figures.get_mut(at) {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        }
        rest /= 10;
    }
    let mut rest = u64::try_from(rest).unwrap_or(0);
    while rest > 0 && at > 0 {
        at -= 1;
        if let Some(place) = figures.get_mut(at) {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        }
        rest /= 10;
    }
    let has = figures.len() - at;
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(has)));
    out.extend_from_slice(figures.get(at..).unwrap_or_default());
}

/// Appends a decimal with exactly `scale` figures behind the point; `trimmed` leaves out zeros at the end, and then
/// the point.
///
/// # Errors
/// [`Fault::NotNumber`] if more figures stand behind the point, [`Fault::Overflow`] beyond what can be held.
pub fn write_decimal(value: Decimal, scale: u32, trimmed: bool, out: &mut Vec<u8>) -> Result<(), Fault> {
    let units = units(value, scale)?;
    if units < 0 {
        out.push(b'-');
    }
    let start = out.len();
    let scale = usize::try_from(scale).map_err(|_| Fault::Overflow)?;
    write_figures(units.unsigned_abs(), scale + 1, out);
    if scale == 0 {
        return Ok(());
    }
    let point = out.len() - scale;
    out.insert(point.max(start), b'.');
    if trimmed {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
    Ok(())
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
        write_decimal(value, scale, trimmed, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn amounts_are_written_with_their_scale() {
        assert_eq!(written(Decimal::new(5, 2), 2, false), "x0.05");
        assert_eq!(written(Decimal::new(-5, 1), 2, false), "x-0.50");
        assert_eq!(written(Decimal::new(12_300, 2), 2, true), "x123");
        assert_eq!(written(Decimal::new(12_310, 2), 2, true), "x123.1");
        assert_eq!(written(Decimal::new(7, 0), 0, false), "x7");
        assert_eq!(write_decimal(Decimal::new(5, 3), 2, false, &mut Vec::new()), Err(Fault::NotNumber));
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
        fn whole_numbers_round_trip(value in any::<i64>().prop_map(i128::from)) {
            let mut out = Vec::new();
            write_whole(value, &mut out);
            prop_assert_eq!(whole(&out, true), Ok(value));
        }

        #[test]
        fn decimals_round_trip(units in -1_000_000_000_000_000_000_i64..1_000_000_000_000_000_000, scale in 0_u32..10) {
            let value = Decimal::new(units, scale);
            let mut out = Vec::new();
            write_decimal(value, scale, false, &mut out).unwrap();
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
