//! A whole set of adapters, from texts to the model and its problems: what `tongshi check` and every other tool begin with.
//!
//! In: the texts of all files, by folder. Out: the source map, the model under the chosen variants, and every problem of
//! every variant, at most one a line. It must not read files: the rim hands the texts in, and what it knows from before.

mod before;
mod walks;

use crate::diagnostics::{Code, Diagnostic, Severity, Sink};
use crate::lower::{self, LowerError, LowerErrorKind, compile};
use crate::model::{Model, Module};
use crate::parallel::side_by_side;
use crate::parse::parse;
use crate::program::{Compiled, ModuleProgram};
use crate::resolve::{Choice, Choices, Folder, Resolution, Resolved, variants};
use crate::source::{SourceMap, Span};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use walks::{Walk, flows_of, money};

pub use before::{Before, Nothing};

/// One file, as the rim read it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        let mut add = |text: Text| (sources.map.add(text.path, text.text.clone()), text.folder, text.text);
        let files: Vec<_> = texts.into_iter().map(&mut add).collect();
        let parsed = side_by_side(&files, |(file, _, text)| parse(*file, text));
        for ((_, folder, _), (tree, problems)) in files.into_iter().zip(parsed) {
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
#[derive(Debug, Default)]
pub struct Checked {
    /// The model under the choices given.
    pub model: Model,
    /// All problems of all variants, at most one a line.
    pub problems: Vec<Diagnostic>,
    /// The programs under the choices given; none if there are errors.
    pub compiled: Option<Compiled>,
    /// What was compiled of every other combination of variants; nothing if there are errors. Of a folder that was found sound
    /// before only those with examples that no variant before them has.
    pub others: Vec<Other>,
    /// Parties whose messages were found sound before, in every variant.
    pub known: BTreeSet<Box<str>>,
    /// Whether every message of every party has its program, in every variant.
    pub lowered: bool,
    /// Flows under the choices given that were found sound before.
    pub flows_known: usize,
    /// How many combinations of variants were looked at.
    pub variants: usize,
}

/// A folder in another variant than the chosen one.
#[derive(Debug)]
pub struct Other {
    /// The folder.
    pub folder: Box<str>,
    /// The variant.
    pub choice: Choice,
    /// The model of all folders, this one in that variant.
    pub model: Model,
    /// Where the folder's module stands in the model.
    pub place: usize,
    /// Its program.
    pub program: Arc<ModuleProgram>,
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
    check_with(sources, choices, Some(others_of(sources, choices)), Walk::All, &Nothing)
}

/// The same where nothing is chosen, and without what was found sound `before`. Who works at some of the folders alone says which:
/// then other variants are looked at in these alone, flows are walked that stand in them or ask their parties, and whether
/// anything is used is not said.
#[must_use]
pub fn check_after(
    sources: &Sources,
    before: &dyn Before,
    wanted: Option<&(dyn Fn(&str) -> bool + Sync)>,
) -> Checked {
    let none = Choices::new();
    let mut others = others_of(sources, &none);
    others.retain(|(folder, _)| wanted.is_none_or(|wanted| wanted(folder)));
    check_with(sources, &none, Some(others), wanted.map_or(Walk::All, |wanted| Walk::Of(wanted)), before)
}

/// The same for tools that bring adapters along which were checked before: flows are not walked, and other variants are
/// looked at in the folders alone that are wanted.
#[must_use]
pub fn check_unwalked(sources: &Sources, choices: &Choices, wanted: impl Fn(&str) -> bool) -> Checked {
    let mut others = others_of(sources, choices);
    others.retain(|(folder, _)| wanted(folder));
    check_with(sources, choices, Some(others), Walk::None, &Nothing)
}

/// Checks all folders under the choices alone: what is run. Whether anything is used is not said, for another variant
/// may use it.
#[must_use]
pub fn check_chosen(sources: &Sources, choices: &Choices) -> Checked {
    check_with(sources, choices, None, Walk::All, &Nothing)
}

/// Compiles all folders under the choices alone, for tools: flows are not walked.
#[must_use]
pub fn compile_chosen(sources: &Sources, choices: &Choices) -> Checked {
    check_with(sources, choices, None, Walk::None, &Nothing)
}

/// Every other combination of variants of each folder.
fn others_of(sources: &Sources, choices: &Choices) -> Vec<(Box<str>, Choice)> {
    let of = |folder: &Folder| {
        let none = Choice::new();
        let chosen = choices.get(&folder.name).unwrap_or(&none).clone();
        let name = folder.name.clone();
        let variants = variants(folder).into_iter().skip(usize::from(chosen.is_empty()));
        variants.filter(move |variant| *variant != chosen).map(move |variant| (name.clone(), variant))
    };
    sources.folders.iter().flat_map(of).collect()
}

fn check_with(
    sources: &Sources,
    choices: &Choices,
    variants: Option<Vec<(Box<str>, Choice)>>,
    walk: Walk<'_>,
    before: &dyn Before,
) -> Checked {
    let mut sink = Sink::default();
    sink.extend(sources.problems.iter().cloned());
    let (resolution, Resolved { model, problems: mut all, mut uses, lenders, .. }) =
        Resolution::new(&sources.folders, choices);
    let mut lenders = Arc::unwrap_or_clone(lenders);
    let mut others = Vec::new();
    // Where not every variant is looked at, nobody can say that nobody uses a thing.
    let whole = variants.is_some() && matches!(walk, Walk::All);
    let variants = variants.unwrap_or_default();
    let resolved = side_by_side(&variants, |(folder, variant)| resolution.with(folder, variant));
    for ((folder, variant), other) in variants.into_iter().zip(resolved) {
        let place = other.model.modules.iter().position(|module| module.folder == folder);
        let place = place.unwrap_or(usize::MAX);
        others.push(Variant { folder, choice: variant, model: other.model, place, anew: other.anew });
        all.extend(other.problems);
        uses.extend(other.uses);
        lenders.extend(other.lenders.iter().cloned());
    }
    let looked_at = others.len() + 1;
    if whole {
        all.extend(uses.problems());
    }
    let mut seen = HashSet::new();
    all.retain(|problem| seen.insert((problem.code, problem.primary.span)));
    let sound = !sources.problems.iter().chain(&all).any(|problem| problem.severity == Severity::Error);
    let mut checked = Checked { variants: looked_at, ..Checked::default() };
    let mut programs = Vec::new();
    if sound {
        let line_of = |span: Span| sources.map.place(span).map_or(0, |(_, place)| place.line);
        checked.known = before::sound(sources, &model, &lenders, before);
        let mut failed = Vec::new();
        match compile(&model, &line_of) {
            Ok(made) => checked.compiled = Some(made),
            Err(errors) => failed.extend(errors.into_iter().flat_map(|module| module.errors)),
        }
        let lowered = lowered(&model, &others, &checked.known, &line_of);
        for made in lowered {
            programs.push(made.and_then(|made| made.map_err(|errors| failed.extend(errors)).ok()));
        }
        checked.lowered = failed.is_empty();
        if let Some(compiled) = checked.compiled.as_ref().filter(|_| checked.lowered) {
            let flows = flows_of((&model, compiled), &others, walk, &line_of);
            let (problems, known) = money(&flows, before);
            all.extend(problems);
            checked.flows_known = known;
        }
        let failed = failed.into_iter().map(no_order);
        all.extend(failed.filter(|problem| seen.insert((problem.code, problem.primary.span))));
    }
    for (Variant { folder, choice, model, place, .. }, program) in others.into_iter().zip(programs) {
        let of = |program| Other { folder, choice, model, place, program: Arc::new(program) };
        checked.others.extend(program.map(of));
    }
    sink.extend(all);
    Checked { model, problems: sink.finish(&sources.map), ..checked }
}

/// A folder in another variant than the chosen one, as it was resolved.
struct Variant {
    folder: Box<str>,
    choice: Choice,
    model: Model,
    place: usize,
    anew: bool,
}

impl Variant {
    fn module(&self) -> Option<&Module> {
        self.model.modules.get(self.place).map(|module| &**module)
    }
}

/// The programs of the variants; of one for which all was resolved anew, after all others have theirs. Of a folder that was found
/// sound before, those alone with examples that no variant before has.
fn lowered(
    model: &Model,
    others: &[Variant],
    known: &BTreeSet<Box<str>>,
    line_of: &(dyn Fn(Span) -> u32 + Sync),
) -> Vec<Option<Result<ModuleProgram, Vec<LowerError>>>> {
    let examples = |module: &Module| module.examples.iter().map(|one| one.title.span).collect::<Vec<_>>();
    let mut shown: HashSet<Span> = model.modules.iter().flat_map(|module| examples(module)).collect();
    let mut wanted = Vec::with_capacity(others.len());
    for other in others {
        let mut new = false;
        for example in other.module().map(examples).unwrap_or_default() {
            new |= shown.insert(example);
        }
        wanted.push((other, new || other.anew || !known.contains(&other.folder)));
    }
    side_by_side(&wanted, |(other, wanted)| {
        let module = other.module().filter(|_| *wanted)?;
        if other.anew
            && let Err(failed) = compile(&other.model, line_of)
        {
            return Some(Err(failed.into_iter().flat_map(|module| module.errors).collect()));
        }
        Some(lower::module(&other.model, module, line_of))
    })
}

/// A field that has no place in the order of writing or reading, as a diagnostic.
fn no_order(error: LowerError) -> Diagnostic {
    let problem = |code, title: String| Diagnostic::error(Code(code), title, error.span, "");
    match error.kind {
        LowerErrorKind::Cycle(path) => problem(430, "derived fields need each other".to_owned())
            .note(format!("the circle: {}", path.join(" → ")))
            .help("one of them has to be computed from something else"),
        LowerErrorKind::SealCoversItself(path) => {
            problem(426, format!("the seal lies in `{path}`, which it covers"))
                .note("a seal or digest cannot stand inside the bytes that it is computed from")
                .help("name the parts it covers: `raw(head) + raw(body)`")
        }
        LowerErrorKind::NeedsLater(path) => {
            problem(431, format!("this is written before `{path}`, in a format that is closed by then"))
                .note("a ciphered or packed format is whole before what stands behind it")
                .help("move the field behind what it needs, or out of the coded format")
        }
        LowerErrorKind::SignatureInside => problem(432, "a signature that is read stands alone".to_owned())
            .help("write `= base64(signature(…))`, or `hex(…)`, and nothing around it"),
        LowerErrorKind::Algorithm => problem(433, "the algorithm is no name and no setting".to_owned())
            .help("write a name of the table, or `setting.NAME` of a `one_of`"),
        LowerErrorKind::LooksAhead(path) => problem(447, format!("`{path}` is read behind this"))
            .note("tags that have an order are read in it: a condition looks at what stands before")
            .help("put the value before it, or say `order free`"),
        LowerErrorKind::OctetsOfRows(path) => {
            problem(438, format!("the lines of `{path}` are never held together"))
                .note("a file may have millions of lines: they are digested and counted while they go by")
                .help("take `digest(…)`, `hmac(…)` or `length(…)` of whole lines: `digest(md5, raw(head) + raw(detail))`")
        }
        LowerErrorKind::Records => problem(439, "lines without an end are of one width".to_owned())
            .note("where no sign ends a line, nothing but one width for all of them shows where the next begins")
            .help("give every line the same `line N bytes`, or say `lines crlf` or `lines lf`"),
        LowerErrorKind::SessionBehind(call, value, session) => {
            problem(633, format!("`{call}` reads `session.{value}`, which is known only after it"))
                .note(format!("a party's sessions are opened as they stand: `{session}` comes behind"))
                .help("put the session that tells it first, or take the value out of what opens this one")
        }
        LowerErrorKind::TooMany(what) => problem(435, format!("the message has too many {what}"))
            .note("a message has at most 65,535 of each")
            .help("split it"),
    }
}
