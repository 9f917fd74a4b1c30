//! Bad input as a step of a suite: each kind of attack becomes a case of its own.

use super::run::{Other, Runner};
use super::{Step, Suite};
use crate::attack::{AttackKind, AttackReport};
use crate::report::{CaseResult, Difference, Point, StepResult};

/// Failed attacks of one kind that are shown.
const SHOWN: usize = 5;

impl Runner<'_> {
    pub(super) async fn attack_step(
        &mut self,
        suite: &Suite,
        step: &Step,
        call: &str,
    ) -> Result<StepResult, String> {
        let good = Step { send: Some(call.to_owned()), attack: None, ..step.clone() };
        let report = self.attack(suite, &good, 7).await?;
        let mut result = StepResult {
            what: format!("attack on {call}"),
            outcome: report.summary(),
            ..StepResult::default()
        };
        if let Some(lost) = &report.lost {
            result.difference = Some(Difference::of("", "service as before", &format!("none after {lost}")));
        }
        for kind in AttackKind::ALL {
            self.attacked.extend(case_of(&report, kind, call));
        }
        if result.difference.is_none() {
            result.difference = self.refused_are_recorded(&report).await?;
        }
        Ok(result)
    }

    /// What was refused before it was a message stands in the gateway's journal and in its metrics, one for one.
    async fn refused_are_recorded(&self, report: &AttackReport) -> Result<Option<Difference>, String> {
        let Other::Stage(stage) = &self.other else { return Ok(None) };
        super::patience::quiet(&**stage).await;
        let rows = stage.records("refused", &self.mark)?;
        let counted: u64 = rows.iter().filter_map(|row| row.get("count")?.as_u64()).sum();
        let now = self.read_metrics().await?;
        let since = |name: &str| {
            let of = |all: &std::collections::BTreeMap<String, u64>| {
                all.iter().filter(|(known, _)| known.starts_with(name)).map(|(_, count)| count).sum::<u64>()
            };
            of(&now).saturating_sub(of(&self.metrics))
        };
        let metric = since("tongshi_refused_inputs_total").to_string();
        if metric != counted.to_string() {
            let found = format!("{metric} in the metrics");
            return Ok(Some(Difference::of(
                "refused inputs",
                &format!("{counted} as in the journal"),
                &found,
            )));
        }
        let due = report.refused_as_input();
        Ok((counted < due).then(|| {
            let expected = format!("at least {due} entries in the journal");
            Difference::of("refused inputs", &expected, &counted.to_string())
        }))
    }
}

fn case_of(report: &AttackReport, kind: AttackKind, call: &str) -> Option<CaseResult> {
    let of_kind: Vec<_> = report.results.iter().filter(|result| result.kind == kind).collect();
    if of_kind.is_empty() {
        return None;
    }
    let name = format!("bad input on {call}, {}: {} forms", kind.words(), of_kind.len());
    let mut case = CaseResult::new(&name, Point::BadInput);
    let mut outcomes: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for result in &of_kind {
        *outcomes.entry(&result.outcome).or_default() += 1;
    }
    let outcomes: Vec<String> =
        outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    case.take(StepResult {
        what: kind.words().to_owned(),
        outcome: outcomes.join(", "),
        ..StepResult::default()
    });
    for bad in of_kind.iter().filter(|result| !result.good).take(SHOWN) {
        case.take(StepResult {
            what: bad.name.clone(),
            outcome: bad.outcome.clone(),
            difference: Some(Difference::of("outcome", "a refusal or a closed connection", &bad.outcome)),
            ..StepResult::default()
        });
    }
    Some(case)
}
