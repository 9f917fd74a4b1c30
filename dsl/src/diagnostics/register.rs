//! The register of all diagnostics: one page for each code, as `tongshi explain` shows it.
//!
//! By hundreds of codes: 01 syntax, 02 names (`names`, `places`), 03 types, 04 the wire (`wire`, `messages`), 05 codes and outcomes, 06 calls and
//! sessions (`calls` to `files`), 07 flows and money (`flows`, `paths`, `keys`), 08 deployment, 09 lints. A code is never reused.

pub mod answers;
pub mod calls;
pub mod codes;
pub mod comparisons;
pub mod deployment;
pub mod files;
pub mod flows;
pub mod keys;
pub mod lints;
pub mod messages;
pub mod names;
pub mod paths;
pub mod pauses;
pub mod places;
pub mod proofs;
pub mod sessions;
pub mod syntax;
pub mod texts;
pub mod types;
pub mod wire;

use super::Code;

/// The page of one code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// The number.
    pub code: Code,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why it is wrong and what to do, in English.
    pub text: &'static str,
    /// The same in a line of Chinese.
    pub chinese: &'static str,
    /// A text that gives this diagnostic.
    pub bad: &'static str,
    /// The same text put right.
    pub good: &'static str,
}

/// The tables, in the order of their codes.
pub const TABLES: &[&[Page]] = &[
    syntax::PAGES,
    names::PAGES,
    places::PAGES,
    types::PAGES,
    wire::PAGES,
    messages::PAGES,
    codes::PAGES,
    calls::PAGES,
    comparisons::PAGES,
    sessions::PAGES,
    answers::PAGES,
    texts::PAGES,
    files::PAGES,
    proofs::PAGES,
    pauses::PAGES,
    flows::PAGES,
    paths::PAGES,
    keys::PAGES,
    deployment::PAGES,
    lints::PAGES,
];

/// The page of a code, if there is one.
#[must_use]
pub fn page(code: Code) -> Option<&'static Page> {
    pages().find(|page| page.code == code)
}

/// All pages by their code.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    TABLES.iter().flat_map(|table| table.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_so_that_none_is_used_twice() {
        let codes: Vec<_> = pages().map(|page| page.code).collect();
        assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
    }

    #[test]
    fn every_page_says_something() {
        for page in pages() {
            assert!(!page.title.is_empty() && page.text.len() > 20, "{}", page.code);
            assert!(page.chinese.chars().any(|letter| letter > '\u{2E80}'), "{}", page.code);
            assert_ne!(page.bad, page.good, "{}", page.code);
        }
    }
}
