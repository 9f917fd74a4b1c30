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
    /// Seals and ciphers in the order in which they were made.
    pub seals: Vec<SealStep>,
}

/// One seal or cipher of a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealStep {
    /// What was done: `mac x9_19`.
    pub what: String,
    /// The octets that it was done over.
    pub over: Vec<u8>,
    /// What it gave.
    pub gives: Vec<u8>,
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
    for (step, number) in sample.seals.iter().zip(1_usize..) {
        let _ = write!(
            out,
            "<h4>报文鉴别第 {number} 步 seal, step {number}: {}</h4><p>对下列 {} 字节 over these octets:</p><pre>{}</pre><p>得 gives:</p><pre>{}</pre>",
            escaped(&step.what),
            step.over.len(),
            dump(&step.over),
            dump(&step.gives)
        );
    }
    if !sample.given.is_empty() {
        out += &rows("测试密钥与参数 test keys and settings", &sample.given);
    }
    out + "</details>"
}
