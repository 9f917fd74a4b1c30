//! W2c by hand: a scanner for one document that knows what comes next. Octets are scanned raw, leaves alone decoded.

use super::parse::{ascii, day, figures, number, put_day, put_number, put_time, put_yuan, text, time, yuan};
use crate::floor::gbk::Gbk;

/// Rows of the sample.
const ROWS: usize = 5;

type Day = (u16, u8, u8);

pub(super) struct Account {
    head: Head,
    body: Body,
    rows: Vec<Row>,
}

struct Head {
    code: [u8; 4],
    channel: String,
    serial: [u8; 12],
    date: Day,
    time: u32,
    branch: [u8; 6],
    teller: String,
    version: String,
}

struct Body {
    customer: [u8; 13],
    name: String,
    id_type: [u8; 2],
    id_no: String,
    account: String,
    account_name: String,
    currency: String,
    balance: u64,
    frozen: u64,
    available: u64,
    opened: Day,
    due: Day,
    phone: String,
    address: String,
    unit: String,
    status: [u8; 1],
    level: [u8; 2],
    total: u64,
    count: u64,
    remark: String,
}

struct Row {
    period: (u16, u8),
    kind: String,
    fee: u64,
    paid: bool,
}

struct Scanner<'a> {
    rest: &'a [u8],
    gbk: &'a Gbk,
}

impl<'a> Scanner<'a> {
    /// A tag that must come here, behind blanks.
    fn tag(&mut self, tag: &[u8]) -> Option<()> {
        self.rest = self.rest.trim_ascii_start().strip_prefix(tag)?;
        Some(())
    }

    fn raw(&mut self, open: &[u8], close: &[u8]) -> Option<&'a [u8]> {
        self.tag(open)?;
        let end = memchr::memchr2(b'<', b'&', self.rest)?;
        let (content, rest) = self.rest.split_at(end);
        // An entity is rare and refused here; nobody sends one in these fields.
        self.rest = rest.strip_prefix(close)?;
        Some(content)
    }

    fn text(&mut self, open: &[u8], close: &[u8], most: usize) -> Option<String> {
        let text = text(self.raw(open, close)?, self.gbk)?;
        (text.chars().count() <= most).then_some(text)
    }
}

macro_rules! leaf {
    ($scanner:ident, $name:literal) => {
        $scanner.raw(concat!("<", $name, ">").as_bytes(), concat!("</", $name, ">").as_bytes())?
    };
    ($scanner:ident, $name:literal, $most:literal) => {
        $scanner.text(concat!("<", $name, ">").as_bytes(), concat!("</", $name, ">").as_bytes(), $most)?
    };
}

impl Account {
    pub(super) fn read(octets: &[u8], gbk: &Gbk) -> Option<Self> {
        let mut scanner = Scanner { rest: octets, gbk };
        scanner.tag(START)?;
        scanner.tag(b"<message>")?;
        let head = Head::read(&mut scanner)?;
        let (body, rows) = Body::read(&mut scanner)?;
        scanner.tag(b"</message>")?;
        scanner.rest.trim_ascii().is_empty().then_some(Self { head, body, rows })
    }

    pub(super) fn write(&self, gbk: &Gbk, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(START);
        out.extend_from_slice(b"<message>");
        self.head.write(gbk, out)?;
        self.body.write(gbk, out, &self.rows)?;
        out.extend_from_slice(b"</message>");
        Some(())
    }
}

const START: &[u8] = br#"<?xml version="1.0" encoding="GBK"?>"#;

impl Head {
    fn read(s: &mut Scanner<'_>) -> Option<Self> {
        s.tag(b"<head>")?;
        let head = Self {
            code: figures(leaf!(s, "tranCode"))?,
            channel: leaf!(s, "channel", 10),
            serial: figures(leaf!(s, "serial"))?,
            date: day(leaf!(s, "date"))?,
            time: time(leaf!(s, "time"))?,
            branch: figures(leaf!(s, "branch"))?,
            teller: leaf!(s, "teller", 8),
            version: leaf!(s, "version", 8),
        };
        s.tag(b"</head>")?;
        Some(head)
    }

    fn write(&self, gbk: &Gbk, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(b"<head><tranCode>");
        out.extend_from_slice(&self.code);
        out.extend_from_slice(b"</tranCode><channel>");
        escaped(out, &self.channel, gbk)?;
        out.extend_from_slice(b"</channel><serial>");
        out.extend_from_slice(&self.serial);
        out.extend_from_slice(b"</serial><date>");
        put_day(out, self.date);
        out.extend_from_slice(b"</date><time>");
        put_time(out, self.time);
        out.extend_from_slice(b"</time><branch>");
        out.extend_from_slice(&self.branch);
        out.extend_from_slice(b"</branch><teller>");
        escaped(out, &self.teller, gbk)?;
        out.extend_from_slice(b"</teller><version>");
        escaped(out, &self.version, gbk)?;
        out.extend_from_slice(b"</version></head>");
        Some(())
    }
}

impl Body {
    fn read(s: &mut Scanner<'_>) -> Option<(Self, Vec<Row>)> {
        s.tag(b"<body>")?;
        let body = Self {
            customer: figures(leaf!(s, "custNo"))?,
            name: leaf!(s, "custName", 30),
            id_type: figures(leaf!(s, "idType"))?,
            id_no: leaf!(s, "idNo", 18),
            account: leaf!(s, "acctNo", 32),
            account_name: leaf!(s, "acctName", 30),
            currency: ascii(leaf!(s, "currency"))?,
            balance: yuan(leaf!(s, "balance"))?,
            frozen: yuan(leaf!(s, "frozen"))?,
            available: yuan(leaf!(s, "available"))?,
            opened: day(leaf!(s, "openDate"))?,
            due: day(leaf!(s, "dueDate"))?,
            phone: leaf!(s, "phone", 20),
            address: leaf!(s, "address", 60),
            unit: leaf!(s, "unit", 40),
            status: figures(leaf!(s, "status"))?,
            level: figures(leaf!(s, "level"))?,
            total: yuan(leaf!(s, "total"))?,
            count: number(leaf!(s, "count"))?,
            remark: leaf!(s, "remark", 60),
        };
        s.tag(b"<items>")?;
        let mut rows = Vec::with_capacity(ROWS);
        while s.tag(b"<item>").is_some() {
            if rows.len() == 20 {
                return None;
            }
            rows.push(Row::read(s)?);
        }
        s.tag(b"</items>")?;
        s.tag(b"</body>")?;
        (!rows.is_empty() && body.count < 1_000).then_some((body, rows))
    }

    fn write(&self, gbk: &Gbk, out: &mut Vec<u8>, rows: &[Row]) -> Option<()> {
        out.extend_from_slice(b"<body><custNo>");
        out.extend_from_slice(&self.customer);
        out.extend_from_slice(b"</custNo><custName>");
        escaped(out, &self.name, gbk)?;
        out.extend_from_slice(b"</custName><idType>");
        out.extend_from_slice(&self.id_type);
        out.extend_from_slice(b"</idType><idNo>");
        escaped(out, &self.id_no, gbk)?;
        out.extend_from_slice(b"</idNo><acctNo>");
        escaped(out, &self.account, gbk)?;
        out.extend_from_slice(b"</acctNo><acctName>");
        escaped(out, &self.account_name, gbk)?;
        out.extend_from_slice(b"</acctName><currency>");
        escaped(out, &self.currency, gbk)?;
        out.extend_from_slice(b"</currency><balance>");
        put_yuan(out, self.balance);
        out.extend_from_slice(b"</balance><frozen>");
        put_yuan(out, self.frozen);
        out.extend_from_slice(b"</frozen><available>");
        put_yuan(out, self.available);
        out.extend_from_slice(b"</available><openDate>");
        put_day(out, self.opened);
        out.extend_from_slice(b"</openDate><dueDate>");
        put_day(out, self.due);
        out.extend_from_slice(b"</dueDate><phone>");
        escaped(out, &self.phone, gbk)?;
        out.extend_from_slice(b"</phone><address>");
        escaped(out, &self.address, gbk)?;
        out.extend_from_slice(b"</address><unit>");
        escaped(out, &self.unit, gbk)?;
        out.extend_from_slice(b"</unit><status>");
        out.extend_from_slice(&self.status);
        out.extend_from_slice(b"</status><level>");
        out.extend_from_slice(&self.level);
        out.extend_from_slice(b"</level><total>");
        put_yuan(out, self.total);
        out.extend_from_slice(b"</total><count>");
        out.extend_from_slice(self.count.to_string().as_bytes());
        out.extend_from_slice(b"</count><remark>");
        escaped(out, &self.remark, gbk)?;
        out.extend_from_slice(b"</remark><items>");
        for row in rows {
            row.write(gbk, out)?;
        }
        out.extend_from_slice(b"</items></body>");
        Some(())
    }
}

impl Row {
    fn read(s: &mut Scanner<'_>) -> Option<Self> {
        let period = leaf!(s, "period");
        let (year, month) = (number(period.get(..4)?)?, number(period.get(4..)?)?);
        if period.len() != 6 || !(1..=12).contains(&month) {
            return None;
        }
        let row = Self {
            period: (u16::try_from(year).ok()?, u8::try_from(month).ok()?),
            kind: leaf!(s, "kind", 20),
            fee: yuan(leaf!(s, "fee"))?,
            paid: match leaf!(s, "paid") {
                b"Y" => true,
                b"N" => false,
                _ => return None,
            },
        };
        s.tag(b"</item>")?;
        Some(row)
    }

    fn write(&self, gbk: &Gbk, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(b"<item><period>");
        put_number(out, u64::from(self.period.0) * 100 + u64::from(self.period.1), 6);
        out.extend_from_slice(b"</period><kind>");
        escaped(out, &self.kind, gbk)?;
        out.extend_from_slice(b"</kind><fee>");
        put_yuan(out, self.fee);
        out.extend_from_slice(if self.paid {
            b"</fee><paid>Y</paid></item>"
        } else {
            b"</fee><paid>N</paid></item>"
        });
        Some(())
    }
}

fn escaped(out: &mut Vec<u8>, text: &str, gbk: &Gbk) -> Option<()> {
    if memchr::memchr3(b'<', b'>', b'&', text.as_bytes()).is_none() {
        return gbk.encode(text, out);
    }
    gbk.encode(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"), out)
}

/// The sample: 48 leaves, 1.7 kB of GBK.
pub(super) fn sample() -> Vec<u8> {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="GBK"?><message><head><tranCode>6001</tranCode><channel>网上银行</channel><serial>000000000012</serial><date>20261123</date><time>134501</time><branch>031901</branch><teller>EB0001</teller><version>1.0</version></head><body><custNo>4401900095028</custNo><custName>欧阳若兰</custName><idType>01</idType><idNo>441900199001011234</idNo><acctNo>6230580000001234567</acctNo><acctName>东莞市常平镇供水有限公司</acctName><currency>CNY</currency><balance>1234567.89</balance><frozen>0.00</frozen><available>1234567.89</available><openDate>20150301</openDate><dueDate>20301231</dueDate><phone>13800138000</phone><address>广东省东莞市常平镇常平大道一百二十三号供水大厦五楼</address><unit>东莞农村商业银行常平支行营业部</unit><status>0</status><level>03</level><total>617.25</total><count>5</count><remark>本行代收水费, 按月扣款</remark><items>"#,
    );
    for month in 1..=ROWS {
        text.push_str(&format!(
            "<item><period>2026{month:02}</period><kind>水费</kind><fee>123.45</fee><paid>Y</paid></item>"
        ));
    }
    text.push_str("</items></body></message>");
    encoding_rs::GBK.encode(&text).0.into_owned()
}
