//! SM2 keys and what is done with them.
//!
//! In: DER or bare numbers of a key; data. Out: signatures and cipher texts in the forms in use. Points and
//! numbers are checked when they are parsed. Must not know names of algorithms beyond error messages.

use super::random::Source;
use super::sign::DEFAULT_SM2_USER;
use super::{Algorithm, Asymmetric, KeyKind, Random, SealError};
use sm2::dsa::signature::{RandomizedSigner, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::Generate;
use sm2::pkcs8::{DecodePrivateKey, DecodePublicKey, Document, EncodePrivateKey, EncodePublicKey};
use sm2::pke::{DecryptingKey, EncryptingKey, Mode};
use sm2::{NonZeroScalar, PublicKey, SecretKey};
use zeroize::Zeroizing;

/// The longest user id: its length in bits is written in two bytes.
const LONGEST_USER: usize = 8191;

const BAD: SealError = SealError::MalformedKey {
    kind: KeyKind::Sm2,
    reason: "neither PKCS#8, SEC1 nor SubjectPublicKeyInfo of the SM2 curve",
};
const BAD_RAW: SealError = SealError::MalformedKey {
    kind: KeyKind::Sm2,
    reason: "no 32-byte number in range and no point on the curve",
};

/// An SM2 pair or public half.
pub(super) struct Sm2Key {
    public: PublicKey,
    secret: Option<SecretKey>,
    verifying: VerifyingKey,
    signing: Option<SigningKey>,
}

impl Sm2Key {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, SealError> {
        if let Ok(secret) =
            SecretKey::from_pkcs8_der(der).or_else(|_| SecretKey::from_sec1_der(der).map_err(|_| ()))
        {
            return Self::private(secret);
        }
        PublicKey::from_public_key_der(der).map_err(|_| BAD).and_then(|public| Self::new(public, None))
    }

    pub(super) fn from_raw(bytes: &[u8]) -> Result<Self, SealError> {
        match bytes.len() {
            32 => SecretKey::from_slice(bytes).map_err(|_| BAD_RAW).and_then(Self::private),
            64 => {
                let mut point = vec![4];
                point.extend_from_slice(bytes);
                Self::from_point(&point)
            }
            33 | 65 => Self::from_point(bytes),
            _ => Err(BAD_RAW),
        }
    }

    fn from_point(point: &[u8]) -> Result<Self, SealError> {
        PublicKey::from_sec1_bytes(point).map_err(|_| BAD_RAW).and_then(|public| Self::new(public, None))
    }

    pub(super) fn generate(random: Random<'_>) -> Result<Self, SealError> {
        let scalar = NonZeroScalar::try_generate_from_rng(&mut Source(random)).map_err(|_| BAD_RAW)?;
        Self::private(SecretKey::from(scalar))
    }

    fn private(secret: SecretKey) -> Result<Self, SealError> {
        Self::new(secret.public_key(), Some(secret))
    }

    fn new(public: PublicKey, secret: Option<SecretKey>) -> Result<Self, SealError> {
        let verifying = VerifyingKey::new(DEFAULT_SM2_USER, public).map_err(|_| BAD)?;
        let signing = match &secret {
            Some(secret) => Some(SigningKey::new(DEFAULT_SM2_USER, secret).map_err(|_| BAD)?),
            None => None,
        };
        Ok(Self { public, secret, verifying, signing })
    }

    pub(super) const fn is_private(&self) -> bool {
        self.secret.is_some()
    }

    pub(super) fn public_der(&self) -> Result<Vec<u8>, SealError> {
        self.public.to_public_key_der().map(Document::into_vec).map_err(|_| BAD)
    }

    pub(super) fn stored_der(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match &self.secret {
            Some(secret) => {
                secret.to_pkcs8_der().map(|der| Zeroizing::new(der.as_bytes().to_vec())).map_err(|_| BAD)
            }
            None => self.public_der().map(Zeroizing::new),
        }
    }

    pub(super) fn sign(
        &self,
        algorithm: Algorithm,
        der: bool,
        data: &[u8],
        user: Option<&str>,
        random: Random<'_>,
    ) -> Result<Vec<u8>, SealError> {
        let (secret, signing) =
            self.secret.as_ref().zip(self.signing.as_ref()).ok_or(SealError::NoPrivateHalf { algorithm })?;
        let random = &mut Source(random);
        let signature: Signature = match other_user(user)? {
            None => signing.try_sign_with_rng(random, data),
            Some(user) => {
                SigningKey::new(user, secret).and_then(|signing| signing.try_sign_with_rng(random, data))
            }
        }
        .map_err(|_| SealError::Library { algorithm })?;
        Ok(if der { signature.to_der().to_vec() } else { signature.to_vec() })
    }

    pub(super) fn verify(
        &self,
        der: bool,
        data: &[u8],
        signature: &[u8],
        user: Option<&str>,
    ) -> Result<(), SealError> {
        let broken = SealError::SealBroken;
        let signature = if der { Signature::from_der(signature) } else { Signature::from_slice(signature) }
            .map_err(|_| broken)?;
        match other_user(user)? {
            None => self.verifying.verify(data, &signature),
            Some(user) => {
                VerifyingKey::new(user, self.public).and_then(|verifying| verifying.verify(data, &signature))
            }
        }
        .map_err(|_| broken)
    }

    pub(super) fn encrypt(
        &self,
        form: Asymmetric,
        data: &[u8],
        random: Random<'_>,
    ) -> Result<Vec<u8>, SealError> {
        let key = EncryptingKey::new_with_mode(self.public, mode(form));
        let random = &mut Source(random);
        let sealed = if form == Asymmetric::Sm2Der {
            key.encrypt_der(random, data)
        } else {
            key.encrypt(random, data)
        };
        let mut sealed = sealed.map_err(|_| SealError::Library { algorithm: Algorithm::Asymmetric(form) })?;
        if is_bare(form) {
            sealed.remove(0);
        }
        Ok(sealed)
    }

    pub(super) fn decrypt(&self, form: Asymmetric, data: &[u8]) -> Result<Vec<u8>, SealError> {
        let algorithm = Algorithm::Asymmetric(form);
        let secret = self.secret.as_ref().ok_or(SealError::NoPrivateHalf { algorithm })?;
        let key = DecryptingKey::new_with_mode(secret.to_nonzero_scalar(), mode(form));
        if form == Asymmetric::Sm2Der {
            return key.decrypt_der(data).map_err(|_| SealError::Undecipherable);
        }
        let mut sealed = Vec::with_capacity(data.len() + 1);
        if is_bare(form) {
            sealed.push(4);
        }
        sealed.extend_from_slice(data);
        // 04, point, digest and at least one byte; a compressed point is not in use.
        if sealed.len() < 98 || sealed.first() != Some(&4) {
            return Err(SealError::Undecipherable);
        }
        key.decrypt(&sealed).map_err(|_| SealError::Undecipherable)
    }
}

fn other_user(user: Option<&str>) -> Result<Option<&str>, SealError> {
    match user {
        Some(user) if user.len() > LONGEST_USER => Err(SealError::UserId),
        Some(user) if user != DEFAULT_SM2_USER => Ok(Some(user)),
        _ => Ok(None),
    }
}

const fn mode(form: Asymmetric) -> Mode {
    match form {
        Asymmetric::Sm2C1C2C3 | Asymmetric::Sm2C1C2C3Bare => Mode::C1C2C3,
        _ => Mode::C1C3C2,
    }
}

const fn is_bare(form: Asymmetric) -> bool {
    matches!(form, Asymmetric::Sm2C1C3C2Bare | Asymmetric::Sm2C1C2C3Bare)
}
