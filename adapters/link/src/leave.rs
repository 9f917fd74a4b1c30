//! Leave to send: asked for when a request has waited for its connection and its first octet is about to go.
//!
//! In: whoever can say that what was true when the request was made may be so no more. Out: yes or no. It must not know why.

use std::fmt;
use std::sync::Arc;

/// Leave to send; given always, unless somebody is asked. Cheap to clone.
#[derive(Clone, Default)]
pub struct Leave(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Leave {
    /// Leave that is asked for each time.
    pub fn asked(given: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(given)))
    }

    /// Whether it is given now.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.0.as_ref().is_none_or(|given| given())
    }
}

impl fmt::Debug for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Leave(asked)" } else { "Leave(always)" })
    }
}
