//! How each format writes one value: with quotes, escapes, lengths.
//!
//! In: plain octets and a format. Out: octets as they stand in it.

use crate::codec::parse::charset_named;
use dsl::program::{FormatForm, WireForm, WireName};

use crate::codec::environment::Programs;
use crate::codec::{FaultKind, Wrong, chain, delimited, iso8583, json, segments, tlv, xml};

/// Appends a value's octets as they stand in a format: with quotes, escapes, lengths. Without a wire form it is the octets of
/// a format within.
pub(in crate::codec) fn encode(
    programs: Programs<'_>,
    format: &FormatForm,
    wire: Option<&WireForm>,
    octets: &[u8],
    units: usize,
    name: Option<&WireName>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    match format {
        FormatForm::Fixed | FormatForm::Path | FormatForm::Zip { .. } => {
            if let Some(wire) = wire {
                return prefixed(wire, octets, units, None, out);
            }
            out.extend_from_slice(octets);
        }
        FormatForm::Delimited(form) => {
            let charset = charset_named(&programs.message.charset);
            let signs = delimited::signs(format);
            let escape = form.escape.as_deref().map(str::as_bytes);
            let ending = wire.and_then(|wire| wire.ending.as_deref());
            match (wire, ending) {
                (Some(wire), None) if wire.sized_by.is_some() || wire.prefix.is_some() => {
                    return prefixed(wire, octets, units, None, out);
                }
                (_, None) => delimited::write(octets, &signs, escape, charset, out)?,
                (_, Some(ending)) => {
                    delimited::write(octets, &[ending.as_bytes()], escape, charset, out)?;
                }
            }
        }
        FormatForm::Json { charset, .. } => {
            let null = octets == b"null" && wire.is_some_and(|wire| wire.absent != dsl::value::Absent::Never);
            if null || wire.is_some_and(|wire| !wire.quoted) {
                out.extend_from_slice(octets);
            } else {
                out.push(b'"');
                json::escape(octets, charset_named(charset), out);
                out.push(b'"');
            }
        }
        FormatForm::Xml { form, .. } => {
            let all = form.as_ref().is_some_and(|form| form.attributes) && wire.is_some();
            let quoted = all || name.is_some_and(|name| name.attribute);
            xml::escape(octets, quoted, out);
        }
        FormatForm::Form { .. } => out.extend(chain::to_percent(octets)),
        FormatForm::Headers => {
            if octets.iter().any(|octet| *octet < 0x20 || *octet == 0x7F) {
                return Err(FaultKind::CannotFit.into());
            }
            out.extend_from_slice(octets);
        }
        // What another field measures stands as it is.
        FormatForm::Segments(form)
            if form.form.tagged.is_some() && wire.is_some_and(|wire| wire.sized_by.is_some()) =>
        {
            out.extend_from_slice(octets);
        }
        FormatForm::Segments(form) => {
            segments::write(octets, &form.form, charset_named(&form.charset), out)?;
        }
        FormatForm::Tlv(form) => {
            match form {
                dsl::model::Tlv::Ber => tlv::write_ber_length(octets.len(), out),
                dsl::model::Tlv::Plain { length, kind, .. } => {
                    tlv::write_length(octets.len(), *length as usize, *kind, out)
                }
            }
            .ok_or(FaultKind::TooLong)?;
            out.extend_from_slice(octets);
        }
        FormatForm::Iso8583 { code, fields, .. } => {
            let of_bit = || {
                let bit = name?.number?;
                let (_, wire) = fields.iter().find(|(known, _)| *known == bit)?;
                programs.program.wires.get(*wire as usize)
            };
            let wire = wire.or_else(of_bit).ok_or(FaultKind::Program)?;
            return prefixed(wire, octets, units, Some(*code), out);
        }
    }
    Ok(())
}

/// A value with its own length in front, or its ending behind; the length counts the units of the size.
#[inline]
pub(in crate::codec) fn prefixed(
    wire: &WireForm,
    octets: &[u8],
    units: usize,
    code: Option<dsl::model::TextCode>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    if let Some(prefix) = wire.prefix {
        let start = out.len();
        let size = prefix.size as usize;
        let written = match code {
            // Its code says how its prefixes are written.
            Some(_) => tlv::write_length(units, size, prefix.kind, out),
            None => tlv::write_length_in(wire.letters, units, size, prefix.kind, out),
        };
        written.ok_or(FaultKind::TooLong)?;
        if let Some(code @ dsl::model::TextCode::Ebcdic) = code {
            let figures = iso8583::letters(code, out.get(start..).unwrap_or_default());
            out.truncate(start);
            out.extend(figures);
        }
    }
    out.extend_from_slice(octets);
    if let Some(ending) = &wire.ending {
        out.extend_from_slice(ending.as_bytes());
    }
    Ok(())
}
