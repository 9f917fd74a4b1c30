//! The laws of the codec, tried on every message of every adapter: what is written is read to the same values, and what
//! was read is written to the same octets.
//!
//! In: checked and compiled adapters. Out: [`Laws`]: how many trips were made, which messages came back otherwise, and
//! which could not be made up. Values come from types and wire forms, the borders of each first (empty, blank, longest,
//! largest, zero, negative, Chinese characters at the edge of a width, no rows, one, as many as are allowed); all is
//! drawn from seeds, so that every run is the same. It must not know what any field means.

mod alike;
mod around;
mod compare;
mod fill;
mod specimen;
mod trip;
mod values;

pub use specimen::{Specimen, first_variant, specimens, specimens_of};

use crate::examples::{adapter, adapter_of};
use crate::inspect::{MessageName, names};
use crate::scene::{Adapter, Standing};
use alike::{Surrounding, Tried};
use dsl::check::Checked;
use dsl::diagnostics::{Code, Diagnostic};
use dsl::model::{Model, Module};
use dsl::parallel::side_by_side;
use dsl::program::Compiled;
use dsl::source::Span;
use dsl::value::Type;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What came of all trips.
#[derive(Clone, Debug, Default)]
pub struct Laws {
    /// Trips that came back, by folder.
    pub round_trips: BTreeMap<Box<str>, usize>,
    /// Messages of which nothing could be made up, or some of it could not.
    pub not_generated: Vec<NotGenerated>,
    /// Messages that came back otherwise: one for each message.
    pub broken: Vec<Broken>,
}

/// A message that could not be made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotGenerated {
    /// The party's folder.
    pub party: Box<str>,
    /// The message.
    pub message: String,
    /// Why.
    pub why: String,
    /// How many of its trips.
    pub trips: usize,
}

/// A message that came back otherwise.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The party's folder.
    pub party: Box<str>,
    /// The message.
    pub message: String,
    /// Where the field stands, or the message.
    pub span: Span,
    /// What happened, with private values masked.
    pub why: String,
}

impl Broken {
    /// What is said of a message that came back otherwise.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let title = format!("`{}` does not come back as it was sent", self.message);
        Diagnostic::error(Code(437), title, self.span, "")
            .note(self.why.clone())
            .help("give the field a form that holds every value of its type and shows where each ends")
    }
}

/// How a trip ended that did not come back.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// It could not be made up.
    NotGenerated(String),
    /// It came back otherwise: the field, if one is to blame, and what happened.
    Broken(Option<usize>, String),
}

/// Tries the laws on every message of the folders wanted, in every variant of its adapter that changes something of it; adapters
/// are tried side by side.
#[must_use]
pub fn run(checked: &Checked, wanted: impl Fn(&str) -> bool) -> Laws {
    let Some(compiled) = &checked.compiled else { return Laws::default() };
    let mut parties = parties_of(&checked.model, compiled, &|module| wanted(&module.folder));
    for other in &checked.others {
        let module = other.model.modules.get(other.place).filter(|module| module.party.is_some());
        if let Some(module) = module.filter(|module| wanted(&module.folder)) {
            parties.push(Party { model: &other.model, module, adapter: adapter_of(other) });
        }
    }
    let mut laws = Laws::default();
    let tried = Tried::default();
    for of_one in side_by_side(&parties, |party| run_party(party, &tried)) {
        for (folder, trips) in of_one.round_trips {
            *laws.round_trips.entry(folder).or_default() += trips;
        }
        laws.not_generated.extend(of_one.not_generated);
        laws.broken.extend(of_one.broken);
    }
    let mut told = HashSet::new();
    laws.broken.retain(|broken| told.insert((broken.message.clone(), broken.span)));
    laws
}

/// A party in one of its variants.
struct Party<'m> {
    model: &'m Model,
    module: &'m Module,
    adapter: Adapter,
}

/// The parties of a model that are wanted.
fn parties_of<'m>(model: &'m Model, compiled: &Compiled, wanted: &dyn Fn(&Module) -> bool) -> Vec<Party<'m>> {
    let modules = model.modules.iter().enumerate();
    let parties = modules.filter(|(_, module)| module.party.is_some() && wanted(module));
    parties
        .filter_map(|(place, module)| Some(Party { model, module, adapter: adapter(compiled, place)? }))
        .collect()
}

/// Tries the laws on every message of one party that was not tried in another variant.
fn run_party(party: &Party<'_>, tried: &Tried) -> Laws {
    let Party { model, module, adapter } = party;
    let mut laws = Laws::default();
    let mut trips = 0;
    let values = values::Values::new(adapter);
    let standings = around::standings(adapter, &values);
    let surrounding = Surrounding::new(model, module, &standings);
    for name in names(adapter) {
        let Some(message) = module.messages.get(usize::from(name.message.0)) else { continue };
        if !tried.first(surrounding.of(message)) {
            continue;
        }
        let Some((traveller, first)) = traveller(adapter, &standings, &values, &name) else { continue };
        let mut missing: Option<NotGenerated> = None;
        let others = (1..traveller.cases()).map(|case| traveller.trip(case));
        for ended in std::iter::once(first).chain(others) {
            match ended {
                Ok(()) => trips += 1,
                Err(Ended::NotGenerated(why)) => {
                    let party = adapter.module.folder.clone();
                    let message = name.name.clone();
                    missing.get_or_insert(NotGenerated { party, message, why, trips: 0 }).trips += 1;
                }
                Err(Ended::Broken(field, why)) => {
                    let field = field.and_then(|field| message.fields.get(field));
                    let span = field.map_or(message.span, |field| field.span);
                    let (party, message) = (module.folder.clone(), name.name.clone());
                    laws.broken.push(Broken { party, message, span, why });
                    break;
                }
            }
        }
        laws.not_generated.extend(missing);
    }
    laws.round_trips.insert(module.folder.clone(), trips);
    laws
}

/// Travellers under each choice of the settings in which members differ, since a member is a party of its own; else one.
fn travellers<'a>(
    adapter: &'a Adapter,
    standings: &'a [Arc<Standing>],
    values: &'a values::Values,
    name: &'a MessageName,
) -> Vec<trip::Traveller<'a>> {
    let differ = |setting: &dsl::model::Setting| setting.of_member && matches!(setting.ty, Type::Names(_));
    if !adapter.module.settings.iter().any(differ) {
        return traveller(adapter, standings, values, name).into_iter().map(|(one, _)| one).collect();
    }
    let all = standings.iter().filter_map(|standing| trip::Traveller::new(adapter, standing, values, name));
    all.filter(|traveller| !matches!(traveller.trip(0), Err(Ended::NotGenerated(_)))).collect()
}

/// A traveller under the first choice of settings by which the usual case can be made up, else under the first; with how
/// its trip with that case ended.
fn traveller<'a>(
    adapter: &'a Adapter,
    standings: &'a [Arc<Standing>],
    values: &'a values::Values,
    name: &'a MessageName,
) -> Option<(trip::Traveller<'a>, Result<(), Ended>)> {
    let mut first = None;
    for standing in standings {
        let traveller = trip::Traveller::new(adapter, standing, values, name)?;
        let ended = traveller.trip(0);
        if !matches!(ended, Err(Ended::NotGenerated(_))) {
            return Some((traveller, ended));
        }
        first.get_or_insert((traveller, ended));
    }
    first
}
