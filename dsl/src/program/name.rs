//! Names of a wire, with what its formats ask of them found out once.
//!
//! In: a name as an adapter says it, or as an expression gives it. Out: its parts, and the octets that stand around what it
//! names. It must not know which format a name stands in.

/// A name of the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireName {
    /// As it is said; one in a namespace stands as `{namespace}name`, an attribute of XML as `@name`.
    pub text: Box<str>,
    /// In XML it is an attribute's, whose name begins behind the `@`.
    pub attribute: bool,
    /// The figures that it is made of, as a number.
    pub number: Option<u16>,
    /// Where its local part begins: behind a prefix, or behind a namespace in braces.
    local: usize,
    /// Start tag and end tag of XML.
    tags: Box<[u8]>,
    /// Where the end tag begins.
    end: usize,
    /// What stands before a value of JSON; empty: it has signs that are escaped, or letters that each charset codes in its
    /// own way.
    key: Box<[u8]>,
}

impl WireName {
    /// The name of a field that is the text of the element around it.
    pub const OWN_TEXT: &'static str = ".";

    /// Finds out what is asked for.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let said = text.strip_prefix('@');
        let plain = said.unwrap_or(text);
        let behind = if plain.starts_with('{') { plain.rfind('}') } else { plain.rfind(':') };
        let local = text.len() - plain.len() + behind.map_or(0, |place| place + 1);
        let (start, end) = match text.strip_prefix('{').and_then(|name| name.split_once('}')) {
            Some((space, local)) => (format!("<n:{local} xmlns:n=\"{space}\">"), format!("</n:{local}>")),
            None => (format!("<{text}>"), format!("</{text}>")),
        };
        let stands =
            text.bytes().all(|octet| (0x20..0x7F).contains(&octet) && !matches!(octet, b'"' | b'\\'));
        let key = if stands { format!("\"{text}\":") } else { String::new() };
        WireName {
            text: text.into(),
            attribute: said.is_some(),
            number: text.parse().ok(),
            local,
            end: start.len(),
            tags: (start + &end).into_bytes().into(),
            key: key.into_bytes().into(),
        }
    }

    /// Its octets.
    #[must_use]
    #[inline]
    pub fn octets(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The octets of its local part.
    #[must_use]
    #[inline]
    pub fn local(&self) -> &[u8] {
        self.octets().get(self.local..).unwrap_or_default()
    }

    /// Whether it is the text of the element around it.
    #[must_use]
    #[inline]
    pub fn is_own_text(&self) -> bool {
        &*self.text == Self::OWN_TEXT
    }

    /// Of an attribute: its name without the sign that says so.
    #[must_use]
    pub fn of_attribute(&self) -> Option<&str> {
        if self.attribute { self.text.get(1..) } else { None }
    }

    /// The start tag of XML.
    #[must_use]
    #[inline]
    pub fn start_tag(&self) -> &[u8] {
        self.tags.get(..self.end).unwrap_or_default()
    }

    /// The end tag of XML.
    #[must_use]
    #[inline]
    pub fn end_tag(&self) -> &[u8] {
        self.tags.get(self.end..).unwrap_or_default()
    }

    /// What stands before a value of JSON, if it is the same in all charsets that have ASCII.
    #[must_use]
    #[inline]
    pub fn key(&self) -> Option<&[u8]> {
        (!self.key.is_empty()).then_some(&*self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let of = |text| WireName::of(text);
        for (text, local) in [
            ("a", "a"),
            ("p:a", "a"),
            ("{urn:x}a", "a"),
            ("{urn:x}p:a", "p:a"),
            ("@id", "id"),
            ("@xml:id", "id"),
            ("{", "{"),
            (":", ""),
        ] {
            assert_eq!(of(text).local(), local.as_bytes(), "{text}");
        }
        let spaced = of("{urn:x}a");
        assert_eq!((spaced.start_tag(), spaced.end_tag()), (&b"<n:a xmlns:n=\"urn:x\">"[..], &b"</n:a>"[..]));
        assert_eq!((of("a").start_tag(), of("a").end_tag()), (&b"<a>"[..], &b"</a>"[..]));
        assert_eq!(of("a").key(), Some(&b"\"a\":"[..]));
        assert_eq!((of("a\"").key(), of("名").key()), (None, None));
        assert_eq!((of("@id").of_attribute(), of("id").of_attribute()), (Some("id"), None));
        assert_eq!((of("48").number, of("x").number), (Some(48), None));
    }
}
