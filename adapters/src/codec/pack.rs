//! Figures and integers that are not texts: two figures an octet, packed and zoned decimals, binary integers.
//!
//! In: octets or numbers. Out: the other. `None` is the only error: what is not of the form, or does not fit.

use dsl::value::Side;

/// The figures of octets that hold two each; `A` to `F` for other halves.
pub(crate) fn unpack(octets: &[u8]) -> Vec<u8> {
    dsl::evaluate::coded::to_hex(octets, true)
}

/// Takes the filling of an odd number of figures away: a zero in front, or what `fill` says.
pub(crate) fn drop_fill(figures: &mut Vec<u8>, keep: usize, fill: Option<(Side, u8)>) -> Option<()> {
    if figures.len() <= keep {
        return Some(());
    }
    match fill {
        Some((Side::Right, with)) => {
            let filling = figures.split_off(keep);
            filling.iter().all(|figure| figure.eq_ignore_ascii_case(&with)).then_some(())
        }
        other => {
            let with = other.map_or(b'0', |(_, with)| with);
            let filling = figures.len() - keep;
            let right = figures.iter().take(filling).all(|figure| figure.eq_ignore_ascii_case(&with));
            figures.drain(..filling);
            right.then_some(())
        }
    }
}

/// Two figures an octet, filled up where they are odd.
pub(crate) fn pack(figures: &[u8], fill: Option<(Side, u8)>) -> Option<Vec<u8>> {
    let mut even = figures.to_vec();
    if even.len() % 2 == 1 {
        match fill {
            Some((Side::Right, with)) => even.push(with),
            other => even.insert(0, other.map_or(b'0', |(_, with)| with)),
        }
    }
    dsl::evaluate::coded::from_hex(&even).ok()
}

/// A binary integer of 1 to 16 octets.
pub(crate) fn integer(octets: &[u8], big: bool, signed: bool) -> Option<i128> {
    if octets.is_empty() || octets.len() > 15 {
        return None;
    }
    let mut value: i128 = 0;
    for place in 0..octets.len() {
        let octet = if big { octets.get(place)? } else { octets.get(octets.len() - 1 - place)? };
        value = value << 8 | i128::from(*octet);
    }
    let bits = octets.len() * 8;
    Some(if signed && value >> (bits - 1) & 1 == 1 { value - (1 << bits) } else { value })
}

/// Writes a binary integer of so many octets.
pub(crate) fn write_integer(
    value: i128,
    octets: usize,
    big: bool,
    signed: bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    if octets == 0 || octets > 15 {
        return None;
    }
    let bits = octets * 8;
    let (least, most) =
        if signed { (-(1_i128 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
    if value < least || value > most {
        return None;
    }
    let start = out.len();
    out.extend_from_slice(value.to_be_bytes().get(16 - octets..)?);
    if !big {
        out.get_mut(start..)?.reverse();
    }
    Some(())
}

/// Packed decimal: two figures an octet, the last half is the sign (`C` plus, `D` minus, `F` none).
pub(crate) fn packed(octets: &[u8], signed: bool) -> Option<i128> {
    let halves = unpack(octets);
    let (sign, figures) = halves.split_last()?;
    let value = dsl::evaluate::number::figures(figures).ok()?;
    match (sign, signed) {
        (b'F', _) | (b'C', true) => Some(value),
        (b'D', true) => Some(-value),
        _ => None,
    }
}

/// Writes a packed decimal of so many octets.
pub(crate) fn write_packed(value: i128, octets: usize, signed: bool, out: &mut Vec<u8>) -> Option<()> {
    let mut halves = Vec::new();
    dsl::evaluate::number::write_figures(value.unsigned_abs(), octets * 2 - 1, &mut halves);
    halves.push(match (signed, value < 0) {
        (true, false) => b'C',
        (true, true) => b'D',
        (false, false) => b'F',
        (false, true) => return None,
    });
    if halves.len() != octets * 2 {
        return None;
    }
    out.extend(dsl::evaluate::coded::from_hex(&halves).ok()?);
    Some(())
}

/// Zoned decimal: a figure an octet, the sign in the last one, in ASCII or EBCDIC.
pub(crate) fn zoned(octets: &[u8], signed: bool) -> Option<i128> {
    let (last, front) = octets.split_last()?;
    let figure = |octet: &u8| match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        0xF0..=0xF9 => Some(octet - 0xF0),
        _ => None,
    };
    let (negative, last) = match (figure(last), signed) {
        (Some(figure), _) => (false, figure),
        (None, false) => return None,
        (None, true) => match last {
            b'{' => (false, 0),
            b'A'..=b'I' => (false, last - b'A' + 1),
            b'}' => (true, 0),
            b'J'..=b'R' => (true, last - b'J' + 1),
            0xC0..=0xC9 => (false, last - 0xC0),
            0xD0..=0xD9 => (true, last - 0xD0),
            _ => return None,
        },
    };
    let mut value: i128 = 0;
    for octet in front {
        value = value.checked_mul(10)?.checked_add(i128::from(figure(octet)?))?;
    }
    value = value.checked_mul(10)?.checked_add(i128::from(last))?;
    Some(if negative { -value } else { value })
}

/// Writes a zoned decimal of so many octets.
pub(crate) fn write_zoned(
    value: i128,
    octets: usize,
    signed: bool,
    ebcdic: bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut figures = Vec::new();
    dsl::evaluate::number::write_figures(value.unsigned_abs(), octets, &mut figures);
    if figures.len() != octets || (value < 0 && !signed) {
        return None;
    }
    let last = figures.pop()? - b'0';
    if ebcdic {
        out.extend(figures.iter().map(|figure| figure - b'0' + 0xF0));
        out.push(match (signed, value < 0) {
            (true, true) => 0xD0 + last,
            (true, false) => 0xC0 + last,
            _ => 0xF0 + last,
        });
        return Some(());
    }
    out.extend_from_slice(&figures);
    out.push(match (signed, value < 0, last) {
        (false, ..) => b'0' + last,
        (true, false, 0) => b'{',
        (true, false, _) => b'A' + last - 1,
        (true, true, 0) => b'}',
        (true, true, _) => b'J' + last - 1,
    });
    Some(())
}
