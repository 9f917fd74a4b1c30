//! How refused inputs are counted when they come in floods: each gets an entry until the rate is passed, then one
//! entry a second holds the count. Nothing goes unmentioned, and the disk stays for postings.

use crate::model::Moment;

/// What to do with a refused input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Write an entry that stands for this many inputs, this one among them.
    Write(u64),
    /// It is counted; a later entry will stand for it.
    Counted,
}

/// The gate of one link. Times must not run backwards.
#[derive(Debug, Clone)]
pub struct RefusedGate {
    a_minute: u64,
    minute: i64,
    written: u64,
    waiting: u64,
    last: i64,
}

impl RefusedGate {
    /// A gate that writes `a_minute` entries a minute before it begins to count.
    #[must_use]
    pub fn new(a_minute: u64) -> Self {
        Self { a_minute, minute: i64::MIN, written: 0, waiting: 0, last: i64::MIN }
    }

    /// An input was refused at `now`.
    pub fn refuse(&mut self, now: Moment) -> Seen {
        let minute = now.0.div_euclid(60_000);
        if minute != self.minute {
            self.minute = minute;
            self.written = 0;
        }
        let count = self.waiting.saturating_add(1);
        let second = now.0.div_euclid(1_000);
        if self.written < self.a_minute || second != self.last {
            self.written = self.written.saturating_add(1);
            self.last = second;
            self.waiting = 0;
            return Seen::Write(count);
        }
        self.waiting = count;
        Seen::Counted
    }

    /// What was counted and not yet written, once the second of the last entry is over; asked by the clock, so that the
    /// last count of a flood is not lost when the link is quiet.
    pub fn due(&mut self, now: Moment) -> Option<u64> {
        let second = now.0.div_euclid(1_000);
        if second == self.last {
            return None;
        }
        let rest = self.rest()?;
        self.written = self.written.saturating_add(1);
        self.last = second;
        Some(rest)
    }

    /// What was counted and not yet written, at the end.
    pub fn rest(&mut self) -> Option<u64> {
        let waiting = std::mem::take(&mut self.waiting);
        (waiting > 0).then_some(waiting)
    }

    /// An entry for so many inputs could not be written: a later one stands for them.
    pub fn give_back(&mut self, count: u64) {
        self.waiting = self.waiting.saturating_add(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_whole_in_few_entries() {
        let mut gate = RefusedGate::new(1_000);
        let mut entries = 0_u64;
        let mut inputs = 0_u64;
        for each in 0..1_000_000_i64 {
            if let Seen::Write(count) = gate.refuse(Moment(each * 60 / 1_000)) {
                entries += 1;
                inputs += count;
            }
        }
        inputs += gate.rest().unwrap_or(0);
        assert_eq!(inputs, 1_000_000);
        assert!(entries <= 1_060, "{entries}");
    }

    #[test]
    fn the_last_count_of_a_flood_is_due_when_its_second_is_over() {
        let mut gate = RefusedGate::new(2);
        let seen: Vec<Seen> = (0..5).map(|at| gate.refuse(Moment(at))).collect();
        assert_eq!(seen, [Seen::Write(1), Seen::Write(1), Seen::Counted, Seen::Counted, Seen::Counted]);
        assert_eq!(gate.due(Moment(999)), None);
        assert_eq!(gate.due(Moment(1_000)), Some(3));
        // One entry a second, whoever asks for it.
        assert_eq!(gate.refuse(Moment(1_001)), Seen::Counted);
        assert_eq!(gate.due(Moment(1_999)), None);
        assert_eq!(gate.due(Moment(2_000)), Some(1));
        assert_eq!(gate.due(Moment(3_000)), None);
    }

    #[test]
    fn what_could_not_be_written_is_counted_again() {
        let mut gate = RefusedGate::new(1);
        assert_eq!(gate.refuse(Moment(0)), Seen::Write(1));
        gate.give_back(1);
        assert_eq!(gate.refuse(Moment(1_000)), Seen::Write(2));
    }
}
