//! The simulator's server: signs users in and serves one folder.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use link::Core;
use link::world::{Stream, TaskGroup};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};
use tokio::sync::Semaphore;

use crate::tree::Tree;
use crate::{SettingError, SftpServerConfig};

/// Bytes of a connection's pipe.
const PIPE: usize = 64 * 1024;

/// A listening SFTP server. Dropping it closes its connections.
pub struct SftpServer {
    address: String,
    host_key: String,
    _group: TaskGroup,
}

impl SftpServer {
    /// Listens, with a new host key.
    ///
    /// # Errors
    /// [`SettingError`] when the address cannot be listened at or the key cannot be made.
    pub async fn start(core: &Core, config: SftpServerConfig) -> Result<Self, SettingError> {
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519)
            .map_err(|error| SettingError::Key(error.to_string()))?;
        let host_key = key.public_key().fingerprint(HashAlg::Sha256).to_string();
        let ssh = Arc::new(Config {
            keys: vec![key],
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            ..Config::default()
        });
        let mut listener = core.world().net.listen(&config.address).await?;
        let address = listener.address();
        let group = core.group();
        let bound = Arc::new(Semaphore::new(config.connections.clamp(1, Semaphore::MAX_PERMITS)));
        let (config, core) = (Arc::new(config), core.clone());
        group.spawn(async move {
            let sessions = core.group();
            loop {
                let Ok(permit) = Arc::clone(&bound).acquire_owned().await else { return };
                let Ok(stream) = listener.accept().await else { continue };
                let (ssh, guest) = (Arc::clone(&ssh), Guest::new(&config));
                sessions.spawn(async move {
                    let _permit = permit;
                    serve(ssh, stream, guest).await;
                });
            }
        });
        Ok(Self { address, host_key, _group: group })
    }

    /// The address that others connect to.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The fingerprint of the host key, `SHA256:…`.
    #[must_use]
    pub fn host_key(&self) -> &str {
        &self.host_key
    }
}

impl fmt::Debug for SftpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SftpServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serves a connection. The library runs it in a task of its own: the bytes go through a pipe of ours, so that
/// it ends when this future is dropped.
async fn serve(ssh: Arc<Config>, mut stream: Stream, guest: Guest) {
    let (mut near, far) = tokio::io::duplex(PIPE);
    let pump = tokio::io::copy_bidirectional(&mut stream, &mut near);
    let session = async {
        if let Ok(session) = russh::server::run_stream(ssh, far, guest).await
            && let Err(error) = session.await
        {
            tracing::debug!(?error, "an SFTP connection ended");
        }
    };
    tokio::select! {
        biased;
        _ = pump => {}
        () = session => {}
    }
}

/// One connection.
struct Guest {
    config: Arc<SftpServerConfig>,
    channels: BTreeMap<u32, Channel<Msg>>,
}

impl Guest {
    fn new(config: &Arc<SftpServerConfig>) -> Self {
        Self { config: Arc::clone(config), channels: BTreeMap::new() }
    }
}

fn verdict(known: bool) -> Auth {
    if known { Auth::Accept } else { Auth::reject() }
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let known =
            |known: &crate::SftpUser| known.name == user && known.password.as_deref() == Some(password);
        Ok(verdict(self.config.users.iter().any(known)))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        shown: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let mut keys =
            self.config.users.iter().filter(|known| known.name == user).flat_map(|known| &known.keys);
        let same = |text: &String| {
            PublicKey::from_openssh(text).is_ok_and(|key| key.key_data() == shown.public_key.key_data())
        };
        Ok(verdict(keys.any(same)))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.channels.len() < 16 {
            self.channels.insert(channel.id().into(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.close(channel)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.channels.remove(&channel.into()).filter(|_| name == "sftp") {
            Some(opened) => {
                session.channel_success(channel)?;
                russh_sftp::server::run(opened.into_stream(), Tree::new(&self.config.root)).await;
                Ok(())
            }
            None => session.channel_failure(channel),
        }
    }
}
