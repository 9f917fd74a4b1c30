//! Signatures in an envelope that names who signed: CMS `SignedData` (PKCS#7), of content that stands outside it.
//!
//! In: an RSA pair with its certificate, or the certificates that the other side was known by; the content; a moment. Out: the
//! envelope in DER, or a verdict. A signer is believed who has one of these very certificates, within its time; what else
//! an envelope carries (certificates above it, lists of revoked ones) proves nothing here. Must not know messages or fields.
//!
//! Written without signed attributes: the signature is over the content itself. Read with them or without, in DER or BER.

use super::sign::RsaKey;
use super::{Algorithm, Digest, KeyKind, Random, SealError, Signature, constant_time_equal, digest};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo};
use rsa::pkcs1v15::SigningKey;
use std::str::FromStr as _;
use x509_cert::Certificate;
use x509_cert::attr::Attributes;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::asn1::{Any, Null, ObjectIdentifier, OctetString, SetOfVec};
use x509_cert::der::{Decode, Encode, Reader as _, SliceReader};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The most certificates of one key: who changes one is known by the old and the new for a while.
const MOST_CERTIFICATES: usize = 16;

const MALFORMED: SealError = SealError::MalformedKey {
    kind: KeyKind::Certificate,
    reason: "neither certificates of RSA keys, nor one private half with its certificate",
};

/// What a digest and its RSA signature are called in an envelope.
struct Scheme {
    digest: Digest,
    bare: Signature,
    digest_name: ObjectIdentifier,
    signature_name: ObjectIdentifier,
}

fn scheme(algorithm: Signature) -> Scheme {
    match algorithm {
        Signature::CmsRsaSha1 => Scheme {
            digest: Digest::Sha1,
            bare: Signature::RsaSha1,
            digest_name: ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
            signature_name: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
        },
        _ => Scheme {
            digest: Digest::Sha256,
            bare: Signature::RsaSha256,
            digest_name: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
            signature_name: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
        },
    }
}

/// A certificate and the key in it.
struct Known {
    certificate: Certificate,
    der: Vec<u8>,
    key: RsaKey,
}

/// An RSA pair with its certificate, or the certificates of the other side.
pub(super) struct Certified {
    private: Option<RsaKey>,
    /// Of a pair the first is its own; others stand above it and are sent along.
    known: Vec<Known>,
}

impl Certified {
    /// Certificates one behind the other, the private half among them where the key is ours.
    pub(super) fn from_der(ders: &[u8]) -> Result<Self, SealError> {
        let mut reader = SliceReader::new(ders).map_err(|_| MALFORMED)?;
        let (mut private, mut known) = (None, Vec::new());
        while !reader.is_finished() {
            let der = reader.tlv_bytes().map_err(|_| MALFORMED)?;
            match Certificate::from_der(der) {
                Ok(certificate) => known.push(Known::new(certificate, der)?),
                Err(_) => {
                    let key = RsaKey::from_der(der).ok().filter(RsaKey::is_private).ok_or(MALFORMED)?;
                    if private.replace(key).is_some() {
                        return Err(MALFORMED);
                    }
                }
            }
        }
        if let Some(private) = &private {
            let public = private.public_der()?;
            let own = known.iter().position(|known| known.key.public_der().is_ok_and(|der| der == public));
            known.swap(0, own.ok_or(MALFORMED)?);
        }
        if known.is_empty() || known.len() > MOST_CERTIFICATES {
            return Err(MALFORMED);
        }
        Ok(Self { private, known })
    }

    /// A pair that vouches for itself, for tests and for parties that know each other by their very certificates. It does not end:
    /// how long it is used is the matter of whoever keeps it.
    pub(super) fn generate(length: usize, random: Random<'_>) -> Result<Self, SealError> {
        const FAILED: SealError =
            SealError::MalformedKey { kind: KeyKind::Certificate, reason: "it could not be generated" };
        let mut number = [0_u8; 16];
        random(&mut number);
        if let Some(first) = number.first_mut() {
            // The number is positive, and as long as any other.
            *first = *first & 0x3F | 0x40;
        }
        let pair = RsaKey::generate(length, random)?;
        let private = pair.private.clone().ok_or(FAILED)?;
        let number_der = SerialNumber::new(&number).map_err(|_| FAILED)?;
        let name = Name::from_str("CN=tongshi").map_err(|_| FAILED)?;
        let public = pair.public_der()?;
        let public = x509_cert::spki::SubjectPublicKeyInfoOwned::from_der(&public).map_err(|_| FAILED)?;
        let from = Time::try_from(std::time::UNIX_EPOCH).map_err(|_| FAILED)?;
        let validity = Validity::new(from, Time::INFINITY);
        let certificate = CertificateBuilder::new(Itself(name), number_der, validity, public)
            .and_then(|builder| {
                builder
                    .build::<_, rsa::pkcs1v15::Signature>(&SigningKey::<sha2::Sha256>::new(private.clone()))
            })
            .map_err(|_| FAILED)?;
        let der = certificate.to_der().map_err(|_| FAILED)?;
        Ok(Self { private: Some(pair), known: vec![Known::new(certificate, &der)?] })
    }

    pub(super) const fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Bytes of the modulus.
    pub(super) fn modulus_length(&self) -> usize {
        self.known.first().map_or(0, |known| known.key.modulus_length())
    }

    /// The certificate of a pair, or the first of the other side.
    pub(super) fn first_der(&self) -> &[u8] {
        self.known.first().map_or(&[], |known| &known.der)
    }

    /// What a key store keeps.
    pub(super) fn stored_der(&self) -> Zeroizing<Vec<u8>> {
        let mut all = Zeroizing::new(Vec::new());
        if let Some(private) = self.private.as_ref().and_then(|key| key.stored_der().ok()) {
            all.extend_from_slice(&private);
        }
        self.known.iter().for_each(|known| all.extend_from_slice(&known.der));
        all
    }

    /// The same for people.
    pub(super) fn pem(&self) -> String {
        let private = self.private.as_ref().and_then(|key| key.stored_der().ok());
        let mut text = private.map_or_else(String::new, |der| super::pem::pem_of("PRIVATE KEY", &der));
        self.known.iter().for_each(|known| text += &super::pem::pem_of("CERTIFICATE", &known.der));
        text
    }

    pub(super) fn sign(
        &self,
        algorithm: Signature,
        data: &[u8],
        random: Random<'_>,
    ) -> Result<Vec<u8>, SealError> {
        let whole = Algorithm::Signature(algorithm);
        let private = self.private.as_ref().ok_or(SealError::NoPrivateHalf { algorithm: whole })?;
        let scheme = scheme(algorithm);
        let signature = private.sign(scheme.bare, data, random)?;
        self.envelope(&scheme, signature).map_err(|_| SealError::Library { algorithm: whole })
    }

    fn envelope(&self, scheme: &Scheme, signature: Vec<u8>) -> x509_cert::der::Result<Vec<u8>> {
        // Of digests the parameters are left out, of RSA they are null (RFC 3370, RFC 5754).
        let digest_name = || AlgorithmIdentifierOwned { oid: scheme.digest_name, parameters: None };
        let rsa = AlgorithmIdentifierOwned { oid: RSA, parameters: Some(Any::from(Null)) };
        let own = self.known.first().ok_or(x509_cert::der::ErrorKind::Failed)?.certificate.tbs_certificate();
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: own.issuer().clone(),
                serial_number: own.serial_number().clone(),
            }),
            digest_alg: digest_name(),
            signed_attrs: None,
            signature_algorithm: rsa,
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        };
        let certificates: Vec<CertificateChoices> = self
            .known
            .iter()
            .map(|known| CertificateChoices::Certificate(known.certificate.clone()))
            .collect();
        let signed = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from(vec![digest_name()])?,
            encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
            certificates: Some(certificates.try_into()?),
            crls: None,
            signer_infos: vec![signer].try_into()?,
        };
        ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()
    }

    pub(super) fn verify(
        &self,
        algorithm: Signature,
        data: &[u8],
        envelope: &[u8],
        moment: Option<i64>,
    ) -> Result<(), SealError> {
        let scheme = scheme(algorithm);
        let signer = signer_of(envelope).filter(|signer| {
            signer.digest_alg.oid == scheme.digest_name
                && [RSA, scheme.signature_name].contains(&signer.signature_algorithm.oid)
        });
        let signer = signer.ok_or(SealError::SealBroken)?;
        let known = self.known.iter().find(|known| known.is(&signer.sid));
        let known = known.filter(|known| moment.is_some_and(|moment| known.holds_at(moment)));
        let key = &known.ok_or(SealError::SealBroken)?.key;
        match &signer.signed_attrs {
            None => key.verify(scheme.bare, data, signer.signature.as_bytes()),
            Some(attributes) => {
                let told = attribute(attributes, MESSAGE_DIGEST);
                let told = told.and_then(|value| value.decode_as::<OctetString>().ok());
                let kind = attribute(attributes, CONTENT_TYPE);
                let kind = kind.and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
                let is = digest(scheme.digest, data);
                let same = told.is_some_and(|told| {
                    told.as_bytes().len() == is.len() && constant_time_equal(told.as_bytes(), &is)
                });
                if !same || kind != Some(DATA) {
                    return Err(SealError::SealBroken);
                }
                let covered = attributes.to_der().map_err(|_| SealError::SealBroken)?;
                key.verify(scheme.bare, &covered, signer.signature.as_bytes())
            }
        }
    }
}

impl Known {
    fn new(certificate: Certificate, der: &[u8]) -> Result<Self, SealError> {
        let public = certificate.tbs_certificate().subject_public_key_info().to_der();
        let key = RsaKey::from_der(&public.map_err(|_| MALFORMED)?).map_err(|_| MALFORMED)?;
        Ok(Self { certificate, der: der.to_vec(), key })
    }

    fn is(&self, named: &SignerIdentifier) -> bool {
        let own = self.certificate.tbs_certificate();
        match named {
            SignerIdentifier::IssuerAndSerialNumber(named) => {
                named.issuer == *own.issuer() && named.serial_number == *own.serial_number()
            }
            SignerIdentifier::SubjectKeyIdentifier(named) => {
                matches!(own.get_extension::<SubjectKeyIdentifier>(), Ok(Some((_, own))) if own == *named)
            }
        }
    }

    fn holds_at(&self, moment: i64) -> bool {
        let validity = self.certificate.tbs_certificate().validity();
        let moment = u64::try_from(moment).unwrap_or(0);
        let (from, to) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        (from.as_secs()..=to.as_secs()).contains(&moment)
    }
}

/// The one who signed; none where the envelope is none, has its content inside, or was signed by several or by nobody.
fn signer_of(envelope: &[u8]) -> Option<SignerInfo> {
    let whole = ContentInfo::from_ber(envelope).ok().filter(|whole| whole.content_type == SIGNED_DATA)?;
    let signed = whole.content.decode_as_encoding::<SignedData>(x509_cert::der::EncodingRules::Ber).ok()?;
    let inside = &signed.encap_content_info;
    if inside.econtent_type != DATA || inside.econtent.is_some() {
        return None;
    }
    let mut signers = signed.signer_infos.0.into_vec().into_iter();
    signers.next().filter(|_| signers.next().is_none())
}

/// The one value of an attribute that is there once.
fn attribute(attributes: &Attributes, name: ObjectIdentifier) -> Option<&Any> {
    let mut named = attributes.iter().filter(|attribute| attribute.oid == name);
    let mut values = named.next().filter(|_| named.next().is_none())?.values.iter();
    values.next().filter(|_| values.next().is_none())
}

/// The certificate of one who vouches for itself.
struct Itself(Name);

impl BuilderProfile for Itself {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.0.clone()
    }

    fn build_extensions(
        &self,
        _spk: SubjectPublicKeyInfoRef<'_>,
        _issuer_spk: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(Vec::new())
    }
}
