//! What the library says, in the words of links.

use std::io;

use link::files::{FileError, FileFault, FilePath};
use link::{Cause, CauseKind};
use russh_sftp::client::error::Error;
use russh_sftp::protocol::StatusCode;

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The private key cannot be read.
    #[error("the private key cannot be read: {0}")]
    Key(String),
    /// A host key is neither a fingerprint nor a public key.
    #[error("{0:?} is neither a fingerprint (SHA256:…) nor a public key")]
    HostKey(String),
    /// No host key is known: nobody could be trusted.
    #[error("no host key is given")]
    NoHostKey,
    /// The server cannot listen.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// A fault of the connection.
pub(crate) fn broken(kind: CauseKind, detail: impl std::fmt::Display, path: &FilePath) -> FileError {
    FileError::new(FileFault::Link(Cause::told(kind, detail)), path)
}

/// True if the session cannot be used again.
pub(crate) fn is_link(error: &FileError) -> bool {
    matches!(error.fault, FileFault::Link(_))
}

pub(crate) fn of(path: &FilePath, error: &Error) -> FileError {
    let Error::Status(status) = error else { return broken(CauseKind::Broken, error, path) };
    let fault = match status.status_code {
        StatusCode::NoSuchFile => FileFault::NotFound,
        StatusCode::PermissionDenied => FileFault::Denied,
        StatusCode::NoConnection | StatusCode::ConnectionLost => {
            return broken(CauseKind::Broken, error, path);
        }
        _ => FileFault::Failed,
    };
    FileError::new(fault, format_args!("{path}: {error}"))
}

pub(crate) fn of_io(path: &FilePath, error: &io::Error) -> FileError {
    FileError::new(FileFault::Failed, format_args!("{path}: {error}"))
}
