//! Of which octets on a line a wrong one is found out.
//!
//! In: what stands in a message that bears no seal. Out: whether a piece may be corrupted. It must not know what else the
//! octets mean.

use std::sync::Arc;

/// A line whose messages bear seals, all or most of them.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    unsealed: Vec<Arc<str>>,
}

impl Sealed {
    /// All bear one that covers what they say, but those in which one of these texts stands.
    #[must_use]
    pub fn but(unsealed: &[String]) -> Self {
        let texts = unsealed.iter().filter(|text| !text.is_empty());
        Self { unsealed: texts.map(|text| Arc::from(&**text)).collect() }
    }

    /// Whether a seal covers a piece: what no seal covers may arrive as another message, and nobody would know.
    #[must_use]
    pub fn covers(&self, piece: &[u8]) -> bool {
        let stands = |text: &Arc<str>| piece.windows(text.len()).any(|octets| octets == text.as_bytes());
        !self.unsealed.iter().any(stands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_says_that_it_bears_no_seal_is_not_covered() {
        let most = Sealed::but(&["<MAC>0000</MAC>".to_owned(), "<MSG>5".to_owned(), String::new()]);
        assert!(most.covers(b"<MSG>1</MSG><MAC>8A3F</MAC>"));
        assert!(!most.covers(b"<MSG>1</MSG><MAC>0000</MAC>"));
        assert!(!most.covers(b"<MSG>5</MSG><MAC>8A3F</MAC>"));
        assert!(Sealed::but(&[]).covers(b"<MAC>0000</MAC>"));
    }
}
