//! Judgements in words.
//!
//! In: what a watched reader noted. Out: what was judged, by which algorithm and keys, and how it ended.

use super::Seen;
use adapters::codec::{FaultKind, Judged, Judgement};
use adapters::seal::{Algorithm, Position};
use dsl::evaluate;
use dsl::model::{Fact, Function, Load, Space};
use dsl::program::{Code, Read, SignatureForm};
use dsl::value::{CipherName, Constant, Type};

/// How a judgement ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Right,
    /// It does not.
    Wrong {
        /// What it should be, where that is one value.
        expected: Option<String>,
    },
    /// It could not be judged, and why: no key, a fact that nobody gave.
    NotJudged(String),
}

/// A judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenJudgement {
    /// What was judged.
    pub what: Judgement,
    /// The field, or the text of the check.
    pub field: String,
    /// Algorithms and keys of a seal.
    pub by: String,
    /// How it ended.
    pub verdict: Verdict,
    /// The record's slot, if it is of a field.
    pub index: Option<usize>,
}

impl Seen<'_> {
    pub(super) fn judgement(&self, judged: &Judged) -> SeenJudgement {
        let cold =
            self.form.read_cold.get(judged.op as usize).and_then(|cold| self.form.cold.get(*cold as usize));
        let named = cold.map_or("", |cold| &*cold.name);
        let field = judged.index.map(|index| self.path(index)).filter(|path| !path.is_empty());
        let (seal, by) = self.by(judged.op);
        SeenJudgement {
            // What we write ourselves is compared as any fact; it is a seal all the same.
            what: if seal { Judgement::Seal } else { judged.what },
            field: field.unwrap_or(named).to_owned(),
            by: by.clone(),
            verdict: match &judged.wrong {
                None => Verdict::Right,
                Some(FaultKind::Evaluate(evaluate::Fault::Absent)) if !by.is_empty() => {
                    Verdict::NotJudged(format!("{by} is not given"))
                }
                Some(FaultKind::Evaluate(fault)) => Verdict::NotJudged(self.missing(fault)),
                Some(_) => Verdict::Wrong { expected: judged.expected.as_deref().map(str::to_owned) },
            },
            index: judged.index,
        }
    }

    /// Whether an instruction judges a seal, and the algorithms and keys that it speaks of.
    fn by(&self, op: u32) -> (bool, String) {
        let (seal, mut words) = match self.form.read.get(op as usize) {
            Some(Read::Agree { seal, expression, .. }) => {
                let (made, words) = self.words(*expression);
                (*seal || made, words)
            }
            Some(Read::Verify { signature, .. }) => {
                let form = self.form.signatures.get(usize::from(*signature));
                (true, form.map(|form| self.of_signature(form)).unwrap_or_default())
            }
            _ => (false, Vec::new()),
        };
        words.dedup();
        (seal, if seal { words.join(", ") } else { String::new() })
    }

    fn of_signature(&self, form: &SignatureForm) -> Vec<String> {
        let algorithm = match &form.algorithm {
            CipherName::Fixed(name) => name.to_string(),
            CipherName::Setting(slot) => self.load_name(&setting(*slot)),
            CipherName::Member(slot) => {
                self.load_name(&Load { space: Space::Member, level: 0, slot: *slot, call: 0 })
            }
        };
        vec![algorithm, self.load_name(&form.key)]
    }

    /// Whether an expression makes a seal; its algorithms and keys.
    fn words(&self, expression: u32) -> (bool, Vec<String>) {
        let expressions = &self.program.expressions;
        let (mut seal, mut words) = (false, Vec::new());
        let range = expressions.ranges.get(expression as usize).copied().unwrap_or((0, 0));
        for code in expressions.code.get(range.0 as usize..range.1 as usize).unwrap_or_default() {
            match code {
                Code::Constant(constant) => match expressions.constants.get(*constant as usize) {
                    Some(Constant::Text(text)) if is_algorithm(text) => words.push(text.to_string()),
                    _ => {}
                },
                Code::Load(load) => {
                    let load = expressions.loads.get(*load as usize);
                    words.extend(load.filter(|load| self.of_key(load)).map(|load| self.load_name(load)));
                }
                Code::Function(function, _) => {
                    seal |= matches!(function, Function::Mac | Function::Hmac | Function::Signature);
                }
                _ => {}
            }
        }
        (seal, words)
    }

    /// A key, or a setting that names an algorithm.
    fn of_key(&self, load: &Load) -> bool {
        let names = |slot: u16| {
            let setting = self.adapter.module.settings.get(usize::from(slot));
            setting.is_some_and(|setting| matches!(setting.ty, Type::Names(_)))
        };
        matches!(load.space, Space::Key | Space::Session)
            || (load.space == Space::Setting && names(load.slot))
    }

    fn missing(&self, fault: &evaluate::Fault) -> String {
        match fault {
            evaluate::Fault::NoKey(load) => format!("no key {}", self.load_name(load)),
            evaluate::Fault::NotThere(load) => format!("{} is not given", self.load_name(load)),
            evaluate::Fault::Absent => "what it needs is not given".to_owned(),
            evaluate::Fault::Seal => "a key or algorithm does not fit".to_owned(),
            _ => "it has no value".to_owned(),
        }
    }

    /// A reference as it stands in the language.
    fn load_name(&self, load: &Load) -> String {
        let module = &self.adapter.module;
        let slot = usize::from(load.slot);
        let member = module.member.as_ref().map_or("member", |member| &*member.name);
        match load.space {
            Space::Key => match module.keys.get(slot) {
                Some(key) if key.of_member => format!("{member}.{}", key.name),
                Some(key) => format!("key.{}", key.name),
                None => "key".to_owned(),
            },
            Space::Setting => {
                module.settings.get(slot).map_or("setting".to_owned(), |one| format!("setting.{}", one.name))
            }
            Space::Member => match slot.checked_sub(1).and_then(|slot| module.settings.get(slot)) {
                Some(setting) => format!("{member}.{}", setting.name),
                None => format!("the {member}"),
            },
            Space::Session => {
                let sessions = module.sessions.iter();
                let mut values = sessions
                    .flat_map(|session| (usize::from(session.first_slot)..).zip(&session.session.values));
                values
                    .find(|(own, _)| *own == slot)
                    .map_or("session".to_owned(), |(_, one)| format!("session.{}", one.name))
            }
            Space::Exchange => {
                let word = Fact::WORDS.get(slot).map_or("?", |(_, word)| word);
                format!("exchange.{word}")
            }
            Space::Request => "the request".to_owned(),
            Space::Original | Space::OriginalRequest | Space::OriginalReply | Space::OriginalOutcome => {
                "the original".to_owned()
            }
            _ => "a value of the business".to_owned(),
        }
    }
}

fn setting(slot: u16) -> Load {
    Load { space: Space::Setting, level: 0, slot, call: 0 }
}

fn is_algorithm(text: &str) -> bool {
    let positions = [Position::Digest, Position::Mac, Position::Signature, Position::Cipher];
    positions.into_iter().any(|position| Algorithm::from_name(position, text).is_some())
}
