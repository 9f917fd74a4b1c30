//! Seals with keys that are prepared once.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use hyper::header::HeaderValue;

/// The keys of one counterparty on each side.
pub struct Seals {
    mac: Key,
    signing: Signing,
}

#[expect(clippy::large_enum_variant, reason = "one a process, looked at for every message")]
enum Signing {
    Hmac(Key),
    Rsa(Box<(RsaKeyPair, ParsedPublicKey)>),
}

impl Seals {
    /// HMAC on both sides.
    #[must_use]
    pub fn hmac(mac: &[u8], signature: &[u8]) -> Self {
        Self { mac: Key::new(HMAC_SHA256, mac), signing: Signing::Hmac(Key::new(HMAC_SHA256, signature)) }
    }

    /// RSA towards the platform: our pair as PKCS#8, its public key as PKCS#1.
    ///
    /// # Errors
    /// When they are none.
    pub fn rsa(mac: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Self, String> {
        let ours = RsaKeyPair::from_pkcs8(ours).map_err(|error| format!("our RSA key: {error}"))?;
        let theirs = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, theirs)
            .map_err(|error| format!("their RSA key: {error}"))?;
        Ok(Self { mac: Key::new(HMAC_SHA256, mac), signing: Signing::Rsa(Box::new((ours, theirs))) })
    }

    /// The MAC of a frame's body: upper hex of the first eight octets.
    #[must_use]
    pub fn mac(&self, octets: &[u8]) -> [u8; 16] {
        let tag = sign(&self.mac, octets);
        let mut text = [0; 16];
        hex(tag.as_ref(), b"0123456789ABCDEF", &mut text);
        text
    }

    /// The signature of a content.
    #[must_use]
    pub fn sign(&self, octets: &[u8]) -> Option<HeaderValue> {
        match &self.signing {
            Signing::Hmac(key) => {
                let mut text = [0; 64];
                hex(sign(key, octets).as_ref(), b"0123456789abcdef", &mut text);
                HeaderValue::from_bytes(&text).ok()
            }
            Signing::Rsa(keys) => {
                let mut made = [0; 256];
                keys.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), octets, &mut made).ok()?;
                HeaderValue::from_str(&crate::seal::base64(&made)).ok()
            }
        }
    }

    /// Whether a signature is right.
    #[must_use]
    pub fn verify(&self, octets: &[u8], signature: &[u8]) -> bool {
        match &self.signing {
            Signing::Hmac(key) => {
                let mut right = [0; 64];
                hex(sign(key, octets).as_ref(), b"0123456789abcdef", &mut right);
                aws_lc_rs::constant_time::verify_slices_are_equal(&right, signature).is_ok()
            }
            Signing::Rsa(keys) => {
                let made = unbase64(signature);
                made.is_some_and(|made| keys.1.verify_sig(octets, &made).is_ok())
            }
        }
    }
}

fn hex(octets: &[u8], digits: &[u8; 16], out: &mut [u8]) {
    for (pair, octet) in out.chunks_exact_mut(2).zip(octets) {
        pair[0] = digits[usize::from(octet >> 4)];
        pair[1] = digits[usize::from(octet & 15)];
    }
}

fn unbase64(text: &[u8]) -> Option<Vec<u8>> {
    let value = |octet: u8| match octet {
        b'A'..=b'Z' => Some(octet - b'A'),
        b'a'..=b'z' => Some(octet - b'a' + 26),
        b'0'..=b'9' => Some(octet - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let text = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    for four in text.chunks(4) {
        let mut bits = 0_u32;
        for octet in four {
            bits = bits << 6 | u32::from(value(*octet)?);
        }
        bits <<= 6 * (4 - four.len());
        out.extend_from_slice(bits.to_be_bytes().get(1..four.len())?);
    }
    Some(out)
}
