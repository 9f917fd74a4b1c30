//! The durable state as bytes, by hand: a format number, then fields of tag, length and content (`decisions.md` D16).
//!
//! Places, steps, loops and calls stand by name path, so that a newer program of the same text resumes an older
//! state. Every format that was ever written is read for ever. It must not know where the bytes are kept.

use super::event::Event;
use super::program::{CallId, FlowProgram, HoldId, LimitId, LoopId, Node, NodeId, StepId};
use super::state::{Cancel, Durable, End, Operation, OperationState, Rows};
use std::fmt;

/// The format that is written.
const FORMAT: u8 = 1;

const HEAD: u8 = 1;
const PLACE: u8 = 2;
const OPERATION: u8 = 3;
const REFUSED: u8 = 4;
const LIMIT: u8 = 5;
const DEADLINE: u8 = 6;
const ROWS: u8 = 7;
const STOPPED: u8 = 8;
const DECISION: u8 = 9;

/// Why bytes are no state of this flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeFault {
    /// Written by a newer program.
    Format(u8),
    /// The bytes end early, or hold what no state holds; at this byte.
    Damaged(usize),
    /// A name path that the program does not have.
    UnknownName(Box<str>),
}

impl fmt::Display for DecodeFault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(found) => write!(to, "a state of format {found}; this program reads up to {FORMAT}"),
            Self::Damaged(at) => write!(to, "the state is damaged at byte {at}"),
            Self::UnknownName(name) => {
                write!(to, "the state speaks of `{name}`, which the flow does not have")
            }
        }
    }
}

impl std::error::Error for DecodeFault {}

/// The state as bytes.
#[must_use]
pub fn encode(program: &FlowProgram, durable: &Durable) -> Vec<u8> {
    let mut out = vec![FORMAT];
    let end = durable.end.map_or(0, |end| if end == End::Done { 1 } else { 2 });
    let cancel = match durable.cancel {
        Cancel::No => 0,
        Cancel::Wished => 1,
        Cancel::Through => 2,
    };
    let flags = u8::from(durable.asked)
        | u8::from(durable.answered) << 1
        | u8::from(durable.late) << 2
        | u8::from(durable.overdue) << 3;
    field(&mut out, HEAD, &[flags, end, cancel, durable.restarts]);
    field(&mut out, PLACE, place(program, durable.at).as_bytes());
    for (step, operation) in program.steps.iter().zip(&durable.operations) {
        if *operation != Operation::default() {
            field(&mut out, OPERATION, &encode_operation(program, &step.name, operation));
        }
    }
    if let Some(reason) = &durable.refused {
        field(&mut out, REFUSED, reason.as_bytes());
    }
    for (limit, taken) in &durable.limits {
        let mut inner = vec![u8::from(*taken)];
        inner.extend_from_slice(limit_place(program, *limit).as_bytes());
        field(&mut out, LIMIT, &inner);
    }
    for at in &durable.deadlines {
        field(&mut out, DEADLINE, place(program, *at).as_bytes());
    }
    if let Some(at) = durable.stopped {
        field(&mut out, STOPPED, place(program, at).as_bytes());
    }
    for rows in &durable.loops {
        field(&mut out, ROWS, &encode_rows(program, rows));
    }
    for (of, against) in &durable.decisions {
        let mut inner = vec![u8::from(against.is_some())];
        text(&mut inner, against.as_deref().unwrap_or_default());
        inner.extend_from_slice(hold_place(program, *of).as_bytes());
        field(&mut out, DECISION, &inner);
    }
    out
}

/// What a decision of people is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An operation.
    Operation(StepId),
    /// The place where the flow stands.
    Place,
}

impl Subject {
    /// What an event decides; none of one that decides nothing.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Proof(step, _) | Event::Correct(step) => Some(Self::Operation(*step)),
            Event::Decision { .. } | Event::Released { .. } => Some(Self::Place),
            _ => None,
        }
    }

    /// How it stands in a state: as long as these octets are the same, a decision is still about the same.
    #[must_use]
    pub fn stands(self, program: &FlowProgram, durable: &Durable) -> Vec<u8> {
        match self {
            Self::Operation(step) => {
                let name = program.step(step).map_or("", |step| &*step.name);
                let operation = durable.operation(step).cloned().unwrap_or_default();
                let mut out = encode_operation(program, name, &operation);
                // What is held again behind a refused correction looks as it did before it, and is something else to decide.
                let begun =
                    |by: &&StepId| durable.operation(**by).is_some_and(|by| by.state != OperationState::New);
                let corrections =
                    program.step(step).map_or(0, |found| found.correct.iter().filter(begun).count());
                if corrections > 0 {
                    number(&mut out, corrections as u64);
                }
                out
            }
            Self::Place => {
                let mut out = vec![u8::from(durable.stopped.is_some()) | u8::from(durable.unwinding()) << 1];
                text(&mut out, place(program, durable.at));
                out
            }
        }
    }
}

fn place(program: &FlowProgram, at: NodeId) -> &str {
    program.places.get(usize::from(at.0)).map_or("", |place| place)
}

fn limit_place(program: &FlowProgram, of: LimitId) -> &str {
    let at = program.nodes.iter().position(|node| matches!(node, Node::Limit { limit, .. } if *limit == of));
    at.and_then(|at| program.places.get(at)).map_or("", |place| place)
}

fn hold_place(program: &FlowProgram, of: HoldId) -> &str {
    let at = program.nodes.iter().position(|node| matches!(node, Node::Hold { hold, .. } if *hold == of));
    at.and_then(|at| program.places.get(at)).map_or("", |place| place)
}

fn encode_operation(program: &FlowProgram, name: &str, operation: &Operation) -> Vec<u8> {
    let mut out = Vec::new();
    let state = STATES.iter().position(|state| *state == operation.state).unwrap_or_default();
    let flags = u8::from(operation.made)
        | u8::from(operation.reason.is_some()) << 1
        | u8::from(operation.passed) << 2;
    out.extend([u8::try_from(state).unwrap_or_default(), operation.copies, operation.backs, flags]);
    text(&mut out, name);
    text(&mut out, operation.call.and_then(|call| program.call(call)).map_or("", |call| &call.name));
    text(&mut out, operation.reason.as_deref().unwrap_or_default());
    out
}

fn encode_rows(program: &FlowProgram, rows: &Rows) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, program.loops.get(usize::from(rows.of.0)).map_or("", |found| &found.name));
    for count in [rows.total, rows.next, rows.done, rows.refused, rows.open.len() as u64] {
        number(&mut out, count);
    }
    for row in &rows.open {
        number(&mut out, *row);
    }
    out
}

/// The states in the order of their numbers, which are never used for anything else.
const STATES: [OperationState; 10] = [
    OperationState::New,
    OperationState::Intent,
    OperationState::Unknown,
    OperationState::Reversing,
    OperationState::Done,
    OperationState::Refused,
    OperationState::Undoing,
    OperationState::Undone,
    OperationState::Parked,
    OperationState::Held,
];

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn text(out: &mut Vec<u8>, value: &str) {
    number(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

fn field(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    number(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// The state from bytes of any format ever written.
///
/// # Errors
/// Where the bytes are of a newer format, are damaged, or name what the program does not have.
pub fn decode(program: &FlowProgram, bytes: &[u8]) -> Result<Durable, DecodeFault> {
    let mut all = Bytes { bytes, at: 0 };
    match all.byte()? {
        FORMAT => decode_1(program, &mut all),
        newer => Err(DecodeFault::Format(newer)),
    }
}

fn decode_1(program: &FlowProgram, all: &mut Bytes<'_>) -> Result<Durable, DecodeFault> {
    let mut durable = Durable::new(program);
    while !all.is_empty() {
        let tag = all.byte()?;
        let mut inner = all.part()?;
        match tag {
            HEAD => decode_head(&mut durable, &mut inner)?,
            PLACE => durable.at = find_place(program, inner.rest()?)?,
            OPERATION => decode_operation(program, &mut durable, &mut inner)?,
            REFUSED => durable.refused = Some(inner.rest()?.into()),
            LIMIT => {
                let taken = inner.byte()? != 0;
                let name = inner.rest()?;
                match program.node(find_place(program, name)?) {
                    Some(Node::Limit { limit, .. }) => durable.limits.push((*limit, taken)),
                    _ => return Err(DecodeFault::UnknownName(name.into())),
                }
            }
            DEADLINE => durable.deadlines.push(find_place(program, inner.rest()?)?),
            STOPPED => durable.stopped = Some(find_place(program, inner.rest()?)?),
            ROWS => durable.loops.push(decode_rows(program, &mut inner)?),
            DECISION => {
                let against = inner.byte()? != 0;
                let reason = inner.text()?;
                let name = inner.rest()?;
                match program.node(find_place(program, name)?) {
                    Some(Node::Hold { hold, .. }) => {
                        durable.decisions.push((*hold, against.then(|| reason.into())));
                    }
                    _ => return Err(DecodeFault::UnknownName(name.into())),
                }
            }
            _ => return Err(DecodeFault::Damaged(all.at)),
        }
        if !inner.is_empty() {
            return Err(DecodeFault::Damaged(all.at));
        }
    }
    Ok(durable)
}

fn decode_head(durable: &mut Durable, inner: &mut Bytes<'_>) -> Result<(), DecodeFault> {
    let flags = inner.byte()?;
    durable.asked = flags & 1 != 0;
    durable.answered = flags & 2 != 0;
    durable.late = flags & 4 != 0;
    durable.overdue = flags & 8 != 0;
    durable.end = match inner.byte()? {
        0 => None,
        1 => Some(End::Done),
        2 => Some(End::Refused),
        _ => return Err(DecodeFault::Damaged(inner.at)),
    };
    durable.cancel = match inner.byte()? {
        0 => Cancel::No,
        1 => Cancel::Wished,
        2 => Cancel::Through,
        _ => return Err(DecodeFault::Damaged(inner.at)),
    };
    durable.restarts = inner.byte()?;
    Ok(())
}

fn find_place(program: &FlowProgram, name: &str) -> Result<NodeId, DecodeFault> {
    let at = if name.is_empty() {
        Some(program.nodes.len())
    } else {
        program.places.iter().position(|place| &**place == name)
    };
    at.and_then(|at| u16::try_from(at).ok()).map(NodeId).ok_or_else(|| DecodeFault::UnknownName(name.into()))
}

fn decode_operation(
    program: &FlowProgram,
    durable: &mut Durable,
    inner: &mut Bytes<'_>,
) -> Result<(), DecodeFault> {
    let state = *STATES.get(usize::from(inner.byte()?)).ok_or(DecodeFault::Damaged(inner.at))?;
    let (copies, backs, flags) = (inner.byte()?, inner.byte()?, inner.byte()?);
    let name = inner.text()?;
    let step =
        program.step_ids().find(|step: &StepId| program.step(*step).is_some_and(|step| &*step.name == name));
    let call = match inner.text()? {
        "" => None,
        call => {
            // A call may stand there several times; the step has its own.
            let named = |id: &CallId| program.call(*id).is_some_and(|known| &*known.name == call);
            let own = step.and_then(|step| program.step(step)?.calls.iter().copied().find(named));
            let any = || program.calls.iter().position(|known| &*known.name == call);
            let any = || any().and_then(|at| u16::try_from(at).ok()).map(CallId);
            Some(own.or_else(any).ok_or_else(|| DecodeFault::UnknownName(call.into()))?)
        }
    };
    let reason = inner.text()?;
    let reason = (flags & 2 != 0).then(|| reason.into());
    let place = step.and_then(|step| durable.operations.get_mut(usize::from(step.0)));
    *place.ok_or_else(|| DecodeFault::UnknownName(name.into()))? =
        Operation { state, copies, backs, made: flags & 1 != 0, call, reason, passed: flags & 4 != 0 };
    Ok(())
}

fn decode_rows(program: &FlowProgram, inner: &mut Bytes<'_>) -> Result<Rows, DecodeFault> {
    let name = inner.text()?;
    let at =
        program.loops.iter().position(|known| &*known.name == name).and_then(|at| u16::try_from(at).ok());
    let of = LoopId(at.ok_or_else(|| DecodeFault::UnknownName(name.into()))?);
    let (total, next, done, refused) = (inner.number()?, inner.number()?, inner.number()?, inner.number()?);
    let count = inner.number()?;
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(inner.number()?);
    }
    Ok(Rows { of, total, next, open, done, refused })
}

/// Bytes being read; `at` counts from the start of the whole.
struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], DecodeFault> {
        let count = usize::try_from(count).map_err(|_| DecodeFault::Damaged(self.at))?;
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(DecodeFault::Damaged(self.at))?;
        self.bytes = rest;
        self.at += count;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, DecodeFault> {
        self.take(1)?.first().copied().ok_or(DecodeFault::Damaged(self.at))
    }

    fn number(&mut self) -> Result<u64, DecodeFault> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        let last = self.byte()?;
        if last > 1 {
            return Err(DecodeFault::Damaged(self.at));
        }
        Ok(value | u64::from(last) << 63)
    }

    fn part(&mut self) -> Result<Bytes<'a>, DecodeFault> {
        let count = self.number()?;
        let at = self.at;
        Ok(Bytes { bytes: self.take(count)?, at })
    }

    fn text(&mut self) -> Result<&'a str, DecodeFault> {
        let count = self.number()?;
        let at = self.at;
        std::str::from_utf8(self.take(count)?).map_err(|_| DecodeFault::Damaged(at))
    }

    fn rest(&mut self) -> Result<&'a str, DecodeFault> {
        let at = self.at;
        std::str::from_utf8(self.take(self.bytes.len() as u64)?).map_err(|_| DecodeFault::Damaged(at))
    }
}

#[cfg(test)]
mod tests;
