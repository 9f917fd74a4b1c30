//! Steps of people of the bank: two persons decide what waits for them in the gateway.
//!
//! In: what is decided, and by whom. Out: how it came out. How the gateway knows people is the stage's matter.

use super::run::{Other, Runner};
use super::{PeopleDo, Step};
use crate::report::StepResult;

impl Runner<'_> {
    pub(super) async fn people_step(&mut self, step: &Step, what: &PeopleDo) -> Result<StepResult, String> {
        let Other::Stage(stage) = &self.other else { return Err("no gateway is at hand".to_owned()) };
        super::patience::quiet(&**stage).await;
        let words = match (&what.parameter, &what.what) {
            (Some(change), _) => {
                format!(
                    "people change {} of {} to {} from {}",
                    change.name, change.of, change.value, change.from
                )
            }
            (None, Some(text)) => format!("people say {} of: {text}", what.say),
            (None, None) => format!("people say {} of all that waits", what.say),
        };
        let mut result = StepResult { what: words, ..StepResult::default() };
        let expect = step.expect.clone().unwrap_or_default();
        let wanted = expect.outcome.as_deref().unwrap_or("decided");
        match stage.decide(what).await {
            Ok(decided) if decided.iter().all(|one| one.done) => result.outcome("decided", wanted),
            Ok(_) => result.outcome("proposed", wanted),
            Err(why) => {
                result.outcome("refused", wanted);
                if let Some(difference) = &mut result.difference {
                    difference.found = why;
                }
            }
        }
        Ok(result)
    }
}
