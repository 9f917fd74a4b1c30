//! The interpreter's steps, effect by effect, as an engine sees them.

use dsl::flow::{
    Answer, Back, BackReply, CallContract, CallId, CallKind, Cancel, CancelAnswer, Change, Durable, Effect,
    End, Event, ExprId, FlowProgram, GuardId, HoldId, Judge, LimitId, ListId, Loop, LoopId, MappingId, Node,
    NodeId, NotWritten, OperationState, Otherwise, Parked, Proof, Repeats, Reply, Says, SecondAnswer,
    StartId, State, StepDef, StepId, Subject, Timer, Undo, Way, decode, encode, step, walk,
};
use dsl::value::Pauses;

struct Yes;

impl Judge for Yes {
    fn holds(&mut self, _guard: GuardId, _durable: &Durable) -> bool {
        true
    }
    fn call(&mut self, _step: StepId, calls: &[CallId]) -> Option<CallId> {
        calls.first().copied()
    }
    fn rows(&mut self, _list: ListId) -> u64 {
        5
    }
    fn day_over(&mut self, _step: StepId) -> bool {
        false
    }
}

fn back() -> Back {
    Back {
        name: "reverse".into(),
        repeatable: true,
        remembered: true,
        within_business_date: true,
        names_original: true,
        quiet_ms: None,
        pauses: Pauses::Doubling { every_ms: 10_000, to_ms: 10_000 },
        times: 2,
    }
}

fn call(name: &str) -> CallContract {
    let enquire = Way::Enquire {
        with: "enquire".into(),
        pauses: Pauses::Doubling { every_ms: 10_000, to_ms: 40_000 },
        times: 2,
        proves_done_only: false,
    };
    CallContract {
        name: name.into(),
        party: "the party".into(),
        kind: CallKind::Posting,
        keyed: true,
        limited: true,
        repeats: Repeats::SameAnswer,
        quiet_ms: Some(60_000),
        assured: false,
        new_serial: false,
        ways: vec![enquire, Way::Reverse, Way::Park],
        back: Some(back()),
    }
}

fn step_of(name: &str, call: u16, undo: Undo) -> StepDef {
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

const DEBIT: StepId = StepId(0);
const PAID: StepId = StepId(1);
const AGAIN: StepId = StepId(3);

fn pay_bill() -> FlowProgram {
    let mut flow = FlowProgram { name: "bank.pay_bill".into(), cancellable: true, ..FlowProgram::default() };
    flow.calls = vec![call("core.debit"), call("grid.pay")];
    flow.steps = vec![step_of("debit", 0, Undo::Provider), step_of("paid", 1, Undo::Provider)];
    flow.push("limit", Node::Limit { limit: LimitId(3), reason: "over_limit".into() });
    flow.push("debit", Node::Step(DEBIT));
    flow.push("paid", Node::Step(PAID));
    flow.push("answer", Node::Answer(MappingId(9)));
    flow
}

/// A flow being driven; each write is read back, so that the bytes are exercised as well.
struct Driven {
    program: FlowProgram,
    state: State,
    writes: usize,
}

impl Driven {
    fn new(program: FlowProgram) -> Self {
        let state = State::new(&program);
        Self { program, state, writes: 0 }
    }

    #[expect(clippy::needless_pass_by_value, reason = "the tests read better so")]
    fn feed(&mut self, event: Event) -> Vec<Effect> {
        let done = step(&self.program, &self.state, &event, &mut Yes);
        let writes = done.effects.iter().filter(|effect| matches!(effect, Effect::Write(_))).count();
        assert!(writes <= 1, "at most one write a step");
        if writes == 1 {
            let bytes = encode(&self.program, &done.next.durable);
            assert_eq!(decode(&self.program, &bytes), Ok(done.next.durable.clone()));
        }
        self.writes += writes;
        self.state = done.next;
        done.effects
    }

    fn crash(&mut self) -> Vec<Effect> {
        self.state = State::resumed(&self.program, self.state.durable.clone());
        self.feed(Event::Restart { crashed: true })
    }

    fn state_of(&self, step: StepId) -> OperationState {
        self.state.durable.operation(step).map(|operation| operation.state).unwrap_or_default()
    }
}

#[test]
fn paying_a_bill_costs_three_writes() {
    let mut flow = Driven::new(pay_bill());
    assert_eq!(
        flow.feed(Event::Asked),
        [
            Effect::Prepare(DEBIT),
            Effect::Write(vec![Change::Ask, Change::Reserve(LimitId(3)), Change::Intent(DEBIT, 1)]),
            Effect::Send(DEBIT, 1),
        ]
    );
    assert_eq!(
        flow.feed(Event::Reply(DEBIT, Reply::Done)),
        [
            Effect::Prepare(PAID),
            Effect::Write(vec![Change::Operation(DEBIT), Change::Intent(PAID, 1)]),
            Effect::Send(PAID, 1),
        ]
    );
    assert_eq!(
        flow.feed(Event::Reply(PAID, Reply::Done)),
        [
            Effect::Write(vec![
                Change::Operation(PAID),
                Change::Answer(MappingId(9)),
                Change::End(End::Done)
            ]),
            Effect::Answer(Answer::Done(Some(MappingId(9)))),
        ]
    );
    assert_eq!(flow.writes, 3);
    assert_eq!(flow.feed(Event::SecondAsk { same: true }), [Effect::AnswerSecond(SecondAnswer::Stored)]);
    assert_eq!(flow.feed(Event::SecondAsk { same: false }), [Effect::AnswerSecond(SecondAnswer::Duplicate)]);
}

#[test]
fn a_refusal_is_told_when_the_undo_is_through() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    let effects = flow.feed(Event::Reply(PAID, Reply::Refused("no_such_bill".into())));
    assert_eq!(
        effects,
        [
            Effect::PrepareBack(DEBIT),
            Effect::Write(vec![Change::Operation(PAID), Change::IntentBack(DEBIT, 1)]),
            Effect::SendBack(DEBIT, 1),
        ]
    );
    let effects = flow.feed(Event::BackReply(DEBIT, BackReply::Reversed));
    assert_eq!(
        effects,
        [
            Effect::Write(vec![
                Change::Operation(DEBIT),
                Change::Release(LimitId(3)),
                Change::End(End::Refused),
            ]),
            Effect::Answer(Answer::Refused("no_such_bill".into())),
        ]
    );
}

#[test]
fn a_restart_never_sends_again_but_asks() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    let effects = flow.crash();
    assert_eq!(flow.state_of(DEBIT), OperationState::Unknown);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send(..))));
    let pause = effects.iter().find_map(|effect| match effect {
        Effect::Timer(timer @ Timer::Pause { .. }, 10_000) => Some(*timer),
        _ => None,
    });
    let asked = flow.feed(Event::Timer(pause.unwrap()));
    let [Effect::Enquire { step: DEBIT, way: 0, number }] = asked.as_slice() else { panic!("{asked:?}") };
    let early = flow.feed(Event::Enquired { step: DEBIT, number: *number, says: Says::NotFound });
    assert_eq!(flow.state_of(DEBIT), OperationState::Unknown, "{early:?}");
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    assert_eq!(flow.state_of(PAID), OperationState::Intent);
    let told = flow.feed(Event::Reply(PAID, Reply::Done));
    assert!(matches!(told.as_slice(), [Effect::Write(changes)] if changes.contains(&Change::TellEnd)));
}

#[test]
fn the_ninth_restart_parks() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    for _ in 0..8 {
        flow.crash();
        assert_eq!(flow.state_of(DEBIT), OperationState::Unknown);
    }
    assert!(flow.crash().contains(&Effect::Park(Parked::Step(DEBIT))));
    assert_eq!(flow.state_of(DEBIT), OperationState::Parked);
    flow.feed(Event::Proof(DEBIT, Proof::Holds));
    assert_eq!(flow.state_of(PAID), OperationState::Intent);
    assert_eq!(flow.feed(Event::Proof(DEBIT, Proof::Never)), [Effect::Alarm(DEBIT)]);
}

/// What was done once, and waits for people because its way back is not known, was there: a proof that it never was contradicts
/// what is written.
#[test]
fn what_was_done_never_was_not_there() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    let stuck = flow.state.durable.clone();
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    flow.feed(Event::Reply(PAID, Reply::Refused("insufficient_funds".into())));
    assert_eq!(flow.state_of(DEBIT), OperationState::Undoing);
    let operation = &mut flow.state.durable.operations[0];
    assert!(operation.made);
    operation.state = OperationState::Parked;
    let told = flow.feed(Event::Proof(DEBIT, Proof::Never));
    assert!(told.contains(&Effect::Alarm(DEBIT)), "{told:?}");
    assert!(!told.iter().any(|effect| matches!(effect, Effect::Write(_))), "{told:?}");
    assert_eq!(flow.state_of(DEBIT), OperationState::Parked);
    // A proposal from before is about something else.
    let mut before = stuck;
    before.operations[0].state = OperationState::Parked;
    let subject = Subject::of(&Event::Proof(DEBIT, Proof::Never)).unwrap();
    assert_ne!(subject.stands(&flow.program, &before), subject.stands(&flow.program, &flow.state.durable));
    flow.feed(Event::Proof(DEBIT, Proof::TakenBack));
    assert_eq!(flow.state_of(DEBIT), OperationState::Undone);
}

#[test]
fn pauses_that_are_given_one_by_one_are_kept() {
    let mut program = pay_bill();
    let pauses = Pauses::Given(Box::new([60_000, 300_000, 1_800_000]));
    program.calls[0].ways = vec![Way::Repeat { pauses, times: Some(3) }, Way::Park];
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    let mut waited = Vec::new();
    loop {
        let effects = flow.feed(Event::NoReply(DEBIT));
        let pause = effects.iter().find_map(|effect| match effect {
            Effect::Timer(timer @ Timer::Pause { .. }, ms) => Some((*timer, *ms)),
            _ => None,
        });
        let Some((timer, ms)) = pause else { break };
        waited.push(ms);
        let again = flow.feed(Event::Timer(timer));
        assert!(again.iter().any(|effect| matches!(effect, Effect::Send(DEBIT, _))));
    }
    assert_eq!(waited, [60_000, 300_000, 1_800_000]);
    assert_eq!(flow.state_of(DEBIT), OperationState::Parked);
}

#[test]
fn what_is_counted_behind_the_last_step_is_counted_before_the_answer() {
    let mut program = FlowProgram { name: "bank.quote".into(), ..FlowProgram::default() };
    program.push("limit", Node::Limit { limit: LimitId(4), reason: "over_limit".into() });
    program.push("answer", Node::Answer(MappingId(9)));
    let new = State::new(&program);
    let asked = step(&program, &new, &Event::Asked, &mut Yes);
    let written = |effect: &Effect| matches!(effect, Effect::Write(changes) if changes.contains(&Change::Reserve(LimitId(4))));
    assert!(asked.effects.iter().any(written));
    assert_eq!(asked.next.durable.end, Some(End::Done));
    let not_written = Event::NotWritten { why: NotWritten::LimitFull(None), during: Box::new(Event::Asked) };
    let full = step(&program, &new, &not_written, &mut Yes);
    assert!(full.effects.contains(&Effect::Answer(Answer::Refused("over_limit".into()))));
    assert_eq!(full.next.durable.end, Some(End::Refused));
}

#[test]
fn what_stands_behind_a_limit_that_is_full_does_not_begin() {
    let mut program = FlowProgram { name: "bank.move".into(), ..FlowProgram::default() };
    program.push("limit", Node::Limit { limit: LimitId(4), reason: "over_limit".into() });
    program.push("start", Node::Start { start: StartId(0), moves: true });
    program.push("answer", Node::Answer(MappingId(9)));
    walk::check(&program).unwrap();
    let new = State::new(&program);
    let begins = |effects: &[Effect]| {
        let start = Change::Start(StartId(0));
        effects.iter().any(|effect| matches!(effect, Effect::Write(changes) if changes.contains(&start)))
    };
    assert!(begins(&step(&program, &new, &Event::Asked, &mut Yes).effects));
    let not_written = Event::NotWritten { why: NotWritten::LimitFull(None), during: Box::new(Event::Asked) };
    let full = step(&program, &new, &not_written, &mut Yes);
    assert!(full.effects.contains(&Effect::Answer(Answer::Refused("over_limit".into()))));
    assert!(!begins(&full.effects), "{:?}", full.effects);
}

/// Counted before it leaves; given back with a refusal alone, never because an answer is late, lost, or for people to find.
#[test]
fn a_limit_counts_what_is_unknown() {
    let released = |effects: &[Effect]| {
        effects.iter().any(
            |effect| matches!(effect, Effect::Write(changes) if changes.contains(&Change::Release(LimitId(3)))),
        )
    };
    let mut flow = Driven::new(pay_bill());
    let begun = flow.feed(Event::Asked);
    let reserved = |effect: &Effect| matches!(effect, Effect::Write(changes) if changes.contains(&Change::Reserve(LimitId(3))));
    let (written, sent) = (
        begun.iter().position(reserved).unwrap(),
        begun.iter().position(|effect| matches!(effect, Effect::Send(DEBIT, _))).unwrap(),
    );
    assert!(written < sent, "it is counted before it leaves");
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    for event in [Event::NoReply(PAID), Event::AskerLimit] {
        assert!(!released(&flow.feed(event)));
    }
    assert_eq!(flow.state_of(PAID), OperationState::Unknown);
    assert!(!released(&flow.crash()));
    let undone = flow.feed(Event::Reply(PAID, Reply::Refused("insufficient_funds".into())));
    assert!(!released(&undone), "the debit still holds");
    assert_eq!(flow.state_of(DEBIT), OperationState::Undoing);
    assert!(released(&flow.feed(Event::BackReply(DEBIT, BackReply::Reversed))));
}

#[test]
fn what_is_not_written_leaves_the_old_state() {
    let program = pay_bill();
    let new = State::new(&program);
    let refused =
        |why| step(&program, &new, &Event::NotWritten { why, during: Box::new(Event::Asked) }, &mut Yes);
    let full = refused(NotWritten::LimitFull(None));
    assert!(full.effects.contains(&Effect::Answer(Answer::Refused("over_limit".into()))));
    assert_eq!(full.next.durable.end, Some(End::Refused));
    for (why, told) in [
        (NotWritten::Full, Effect::Answer(Answer::Refused("busy".into()))),
        (NotWritten::KeyTaken { same: true }, Effect::AnswerSecond(SecondAnswer::Joins)),
        (NotWritten::KeyTaken { same: false }, Effect::AnswerSecond(SecondAnswer::Duplicate)),
        (NotWritten::KeyCancelled, Effect::Answer(Answer::Refused("cancelled".into()))),
        (NotWritten::TooOld, Effect::Answer(Answer::Refused("too_late".into()))),
    ] {
        let done = refused(why);
        assert_eq!(done.next, new);
        assert_eq!(done.effects, [told, Effect::Stop]);
    }
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    let during = Box::new(Event::Reply(DEBIT, Reply::Done));
    let again = flow.feed(Event::NotWritten { why: NotWritten::Full, during: during.clone() });
    assert_eq!(again, [Effect::Again(during)]);
    assert_eq!(flow.state_of(DEBIT), OperationState::Intent);
}

#[test]
fn a_request_that_cannot_be_made_is_a_refusal() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    let during = Box::new(Event::Reply(DEBIT, Reply::Done));
    let reason = "bad_message";
    flow.feed(Event::CannotPrepare { step: PAID, back: false, reason: reason.into(), park: false, during });
    assert_eq!(
        (flow.state_of(DEBIT), flow.state_of(PAID)),
        (OperationState::Undoing, OperationState::Refused)
    );
}

#[test]
fn a_cancellation_unwinds_and_is_told_once() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    flow.feed(Event::Reply(PAID, Reply::Done));
    flow.feed(Event::CancelAsked);
    assert_eq!((flow.state_of(DEBIT), flow.state_of(PAID)), (OperationState::Done, OperationState::Undoing));
    flow.feed(Event::BackReply(PAID, BackReply::Reversed));
    let told = flow.feed(Event::BackReply(DEBIT, BackReply::Reversed));
    assert!(told.contains(&Effect::AnswerCancel(CancelAnswer::Cancelled)));
    assert_eq!((flow.state.durable.cancel, flow.state.durable.end), (Cancel::Through, Some(End::Done)));
}

/// The newest leg has another way back, the older one is of its day: nothing is begun of what would end in part.
#[test]
fn what_is_done_is_not_cancelled_behind_its_business_date() {
    let done = |program: FlowProgram| {
        let mut flow = Driven::new(program);
        flow.feed(Event::Asked);
        flow.feed(Event::Reply(DEBIT, Reply::Done));
        flow.feed(Event::Reply(PAID, Reply::Done));
        assert_eq!(flow.state.durable.end, Some(End::Done));
        flow
    };
    let cancel = |flow: &Driven| step(&flow.program, &flow.state, &Event::CancelAsked, &mut NextDay);
    let mut program = pay_bill();
    program.calls[1].back = Some(Back { within_business_date: false, ..back() });
    let flow = done(program.clone());
    let told = cancel(&flow);
    assert_eq!(told.effects, [Effect::AnswerCancel(CancelAnswer::Refused)]);
    assert_eq!(told.next, flow.state, "it stays done");
    // On its day it is taken back; so it is where no way back is of the day, and where people may have it put right.
    let mut of_the_day = done(program.clone());
    assert!(
        of_the_day.feed(Event::CancelAsked).iter().any(|effect| matches!(effect, Effect::SendBack(PAID, 1)))
    );
    let mut any_day = program.clone();
    any_day.calls[0].back = Some(Back { within_business_date: false, ..back() });
    let mut put_right = program;
    put_right.steps[0].correct = vec![UNDO];
    put_right.steps.push(StepDef { undo_of: Some(DEBIT), ..step_of("debit/correct", 0, Undo::Nothing) });
    for program in [any_day, put_right] {
        let begun = cancel(&done(program));
        assert_eq!(begun.next.durable.cancel, Cancel::Wished);
        assert!(begun.effects.iter().any(|effect| matches!(effect, Effect::SendBack(PAID, 1))));
    }
    // What runs is taken back as ever: its asker was told nothing yet.
    let mut running = Driven::new(pay_bill());
    running.feed(Event::Asked);
    running.feed(Event::Reply(DEBIT, Reply::Done));
    assert_eq!(cancel(&running).next.durable.cancel, Cancel::Wished);
}

#[test]
fn rows_run_so_many_at_once_and_are_counted_once() {
    let mut flow = FlowProgram { name: "bank.unit_batch".into(), ..FlowProgram::default() };
    flow.push("each row", Node::Each(LoopId(0)));
    flow.push("answer", Node::Answer(MappingId(0)));
    let body = FlowProgram { name: "bank.unit_batch/row".into(), ..pay_bill() };
    flow.loops.push(Loop {
        name: "each row".into(),
        list: ListId(0),
        at_once: 2,
        key: vec![ExprId(0)],
        body,
    });
    walk::check(&flow).unwrap();
    let of = LoopId(0);
    let mut batch = Driven::new(flow);
    let begun = batch.feed(Event::Asked);
    assert!(begun.contains(&Effect::StartRow(of, 0)) && begun.contains(&Effect::StartRow(of, 1)));
    assert!(!begun.contains(&Effect::StartRow(of, 2)));
    let ended = |row| Event::RowEnded { of, row, end: End::Done };
    assert_eq!(batch.feed(ended(1)), [Effect::StartRow(of, 2)]);
    assert_eq!(batch.feed(ended(1)), []);
    let again = batch.crash();
    assert!(again.contains(&Effect::StartRow(of, 0)) && again.contains(&Effect::StartRow(of, 2)));
    for row in [0, 2, 3] {
        batch.feed(ended(row));
    }
    let last = batch.feed(Event::RowEnded { of, row: 4, end: End::Refused });
    assert!(matches!(last.as_slice(), [Effect::Write(changes)] if changes.contains(&Change::End(End::Done))));
    let rows = batch.state.durable.loops.first().unwrap();
    assert_eq!((rows.done, rows.refused), (4, 1));
}

#[test]
fn what_is_counted_before_rows_is_counted_before_the_first_begins() {
    let mut program = FlowProgram { name: "bank.unit_batch".into(), ..FlowProgram::default() };
    program.push("limit", Node::Limit { limit: LimitId(4), reason: "duplicate".into() });
    program.push("each row", Node::Each(LoopId(0)));
    program.push("answer", Node::Answer(MappingId(0)));
    let body = FlowProgram { name: "bank.unit_batch/row".into(), ..pay_bill() };
    let key = vec![ExprId(0)];
    program.loops.push(Loop { name: "each row".into(), list: ListId(0), at_once: 2, key, body });
    walk::check(&program).unwrap();
    let new = State::new(&program);
    let asked = step(&program, &new, &Event::Asked, &mut Yes);
    let reserved = |effect: &Effect| matches!(effect, Effect::Write(changes) if changes.contains(&Change::Reserve(LimitId(4))));
    let begins = |effect: &Effect| matches!(effect, Effect::StartRow(..));
    let (counted, begun) =
        (asked.effects.iter().position(reserved).unwrap(), asked.effects.iter().position(begins).unwrap());
    assert!(counted < begun);
    let not_written = Event::NotWritten { why: NotWritten::LimitFull(None), during: Box::new(Event::Asked) };
    let full = step(&program, &new, &not_written, &mut Yes);
    assert!(full.effects.contains(&Effect::Answer(Answer::Refused("duplicate".into()))));
    assert!(!full.effects.iter().any(begins), "no row of what is refused begins");
}

#[test]
fn what_is_refused_behind_rows_that_hold_stays_with_people() {
    let body = FlowProgram { name: "bank.batch/row".into(), ..pay_bill() };
    let mut flow = FlowProgram { name: "bank.batch".into(), ..FlowProgram::default() };
    flow.calls.push(call("transfer"));
    let why = Some(ExprId(1));
    flow.steps.push(StepDef { park: why, ..step_of("returned", 0, Undo::Nothing) });
    let returned = StepId(0);
    flow.push("each row", Node::Each(LoopId(0)));
    flow.push("returned", Node::Step(returned));
    flow.push("answer", Node::Answer(MappingId(0)));
    let key = vec![ExprId(0)];
    flow.loops.push(Loop { name: "each row".into(), list: ListId(0), at_once: 5, key, body });
    walk::check(&flow).unwrap();
    let ended = |row, end| Event::RowEnded { of: LoopId(0), row, end };
    let refused = |effect: &Effect| matches!(effect, Effect::Answer(Answer::Refused(_)));
    let with_rows = |end| {
        let mut flow = Driven::new(flow.clone());
        flow.feed(Event::Asked);
        for row in 0..5 {
            flow.feed(ended(row, end));
        }
        flow
    };
    let mut none = with_rows(End::Refused);
    assert!(none.feed(Event::NotSent(returned)).iter().any(refused), "of whose rows none holds");

    let mut flow = with_rows(End::Done);
    let effects = flow.feed(Event::NotSent(returned));
    assert!(effects.contains(&Effect::Park(Parked::Step(returned))), "{effects:?}");
    assert!(!effects.iter().any(refused), "its rows hold: {effects:?}");
    for proof in [Proof::Never, Proof::TakenBack] {
        assert!(flow.feed(Event::Proof(returned, proof)).is_empty());
        assert_eq!(flow.state_of(returned), OperationState::Parked);
    }
    flow.feed(Event::Proof(returned, Proof::Holds));
    assert_eq!(flow.state.durable.end, Some(End::Done));

    let mut stopped = flow.program.clone();
    stopped.nodes[1] = Node::Park { why: ExprId(1) };
    let mut stopped = Driven::new(stopped);
    stopped.feed(Event::Asked);
    for row in 0..5 {
        stopped.feed(ended(row, End::Done));
    }
    let declined = stopped.feed(Event::Released { at: NodeId(1), accepted: Err("other".into()) });
    assert!(declined.is_empty(), "{declined:?}");
    stopped.feed(Event::Released { at: NodeId(1), accepted: Ok(()) });
    assert_eq!(stopped.state.durable.end, Some(End::Done));
}

/// What a step behind the rows posts is worked out from the list as it was when the flow became late: the answer tells the same, and
/// what ends in between is worked off behind it.
#[test]
fn rows_that_end_while_a_late_flow_has_not_answered_count_behind_its_answer() {
    let body = FlowProgram { name: "bank.batch/row".into(), ..pay_bill() };
    let mut program = FlowProgram { name: "bank.batch".into(), ..FlowProgram::default() };
    program.calls.push(call("transfer"));
    let why = Some(ExprId(1));
    program.steps.push(StepDef { park: why, ..step_of("returned", 0, Undo::Nothing) });
    let returned = StepId(0);
    program.push("each row", Node::Each(LoopId(0)));
    program.push("returned", Node::Step(returned));
    program.push("answer", Node::Answer(MappingId(0)));
    program.push("wait", Node::Rows(LoopId(0)));
    let key = vec![ExprId(0)];
    program.loops.push(Loop { name: "each row".into(), list: ListId(0), at_once: 5, key, body });
    walk::check(&program).unwrap();
    let of = LoopId(0);
    let ended = |row, end| Event::RowEnded { of, row, end };
    let late = || {
        let mut flow = Driven::new(program.clone());
        flow.feed(Event::Asked);
        for row in 0..3 {
            flow.feed(ended(row, End::Refused));
        }
        let effects = flow.feed(Event::CutOff);
        assert!(effects.contains(&Effect::Send(returned, 1)), "{effects:?}");
        assert_eq!(flow.feed(ended(3, End::Refused)), []);
        assert_eq!(flow.state.durable.loops[0].open, [3, 4], "the list stays as it was");
        flow
    };
    let mut flow = late();
    let told = flow.feed(Event::Reply(returned, Reply::Done));
    for expected in
        [Effect::Answer(Answer::Done(Some(MappingId(0)))), Effect::StartRow(of, 3), Effect::StartRow(of, 4)]
    {
        assert!(told.contains(&expected), "{expected:?}: {told:?}");
    }
    flow.feed(ended(3, End::Refused));
    assert_eq!(flow.state.durable.end, None);
    flow.feed(ended(4, End::Done));
    assert_eq!(flow.state.durable.end, Some(End::Done));
    assert_eq!((flow.state.durable.loops[0].done, flow.state.durable.loops[0].refused), (1, 4));

    let mut crashed = late();
    let again = crashed.crash();
    assert!(again.contains(&Effect::StartRow(of, 3)), "{again:?}");
    assert_eq!(crashed.feed(ended(3, End::Refused)), []);
    crashed.feed(Event::Reply(returned, Reply::Done));
    let again = crashed.crash();
    let starts = again.iter().filter(|effect| matches!(effect, Effect::StartRow(..))).count();
    assert_eq!(starts, 2, "each once: {again:?}");
}

/// A flow that waits for its rows before it answers hears of them, however late they end.
#[test]
fn a_late_flow_that_waits_for_its_rows_hears_of_their_ends() {
    let body = FlowProgram { name: "bank.batch/row".into(), ..pay_bill() };
    let mut program = FlowProgram { name: "bank.batch".into(), ..FlowProgram::default() };
    program.push("each row", Node::Each(LoopId(0)));
    program.push("wait", Node::Rows(LoopId(0)));
    program.push("answer", Node::Answer(MappingId(0)));
    let key = vec![ExprId(0)];
    program.loops.push(Loop { name: "each row".into(), list: ListId(0), at_once: 5, key, body });
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    let ended = |row| Event::RowEnded { of: LoopId(0), row, end: End::Done };
    (0..3).for_each(|row| drop(flow.feed(ended(row))));
    flow.feed(Event::CutOff);
    assert_eq!(flow.state.durable.end, None);
    flow.feed(ended(3));
    flow.feed(ended(4));
    assert_eq!(flow.state.durable.end, Some(End::Done), "{:?}", flow.state.durable);
}

/// `DONE` was told, and all that stands before relies on it: that it never came is no end of it.
#[test]
fn what_is_assured_is_made_to_hold_by_people() {
    let mut program = pay_bill();
    program.cancellable = false;
    program.calls[1] = CallContract { assured: true, ways: vec![Way::Park], back: None, ..call("grid.pay") };
    program.steps[1].undo = Undo::Nothing;
    program.nodes.swap(2, 3);
    program.places.swap(2, 3);
    walk::check(&program).unwrap();
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    let told = flow.feed(Event::Reply(DEBIT, Reply::Done));
    assert!(told.contains(&Effect::Answer(Answer::Done(Some(MappingId(9))))), "{told:?}");
    flow.feed(Event::NoReply(PAID));
    assert_eq!(flow.state_of(PAID), OperationState::Parked);
    for proof in [Proof::Never, Proof::TakenBack] {
        assert_eq!(flow.feed(Event::Proof(PAID, proof)), []);
        assert_eq!(flow.state_of(PAID), OperationState::Parked);
    }
    flow.feed(Event::Proof(PAID, Proof::Holds));
    assert_eq!(flow.state.durable.end, Some(End::Done));
}

#[test]
fn what_was_told_done_is_refused_by_nobody() {
    let mut program = pay_bill();
    program.cancellable = false;
    program.push("park", Node::Park { why: ExprId(1) });
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    let told = flow.feed(Event::Reply(PAID, Reply::Done));
    assert!(told.contains(&Effect::Answer(Answer::Done(Some(MappingId(9))))), "{told:?}");
    let at = NodeId(4);
    assert_eq!(flow.feed(Event::Released { at, accepted: Err("declined".into()) }), []);
    assert!(!flow.state.durable.unwinding());
    flow.feed(Event::Released { at, accepted: Ok(()) });
    assert_eq!(flow.state.durable.end, Some(End::Done));
}

/// The quiet time counts from the end of the last sender: what an earlier copy is told does not begin it.
#[test]
fn what_is_no_outcome_of_an_earlier_copy_changes_nothing() {
    let mut program = pay_bill();
    program.calls[0].repeats = Repeats::SameAnswerWhenDone;
    let pauses = Pauses::Doubling { every_ms: 10_000, to_ms: 10_000 };
    program.calls[0].ways = vec![Way::Repeat { pauses, times: Some(1) }, Way::Reverse, Way::Park];
    walk::check(&program).unwrap();
    let repeated = || {
        let mut flow = Driven::new(program.clone());
        flow.feed(Event::Asked);
        let pause = flow.feed(Event::NoReply(DEBIT)).into_iter().find_map(|effect| match effect {
            Effect::Timer(timer @ Timer::Pause { .. }, _) => Some(timer),
            _ => None,
        });
        assert!(flow.feed(Event::Timer(pause.unwrap())).contains(&Effect::Send(DEBIT, 2)));
        flow
    };
    let mut flow = repeated();
    for reply in [Reply::Unknown, Reply::Refused("in_process".into())] {
        let effects = flow.feed(Event::EarlierReply(DEBIT, reply));
        assert_eq!(effects, [Effect::Write(vec![Change::Record(DEBIT)])]);
        assert_eq!(flow.state_of(DEBIT), OperationState::Intent, "the second copy is under way");
    }
    let effects = flow.feed(Event::NoReply(DEBIT));
    let quiet = Effect::Timer(Timer::Quiet { step: DEBIT, copy: 2 }, 60_000);
    assert!(effects.contains(&quiet), "{effects:?}");
    let mut flow = repeated();
    flow.feed(Event::EarlierReply(DEBIT, Reply::Done));
    assert_eq!(flow.state_of(DEBIT), OperationState::Done, "an outcome is one, whichever copy has it");
}

const UNDO: StepId = StepId(2);

/// `debit { undo SERVICE }`, a limit behind it, then `paid`.
fn undone_by_another() -> FlowProgram {
    let mut flow = FlowProgram { name: "bank.pay_bill".into(), ..FlowProgram::default() };
    flow.calls = vec![
        CallContract { back: None, ways: vec![Way::Park], ..call("core.debit") },
        CallContract { back: None, ways: vec![Way::Park], ..call("grid.pay") },
    ];
    flow.steps = vec![
        step_of("debit", 0, Undo::By(UNDO)),
        step_of("paid", 1, Undo::Nothing),
        StepDef { undo_of: Some(DEBIT), ..step_of("debit/undo", 0, Undo::Nothing) },
    ];
    flow.push("debit", Node::Step(DEBIT));
    flow.push("limit", Node::Limit { limit: LimitId(3), reason: "over_limit".into() });
    flow.push("paid", Node::Step(PAID));
    flow.push("answer", Node::Answer(MappingId(9)));
    flow
}

#[test]
fn what_takes_back_counts_nothing() {
    let mut flow = Driven::new(undone_by_another());
    flow.feed(Event::Asked);
    let during = Box::new(Event::Reply(DEBIT, Reply::Done));
    let effects = flow.feed(Event::NotWritten { why: NotWritten::LimitFull(None), during });
    assert!(effects.contains(&Effect::Send(UNDO, 1)), "{effects:?}");
    assert_eq!(
        (flow.state_of(DEBIT), flow.state_of(UNDO)),
        (OperationState::Undoing, OperationState::Intent)
    );
    assert_eq!(flow.state.durable.limits, [(LimitId(3), false)]);
    let told = flow.feed(Event::Reply(UNDO, Reply::Done));
    assert!(told.contains(&Effect::Answer(Answer::Refused("over_limit".into()))), "{told:?}");
}

#[test]
fn what_its_undo_did_not_take_back_is_held() {
    for proof in [Proof::Never, Proof::TakenBack] {
        let mut flow = Driven::new(undone_by_another());
        flow.feed(Event::Asked);
        flow.feed(Event::Reply(DEBIT, Reply::Done));
        flow.feed(Event::Reply(PAID, Reply::Refused("no_such_bill".into())));
        flow.feed(Event::NoReply(UNDO));
        assert_eq!(flow.state_of(UNDO), OperationState::Parked);
        let effects = flow.feed(Event::Proof(UNDO, proof));
        assert!(effects.contains(&Effect::Park(Parked::Step(DEBIT))), "{proof:?}: {effects:?}");
        assert_eq!(flow.state_of(DEBIT), OperationState::Held);
    }
}

/// A debit that its reversal may leave held; a credit then puts it right.
fn put_right() -> FlowProgram {
    let mut flow = FlowProgram { name: "bank.pay".into(), ..FlowProgram::default() };
    flow.calls = vec![CallContract { ways: vec![Way::Park], ..call("core.debit") }];
    flow.steps = vec![
        StepDef { correct: vec![UNDO, AGAIN], ..step_of("debit", 0, Undo::Provider) },
        step_of("paid", 0, Undo::Nothing),
        StepDef { undo_of: Some(DEBIT), ..step_of("debit/correct", 0, Undo::Nothing) },
        StepDef { undo_of: Some(DEBIT), ..step_of("debit/correct 2", 0, Undo::Nothing) },
    ];
    flow.push("debit", Node::Step(DEBIT));
    flow.push("paid", Node::Step(PAID));
    flow.push("answer", Node::Answer(MappingId(9)));
    flow
}

fn held_by_a_refused_reversal() -> Driven {
    let mut flow = Driven::new(put_right());
    flow.feed(Event::Asked);
    flow.feed(Event::Reply(DEBIT, Reply::Done));
    assert!(flow.feed(Event::Correct(DEBIT)).is_empty(), "nothing is held");
    flow.feed(Event::Reply(PAID, Reply::Refused("no_such_bill".into())));
    flow.feed(Event::BackReply(DEBIT, BackReply::Refused));
    assert_eq!(flow.state_of(DEBIT), OperationState::Held);
    flow
}

#[test]
fn what_is_held_is_put_right_by_a_posting_of_its_own_where_people_want_it() {
    let mut flow = held_by_a_refused_reversal();
    let effects = flow.feed(Event::Correct(DEBIT));
    let written = [Change::Operation(DEBIT), Change::Intent(UNDO, 1)];
    let expected = [Effect::Prepare(UNDO), Effect::Write(written.to_vec()), Effect::Send(UNDO, 1)];
    assert_eq!(effects, expected);
    // In one write: a stop finds both, and sends neither the reversal nor the correction again.
    let found = flow.crash();
    assert!(
        !found.iter().any(|effect| matches!(effect, Effect::SendBack(..) | Effect::Send(..))),
        "{found:?}"
    );
    assert_eq!(flow.state_of(UNDO), OperationState::Parked);
    // That the party took it back after all is one too many: people hear of it.
    assert!(flow.feed(Event::BackReply(DEBIT, BackReply::Reversed)).contains(&Effect::Alarm(DEBIT)));
    // Their list has the debit, as it must: what offsets it is a line of its own.
    for (proof, said) in [(Proof::Holds, vec![]), (Proof::TakenBack, vec![Effect::Alarm(DEBIT)])] {
        assert_eq!(flow.feed(Event::Proof(DEBIT, proof)), said);
        assert_eq!(flow.state_of(DEBIT), OperationState::Undoing, "{proof:?}");
    }
    assert!(flow.feed(Event::Correct(DEBIT)).is_empty(), "once");
    flow.feed(Event::Proof(UNDO, Proof::Holds));
    assert_eq!((flow.state_of(DEBIT), flow.state.durable.end), (OperationState::Undone, Some(End::Refused)));
}

#[test]
fn what_could_not_be_put_right_is_held_as_before() {
    let mut flow = held_by_a_refused_reversal();
    // Nothing is begun of what cannot be made into a message: it may be tried again.
    let during = Box::new(Event::Correct(DEBIT));
    let cannot =
        Event::CannotPrepare { step: UNDO, back: false, reason: "no_session".into(), park: false, during };
    assert!(flow.feed(cannot).is_empty());
    assert_eq!((flow.state_of(DEBIT), flow.state_of(UNDO)), (OperationState::Held, OperationState::New));
    flow.feed(Event::Correct(DEBIT));
    let refused = flow.feed(Event::Reply(UNDO, Reply::Refused("closed".into())));
    assert!(refused.contains(&Effect::Park(Parked::Step(DEBIT))), "{refused:?}");
    assert_eq!(flow.state_of(DEBIT), OperationState::Held);
    flow.feed(Event::Proof(DEBIT, Proof::TakenBack));
    assert_eq!(flow.state.durable.end, Some(End::Refused));
    assert!(flow.feed(Event::Correct(DEBIT)).is_empty(), "nothing is held any more");
}

/// A second correction is an operation of its own, behind a first that was refused: what is still heard of that is not taken for its
/// answer.
#[test]
fn what_was_refused_is_put_right_by_a_new_posting_where_people_decide_anew() {
    let mut flow = held_by_a_refused_reversal();
    let stands = |flow: &Driven| Subject::Operation(DEBIT).stands(&flow.program, &flow.state.durable);
    let before = stands(&flow);
    flow.feed(Event::Correct(DEBIT));
    flow.feed(Event::Reply(UNDO, Reply::Refused("closed".into())));
    assert_eq!(flow.state_of(DEBIT), OperationState::Held);
    assert_ne!(stands(&flow), before, "who decides now decides something else");
    let effects = flow.feed(Event::Correct(DEBIT));
    let written = [Change::Operation(DEBIT), Change::Intent(AGAIN, 1)];
    let expected = [Effect::Prepare(AGAIN), Effect::Write(written.to_vec()), Effect::Send(AGAIN, 1)];
    assert_eq!(effects, expected);
    let late = flow.feed(Event::Reply(UNDO, Reply::Refused("closed".into())));
    assert_eq!(late, [Effect::Write(vec![Change::Record(UNDO)])]);
    assert_eq!(
        (flow.state_of(DEBIT), flow.state_of(AGAIN)),
        (OperationState::Undoing, OperationState::Intent)
    );
    // While nobody knows of it nothing else may put it right, and their list has the debit as it must.
    flow.crash();
    assert_eq!(flow.state_of(AGAIN), OperationState::Parked);
    assert!(flow.feed(Event::Correct(DEBIT)).is_empty());
    assert_eq!(flow.feed(Event::Proof(DEBIT, Proof::TakenBack)), [Effect::Alarm(DEBIT)]);
    flow.feed(Event::Proof(AGAIN, Proof::Holds));
    assert_eq!((flow.state_of(DEBIT), flow.state.durable.end), (OperationState::Undone, Some(End::Refused)));
}

#[test]
fn what_was_refused_as_often_as_it_may_be_is_put_right_by_hand() {
    let mut flow = held_by_a_refused_reversal();
    for by in [UNDO, AGAIN] {
        flow.feed(Event::Correct(DEBIT));
        flow.feed(Event::Reply(by, Reply::Refused("closed".into())));
    }
    assert!(flow.feed(Event::Correct(DEBIT)).is_empty(), "there is no third");
    assert_eq!(flow.state_of(DEBIT), OperationState::Held);
    assert!(flow.state.durable.rests(&flow.program));
    flow.feed(Event::Proof(DEBIT, Proof::TakenBack));
    assert_eq!(flow.state.durable.end, Some(End::Refused));
}

#[test]
fn a_reversal_that_may_not_be_repeated_leaves_once() {
    let mut program = pay_bill();
    program.calls[0].ways = vec![Way::Reverse, Way::Park];
    program.calls[0].back = Some(Back { repeatable: false, ..back() });
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    flow.feed(Event::NoReply(DEBIT));
    flow.feed(Event::NoBackReply(DEBIT));
    assert_eq!(flow.state_of(DEBIT), OperationState::Parked);
    flow.feed(Event::Proof(DEBIT, Proof::Holds));
    assert_eq!(flow.state_of(PAID), OperationState::Intent);
    let late = flow.feed(Event::BackReply(DEBIT, BackReply::Reversed));
    assert!(late.contains(&Effect::Alarm(DEBIT)), "what was proved is not so: {late:?}");
    let refused = flow.feed(Event::Reply(PAID, Reply::Refused("no_such_bill".into())));
    assert!(!refused.iter().any(|effect| matches!(effect, Effect::SendBack(..))), "{refused:?}");
    assert_eq!(flow.state_of(DEBIT), OperationState::Held);
}

#[test]
fn what_could_not_be_begun_is_begun_when_people_say_so() {
    let mut program = FlowProgram { name: "bank.move".into(), taken: true, ..FlowProgram::default() };
    for number in 0..2 {
        program.push(&format!("start {number}"), Node::Start { start: StartId(number), moves: true });
    }
    walk::check(&program).unwrap();
    let mut flow = Driven::new(program);
    let why = NotWritten::CannotStart(StartId(1));
    let effects = flow.feed(Event::NotWritten { why, during: Box::new(Event::Asked) });
    let at = NodeId(1);
    assert!(effects.contains(&Effect::Park(Parked::Place(at))), "the one that cannot be: {effects:?}");
    let begun = |effects: &[Effect], which: u32| {
        let start = Change::Start(StartId(which));
        effects.iter().any(|effect| matches!(effect, Effect::Write(changes) if changes.contains(&start)))
    };
    assert!(begun(&effects, 0) && !begun(&effects, 1), "{effects:?}");
    let on = Event::Released { at, accepted: Ok(()) };
    let again = flow.feed(Event::NotWritten { why, during: Box::new(on.clone()) });
    assert!(!begun(&again, 1) && flow.state.durable.stopped == Some(at), "{again:?}");
    assert!(begun(&flow.feed(on), 1));
    assert_eq!(flow.state.durable.end, Some(End::Done));
}

#[test]
fn what_is_awaited_lets_a_flow_go_on_that_has_stopped() {
    let mut program = FlowProgram { name: "bank.wait".into(), ..FlowProgram::default() };
    let otherwise = Otherwise::Park(ExprId(1));
    program.push("await 1", Node::Await { guard: GuardId(0), up_to_ms: 1_000, otherwise });
    walk::check(&program).unwrap();
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    let at = NodeId(0);
    flow.feed(Event::Timer(Timer::Await(at)));
    assert_eq!(flow.state.durable.stopped, Some(at));
    assert!(!flow.state.durable.rests(&flow.program), "it is to hear what comes");
    assert!(flow.crash().contains(&Effect::Listen(at)));
    flow.feed(Event::Arrived(at));
    assert_eq!(flow.state.durable.end, Some(End::Done));
}

#[test]
fn what_its_text_leaves_to_people_is_no_refusal() {
    let mut flow = Driven::new(pay_bill());
    flow.feed(Event::Asked);
    let during = Box::new(Event::Reply(DEBIT, Reply::Done));
    let reason = "other".into();
    let effects = flow.feed(Event::CannotPrepare { step: PAID, back: false, reason, park: true, during });
    assert!(effects.contains(&Effect::Park(Parked::Step(PAID))), "{effects:?}");
    assert_eq!((flow.state_of(DEBIT), flow.state_of(PAID)), (OperationState::Done, OperationState::Parked));
}

/// What was never begun has left nothing that the others would have to come to.
#[test]
fn one_of_several_that_cannot_be_begun_does_not_keep_the_others_back() {
    let mut program = FlowProgram { name: "bank.both".into(), ..FlowProgram::default() };
    program.calls = vec![call("core.debit"), call("grid.pay")];
    program.steps = vec![step_of("debit", 0, Undo::Provider), step_of("paid", 1, Undo::Provider)];
    program.push("both", Node::Together(vec![(None, DEBIT), (None, PAID)]));
    program.push("answer", Node::Answer(MappingId(9)));
    let mut flow = Driven::new(program);
    let (reason, during) = ("other".into(), Box::new(Event::Asked));
    let effects = flow.feed(Event::CannotPrepare { step: DEBIT, back: false, reason, park: true, during });
    assert_eq!(flow.state_of(DEBIT), OperationState::Parked);
    assert!(effects.contains(&Effect::Send(PAID, 1)), "{effects:?}");
    flow.feed(Event::Reply(PAID, Reply::Done));
    assert_eq!(flow.state.durable.end, None);
    flow.feed(Event::Proof(DEBIT, Proof::Holds));
    assert_eq!(flow.state.durable.end, Some(End::Done));
}

/// A flow that only asks stands in no journal: nobody could find there what is left to people.
#[test]
fn a_question_that_cannot_be_asked_is_refused_where_nothing_is_journaled() {
    let mut program = FlowProgram { name: "bank.ask".into(), ..FlowProgram::default() };
    program.calls =
        vec![CallContract { kind: CallKind::Query, ways: Vec::new(), back: None, ..call("grid.bill") }];
    program.steps = vec![StepDef { park: Some(ExprId(1)), ..step_of("bill", 0, Undo::Nothing) }];
    program.push("bill", Node::Step(StepId(0)));
    program.push("answer", Node::Answer(MappingId(0)));
    assert!(!program.journaled());
    let mut flow = Driven::new(program);
    let (step, reason, during) = (StepId(0), "other".into(), Box::new(Event::Asked));
    let effects = flow.feed(Event::CannotPrepare { step, back: false, reason, park: true, during });
    assert!(effects.contains(&Effect::Answer(Answer::Refused("other".into()))), "{effects:?}");
    assert_eq!(flow.state.durable.end, Some(End::Refused));
}

/// A judge for whom the day is over.
struct NextDay;

impl Judge for NextDay {
    fn holds(&mut self, guard: GuardId, durable: &Durable) -> bool {
        Yes.holds(guard, durable)
    }
    fn call(&mut self, step: StepId, calls: &[CallId]) -> Option<CallId> {
        Yes.call(step, calls)
    }
    fn rows(&mut self, list: ListId) -> u64 {
        Yes.rows(list)
    }
    fn day_over(&mut self, _step: StepId) -> bool {
        true
    }
}

#[test]
fn what_is_repeated_until_the_cut_over_ends_with_its_own_day() {
    let mut program = pay_bill();
    let pauses = Pauses::Doubling { every_ms: 10_000, to_ms: 10_000 };
    program.calls[0].ways = vec![Way::Repeat { pauses, times: None }, Way::Park];
    let mut flow = Driven::new(program);
    flow.feed(Event::Asked);
    let paused = flow.feed(Event::NoReply(DEBIT));
    let pause = paused.iter().find_map(|effect| match effect {
        Effect::Timer(timer @ Timer::Pause { .. }, _) => Some(*timer),
        _ => None,
    });
    assert_eq!(flow.feed(Event::CutOver), [], "of another party");
    assert_eq!(flow.state_of(DEBIT), OperationState::Unknown);
    for event in [Event::CutOver, Event::Timer(pause.unwrap())] {
        let over = step(&flow.program, &flow.state, &event, &mut NextDay);
        assert!(over.effects.contains(&Effect::Park(Parked::Step(DEBIT))), "{event:?}: {:?}", over.effects);
    }
    let again = flow.feed(Event::Timer(pause.unwrap()));
    assert!(again.contains(&Effect::Send(DEBIT, 2)), "{again:?}");
    let late = step(&flow.program, &flow.state, &Event::NoReply(DEBIT), &mut NextDay);
    assert!(late.effects.contains(&Effect::Park(Parked::Step(DEBIT))), "{:?}", late.effects);
}

#[test]
fn people_and_clocks() {
    let mut flow = pay_bill();
    let deadline = Node::Deadline { at: ExprId(1), warn: None, otherwise: Otherwise::Park(ExprId(2)) };
    flow.nodes.splice(0..0, [deadline, Node::Hold { hold: HoldId(4), told: false }]);
    flow.places.splice(0..0, ["deadline".into(), "hold".into()]);
    walk::check(&flow).unwrap();
    let mut flow = Driven::new(flow);
    let begun = flow.feed(Event::Asked);
    assert!(begun.contains(&Effect::Park(Parked::Hold(HoldId(4)))));
    assert!(flow.feed(Event::Decision { hold: HoldId(5), accepted: Ok(()) }).is_empty());
    flow.feed(Event::Decision { hold: HoldId(4), accepted: Ok(()) });
    assert_eq!(flow.state_of(DEBIT), OperationState::Intent);
    let late = flow.feed(Event::Timer(Timer::Deadline(NodeId(0))));
    assert!(late.contains(&Effect::Answer(Answer::Pending)));
    assert_eq!(flow.state_of(DEBIT), OperationState::Intent, "a deadline is never an outcome");
    let mut declined = Driven::new(flow.program.clone());
    declined.feed(Event::Asked);
    let told = declined.feed(Event::Decision { hold: HoldId(4), accepted: Err("declined".into()) });
    assert!(told.contains(&Effect::Answer(Answer::Refused("declined".into()))));
}

#[test]
fn a_deadline_refuses_what_has_not_begun() {
    let refuse = Otherwise::Refuse("busy".into());
    let deadline = Node::Deadline { at: ExprId(1), warn: None, otherwise: refuse };
    let passed = || Event::Timer(Timer::Deadline(NodeId(0)));
    let made = |undo: Undo| {
        let mut flow = pay_bill();
        flow.nodes.splice(0..0, [deadline.clone(), Node::Hold { hold: HoldId(4), told: false }]);
        flow.places.splice(0..0, ["deadline".into(), "hold".into()]);
        flow.steps[usize::from(DEBIT.0)].undo = undo;
        let mut driven = Driven::new(flow);
        driven.feed(Event::Asked);
        driven
    };
    let mut waiting = made(Undo::Keep);
    let told = waiting.feed(passed());
    assert!(told.contains(&Effect::Answer(Answer::Refused("busy".into()))), "{told:?}");
    assert_eq!(waiting.state_of(DEBIT), OperationState::New);
    let mut begun = made(Undo::Keep);
    begun.feed(Event::Decision { hold: HoldId(4), accepted: Ok(()) });
    let late = begun.feed(passed());
    assert!(late.contains(&Effect::Answer(Answer::Pending)), "{late:?}");
    assert_eq!(begun.state.durable.refused, None, "what may hold is not told refused");
    let mut undone = made(Undo::Provider);
    undone.feed(Event::Decision { hold: HoldId(4), accepted: Ok(()) });
    undone.feed(passed());
    assert_eq!(undone.state.durable.refused.as_deref(), Some("busy"), "what holds is taken back");
}
