//! Small checked conversions that the codecs by hand share.

use crate::floor::gbk::Gbk;

/// A whole number of figures alone.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number)
}

/// Figures alone, of a fixed width.
pub(super) fn figures<const N: usize>(octets: &[u8]) -> Option<[u8; N]> {
    let octets: [u8; N] = octets.try_into().ok()?;
    octets.iter().all(u8::is_ascii_digit).then_some(octets)
}

/// A day that exists, `yyyyMMdd`.
pub(super) fn day(octets: &[u8]) -> Option<(u16, u8, u8)> {
    let (year, month, day) =
        (number(octets.get(..4)?)?, number(octets.get(4..6)?)?, number(octets.get(6..)?)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u64::from(leap),
        _ => 0,
    };
    let exists = octets.len() == 8 && year > 0 && (1..=most).contains(&day);
    exists.then_some((u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?))
}

/// A day as `yyyyMMdd`.
pub(super) fn put_day(out: &mut Vec<u8>, (year, month, day): (u16, u8, u8)) {
    put_number(out, u64::from(year) * 10_000 + u64::from(month) * 100 + u64::from(day), 8);
}

/// A time of day, `HHmmss`.
pub(super) fn time(octets: &[u8]) -> Option<u32> {
    let (hour, minute, second) =
        (number(octets.get(..2)?)?, number(octets.get(2..4)?)?, number(octets.get(4..)?)?);
    let exists = octets.len() == 6 && hour < 24 && minute < 60 && second < 60;
    exists.then_some(u32::try_from(hour * 3_600 + minute * 60 + second).ok()?)
}

/// A time of day as `HHmmss`.
pub(super) fn put_time(out: &mut Vec<u8>, second: u32) {
    let clock = second / 3_600 * 10_000 + second / 60 % 60 * 100 + second % 60;
    put_number(out, u64::from(clock), 6);
}

/// A number with zeros before it.
pub(super) fn put_number(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[20 - width..]);
}

/// Yuan with two figures behind the point, as fen.
pub(super) fn yuan(text: &[u8]) -> Option<u64> {
    let point = text.len().checked_sub(3)?;
    if text[point] != b'.' || point == 0 || point > 10 {
        return None;
    }
    Some(number(&text[..point])? * 100 + number(&text[point + 1..])?)
}

/// Fen as yuan.
pub(super) fn put_yuan(out: &mut Vec<u8>, fen: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = fen / 100;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
    out.push(b'.');
    put_number(out, fen % 100, 2);
}

/// A text of GBK without the blanks at its end, as UTF-8.
pub(super) fn text(octets: &[u8], gbk: &Gbk) -> Option<String> {
    let octets = octets.trim_ascii_end();
    let mut text = String::with_capacity(octets.len() + octets.len() / 2);
    gbk.decode(octets, &mut text)?;
    Some(text)
}

/// A text as GBK, filled with blanks to its width.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str, width: usize, gbk: &Gbk) -> Option<()> {
    let end = out.len() + width;
    gbk.encode(text, out)?;
    if out.len() > end {
        return None;
    }
    out.resize(end, b' ');
    Some(())
}

/// Printable ASCII of any width, as it stands.
pub(super) fn ascii(octets: &[u8]) -> Option<String> {
    octets
        .iter()
        .all(|octet| (0x20..0x7F).contains(octet))
        .then(|| String::from_utf8(octets.to_vec()).ok())?
}
