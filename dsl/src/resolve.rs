//! Names are found, types are known, messages are put together: from syntax trees to the checked [`Model`].
//!
//! In: the parsed files of all folders, and for each folder which variant holds (`only when setting.form is json`).
//! Out: the model and every problem found, each with the text it stands at. It must not know bytes or programs.
//!
//! Start reading at [`resolve`], then `resolution`, which says in which order. `shapes` makes business records of services; `index` lists what a folder declares;
//! `assemble` puts packet, layouts and the call's fields together, message by message; `wire` reads types and
//! attributes; `expression` and `path` type expressions; `bind` gives each field its rule; `call`, `session`, `flow`
//! do the rest; `ends` knows where a field ends, `unfilled` what nobody hands on; `balance` compares what the steps of a
//! flow move, `keys` looks at what keys cover, `holds` at how long a hold lasts.

mod assemble;
mod balance;
mod bind;
mod call;
mod compare;
mod ends;
mod expression;
mod flow;
mod function;
mod holds;
mod index;
mod inverse;
pub(crate) mod keys;
mod learn;
mod lint;
mod path;
mod quiet;
mod report;
mod resolution;
mod rows;
mod segments;
mod session;
mod several;
mod shapes;
mod signs;
mod unfilled;
mod variant;
mod wire;

use crate::diagnostics::Diagnostic;
use crate::model::{Model, Module, Service, Shape};
use crate::tree;
use crate::value::{Symbol, Symbols};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub(crate) use index::used_by;
pub use inverse::inverse;
pub use learn::{learn_fresh, learn_rule};
use report::Report;
pub use resolution::{Resolution, Resolved};
pub(crate) use segments::fields_of;
pub(crate) use several::constants;

/// The parsed files of one folder under `configs/`.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its name.
    pub name: Box<str>,
    /// Its files, in the order of their names.
    pub files: Vec<tree::File>,
}

/// For one folder: the setting that chooses a variant, and the name it has.
pub type Choice = BTreeMap<Box<str>, Box<str>>;

/// Choices by folder. A folder without one takes the first variant of each setting.
pub type Choices = BTreeMap<Box<str>, Choice>;

/// The most combinations of variants that a party may have (`grammar.md` 10).
pub const VARIANTS_MAX: usize = 64;

/// The checked model of all folders under the choices, and every problem found. Problems do not stop the rest: the
/// model holds what could be understood.
#[must_use]
pub fn resolve(folders: &[Folder], choices: &Choices) -> (Model, Vec<Diagnostic>) {
    let Resolved { model, mut problems, uses, .. } = Resolution::new(folders, choices).1;
    problems.extend(uses.problems());
    (model, problems)
}

/// The combinations of variants that a folder has, by the settings its files' `only when` name. One empty choice if it
/// has none.
#[must_use]
pub fn variants(folder: &Folder) -> Vec<Choice> {
    index::variants(folder)
}

/// What grows while folders are resolved. Copies share what they do not change: one is made for every variant of every
/// folder.
#[derive(Clone, Default)]
pub(crate) struct Resolver {
    pub(crate) report: Report,
    pub(crate) symbols: Symbols,
    pub(crate) reasons: Arc<Vec<(Symbol, Box<str>)>>,
    pub(crate) shapes: Arc<Vec<Arc<Shape>>>,
    pub(crate) services: Arc<Vec<Service>>,
    /// Services by path.
    pub(crate) service_index: Arc<HashMap<Box<str>, u16>>,
    /// Shapes by name (`bank.pay_bill.ask.items`).
    pub(crate) shape_index: Arc<HashMap<Arc<str>, crate::value::ShapeId>>,
    /// Settings, keys and codings that something refers to, by folder.
    pub(crate) used: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Modules of which another one took over a record, by name (`like OTHER.CALL.ask`).
    pub(crate) lenders: Arc<BTreeSet<Box<str>>>,
}

impl Resolver {
    /// The gateway's own reasons, which every table may use.
    pub(crate) const OWN_REASONS: [&'static str; 17] = [
        "bad_seal",
        "bad_message",
        "no_session",
        "session_expired",
        "closed_hours",
        "duplicate",
        "never_seen",
        "reversed",
        "too_late",
        "was_refused",
        "cancelled",
        "other",
        "unknown_message",
        "missing_field",
        "unreadable_field",
        "busy",
        "over_limit",
    ];

    pub(crate) fn is_reason(&self, name: &str) -> bool {
        Self::OWN_REASONS.contains(&name)
            || self
                .symbols
                .find(name)
                .is_some_and(|symbol| self.reasons.iter().any(|(known, _)| *known == symbol))
    }

    /// The reason of that name, reported if there is none.
    pub(crate) fn reason(&mut self, name: &tree::Name) -> Symbol {
        if !self.is_reason(&name.text) {
            let known: Vec<String> = self
                .reasons
                .iter()
                .map(|(symbol, _)| self.symbols.text(*symbol).to_owned())
                .chain(Self::OWN_REASONS.iter().map(|word| (*word).to_owned()))
                .collect();
            self.report
                .error("TS0206", name.span, format!("there is no reason `{}`", name.text))
                .note("reasons are declared in `reasons { … }` of the bank's module")
                .suggest(&name.text, known.iter().map(String::as_str));
        }
        self.symbols.intern(&name.text)
    }

    fn model(&self, modules: Vec<Arc<Module>>) -> Model {
        Model {
            symbols: self.symbols.clone(),
            reasons: Arc::clone(&self.reasons),
            shapes: Arc::clone(&self.shapes),
            services: Arc::clone(&self.services),
            modules,
        }
    }
}
