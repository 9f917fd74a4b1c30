//! Digests and HMAC, whole and piece by piece.
//!
//! In: bytes. Out: the digest. SHA-2 comes from aws-lc, the others from RustCrypto; SHA-1 and MD5 are here
//! because counterparties demand them. Must not know keys beyond the bytes of an HMAC.

use super::Digest;
use aws_lc_rs::{digest as fast, hmac as fast_hmac};
use hmac::{Hmac, KeyInit, Mac as _};
use sm3::digest::Digest as _;

/// A digest under way.
#[derive(Clone)]
pub struct DigestState(State);

#[derive(Clone)]
enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sm3(sm3::Sm3),
    Fast(fast::Context),
}

impl DigestState {
    /// A digest of nothing yet.
    pub fn new(digest: Digest) -> Self {
        Self(match digest {
            Digest::Md5 => State::Md5(md5::Md5::new()),
            Digest::Sha1 => State::Sha1(sha1::Sha1::new()),
            Digest::Sm3 => State::Sm3(sm3::Sm3::new()),
            Digest::Sha224 => State::Fast(fast::Context::new(&fast::SHA224)),
            Digest::Sha256 => State::Fast(fast::Context::new(&fast::SHA256)),
            Digest::Sha384 => State::Fast(fast::Context::new(&fast::SHA384)),
            Digest::Sha512 => State::Fast(fast::Context::new(&fast::SHA512)),
        })
    }

    /// Takes in the next piece.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Md5(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sm3(state) => state.update(data),
            State::Fast(state) => state.update(data),
        }
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Vec<u8> {
        match self.0 {
            State::Md5(state) => state.finalize().to_vec(),
            State::Sha1(state) => state.finalize().to_vec(),
            State::Sm3(state) => state.finalize().to_vec(),
            State::Fast(state) => state.finish().as_ref().to_vec(),
        }
    }
}

/// The digest of `data`.
pub fn digest(digest: Digest, data: &[u8]) -> Vec<u8> {
    let mut state = DigestState::new(digest);
    state.update(data);
    state.finish()
}

/// An HMAC under way.
#[derive(Clone)]
pub struct HmacState(Keyed);

#[derive(Clone)]
enum Keyed {
    Md5(Box<Hmac<md5::Md5>>),
    Sm3(Box<Hmac<sm3::Sm3>>),
    Fast(Box<fast_hmac::Context>),
}

impl HmacState {
    /// An HMAC over nothing yet; a key of any length will do.
    pub fn new(digest: Digest, key: &[u8]) -> Self {
        if let Some(algorithm) = fast_algorithm(digest) {
            let key = fast_hmac::Key::new(algorithm, key);
            return Self(Keyed::Fast(Box::new(fast_hmac::Context::with_key(&key))));
        }
        Self(match digest {
            Digest::Sm3 => Keyed::Sm3(Box::new(keyed(key))),
            _ => Keyed::Md5(Box::new(keyed(key))),
        })
    }

    /// Takes in the next piece.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            Keyed::Md5(state) => state.update(data),
            Keyed::Sm3(state) => state.update(data),
            Keyed::Fast(state) => state.update(data),
        }
    }

    /// The HMAC of all pieces.
    pub fn finish(self) -> Vec<u8> {
        match self.0 {
            Keyed::Md5(state) => state.finalize().into_bytes().to_vec(),
            Keyed::Sm3(state) => state.finalize().into_bytes().to_vec(),
            Keyed::Fast(state) => state.sign().as_ref().to_vec(),
        }
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// A key whose inner and outer blocks are digested once, for many HMACs.
pub(super) struct HmacKey(fast_hmac::Key);

impl HmacKey {
    /// Of the digests that come from aws-lc; the others are made anew each time.
    pub(super) fn new(digest: Digest, key: &[u8]) -> Option<Self> {
        let algorithm = fast_algorithm(digest)?;
        Some(Self(fast_hmac::Key::new(algorithm, key)))
    }

    pub(super) fn sign(&self, data: &[u8]) -> Vec<u8> {
        fast_hmac::sign(&self.0, data).as_ref().to_vec()
    }
}

fn fast_algorithm(digest: Digest) -> Option<fast_hmac::Algorithm> {
    Some(match digest {
        Digest::Md5 | Digest::Sm3 => return None,
        Digest::Sha1 => fast_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha224 => fast_hmac::HMAC_SHA224,
        Digest::Sha256 => fast_hmac::HMAC_SHA256,
        Digest::Sha384 => fast_hmac::HMAC_SHA384,
        Digest::Sha512 => fast_hmac::HMAC_SHA512,
    })
}

/// The HMAC of `data` under `key`, which may be of any length.
pub fn hmac(digest: Digest, key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state = HmacState::new(digest, key);
    state.update(data);
    state.finish()
}
