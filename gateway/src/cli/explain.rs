//! `tongshi explain`: the page of a diagnostic.

use super::{Exit, say, warn};
use clap::Args;
use dsl::diagnostics::{Code, page, pages};

/// Arguments of `tongshi explain`.
#[derive(Args)]
#[command(after_help = "Examples:\n  tongshi explain TS0231\n  tongshi explain --list")]
pub(crate) struct Explain {
    /// The code, `TS0231`
    code: Option<String>,
    /// A line for each diagnostic
    #[arg(long)]
    list: bool,
}

impl Explain {
    pub(crate) fn run(&self) -> Exit {
        if self.list {
            for page in pages() {
                say(&format!("{}  {}", page.code, page.title));
            }
            return Exit::Well;
        }
        let Some(text) = &self.code else {
            warn("tongshi explain: which code? `tongshi explain --list` shows them all");
            return Exit::WrongUse;
        };
        let Some(found) = text.parse::<Code>().ok().and_then(page) else {
            warn(&format!(
                "tongshi explain: there is no diagnostic `{text}`; `tongshi explain --list` shows them all"
            ));
            return Exit::WrongUse;
        };
        say(&format!("{}: {}\n\n{}\n{}\n", found.code, found.title, found.text, found.chinese));
        if !found.bad.is_empty() {
            say(&format!("wrong:\n\n{}\n", indented(found.bad)));
        }
        if !found.good.is_empty() {
            say(&format!("right:\n\n{}", indented(found.good)));
        }
        Exit::Well
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
