//! The packets of a capture file, down to the segments of TCP.
//!
//! In: octets of pcap or pcapng. Out: segments over IPv4 and IPv6, on Ethernet, Linux' cooked form, loopback and raw IP.
//! What is no TCP is passed over, and so are fragments.

use super::CaptureError;
use std::net::IpAddr;

/// A segment of TCP.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'p> {
    pub(super) from: (IpAddr, u16),
    pub(super) to: (IpAddr, u16),
    pub(super) sequence: u32,
    /// It begins a connection.
    pub(super) begins: bool,
    pub(super) data: &'p [u8],
}

type Take<'t> = dyn FnMut(Segment<'_>) -> Result<(), CaptureError> + 't;

/// Gives each segment of a capture.
pub(super) fn each(octets: &[u8], take: &mut Take<'_>) -> Result<(), CaptureError> {
    match octets.get(..4) {
        Some([0x0A, 0x0D, 0x0D, 0x0A]) => blocks(octets, take),
        Some([0xD4, 0xC3, 0xB2, 0xA1] | [0x4D, 0x3C, 0xB2, 0xA1]) => records(octets, Order::Little, take),
        Some([0xA1, 0xB2, 0xC3, 0xD4] | [0xA1, 0xB2, 0x3C, 0x4D]) => records(octets, Order::Big, take),
        _ => Err(CaptureError::NotACapture),
    }
}

#[derive(Clone, Copy)]
enum Order {
    Big,
    Little,
}

impl Order {
    fn long(self, octets: &[u8], at: usize) -> Option<u32> {
        let four: [u8; 4] = octets.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self {
            Order::Big => u32::from_be_bytes(four),
            Order::Little => u32::from_le_bytes(four),
        })
    }

    fn short(self, octets: &[u8], at: usize) -> Option<u16> {
        let two: [u8; 2] = octets.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(match self {
            Order::Big => u16::from_be_bytes(two),
            Order::Little => u16::from_le_bytes(two),
        })
    }
}

/// The records of a pcap file.
fn records(octets: &[u8], order: Order, take: &mut Take<'_>) -> Result<(), CaptureError> {
    let kind = order.long(octets, 20).ok_or(CaptureError::Cut(octets.len()))? & 0x0FFF_FFFF;
    let mut at = 24;
    while at < octets.len() {
        let length = order.long(octets, at + 8).ok_or(CaptureError::Cut(at))? as usize;
        let packet =
            octets.get(at + 16..).and_then(|rest| rest.get(..length)).ok_or(CaptureError::Cut(at))?;
        frame(kind, packet, take)?;
        at += 16 + length;
    }
    Ok(())
}

/// The blocks of a pcapng file.
fn blocks(octets: &[u8], take: &mut Take<'_>) -> Result<(), CaptureError> {
    let (mut order, mut kinds) = (Order::Little, Vec::new());
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        if rest.starts_with(&[0x0A, 0x0D, 0x0D, 0x0A]) {
            order = match rest.get(8..12) {
                Some([0x1A, 0x2B, 0x3C, 0x4D]) => Order::Big,
                Some([0x4D, 0x3C, 0x2B, 0x1A]) => Order::Little,
                _ => return Err(CaptureError::Broken(at)),
            };
            kinds.clear();
        }
        let kind = order.long(rest, 0).ok_or(CaptureError::Cut(at))?;
        let length = order.long(rest, 4).ok_or(CaptureError::Cut(at))? as usize;
        if length < 12 || !length.is_multiple_of(4) {
            return Err(CaptureError::Broken(at));
        }
        let block = rest.get(..length).ok_or(CaptureError::Cut(at))?;
        let body = block.get(8..length - 4).ok_or(CaptureError::Broken(at))?;
        match kind {
            1 => kinds.push(u32::from(order.short(body, 0).ok_or(CaptureError::Broken(at))?)),
            3 => {
                let packet = body.get(4..).ok_or(CaptureError::Broken(at))?;
                frame(kinds.first().copied().unwrap_or(1), packet, take)?;
            }
            6 => {
                let interface = order.long(body, 0).ok_or(CaptureError::Broken(at))? as usize;
                let size = order.long(body, 12).ok_or(CaptureError::Broken(at))? as usize;
                let packet = body.get(20..).and_then(|rest| rest.get(..size));
                let packet = packet.ok_or(CaptureError::Broken(at))?;
                frame(kinds.get(interface).copied().unwrap_or(1), packet, take)?;
            }
            _ => {}
        }
        at += length;
    }
    Ok(())
}

/// A frame of a link, by the number of its kind.
fn frame(kind: u32, packet: &[u8], take: &mut Take<'_>) -> Result<(), CaptureError> {
    const TAGGED: [u16; 3] = [0x8100, 0x88A8, 0x9100];
    let inner = match kind {
        0 | 108 => packet.get(4..),
        1 => {
            let mut at = 12;
            while Order::Big.short(packet, at).is_some_and(|name| TAGGED.contains(&name)) {
                at += 4;
            }
            packet.get(at + 2..)
        }
        12 | 14 | 101 | 228 | 229 => Some(packet),
        113 => packet.get(16..),
        276 => packet.get(20..),
        _ => None,
    };
    match inner.and_then(|inner| Some((inner, inner.first()? >> 4))) {
        Some((inner, 4)) => four(inner).map_or(Ok(()), take),
        Some((inner, 6)) => six(inner).map_or(Ok(()), take),
        _ => Ok(()),
    }
}

fn four(packet: &[u8]) -> Option<Segment<'_>> {
    let head = usize::from(packet.first()? & 15) * 4;
    let whole = usize::from(Order::Big.short(packet, 2)?);
    let fragment = Order::Big.short(packet, 6)? & 0x3FFF;
    if packet.get(9) != Some(&6) || fragment != 0 {
        return None;
    }
    let address = |at: usize| Some(IpAddr::from(<[u8; 4]>::try_from(packet.get(at..at + 4)?).ok()?));
    // A length of 0 is what a card's offloading leaves there.
    let end = if whole == 0 { packet.len() } else { whole.min(packet.len()) };
    segment(address(12)?, address(16)?, packet.get(head..end)?)
}

fn six(packet: &[u8]) -> Option<Segment<'_>> {
    let whole = usize::from(Order::Big.short(packet, 4)?);
    let address = |at: usize| Some(IpAddr::from(<[u8; 16]>::try_from(packet.get(at..at + 16)?).ok()?));
    let end = if whole == 0 { packet.len() } else { (40 + whole).min(packet.len()) };
    let (mut next, mut at) = (*packet.get(6)?, 40);
    // Options for hops, routes and destinations stand before it.
    while matches!(next, 0 | 43 | 60) {
        let option = packet.get(at..)?;
        next = *option.first()?;
        at += (usize::from(*option.get(1)?) + 1) * 8;
    }
    if next != 6 {
        return None;
    }
    segment(address(8)?, address(24)?, packet.get(at..end)?)
}

fn segment(from: IpAddr, to: IpAddr, octets: &[u8]) -> Option<Segment<'_>> {
    let head = usize::from(octets.get(12)? >> 4) * 4;
    Some(Segment {
        from: (from, Order::Big.short(octets, 0)?),
        to: (to, Order::Big.short(octets, 2)?),
        sequence: Order::Big.long(octets, 4)?,
        begins: octets.get(13)? & 2 != 0,
        data: octets.get(head..)?,
    })
}
