//! The outbox: notices that flows owe, sent when they are due, each tried again until it is taken, or given up for people to
//! decide about.
//!
//! In: due notices of the journal. Out: exchanges, and how each went. What one party is owed goes in order, by a task of its
//! share of the core, so that no party waits for another that does not answer. It must not know why a notice is owed.

use crate::engine::Engine;
use crate::exchange::{Asking, Verdict};
use crate::facts::{Body, Facts};
use crate::message::Refusal;
use crate::packet::Packet;
use crate::version::Version;
use crate::waiting::LastTry;
use adapters::value::decode_record;
use dsl::model::Fact;
use dsl::value::Outcome;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Change, FlowId, Lane, Notice, Outcome as NoticeState, Verdict as Written};
use tokio::sync::oneshot;

/// Tries of a notice, about a day of them, before people are told of it. One that is refused then is given up: it waits for
/// people. One of which nobody knows whether it was taken is owed still, and tried once a day: the days of its flow are not
/// forgotten before it is taken.
const TRIES: u32 = 24;
/// Tries at most, which is a month of days behind them: then it is given up as well.
const MOST_TRIES: u32 = TRIES + 30;
/// The pause from then on, in milliseconds.
const DAY: i64 = 86_400_000;
/// What the pauses between tries of a notice begin from, in milliseconds: each is twice the one before, so often at most.
const PAUSE: i64 = 10_000;
const DOUBLED: u32 = 9;
/// Notices that are taken up in one look.
const AT_ONCE: usize = 100;
/// The pause before what became of a notice is written again where the journal has no room: each twice the one before, so long at most.
const ROOM: Duration = Duration::from_secs(1);
const ROOM_MOST: Duration = Duration::from_secs(60);

/// Parties that are being sent what they are owed; each ends with its task.
type Busy = BTreeMap<String, oneshot::Receiver<()>>;

/// What became of a try.
enum Tried {
    Taken,
    /// Surely not taken, and nothing says that another try would be.
    Refused(Box<LastTry>),
    /// Nobody knows, or it could not be sent now.
    Open(Box<LastTry>),
}

impl Tried {
    /// What is kept of it where it was the last one of so many.
    fn gives_up(self, tries: u32) -> Option<Box<LastTry>> {
        match self {
            Self::Refused(last) => Some(last).filter(|_| tries >= TRIES),
            Self::Open(last) => Some(last).filter(|_| tries >= MOST_TRIES),
            Self::Taken => None,
        }
    }
}

impl Engine {
    /// Sends what is owed, until the engine stops.
    pub async fn owe(self: Arc<Self>) {
        let mut busy = Busy::new();
        while !self.stopping.load(Ordering::Acquire) {
            self.core.deadline(self.core.mark().after(super::LOOK)).await;
            let version = self.current.load_full();
            self.outbox(&version, &mut busy).await;
        }
    }

    /// Takes up what is due to parties that are not being sent something.
    async fn outbox(self: &Arc<Self>, version: &Arc<Version>, busy: &mut Busy) {
        busy.retain(|_, ends| matches!(ends.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
        let (now, beside) = (self.journal.now(), busy.keys().cloned().collect::<Vec<_>>());
        let due = self.journal.read(move |reader| reader.notices_due_beside(now, &beside, AT_ONCE)).await;
        let due = match due {
            Ok(due) => due,
            Err(fatal) => return self.fail(&fatal),
        };
        let mut parties = BTreeMap::<String, Vec<Notice>>::new();
        for notice in due {
            parties.entry(notice.party.clone()).or_default().push(notice);
        }
        for (party, notices) in parties {
            let (ends, ended) = oneshot::channel();
            let (engine, version, share) = (Arc::clone(self), Arc::clone(version), self.core.share(&party));
            busy.insert(party, ended);
            self.core.spawn(share.task(Box::pin(async move {
                engine.send_notices(&version, notices).await;
                drop(ends);
            })));
        }
    }

    /// Sends what one party is owed, one after the other.
    async fn send_notices(self: &Arc<Self>, version: &Arc<Version>, notices: Vec<Notice>) {
        for notice in notices {
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            let tried = self.send_notice(version, &notice).await;
            let tries = notice.tries.saturating_add(1);
            let taken = matches!(tried, Tried::Taken);
            let late = !taken && tries >= TRIES;
            let now = self.journal.now();
            let pause = if late { DAY } else { PAUSE.saturating_mul(1 << tries.min(DOUBLED)) };
            let next = store::Moment(now.0.saturating_add(pause));
            let (flow, name, party) = (notice.flow, notice.name.clone(), notice.party.clone());
            let (outcome, due, body, given_up) = match tried.gives_up(tries) {
                Some(last) => {
                    (NoticeState::Parked, now, last.kept_in(notice.body), Some(given_up(flow, &name, &last)))
                }
                None if taken => (NoticeState::Sent, next, notice.body, None),
                None => (NoticeState::Due, next, notice.body, None),
            };
            let put = Change::PutNotice(Notice { tries, outcome, due, body, ..notice });
            let changes = [put].into_iter().chain(given_up).collect();
            if !self.keep_notice(flow, &party, changes).await {
                return;
            }
            match outcome {
                NoticeState::Parked => crate::observe::notice_parked(flow, &name, &party),
                NoticeState::Due if late => crate::observe::not_taken(flow, &name, &party),
                NoticeState::Due | NoticeState::Sent | NoticeState::Ended => {}
            }
        }
    }

    /// Writes what became of a notice, again and again until there is room: till then it is due in the journal, and would be sent
    /// with every look to a party that has taken it. False where the gateway ends before.
    async fn keep_notice(&self, flow: FlowId, party: &str, changes: Vec<Change>) -> bool {
        let mut pause = ROOM;
        loop {
            let day = crate::calendar::day(self.now().date());
            match self.journal.write(Lane::Outcome, day, changes.clone()).await {
                Ok(Written::Ok(_)) => return true,
                Ok(verdict) => {
                    tracing::warn!(%flow, party, ?verdict, "what became of a notice is not in the journal; it is written again");
                }
                Err(fatal) => {
                    self.fail(&fatal);
                    return false;
                }
            }
            self.core.deadline(self.core.mark().after(pause)).await;
            if self.stopping.load(Ordering::Acquire) {
                return false;
            }
            pause = pause.saturating_mul(2).min(ROOM_MOST);
        }
    }

    async fn send_notice(self: &Arc<Self>, version: &Arc<Version>, notice: &Notice) -> Tried {
        let unmade = |refusal| Tried::Refused(Box::new(LastTry::unmade(refusal)));
        let Some(call) = version.call_named(&notice.call) else {
            return unmade(Refusal::told("no_route", format!("no adapter has a call {}", notice.call)));
        };
        let Some(body) = Body::decode(&notice.body) else {
            return unmade(Refusal::told("bad_message", "what is owed cannot be read".to_owned()));
        };
        let shape = version.call(call).and_then(|call| call.call.ask);
        let ask = match (body.get("ask"), shape) {
            (Some(octets), Some(shape)) => {
                decode_record(octets, &version.compiled.shapes, shape, version.symbols()).ok()
            }
            _ => None,
        };
        let facts = Facts::of_tagged(&body.tagged("facts"), version.symbols());
        debug_assert!(!facts.knows(Fact::Serial));
        let prepared = match self.prepare(Asking::new(version, call, facts, ask)).await {
            Ok(prepared) => prepared,
            // A session comes back, and so does room.
            Err(refusal) if matches!(&*refusal.reason, "no_session" | "busy") => {
                return Tried::Open(Box::new(LastTry::unmade(refusal)));
            }
            Err(refusal) => return unmade(refusal),
        };
        let open = |why: String, packet: &Packet| {
            Tried::Open(Box::new(LastTry::unanswered(&prepared, &why, packet)))
        };
        match self.exchange(&prepared).await {
            Verdict::Heard(heard) => match heard.outcome {
                Outcome::Done(_) => Tried::Taken,
                // What is refused with its session is not what was asked.
                Outcome::Refused(_) if heard.no_session.is_none() => {
                    let said = (heard.reason(version), &*heard.text);
                    Tried::Refused(Box::new(LastTry::refused(&prepared, said, &heard.packet)))
                }
                Outcome::Refused(_) | Outcome::Unknown => open(heard.text, &heard.packet),
            },
            Verdict::Unreadable { why, packet, .. } => open(why, &packet),
            Verdict::NotSent(cause) | Verdict::NoReply(cause) => open(cause.to_string(), &Packet::default()),
        }
    }
}

/// The line of the flow's history that says that a notice is not tried any more.
fn given_up(flow: FlowId, name: &str, last: &LastTry) -> Change {
    let mut body = Body::default();
    body.put("place", name.as_bytes().to_vec());
    body.put("reason", last.reason.clone().into_bytes());
    Change::Event { flow, kind: "given_up".to_owned(), body: body.encode() }
}
