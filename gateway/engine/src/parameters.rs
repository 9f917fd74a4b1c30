//! Parameters: values of the deployment that two persons change while the gateway runs, from a business date on.
//!
//! In: the deployment's values to begin with; what one person proposes and another agrees to. Out: what counts on a date,
//! which a flow takes with it when it begins and keeps to its end, over a restart too. Nothing of the history goes away.
//! It must not know what a parameter is for, or how people are shown it.

use crate::book::Book;
use crate::deployment::parse_setting;
use crate::engine::Engine;
use crate::facts::Facts;
use crate::version::{FlowRef, Version};
use crate::view::Parts;
use crate::waiting::Person;
use adapters::value::Record;
use arc_swap::ArcSwap;
use dsl::evaluate::Value;
use dsl::model::{Fact, Setting, Space};
use dsl::program::ModuleProgram;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{
    Change, Day, Lane, ParameterChange, ParameterDecided, ParameterName, ParameterProposed, Verdict,
};

/// Changes of one read.
const PAGE: usize = 1_000;
/// Characters of a reason and of a value that are kept; likewise of what is said of what waits.
pub(crate) const LONGEST: usize = 400;

/// What is known of changes of parameters, and who changes them now.
#[derive(Default)]
pub struct Parameters {
    changes: ArcSwap<Vec<ParameterChange>>,
    /// One change at a time: what was read stands until it is written.
    changing: tokio::sync::Mutex<()>,
}

impl Parameters {
    /// The value that was agreed on for a date: of those that count by then the latest, else none.
    #[must_use]
    fn agreed(&self, parameter: &ParameterName, day: Day) -> Option<String> {
        let changes = self.changes.load();
        let agreed = changes.iter().filter(|change| {
            change.proposed.parameter == *parameter
                && change.proposed.from <= day
                && change.decided.as_ref().is_some_and(|(decided, _)| decided.agreed)
        });
        let latest = agreed.max_by_key(|change| (change.proposed.from, change.proposed.number));
        latest.map(|change| change.proposed.new.clone())
    }

    /// The change of a parameter that waits for a second person.
    #[must_use]
    fn waiting(&self, parameter: &ParameterName) -> Option<ParameterProposed> {
        let changes = self.changes.load();
        let mut open = changes.iter().filter(|change| change.decided.is_none());
        open.find(|change| change.proposed.parameter == *parameter).map(|change| change.proposed.clone())
    }
}

/// A parameter as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterSeen {
    /// Which.
    pub parameter: ParameterName,
    /// What people call it.
    pub label: String,
    /// What counts on the business date now.
    pub value: String,
    /// What the deployment gives.
    pub first: String,
    /// Values that were agreed on for later dates, and from when.
    pub later: Vec<(Day, String)>,
    /// The change that waits for a second person.
    pub waiting: Option<ParameterProposed>,
}

/// Why a parameter is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    /// There is none of that name.
    #[error("there is no parameter `{0}`")]
    Nothing(String),
    /// The value is none of its type.
    #[error("expected {0}")]
    Value(String),
    /// It has this value already.
    #[error("it is {0} on that date already")]
    Same(String),
    /// The date has passed.
    #[error("the business date is {0} already")]
    Past(Day),
    /// Somebody has proposed another value.
    #[error("change {1}, proposed by {0}, waits for a second person")]
    Waits(String, u64),
    /// Nothing waits under that number.
    #[error("no change {0} waits")]
    NotWaiting(u64),
    /// It needs a second person.
    #[error("{0} has proposed it; another person must agree")]
    SamePerson(String),
    /// They may not.
    #[error("it takes the role `{0}`")]
    Role(&'static str),
    /// What it was proposed against does not count any more.
    #[error("it is {0} by now; refuse the change and propose it anew")]
    Changed(String),
    /// The journal cannot take it now.
    #[error("the journal does not take it now")]
    NotNow,
}

/// The name under which a flow keeps a parameter: `day_limit`, or `school.day_limit` of a member.
#[must_use]
pub fn kept_as(module: &ModuleProgram, setting: &Setting) -> String {
    match (&module.member, setting.of_member) {
        (Some(member), true) => format!("{}.{}", member.name, setting.name),
        _ => setting.name.to_string(),
    }
}

impl Engine {
    /// Reads the history.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn read_parameters(&self) -> Result<(), store::Fatal> {
        let (mut after, mut all) = (0, Vec::new());
        loop {
            let page = self.journal.read(move |reader| reader.parameter_changes(after, PAGE)).await?;
            let Some(last) = page.last() else { break };
            after = last.proposed.number;
            all.extend(page);
        }
        self.parameters.changes.store(Arc::new(all));
        Ok(())
    }

    /// What a parameter is on a date: what was agreed on, else what the deployment gives; none where there is none.
    fn parameter_on(&self, parameter: &ParameterName, day: Day) -> Option<String> {
        self.parameters.agreed(parameter, day).or_else(|| self.given(parameter))
    }

    /// Whether a parameter of a party that is a flag is on, on a date.
    pub(crate) fn is_on(&self, module: &ModuleProgram, name: &str, day: Day) -> bool {
        let (party, member, name) = (module.name.to_string(), String::new(), name.to_owned());
        let value = self.parameter_on(&ParameterName { party, member, name }, day);
        matches!(value.as_deref(), Some("yes" | "true"))
    }

    /// What the deployment gives.
    fn given(&self, parameter: &ParameterName) -> Option<String> {
        let deployment = self.deployment.load();
        let party = deployment.parties.get(&parameter.party)?;
        let settings = if parameter.member.is_empty() {
            &party.value.settings
        } else {
            &party.value.members.get(&parameter.member)?.value.settings
        };
        settings.get(&parameter.name).map(|text| text.value.clone())
    }

    /// Says for which member a flow runs, where what is asked names it, and which values of parameters it keeps.
    pub(crate) fn stand(
        &self,
        version: &Arc<Version>,
        reference: FlowRef,
        ask: Option<&Record>,
        facts: &mut Facts,
    ) {
        let (Some(module), Some(tables)) = (version.module(reference.module), version.flow(reference)) else {
            return;
        };
        let Some(party) = version.parties.get(reference.module) else { return };
        if let Some(named) = tables.of_member {
            let mut book = Book::default();
            if let Some(ask) = ask {
                book.put(Space::Ask, 0, ask.clone());
            }
            let (now, sealing, own) = (self.now(), &self.sealing, None);
            let parts = Parts { version, module: reference.module, facts, steps: &[], own, now, sealing };
            let name = parts.view(&book).text(named);
            let known = party.members.contains_key(&name);
            facts.put(Fact::Member, &if known { Value::text(name) } else { Value::Absent });
        }
        let day = match facts.get(Fact::BusinessDate) {
            Value::Date(date) => crate::calendar::day(date),
            _ => return,
        };
        let member = facts.text(Fact::Member, version.symbols());
        let mut kept = BTreeMap::new();
        for setting in module.settings.iter().filter(|setting| setting.changes) {
            if setting.of_member && !party.members.contains_key(&member) {
                continue;
            }
            let parameter = named(module, setting, &member);
            let Some(text) = self.parameter_on(&parameter, day) else { continue };
            match parse_setting(&text, &setting.ty, version.symbols()) {
                Ok(value) => drop(kept.insert(kept_as(module, setting), value)),
                // Its type is another by now: what the deployment gives was checked against it.
                Err(expected) => {
                    tracing::error!(
                        ?parameter,
                        text,
                        expected,
                        "a value that was agreed on is none any more"
                    );
                }
            }
        }
        facts.keep(kept);
    }

    /// All parameters as they stand.
    #[must_use]
    pub fn parameters(&self) -> Vec<ParameterSeen> {
        let version = self.current.load_full();
        let mut found = Vec::new();
        for (number, module) in version.compiled.modules.iter().enumerate() {
            let day = crate::calendar::day(self.business_date(&version, number));
            let members = version.parties.get(number).map(|party| party.members.keys().cloned());
            let members: Vec<String> = members.into_iter().flatten().collect();
            for setting in module.settings.iter().filter(|setting| setting.changes) {
                let own = [String::new()];
                for member in if setting.of_member { &members[..] } else { &own[..] } {
                    found.extend(self.seen(named(module, setting, member), setting, day));
                }
            }
        }
        found
    }

    fn seen(&self, parameter: ParameterName, setting: &Setting, day: Day) -> Option<ParameterSeen> {
        let first = self.given(&parameter)?;
        let value = self.parameters.agreed(&parameter, day).unwrap_or_else(|| first.clone());
        let changes = self.parameters.changes.load();
        let later = changes.iter().filter(|change| {
            let agreed = change.decided.as_ref().is_some_and(|(decided, _)| decided.agreed);
            agreed && change.proposed.parameter == parameter && change.proposed.from > day
        });
        let later: BTreeMap<Day, String> =
            later.map(|change| (change.proposed.from, change.proposed.new.clone())).collect();
        Some(ParameterSeen {
            label: setting.label.to_string(),
            value,
            first,
            later: later.into_iter().collect(),
            waiting: self.parameters.waiting(&parameter),
            parameter,
        })
    }

    /// One person proposes another value from a business date on; gives the number of the change.
    ///
    /// # Errors
    /// See [`NotChanged`].
    pub async fn propose_parameter(
        &self,
        parameter: ParameterName,
        value: &str,
        from: Day,
        reason: &str,
        by: &Person,
    ) -> Result<u64, NotChanged> {
        allowed(by, "operator")?;
        let _one = self.parameters.changing.lock().await;
        self.fits(&parameter, value, from)?;
        if let Some(other) = self.parameters.waiting(&parameter) {
            return Err(NotChanged::Waits(other.by, other.number));
        }
        let old = self.parameter_on(&parameter, from);
        let old = old.ok_or_else(|| NotChanged::Nothing(parameter.name.clone()))?;
        if old == value {
            return Err(NotChanged::Same(old));
        }
        let number = self.journal.number("parameter", Day(0)).await;
        let number = number.map_err(|fatal| self.not_now(&fatal))?.ok_or(NotChanged::NotNow)?;
        let proposed = ParameterProposed {
            number,
            parameter,
            old,
            new: value.to_owned(),
            from,
            by: by.name.clone(),
            reason: reason.chars().take(LONGEST).collect(),
        };
        self.put(Change::ProposeParameter(proposed)).await?;
        Ok(number)
    }

    /// Another person agrees to a change, or somebody refuses it.
    ///
    /// # Errors
    /// See [`NotChanged`].
    pub async fn decide_parameter(
        &self,
        number: u64,
        agreed: bool,
        reason: &str,
        by: &Person,
    ) -> Result<(), NotChanged> {
        let _one = self.parameters.changing.lock().await;
        let changes = self.parameters.changes.load_full();
        let waiting =
            changes.iter().find(|change| change.proposed.number == number && change.decided.is_none());
        let proposed = &waiting.ok_or(NotChanged::NotWaiting(number))?.proposed;
        if agreed && proposed.by == by.name {
            return Err(NotChanged::SamePerson(proposed.by.clone()));
        }
        // Who proposed it may take it back.
        if agreed || proposed.by != by.name {
            allowed(by, "checker")?;
        }
        if agreed {
            self.fits(&proposed.parameter, &proposed.new, proposed.from)?;
            let now = self.parameter_on(&proposed.parameter, proposed.from).unwrap_or_default();
            if now != proposed.old {
                return Err(NotChanged::Changed(now));
            }
        }
        let reason = reason.chars().take(LONGEST).collect();
        self.put(Change::DecideParameter(ParameterDecided { number, agreed, by: by.name.clone(), reason }))
            .await
    }

    /// Whether there is such a parameter, the value is one of its type, and the date has not passed.
    fn fits(&self, parameter: &ParameterName, value: &str, from: Day) -> Result<(), NotChanged> {
        let version = self.current.load_full();
        let nothing = || NotChanged::Nothing(parameter.name.clone());
        let number = version.module_named(&parameter.party).ok_or_else(nothing)?;
        let module = version.module(number).ok_or_else(nothing)?;
        let of_member = !parameter.member.is_empty();
        let known = |setting: &&Setting| {
            setting.changes && setting.of_member == of_member && *setting.name == *parameter.name
        };
        let setting = module.settings.iter().find(known).ok_or_else(nothing)?;
        if self.given(parameter).is_none() {
            return Err(nothing());
        }
        if value.chars().count() > LONGEST {
            return Err(NotChanged::Value(format!("at most {LONGEST} characters")));
        }
        parse_setting(value, &setting.ty, version.symbols()).map_err(NotChanged::Value)?;
        let today = crate::calendar::day(self.business_date(&version, number));
        if from < today { Err(NotChanged::Past(today)) } else { Ok(()) }
    }

    /// Writes, and knows it from then on.
    async fn put(&self, change: Change) -> Result<(), NotChanged> {
        let day = crate::calendar::day(self.now().date());
        match self.journal.write(Lane::Outcome, day, vec![change]).await {
            Ok(Verdict::Ok(_)) => self.read_parameters().await.map_err(|fatal| self.not_now(&fatal)),
            Ok(verdict) => {
                tracing::error!(?verdict, "a change of a parameter was not taken");
                Err(NotChanged::NotNow)
            }
            Err(fatal) => Err(self.not_now(&fatal)),
        }
    }

    fn not_now(&self, fatal: &store::Fatal) -> NotChanged {
        self.fail(fatal);
        NotChanged::NotNow
    }
}

fn named(module: &ModuleProgram, setting: &Setting, member: &str) -> ParameterName {
    ParameterName {
        party: module.name.to_string(),
        member: if setting.of_member { member.to_owned() } else { String::new() },
        name: setting.name.to_string(),
    }
}

fn allowed(by: &Person, role: &'static str) -> Result<(), NotChanged> {
    if by.has(role) { Ok(()) } else { Err(NotChanged::Role(role)) }
}
