//! From adapter files to both sides of a party: as the bank runs it, and turned round.
//!
//! In: texts of adapters and a party's folder. Out: the compiled module of each side, what could not be turned, and
//! where the fields that a call adds to its packet stand (behaviours name those alone).

use crate::scene::Adapter;
use adapters::seal::{Digest, digest};
use dsl::check::{Sources, Text};
use dsl::diagnostics::{Colour, Severity, render_all};
use dsl::lower;
use dsl::mirror::{Lost, mirror};
use dsl::model::{Model, Module, Shape};
use dsl::program::ModuleProgram;
use dsl::resolve::{Choice, Choices, resolve};
use dsl::value::Symbols;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// Adapters that cannot be played.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file that cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The adapters have errors.
    #[error("the adapters have errors\n{0}")]
    Adapters(String),
    /// There is no such party.
    #[error("there is no party in {folder}; there are {known}")]
    NoParty {
        /// The folder asked for.
        folder: String,
        /// Folders of parties.
        known: String,
    },
    /// One side of the party cannot be compiled.
    #[error("the {side} side cannot be compiled: {why}")]
    Side {
        /// `bank's` or `party's`.
        side: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// Both sides of a party.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// As the bank runs it.
    pub bank: Adapter,
    /// As the party itself runs it.
    pub party: Adapter,
    /// Path of the group in which the fields of the call stand, by message; empty: in the message itself.
    pub inner: Arc<[Box<str>]>,
    /// What could not be turned round.
    pub lost: Arc<[Lost]>,
    /// SHA-256 of the party's adapter files, in hex.
    pub hash: Arc<str>,
}

/// Reads the adapter files of a folder and of the folders in it, or of those named alone.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn read_texts(folder: &Path, only: &[&str]) -> io::Result<Vec<Text>> {
    let mut texts = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    folders.sort_by_key(std::fs::DirEntry::file_name);
    for entry in folders {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() || !(only.is_empty() || only.contains(&name.as_str())) {
            continue;
        }
        let mut files: Vec<_> = std::fs::read_dir(entry.path())?.collect::<io::Result<_>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for path in files.into_iter().map(|file| file.path()) {
            if path.extension().is_some_and(|extension| extension == "tongshi") {
                let text = std::fs::read_to_string(&path)?;
                let (folder, path) = (name.as_str().into(), path.display().to_string().into());
                texts.push(Text { folder, path, text: text.into() });
            }
        }
    }
    Ok(texts)
}

/// Compiles both sides of the party in `folder`, under a choice of its variants.
///
/// # Errors
/// Adapters with errors, or no such party.
pub fn load(texts: Vec<Text>, folder: &str, choice: &BTreeMap<String, String>) -> Result<Loaded, LoadError> {
    let one = BTreeMap::from([(folder.to_owned(), choice.clone())]);
    let loaded = load_all(texts, &one)?.remove(folder);
    loaded.ok_or_else(|| LoadError::NoParty { folder: folder.to_owned(), known: String::new() })
}

/// Compiles both sides of several parties, each folder under its choice of variants: all adapters are resolved once.
///
/// # Errors
/// Adapters with errors, or no such party.
pub fn load_all(
    texts: Vec<Text>,
    parties: &BTreeMap<String, BTreeMap<String, String>>,
) -> Result<BTreeMap<String, Loaded>, LoadError> {
    let mut own = BTreeSet::new();
    let mut wholes: BTreeMap<&str, String> = parties.keys().map(|party| (&**party, String::new())).collect();
    for text in &texts {
        if let Some(whole) = wholes.get_mut(&*text.folder) {
            whole.push_str(&text.text);
            own.insert(text.path.clone());
        }
    }
    let sources = Sources::parse(texts);
    let mut choices = Choices::new();
    for (folder, choice) in parties {
        let chosen: Choice =
            choice.iter().map(|(name, word)| (name.as_str().into(), word.as_str().into())).collect();
        choices.insert(folder.as_str().into(), chosen);
    }
    let (model, found) = resolve(&sources.folders, &choices);
    let problems = sources.problems.iter().chain(&found);
    // What is wrong in other folders is told by the checks; here these parties alone are played.
    let here = |span| sources.map.place(span).is_none_or(|(path, _)| own.contains(path));
    let errors: Vec<_> = problems
        .filter(|problem| problem.severity == Severity::Error && here(problem.primary.span))
        .cloned()
        .collect();
    if !errors.is_empty() {
        return Err(LoadError::Adapters(render_all(&sources.map, &errors, Colour::Plain)));
    }
    let line_of = |span| sources.map.place(span).map_or(0, |(_, place)| place.line);
    let names = Names { symbols: Arc::new(model.symbols.clone()), shapes: Arc::clone(&model.shapes) };
    let mut loaded = BTreeMap::new();
    for (folder, whole) in wholes {
        let module = module_of(&model, folder)?;
        let side = |module: &Module, side: &'static str| {
            let made = lower::module(&model, module, &line_of);
            let made = made.map_err(|errors| LoadError::Side { side, why: format!("{errors:?}") })?;
            Ok::<_, LoadError>(names.adapter(made))
        };
        let (turned, lost) = mirror(module);
        let octets = digest(Digest::Sha256, whole.as_bytes());
        let hash: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let both = Loaded {
            bank: side(module, "bank's")?,
            party: side(&turned, "party's")?,
            inner: inner(module).into(),
            lost: lost.into(),
            hash: hash.into(),
        };
        loaded.insert(folder.to_owned(), both);
    }
    Ok(loaded)
}

fn module_of<'m>(model: &'m Model, folder: &str) -> Result<&'m Module, LoadError> {
    let parties = || model.modules.iter().map(|module| &**module).filter(|module| module.party.is_some());
    parties().find(|module| *module.folder == *folder).ok_or_else(|| LoadError::NoParty {
        folder: folder.to_owned(),
        known: parties().map(|module| &*module.folder).collect::<Vec<_>>().join(", "),
    })
}

/// What all parties that were resolved together share.
struct Names {
    symbols: Arc<Symbols>,
    shapes: Arc<Vec<Arc<Shape>>>,
}

impl Names {
    fn adapter(&self, module: ModuleProgram) -> Adapter {
        Adapter {
            symbols: Arc::clone(&self.symbols),
            shapes: Arc::clone(&self.shapes),
            module: Arc::new(module),
        }
    }
}

/// For each message, the path of what stands around the fields of its call.
fn inner(module: &Module) -> Vec<Box<str>> {
    let found: Vec<Option<&str>> = (0..module.messages.len()).map(|at| inner_of(module, at)).collect();
    let asks = |at: usize| module.calls.iter().any(|call| usize::from(call.request.0) == at);
    // A message without fields of its own has them where the others of its side have them.
    let usual = |asked: bool| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, path) in found.iter().enumerate() {
            if let Some(path) = path.filter(|path| !path.is_empty() && asks(at) == asked) {
                *counts.entry(path).or_default() += 1;
            }
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map_or("", |(path, _)| path)
    };
    let usual = [usual(false), usual(true)];
    let of_side = |at: usize| if asks(at) { usual[1] } else { usual[0] };
    found.iter().enumerate().map(|(at, path)| path.unwrap_or_else(|| of_side(at)).into()).collect()
}

fn inner_of(module: &Module, at: usize) -> Option<&str> {
    let message = module.messages.get(at)?;
    if message.file.is_some() {
        // A file stands in no packet.
        return Some("");
    }
    let begin = message.span;
    // What the packet gives stands elsewhere, and in messages of other calls too.
    let starts =
        module.messages.iter().map(|other| other.span).chain(module.calls.iter().map(|call| call.span));
    let end = starts
        .filter(|other| other.file == begin.file && other.start > begin.start)
        .map(|other| other.start)
        .min()
        .unwrap_or(u32::MAX);
    let shared = |span| {
        let others = module.messages.iter().filter(|other| other.call != message.call);
        others.flat_map(|other| &other.fields).any(|field| field.span == span)
    };
    let own = message.fields.iter().filter(|field| {
        let span = field.span;
        span.file == begin.file && span.start > begin.start && span.start < end && !shared(span)
    });
    let shallowest = own.min_by_key(|field| field.path.matches('.').count())?;
    Some(shallowest.path.rsplit_once('.').map_or("", |(group, _)| group))
}
