//! PEM and bare base64 around a DER, leniently about line lengths and blanks, strictly about base64.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LONGEST_TEXT: usize = 64 * 1024;

use zeroize::Zeroizing;

/// The DER of the first PEM block that is not `EC PARAMETERS`, or of text that is nothing but base64.
pub(super) fn der_of(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    if !text.contains("-----") {
        return base64_of(text);
    }
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once("-----END ")?;
        let (end, after) = after.split_once("-----")?;
        if label != end {
            return None;
        }
        if label != "EC PARAMETERS" {
            return base64_of(body);
        }
        rest = after;
    }
}

/// The DERs of all PEM blocks, one behind the other, or of text that is nothing but base64.
pub(super) fn all_ders_of(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut blocks = text.match_indices("-----BEGIN ").map(|(at, _)| text.get(at..)).peekable();
    if blocks.peek().is_none() {
        return der_of(text);
    }
    blocks.try_fold(Zeroizing::new(Vec::new()), |mut all, block| {
        all.extend_from_slice(&der_of(block?)?);
        Some(all)
    })
}

fn base64_of(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let data = digits.strip_suffix(b"==").or_else(|| digits.strip_suffix(b"=")).unwrap_or(&digits);
    if data.is_empty() || !digits.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Zeroizing::new(Vec::with_capacity(data.len() / 4 * 3 + 3));
    for group in data.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            let value = ALPHABET.iter().position(|known| known == digit)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        let missing = u32::try_from(4 - group.len()).ok()?;
        let bytes = (bits << (6 * missing)).to_be_bytes();
        out.extend_from_slice(bytes.get(1..group.len())?);
    }
    Some(out)
}

/// The PEM block of a DER, 64 characters a line.
pub(super) fn pem_of(label: &str, der: &[u8]) -> String {
    let digit = |bits: u32| ALPHABET.get((bits & 0x3F) as usize).map_or('=', |digit| char::from(*digit));
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            let bits = bits << (8 * (3 - group.len()));
            for place in 0..4 {
                text.push(if place <= group.len() { digit(bits >> (18 - 6 * place)) } else { '=' });
            }
        }
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_unwrapped() {
        for length in 1..200_u8 {
            let der: Vec<u8> = (0..length).collect();
            let pem = pem_of("PUBLIC KEY", &der);
            assert_eq!(der_of(&pem).unwrap().as_slice(), der);
            let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            assert_eq!(der_of(&bare).unwrap().as_slice(), der);
        }
    }

    #[test]
    fn what_is_no_pem_is_refused() {
        for text in
            ["", "-----BEGIN A-----\nAAAA\n-----END B-----\n", "-----BEGIN A-----\nAAAA", "AAA*", "AAAAA"]
        {
            assert!(der_of(text).is_none(), "{text}");
        }
    }
}
