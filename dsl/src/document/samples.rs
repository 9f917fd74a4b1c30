//! Worked samples on a page: a message's octets as hex and as text, and every value in them.
//!
//! In: samples as the conformance kit makes them. Out: HTML. It must not know how a sample is made.

use super::escaped;
use std::fmt::Write;

/// A message, whole.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// `CALL.request`, `CALL.reply`.
    pub message: String,
    /// Its octets, by the names of their parts.
    pub parts: Vec<(String, Vec<u8>)>,
    /// Values by field, as they are read.
    pub values: Vec<(String, String)>,
    /// What seals and settings it was made with.
    pub given: Vec<(String, String)>,
}

/// Octets by sixteen, with those that are printable beside them.
fn dump(octets: &[u8]) -> String {
    let mut out = String::new();
    for (row, line) in octets.chunks(16).enumerate() {
        let hex: Vec<String> = line.iter().map(|octet| format!("{octet:02x}")).collect();
        let text: String = line
            .iter()
            .map(|octet| if (32..127).contains(octet) { char::from(*octet) } else { '.' })
            .collect();
        let _ = writeln!(out, "{:05}  {:47}  {}", row * 16, hex.join(" "), escaped(&text));
    }
    out
}

/// The sample of a message, folded.
pub(super) fn shown(sample: &Sample) -> String {
    let mut out = String::from("<details><summary>样例 worked sample</summary>");
    for (name, octets) in &sample.parts {
        let _ =
            write!(out, "<p>{}: {} 字节 octets</p><pre>{}</pre>", escaped(name), octets.len(), dump(octets));
    }
    let rows = |title: &str, rows: &[(String, String)]| {
        let mut out = format!("<table><tr><th>{title}</th><th>值 value</th></tr>");
        for (name, value) in rows {
            let _ =
                write!(out, "<tr><td>{}</td><td><code>{}</code></td></tr>", escaped(name), escaped(value));
        }
        out + "</table>"
    };
    out += &rows("字段 field", &sample.values);
    if !sample.given.is_empty() {
        out += &rows("测试密钥与参数 test keys and settings", &sample.given);
    }
    out + "</details>"
}
