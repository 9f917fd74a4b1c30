//! Numbered messages of one session: which number is next each way, what is missing, and what is sent again.
//!
//! In: numbers of messages that leave and come. Out: whether a message is the next one, what is to be asked for, and how
//! what the other side asks for is answered. It keeps what came too early and what may have to be sent again, and must
//! not know what either means; time, sockets and disks are its owner's.

use std::collections::BTreeMap;

/// Messages kept at most that came before those in front of them.
const EARLY_MOST: usize = 1_000;

/// The numbers of one session. `O`: a message that was sent and is still open; `E`: one that came too early.
#[derive(Clone, Debug)]
pub struct Numbers<O, E> {
    /// How often they have begun anew: what is remembered of a number is of its era.
    era: u64,
    next_out: u64,
    next_in: u64,
    open: BTreeMap<u64, O>,
    early: BTreeMap<u64, E>,
    /// All below it has been asked for.
    asked: u64,
}

/// What a number says of the message that bears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is the next one.
    Next,
    /// Others are missing before it. They are to be asked for, from the first to the last, unless they have been.
    Early(Option<(u64, u64)>),
    /// It came before.
    Known,
}

/// How numbers that are asked for are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again<O> {
    /// Nothing of these is open: the number that stands for them, and the one that comes behind them.
    Fill(u64, u64),
    /// This one is sent again.
    Send(u64, O),
}

impl<O: Clone, E> Numbers<O, E> {
    /// The next number each way.
    #[must_use]
    pub fn new(next_out: u64, next_in: u64) -> Self {
        Self { era: 0, next_out, next_in, open: BTreeMap::new(), early: BTreeMap::new(), asked: 0 }
    }

    /// Both ways begin with 1 again, and nothing is known of what was before.
    pub fn begin_anew(&mut self) {
        *self = Self { era: self.era.wrapping_add(1), ..Self::new(1, 1) };
    }

    /// How often they have begun anew.
    #[must_use]
    pub fn era(&self) -> u64 {
        self.era
    }

    /// The next number each way, ours first.
    #[must_use]
    pub fn next(&self) -> (u64, u64) {
        (self.next_out, self.next_in)
    }

    /// A new connection: what came too early on the last one comes again, and so what was asked for must be.
    pub fn connected(&mut self) {
        self.early.clear();
        self.asked = 0;
    }

    /// The number of a message that is about to leave.
    pub fn take(&mut self) -> u64 {
        self.next_out += 1;
        self.next_out - 1
    }

    /// The last number taken was not used after all.
    pub fn give_back(&mut self, number: u64) {
        self.open.remove(&number);
        if self.next_out == number + 1 {
            self.next_out = number;
        }
    }

    /// A message that is sent again when it is asked for, until it is settled.
    pub fn keep_open(&mut self, number: u64, message: O) {
        self.open.insert(number, message);
    }

    /// Messages that may be sent again, oldest first; those for which it says no are forgotten.
    pub fn retain_open(&mut self, mut waits: impl FnMut(&O) -> bool) {
        self.open.retain(|_, message| waits(message));
    }

    /// Nobody waits for this one of an era any more.
    pub fn settle(&mut self, era: u64, number: u64) {
        if era == self.era {
            self.open.remove(&number);
        }
    }

    /// A message came with a number.
    pub fn came(&mut self, number: u64) -> Came {
        if number < self.next_in {
            return Came::Known;
        }
        if number == self.next_in {
            self.next_in += 1;
            return Came::Next;
        }
        // What came early, up to the last that was asked for, is here already.
        let mut first = self.next_in.max(self.asked);
        while self.early.contains_key(&first) {
            first += 1;
        }
        self.asked = self.asked.max(number);
        Came::Early((first < number).then(|| (first, number - 1)))
    }

    /// A message that came as the next one is to be taken for one that did not come: there is no room for it, or it is lost on
    /// purpose.
    pub fn never_came(&mut self, number: u64) {
        if self.next_in == number + 1 {
            self.next_in = number;
        }
    }

    /// Keeps a message that came too early; false where there is no room: it is asked for again later.
    pub fn keep_early(&mut self, number: u64, message: E) -> bool {
        if self.early.len() >= EARLY_MOST {
            self.asked = 0;
            return false;
        }
        self.early.insert(number, message);
        true
    }

    /// The next message of those that came too early, if its turn has come.
    pub fn in_turn(&mut self) -> Option<E> {
        while let Some(entry) = self.early.first_entry() {
            match entry.key().cmp(&self.next_in) {
                std::cmp::Ordering::Less => drop(entry.remove()),
                std::cmp::Ordering::Equal => {
                    self.next_in += 1;
                    return Some(entry.remove());
                }
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// The other side says that up to a number nothing is to come any more.
    pub fn filled(&mut self, next: u64) {
        self.next_in = self.next_in.max(next);
    }

    /// The answer to who asks for numbers; `last` may be beyond what was sent, or 0 for all.
    #[must_use]
    pub fn again(&self, first: u64, last: u64) -> Vec<Again<O>> {
        let end = if last == 0 { self.next_out } else { self.next_out.min(last.saturating_add(1)) };
        let mut answer = Vec::new();
        let mut from = first.max(1);
        for (number, message) in self.open.range(from..end.max(from)) {
            if from < *number {
                answer.push(Again::Fill(from, *number));
            }
            answer.push(Again::Send(*number, message.clone()));
            from = number + 1;
        }
        if from < end {
            answer.push(Again::Fill(from, end));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::{Again, Came, Numbers};

    type Texts = Numbers<&'static str, &'static str>;

    #[test]
    fn what_is_missing_is_asked_for_once_and_what_came_early_waits_its_turn() {
        let mut numbers = Texts::new(1, 5);
        assert_eq!(numbers.came(5), Came::Next);
        assert_eq!(numbers.came(8), Came::Early(Some((6, 7))));
        assert!(numbers.keep_early(8, "eight"));
        assert_eq!(numbers.came(10), Came::Early(Some((9, 9))));
        assert_eq!(numbers.came(9), Came::Early(None));
        assert_eq!(numbers.in_turn(), None);
        assert_eq!(numbers.came(6), Came::Next);
        numbers.filled(8);
        assert_eq!(numbers.in_turn(), Some("eight"));
        assert_eq!((numbers.in_turn(), numbers.next()), (None, (1, 9)));
        assert_eq!(numbers.came(7), Came::Known);
    }

    #[test]
    fn only_what_is_open_is_sent_again() {
        let mut numbers = Texts::new(1, 1);
        for text in ["one", "two", "three", "four", "five"] {
            let number = numbers.take();
            numbers.keep_open(number, text);
        }
        for settled in [1, 3, 4] {
            numbers.settle(0, settled);
        }
        let all = vec![Again::Fill(1, 2), Again::Send(2, "two"), Again::Fill(3, 5), Again::Send(5, "five")];
        assert_eq!(numbers.again(1, 0), all);
        assert_eq!(numbers.again(3, 4), vec![Again::Fill(3, 5)]);
        assert_eq!(numbers.again(2, 900), all[1..]);
        assert_eq!(numbers.again(6, 0), vec![]);
        assert_eq!(numbers.again(9, 3), vec![]);
    }

    #[test]
    fn a_number_that_was_not_used_is_the_next_again() {
        let mut numbers = Texts::new(7, 1);
        let number = numbers.take();
        numbers.keep_open(number, "seven");
        numbers.give_back(number);
        assert_eq!((numbers.next(), numbers.again(7, 0)), ((7, 1), vec![]));
    }

    #[test]
    fn an_exchange_of_the_day_before_settles_no_number_of_the_new_day() {
        let mut numbers = Texts::new(7, 3);
        let (era, number) = (numbers.era(), numbers.take());
        numbers.keep_open(number, "yesterday's seventh");
        numbers.begin_anew();
        assert_eq!((numbers.next(), numbers.again(1, 0)), ((1, 1), vec![]));
        for _ in 0..7 {
            let number = numbers.take();
            numbers.keep_open(number, "today's");
        }
        numbers.settle(era, number);
        assert_eq!(numbers.again(7, 7), vec![Again::Send(7, "today's")]);
        numbers.settle(numbers.era(), 7);
        assert_eq!(numbers.again(7, 7), vec![Again::Fill(7, 8)]);
    }

    #[test]
    fn after_a_new_connection_what_is_missing_is_asked_for_anew() {
        let mut numbers = Texts::new(1, 1);
        assert_eq!(numbers.came(3), Came::Early(Some((1, 2))));
        numbers.keep_early(3, "three");
        numbers.connected();
        assert_eq!(numbers.came(4), Came::Early(Some((1, 3))));
        assert_eq!(numbers.in_turn(), None);
    }
}
