//! People who decide what waits for them, and tell the truth: what the ledgers hold when nothing can arrive any more.
//!
//! In: postings whose end is not known, with their flows; the parties' ledgers. Out: decisions of two persons, until nothing is left
//! that they could know. They must not ask the journal what is true.

use super::audit::held;
use super::client::{Heard, Posting, Said as Told};
use super::field::Field;
use conformance::faults::Dice;
use engine::engine::Engine;
use engine::waiting::{Decided, Decision, NotDecided, Person, Said, WaitingFor, Why};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{FlowId, OperationState};

/// Seeds of ten thousand in which people come at all.
const COME: u16 = 4_000;
/// How long they wait first: longer than every quiet time. What leaves once more in that time, they wait for anew.
const WAIT: Duration = Duration::from_secs(3_600);
/// How long what they decided may take to end.
const SETTLES: Duration = Duration::from_secs(12 * 3_600);
/// How often they look again: behind one decision of a flow another may wait.
const ROUNDS: usize = 6;

/// Whether people come in a seed, by dice of their own.
pub(super) fn come(seed: u64) -> bool {
    Dice::new(seed.rotate_left(17) ^ 0x7065_6f70).falls(COME)
}

/// Decides what of these postings waits for people; gives how much.
pub(super) async fn decide(field: &mut Field<'_>, postings: &[(Posting, Heard)]) -> Result<u64, String> {
    let flow = |last: &Heard| {
        let (_, flow) = last.as_ref().filter(|(said, _)| *said == Told::Pending)?;
        flow.as_str()?.parse().ok().map(FlowId)
    };
    let pending: BTreeMap<FlowId, &Posting> =
        postings.iter().filter_map(|(posting, last)| Some((flow(last)?, posting))).collect();
    if pending.is_empty() {
        return Ok(0);
    }
    field.sleep(WAIT).await;
    let mut decided = 0;
    for _ in 0..ROUNDS {
        let mut now = 0;
        for waits in field.waits().await {
            let (Some(posting), Why::Operation { party, state, correct, .. }) =
                (pending.get(&waits.flow), &waits.why)
            else {
                continue;
            };
            let Some(engine) = field.nodes.at_work() else { continue };
            // Where a flow has asked a party for several, the ledger does not tell them apart.
            if several(&engine, waits.flow, party).await? {
                continue;
            }
            let folder = field.ground.cast.iter().find(|actor| actor.module == *party);
            let seen = held(field.ground, &field.parties, posting)?;
            let holds =
                folder.and_then(|actor| Some((actor, seen.iter().find(|one| one.0 == actor.folder)?)));
            let Some((actor, (_, fen, whole))) = holds else { continue };
            let truths: &[Decision] = match *fen {
                0 => &[Decision::Never, Decision::TakenBack],
                all if all == *whole && *state != OperationState::Held.word() => &[Decision::Holds],
                // That what is known to hold does so changes nothing: it is put right, by hand where the flow names nothing for it.
                all if all == *whole && correct.is_some() => &[Decision::Correct],
                _ => continue,
            };
            let proof = format!("the ledger of {}: {fen} fen", actor.folder);
            if says(&engine, &waits, truths, &proof).await? {
                field.diary.note(&format!("people decide on flow {}, {}: {proof}", waits.flow, waits.place));
                field.decided.insert(waits.flow);
                now += 1;
            }
        }
        if now == 0 {
            break;
        }
        decided += now;
        field.settle(SETTLES).await;
    }
    Ok(decided)
}

/// Whether a flow has asked a party for more than one posting.
async fn several(engine: &Arc<Engine>, flow: FlowId, party: &str) -> Result<bool, String> {
    let rows = engine.journal.read(move |reader| reader.operations(flow)).await;
    let rows = rows.map_err(|fatal| fatal.to_string())?;
    let own = |name: &str| !name.contains('/');
    Ok(rows.iter().filter(|row| row.party == party && row.copies > 0 && own(&row.name)).count() > 1)
}

/// Two persons say the first of these that can be; false where the flow takes none now.
async fn says(
    engine: &Arc<Engine>,
    waits: &WaitingFor,
    truths: &[Decision],
    proof: &str,
) -> Result<bool, String> {
    let (flow, place) = (waits.flow, &*waits.place);
    let person = |name: &str| Person {
        name: name.to_owned(),
        roles: vec!["operator".to_owned(), "checker".to_owned()],
    };
    for decision in truths.iter().copied() {
        let reason = "by the ledger".to_owned();
        let said = Said { decision, reason, proof: proof.to_owned(), file: None };
        // What was proposed when the journal took nothing more still stands.
        let proposed = match &waits.proposed {
            Some(_) => Ok(Decided::Proposed),
            None => engine.decide(flow, place, &said, &person("first")).await,
        };
        match proposed {
            Ok(Decided::Proposed) => {}
            // It was there once: then it was taken back.
            Err(NotDecided::Happened(_)) => continue,
            // What an earlier decision, or another leg, set going may have sent it once more meanwhile.
            Ok(Decided::Done)
            | Err(
                NotDecided::Nothing(_) | NotDecided::NotNow | NotDecided::Early(..) | NotDecided::MaySend(..),
            ) => return Ok(false),
            Err(why) => return Err(format!("people cannot decide on flow {flow}, {place}: {why}")),
        }
        return match engine.decide(flow, place, &said, &person("second")).await {
            Ok(_) => Ok(true),
            Err(
                NotDecided::Nothing(_)
                | NotDecided::NotNow
                | NotDecided::Early(..)
                | NotDecided::MaySend(..)
                | NotDecided::Unchanged(_),
            ) => Ok(false),
            Err(why) => Err(format!("people do not agree on flow {flow}, {place}: {why}")),
        };
    }
    Ok(false)
}
