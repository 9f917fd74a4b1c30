//! Problems as they are found, gathered for the diagnostics.

use crate::diagnostics::{Code, Diagnostic, Mark, nearest};
use crate::source::Span;

/// All problems so far.
#[derive(Clone, Default)]
pub(crate) struct Report {
    found: Vec<Diagnostic>,
}

/// One problem being described.
pub(crate) struct Problem<'r> {
    diagnostic: &'r mut Diagnostic,
}

impl Report {
    /// An error at a place.
    pub(crate) fn error(&mut self, code: &'static str, span: Span, title: impl Into<String>) -> Problem<'_> {
        self.push(Diagnostic::error(number(code), title, span, ""))
    }

    /// A lint at a place.
    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        title: impl Into<String>,
    ) -> Problem<'_> {
        self.push(Diagnostic::lint(number(code), title, span, ""))
    }

    fn push(&mut self, diagnostic: Diagnostic) -> Problem<'_> {
        let at = self.found.len();
        self.found.push(diagnostic);
        Problem { diagnostic: &mut self.found[at] }
    }

    /// All problems so far; none are left.
    pub(crate) fn take(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.found)
    }
}

/// `TS0207` as a number; the codes stand in this crate's own text.
pub(crate) fn number(code: &str) -> Code {
    code.parse().unwrap_or(Code(0))
}

impl Problem<'_> {
    /// What stands under the marked text.
    pub(crate) fn label(self, text: impl Into<String>) -> Self {
        self.diagnostic.primary.label = text.into();
        self
    }

    /// A sentence of explanation.
    pub(crate) fn note(self, text: impl Into<String>) -> Self {
        self.diagnostic.notes.push(text.into());
        self
    }

    /// The way out.
    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        self.diagnostic.help = Some(text.into());
        self
    }

    /// Another place that matters.
    pub(crate) fn at(self, span: Span, text: impl Into<String>) -> Self {
        self.diagnostic.secondary.push(Mark { span, label: text.into() });
        self
    }

    /// "did you mean …", if one of the words is near; else what there is, if that is a short list.
    pub(crate) fn suggest<'w>(self, word: &str, words: impl IntoIterator<Item = &'w str>) -> Self {
        const SHORT: usize = 12;
        let mut known: Vec<&str> = words.into_iter().collect();
        if let Some(near) = nearest(word, known.iter().copied()) {
            let text = format!("did you mean `{near}`?");
            return self.help(text);
        }
        known.sort_unstable();
        known.dedup();
        match known.as_slice() {
            [] => self,
            [one] => {
                let text = format!("there is only `{one}`");
                self.help(text)
            }
            few if few.len() <= SHORT => {
                let text = format!("there are {}", few.join(", "));
                self.help(text)
            }
            _ => self,
        }
    }

    /// The nearest of the words, or else this way out.
    pub(crate) fn help_or_suggest<'w>(
        self,
        word: &str,
        words: impl IntoIterator<Item = &'w str>,
        help: &str,
    ) -> Self {
        match nearest(word, words) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self.help(help),
        }
    }
}
