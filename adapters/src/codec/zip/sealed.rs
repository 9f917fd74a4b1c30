//! Zips whose entries are under a password, by the cipher that every tool knows (APPNOTE 6.1, "traditional PKWARE").
//!
//! In: entries and a password. Out: the zip's octets; equal entries under equal passwords give equal octets. The cipher is
//! weak: it keeps a packet from being read in passing, and parties demand it.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::codec::{FaultKind, Wrong};
use crate::seal::{Digest, digest};

/// Octets of the cipher's own head, before an entry's content.
const HEAD: usize = 12;
/// 1 January 1980, the first day that a zip knows.
const DAY: u16 = 0x21;
/// Needs a reader of version 2.0.
const VERSION: u16 = 20;
const CIPHERED: u16 = 1;
const NAME_IN_UTF8: u16 = 1 << 11;
const DEFLATED: u16 = 8;

/// A zip of these entries under a password.
pub(super) fn pack(entries: &[(String, Vec<u8>)], password: &[u8]) -> Result<Vec<u8>, Wrong> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let at = fits(out.len())?;
        let mut crc = Crc::new();
        crc.update(content);
        let data = ciphered(name, content, password, crc.sum())?;
        let facts = facts(name, crc.sum(), fits(data.len())?, fits(content.len())?)?;
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&facts);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&data);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&VERSION.to_le_bytes());
        directory.extend_from_slice(&facts);
        // No comment, the first disk, no attributes.
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (begins, length) = (fits(out.len())?, fits(directory.len())?);
    let count = u16::try_from(entries.len()).map_err(|_| FaultKind::TooLong)?;
    out.extend_from_slice(&directory);
    out.extend_from_slice(super::END_MARK);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&begins.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Ok(out)
}

fn fits(length: usize) -> Result<u32, Wrong> {
    u32::try_from(length).map_err(|_| FaultKind::TooLong.into())
}

/// What the head of an entry and its line in the directory both say: versions to lengths.
fn facts(name: &str, crc: u32, packed: u32, plain: u32) -> Result<Vec<u8>, Wrong> {
    let flags = if name.is_ascii() { CIPHERED } else { CIPHERED | NAME_IN_UTF8 };
    let length = u16::try_from(name.len()).map_err(|_| FaultKind::TooLong)?;
    let mut facts = Vec::with_capacity(26);
    for word in [VERSION, flags, DEFLATED, 0, DAY] {
        facts.extend_from_slice(&word.to_le_bytes());
    }
    for word in [crc, packed, plain] {
        facts.extend_from_slice(&word.to_le_bytes());
    }
    facts.extend_from_slice(&length.to_le_bytes());
    facts.extend_from_slice(&[0; 2]);
    Ok(facts)
}

/// The cipher's head and the deflated content, ciphered. The last octet of the head is the checksum's highest: by it a
/// reader knows a wrong password. The others ought to be unlike in each entry; they are drawn from what stands in it.
fn ciphered(name: &str, content: &[u8], password: &[u8], crc: u32) -> Result<Vec<u8>, Wrong> {
    let mut data = digest(Digest::Sha256, &[password, name.as_bytes(), content].concat());
    data.truncate(HEAD - 1);
    data.push(crc.to_be_bytes()[0]);
    let mut deflate = DeflateEncoder::new(data, Compression::default());
    deflate.write_all(content).map_err(|_| FaultKind::Container)?;
    let mut data = deflate.finish().map_err(|_| FaultKind::Container)?;
    let mut keys = Keys::of(password);
    data.iter_mut().for_each(|octet| *octet = keys.cipher(*octet));
    Ok(data)
}

/// The three keys of the cipher.
struct Keys(u32, u32, u32);

impl Keys {
    fn of(password: &[u8]) -> Self {
        let mut keys = Self(0x1234_5678, 0x2345_6789, 0x3456_7890);
        password.iter().for_each(|octet| keys.update(*octet));
        keys
    }

    fn update(&mut self, octet: u8) {
        self.0 = crc_step(self.0, octet);
        self.1 = self.1.wrapping_add(self.0 & 0xFF).wrapping_mul(0x0808_8405).wrapping_add(1);
        self.2 = crc_step(self.2, self.1.to_be_bytes()[0]);
    }

    fn cipher(&mut self, plain: u8) -> u8 {
        let word = (self.2 | 2) & 0xFFFF;
        let stream = (word.wrapping_mul(word ^ 1) >> 8).to_le_bytes()[0];
        self.update(plain);
        plain ^ stream
    }
}

/// One octet of a CRC-32, without the inversions at its begin and end.
fn crc_step(crc: u32, octet: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(octet), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
}
