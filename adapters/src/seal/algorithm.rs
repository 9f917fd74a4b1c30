//! The table of algorithm names of the adapter language.
//!
//! In: a name and the place it stands in. Out: what is meant, and what the compiler must know of it: kind of
//! key, length of the output, cost, weakness. Must not know how anything is computed.

use super::KeyKind;
use std::fmt;

/// From this many bytes on, a symmetric operation is worth a thread of its own.
pub const LONG_DATA: usize = 16 * 1024;

/// The argument place in which a name stands; some names mean different things in different places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// `digest(name, …)` and `hmac(name, …)`.
    Digest,
    /// `mac(name, …)`.
    Mac,
    /// `signature(name, …)`.
    Signature,
    /// `encrypt(name, …)` and `decrypt(name, …)`.
    Cipher,
}

/// An algorithm of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// A digest; the same names serve HMAC.
    Digest(Digest),
    /// A message authentication code.
    Mac(Mac),
    /// A signature.
    Signature(Signature),
    /// A symmetric cipher with its mode and padding.
    Cipher(Cipher),
    /// Encryption to a public key.
    Asymmetric(Asymmetric),
}

macro_rules! names {
    ($(#[$meta:meta])* $kind:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $kind { $($(#[$doc])* $variant,)* }

        impl $kind {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the language.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names! {
    /// A digest.
    Digest {
        /// MD5, 16 bytes; broken, demanded by many.
        Md5 = "md5",
        /// SHA-1, 20 bytes; broken.
        Sha1 = "sha1",
        /// SHA-224, 28 bytes.
        Sha224 = "sha224",
        /// SHA-256, 32 bytes.
        Sha256 = "sha256",
        /// SHA-384, 48 bytes.
        Sha384 = "sha384",
        /// SHA-512, 64 bytes.
        Sha512 = "sha512",
        /// SM3, 32 bytes.
        Sm3 = "sm3",
    }
}

names! {
    /// A message authentication code.
    Mac {
        /// ANSI X9.9: DES CBC, zeros fill the last block, 8 bytes.
        X9_9 = "x9_9",
        /// ANSI X9.19 (retail MAC): as X9.9 with the left half, the end under both halves, 8 bytes.
        X9_19 = "x9_19",
        /// DES or triple DES CBC at every block, zeros fill, 8 bytes.
        TdesCbc = "tdes_cbc_mac",
        /// Bank-card ECB MAC: blocks folded, folded block as hex, two encryptions; 8 ASCII characters.
        CupsEcb = "cups_ecb",
        /// The same, where only a key of double length is allowed; 8 ASCII characters.
        CupsEcbDouble = "cups_ecb_double",
        /// The same over 16-byte blocks with SM4; 8 ASCII characters.
        CupsEcbSm4 = "sm4_ecb_mac",
        /// Bank-card chip MAC: 80 and zeros fill; 8-byte key: CBC, 16-byte key: as X9.19; 4 bytes.
        Pboc = "pboc_3des",
        /// SM4 CBC, zeros fill the last block, 16 bytes.
        Sm4Cbc = "sm4_cbc_mac",
        /// SM4 CBC, 80 and zeros always added, 16 bytes.
        Sm4CbcMarked = "sm4_cbc_mac_80",
        /// CMAC with AES, 16 bytes.
        AesCmac = "aes_cmac",
        /// CMAC with SM4, 16 bytes.
        Sm4Cmac = "sm4_cmac",
        /// CMAC with triple DES, 8 bytes.
        TdesCmac = "tdes_cmac",
    }
}

names! {
    /// A signature.
    Signature {
        /// RSA PKCS#1 v1.5 over MD5.
        RsaMd5 = "rsa_md5",
        /// RSA PKCS#1 v1.5 over SHA-1.
        RsaSha1 = "rsa_sha1",
        /// RSA PKCS#1 v1.5 over SHA-256.
        RsaSha256 = "rsa_sha256",
        /// RSA PKCS#1 v1.5 over SHA-512.
        RsaSha512 = "rsa_sha512",
        /// RSA PSS over SHA-256, salt of 32 bytes.
        RsaPssSha256 = "rsa_pss_sha256",
        /// ECDSA on P-256 over SHA-256, DER.
        EcdsaSha256 = "ecdsa_sha256",
        /// ECDSA on P-256 over SHA-256, r and s of 32 bytes each.
        EcdsaSha256Raw = "ecdsa_sha256_raw",
        /// SM2 with SM3, r and s of 32 bytes each.
        Sm2Raw = "sm2_raw",
        /// SM2 with SM3, DER.
        Sm2Der = "sm2_der",
    }
}

names! {
    /// Encryption to a public key.
    Asymmetric {
        /// RSA PKCS#1 v1.5; data longer than one block go in several.
        RsaPkcs1 = "rsa_pkcs1",
        /// A block made with the private key and recovered with the public one (padding type 1).
        RsaPublicPkcs1 = "rsa_public_pkcs1",
        /// RSA OAEP with SHA-1.
        RsaOaepSha1 = "rsa_oaep_sha1",
        /// RSA OAEP with SHA-256 for both digest and mask.
        RsaOaepSha256 = "rsa_oaep_sha256",
        /// SM2: 04, point, digest, data.
        Sm2C1C3C2 = "sm2_c1c3c2",
        /// SM2: point without 04, digest, data.
        Sm2C1C3C2Bare = "sm2_c1c3c2_bare",
        /// SM2: 04, point, data, digest (the older order).
        Sm2C1C2C3 = "sm2_c1c2c3",
        /// SM2: point without 04, data, digest.
        Sm2C1C2C3Bare = "sm2_c1c2c3_bare",
        /// SM2: the DER sequence of GM/T 0009.
        Sm2Der = "sm2_der",
    }
}

names! {
    /// A block cipher.
    BlockCipher {
        /// DES, 8-byte key.
        Des = "des",
        /// Triple DES, 16 or 24-byte key.
        Tdes = "tdes",
        /// AES, 16, 24 or 32-byte key.
        Aes = "aes",
        /// SM4, 16-byte key.
        Sm4 = "sm4",
    }
}

names! {
    /// A mode of a block cipher.
    Mode {
        /// Each block for itself.
        Ecb = "ecb",
        /// Chained; takes an initial value of one block.
        Cbc = "cbc",
        /// Authenticated counter mode; takes an initial value of 12 bytes, adds a tag of 16.
        Gcm = "gcm",
    }
}

/// How data are brought to whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Padding {
    /// Not at all: the data must fill whole blocks (or the mode needs none).
    None,
    /// 1 to 16 bytes, each holding their number; PKCS#5 and PKCS#7 are the same here.
    Pkcs7,
}

/// A symmetric cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cipher {
    /// The block cipher.
    pub block: BlockCipher,
    /// Its mode.
    pub mode: Mode,
    /// Its padding.
    pub padding: Padding,
}

/// What a call costs the thread it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// Some microseconds.
    Quick,
    /// From a tenth of a millisecond up: not on a thread that serves connections.
    Heavy,
}

/// How many bytes come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputLength {
    /// Exactly so many.
    Exactly(usize),
    /// At most so many (a DER form, or a plain text whose padding is not known).
    AtMost(usize),
    /// The length of the RSA modulus, or a multiple of it.
    OfModulus,
}

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

impl Cipher {
    /// The cipher of a name such as `aes_cbc_pkcs5`, `tdes_ecb`, `sm4_gcm`; without a suffix nothing pads.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('_');
        let block = BlockCipher::from_name(parts.next()?)?;
        let mode = Mode::from_name(parts.next()?)?;
        let padding = match (parts.next(), mode) {
            (None, _) | (Some("none"), Mode::Ecb | Mode::Cbc) => Padding::None,
            (Some("pkcs5" | "pkcs7"), Mode::Ecb | Mode::Cbc) => Padding::Pkcs7,
            _ => return None,
        };
        let exists = mode != Mode::Gcm || block.block_length() == 16;
        (parts.next().is_none() && exists).then_some(Self { block, mode, padding })
    }

    /// The canonical name.
    pub const fn name(self) -> &'static str {
        use BlockCipher::{Aes, Des, Sm4, Tdes};
        match (self.block, self.mode, self.padding) {
            (Des, Mode::Ecb, Padding::None) => "des_ecb",
            (Des, Mode::Ecb, Padding::Pkcs7) => "des_ecb_pkcs5",
            (Des, Mode::Cbc, Padding::None) => "des_cbc",
            (Des, Mode::Cbc, Padding::Pkcs7) => "des_cbc_pkcs5",
            (Tdes, Mode::Ecb, Padding::None) => "tdes_ecb",
            (Tdes, Mode::Ecb, Padding::Pkcs7) => "tdes_ecb_pkcs5",
            (Tdes, Mode::Cbc, Padding::None) => "tdes_cbc",
            (Tdes, Mode::Cbc, Padding::Pkcs7) => "tdes_cbc_pkcs5",
            (Aes, Mode::Ecb, Padding::None) => "aes_ecb",
            (Aes, Mode::Ecb, Padding::Pkcs7) => "aes_ecb_pkcs7",
            (Aes, Mode::Cbc, Padding::None) => "aes_cbc",
            (Aes, Mode::Cbc, Padding::Pkcs7) => "aes_cbc_pkcs7",
            (Sm4, Mode::Ecb, Padding::None) => "sm4_ecb",
            (Sm4, Mode::Ecb, Padding::Pkcs7) => "sm4_ecb_pkcs7",
            (Sm4, Mode::Cbc, Padding::None) => "sm4_cbc",
            (Sm4, Mode::Cbc, Padding::Pkcs7) => "sm4_cbc_pkcs7",
            (Aes, Mode::Gcm, _) => "aes_gcm",
            (Sm4, Mode::Gcm, _) => "sm4_gcm",
            (Des | Tdes, Mode::Gcm, _) => "gcm over a 64-bit block",
        }
    }

    /// Bytes of the initial value: 0 where none is taken.
    pub const fn iv_length(self) -> usize {
        match self.mode {
            Mode::Ecb => 0,
            Mode::Cbc => self.block.block_length(),
            Mode::Gcm => 12,
        }
    }
}

impl Algorithm {
    /// What the name means in this place, or `None`.
    pub fn from_name(position: Position, name: &str) -> Option<Self> {
        match position {
            Position::Digest => Digest::from_name(name).map(Self::Digest),
            Position::Mac => mac_from_name(name).map(Self::Mac),
            Position::Signature => Signature::from_name(name).map(Self::Signature),
            Position::Cipher => Cipher::from_name(name)
                .map(Self::Cipher)
                .or_else(|| asymmetric_from_name(name).map(Self::Asymmetric)),
        }
    }

    /// The canonical names that may stand in this place, for diagnostics.
    pub fn names(position: Position) -> Vec<&'static str> {
        match position {
            Position::Digest => Digest::ALL.iter().map(|digest| digest.name()).collect(),
            Position::Mac => Mac::ALL.iter().map(|mac| mac.name()).collect(),
            Position::Signature => Signature::ALL.iter().map(|signature| signature.name()).collect(),
            Position::Cipher => cipher_names(),
        }
    }

    /// The canonical name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digest(digest) => digest.name(),
            Self::Mac(mac) => mac.name(),
            Self::Signature(signature) => signature.name(),
            Self::Cipher(cipher) => cipher.name(),
            Self::Asymmetric(asymmetric) => asymmetric.name(),
        }
    }

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

    /// What a call over so many bytes costs.
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
            Self::Digest(Digest::Sha1) | Self::Signature(Signature::RsaSha1) => Some("SHA-1 has collisions"),
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
                _ => OutputLength::OfModulus,
            },
            Self::Cipher(cipher) => OutputLength::Exactly(match (cipher.mode, cipher.padding) {
                (Mode::Gcm, _) => bytes.saturating_add(16),
                (_, Padding::None) => bytes,
                (_, Padding::Pkcs7) => {
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

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// MAC names, with the cipher names that some specifications use for a CBC-MAC.
fn mac_from_name(name: &str) -> Option<Mac> {
    match name {
        "sm4_cbc" => Some(Mac::Sm4Cbc),
        "tdes_cbc" => Some(Mac::TdesCbc),
        _ => Mac::from_name(name),
    }
}

fn asymmetric_from_name(name: &str) -> Option<Asymmetric> {
    if name == "sm2" { Some(Asymmetric::Sm2C1C3C2) } else { Asymmetric::from_name(name) }
}

fn cipher_names() -> Vec<&'static str> {
    let mut names = Vec::with_capacity(32);
    for block in BlockCipher::ALL {
        for mode in [Mode::Ecb, Mode::Cbc] {
            for padding in [Padding::None, Padding::Pkcs7] {
                names.push(Cipher { block: *block, mode, padding }.name());
            }
        }
    }
    names.extend(["aes_gcm", "sm4_gcm"]);
    names.extend(Asymmetric::ALL.iter().map(|asymmetric| asymmetric.name()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back() {
        for position in [Position::Digest, Position::Mac, Position::Signature, Position::Cipher] {
            for name in Algorithm::names(position) {
                let algorithm = Algorithm::from_name(position, name).unwrap();
                assert_eq!(algorithm.name(), name);
            }
        }
    }

    #[test]
    fn a_name_means_what_its_place_says() {
        let cipher = Algorithm::from_name(Position::Cipher, "sm4_cbc").unwrap();
        assert!(matches!(cipher, Algorithm::Cipher(Cipher { padding: Padding::None, .. })));
        assert_eq!(Algorithm::from_name(Position::Mac, "sm4_cbc"), Some(Algorithm::Mac(Mac::Sm4Cbc)));
        for name in
            ["aes_cbc_pkcs5", "aes_cbc_pkcs7", "sm4_ecb_none", "tdes_ecb", "sm4_gcm", "sm2", "rsa_pkcs1"]
        {
            assert!(Algorithm::from_name(Position::Cipher, name).is_some(), "{name}");
        }
        for name in ["des_gcm", "aes_gcm_pkcs7", "aes_ctr", "aes", "sm4_ecb_none_x", "md5"] {
            assert!(Algorithm::from_name(Position::Cipher, name).is_none(), "{name}");
        }
    }

    #[test]
    fn lengths_and_costs_are_known_beforehand() {
        let padded = Algorithm::from_name(Position::Cipher, "aes_cbc_pkcs7").unwrap();
        assert_eq!(padded.output_length(16), OutputLength::Exactly(32));
        assert_eq!(padded.output_length(15), OutputLength::Exactly(16));
        assert_eq!(padded.cost(LONG_DATA - 1), Cost::Quick);
        assert_eq!(padded.cost(LONG_DATA), Cost::Heavy);
        assert_eq!(Algorithm::Signature(Signature::Sm2Raw).cost(1), Cost::Heavy);
    }
}
