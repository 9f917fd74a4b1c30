//! How often each story of the plan was told, and how often it was done: one that never is done shows nothing.
//!
//! In: ends of stories. Out: the stories that were told often enough and never done.

use super::plan::Plan;
use std::collections::BTreeMap;

/// Counts by the story's place in the plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(BTreeMap<usize, Times>);

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    told: u64,
    done: u64,
}

impl Tally {
    /// A story was told, to its posting or to an ask before it.
    pub(super) fn told(&mut self, story: usize) {
        self.0.entry(story).or_default().told += 1;
    }

    /// Its posting was done, whatever became of it since.
    pub(super) fn done(&mut self, story: usize) {
        self.0.entry(story).or_default().done += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (story, more) in &other.0 {
            let times = self.0.entry(*story).or_default();
            times.told += more.told;
            times.done += more.done;
        }
    }

    /// Whether a story was done at least once.
    pub(super) fn has_done(&self, story: usize) -> bool {
        self.0.get(&story).is_some_and(|times| times.done > 0)
    }

    /// Stories that were told at least so often and never done, in words.
    pub(super) fn never_done(&self, plan: &Plan, enough: u64) -> Vec<String> {
        let never = self.0.iter().filter(|(_, times)| times.told >= enough && times.done == 0);
        never
            .filter_map(|(story, times)| {
                let name = &plan.stories.get(*story)?.name;
                Some(format!("`{name}` was told {} times and never done", times.told))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_that_is_never_done_is_named_once_it_was_told_often_enough() {
        let story = |name: &str| serde_json::json!({ "name": name, "weight": 1, "draw": {}, "asks": [], "ledgers": {} });
        let plan =
            serde_json::json!({ "parties": [], "stories": [story("one"), story("other"), story("rare")] });
        let plan: Plan = serde_json::from_value(plan).unwrap();
        let (mut tally, mut more) = (Tally::default(), Tally::default());
        for _ in 0..2 {
            (0..2).for_each(|story| tally.told(story));
        }
        tally.told(2);
        assert_eq!(tally.never_done(&plan, 3), [] as [&str; 0]);
        (0..2).for_each(|story| more.told(story));
        more.done(0);
        tally.add(&more);
        assert!(tally.has_done(0) && !tally.has_done(1));
        assert_eq!(tally.never_done(&plan, 3), ["`other` was told 3 times and never done"]);
    }
}
