//! What must hold in every world, and how a path that breaks it is told.

use super::super::program::{FlowProgram, Loop, Node, StepId, Undo, Way};
use super::super::state::{Cancel, End, OperationState};
use super::ground::Ground;
use super::moves::{Move, apply, contract, is_open, moves, place};
use super::second;
use super::world::{Chooser, TOLD_CANCELLED, TOLD_DONE, TOLD_REFUSED, World};
use super::{Came, following};
use std::fmt;

/// What a story breaks (`flows.md` 8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Property {
    /// S1: made or taken back twice.
    Twice(StepId),
    /// S1: a second ask with its key does something, or is told what is not written.
    AskedAgain,
    /// S2: the journal says what the party's books do not.
    Books(StepId),
    /// S2: it moved, and nothing in the journal says so.
    NobodyKnows(StepId),
    /// S3: a false answer.
    FalseAnswer,
    /// S4: told, and the ask is not written.
    Untold,
    /// S5: nothing more can happen, and it has neither ended nor parked.
    Hangs,
    /// L: a path that comes back to where it was.
    Circles,
    /// S6: a leg is held after an ordinary refusal, and the text does not say so.
    OneSided(StepId),
    /// S7: a leg is taken back while a newer one may still hold.
    OutOfOrder(StepId),
    /// What is declared assured is refused.
    Assured(StepId),
    /// What is declared of a call cannot work.
    Declaration(StepId),
    /// More states than the walk may see.
    TooLarge,
}

/// A path that breaks a property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Story {
    /// The flow.
    pub flow: Box<str>,
    /// What is broken.
    pub property: Property,
    /// The step to change, where there is one.
    pub step: Option<Box<str>>,
    /// What happens, in order.
    pub lines: Vec<String>,
    /// What to write instead.
    pub help: String,
}

impl fmt::Display for Story {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "flow {}", self.flow)?;
        if let Some(step) = &self.step {
            write!(to, "  step `{step}`")?;
        }
        for (number, line) in self.lines.iter().enumerate() {
            write!(to, "\n  {}. {line}", number + 1)?;
        }
        write!(to, "\n  help: {}", self.help)
    }
}

/// The property that a world breaks.
pub(super) fn fails(ground: &Ground<'_>, world: &World) -> Option<Property> {
    broken(ground.program, world).or_else(|| second::wrong(ground, world).map(|_| Property::AskedAgain))
}

fn broken(program: &FlowProgram, world: &World) -> Option<Property> {
    // A row whose answer nobody takes hears a refusal from its own batch, and begins anew.
    let anew = (program.untold && world.told == TOLD_REFUSED) || world.closed;
    let told = world.told & !TOLD_CANCELLED;
    if told != 0 && world.asked && !world.journal.asked && program.journaled() && !anew {
        return Some(Property::Untold);
    }
    if world.acts_again {
        return Some(Property::AskedAgain);
    }
    // A flow relies on it: nothing that comes before needs a way back.
    let given_up = |step: &StepId| {
        let refused = world.journal.operation(*step).is_some_and(|one| one.state == OperationState::Refused);
        refused && contract(program, world, *step).is_some_and(|call| call.assured)
    };
    if let Some(step) = program.step_ids().find(given_up) {
        return Some(Property::Assured(step));
    }
    let mut holding = false;
    for step in program.step_ids() {
        let place = usize::from(step.0);
        let (Some(leg), Some(operation)) = (world.legs.get(place), world.journal.operations.get(place))
        else {
            continue;
        };
        let posting = contract(program, world, step)
            .is_some_and(|call| call.kind == super::super::program::CallKind::Posting);
        if posting && (leg.made > 1 || leg.taken > leg.made) {
            return Some(Property::Twice(step));
        }
        let definition = program.step(step)?;
        let by_undo = if let Undo::By(other) = definition.undo { Some(other) } else { None };
        let gives_back =
            |by: &StepId| world.legs.get(usize::from(by.0)).is_some_and(super::world::Leg::holds);
        let backs = by_undo.iter().chain(&definition.correct).filter(|by| gives_back(by)).count();
        let given_back = backs > 0;
        if usize::from(leg.taken) + backs > usize::from(leg.made) && posting {
            return Some(Property::Twice(step));
        }
        let holds = leg.holds() && !given_back;
        holding |= holds && posting && definition.undo_of.is_none();
        let books = match operation.state {
            OperationState::New if leg.made > 0 && posting => return Some(Property::NobodyKnows(step)),
            OperationState::Done => holds,
            OperationState::Refused | OperationState::Undone => !holds,
            _ => true,
        };
        if posting && !books {
            return Some(Property::Books(step));
        }
        let own_undo = match definition.undo {
            Undo::Provider => contract(program, world, step).is_some_and(|call| call.back.is_some()),
            Undo::By(_) => true,
            Undo::Keep | Undo::Nothing => false,
        };
        if operation.state == OperationState::Held && !own_undo && !says_park(program, world) {
            return Some(Property::OneSided(step));
        }
    }
    out_of_order(program, world).or_else(|| answers(program, world, holding))
}

/// Legs are taken back newest first: while a newer one may hold, an older one is not touched.
fn out_of_order(program: &FlowProgram, world: &World) -> Option<Property> {
    use OperationState::{Done, Held, Intent, New, Parked, Refused, Reversing, Undoing, Undone, Unknown};
    let mut newer = None;
    for step in program.step_ids().rev() {
        let own = program.step(step)?.undo_of.is_none();
        let posting = contract(program, world, step)
            .is_some_and(|call| call.kind == super::super::program::CallKind::Posting);
        if !own || !posting {
            continue;
        }
        match world.journal.operation(step)?.state {
            Undoing | Undone if newer.is_some() => return newer.map(Property::OutOfOrder),
            Done | Held | Intent | Parked | Reversing | Undoing | Unknown => newer = Some(step),
            New | Refused | Undone => {}
        }
    }
    None
}

/// The text says of what was refused that something may stay held.
fn says_park(program: &FlowProgram, world: &World) -> bool {
    program.steps.iter().zip(&world.journal.operations).any(|(step, operation)| {
        let refused = matches!(operation.state, OperationState::Refused);
        refused && step.park.is_some()
    })
}

fn answers(program: &FlowProgram, world: &World, holding: bool) -> Option<Property> {
    let told = |bit| world.told & bit != 0;
    let broken = |operation: &super::super::state::Operation| {
        use OperationState::{Held, Parked, Refused, Undoing, Undone};
        (matches!(operation.state, Refused | Undone | Undoing | Held) && !operation.passed)
            || (operation.state == Parked && world.journal.end == Some(End::Done))
    };
    let uncancelled = world.journal.cancel == Cancel::No;
    let own = program.steps.iter().zip(&world.journal.operations).filter(|(step, _)| step.undo_of.is_none());
    let broken = own.map(|(_, operation)| operation).any(broken);
    let lies = (told(TOLD_DONE) && told(TOLD_REFUSED))
        || (told(TOLD_DONE) && uncancelled && (broken || world.journal.refused.is_some()))
        || ((told(TOLD_REFUSED) || told(TOLD_CANCELLED)) && (holding || goes_on(program, world)))
        || ((told(TOLD_REFUSED) || world.journal.end == Some(End::Refused))
            && rows_done(program, world).is_some());
    lies.then_some(Property::FalseAnswer)
}

/// A list with a row that is done, and nothing takes it back.
fn rows_done<'p>(program: &'p FlowProgram, world: &World) -> Option<&'p Loop> {
    program.rows_acting(&world.journal, |rows| rows.done > 0)
}

/// What is wrong with a world in which nothing more can happen.
pub(super) fn stands_still(program: &FlowProgram, world: &World) -> Option<Property> {
    let journal = &world.journal;
    let untouched = !journal.asked && world.legs.iter().all(|leg| leg.made == 0);
    let ended = journal.end.is_some() && journal.cancel != Cancel::Wished;
    let queries = !program.journaled();
    let parked = journal.parked(program) || world.state.memory.announced.is_some();
    (!(untouched || ended || parked || queries)).then_some(Property::Hangs)
}

/// A path that comes back to where it was, once round. Each state of the circle is told by its number, that of the first is 0.
pub(super) fn tell_circle(ground: &Ground<'_>, came: &[Came], circle: &[u32]) -> Box<Story> {
    let first = circle.first().copied().unwrap_or_default();
    let mut story = tell(ground, came, first.wrapping_sub(1), Property::Circles);
    let mut world = reached(ground, came, first.wrapping_sub(1), None);
    let last = story.lines.pop();
    let then = circle.iter().skip(1).chain([&first]);
    for number in then {
        let wanted = reached(ground, came, number.wrapping_sub(1), None).fingerprint();
        let Some((by, tape)) = step_to(ground, &world, wanted) else { break };
        world = apply(ground, &world, &by, &mut Chooser::new(&tape), Some(&mut story.lines));
    }
    story.lines.extend(last);
    story
}

/// The move and the choices that lead from a world to another.
fn step_to(ground: &Ground<'_>, world: &World, wanted: u64) -> Option<(Move, Vec<u8>)> {
    let mut possible = Vec::new();
    moves(ground, world, &mut possible);
    possible.into_iter().find_map(|by| {
        let mut tape = Vec::new();
        loop {
            let mut chooser = Chooser::new(&tape);
            let next = apply(ground, world, &by, &mut chooser, None);
            if next.fingerprint() == wanted {
                return Some((by, tape));
            }
            tape = following(&chooser.used)?;
        }
    })
}

/// The world at the end of a path; with `lines`, tells it.
fn reached(ground: &Ground<'_>, came: &[Came], at: u32, mut lines: Option<&mut Vec<String>>) -> World {
    let mut path = Vec::new();
    let mut here = came.get(at as usize);
    while let Some(step) = here {
        path.push(step);
        here = came.get(step.from as usize);
    }
    let mut world = World::new(ground);
    for step in path.iter().rev() {
        world = apply(ground, &world, &step.by, &mut Chooser::new(&step.tape), lines.as_deref_mut());
    }
    world
}

/// The path to a state, told from the beginning.
pub(super) fn tell(ground: &Ground<'_>, came: &[Came], at: u32, property: Property) -> Box<Story> {
    let program = ground.program;
    let mut lines = Vec::new();
    let world = reached(ground, came, at, Some(&mut lines));
    lines.push(last_line(ground, &world, property));
    let step = match property {
        Property::Twice(step)
        | Property::Books(step)
        | Property::NobodyKnows(step)
        | Property::OneSided(step)
        | Property::OutOfOrder(step)
        | Property::Assured(step)
        | Property::Declaration(step) => Some(step),
        _ => program.step_ids().find(|step| is_open(&world.journal, *step)),
    };
    Box::new(Story {
        flow: program.name.clone(),
        property,
        step: step.and_then(|step| program.step(step)).map(|step| step.name.clone()),
        lines,
        help: help(program, &world, property),
    })
}

fn last_line(ground: &Ground<'_>, world: &World, property: Property) -> String {
    let program = ground.program;
    let name = |step| say::step(program, step);
    match property {
        Property::Twice(step) => format!("{} stands twice in the books", name(step)),
        Property::AskedAgain => {
            let wrong = second::wrong(ground, world).unwrap_or("it goes on, and the first has the key");
            format!("the same key is asked once more: {wrong}")
        }
        Property::Books(step) => {
            let state = world.journal.operation(step).map(|operation| operation.state).unwrap_or_default();
            format!("the journal says that {} is {}, the party's books do not", name(step), say::state(state))
        }
        Property::NobodyKnows(step) => format!("{} holds, and the journal knows of nothing", name(step)),
        Property::FalseAnswer => false_answer(program, world),
        Property::Untold => "it was told, and the ask is not in the journal".into(),
        Property::Hangs => {
            format!(
                "nothing more can happen at `{}`: not ended, not parked",
                place(program, world.journal.at)
            )
        }
        Property::Circles => "all of this comes again, without an end".into(),
        Property::OneSided(step) => format!("{} is held and has no way back", name(step)),
        Property::OutOfOrder(step) => {
            format!("{} may hold, and what came before it is taken back already", name(step))
        }
        Property::Assured(step) => format!("{} is refused, and it is declared assured", name(step)),
        Property::Declaration(step) => format!("{} cannot be resolved so", name(step)),
        Property::TooLarge => "the flow has more states than can be walked".into(),
    }
}

/// What a flow has begun goes on when it was told refused or cancelled; a row whose answer nobody takes tells nobody.
fn goes_on(program: &FlowProgram, world: &World) -> bool {
    world.started && !program.untold && world.told & (TOLD_REFUSED | TOLD_CANCELLED) != 0
}

/// Nothing of the flow's own holds, as was told.
fn only_begun(program: &FlowProgram, world: &World) -> bool {
    goes_on(program, world) && !world.legs.iter().any(super::world::Leg::holds)
}

/// What was told, and what is so.
fn false_answer(program: &FlowProgram, world: &World) -> String {
    use OperationState::{Held, Refused, Undoing, Undone};
    let own =
        || program.step_ids().filter(|step| program.step(*step).is_some_and(|one| one.undo_of.is_none()));
    if world.told & TOLD_DONE == 0
        && let Some(rows) = rows_done(program, world)
    {
        return format!("the flow is refused, and a row of `{}` holds", rows.name);
    }
    let what = if world.told & TOLD_CANCELLED == 0 { "REFUSED" } else { "CANCELLED" };
    if only_begun(program, world) {
        return format!("{what} was told, and what it has begun goes on");
    }
    if world.told & TOLD_DONE == 0 {
        let holds = |step: &StepId| world.legs.get(usize::from(step.0)).is_some_and(super::world::Leg::holds);
        let name = own().find(holds).map_or("something", |step| say::step(program, step));
        return format!("{what} was told, and {name} holds");
    }
    let gone = own().find_map(|step| {
        let operation = world.journal.operation(step).filter(|operation| !operation.passed)?;
        matches!(operation.state, Held | Refused | Undoing | Undone).then_some((step, operation.state))
    });
    match gone {
        Some((step, state)) => {
            format!("DONE was told, and {} is {}", say::step(program, step), say::state(state))
        }
        None => "DONE was told, and the flow is refused".into(),
    }
}

fn help(program: &FlowProgram, world: &World, property: Property) -> String {
    let call = |step: StepId| {
        let first = program.step(step).and_then(|step| step.calls.first().copied());
        first.and_then(|call| program.call(call)).map_or("the call", |call| &call.name)
    };
    match property {
        Property::Twice(step) | Property::Books(step) => {
            let repeats = first_repeats(program, step);
            if repeats {
                format!(
                    "`{}` may be repeated only if it promises the same answer; else end its way out with  park",
                    call(step)
                )
            } else {
                format!(
                    "`not found` and `nothing to reverse` need  promises quiet …  or  remembered  at `{}`",
                    call(step)
                )
            }
        }
        Property::NobodyKnows(_) | Property::Untold | Property::OutOfOrder(_) | Property::AskedAgain => {
            "a rule of the interpreter is broken: report it".into()
        }
        Property::FalseAnswer if world.told & TOLD_DONE == 0 && rows_done(program, world).is_some() => {
            "let what may refuse stand before the rows, or say  else park \"why\"  there".into()
        }
        Property::FalseAnswer if only_begun(program, world) && world.told & TOLD_CANCELLED != 0 => {
            "write  cancel refused after STEP , of a step before `start`".into()
        }
        Property::FalseAnswer if only_begun(program, world) => {
            "let `start` stand behind what may refuse, or right before the  check … else refuse  with which it is to run".into()
        }
        Property::FalseAnswer => {
            "let everything behind `answer` be assured, or move `answer` to the end".into()
        }
        Property::Hangs => "end the way out with  park".into(),
        Property::Circles => "say how often: nothing is tried for ever".into(),
        Property::OneSided(_) => {
            "write  undo  at the step, move it behind what may be refused, or say  else park \"why\"  there"
                .into()
        }
        Property::Assured(step) => {
            format!("`{}` is assured: it is repeated until it holds, never undone", call(step))
        }
        Property::Declaration(_) => {
            "declare the call's key, time limit and way out, ending with  park".into()
        }
        Property::TooLarge => "split the flow: `start` what may run on its own".into(),
    }
}

fn first_repeats(program: &FlowProgram, step: StepId) -> bool {
    let calls = program.step(step).map(|step| step.calls.as_slice()).unwrap_or_default();
    calls
        .iter()
        .filter_map(|call| program.call(*call))
        .any(|call| call.ways.iter().any(|way| matches!(way, Way::Repeat { .. })))
}

/// The words of the stories.
pub(super) mod say {
    use super::super::super::event::{Answer, BackReply, Event, Proof, Reply, Says, Timer};
    use super::super::super::state::{Durable, End, OperationState};
    use super::{FlowProgram, Node, StepId};

    pub(in super::super) fn step(program: &FlowProgram, step: StepId) -> &str {
        program.step(step).map_or("a step", |step| &step.name)
    }

    pub(in super::super) fn party(program: &FlowProgram, step: StepId) -> &str {
        let first = program.step(step).and_then(|step| step.calls.first().copied());
        first.and_then(|call| program.call(call)).map_or("the party", |call| &call.party)
    }

    pub(in super::super) fn copy(program: &FlowProgram, of: StepId, copy: u8) -> String {
        let name = step(program, of);
        if copy > 1 { format!("copy {copy} of {name}") } else { name.to_owned() }
    }

    pub(in super::super) fn says(says: &Says) -> &'static str {
        match says {
            Says::Done => "done",
            Says::Reversed => "taken back",
            Says::Refused(_) => "refused",
            Says::NotFound => "not found",
            Says::Nothing => "nothing",
        }
    }

    fn back(reply: BackReply) -> &'static str {
        match reply {
            BackReply::Reversed => "taken back",
            BackReply::Nothing => "there is nothing to take back",
            BackReply::Refused => "not taken back",
            BackReply::NoSession => "not looked at, the session does not hold",
            BackReply::Unknown => "nothing certain",
        }
    }

    pub(in super::super) fn no_session(program: &FlowProgram, of: StepId) -> String {
        format!("{} does not look at {}: the session does not hold", party(program, of), step(program, of))
    }

    pub(in super::super) fn state(state: OperationState) -> &'static str {
        match state {
            OperationState::New => "new",
            OperationState::Intent => "intent",
            OperationState::Unknown => "unknown",
            OperationState::Reversing => "reversing",
            OperationState::Done => "done",
            OperationState::Refused => "refused",
            OperationState::Undoing => "undoing",
            OperationState::Undone => "undone",
            OperationState::Parked => "parked",
            OperationState::Held => "held",
        }
    }

    pub(in super::super) fn answer(answer: &Answer) -> String {
        match answer {
            Answer::Done(_) => "told DONE".into(),
            Answer::Refused(reason) => format!("told REFUSED ({reason})"),
            Answer::Pending => "told PENDING".into(),
        }
    }

    pub(in super::super) fn event(program: &FlowProgram, event: &Event) -> Option<String> {
        let name = |of: &StepId| step(program, *of);
        Some(match event {
            Event::Asked => "the ask comes".into(),
            Event::Reply(of, Reply::Done) => format!("the reply comes: {} done", name(of)),
            Event::Reply(of, Reply::Refused(_)) => format!("the reply comes: {} refused", name(of)),
            Event::Reply(of, Reply::NoSession { .. }) => {
                format!("the reply comes: {} was not looked at, the session does not hold", name(of))
            }
            Event::Reply(of, Reply::Unknown) => {
                format!("a reply comes that says nothing certain of {}", name(of))
            }
            Event::EarlierReply(of, Reply::Done) => {
                format!("the reply to an earlier copy comes: {} done", name(of))
            }
            Event::EarlierReply(of, Reply::Refused(_)) => {
                format!("the reply to an earlier copy comes: {} refused", name(of))
            }
            Event::EarlierReply(of, _) => {
                format!("a reply to an earlier copy comes that says nothing certain of {}", name(of))
            }
            Event::NoReply(of) => format!("no answer to {} in time", name(of)),
            Event::Enquired { step: of, says: Says::Nothing, .. } => {
                format!("the enquiry about {} is not answered", name(of))
            }
            Event::Enquired { step: of, says, .. } => {
                format!("the enquiry's answer comes: {} {}", name(of), self::says(says))
            }
            Event::BackReply(of, reply) => {
                format!("the reply to the reversal of {} comes: {}", name(of), back(*reply))
            }
            Event::NoBackReply(of) => format!("the reversal of {} is not answered", name(of)),
            Event::NeverQuiet { step: of, .. } => {
                format!("nobody can tell when the quiet time of {} is over", name(of))
            }
            Event::Timer(Timer::Quiet { step: of, .. }) => format!("the quiet time of {} is over", name(of)),
            Event::Timer(Timer::Deadline(_)) => "the deadline passes".into(),
            Event::Timer(Timer::Await(_)) => "nothing comes in time".into(),
            Event::Timer(Timer::Until(_)) => "the moment comes that was waited for".into(),
            Event::CutOff => "the answer is due, and rows are open".into(),
            Event::CancelAsked => "the asker cancels".into(),
            Event::CutOver => "the business date is over".into(),
            Event::SecondAsk { same: true } => "the same is asked once more".into(),
            Event::SecondAsk { same: false } => "the same key comes with other content".into(),
            Event::AskerLimit => "the asker can wait no longer".into(),
            Event::Decision { accepted: Ok(()), .. } => "the operator agrees".into(),
            Event::Decision { .. } => "the operator declines".into(),
            Event::Proof(of, Proof::Holds) => format!("people prove that {} holds", name(of)),
            Event::Correct(of) => format!("people have {} put right by another posting", name(of)),
            Event::Proof(of, Proof::Never) => format!("people prove that {} never came", name(of)),
            Event::Released { .. } => "the operator lets it go on".into(),
            Event::Arrived(_) => "what was waited for comes".into(),
            Event::RowWaits { row, .. } => format!("the end of row {} is long in coming", row + 1),
            Event::RowEnded { row, end, .. } => {
                format!("row {} ends {}", row + 1, if *end == End::Done { "done" } else { "refused" })
            }
            _ => return None,
        })
    }

    /// What a write changed, in a line.
    pub(in super::super) fn write(
        program: &FlowProgram,
        before: &Durable,
        after: &Durable,
    ) -> Option<String> {
        let mut told = Vec::new();
        for ((step, old), new) in program.steps.iter().zip(&before.operations).zip(&after.operations) {
            if old.state != new.state || old.copies != new.copies || old.backs != new.backs {
                let again = new.state == OperationState::Intent && new.copies > 1;
                let copy = if again { format!(" of copy {}", new.copies) } else { String::new() };
                told.push(format!("{} {}{copy}", step.name, state(new.state)));
            }
        }
        if let (None, Some(reason)) = (&before.refused, &after.refused) {
            told.push(format!("the flow refused ({reason})"));
        }
        if before.end != after.end {
            told.push(if after.end == Some(End::Done) {
                "ended done".into()
            } else {
                "ended refused".into()
            });
        }
        if matches!(program.node(after.at), Some(Node::Park { .. })) && before.at != after.at {
            told.push("parked".into());
        }
        (!told.is_empty()).then(|| format!("journal: {}", told.join(", ")))
    }
}
