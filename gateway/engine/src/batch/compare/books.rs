//! Two books of one day put beside each other: ours from the journal, theirs from a file (flows.md 4).
//!
//! In: a scene that has both lists, the comparison that the adapter declares, a day. Out: every line of either book, by its key,
//! with the class of its difference if there is one. Rows go by one at a time and are sorted on disk, so ten million take
//! no more memory than ten. It must not know where the lists came from, nor what becomes of a line.

use super::{Compared, Days, NotCompared};
use crate::message;
use crate::scene::Scene;
use adapters::value::Surroundings;
use dsl::evaluate::Value;
use dsl::model::{Fact, Load, Proven, Space};
use dsl::program::{BookProgram, ReconcileProgram};
use dsl::value::{Decimal, Outcome};
use std::path::Path;
use store::{FlowId, Sorting};

/// Rows of ours under one key that are held against theirs; more of one key is no book.
const SAME: usize = 100_000;
/// The rank of a row of theirs behind all of ours under the same key.
const THEIRS: u8 = 9;
/// Octets of an amount.
const AMOUNT: usize = 16;

/// How two books differ in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It stands with us, and not in their list.
    OursOnly,
    /// It stands in their list alone.
    TheirsOnly,
    /// It stands in both, with another amount.
    AmountDiffers,
    /// They list what is not known here yet.
    OpenHere,
    /// They list what was refused here.
    RefusedHere,
    /// They list what was taken back here.
    UndoneHere,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::OursOnly,
        Self::TheirsOnly,
        Self::AmountDiffers,
        Self::OpenHere,
        Self::RefusedHere,
        Self::UndoneHere,
    ];

    /// Its word, as flows have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OursOnly => "ours_only",
            Self::TheirsOnly => "theirs_only",
            Self::AmountDiffers => "amount_differs",
            Self::OpenHere => "open_here",
            Self::RefusedHere => "refused_here",
            Self::UndoneHere => "undone_here",
        }
    }
}

/// A line of the two books.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// What it is found by.
    pub key: &'a str,
    /// The flow that it is part of; none where it stands in their list alone.
    pub flow: Option<FlowId>,
    /// How the books differ; none: they agree, also that there is nothing.
    pub class: Option<Class>,
    /// Whether it stands in their list.
    pub listed: bool,
    /// Whether its end is not known here yet.
    pub open: bool,
    /// Our amount.
    pub ours: Option<Decimal>,
    /// Theirs.
    pub theirs: Option<Decimal>,
}

/// What the books say of a posting of ours whose end is not known: theirs list it once, with our amount, or do not list it, and
/// nothing else of ours has its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What it is found by.
    pub key: String,
    /// Its flow.
    pub flow: FlowId,
    /// Its step.
    pub step: Box<str>,
    /// What is proven, where the list proves anything.
    pub proven: Proven,
}

/// Counts of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of ours that stand on the day.
    pub ours: u64,
    /// Rows of theirs.
    pub theirs: u64,
    /// Lines in which both agree.
    pub agreed: u64,
    /// Rows of theirs that met an operation of a day beside: which may be listed on that day too.
    pub other_day: u64,
}

/// What the journal says of a row of ours, in the order in which rows of theirs are met: one that stands is met first.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Stands,
    Open,
    Undone,
    Refused,
}

/// A row of ours that waits for one of theirs.
struct Ours {
    state: State,
    flow: FlowId,
    /// It is of the day that is compared, not of one beside it.
    of_day: bool,
    /// Its call's book has amounts.
    named: bool,
    amount: Option<Decimal>,
    /// The step whose posting it is, while its end is not known.
    step: Box<str>,
}

impl Ours {
    /// Its place among the rows of its key: behind those of its state that are of the day that is compared stand those of days
    /// beside, which the file of another day may have had already.
    fn rank(&self) -> u8 {
        2 * self.state as u8 + u8::from(!self.of_day)
    }

    fn encode(&self) -> Vec<u8> {
        let mut body = self.flow.0.to_be_bytes().to_vec();
        let amount = amount_octets(self.amount);
        body.extend([u8::from(self.of_day), u8::from(self.named), u8::from(!amount.is_empty())]);
        body.extend(amount);
        body.extend(self.step.as_bytes());
        body
    }

    fn decode(rank: u8, body: &[u8]) -> Option<Self> {
        let states = [State::Stands, State::Open, State::Undone, State::Refused];
        let state = *states.get(usize::from(rank / 2))?;
        let (flow, rest) = body.split_at_checked(8)?;
        let (flags, rest) = rest.split_at_checked(3)?;
        let flow = FlowId(u64::from_be_bytes(flow.try_into().ok()?));
        let flag = |place: usize| flags.get(place) == Some(&1);
        let (amount, step) = rest.split_at_checked(if flag(2) { AMOUNT } else { 0 })?;
        let step = String::from_utf8(step.to_vec()).ok()?.into();
        Some(Self { state, flow, of_day: flag(0), named: flag(1), amount: amount_of(amount)?, step })
    }
}

fn amount_octets(amount: Option<Decimal>) -> Vec<u8> {
    amount.map_or_else(Vec::new, |amount| amount.serialize().to_vec())
}

/// An amount from octets; the outer none where they are none.
#[expect(clippy::option_option, reason = "no amount is an amount that is known to be none")]
fn amount_of(octets: &[u8]) -> Option<Option<Decimal>> {
    if octets.is_empty() {
        return Some(None);
    }
    let octets: [u8; AMOUNT] = octets.try_into().ok()?;
    Some(Some(Decimal::deserialize(octets)))
}

/// The two books, on a thread that may take long.
pub(super) struct Books<'a> {
    pub(super) scene: Box<Scene>,
    pub(super) reconcile: &'a ReconcileProgram,
    pub(super) days: Days,
}

impl Books<'_> {
    /// Every line by its key, and what the books say of postings whose end is not known; `place` is a file for the sort, gone
    /// afterwards.
    pub(super) fn compare(
        &self,
        place: &Path,
        line: &mut dyn FnMut(&Line<'_>) -> Compared<()>,
        evidence: &mut dyn FnMut(Evidence),
    ) -> Compared<Counts> {
        let mut counts = Counts::default();
        let mut sorting = Sorting::begin(place)?;
        for book in &self.reconcile.ours {
            self.put_ours(book, &mut sorting, &mut counts)?;
        }
        self.put_theirs(&mut sorting, &mut counts)?;
        let theirs_named = self.reconcile.theirs.amount.is_some();
        let mut group = Group { theirs_named, ..Group::default() };
        let each = sorting.each(|key, rank, body| {
            if group.key != key {
                group.evidence().map(&mut *evidence);
                group.ends(line)?;
                group.begins(key);
            }
            if rank == THEIRS {
                return group.theirs(body, line, &mut counts);
            }
            group.waiting.push(Ours::decode(rank, body).ok_or("a row was sorted badly")?);
            if group.waiting.len() > SAME {
                return Err(format!("more than {SAME} rows of ours have the same key").into());
            }
            Ok::<(), NotCompared>(())
        });
        each?;
        group.evidence().map(&mut *evidence);
        group.ends(line)?;
        if counts.other_day > 0 {
            let (books, lines) = (&self.reconcile.name, counts.other_day);
            tracing::info!(%books, lines, "lines of a file are of operations of a day beside");
        }
        Ok(counts)
    }

    fn put_ours(&self, book: &BookProgram, sorting: &mut Sorting, counts: &mut Counts) -> Compared<()> {
        let rows = self.scene.rows(&book.list).map_err(|fault| format!("{fault:?}"))?;
        for row in 0..rows {
            self.enter(book, row)?;
            let Some(key) = self.key(book)? else { continue };
            let ours = self.one_of_ours(book)?;
            counts.ours += u64::from(ours.of_day && ours.state == State::Stands);
            sorting.put(key.as_bytes(), ours.rank(), &ours.encode())?;
        }
        self.scene.leave(&book.list);
        Ok(())
    }

    /// The row of ours that is entered.
    fn one_of_ours(&self, book: &BookProgram) -> Compared<Ours> {
        let fact = |level: u8, slot: u16| Load { space: Space::JournalRow, level, slot, call: book.call.0 };
        let load = |load: Load| self.scene.load(&load).map_err(|fault| format!("{fault:?}"));
        let outcome = load(Load { space: Space::RowOutcome, ..fact(0, 0) })?;
        let undone = matches!(load(fact(4, 0))?, Value::Flag(true));
        let state = match outcome {
            Value::Outcome(Outcome::Done(_)) if undone => State::Undone,
            Value::Outcome(Outcome::Done(_)) => State::Stands,
            Value::Outcome(Outcome::Refused(_)) => State::Refused,
            _ => State::Open,
        };
        let of_day = match book.filter {
            Some(filter) => self.holds(filter)?,
            None => {
                matches!(load(fact(0, Fact::BusinessDate as u16))?, Value::Date(day) if self.days.hold(day))
            }
        };
        let flow = self.scene.book.entered_flow().ok_or("a row of ours is of no flow")?;
        let open = state == State::Open;
        let step = if open { self.scene.book.entered_step() } else { Box::default() };
        Ok(Ours { state, flow, of_day, named: book.amount.is_some(), amount: self.amount(book)?, step })
    }

    fn put_theirs(&self, sorting: &mut Sorting, counts: &mut Counts) -> Compared<()> {
        let book = &self.reconcile.theirs;
        let rows = self.scene.rows(&book.list).map_err(|fault| format!("{fault:?}"))?;
        for row in 0..rows {
            self.enter(book, row)?;
            if let Some(filter) = book.filter
                && !self.holds(filter)?
            {
                continue;
            }
            counts.theirs += 1;
            let key = self.key(book)?.unwrap_or_default();
            sorting.put(key.as_bytes(), THEIRS, &amount_octets(self.amount(book)?))?;
        }
        self.scene.leave(&book.list);
        Ok(())
    }

    fn enter(&self, book: &BookProgram, row: u32) -> Compared<()> {
        self.scene.enter(&book.list, row).map_err(|fault| {
            let list = self.scene.book.long(&book.list);
            let gives = list.is_none_or(|list| list.gives(u64::from(row)));
            let why = format!("row {row}: {fault:?}");
            if gives { NotCompared::Wrong(why) } else { NotCompared::NotNow(why) }
        })
    }

    fn key(&self, book: &BookProgram) -> Compared<Option<String>> {
        let value = message::value(&self.scene, book.key).map_err(|fault| format!("a key: {fault:?}"))?;
        let present = value.is_present();
        Ok(present.then(|| crate::facts::plain(&value, self.scene.version.symbols())))
    }

    fn amount(&self, book: &BookProgram) -> Compared<Option<Decimal>> {
        let Some(amount) = book.amount else { return Ok(None) };
        match message::value(&self.scene, amount).map_err(|fault| format!("an amount: {fault:?}"))? {
            Value::Decimal(amount) => Ok(Some(amount)),
            _ => Ok(None),
        }
    }

    fn holds(&self, filter: dsl::program::ExprId) -> Compared<bool> {
        Ok(message::holds(&self.scene, filter).map_err(|fault| format!("a condition: {fault:?}"))?)
    }
}

/// The rows of one key.
#[derive(Default)]
struct Group {
    key: Vec<u8>,
    /// Ours, those that stand first; each meets one row of theirs.
    waiting: Vec<Ours>,
    met: usize,
    /// Rows of theirs, and the amount of the last.
    listed: usize,
    amount: Option<Decimal>,
    theirs_named: bool,
}

impl Group {
    fn begins(&mut self, key: &[u8]) {
        self.key.clear();
        self.key.extend_from_slice(key);
    }

    fn theirs(
        &mut self,
        body: &[u8],
        line: &mut dyn FnMut(&Line<'_>) -> Compared<()>,
        counts: &mut Counts,
    ) -> Compared<()> {
        let theirs = amount_of(body).ok_or("a row was sorted badly")?;
        (self.listed, self.amount) = (self.listed.saturating_add(1), theirs);
        let found = self.waiting.get(self.met);
        self.met += usize::from(found.is_some());
        counts.other_day += u64::from(found.is_some_and(|met| !met.of_day));
        let class = match found.map(|met| met.state) {
            None => Some(Class::TheirsOnly),
            Some(State::Open) => Some(Class::OpenHere),
            Some(State::Refused) => Some(Class::RefusedHere),
            Some(State::Undone) => Some(Class::UndoneHere),
            Some(State::Stands) => {
                // Amounts differ where both books have them; one that is missing on a side differs too.
                let compared = self.theirs_named && found.is_some_and(|met| met.named);
                let differs = compared && found.is_some_and(|met| met.amount != theirs);
                differs.then_some(Class::AmountDiffers)
            }
        };
        counts.agreed += u64::from(class.is_none());
        let key = String::from_utf8_lossy(&self.key);
        let (flow, ours) = (found.map(|met| met.flow), found.and_then(|met| met.amount));
        let open = class == Some(Class::OpenHere);
        line(&Line { key: &key, flow, class, listed: true, open, ours, theirs })
    }

    /// What both books say of the one posting of the key, if its end is not known, it is of the day, and they list it once at most.
    fn evidence(&self) -> Option<Evidence> {
        let [ours] = self.waiting.as_slice() else { return None };
        if ours.state != State::Open || !ours.of_day || ours.step.is_empty() {
            return None;
        }
        let agrees = self.theirs_named && ours.named && ours.amount.is_some() && ours.amount == self.amount;
        let proven = match self.listed {
            0 => Proven::Never,
            1 if agrees => Proven::Holds,
            _ => return None,
        };
        let key = String::from_utf8_lossy(&self.key).into_owned();
        Some(Evidence { key, flow: ours.flow, step: ours.step.clone(), proven })
    }

    /// What met nothing is a difference where it stands with us; else neither book has it.
    fn ends(&mut self, line: &mut dyn FnMut(&Line<'_>) -> Compared<()>) -> Compared<()> {
        let key = String::from_utf8_lossy(&self.key);
        for ours in self.waiting.iter().skip(self.met).filter(|ours| ours.of_day) {
            let class = (ours.state == State::Stands).then_some(Class::OursOnly);
            let open = ours.state == State::Open;
            let (flow, ours) = (Some(ours.flow), ours.amount);
            line(&Line { key: &key, flow, class, listed: false, open, ours, theirs: None })?;
        }
        self.waiting.clear();
        (self.met, self.listed, self.amount) = (0, 0, None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(flow: u64, state: State, of_day: bool) -> Ours {
        let amount = Some(Decimal::new(1_200, 2));
        Ours { state, flow: FlowId(flow), of_day, named: true, amount, step: "paid".into() }
    }

    /// What is proven of rows of ours under one key by rows of theirs.
    fn proven(mut ours: Vec<Ours>, theirs: &[Option<Decimal>]) -> Option<Proven> {
        ours.sort_by_key(Ours::rank);
        let mut group = Group { theirs_named: true, ..Group::default() };
        group.begins(b"S1");
        group.waiting.extend(ours.iter().map(|one| Ours::decode(one.rank(), &one.encode()).unwrap()));
        for amount in theirs {
            group.theirs(&amount_octets(*amount), &mut |_| Ok(()), &mut Counts::default()).unwrap();
        }
        let evidence = group.evidence()?;
        assert_eq!((evidence.flow, &*evidence.step, &*evidence.key), (FlowId(1), "paid", "S1"));
        Some(evidence.proven)
    }

    #[test]
    fn books_prove_of_what_is_open_and_alone_under_its_key() {
        use State::{Open, Refused, Stands, Undone};
        let open = || ours(1, Open, true);
        assert_eq!(proven(vec![open()], &[yuan(1_200)]), Some(Proven::Holds));
        assert_eq!(proven(vec![open()], &[]), Some(Proven::Never));
        // Another amount, none, twice: people look at it.
        for theirs in [&[yuan(1_201)][..], &[None], &[yuan(1_200), yuan(1_200)]] {
            assert_eq!(proven(vec![open()], theirs), None);
        }
        // Of a day beside: the list of that day proves it.
        for theirs in [&[yuan(1_200)][..], &[]] {
            assert_eq!(proven(vec![ours(1, Open, false)], theirs), None);
        }
        // Nobody can tell whose row it is.
        for other in [Open, Refused, Stands, Undone] {
            for of_day in [true, false] {
                assert_eq!(proven(vec![open(), ours(2, other, of_day)], &[yuan(1_200)]), None);
                assert_eq!(proven(vec![open(), ours(2, other, of_day)], &[]), None);
            }
        }
        // Of no posting's step, without an amount of ours, or known by now.
        assert_eq!(proven(vec![Ours { step: Box::default(), ..open() }], &[yuan(1_200)]), None);
        assert_eq!(proven(vec![Ours { amount: None, ..open() }], &[None]), None);
        assert_eq!(proven(vec![Ours { named: false, ..open() }], &[yuan(1_200)]), None);
        for state in [Refused, Stands, Undone] {
            assert_eq!(proven(vec![ours(1, state, true)], &[yuan(1_200)]), None);
        }
    }

    type Told = (Option<u64>, Option<Class>);

    /// The lines of one key, as flow and class, in the order of the sort; with what was counted.
    fn lines(mut ours: Vec<Ours>, theirs: &[Option<Decimal>]) -> (Vec<Told>, Counts) {
        ours.sort_by_key(Ours::rank);
        let mut group = Group { theirs_named: true, ..Group::default() };
        group.begins(b"S1");
        for one in &ours {
            assert!(one.rank() < THEIRS);
            group.waiting.push(Ours::decode(one.rank(), &one.encode()).unwrap());
        }
        let (mut all, mut counts) = (Vec::new(), Counts::default());
        let mut line = |line: &Line<'_>| {
            all.push((line.flow.map(|flow| flow.0), line.class));
            Ok(())
        };
        for amount in theirs {
            group.theirs(&amount_octets(*amount), &mut line, &mut counts).unwrap();
        }
        group.ends(&mut line).unwrap();
        assert!(group.waiting.is_empty() && group.met == 0);
        (all, counts)
    }

    fn yuan(fen: i64) -> Option<Decimal> {
        Some(Decimal::new(fen, 2))
    }

    #[test]
    fn what_stands_in_one_book_alone_or_otherwise_has_its_class() {
        use State::{Open, Refused, Stands, Undone};
        let class = |state, theirs: &[Option<Decimal>]| lines(vec![ours(1, state, true)], theirs).0[0].1;
        assert_eq!(class(Stands, &[yuan(1_200)]), None);
        assert_eq!(class(Stands, &[yuan(1_201)]), Some(Class::AmountDiffers));
        assert_eq!(class(Stands, &[None]), Some(Class::AmountDiffers));
        assert_eq!(class(Stands, &[]), Some(Class::OursOnly));
        assert_eq!(class(Open, &[yuan(1_200)]), Some(Class::OpenHere));
        assert_eq!(class(Refused, &[yuan(1_200)]), Some(Class::RefusedHere));
        assert_eq!(class(Undone, &[yuan(1_200)]), Some(Class::UndoneHere));
        for state in [Open, Refused, Undone] {
            assert_eq!(class(state, &[]), None, "neither book has it");
        }
        assert_eq!(lines(Vec::new(), &[yuan(1)]).0, [(None, Some(Class::TheirsOnly))]);
        // Listed twice: the second is nobody's.
        let twice = lines(vec![ours(1, Stands, true)], &[yuan(1_200), yuan(1_200)]);
        assert_eq!(twice.0, [(Some(1), None), (None, Some(Class::TheirsOnly))]);
        assert_eq!((twice.1.agreed, twice.1.other_day), (1, 0));
    }

    #[test]
    fn a_row_meets_what_is_of_its_day_before_what_is_of_a_day_beside() {
        use State::{Open, Refused, Stands};
        // The one of the day before is in that day's file; what was listed of this day is not told as missing.
        let both = || vec![ours(1, Stands, false), ours(2, Stands, true)];
        let (told, counts) = lines(both(), &[yuan(1_200)]);
        assert_eq!((told, counts.other_day), (vec![(Some(2), None)], 0));
        let (told, counts) = lines(both(), &[yuan(1_200), yuan(1_200)]);
        assert_eq!((told, counts.other_day), (vec![(Some(2), None), (Some(1), None)], 1));
        // What stands is met first, also where it is of a day beside; what is of a day beside is not missed.
        let (told, counts) = lines(vec![ours(1, Refused, true), ours(2, Stands, false)], &[yuan(1_200)]);
        assert_eq!((told, counts.other_day), (vec![(Some(2), None), (Some(1), None)], 1));
        let (told, counts) = lines(vec![ours(1, Open, false)], &[]);
        assert_eq!((told, counts.other_day), (vec![], 0));
    }
}
