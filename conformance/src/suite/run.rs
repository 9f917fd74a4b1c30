//! Running a suite's cases against an address.

use super::{Case, Damage, Expect, PartyDo, Plays, Step, Suite};
use crate::fields::at;
use crate::party::{
    Line, Loaded, Party, PartyConfig, PartyError, PartyTls, Way, civil, compose_request, standing,
};
use crate::report::{CaseResult, Difference, Packet, Report, StepResult};
use crate::scene::{Adapter, Parts, Past, Scene, Standing, evaluate_here, read, read_unjudged};
use crate::world::FaultPlan;
use adapters::value::Record;
use dsl::evaluate::Value as Typed;
use dsl::model::{CallId, Fact};
use dsl::program::{CallProgram, MessageProgram};
use dsl::value::Outcome;
use link::Core;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The usual limit for an answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What a runner needs beside its suite: settings, keys, members, sessions and the addresses of links.
pub type RunnerConfig = PartyConfig;

/// Runs suites.
pub struct Runner<'a> {
    core: Core,
    loaded: &'a Loaded,
    adapter: Adapter,
    config: &'a RunnerConfig,
    tls: PartyTls,
    standing: Arc<Standing>,
    party: Option<&'a Party>,
    session: Vec<Typed<'static>>,
    number: u64,
    /// Last requests by call: octets, for repeats.
    sent: BTreeMap<String, Asked>,
    kept: BTreeMap<String, Value>,
}

/// A request that left.
#[derive(Clone)]
struct Asked {
    parts: Parts,
    record: Record,
    facts: crate::scene::Facts,
    member: Option<Arc<crate::scene::Member>>,
    tree: Map<String, Value>,
}

/// What came back.
enum Came {
    /// An answer.
    Answer(Parts),
    /// Nothing within the limit.
    Silence,
    /// The connection ended.
    Closed,
}

impl<'a> Runner<'a> {
    /// A runner that plays one side of a party. With a simulated party on the other side its faults and acts can be
    /// asked for; without, steps that do so fail.
    ///
    /// # Errors
    /// A configuration that does not fit the adapter.
    pub fn new(
        core: &Core,
        loaded: &'a Loaded,
        plays: Plays,
        config: &'a RunnerConfig,
        tls: &PartyTls,
        party: Option<&'a Party>,
    ) -> Result<Self, PartyError> {
        let adapter = match plays {
            Plays::Bank => loaded.bank.clone(),
            Plays::Party => loaded.party.clone(),
        };
        let standing = Arc::new(standing(&adapter, config, Arc::clone(&core.world().random))?);
        let mut runner = Runner {
            core: core.clone(),
            loaded,
            adapter,
            config,
            tls: tls.clone(),
            standing,
            party,
            session: Vec::new(),
            number: 0,
            sent: BTreeMap::new(),
            kept: BTreeMap::new(),
        };
        let mut scene = runner.scene();
        for (name, value) in config.sessions.values().flatten() {
            scene.set_session(name, &Value::String(value.clone()))?;
        }
        runner.session = scene.session;
        Ok(runner)
    }

    fn scene(&mut self) -> Scene {
        let seconds = self.core.world().clock.now().micros().div_euclid(1_000_000);
        let now = civil(seconds, self.config.zone_minutes.unwrap_or(480));
        let mut scene = Scene::new(self.adapter.clone(), Arc::clone(&self.standing), now);
        self.number += 1;
        // Serials of two runs against one party must not meet.
        let seconds = u64::try_from(seconds).unwrap_or(0) % 1_000_000;
        scene.counter.set(seconds * 1_000_000 + self.number);
        if self.session.len() == scene.session.len() {
            scene.session.clone_from(&self.session);
        }
        scene
    }

    /// Runs all cases of a suite.
    pub async fn run(&mut self, suite: &Suite) -> Report {
        let mut cases = Vec::new();
        for case in &suite.cases {
            cases.push(self.case(suite, case).await);
        }
        Report {
            party: suite.party.clone(),
            title: suite.title.clone(),
            adapter_hash: self.loaded.hash.to_string(),
            cases,
        }
    }

    async fn case(&mut self, suite: &Suite, case: &Case) -> CaseResult {
        let mut result =
            CaseResult { name: case.name.clone(), point: case.point, passed: true, steps: Vec::new() };
        self.kept.clear();
        let mut line: BTreeMap<String, Line> = BTreeMap::new();
        for step in &case.steps {
            let done = match &step.party {
                Some(what) => self.party_does(what).await,
                None => self.step(suite, step, &mut line).await,
            };
            let step = done.unwrap_or_else(StepResult::not_run);
            result.passed &= step.difference.is_none();
            let passed = step.difference.is_none();
            result.steps.push(step);
            if !passed {
                break;
            }
        }
        result
    }

    async fn party_does(&self, what: &PartyDo) -> Result<StepResult, String> {
        let party = self.party.ok_or("no simulated party is at hand for this step")?;
        let mut told = Vec::new();
        if let Some(rules) = &what.faults {
            party.set_faults(FaultPlan::new(1, rules.clone()));
            told.push(format!("{} faults", rules.len()));
        }
        if let Some(how) = &what.sessions {
            party.end_sessions(how == "forget");
            told.push(format!("sessions: {how}"));
        }
        if let Some(act) = &what.act {
            party.act(act).await.map_err(|error| error.to_string())?;
            told.push(format!("act {act}"));
        }
        Ok(StepResult { what: told.join(", "), ..StepResult::default() })
    }

    /// The core that it runs on.
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Runs one step on a connection of its own.
    pub(crate) async fn once(&mut self, suite: &Suite, step: &Step) -> Result<StepResult, String> {
        self.step(suite, step, &mut BTreeMap::new()).await
    }

    /// The request of a step, with a seal that holds or one that does not.
    pub(crate) fn request(&mut self, suite: &Suite, step: &Step, wrong_seal: bool) -> Result<Parts, String> {
        let (_, call) = self.call(step.send.as_deref().unwrap_or_default())?;
        let damage = wrong_seal.then_some(Damage::WrongSeal);
        let step = Step { damage, ..step.clone() };
        self.ask(suite, &step, &call).map(|asked| asked.parts)
    }

    /// Whether the request of a step bears a seal.
    pub(crate) fn is_sealed(&self, step: &Step) -> Result<bool, String> {
        let (_, call) = self.call(step.send.as_deref().unwrap_or_default())?;
        let expressions = &self.adapter.module.program.expressions;
        let form = self.message(call.call.request.0);
        Ok(form.is_some_and(|form| crate::party::has_seal(form, expressions)))
    }

    /// A new connection of the link of a step's call.
    pub(crate) async fn line(&mut self, step: &Step) -> Result<Line, String> {
        let (_, call) = self.call(step.send.as_deref().unwrap_or_default())?;
        let link = self.adapter.module.links.get(usize::from(call.call.link)).cloned();
        let link = link.ok_or("a link that is not there")?;
        let way = Way::of(&link, &self.scene());
        Line::open(&self.core, &link, self.config, &self.tls, way).await
    }

    /// What an answer to a step's call says: its outcome in words, `bad answer` if it is none, or on HTTP `status` where
    /// the request was turned away.
    pub(crate) fn outcome_of(&mut self, step: &Step, answer: &Parts) -> String {
        let status = String::from_utf8_lossy(answer.get(dsl::program::Part::Status)).into_owned();
        if status.starts_with('4') || status.starts_with('5') {
            return "status".to_owned();
        }
        let Ok((_, call)) = self.call(step.send.as_deref().unwrap_or_default()) else {
            return "bad answer".to_owned();
        };
        let mut said = None;
        for message in &call.call.replies {
            let mut scene = self.scene();
            // What was asked is not known where it was damaged: nothing is compared.
            let Some(heard) = read_unjudged(&mut scene, *message, answer) else { continue };
            said = said.or(heard.outcome.outcome);
        }
        said.map_or_else(|| "bad answer".to_owned(), |outcome| self.words(outcome))
    }

    fn call(&self, name: &str) -> Result<(CallId, CallProgram), String> {
        let calls = &self.adapter.module.calls;
        let found = calls.iter().zip(0..).find(|(call, _)| call.call.ours && *call.call.name == *name);
        let (call, id) = found.ok_or_else(|| {
            let known = calls.iter().filter(|call| call.call.ours).map(|call| &*call.call.name);
            format!("this side begins no call {name}; it begins {}", known.collect::<Vec<_>>().join(", "))
        })?;
        Ok((CallId(id), call.clone()))
    }

    async fn step(
        &mut self,
        suite: &Suite,
        step: &Step,
        lines: &mut BTreeMap<String, Line>,
    ) -> Result<StepResult, String> {
        let name =
            step.send.as_ref().or(step.again.as_ref()).ok_or("a step sends, or does something")?.clone();
        let (id, call) = self.call(&name)?;
        let asked = match &step.again {
            Some(_) => self.sent.get(&name).cloned().ok_or("nothing of this call was sent before")?,
            None => self.ask(suite, step, &call)?,
        };
        self.sent.insert(name.clone(), asked.clone());
        let mut parts = asked.parts.clone();
        damage(&mut parts, step.damage);
        let link = self.adapter.module.links.get(usize::from(call.call.link)).cloned();
        let link = link.ok_or("a link that is not there")?;
        let link_name = link.link.name.to_string();
        let limit = step.limit_ms.map_or(LIMIT, Duration::from_millis);
        let mut line = match lines.remove(&link_name) {
            Some(line) => line,
            None => {
                let way = Way::of(&link, &self.scene());
                Line::open(&self.core, &link, self.config, &self.tls, way).await?
            }
        };
        let until = self.core.mark().after(limit);
        let came = match self.core.within(until, line.exchange(&parts)).await {
            Ok(Ok(answer)) => {
                lines.insert(link_name, line);
                Came::Answer(answer)
            }
            Ok(Err(_)) => Came::Closed,
            Err(_) => Came::Silence,
        };
        let mut result = StepResult {
            what: format!("{name}{}", if step.again.is_some() { " again" } else { "" }),
            sent: Some(Packet::new(&parts, asked.tree.clone())),
            ..StepResult::default()
        };
        self.judge(step, &call, id, &asked, came, &mut result);
        Ok(result)
    }

    fn ask(&mut self, suite: &Suite, step: &Step, call: &CallProgram) -> Result<Asked, String> {
        let mut scene = self.scene();
        let now = scene.now;
        for (fact, value) in [
            (Fact::Date, Typed::Date(now.date())),
            (Fact::Time, Typed::Time(now.time())),
            (Fact::Moment, Typed::DateTime(now)),
            (Fact::MessageMoment, Typed::DateTime(now)),
            (Fact::BusinessDate, Typed::Date(now.date())),
        ] {
            scene.put_fact(fact, value);
        }
        let serial = self.adapter.module.serial.and_then(|serial| evaluate_here(&scene, serial).ok());
        let serial = serial.unwrap_or_else(|| Typed::text(format!("{:012}", scene.counter.get())));
        scene.put_fact(Fact::Serial, serial.clone());
        scene.put_fact(Fact::MessageSerial, serial);
        for (word, value) in suite.facts.iter().chain(&step.facts) {
            scene.set_fact(word, &self.known(value)?).map_err(|error| error.to_string())?;
        }
        let fields = step.fields.iter().map(|(name, value)| Ok((name.clone(), self.known(value)?)));
        let fields = fields.collect::<Result<Map<_, _>, String>>()?;
        let wrong_seal = step.damage == Some(Damage::WrongSeal);
        let inner = self.inner(call.call.request.0);
        let (parts, record) = compose_request(&mut scene, call.call.request, inner, &fields, wrong_seal)?;
        let tree = self.tree(call.call.request.0, &record);
        Ok(Asked { parts, record, facts: scene.facts, member: scene.member, tree })
    }

    fn inner(&self, message: u16) -> &str {
        self.loaded.inner.get(usize::from(message)).map_or("", |path| path)
    }

    fn message(&self, message: u16) -> Option<&MessageProgram> {
        self.adapter.module.program.messages.get(usize::from(message))
    }

    fn tree(&self, message: u16, record: &Record) -> Map<String, Value> {
        let Some(form) = self.message(message) else { return Map::new() };
        let program = &self.adapter.module.program;
        crate::fields::Named { program, message: form, symbols: &self.adapter.symbols }.tree(record)
    }

    /// A value with what was kept in the place of `$x`.
    fn known(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => {
                    self.kept.get(name).cloned().ok_or_else(|| format!("nothing was kept as {name}"))?
                }
                None => value.clone(),
            },
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.known(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| Ok((name.clone(), self.known(value)?)));
                Value::Object(fields.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    fn judge(
        &mut self,
        step: &Step,
        call: &CallProgram,
        id: CallId,
        asked: &Asked,
        came: Came,
        result: &mut StepResult,
    ) {
        let expect = step.expect.clone().unwrap_or_default();
        let wanted = expect.outcome.clone().unwrap_or_else(|| "done".to_owned());
        let answer = match came {
            Came::Answer(answer) => answer,
            Came::Silence => return result.outcome("silence", &wanted),
            Came::Closed => return result.outcome("closed", &wanted),
        };
        let mut faults = Vec::new();
        for message in &call.call.replies {
            let mut scene = self.scene();
            scene.facts.clone_from(&asked.facts);
            scene.member.clone_from(&asked.member);
            scene.request = Some(Arc::new(asked.record.clone()));
            let Some(heard) = read(&mut scene, *message, &answer) else { continue };
            let tree = self.tree(message.0, &heard.record);
            if let Some((fault, report)) = heard.fault {
                faults.push((fault.at, report.to_string(), tree));
                continue;
            }
            let outcome = heard.outcome.outcome.unwrap_or(Outcome::Done(None));
            result.got = Some(Packet::new(&answer, tree.clone()));
            result.outcome(&self.words(outcome), &wanted);
            if result.difference.is_none() {
                result.difference = self.compare(message.0, &expect, &tree, &heard.record);
            }
            self.keep(&expect, asked, &tree, &scene);
            self.open_session(id, heard.record, outcome, &mut scene);
            return;
        }
        let (offset, found, tree) = faults.into_iter().next().unwrap_or_default();
        result.got = Some(Packet::new(&answer, tree));
        result.outcome = "bad answer".to_owned();
        let expected = format!("an answer: {wanted}");
        result.difference = Some(Difference { field: String::new(), offset: Some(offset), expected, found });
    }

    fn words(&self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Done(Some(reason)) => format!("done {}", self.adapter.symbols.text(reason)),
            Outcome::Refused(Some(reason)) => format!("refused {}", self.adapter.symbols.text(reason)),
            other => other.to_string(),
        }
    }

    /// The first expected field that is not so.
    fn compare(
        &self,
        message: u16,
        expect: &Expect,
        tree: &Map<String, Value>,
        record: &Record,
    ) -> Option<Difference> {
        let inner = self.inner(message);
        for (name, wanted) in &expect.fields {
            let wanted = match self.known(wanted) {
                Ok(wanted) => wanted,
                Err(found) => {
                    return Some(Difference {
                        field: name.clone(),
                        offset: None,
                        expected: String::new(),
                        found,
                    });
                }
            };
            let within = if inner.is_empty() { name.clone() } else { format!("{inner}.{name}") };
            let (path, found) = match at(tree, &within) {
                Some(found) => (within, Some(found)),
                None => (name.clone(), at(tree, name)),
            };
            if contains(found.unwrap_or(&Value::Null), &wanted) {
                continue;
            }
            let field = self.message(message)?.fields.iter().find(|field| *field.path == *path);
            let span = field.and_then(|field| record.slot(usize::from(field.slot)).span());
            return Some(Difference {
                field: path,
                offset: span.filter(|span| span.buffer == 1).map(|span| span.start),
                expected: wanted.to_string(),
                found: found.map_or_else(|| "nothing".to_owned(), Value::to_string),
            });
        }
        None
    }

    fn keep(&mut self, expect: &Expect, asked: &Asked, reply: &Map<String, Value>, scene: &Scene) {
        for (name, path) in &expect.keep {
            let found = match path.split_once('.') {
                Some(("reply", path)) => at(reply, path).cloned(),
                Some(("request", path)) => at(&asked.tree, path).cloned(),
                Some(("exchange", word)) => {
                    let fact = Fact::WORDS.iter().find(|(_, known)| *known == word);
                    fact.map(|(fact, _)| Value::String(scene.fact_text(*fact)))
                }
                _ => None,
            };
            if let Some(found) = found {
                self.kept.insert(name.clone(), found);
            }
        }
    }

    /// A sign-in that was done gives the session's values.
    fn open_session(&mut self, call: CallId, reply: Record, outcome: Outcome, scene: &mut Scene) {
        let module = Arc::clone(&self.adapter.module);
        let opens = module.sessions.iter().any(|session| session.session.open == Some(call));
        if !opens || !matches!(outcome, Outcome::Done(_)) {
            return;
        }
        scene.calls.insert(call, Past { reply: Some(reply), ..Past::default() });
        let values = module.sessions.iter().flat_map(|session| &session.values);
        self.session = values.map(|value| evaluate_here(scene, *value).unwrap_or(Typed::Absent)).collect();
    }
}

/// Whether all that is wanted is there; rows of lists one by one.
fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| contains(found.get(name).unwrap_or(&Value::Null), wanted))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| contains(found, wanted))
        }
        (found, wanted) => found == wanted,
    }
}

fn damage(parts: &mut Parts, damage: Option<Damage>) {
    use dsl::program::Part;
    let mut octets = parts.get(Part::Content).to_vec();
    match damage {
        Some(Damage::Truncated) => octets.truncate(octets.len().saturating_sub(7)),
        Some(Damage::Longer) => octets.extend_from_slice(b"0000000"),
        Some(Damage::Garbled) => {
            let middle = octets.len() / 2;
            if let Some(octet) = octets.get_mut(middle) {
                *octet ^= 0x15;
            }
        }
        Some(Damage::WrongSeal) | None => return,
    }
    parts.set(Part::Content, octets);
}
