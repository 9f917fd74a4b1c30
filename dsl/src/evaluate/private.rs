//! Masking of private texts: enough to recognise one's own, too little to learn another's.
//!
//! | kind | shown |
//! | --- | --- |
//! | account, card, identity number | the first 6 and last 4 |
//! | phone | the first 3 and last 4 |
//! | name of a person | the first |
//! | address | the first 6 |
//! | e-mail | the first before the `@`, and what stands behind it |
//!
//! Each hidden character becomes one `*`. Where less than a third of the text would be hidden, all of it is.

use crate::value::Private;

/// The masked text; `kind` `None` (not known) hides as an account number does.
#[must_use]
pub fn masked(kind: Option<Private>, text: &str) -> String {
    let total = text.chars().count();
    let (first, last) = match kind {
        Some(Private::Phone) => (3, 4),
        Some(Private::PersonName) => (1, 0),
        Some(Private::HomeAddress) => (6, 0),
        Some(Private::Email) => {
            let behind = text.find('@').map_or(0, |at| text.get(at..).map_or(0, |rest| rest.chars().count()));
            (usize::from(behind + 1 < total), behind)
        }
        Some(Private::AccountNo | Private::CardNo | Private::IdentityNo) | None => (6, 4),
    };
    let hidden = total.saturating_sub(first + last);
    let enough = hidden > 0 && (kind == Some(Private::Email) || hidden * 3 >= total);
    let (first, last) = if enough { (first, last) } else { (0, 0) };
    text.chars()
        .enumerate()
        .map(|(at, sign)| if at < first || at + last >= total { sign } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_more_than_the_table_says() {
        assert_eq!(masked(Some(Private::AccountNo), "6230580000001234567"), "623058*********4567");
        assert_eq!(masked(Some(Private::AccountNo), "62305800"), "********");
        assert_eq!(masked(Some(Private::Phone), "13800138000"), "138****8000");
        assert_eq!(masked(Some(Private::PersonName), "张测试"), "张**");
        assert_eq!(masked(Some(Private::PersonName), "张"), "*");
        assert_eq!(masked(Some(Private::Email), "zhang@bank.cn"), "z****@bank.cn");
        assert_eq!(masked(None, ""), "");
    }
}
