//! Frames of the model as frames of a link.

use bytes::{Bytes, BytesMut};
use dsl::model;
use link::frame::{
    Counts, Frame, FrameConfig, Framer, Garbled, LINE_DIGITS, LengthCode, LengthField, LineEnd, Parts, Sound,
    Tagged, TaggedValue,
};
use std::sync::Arc;

/// The most octets of a frame in tools and simulators.
pub const FRAME_MAX: usize = 64 << 20;

/// A link's frame, as the link crate takes it.
#[must_use]
pub fn frame(frame: &model::Frame) -> Frame {
    match frame {
        model::Frame::None | model::Frame::UntilClose => Frame::UntilClose,
        model::Frame::Prefix { size, kind, counts_itself } => {
            Frame::Prefix { field: field(*size, *kind), counts_itself: *counts_itself }
        }
        model::Frame::PrefixLine { end, counts_itself } => Frame::PrefixLine {
            end: match end {
                model::LineEnd::Lf => LineEnd::Lf,
                model::LineEnd::CrLf => LineEnd::CrLf,
                model::LineEnd::Cr => LineEnd::Cr,
            },
            digits: LINE_DIGITS,
            counts_itself: *counts_itself,
        },
        model::Frame::InHead { offset, size, kind, head, beside, parts } => Frame::ByHead {
            head: *head as usize,
            offset: *offset as usize,
            field: field(*size, *kind),
            counts: Counts::AfterHead,
            beside: beside.map(|beside| (beside.offset as usize, field(beside.size, beside.kind))),
            parts: parts.map(|parts| Parts {
                offset: parts.offset as usize,
                count: parts.size as usize,
                head: parts.head as usize,
                length_offset: parts.length_offset as usize,
                length: field(parts.length_size, parts.kind),
            }),
        },
        model::Frame::ByTag(form) => Frame::ByTag(Arc::new(Tagged {
            before: form.before.iter().map(tagged_value).collect(),
            length: tagged_value(&form.length),
            behind: form.behind.iter().map(tagged_value).collect(),
            end: Bytes::copy_from_slice(&form.end),
        })),
        model::Frame::Fixed(bytes) => Frame::Fixed { bytes: *bytes as usize },
        model::Frame::Ended(end) => Frame::Ended { end: Bytes::copy_from_slice(end) },
        model::Frame::Between(start, end) => {
            Frame::Between { start: Bytes::copy_from_slice(start), end: Bytes::copy_from_slice(end) }
        }
    }
}

/// A link's frame with its bound, and what becomes of octets that are none.
#[must_use]
pub fn frame_config(link: &model::Link, most: usize) -> FrameConfig {
    let sound = match &link.frame {
        model::Frame::ByTag(form) => {
            let form = form.clone();
            Some(Sound::new(move |text| adapters::codec::sound(&form, text)))
        }
        _ => None,
    };
    let garbled = if link.garbled_skip { Garbled::Skip } else { Garbled::Close };
    FrameConfig { garbled, sound, ..FrameConfig::new(frame(&link.frame), most) }
}

fn tagged_value(place: &model::TaggedPlace) -> TaggedValue {
    TaggedValue { mark: Bytes::copy_from_slice(&place.mark), most: place.most as usize }
}

fn field(size: u32, kind: model::PrefixKind) -> LengthField {
    LengthField {
        code: match kind {
            model::PrefixKind::Ascii => LengthCode::Digits,
            model::PrefixKind::Blanks => LengthCode::Blanks,
            model::PrefixKind::Bcd => LengthCode::Bcd,
            model::PrefixKind::Big => LengthCode::BigEndian,
            model::PrefixKind::Little => LengthCode::LittleEndian,
        },
        size: size as usize,
    }
}

/// A payload as it stands on the line.
///
/// # Errors
/// The framer's words, for a payload that the frame cannot hold.
pub fn framed(frame_of: &model::Frame, payload: &[u8]) -> Result<Vec<u8>, String> {
    if *frame_of == model::Frame::None {
        return Ok(payload.to_vec());
    }
    let framer = Framer::new(FrameConfig::new(frame(frame_of), FRAME_MAX));
    let mut out = BytesMut::new();
    framer.encode(payload, &mut out).map_err(|error| error.to_string())?;
    Ok(out.to_vec())
}

/// The payload of one whole frame.
///
/// # Errors
/// The framer's words, for octets that are no frame, or not exactly one.
pub fn unframed(frame_of: &model::Frame, octets: &[u8]) -> Result<Vec<u8>, String> {
    if matches!(frame_of, model::Frame::None | model::Frame::UntilClose) {
        return Ok(octets.to_vec());
    }
    let mut framer = Framer::new(FrameConfig::new(frame(frame_of), FRAME_MAX));
    let mut buffer = BytesMut::from(octets);
    match framer.decode(&mut buffer).map_err(|error| error.to_string())? {
        Some(payload) if buffer.is_empty() => Ok(payload.to_vec()),
        Some(_) => Err(format!("{} octets stand behind the frame", buffer.len())),
        None => Err("the frame is not whole".to_owned()),
    }
}
