//! Adapters as the stages of this process have them, compiled once: a stage starts its gateway again after each kill, and a suite
//! stands on several stages.
//!
//! In: texts and a deployment. Out: what they compile to, kept by all that it hangs on. The program itself knows nothing of this:
//! what a bank starts or reloads is always compiled anew.

use dsl::check::Text;
use engine::Deployment;
use engine::load::{self, Loaded};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What is kept at most: a suite's stages differ in a few settings.
const KEPT: usize = 2;

struct Kept {
    texts: Vec<Text>,
    /// Variants are chosen by them.
    settings: Vec<BTreeMap<String, String>>,
    loaded: Loaded,
}

static COMPILED: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// Compiles texts for a stage under the variants that a deployment chooses, or gives what they were compiled to before.
///
/// # Errors
/// Texts that do not compile, in words.
pub(super) fn compiled(texts: &[Text], deployment: &Deployment) -> Result<Loaded, String> {
    let mut folders: Vec<_> = texts.iter().map(|text| text.folder.replace('-', "_")).collect();
    folders.dedup();
    let settings: Vec<_> = folders.iter().map(|folder| deployment.settings_of(folder)).collect();
    let mut all = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = all.iter().find(|kept| kept.settings == settings && kept.texts == texts) {
        return Ok(kept.loaded.clone());
    }
    let loaded = load::compile_for_stage(texts.to_vec(), deployment).map_err(|error| error.to_string())?;
    if all.len() == KEPT {
        all.remove(0);
    }
    all.push(Kept { texts: texts.to_vec(), settings, loaded: loaded.clone() });
    Ok(loaded)
}
