//! What a campaign found, for people and for machines.

use super::audit::Wrong;
use super::ends::Ends;
use super::ground::Ground;
use super::seed::SeedEnd;
use super::tally::Tally;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Lines of a failing seed's story that are shown, from its end; of a seed that was asked for alone, all are.
const SHOWN: usize = 60;

/// A story that seeds told so often is done at least once: parties refuse at will, and where seeds aim at refusals most is refused.
const ENOUGH: u64 = 100;

/// A posting's call, its end, and what went wrong while it was open.
type Pair = (String, &'static str, &'static str);

/// All seeds together.
#[derive(Debug, Default)]
pub(crate) struct Campaign {
    /// Seeds run.
    pub(crate) seeds: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// How long the days of all seeds were.
    pub(crate) days: Duration,
    /// Seeds that failed, with their stories.
    pub(crate) failing: Vec<SeedEnd>,
    postings: u64,
    ends: [u64; 3],
    tally: Tally,
    /// Stories that no seed has done.
    never_done: Vec<String>,
    faults: BTreeMap<&'static str, u64>,
    reached: BTreeMap<(String, &'static str), u64>,
    unreached: Vec<(String, &'static str)>,
    pairs: BTreeMap<Pair, u64>,
    unreached_pairs: Vec<Pair>,
    wrong: BTreeMap<Wrong, u64>,
}

impl Campaign {
    /// One more seed.
    pub(super) fn add(&mut self, end: SeedEnd) {
        self.seeds += 1;
        self.postings += end.postings;
        self.days += end.day;
        for (count, more) in self.ends.iter_mut().zip(end.ends) {
            *count += more;
        }
        self.tally.add(&end.tally);
        for (fault, times) in &end.faults {
            *self.faults.entry(fault).or_default() += times;
        }
        for pair in &end.reached {
            *self.reached.entry(pair.clone()).or_default() += 1;
        }
        for pair in &end.pairs {
            *self.pairs.entry(pair.clone()).or_default() += 1;
        }
        for (wrong, times) in &end.wrong {
            *self.wrong.entry(*wrong).or_default() += times;
        }
        if !end.failures.is_empty() {
            self.failing.push(end);
        }
    }

    /// What ought to be reached of the postings that were asked for, and was not.
    pub(super) fn complete(&mut self, ground: &Ground) {
        self.never_done = self.tally.never_done(&ground.plan, ENOUGH);
        let asked: BTreeSet<&str> = self.reached.keys().map(|(call, _)| call.as_str()).collect();
        for known @ Ends { call, ends, .. } in &ground.ends {
            if !asked.contains(call.as_str()) {
                continue;
            }
            // What befell another posting of the call while this one was open is no pair where it could not have befallen this.
            self.pairs.retain(|(own, end, what), _| own != call || known.may_meet(end, what));
            for (end, misfortunes) in ends {
                if !self.reached.contains_key(&(call.clone(), *end)) {
                    self.unreached.push((call.clone(), *end));
                }
                let pairs = misfortunes.iter().map(|what| (call.clone(), *end, *what));
                self.unreached_pairs.extend(pairs.filter(|pair| !self.pairs.contains_key(pair)));
            }
        }
    }

    /// Nothing was lost, doubled or falsely answered, no seed failed otherwise, and every story that was told often was done.
    pub(crate) fn well(&self) -> bool {
        self.failing.is_empty() && self.postings > 0 && self.never_done.is_empty()
    }

    fn of(&self, wrong: Wrong) -> u64 {
        self.wrong.get(&wrong).copied().unwrap_or(0)
    }
}

/// One object for machines.
pub(crate) fn object(campaign: &Campaign) -> Value {
    let end = |(call, state): &(String, &str)| json!({ "call": call, "end": state });
    let why = |end: &SeedEnd| json!({ "seed": end.seed, "why": end.failures });
    let pair = |(call, state, what): &Pair| json!({ "call": call, "end": state, "fault": what });
    json!({
        "seeds": campaign.seeds, "transactions": campaign.postings, "seconds": campaign.took.as_secs(),
        "simulated_seconds": campaign.days.as_secs(),
        "done": campaign.ends[0], "refused": campaign.ends[1], "pending": campaign.ends[2],
        "faults": campaign.faults,
        "lost": campaign.of(Wrong::Lost) + campaign.of(Wrong::OneSided), "doubled": campaign.of(Wrong::Doubled),
        "false_answers": campaign.of(Wrong::FalseAnswer), "hanging": campaign.of(Wrong::Hangs),
        "misdated": campaign.of(Wrong::Misdated), "over_limit": campaign.of(Wrong::OverLimit),
        "failing_seeds": campaign.failing.iter().map(|end| end.seed).collect::<Vec<_>>(),
        "failures": campaign.failing.iter().map(why).collect::<Vec<_>>(),
        "never_done": campaign.never_done,
        "reached": campaign.reached.keys().map(end).collect::<Vec<_>>(),
        "unreached": campaign.unreached.iter().map(end).collect::<Vec<_>>(),
        "pairs_reached": campaign.pairs.keys().map(pair).collect::<Vec<_>>(),
        "pairs_unreached": campaign.unreached_pairs.iter().map(pair).collect::<Vec<_>>(),
    })
}

/// Tables for people, and the stories of seeds that failed.
pub(crate) fn show(campaign: &Campaign) -> String {
    let mut out = String::new();
    for end in &campaign.failing {
        out.push_str(&format!("seed {} fails; what is needed for it: {}\n", end.seed, end.knobs.words()));
        let shown = if campaign.seeds == 1 { usize::MAX } else { SHOWN };
        let more = end.story.len().saturating_sub(shown);
        if more > 0 {
            out.push_str(&format!("  … {more} lines before\n"));
        }
        for line in end.story.iter().skip(more) {
            out.push_str(&format!("  {line}\n"));
        }
        for failure in &end.failures {
            out.push_str(&format!("  ⇒ {failure}\n"));
        }
        out.push('\n');
    }
    for never in &campaign.never_done {
        out.push_str(&format!("⇒ {never}\n"));
    }
    let mut faults = table(["fault", "times"]);
    for (fault, times) in &campaign.faults {
        faults.add_row([Cell::new(fault), right(*times)]);
    }
    let mut reached = table(["posting", "its end", "seeds"]);
    for ((call, state), seeds) in &campaign.reached {
        reached.add_row([Cell::new(call), Cell::new(state), right(*seeds)]);
    }
    for (call, state) in &campaign.unreached {
        reached.add_row([Cell::new(call), Cell::new(state), Cell::new("never")]);
    }
    out.push_str(&format!("{faults}\n\n{reached}\n\n"));
    out.push_str(&never_met(campaign));
    let millis = u64::try_from(campaign.took.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = campaign.postings.saturating_mul(1_000) / millis;
    out.push_str(&format!(
        "{} seeds · {} postings ({} done, {} refused, {} pending) in {} simulated hours · {} s, {rate} postings a second\n",
        campaign.seeds,
        campaign.postings,
        campaign.ends[0],
        campaign.ends[1],
        campaign.ends[2],
        campaign.days.as_secs() / 3_600,
        millis / 1_000,
    ));
    out.push_str(&format!(
        "{} lost or on one side only · {} doubled · {} falsely answered · {} without an end · {} of another day · {} over a limit · {} seeds failed\n",
        campaign.of(Wrong::Lost) + campaign.of(Wrong::OneSided),
        campaign.of(Wrong::Doubled),
        campaign.of(Wrong::FalseAnswer),
        campaign.of(Wrong::Hangs),
        campaign.of(Wrong::Misdated),
        campaign.of(Wrong::OverLimit),
        campaign.failing.len(),
    ));
    out
}

/// Which misfortunes no posting has met on its way to an end: what the campaign does not see.
fn never_met(campaign: &Campaign) -> String {
    let mut of_end: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (call, end, what) in &campaign.unreached_pairs {
        of_end.entry((call, end)).or_default().push(what);
    }
    let met = format!("{} pairs of an end and a misfortune met", campaign.pairs.len());
    if of_end.is_empty() {
        return format!("{met}, none never\n\n");
    }
    let mut never = table(["posting", "its end", "never met"]);
    for ((call, end), whats) in of_end {
        never.add_row([call, end, &whats.join(", ")]);
    }
    format!("{met}, {} never:\n{never}\n\n", campaign.unreached_pairs.len())
}

fn table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(head);
    table
}

fn right(number: u64) -> Cell {
    Cell::new(number).set_alignment(CellAlignment::Right)
}
