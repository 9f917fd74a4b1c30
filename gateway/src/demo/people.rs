//! People of the bank in the demonstration: two persons decide what waits for them.
//!
//! In: a stage, every how many of their decisions is a refusal. Out: what they have decided. They see what any operator
//! sees, and are known to the gateway as operators are; operations whose end nobody knows are not theirs to guess.

use crate::stage::Stage;
use conformance::suite::PeopleDo;
use engine::waiting::{Decision, WaitingFor, Why};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two persons, and what they have decided so far.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// Every so many decisions is a refusal; 0: none.
    refuse_every: u64,
    /// Decisions to go on.
    pub(crate) went: AtomicU64,
    /// Refusals.
    pub(crate) refused: AtomicU64,
}

impl People {
    pub(crate) fn new(refuse_every: u64) -> Self {
        Self { refuse_every, ..Self::default() }
    }

    /// Flows in memory that wait for an operator, who is not theirs to play.
    pub(crate) async fn parked(stage: &Stage) -> Result<usize, String> {
        let waits = stage.waits().await?;
        let Some(gateway) = stage.gateway() else { return Ok(0) };
        let flows: BTreeSet<_> =
            waits.iter().filter(|waits| !is_hold(waits)).map(|waits| waits.flow).collect();
        Ok(flows.iter().filter(|flow| gateway.engine().flows.contains_key(flow)).count())
    }

    /// Whether something waits that they decide; what is an operator's stays.
    pub(crate) async fn awaited(&self, stage: &Stage) -> Result<bool, String> {
        Ok(stage.waits().await?.iter().any(is_hold))
    }

    /// Decides every hold that waits now; gives how many.
    pub(crate) async fn decide(&self, stage: &Stage) -> Result<usize, String> {
        let waits = stage.waits().await?;
        let holds: Vec<_> = waits.into_iter().filter(is_hold).collect();
        for waits in &holds {
            let before = self.went.load(Ordering::Relaxed) + self.refused.load(Ordering::Relaxed);
            let refuses = self.refuse_every > 0 && (before + 1).is_multiple_of(self.refuse_every);
            let (decision, count) =
                if refuses { (Decision::Refuse, &self.refused) } else { (Decision::Go, &self.went) };
            let what = PeopleDo {
                say: decision.word().to_owned(),
                reason: if refuses { "not_accepted".to_owned() } else { String::new() },
                ..PeopleDo::default()
            };
            stage.decide_one(&what, waits).await?;
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(holds.len())
    }
}

fn is_hold(waits: &WaitingFor) -> bool {
    matches!(waits.why, Why::Hold { .. })
}
