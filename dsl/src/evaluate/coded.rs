//! Octets as text: hex and base64, strict in both directions.
//!
//! In: octets. Out: ASCII octets or the octets that they mean. The codec uses these for its chains.

use super::Fault;

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const ADDRESS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Two figures an octet.
#[must_use]
pub fn to_hex(octets: &[u8], upper: bool) -> Vec<u8> {
    let figures = if upper { UPPER } else { LOWER };
    let mut out = vec![0; octets.len() * 2];
    let (pairs, _) = out.as_chunks_mut::<2>();
    for (pair, octet) in pairs.iter_mut().zip(octets) {
        *pair = [figures[usize::from(octet >> 4)], figures[usize::from(octet & 15)]];
    }
    out
}

/// Octets of an even number of figures, in either case.
///
/// # Errors
/// [`Fault::NotCoded`] for anything else.
pub fn from_hex(figures: &[u8]) -> Result<Vec<u8>, Fault> {
    let (pairs, []) = figures.as_chunks::<2>() else { return Err(Fault::NotCoded) };
    pairs.iter().map(|[high, low]| Ok(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

fn nibble(figure: u8) -> Result<u8, Fault> {
    match figure {
        b'0'..=b'9' => Ok(figure - b'0'),
        b'a'..=b'f' => Ok(figure - b'a' + 10),
        b'A'..=b'F' => Ok(figure - b'A' + 10),
        _ => Err(Fault::NotCoded),
    }
}

/// As forms are written by Java's `URLEncoder`: letters, figures and `-_.*` stand, a blank is `+`, all else `%XX`.
#[must_use]
pub fn to_url(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() * 3);
    for octet in octets {
        match octet {
            b' ' => out.push(b'+'),
            _ if octet.is_ascii_alphanumeric() || b"-_.*".contains(octet) => out.push(*octet),
            _ => {
                out.push(b'%');
                out.extend(to_hex(&[*octet], true));
            }
        }
    }
    out
}

/// Base64 with padding; `url`: the address-safe alphabet without padding.
#[must_use]
pub fn to_base64(octets: &[u8], url: bool) -> Vec<u8> {
    let alphabet = if url { ADDRESS } else { STANDARD };
    let signs = |[first, second, third]: [u8; 3]| {
        let sextets = [first >> 2, first << 4 | second >> 4, second << 2 | third >> 6, third];
        sextets.map(|sextet| alphabet[usize::from(sextet & 63)])
    };
    let (threes, rest) = octets.as_chunks::<3>();
    let mut out = Vec::with_capacity(octets.len().div_ceil(3) * 4);
    threes.iter().for_each(|three| out.extend_from_slice(&signs(*three)));
    let (last, told) = match rest {
        [first, second] => (signs([*first, *second, 0]), 3),
        [first] => (signs([*first, 0, 0]), 2),
        _ => return out,
    };
    out.extend_from_slice(last.get(..told).unwrap_or_default());
    if !url {
        out.resize(octets.len().div_ceil(3) * 4, b'=');
    }
    out
}

/// Octets of base64; for `url` padding may be missing.
///
/// # Errors
/// [`Fault::NotCoded`] for a strange sign, wrong padding, or bits that are left over.
pub fn from_base64(signs: &[u8], url: bool) -> Result<Vec<u8>, Fault> {
    let end = signs.iter().rposition(|&sign| sign != b'=').map_or(0, |last| last + 1);
    let (body, padding) = signs.split_at_checked(end).ok_or(Fault::NotCoded)?;
    let wanted = (4 - body.len() % 4) % 4;
    if wanted == 3 || !(padding.len() == wanted || url && padding.is_empty()) {
        return Err(Fault::NotCoded);
    }
    let sextets = if url { &OF_ADDRESS } else { &OF_STANDARD };
    let sextet = |sign: u8| sextets[usize::from(sign)];
    let (fours, rest) = body.as_chunks::<4>();
    let mut out = Vec::with_capacity(fours.len() * 3 + 2);
    let mut strange = 0;
    for four in fours {
        let [first, second, third, fourth] = four.map(sextet);
        strange |= first | second | third | fourth;
        out.extend_from_slice(&[first << 2 | second >> 4, second << 4 | third >> 2, third << 6 | fourth]);
    }
    let (last, left_over) = match *rest {
        [first, second, third] => {
            let [first, second, third] = [first, second, third].map(sextet);
            strange |= first | second | third;
            out.push(first << 2 | second >> 4);
            (second << 4 | third >> 2, third << 6)
        }
        [first, second] => {
            let [first, second] = [first, second].map(sextet);
            strange |= first | second;
            (first << 2 | second >> 4, second << 4)
        }
        _ => return if strange < STRANGE { Ok(out) } else { Err(Fault::NotCoded) },
    };
    out.push(last);
    if strange < STRANGE && left_over == 0 { Ok(out) } else { Err(Fault::NotCoded) }
}

/// In place of a sextet where a sign is none of the alphabet.
const STRANGE: u8 = 0x80;
const OF_STANDARD: [u8; 256] = sextets(STANDARD);
const OF_ADDRESS: [u8; 256] = sextets(ADDRESS);

const fn sextets(alphabet: &[u8; 64]) -> [u8; 256] {
    let mut all = [STRANGE; 256];
    let mut sextet = 0;
    while sextet < 64_u8 {
        all[alphabet[sextet as usize] as usize] = sextet;
        sextet += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(to_base64(plain.as_bytes(), false), coded.as_bytes());
            assert_eq!(from_base64(coded.as_bytes(), false).unwrap(), plain.as_bytes());
        }
        for bad in ["Zg", "Zg=", "Zh==", "Z===", "Zm9v====", "Zm 9", "=", "Zm9*", "Z*==", "Zm*=", "Zm-_"] {
            assert_eq!(from_base64(bad.as_bytes(), false), Err(Fault::NotCoded), "{bad}");
        }
        assert_eq!(to_hex(&[0x0a, 0xff], true), b"0AFF");
        assert_eq!(from_hex(b"0aF"), Err(Fault::NotCoded));
    }

    proptest! {
        #[test]
        fn round_trips(octets in proptest::collection::vec(any::<u8>(), 0..80), flag in any::<bool>()) {
            prop_assert_eq!(&from_base64(&to_base64(&octets, flag), flag).unwrap(), &octets);
            prop_assert_eq!(&from_hex(&to_hex(&octets, flag)).unwrap(), &octets);
            let _ = from_base64(&octets, flag);
            let _ = from_hex(&octets);
        }
    }
}
