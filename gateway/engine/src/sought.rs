//! Earlier exchanges found by what stood in them: the look-ups under which each is kept, and the search.
//!
//! In: values of an ask, of a request's kept fields, of facts. Out: names and digests for the journal, and the exchange
//! that a call speaks of where nobody has it at hand. It must not know who asks.

use crate::driver::ask_digest;
use crate::driver::recover::prepared as prepared_of;
use crate::engine::Engine;
use crate::exchange::{Asking, as_call, empty, original_calls};
use crate::facts::{Body, Facts, Tagged};
use crate::message::{self, Refusal};
use crate::packet::Packet;
use crate::scene::{Past, Scene};
use crate::version::{CallRef, Version};
use adapters::value::{Record, decode_record};
use dsl::evaluate::Value;
use dsl::model::{Fact, Load, Space};
use dsl::program::{CallProgram, Compiled, ModuleProgram};
use dsl::value::Outcome;
use std::collections::HashMap;
use std::sync::Arc;
use store::{FlowId, FoundBy, OperationRow, OperationState};

/// Exchanges with the same values that are looked at: the newest that was not refused counts.
const LOOKED_AT: usize = 20;

/// A value by which an exchange is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sought {
    /// A field of its ask.
    Ask(u16),
    /// A field of its request, by path: calls that are spoken of together have it at different slots.
    Request(Box<str>),
    /// A fact of it.
    Fact(u16),
}

impl Sought {
    /// What a reference to an original seeks.
    pub(crate) fn of(module: &ModuleProgram, load: &Load) -> Option<Self> {
        match load.space {
            Space::OriginalAsk => Some(Self::Ask(load.slot)),
            Space::Original => Some(Self::Fact(load.slot)),
            Space::OriginalRequest => {
                let call = module.calls.get(usize::from(load.call))?;
                let message = module.program.messages.get(usize::from(call.call.request.0))?;
                let field =
                    message.fields.iter().find(|field| field.level == 0 && field.slot == load.slot)?;
                Some(Self::Request(field.path.clone()))
            }
            _ => None,
        }
    }

    fn name(&self, version: &Version, call: &CallProgram) -> Option<String> {
        Some(match self {
            Self::Ask(slot) => {
                let shape = version.compiled.shapes.get(call.call.ask?.0 as usize)?;
                shape.fields.get(usize::from(*slot))?.name.to_string()
            }
            Self::Request(path) => format!("request.{path}"),
            Self::Fact(slot) => format!("exchange.{}", Fact::WORDS.get(usize::from(*slot))?.1),
        })
    }
}

/// The exchange that an operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Its flow.
    pub flow: FlowId,
    /// Its path of names in the flow.
    pub name: String,
}

impl Spoken {
    /// As the journal keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&self.flow.0.to_be_bytes()[..], self.name.as_bytes()].concat()
    }

    /// As the journal kept it.
    #[must_use]
    pub fn decode(octets: &[u8]) -> Option<Self> {
        let (flow, name) = octets.split_first_chunk()?;
        Some(Self { flow: FlowId(u64::from_be_bytes(*flow)), name: String::from_utf8(name.to_vec()).ok()? })
    }
}

/// For each call, the values by which others find its exchanges (decisions D17).
pub(crate) fn look_ups(compiled: &Compiled) -> HashMap<CallRef, Vec<Vec<Sought>>> {
    let mut found: HashMap<CallRef, Vec<Vec<Sought>>> = HashMap::new();
    for (module, program) in compiled.modules.iter().enumerate() {
        for call in &program.calls {
            let mut sought = sought_by(program, call);
            sought.sort_unstable();
            sought.dedup();
            if sought.is_empty() {
                continue;
            }
            for target in original_calls(call) {
                let sets = found.entry(CallRef { module, call: target }).or_default();
                if !sets.contains(&sought) {
                    sets.push(sought.clone());
                }
            }
        }
    }
    found
}

/// What a call tells of the original that it seeks: by its rule, and, of what is asked of us, by the fields that repeat it.
fn sought_by(program: &ModuleProgram, call: &CallProgram) -> Vec<Sought> {
    let message = program.program.messages.get(usize::from(call.call.request.0));
    let learned = message.filter(|_| !call.call.ours).map_or(&[][..], |message| &message.learned);
    let repeated = learned.iter().map(|learned| &learned.to).filter(|to| to.space == Space::OriginalAsk);
    let ruled = call.original.iter().flat_map(|rule| rule.by.iter().map(|(load, _)| load));
    repeated.chain(ruled).filter_map(|load| Sought::of(program, load)).collect()
}

/// The look-up of an exchange of a call by some of its values; none if one of them is missing.
pub(crate) fn found_by(
    version: &Version,
    call: CallRef,
    member: Option<&str>,
    values: &[(Sought, Value<'static>)],
) -> Option<FoundBy> {
    if values.is_empty() {
        return None;
    }
    let program = version.call(call)?;
    let mut parts: Vec<(String, String)> = Vec::new();
    for (sought, value) in values {
        let part = (sought.name(version, program)?, crate::facts::plain(value, version.symbols()));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.sort();
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let name = format!("{}.{}: {}", version.module(call.module)?.name, program.call.name, names.join(" "));
    let texts = parts.iter().map(|(_, text)| text.trim_end().as_bytes());
    let octets: Vec<&[u8]> = std::iter::once(member.unwrap_or_default().as_bytes()).chain(texts).collect();
    Some(FoundBy { name, hash: ask_digest(&octets) })
}

/// The look-ups under which an exchange of a call can be found later.
pub(crate) fn kept_under(
    version: &Version,
    call: CallRef,
    member: Option<&str>,
    (ask, kept, facts): (Option<&Record>, &Tagged, &Facts),
) -> Vec<FoundBy> {
    let of_set = |set: &Vec<Sought>| {
        let values: Option<Vec<(Sought, Value<'static>)>> = set
            .iter()
            .map(|sought| {
                let value = match sought {
                    Sought::Ask(slot) => ask?.value(usize::from(*slot)).ok()?.into_owned(),
                    Sought::Request(path) => crate::facts::untag(kept.get(&**path)?, version.symbols())?,
                    Sought::Fact(slot) => facts.slot(*slot).into_owned(),
                };
                Some((sought.clone(), value))
            })
            .collect();
        found_by(version, call, member, &values?)
    };
    version.look_ups(call).iter().filter_map(of_set).collect()
}

/// The values that a call's own rule seeks; none if one of them is missing, or there is no rule.
pub(crate) fn ruled(scene: &Scene, call: CallRef) -> Option<Vec<(Sought, Value<'static>)>> {
    let module = scene.version.module(call.module)?;
    let rule = scene.version.call(call)?.original.as_ref()?;
    let of_pair = |(load, value): &(Load, u32)| {
        let value = message::value(scene, *value).ok().filter(Value::is_present)?;
        Some((Sought::of(module, load)?, value.into_owned()))
    };
    rule.by.iter().map(of_pair).collect()
}

impl Engine {
    /// The exchange that an ask of ours speaks of, where nobody has it at hand: that of an earlier copy, else by the rule.
    pub(crate) async fn earlier(self: &Arc<Self>, asking: &mut Asking, scene: &Scene) -> Result<(), Refusal> {
        let version = Arc::clone(&asking.version);
        let Some(program) = version.call(asking.call) else { return Ok(()) };
        let Some(rule) = program.original.as_ref().filter(|_| asking.original.is_none()) else {
            return Ok(());
        };
        let never = || Refusal::of(version.text(rule.refuse));
        let spoken = original_calls(program).first().copied().ok_or_else(never)?;
        let row = match asking.spoken.clone() {
            Some(spoken) => self.operation_of(spoken).await?,
            None => self.operation_by_rule(scene, asking.call).await?,
        };
        let row = row.ok_or_else(never)?;
        asking.spoken = Some(Spoken { flow: row.flow, name: row.name.clone() });
        let spoken = CallRef { module: asking.call.module, call: spoken };
        asking.original = Some(Arc::new(self.past_of_operation(&version, spoken, &row).ok_or_else(never)?));
        Ok(())
    }

    async fn operation_of(&self, spoken: Spoken) -> Result<Option<OperationRow>, Refusal> {
        let rows = self.journal.read(move |reader| reader.operations(spoken.flow)).await;
        let rows = rows.map_err(|fatal| self.unread_journal(&fatal))?;
        Ok(rows.into_iter().find(|row| row.name == spoken.name))
    }

    /// The newest exchange that the rule of a call finds; one that was refused only where there is no other.
    pub(crate) async fn operation_by_rule(
        &self,
        scene: &Scene,
        call: CallRef,
    ) -> Result<Option<OperationRow>, Refusal> {
        let Some(values) = ruled(scene, call) else { return Ok(None) };
        let Some(program) = scene.version.call(call) else { return Ok(None) };
        let member = scene.member.as_ref().map(|member| &*member.name);
        let mut refused = None;
        for target in original_calls(program) {
            let target = CallRef { module: call.module, call: target };
            let Some(found) = found_by(&scene.version, target, member, &values) else { continue };
            let rows =
                self.journal.read(move |reader| reader.found_by(&found.name, &found.hash, LOOKED_AT)).await;
            for row in rows.map_err(|fatal| self.unread_journal(&fatal))? {
                if row.state != OperationState::Refused {
                    return Ok(Some(row));
                }
                refused.get_or_insert(row);
            }
        }
        Ok(refused)
    }

    fn unread_journal(&self, fatal: &store::Fatal) -> Refusal {
        self.fail(fatal);
        Refusal::of("busy")
    }

    /// An operation of the journal as the original that another call speaks of; `spoken`: whose slots that call uses.
    fn past_of_operation(
        self: &Arc<Self>,
        version: &Arc<Version>,
        spoken: CallRef,
        row: &OperationRow,
    ) -> Option<Past> {
        let prepared = prepared_of(version, row)?;
        let program = version.call(spoken)?;
        let body = row.answered.as_deref().and_then(Body::decode).unwrap_or_default();
        let facts = match body.get("facts") {
            Some(_) => Facts::of_tagged(&body.tagged("facts"), version.symbols()),
            None => prepared.asking.facts.clone(),
        };
        let answer = program.call.answer.map(|shape| {
            let told = body.get("answer");
            let shapes = &version.compiled.shapes;
            let told = told.and_then(|told| decode_record(told, shapes, shape, version.symbols()).ok());
            told.unwrap_or_else(|| empty(version, shape))
        });
        Some(Past {
            call: Some(spoken.call),
            facts,
            request: as_call(version, &prepared, spoken.call),
            reply: self.reply_of(version, prepared.asking.call, row),
            ask: prepared.asking.ask.as_deref().cloned(),
            answer,
            outcome: Some(outcome_of(version, row.state)),
            text: body.get("text").map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default(),
            raw: prepared.raw(&self.spool),
            long: Vec::new(),
            ends: Vec::new(),
        })
    }

    /// The fields of the reply that an operation ended by.
    fn reply_of(&self, version: &Arc<Version>, call: CallRef, row: &OperationRow) -> Option<Record> {
        let packet = Packet::decode(row.reply.as_deref()?)?;
        let replies = &version.call(call)?.call.replies;
        replies.iter().find_map(|reply| {
            let mut scene = self.scene(version, call.module);
            message::reread(&mut scene, *reply, &packet)
        })
    }
}

fn outcome_of(version: &Version, state: OperationState) -> Outcome {
    match state {
        OperationState::Done => Outcome::Done(None),
        OperationState::Refused => Outcome::Refused(None),
        OperationState::Undone => Outcome::Refused(version.symbols().find("reversed")),
        OperationState::Intent
        | OperationState::Unknown
        | OperationState::Reversing
        | OperationState::Undoing
        | OperationState::Parked
        | OperationState::Held => Outcome::Unknown,
    }
}
