//! Safe flows are taken, unsafe ones told as stories, and each broken rule is found.

use super::*;
use crate::flow::program::{Back, CallContract, GuardId, Repeats};
use crate::flow::rules::{Fault, Rules};
use crate::value::Pauses;

fn enquire() -> Way {
    Way::Enquire {
        with: "enquire".into(),
        pauses: Pauses::Doubling { every_ms: 10_000, to_ms: 10_000 },
        times: 6,
        proves_done_only: false,
    }
}

fn repeat() -> Way {
    Way::Repeat { pauses: Pauses::Doubling { every_ms: 30_000, to_ms: 30_000 }, times: Some(3) }
}

fn back() -> Back {
    Back {
        name: "reverse".into(),
        repeatable: true,
        remembered: false,
        within_business_date: true,
        names_original: true,
        quiet_ms: Some(600_000),
        pauses: Pauses::Doubling { every_ms: 10_000, to_ms: 10_000 },
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
        new_serial: false,
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
        goes_on: None,
        correct: Vec::new(),
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

fn found(fault: Fault, flow: &FlowProgram) {
    check(flow).unwrap_or_else(|story| panic!("safe while the rules are kept, but {story}"));
    match check_by(&How { rules: Rules::but(fault), ..How::default() }, flow) {
        Ok(walked) => panic!("{fault:?} is not found in {walked:?}"),
        Err(story) => println!("{fault:?}: {story}\n"),
    }
}

fn parks(mut call: CallContract) -> CallContract {
    call.ways = vec![Way::Park];
    call
}

fn one(call: CallContract) -> FlowProgram {
    row(vec![(call, Undo::Nothing)])
}

#[test]
fn each_broken_rule_is_found() {
    let bill = pay_bill();
    let same = |ways: Vec<Way>| one(CallContract { repeats: Repeats::SameAnswer, ways, ..pay() });
    let plain = |ways: Vec<Way>| one(CallContract { repeats: Repeats::SameAnswerWhenDone, ways, ..pay() });
    found(Fault::RestartSendsAgain, &one(CallContract { repeats: Repeats::Nothing, ..parks(pay()) }));
    found(Fault::DoneWhileReversing, &bill);
    found(
        Fault::UnknownIsRefused,
        &one(CallContract { repeats: Repeats::SaysDuplicate, ways: vec![repeat(), Way::Park], ..pay() }),
    );
    found(Fault::NotSentIsRefused, &same(vec![repeat(), Way::Park]));
    found(Fault::RefusalAfterRepeatFinal, &plain(vec![repeat(), Way::Park]));
    let anew =
        |ways: Vec<Way>| one(CallContract { new_serial: true, repeats: Repeats::SameAnswer, ways, ..pay() });
    found(Fault::RefusalAfterRepeatFinal, &anew(vec![repeat(), Way::Park]));
    found(Fault::SendFirst, &anew(vec![enquire(), Way::Reverse, Way::Park]));
    found(Fault::NotFoundEarly, &bill);
    found(Fault::NothingEarly, &one(CallContract { ways: vec![Way::Reverse, Way::Park], ..pay() }));
    found(Fault::BackRefusedIsDone, &bill);
    found(Fault::ParkIsRefused, &bill);
    found(Fault::RefusedTooEarly, &bill);
    found(Fault::PendingUnwritten, &queried_first());
    found(Fault::SendFirst, &bill);
    found(Fault::AnswerFirst, &one(parks(pay())));
    found(Fault::BackUnwritten, &bill);
    let mut once = pay_bill();
    if let Some(back) = once.calls.get_mut(1).and_then(|call| call.back.as_mut()) {
        back.repeatable = false;
    }
    found(Fault::BackRepeatedAlways, &once);
    found(Fault::OldEnquiryUsed, &same(vec![enquire(), Way::Park]));
    found(Fault::CorrectedEarly, &corrected());
}

fn queried_first() -> FlowProgram {
    let mut query = pay();
    query.kind = CallKind::Query;
    query.ways = vec![Way::Refuse("no_data".into())];
    row(vec![(query, Undo::Nothing), (parks(pay()), Undo::Nothing)])
}

#[test]
fn safe_flows() {
    let assured =
        |call: CallContract| CallContract { assured: true, ways: vec![repeat(), Way::Park], ..call };
    let anew = |call: CallContract| CallContract { new_serial: true, ..call };
    let flows = [
        ("one posting", one(pay())),
        (
            "three in a row",
            row(vec![(debit(), Undo::Provider), (pay(), Undo::Provider), (pay(), Undo::Provider)]),
        ),
        ("assured last", row(vec![(pay(), Undo::Nothing), (assured(debit()), Undo::Nothing)])),
        ("together", together(&[(pay(), Undo::Provider), (pay(), Undo::Provider)])),
        (
            "four together",
            together(&[
                (pay(), Undo::Provider),
                (pay(), Undo::Provider),
                (pay(), Undo::Provider),
                (debit(), Undo::Provider),
            ]),
        ),
        ("query first", queried_first()),
        ("under a new serial", one(anew(pay()))),
        (
            "a debit and a payment under new serials",
            row(vec![(anew(debit()), Undo::Provider), (anew(pay()), Undo::Provider)]),
        ),
        (
            "an assured posting under a new serial",
            row(vec![(pay(), Undo::Nothing), (anew(assured(debit())), Undo::Nothing)]),
        ),
        ("undo by a posting", undone_by_posting()),
        ("put right by a posting", corrected()),
        ("put right, where the undo is a posting as well", corrected_behind_an_undo_by_posting()),
        ("cancellable", FlowProgram { cancellable: true, ..one_undone() }),
        ("pay_bill, cancellable", FlowProgram { cancellable: true, ..pay_bill() }),
    ];
    for (name, flow) in flows {
        let begun = std::time::Instant::now();
        let walked = check(&flow).unwrap_or_else(|story| panic!("{name}: {story}"));
        println!("{name}: {walked:?} in {:?}", begun.elapsed());
    }
}

fn one_undone() -> FlowProgram {
    row(vec![(debit(), Undo::Provider)])
}

fn together(steps: &[(CallContract, Undo)]) -> FlowProgram {
    let mut flow = row(steps.to_vec());
    let members = flow.step_ids().map(|step| (None, step)).collect();
    flow.nodes = vec![Node::Together(members), Node::Answer(MappingId(1))];
    flow.places = vec!["together".into(), "answer".into()];
    flow
}

/// A debit that its reversal may leave held, and a credit that then puts it right; then a refusable pay.
fn corrected() -> FlowProgram {
    let mut flow = row(vec![(debit(), Undo::Provider), (parks(pay()), Undo::Nothing)]);
    flow.calls.push(CallContract { name: "core.credit".into(), ..parks(debit()) });
    for (place, name) in [(2, "debit/correct"), (3, "debit/correct 2"), (4, "debit/correct 3")] {
        flow.steps.push(StepDef { undo_of: Some(StepId(0)), ..step(name, 2, Undo::Nothing) });
        flow.steps[0].correct.push(StepId(place));
    }
    flow
}

fn corrected_behind_an_undo_by_posting() -> FlowProgram {
    let mut flow = undone_by_posting();
    flow.calls.push(CallContract { name: "core.entry".into(), ..parks(debit()) });
    for (place, name) in [(3, "debit/correct"), (4, "debit/correct 2"), (5, "debit/correct 3")] {
        flow.steps.push(StepDef { undo_of: Some(StepId(0)), ..step(name, 3, Undo::Nothing) });
        flow.steps[0].correct.push(StepId(place));
    }
    flow
}

/// A debit whose undo is a credit of its own, then a refusable pay.
fn undone_by_posting() -> FlowProgram {
    let mut flow = row(vec![(debit(), Undo::By(StepId(2))), (parks(pay()), Undo::Nothing)]);
    flow.calls.push(CallContract { name: "core.credit".into(), ..parks(debit()) });
    flow.steps.push(StepDef { undo_of: Some(StepId(0)), ..step("debit/undo", 2, Undo::Nothing) });
    if let Some(debit) = flow.calls.first_mut() {
        debit.ways = vec![Way::Park];
    }
    flow
}

#[test]
fn unsafe_flows_are_told() {
    let assured =
        |call: CallContract| CallContract { assured: true, ways: vec![repeat(), Way::Park], ..call };
    let with = |call: CallContract, ways: Vec<Way>| CallContract { ways, ..call };
    let undone = |call: CallContract| row(vec![(call, Undo::Provider), (parks(pay()), Undo::Nothing)]);
    let answered = |later: CallContract| {
        let mut flow = row(vec![(debit(), Undo::Provider), (later, Undo::Nothing)]);
        flow.nodes.swap(1, 2);
        flow.places.swap(1, 2);
        flow
    };
    let mut best_effort = one(pay());
    best_effort.steps[0].best_effort = true;
    let refund = Back { names_original: false, ..back() };
    let flows = [
        ("1 debit without undo, refusable pay", row(vec![(debit(), Undo::Nothing), (pay(), Undo::Provider)])),
        (
            "2 party first, no reversal",
            row(vec![(CallContract { back: None, ..parks(pay()) }, Undo::Nothing), (debit(), Undo::Nothing)]),
        ),
        (
            "3 repeat without promise",
            one(CallContract { repeats: Repeats::Nothing, ..with(pay(), vec![repeat(), Way::Park]) }),
        ),
        ("6 enquire as last word", one(with(pay(), vec![enquire()]))),
        ("7 reverse as last word", one(with(pay(), vec![Way::Reverse]))),
        ("8 no way out", one(with(pay(), vec![]))),
        ("11 refund for unknown", one(CallContract { back: Some(refund), ..pay() })),
        ("13, 17 no key", one(CallContract { keyed: false, ..pay() })),
        ("15 answer before a refusable step", answered(pay())),
        ("16 answer before an unknown step", answered(parks(pay()))),
        ("21 together with a leg without undo", together(&[(pay(), Undo::Provider), (pay(), Undo::Nothing)])),
        (
            "23 confirm that may be refused",
            row(vec![
                (debit(), Undo::Provider),
                (CallContract { back: None, ..parks(pay()) }, Undo::Keep),
                (pay(), Undo::Nothing),
            ]),
        ),
        (
            "24 fee outside the undo",
            row(vec![(debit(), Undo::Keep), (pay(), Undo::Provider), (debit(), Undo::Provider)]),
        ),
        ("25 cancel with a leg without undo", FlowProgram { cancellable: true, ..one(pay()) }),
        ("27 best-effort posting", best_effort),
        (
            "a refusal behind an assured step",
            row(vec![(assured(debit()), Undo::Nothing), (pay(), Undo::Nothing)]),
        ),
        ("no time limit", one(CallContract { limited: false, ..pay() })),
        ("undo that the party has not", undone(CallContract { back: None, ..parks(debit()) })),
    ];
    for (name, flow) in flows {
        println!("{name}: {}\n", rejected(&flow));
    }
}

/// L: a question that is put for ever is told with the round that it makes.
#[test]
fn a_path_without_an_end_is_told() {
    let flow = one(CallContract { ways: vec![enquire(), Way::Park], ..pay() });
    check(&flow).unwrap_or_else(|story| panic!("{story}"));
    let how = How { rules: Rules::but(Fault::EnquiryUncounted), ..How::default() };
    let story = check_by(&how, &flow).expect_err("a question that is put for ever");
    assert_eq!(story.property, Property::Circles);
    let asked = story.lines.iter().filter(|line| **line == "the enquiry about pay0 leaves").count();
    assert!(asked > 0 && story.lines.last().unwrap().contains("without an end"), "{story}");
}

/// A notice may reach its party twice, but never changes what money does.
#[test]
fn notices_and_queries() {
    let notice = CallContract {
        kind: CallKind::Notice,
        keyed: false,
        repeats: Repeats::Nothing,
        back: None,
        ways: vec![repeat(), Way::Park],
        ..pay()
    };
    check(&one(notice.clone())).unwrap_or_else(|story| panic!("{story}"));
    let story = rejected(&row(vec![(pay(), Undo::Nothing), (notice, Undo::Nothing)]));
    assert_eq!(
        story.property,
        Property::OneSided(StepId(0)),
        "a refused notice would leave the leg alone: {story}"
    );
}

/// Outcomes in the place of messages judge a flow as the messages do.
#[test]
fn contracts_agree_with_the_whole_walk() {
    let flows = [
        pay_bill(),
        one(pay()),
        FlowProgram { cancellable: true, ..pay_bill() },
        row(vec![(debit(), Undo::Nothing), (pay(), Undo::Provider)]),
        row(vec![(pay(), Undo::Nothing), (debit(), Undo::Nothing)]),
        one(CallContract { repeats: Repeats::Nothing, ways: vec![repeat(), Way::Park], ..pay() }),
    ];
    for flow in flows {
        let whole = whole(&How::default(), &clamp(&flow));
        let parts = contracts(&How::default(), &clamp(&flow));
        assert_eq!(whole.is_ok(), parts.is_ok(), "{whole:?} {parts:?}");
    }
}
