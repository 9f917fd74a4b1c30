//! What came of a campaign of kills, for people and for machines.

use crate::torture::audit::Wrong;
use crate::torture::client::Said;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Killed {
    /// Times killed.
    pub(super) kills: u64,
    /// Times stopped for a while and let go on.
    pub(super) pauses: u64,
    /// Times that its disk was full; or why it never was.
    pub(super) full_disks: u64,
    pub(super) no_full_disk: Option<String>,
    /// Of them those in which at least an ask was refused.
    pub(super) felt_disks: u64,
    /// Asks that were refused as busy while it was.
    pub(super) refused_when_full: u64,
    /// Times that the server under the journal lost its power and was begun again.
    pub(super) power_failures: u64,
    /// What befell connections to parties, by name; and what parties did wrong by themselves.
    pub(super) connections: BTreeMap<&'static str, u64>,
    pub(super) of_parties: u64,
    /// Postings asked for; of them by the last answer: done, refused, pending.
    pub(super) postings: u64,
    pub(super) ends: [u64; 3],
    /// Of those pending: so many wait for people.
    pub(super) waiting: u64,
    /// And so many go on by themselves.
    pub(super) going_on: u64,
    /// What is wrong, by kind and in words.
    pub(super) wrong: BTreeMap<Wrong, u64>,
    pub(super) failures: Vec<String>,
    /// Writes and rows of the journal that were compared with its chains.
    pub(super) verified: (u64, u64),
    /// How long it took, and of that until what was begun had ended in fair weather.
    pub(super) took: Duration,
    pub(super) settled: Duration,
    /// Starts after a kill: the longest until asks were taken again.
    pub(super) longest_start: Duration,
}

impl Killed {
    /// Nothing was lost, doubled or falsely answered, every story that was told often was done, and the journal is whole.
    pub(crate) fn well(&self) -> bool {
        self.failures.is_empty() && self.postings > 0
    }

    /// One more posting, by its last answer.
    pub(super) fn count(&mut self, last: Option<Said>) {
        self.postings += 1;
        let place = match last {
            Some(Said::Done) => 0,
            Some(Said::Refused) => 1,
            Some(Said::Pending | Said::Unheard) | None => 2,
        };
        if let Some(count) = self.ends.get_mut(place) {
            *count += 1;
        }
    }

    /// One more thing is wrong.
    pub(super) fn is_wrong(&mut self, wrong: Wrong, words: &str) {
        *self.wrong.entry(wrong).or_default() += 1;
        self.failures.push(format!("{wrong:?}: {words}"));
    }

    /// There is no disk that could be full: wrong where there ought to be one, or nobody would miss what it shows.
    pub(super) fn lacks_a_disk(&mut self, wrong: bool) {
        if let Some(why) = self.no_full_disk.as_ref().filter(|_| wrong) {
            self.failures.push(format!(
                "no small disk could be mounted, so that none was ever full: {why}; a container wants the right to mount \
                 (CAP_SYS_ADMIN), or run it as another user than root to do without"
            ));
        }
    }

    fn of(&self, wrong: Wrong) -> u64 {
        self.wrong.get(&wrong).copied().unwrap_or(0)
    }

    /// One object for machines.
    pub(crate) fn object(&self) -> Value {
        json!({
            "kills": self.kills, "pauses": self.pauses, "full_disks": self.full_disks,
            "full_disks_felt": self.felt_disks, "no_full_disk": self.no_full_disk, "refused_when_full": self.refused_when_full,
            "power_failures": self.power_failures, "connections": self.connections, "faults_of_parties": self.of_parties, "transactions": self.postings,
            "seconds": self.took.as_secs(), "seconds_settling": self.settled.as_secs(),
            "longest_start_ms": self.longest_start.as_millis() as u64,
            "done": self.ends[0], "refused": self.ends[1], "pending": self.ends[2],
            "waiting": self.waiting, "going_on": self.going_on, "lost": self.of(Wrong::Lost) + self.of(Wrong::OneSided), "doubled": self.of(Wrong::Doubled),
            "false_answers": self.of(Wrong::FalseAnswer), "hanging": self.of(Wrong::Hangs), "misdated": self.of(Wrong::Misdated),
            "over_limit": self.of(Wrong::OverLimit),
            "writes_verified": self.verified.0, "rows_verified": self.verified.1, "failures": self.failures,
        })
    }

    /// In words.
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        for failure in &self.failures {
            out.push_str(&format!("⇒ {failure}\n"));
        }
        let full = match &self.no_full_disk {
            Some(why) => format!("no full disk ({why})"),
            None => format!(
                "{} full disks, {} of them felt ({} asks refused)",
                self.full_disks, self.felt_disks, self.refused_when_full
            ),
        };
        let power = match self.power_failures {
            0 => String::new(),
            times => format!(" · {times} power failures of the database's server"),
        };
        out.push_str(&format!("{} kills · {} pauses · {full}{power}\n", self.kills, self.pauses));
        let mut befell: Vec<_> =
            self.connections.iter().map(|(what, times)| format!("{times} × {what}")).collect();
        befell.push(format!("{} faults of parties", self.of_parties));
        out.push_str(&format!("{}\n", befell.join(" · ")));
        out.push_str(&format!(
            "{} postings ({} done, {} refused, {} pending, of which {} wait for people and {} go on) · {} s, {} of them until all had ended; the longest start {} ms\n",
            self.postings,
            self.ends[0],
            self.ends[1],
            self.ends[2],
            self.waiting,
            self.going_on,
            self.took.as_secs(),
            self.settled.as_secs(),
            self.longest_start.as_millis(),
        ));
        out.push_str(&format!(
            "{} lost or on one side only · {} doubled · {} falsely answered · {} without an end · {} of another day · {} over a limit · {} writes, {} rows of the journal verified\n",
            self.of(Wrong::Lost) + self.of(Wrong::OneSided),
            self.of(Wrong::Doubled),
            self.of(Wrong::FalseAnswer),
            self.of(Wrong::Hangs),
            self.of(Wrong::Misdated),
            self.of(Wrong::OverLimit),
            self.verified.0,
            self.verified.1,
        ));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_ought_to_be_there_is_missed() {
        let why = "mount: permission denied".to_owned();
        let mut killed = Killed { postings: 1, no_full_disk: Some(why.clone()), ..Killed::default() };
        killed.lacks_a_disk(false);
        assert!(killed.well() && killed.show().contains(&format!("no full disk ({why})")));
        killed.lacks_a_disk(true);
        let told = killed.object()["failures"][0].as_str().unwrap_or_default().to_owned();
        assert!(!killed.well() && told.contains(&why), "{told}");
        let mut with = Killed { postings: 1, ..Killed::default() };
        with.lacks_a_disk(true);
        assert!(with.well());
    }
}
