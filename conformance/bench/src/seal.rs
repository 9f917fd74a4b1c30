//! Seals of the workloads, as the harness computes them.
//!
//! In: keys, octets. Out: HMAC-SHA256, and RSA signatures in base64. The floor has its own.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, KeyPair, RsaKeyPair};

/// HMAC-SHA256.
#[must_use]
pub fn hmac(key: &[u8], octets: &[u8]) -> [u8; 32] {
    let mut made = [0; 32];
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), octets);
    made.copy_from_slice(tag.as_ref());
    made
}

/// Octets as lower-case hex.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Octets from hex; none if it is none.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}

/// A pair of RSA keys.
pub struct Pair(RsaKeyPair);

impl Pair {
    /// A new pair of 2048 bits.
    ///
    /// # Errors
    /// When the library gives none.
    pub fn draw() -> Result<Self, String> {
        RsaKeyPair::generate(KeySize::Rsa2048).map(Self).map_err(|error| format!("RSA keys: {error}"))
    }

    /// From PKCS#8.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_pkcs8(octets: &[u8]) -> Result<Self, String> {
        RsaKeyPair::from_pkcs8(octets).map(Self).map_err(|error| format!("RSA key: {error}"))
    }

    /// The private half as PKCS#8.
    ///
    /// # Errors
    /// When the library does not give it.
    pub fn pkcs8(&self) -> Result<Vec<u8>, String> {
        let made: Result<Pkcs8V1Der<'_>, _> = self.0.as_der();
        made.map(|der| der.as_ref().to_vec()).map_err(|error| format!("RSA key: {error}"))
    }

    /// The public half as a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When the library does not give it.
    pub fn public_info(&self) -> Result<Vec<u8>, String> {
        let made: Result<PublicKeyX509Der<'_>, _> = self.0.public_key().as_der();
        made.map(|der| der.as_ref().to_vec()).map_err(|error| format!("RSA key: {error}"))
    }

    /// The public half as PKCS#1, as the floor takes it.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// A PKCS#1 signature with SHA-256.
    ///
    /// # Errors
    /// When the library makes none.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, String> {
        let mut made = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), octets, &mut made)
            .map_err(|error| format!("RSA signature: {error}"))?;
        Ok(made)
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Octets as base64 with padding.
#[must_use]
pub fn base64(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for three in octets.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0);
            text.push(if place <= three.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text
}

/// A key or its public half as PEM.
#[must_use]
pub fn pem(label: &str, octets: &[u8]) -> String {
    let text = base64(octets);
    let lines: Vec<&str> =
        (0..text.len()).step_by(64).filter_map(|at| text.get(at..(at + 64).min(text.len()))).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        assert_eq!(base64(b"tongshi"), "dG9uZ3NoaQ==");
        assert_eq!(base64(b"tongsh"), "dG9uZ3No");
        assert_eq!(base64(b"tongs"), "dG9uZ3M=");
    }
}
