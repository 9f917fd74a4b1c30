//! The two messages of the front and the two of the platform, as structs.

use super::gbk::Gbk;
use super::json;
use super::seal::Seals;
use std::borrow::Cow;
use std::io::Write as _;

/// Octets of a request's frame.
pub const REQUEST: usize = 4 + 125;
/// Octets of a reply's frame.
pub const REPLY: usize = 4 + 189;

/// What the front asks.
pub struct Ask {
    date: [u8; 8],
    serial: [u8; 12],
    customer: [u8; 13],
    name: String,
    fen: u64,
}

impl Ask {
    /// From a frame whose MAC is right.
    #[must_use]
    pub fn read(frame: &[u8], gbk: &Gbk, seals: &Seals) -> Option<Self> {
        let body: &[u8; 125] = frame.strip_prefix(b"0125")?.try_into().ok()?;
        if aws_lc_rs::constant_time::verify_slices_are_equal(&seals.mac(&body[..109]), &body[109..]).is_err()
        {
            return None;
        }
        Self::fields(&body[..109], gbk)
    }

    /// From the fields before the MAC.
    #[must_use]
    pub fn fields(body: &[u8], gbk: &Gbk) -> Option<Self> {
        let body: &[u8; 109] = body.try_into().ok()?;
        if &body[..4] != b"2001" {
            return None;
        }
        let date: [u8; 8] = body[4..12].try_into().ok()?;
        let serial: [u8; 12] = body[12..24].try_into().ok()?;
        let customer: [u8; 13] = body[24..37].try_into().ok()?;
        if !is_day(&date) || !figures(&serial) || !figures(&customer) {
            return None;
        }
        let mut name = String::with_capacity(90);
        gbk.decode(body[37..97].trim_ascii_end(), &mut name)?;
        Some(Self { date, serial, customer, name, fen: number(&body[97..109])? })
    }

    /// The fields before the MAC.
    pub fn put(&self, gbk: &Gbk, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(b"2001");
        out.extend_from_slice(&self.date);
        out.extend_from_slice(&self.serial);
        out.extend_from_slice(&self.customer);
        text(out, gbk, &self.name, 60)?;
        amount(out, self.fen)
    }

    /// The content that the platform is asked with.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(br#"{"txnCode":"2001","date":""#);
        out.extend_from_slice(&self.date);
        out.extend_from_slice(br#"","serial":""#);
        out.extend_from_slice(&self.serial);
        out.extend_from_slice(br#"","customerNo":""#);
        out.extend_from_slice(&self.customer);
        out.extend_from_slice(br#"","name":"#);
        json::put(&mut out, &self.name);
        let _ = write!(out, r#","amount":"{}.{:02}"}}"#, self.fen / 100, self.fen % 100);
        out
    }
}

/// What the platform answers.
#[derive(Default)]
pub struct Answer<'t> {
    code: Cow<'t, str>,
    message: Cow<'t, str>,
    serial: Cow<'t, str>,
    customer: Cow<'t, str>,
    name: Cow<'t, str>,
    fen: u64,
    balance: u64,
    due: Cow<'t, str>,
}

impl<'t> Answer<'t> {
    /// From a content whose signature is right.
    #[must_use]
    pub fn read(content: &'t [u8]) -> Option<Self> {
        let mut answer = Self::default();
        let mut seen = 0_u8;
        json::members(std::str::from_utf8(content).ok()?, |name, value| {
            let bit = match name {
                "code" => (answer.code = value, 1).1,
                "message" => (answer.message = value, 2).1,
                "serial" => (answer.serial = value, 4).1,
                "customerNo" => (answer.customer = value, 8).1,
                "name" => (answer.name = value, 16).1,
                "amount" => (answer.fen = fen(&value)?, 32).1,
                "balance" => (answer.balance = fen(&value)?, 64).1,
                "dueDate" => (answer.due = value, 128).1,
                _ => return None,
            };
            // Twice the same name is a fault.
            if seen & bit != 0 {
                return None;
            }
            seen |= bit;
            Some(())
        })?;
        (seen == u8::MAX).then_some(answer)
    }

    /// The frame that goes back.
    pub fn write(&self, ask: &Ask, gbk: &Gbk, seals: &Seals, out: &mut Vec<u8>) -> Option<()> {
        let due = self.due.as_bytes();
        if self.serial.as_bytes() != ask.serial || self.code.len() != 4 || self.customer.len() != 13 {
            return None;
        }
        if !is_day(due.try_into().ok()?) || !figures(self.customer.as_bytes()) {
            return None;
        }
        out.extend_from_slice(b"01892002");
        out.extend_from_slice(&ask.date);
        out.extend_from_slice(&ask.serial);
        out.extend_from_slice(self.code.as_bytes());
        text(out, gbk, &self.message, 40)?;
        out.extend_from_slice(self.customer.as_bytes());
        text(out, gbk, &self.name, 60)?;
        amount(out, self.fen)?;
        amount(out, self.balance)?;
        out.extend_from_slice(due);
        let mac = seals.mac(out.get(4..)?);
        out.extend_from_slice(&mac);
        Some(())
    }
}

fn text(out: &mut Vec<u8>, gbk: &Gbk, text: &str, width: usize) -> Option<()> {
    let end = out.len() + width;
    gbk.encode(text, out)?;
    if out.len() > end {
        return None;
    }
    out.resize(end, b' ');
    Some(())
}

fn amount(out: &mut Vec<u8>, fen: u64) -> Option<()> {
    let mut figures = [b'0'; 12];
    let mut rest = fen;
    for place in figures.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).ok()?;
        rest /= 10;
    }
    out.extend_from_slice(&figures);
    (rest == 0).then_some(())
}

/// Yuan with two figures behind the point, as fen.
fn fen(text: &str) -> Option<u64> {
    let (yuan, cents) = text.split_once('.')?;
    if yuan.is_empty() || yuan.len() > 10 || cents.len() != 2 {
        return None;
    }
    Some(number(yuan.as_bytes())? * 100 + number(cents.as_bytes())?)
}

fn number(digits: &[u8]) -> Option<u64> {
    let mut number = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number)
}

fn figures(octets: &[u8]) -> bool {
    octets.iter().all(u8::is_ascii_digit)
}

fn is_day(date: &[u8; 8]) -> bool {
    let part = |from: usize, to: usize| date.get(from..to).and_then(number).unwrap_or(0);
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u64::from(leap),
        _ => 0,
    };
    figures(date) && year > 0 && (1..=most).contains(&day)
}
