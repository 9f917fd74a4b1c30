//! The table of algorithm names of the adapter language.
//!
//! In: a name and the place it stands in. Out: what is meant, and what the compiler must know of it: kind of
//! key, length of the output, cost, weakness. Must not know how anything is computed.

mod facts;

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
        /// CMS (PKCS#7) over detached content, RSA PKCS#1 v1.5 over SHA-1.
        CmsRsaSha1 = "cms_rsa_sha1",
        /// CMS (PKCS#7) over detached content, RSA PKCS#1 v1.5 over SHA-256.
        CmsRsaSha256 = "cms_rsa_sha256",
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
    /// As PKCS#7 when written; read, whatever control characters end the last block are dropped.
    Trimmed,
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

impl Cipher {
    /// The cipher of a name such as `aes_cbc_pkcs5`, `tdes_ecb`, `sm4_gcm`; without a suffix nothing pads.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('_');
        let block = BlockCipher::from_name(parts.next()?)?;
        let mode = Mode::from_name(parts.next()?)?;
        let padding = match (parts.next(), mode) {
            (None, _) | (Some("none"), Mode::Ecb | Mode::Cbc) => Padding::None,
            (Some("pkcs5" | "pkcs7"), Mode::Ecb | Mode::Cbc) => Padding::Pkcs7,
            (Some("trimmed"), Mode::Ecb | Mode::Cbc) => Padding::Trimmed,
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
            (Des, Mode::Ecb, Padding::Trimmed) => "des_ecb_trimmed",
            (Des, Mode::Cbc, Padding::None) => "des_cbc",
            (Des, Mode::Cbc, Padding::Pkcs7) => "des_cbc_pkcs5",
            (Des, Mode::Cbc, Padding::Trimmed) => "des_cbc_trimmed",
            (Tdes, Mode::Ecb, Padding::None) => "tdes_ecb",
            (Tdes, Mode::Ecb, Padding::Pkcs7) => "tdes_ecb_pkcs5",
            (Tdes, Mode::Ecb, Padding::Trimmed) => "tdes_ecb_trimmed",
            (Tdes, Mode::Cbc, Padding::None) => "tdes_cbc",
            (Tdes, Mode::Cbc, Padding::Pkcs7) => "tdes_cbc_pkcs5",
            (Tdes, Mode::Cbc, Padding::Trimmed) => "tdes_cbc_trimmed",
            (Aes, Mode::Ecb, Padding::None) => "aes_ecb",
            (Aes, Mode::Ecb, Padding::Pkcs7) => "aes_ecb_pkcs7",
            (Aes, Mode::Ecb, Padding::Trimmed) => "aes_ecb_trimmed",
            (Aes, Mode::Cbc, Padding::None) => "aes_cbc",
            (Aes, Mode::Cbc, Padding::Pkcs7) => "aes_cbc_pkcs7",
            (Aes, Mode::Cbc, Padding::Trimmed) => "aes_cbc_trimmed",
            (Sm4, Mode::Ecb, Padding::None) => "sm4_ecb",
            (Sm4, Mode::Ecb, Padding::Pkcs7) => "sm4_ecb_pkcs7",
            (Sm4, Mode::Ecb, Padding::Trimmed) => "sm4_ecb_trimmed",
            (Sm4, Mode::Cbc, Padding::None) => "sm4_cbc",
            (Sm4, Mode::Cbc, Padding::Pkcs7) => "sm4_cbc_pkcs7",
            (Sm4, Mode::Cbc, Padding::Trimmed) => "sm4_cbc_trimmed",
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
            for padding in [Padding::None, Padding::Pkcs7, Padding::Trimmed] {
                names.push(Cipher { block: *block, mode, padding }.name());
            }
        }
    }
    names.extend(["aes_gcm", "sm4_gcm"]);
    names.extend(Asymmetric::ALL.iter().map(|asymmetric| asymmetric.name()));
    names
}

#[cfg(test)]
mod tests;
