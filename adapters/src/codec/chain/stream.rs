//! Chains of codings piece by piece, with memory that does not grow with the file (decisions D12).
//!
//! In: a chain, octets in pieces of any size. Out: the octets behind the chain, or in front of it, in pieces. What
//! cannot be used before its end is seen (an authenticated cipher, a public key) is held, bounded, and given at the end.

use std::io::Write as _;
use std::sync::Arc;

use dsl::evaluate::coded;
use dsl::value::Coding;
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder};

use super::{HELD_MAX, from_percent, to_percent};
use crate::codec::environment::Inside;
use crate::codec::seals::drawing;
use crate::codec::{FaultKind, Wrong, sheet};
use crate::seal::{self, Algorithm, CipherState, Direction, Mode, Position, PreparedKey};
use crate::value::Surroundings;

/// Octets that an element takes at once: what it gives then is bounded too.
const SLICE: usize = 16 << 10;
/// The same before a decompressor, which may give a thousand octets for one.
const PACKED_SLICE: usize = 256;

/// Where octets go that came through.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), Wrong> + 'a;

/// The codings of a chain under way, in one direction.
#[derive(Default)]
pub(crate) struct Coder {
    elements: Vec<Element>,
}

impl Coder {
    /// The codings as they are written.
    pub(crate) fn writing(inside: &Inside<'_>, codings: &[Coding]) -> Result<Self, Wrong> {
        let elements =
            codings.iter().filter_map(|coding| Element::of(inside, coding, Direction::Encrypt).transpose());
        Ok(Coder { elements: elements.collect::<Result<_, Wrong>>()? })
    }

    /// The codings as they are read, the last one first.
    pub(crate) fn reading(inside: &Inside<'_>, codings: &[Coding]) -> Result<Self, Wrong> {
        let codings = codings.iter().rev();
        let elements =
            codings.filter_map(|coding| Element::of(inside, coding, Direction::Decrypt).transpose());
        Ok(Coder { elements: elements.collect::<Result<_, Wrong>>()? })
    }

    /// Takes the next octets; what comes through goes to the sink.
    pub(crate) fn push(&mut self, octets: &[u8], sink: &mut Sink<'_>) -> Result<(), Wrong> {
        through(&mut self.elements, octets, sink)
    }

    /// The end: what was held comes through, or is wrong.
    pub(crate) fn finish(
        &mut self,
        surroundings: &dyn Surroundings,
        sink: &mut Sink<'_>,
    ) -> Result<(), Wrong> {
        let mut elements = self.elements.as_mut_slice();
        while let Some((first, rest)) = elements.split_first_mut() {
            let mut out = Vec::new();
            first.finish(surroundings, &mut out)?;
            through(rest, &out, sink)?;
            elements = rest;
        }
        Ok(())
    }

    /// Octets that it holds.
    pub(crate) fn held(&self) -> usize {
        self.elements.iter().map(Element::held).sum()
    }
}

fn through(elements: &mut [Element], octets: &[u8], sink: &mut Sink<'_>) -> Result<(), Wrong> {
    let Some((first, rest)) = elements.split_first_mut() else {
        return if octets.is_empty() { Ok(()) } else { sink(octets) };
    };
    let mut out = Vec::new();
    for slice in octets.chunks(first.slice()) {
        first.update(slice, &mut out)?;
        if !out.is_empty() {
            through(rest, &out, sink)?;
            out.clear();
        }
    }
    Ok(())
}

enum Element {
    ToHex {
        upper: bool,
    },
    FromHex {
        half: Option<u8>,
        blanks: bool,
    },
    /// Up to two octets wait.
    ToBase64 {
        url: bool,
        rest: Vec<u8>,
    },
    /// The last four signs wait: padding is right only at the end.
    FromBase64 {
        url: bool,
        blanks: bool,
        rest: Vec<u8>,
    },
    ToPercent,
    /// A sign that is not whole waits.
    FromPercent {
        rest: Vec<u8>,
    },
    Deflate(Box<ZlibEncoder<Vec<u8>>>),
    Inflate(Box<ZlibDecoder<Vec<u8>>>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Gunzip(Box<GzDecoder<Vec<u8>>>),
    Cipher(Option<Box<CipherState<Arc<PreparedKey>>>>),
    /// A spreadsheet is read and written whole.
    Sheet {
        writing: bool,
        octets: Vec<u8>,
    },
    Held {
        algorithm: Algorithm,
        key: Arc<PreparedKey>,
        iv: Option<Vec<u8>>,
        associated: Option<Vec<u8>>,
        direction: Direction,
        octets: Vec<u8>,
    },
}

impl Element {
    /// None: a charset, through which octets pass as they are.
    fn of(inside: &Inside<'_>, coding: &Coding, direction: Direction) -> Result<Option<Self>, Wrong> {
        let writing = direction == Direction::Encrypt;
        Ok(Some(match coding {
            Coding::Charset(_) => return Ok(None),
            Coding::Hex { upper, .. } if writing => Element::ToHex { upper: *upper },
            Coding::Hex { tolerate_blanks, .. } => Element::FromHex { half: None, blanks: *tolerate_blanks },
            Coding::Base64 { url, .. } if writing => Element::ToBase64 { url: *url, rest: Vec::new() },
            Coding::Base64 { url, tolerate_blanks } => {
                Element::FromBase64 { url: *url, blanks: *tolerate_blanks, rest: Vec::new() }
            }
            Coding::Percent if writing => Element::ToPercent,
            Coding::Percent => Element::FromPercent { rest: Vec::new() },
            Coding::Zlib if writing => {
                Element::Deflate(Box::new(ZlibEncoder::new(Vec::new(), Compression::default())))
            }
            Coding::Zlib => Element::Inflate(Box::new(ZlibDecoder::new(Vec::new()))),
            Coding::Gzip if writing => {
                Element::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::default())))
            }
            Coding::Gzip => Element::Gunzip(Box::new(GzDecoder::new(Vec::new()))),
            Coding::Sheet => Element::Sheet { writing, octets: Vec::new() },
            Coding::Encrypt(cipher) => Element::cipher(inside, cipher, direction)?,
        }))
    }

    fn cipher(inside: &Inside<'_>, cipher: &dsl::value::Cipher, direction: Direction) -> Result<Self, Wrong> {
        let octets = |beside: Option<u32>| beside.map(|beside| inside.octets(beside)).transpose();
        let (iv, associated) = (octets(cipher.iv)?, octets(cipher.associated)?);
        let name = super::cipher_name(inside, &cipher.algorithm)?;
        let algorithm = Algorithm::from_name(Position::Cipher, &name).ok_or(FaultKind::Program)?;
        let key = inside.seals.key(
            &inside.evaluate(cipher.key)?,
            algorithm,
            &inside.programs.message.charset,
            inside.surroundings,
        )?;
        match algorithm {
            Algorithm::Cipher(cipher) if cipher.mode != Mode::Gcm && associated.is_none() => {
                let state =
                    CipherState::new(cipher, key, direction, iv.as_deref()).map_err(|_| FaultKind::Coding)?;
                Ok(Element::Cipher(Some(Box::new(state))))
            }
            algorithm => Ok(Element::Held { algorithm, key, iv, associated, direction, octets: Vec::new() }),
        }
    }

    fn slice(&self) -> usize {
        if matches!(self, Element::Inflate(_) | Element::Gunzip(_)) { PACKED_SLICE } else { SLICE }
    }

    fn update(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Wrong> {
        match self {
            Element::ToHex { upper } => out.extend(coded::to_hex(octets, *upper)),
            Element::FromHex { half, blanks } => from_hex(half, *blanks, octets, out)?,
            Element::ToBase64 { url, rest } => {
                rest.extend_from_slice(octets);
                let whole = rest.len() - rest.len() % 3;
                out.extend(coded::to_base64(rest.get(..whole).unwrap_or_default(), *url));
                rest.drain(..whole);
            }
            Element::FromBase64 { url, blanks, rest } => {
                rest.extend(octets.iter().filter(|octet| !(*blanks && is_blank(**octet))));
                let whole = rest.len().saturating_sub(1) / 4 * 4;
                let signs = rest.get(..whole).unwrap_or_default();
                if signs.contains(&b'=') {
                    return Err(FaultKind::Coding.into());
                }
                out.extend(coded::from_base64(signs, *url).map_err(|_| FaultKind::Coding)?);
                rest.drain(..whole);
            }
            Element::ToPercent => out.extend(to_percent(octets)),
            Element::FromPercent { rest } => {
                rest.extend_from_slice(octets);
                let open =
                    rest.iter().rev().take(2).position(|octet| *octet == b'%').map_or(0, |back| back + 1);
                let whole = rest.len() - open;
                out.extend(from_percent(rest.get(..whole).unwrap_or_default(), false)?);
                rest.drain(..whole);
            }
            Element::Deflate(coder) => give(coder.write_all(octets), coder.get_mut(), out)?,
            Element::Inflate(coder) => give(coder.write_all(octets), coder.get_mut(), out)?,
            Element::Gzip(coder) => give(coder.write_all(octets), coder.get_mut(), out)?,
            Element::Gunzip(coder) => give(coder.write_all(octets), coder.get_mut(), out)?,
            Element::Cipher(state) => {
                let state = state.as_mut().ok_or(FaultKind::Program)?;
                state.update(octets, out).map_err(|_| FaultKind::Coding)?;
            }
            Element::Held { octets: held, .. } | Element::Sheet { octets: held, .. } => {
                held.extend_from_slice(octets);
                if held.len() > HELD_MAX {
                    return Err(FaultKind::Container.into());
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, surroundings: &dyn Surroundings, out: &mut Vec<u8>) -> Result<(), Wrong> {
        match self {
            Element::ToHex { .. } | Element::ToPercent => {}
            Element::FromHex { half, .. } => {
                if half.is_some() {
                    return Err(FaultKind::Coding.into());
                }
            }
            Element::ToBase64 { url, rest } => out.extend(coded::to_base64(&std::mem::take(rest), *url)),
            Element::FromBase64 { url, rest, .. } => {
                let rest = std::mem::take(rest);
                out.extend(coded::from_base64(&rest, *url).map_err(|_| FaultKind::Coding)?);
            }
            Element::FromPercent { rest } => out.extend(from_percent(&std::mem::take(rest), false)?),
            Element::Deflate(coder) => give(coder.try_finish(), coder.get_mut(), out)?,
            Element::Inflate(coder) => give(coder.try_finish(), coder.get_mut(), out)?,
            Element::Gzip(coder) => give(coder.try_finish(), coder.get_mut(), out)?,
            Element::Gunzip(coder) => give(coder.try_finish(), coder.get_mut(), out)?,
            Element::Cipher(state) => {
                let state = state.take().ok_or(FaultKind::Program)?;
                state.finish(out).map_err(|_| FaultKind::Coding)?;
            }
            Element::Sheet { writing, octets } => {
                let octets = std::mem::take(octets);
                *out = if *writing { sheet::pack(&octets)? } else { sheet::unpack(&octets)? };
            }
            Element::Held { algorithm, key, iv, associated, direction, octets } => {
                let octets = std::mem::take(octets);
                let (iv, bound) = (iv.as_deref(), associated.as_deref());
                let done = drawing(&mut |octets| surroundings.random(octets), |random| match direction {
                    Direction::Encrypt => seal::encrypt_bound(*algorithm, key, iv, bound, &octets, random),
                    Direction::Decrypt => seal::decrypt_bound(*algorithm, key, iv, bound, &octets, random),
                });
                *out = done.map_err(|_| FaultKind::Coding)?;
            }
        }
        Ok(())
    }

    fn held(&self) -> usize {
        match self {
            Element::ToHex { .. } | Element::FromHex { .. } | Element::ToPercent => 0,
            Element::ToBase64 { rest, .. }
            | Element::FromBase64 { rest, .. }
            | Element::FromPercent { rest } => rest.capacity(),
            Element::Deflate(coder) => coder.get_ref().capacity(),
            Element::Inflate(coder) => coder.get_ref().capacity(),
            Element::Gzip(coder) => coder.get_ref().capacity(),
            Element::Gunzip(coder) => coder.get_ref().capacity(),
            Element::Cipher(_) => size_of::<CipherState<Arc<PreparedKey>>>(),
            Element::Held { octets, .. } | Element::Sheet { octets, .. } => octets.capacity(),
        }
    }
}

/// What a packer has given so far, or that its octets are none of its coding.
fn give(done: std::io::Result<()>, given: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    out.append(given);
    done.map_err(|_| FaultKind::Coding.into())
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

fn from_hex(half: &mut Option<u8>, blanks: bool, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Wrong> {
    for octet in octets.iter().filter(|octet| !(blanks && is_blank(**octet))) {
        match half.take() {
            None => *half = Some(*octet),
            Some(first) => out.extend(coded::from_hex(&[first, *octet]).map_err(|_| FaultKind::Coding)?),
        }
    }
    Ok(())
}
