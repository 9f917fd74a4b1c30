//! Safe flows are taken, unsafe ones told as stories, and each broken rule is found.

use super::*;
use crate::flow::program::{Back, CallContract, GuardId, Repeats};
use crate::flow::rules::Fault;

fn enquire() -> Way {
    Way::Enquire {
        with: "enquire".into(),
        every_ms: 10_000,
        to_ms: 10_000,
        times: 6,
        proves_done_only: false,
    }
}

fn repeat() -> Way {
    Way::Repeat { every_ms: 30_000, to_ms: 30_000, times: Some(3) }
}

fn back() -> Back {
    Back {
        name: "reverse".into(),
        repeatable: true,
        remembered: false,
        within_business_date: true,
        names_original: true,
        quiet_ms: Some(600_000),
        every_ms: 10_000,
        to_ms: 10_000,
        times: 30,
    }
}

fn call(name: &str, party: &str) -> CallContract {
    CallContract {
        name: name.into(),
        party: party.into(),
        kind: CallKind::Posting,
        keyed: true,
        limited: true,
        repeats: Repeats::SameAnswerWhenDone,
        quiet_ms: Some(600_000),
        assured: false,
        ways: vec![enquire(), Way::Reverse, Way::Park],
        back: Some(back()),
    }
}

fn debit() -> CallContract {
    let mut call = call("core.debit", "the core");
    call.repeats = Repeats::SameAnswer;
    call.back = Some(Back { remembered: true, quiet_ms: None, ..back() });
    call
}

fn pay() -> CallContract {
    call("grid.pay", "the grid")
}

fn step(name: &str, call: u16, undo: Undo) -> StepDef {
    StepDef {
        name: name.into(),
        calls: vec![CallId(call)],
        at: None,
        mapping: MappingId(0),
        undo,
        best_effort: false,
        park: None,
        undo_of: None,
    }
}

/// Steps in a row with these calls.
fn row(steps: Vec<(CallContract, Undo)>) -> FlowProgram {
    let mut flow = FlowProgram { name: "bank.pay_bill".into(), ..FlowProgram::default() };
    for (place, (call, undo)) in steps.into_iter().enumerate() {
        let place = u16::try_from(place).unwrap();
        let name = call.name.rsplit('.').next().unwrap().to_owned();
        flow.steps.push(step(&format!("{name}{place}"), place, undo));
        flow.calls.push(call);
        flow.push(&format!("{name}{place}"), Node::Step(StepId(place)));
    }
    flow.push("answer", Node::Answer(MappingId(1)));
    flow
}

fn pay_bill() -> FlowProgram {
    let mut flow = FlowProgram { name: "bank.pay_bill".into(), ..FlowProgram::default() };
    flow.calls = vec![debit(), pay()];
    flow.steps = vec![step("debit", 0, Undo::Provider), step("paid", 1, Undo::Provider)];
    flow.push(
        "check",
        Node::Check { guard: GuardId(0), otherwise: crate::flow::Otherwise::Refuse("over_limit".into()) },
    );
    flow.push("limit", Node::Limit { limit: crate::flow::LimitId(0), reason: "over_limit".into() });
    flow.push("debit", Node::Step(StepId(0)));
    flow.push("paid", Node::Step(StepId(1)));
    flow.push("answer", Node::Answer(MappingId(0)));
    flow
}

fn rejected(flow: &FlowProgram) -> Box<Story> {
    let story = check(flow).expect_err("this flow loses money");
    assert!(!story.lines.is_empty());
    story
}

#[test]
fn pay_bill_is_safe() {
    let begun = std::time::Instant::now();
    let walked = check(&pay_bill()).unwrap_or_else(|story| panic!("{story}"));
    println!("{walked:?} in {:?}", begun.elapsed());
}
