//! The plan of the demonstration, as data.

use conformance::party::PartyConfig;
use conformance::world::FaultRule;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// `demo.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// How many times faster than the world the clock runs.
    pub(crate) clock_scale: u32,
    /// The moment at which the day begins, in the bank's zone: `2026-11-23 09:00:00`.
    pub(crate) start: String,
    /// Modules by name.
    pub(crate) modules: BTreeMap<String, ModulePlan>,
    /// Service to party, as in `gateway.yaml`.
    #[serde(default)]
    pub(crate) routes: BTreeMap<String, Value>,
    /// Channels and what they may ask.
    pub(crate) channels: Vec<ChannelPlan>,
}

/// A module of the demonstration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ModulePlan {
    /// Its folder under `configs/` and under `conformance/simulators/`; none: it is no party.
    pub(crate) folder: Option<String>,
    /// Line of the table.
    pub(crate) shows: String,
    /// Settings of the adapter.
    pub(crate) settings: BTreeMap<String, String>,
    /// Keys: `tdes 16`, `secret 24`, `rsa ours`, `rsa theirs`.
    pub(crate) keys: BTreeMap<String, String>,
    /// Members with settings and keys of their own.
    pub(crate) members: BTreeMap<String, MemberPlan>,
    /// Faults that the party makes.
    pub(crate) faults: Vec<FaultRule>,
    /// What channels ask of it.
    pub(crate) traffic: Vec<Story>,
    /// What it begins itself: acts of its world, and how many times each in the demonstration.
    pub(crate) acts: BTreeMap<String, u32>,
    /// How its books are read.
    pub(crate) books: Option<BookPlan>,
}

/// A member of a party.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MemberPlan {
    /// Settings.
    pub(crate) settings: BTreeMap<String, String>,
    /// Keys.
    pub(crate) keys: BTreeMap<String, String>,
}

/// A channel of the bank.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelPlan {
    /// Its name.
    pub(crate) name: String,
    /// What it may ask.
    pub(crate) services: Vec<String>,
    /// Branch and teller that it stands for.
    #[serde(default)]
    pub(crate) branch: String,
    /// Teller.
    #[serde(default)]
    pub(crate) teller: String,
}

/// What a customer does, from the first question to the last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    /// How often, beside the others.
    pub(crate) weight: u32,
    /// Values drawn from the worlds, by module: the columns of one row of a question.
    #[serde(default)]
    pub(crate) draw: BTreeMap<String, String>,
    /// What is asked, in order; a refusal ends the story.
    pub(crate) asks: Vec<Ask>,
}

/// One ask of a story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The service.
    pub(crate) service: String,
    /// Its fields; `{name}` is a drawn value, `{0.due}` a field of the first answer, `{0.items|id,due}` those fields of
    /// each row, `{reference}` a reference that nobody had.
    pub(crate) with: Value,
    /// Sent twice under one reference, to show that it has one effect.
    #[serde(default)]
    pub(crate) twice: bool,
}

/// How a party's books are read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookPlan {
    /// Calls of the gateway that post there, whose operations are in the journal.
    #[serde(default)]
    pub(crate) ours: Vec<String>,
    /// A question to the party's own file: `serial` and `amount` (fen) of what holds there.
    pub(crate) theirs: String,
}

impl Plan {
    /// Reads the plan; with `only`, leaves out the parties that are not named (modules without a folder stay).
    pub(crate) fn read(path: &Path, only: &[String]) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut plan: Self =
            serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if !only.is_empty() {
            plan.modules.retain(|name, module| {
                module.folder.is_none()
                    || module.traffic.is_empty() && module.acts.is_empty()
                    || only.contains(name)
            });
        }
        Ok(plan)
    }

    /// The parties: modules with a folder.
    pub(crate) fn parties(&self) -> impl Iterator<Item = (&str, &ModulePlan, &str)> {
        self.modules
            .iter()
            .filter_map(|(name, module)| Some((name.as_str(), module, module.folder.as_deref()?)))
    }
}

/// An empty configuration of a party with the plan's settings.
pub(crate) fn config_of(module: &ModulePlan) -> PartyConfig {
    PartyConfig { settings: module.settings.clone(), ..PartyConfig::default() }
}
