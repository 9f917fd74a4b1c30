//! Signatures: made with the private half, verified with the public one.
//!
//! In: a key pair or its public half, the bytes that are signed, for SM2 the user id. Out: the signature, or
//! a verdict. RSA with SHA-2 and ECDSA run in aws-lc; RSA over MD5 and SHA-1, short RSA keys and PSS run in
//! the `rsa` crate, blinded; SM2 in `sm2`. Must not know canonical texts or encodings such as base64.

use super::key::Material;
use super::random::Source;
use super::{Algorithm, Cost, Digest, KeyKind, LONG_DATA, PreparedKey, Random, SealError, Signature, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature as fast;
use aws_lc_rs::signature::KeyPair as _;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, Pss};
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The user id of SM2 where none was agreed.
pub const DEFAULT_SM2_USER: &str = "1234567812345678";

/// The shortest modulus that aws-lc signs with, in bytes.
const FAST_MODULUS: usize = 256;
/// The longest with which it verifies in less than another thread takes to wake, in bytes.
const QUICK_MODULUS: usize = 512;

/// Signs `data`. `user` is the SM2 user id, `None` for [`DEFAULT_SM2_USER`]; others do not look at it.
///
/// # Errors
/// A key of another kind, only the public half, a user id that is too long.
pub fn sign(
    algorithm: Signature,
    key: &PreparedKey,
    data: &[u8],
    user: Option<&str>,
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    let whole = Algorithm::Signature(algorithm);
    match (&key.material, algorithm) {
        (Material::Sm2(key), Signature::Sm2Raw | Signature::Sm2Der) => {
            key.sign(whole, algorithm == Signature::Sm2Der, data, user, random)
        }
        (Material::Ec(key), Signature::EcdsaSha256 | Signature::EcdsaSha256Raw) => key.sign(algorithm, data),
        (Material::Rsa(key), _) if whole.key_kind() == Some(KeyKind::Rsa) => {
            key.sign(algorithm, data, random)
        }
        (Material::Certificate(key), _) if whole.key_kind() == Some(KeyKind::Certificate) => {
            key.sign(algorithm, data, random)
        }
        _ => Err(key.wrong_kind(whole, expected(algorithm))),
    }
}

/// Believes a signature only if it is one of `data` under the public half of `key`. One that a certificate vouches for is
/// believed by [`verify_at`] alone.
///
/// # Errors
/// [`SealError::SealBroken`] for any signature that does not hold, whatever its shape; a key of another kind.
pub fn verify(
    algorithm: Signature,
    key: &PreparedKey,
    data: &[u8],
    signature: &[u8],
    user: Option<&str>,
) -> Result<(), SealError> {
    verify_at(algorithm, key, data, signature, user, None)
}

/// As [`verify`], at a moment in seconds since 1970: then a certificate must hold. Without one no certificate is believed.
///
/// # Errors
/// As [`verify`].
pub fn verify_at(
    algorithm: Signature,
    key: &PreparedKey,
    data: &[u8],
    signature: &[u8],
    user: Option<&str>,
    moment: Option<i64>,
) -> Result<(), SealError> {
    let whole = Algorithm::Signature(algorithm);
    match (&key.material, algorithm) {
        (Material::Sm2(key), Signature::Sm2Raw | Signature::Sm2Der) => {
            key.verify(algorithm == Signature::Sm2Der, data, signature, user)
        }
        (Material::Ec(key), Signature::EcdsaSha256 | Signature::EcdsaSha256Raw) => {
            key.verify(algorithm, data, signature)
        }
        (Material::Rsa(key), _) if whole.key_kind() == Some(KeyKind::Rsa) => {
            key.verify(algorithm, data, signature)
        }
        (Material::Certificate(key), _) if whole.key_kind() == Some(KeyKind::Certificate) => {
            key.verify(algorithm, data, signature, moment)
        }
        _ => Err(key.wrong_kind(whole, expected(algorithm))),
    }
}

/// What it costs to verify a signature over so many bytes. The public exponent of RSA is short: that is done before another thread
/// has been woken. Long keys take longer, and so do those that go another way: short ones, MD5, certificates.
pub fn cost_of_verifying(algorithm: Signature, key: &PreparedKey, bytes: usize) -> Cost {
    match &key.material {
        Material::Rsa(key)
            if bytes < LONG_DATA
                && (FAST_MODULUS..=QUICK_MODULUS).contains(&key.modulus_length())
                && fast_parameters(algorithm).is_some() =>
        {
            Cost::Quick
        }
        _ => Cost::Heavy,
    }
}

const fn expected(algorithm: Signature) -> &'static str {
    match algorithm {
        Signature::Sm2Raw | Signature::Sm2Der => "an SM2 key",
        Signature::EcdsaSha256 | Signature::EcdsaSha256Raw => "a P-256 key",
        Signature::CmsRsaSha1 | Signature::CmsRsaSha256 => "an RSA key with its certificate",
        _ => "an RSA key",
    }
}

/// An RSA pair or public half.
pub(super) struct RsaKey {
    pub(super) public: rsa::PublicKey,
    pub(super) private: Option<rsa::PrivateKey>,
    fast_private: Option<fast::RsaKeyPair>,
    fast_public: PublicHalf<4>,
}

/// A public half, read once for each way that it is used: the library ties the way to the key.
struct PublicHalf<const WAYS: usize> {
    der: Vec<u8>,
    read: [OnceLock<Option<fast::ParsedPublicKey>>; WAYS],
}

impl<const WAYS: usize> PublicHalf<WAYS> {
    fn new(der: Vec<u8>) -> Self {
        Self { der, read: [const { OnceLock::new() }; WAYS] }
    }

    fn verify(
        &self,
        (way, form): (usize, &'static dyn fast::VerificationAlgorithm),
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), SealError> {
        let place = self.read.get(way).ok_or(SealError::SealBroken)?;
        let key = place.get_or_init(|| fast::ParsedPublicKey::new(form, &self.der).ok());
        let key = key.as_ref().ok_or(SealError::SealBroken)?;
        key.verify_sig(data, signature).map_err(|_| SealError::SealBroken)
    }
}

const BAD_RSA: SealError =
    SealError::MalformedKey { kind: KeyKind::Rsa, reason: "neither PKCS#8, PKCS#1 nor SubjectPublicKeyInfo" };

impl RsaKey {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, SealError> {
        let private =
            rsa::PrivateKey::from_pkcs8_der(der).or_else(|_| rsa::PrivateKey::from_pkcs1_der(der)).ok();
        if private.is_some() {
            return Self::new(private, None);
        }
        let public =
            rsa::PublicKey::from_public_key_der(der).or_else(|_| rsa::PublicKey::from_pkcs1_der(der)).ok();
        Self::new(None, public)
    }

    /// A pair with a modulus of `length` bytes, or of 256 where that is shorter than any party's.
    pub(super) fn generate(length: usize, random: Random<'_>) -> Result<Self, SealError> {
        let bits = if length < 128 { 2_048 } else { length.saturating_mul(8).min(8_192) };
        let private = rsa::PrivateKey::new(&mut Source(random), bits).map_err(|_| {
            SealError::MalformedKey { kind: KeyKind::Rsa, reason: "it could not be generated" }
        })?;
        Self::new(Some(private), None)
    }

    fn new(private: Option<rsa::PrivateKey>, public: Option<rsa::PublicKey>) -> Result<Self, SealError> {
        let public = private.as_ref().map(rsa::PrivateKey::to_public_key).or(public).ok_or(BAD_RSA)?;
        let fast_private = match &private {
            Some(private) => {
                let der = private.to_pkcs8_der().map_err(|_| BAD_RSA)?;
                fast::RsaKeyPair::from_pkcs8(der.as_bytes()).ok()
            }
            None => None,
        };
        let fast_public = public.to_public_key_der().map_err(|_| BAD_RSA)?.into_vec();
        Ok(Self { public, private, fast_private, fast_public: PublicHalf::new(fast_public) })
    }

    /// Bytes of the modulus.
    pub(super) fn modulus_length(&self) -> usize {
        self.public.size()
    }

    pub(super) const fn is_private(&self) -> bool {
        self.private.is_some()
    }

    pub(super) fn public_der(&self) -> Result<Vec<u8>, SealError> {
        Ok(self.fast_public.der.clone())
    }

    pub(super) fn stored_der(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match &self.private {
            Some(private) => {
                private.to_pkcs8_der().map(|der| Zeroizing::new(der.as_bytes().to_vec())).map_err(|_| BAD_RSA)
            }
            None => Ok(Zeroizing::new(self.fast_public.der.clone())),
        }
    }

    pub(super) fn sign(
        &self,
        algorithm: Signature,
        data: &[u8],
        random: Random<'_>,
    ) -> Result<Vec<u8>, SealError> {
        let whole = Algorithm::Signature(algorithm);
        let private = self.private.as_ref().ok_or(SealError::NoPrivateHalf { algorithm: whole })?;
        let failed = SealError::Library { algorithm: whole };
        if let (Some(pair), Some(padding)) = (&self.fast_private, fast_padding(algorithm)) {
            let mut signature = vec![0; pair.public_modulus_len()];
            return pair
                .sign(padding, &aws_lc_rs::rand::SystemRandom::new(), data, &mut signature)
                .map(|()| signature)
                .map_err(|_| failed);
        }
        let random = &mut Source(random);
        let (hash, scheme) = scheme(algorithm);
        let hashed = digest(hash, data);
        match scheme {
            Some(scheme) => private.sign_with_rng(random, scheme, &hashed),
            None => private.sign_with_rng(random, Pss::<sha2::Sha256>::new_blinded(), &hashed),
        }
        .map_err(|_| failed)
    }

    pub(super) fn verify(
        &self,
        algorithm: Signature,
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), SealError> {
        if signature.len() != self.modulus_length() {
            return Err(SealError::SealBroken);
        }
        if self.modulus_length() >= FAST_MODULUS
            && let Some(way) = fast_parameters(algorithm)
        {
            return self.fast_public.verify(way, data, signature);
        }
        let (hash, scheme) = scheme(algorithm);
        let hashed = digest(hash, data);
        match scheme {
            Some(scheme) => self.public.verify(scheme, &hashed, signature),
            None => self.public.verify(Pss::<sha2::Sha256>::new(), &hashed, signature),
        }
        .map_err(|_| SealError::SealBroken)
    }
}

/// PSS is not here: the library would draw the salt itself, and a seeded run could not be repeated.
fn fast_padding(algorithm: Signature) -> Option<&'static dyn fast::RsaEncoding> {
    match algorithm {
        Signature::RsaSha256 => Some(&fast::RSA_PKCS1_SHA256),
        Signature::RsaSha512 => Some(&fast::RSA_PKCS1_SHA512),
        _ => None,
    }
}

/// How the library verifies them, each with its place among [`PublicHalf::read`].
fn fast_parameters(algorithm: Signature) -> Option<(usize, &'static dyn fast::VerificationAlgorithm)> {
    match algorithm {
        Signature::RsaSha1 => Some((0, &fast::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY)),
        Signature::RsaSha256 => Some((1, &fast::RSA_PKCS1_2048_8192_SHA256)),
        Signature::RsaSha512 => Some((2, &fast::RSA_PKCS1_2048_8192_SHA512)),
        Signature::RsaPssSha256 => Some((3, &fast::RSA_PSS_2048_8192_SHA256)),
        _ => None,
    }
}

/// The digest of an RSA signature and its PKCS#1 scheme; `None` for PSS.
fn scheme(algorithm: Signature) -> (Digest, Option<Pkcs1v15Sign>) {
    match algorithm {
        Signature::RsaMd5 => (Digest::Md5, Some(Pkcs1v15Sign::new::<md5::Md5>())),
        Signature::RsaSha1 => (Digest::Sha1, Some(Pkcs1v15Sign::new::<sha1::Sha1>())),
        Signature::RsaSha512 => (Digest::Sha512, Some(Pkcs1v15Sign::new::<sha2::Sha512>())),
        Signature::RsaPssSha256 => (Digest::Sha256, None),
        _ => (Digest::Sha256, Some(Pkcs1v15Sign::new::<sha2::Sha256>())),
    }
}

/// A P-256 pair or public half.
pub(super) struct EcKey {
    /// The pair for DER signatures and the pair for raw ones: the library ties the form to the key.
    pairs: Option<(fast::EcdsaKeyPair, fast::EcdsaKeyPair)>,
    private_der: Zeroizing<Vec<u8>>,
    public: PublicHalf<2>,
}

const BAD_EC: SealError = SealError::MalformedKey {
    kind: KeyKind::Ec,
    reason: "neither PKCS#8, SEC1 nor SubjectPublicKeyInfo of P-256",
};

impl EcKey {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, SealError> {
        let parse = |form| {
            fast::EcdsaKeyPair::from_pkcs8(form, der)
                .or_else(|_| fast::EcdsaKeyPair::from_private_key_der(form, der))
                .ok()
        };
        let pairs =
            parse(&fast::ECDSA_P256_SHA256_ASN1_SIGNING).zip(parse(&fast::ECDSA_P256_SHA256_FIXED_SIGNING));
        match pairs {
            Some(pairs) => Self::from_pairs(pairs),
            None => {
                let known = fast::ParsedPublicKey::new(&fast::ECDSA_P256_SHA256_ASN1, der).is_ok();
                let is_public_info = der.first() == Some(&0x30);
                if !known || !is_public_info {
                    return Err(BAD_EC);
                }
                let public = PublicHalf::new(der.to_vec());
                Ok(Self { pairs: None, private_der: Zeroizing::new(Vec::new()), public })
            }
        }
    }

    fn from_pairs(pairs: (fast::EcdsaKeyPair, fast::EcdsaKeyPair)) -> Result<Self, SealError> {
        let private_der = Zeroizing::new(pairs.0.to_pkcs8v1().map_err(|_| BAD_EC)?.as_ref().to_vec());
        let public_der = AsDer::as_der(pairs.0.public_key()).map_err(|_| BAD_EC)?.as_ref().to_vec();
        Ok(Self { pairs: Some(pairs), private_der, public: PublicHalf::new(public_der) })
    }

    pub(super) fn generate() -> Result<Self, SealError> {
        let pair = fast::EcdsaKeyPair::generate(&fast::ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| BAD_EC)?;
        let der = pair.to_pkcs8v1().map_err(|_| BAD_EC)?;
        Self::from_der(der.as_ref())
    }

    pub(super) const fn is_private(&self) -> bool {
        self.pairs.is_some()
    }

    pub(super) fn public_der(&self) -> &[u8] {
        &self.public.der
    }

    pub(super) fn stored_der(&self) -> Zeroizing<Vec<u8>> {
        if self.is_private() { self.private_der.clone() } else { Zeroizing::new(self.public.der.clone()) }
    }

    fn sign(&self, algorithm: Signature, data: &[u8]) -> Result<Vec<u8>, SealError> {
        let whole = Algorithm::Signature(algorithm);
        let (der, raw) = self.pairs.as_ref().ok_or(SealError::NoPrivateHalf { algorithm: whole })?;
        let pair = if algorithm == Signature::EcdsaSha256 { der } else { raw };
        pair.sign(&aws_lc_rs::rand::SystemRandom::new(), data)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SealError::Library { algorithm: whole })
    }

    fn verify(&self, algorithm: Signature, data: &[u8], signature: &[u8]) -> Result<(), SealError> {
        let way: (usize, &'static dyn fast::VerificationAlgorithm) = match algorithm {
            Signature::EcdsaSha256 => (0, &fast::ECDSA_P256_SHA256_ASN1),
            _ => (1, &fast::ECDSA_P256_SHA256_FIXED),
        };
        self.public.verify(way, data, signature)
    }
}
