//! What an earlier `tongshi check` found sound, by all that it hangs on.
//!
//! In: shapes of flows, texts that a party's messages hang on. Out: whether the same was found sound before, by the same checker. A
//! verdict that is not "sound" is never kept: it is found again, in its own words. It must not know how anything is judged.

use super::kept::{Kept, Key};
use adapters::seal::{Digest, DigestState};
use dsl::check::Before;
use dsl::flow::FlowProgram;
use dsl::flow::walk::Walked;
use dsl::source::SourceFile;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The checker itself: its sources, and with what they are compiled (`build.rs`).
const CHECKER: &str = env!("TONGSHI_CHECKER");

/// The key of a party, and how many of its messages came back before.
type Asked = (Key, Option<u64>);

/// What was found before; without a folder it knows nothing.
pub(super) struct Known {
    kept: Option<Kept>,
    /// The parties that were asked for.
    parties: Mutex<HashMap<Box<str>, Asked>>,
    /// Digests of the texts by path: some are seen by all parties.
    texts: Mutex<HashMap<Box<str>, Key>>,
}

impl Known {
    /// What is kept where the user's caches are, or where `TONGSHI_CACHE` says; `anew`: nothing is known.
    pub(super) fn new(anew: bool) -> Self {
        let folder = if anew { None } else { folder() };
        Self { kept: folder.and_then(Kept::open), parties: Mutex::default(), texts: Mutex::default() }
    }

    /// How many trips the messages of a party made when they were found sound.
    pub(super) fn trips(&self, folder: &str) -> usize {
        let parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let trips = parties.get(folder).and_then(|(_, trips)| *trips).unwrap_or_default();
        usize::try_from(trips).unwrap_or(usize::MAX)
    }

    /// Keeps that the messages of a party are sound in every variant, and came back from so many trips.
    pub(super) fn keep_party(&self, folder: &str, trips: usize) {
        let parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(kept), Some((key, None)), Ok(trips)) =
            (&self.kept, parties.get(folder), u64::try_from(trips))
        {
            kept.keep(key, trips);
        }
    }
}

impl Before for Known {
    fn walked(&self, shape: &FlowProgram) -> Option<Walked> {
        let states = self.kept.as_ref()?.number(&flow(CHECKER, shape))?;
        Some(Walked { states: usize::try_from(states).ok()? })
    }

    fn keep_walked(&self, shape: &FlowProgram, walked: Walked) {
        if let (Some(kept), Ok(states)) = (&self.kept, u64::try_from(walked.states)) {
            kept.keep(&flow(CHECKER, shape), states);
        }
    }

    fn is_sound(&self, folder: &str, texts: &[&SourceFile]) -> bool {
        let Some(kept) = &self.kept else { return false };
        let mut known = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut digest = |text: &SourceFile| *known.entry(text.path().into()).or_insert_with(|| whole(text));
        let key = party(CHECKER, folder, texts.iter().map(|text| digest(text)));
        let trips = kept.number(&key);
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        parties.insert(folder.into(), (key, trips));
        trips.is_some()
    }
}

/// The user's own folder for what can be made again.
fn folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let users = || {
        let caches = named("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        Some(caches.or_else(|| Some(named("HOME")?.join(".cache")))?.join("tongshi"))
    };
    named("TONGSHI_CACHE").or_else(users)
}

fn flow(checker: &str, shape: &FlowProgram) -> Key {
    let mut pieces = Pieces::new(checker, "flow");
    shape.hash(&mut pieces);
    pieces.key()
}

/// A text with the folder that it stands in and its name there; not where the folders stand.
fn whole(text: &SourceFile) -> Key {
    let mut pieces = Pieces::new("", "text");
    (super::files::within(text.path()), text.text()).hash(&mut pieces);
    pieces.key()
}

fn party(checker: &str, folder: &str, texts: impl Iterator<Item = Key>) -> Key {
    let mut pieces = Pieces::new(checker, "party");
    folder.hash(&mut pieces);
    texts.for_each(|text| text.hash(&mut pieces));
    pieces.key()
}

/// A digest over all that is hashed: each piece tells where it ends.
struct Pieces {
    state: DigestState,
    /// Many pieces are a few octets long.
    waiting: Vec<u8>,
}

impl Pieces {
    const WAITING_OCTETS: usize = 8_192;

    fn new(checker: &str, what: &str) -> Self {
        let waiting = Vec::with_capacity(Self::WAITING_OCTETS);
        let mut pieces = Self { state: DigestState::new(Digest::Sha256), waiting };
        (checker, what).hash(&mut pieces);
        pieces
    }

    fn key(mut self) -> Key {
        self.state.update(&self.waiting);
        let mut key = Key::default();
        key.iter_mut().zip(self.state.finish()).for_each(|(place, octet)| *place = octet);
        key
    }
}

impl Hasher for Pieces {
    fn write(&mut self, octets: &[u8]) {
        if self.waiting.len() + octets.len() > Self::WAITING_OCTETS {
            self.state.update(&self.waiting);
            self.waiting.clear();
        }
        if octets.len() > Self::WAITING_OCTETS {
            self.state.update(octets);
        } else {
            self.waiting.extend_from_slice(octets);
        }
    }

    /// A digest is asked for as a key, never as a number.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of these differ in one thing, and none has the key of another one.
    #[test]
    fn a_key_covers_the_checker_and_every_text_with_its_name() {
        let file = |path: &str, text: &str| SourceFile::new(path, text);
        let one = [file("configs/a/x.tongshi", "x"), file("configs/bank/y.tongshi", "y")];
        let key = |checker: &str, folder: &str, texts: &[SourceFile]| {
            party(checker, folder, texts.iter().map(whole))
        };
        let keys = [
            key("1", "a", &one),
            key("2", "a", &one),
            key("1", "b", &one),
            key("1", "a", &one[..1]),
            key("1", "a", &[file("configs/a/x.tongshi", "xy"), file("configs/bank/y.tongshi", "")]),
            key("1", "a", &[file("configs/a/x.tongshi", "x"), file("configs/bank/z.tongshi", "y")]),
            key("1", "a", &[file("configs/b/x.tongshi", "x"), file("configs/bank/y.tongshi", "y")]),
            flow("1", &FlowProgram::default()),
            flow("2", &FlowProgram::default()),
            flow("1", &FlowProgram { untold: true, ..FlowProgram::default() }),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "{place}");
        }
        let elsewhere = [file("/other/a/x.tongshi", "x"), file("/other/bank/y.tongshi", "y")];
        assert_eq!(key("1", "a", &elsewhere), keys[0], "where the folders stand says nothing");
    }

    /// Long pieces and short ones come in the same order, wherever one stands.
    #[test]
    fn pieces_are_taken_in_their_order() {
        let of = |pieces: &[&[u8]]| {
            let mut all = Pieces::new("", "");
            pieces.iter().for_each(|piece| all.write(piece));
            all.key()
        };
        let long = vec![7; Pieces::WAITING_OCTETS + 1];
        assert_ne!(of(&[b"a", &long]), of(&[&long, b"a"]));
        assert_eq!(of(&[b"a", b"b", &long]), of(&[b"ab", &long]));
    }
}
