//! What a flow's expressions look at: its ask, the answers and outcomes of its steps, rows, settings and facts.
//!
//! In: a flow's data, by reference. Out: values to the evaluator. It must not know messages, links or the journal.

use crate::book::Book;
use crate::facts::{Facts, plain};
use crate::parameters::kept_as;
use crate::scene::Scene;
use crate::version::Version;
use adapters::codec::seal_alone;
use adapters::keys::KeyStore;
use dsl::evaluate::{Environment, Fault, Value, evaluate, folded_at, truth};
use dsl::model::{Fact, Function, Load, Space};
use dsl::program::{Code, ExprId, ModuleProgram};
use dsl::value::{DateTime, Outcome, Symbol};
use link::world::Random;
use std::sync::Arc;

/// The charset in which a flow's texts come under seals.
const CHARSET: &str = "utf8";

/// What is known of a step.
#[derive(Clone, Debug, Default)]
pub struct StepSeen {
    /// Its outcome; none while it has none.
    pub outcome: Option<Outcome>,
    /// The text of it.
    pub text: String,
}

/// What seals in a flow's expressions are made with.
#[derive(Clone)]
pub struct Sealing {
    /// Keys by name.
    pub keys: Arc<dyn KeyStore>,
    /// Where random octets come from.
    pub random: Arc<dyn Random>,
}

/// A flow's data but for its records.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The version that the flow pins.
    pub version: &'a Arc<Version>,
    /// Its module.
    pub module: usize,
    /// Facts of the ask.
    pub facts: &'a Facts,
    /// By number of the step in the flow's tables.
    pub steps: &'a [StepSeen],
    /// How the flow or row itself ends, where that is known: in its answer.
    pub own: Option<&'a StepSeen>,
    /// The moment.
    pub now: DateTime,
    /// What seals are made with.
    pub sealing: &'a Sealing,
}

impl<'a> Parts<'a> {
    /// With its records.
    #[must_use]
    pub fn view<'b>(&self, book: &'b Book) -> View<'b>
    where
        'a: 'b,
    {
        let Parts { version, module, facts, steps, own, now, sealing } = *self;
        View { version, module, book, facts, steps, own, now, sealing }
    }
}

/// A flow's data for one evaluation.
pub struct View<'a> {
    /// The version that the flow pins.
    pub version: &'a Arc<Version>,
    /// Its module.
    pub module: usize,
    /// Ask, answers, rows.
    pub book: &'a Book,
    /// Facts of the ask.
    pub facts: &'a Facts,
    /// By number of the step in the flow's tables.
    pub steps: &'a [StepSeen],
    /// How the flow or row itself ends, where that is known.
    pub own: Option<&'a StepSeen>,
    /// The moment.
    pub now: DateTime,
    /// What seals are made with.
    pub sealing: &'a Sealing,
}

impl View<'_> {
    fn program(&self) -> Option<&ModuleProgram> {
        self.version.module(self.module)
    }

    /// A parameter as it counted when the flow began; none of a setting, and where the flow keeps none.
    fn parameter(&self, load: &Load) -> Option<&Value<'static>> {
        let module = self.program()?;
        let place = match load.space {
            Space::Setting => usize::from(load.slot),
            _ => usize::from(load.slot).checked_sub(1)?,
        };
        let setting = module.settings.get(place).filter(|setting| setting.changes)?;
        self.facts.kept(&kept_as(module, setting))
    }

    /// The value of an expression of the flow's module.
    ///
    /// # Errors
    /// As the evaluator.
    pub fn value(&self, expression: ExprId) -> Result<Value<'static>, Fault> {
        let program = self.program().ok_or(Fault::Broken)?;
        evaluate(&program.program.expressions, expression, self).map(Value::into_owned)
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// As the evaluator.
    pub fn holds(&self, condition: ExprId) -> Result<bool, Fault> {
        let program = self.program().ok_or(Fault::Broken)?;
        truth(&program.program.expressions, condition, self)
    }

    /// Every fold that some expression of the module makes over a list, by its place in the code: made once for a long
    /// list, since going through it takes long.
    ///
    /// # Errors
    /// As the evaluator.
    pub fn folds_over(&self, list: &Load) -> Result<Vec<(u32, Value<'static>)>, Fault> {
        let expressions = &self.program().ok_or(Fault::Broken)?.program.expressions;
        let over = |code: &Code| match code {
            Code::Fold { load, .. } => expressions.loads.get(*load as usize) == Some(list),
            _ => false,
        };
        let places = (0_u32..).zip(&expressions.code).filter(|(_, code)| over(code)).map(|(at, _)| at);
        let mut made = Vec::new();
        for at in places {
            match folded_at(expressions, at, self) {
                Ok(value) => made.push((at, value.into_owned())),
                // Another flow's fold over a list of the same place and another form. One of this flow's own is computed
                // again where it is asked for, and says there what it lacks.
                Err(Fault::Broken | Fault::NotThere(_) | Fault::Kind | Fault::Absent) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(made)
    }

    /// How many rows a list has; none where there is no list.
    ///
    /// # Errors
    /// As the book.
    pub fn list_rows(&self, list: &Load) -> Result<u32, Fault> {
        if self.book.holds(list) { self.book.rows(list) } else { Ok(0) }
    }

    /// The text of an expression, empty where it has none.
    #[must_use]
    pub fn text(&self, expression: ExprId) -> String {
        self.value(expression).map(|value| plain(&value, self.version.symbols())).unwrap_or_default()
    }

    /// Texts of several expressions as one key: each with its length, so that no two sequences meet.
    ///
    /// # Errors
    /// As the evaluator; a missing part is no key.
    pub fn key(&self, parts: &[ExprId]) -> Result<Vec<u8>, Fault> {
        let mut key = Vec::new();
        for part in parts {
            let value = self.value(*part)?;
            if !value.is_present() {
                return Err(Fault::Absent);
            }
            push_part(&mut key, plain(&value, self.version.symbols()).as_bytes());
        }
        Ok(key)
    }
}

/// Appends one part of a key.
pub fn push_part(key: &mut Vec<u8>, part: &[u8]) {
    key.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    key.extend_from_slice(part);
}

impl Environment for View<'_> {
    fn load<'e>(&'e self, load: &Load) -> Result<Value<'e>, Fault> {
        match load.space {
            Space::Exchange => Ok(self.facts.slot(load.slot)),
            Space::Setting | Space::Member if self.parameter(load).is_some() => {
                self.parameter(load).cloned().ok_or(Fault::Broken)
            }
            Space::Setting => {
                let party = self.version.parties.get(self.module).ok_or(Fault::Broken)?;
                party.settings.get(usize::from(load.slot)).cloned().ok_or(Fault::Broken)
            }
            Space::Member => {
                let Value::Text(name) = self.facts.get(Fact::Member) else { return Ok(Value::Absent) };
                let party = self.version.parties.get(self.module).ok_or(Fault::Broken)?;
                let member = party.members.get(&*name).ok_or(Fault::NotThere(*load))?;
                member.value(load.slot)
            }
            Space::Key => Ok(Value::Key(*load)),
            Space::StepOutcome => {
                let outcome = self.steps.get(usize::from(load.call)).and_then(|step| step.outcome);
                Ok(outcome.map_or(Value::Absent, Value::Outcome))
            }
            Space::StepOutcomeText => {
                let text = self.steps.get(usize::from(load.call)).map_or("", |step| &step.text);
                Ok(Value::Text(text.into()))
            }
            Space::Outcome => Ok(self.own.and_then(|own| own.outcome).map_or(Value::Absent, Value::Outcome)),
            Space::OutcomeText => Ok(Value::Text(self.own.map_or("", |own| &own.text).into())),
            Space::StepAnswer | Space::Row if !self.book.holds(load) => Ok(Value::Absent),
            _ => self.book.load(load),
        }
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        self.list_rows(list)
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        self.book.enter(list, row)
    }

    fn leave(&self, list: &Load) {
        self.book.leave(list);
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        self.book.position(row)
    }

    fn folded(&self, at: u32) -> Result<Option<Value<'static>>, Fault> {
        Ok(self.book.fold(at).cloned())
    }

    fn seal(
        &self,
        function: Function,
        algorithm: &str,
        arguments: &[Value<'_>],
    ) -> Result<Value<'static>, Fault> {
        let Sealing { keys, random } = self.sealing.clone();
        let mut scene = Scene::new(Arc::clone(self.version), self.module, keys, random, self.now);
        if let Value::Text(name) = self.facts.get(Fact::Member) {
            let party = self.version.parties.get(self.module).ok_or(Fault::Broken)?;
            scene.member = party.members.get(&*name).cloned();
        }
        seal_alone(function, algorithm, arguments, CHARSET, &*scene)
    }

    fn now(&self) -> Result<DateTime, Fault> {
        Ok(self.now)
    }

    fn name(&self, symbol: Symbol) -> &str {
        self.version.symbols().text(symbol)
    }
}
