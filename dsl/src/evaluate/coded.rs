//! Octets as text: hex and base64, strict in both directions.
//!
//! In: octets. Out: ASCII octets or the octets that they mean. The codec uses these for its chains.

use super::Fault;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

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
    if url { URL_SAFE_NO_PAD.encode(octets) } else { STANDARD.encode(octets) }.into_bytes()
}

/// Octets of base64; for `url` padding may be missing.
///
/// # Errors
/// [`Fault::NotCoded`] for a strange sign, wrong padding, or bits that are left over.
pub fn from_base64(signs: &[u8], url: bool) -> Result<Vec<u8>, Fault> {
    let octets = match (url, signs.last()) {
        (false, _) => STANDARD.decode(signs),
        (true, Some(b'=')) => URL_SAFE.decode(signs),
        (true, _) => URL_SAFE_NO_PAD.decode(signs),
    };
    octets.map_err(|_| Fault::NotCoded)
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
        for bad in ["Zg=", "Zh", "Zg===", "Zm+_", "Z"] {
            assert_eq!(from_base64(bad.as_bytes(), true), Err(Fault::NotCoded), "{bad}");
        }
        for good in ["Zg", "Zg=="] {
            assert_eq!(from_base64(good.as_bytes(), true).unwrap(), b"f", "{good}");
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
