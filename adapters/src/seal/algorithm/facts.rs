//! What the compiler must know of each algorithm: keys, lengths, cost, weakness.
//!
//! In: an algorithm. Out: its facts. Must not know names.

use super::{
    Algorithm, Asymmetric, BlockCipher, Cipher, Cost, Digest, LONG_DATA, Mac, Mode, OutputLength, Padding,
    Signature,
};
use crate::seal::KeyKind;

/// The most bytes of a CMS signature with the certificates in it, as the compiler of the language has it.
const MOST_OF_CMS: usize = 8_192;

impl Digest {
    /// Bytes of output.
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 | Self::Sm3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl Mac {
    /// Bytes of output.
    pub const fn length(self) -> usize {
        match self {
            Self::Pboc => 4,
            Self::X9_9 | Self::X9_19 | Self::TdesCbc | Self::TdesCmac => 8,
            Self::CupsEcb | Self::CupsEcbDouble | Self::CupsEcbSm4 => 8,
            Self::Sm4Cbc | Self::Sm4CbcMarked | Self::AesCmac | Self::Sm4Cmac => 16,
        }
    }

    /// The kind of key and its lengths in bytes.
    pub const fn key(self) -> (KeyKind, &'static [usize]) {
        match self {
            Self::X9_9 => (KeyKind::Des, &[8, 16]),
            Self::X9_19 | Self::CupsEcbDouble => (KeyKind::Tdes, &[16]),
            Self::TdesCmac => (KeyKind::Tdes, &[16, 24]),
            Self::TdesCbc => (KeyKind::Tdes, &[8, 16, 24]),
            Self::CupsEcb | Self::Pboc => (KeyKind::Tdes, &[8, 16]),
            Self::CupsEcbSm4 | Self::Sm4Cbc | Self::Sm4CbcMarked | Self::Sm4Cmac => (KeyKind::Sm4, &[16]),
            Self::AesCmac => (KeyKind::Aes, &[16, 24, 32]),
        }
    }
}

impl BlockCipher {
    /// Bytes of a block.
    pub const fn block_length(self) -> usize {
        match self {
            Self::Des | Self::Tdes => 8,
            Self::Aes | Self::Sm4 => 16,
        }
    }

    /// The kind of key and its lengths in bytes.
    pub const fn key(self) -> (KeyKind, &'static [usize]) {
        match self {
            Self::Des => (KeyKind::Des, &[8]),
            Self::Tdes => (KeyKind::Tdes, &[16, 24]),
            Self::Aes => (KeyKind::Aes, &[16, 24, 32]),
            Self::Sm4 => (KeyKind::Sm4, &[16]),
        }
    }
}

impl Algorithm {
    /// The kind of key it takes; `None` for a digest. A single-length DES key serves a MAC that names
    /// triple DES and allows 8 bytes.
    pub const fn key_kind(self) -> Option<KeyKind> {
        match self {
            Self::Digest(_) => None,
            Self::Mac(mac) => Some(mac.key().0),
            Self::Cipher(cipher) => Some(cipher.block.key().0),
            Self::Signature(signature) => Some(match signature {
                Signature::EcdsaSha256 | Signature::EcdsaSha256Raw => KeyKind::Ec,
                Signature::Sm2Raw | Signature::Sm2Der => KeyKind::Sm2,
                Signature::CmsRsaSha1 | Signature::CmsRsaSha256 => KeyKind::Certificate,
                _ => KeyKind::Rsa,
            }),
            Self::Asymmetric(asymmetric) => Some(match asymmetric {
                Asymmetric::RsaPkcs1
                | Asymmetric::RsaPublicPkcs1
                | Asymmetric::RsaOaepSha1
                | Asymmetric::RsaOaepSha256 => KeyKind::Rsa,
                _ => KeyKind::Sm2,
            }),
        }
    }

    /// The lengths in bytes of a symmetric key it takes; empty for digests and key pairs.
    pub const fn key_lengths(self) -> &'static [usize] {
        match self {
            Self::Mac(mac) => mac.key().1,
            Self::Cipher(cipher) => cipher.block.key().1,
            Self::Digest(_) | Self::Signature(_) | Self::Asymmetric(_) => &[],
        }
    }

    /// What a call over so many bytes costs; of a signature, to make one.
    pub const fn cost(self, bytes: usize) -> Cost {
        match self {
            Self::Signature(_) | Self::Asymmetric(_) => Cost::Heavy,
            Self::Digest(_) | Self::Mac(_) | Self::Cipher(_) => {
                if bytes >= LONG_DATA {
                    Cost::Heavy
                } else {
                    Cost::Quick
                }
            }
        }
    }

    /// Why it should not be used where there is a choice; `None` if nothing is known against it.
    pub const fn weakness(self) -> Option<&'static str> {
        match self {
            Self::Digest(Digest::Md5) | Self::Signature(Signature::RsaMd5) => Some("MD5 has collisions"),
            Self::Digest(Digest::Sha1) | Self::Signature(Signature::RsaSha1 | Signature::CmsRsaSha1) => {
                Some("SHA-1 has collisions")
            }
            Self::Mac(Mac::X9_9) => Some("a DES key can be found by trying all"),
            Self::Mac(Mac::CupsEcb | Mac::CupsEcbDouble | Mac::CupsEcbSm4) => {
                Some("blocks of the text may change places unseen")
            }
            Self::Asymmetric(Asymmetric::RsaPkcs1) => Some("PKCS#1 v1.5 encryption tells errors apart"),
            Self::Asymmetric(Asymmetric::RsaPublicPkcs1) => Some("who has the public half can read it"),
            Self::Cipher(Cipher { block: BlockCipher::Des, .. }) => {
                Some("a DES key can be found by trying all")
            }
            Self::Cipher(Cipher { mode: Mode::Ecb, .. }) => Some("equal blocks stay equal"),
            _ => None,
        }
    }

    /// How many bytes come out when so many go in: made, signed or encrypted.
    pub const fn output_length(self, bytes: usize) -> OutputLength {
        match self {
            Self::Digest(digest) => OutputLength::Exactly(digest.length()),
            Self::Mac(mac) => OutputLength::Exactly(mac.length()),
            Self::Signature(signature) => match signature {
                Signature::Sm2Raw | Signature::EcdsaSha256Raw => OutputLength::Exactly(64),
                Signature::Sm2Der | Signature::EcdsaSha256 => OutputLength::AtMost(72),
                Signature::CmsRsaSha1 | Signature::CmsRsaSha256 => OutputLength::AtMost(MOST_OF_CMS),
                _ => OutputLength::OfModulus,
            },
            Self::Cipher(cipher) => OutputLength::Exactly(match (cipher.mode, cipher.padding) {
                (Mode::Gcm, _) => bytes.saturating_add(16),
                (_, Padding::None) => bytes,
                (_, Padding::Pkcs7 | Padding::Trimmed) => {
                    let block = cipher.block.block_length();
                    bytes.saturating_add(block - bytes % block)
                }
            }),
            Self::Asymmetric(asymmetric) => match asymmetric {
                Asymmetric::Sm2C1C3C2 | Asymmetric::Sm2C1C2C3 => {
                    OutputLength::Exactly(bytes.saturating_add(97))
                }
                Asymmetric::Sm2C1C3C2Bare | Asymmetric::Sm2C1C2C3Bare => {
                    OutputLength::Exactly(bytes.saturating_add(96))
                }
                Asymmetric::Sm2Der => OutputLength::AtMost(bytes.saturating_add(120)),
                _ => OutputLength::OfModulus,
            },
        }
    }
}
