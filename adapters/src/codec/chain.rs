//! Chains of codings: octets through charset, hex, base64, percent, compression and ciphers, and back; whole, or piece
//! by piece in [`stream`].
//!
//! In: octets and a chain. Out: octets, bounded. Charsets say how texts stand in what they are the first of; octets
//! pass through them as they are.

pub(crate) mod stream;

use std::borrow::Cow;
use std::io::Read;

use dsl::evaluate::{Environment, Value, coded};
use dsl::model::{Load, Space};
use dsl::program::ChainForm;
use dsl::value::{Cipher, CipherName, Coding};
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder};

use super::environment::Inside;
use super::{FaultKind, Wrong, sheet};
use crate::charset::Charset;

/// Most octets that unpack from one value.
const UNPACKED_MAX: u64 = 64 << 20;
/// Most octets that are held until the end of a cipher that can be used only then.
const HELD_MAX: usize = 64 << 20;

/// The codings of a chain that count now.
pub(crate) fn chosen<'p>(inside: &Inside<'_>, chain: &'p ChainForm) -> Result<&'p [Coding], Wrong> {
    let first = chain.condition.map_or(Ok(true), |condition| inside.truth(condition))?;
    Ok(if first { &chain.first } else { &chain.otherwise })
}

/// The charset that a chain says for texts, if it begins with one.
pub(crate) fn charset(codings: &[Coding]) -> Option<Charset> {
    match codings.first() {
        Some(Coding::Charset(name)) => Charset::from_name(name),
        _ => None,
    }
}

/// Whether a chain leaves octets as they are.
pub(crate) fn is_plain(codings: &[Coding]) -> bool {
    codings.iter().all(|coding| matches!(coding, Coding::Charset(_)))
}

/// Octets as they are written.
pub(crate) fn apply(inside: &Inside<'_>, codings: &[Coding], octets: Vec<u8>) -> Result<Vec<u8>, Wrong> {
    let mut octets = octets;
    for coding in codings {
        octets = match coding {
            Coding::Charset(_) => octets,
            Coding::Hex { upper, .. } => coded::to_hex(&octets, *upper),
            Coding::Base64 { url, .. } => coded::to_base64(&octets, *url),
            Coding::Percent => to_percent(&octets),
            Coding::Zlib => packed(ZlibEncoder::new(octets.as_slice(), Compression::default()))?,
            Coding::Gzip => packed(GzEncoder::new(octets.as_slice(), Compression::default()))?,
            Coding::Sheet => sheet::pack(&octets)?,
            Coding::Encrypt(cipher) => ciphered(inside, true, cipher, octets)?,
        };
    }
    Ok(octets)
}

/// Octets as they were before they were written.
pub(crate) fn invert(inside: &Inside<'_>, codings: &[Coding], octets: Vec<u8>) -> Result<Vec<u8>, Wrong> {
    let mut octets = octets;
    for coding in codings.iter().rev() {
        octets = match coding {
            Coding::Charset(_) => octets,
            Coding::Hex { tolerate_blanks, .. } => {
                coded::from_hex(&without_blanks(octets, *tolerate_blanks)).map_err(|_| FaultKind::Coding)?
            }
            Coding::Base64 { url, tolerate_blanks } => {
                coded::from_base64(&without_blanks(octets, *tolerate_blanks), *url)
                    .map_err(|_| FaultKind::Coding)?
            }
            Coding::Percent => from_percent(&octets, false)?,
            Coding::Zlib => unpacked(ZlibDecoder::new(octets.as_slice()))?,
            Coding::Gzip => unpacked(GzDecoder::new(octets.as_slice()))?,
            Coding::Sheet => sheet::unpack(&octets)?,
            Coding::Encrypt(cipher) => ciphered(inside, false, cipher, octets)?,
        };
    }
    Ok(octets)
}

fn ciphered(inside: &Inside<'_>, encrypt: bool, cipher: &Cipher, octets: Vec<u8>) -> Result<Vec<u8>, Wrong> {
    let name = cipher_name(inside, &cipher.algorithm)?;
    let mut arguments = vec![inside.evaluate(cipher.key)?, Value::bytes(octets)];
    for beside in cipher.beside() {
        arguments.push(inside.evaluate(beside)?);
    }
    let charset = &inside.programs.message.charset;
    let made = inside.seals.cipher(encrypt, &name, &arguments, charset, inside.surroundings);
    made.map_err(|fault| match fault {
        // What a key does not open was closed by another, as a seal that does not hold.
        dsl::evaluate::Fault::Seal if !encrypt => FaultKind::BadSeal.into(),
        dsl::evaluate::Fault::Seal => FaultKind::Coding.into(),
        other => other.into(),
    })
}

/// The name of an algorithm that the text or a setting names.
pub(crate) fn cipher_name<'n>(
    inside: &Inside<'n>,
    name: &'n CipherName,
) -> Result<Cow<'n, str>, dsl::evaluate::Fault> {
    Ok(match name {
        CipherName::Fixed(name) => Cow::Borrowed(name),
        CipherName::Setting(setting) => inside.surroundings.setting_text(*setting)?,
        CipherName::Member(slot) => {
            let load = Load { space: Space::Member, level: 0, slot: *slot, call: 0 };
            Cow::Owned(Environment::load(inside, &load)?.to_text(inside)?.into_owned())
        }
    })
}

fn without_blanks(mut octets: Vec<u8>, tolerate: bool) -> Vec<u8> {
    if tolerate {
        octets.retain(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n'));
    }
    octets
}

fn packed(mut packer: impl Read) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::new();
    packer.read_to_end(&mut out).map_err(|_| FaultKind::Coding)?;
    Ok(out)
}

fn unpacked(unpacker: impl Read) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::new();
    unpacker.take(UNPACKED_MAX + 1).read_to_end(&mut out).map_err(|_| FaultKind::Coding)?;
    if out.len() as u64 > UNPACKED_MAX {
        return Err(FaultKind::Container.into());
    }
    Ok(out)
}

/// Percent coding: letters, figures and `-_.~` stand as they are.
pub(crate) fn to_percent(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    for octet in octets {
        if octet.is_ascii_alphanumeric() || b"-_.~".contains(octet) {
            out.push(*octet);
        } else {
            out.push(b'%');
            out.extend(coded::to_hex(&[*octet], true));
        }
    }
    out
}

/// Octets of percent coding; `plus` stands for a blank in forms.
pub(crate) fn from_percent(octets: &[u8], plus: bool) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let (figures, after) = rest.split_at_checked(2).ok_or(FaultKind::Coding)?;
                out.extend(coded::from_hex(figures).map_err(|_| FaultKind::Coding)?);
                rest = after;
            }
            b'+' if plus => out.push(b' '),
            other => out.push(*other),
        }
    }
    Ok(out)
}
