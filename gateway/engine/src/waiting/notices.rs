//! Notices that were given up: a party refused them until nobody tried any more (`flows.md` 4), and people work them off.
//!
//! In: rows of the outbox, and what two persons have decided. Out: what waits, and how a row stands then, written together with who
//! said so. It must not know how a notice is sent, nor what a flow makes of it: a flow's end never depends on one.

use super::{Decision, NotDecided, Said, WaitingFor, Why};
use crate::driver::ask_digest;
use crate::engine::Engine;
use crate::exchange::Prepared;
use crate::facts::Body;
use crate::message::Refusal;
use crate::packet::Packet;
use std::sync::Arc;
use store::{Change, FlowId, FlowRow, Lane, Notice, Outcome, Verdict};

/// The section of a notice's body that tells of the last try.
const LAST: &str = "last";
/// The reason of a last try that the party did not answer.
const UNANSWERED: &str = "no_answer";

/// What is kept of the last try of a notice that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastTry {
    /// The reason's name: the party's, or why there was no request.
    pub reason: String,
    /// The same in words.
    pub text: String,
    /// What the packets are read with, as it is kept of operations.
    pub asked: Option<Vec<u8>>,
    /// The request's octets; none where there was none.
    pub request: Option<Vec<u8>>,
    /// Those of the reply.
    pub reply: Option<Vec<u8>>,
}

impl LastTry {
    /// No request could be made.
    #[must_use]
    pub fn unmade(refusal: Refusal) -> Self {
        Self { reason: refusal.reason, text: refusal.text, asked: None, request: None, reply: None }
    }

    /// The party refused it.
    #[must_use]
    pub fn refused(prepared: &Prepared, (reason, text): (&str, &str), reply: &Packet) -> Self {
        let asking = &prepared.asking;
        let mut asked = Body::default();
        asked.put_tagged("facts", &asking.facts.tagged(asking.version.symbols()));
        if let Some(member) = &asking.member {
            asked.put("member", member.name.as_bytes().to_vec());
        }
        Self {
            reason: reason.to_owned(),
            text: text.to_owned(),
            asked: Some(asked.encode()),
            request: Some(prepared.packet.encode()),
            reply: Some(reply.encode()),
        }
    }

    /// Nobody knows whether the party took it; what came, if anything did, says nothing of it.
    #[must_use]
    pub fn unanswered(prepared: &Prepared, why: &str, came: &Packet) -> Self {
        let last = Self::refused(prepared, (UNANSWERED, why), came);
        Self { reply: last.reply.filter(|_| !came.content().is_empty()), ..last }
    }

    /// What a notice's body tells of it.
    #[must_use]
    pub fn of(notice: &Body) -> Option<Self> {
        let last = notice.get(LAST).and_then(Body::decode)?;
        let text = |name| last.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
        let octets = |name| last.get(name).map(<[u8]>::to_vec);
        Some(Self {
            reason: text("reason")?,
            text: text("text")?,
            asked: octets("asked"),
            request: octets("request"),
            reply: octets("reply"),
        })
    }

    /// The notice's body with it; one that nobody can read stays as it is.
    #[must_use]
    pub fn kept_in(&self, notice: Vec<u8>) -> Vec<u8> {
        let Some(body) = Body::decode(&notice) else { return notice };
        let mut body = body.without(LAST);
        let mut last = Body::default();
        last.put("reason", self.reason.clone().into_bytes());
        last.put("text", self.text.clone().into_bytes());
        for (name, octets) in [("asked", &self.asked), ("request", &self.request), ("reply", &self.reply)] {
            if let Some(octets) = octets {
                last.put(name, octets.clone());
            }
        }
        body.put(LAST, last.encode());
        body.encode()
    }
}

/// Where a notice stands by a decision about it.
pub(super) fn stands_by(said: &Said) -> Result<Outcome, NotDecided> {
    match said.decision {
        Decision::Again => Ok(Outcome::Due),
        Decision::Delivered | Decision::Dropped if said.proves() => Ok(Outcome::Ended),
        Decision::Delivered | Decision::Dropped => Err(NotDecided::NoProof),
        other => Err(NotDecided::NotThis(other.word())),
    }
}

/// A digest of what a decision about a notice is about, in hex: sent again and given up once more it is another.
fn about(notice: &Notice) -> String {
    let (tries, since) = (notice.tries.to_be_bytes(), notice.due.0.to_be_bytes());
    let digest = ask_digest(&[notice.name.as_bytes(), &tries, &since]);
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl Engine {
    /// Notices of a flow that were given up.
    pub(super) async fn notices_given_up(self: &Arc<Self>, row: &FlowRow) -> Vec<WaitingFor> {
        let now = self.journal.now();
        let notices = self.notices(row.flow).await.unwrap_or_default().into_iter();
        let given_up = notices.filter(|notice| notice.outcome == Outcome::Parked).map(|notice| {
            let last = Body::decode(&notice.body).and_then(|body| LastTry::of(&body));
            let why = last.map_or_else(String::new, |last| format!(": {}", last.reason));
            let how = if why.ends_with(UNANSWERED) { "not answered" } else { "refused" };
            WaitingFor {
                flow: row.flow,
                name: row.name.clone(),
                about: about(&notice),
                what: format!("not taken in {} tries, at last {how}{why}", notice.tries),
                // A journal of an older gateway has the moment of a next try there, which never came.
                since: notice.due.min(now),
                place: notice.name,
                why: Why::Notice { party: notice.party, call: notice.call, tries: notice.tries },
                proposed: None,
            }
        });
        given_up.collect()
    }

    async fn notices(&self, flow: FlowId) -> Result<Vec<Notice>, NotDecided> {
        self.journal.read(move |reader| reader.notices(flow)).await.map_err(|fatal| {
            self.fail(&fatal);
            NotDecided::NotNow
        })
    }

    /// Has a notice sent again, its tries counted anew, or ends it; who said so stands in the same write.
    pub(super) async fn decide_notice(
        &self,
        waits: &WaitingFor,
        outcome: Outcome,
        note: Vec<u8>,
    ) -> Result<(), NotDecided> {
        let (flow, unchanged) = (waits.flow, || NotDecided::Unchanged(waits.place.clone()));
        let mut notices = self.notices(flow).await?.into_iter();
        let stands = |notice: &Notice| notice.name == waits.place && about(notice) == waits.about;
        let notice = notices.find(stands).ok_or_else(unchanged)?;
        let due = self.journal.now();
        let decided = match (outcome, Body::decode(&notice.body)) {
            (Outcome::Due, Some(body)) => {
                Notice { tries: 0, outcome, due, body: body.without(LAST).encode(), ..notice }
            }
            (Outcome::Due, None) => Notice { tries: 0, outcome, due, ..notice },
            (Outcome::Sent | Outcome::Parked | Outcome::Ended, _) => Notice { outcome, due, ..notice },
        };
        let event = Change::Event { flow, kind: "decided".to_owned(), body: note };
        let day = crate::calendar::day(self.now().date());
        match self.journal.write(Lane::Outcome, day, vec![Change::DecideNotice(decided), event]).await {
            Ok(Verdict::Ok(_)) => Ok(()),
            // Somebody else's decision about it came first.
            Ok(Verdict::Impossible(_)) => Err(unchanged()),
            Ok(_) => Err(NotDecided::NotNow),
            Err(fatal) => {
                self.fail(&fatal);
                Err(NotDecided::NotNow)
            }
        }
    }
}
