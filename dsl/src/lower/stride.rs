//! Which values stand one behind the other with nothing between them: they are read and written in one stride.
//!
//! In: a message's finished lists. Out: for each instruction how many pairs of `Take` and `Store`, or how many `Put`,
//! follow from there that need nothing but their own octets. It must not know how a stride is run.

use crate::program::{MessageProgram, Read, Stride, WireForm, Write};

/// Notes the strides of a message.
pub(super) fn note(message: &mut MessageProgram, wires: &[WireForm]) {
    let (read, write) = (&message.read, &message.write);
    message.read_strides = strides(wires, read.len(), 2, |at| match (read.get(at)?, read.get(at + 1)?) {
        (Read::Take { wire }, Read::Store { wire: stored, level, .. }) if wire == stored => {
            Some((*wire, *level))
        }
        _ => None,
    });
    message.write_strides = strides(wires, write.len(), 1, |at| match write.get(at)? {
        Write::Put { wire, level, .. } => Some((*wire, *level)),
        _ => None,
    });
}

/// The strides of a list in which a value takes so many instructions; `value` gives the wire form and level of the one that
/// begins at an instruction. Nothing, where no two values stand beside each other.
fn strides(
    wires: &[WireForm],
    length: usize,
    each: usize,
    value: impl Fn(usize) -> Option<(u32, u8)>,
) -> Box<[Stride]> {
    let mut all = vec![Stride::default(); length];
    for at in (0..length).rev() {
        let Some((wire, level)) = value(at) else { continue };
        let form = wires.get(wire as usize).filter(|form| form.measures.plain);
        let Some(width) = form.and_then(|form| form.measures.taken) else { continue };
        let goes_on = value(at + each).is_some_and(|(_, next)| next == level);
        let behind = all.get(at + each).copied().filter(|_| goes_on).unwrap_or_default();
        if let Some(place) = all.get_mut(at) {
            let (values, octets) = (behind.values.saturating_add(1), behind.octets.saturating_add(width));
            *place = Stride { values, octets };
        }
    }
    if all.iter().any(|stride| stride.values > 1) { all.into() } else { Box::default() }
}
