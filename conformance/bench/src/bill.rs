//! Workload W1 as octets: what the client sends, what the gateway must send on, what must come back.
//!
//! In: a number. Out: frames and contents that are the same in every run. The load generator, the backend and the tests
//! share it; the floor and the gateway never see it.

use crate::seal;
use std::fmt::Write as _;

/// Key of the frames' MAC.
pub const MAC_KEY: &[u8] = b"tongshi-w1-mac-key-0123456789abc";
/// Key of the contents' signature.
pub const SIGNATURE_KEY: &[u8] = b"tongshi-w1-signature-key-abcdefg";
/// Octets of a request's frame.
pub const REQUEST: usize = 4 + 125;
/// Octets of a reply's frame.
pub const REPLY: usize = 4 + 189;
/// Bills that differ; serials beyond go round.
pub const BILLS: u64 = 512;

const NAMES: [&str; 8] = [
    "张伟",
    "王小明",
    "欧阳若兰",
    "李娜",
    "东莞市常平镇供水有限公司",
    "陈 ZHANG",
    "刘洋",
    "广东华南电力集团东莞分公司",
];
/// The day of all bills.
pub const DATE: &str = "20261123";
const DUE: &str = "20261231";
/// What the platform adds to the amount, in fen.
const MORE: u64 = 100_000;

/// Looked up, paid, or paid once people have looked at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// W1.
    Query,
    /// W1p.
    Pay,
    /// Nobody looks at it while it is measured.
    Review,
}

impl Act {
    fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Query => ("2001", "2002"),
            Self::Pay => ("2003", "2004"),
            Self::Review => ("2005", "2006"),
        }
    }

    /// The path that the platform is asked at.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Query => "/bill/query",
            Self::Pay | Self::Review => "/bill/pay",
        }
    }
}

/// One bill by its serial.
pub struct Bill {
    act: Act,
    serial: u64,
}

impl Bill {
    /// The bill of a serial.
    #[must_use]
    pub fn new(act: Act, serial: u64) -> Self {
        Self { act, serial }
    }

    fn customer(&self) -> String {
        format!("{:013}", 4_401_900_000_000 + (self.serial % BILLS) * 7_919)
    }

    fn name(&self) -> &'static str {
        usize::try_from(self.serial % BILLS)
            .ok()
            .and_then(|at| NAMES.get(at % NAMES.len()))
            .copied()
            .unwrap_or("")
    }

    fn fen(&self) -> u64 {
        1 + (self.serial % BILLS) * 104_729 % 9_000_000
    }

    /// The frame that the client sends.
    #[must_use]
    pub fn request(&self) -> Vec<u8> {
        let mut body =
            format!("{}{DATE}{:012}{}", self.act.codes().0, self.serial, self.customer()).into_bytes();
        padded(&mut body, self.name(), 60);
        body.extend_from_slice(format!("{:012}", self.fen()).as_bytes());
        framed(body)
    }

    /// The frame that must come back.
    #[must_use]
    pub fn reply(&self) -> Vec<u8> {
        let mut body = format!("{}{DATE}{:012}0000", self.act.codes().1, self.serial).into_bytes();
        padded(&mut body, "查询成功", 40);
        body.extend_from_slice(self.customer().as_bytes());
        padded(&mut body, self.name(), 60);
        body.extend_from_slice(format!("{:012}{:012}{DUE}", self.fen(), self.fen() + MORE).as_bytes());
        framed(body)
    }

    /// The frame that comes back while people have not decided.
    #[must_use]
    pub fn pending(&self) -> Vec<u8> {
        framed(format!("{}{DATE}{:012}9999", self.act.codes().1, self.serial).into_bytes())
    }

    /// The content that the platform must be asked with.
    #[must_use]
    pub fn asked(&self) -> String {
        let mut text = String::with_capacity(192);
        let (code, customer, name) = (self.act.codes().0, self.customer(), self.name());
        let _ = write!(
            text,
            r#"{{"txnCode":"{code}","date":"{DATE}","serial":"{:012}","customerNo":"{customer}","name":"{name}","amount":"{}"}}"#,
            self.serial,
            yuan(self.fen())
        );
        text
    }

    /// The content that the platform answers.
    #[must_use]
    pub fn answered(&self) -> String {
        let mut text = String::with_capacity(256);
        let (customer, name) = (self.customer(), self.name());
        let _ = write!(
            text,
            r#"{{"code":"0000","message":"查询成功","serial":"{:012}","customerNo":"{customer}","name":"{name}","amount":"{}","balance":"{}","dueDate":"{DUE}"}}"#,
            self.serial,
            yuan(self.fen()),
            yuan(self.fen() + MORE)
        );
        text
    }

    /// Its line in a file of bills.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let (customer, name) = (self.customer(), self.name());
        let text = format!("{:012}|{customer}|{name}|{}\n", self.serial, yuan(self.fen()));
        encoding_rs::GBK.encode(&text).0.into_owned()
    }

    /// The line that must come back once it is paid.
    #[must_use]
    pub fn paid_line(&self) -> String {
        format!("{:012}|0|{}\n", self.serial, yuan(self.fen() + MORE))
    }
}

fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn padded(body: &mut Vec<u8>, text: &str, width: usize) {
    let (octets, ..) = encoding_rs::GBK.encode(text);
    let end = body.len() + width;
    body.extend_from_slice(&octets);
    body.resize(end, b' ');
}

fn framed(mut body: Vec<u8>) -> Vec<u8> {
    let mac = seal::hmac(MAC_KEY, &body);
    for octet in mac.iter().take(8) {
        body.extend_from_slice(format!("{octet:02X}").as_bytes());
    }
    let mut frame = format!("{:04}", body.len()).into_bytes();
    frame.append(&mut body);
    frame
}

/// The serial that stands in a frame.
#[must_use]
pub fn serial_of(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_sizes_of_the_workload() {
        for serial in 0..BILLS {
            let bill = Bill::new(Act::Query, serial);
            assert_eq!(bill.request().len(), REQUEST);
            assert_eq!(bill.reply().len(), REPLY);
        }
    }
}
