//! What is written is read again, by name; damaged bytes are faults, never panics.

use super::*;
use crate::flow::program::{
    CallContract, CallKind, ExprId, ListId, Loop, MappingId, Otherwise, Repeats, StepDef, Undo,
};
use proptest::prelude::*;

fn program(order: [&str; 2]) -> FlowProgram {
    let mut flow = FlowProgram { name: "bank.pay_bill".into(), ..FlowProgram::default() };
    for name in order {
        let id = u16::try_from(flow.calls.len()).unwrap();
        flow.calls.push(CallContract {
            name: format!("party.{name}").into(),
            party: "the party".into(),
            kind: CallKind::Posting,
            keyed: true,
            limited: true,
            repeats: Repeats::Nothing,
            quiet_ms: None,
            assured: false,
            new_serial: false,
            ways: Vec::new(),
            back: None,
        });
        flow.steps.push(StepDef {
            name: name.into(),
            calls: vec![CallId(id)],
            at: None,
            mapping: MappingId(0),
            undo: Undo::Keep,
            best_effort: false,
            park: None,
            goes_on: None,
            correct: Vec::new(),
            undo_of: None,
        });
        flow.push(name, Node::Step(StepId(id)));
    }
    flow.push("limit", Node::Limit { limit: LimitId(7), reason: "over_limit".into() });
    let otherwise = Otherwise::Park(ExprId(0));
    flow.push("deadline", Node::Deadline { at: ExprId(0), warn: None, otherwise });
    flow.push("hold", Node::Hold { hold: HoldId(2), told: true });
    let body = FlowProgram::default();
    flow.loops.push(Loop { name: "row".into(), list: ListId(0), at_once: 32, key: Vec::new(), body });
    flow
}

fn operation() -> impl Strategy<Value = Operation> {
    let reason = proptest::option::of("[a-z_]{0,12}");
    (0_usize..10, any::<u8>(), any::<u8>(), any::<bool>(), proptest::option::of(0_u16..2), reason).prop_map(
        |(state, copies, backs, made, call, reason)| Operation {
            passed: STATES[state] == OperationState::Refused && made,
            state: STATES[state],
            copies,
            backs,
            made,
            call: call.map(CallId),
            reason: reason.map(|reason| reason.as_str().into()),
        },
    )
}

fn durable() -> impl Strategy<Value = Durable> {
    let rows = (
        any::<u64>(),
        any::<u64>(),
        proptest::collection::vec(any::<u64>(), 0..8),
        any::<u64>(),
        any::<u64>(),
    );
    let head = (any::<bool>(), any::<bool>(), any::<bool>(), any::<u8>(), 0_u8..3, 0_u8..3, 0_u16..=5);
    let refused = proptest::option::of("[a-z_]{0,12}");
    let against = proptest::option::of("[a-z_]{0,12}");
    let decided = (any::<bool>(), proptest::option::of(against));
    let flow = (refused, any::<bool>(), any::<bool>(), any::<bool>(), proptest::option::of(rows), decided);
    (head, [operation(), operation()], flow).prop_map(|(head, operations, flow)| Durable {
        asked: head.0,
        answered: head.1,
        late: head.2,
        overdue: flow.5.0,
        stopped: flow.2.then_some(NodeId(head.6)),
        restarts: head.3,
        end: [None, Some(End::Done), Some(End::Refused)][usize::from(head.4)],
        cancel: [Cancel::No, Cancel::Wished, Cancel::Through][usize::from(head.5)],
        at: NodeId(head.6),
        operations: operations.to_vec(),
        refused: flow.0.map(|reason| reason.as_str().into()),
        limits: if flow.1 { vec![(LimitId(7), flow.2)] } else { Vec::new() },
        deadlines: if flow.3 { vec![NodeId(3)] } else { Vec::new() },
        decisions: flow
            .5
            .1
            .map(|against| (HoldId(2), against.map(|reason| reason.as_str().into())))
            .into_iter()
            .collect(),
        loops: flow
            .4
            .into_iter()
            .map(|(total, next, open, done, refused)| Rows {
                of: LoopId(0),
                total,
                next,
                open,
                done,
                refused,
            })
            .collect(),
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(durable in durable()) {
        let program = program(["debit", "paid"]);
        prop_assert_eq!(decode(&program, &encode(&program, &durable)), Ok(durable));
    }

    #[test]
    fn names_find_their_step_in_another_order(durable in durable()) {
        let (old, new) = (program(["debit", "paid"]), program(["paid", "debit"]));
        let read = decode(&new, &encode(&old, &durable)).unwrap();
        prop_assert_eq!(read.operations[1].state, durable.operations[0].state);
        let name = |program: &FlowProgram, at: NodeId| place(program, at).to_owned();
        prop_assert_eq!(name(&new, read.at), name(&old, durable.at));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&program(["debit", "paid"]), &bytes);
    }
}

/// A state as format 1 wrote it; it must be readable for ever.
#[test]
fn format_1_is_read() {
    let mut bytes = vec![1, 1, 4, 1, 0, 0, 2, 2, 4];
    bytes.extend(b"paid");
    bytes.extend([3, 23, 4, 1, 0, 1, 5]);
    bytes.extend(b"debit");
    bytes.push(11);
    bytes.extend(b"party.debit");
    bytes.push(0);
    let program = program(["debit", "paid"]);
    let durable = decode(&program, &bytes).unwrap();
    assert_eq!(durable.at, NodeId(1));
    assert_eq!(durable.restarts, 2);
    assert_eq!(durable.operations[0].state, OperationState::Done);
    assert_eq!(encode(&program, &durable), bytes);
    assert_eq!(decode(&program, &[9]), Err(DecodeFault::Format(9)));
}
