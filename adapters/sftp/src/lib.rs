//! SFTP as a link of files, and a small SFTP server for simulators.
//!
//! For: file messages over SSH. In: plain configuration, the seams of [`link::World`]. Out: [`link::files::FileLink`].
//! Must not know: what files hold. The SSH library keeps its own tasks and timers, so SFTP stays outside a
//! simulated world; there a folder stands in for it.

mod client;
mod error;
mod server;
mod strict;
mod tree;

use std::time::Duration;

pub use client::SftpLink;
pub use error::SettingError;
pub use server::SftpServer;

/// How we sign in.
#[derive(Clone)]
pub enum SignIn {
    /// With a password.
    Password(String),
    /// With a key.
    Key {
        /// The private key, PEM or OpenSSH's form.
        key: String,
        /// What the key is ciphered with, if it is.
        passphrase: Option<String>,
    },
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Key { .. } => "Key(..)",
        })
    }
}

/// A link on which we connect.
#[derive(Clone, Debug)]
pub struct SftpConfig {
    /// `host:port`.
    pub address: String,
    /// Our name there.
    pub user: String,
    /// How we sign in.
    pub sign_in: SignIn,
    /// Keys that the server may have, each as `SHA256:…` or as a line of `known_hosts` without the host.
    pub host_keys: Vec<String>,
    /// The folder there below which all paths lie; empty for where signing in leads.
    pub root: String,
    /// The limit of connecting and signing in.
    pub connect_limit: Duration,
    /// The limit of each request.
    pub answer_limit: Duration,
    /// Takes host keys and signatures with SHA-1, for old servers.
    pub allow_sha1: bool,
}

/// Somebody who may sign in at the simulator's server.
#[derive(Clone)]
pub struct SftpUser {
    /// The name.
    pub name: String,
    /// The password, if one is taken.
    pub password: Option<String>,
    /// Public keys in OpenSSH's form.
    pub keys: Vec<String>,
}

impl std::fmt::Debug for SftpUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SftpUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The simulator's server.
#[derive(Clone, Debug)]
pub struct SftpServerConfig {
    /// `host:port` to listen at; port 0 lets the system choose.
    pub address: String,
    /// Who may sign in.
    pub users: Vec<SftpUser>,
    /// The folder that is served.
    pub root: std::path::PathBuf,
    /// The most connections at once.
    pub connections: usize,
}
