//! The client: one session, made when it is needed, made again after a loss.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use link::files::{
    ENTRIES_MOST, FileEntry, FileError, FileFault, FileLink, FilePath, FileReader, FileWriter,
};
use link::world::{Owed, Owing, Stream};
use link::{BoxFuture, CauseKind, Core, Moment};
use russh::Preferred;
use russh::client::{AuthResult, Handle, Handler};
use russh::keys::PublicKeyOrCertificate;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey, decode_secret_key};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::client::fs::File;
use russh_sftp::protocol::OpenFlags;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Mutex;

use crate::error::{broken, is_link, of, of_io};
use crate::strict::Strict;
use crate::{SettingError, SftpConfig, SignIn};

/// Bytes of one piece read.
const PIECE: usize = 64 * 1024;

/// An SFTP link on which we connect. Cheap to clone.
#[derive(Clone)]
pub struct SftpLink {
    inner: Arc<Inner>,
}

struct Inner {
    core: Core,
    config: SftpConfig,
    key: Option<Arc<PrivateKey>>,
    known: Vec<String>,
    session: Mutex<Option<Arc<Session>>>,
}

struct Session {
    sftp: SftpSession,
    handle: Handle<Trust>,
    owed: Owed,
}

impl SftpLink {
    /// Prepares the link; the connection is made when it is needed.
    ///
    /// # Errors
    /// [`SettingError`] when a key cannot be read or no host key is given.
    pub fn new(core: &Core, config: SftpConfig) -> Result<Self, SettingError> {
        let key = match &config.sign_in {
            SignIn::Password(_) => None,
            SignIn::Key { key, passphrase } => {
                let key = decode_secret_key(key, passphrase.as_deref());
                Some(Arc::new(key.map_err(|error| SettingError::Key(error.to_string()))?))
            }
        };
        if config.host_keys.is_empty() {
            return Err(SettingError::NoHostKey);
        }
        let known = config.host_keys.iter().map(|text| fingerprint(text)).collect::<Result<_, _>>()?;
        let inner = Inner { core: core.clone(), config, key, known, session: Mutex::new(None) };
        Ok(Self { inner: Arc::new(inner) })
    }

    async fn session(&self, path: &FilePath) -> Result<Arc<Session>, FileError> {
        let mut session = self.inner.session.lock().await;
        if let Some(session) = session.as_ref().filter(|session| !session.handle.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let core = &self.inner.core;
        let until = core.mark().after(self.inner.config.connect_limit);
        let made = core.within(until, self.inner.connect(path)).await;
        let made = made.map_err(|_| broken(CauseKind::ConnectTimedOut, "signing in", path))??;
        Ok(Arc::clone(session.insert(Arc::new(made))))
    }

    /// Does one thing in a session and within the limit; a session that breaks is not used again.
    async fn within<T>(
        &self,
        path: &FilePath,
        act: impl AsyncFnOnce(Arc<Session>, String) -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        let session = self.session(path).await?;
        let core = &self.inner.core;
        let until = core.mark().after(self.inner.config.answer_limit);
        let place = self.inner.place(path);
        let owing = GivenUp(Some(session.owed.begin(core, until)));
        let done = core.within(until, act(Arc::clone(&session), place)).await;
        let done = done.unwrap_or_else(|_| Err(broken(CauseKind::AnswerTimedOut, "no answer", path)));
        if done.as_ref().is_err_and(is_link) {
            let mut kept = self.inner.session.lock().await;
            if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &session)) {
                *kept = None;
            }
        } else {
            owing.answered();
        }
        done
    }
}

/// An act that is given up unless it was answered: whoever waits for it may go away in the middle.
struct GivenUp(Option<Owing>);

impl GivenUp {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(owing) = self.0.take() {
            owing.give_up();
        }
    }
}

/// A fingerprint from a fingerprint or a public key.
fn fingerprint(text: &str) -> Result<String, SettingError> {
    if text.starts_with("SHA256:") {
        return Ok(text.to_owned());
    }
    let key = PublicKey::from_openssh(text).map_err(|_| SettingError::HostKey(text.to_owned()))?;
    Ok(key.fingerprint(HashAlg::Sha256).to_string())
}

/// Takes a server by its key alone.
struct Trust {
    known: Vec<String>,
}

impl Handler for Trust {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        Ok(self.known.contains(&key.fingerprint(HashAlg::Sha256).to_string()))
    }
}

impl Inner {
    fn place(&self, path: &FilePath) -> String {
        let root = self.config.root.trim_end_matches('/');
        match (root.is_empty() && !self.config.root.starts_with('/'), path.name()) {
            (true, None) => ".".to_owned(),
            (true, Some(_)) => path.to_string(),
            (false, None) if root.is_empty() => "/".to_owned(),
            (false, None) => root.to_owned(),
            (false, Some(_)) => format!("{root}/{path}"),
        }
    }

    async fn connect(&self, path: &FilePath) -> Result<Session, FileError> {
        let net = &self.core.world().net;
        let stream = net.connect(&self.config.address).await.and_then(Stream::asked);
        let stream =
            stream.map_err(|error| FileError::new(FileFault::Link(link::Cause::connect(&error)), path))?;
        let ssh = Arc::new(russh::client::Config { preferred: self.preferred(), ..Default::default() });
        let failed = |error: russh::Error| {
            let kind =
                if matches!(error, russh::Error::UnknownKey) { CauseKind::Tls } else { CauseKind::Broken };
            broken(kind, error, path)
        };
        let stream = Strict::new(&self.core, stream);
        let owed = stream.owed();
        let trust = Trust { known: self.known.clone() };
        let mut handle = russh::client::connect_stream(ssh, stream, trust).await.map_err(failed)?;
        if !self.sign_in(&mut handle).await.map_err(failed)? {
            return Err(FileError::new(FileFault::Denied, "the server did not take our name and key"));
        }
        let channel = handle.channel_open_session().await.map_err(failed)?;
        channel.request_subsystem(true, "sftp").await.map_err(failed)?;
        let sftp = SftpSession::new(channel.into_stream()).await.map_err(|error| of(path, &error))?;
        sftp.set_timeout(self.config.answer_limit.as_secs().max(1));
        tracing::debug!(address = %self.config.address, "signed in");
        Ok(Session { sftp, handle, owed })
    }

    async fn sign_in(&self, handle: &mut Handle<Trust>) -> Result<bool, russh::Error> {
        let user = self.config.user.clone();
        let signed = match (&self.config.sign_in, &self.key) {
            (SignIn::Password(password), _) => handle.authenticate_password(user, password.clone()).await?,
            (SignIn::Key { .. }, Some(key)) => {
                let hash = handle.best_supported_rsa_hash().await?.flatten();
                let hash = if self.config.allow_sha1 { hash } else { hash.or(Some(HashAlg::Sha256)) };
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
                handle.authenticate_publickey(user, key).await?
            }
            (SignIn::Key { .. }, None) => return Ok(false),
        };
        Ok(matches!(signed, AuthResult::Success))
    }

    /// The library's own list still has RSA with SHA-1.
    fn preferred(&self) -> Preferred {
        let mut preferred = Preferred::DEFAULT;
        if !self.config.allow_sha1 {
            let strong = preferred.key.iter().filter(|key| !matches!(key, Algorithm::Rsa { hash: None }));
            preferred.key = Cow::Owned(strong.cloned().collect());
        }
        preferred
    }
}

impl FileLink for SftpLink {
    fn create<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<Box<dyn FileWriter>, FileError>> {
        Box::pin(self.within(path, async move |session, place| {
            let flags = OpenFlags::CREATE | OpenFlags::EXCLUDE | OpenFlags::WRITE;
            match session.sftp.open_with_flags(place.clone(), flags).await {
                Ok(file) => {
                    Ok(Box::new(Writer { file, path: path.clone(), link: self.clone() })
                        as Box<dyn FileWriter>)
                }
                Err(error) => Err(taken(&session, &place, path, error).await),
            }
        }))
    }

    fn open<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<Box<dyn FileReader>, FileError>> {
        Box::pin(self.within(path, async move |session, place| {
            let file = session.sftp.open(place).await.map_err(|error| of(path, &error))?;
            Ok(Box::new(Reader { file, path: path.clone(), link: self.clone() }) as Box<dyn FileReader>)
        }))
    }

    fn list<'a>(&'a self, folder: &'a FilePath) -> BoxFuture<'a, Result<Vec<FileEntry>, FileError>> {
        Box::pin(self.within(folder, async move |session, place| {
            let entries = session.sftp.read_dir(place).await.map_err(|error| of(folder, &error))?;
            let mut files = Vec::new();
            for entry in entries {
                let facts = entry.metadata();
                if !facts.file_type().is_file() || folder.join(&entry.file_name()).is_err() {
                    continue;
                }
                if files.len() >= ENTRIES_MOST {
                    return Err(FileError::new(FileFault::TooMany, folder));
                }
                let modified = Moment(i64::from(facts.mtime.unwrap_or(0)) * 1_000_000);
                files.push(FileEntry { name: entry.file_name(), size: facts.len(), modified });
            }
            files.sort_by(|left: &FileEntry, right: &FileEntry| left.name.cmp(&right.name));
            Ok(files)
        }))
    }

    fn rename<'a>(&'a self, from: &'a FilePath, to: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(self.within(from, async move |session, place| {
            let target = self.inner.place(to);
            match session.sftp.rename(place, target.clone()).await {
                Ok(()) => Ok(()),
                Err(error) => Err(taken(&session, &target, to, error).await),
            }
        }))
    }

    fn remove<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(self.within(path, async move |session, place| {
            session.sftp.remove_file(place).await.map_err(|error| of(path, &error))
        }))
    }

    fn make_folder<'a>(&'a self, folder: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(async move {
            let mut at = FilePath::root();
            for part in folder.parts() {
                at = at.join(part)?;
                let here = at.clone();
                self.within(&at, async move |session, place| {
                    match session.sftp.create_dir(place.clone()).await {
                        Ok(()) => Ok(()),
                        Err(error) => match session.sftp.metadata(place).await {
                            Ok(facts) if facts.file_type().is_dir() => Ok(()),
                            _ => Err(of(&here, &error)),
                        },
                    }
                })
                .await?;
            }
            Ok(())
        })
    }
}

/// SFTP says no more than "failure" when a name is taken: it is looked at afterwards.
async fn taken(session: &Session, place: &str, path: &FilePath, error: Error) -> FileError {
    let told = of(path, &error);
    if told.fault == FileFault::Failed && session.sftp.symlink_metadata(place).await.is_ok() {
        return FileError::new(FileFault::Exists, path);
    }
    told
}

impl fmt::Debug for SftpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SftpLink").field("address", &self.inner.config.address).finish_non_exhaustive()
    }
}

struct Writer {
    file: File,
    path: FilePath,
    link: SftpLink,
}

impl FileWriter for Writer {
    fn write<'a>(&'a mut self, piece: &'a [u8]) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(async move {
            let core = &self.link.inner.core;
            let until = core.mark().after(self.link.inner.config.answer_limit);
            let written = core.within(until, self.file.write_all(piece)).await;
            let written = written.map_err(|_| broken(CauseKind::AnswerTimedOut, "no answer", &self.path))?;
            written.map_err(|error| of_io(&self.path, &error))
        })
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<(), FileError>> {
        Box::pin(async move {
            let core = &self.link.inner.core;
            let until = core.mark().after(self.link.inner.config.answer_limit);
            let path = self.path.clone();
            let ended = core.within(until, async {
                self.file.flush().await.map_err(|error| of_io(&path, &error))?;
                self.file.sync_all().await.map_err(|error| of(&path, &error))?;
                self.file.shutdown().await.map_err(|error| of_io(&path, &error))
            });
            ended.await.unwrap_or_else(|_| Err(broken(CauseKind::AnswerTimedOut, "no answer", &path)))
        })
    }
}

struct Reader {
    file: File,
    path: FilePath,
    link: SftpLink,
}

impl FileReader for Reader {
    fn read(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, FileError>> {
        Box::pin(async move {
            let core = &self.link.inner.core;
            let until = core.mark().after(self.link.inner.config.answer_limit);
            let mut piece = BytesMut::with_capacity(PIECE);
            let read = core.within(until, self.file.read_buf(&mut piece)).await;
            let read = read.map_err(|_| broken(CauseKind::AnswerTimedOut, "no answer", &self.path))?;
            let read = read.map_err(|error| of_io(&self.path, &error))?;
            Ok((read > 0).then(|| piece.freeze()))
        })
    }
}
