//! The reference that an act stands under: of an ask, of its header, of a path.
//!
//! In: what a channel sent. Out: one to 64 characters, or why there are none. One text is one act, so nothing is taken that
//! could be read in two ways. It must not know services.

use bytes::Bytes;
use dsl::evaluate::coded::from_hex;
use link::http::HttpMessage;
use serde_json::Value as Json;

/// Longest reference in characters.
const LONGEST: usize = 64;

/// Why something is no reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Too short or too long.
    #[error("a reference has 1 to 64 characters")]
    Length,
    /// Of an ask, it is a number or a record.
    #[error("`reference` is a text")]
    NoText,
    /// A header or a path is no UTF-8.
    #[error("a reference is written in UTF-8")]
    Charset,
    /// A path is not coded by the rules of RFC 3986.
    #[error("a reference in a path is percent-coded: `%` stands before two figures in hex")]
    Coding,
    /// The ask and its header, or two headers, name two acts.
    #[error("`reference` and the header Idempotency-Key name one act, and here they differ")]
    Differ,
}

/// The reference that an ask bears: its own field names the act, the header where the field is not there. None: neither.
///
/// # Errors
/// Where there is one that is none, or where there are two.
pub(super) fn of_ask(request: &HttpMessage, ask: &Json) -> Result<Option<String>, Fault> {
    let own = match ask.get("reference") {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text.clone()),
        Some(_) => return Err(Fault::NoText),
    };
    let mut found = own.map(checked).transpose()?;
    for header in headers(request) {
        let text = std::str::from_utf8(header).map_err(|_| Fault::Charset)?;
        let named = checked(text.to_owned())?;
        if *found.get_or_insert_with(|| named.clone()) != named {
            return Err(Fault::Differ);
        }
    }
    Ok(found)
}

fn headers(request: &HttpMessage) -> impl Iterator<Item = &Bytes> {
    let named = |name: &str| name.eq_ignore_ascii_case("idempotency-key");
    request.headers.iter().filter(move |(name, _)| named(name)).map(|(_, value)| value)
}

/// The reference that a segment of a path names.
///
/// # Errors
/// Where it names none.
pub(super) fn of_path(segment: &str) -> Result<String, Fault> {
    let mut octets = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            octets.push(*first);
            continue;
        }
        let (figures, after) = rest.split_at_checked(2).ok_or(Fault::Coding)?;
        octets.extend(from_hex(figures).map_err(|_| Fault::Coding)?);
        rest = after;
    }
    checked(String::from_utf8(octets).map_err(|_| Fault::Charset)?)
}

fn checked(text: String) -> Result<String, Fault> {
    if (1..=LONGEST).contains(&text.chars().count()) { Ok(text) } else { Err(Fault::Length) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(headers: &[&[u8]]) -> HttpMessage {
        let mut message = HttpMessage::post("/v1/bank.pay_bill", Bytes::new());
        for header in headers {
            message.headers.push(("Idempotency-Key".into(), Bytes::copy_from_slice(header)));
        }
        message
    }

    #[test]
    fn the_ask_s_own_reference_names_the_act_and_a_header_only_where_there_is_none() {
        let of = |headers: &[&[u8]], ask: Json| of_ask(&asked(headers), &ask);
        assert_eq!(of(&[], json!({})), Ok(None));
        assert_eq!(of(&[], json!({ "reference": "M1" })), Ok(Some("M1".into())));
        assert_eq!(of(&[b"M1"], json!({ "reference": "M1" })), Ok(Some("M1".into())));
        assert_eq!(of(&[b"H1"], json!({ "reference": null })), Ok(Some("H1".into())));
        assert_eq!(of(&[b"H1"], json!({ "reference": "M1" })), Err(Fault::Differ));
        assert_eq!(of(&[b"H1", b"H2"], json!({})), Err(Fault::Differ));
        assert_eq!(of(&[b"5"], json!({ "reference": 5 })), Err(Fault::NoText));
    }

    #[test]
    fn nothing_that_is_too_short_or_too_long_or_no_text_is_a_reference() {
        let of = |headers: &[&[u8]], ask: Json| of_ask(&asked(headers), &ask);
        assert_eq!(of(&[b""], json!({ "reference": "M1" })), Err(Fault::Length));
        assert_eq!(of(&[b"M1"], json!({ "reference": "" })), Err(Fault::Length));
        assert_eq!(of(&[], json!({ "reference": "单".repeat(64) })), Ok(Some("单".repeat(64))));
        assert_eq!(of(&[], json!({ "reference": "单".repeat(65) })), Err(Fault::Length));
        // 订单1 and 订单2 in GBK: what is no UTF-8 would be the same replacement signs for many.
        assert_eq!(of(&[b"\xB6\xA9\xB5\xA51"], json!({})), Err(Fault::Charset));
        assert_eq!(of(&["订单1".as_bytes()], json!({})), Ok(Some("订单1".into())));
    }

    #[test]
    fn a_path_names_the_reference_that_was_coded_into_it() {
        for (segment, reference) in [
            ("M1", "M1"),
            ("M%201", "M 1"),
            ("M+1", "M+1"),
            ("%E8%AE%A2%E5%8D%951", "订单1"),
            ("a%2Fb", "a/b"),
            ("a%2fb", "a/b"),
            ("100%25", "100%"),
        ] {
            assert_eq!(of_path(segment).as_deref(), Ok(reference), "{segment}");
        }
        for segment in ["100%", "%2", "%zz", "%+1"] {
            assert_eq!(of_path(segment), Err(Fault::Coding), "{segment}");
        }
        for segment in ["%B6%A9%B5%A51", "%FF", "%C0%AF"] {
            assert_eq!(of_path(segment), Err(Fault::Charset), "{segment}");
        }
        assert_eq!(of_path(""), Err(Fault::Length));
        assert_eq!(of_path(&"%E5%8D%95".repeat(64)), Ok("单".repeat(64)));
        assert_eq!(of_path(&"a".repeat(65)), Err(Fault::Length));
    }
}
