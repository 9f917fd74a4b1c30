//! W2b by hand: an 0200 in ASCII, bitmap in hex, of which all fields are known.

use super::parse::{ascii, figures, number, put_number, put_time, time};

/// Fields 2 3 4 7 11 12 13 22 25 37 41 42 48 49.
pub(super) const SAMPLE: &[u8] = b"02007238048008C180001662220212345678900000000000000123451123134501000123134501112302100134501000123DG000001105441949000001016SAVING ACCT 0001156";
/// The bitmap of those fields.
const BITMAP: &[u8; 16] = b"7238048008C18000";

pub(super) struct Sale {
    pan: String,
    process: [u8; 6],
    fen: u64,
    sent: String,
    trace: [u8; 6],
    time: u32,
    day: String,
    entry: [u8; 3],
    point: [u8; 2],
    reference: String,
    terminal: String,
    merchant: String,
    extra: String,
    currency: [u8; 3],
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, width: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(width)?;
        self.0 = rest;
        Some(taken)
    }

    fn prefixed(&mut self, digits: usize, most: usize) -> Option<&'a [u8]> {
        let length = usize::try_from(number(self.take(digits)?)?).ok().filter(|length| *length <= most)?;
        self.take(length)
    }
}

impl Sale {
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(octets.strip_prefix(b"0200")?.strip_prefix(BITMAP.as_slice())?);
        let sale = Self {
            pan: digits(cursor.prefixed(2, 19)?)?,
            process: figures(cursor.take(6)?)?,
            fen: number(cursor.take(12)?)?,
            sent: ascii(cursor.take(10)?)?,
            trace: figures(cursor.take(6)?)?,
            time: time(cursor.take(6)?)?,
            day: ascii(cursor.take(4)?)?,
            entry: figures(cursor.take(3)?)?,
            point: figures(cursor.take(2)?)?,
            reference: ascii(cursor.take(12)?)?,
            terminal: ascii(cursor.take(8)?)?,
            merchant: ascii(cursor.take(15)?)?,
            extra: ascii(cursor.prefixed(3, 999)?)?,
            currency: figures(cursor.take(3)?)?,
        };
        cursor.0.is_empty().then_some(sale)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(b"0200");
        out.extend_from_slice(BITMAP);
        prefixed(out, &self.pan, 2, 19)?;
        out.extend_from_slice(&self.process);
        if self.fen > 999_999_999_999 {
            return None;
        }
        put_number(out, self.fen, 12);
        out.extend_from_slice(self.sent.as_bytes());
        out.extend_from_slice(&self.trace);
        put_time(out, self.time);
        out.extend_from_slice(self.day.as_bytes());
        out.extend_from_slice(&self.entry);
        out.extend_from_slice(&self.point);
        out.extend_from_slice(self.reference.as_bytes());
        out.extend_from_slice(self.terminal.as_bytes());
        out.extend_from_slice(self.merchant.as_bytes());
        prefixed(out, &self.extra, 3, 999)?;
        out.extend_from_slice(&self.currency);
        Some(())
    }
}

fn digits(octets: &[u8]) -> Option<String> {
    octets.iter().all(u8::is_ascii_digit).then(|| String::from_utf8(octets.to_vec()).ok())?
}

fn prefixed(out: &mut Vec<u8>, text: &str, width: usize, most: usize) -> Option<()> {
    if text.len() > most {
        return None;
    }
    put_number(out, u64::try_from(text.len()).ok()?, width);
    out.extend_from_slice(text.as_bytes());
    Some(())
}
