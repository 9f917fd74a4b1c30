//! Keys, parsed and expanded once.
//!
//! In: bytes, DER or PEM of a kind of key. Out: a key ready for use that prints its kind and check value and
//! nothing else, and is wiped when dropped. Must not know where keys are kept or which party they belong to.

use super::block::{BlockKey, WIDEST_BLOCK};
use super::cms::Certified;
use super::digest::HmacKey;
use super::sign::{EcKey, RsaKey};
use super::sm2_keys::Sm2Key;
use super::{Algorithm, BlockCipher, Digest, SealError, digest};
use std::fmt;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The longest secret that is taken, in bytes.
pub(crate) const LONGEST_SECRET: usize = 4096;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A shared text or byte string, for HMAC or to be hashed with the data.
    Secret,
    /// DES, 8 bytes.
    Des,
    /// Triple DES, 16 or 24 bytes.
    Tdes,
    /// AES, 16, 24 or 32 bytes.
    Aes,
    /// SM4, 16 bytes.
    Sm4,
    /// RSA.
    Rsa,
    /// Elliptic curve P-256.
    Ec,
    /// SM2.
    Sm2,
    /// RSA with its certificate, or the certificates of the other side.
    Certificate,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Secret,
        Self::Des,
        Self::Tdes,
        Self::Aes,
        Self::Sm4,
        Self::Rsa,
        Self::Ec,
        Self::Sm2,
        Self::Certificate,
    ];

    /// The name in the language and in key stores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Des => "des",
            Self::Tdes => "tdes",
            Self::Aes => "aes",
            Self::Sm4 => "sm4",
            Self::Rsa => "rsa",
            Self::Ec => "ec",
            Self::Sm2 => "sm2",
            Self::Certificate => "certificate",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// True for a key pair or the public half of one.
    pub const fn is_pair(self) -> bool {
        matches!(self, Self::Rsa | Self::Ec | Self::Sm2 | Self::Certificate)
    }

    const fn lengths(self) -> &'static str {
        match self {
            Self::Secret => "1 to 4096",
            Self::Des => "8",
            Self::Tdes => "16 or 24",
            Self::Aes => "16, 24 or 32",
            Self::Sm4 => "16",
            Self::Rsa | Self::Ec | Self::Sm2 | Self::Certificate => "no fixed number of",
        }
    }

    const fn block_cipher(self) -> Option<BlockCipher> {
        match self {
            Self::Des => Some(BlockCipher::Des),
            Self::Tdes => Some(BlockCipher::Tdes),
            Self::Aes => Some(BlockCipher::Aes),
            Self::Sm4 => Some(BlockCipher::Sm4),
            _ => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The first bytes of a check value, for people to compare; prints as upper hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckValue([u8; 4]);

impl CheckValue {
    /// The four bytes.
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }

    fn of(bytes: &[u8]) -> Self {
        let mut value = [0; 4];
        for (to, from) in value.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self(value)
    }
}

impl fmt::Display for CheckValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02X}"))
    }
}

impl fmt::Debug for CheckValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What the key is made of.
pub(super) enum Material {
    /// A secret, and its HMAC key for the digest that it was first used with.
    Secret(OnceLock<Box<(Digest, HmacKey)>>),
    /// An expanded block key; of a triple DES key also both first halves as single DES.
    Block { whole: BlockKey, halves: Option<Box<(BlockKey, BlockKey)>> },
    /// RSA.
    Rsa(Box<RsaKey>),
    /// P-256.
    Ec(Box<EcKey>),
    /// SM2.
    Sm2(Box<Sm2Key>),
    /// RSA with certificates.
    Certificate(Box<Certified>),
}

/// A key ready for use.
pub struct PreparedKey {
    kind: KeyKind,
    /// Symmetric bytes, or the DER of the private half, or the DER of the public half; of certificates one DER behind the other.
    bytes: Zeroizing<Vec<u8>>,
    pub(super) material: Material,
    check: CheckValue,
}

impl PreparedKey {
    /// A symmetric key of this kind.
    ///
    /// # Errors
    /// A length the kind does not have, or a kind that is a pair.
    pub fn symmetric(kind: KeyKind, bytes: &[u8]) -> Result<Self, SealError> {
        let wrong_length = SealError::KeyLength { kind, expected: kind.lengths(), found: bytes.len() };
        let (material, check) = match kind.block_cipher() {
            Some(cipher) => {
                let whole = BlockKey::new(cipher, bytes).ok_or(wrong_length)?;
                let check = zero_block(&whole);
                (Material::Block { whole, halves: halves(kind, bytes) }, CheckValue::of(&check))
            }
            None if kind == KeyKind::Secret && (1..=LONGEST_SECRET).contains(&bytes.len()) => {
                (Material::Secret(OnceLock::new()), secret_check(bytes))
            }
            None => return Err(wrong_length),
        };
        Ok(Self { kind, bytes: Zeroizing::new(bytes.to_vec()), material, check })
    }

    /// A symmetric key from bytes whose kind only the algorithm tells, as the keys of a session are.
    ///
    /// # Errors
    /// An algorithm without a symmetric key, or a length it does not take.
    pub fn for_algorithm(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, SealError> {
        let kind = match (algorithm.key_kind(), bytes.len()) {
            (Some(KeyKind::Des | KeyKind::Tdes), 8) => KeyKind::Des,
            (Some(KeyKind::Des | KeyKind::Tdes), _) => KeyKind::Tdes,
            (Some(kind), _) => kind,
            (None, _) => KeyKind::Secret,
        };
        let allowed = algorithm.key_lengths();
        if !allowed.is_empty() && !allowed.contains(&bytes.len()) {
            return Err(SealError::KeyLength { kind, expected: kind.lengths(), found: bytes.len() });
        }
        Self::symmetric(kind, bytes)
    }

    /// A key pair, or the public half of one, from its DER: PKCS#8, PKCS#1, SEC1, or `SubjectPublicKeyInfo`. Of certificates
    /// one DER behind the other, the private half among them where it is ours.
    ///
    /// # Errors
    /// Bytes that are no key of this kind, or a kind that is no pair.
    pub fn from_der(kind: KeyKind, der: &[u8]) -> Result<Self, SealError> {
        match kind {
            KeyKind::Rsa => RsaKey::from_der(der).and_then(Self::rsa),
            KeyKind::Ec => EcKey::from_der(der).map(Self::ec),
            KeyKind::Sm2 => Sm2Key::from_der(der).and_then(Self::sm2),
            KeyKind::Certificate => Certified::from_der(der).map(Self::certificate),
            _ => Err(SealError::MalformedKey { kind, reason: "a symmetric key has no DER form" }),
        }
    }

    /// As [`from_der`](Self::from_der), from PEM or from the bare base64 of the DER.
    ///
    /// # Errors
    /// As there, and text that is neither.
    pub fn from_pem(kind: KeyKind, text: &str) -> Result<Self, SealError> {
        let der = match kind {
            KeyKind::Certificate => super::pem::all_ders_of(text),
            _ => super::pem::der_of(text),
        };
        let der =
            der.ok_or(SealError::MalformedKey { kind, reason: "neither PEM nor the base64 of a DER" })?;
        Self::from_der(kind, &der)
    }

    /// An SM2 key from its bare number: 32 bytes private, or 64 (or 04 and 64) bytes public.
    ///
    /// # Errors
    /// Another length, a number out of range, or a point that is not on the curve.
    pub fn sm2_from_raw(bytes: &[u8]) -> Result<Self, SealError> {
        Sm2Key::from_raw(bytes).and_then(Self::sm2)
    }

    /// A fresh key: `length` bytes, of the modulus for RSA (256 where fewer than 128 are asked for); SM2 and P-256 have
    /// one length.
    ///
    /// # Errors
    /// A length the kind does not have.
    pub fn generate(kind: KeyKind, length: usize, random: super::Random<'_>) -> Result<Self, SealError> {
        match kind {
            KeyKind::Rsa => RsaKey::generate(length, random).and_then(Self::rsa),
            KeyKind::Ec => EcKey::generate().map(Self::ec),
            KeyKind::Sm2 => Sm2Key::generate(random).and_then(Self::sm2),
            KeyKind::Certificate => Certified::generate(length, random).map(Self::certificate),
            _ => {
                let mut bytes = Zeroizing::new(vec![0_u8; length.min(LONGEST_SECRET + 1)]);
                random(&mut bytes);
                if matches!(kind, KeyKind::Des | KeyKind::Tdes) {
                    set_odd_parity(&mut bytes);
                }
                Self::symmetric(kind, &bytes)
            }
        }
    }

    /// A fresh pair as the PEM texts of its two halves: for a stage on which both sides are played, so that each is given
    /// its half as it would be delivered.
    ///
    /// # Errors
    /// A kind that is no pair.
    pub fn generate_halves(
        kind: KeyKind,
        length: usize,
        random: super::Random<'_>,
    ) -> Result<(Zeroizing<String>, String), SealError> {
        let pair = Self::generate(kind, length, random)?;
        let no_pair = SealError::MalformedKey { kind, reason: "it has no two halves" };
        let public = pair.public_half_pem().ok_or(no_pair)?;
        let private = match &pair.material {
            Material::Certificate(key) => key.pem(),
            _ => super::pem::pem_of("PRIVATE KEY", &pair.bytes),
        };
        Ok((Zeroizing::new(private), public))
    }

    fn certificate(key: Certified) -> Self {
        Self {
            kind: KeyKind::Certificate,
            check: pair_check(key.first_der()),
            bytes: key.stored_der(),
            material: Material::Certificate(Box::new(key)),
        }
    }

    fn rsa(key: RsaKey) -> Result<Self, SealError> {
        let check = pair_check(&key.public_der()?);
        Ok(Self {
            kind: KeyKind::Rsa,
            bytes: key.stored_der()?,
            material: Material::Rsa(Box::new(key)),
            check,
        })
    }

    fn ec(key: EcKey) -> Self {
        let check = pair_check(key.public_der());
        Self { kind: KeyKind::Ec, bytes: key.stored_der(), material: Material::Ec(Box::new(key)), check }
    }

    fn sm2(key: Sm2Key) -> Result<Self, SealError> {
        let check = pair_check(&key.public_der()?);
        Ok(Self {
            kind: KeyKind::Sm2,
            bytes: key.stored_der()?,
            material: Material::Sm2(Box::new(key)),
            check,
        })
    }

    /// The kind.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The check value: of a block cipher its encryption of a zero block; of others the beginning of a
    /// SHA-256, for a pair that of the public half.
    pub const fn check(&self) -> CheckValue {
        self.check
    }

    /// The length in bits: of a symmetric key its bytes times eight, of RSA the modulus, else 256.
    pub fn bits(&self) -> usize {
        match &self.material {
            Material::Rsa(key) => key.modulus_length().saturating_mul(8),
            Material::Ec(_) | Material::Sm2(_) => 256,
            Material::Certificate(key) => key.modulus_length().saturating_mul(8),
            Material::Secret(_) | Material::Block { .. } => self.bytes.len().saturating_mul(8),
        }
    }

    /// True for a symmetric key and for a pair whose private half is here.
    pub fn has_private_half(&self) -> bool {
        match &self.material {
            Material::Rsa(key) => key.is_private(),
            Material::Ec(key) => key.is_private(),
            Material::Sm2(key) => key.is_private(),
            Material::Certificate(key) => key.is_private(),
            Material::Secret(_) | Material::Block { .. } => true,
        }
    }

    /// The bytes of a symmetric key, for HMAC and for texts that a specification hashes with the secret;
    /// `None` for a pair.
    pub fn symmetric_bytes(&self) -> Option<&[u8]> {
        (!self.kind.is_pair()).then_some(self.bytes.as_slice())
    }

    /// The HMAC of `data` under a symmetric key; `None` for a pair.
    pub fn hmac(&self, digest: Digest, data: &[u8]) -> Option<Vec<u8>> {
        let bytes = self.symmetric_bytes()?;
        if let Material::Secret(kept) = &self.material {
            if kept.get().is_none()
                && let Some(key) = HmacKey::new(digest, bytes)
            {
                // Another thread may have been first; its key is the same.
                let _ = kept.set(Box::new((digest, key)));
            }
            if let Some(kept) = kept.get()
                && kept.0 == digest
            {
                return Some(kept.1.sign(data));
            }
        }
        Some(digest::hmac(digest, bytes, data))
    }

    /// What a key store keeps: the bytes of a symmetric key, the DER of a pair or public half.
    pub(crate) fn stored_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The public half as `SubjectPublicKeyInfo` DER, of a certificate the certificate; `None` for a symmetric key.
    pub fn public_half_der(&self) -> Option<Vec<u8>> {
        match &self.material {
            Material::Rsa(key) => key.public_der().ok(),
            Material::Ec(key) => Some(key.public_der().to_vec()),
            Material::Sm2(key) => key.public_der().ok(),
            Material::Certificate(key) => Some(key.first_der().to_vec()),
            Material::Secret(_) | Material::Block { .. } => None,
        }
    }

    /// The public half as PEM; `None` for a symmetric key.
    pub fn public_half_pem(&self) -> Option<String> {
        let label = if self.kind == KeyKind::Certificate { "CERTIFICATE" } else { "PUBLIC KEY" };
        self.public_half_der().map(|der| super::pem::pem_of(label, &der))
    }

    pub(super) fn wrong_kind(&self, algorithm: Algorithm, expected: &'static str) -> SealError {
        SealError::WrongKey { algorithm, expected, found: self.kind }
    }
}

impl fmt::Debug for PreparedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PreparedKey({} {})", self.kind, self.check)
    }
}

/// The two halves of a triple DES key as single DES keys, for X9.19.
fn halves(kind: KeyKind, bytes: &[u8]) -> Option<Box<(BlockKey, BlockKey)>> {
    if kind != KeyKind::Tdes {
        return None;
    }
    let first = BlockKey::new(BlockCipher::Des, bytes.get(..8)?)?;
    let second = BlockKey::new(BlockCipher::Des, bytes.get(8..16)?)?;
    Some(Box::new((first, second)))
}

fn zero_block(key: &BlockKey) -> [u8; WIDEST_BLOCK] {
    let mut block = [0_u8; WIDEST_BLOCK];
    if let Some(zeros) = block.get_mut(..key.block_length()) {
        key.ecb_encrypt(zeros);
    }
    block
}

fn secret_check(bytes: &[u8]) -> CheckValue {
    let mut text = Zeroizing::new(b"check value of a secret\0".to_vec());
    text.extend_from_slice(bytes);
    CheckValue::of(&digest(Digest::Sha256, &text))
}

fn pair_check(public_der: &[u8]) -> CheckValue {
    CheckValue::of(&digest(Digest::Sha256, public_der))
}

fn set_odd_parity(bytes: &mut [u8]) {
    for byte in bytes {
        if byte.count_ones() % 2 == 0 {
            *byte ^= 1;
        }
    }
}

/// The key check value: the first `length` bytes of the encryption of a zero block.
///
/// # Errors
/// A key that is no block-cipher key, or more bytes than a block has.
pub fn check_value(length: usize, key: &PreparedKey) -> Result<Vec<u8>, SealError> {
    let Material::Block { whole, .. } = &key.material else {
        return Err(SealError::MalformedKey {
            kind: key.kind,
            reason: "only a block-cipher key has a check value",
        });
    };
    let block = whole.block_length();
    zero_block(whole)
        .get(..length)
        .filter(|_| length <= block)
        .map(<[u8]>::to_vec)
        .ok_or(SealError::TooLong { most: block, found: length })
}

/// The key check value of ANSI X9.24-1 for AES keys: the first `length` bytes of the CMAC of a zero block.
///
/// # Errors
/// As [`check_value`].
pub fn check_value_cmac(length: usize, key: &PreparedKey) -> Result<Vec<u8>, SealError> {
    let Material::Block { whole, .. } = &key.material else {
        return Err(SealError::MalformedKey {
            kind: key.kind,
            reason: "only a block-cipher key has a check value",
        });
    };
    let block = whole.block_length();
    let zeros = [0_u8; WIDEST_BLOCK];
    let mac = super::mac::cmac(whole, zeros.get(..block).unwrap_or(&zeros));
    mac.get(..length.min(block))
        .filter(|value| value.len() == length)
        .map(<[u8]>::to_vec)
        .ok_or(SealError::TooLong { most: block, found: length })
}
