//! Bad input against a running link: what a party, a broken line or an enemy may send, made from any adapter's own
//! messages.
//!
//! In: a good request that the runner can make. Out: for each attack what came back, and whether the next good message
//! was still answered. What is allowed: the other side's own refusal, or a closed connection; never an answer that says
//! done, never silence where a whole message was sent, never an end of service.

mod make;

pub use make::{Attack, AttackKind, Guard, make};

use crate::party::Line;
use crate::scene::Parts;
use crate::suite::{Runner, Step, Suite};
use dsl::program::Part;
use link::world::SeededRandom;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// What came of one attack.
#[derive(Clone, Debug, Serialize)]
pub struct AttackResult {
    /// What was sent, in words.
    pub name: String,
    /// Its kind.
    pub kind: AttackKind,
    /// `refused REASON`, `closed`, `silence`, `done`…
    pub outcome: String,
    /// It was taken as it must be.
    pub good: bool,
}

/// What came of all.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttackReport {
    /// One by one.
    pub results: Vec<AttackResult>,
    /// Good messages that were answered in between.
    pub answered: usize,
    /// A good message that was not answered any more: the attack before it, and what came.
    pub lost: Option<String>,
}

impl AttackReport {
    /// Whether the other side took all of it well.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost.is_none() && !self.results.is_empty() && self.results.iter().all(|result| result.good)
    }

    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let good = self.results.iter().filter(|result| result.good).count();
        let (all, between) = (self.results.len(), self.answered);
        format!("{good} of {all} attacks taken well, {between} good messages answered between")
    }

    /// Attacks that the other side must have written down as refused input: whole messages that it called none, or broke
    /// off.
    #[must_use]
    pub fn refused_as_input(&self) -> u64 {
        let bad = |outcome: &str| {
            ["closed", "unread", "refused bad_message", "refused bad_seal", "refused unknown_message"]
                .contains(&outcome)
        };
        let whole = |kind| !matches!(kind, AttackKind::Truncated | AttackKind::Length | AttackKind::Garbage);
        let refused = self.results.iter().filter(|result| whole(result.kind) && bad(&result.outcome));
        u64::try_from(refused.count()).unwrap_or(u64::MAX)
    }

    /// For a console: counts by kind, and each attack that was not taken well.
    #[must_use]
    pub fn console(&self) -> String {
        let mut out = String::new();
        for kind in AttackKind::ALL {
            let of_kind = || self.results.iter().filter(|result| result.kind == kind);
            let good = of_kind().filter(|result| result.good).count();
            let _ = writeln!(out, "  {kind:?}: {good} of {}", of_kind().count());
        }
        for bad in self.results.iter().filter(|result| !result.good) {
            let _ = writeln!(out, "  NOT TAKEN WELL {}: {}", bad.name, bad.outcome);
        }
        if let Some(lost) = &self.lost {
            let _ = writeln!(out, "  NO ANSWER ANY MORE after {lost}");
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }
}

/// How long an answer to bad input is waited for.
const LIMIT: Duration = Duration::from_millis(1_500);
/// How long it is waited where the message is not whole: silence is right there.
const SHORT: Duration = Duration::from_millis(30);
/// How long a message may take that comes an octet at a time.
const SLOW: Duration = Duration::from_secs(30);
/// After so many attacks a good message must be answered.
const BETWEEN: usize = 8;

impl Runner<'_> {
    /// Attacks the link of a call with damaged forms of its request. The suite's sign-in, if it has one, must have been
    /// run before by this runner.
    ///
    /// # Errors
    /// A good request that cannot be made or is not answered at the start, in words.
    pub async fn attack(&mut self, suite: &Suite, good: &Step, seed: u64) -> Result<AttackReport, String> {
        let mut report = AttackReport::default();
        self.still_answered(suite, good).await.map_err(|came| format!("before any attack: {came}"))?;
        let request = self.request(suite, good, false)?;
        let guard = self.guard(good)?;
        let wrong_seal = if guard == Guard::Sealed { Some(self.request(suite, good, true)?) } else { None };
        let line = self.line(good).await?;
        let framed = if line.is_framed() {
            line.framed(&request).map_err(|error| error.to_string())?
        } else {
            request.get(attacked(&request)).to_vec()
        };
        let over_frames = line.is_framed();
        let attacks = make(&request, wrong_seal.as_ref(), &framed, over_frames, &SeededRandom::new(seed));
        for (number, attack) in attacks.iter().enumerate() {
            let outcome = self.one(good, attack).await;
            let good_end = attack.kind.allows(&outcome, attack.whole, guard);
            let name = attack.name.clone();
            report.results.push(AttackResult {
                name: name.clone(),
                kind: attack.kind,
                outcome,
                good: good_end,
            });
            if number % BETWEEN == BETWEEN - 1 || number + 1 == attacks.len() {
                if let Err(came) = self.still_answered(suite, good).await {
                    report.lost = Some(format!("{name}: {came}"));
                    return Ok(report);
                }
                report.answered += 1;
            }
        }
        Ok(report)
    }

    async fn still_answered(&mut self, suite: &Suite, good: &Step) -> Result<(), String> {
        let result = self.once(suite, good).await?;
        match &result.difference {
            None => Ok(()),
            Some(difference) => Err(difference.to_string()),
        }
    }

    async fn one(&mut self, good: &Step, attack: &Attack) -> String {
        let mut line = match self.line(good).await {
            Ok(line) => line,
            Err(why) => return format!("no connection: {why}"),
        };
        let limit = match attack.kind {
            AttackKind::Slow => SLOW,
            _ if attack.whole => LIMIT,
            _ => SHORT,
        };
        let core = self.core.clone();
        let until = core.mark().after(limit);
        let came = core.within(until, send(&core, &mut line, attack)).await;
        match came {
            Err(_) => "silence".to_owned(),
            Ok(Err(_)) => "closed".to_owned(),
            Ok(Ok(answer)) => self.outcome_of(good, &answer),
        }
    }
}

/// What of a request is attacked: its content; of one without, the query.
pub(crate) fn attacked(request: &Parts) -> Part {
    if request.get(Part::Content).is_empty() { Part::Query } else { Part::Content }
}

async fn send(core: &link::Core, line: &mut Line, attack: &Attack) -> std::io::Result<Parts> {
    if !line.is_framed() {
        let mut parts = attack.around.clone();
        parts.set(attacked(&attack.around), attack.octets.clone());
        return line.exchange(&parts).await;
    }
    if attack.kind == AttackKind::Slow {
        for octet in &attack.octets {
            line.send_raw(std::slice::from_ref(octet)).await?;
            let clock = &core.world().clock;
            clock.sleep_until(clock.mark().after(Duration::from_millis(2))).await;
        }
    } else {
        line.send_raw(&attack.octets).await?;
    }
    if attack.ends {
        line.end().await?;
    }
    line.hear().await
}
