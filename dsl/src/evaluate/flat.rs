//! Pairs whose values are JSON text, taken apart: `body` with `{"bills":[{"no":1}]}` becomes `body.bills[0].no` with `1`.
//!
//! For signatures over names by their path. In: pairs. Out: a pair for each value that is not empty, texts without their quotes and
//! escapes, all else as it stands. It must not judge what the values mean.

use super::Fault;
use super::value::Pair;

/// Deepest nesting.
const DEEPEST: usize = 16;

/// Takes each pair apart; what is no JSON object or array stays.
///
/// # Errors
/// [`Fault::Kind`] for text that begins as JSON and is none, or is nested too deep.
pub(super) fn flat(pairs: Vec<Pair>) -> Result<Vec<Pair>, Fault> {
    let mut out = Vec::new();
    for (name, value) in pairs {
        if matches!(value.first(), Some(b'{' | b'[')) {
            let mut text = Text { octets: &value, at: 0 };
            text.value(&name, 0, &mut out)?;
            text.blanks();
            if text.at != value.len() {
                return Err(Fault::Kind);
            }
        } else if !value.is_empty() {
            out.push((name, value));
        }
    }
    Ok(out)
}

struct Text<'t> {
    octets: &'t [u8],
    at: usize,
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The next octet that is no blank, if it is the one wanted.
    fn takes(&mut self, wanted: u8) -> bool {
        self.blanks();
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, path: &[u8], depth: usize, out: &mut Vec<Pair>) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Fault::Kind);
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                self.many(b'}', |text, _| {
                    let name = text.string()?;
                    if !text.takes(b':') {
                        return Err(Fault::Kind);
                    }
                    text.value(&[path, b".", &name].concat(), depth + 1, out)
                })
            }
            Some(b'[') => {
                self.at += 1;
                self.many(b']', |text, place| {
                    text.value(&[path, format!("[{place}]").as_bytes()].concat(), depth + 1, out)
                })
            }
            Some(b'"') => {
                let value = self.string()?;
                if !value.is_empty() {
                    out.push((path.to_vec(), value));
                }
                Ok(())
            }
            _ => {
                let start = self.at;
                while self
                    .peek()
                    .is_some_and(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
                {
                    self.at += 1;
                }
                let value = self.octets.get(start..self.at).unwrap_or_default();
                if value.is_empty() {
                    return Err(Fault::Kind);
                }
                if value != b"null" {
                    out.push((path.to_vec(), value.to_vec()));
                }
                Ok(())
            }
        }
    }

    /// Items with commas between, up to the end.
    fn many(
        &mut self,
        end: u8,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.takes(end) {
            return Ok(());
        }
        for place in 0.. {
            self.blanks();
            item(self, place)?;
            if self.takes(end) {
                return Ok(());
            }
            if !self.takes(b',') {
                return Err(Fault::Kind);
            }
        }
        Err(Fault::Kind)
    }

    fn string(&mut self) -> Result<Vec<u8>, Fault> {
        if !self.takes(b'"') {
            return Err(Fault::Kind);
        }
        let mut out = Vec::new();
        loop {
            let octet = self.peek().ok_or(Fault::Kind)?;
            self.at += 1;
            match octet {
                b'"' => return Ok(out),
                b'\\' => {
                    let escaped = self.escaped()?;
                    out.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => out.push(octet),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Fault> {
        let octet = self.peek().ok_or(Fault::Kind)?;
        self.at += 1;
        Ok(match octet {
            b'"' | b'\\' | b'/' => char::from(octet),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.four()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high).ok_or(Fault::Kind);
                }
                if self.octets.get(self.at..self.at + 2) != Some(b"\\u") {
                    return Err(Fault::Kind);
                }
                self.at += 2;
                let low = self.four()?.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(Fault::Kind)?;
                return char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + low).ok_or(Fault::Kind);
            }
            _ => return Err(Fault::Kind),
        })
    }

    fn four(&mut self) -> Result<u32, Fault> {
        let figures = self.octets.get(self.at..self.at + 4).ok_or(Fault::Kind)?;
        self.at += 4;
        let text = std::str::from_utf8(figures).map_err(|_| Fault::Kind)?;
        u32::from_str_radix(text, 16).map_err(|_| Fault::Kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Result<Vec<(String, String)>, Fault> {
        let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
        let found = flat(vec![(name.into(), value.into())])?;
        Ok(found.into_iter().map(|(name, value)| (text(name), text(value))).collect())
    }

    #[test]
    fn paths_name_what_stands_at_them() {
        let found =
            of("body", r#"{"a":"x","b":[{"c":1},{"c":"","d":true}],"e":null,"f":"\u4e2d\"\ud83d\ude00"}"#);
        let wanted = [("body.a", "x"), ("body.b[0].c", "1"), ("body.b[1].d", "true"), ("body.f", "中\"😀")];
        assert_eq!(found.unwrap(), wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(of("plain", "{}").unwrap(), []);
        assert_eq!(of("plain", "x").unwrap(), [("plain".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_a_fault() {
        for wrong in
            ["{", r#"{"a"}"#, r#"{"a":1,}"#, r#"["a""#, "[1]x", r#"{"a":"\q"}"#, r#"{"a":"\ud800x"}"#]
        {
            assert!(of("a", wrong).is_err(), "{wrong}");
        }
        assert!(of("a", &"[".repeat(400)).is_err());
    }
}
