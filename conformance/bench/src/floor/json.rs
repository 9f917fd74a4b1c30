//! A flat JSON object of texts, pulled.

use std::borrow::Cow;

/// Goes through the members of an object of texts; none if it is no such object.
pub(super) fn members<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str, Cow<'t, str>) -> Option<()>,
) -> Option<()> {
    let mut rest = text.trim_start().strip_prefix('{')?.trim_start();
    if rest.starts_with('}') {
        return rest.get(1..)?.trim_ascii().is_empty().then_some(());
    }
    loop {
        let (name, after) = string(rest)?;
        let Cow::Borrowed(name) = name else { return None };
        let (value, after) = string(after.trim_start().strip_prefix(':')?.trim_start())?;
        each(name, value)?;
        rest = after.trim_start();
        match rest.as_bytes().first()? {
            b',' => rest = rest.get(1..)?.trim_start(),
            b'}' => return rest.get(1..)?.trim_ascii().is_empty().then_some(()),
            _ => return None,
        }
    }
}

fn string(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.strip_prefix('"')?;
    let end = memchr::memchr2(b'"', b'\\', inner.as_bytes())?;
    if inner.as_bytes().get(end) == Some(&b'"') {
        let content = inner.get(..end)?;
        if content.bytes().any(|octet| octet < 0x20) {
            return None;
        }
        return Some((Cow::Borrowed(content), inner.get(end + 1..)?));
    }
    // Escapes are rare; the library does them.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = values.next()?.ok()?;
    Some((Cow::Owned(value), text.get(values.byte_offset()..)?))
}

/// Writes a text with its quotes.
pub(super) fn put(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    if text.bytes().any(|octet| octet < 0x20 || octet == b'"' || octet == b'\\') {
        let quoted = serde_json::to_string(text).unwrap_or_default();
        out.extend_from_slice(quoted.as_bytes().get(1..quoted.len() - 1).unwrap_or_default());
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_with_escapes_taken_off() {
        let mut seen = Vec::new();
        let text = r#" { "a" : "1" , "b":"x\n\"y" } "#;
        members(text, |name, value| {
            seen.push((name.to_owned(), value.into_owned()));
            Some(())
        })
        .unwrap();
        assert_eq!(seen, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "x\n\"y".to_owned())]);
        assert!(members(r#"{"a":1}"#, |_, _| Some(())).is_none());
        assert!(members(r#"{"a":"1"} x"#, |_, _| Some(())).is_none());
    }
}
