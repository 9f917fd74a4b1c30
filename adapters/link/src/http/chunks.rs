//! A content in chunks (RFC 9112, 7.1).
//!
//! In: octets as they come. Out: the content. Trailers are passed over. Must not know: connections.

use bytes::{Buf, Bytes, BytesMut};

use super::head::HEADERS;
use super::one::{too_long, unread};
use crate::outcome::Cause;

/// The most octets of a line with a size, and of trailers.
const LINE: usize = 16 * 1024;

/// A content while its chunks come.
pub(super) struct Chunks {
    content: BytesMut,
    most: usize,
    expects: Expects,
}

/// What comes next.
enum Expects {
    Size,
    Data(usize),
    /// The end of the line behind a chunk.
    End,
    Trailers,
}

impl Chunks {
    pub(super) fn new(most: usize) -> Self {
        Self { content: BytesMut::new(), most, expects: Expects::Size }
    }

    /// The content.
    pub(super) fn content(&mut self) -> Bytes {
        self.content.split().freeze()
    }

    /// Takes what has come; true: that was all.
    pub(super) fn take(&mut self, incoming: &mut BytesMut) -> Result<bool, Cause> {
        loop {
            match self.expects {
                Expects::Size => match httparse::parse_chunk_size(incoming) {
                    Ok(httparse::Status::Complete((line, size))) => {
                        let room = self.most - self.content.len();
                        let size = usize::try_from(size).ok().filter(|size| *size <= room);
                        let size = size.ok_or_else(too_long)?;
                        incoming.advance(line);
                        self.expects = if size == 0 { Expects::Trailers } else { Expects::Data(size) };
                    }
                    Ok(httparse::Status::Partial) if incoming.len() < LINE => return Ok(false),
                    Ok(httparse::Status::Partial) | Err(_) => return Err(unread()),
                },
                Expects::Data(0) => self.expects = Expects::End,
                Expects::Data(size) => {
                    let taken = incoming.split_to(size.min(incoming.len()));
                    if taken.is_empty() {
                        return Ok(false);
                    }
                    self.content.extend_from_slice(&taken);
                    self.expects = Expects::Data(size - taken.len());
                }
                Expects::End => {
                    let Some(end) = incoming.get(..2) else { return Ok(false) };
                    if end != b"\r\n" {
                        return Err(unread());
                    }
                    incoming.advance(2);
                    self.expects = Expects::Size;
                }
                Expects::Trailers => {
                    let mut trailers = [httparse::EMPTY_HEADER; HEADERS];
                    match httparse::parse_headers(incoming, &mut trailers) {
                        Ok(httparse::Status::Complete((trailers, _))) => {
                            incoming.advance(trailers);
                            return Ok(true);
                        }
                        Ok(httparse::Status::Partial) if incoming.len() < LINE => return Ok(false),
                        Ok(httparse::Status::Partial) | Err(_) => return Err(unread()),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a content that comes in pieces of this size.
    fn read(text: &str, piece: usize, most: usize) -> Result<Option<(Bytes, usize)>, Cause> {
        let (mut chunks, mut incoming) = (Chunks::new(most), BytesMut::new());
        for piece in text.as_bytes().chunks(piece) {
            incoming.extend_from_slice(piece);
            if chunks.take(&mut incoming)? {
                return Ok(Some((chunks.content(), incoming.len())));
            }
        }
        Ok(None)
    }

    #[test]
    fn chunks_make_a_content_however_they_come() {
        let text = "5\r\nhello\r\n7;name=\"a\"\r\n, world\r\n0\r\ndigest: x\r\n\r\n";
        for piece in 1..=text.len() {
            let (content, left) = read(text, piece, 12).unwrap().unwrap();
            assert_eq!((&content[..], left), (&b"hello, world"[..], 0), "in pieces of {piece}");
        }
        for cut in 0..text.len() {
            assert_eq!(read(&text[..cut], 1_000, 12), Ok(None), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_chunk_or_more_than_may_be_is_refused() {
        for wrong in ["x\r\n", "5\r\nhelloxx", "-1\r\n", "0\r\nno trailer\r\n\r\n"] {
            assert_eq!(read(wrong, 1, 12), Err(unread()), "{wrong}");
        }
        assert_eq!(read("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", 1, 9), Err(too_long()));
        assert_eq!(read(&format!("5;{}", "x".repeat(LINE)), 1_000, 12), Err(unread()));
        assert_eq!(read(&format!("0\r\na: {}", "x".repeat(LINE)), 1_000, 12), Err(unread()));
    }
}
