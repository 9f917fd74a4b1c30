//! Keys, tokens: drawn anew for each stage, or by a seed for a simulation, one half to the gateway's key store, the other to the
//! party.

use adapters::keys::{KeyFile, KeyText, Protection, import};
use adapters::seal::{Digest, KeyKind, PreparedKey, digest};
use conformance::party::{KeyConfig, PartyConfig};
use dsl::model::Key;
use link::world::{Random, RealRandom};
use std::path::Path;

/// Octets of a key whose adapter names no size.
const USUAL: usize = 16;

/// The gateway's halves, for its key store.
pub(crate) struct Drawn {
    keys: Vec<(String, KeyKind, KeyConfig)>,
    random: Box<dyn Random>,
}

impl Drawn {
    /// Nothing yet; to be drawn from there.
    pub(crate) fn from(random: Box<dyn Random>) -> Self {
        Self { keys: Vec::new(), random }
    }

    /// Draws a key as the adapter declares it. The gateway's half is kept under `stored`, the party's is given back.
    pub(super) fn draw(&mut self, stored: &str, key: &Key) -> Result<KeyConfig, String> {
        let kind = KeyKind::from_name(&key.kind).ok_or_else(|| format!("{stored}: no kind {}", key.kind))?;
        let size = key.size.and_then(|size| usize::try_from(size).ok());
        let (ours, theirs) = if kind.is_pair() {
            let length = size.map_or(0, |bits| bits / 8);
            let random = &self.random;
            let halves =
                PreparedKey::generate_halves(kind, length, &mut |octets| fill(random.as_ref(), octets));
            let (private, public) = halves.map_err(|error| format!("{stored}: {error}"))?;
            let (private, public) = (KeyConfig::Pem(private.to_string()), KeyConfig::Pem(public));
            if key.ours == Some(true) { (private, public) } else { (public, private) }
        } else {
            let hex = self.hex(size.unwrap_or(USUAL))?;
            let one = if kind == KeyKind::Secret { KeyConfig::Text(hex) } else { KeyConfig::Hex(hex) };
            (one.clone(), one)
        };
        self.keys.push((stored.to_owned(), kind, ours));
        Ok(theirs)
    }

    /// Draws a secret that nobody shares.
    pub(crate) fn secret(&mut self, stored: &str) -> Result<(), String> {
        let secret = KeyConfig::Text(self.hex(USUAL)?);
        self.keys.push((stored.to_owned(), KeyKind::Secret, secret));
        Ok(())
    }

    /// A bearer token, a password or a passphrase.
    pub(crate) fn token(&self) -> Result<String, String> {
        self.hex(24)
    }

    fn hex(&self, bytes: usize) -> Result<String, String> {
        let mut octets = vec![0_u8; bytes];
        self.random.fill(&mut octets).map_err(|error| error.to_string())?;
        Ok(hex(&octets))
    }

    /// The gateway's key store, in a file under a key that nobody needs to know: it would cost what makes a passphrase hard to
    /// guess, for every stage.
    pub(crate) fn store(&self, path: &Path) -> Result<KeyFile, String> {
        let mut key = [0_u8; 32];
        self.random.fill(&mut key).map_err(|error| error.to_string())?;
        self.store_by(path, &Protection::Key(&key))
    }

    /// The same under a passphrase that another process is told.
    pub(crate) fn store_under(&self, path: &Path, passphrase: &str) -> Result<KeyFile, String> {
        self.store_by(path, &Protection::Passphrase(passphrase))
    }

    fn store_by(&self, path: &Path, protection: &Protection<'_>) -> Result<KeyFile, String> {
        let mut fill = |octets: &mut [u8]| fill(self.random.as_ref(), octets);
        let mut file = KeyFile::create(path, protection, &mut fill).map_err(|error| error.to_string())?;
        for (name, kind, text) in &self.keys {
            let text = match text {
                KeyConfig::Hex(hex) => KeyText::Hex(hex),
                KeyConfig::Text(text) => KeyText::Text(text),
                KeyConfig::Pem(pem) => KeyText::Pem(pem),
            };
            let key = import(*kind, &text, None).map_err(|error| format!("{name}: {error}"))?;
            file.put(name, key, 0).map_err(|error| error.to_string())?;
        }
        file.save(protection, &mut fill).map_err(|error| error.to_string())?;
        Ok(file)
    }
}

/// Draws what a configuration gives no key for, so that one text serves both sides: a pair's private half is both halves.
pub(crate) fn complete(config: &mut PartyConfig, declared: &[Key]) -> Result<(), String> {
    let mut drawn = Drawn::from(Box::new(RealRandom));
    for key in declared.iter().filter(|key| !key.of_member) {
        if !config.keys.contains_key(&*key.name) {
            let as_ours = Key { ours: key.ours.map(|_| false), ..key.clone() };
            config.keys.insert(key.name.to_string(), drawn.draw(&key.name, &as_ours)?);
        }
    }
    for member in config.members.values_mut() {
        for key in declared.iter().filter(|key| key.of_member) {
            if !member.keys.contains_key(&*key.name) {
                let as_ours = Key { ours: key.ours.map(|_| false), ..key.clone() };
                member.keys.insert(key.name.to_string(), drawn.draw(&key.name, &as_ours)?);
            }
        }
    }
    Ok(())
}

/// SHA-256 of a text, in hex.
pub(super) fn sha256(text: &str) -> String {
    hex(&digest(Digest::Sha256, text.as_bytes()))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Where the source fails no key is good, and importing an all-zero key is refused later.
fn fill(random: &dyn Random, octets: &mut [u8]) {
    let _ = random.fill(octets);
}
