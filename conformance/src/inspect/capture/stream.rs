//! Segments of TCP put together.
//!
//! In: segments in the order in which they were seen. Out: for each direction the octets that were sent.

use super::packet::Segment;
use super::{CaptureError, TcpFlow};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Most directions of connections.
const STREAMS_MAX: usize = 8_192;

type Ends = ((IpAddr, u16), (IpAddr, u16));

/// One direction.
#[derive(Debug)]
struct Stream {
    ends: Ends,
    /// The number of its first octet, if its beginning was seen, else of the first octet that was.
    first: u32,
    /// Octets by their distance from the first.
    segments: BTreeMap<i64, Vec<u8>>,
}

/// All directions.
#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: Vec<Stream>,
    /// The last one of these ends.
    latest: BTreeMap<Ends, usize>,
}

impl Streams {
    pub(super) fn take(&mut self, segment: &Segment<'_>) -> Result<(), CaptureError> {
        let ends = (segment.from, segment.to);
        let first = if segment.begins { segment.sequence.wrapping_add(1) } else { segment.sequence };
        let known = self.latest.get(&ends).copied().filter(|place| {
            !segment.begins || self.streams.get(*place).is_some_and(|stream| stream.first == first)
        });
        let place = match known {
            Some(place) => place,
            None if segment.data.is_empty() && !segment.begins => return Ok(()),
            None => {
                if self.streams.len() >= STREAMS_MAX {
                    return Err(CaptureError::TooMuch);
                }
                self.streams.push(Stream { ends, first, segments: BTreeMap::new() });
                self.latest.insert(ends, self.streams.len() - 1);
                self.streams.len() - 1
            }
        };
        let Some(stream) = self.streams.get_mut(place) else { return Ok(()) };
        if segment.data.is_empty() {
            return Ok(());
        }
        // Numbers go round: the nearer way is meant.
        let at = i64::from(segment.sequence.wrapping_sub(stream.first).cast_signed());
        let at = if segment.begins { 0 } else { at };
        let held = stream.segments.entry(at).or_default();
        if held.len() < segment.data.len() {
            *held = segment.data.to_vec();
        }
        Ok(())
    }

    pub(super) fn flows(self) -> Vec<TcpFlow> {
        self.streams.into_iter().filter(|stream| !stream.segments.is_empty()).map(Stream::flow).collect()
    }
}

impl Stream {
    fn flow(self) -> TcpFlow {
        let ((from, from_port), (to, to_port)) = self.ends;
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        let (mut end, mut missing) = (None, 0_u64);
        for (at, octets) in self.segments {
            let length = i64::try_from(octets.len()).unwrap_or(i64::MAX);
            match end {
                Some(end) if at <= end => {
                    let known = usize::try_from(end - at).unwrap_or(usize::MAX);
                    if let (Some(piece), Some(more)) = (pieces.last_mut(), octets.get(known..)) {
                        piece.extend_from_slice(more);
                    }
                }
                before => {
                    missing += before.map_or(0, |end| u64::try_from(at - end).unwrap_or(0));
                    pieces.push(octets);
                }
            }
            end = Some(end.unwrap_or(at).max(at.saturating_add(length)));
        }
        let place = |address: IpAddr, port| match address {
            IpAddr::V4(address) => format!("{address}:{port}"),
            IpAddr::V6(address) => format!("[{address}]:{port}"),
        };
        TcpFlow {
            from: place(from, from_port),
            to: place(to, to_port),
            ports: (from_port, to_port),
            pieces,
            missing,
        }
    }
}
