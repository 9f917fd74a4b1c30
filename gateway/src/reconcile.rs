//! Three books of a party and a business date put beside each other: the gateway's journal, the party's file, the core's list
//! (`money-safety.md` 9).
//!
//! In: the journal of a deployment, a file of the party, the core's list, each read by its adapter. Out: every difference with
//! its class and the next step, flow by flow, and counts. Both files are held against the journal; what belongs to one flow
//! is then put together on disk, so that memory does not grow with the rows. It must not know any counterparty: which party
//! keeps the bank's own books is said by who asks.

use dsl::value::{Date, Decimal};
use engine::batch::compare::{Alone, Class, ComparedFile, Line};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use store::{FlowId, Reader, SortFault, Sorting};

/// Lines of one flow that are put together; a flow of more is no flow.
const SAME: usize = 100_000;
/// The key of lines that are of no flow: behind all flows.
const NO_FLOW: [u8; 8] = [0xFF; 8];
/// Octets of an amount.
const AMOUNT: usize = 16;

/// A file and the party that gave it.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) party: &'a str,
    pub(crate) file: &'a Path,
}

/// Whose book it is that is held against the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Book {
    /// The party's file.
    Party,
    /// The core's list.
    Core,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The journal and a book differ.
    Differs(Book, Class),
    /// Its end is not known here, and the book does not list it.
    Unlisted(Book),
    /// Journal and books agree line by line, and yet only this one of the two books has the money; also where a flow was to go to
    /// the party and never asked it.
    Alone(Book),
}

impl Kind {
    /// The two books that do not agree.
    pub(crate) fn between(self) -> &'static str {
        match self {
            Self::Differs(Book::Party, _) | Self::Unlisted(Book::Party) => "journal and party",
            Self::Differs(Book::Core, _) | Self::Unlisted(Book::Core) => "journal and core",
            Self::Alone(_) => "party and core",
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Differs(_, class) => class.word(),
            Self::Unlisted(_) => "open_unlisted",
            Self::Alone(Book::Party) => "party_alone",
            Self::Alone(Book::Core) => "core_alone",
        }
    }

    /// What is to be done about it.
    pub(crate) fn next_step(self) -> &'static str {
        match self {
            Self::Differs(Book::Party, Class::OursOnly) => {
                "ask the party; if it never had it, take the customer's leg back by a posting of two persons"
            }
            Self::Differs(Book::Party, Class::TheirsOnly) => {
                "ask the party who asked for it; book it by two persons, or have it returned"
            }
            Self::Differs(Book::Core, Class::OursOnly) => {
                "look for the posting in the core's ledger; book it again only by two persons"
            }
            Self::Differs(Book::Core, Class::TheirsOnly) => {
                "no flow of the gateway has it: ask who booked it in the core, and under which serial"
            }
            Self::Differs(_, Class::AmountDiffers) => {
                "compare the packets (tongshi parked show FLOW); correct the amount by a posting of two persons"
            }
            Self::Differs(_, Class::OpenHere) => {
                "it holds there: tongshi parked resolve FLOW propose holds, with this list as proof"
            }
            Self::Differs(_, Class::RefusedHere) => {
                "it was refused here and holds there: have it taken back there, or book the other leg by two persons"
            }
            Self::Differs(_, Class::UndoneHere) => {
                "it was taken back here and holds there: have the reversal booked there"
            }
            Self::Unlisted(_) => {
                "if the list is complete, and made after the hour that tongshi parked show FLOW tells, it was never had: tongshi parked resolve FLOW propose never, with this list as proof"
            }
            Self::Alone(Book::Party) => {
                "the party has the money and the customer was not debited: book the customer's leg by two persons"
            }
            Self::Alone(Book::Core) => {
                "the customer was debited and the party has nothing: pay the party or give the money back, by two persons"
            }
        }
    }
}

/// One difference.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) kind: Kind,
    pub(crate) flow: Option<FlowId>,
    /// What it is found by in the book.
    pub(crate) key: String,
    /// The journal's amount.
    pub(crate) ours: Option<Decimal>,
    /// The book's.
    pub(crate) theirs: Option<Decimal>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) party: Vec<ComparedFile>,
    pub(crate) core: Vec<ComparedFile>,
    /// Flows in which all books agree.
    pub(crate) agreed: u64,
    /// Differences by kind.
    pub(crate) differences: BTreeMap<Kind, u64>,
    /// Lines of the core's list that are of other parties' flows, and how many of them differ from the journal.
    pub(crate) elsewhere: (u64, u64),
}

impl Found {
    pub(crate) fn differ(&self) -> u64 {
        self.differences.values().sum()
    }

    /// The day of all that was compared.
    fn day(&self) -> Result<Date, Stopped> {
        let mut days = self.party.iter().chain(&self.core).map(|compared| compared.day);
        let first = days.next().ok_or_else(|| Stopped("nothing was compared".to_owned()))?;
        match days.find(|day| *day != first) {
            Some(other) => Err(Stopped(format!("one file is of {first}, another of {other}"))),
            None => Ok(first),
        }
    }
}

/// Why it cannot go on, in words.
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) String);

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<SortFault> for Stopped {
    fn from(fault: SortFault) -> Self {
        Self(fault.to_string())
    }
}

impl From<String> for Stopped {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// Compares the books; each difference is told as it is found, in the order of flows.
pub(crate) fn compare(
    alone: &Alone,
    reader: &mut dyn Reader,
    party: Given<'_>,
    core: Option<Given<'_>>,
    tell: &mut dyn FnMut(&Difference) -> Result<(), String>,
) -> Result<(Date, Found), Stopped> {
    let mut found = Found::default();
    let mut sorting = Sorting::begin(&alone.spool.place("flows.sorting"))?;
    let mut hold = |given: Given<'_>, book: Book| {
        let mut put = |line: &Line<'_>| {
            let key = line.flow.map_or(NO_FLOW, |flow| flow.0.to_be_bytes());
            sorting.put(&key, book as u8, &Held::encode(line)).map_err(|fault| fault.to_string())
        };
        alone.compare(reader, given.party, given.file, &mut put)
    };
    found.party = hold(party, Book::Party)?;
    if let Some(core) = core {
        found.core = hold(core, Book::Core)?;
    }
    let day = found.day()?;
    let mut group = Group::default();
    let mut misses = |flow: FlowId| -> Result<bool, Stopped> { Ok(alone.misses(reader, party.party, flow)?) };
    sorting.each(|key, rank, body| {
        if group.key != key {
            group.ends(&mut found, &mut misses, tell)?;
            group.key = key.to_vec();
        }
        let held = Held::decode(rank, body).ok_or_else(|| "a line was sorted badly".to_owned())?;
        if key == NO_FLOW {
            if let Some(class) = held.class {
                told(Kind::Differs(held.book, class), None, &held, &mut found, tell)?;
            }
            return Ok(());
        }
        group.held.push(held);
        if group.held.len() > SAME {
            return Err(Stopped(format!("more than {SAME} lines are of one flow")));
        }
        Ok::<(), Stopped>(())
    })?;
    group.ends(&mut found, &mut misses, tell)?;
    Ok((day, found))
}

fn told(
    kind: Kind,
    flow: Option<FlowId>,
    held: &Held,
    found: &mut Found,
    tell: &mut dyn FnMut(&Difference) -> Result<(), String>,
) -> Result<(), Stopped> {
    *found.differences.entry(kind).or_default() += 1;
    let Held { key, ours, theirs, .. } = held.clone();
    Ok(tell(&Difference { kind, flow, key, ours, theirs })?)
}

/// A line of a book held against the journal.
#[derive(Clone, Debug, PartialEq)]
struct Held {
    book: Book,
    class: Option<Class>,
    listed: bool,
    open: bool,
    ours: Option<Decimal>,
    theirs: Option<Decimal>,
    key: String,
}

impl Held {
    fn encode(line: &Line<'_>) -> Vec<u8> {
        let class = line.class.and_then(|class| Class::ALL.iter().position(|known| *known == class));
        let class = class.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0);
        let mut body = vec![class, u8::from(line.listed), u8::from(line.open)];
        for amount in [line.ours, line.theirs] {
            body.push(u8::from(amount.is_some()));
            body.extend(amount.unwrap_or_default().serialize());
        }
        body.extend(line.key.as_bytes());
        body
    }

    fn decode(rank: u8, body: &[u8]) -> Option<Self> {
        let book = [Book::Party, Book::Core].into_iter().find(|book| *book as u8 == rank)?;
        let (head, rest) = body.split_at_checked(3)?;
        let (class, listed, open) = (*head.first()?, head.get(1) == Some(&1), head.get(2) == Some(&1));
        let class = match class.checked_sub(1) {
            None => None,
            Some(place) => Some(*Class::ALL.get(usize::from(place))?),
        };
        let amount = |octets: &[u8]| -> Option<Option<Decimal>> {
            let (there, octets) = octets.split_first()?;
            let octets: [u8; AMOUNT] = octets.try_into().ok()?;
            Some((*there == 1).then(|| Decimal::deserialize(octets)))
        };
        let (ours, rest) = rest.split_at_checked(1 + AMOUNT)?;
        let (theirs, key) = rest.split_at_checked(1 + AMOUNT)?;
        let key = String::from_utf8_lossy(key).into_owned();
        Some(Self { book, class, listed, open, ours: amount(ours)?, theirs: amount(theirs)?, key })
    }
}

/// The lines of one flow.
#[derive(Default)]
struct Group {
    key: Vec<u8>,
    held: Vec<Held>,
}

impl Group {
    /// `misses`: whether a flow without a line of the party was to have one.
    fn ends(
        &mut self,
        found: &mut Found,
        misses: &mut dyn FnMut(FlowId) -> Result<bool, Stopped>,
        tell: &mut dyn FnMut(&Difference) -> Result<(), String>,
    ) -> Result<(), Stopped> {
        let held = std::mem::take(&mut self.held);
        let flow = self.key.as_slice().try_into().ok().map(u64::from_be_bytes).map(FlowId);
        let of = |book: Book| held.iter().filter(move |one| one.book == book);
        let party = of(Book::Party).next();
        if party.is_none() {
            // What neither the core's list has nor the journal is not looked at further.
            let is_there = of(Book::Core).any(|one| one.class.is_some() || one.listed || one.open);
            let missed = match flow.filter(|_| is_there) {
                Some(flow) => misses(flow)?,
                None => false,
            };
            if !missed {
                found.elsewhere.0 += of(Book::Core).count() as u64;
                found.elsewhere.1 += of(Book::Core).filter(|one| one.class.is_some()).count() as u64;
                return Ok(());
            }
        }
        let mut differ = false;
        for one in &held {
            let kind = match one.class {
                Some(class) => Kind::Differs(one.book, class),
                None if one.open && !one.listed => Kind::Unlisted(one.book),
                None => continue,
            };
            differ = true;
            told(kind, flow, one, found, tell)?;
        }
        let lists = |book: Book| of(book).any(|one| one.listed);
        match (party, of(Book::Core).next()) {
            _ if differ => {}
            (Some(party), Some(_)) if lists(Book::Party) && !lists(Book::Core) => {
                told(Kind::Alone(Book::Party), flow, party, found, tell)?;
            }
            (_, Some(core)) if lists(Book::Core) && !lists(Book::Party) => {
                told(Kind::Alone(Book::Core), flow, core, found, tell)?;
            }
            _ => found.agreed += 1,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(class: Option<Class>, listed: bool) -> Line<'static> {
        let amount = Some(Decimal::new(1_200, 2));
        let open = class == Some(Class::OpenHere);
        Line { key: "S1", flow: Some(FlowId(7)), class, listed, open, ours: amount, theirs: None }
    }

    fn held_kinds(line: &Line<'_>) -> Vec<Kind> {
        let held = vec![Held::decode(Book::Party as u8, &Held::encode(line)).unwrap()];
        let mut group = Group { key: 7_u64.to_be_bytes().to_vec(), held };
        let mut all = Vec::new();
        let mut tell = |difference: &Difference| {
            all.push(difference.kind);
            Ok(())
        };
        group.ends(&mut Found::default(), &mut |_| Ok(false), &mut tell).unwrap();
        all
    }

    /// The kinds that a flow with these lines is told by, and whether it agrees.
    fn kinds(lines: &[(Book, Option<Class>, bool)]) -> (Vec<Kind>, u64, (u64, u64)) {
        kinds_of(lines, false)
    }

    /// The same; `missed`: the flow was to go to the party.
    fn kinds_of(lines: &[(Book, Option<Class>, bool)], missed: bool) -> (Vec<Kind>, u64, (u64, u64)) {
        let held = lines.iter().map(|(book, class, listed)| {
            Held::decode(*book as u8, &Held::encode(&line(*class, *listed))).unwrap()
        });
        let mut group = Group { key: 7_u64.to_be_bytes().to_vec(), held: held.collect() };
        let (mut found, mut all) = (Found::default(), Vec::new());
        let mut misses = |flow: FlowId| {
            assert_eq!(flow, FlowId(7));
            Ok(missed)
        };
        group
            .ends(&mut found, &mut misses, &mut |difference| {
                assert_eq!((difference.flow, difference.key.as_str()), (Some(FlowId(7)), "S1"));
                all.push(difference.kind);
                Ok(())
            })
            .unwrap();
        (all, found.agreed, found.elsewhere)
    }

    #[test]
    fn the_legs_of_a_flow_are_seen_together() {
        use Book::{Core, Party};
        assert_eq!(kinds(&[(Party, None, true), (Core, None, true)]), (vec![], 1, (0, 0)));
        assert_eq!(kinds(&[(Party, None, false), (Core, None, false)]), (vec![], 1, (0, 0)));
        // No leg in the core is no difference.
        assert_eq!(kinds(&[(Party, None, true)]), (vec![], 1, (0, 0)));
        // Each book agrees with the journal, and the money is on one side only.
        assert_eq!(kinds(&[(Party, None, false), (Core, None, true)]).0, [Kind::Alone(Core)]);
        assert_eq!(kinds(&[(Party, None, true), (Core, None, false)]).0, [Kind::Alone(Party)]);
        // Open here and in no list; what is listed is told by its class.
        assert_eq!(
            held_kinds(&Line { open: true, ..line(None, false) }),
            [Kind::Unlisted(Party)],
            "the list says what the journal does not know"
        );
        let both = kinds(&[(Party, Some(Class::OpenHere), true), (Core, Some(Class::OursOnly), false)]);
        assert_eq!(both.0, [Kind::Differs(Party, Class::OpenHere), Kind::Differs(Core, Class::OursOnly)]);
        // Another party's flow is another run's.
        assert_eq!(kinds(&[(Core, Some(Class::OursOnly), false), (Core, None, true)]), (vec![], 0, (2, 1)));
        // One that was to go to this party is this run's.
        assert_eq!(kinds_of(&[(Core, None, true)], true), (vec![Kind::Alone(Core)], 0, (0, 0)));
        let undone = kinds_of(&[(Core, Some(Class::UndoneHere), true)], true);
        assert_eq!(undone, (vec![Kind::Differs(Core, Class::UndoneHere)], 0, (0, 0)));
        // Whatever it was, nothing is there of it.
        assert_eq!(kinds_of(&[(Core, None, false)], true), (vec![], 0, (1, 0)));
    }
}
