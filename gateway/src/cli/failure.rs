//! Why a command did not do what was asked: the words, and the exit code that the help gives for it.
//!
//! In: faults of the rooms below. Out: [`Failure`]. A secret that is not set, too short or not the right one is wrong use,
//! whichever command needs it. It must not show a secret.

use super::Exit;
use crate::reconcile::Stopped;
use adapters::keys::{KeyFile, KeyFileError, Protection};
use engine::Deployment;
use engine::load::LoadError;
use std::fmt::Display;

/// A command that ended without what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) text: String,
}

impl Failure {
    /// What was asked for does not hold.
    pub(crate) fn not_so(text: impl Display) -> Self {
        Self { exit: Exit::NotSo, text: text.to_string() }
    }

    /// The command was called in a way that cannot work.
    pub(crate) fn wrong_use(text: impl Display) -> Self {
        Self { exit: Exit::WrongUse, text: text.to_string() }
    }

    /// The machine failed.
    pub(crate) fn machine(text: impl Display) -> Self {
        Self { exit: Exit::Machine, text: text.to_string() }
    }
}

/// What a room below tells in words alone is of the machine.
impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::machine(text)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self::machine(stopped.0)
    }
}

/// Adapters that have errors do not hold; a file that cannot be read is of the machine.
impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Problems { .. } => Self::not_so(error),
            LoadError::File { .. } => Self::machine(error),
        }
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::ShortPassphrase
            | KeyFileError::WrongProtection
            | KeyFileError::OtherProtection
            | KeyFileError::NotAKeyFile => Self::wrong_use(error),
            other => Self::machine(other),
        }
    }
}

/// A secret that the command needs, by where it comes from: `env:NAME` or `file:PATH`.
pub(crate) fn secret(reference: &str) -> Result<String, Failure> {
    engine::deployment::secret(reference).map_err(Failure::wrong_use)
}

/// The key store of a deployment, opened.
pub(crate) fn keys(deployment: &Deployment) -> Result<KeyFile, Failure> {
    let passphrase = secret(deployment.keys.passphrase.as_deref().unwrap_or("env:TONGSHI_PASSPHRASE"))?;
    Ok(KeyFile::open(&deployment.keys.path, &Protection::Passphrase(&passphrase))?)
}
