//! The durable state of a flow as octets, by name path, so that a new version of an adapter and a new binary read what
//! an old one wrote (decisions D16).
//!
//! In: [`Durable`] with its program. Out: octets and back. A name that the program does not have any more is an error:
//! the flow is parked then, never guessed.

use crate::facts::{Body, Tagged};
use dsl::flow::{
    Cancel, Durable, End, FlowProgram, LimitId, LoopId, NodeId, Operation, OperationState, Rows,
};

/// Names of the states in the journal; never changed, never used for anything else.
const STATES: [(OperationState, &str); 10] = [
    (OperationState::New, "new"),
    (OperationState::Intent, "intent"),
    (OperationState::Unknown, "unknown"),
    (OperationState::Reversing, "reversing"),
    (OperationState::Done, "done"),
    (OperationState::Refused, "refused"),
    (OperationState::Undoing, "undoing"),
    (OperationState::Undone, "undone"),
    (OperationState::Parked, "parked"),
    (OperationState::Held, "held"),
];

/// Why a durable state cannot be resumed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ResumeError {
    /// The octets are no state of a format that is known.
    #[error("the journal holds no state of a known format")]
    Format,
    /// The program has no such name.
    #[error("flow {flow} has no {what} `{name}` in this version")]
    Unknown {
        /// The flow.
        flow: String,
        /// Place, step, call or loop.
        what: &'static str,
        /// The name.
        name: String,
    },
}

/// The state as octets.
#[must_use]
pub fn encode(durable: &Durable, program: &FlowProgram) -> Vec<u8> {
    let mut plain = Tagged::new();
    let place =
        |node: NodeId| program.places.get(usize::from(node.0)).map_or("", |place| &**place).to_owned();
    plain.insert("format".into(), "1".into());
    plain.insert("asked".into(), flag(durable.asked));
    plain.insert("at".into(), place(durable.at));
    if let Some(reason) = &durable.refused {
        plain.insert("refused".into(), reason.to_string());
    }
    let cancel = match durable.cancel {
        Cancel::No => "no",
        Cancel::Wished => "wished",
        Cancel::Through => "through",
    };
    plain.insert("cancel".into(), cancel.into());
    plain.insert("answered".into(), flag(durable.answered));
    plain.insert("late".into(), flag(durable.late));
    plain.insert("restarts".into(), durable.restarts.to_string());
    if let Some(end) = durable.end {
        plain.insert("end".into(), if end == End::Done { "done" } else { "refused" }.into());
    }
    let mut body = Body::default();
    body.put_tagged("flow", &plain);
    body.put_tagged("operations", &operations(durable, program));
    let limits = durable.limits.iter().map(|(limit, taken)| (limit.0.to_string(), flag(*taken))).collect();
    body.put_tagged("limits", &limits);
    body.put_tagged("deadlines", &durable.deadlines.iter().map(|at| (place(*at), String::new())).collect());
    body.put_tagged("loops", &loops(durable, program));
    body.encode()
}

fn flag(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn operations(durable: &Durable, program: &FlowProgram) -> Tagged {
    let mut all = Tagged::new();
    for (step, operation) in program.steps.iter().zip(&durable.operations) {
        if *operation == Operation::default() {
            continue;
        }
        let state =
            STATES.iter().find(|(state, _)| *state == operation.state).map_or("new", |(_, name)| name);
        let call = operation.call.and_then(|call| program.call(call)).map_or("", |call| &*call.name);
        let reason = operation.reason.as_deref().unwrap_or("");
        let line = [
            state,
            &operation.copies.to_string(),
            &operation.backs.to_string(),
            &flag(operation.made),
            call,
            reason,
        ]
        .join("|");
        all.insert(step.name.to_string(), line);
    }
    all
}

fn loops(durable: &Durable, program: &FlowProgram) -> Tagged {
    let mut all = Tagged::new();
    for rows in &durable.loops {
        let Some(of) = program.loops.get(usize::from(rows.of.0)) else { continue };
        let open: Vec<String> = rows.open.iter().map(u64::to_string).collect();
        let line = format!("{}|{}|{}|{}|{}", rows.total, rows.next, rows.done, rows.refused, open.join(","));
        all.insert(of.name.to_string(), line);
    }
    all
}

/// The state that the octets hold, by this version's program.
///
/// # Errors
/// [`ResumeError`] where a name is not known here.
pub fn decode(octets: &[u8], program: &FlowProgram) -> Result<Durable, ResumeError> {
    let body = Body::decode(octets).ok_or(ResumeError::Format)?;
    let plain = body.tagged("flow");
    if plain.get("format").map(String::as_str) != Some("1") {
        return Err(ResumeError::Format);
    }
    let unknown = |what, name: &str| ResumeError::Unknown {
        flow: program.name.to_string(),
        what,
        name: name.to_owned(),
    };
    let text = |name: &str| plain.get(name).map_or("", String::as_str);
    let mut durable = Durable::new(program);
    durable.asked = text("asked") == "yes";
    durable.at = place(text("at"), program).ok_or_else(|| unknown("place", text("at")))?;
    durable.refused = plain.get("refused").map(|reason| reason.as_str().into());
    durable.cancel = match text("cancel") {
        "wished" => Cancel::Wished,
        "through" => Cancel::Through,
        _ => Cancel::No,
    };
    durable.answered = text("answered") == "yes";
    durable.late = text("late") == "yes";
    durable.restarts = text("restarts").parse().map_err(|_| ResumeError::Format)?;
    durable.end = match text("end") {
        "done" => Some(End::Done),
        "refused" => Some(End::Refused),
        _ => None,
    };
    for (name, line) in body.tagged("operations") {
        let step = program.steps.iter().position(|step| *step.name == *name);
        let step = step.ok_or_else(|| unknown("step", &name))?;
        let operation = operation(&line, program)?;
        if let Some(place) = durable.operations.get_mut(step) {
            *place = operation;
        }
    }
    for (limit, taken) in body.tagged("limits") {
        let limit = LimitId(limit.parse().map_err(|_| ResumeError::Format)?);
        durable.limits.push((limit, taken == "yes"));
    }
    for name in body.tagged("deadlines").keys() {
        durable.deadlines.push(place(name, program).ok_or_else(|| unknown("place", name))?);
    }
    for (name, line) in body.tagged("loops") {
        durable.loops.push(rows(&name, &line, program).ok_or_else(|| unknown("loop", &name))?);
    }
    Ok(durable)
}

/// The place of a name; the empty name is the end, behind the last node.
fn place(name: &str, program: &FlowProgram) -> Option<NodeId> {
    if name.is_empty() {
        return u16::try_from(program.nodes.len()).ok().map(NodeId);
    }
    let place = program.places.iter().position(|place| **place == *name)?;
    u16::try_from(place).ok().map(NodeId)
}

fn operation(line: &str, program: &FlowProgram) -> Result<Operation, ResumeError> {
    let mut parts = line.splitn(6, '|');
    let mut next = || parts.next().ok_or(ResumeError::Format);
    let state = next()?;
    let state = STATES.iter().find(|(_, name)| *name == state).ok_or(ResumeError::Format)?.0;
    let copies = next()?.parse().map_err(|_| ResumeError::Format)?;
    let backs = next()?.parse().map_err(|_| ResumeError::Format)?;
    let made = next()? == "yes";
    let call = next()?;
    let reason = next()?;
    let call = if call.is_empty() {
        None
    } else {
        let place = program.calls.iter().position(|known| *known.name == *call);
        let place = place.and_then(|place| u16::try_from(place).ok());
        Some(dsl::flow::CallId(place.ok_or_else(|| ResumeError::Unknown {
            flow: program.name.to_string(),
            what: "call",
            name: call.to_owned(),
        })?))
    };
    let reason = (!reason.is_empty()).then(|| reason.into());
    Ok(Operation { state, copies, backs, made, call, reason })
}

fn rows(name: &str, line: &str, program: &FlowProgram) -> Option<Rows> {
    let of = program.loops.iter().position(|known| *known.name == *name)?;
    let mut parts = line.splitn(5, '|');
    let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
    let (total, next, done, refused) = (number()?, number()?, number()?, number()?);
    let open = parts.next().unwrap_or("");
    let open = open.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().ok());
    Some(Rows {
        of: LoopId(u16::try_from(of).ok()?),
        total,
        next,
        open: open.collect::<Option<_>>()?,
        done,
        refused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsl::flow::{CallContract, CallId, CallKind, MappingId, Node, Repeats, StepDef, StepId, Undo};

    fn program() -> FlowProgram {
        let mut program = FlowProgram { name: "bank.pay".into(), ..FlowProgram::default() };
        program.calls.push(CallContract {
            name: "core.debit".into(),
            party: "core".into(),
            kind: CallKind::Posting,
            keyed: true,
            limited: true,
            repeats: Repeats::SameAnswer,
            quiet_ms: None,
            assured: false,
            ways: Vec::new(),
            back: None,
        });
        program.steps.push(StepDef {
            name: "debit".into(),
            calls: vec![CallId(0)],
            at: None,
            mapping: MappingId(0),
            undo: Undo::Nothing,
            best_effort: false,
            park: None,
            undo_of: None,
        });
        program.push("debit", Node::Step(StepId(0)));
        program
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let program = program();
        let mut durable = Durable::new(&program);
        durable.asked = true;
        durable.limits.push((LimitId(3), true));
        durable.restarts = 2;
        durable.operations[0] = Operation {
            state: OperationState::Unknown,
            copies: 2,
            backs: 1,
            made: false,
            call: Some(CallId(0)),
            reason: Some("a|b".into()),
        };
        assert_eq!(decode(&encode(&durable, &program), &program), Ok(durable.clone()));
        durable.at = NodeId(1);
        durable.end = Some(End::Done);
        assert_eq!(decode(&encode(&durable, &program), &program), Ok(durable));
    }

    #[test]
    fn a_name_that_is_gone_is_an_error() {
        let program = program();
        let mut durable = Durable::new(&program);
        durable.operations[0].state = OperationState::Intent;
        let octets = encode(&durable, &program);
        let mut other = program;
        other.steps[0].name = "other".into();
        assert!(matches!(decode(&octets, &other), Err(ResumeError::Unknown { what: "step", .. })));
    }
}
