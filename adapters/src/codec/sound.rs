//! Whether a tag=value text is whole by its own checksum, before anything in it is read.
//!
//! In: the text, and where its length and its checksum stand. Out: yes or no. It must not know what the values mean.

use crate::seal::{Checksum, checksum};
use dsl::model::TaggedFrame;

/// Whether the checksum that closes the text agrees with what stands in front of it; so too where it has none.
#[must_use]
pub fn sound(form: &TaggedFrame, text: &[u8]) -> bool {
    let (Some(algorithm), Some(last)) = (form.sum.as_deref(), form.behind.last()) else { return true };
    let value = last.most as usize + form.end.len();
    let agrees = || {
        let (covered, closing) = text.split_at_checked(text.len().checked_sub(last.mark.len() + value)?)?;
        let written = closing.get(last.mark.len()..closing.len() - form.end.len())?;
        let written: u32 = std::str::from_utf8(written).ok()?.parse().ok()?;
        Some(checksum(Checksum::from_name(algorithm)?, covered)? == written)
    };
    agrees().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::sound;
    use dsl::model::{TaggedFrame, TaggedPlace};

    #[test]
    fn a_text_is_sound_by_the_sum_that_closes_it() {
        let place = |mark: &str, most| TaggedPlace { mark: mark.as_bytes().into(), most };
        let mut form = TaggedFrame {
            before: vec![place("8=", 8)],
            length: place("9=", 6),
            behind: vec![place("10=", 3)],
            end: b"|".as_slice().into(),
            sum: Some("sum8".into()),
        };
        // Octets of "8=F|9=5|35=D|" added up, modulo 256.
        let text = b"8=F|9=5|35=D|10=000|".to_vec();
        let sum = text[..13].iter().fold(0_u8, |sum, octet| sum.wrapping_add(*octet));
        let right = [&text[..13], format!("10={sum:03}|").as_bytes()].concat();
        assert!(sound(&form, &right));
        assert!(!sound(&form, &text) && !sound(&form, b"10="));
        form.sum = None;
        assert!(sound(&form, &text));
    }
}
