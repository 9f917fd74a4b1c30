//! What may happen next in the world of a walk, and what comes of it.

use super::super::event::{
    Answer, BackReply, CancelAnswer, Change, Effect, Event, NotWritten, Proof, Reply, Says, SecondAnswer,
    Timer,
};
use super::super::program::{
    CallContract, CallId, CallKind, FlowProgram, GuardId, Judge, ListId, Node, NodeId, StepId, Way,
};
use super::super::rules::{Fault, Rules};
use super::super::state::{Durable, End, OperationState, State, Wait};
use super::super::step::{cancel_unseen, step_by};
use super::ground::Ground;
use super::second;
use super::story::say;
use super::tidy;
use super::world::{
    Both, Chooser, DONE, Leg, NO_SESSION, NOTHING, REFUSED, TOLD_CANCELLED, TOLD_DONE, TOLD_PENDING,
    TOLD_REFUSED, World,
};

/// One move of the world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Move {
    Feed(Event),
    /// A copy reaches the party.
    Arrive(StepId),
    /// A reply reaches us.
    Deliver(StepId, u8),
    /// A question is looked at.
    Look(StepId, usize),
    /// Its answer reaches us.
    Answered(StepId, usize),
    /// A reversal reaches the party.
    ArriveBack(StepId),
    /// Its reply reaches us.
    DeliverBack(StepId, u8),
    /// What is under way ends in one of its outcomes.
    Settle(StepId),
    /// The same of its reversal.
    SettleBack(StepId),
    Fire(usize),
    /// The asker cancels what nobody has asked yet.
    CancelUnseen,
    Crash,
}

impl Move {
    /// Nobody is bound to make it: a flow that only these could move stands still.
    pub(super) fn is_optional(&self) -> bool {
        use Event::{AskerLimit, CancelAsked, Correct, CutOff, CutOver, Proof, Released, SecondAsk};
        let Self::Feed(event) = self else { return matches!(self, Self::Crash | Self::CancelUnseen) };
        matches!(
            event,
            CancelAsked
                | AskerLimit
                | CutOff
                | CutOver
                | Proof(..)
                | Correct(_)
                | Released { .. }
                | SecondAsk { .. }
        )
    }
}

/// All moves of a world.
pub(super) fn moves(ground: &Ground<'_>, world: &World, into: &mut Vec<Move>) {
    let program = ground.program;
    if world.stopped {
        let under_way = |step: &StepId| world.legs.get(usize::from(step.0)).is_some_and(|leg| leg.flight > 0);
        return into.extend(program.step_ids().filter(under_way).map(Move::Arrive));
    }
    if !world.asked {
        if world.cancels > 0 {
            into.push(Move::CancelUnseen);
        }
        return into.push(Move::Feed(Event::Asked));
    }
    let mut settled_one = false;
    for step in program.step_ids() {
        if ground.is_atomic(step) {
            of_outcome(ground, world, step, &mut settled_one, into);
        } else {
            of_step(program, world, step, into);
        }
        into.extend(proof(ground, world, step).map(|proof| Move::Feed(Event::Proof(step, proof))));
        if is_to_correct(ground, world, step) {
            into.push(Move::Feed(Event::Correct(step)));
        }
    }
    for (place, timer) in world.timers.iter().enumerate() {
        if !matches!(timer, Timer::Warn(_)) {
            into.push(Move::Fire(place));
        }
    }
    for (of, row) in &world.rows {
        let (of, row) = (super::super::program::LoopId(*of), *row);
        if !world.state.memory.waiting_rows.contains(&(of, row)) {
            into.push(Move::Feed(Event::RowWaits { of, row }));
        }
        for end in [End::Done, End::Refused] {
            into.push(Move::Feed(Event::RowEnded { of, row, end }));
        }
    }
    of_node(program, world, into);
    // Once the ask is written it makes no difference but that less is told.
    if world.state.memory.asker && !(ground.reduced.asker && world.journal.asked) {
        into.push(Move::Feed(Event::AskerLimit));
    }
    if world.seconds > 0 {
        into.extend([true, false].map(|same| Move::Feed(Event::SecondAsk { same })));
    }
    if world.cancels > 0 && world.state.durable.asked {
        into.push(Move::Feed(Event::CancelAsked));
    }
    if world.crashes > 0 && world.journal.asked && !settled(&world.journal) {
        into.push(Move::Crash);
    }
}

fn settled(durable: &Durable) -> bool {
    durable.end.is_some() && durable.cancel != super::super::state::Cancel::Wished
}

fn of_node(program: &FlowProgram, world: &World, into: &mut Vec<Move>) {
    let durable = &world.state.durable;
    if durable.unwinding() || durable.end.is_some() {
        return;
    }
    // People let it go on, and what stands behind it begins; that they refuse it is for them to answer for.
    let on = || Move::Feed(Event::Released { at: durable.at, accepted: Ok(()) });
    match program.node(durable.at) {
        Some(Node::Park { .. }) => into.push(on()),
        Some(_) if durable.stopped == Some(durable.at) => into.push(on()),
        Some(Node::Hold { hold, .. }) => {
            into.push(Move::Feed(Event::Decision { hold: *hold, accepted: Ok(()) }));
            into.push(Move::Feed(Event::Decision { hold: *hold, accepted: Err("declined".into()) }));
        }
        Some(Node::Await { .. }) => into.push(Move::Feed(Event::Arrived(durable.at))),
        Some(Node::Each(_)) if !durable.late => into.push(Move::Feed(Event::CutOff)),
        _ => {}
    }
}

/// What people can prove of an operation that is parked: what is so, and stays so since nothing of it is under way. That it was taken
/// back is left out: less holds then, and what that leaves held those who say so know of.
fn proof(ground: &Ground<'_>, world: &World, step: StepId) -> Option<Proof> {
    let leg = world.legs.get(usize::from(step.0))?;
    let operation = world.state.durable.operation(step)?;
    match operation.state {
        OperationState::Parked if ground.rules.broken(Fault::ProbablyFailed) => Some(Proof::Never),
        OperationState::Parked if still(leg) && leg.holds() => Some(Proof::Holds),
        OperationState::Parked if still(leg) && leg.made == 0 => Some(Proof::Never),
        _ => None,
    }
}

fn still(leg: &Leg) -> bool {
    leg.flight == 0 && leg.backs == 0 && leg.replies == 0 && leg.back_replies == 0
}

/// Whether people may have it put right: it is held, its party's books show it, and nothing of it is under way any more.
fn is_to_correct(ground: &Ground<'_>, world: &World, step: StepId) -> bool {
    let named = ground.program.correction(&world.state.durable, step).is_some();
    let early = ground.rules.broken(Fault::CorrectedEarly);
    let held = world.state.durable.operation(step).is_some_and(|known| known.state == OperationState::Held);
    let leg = world.legs.get(usize::from(step.0));
    named && held && leg.is_some_and(|leg| leg.holds() && (early || still(leg)))
}

fn of_step(program: &FlowProgram, world: &World, step: StepId, into: &mut Vec<Move>) {
    let at = usize::from(step.0);
    let (Some(leg), Some(attempt)) = (world.legs.get(at), world.state.memory.operations.get(at)) else {
        return;
    };
    if attempt.wait == Wait::Reply {
        if contract(program, world, step).is_some_and(|call| call.kind == CallKind::Query) {
            of_query(program, step, into);
        }
        into.push(Move::Feed(Event::NoReply(step)));
    }
    let way = contract(program, world, step).and_then(|call| call.ways.get(usize::from(attempt.way)));
    if attempt.wait == Wait::Pause && matches!(way, Some(Way::Repeat { times: None, .. })) {
        into.push(Move::Feed(Event::CutOver));
    }
    if leg.flight > 0 {
        into.push(Move::Arrive(step));
    }
    for bit in [DONE, REFUSED, NOTHING, NO_SESSION] {
        if leg.replies & bit != 0 {
            into.push(Move::Deliver(step, bit));
        }
        if leg.back_replies & bit != 0 {
            into.push(Move::DeliverBack(step, bit));
        }
    }
    for (place, (number, seen)) in leg.asks.iter().enumerate() {
        into.push(if seen.is_some() { Move::Answered(step, place) } else { Move::Look(step, place) });
        if *number == attempt.number && attempt.wait == Wait::Enquiry {
            into.push(Move::Feed(Event::Enquired { step, number: *number, says: Says::Nothing }));
        }
    }
    if leg.backs > 0 {
        into.push(Move::ArriveBack(step));
    }
    if attempt.wait == Wait::Back {
        into.push(Move::Feed(Event::NoBackReply(step)));
    }
}

fn of_query(program: &FlowProgram, step: StepId, into: &mut Vec<Move>) {
    into.push(Move::Feed(Event::Reply(step, Reply::Done)));
    into.push(Move::Feed(Event::Reply(step, Reply::Refused("refused".into()))));
    let named = program.step(step).and_then(|found| found.goes_on.as_ref()?.first());
    into.extend(named.map(|reason| Move::Feed(Event::Reply(step, Reply::Refused(reason.clone())))));
}

/// A step of which outcomes are walked, not messages. What is under way side by side ends in the order of the text: no
/// step sees in which order the others ended.
fn of_outcome(
    ground: &Ground<'_>,
    world: &World,
    step: StepId,
    settled_one: &mut bool,
    into: &mut Vec<Move>,
) {
    let at = usize::from(step.0);
    let (Some(leg), Some(attempt)) = (world.legs.get(at), world.state.memory.operations.get(at)) else {
        return;
    };
    if ground.is_query(step) {
        if attempt.wait == Wait::Reply {
            of_query(ground.program, step, into);
            into.push(Move::Feed(Event::NoReply(step)));
        }
        return;
    }
    for bit in [DONE, REFUSED] {
        if leg.replies & bit != 0 {
            into.push(Move::Deliver(step, bit));
        }
    }
    if leg.backs > 0 {
        into.push(Move::SettleBack(step));
    }
    if leg.flight > 0 && !(ground.reduced.order && *settled_one) {
        *settled_one = true;
        into.push(Move::Settle(step));
    }
}

pub(super) fn contract<'a>(
    program: &'a FlowProgram,
    world: &World,
    step: StepId,
) -> Option<&'a CallContract> {
    let chosen = world.state.durable.operation(step).and_then(|operation| operation.call);
    program.call(chosen.or_else(|| program.step(step)?.calls.first().copied())?)
}

/// The world after a move. With `lines`, tells it.
pub(super) fn apply(
    ground: &Ground<'_>,
    world: &World,
    by: &Move,
    chooser: &mut Chooser,
    lines: Option<&mut Vec<String>>,
) -> World {
    let program = ground.program;
    let mut act = Act { ground, program, world: world.clone(), chooser, lines, events: Vec::new() };
    act.make(by);
    while let Some(event) = act.events.pop() {
        act.drive(&event);
    }
    let mut world = act.world;
    tidy::tidy(ground, &mut world);
    world
}

pub(super) struct Act<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) program: &'a FlowProgram,
    pub(super) world: World,
    pub(super) chooser: &'a mut Chooser,
    lines: Option<&'a mut Vec<String>>,
    pub(super) events: Vec<Event>,
}

impl Act<'_> {
    pub(super) fn tell(&mut self, line: impl FnOnce(&FlowProgram, &World) -> Option<String>) {
        if let Some(lines) = &mut self.lines {
            lines.extend(line(self.program, &self.world));
        }
    }

    fn make(&mut self, by: &Move) {
        match by {
            Move::Feed(event) => self.feed(event),
            Move::Arrive(step) => self.arrive(*step),
            Move::Deliver(step, bit) => {
                if let Some(leg) = self.world.leg(*step) {
                    leg.replies &= !bit;
                }
                let reply = match *bit {
                    DONE => Reply::Done,
                    REFUSED => Reply::Refused(self.why(*step)),
                    NO_SESSION => Reply::NoSession { reason: "no_session".into(), renewed: true },
                    _ => Reply::Unknown,
                };
                let reply = if self.of_earlier(*step) {
                    Event::EarlierReply(*step, reply)
                } else {
                    Event::Reply(*step, reply)
                };
                self.feed(&reply);
            }
            Move::Look(step, place) => self.look(*step, *place),
            Move::Answered(step, place) => {
                let Some(leg) = self.world.leg(*step) else { return };
                let (number, seen) = leg.asks.remove(*place);
                self.feed(&Event::Enquired { step: *step, number, says: seen.unwrap_or(Says::Nothing) });
            }
            Move::ArriveBack(step) => self.arrive_back(*step),
            Move::DeliverBack(step, bit) => {
                if let Some(leg) = self.world.leg(*step) {
                    leg.back_replies &= !bit;
                }
                let reply = match *bit {
                    DONE => BackReply::Reversed,
                    REFUSED => BackReply::Refused,
                    NO_SESSION => BackReply::NoSession,
                    _ => BackReply::Nothing,
                };
                self.feed(&Event::BackReply(*step, reply));
            }
            Move::Fire(place) => {
                let timer = self.world.timers.remove(*place);
                // It counts from the certain end of whoever sent, so nothing is under way any more.
                let early = self.ground.rules.broken(Fault::QuietFromTakeOver)
                    && self.world.crashes < self.ground.crashes;
                if let Timer::Quiet { step, copy } = timer
                    && !early
                {
                    self.nothing_under_way(step, copy);
                }
                self.feed(&Event::Timer(timer));
            }
            Move::Settle(step) => self.settle(*step),
            Move::SettleBack(step) => self.settle_back(*step),
            Move::CancelUnseen => self.cancel_unseen(),
            Move::Crash => self.crash(),
        }
    }

    /// Of several copies nobody sees which one a reply is to, until the last is waited for no longer.
    fn of_earlier(&mut self, step: StepId) -> bool {
        let copies = self.world.state.durable.operation(step).map_or(0, |operation| operation.copies);
        let waits = self.world.state.memory.operations.get(usize::from(step.0)).map(|attempt| attempt.wait);
        copies > 1 && waits == Some(Wait::Reply) && self.chooser.choose(2) == 1
    }

    fn feed(&mut self, event: &Event) {
        match event {
            Event::Asked => self.world.asked = true,
            Event::CancelAsked => self.world.cancels -= 1,
            Event::SecondAsk { .. } => self.world.seconds -= 1,
            Event::RowEnded { of, row, .. } => self.world.rows.retain(|open| *open != (of.0, *row)),
            _ => {}
        }
        self.tell(|program, _| say::event(program, event));
        self.drive(event);
    }

    fn cancel_unseen(&mut self) {
        self.world.cancels -= 1;
        self.tell(|_, _| Some("the asker cancels, before the ask has come".into()));
        for effect in cancel_unseen(self.ground.rules) {
            match effect {
                Effect::Write(_) => self.world.closed = true,
                _ => self.world.told |= TOLD_CANCELLED,
            }
        }
        self.tell(|_, _| Some("told that there is nothing to undo".into()));
    }

    fn crash(&mut self) {
        self.tell(|_, _| Some("the node stops; another run finds the flow in the journal".into()));
        self.world.crash(self.program);
        self.replies_come_again();
        self.events.clear();
        if self.world.journal.asked {
            self.drive(&Event::Restart { crashed: true });
        } else {
            self.world.stopped = true;
        }
    }

    /// Feeds an event and carries out what comes of it. False if the node stopped on the way.
    fn drive(&mut self, event: &Event) {
        let mut guards = std::mem::take(&mut self.world.guards);
        let state = &self.world.state;
        let mut judge = Both { program: self.program, state, guards: &mut guards, chooser: self.chooser };
        let step = step_by(self.ground.rules, self.program, &self.world.state, event, &mut judge);
        self.world.guards = guards;
        debug_assert!(rests_still(self.program, &step.next), "what rests goes on by itself: {:?}", step.next);
        for effect in &step.effects {
            let matters = !matches!(effect, Effect::Timer(..) | Effect::Park(_) | Effect::Alarm(_));
            if matters && self.world.crashes > 0 && self.world.asked && self.chooser.choose(2) == 1 {
                return self.crash();
            }
            match effect {
                Effect::Prepare(of) if self.fails_to_prepare() => {
                    return self.cannot_prepare(*of, false, event);
                }
                Effect::PrepareBack(of) if self.fails_to_prepare() => {
                    return self.cannot_prepare(*of, true, event);
                }
                Effect::Write(_) if self.world.closed && !self.world.journal.asked => {
                    let during = Box::new(event.clone());
                    return self.drive(&Event::NotWritten { why: NotWritten::KeyCancelled, during });
                }
                Effect::Write(changes) => {
                    self.world.acts_again |=
                        !self.world.journal.asked && second::ignores_the_key(self.ground, &self.world, event);
                    let reserves = changes.iter().any(|change| matches!(change, Change::Reserve(_)));
                    if reserves && self.world.full > 0 && self.chooser.choose(2) == 1 {
                        self.world.full -= 1;
                        let during = Box::new(event.clone());
                        return self.drive(&Event::NotWritten { why: NotWritten::LimitFull(None), during });
                    }
                    let begins = |change: &Change| matches!(change, Change::Start(which) if self.program.start_moves(*which));
                    if !step.next.durable.unwinding() && changes.iter().any(begins) {
                        self.world.started = true;
                        self.tell(|_, _| Some("journal: another flow begins, which moves money".into()));
                    }
                    let before = std::mem::replace(&mut self.world.journal, step.next.durable.clone());
                    self.tell(|program, world| say::write(program, &before, &world.journal));
                    self.world.told |= self.world.recorded();
                }
                other => self.carry_out(other),
            }
        }
        self.world.state = step.next;
    }

    fn fails_to_prepare(&mut self) -> bool {
        let fails = self.world.unprepared > 0 && self.chooser.choose(2) == 1;
        self.world.unprepared -= u8::from(fails);
        fails
    }

    fn cannot_prepare(&mut self, step: StepId, back: bool, event: &Event) {
        self.tell(|program, _| Some(format!("{} cannot be made into a message", say::step(program, step))));
        let during = Box::new(event.clone());
        self.drive(&Event::CannotPrepare { step, back, reason: "bad_message".into(), park: false, during });
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Send(step, copy) => self.send(*step, *copy),
            Effect::SendBack(step, _) => self.send_back(*step),
            Effect::Enquire { step, number, .. } => {
                if let Some(leg) = self.world.leg(*step) {
                    leg.asks.push((*number, None));
                }
                self.tell(|program, _| {
                    Some(format!("the enquiry about {} leaves", say::step(program, *step)))
                });
            }
            // Where outcomes are walked no time passes on the way to them.
            Effect::Timer(Timer::Quiet { step, .. } | Timer::Pause { step, .. }, _)
                if self.ground.is_atomic(*step) && !self.ground.is_query(*step) => {}
            Effect::Timer(timer, _) => self.world.timers.push(*timer),
            Effect::StartRow(of, row) => {
                self.world.rows.retain(|open| *open != (of.0, *row));
                self.world.rows.push((of.0, *row));
            }
            Effect::Answer(answer) => {
                self.world.told |= match answer {
                    Answer::Done(_) => TOLD_DONE,
                    Answer::Refused(_) => TOLD_REFUSED,
                    Answer::Pending => TOLD_PENDING,
                };
                self.tell(|_, _| Some(say::answer(answer)));
            }
            Effect::AnswerSecond(SecondAnswer::Stored) => {
                self.world.told |= self.world.recorded();
                self.tell(|_, _| Some("told what is written".into()));
            }
            Effect::Stop => self.world.stopped = true,
            Effect::AnswerCancel(CancelAnswer::Cancelled) => {
                self.world.told |= TOLD_CANCELLED;
                self.tell(|_, _| Some("told CANCELLED".into()));
            }
            _ => {}
        }
    }
}

/// Steps whose operation is open in the journal, for a story's end.
pub(super) fn is_open(durable: &Durable, step: StepId) -> bool {
    durable.operation(step).is_some_and(|operation| {
        !matches!(
            operation.state,
            OperationState::New | OperationState::Done | OperationState::Refused | OperationState::Undone
        )
    })
}

/// A place in the words of the program.
pub(super) fn place(program: &FlowProgram, at: NodeId) -> &str {
    program.places.get(usize::from(at.0)).map_or("the end", |place| place)
}

/// Whether a flow that rests, if this one does, comes to nothing else when it is brought back, and to nothing new.
fn rests_still(program: &FlowProgram, state: &State) -> bool {
    struct Nobody;
    impl Judge for Nobody {
        fn holds(&mut self, _: GuardId, _: &Durable) -> bool {
            unreachable!("a guard of a flow that rests")
        }
        fn call(&mut self, _: StepId, _: &[CallId]) -> Option<CallId> {
            unreachable!("a call of a flow that rests")
        }
        fn rows(&mut self, _: ListId) -> u64 {
            unreachable!("rows of a flow that rests")
        }
        fn day_over(&mut self, _: StepId) -> bool {
            unreachable!("a repeat of a flow that rests")
        }
    }
    if !state.durable.rests(program) {
        return true;
    }
    let back = State::resumed(program, state.durable.clone());
    let again = step_by(Rules::default(), program, &back, &Event::Restart { crashed: false }, &mut Nobody);
    let shown = |change: &Change| matches!(change, Change::Waits(_));
    let quiet = again.effects.iter().all(|effect| match effect {
        Effect::Write(changes) => changes.iter().all(shown),
        Effect::Park(_) => true,
        _ => false,
    });
    quiet && again.next.durable == state.durable
}
