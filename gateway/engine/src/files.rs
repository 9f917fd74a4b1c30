//! Links of files by party: folders of this machine, and servers over SSH that the binary knows how to reach.
//!
//! In: what the adapter says and the deployment's places. Out: [`FileLink`]s by name. Equal settings keep their link over
//! a reload. It must not know what a file holds, nor SSH.

use crate::deployment::{LinkConfig, secret};
use crate::lines::{LineError, LineName};
use link::Core;
use link::files::FileLink;
use link::folder::Folder;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a server of files is reached.
#[derive(Clone, Debug)]
pub struct RemoteFiles {
    /// `host:port`.
    pub address: String,
    /// Our name there.
    pub user: String,
    /// A password, or a private key in PEM.
    pub secret: String,
    /// The server's key, `SHA256:…`.
    pub host_key: Option<String>,
    /// The folder there below which all paths lie.
    pub root: String,
    /// The limit of connecting and signing in.
    pub connect_limit: Duration,
    /// The limit of each request.
    pub answer_limit: Duration,
}

/// Reaches servers of files.
pub type Reach = Arc<dyn Fn(&Core, RemoteFiles) -> Result<Arc<dyn FileLink>, String> + Send + Sync>;

/// Reaches none: for gateways whose file links are folders.
#[must_use]
pub fn reach_none() -> Reach {
    Arc::new(|_, _| Err("this gateway was started without SFTP".to_owned()))
}

struct Kept {
    shape: String,
    link: Arc<dyn FileLink>,
}

/// A link that nobody uses yet.
pub struct Made(LineName, Kept);

/// All links of files.
pub struct FileLinks {
    core: Core,
    reach: Reach,
    kept: Mutex<HashMap<LineName, Kept>>,
}

impl FileLinks {
    /// None yet.
    #[must_use]
    pub fn new(core: Core, reach: Reach) -> Self {
        Self { core, reach, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<LineName, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a link; none where the one that is there has the same settings.
    ///
    /// # Errors
    /// A place that cannot be used.
    pub fn make(
        &self,
        name: &LineName,
        link: &dsl::model::Link,
        config: &LinkConfig,
    ) -> Result<Option<Made>, LineError> {
        let shape = format!("{config:?}");
        if self.kept().get(name).is_some_and(|kept| kept.shape == shape) {
            return Ok(None);
        }
        let error =
            |why: String| LineError { party: name.party.to_string(), link: name.link.to_string(), why };
        let made: Arc<dyn FileLink> = match (&config.address, &config.folder) {
            (Some(address), folder) => {
                let limit = |ms: Option<u64>| Duration::from_millis(ms.unwrap_or(30_000));
                let remote = RemoteFiles {
                    address: address.clone(),
                    user: config.user.clone().ok_or_else(|| error("it has no user".into()))?,
                    secret: secret(config.secret.as_deref().unwrap_or_default()).map_err(error)?,
                    host_key: config.host_key.clone(),
                    root: folder.as_ref().map_or_else(String::new, |root| root.display().to_string()),
                    connect_limit: limit(link.connect_ms),
                    answer_limit: limit(link.answer_ms),
                };
                (self.reach)(&self.core, remote).map_err(error)?
            }
            (None, Some(folder)) => {
                Arc::new(Folder::new(Arc::clone(&self.core.world().files), folder.clone()))
            }
            (None, None) => return Err(error("it has neither folder nor address".into())),
        };
        Ok(Some(Made(name.clone(), Kept { shape, link: made })))
    }

    /// Puts links in the place of those that have their names.
    pub fn put(&self, made: Vec<Made>) {
        self.kept().extend(made.into_iter().map(|Made(name, kept)| (name, kept)));
    }

    /// The link of a name, of the member's own where it has one.
    #[must_use]
    pub fn link(&self, name: &LineName) -> Option<Arc<dyn FileLink>> {
        let kept = self.kept();
        let of_party = || kept.get(&LineName { member: None, ..name.clone() });
        kept.get(name).or_else(of_party).map(|kept| Arc::clone(&kept.link))
    }
}

impl std::fmt::Debug for FileLinks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FileLinks").field("links", &self.kept().len()).finish_non_exhaustive()
    }
}
