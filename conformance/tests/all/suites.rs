//! The suites of the repository against its own simulated parties.

use crate::help::*;
use conformance::party::{Party, PartyConfig, PartyTls, load, read_texts};
use conformance::report::{html, junit};
use conformance::suite::{Runner, Suite};
use link::{Core, World};
use std::collections::BTreeMap;

/// Plays the bank towards a party that was just started.
async fn passes(core: &Core, folder: &str, party: &Party, config: &str) {
    let texts = read_texts(&root().join("configs"), &["bank", folder]).unwrap();
    let loaded = load(texts, folder, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    let mut config: PartyConfig = serde_yaml::from_str(config).unwrap();
    for (link, address) in &mut config.links {
        if let Some(bound) = party.address(link) {
            *address = bound.to_owned();
        }
    }
    config.sessions.clear();
    let suite = Suite::read(&root().join("conformance/suites").join(folder).join("counterparty.yaml"));
    let suite = suite.unwrap_or_else(|error| panic!("{error}"));
    let tls = PartyTls::default();
    let mut runner = Runner::new(core, &loaded, suite.plays, &config, &tls, Some(party)).unwrap();
    let report = runner.run(&suite).await;
    assert!(report.is_good(), "{}\n{}", report.console(), party.last_failure());
    assert_eq!(party.last_failure(), "");
    assert!(party.broken_rules().unwrap().is_empty());
    assert!(html(&report).contains("Passed") && junit(&report).contains("failures=\"0\""));
    assert!(report.json().contains(&*loaded.hash));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_passes_its_suite() {
    let core = Core::start(World::real());
    let config = crate::power::CONFIG.replace("sessions:", "# sessions:");
    let party = party(&core, "power-dongguan", &config).await;
    passes(&core, "power-dongguan", &party, &config).await;
}
