//! Captures of a network: the octets of each TCP connection, by direction.
//!
//! In: a file of pcap or pcapng. Out: [`TcpFlow`]s, put together by sequence numbers: what came twice is taken once, what
//! came in another order is put right, what is missing is said. Everything is bounded.

mod packet;
mod stream;

use packet::Segment;
use stream::Streams;
use thiserror::Error;

/// Most octets of a capture file.
pub(crate) const FILE_MAX: usize = 256 << 20;

/// A capture that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CaptureError {
    /// It begins as no capture does.
    #[error("this is no pcap and no pcapng file")]
    NotACapture,
    /// It ends within a packet.
    #[error("the capture is cut at octet {0}")]
    Cut(usize),
    /// A length or number that cannot be.
    #[error("the capture is broken at octet {0}")]
    Broken(usize),
    /// More than is taken.
    #[error("the capture holds more than can be taken: 256 MB, 4,096 connections")]
    TooMuch,
}

/// One direction of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpFlow {
    /// Who sent: address and port.
    pub from: String,
    /// Who received.
    pub to: String,
    /// Ports of both.
    pub ports: (u16, u16),
    /// What was sent, in pieces: between two pieces octets are missing.
    pub pieces: Vec<Vec<u8>>,
    /// Octets that are missing.
    pub missing: u64,
}

/// The connections of a capture, in the order in which they began.
///
/// # Errors
/// A file that is no capture, or is broken or cut.
pub fn capture(octets: &[u8]) -> Result<Vec<TcpFlow>, CaptureError> {
    if octets.len() > FILE_MAX {
        return Err(CaptureError::TooMuch);
    }
    let mut streams = Streams::default();
    packet::each(octets, &mut |segment: Segment<'_>| streams.take(&segment))?;
    Ok(streams.flows())
}

#[cfg(test)]
mod tests;
