//! What a stage is told by data: `conformance/stage.yaml`, and each party's own `party.yaml`.

use conformance::party::{Loaded, PartyConfig};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// `stage.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The moment at which the day begins, in the bank's zone: `2026-11-23 09:00:00`.
    pub(crate) start: String,
    /// Channels and what they may ask.
    pub(crate) channels: Vec<Channel>,
    /// Service to party, as in `gateway.yaml`.
    pub(crate) routes: BTreeMap<String, Value>,
    /// Settings of modules that are no party.
    pub(crate) modules: BTreeMap<String, BTreeMap<String, String>>,
    /// Settings of members of modules that are no party.
    #[serde(default)]
    pub(crate) members: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// Keys of modules that are no party, by module: secrets.
    pub(crate) secrets: BTreeMap<String, Vec<String>>,
    /// Parties that are not simulated, as `gateway.yaml` says of them: those built into the gateway.
    pub(crate) parties: BTreeMap<String, Value>,
}

/// A channel of the bank.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channel {
    /// Its name.
    pub(crate) name: String,
    /// What it may ask.
    pub(crate) services: Vec<String>,
    /// Branch and teller that it stands for.
    pub(crate) branch: String,
    /// Teller.
    pub(crate) teller: String,
}

impl Plan {
    /// Reads the plan in the conformance room's folder.
    pub(crate) fn read(conformance: &Path) -> Result<Self, String> {
        read(&conformance.join("stage.yaml"))
    }
}

/// A party's own configuration.
pub(crate) fn party_config(conformance: &Path, folder: &str) -> Result<PartyConfig, String> {
    read(&conformance::party::home(conformance, folder).join("party.yaml"))
}

/// Leaves out the settings that the variant of the adapter does not have.
pub(crate) fn fit(config: &mut PartyConfig, loaded: &Loaded) {
    let declared = &loaded.bank.module.settings;
    config.settings.retain(|name, _| declared.iter().any(|known| *known.name == **name));
}

/// Reads a YAML file; what is wrong is told with its path.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
