//! What the binary gives the engine beside adapters and deployment: metrics, the way to servers of files, the seal of the
//! journal's bodies.
//!
//! In: a deployment and the key store. Out: [`Options`] and the store's own. It must not know any counterparty.

use crate::fence::Table;
use adapters::keys::KeyStore;
use adapters::seal::{Digest, hmac};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use engine::Deployment;
use engine::deployment::StorePlace;
use engine::files::{Reach, RemoteFiles};
use engine::gateway::Options;
use link::Core;
use link::files::FileLink;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sftp::{SftpConfig, SftpLink, SignIn};
use std::sync::{Arc, OnceLock};
use store::{Clear, Sealer, SealerFault};

/// Layout of a sealed body.
const LAYOUT: u8 = 1;
/// Octets of a nonce.
const NONCE: usize = 12;
/// Octets of the journal's key.
const KEY: usize = 32;

/// Options of a gateway under a deployment.
///
/// # Errors
/// In words, where the journal's key is not in the key store or is none.
pub(crate) fn options(deployment: &Deployment, keys: &dyn KeyStore) -> Result<Options, String> {
    let metrics = recorder();
    let fence = match &deployment.store.place {
        StorePlace::Postgres(postgres) => postgres.fence.as_ref().map(|fence| fence.value.clone()),
        StorePlace::File(_) => None,
    };
    Ok(Options {
        metrics: Arc::new(move || metrics.as_ref().map_or_else(String::new, PrometheusHandle::render)),
        reach: reach(),
        sealer: sealer(deployment, keys)?,
        witness: Arc::new(Table::new(fence)?),
        ..Options::default()
    })
}

/// One recorder a process: a demonstration and a gateway in it count together.
fn recorder() -> Option<PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}

/// Servers of files are reached over SSH.
pub(crate) fn reach() -> Reach {
    Arc::new(|core: &Core, remote: RemoteFiles| {
        let sign_in = if remote.secret.contains("PRIVATE KEY") {
            SignIn::Key { key: remote.secret, passphrase: None }
        } else {
            SignIn::Password(remote.secret)
        };
        let config = SftpConfig {
            address: remote.address,
            user: remote.user,
            sign_in,
            host_keys: remote.host_key.into_iter().collect(),
            root: remote.root,
            connect_limit: remote.connect_limit,
            answer_limit: remote.answer_limit,
            allow_sha1: false,
        };
        let link = SftpLink::new(core, config).map_err(|error| error.to_string())?;
        Ok(Arc::new(link) as Arc<dyn FileLink>)
    })
}

/// How the journal's bodies are sealed: by the key that the deployment names, or not at all.
pub(crate) fn sealer(deployment: &Deployment, keys: &dyn KeyStore) -> Result<Arc<dyn Sealer>, String> {
    let Some(name) = &deployment.store.key else { return Ok(Arc::new(Clear)) };
    let key = keys.key(name).map_err(|error| format!("the journal's key {name}: {error}"))?;
    let octets = key.symmetric_bytes().filter(|octets| octets.len() == KEY);
    let octets = octets.ok_or_else(|| format!("the journal's key {name} is no secret of {KEY} octets"))?;
    let cipher = Aes256Gcm::new_from_slice(octets).map_err(|error| error.to_string())?;
    Ok(Arc::new(JournalKey { cipher, marks: marks_key(octets) }))
}

/// The key of marks: drawn from the journal's, so that neither says anything of the other.
fn marks_key(octets: &[u8]) -> Vec<u8> {
    hmac(Digest::Sha256, octets, b"tongshi: marks of the journal")
}

/// AES-256 in GCM; the context of a body is authenticated with it. Marks are HMAC-SHA-256.
struct JournalKey {
    cipher: Aes256Gcm,
    marks: Vec<u8>,
}

impl Sealer for JournalKey {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealerFault> {
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| SealerFault(error.to_string()))?;
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: context });
        let sealed = sealed.map_err(|_| SealerFault("a body cannot be sealed".into()))?;
        let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
        out.push(LAYOUT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealerFault> {
        let wrong = || SealerFault("a body is not what was sealed, or of another key".into());
        let (layout, rest) = sealed.split_first().ok_or_else(wrong)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE).filter(|_| *layout == LAYOUT).ok_or_else(wrong)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| wrong())?;
        self.cipher.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: context }).map_err(|_| wrong())
    }

    fn mark(&self, plain: &[u8]) -> [u8; 32] {
        hmac(Digest::Sha256, &self.marks, plain).try_into().unwrap_or([0; 32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal_key(octet: u8) -> JournalKey {
        let octets = [octet; KEY];
        JournalKey { cipher: Aes256Gcm::new_from_slice(&octets).unwrap(), marks: marks_key(&octets) }
    }

    #[test]
    fn equal_values_have_equal_marks_under_one_key_alone() {
        let (key, other) = (journal_key(7), journal_key(8));
        assert_eq!(key.mark(b"6230580000001234567"), journal_key(7).mark(b"6230580000001234567"));
        assert_ne!(key.mark(b"6230580000001234567"), key.mark(b"6230580000001234568"));
        assert_ne!(key.mark(b"6230580000001234567"), other.mark(b"6230580000001234567"));
        assert_ne!(key.mark(b"6230580000001234567"), Clear.mark(b"6230580000001234567"));
    }

    #[test]
    fn bodies_open_in_their_own_place_alone() {
        let key = journal_key(7);
        let sealed = key.seal(b"flow.asked 17", b"6230580000001234567").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"6230580"));
        assert_eq!(key.open(b"flow.asked 17", &sealed).unwrap(), b"6230580000001234567");
        assert!(key.open(b"flow.asked 18", &sealed).is_err());
        let mut other = sealed.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(key.open(b"flow.asked 17", &other).is_err());
        assert!(key.open(b"flow.asked 17", &sealed[..5]).is_err());
    }
}
