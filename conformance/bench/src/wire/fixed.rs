//! W2a by hand: the body of W1's request without its MAC.

use super::parse::{day, figures, number, put_day, put_number, put_text, text};
use crate::floor::gbk::Gbk;

/// 109 octets; the name is 东莞市常平镇供水有限公司.
pub(super) const SAMPLE: [u8; 109] = *b"2001202611230000000000124401900095028\xb6\xab\xdd\xb8\xca\xd0\xb3\xa3\xc6\xbd\xd5\xf2\xb9\xa9\xcb\xae\xd3\xd0\xcf\xde\xb9\xab\xcb\xbe                                    000001256749";

pub(super) struct Bill {
    code: [u8; 4],
    date: (u16, u8, u8),
    serial: [u8; 12],
    customer: [u8; 13],
    name: String,
    fen: u64,
}

impl Bill {
    pub(super) fn read(octets: &[u8], gbk: &Gbk) -> Option<Self> {
        let octets: &[u8; 109] = octets.try_into().ok()?;
        Some(Self {
            code: figures(&octets[..4])?,
            date: day(&octets[4..12])?,
            serial: figures(&octets[12..24])?,
            customer: figures(&octets[24..37])?,
            name: text(&octets[37..97], gbk)?,
            fen: number(&octets[97..])?,
        })
    }

    pub(super) fn write(&self, gbk: &Gbk, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&self.code);
        put_day(out, self.date);
        out.extend_from_slice(&self.serial);
        out.extend_from_slice(&self.customer);
        put_text(out, &self.name, 60, gbk)?;
        if self.fen > 999_999_999_999 {
            return None;
        }
        put_number(out, self.fen, 12);
        Some(())
    }
}
