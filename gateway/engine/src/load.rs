//! Adapters from a folder of folders: read, checked, compiled, hashed.
//!
//! In: the path of `configs/`. Out: what a [`crate::version::Version`] is linked from, or the problems. Variants are
//! chosen by the deployment's settings.

use crate::deployment::Deployment;
use dsl::check::{Checked, Sources, Text, check_chosen, compile_chosen};
use dsl::diagnostics::{Colour, Severity, render};
use dsl::program::Compiled;
use dsl::resolve::{Choices, variants};
use std::path::Path;
use std::sync::Arc;

/// Adapters, compiled.
#[derive(Clone)]
pub struct Loaded {
    /// The programs.
    pub compiled: Arc<Compiled>,
    /// SHA-256 of all sources with their names.
    pub hash: [u8; 32],
    /// All sources in one text, for the journal.
    pub source: Vec<u8>,
}

/// Makes programs of a source that the journal keeps, under a deployment; none where it does not compile any more.
pub type Recompile = Arc<dyn Fn(&[u8], &Deployment) -> Option<Loaded> + Send + Sync>;

/// Why a folder gives no programs.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// The path.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The adapters have errors.
    #[error("the adapters do not compile ({count} errors; `tongshi check` shows all):\n{first}")]
    Problems {
        /// How many.
        count: usize,
        /// The first, as it is shown to people.
        first: String,
    },
}

/// Every adapter file under a folder, by the folder it stands in, in the order of names.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn texts(folder: &Path) -> Result<Vec<Text>, LoadError> {
    let error = |path: &Path, error: &std::io::Error| LoadError::File {
        path: path.display().to_string(),
        why: error.to_string(),
    };
    let list = |folder: &Path| -> Result<Vec<std::path::PathBuf>, LoadError> {
        let entries = std::fs::read_dir(folder).map_err(|why| error(folder, &why))?;
        let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.sort();
        Ok(paths)
    };
    let mut texts = Vec::new();
    for party in list(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = party.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for file in list(&party)?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "tongshi"))
        {
            let text = std::fs::read_to_string(&file).map_err(|why| error(&file, &why))?;
            texts.push(Text {
                folder: name.clone().into(),
                path: file.display().to_string().into(),
                text: text.into(),
            });
        }
    }
    Ok(texts)
}

/// Compiles texts under the variants that a deployment chooses.
///
/// # Errors
/// [`LoadError::Problems`] where they do not compile.
pub fn compile(texts: Vec<Text>, deployment: &Deployment) -> Result<Loaded, LoadError> {
    compile_by(texts, deployment, check_chosen)
}

/// The same for a stage, whose adapters the checks walk: their flows are not walked here.
///
/// # Errors
/// [`LoadError::Problems`] where they do not compile.
pub fn compile_for_stage(texts: Vec<Text>, deployment: &Deployment) -> Result<Loaded, LoadError> {
    compile_by(texts, deployment, compile_chosen)
}

fn compile_by(
    texts: Vec<Text>,
    deployment: &Deployment,
    check: fn(&Sources, &Choices) -> Checked,
) -> Result<Loaded, LoadError> {
    let source = source_of(&texts);
    let hash = crate::driver::ask_digest(&[&source]);
    let sources = Sources::parse(texts);
    let mut choices = Choices::new();
    for folder in &sources.folders {
        let settings = deployment.settings_of(&folder.name.replace('-', "_"));
        let variant = variants(folder).into_iter().find(|choice| {
            choice.iter().all(|(setting, name)| settings.get(&**setting).is_some_and(|text| **text == **name))
        });
        if let Some(variant) = variant.filter(|variant| !variant.is_empty()) {
            choices.insert(folder.name.clone(), variant);
        }
    }
    let mut checked = check(&sources, &choices);
    match checked.compiled.take() {
        Some(compiled) if !checked.has_errors() => Ok(Loaded { compiled: Arc::new(compiled), hash, source }),
        _ => {
            let mut errors = checked.problems.iter().filter(|problem| problem.severity == Severity::Error);
            let first = errors.next().map(|first| render(&sources.map, first, Colour::Plain));
            let count = usize::from(first.is_some()) + errors.count();
            Err(LoadError::Problems { count, first: first.unwrap_or_default() })
        }
    }
}

/// Texts as the journal keeps them.
#[must_use]
pub fn source_of(texts: &[Text]) -> Vec<u8> {
    let mut source = Vec::new();
    for text in texts {
        for part in [&text.folder, &text.path, &text.text] {
            crate::view::push_part(&mut source, part.as_bytes());
        }
    }
    source
}

/// Compiles a kept source anew.
#[must_use]
pub fn recompile(source: &[u8], deployment: &Deployment) -> Option<Loaded> {
    compile(texts_of(source)?, deployment).ok()
}

/// The texts that a kept source holds, as [`source_of`] put them there; none if it is no such source.
#[must_use]
pub fn texts_of(source: &[u8]) -> Option<Vec<Text>> {
    let mut rest = source;
    let mut next = || -> Option<Option<Box<str>>> {
        if rest.is_empty() {
            return Some(None);
        }
        let (length, after) = rest.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let (part, after) = after.split_at_checked(length)?;
        rest = after;
        Some(Some(std::str::from_utf8(part).ok()?.into()))
    };
    let mut texts = Vec::new();
    while let Some(folder) = next()? {
        texts.push(Text { folder, path: next()??, text: next()?? });
    }
    Some(texts)
}
