//! Texts of tagged values (`8=FIX.4.4|9=12|…|10=123|`) that say in one of their first values how long they are.
//!
//! In: what begins the values in front of the length, the length and what stands behind what it counts. Out: where such a
//! text ends. It must not know what the values mean.

use bytes::Bytes;

use super::error::{FrameError, FrameFault};
use super::length::digits;

/// Where the length stands in a text of tagged values, and what stands around what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The values in front of the length, in order.
    pub before: Vec<TaggedValue>,
    /// The length in digits: of all that stands behind it, up to the values that it does not count.
    pub length: TaggedValue,
    /// The values behind what is counted, each as wide as it may be.
    pub behind: Vec<TaggedValue>,
    /// What ends each value.
    pub end: Bytes,
}

/// A value of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedValue {
    /// What begins it: its tag, and the sign between the two.
    pub mark: Bytes,
    /// The most bytes of the value itself.
    pub most: usize,
}

impl Tagged {
    /// What is needed, where it cannot work.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let mut marks = self.before.iter().chain([&self.length]).chain(&self.behind);
        if marks.any(|value| value.mark.is_empty()) || self.end.is_empty() {
            return Some("marks of values and an end of each");
        }
        (!(1..=18).contains(&self.length.most)).then_some("a length of 1 to 18 digits")
    }

    /// What every text begins with.
    pub(super) fn start(&self) -> &[u8] {
        &self.before.first().unwrap_or(&self.length).mark
    }

    /// Where the text ends that the bytes begin with; `None` where that is not known or not there yet.
    pub(super) fn end(&self, bytes: &[u8], most: usize) -> Result<Option<usize>, FrameError> {
        let mut at = 0;
        for value in &self.before {
            let Some((_, next)) = self.value(bytes, at, value)? else { return Ok(None) };
            at = next;
        }
        let Some((written, counted)) = self.value(bytes, at, &self.length)? else { return Ok(None) };
        let Some(length) = digits(written) else {
            let fault = FrameFault::NotANumber { expected: "digits" };
            return Err(FrameError::new(at as u64, fault, written));
        };
        let behind =
            self.behind.iter().map(|value| value.mark.len() + value.most + self.end.len()).sum::<usize>();
        let whole = length.saturating_add((counted + behind) as u64);
        let size = match usize::try_from(whole) {
            Ok(size) if size <= most => size,
            _ => {
                let fault = FrameFault::TooLong { length: whole, most: most as u64 };
                return Err(FrameError::new(0, fault, bytes));
            }
        };
        at = size - behind;
        for value in &self.behind {
            let width = value.mark.len() + value.most;
            let ends = at + width;
            if !agrees(bytes, at, &value.mark) || !agrees(bytes, ends, &self.end) {
                let seen = bytes.get(at..).unwrap_or_default();
                return Err(FrameError::new(at as u64, FrameFault::NoMark, seen));
            }
            at = ends + self.end.len();
        }
        Ok((bytes.len() >= size).then_some(size))
    }

    /// A value that begins at `at`: itself, and where the next one begins.
    fn value<'b>(
        &self,
        bytes: &'b [u8],
        at: usize,
        value: &TaggedValue,
    ) -> Result<Option<(&'b [u8], usize)>, FrameError> {
        let begins = at + value.mark.len();
        let widest = begins + value.most + self.end.len();
        let window = bytes.get(begins..widest.min(bytes.len())).unwrap_or_default();
        let found = memchr::memmem::find(window, &self.end);
        if !agrees(bytes, at, &value.mark) || (found.is_none() && bytes.len() >= widest) {
            let seen = bytes.get(at..).unwrap_or_default();
            return Err(FrameError::new(at as u64, FrameFault::NoMark, seen));
        }
        Ok(found.map(|length| (window.get(..length).unwrap_or_default(), begins + length + self.end.len())))
    }
}

/// Whether a mark stands at a place, as far as the bytes go.
fn agrees(bytes: &[u8], at: usize, mark: &[u8]) -> bool {
    let there = bytes.get(at..(at + mark.len()).min(bytes.len())).unwrap_or_default();
    mark.starts_with(there)
}
