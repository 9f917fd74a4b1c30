//! The roll of those who held a journal under a lease: from which of its writes on, and when each ended for certain.
//!
//! In: who begins at which write, what is seen of whom. Out: what is known of the senders of some writes, and octets for the
//! journal. Bounded: of the oldest two become one that says no more than both did. It must not know how an end is seen.

use super::Seen;
use serde::{Deserialize, Serialize};
use std::fmt;
use store::{Fatal, Moment};

/// Senders that are told apart. Whoever is long gone matters to nobody who is not asked about operations as old.
const MOST: usize = 64;

/// A process of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The node's name.
    pub node: String,
    /// The name of its machine.
    pub host: String,
    /// The run of that machine, from its start to its stop.
    pub boot: String,
    /// Among which processes of the machine its number counts.
    pub space: String,
    /// Its number.
    pub number: u32,
    /// When it began, in ticks since the machine started: numbers come again.
    pub began: u64,
}

impl fmt::Display for Process {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, host, number, .. } = self;
        write!(formatter, "node {node}, process {number} on {host}")
    }
}

/// What is known of who sent some copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All have ended, the last at this moment; none: no process but this one.
    Ended(Option<Moment>),
    /// One may still send.
    MaySend,
    /// One may still send, and nobody can tell when it ends.
    Unseen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    NotYet,
    /// Nobody who looked could ever tell. Who looks next may.
    Unseen,
    At(i64),
}

/// One who held the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    /// The first write that may be its own.
    from: u64,
    /// Who; none: several, or one that did not say.
    process: Option<Process>,
    end: End,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some(process) => process.fmt(formatter),
            None => formatter.write_str("a process of which nothing is written down"),
        }
    }
}

impl Holder {
    /// Its node; empty where that is not known.
    pub(super) fn node(&self) -> &str {
        self.process.as_ref().map_or("", |process| &process.node)
    }
}

/// All that held it, the oldest first; the last is this process.
#[derive(Debug, Default)]
pub(super) struct Roll(Vec<Holder>);

impl Roll {
    /// As the journal has it, behind so many writes.
    pub(super) fn read(stored: Option<&[u8]>, sequence: u64) -> Result<Self, Fatal> {
        let Some(stored) = stored else {
            // Whoever wrote here said nothing of himself.
            let unknown = Holder { from: 0, process: None, end: End::Unseen };
            return Ok(Self(if sequence > 0 { vec![unknown] } else { Vec::new() }));
        };
        let mut holders: Vec<Holder> = serde_json::from_slice(stored).map_err(|error| Fatal::Corrupt {
            expected: "the roll of those who held the journal".to_owned(),
            found: error.to_string(),
            at: "session senders".to_owned(),
        })?;
        for holder in &mut holders {
            if holder.end == End::Unseen && holder.process.is_some() {
                holder.end = End::NotYet;
            }
        }
        Ok(Self(holders))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// This process holds it from this write on.
    pub(super) fn begin(&mut self, from: u64, process: Process) {
        while self.0.len() >= MOST {
            self.join_two();
        }
        self.0.push(Holder { from, process: Some(process), end: End::NotYet });
    }

    /// Makes one of two neighbours: the oldest that have both ended, else of the oldest one that nobody can tell of.
    fn join_two(&mut self) {
        let at = |holder: &Holder| if let End::At(at) = holder.end { Some(at) } else { None };
        let ended = self.0.windows(2).position(|pair| pair.iter().all(|holder| at(holder).is_some()));
        let place = ended.unwrap_or(0);
        if place + 1 >= self.0.len() {
            return;
        }
        let older = self.0.remove(place);
        let Some(newer) = self.0.get_mut(place) else { return };
        newer.from = older.from;
        match (at(&older), at(newer)) {
            (Some(one), Some(other)) => newer.end = End::At(one.max(other)),
            _ => (newer.process, newer.end) = (None, End::Unseen),
        }
    }

    fn before(&self) -> &[Holder] {
        self.0.split_last().map_or(&[], |(_, before)| before)
    }

    /// Those before this process whose end is not known.
    pub(super) fn open(&self) -> impl Iterator<Item = &Holder> {
        self.before().iter().filter(|holder| !matches!(holder.end, End::At(_)))
    }

    /// Of these those that an end may still be seen of.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Process> {
        self.open().filter(|holder| holder.end == End::NotYet).filter_map(|holder| holder.process.as_ref())
    }

    pub(super) fn waits(&self) -> bool {
        self.waiting().next().is_some()
    }

    pub(super) fn saw(&mut self, process: &Process, seen: Seen, now: Moment) {
        let last = self.0.len().saturating_sub(1);
        for holder in self.0.iter_mut().take(last) {
            if holder.end == End::NotYet && holder.process.as_ref() == Some(process) {
                holder.end = match seen {
                    Seen::Ended => End::At(now.0),
                    Seen::NotYet => End::NotYet,
                    Seen::Never => End::Unseen,
                };
            }
        }
    }

    /// Who held the journal when a write was made: the last that began at it or before.
    fn holder(&self, write: u64) -> Option<usize> {
        self.0.iter().rposition(|holder| holder.from <= write)
    }

    /// Of copies, each by the write of its intent and that of the state behind it. Who wrote both had given the copy up by
    /// then: only what another found under way may still be sent.
    pub(super) fn standing(&self, copies: &[(u64, Option<u64>)]) -> Standing {
        let (mut last, mut may_send, mut unseen) = (None, false, false);
        for (intent, behind) in copies {
            let holder = self.holder(*intent);
            let given_up = behind.is_some_and(|behind| self.holder(behind) == holder);
            let before = holder.and_then(|place| self.before().get(place));
            let Some(sender) = before.filter(|_| !given_up) else { continue };
            match sender.end {
                End::At(at) => last = last.max(Some(Moment(at))),
                End::NotYet => may_send = true,
                End::Unseen => unseen = true,
            }
        }
        match (unseen, may_send) {
            (true, _) => Standing::Unseen,
            (false, true) => Standing::MaySend,
            (false, false) => Standing::Ended(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(number: u32) -> Process {
        Process { node: "first".into(), number, ..Process::default() }
    }

    /// Of copies that were under way at the end of whoever sent them.
    fn of(roll: &Roll, writes: &[u64]) -> Standing {
        roll.standing(&writes.iter().map(|write| (*write, None)).collect::<Vec<_>>())
    }

    #[test]
    fn a_copy_is_its_sender_s_whoever_held_the_journal_since() {
        let mut roll = Roll::read(None, 0).unwrap();
        roll.begin(1, process(1));
        assert_eq!(of(&roll, &[1, 9]), Standing::Ended(None), "its own");
        roll.begin(10, process(2));
        roll.begin(20, process(3));
        assert_eq!(of(&roll, &[12]), Standing::MaySend);
        roll.saw(&process(2), Seen::Ended, Moment(700));
        assert_eq!(of(&roll, &[12]), Standing::Ended(Some(Moment(700))));
        assert_eq!(of(&roll, &[9, 12]), Standing::MaySend, "the first stands still");
        assert_eq!(of(&roll, &[20, 21]), Standing::Ended(None));
        assert_eq!(roll.standing(&[(7, Some(8))]), Standing::Ended(None), "it gave the copy up itself");
        assert_eq!(roll.standing(&[(7, Some(20))]), Standing::MaySend, "this one found it under way");
        roll.saw(&process(1), Seen::Never, Moment(800));
        assert_eq!(of(&roll, &[9, 12]), Standing::Unseen);
        // The next process asks anew: its deployment may name a fence by now.
        let mut next = Roll::read(Some(&roll.encode()), 30).unwrap();
        next.begin(31, process(4));
        assert_eq!(of(&next, &[9]), Standing::MaySend);
        assert_eq!(of(&next, &[12]), Standing::Ended(Some(Moment(700))));
    }

    #[test]
    fn of_who_said_nothing_no_end_is_seen() {
        let mut roll = Roll::read(None, 5).unwrap();
        roll.begin(6, process(1));
        assert_eq!((of(&roll, &[5]), of(&roll, &[6])), (Standing::Unseen, Standing::Ended(None)));
        assert!(Roll::read(Some(b"what"), 5).is_err());
    }

    #[test]
    fn the_roll_is_bounded_and_forgets_no_sender_that_may_still_send() {
        let mut roll = Roll::default();
        roll.begin(1, process(0));
        for number in 1..300 {
            roll.begin(u64::from(number) * 10, process(number));
            if number % 3 > 0 {
                roll.saw(&process(number - 1), Seen::Ended, Moment(i64::from(number)));
            }
        }
        assert!(roll.0.len() <= MOST);
        for number in (3..300_u64).step_by(3) {
            let standing = of(&roll, &[(number - 1) * 10]);
            assert!(!matches!(standing, Standing::Ended(_)), "{number}: {standing:?}");
        }
    }
}
