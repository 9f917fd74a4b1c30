//! A message as it stands on a link: the octets of its parts.
//!
//! In: parts from the codec, or what a link received. Out: the same in the form of the other side, and as octets for
//! the journal. It must not know what the octets mean.

use adapters::value::{PARTS, Record};
use bytes::Bytes;
use dsl::evaluate::number::push_figures;
use dsl::program::Part;
use link::http::HttpMessage;

/// All parts with their numbers.
const ALL: [Part; PARTS] = [Part::Content, Part::Path, Part::Query, Part::Headers, Part::Status, Part::Name];

/// Octets by part; on links that are not HTTP there is the content alone.
#[derive(Clone, Debug, Default)]
pub struct Packet {
    content: Bytes,
    /// The parts that stand beside it, in the order of their numbers.
    beside: Option<Box<[Bytes; PARTS - 1]>>,
}

/// No octets.
static NOTHING: Bytes = Bytes::new();

impl PartialEq for Packet {
    fn eq(&self, other: &Self) -> bool {
        ALL.iter().all(|part| self.part(*part) == other.part(*part))
    }
}

impl Eq for Packet {}

impl Packet {
    /// A packet of content alone.
    #[must_use]
    pub fn of_content(content: Bytes) -> Self {
        Self { content, beside: None }
    }

    /// The octets of a part, empty if there are none.
    #[must_use]
    pub fn part(&self, part: Part) -> &Bytes {
        let Some(place) = (part as usize).checked_sub(1) else { return &self.content };
        self.beside.as_ref().and_then(|beside| beside.get(place)).unwrap_or(&NOTHING)
    }

    /// Puts a part.
    pub fn set(&mut self, part: Part, octets: Bytes) {
        let Some(place) = (part as usize).checked_sub(1) else { return self.content = octets };
        if octets.is_empty() && self.beside.is_none() {
            return;
        }
        if let Some(place) = self.beside.get_or_insert_default().get_mut(place) {
            *place = octets;
        }
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &Bytes {
        &self.content
    }

    /// The parts that a record holds.
    #[must_use]
    pub fn of_record(record: &Record) -> Self {
        let mut packet = Self::default();
        for part in ALL {
            packet.set(part, record.part(part).clone());
        }
        packet
    }

    /// Puts all parts into a record that is to be read.
    pub fn fill(&self, record: &mut Record) {
        record.set_part(Part::Content, self.content.clone());
        for (part, octets) in ALL.iter().skip(1).zip(self.beside.iter().flat_map(|beside| beside.iter())) {
            record.set_part(*part, octets.clone());
        }
    }

    /// A request, or a response, on an HTTP link.
    #[must_use]
    pub fn to_http(&self, method: &str) -> HttpMessage {
        let text = |part| String::from_utf8_lossy(self.part(part)).into_owned();
        HttpMessage {
            status: text(Part::Status).trim().parse().unwrap_or(0),
            method: method.to_owned(),
            path: text(Part::Path),
            query: text(Part::Query),
            headers: header_lines(self.part(Part::Headers)),
            content: self.content().clone(),
        }
    }

    /// What came on an HTTP link.
    #[must_use]
    pub fn of_http(message: HttpMessage) -> Self {
        let mut packet = Self::default();
        packet.set(Part::Content, message.content);
        packet.set(Part::Path, Bytes::from(message.path));
        packet.set(Part::Query, Bytes::from(message.query));
        let size = message.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        let mut lines = Vec::with_capacity(size);
        for (name, value) in &message.headers {
            lines.extend_from_slice(name.as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value);
            lines.extend_from_slice(b"\r\n");
        }
        packet.set(Part::Headers, Bytes::from(lines));
        if message.status != 0 {
            let mut status = String::with_capacity(3);
            push_figures(message.status.into(), 3, &mut status);
            packet.set(Part::Status, Bytes::from(status));
        }
        packet
    }

    /// As octets for the journal: content alone as it stands behind a 0, else all parts behind a 1.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        if self.beside.iter().flat_map(|beside| beside.iter()).all(Bytes::is_empty) {
            let mut out = Vec::with_capacity(1 + self.content().len());
            out.push(0);
            out.extend_from_slice(self.content());
            return out;
        }
        let mut out = vec![1];
        for part in ALL.map(|part| self.part(part)) {
            out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        }
        out
    }

    /// From octets; none if they are no packet.
    #[must_use]
    pub fn decode(octets: &[u8]) -> Option<Self> {
        let (form, mut rest) = octets.split_first()?;
        if *form == 0 {
            return Some(Self::of_content(Bytes::copy_from_slice(rest)));
        }
        let mut packet = Self::default();
        for part in ALL {
            let (length, after) = rest.split_at_checked(4)?;
            let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
            let (octets, after) = after.split_at_checked(length)?;
            packet.set(part, Bytes::copy_from_slice(octets));
            rest = after;
        }
        Some(packet)
    }
}

fn header_lines(octets: &Bytes) -> Vec<(String, Bytes)> {
    let lines = octets.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let pair = |line: &[u8]| {
        let colon = line.iter().position(|octet| *octet == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        Some((String::from_utf8_lossy(name).trim().to_owned(), octets.slice_ref(value)))
    };
    lines.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_go_through_the_journal() {
        let plain = Packet::of_content(Bytes::from_static(b"0093..."));
        assert_eq!(Packet::decode(&plain.encode()), Some(plain));
        let message = HttpMessage {
            status: 404,
            headers: vec![("X-Sign".into(), Bytes::from_static(b"a:b"))],
            ..HttpMessage::post("/esb", Bytes::from_static(b"{}"))
        };
        let packet = Packet::of_http(message.clone());
        assert_eq!(Packet::decode(&packet.encode()), Some(packet.clone()));
        assert_eq!(packet.to_http("POST"), message);
    }
}
