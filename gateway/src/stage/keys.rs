//! Keys, tokens: drawn anew for each stage, one half to the gateway's key store, the other to the party.

use adapters::keys::{KeyFile, KeyText, Protection, import};
use adapters::seal::{Digest, KeyKind, PreparedKey, digest};
use conformance::party::{KeyConfig, PartyConfig};
use dsl::model::Key;
use std::path::Path;

/// Octets of a key whose adapter names no size.
const USUAL: usize = 16;

/// The gateway's halves, for its key store.
#[derive(Default)]
pub(crate) struct Drawn {
    keys: Vec<(String, KeyKind, KeyConfig)>,
}

impl Drawn {
    /// Draws a key as the adapter declares it. The gateway's half is kept under `stored`, the party's is given back.
    pub(super) fn draw(&mut self, stored: &str, key: &Key) -> Result<KeyConfig, String> {
        let kind = KeyKind::from_name(&key.kind).ok_or_else(|| format!("{stored}: no kind {}", key.kind))?;
        let size = key.size.and_then(|size| usize::try_from(size).ok());
        let (ours, theirs) = if kind.is_pair() {
            let length = size.map_or(0, |bits| bits / 8);
            let halves = PreparedKey::generate_halves(kind, length, &mut fill);
            let (private, public) = halves.map_err(|error| format!("{stored}: {error}"))?;
            let (private, public) = (KeyConfig::Pem(private.to_string()), KeyConfig::Pem(public));
            if key.ours == Some(true) { (private, public) } else { (public, private) }
        } else {
            let hex = random_hex(size.unwrap_or(USUAL))?;
            let one = if kind == KeyKind::Secret { KeyConfig::Text(hex) } else { KeyConfig::Hex(hex) };
            (one.clone(), one)
        };
        self.keys.push((stored.to_owned(), kind, ours));
        Ok(theirs)
    }

    /// Draws a secret that nobody shares.
    pub(crate) fn secret(&mut self, stored: &str) -> Result<(), String> {
        self.keys.push((stored.to_owned(), KeyKind::Secret, KeyConfig::Text(random_hex(USUAL)?)));
        Ok(())
    }

    /// The gateway's key store, in a file under a passphrase that nobody needs to know.
    pub(crate) fn store(&self, path: &Path) -> Result<KeyFile, String> {
        self.store_under(path, &random_hex(24)?)
    }

    /// The same under a passphrase that another process is told.
    pub(crate) fn store_under(&self, path: &Path, passphrase: &str) -> Result<KeyFile, String> {
        let protection = Protection::Passphrase(passphrase);
        let mut file = KeyFile::create(path, &protection, &mut fill).map_err(|error| error.to_string())?;
        for (name, kind, text) in &self.keys {
            let text = match text {
                KeyConfig::Hex(hex) => KeyText::Hex(hex),
                KeyConfig::Text(text) => KeyText::Text(text),
                KeyConfig::Pem(pem) => KeyText::Pem(pem),
            };
            let key = import(*kind, &text, None).map_err(|error| format!("{name}: {error}"))?;
            file.put(name, key, 0).map_err(|error| error.to_string())?;
        }
        file.save(&protection, &mut fill).map_err(|error| error.to_string())?;
        Ok(file)
    }
}

/// Draws what a configuration gives no key for, so that one text serves both sides: a pair's private half is both halves.
pub(crate) fn complete(config: &mut PartyConfig, declared: &[Key]) -> Result<(), String> {
    let mut drawn = Drawn::default();
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

/// A bearer token.
pub(crate) fn token() -> Result<String, String> {
    random_hex(24)
}

/// SHA-256 of a text, in hex.
pub(super) fn sha256(text: &str) -> String {
    hex(&digest(Digest::Sha256, text.as_bytes()))
}

fn random_hex(bytes: usize) -> Result<String, String> {
    let mut octets = vec![0_u8; bytes];
    getrandom::fill(&mut octets).map_err(|error| error.to_string())?;
    Ok(hex(&octets))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The system's source; where it fails, no key is good, and importing an all-zero key is refused later.
fn fill(octets: &mut [u8]) {
    let _ = getrandom::fill(octets);
}
