//! What stands around a message that is made up: settings, keys of every kind, a member, facts.
//!
//! In: an adapter. Out: a [`Standing`] for all its messages, and [`Around`] for one of them, from which as many equal
//! scenes are made as a trip needs. Keys are test keys that everybody knows.

use super::values::{NOW, Values, of_type};
use crate::fields::to_json;
use crate::party::form;
use crate::scene::{Adapter, Facts, Scene, Standing, no_facts};
use adapters::keys::{KeyText, MemoryKeys, import};
use adapters::seal::{KeyKind, PreparedKey};
use adapters::value::{Record, Surroundings};
use dsl::evaluate::Value;
use dsl::model::{Fact, Key, Load, Space};
use dsl::program::WireForm;
use dsl::value::{Outcome, ShapeId, Size, Type};
use link::world::Random;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The member of parties that have some.
const MEMBER: &str = "1001";
const TEST_RSA: &str = include_str!("test_rsa.pem");
/// A pair with its certificate, which holds for a long time. Short, as thousands of envelopes are signed with it by way of trial.
const TEST_CERTIFICATE: &str = include_str!("test_certificate.pem");
/// What a signature under it is long depends on the key.
const TEST_RSA_1024: &str = include_str!("test_rsa_1024.pem");

/// The same octets again and again, so that ciphers of chance give the same twice.
struct Always;

impl Random for Always {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        into.fill(7);
        Ok(())
    }
}

/// Most choices of a setting that are tried.
const CHOICES: usize = 4;

/// What stands around all messages of an adapter: one for each choice of its settings, since a key that is given by its
/// length fits some algorithms alone.
pub(super) fn standings(adapter: &Adapter, values: &Values) -> Vec<Arc<Standing>> {
    let names = adapter.module.settings.iter().map(|setting| match &setting.ty {
        Type::Names(names) => names.len(),
        _ => 1,
    });
    let choices = names.max().unwrap_or(1).clamp(1, CHOICES);
    (0..choices).map(|choice| standing(adapter, values, choice)).collect()
}

/// Settings by their narrowest field, keys by their kind, one member.
fn standing(adapter: &Adapter, values: &Values, choice: usize) -> Arc<Standing> {
    let mut standing = Standing::new(adapter, Arc::new(Always));
    let module = &adapter.module;
    let narrow = narrowest_settings(adapter);
    for (slot, setting) in module.settings.iter().enumerate() {
        let by_wire = narrow.get(&slot).and_then(|wire| values.of(*wire).first().cloned());
        let name = match &setting.ty {
            Type::Names(names) => names.get(choice % names.len().max(1)).map(|name| Value::Name(*name)),
            _ => None,
        };
        let value = name.or(by_wire).unwrap_or_else(|| of_type(&setting.ty));
        if let Some(place) = standing.settings.get_mut(slot) {
            *place = value;
        }
    }
    let mut keys = MemoryKeys::new();
    for key in &module.keys {
        if let Some(made) = test_key(key) {
            let _ = keys.put(&key.name, made);
        }
    }
    standing.keys = Arc::new(keys);
    if module.member.is_some() {
        let name = narrow.get(&usize::MAX).and_then(|wire| values.of(*wire).first().cloned());
        let name = match name {
            Some(Value::Text(name)) => name.into_owned(),
            _ => MEMBER.to_owned(),
        };
        let own: BTreeMap<String, String> =
            module.keys.iter().map(|key| (key.name.to_string(), key.name.to_string())).collect();
        let member =
            crate::scene::Member { name: name.clone(), settings: standing.settings.clone(), keys: own };
        standing.members.insert(name, Arc::new(member));
    }
    Arc::new(standing)
}

/// The narrowest wire form that a setting has; under `usize::MAX` that of the member's name.
fn narrowest_settings(adapter: &Adapter) -> BTreeMap<usize, u32> {
    let program = &adapter.module.program;
    let mut narrow: BTreeMap<usize, u32> = BTreeMap::new();
    for message in &program.messages {
        for (slot, expression) in form::given(message) {
            let Some(load) = form::alone(&program.expressions, expression) else { continue };
            let place = match (load.space, load.slot) {
                (Space::Setting, slot) => usize::from(slot),
                (Space::Member, 0) => usize::MAX,
                (Space::Member, slot) => usize::from(slot) - 1,
                _ => continue,
            };
            let fields = message.fields.iter();
            let mut own = fields.filter(|field| field.level == 0 && field.slot == slot);
            let Some(wire) = own.next().and_then(|field| field.wire) else { continue };
            let known = narrow.get(&place).and_then(|known| program.wires.get(*known as usize));
            let found = program.wires.get(wire as usize);
            if known.is_none_or(|known| found.is_some_and(|found| narrower(found, known))) {
                narrow.insert(place, wire);
            }
        }
    }
    narrow
}

/// Whether a form holds less than another: fewer units, or figures alone.
pub(super) fn narrower(one: &WireForm, other: &WireForm) -> bool {
    let most = |wire: &WireForm| match wire.size {
        Size::Fixed(units) | Size::Range { max: units, .. } => units,
        Size::ByForm => u32::MAX,
    };
    let figures = |wire: &WireForm| !matches!(wire.form, dsl::value::Form::Text);
    (most(one), !figures(one)) < (most(other), !figures(other))
}

fn test_key(key: &Key) -> Option<Arc<PreparedKey>> {
    let kind = KeyKind::ALL.iter().copied().find(|kind| kind.name() == &*key.kind)?;
    let length = |usual: usize| key.size.map_or(usual, |size| size as usize);
    let octets = |length: usize| -> Vec<u8> { (1..).take(length).collect() };
    let made = match kind {
        KeyKind::Rsa => {
            return if key.size == Some(1024) { RSA_1024.clone() } else { RSA.clone() };
        }
        KeyKind::Certificate => import(kind, &KeyText::Pem(TEST_CERTIFICATE), None).ok(),
        KeyKind::Secret => import(kind, &KeyText::Text("test-secret-0123"), None).ok(),
        KeyKind::Des => PreparedKey::symmetric(kind, &octets(length(8))).ok(),
        KeyKind::Tdes | KeyKind::Aes | KeyKind::Sm4 => PreparedKey::symmetric(kind, &octets(length(16))).ok(),
        _ => PreparedKey::generate(kind, length(16), &mut |octets| octets.fill(7)).ok(),
    };
    made.map(Arc::new)
}

/// Made ready once for all adapters: to look whether a key holds takes as long as several signatures.
static RSA: LazyLock<Option<Arc<PreparedKey>>> = LazyLock::new(|| rsa(TEST_RSA));
static RSA_1024: LazyLock<Option<Arc<PreparedKey>>> = LazyLock::new(|| rsa(TEST_RSA_1024));

fn rsa(pem: &str) -> Option<Arc<PreparedKey>> {
    import(KeyKind::Rsa, &KeyText::Pem(pem), None).ok().map(Arc::new)
}

/// What one message lies in.
pub(super) struct Around {
    adapter: Adapter,
    standing: Arc<Standing>,
    pub(super) facts: Facts,
    pub(super) original_facts: Facts,
    pub(super) session: Vec<Value<'static>>,
    pub(super) outcome: Option<Outcome>,
    pub(super) original_outcome: Option<Outcome>,
    pub(super) page: (u32, u32, u32, bool),
    pub(super) request: Option<Arc<Record>>,
    pub(super) original_request: Option<Record>,
    /// Values of business records, and the shapes of those.
    business: Vec<(Load, Value<'static>)>,
    pub(super) shapes: Vec<(Space, ShapeId)>,
}

impl Around {
    pub(super) fn new(adapter: &Adapter, standing: &Arc<Standing>) -> Self {
        let sessions = adapter.module.sessions.iter();
        let values = sessions.flat_map(|session| &session.session.values);
        Around {
            adapter: adapter.clone(),
            standing: standing.clone(),
            facts: usual_facts(),
            original_facts: usual_facts(),
            session: values.map(|value| session_value(&value.ty)).collect(),
            outcome: None,
            original_outcome: Some(Outcome::Done(None)),
            page: (0, 10, 1, false),
            request: None,
            original_request: None,
            business: Vec::new(),
            shapes: Vec::new(),
        }
    }

    /// Gives the fact, session value or other thing that a reference means.
    pub(super) fn give(&mut self, load: &Load, value: &Value<'static>) -> bool {
        let slot = usize::from(load.slot);
        let place = match load.space {
            Space::Exchange => self.facts.get_mut(slot),
            Space::Original => self.original_facts.get_mut(slot),
            Space::Session => self.session.get_mut(slot),
            Space::Outcome | Space::OriginalOutcome => {
                let Value::Outcome(outcome) = value else { return false };
                let place =
                    if load.space == Space::Outcome { &mut self.outcome } else { &mut self.original_outcome };
                *place = Some(*outcome);
                return true;
            }
            Space::Page => {
                match (slot, value) {
                    (0..=2, Value::Number(number)) => {
                        let number = u32::try_from(*number).unwrap_or(0);
                        let (first, rows, page) = (&mut self.page.0, &mut self.page.1, &mut self.page.2);
                        *[first, rows, page][slot] = number;
                    }
                    (_, Value::Flag(more)) => self.page.3 = *more,
                    _ => return false,
                }
                return true;
            }
            Space::Ask | Space::Answer | Space::OriginalAsk | Space::OriginalAnswer if load.level == 0 => {
                self.business.push((*load, value.clone()));
                return true;
            }
            _ => return false,
        };
        if let Some(place) = place {
            *place = value.clone();
        }
        true
    }

    /// What is known, by name, for who judges from outside.
    pub(super) fn given(&self) -> Map<String, Json> {
        let (module, symbols) = (&self.adapter.module, &self.adapter.symbols);
        let shown = |value: &Value<'_>, ty: &Type| to_json(value, ty, symbols);
        let settings = module.settings.iter().zip(&self.standing.settings);
        let settings: Map<String, Json> = settings
            .filter_map(|(setting, value)| Some((setting.name.to_string(), shown(value, &setting.ty)?)))
            .collect();
        let key = |key: &Key| {
            let known = self.standing.keys.key(&key.name).ok()?;
            let said = match known.symmetric_bytes() {
                Some(octets) => octets.iter().map(|octet| format!("{octet:02X}")).collect(),
                None => known.public_half_pem()?,
            };
            Some((key.name.to_string(), Json::String(said)))
        };
        let values = module.sessions.iter().flat_map(|session| &session.session.values).zip(&self.session);
        let session: Map<String, Json> = values
            .filter_map(|(kept, value)| Some((kept.name.to_string(), shown(value, &kept.ty)?)))
            .collect();
        let keys: Map<String, Json> = module.keys.iter().filter_map(key).collect();
        let member = self.standing.members.keys().next().cloned();
        [
            ("setting", Some(Json::Object(settings))),
            ("key", Some(Json::Object(keys))),
            ("session", Some(Json::Object(session))),
            ("member", member.map(Json::String)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    /// A scene in which nothing of the message itself is known but what was given.
    pub(super) fn scene(&self) -> Scene {
        let mut scene = Scene::new(self.adapter.clone(), self.standing.clone(), NOW);
        scene.member = self.standing.members.values().next().cloned();
        scene.facts = self.facts.clone();
        scene.original_facts = self.original_facts.clone();
        scene.session.clone_from(&self.session);
        scene.outcome = self.outcome;
        scene.original.outcome = self.original_outcome;
        scene.original.request.clone_from(&self.original_request);
        scene.page = self.page;
        scene.request.clone_from(&self.request);
        for (space, shape) in &self.shapes {
            scene.begin_business(*space, *shape);
        }
        for (load, value) in &self.business {
            // What a record does not hold is missed where it is asked for.
            let _ = scene.set(load, value);
        }
        scene
    }
}

fn session_value(ty: &Type) -> Value<'static> {
    match ty {
        Type::Bytes { max } => {
            Value::bytes((1..).take(usize::try_from(*max).unwrap_or(16).min(24)).collect::<Vec<u8>>())
        }
        other => of_type(other),
    }
}

fn usual_facts() -> Facts {
    let mut facts = no_facts();
    for (fact, _) in Fact::WORDS {
        let value = match fact {
            Fact::Date | Fact::BusinessDate | Fact::AnswerDate => Value::Date(NOW.date()),
            Fact::Time | Fact::AnswerTime => Value::Time(NOW.time()),
            Fact::Moment | Fact::AnswerMoment | Fact::MessageMoment => Value::DateTime(NOW),
            Fact::Attempt | Fact::MessageNumber => Value::Number(1),
            Fact::Channel | Fact::Cause | Fact::MessageAgain | Fact::MessageFirst => Value::Absent,
            Fact::Branch => Value::text("0101"),
            Fact::Teller => Value::text("T001"),
            _ => Value::text("000000000101"),
        };
        if let Some(place) = facts.get_mut(fact as usize) {
            *place = value;
        }
    }
    facts
}
