//! A whole set of adapters, from texts to the model and its problems: what `tongshi check` and every other tool begin with.
//!
//! In: the texts of all files, by folder. Out: the source map, the model under the chosen variants, and every problem of
//! every variant, at most one a line. It must not read files: the rim hands the texts in.

use crate::diagnostics::{Code, Diagnostic, Severity, Sink};
use crate::flow::FlowProgram;
use crate::flow::walk;
use crate::lower::{LowerError, LowerErrorKind, ModuleErrors, compile_beside};
use crate::model::{Flow, Model, Module};
use crate::parallel::side_by_side;
use crate::parse::parse;
use crate::program::Compiled;
use crate::resolve::{Choice, Choices, Folder, Resolution, Resolved, variants};
use crate::source::SourceMap;
use std::collections::HashMap;

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
    /// The programs under the choices given; none if there are errors.
    pub compiled: Option<Compiled>,
    /// What was compiled of every other combination of variants; nothing if there are errors.
    pub others: Vec<Other>,
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
    /// Its programs.
    pub compiled: Compiled,
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
    check_with(sources, choices, Some(others_of(sources, choices)), Walk::All)
}

/// The same for who works at some of the folders: other variants are looked at in these alone, flows are walked that stand in
/// them or ask their parties, and whether anything is used is not said.
#[must_use]
pub fn check_folders(sources: &Sources, choices: &Choices, wanted: &dyn Fn(&str) -> bool) -> Checked {
    let mut others = others_of(sources, choices);
    others.retain(|(folder, _)| wanted(folder));
    check_with(sources, choices, Some(others), Walk::Of(wanted))
}

/// The same for tools that bring adapters along which were checked before: flows are not walked, and other variants are
/// looked at in the folders alone that are wanted.
#[must_use]
pub fn check_unwalked(sources: &Sources, choices: &Choices, wanted: impl Fn(&str) -> bool) -> Checked {
    let mut others = others_of(sources, choices);
    others.retain(|(folder, _)| wanted(folder));
    check_with(sources, choices, Some(others), Walk::None)
}

/// Checks all folders under the choices alone: what is run. Whether anything is used is not said, for another variant
/// may use it.
#[must_use]
pub fn check_chosen(sources: &Sources, choices: &Choices) -> Checked {
    check_with(sources, choices, None, Walk::All)
}

/// Compiles all folders under the choices alone, for tools: flows are not walked.
#[must_use]
pub fn compile_chosen(sources: &Sources, choices: &Choices) -> Checked {
    check_with(sources, choices, None, Walk::None)
}

/// Which flows are walked to their ends.
#[derive(Clone, Copy)]
enum Walk<'w> {
    All,
    /// Those in some folders, and those that ask the parties there.
    Of(&'w dyn Fn(&str) -> bool),
    None,
}

impl Walk<'_> {
    /// Whether a module's flow is walked.
    fn takes(self, model: &Model, module: &Module, flow: &FlowProgram) -> bool {
        let Walk::Of(wanted) = self else { return matches!(self, Walk::All) };
        let asked =
            |party: &str| model.modules.iter().any(|module| *module.name == *party && wanted(&module.folder));
        let asks = || flow.calls.iter().any(|call| call.name.split('.').next().is_some_and(asked));
        wanted(&module.folder) || asks()
    }
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
) -> Checked {
    let mut sink = Sink::default();
    sink.extend(sources.problems.iter().cloned());
    let (resolution, Resolved { model, problems: mut all, mut uses }) =
        Resolution::new(&sources.folders, choices);
    let mut others = Vec::new();
    // Where not every variant is looked at, nobody can say that nobody uses a thing.
    let whole = variants.is_some() && matches!(walk, Walk::All);
    let variants = variants.unwrap_or_default();
    let resolved = side_by_side(&variants, |(folder, variant)| resolution.with(folder, variant));
    for ((folder, variant), other) in variants.into_iter().zip(resolved) {
        others.push((folder, variant, other.model));
        all.extend(other.problems);
        uses.extend(other.uses);
    }
    let looked_at = others.len() + 1;
    if whole {
        all.extend(uses.problems());
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|problem| seen.insert((problem.code, problem.primary.span)));
    let sound = !sources.problems.iter().chain(&all).any(|problem| problem.severity == Severity::Error);
    let (mut compiled, mut compiled_others) = (None, Vec::new());
    if sound {
        let line_of = |span: crate::source::Span| sources.map.place(span).map_or(0, |(_, place)| place.line);
        let mut sound = |made: Result<Compiled, Vec<ModuleErrors>>| match made {
            Ok(programs) => Some(programs),
            Err(failed) => {
                let errors = failed.into_iter().flat_map(|module| module.errors).map(no_order);
                all.extend(errors.filter(|problem| seen.insert((problem.code, problem.primary.span))));
                None
            }
        };
        compiled = sound(compile_beside(&model, &line_of, None));
        let beside = compiled.as_ref().map(|programs| (&model, programs));
        let made = side_by_side(&others, |(_, _, model)| compile_beside(model, &line_of, beside));
        for ((folder, choice, model), made) in others.into_iter().zip(made) {
            compiled_others.extend(sound(made).map(|compiled| Other { folder, choice, model, compiled }));
        }
        let variants = compiled_others.iter().map(|other| (&other.model, &other.compiled));
        all.extend(money(walk, compiled.iter().map(|programs| (&model, programs)).chain(variants)));
    }
    sink.extend(all);
    Checked {
        model,
        problems: sink.finish(&sources.map),
        compiled,
        others: compiled_others,
        variants: looked_at,
    }
}

/// Every flow that is wanted walked to its end (money-safety, rule 7): each path that loses money, as a story. Of flows of one shape,
/// in whichever variant, one is walked; where that one is not sound, each of them is, for a story in its own words.
fn money<'p>(walk: Walk<'_>, variants: impl Iterator<Item = (&'p Model, &'p Compiled)>) -> Vec<Diagnostic> {
    let mut flows: Vec<Vec<(&Flow, &FlowProgram)>> = Vec::new();
    let mut places: HashMap<FlowProgram, usize> = HashMap::new();
    for (model, programs) in variants {
        for (module, program) in model.modules.iter().zip(&programs.modules) {
            for (flow, tables) in module.flows.iter().zip(&program.flows) {
                if !walk.takes(model, module, &tables.program) {
                    continue;
                }
                let place = *places.entry(walk::shape(&tables.program)).or_insert(flows.len());
                if place == flows.len() {
                    flows.push(Vec::new());
                }
                if let Some(alike) = flows.get_mut(place) {
                    alike.push((flow, &tables.program));
                }
            }
        }
    }
    let found = side_by_side(&flows, |alike| {
        let mut found = Vec::new();
        for (flow, program) in alike {
            match walk::check(program) {
                Ok(_) => break,
                Err(story) => found.push(told(flow, &story)),
            }
        }
        found
    });
    found.into_iter().flatten().collect()
}

fn told(flow: &Flow, story: &walk::Story) -> Diagnostic {
    let step = story.step.as_ref().and_then(|name| flow.steps.iter().find(|step| step.name == *name));
    let span = step.map_or(flow.span, |step| step.span);
    let lines: Vec<String> =
        story.lines.iter().enumerate().map(|(place, line)| format!("{}. {line}", place + 1)).collect();
    let (code, title) = match story.property {
        walk::Property::Twice(_) => (721, "money can move twice"),
        walk::Property::AskedAgain => (721, "one key can have two effects"),
        walk::Property::Books(_) => (721, "the journal can say what the party's books do not"),
        walk::Property::NobodyKnows(_) => (723, "money can move and nobody knows of it"),
        walk::Property::FalseAnswer => (724, "the asker can be told what is not so"),
        walk::Property::Untold => (723, "the asker can be told before the ask is durable"),
        walk::Property::OutOfOrder(_) => (723, "an older leg can be taken back before a newer one"),
        walk::Property::Hangs | walk::Property::Circles => (723, "a path never ends"),
        walk::Property::OneSided(_) => (727, "money can move on one side only"),
        walk::Property::Assured(_) => (728, "what is declared assured can be refused"),
        walk::Property::Declaration(_) => (728, "what is declared of a call cannot work"),
        walk::Property::TooLarge => (729, "the flow is too large to be walked"),
    };
    Diagnostic::error(Code(code), format!("{title}: flow `{}`", flow.name), span, "")
        .note(lines.join("\n"))
        .help(story.help.clone())
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
