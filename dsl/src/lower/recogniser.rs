//! How a message is told from others on its link (grammar 7, D9): the instructions up to the field that holds
//! `message.code`, and the slot that holds it then.

use super::Lowering;
use super::message::Builder;
use super::read::Reader;
use crate::model::{Link, Load, Message, Space};
use crate::program::{MessageProgram, Read, Recogniser};

/// The recogniser of a link, from a message that it carries; `None` where no field holds the code (one message only,
/// or files).
pub fn recogniser(lowering: &mut Lowering<'_>, message: usize, link: &Link) -> Option<Recogniser> {
    let message: &Message = lowering.module.messages.get(message)?;
    if message.file.is_some() {
        return None;
    }
    let field = message.fields.iter().find(|field| field.level == 0 && field.code_around.is_some())?;
    let around = field.code_around.clone()?;
    let slot = field.slot;
    let mut builder = Builder::new(lowering, message);
    builder.tables();
    let mut reader = Reader::new(&mut builder);
    reader.packet(&message.nodes);
    let mut reads = reader.code;
    let at = reads
        .iter()
        .position(|read| matches!(read, Read::Store { slot: of, level: 0, .. } if *of == slot))?;
    let correlation = link.matches.and_then(|load| correlation(message, &load));
    let until = correlation.and_then(|of| {
        reads.iter().position(|read| matches!(read, Read::Store { slot, level: 0, .. } if *slot == of))
    });
    reads.truncate(until.unwrap_or(at).max(at) + 1);
    let reads = plain(&reads);
    let (slots, names) = (builder.out.slots, builder.out.names);
    Some(Recogniser {
        program: MessageProgram { read: reads.into(), slots, names, ..MessageProgram::default() },
        slot,
        around,
        frame: link.frame.clone(),
        correlation,
    })
}

/// Looking only: nothing is judged, learned or marked. Jumps would go beyond what is kept, so reading ends there.
fn plain(reads: &[Read]) -> Vec<Read> {
    // Instructions that judge go; jumps are moved over the gaps.
    let keeps = |read: &Read| {
        !matches!(
            read,
            Read::Agree { .. }
                | Read::Verify { .. }
                | Read::Learn { .. }
                | Read::Outcome { .. }
                | Read::Check { .. }
                | Read::Mark { .. }
                | Read::EndMark { .. }
        )
    };
    let mut places = Vec::with_capacity(reads.len() + 1);
    let mut next = 0_u32;
    for read in reads {
        places.push(next);
        next += u32::from(keeps(read));
    }
    let end = next;
    let moved = |to: u32| places.get(to as usize).copied().unwrap_or(end);
    let mut kept = Vec::new();
    for read in reads.iter().filter(|read| keeps(read)) {
        kept.push(match *read {
            Read::JumpIfMissing { to } => Read::JumpIfMissing { to: moved(to) },
            Read::Unless { condition, to } => Read::Unless { condition, to: moved(to) },
            Read::Jump { to } => Read::Jump { to: moved(to) },
            Read::List { list, end } => Read::List { list, end: moved(end) },
            Read::Next { list, back } => Read::Next { list, back: moved(back) },
            other => other,
        });
    }
    kept
}

/// The slot of the field by which a link matches: the one that is the fact.
fn correlation(message: &Message, load: &Load) -> Option<u16> {
    if load.space == Space::Field {
        return Some(load.slot);
    }
    message.fields.iter().find_map(|field| {
        let fact = field.fact.as_ref()?;
        let is = matches!(&fact.kind, crate::model::ExprKind::Load(of) if of == load);
        (field.level == 0 && is).then_some(field.slot)
    })
}
