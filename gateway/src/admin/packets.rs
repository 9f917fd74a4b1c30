//! Packets of an operation, or of the last try of a notice, as fields, read again from the octets that the journal keeps.
//!
//! In: what the journal keeps of an exchange, and the version that its flow stays on. Out: for each packet its message, and its fields
//! with labels; private ones are masked unless the reader may see them, and of octets (documents, images, PIN blocks, keys)
//! only their number and digest is told. What cannot be read any more (keys of a session
//! that has ended) says how far it was read. It must not know any counterparty.

use super::views;
use adapters::keys::{KeyError, KeyStore};
use adapters::seal::PreparedKey;
use conformance::inspect::{Inspected, MessageName, look};
use conformance::scene::{Adapter, Member, Parts, Scene, Standing};
use dsl::evaluate::Value;
use dsl::model::CallId;
use dsl::value::Outcome;
use engine::engine::Engine;
use engine::facts::{Body, Facts};
use engine::packet::Packet;
use engine::version::{CallRef, Version};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use store::OperationRow;

/// What the journal keeps of an exchange.
#[derive(Clone, Copy)]
pub(super) struct Kept<'k> {
    /// The call, by its full name.
    pub(super) call: &'k str,
    /// Facts and member.
    pub(super) asked: Option<&'k [u8]>,
    pub(super) request: Option<&'k [u8]>,
    pub(super) reply: Option<&'k [u8]>,
}

impl<'k> Kept<'k> {
    pub(super) fn of_operation(row: &'k OperationRow) -> Self {
        let (asked, request, reply) = (row.asked.as_deref(), row.request.as_deref(), row.reply.as_deref());
        Self { call: &row.call, asked, request, reply }
    }
}

/// What was asked and what was answered, as far as the journal has it.
pub(super) fn of(engine: &Arc<Engine>, version: &Arc<Version>, kept: Kept<'_>, whole: bool) -> Json {
    let Some(desk) = Desk::of(engine, version, kept) else { return Json::Array(Vec::new()) };
    let mut told = Vec::new();
    let packet = |octets: Option<&[u8]>| octets.and_then(Packet::decode);
    let mut request = None;
    if let Some(packet) = packet(kept.request) {
        let seen = desk.look(&packet, "request", None);
        told.push(desk.shown("request", &packet, seen.as_ref(), whole));
        request = seen;
    }
    if let Some(packet) = packet(kept.reply) {
        let seen = desk.look(&packet, "reply", request.as_ref());
        told.push(desk.shown("reply", &packet, seen.as_ref(), whole));
    }
    Json::Array(told)
}

/// What an operation's packets are read with.
struct Desk {
    adapter: Adapter,
    standing: Arc<Standing>,
    call: CallId,
    name: String,
    member: Option<String>,
    facts: Facts,
    session: Option<engine::scene::SessionValues>,
    now: dsl::value::DateTime,
}

impl Desk {
    fn of(engine: &Arc<Engine>, version: &Arc<Version>, kept: Kept<'_>) -> Option<Self> {
        let reference: CallRef = version.call_named(kept.call)?;
        let module = version.compiled.modules.get(reference.module)?;
        let party = version.parties.get(reference.module)?;
        let name = module.calls.get(usize::from(reference.call.0))?.call.name.to_string();
        let asked = kept.asked.and_then(Body::decode).unwrap_or_default();
        let member = asked.get("member").map(|name| String::from_utf8_lossy(name).into_owned());
        let adapter = Adapter {
            symbols: Arc::new(version.compiled.symbols.clone()),
            shapes: Arc::clone(&version.compiled.shapes),
            module: Arc::clone(module),
        };
        let named = |keys: &[Option<String>]| -> BTreeMap<String, String> {
            let names = module.keys.iter().map(|key| key.name.to_string()).zip(keys);
            names.filter_map(|(own, stored)| Some((own, stored.clone()?))).collect()
        };
        let members = party.members.iter().map(|(name, member)| {
            let (settings, keys) = (member.settings.clone(), named(&member.keys));
            (name.clone(), Arc::new(Member { name: name.clone(), settings, keys }))
        });
        let standing = Standing {
            settings: party.settings.clone(),
            members: members.collect(),
            keys: Arc::new(NamedKeys { names: named(&party.keys), keys: Arc::clone(&engine.keys) }),
            random: Arc::clone(&engine.core.world().random),
        };
        let facts = Facts::of_tagged(&asked.tagged("facts"), version.symbols());
        let whose = member.as_ref().and_then(|name| party.members.get(name));
        let session = engine.session_cell(version, reference.module, whose.map(|member| &**member)).values();
        let (standing, now) = (Arc::new(standing), engine.now());
        Some(Self { adapter, standing, call: reference.call, name, member, facts, session, now })
    }

    fn scene(&self, request: Option<&Inspected>) -> Scene {
        let mut scene = Scene::new(self.adapter.clone(), Arc::clone(&self.standing), self.now);
        for (place, slot) in scene.facts.iter_mut().zip(0_u16..) {
            *place = self.facts.slot(slot).into_owned();
        }
        scene.member = self.member.as_ref().and_then(|name| self.standing.members.get(name)).cloned();
        if let Some(session) = &self.session {
            for (place, value) in scene.session.iter_mut().zip(session.iter()) {
                *place = value.clone();
            }
        }
        scene.request = request.map(|seen| Arc::new(seen.record.clone()));
        scene
    }

    /// The message of the call that the packet fits best.
    fn look(&self, packet: &Packet, word: &str, request: Option<&Inspected>) -> Option<Inspected> {
        let link = self.adapter.module.calls.get(usize::from(self.call.0))?.call.link;
        let mut parts = Parts::default();
        for part in Parts::ALL {
            parts.set(part, packet.part(part).clone());
        }
        let prefix = format!("{}.{word}", self.name);
        let wanted = |name: &MessageName| name.name.starts_with(&prefix);
        let scene = |_: CallId| Ok::<_, Infallible>(self.scene(request));
        let Ok(looked) = look(&self.adapter, usize::from(link), &parts, &wanted, &scene);
        looked.inspected
    }

    fn shown(&self, way: &str, packet: &Packet, seen: Option<&Inspected>, whole: bool) -> Json {
        let octets = packet.content().len();
        let Some(seen) = seen else { return json!({ "way": way, "octets": octets }) };
        let fields = seen.fields.iter().filter(|field| field.value.is_some()).map(|field| {
            let value = match seen.record.value(field.index) {
                Ok(Value::Bytes(octets)) => views::octets(&octets),
                _ if field.private && !whole => {
                    json!(dsl::evaluate::private::masked(None, &field.meaning))
                }
                _ => json!(field.meaning),
            };
            json!({ "path": field.path, "label": field.label, "value": value })
        });
        json!({
            "way": way, "octets": octets, "message": seen.name.name, "fields": fields.collect::<Vec<_>>(),
            "outcome": seen.outcome.outcome.as_ref().map(|outcome| self.word(outcome)),
            "fault": seen.fault.as_ref().map(|(_, report)| report.to_string()),
        })
    }

    fn word(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Done(Some(reason)) | Outcome::Refused(Some(reason)) => {
                format!("{outcome} {}", self.adapter.symbols.text(*reason))
            }
            other => other.to_string(),
        }
    }
}

/// Keys of the store by the names that the adapter has for them; those of members are asked for by the store's names.
struct NamedKeys {
    names: BTreeMap<String, String>,
    keys: Arc<dyn KeyStore>,
}

impl NamedKeys {
    fn stored<'n>(&'n self, name: &'n str) -> &'n str {
        self.names.get(name).map_or(name, String::as_str)
    }
}

impl KeyStore for NamedKeys {
    fn key(&self, name: &str) -> Result<Arc<PreparedKey>, KeyError> {
        self.keys.key(self.stored(name))
    }

    fn keys_for_checking(&self, name: &str, now: i64) -> Result<Vec<Arc<PreparedKey>>, KeyError> {
        self.keys.keys_for_checking(self.stored(name), now)
    }
}
