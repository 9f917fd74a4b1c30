//! The text of a diagnostic for people.

use super::{Diagnostic, Mark, Severity};
use crate::source::{SourceFile, SourceMap};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Whether the text carries colours of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// None: files, pipes.
    Plain,
    /// As a terminal shows them.
    Coloured,
}

/// The columns of a page; longer source lines are shown around the place.
const COLUMNS: usize = 140;

/// The text of one diagnostic, without a line end behind it.
#[must_use]
pub fn render(sources: &SourceMap, diagnostic: &Diagnostic, colour: Colour) -> String {
    let name = format!("{} {}", diagnostic.severity.word(), diagnostic.code);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Lint => Level::INFO,
    };
    let mut group =
        Group::with_title(level.with_name(name.as_str()).primary_title(diagnostic.title.as_str()));
    for snippet in snippets(sources, diagnostic) {
        group = group.element(snippet);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.no_name().message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Coloured => Renderer::styled(),
    };
    let text = renderer.decor_style(DecorStyle::Ascii).term_width(COLUMNS).render(&[group]);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The texts of all, one behind the other with an empty line between; nothing for none.
#[must_use]
pub fn render_all(sources: &SourceMap, diagnostics: &[Diagnostic], colour: Colour) -> String {
    let texts: Vec<_> = diagnostics.iter().map(|one| render(sources, one, colour) + "\n").collect();
    texts.join("\n")
}

fn snippets<'a>(
    sources: &'a SourceMap,
    diagnostic: &'a Diagnostic,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let first = diagnostic.primary.span.file;
    let mut files = vec![first];
    for mark in &diagnostic.secondary {
        if !files.contains(&mark.span.file) {
            files.push(mark.span.file);
        }
    }
    let mut snippets = Vec::new();
    for id in files {
        let Some(file) = sources.file(id) else { continue };
        let mut marks = Vec::new();
        if id == first {
            marks.push((AnnotationKind::Primary, &diagnostic.primary));
        }
        let others = diagnostic.secondary.iter().filter(|mark| mark.span.file == id);
        marks.extend(others.map(|mark| (AnnotationKind::Context, mark)));
        snippets.push(snippet(file, &marks));
    }
    snippets
}

/// Only the lines from the first to the last place are handed on: the renderer's work must not grow with the file.
fn snippet<'a>(
    file: &'a SourceFile,
    marks: &[(AnnotationKind, &'a Mark)],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let length = file.text().len();
    let lines = |mark: &Mark| (file.line_of(mark.span.start), file.line_of(mark.span.end));
    let first = marks.iter().map(|(_, mark)| lines(mark).0).min().unwrap_or(1);
    let last = marks.iter().map(|(_, mark)| lines(mark).1).max().unwrap_or(first);
    let start = file.offset_of(crate::source::Place { line: first, column: 1 }) as usize;
    let end = file.offset_of(crate::source::Place { line: last, column: u32::MAX }) as usize;
    let shown = file.text().get(start..end.min(length)).unwrap_or("");
    let inside = |at: u32| floor(shown, (at as usize).saturating_sub(start));
    let annotations = marks.iter().map(|(kind, mark)| {
        let (from, to) = (inside(mark.span.start), inside(mark.span.end));
        let annotation = kind.span(from..to.max(from));
        if mark.label.is_empty() { annotation } else { annotation.label(mark.label.as_str()) }
    });
    Snippet::source(shown).path(file.path()).line_start(first as usize).fold(true).annotations(annotations)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;
    use crate::source::Span;

    #[test]
    fn chinese_takes_two_columns() {
        let mut sources = SourceMap::default();
        let file = sources.add("configs/a.tongshi", "one\n  \"金额\" 数量 x\nthree\n");
        let span = Span::new(file, 4 + 11, 4 + 17);
        let found =
            Diagnostic::error(Code(112), "no such sign", span, "here").note("a reason").help("a way out");
        let text = render(&sources, &found, Colour::Plain);
        assert_eq!(
            text,
            "error TS0112: no such sign\n --> configs/a.tongshi:2:8\n  |\n2 |   \"金额\" 数量 x\n  |          ^^^^ here\n  |\n  = a reason\n  = help: a way out"
        );
    }
}
