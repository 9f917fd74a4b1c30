//! Running a suite's cases, one after the other, each step by what it says.

use super::stage::{JournalMark, Stage};
use super::{Case, GatewayDo, PartyDo, Plays, Step, Suite};
use super::{patience, wire};
use crate::party::{Loaded, Party, PartyConfig, PartyError, PartyTls, standing};
use crate::report::{CaseResult, Report, StepResult};
use crate::scene::{Adapter, Standing};
use crate::world::FaultPlan;
use dsl::evaluate::Value as Typed;
use link::Core;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often at most something is looked at that is waited for, roughly.
const LOOKS: u32 = 60;

/// The usual limit for an answer; on a stage, in the world's time.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// The same on a stage, where a party may take long to answer and nobody waits for it really.
pub(super) const STAGE_LIMIT: Duration = Duration::from_secs(30);

/// What a runner needs beside its suite: settings, keys, members, sessions and the addresses of links.
pub type RunnerConfig = PartyConfig;

/// Told each case as it ends.
pub type Told<'t> = &'t (dyn Fn(&CaseResult) + Sync);

/// Who is on the other side, as far as steps can do something to it.
pub(super) enum Other<'a> {
    /// Somebody at an address.
    Nobody,
    /// A simulated party.
    Party(&'a Party),
    /// A gateway with all that is around it.
    Stage(&'a mut dyn Stage),
}

/// Runs suites.
pub struct Runner<'a> {
    pub(crate) core: Core,
    pub(super) loaded: Loaded,
    pub(super) adapter: Adapter,
    pub(super) config: RunnerConfig,
    pub(super) tls: PartyTls,
    pub(super) standing: Arc<Standing>,
    pub(super) plays: Plays,
    pub(super) other: Other<'a>,
    /// Values of sessions by member, where no simulated party keeps them.
    pub(super) sessions: BTreeMap<String, Vec<Typed<'static>>>,
    pub(super) number: u64,
    /// Numbers of sessions, by link.
    pub(super) counted: BTreeMap<usize, crate::numbered::Counted>,
    /// Last requests by call: octets, for repeats.
    pub(super) sent: BTreeMap<String, wire::Asked>,
    /// Last files by call.
    pub(super) put: BTreeMap<String, super::files::Put>,
    /// Names of files that answer nothing any more.
    pub(super) seen_files: BTreeSet<String>,
    pub(super) kept: Map<String, Value>,
    /// Asks that go on, by name.
    pub(super) later: BTreeMap<String, oneshot::Receiver<super::channel::Heard>>,
    pub(super) mark: JournalMark,
    pub(super) metrics: BTreeMap<String, u64>,
    /// Cases that attacks made of themselves.
    pub(super) attacked: Vec<CaseResult>,
}

impl<'a> Runner<'a> {
    /// A runner that plays one side of a party. With a simulated party on the other side its faults and acts can be
    /// asked for; without, cases that do so are skipped.
    ///
    /// # Errors
    /// A configuration that does not fit the adapter.
    pub fn new(
        core: &Core,
        loaded: &Loaded,
        plays: Plays,
        config: &RunnerConfig,
        tls: &PartyTls,
        party: Option<&'a Party>,
    ) -> Result<Self, PartyError> {
        let other = party.map_or(Other::Nobody, Other::Party);
        Self::with(core.clone(), loaded.clone(), plays, config.clone(), tls.clone(), other)
    }

    /// A runner that plays the party `folder` and the channels on a stage.
    ///
    /// # Errors
    /// A party that is not on the stage, or a configuration that does not fit the adapter, in words.
    pub fn on_stage(core: &Core, stage: &'a mut dyn Stage, folder: &str) -> Result<Self, String> {
        let playing = stage.playing(folder)?;
        let (loaded, config, tls) = (playing.loaded, playing.config, playing.tls);
        let other = Other::Stage(stage);
        Self::with(core.clone(), loaded, Plays::Party, config, tls, other).map_err(|error| error.to_string())
    }

    fn with(
        core: Core,
        loaded: Loaded,
        plays: Plays,
        config: RunnerConfig,
        tls: PartyTls,
        other: Other<'a>,
    ) -> Result<Self, PartyError> {
        let adapter = match plays {
            Plays::Bank => loaded.bank.clone(),
            Plays::Party => loaded.party.clone(),
        };
        let standing = Arc::new(standing(&adapter, &config, Arc::clone(&core.world().random))?);
        let mut runner = Runner {
            core,
            loaded,
            adapter,
            config,
            tls,
            standing,
            plays,
            other,
            sessions: BTreeMap::new(),
            number: 0,
            counted: BTreeMap::new(),
            sent: BTreeMap::new(),
            put: BTreeMap::new(),
            seen_files: BTreeSet::new(),
            kept: Map::new(),
            later: BTreeMap::new(),
            mark: JournalMark::default(),
            metrics: BTreeMap::new(),
            attacked: Vec::new(),
        };
        for (member, values) in runner.config.sessions.clone() {
            let mut scene = runner.scene();
            for (name, value) in &values {
                scene.set_session(name, &Value::String(value.clone()))?;
            }
            runner.sessions.insert(member, scene.session);
        }
        Ok(runner)
    }

    /// Runs all cases of a suite; `told` hears of each.
    pub async fn run(&mut self, suite: &Suite, told: Told<'_>) -> Report {
        let mut cases = Vec::new();
        for case in &suite.cases {
            let result = self.case(suite, case).await;
            for mut result in std::iter::once(result).chain(std::mem::take(&mut self.attacked)) {
                suite.title.clone_into(&mut result.suite);
                told(&result);
                cases.push(result);
            }
        }
        Report {
            party: suite.party.clone(),
            title: suite.title.clone(),
            adapter_hash: self.loaded.hash.to_string(),
            cases,
        }
    }

    async fn case(&mut self, suite: &Suite, case: &Case) -> CaseResult {
        let began = Instant::now();
        let mut result = CaseResult::new(&case.name, case.point);
        if let Some(why) = case.steps.iter().find_map(|step| self.cannot(step)) {
            result.skipped = Some(why);
            return result;
        }
        self.kept.clear();
        self.later.clear();
        if let Err(why) = self.begin_case().await {
            result.take(StepResult::not_run(&why));
        }
        let mut lines = wire::Lines::new();
        for step in &case.steps {
            if result.passed {
                let done = self.until(suite, step, &mut lines).await;
                result.take(done.unwrap_or_else(|why| StepResult::not_run(&why)));
            }
        }
        self.end_faults();
        result.millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        result
    }

    /// Why a step cannot be run against who is on the other side; none: it can.
    fn cannot(&self, step: &Step) -> Option<String> {
        // The simulated party's own books can be looked at without a stage.
        let own_books = step.look.as_deref() == Some("party");
        let needs_stage = [&step.ask, &step.enquire, &step.cancel, &step.heard, &step.clock, &step.look];
        let needs_stage = needs_stage.iter().any(|word| word.is_some());
        let needs_stage = !own_books && (needs_stage || step.gateway.is_some() || step.people.is_some());
        match &self.other {
            Other::Stage(_) => None,
            _ if needs_stage => {
                Some("it needs the whole stage: channels, core, the gateway's records".to_owned())
            }
            Other::Party(_) => None,
            Other::Nobody => {
                (own_books || step.party.is_some()).then(|| "it needs a simulated party".to_owned())
            }
        }
    }

    async fn begin_case(&mut self) -> Result<(), String> {
        if let Other::Stage(stage) = &self.other {
            patience::quiet(&**stage).await;
            self.mark = stage.mark()?;
            self.metrics = self.read_metrics().await?;
        }
        Ok(())
    }

    /// A case's faults end with it.
    fn end_faults(&self) {
        match &self.other {
            Other::Nobody => {}
            Other::Party(party) => party.set_faults(FaultPlan::none()),
            Other::Stage(stage) => {
                for party in stage.parties() {
                    party.set_faults(FaultPlan::none());
                }
            }
        }
    }

    /// Does a step; again and again within its span, until it comes out as expected.
    async fn until(
        &mut self,
        suite: &Suite,
        step: &Step,
        lines: &mut wire::Lines,
    ) -> Result<StepResult, String> {
        let Some(span) = &step.within else { return self.step(suite, step, lines).await };
        let span = super::look::span(span).ok_or("`within` is a span such as 90s or 10m")?;
        let until = self.core.mark().after(span);
        // Who waits for hours need not look three times a minute.
        let longest = (span / LOOKS).clamp(Duration::from_secs(20), Duration::from_secs(600));
        let mut pause = Duration::from_secs(1);
        loop {
            let done = self.step(suite, step, lines).await?;
            if done.difference.is_none() || self.core.mark() >= until {
                return Ok(done);
            }
            match &self.other {
                Other::Stage(stage) => {
                    pause = (pause * 2).min(longest);
                    stage.advance(until.since(self.core.mark()).min(pause));
                    patience::quiet(&**stage).await;
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn step(
        &mut self,
        suite: &Suite,
        step: &Step,
        lines: &mut wire::Lines,
    ) -> Result<StepResult, String> {
        if let Some(what) = &step.party {
            return self.party_does(what).await;
        }
        if let Some(what) = &step.gateway {
            return self.gateway_does(what, lines).await;
        }
        if let Some(what) = &step.people {
            return self.people_step(step, what).await;
        }
        if let Some(text) = &step.clock {
            return self.clock_goes(text).await;
        }
        if let Some(what) = &step.look {
            return self.look(what, step).await;
        }
        if let Some(address) = &step.browse {
            return self.browse(address, step).await;
        }
        if step.ask.is_some() || step.enquire.is_some() || step.cancel.is_some() || step.heard.is_some() {
            return self.channel_step(step).await;
        }
        if let Some(call) = &step.attack {
            return self.attack_step(suite, step, call).await;
        }
        self.wire_step(suite, step, lines).await
    }

    /// The simulated party that a step is about; the suite's own if none is named.
    pub(super) fn party(&self, name: Option<&str>) -> Result<&Party, String> {
        match &self.other {
            Other::Nobody => Err("no simulated party is at hand for this step".to_owned()),
            Other::Party(party) => Ok(party),
            Other::Stage(stage) => {
                let name = name.unwrap_or(&self.adapter.module.folder);
                stage.party(name).ok_or_else(|| format!("{name} is not on the stage"))
            }
        }
    }

    async fn party_does(&self, what: &PartyDo) -> Result<StepResult, String> {
        let party = self.party(what.of.as_deref())?;
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
            let with = self.all_known(&what.with)?;
            let acts = party.act_with(act, &with);
            let (sent, done) = match &self.other {
                Other::Stage(stage) => {
                    let acted = patience::patiently(&**stage, &self.core, Duration::from_secs(600), acts);
                    acted.await.ok_or("the act did not end")?
                }
                _ => acts.await,
            }
            .map_err(|error| error.to_string())?;
            told.push(format!("act {act}: {sent} sent, {done} answered as done"));
        }
        Ok(StepResult { what: told.join(", "), ..StepResult::default() })
    }

    async fn gateway_does(
        &mut self,
        what: &GatewayDo,
        lines: &mut wire::Lines,
    ) -> Result<StepResult, String> {
        let Other::Stage(stage) = &mut self.other else { return Err("no gateway is at hand".to_owned()) };
        stage.does(what).await?;
        let playing = stage.playing(&self.adapter.module.folder)?;
        self.config = playing.config;
        lines.clear();
        let word = match what {
            GatewayDo::Stop => "the gateway is stopped",
            GatewayDo::Restart => "the gateway is stopped and started again",
            GatewayDo::Kill => "the gateway is killed and started again",
            GatewayDo::Reload(_) => "the gateway takes another deployment",
        };
        Ok(StepResult { what: word.to_owned(), ..StepResult::default() })
    }

    async fn clock_goes(&self, text: &str) -> Result<StepResult, String> {
        let Other::Stage(stage) = &self.other else { return Err("no stage is at hand".to_owned()) };
        let now = self.now();
        let span = super::look::span(text).or_else(|| super::look::until_time(now, text));
        let span =
            span.ok_or_else(|| format!("`{text}` is neither a span (10m) nor a time of day (23:31)"))?;
        patience::move_on(&**stage, &self.core, span).await;
        Ok(StepResult { what: format!("the clock goes on: {text}"), ..StepResult::default() })
    }

    /// Waits for something within a limit: on a stage the clock is moved on meanwhile.
    pub(super) async fn patiently<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        match &self.other {
            Other::Stage(stage) => patience::patiently(&**stage, &self.core, limit, future).await,
            _ => self.core.within(self.core.mark().after(limit), future).await.ok(),
        }
    }

    /// A value with what was kept in the place of `$x`.
    pub(super) fn known(&self, value: &Value) -> Result<Value, String> {
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
            Value::Object(fields) => Value::Object(self.all_known(fields)?),
            other => other.clone(),
        })
    }

    /// The same for each field.
    pub(super) fn all_known(&self, fields: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        fields.iter().map(|(name, value)| Ok((name.clone(), self.known(value)?))).collect()
    }
}
