//! A whole set of adapters, from texts to the model and its problems: what `tongshi check` and every other tool begin with.
//!
//! In: the texts of all files, by folder. Out: the source map, the model under the chosen variants, and every problem of
//! every variant, at most one a line. It must not read files: the rim hands the texts in.

use crate::diagnostics::{Diagnostic, Severity, Sink};
use crate::model::Model;
use crate::parse::parse;
use crate::resolve::{Choice, Choices, Folder, resolve, variants};
use crate::source::SourceMap;

/// One file, as the rim read it.
#[derive(Clone, Debug)]
pub struct Text {
    /// Folder under `configs/`.
    pub folder: Box<str>,
    /// How messages name the file.
    pub path: Box<str>,
    /// What stands in it.
    pub text: Box<str>,
}

/// All files, parsed.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Texts by file number.
    pub map: SourceMap,
    /// Files by folder.
    pub folders: Vec<Folder>,
    /// Problems of syntax.
    pub problems: Vec<Diagnostic>,
}

impl Sources {
    /// Parses all files. Folders keep the order in which their first file comes.
    #[must_use]
    pub fn parse(texts: impl IntoIterator<Item = Text>) -> Self {
        let mut sources = Self::default();
        for Text { folder, path, text } in texts {
            let file = sources.map.add(path, text.clone());
            let (tree, problems) = parse(file, &text);
            sources.problems.extend(problems);
            match sources.folders.iter_mut().find(|known| known.name == folder) {
                Some(known) => known.files.push(tree),
                None => sources.folders.push(Folder { name: folder, files: vec![tree] }),
            }
        }
        sources
    }
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The model under the choices given.
    pub model: Model,
    /// All problems of all variants, at most one a line.
    pub problems: Vec<Diagnostic>,
    /// How many combinations of variants were looked at.
    pub variants: usize,
}

impl Checked {
    /// Whether a problem keeps the adapters from being compiled.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

/// Checks all folders under the choices, and each other combination of variants of each folder.
#[must_use]
pub fn check(sources: &Sources, choices: &Choices) -> Checked {
    let mut sink = Sink::default();
    sink.extend(sources.problems.iter().cloned());
    let (model, problems) = resolve(&sources.folders, choices);
    let mut all = problems;
    let mut looked_at = 1;
    for folder in &sources.folders {
        let none = Choice::new();
        let chosen = choices.get(&folder.name).unwrap_or(&none);
        for variant in variants(folder).into_iter().skip(usize::from(chosen.is_empty())) {
            if variant == *chosen {
                continue;
            }
            let mut others = choices.clone();
            others.insert(folder.name.clone(), variant);
            let (_, problems) = resolve(&sources.folders, &others);
            looked_at += 1;
            all.extend(problems);
        }
    }
    unused_in_all(&mut all, looked_at);
    let mut seen = std::collections::HashSet::new();
    all.retain(|problem| seen.insert((problem.code, problem.primary.span)));
    sink.extend(all);
    Checked { model, problems: sink.finish(&sources.map), variants: looked_at }
}

/// "Nobody uses it" holds only where it is said of every variant.
fn unused_in_all(problems: &mut Vec<Diagnostic>, variants: usize) {
    const UNUSED: [u16; 3] = [801, 802, 902];
    let counts: std::collections::HashMap<_, usize> = problems
        .iter()
        .filter(|problem| UNUSED.contains(&problem.code.0))
        .fold(std::collections::HashMap::new(), |mut counts, problem| {
            *counts.entry((problem.code, problem.primary.span)).or_default() += 1;
            counts
        });
    problems.retain(|problem| {
        counts.get(&(problem.code, problem.primary.span)).is_none_or(|count| *count >= variants)
    });
}
