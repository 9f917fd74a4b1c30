//! Which values stand one behind the other with nothing between them: they are read and written in one stride.
//!
//! In: a message's finished lists. Out: for each instruction how many pairs of `Take` and `Store`, or how many `Put`,
//! follow from there that need nothing but their own octets.

use crate::program::{MessageProgram, Read, Stride, WireForm, Write};

/// Notes the strides of a message.
pub(super) fn note(message: &mut MessageProgram, wires: &[WireForm]) {
    let plain = |wire: u32| wires.get(wire as usize).filter(|form| form.measures.plain);
    let mut strides = vec![Stride::default(); message.read.len()];
    for at in (0..message.read.len().saturating_sub(1)).rev() {
        let (Some(Read::Take { wire }), Some(Read::Store { wire: stored, level, .. })) =
            (message.read.get(at), message.read.get(at + 1))
        else {
            continue;
        };
        let Some(width) = plain(*wire).and_then(|form| form.measures.taken) else { continue };
        if wire != stored {
            continue;
        }
        let behind = match message.read.get(at + 3) {
            Some(Read::Store { level: next, .. }) if next == level => strides.get(at + 2).copied(),
            _ => None,
        };
        let behind = behind.unwrap_or_default();
        if let Some(place) = strides.get_mut(at) {
            *place = Stride {
                values: behind.values.saturating_add(1),
                octets: behind.octets.saturating_add(width),
            };
        }
    }
    message.read_strides = kept(strides);
    let mut strides = vec![Stride::default(); message.write.len()];
    for at in (0..message.write.len()).rev() {
        let Some(Write::Put { wire, level, .. }) = message.write.get(at) else { continue };
        let Some(width) = plain(*wire).and_then(|form| form.measures.taken) else { continue };
        let behind = match message.write.get(at + 1) {
            Some(Write::Put { level: next, .. }) if next == level => strides.get(at + 1).copied(),
            _ => None,
        };
        let behind = behind.unwrap_or_default();
        if let Some(place) = strides.get_mut(at) {
            *place = Stride {
                values: behind.values.saturating_add(1),
                octets: behind.octets.saturating_add(width),
            };
        }
    }
    message.write_strides = kept(strides);
}

/// Nothing, where no two values stand beside each other.
fn kept(strides: Vec<Stride>) -> Box<[Stride]> {
    if strides.iter().any(|stride| stride.values > 1) { strides.into() } else { Box::default() }
}
