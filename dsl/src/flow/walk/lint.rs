//! What a declaration shows wrong before anything is walked, each with a short story of its own.

use super::super::program::{CallContract, CallId, CallKind, FlowProgram, Node, StepDef, StepId, Undo, Way};
use super::story::{Property, Story};

pub(super) fn lint(program: &FlowProgram) -> Result<(), Box<Story>> {
    for step in program.step_ids() {
        let Some(definition) = program.step(step) else { continue };
        for call in definition.calls.iter().filter_map(|call: &CallId| program.call(*call)) {
            if let Some((lines, help)) = of_call(definition, call) {
                return Err(story(program, Property::Declaration(step), step, &lines, help));
            }
        }
    }
    cancellation(program)?;
    forward_only(program)
}

type Found = (Vec<String>, &'static str);

fn of_call(step: &StepDef, call: &CallContract) -> Option<Found> {
    let (name, party) = (&step.name, &call.party);
    if call.kind == CallKind::Query {
        return None;
    }
    if step.best_effort {
        return (call.kind == CallKind::Posting).then(|| {
            (
                vec![
                    format!("{name} leaves as best effort"),
                    format!("it never reaches {party}, and nobody looks"),
                ],
                "a posting is never best effort: take the words away",
            )
        });
    }
    if call.kind == CallKind::Posting && !call.keyed {
        return Some((
            vec![
                format!("{name} leaves; no answer"),
                format!("it leaves again; {party} cannot tell that it is the same"),
            ],
            "name its key:  once exchange.serial",
        ));
    }
    if !call.limited {
        return Some((
            vec![format!("{name} leaves; no answer, ever")],
            "set a time limit at the link:  timeout answer 60s",
        ));
    }
    match call.ways.last() {
        Some(Way::Park) => {}
        // Given up: nobody has to see to it that it holds.
        Some(Way::Refuse(_)) if call.kind == CallKind::Notice => {}
        None => {
            return Some((
                vec![
                    format!("{name} leaves; no answer in time"),
                    "nothing is said of what to do then".into(),
                ],
                "write a way out:  unknown enquire with … , then park",
            ));
        }
        Some(_) => {
            return Some((
                vec![
                    format!("{name} leaves; no answer in time"),
                    "the last way out brings no answer either".into(),
                    "nothing further is said: the flow hangs".into(),
                ],
                "end the way out with  , then park",
            ));
        }
    }
    if call.kind != CallKind::Notice && call.ways.iter().any(|way| matches!(way, Way::Refuse(_))) {
        return Some((
            vec![
                format!("{name} leaves; no answer in time"),
                format!("it is taken for refused; {party} holds it"),
            ],
            "only a query or a notice may end in  refuse",
        ));
    }
    let reverses = call.ways.iter().any(|way| matches!(way, Way::Reverse));
    match &call.back {
        Some(back) if reverses && !back.names_original => Some((
            vec![
                format!("{name} leaves; no answer in time; it never reached {party}"),
                "the refund leaves: it acts whether or not the original holds".into(),
                format!("{party} pays back what it never got; told REFUSED"),
            ],
            "a refund is no way out of unknown: enquire, or reverse by a call that names the original",
        )),
        None if reverses => Some((
            vec![
                format!("{name} leaves; no answer in time; {party} holds it"),
                format!("it is to be reversed, and {party} has no reversal: nothing can leave"),
                "its flow never learns what became of it".into(),
            ],
            "take  undo with …  out of the way out, or declare the call that  undoes  it",
        )),
        _ => None,
    }
}

/// A flow that the asker may cancel and that has a leg without a way back must say so.
fn cancellation(program: &FlowProgram) -> Result<(), Box<Story>> {
    if !program.cancellable || program.cancel_refused_after.is_some() {
        return Ok(());
    }
    for id in program.step_ids() {
        let Some(step) = program.step(id) else { continue };
        let posts = |call: &CallId| program.call(*call).is_some_and(|call| call.kind == CallKind::Posting);
        let back = |call: &CallId| program.call(*call).is_some_and(|call| call.back.is_some());
        let undone = match step.undo {
            Undo::Provider => step.calls.iter().all(back),
            Undo::By(_) => true,
            Undo::Keep | Undo::Nothing => step.undo_of.is_some(),
        };
        if step.calls.iter().any(posts) && !undone && !step.best_effort {
            let lines = [
                format!("{} holds", step.name),
                "the asker cancels".into(),
                "told CANCELLED; it still holds".into(),
            ];
            let help = "write  cancel refused after STEP , or give the step an undo";
            return Err(story(program, Property::OneSided(id), id, &lines, help));
        }
    }
    Ok(())
}

/// Code goes forward only, so every path ends.
fn forward_only(program: &FlowProgram) -> Result<(), Box<Story>> {
    for (at, node) in program.nodes.iter().enumerate() {
        let to = match node {
            Node::Branch { otherwise, .. } | Node::Passed { otherwise, .. } => *otherwise,
            Node::Jump(to) => *to,
            _ => continue,
        };
        if usize::from(to.0) <= at {
            let lines = ["the flow goes back to where it was, again and again".to_owned()];
            return Err(story(
                program,
                Property::Hangs,
                StepId(u16::MAX),
                &lines,
                "a flow only goes forward",
            ));
        }
    }
    Ok(())
}

fn story(
    program: &FlowProgram,
    property: Property,
    step: StepId,
    lines: &[String],
    help: &str,
) -> Box<Story> {
    Box::new(Story {
        flow: program.name.clone(),
        property,
        step: program.step(step).map(|step| step.name.clone()),
        lines: lines.to_vec(),
        help: help.to_owned(),
    })
}
