//! What a file asked, kept with it before it is asked: by that its flow is found, also where the file cannot be read again.
//!
//! In: a file that was taken, the key that it asks under. Out: the flow that it has begun. A file is read again after a start, by the
//! deployment of then: what reads badly by that is no bad file while its rows are worked off. It must not know what is booked.

use super::take::{Halt, Stage, TakenFile, progress};
use crate::driver::{Known, ask_digest};
use crate::engine::Engine;
use crate::facts::Body;
use std::sync::PoisonError;
use store::{Day, Direction, FlowId, Key};

/// What a file asks its flow under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) key: Key,
    pub(super) known: Known,
}

impl Asked {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = Body::default();
        body.put("party", self.key.party.clone().into_bytes());
        body.put("once", self.key.once.clone());
        body.put("date", self.key.date.0.to_be_bytes().to_vec());
        if self.known == Known::Ever {
            body.put("ever", b"yes".to_vec());
        }
        body.encode()
    }

    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let body = Body::decode(octets)?;
        let party = String::from_utf8_lossy(body.get("party")?).into_owned();
        let date = Day(u32::from_be_bytes(body.get("date")?.try_into().ok()?));
        let key = Key { party, direction: Direction::In, once: body.get("once")?.to_vec(), date };
        Some(Self { key, known: if body.get("ever").is_some() { Known::Ever } else { Known::Days } })
    }
}

impl TakenFile {
    /// What it has asked, or was about to.
    pub(super) fn asked(&self) -> Option<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// The flow that a file has begun, where the journal has it, and what it was asked under.
    pub(super) async fn begun_of(&self, taken: &TakenFile) -> Result<Option<(Asked, FlowId)>, Halt> {
        let Some(asked) = taken.asked() else { return Ok(None) };
        let flow = self.flow_of_key(&asked.key, asked.known).await.map_err(|_| Halt::Stopping)?;
        let Some(flow) = flow else { return Ok(None) };
        let row = self.journal.read(move |reader| reader.flow(flow)).await;
        let row = row.map_err(|fatal| {
            self.fail(&fatal);
            Halt::Stopping
        })?;
        // Another file's flow may have the key: this one is a duplicate, and told so.
        let digest = ask_digest(&[&taken.file.digest]);
        Ok(row.filter(|row| row.digest == digest).map(|row| (asked, row.flow)))
    }

    /// Journals what a file asks, before it asks.
    pub(super) async fn keep_asked(&self, taken: &TakenFile, asked: &Asked) -> Result<(), Halt> {
        if taken.asked().as_ref() == Some(asked) {
            return Ok(());
        }
        *taken.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked.clone());
        self.put_phases(vec![progress(taken, &Stage::Spooled)]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_asked_is_read_again() {
        let key = Key {
            party: "units".to_owned(),
            direction: Direction::In,
            once: vec![0, 7],
            date: Day(20_260_731),
        };
        for known in [Known::Days, Known::Ever] {
            let asked = Asked { key: key.clone(), known };
            assert_eq!(Asked::decode(&asked.encode()), Some(asked));
        }
        assert_eq!(Asked::decode(b"octets"), None);
    }
}
