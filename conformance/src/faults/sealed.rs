//! Of which octets on a line a wrong one is found out.
//!
//! In: what stands in a message that bears no seal. Out: whether a piece may be corrupted. It must not know what else the
//! octets mean.

use std::sync::Arc;

/// A line whose messages bear seals, all or most of them.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    unsealed: Option<Arc<str>>,
}

impl Sealed {
    /// All bear one but those in which this text stands, if there is any such.
    #[must_use]
    pub fn but(unsealed: Option<&str>) -> Self {
        Self { unsealed: unsealed.filter(|text| !text.is_empty()).map(Arc::from) }
    }

    /// Whether a seal covers a piece: what no seal covers may arrive as another message, and nobody would know.
    #[must_use]
    pub fn covers(&self, piece: &[u8]) -> bool {
        let Some(text) = &self.unsealed else { return true };
        !piece.windows(text.len()).any(|octets| octets == text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_says_that_it_bears_no_seal_is_not_covered() {
        let most = Sealed::but(Some("<MAC>0000</MAC>"));
        assert!(most.covers(b"<MSG>1</MSG><MAC>8A3F</MAC>"));
        assert!(!most.covers(b"<MSG>1</MSG><MAC>0000</MAC>"));
        assert!(Sealed::but(None).covers(b"<MAC>0000</MAC>"));
    }
}
