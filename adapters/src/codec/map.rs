//! Mappings between a message and the business: values are evaluated, fitted to what their target holds, and stored.
//!
//! In: mapping instructions, the message's record, the surroundings. Out: filled slots on either side. What a target
//! cannot hold goes the way its mapping says (`else …`).

mod carry;
mod fit;
mod taken;

pub use taken::TakenRow;

use std::cmp::Ordering;

use dsl::evaluate;
use dsl::evaluate::Value;
use dsl::model::{FreshOf, Load, Space};
use dsl::program::{Assignment, Map, MessageProgram, Otherwise, Pairing, Program};

use super::environment::{Inside, NoRegions, Programs};
use super::file::Folds;
use super::one_row::OneRow;
use super::seals::Seals;
use super::{Fault, FaultKind, Wrong};
use crate::value::{Record, RowsEntered, Surroundings};

/// Most rows that are held at once to be sorted; the compiler refuses lists that are declared longer.
const SORTED_MOST: u32 = 100_000;

/// Carries what was read to the business records: the message's `take_out` list.
///
/// # Errors
/// [`FaultKind::CannotFit`] and what the mappings say instead (`Refuse`, `Park`, `Unknown`).
pub fn take_out(
    program: &Program,
    message: &MessageProgram,
    record: &mut Record,
    surroundings: &mut dyn Surroundings,
) -> Result<(), Fault> {
    run(Programs { program, message }, &message.take_out, false, record, surroundings)
}

/// Fills a message's slots from the business and from facts, before it is written: its `fill_in` list.
///
/// # Errors
/// As [`take_out`].
pub fn fill_in(
    program: &Program,
    message: &MessageProgram,
    record: &mut Record,
    surroundings: &mut dyn Surroundings,
) -> Result<(), Fault> {
    if record.slots.len() < usize::from(message.slots) {
        record.slots.resize(usize::from(message.slots), crate::value::Slot::default());
    }
    draw_fresh(message, record, surroundings)?;
    run(Programs { program, message }, &message.fill_in, true, record, surroundings)
}

/// Values that only this message has (keys of envelopes, numbers of ciphers) are drawn where nobody set them, before anything is worked
/// out of them.
fn draw_fresh(
    message: &MessageProgram,
    record: &mut Record,
    surroundings: &dyn Surroundings,
) -> Result<(), Fault> {
    for fresh in &message.fresh {
        let index = usize::from(fresh.slot);
        if !record.slot(index).is_present() {
            let mut drawn = vec![0; (fresh.count as usize).min(4096)];
            surroundings.random(&mut drawn).map_err(|fault| Fault {
                op: 0,
                at: 0,
                kind: Wrong::from(fault).kind,
            })?;
            record.set(index, &drawn_value(fresh.of, drawn)).map_err(|wrong| Fault {
                op: 0,
                at: 0,
                kind: Wrong::from(wrong).kind,
            })?;
        }
    }
    Ok(())
}

/// Random octets as what is drawn of them: each figure and letter as likely as the next but for what a remainder of 256 leaves.
fn drawn_value(of: FreshOf, mut octets: Vec<u8>) -> Value<'static> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    match of {
        FreshOf::Bytes => return Value::bytes(octets),
        FreshOf::Digits => {
            for (place, octet) in octets.iter_mut().enumerate() {
                *octet = if place == 0 { b'1' + *octet % 9 } else { b'0' + *octet % 10 };
            }
        }
        FreshOf::Ascii => {
            for octet in &mut octets {
                *octet = LETTERS[usize::from(*octet) % LETTERS.len()];
            }
        }
    }
    Value::text(String::from_utf8_lossy(&octets).into_owned())
}

fn run(
    programs: Programs<'_>,
    maps: &[Map],
    fills: bool,
    record: &mut Record,
    surroundings: &mut dyn Surroundings,
) -> Result<(), Fault> {
    Mapper::new(programs, fills, record, None).run(maps, Wanted::All, surroundings).map(|_| ())
}

/// Fills what stands outside of all lists, once the folds over a file's rows are known.
pub(super) fn fill_singles(
    programs: Programs<'_>,
    record: &mut Record,
    folds: Option<&Folds<'_>>,
    surroundings: &mut dyn Surroundings,
) -> Result<(), Fault> {
    let maps = &programs.message.fill_in;
    draw_fresh(programs.message, record, surroundings)?;
    Mapper::new(programs, true, record, folds).run(maps, Wanted::Singles, surroundings).map(|_| ())
}

/// Hands on what stands outside of all lists, once a file was read.
pub(super) fn take_singles(
    programs: Programs<'_>,
    record: &mut Record,
    folds: Option<&Folds<'_>>,
    surroundings: &mut dyn Surroundings,
) -> Result<(), Fault> {
    let maps = &programs.message.take_out;
    Mapper::new(programs, false, record, folds).run(maps, Wanted::Singles, surroundings).map(|_| ())
}

/// Fills one row of a list: the row stands at `base`, the business row is entered by the surroundings. False: the row
/// does not count. A list that no business list fills counts, and nothing is done.
pub(super) fn fill_row(
    programs: Programs<'_>,
    record: &mut Record,
    list: u16,
    base: usize,
    surroundings: &mut dyn Surroundings,
) -> Result<bool, Fault> {
    let Some(form) = programs.message.lists.get(usize::from(list)) else { return Ok(true) };
    let row = Row { level: form.level, slot: form.slot, number: 0, base };
    let ran = Mapper::new(programs, true, record, None).run(
        &programs.message.fill_in,
        Wanted::Row(row),
        surroundings,
    )?;
    Ok(ran != Some(false))
}

/// What the mappings make of one row of a wire list, which stands at `base`. None: nobody takes it, or it does not count.
pub(super) fn take_row(
    programs: Programs<'_>,
    record: &mut Record,
    list: u16,
    (number, base): (u32, usize),
    surroundings: &mut dyn Surroundings,
) -> Result<Option<TakenRow>, Fault> {
    let Some(form) = programs.message.lists.get(usize::from(list)) else { return Ok(None) };
    let of_list = |pairing: &&Pairing| {
        let (from, to) = (pairing.source, pairing.target);
        from.space == Space::Field
            && to.space != Space::Field
            && (from.level, from.slot) == (form.level, form.slot)
    };
    let Some(pairing) = programs.message.pairings.iter().find(of_list) else { return Ok(None) };
    let row = Row { level: form.level, slot: form.slot, number, base };
    let mut alone = OneRow::new(surroundings, pairing.stride);
    let ran = Mapper::new(programs, false, record, None).run(
        &programs.message.take_out,
        Wanted::Row(row),
        &mut alone,
    )?;
    let taken = TakenRow { list: pairing.target, stride: pairing.stride, max: pairing.max, row: alone.row };
    Ok((ran == Some(true)).then_some(taken))
}

/// Which of a message's mappings are run.
#[derive(Clone, Copy)]
enum Wanted {
    All,
    /// Those outside of lists.
    Singles,
    /// Those of one row of a list of the message.
    Row(Row),
}

/// A row of a list of the message.
#[derive(Clone, Copy)]
struct Row {
    level: u8,
    slot: u16,
    number: u32,
    base: usize,
}

/// The numbers of the business rows that fill a list of lines, in the order that `sorted by` says; none where it says
/// nothing.
pub(super) fn order_of(
    programs: Programs<'_>,
    list: u16,
    surroundings: &dyn Surroundings,
) -> Result<Option<Vec<u32>>, Fault> {
    let Some(form) = programs.message.lists.get(usize::from(list)) else { return Ok(None) };
    let fills = |pairing: &&Pairing| {
        let to = pairing.target;
        to.space == Space::Field && (to.level, to.slot) == (form.level, form.slot) && !in_place(pairing)
    };
    let Some(pairing) = programs.message.pairings.iter().find(fills) else { return Ok(None) };
    let mut record = Record::new(programs.message.slots);
    let mapper = Mapper::new(programs, true, &mut record, None);
    let count = mapper.count(&pairing.source, surroundings);
    let ordered = count.and_then(|count| mapper.order(pairing, count.unwrap_or(0), surroundings));
    ordered.map_err(|wrong| Fault { op: u32::MAX, at: Fault::IN_MAPPING, kind: wrong.kind })
}

/// Whether the rows that stand in a list are gone through, and none are made.
fn in_place(form: &Pairing) -> bool {
    form.source == form.target
}

struct Mapper<'a> {
    programs: Programs<'a>,
    /// A message is filled, not handed on.
    fills: bool,
    record: &'a mut Record,
    rows: RowsEntered,
    seals: Seals,
    open: Vec<Open>,
    folds: Option<&'a Folds<'a>>,
}

/// A pairing whose rows are gone through.
struct Open {
    pairing: u16,
    row: u32,
    count: u32,
    /// Of a sorted list: the numbers of the rows that count, in their order.
    order: Option<Vec<u32>>,
    target_entered: bool,
}

impl<'a> Mapper<'a> {
    fn new(
        programs: Programs<'a>,
        fills: bool,
        record: &'a mut Record,
        folds: Option<&'a Folds<'a>>,
    ) -> Self {
        let (rows, seals) = (RowsEntered::default(), Seals::default());
        Mapper { programs, fills, record, rows, seals, open: Vec::new(), folds }
    }

    /// Runs the instructions that are wanted. Of a row it says whether it counts; none: it was not met.
    fn run(
        &mut self,
        maps: &[Map],
        wanted: Wanted,
        surroundings: &mut dyn Surroundings,
    ) -> Result<Option<bool>, Fault> {
        let (mut at, mut met) = (0, None);
        while let Some(map) = maps.get(at) {
            let next = match (wanted, map) {
                (Wanted::Singles, Map::Each { end, .. }) => Ok(Some(*end)),
                (Wanted::Row(row), Map::Each { pairing, end }) if self.open.is_empty() => {
                    match self.enter_row(*pairing, row, surroundings) {
                        Ok(Some(counts)) => {
                            met = Some(counts);
                            Ok((!counts).then_some(*end))
                        }
                        Ok(None) => Ok(Some(*end)),
                        Err(wrong) => Err(wrong),
                    }
                }
                // The row is done.
                (Wanted::Row(_), Map::Next { .. }) if self.open.len() == 1 => break,
                (Wanted::Row(_), Map::Set { .. } | Map::Check { .. }) if self.open.is_empty() => Ok(None),
                _ => self.step(*map, surroundings),
            };
            match next {
                Ok(None) => at += 1,
                Ok(Some(to)) => at = to as usize,
                Err(wrong) => {
                    let op = u32::try_from(at).unwrap_or(u32::MAX);
                    return Err(Fault { op, at: Fault::IN_MAPPING, kind: wrong.kind });
                }
            }
        }
        Ok(met)
    }

    /// Enters the row that is wanted, if the pairing is of its list; says whether it counts.
    fn enter_row(
        &mut self,
        pairing: u16,
        row: Row,
        surroundings: &dyn Surroundings,
    ) -> Result<Option<bool>, Wrong> {
        let form = self.pairing(pairing)?;
        let own = if self.fills { &form.target } else { &form.source };
        if own.space != Space::Field || (own.level, own.slot) != (row.level, row.slot) {
            return Ok(None);
        }
        self.rows.push(row.level, usize::from(row.slot), row.number, row.base);
        let counts = match form.filter {
            Some(filter) => self.inside(surroundings).truth(filter)?,
            None => true,
        };
        if counts {
            let (row, count) = (row.number, row.number);
            self.open.push(Open { pairing, row, count, order: None, target_entered: false });
        } else {
            self.rows.pop();
        }
        Ok(Some(counts))
    }

    fn inside<'i>(&'i self, surroundings: &'i dyn Surroundings) -> Inside<'i> {
        Inside {
            programs: self.programs,
            record: self.record,
            rows: &self.rows,
            regions: &NoRegions,
            seals: &self.seals,
            surroundings,
            seen: None,
            folds: self.folds,
        }
    }

    /// A mapping does not stop: a seal in it is computed in place.
    fn at_once<T>(
        &self,
        surroundings: &dyn Surroundings,
        work: impl Fn(&Inside<'_>) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        self.seals.at_once(surroundings, || work(&self.inside(surroundings)))
    }

    fn step(&mut self, map: Map, surroundings: &mut dyn Surroundings) -> Result<Option<u32>, Wrong> {
        match map {
            Map::Set { assignment } => {
                let assignment = self
                    .programs
                    .message
                    .assignments
                    .get(usize::from(assignment))
                    .ok_or(FaultKind::Program)?;
                self.set(assignment, surroundings)?;
                Ok(None)
            }
            Map::Each { pairing, end } => {
                let form = self.pairing(pairing)?;
                self.only_row(form)?;
                let count = self.count(&form.source, surroundings)?;
                let Some(count) = count else { return Ok(Some(end)) };
                self.begin(form, surroundings)?;
                let order = self.order(form, count, surroundings)?;
                let count = order.as_ref().map_or(count, |order| u32::try_from(order.len()).unwrap_or(count));
                self.open.push(Open { pairing, row: 0, count, order, target_entered: false });
                Ok(if self.advance(surroundings)? { None } else { Some(end) })
            }
            Map::Next { pairing, back } => {
                let open =
                    self.open.last_mut().filter(|open| open.pairing == pairing).ok_or(FaultKind::Program)?;
                open.row += 1;
                Ok(if self.advance(surroundings)? { Some(back) } else { None })
            }
            Map::Unless { condition, to } => {
                let holds = self.at_once(surroundings, |inside| Ok(inside.truth(condition)?))?;
                Ok(if holds { None } else { Some(to) })
            }
            Map::Jump { to } => Ok(Some(to)),
            Map::Check { check } => {
                let check = self.programs.message.checks.get(usize::from(check)).ok_or(FaultKind::Program)?;
                if self.at_once(surroundings, |inside| Ok(inside.truth(check.holds)?))? {
                    return Ok(None);
                }
                Err(check.refuse.map_or(FaultKind::Check, FaultKind::Refuse).into())
            }
        }
    }

    fn pairing(&self, pairing: u16) -> Result<&'a Pairing, Wrong> {
        self.programs.message.pairings.get(usize::from(pairing)).ok_or_else(|| FaultKind::Program.into())
    }

    /// A list of exactly one row that no business list fills has that row as soon as it is written.
    fn only_row(&mut self, form: &Pairing) -> Result<(), Wrong> {
        if !self.fills || form.max != 1 || !in_place(form) {
            return Ok(());
        }
        let index = self.rows.index(form.target.level, form.target.slot)?;
        if self.record.rows(index).is_none() {
            self.record.begin_list(index, form.stride, 0)?;
            self.record.append_row(index, form.max)?;
        }
        Ok(())
    }

    /// Makes the list that is filled, unless its rows stand there already: a list within rows of another adds to them.
    fn begin(&mut self, form: &Pairing, surroundings: &mut dyn Surroundings) -> Result<(), Wrong> {
        if in_place(form) {
            return Ok(());
        }
        if form.target.space == Space::Field {
            let index = self.rows.index(form.target.level, form.target.slot)?;
            self.record.begin_list(index, form.stride, 0)?;
        } else if matches!(surroundings.load(&form.target)?, Value::Absent) {
            surroundings.begin_rows(&form.target, form.stride)?;
        }
        Ok(())
    }

    /// Rows of a list; none if it is absent.
    fn count(&self, list: &Load, surroundings: &dyn Surroundings) -> Result<Option<u32>, Wrong> {
        if list.space == Space::Field {
            let index = self.rows.index(list.level, list.slot)?;
            return Ok(self.record.rows(index).map(|rows| rows.count));
        }
        match surroundings.load(list)? {
            Value::Absent => Ok(None),
            _ => Ok(Some(surroundings.rows(list)?)),
        }
    }

    fn enter(&self, list: &Load, row: u32, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        if list.space == Space::Field {
            self.rows.enter(self.record, list, row)?;
        } else {
            surroundings.enter(list, row)?;
        }
        Ok(())
    }

    fn leave(&self, list: &Load, surroundings: &dyn Surroundings) {
        if list.space == Space::Field { self.rows.leave(list) } else { surroundings.leave(list) }
    }

    /// The rows that count, sorted: a missing value stands first, and rows that are alike stay as they stand. None where
    /// nothing says in what order.
    fn order(
        &self,
        form: &Pairing,
        count: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<Option<Vec<u32>>, Wrong> {
        if form.sorted.is_empty() {
            return Ok(None);
        }
        if count > SORTED_MOST {
            return Err(FaultKind::TooManyRows.into());
        }
        let mut rows: Vec<(Vec<Value<'static>>, u32)> = Vec::new();
        for row in 0..count {
            if let Some(with) = &form.with {
                self.leave(&form.source, surroundings);
                self.enter(with, row, surroundings)?;
            }
            self.enter(&form.source, row, surroundings)?;
            let counts = match form.filter {
                Some(filter) => self.inside(surroundings).truth(filter)?,
                None => true,
            };
            if counts {
                let keys = self.at_once(surroundings, |inside| {
                    let keys = form.sorted.iter().map(|by| inside.optional(*by).map(Value::into_owned));
                    Ok(keys.collect::<Result<Vec<_>, _>>()?)
                })?;
                rows.push((keys, row));
            }
        }
        if count > 0 {
            self.leave(&form.source, surroundings);
            if let Some(with) = &form.with {
                self.leave(with, surroundings);
            }
        }
        let (inside, mut fault) = (self.inside(surroundings), None);
        rows.sort_by(|(left, _), (right, _)| {
            let mut pairs = left.iter().zip(right).map(|(left, right)| match (left, right) {
                (Value::Absent, Value::Absent) => Ordering::Equal,
                (Value::Absent, _) => Ordering::Less,
                (_, Value::Absent) => Ordering::Greater,
                _ => evaluate::order(left, right, &inside).unwrap_or_else(|found| {
                    fault = Some(found);
                    Ordering::Equal
                }),
            });
            pairs.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        match fault {
            Some(fault) => Err(fault.into()),
            None => Ok(Some(rows.into_iter().map(|(_, row)| row).collect())),
        }
    }

    /// Goes to the next row that counts, and makes its target row; closes the pairing when there is none.
    fn advance(&mut self, surroundings: &mut dyn Surroundings) -> Result<bool, Wrong> {
        let open = self.open.last().ok_or(FaultKind::Program)?;
        let form = self.pairing(open.pairing)?;
        let (mut row, count, entered) = (open.row, open.count, open.target_entered);
        if entered {
            self.leave_target(form, surroundings);
            self.mark_target(false);
        }
        while row < count {
            let order = self.open.last().and_then(|open| open.order.as_ref());
            let sorted = order.is_some();
            let number = order.and_then(|order| order.get(row as usize)).copied().unwrap_or(row);
            // The list beside it lies below its rows, so that `item` is always the innermost row.
            if let Some(with) = &form.with {
                self.leave(&form.source, surroundings);
                self.enter(with, number, surroundings)?;
            }
            self.enter(&form.source, number, surroundings)?;
            let counts = match form.filter.filter(|_| !sorted) {
                Some(filter) => self.inside(surroundings).truth(filter)?,
                None => true,
            };
            if counts {
                self.append(form, surroundings)?;
                self.mark_target(true);
                if let Some(open) = self.open.last_mut() {
                    open.row = row;
                }
                return Ok(true);
            }
            row += 1;
        }
        if count > 0 {
            self.leave(&form.source, surroundings);
            if let Some(with) = &form.with {
                self.leave(with, surroundings);
            }
        }
        self.open.pop();
        Ok(false)
    }

    fn mark_target(&mut self, entered: bool) {
        if let Some(open) = self.open.last_mut() {
            open.target_entered = entered;
        }
    }

    fn leave_target(&self, form: &Pairing, surroundings: &dyn Surroundings) {
        if in_place(form) {
            return;
        }
        if form.target.space == Space::Field { self.rows.pop() } else { surroundings.leave(&form.target) }
    }

    fn append(&mut self, form: &Pairing, surroundings: &mut dyn Surroundings) -> Result<(), Wrong> {
        if in_place(form) {
            return Ok(());
        }
        if form.target.space != Space::Field {
            let appended = surroundings.append(&form.target, form.stride, form.max);
            return appended.map_err(too_many);
        }
        let index = self.rows.index(form.target.level, form.target.slot)?;
        let base = self.record.append_row(index, form.max).map_err(too_many)?;
        let row = self.record.rows(index).map_or(0, |rows| rows.count.saturating_sub(1));
        self.rows.push(form.target.level, index, row, base);
        Ok(())
    }

    fn set(&mut self, assignment: &'a Assignment, surroundings: &mut dyn Surroundings) -> Result<(), Wrong> {
        if self.carry(assignment, surroundings)? {
            return Ok(());
        }
        let fitted = self.at_once(surroundings, |inside| {
            match inside.optional(assignment.source).and_then(|value| inside.held(value)) {
                Ok(Value::Absent) if !assignment.optional => Err(FaultKind::Missing.into()),
                Ok(value) => self.fit(assignment, value, inside).map(Value::into_owned),
                Err(fault) => Err(fault.into()),
            }
        });
        let value = match (fitted, &assignment.otherwise) {
            (Ok(value), _) => value,
            (Err(wrong), Otherwise::Fault) => return Err(wrong),
            (Err(_), Otherwise::Refuse(reason)) => return Err(FaultKind::Refuse(*reason).into()),
            (Err(_), Otherwise::Park(_)) => {
                let message = self.programs.message;
                let place = message.assignments.iter().position(|other| std::ptr::eq(other, assignment));
                let place = place.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX);
                return Err(FaultKind::Park(place).into());
            }
            (Err(_), Otherwise::Unknown) => return Err(FaultKind::Unknown.into()),
            (Err(_), Otherwise::Absent) => Value::Absent,
            (Err(_), Otherwise::Value(other)) => self.inside(surroundings).optional(*other)?.into_owned(),
        };
        if assignment.target.space == Space::Field {
            let index = self.rows.index(assignment.target.level, assignment.target.slot)?;
            return Ok(self.record.set(index, &value)?);
        }
        Ok(surroundings.set(&assignment.target, &value)?)
    }
}

fn too_many(fault: evaluate::Fault) -> Wrong {
    match fault {
        evaluate::Fault::TooLong => FaultKind::TooManyRows.into(),
        other => other.into(),
    }
}
