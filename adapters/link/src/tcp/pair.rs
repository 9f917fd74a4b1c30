//! A pair of one-way lines: requests leave on one, their answers come on another.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{Request, TcpClient};
use crate::outcome::{Cause, CauseKind, Exchanged, Sent};
use crate::world::Core;

/// Exchanges that wait for an answer on another line, by key.
#[derive(Debug, Default)]
pub struct Pending {
    waiting: Mutex<BTreeMap<Bytes, oneshot::Sender<Bytes>>>,
}

impl Pending {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Bytes, oneshot::Sender<Bytes>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer with this key; `None` if another exchange does already.
    #[must_use]
    pub fn expect(self: &Arc<Self>, key: Bytes) -> Option<Waiter> {
        let (give, take) = oneshot::channel();
        let mut waiting = self.waiting();
        if waiting.contains_key(&key) {
            return None;
        }
        waiting.insert(key.clone(), give);
        Some(Waiter { pending: Arc::clone(self), key, answer: take })
    }

    /// Hands an answer to the exchange that waits for its key.
    ///
    /// # Errors
    /// The answer itself, if nobody waits for it any more.
    pub fn resolve(&self, key: &[u8], answer: Bytes) -> Result<(), Bytes> {
        match self.waiting().remove(key) {
            Some(give) => give.send(answer),
            None => Err(answer),
        }
    }
}

/// One exchange that waits for its answer; dropping it waits no more.
#[derive(Debug)]
pub struct Waiter {
    pending: Arc<Pending>,
    key: Bytes,
    answer: oneshot::Receiver<Bytes>,
}

impl Waiter {
    /// The answer; `None` where it can come no more.
    pub async fn answer(&mut self) -> Option<Bytes> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.pending.waiting().remove(&self.key);
    }
}

/// The sending half of a pair. The receiving half hands what it hears to [`Pending::resolve`].
#[derive(Clone)]
pub struct Pair {
    core: Core,
    out: TcpClient,
    pending: Arc<Pending>,
}

impl Pair {
    /// Sends on `out`; answers are looked for in `pending`.
    #[must_use]
    pub fn new(core: &Core, out: TcpClient, pending: Arc<Pending>) -> Self {
        Self { core: core.clone(), out, pending }
    }

    /// Sends a request and waits until its limit for the answer with its key.
    pub async fn exchange(&self, request: Request) -> Exchanged {
        let Some(key) = request.key.clone() else {
            return Exchanged::NotSent(Cause::told(CauseKind::Request, "the exchange has no key"));
        };
        let Some(mut waiter) = self.pending.expect(key) else {
            return Exchanged::NotSent(Cause::new(CauseKind::SameKey));
        };
        let until = request.until;
        let cause = match self.out.send(request).await {
            Sent::Not(cause) => return Exchanged::NotSent(cause),
            // The other line may bring the answer even though this one broke.
            Sent::Maybe(cause) => cause,
            Sent::Whole => Cause::new(CauseKind::AnswerTimedOut),
        };
        match self.core.within(until, &mut waiter.answer).await {
            Ok(Ok(answer)) => Exchanged::Reply(answer),
            Ok(Err(_)) | Err(_) => Exchanged::MaybeSent(cause),
        }
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("out", &self.out).finish_non_exhaustive()
    }
}
