//! Which values stand one behind the other with nothing between them: they are read and written in one stride.
//!
//! In: a message's finished lists. Out: for each instruction how many pairs of `Take` and `Store`, how many `Put`, or, where
//! values have names, how many pairs of `Child` and `Store` or `Put` follow from there that need nothing but their own octets; of an
//! `Enter`, how many instructions there are up to its `Leave` where all of them are such pairs, groups and lists.
//! It must not know how a stride is run.

use crate::program::{MessageProgram, Read, Stride, WireForm, WireList, Write};

/// Notes the strides of a message whose instructions are finished; `wires` are its program's.
pub fn note(message: &mut MessageProgram, wires: &[WireForm]) {
    let (read, write) = (&message.read, &message.write);
    let plain = |wire: u32| wires.get(wire as usize).filter(|form| form.measures.plain);
    // How many octets it takes from a run; a value with a name has what stands there.
    let taken = |wire: u32| plain(wire)?.measures.taken;
    let named = |wire: u32| plain(wire).map(|_| 0);
    message.read_strides = strides(read.len(), |at| match (*read.get(at)?, *read.get(at + 1)?) {
        (Read::Take { wire }, Read::Store { wire: stored, level, .. }) if wire == stored => {
            Some(Value { octets: taken(wire)?, level, instructions: 2 })
        }
        (Read::Child { .. }, Read::Store { wire, level, .. }) => {
            Some(Value { octets: named(wire)?, level, instructions: 2 })
        }
        _ => None,
    });
    for at in 0..read.len() {
        if let (Some(values), Some(place)) =
            (whole(read, at, &message.lists, &plain), message.read_strides.get_mut(at))
        {
            *place = Stride { values, octets: 0 };
        }
    }
    message.write_strides = strides(write.len(), |at| match (*write.get(at)?, write.get(at + 1)) {
        (Write::Put { wire, level, .. }, _) => Some(Value { octets: taken(wire)?, level, instructions: 1 }),
        (Write::Child { .. }, Some(Write::Put { wire, level, .. })) => {
            Some(Value { octets: named(*wire)?, level: *level, instructions: 2 })
        }
        _ => None,
    });
    for at in 0..write.len() {
        if let (Some(values), Some(place)) =
            (whole_written(write, at, &message.lists, &plain), message.write_strides.get_mut(at))
        {
            *place = Stride { values, octets: 0 };
        }
    }
}

/// The same of writing.
fn whole_written<'w>(
    write: &[Write],
    enter: usize,
    lists: &[WireList],
    plain: &impl Fn(u32) -> Option<&'w WireForm>,
) -> Option<u16> {
    let Write::Enter { .. } = write.get(enter)? else { return None };
    let widths = matches!(write.get(enter + 1)?, Write::Put { .. });
    if !widths && !matches!(write.get(enter + 1)?, Write::Child { .. } | Write::UnlessPresent { .. }) {
        return None;
    }
    let mut list_level = 0;
    for (count, step) in write.get(enter + 1..)?.iter().enumerate() {
        match step {
            Write::Leave { chain: u32::MAX } => return u16::try_from(count + 1).ok(),
            Write::Put { wire, level: 0, .. } if widths => {
                plain(*wire)?.measures.taken?;
            }
            _ if widths => return None,
            Write::Child { .. } | Write::Down | Write::Up => {}
            Write::UnlessPresent { level, .. } if *level == list_level => {}
            Write::Put { wire, level, .. } if *level == list_level => {
                plain(*wire)?;
            }
            Write::List { list, .. } if list_level == 0 => {
                lists.get(usize::from(*list)).filter(|list| is_simple(list))?;
                list_level = 1;
            }
            Write::Next { .. } if list_level == 1 => list_level = 0,
            _ => return None,
        }
    }
    None
}

/// Whether a list is nothing but its rows one behind the other, and within no other one.
fn is_simple(list: &WireList) -> bool {
    let told = list.counted_by.is_some() || list.run.is_some() || list.pattern.is_some();
    !told && !list.tolerant && !list.alone && !list.of_line && list.level == 0
}

/// How many instructions of a format follow its `Enter`, where each is one of values that need nothing but their octets; in a format
/// with names also of groups, and of lists that are not within others.
fn whole<'w>(
    read: &[Read],
    enter: usize,
    lists: &[WireList],
    plain: &impl Fn(u32) -> Option<&'w WireForm>,
) -> Option<u16> {
    let taken = |wire: u32| plain(wire)?.measures.taken;
    let Read::Enter { .. } = read.get(enter)? else { return None };
    let widths = matches!(read.get(enter + 1)?, Read::Take { .. });
    if !widths && !matches!(read.get(enter + 1)?, Read::Child { .. }) {
        return None;
    }
    let mut level = 0;
    for (count, step) in read.get(enter + 1..)?.iter().enumerate() {
        match step {
            Read::Leave { kept } if !(widths && *kept) => return u16::try_from(count + 1).ok(),
            Read::Take { wire } if widths => match read.get(enter + count + 2)? {
                Read::Store { wire: stored, .. } if stored == wire => taken(*wire).map(drop)?,
                _ => return None,
            },
            Read::Store { wire, level: 0, .. } if widths => {
                plain(*wire)?;
            }
            _ if widths => return None,
            Read::Child { .. } | Read::Down | Read::Up | Read::JumpIfMissing { .. } => {}
            Read::Store { wire, level: stored, .. } if *stored == level => {
                plain(*wire)?;
            }
            Read::List { list, .. } if level == 0 => {
                lists.get(usize::from(*list)).filter(|list| is_simple(list))?;
                level = 1;
            }
            Read::Next { .. } if level == 1 => level = 0,
            _ => return None,
        }
    }
    None
}

/// A value that begins at an instruction.
struct Value {
    octets: u32,
    level: u8,
    instructions: usize,
}

/// The strides of a list; `value` gives the value that begins at an instruction.
fn strides(length: usize, value: impl Fn(usize) -> Option<Value>) -> Box<[Stride]> {
    let mut all = vec![Stride::default(); length];
    for at in (0..length).rev() {
        let Some(Value { octets, level, instructions }) = value(at) else { continue };
        let next = at + instructions;
        let goes_on =
            value(next).is_some_and(|next| (next.level, next.instructions) == (level, instructions));
        let behind = all.get(next).copied().filter(|_| goes_on).unwrap_or_default();
        if let Some(place) = all.get_mut(at) {
            let (values, octets) = (behind.values.saturating_add(1), behind.octets.saturating_add(octets));
            *place = Stride { values, octets };
        }
    }
    if all.iter().any(|stride| stride.values > 0) { all.into() } else { Box::default() }
}
