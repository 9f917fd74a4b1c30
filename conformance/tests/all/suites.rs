//! The suites of the repository against its own simulated parties.

use crate::help::*;
use conformance::party::{Party, PartyConfig, PartyTls, load, read_texts};
use conformance::report::{Point, html, junit};
use conformance::suite::{Runner, Step, Suite};
use link::{Core, World};
use std::collections::BTreeMap;

fn step(yaml: &str) -> Step {
    serde_yaml::from_str(yaml).unwrap()
}

/// Plays the bank towards a party that was just started; then attacks it with bad forms of a good request.
async fn passes(core: &Core, folder: &str, party: &Party, config: &str, first: &[&str], good: Option<&str>) {
    passes_in(core, (folder, "counterparty.yaml", &BTreeMap::new()), party, config, first, good).await;
}

/// The same with another suite and under a choice of the adapter's variants.
async fn passes_in(
    core: &Core,
    (folder, suite, choice): (&str, &str, &BTreeMap<String, String>),
    party: &Party,
    config: &str,
    first: &[&str],
    good: Option<&str>,
) {
    let texts = read_texts(&root().join("configs"), &folders(folder)).unwrap();
    let loaded = load(texts, folder, choice).unwrap_or_else(|error| panic!("{error}"));
    let mut config: PartyConfig = serde_yaml::from_str(config).unwrap();
    for (link, address) in &mut config.links {
        if let Some(bound) = party.address(link) {
            *address = bound.to_owned();
        }
    }
    let suite = Suite::read(&root().join("conformance/suites").join(folder).join(suite));
    let suite = suite.unwrap_or_else(|error| panic!("{error}"));
    let tls = PartyTls::default();
    let mut runner = Runner::new(core, &loaded, suite.plays, &config, &tls, Some(party)).unwrap();
    let report = runner.run(&suite, &|_| {}).await;
    assert!(report.is_good(), "{}\n{}", report.console(), party.last_failure());
    assert_eq!(party.last_failure(), "");
    assert!(party.broken_rules().unwrap().is_empty());
    assert!(html(&report).contains("Passed") && junit(&report).contains("failures=\"0\""));
    assert!(report.json().contains(&*loaded.hash));
    let Some(good) = good else { return };
    for first in first {
        let case = conformance::suite::Case {
            name: "first".into(),
            point: Point::BothSides,
            steps: vec![step(first)],
            only: BTreeMap::new(),
        };
        let before = runner.run(&Suite { cases: vec![case], ..suite.clone() }, &|_| {}).await;
        assert!(before.is_good(), "{}", before.console());
    }
    let attacked = runner.attack(&suite, &step(good), 7).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(attacked.is_good(), "{}\n{}", attacked.console(), party.last_failure());
    assert!(attacked.results.len() > 100, "{}", attacked.console());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_passes_its_suite() {
    let core = Core::start(World::real());
    let config = crate::power::CONFIG.replace("sessions:", "# sessions:");
    let party = party(&core, "power-dongguan", &config).await;
    let good = r#"{ send: query_bill, fields: { customer: "0319000000002", mode: "1", force: "0" } }"#;
    let sign_in = r#"{ send: sign_in, fields: { alg: "2" } }"#;
    passes(&core, "power-dongguan", &party, &config, &[sign_in], Some(good)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_core_passes_its_suite() {
    let core = Core::start(World::real());
    let config = r#"
settings: { branch: "0101", teller: GAPS01, suspense: "" }
links: { host: "127.0.0.1:0" }
"#;
    let party = party(&core, "core", config).await;
    let good = r#"{ send: debit, fields: { payer: "6230580000001234567", pname: "", payee: "9990000000000000001", rname: "",
        ccy: CNY, amount: 1, fee: 0, feeacct: "", pwdflag: "0", pin: "", memo: "", memocode: DF01, product: power } }"#;
    passes(&core, "core", &party, config, &[], Some(good)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_card_system_passes_its_suite() {
    let core = Core::start(World::real());
    let config = r#"
settings: { bank_code: "0402" }
members:
  SZ000001: { settings: { suspense: "9990000000000000002", mac: x9_19 }, keys: { tmk: { hex: "11223344556677888877665544332211" } } }
links: { out: "127.0.0.1:0" }
sessions: { SZ000001: { mak: "0123456789ABCDEFFEDCBA9876543210", pik: "00112233445566778899AABBCCDDEEFF" } }
"#;
    let party = party(&core, "campus-card", config).await;
    let good = r#"{ send: student, fields: { head: { school: SZ000001 }, stuno: "20180001234", cardno: "", name: 王小明, idno: "" } }"#;
    passes(&core, "campus-card", &party, config, &[], Some(good)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_core_passes_its_suite_over_http() {
    let core = Core::start(World::real());
    let config = r#"
settings: { branch: "0101", teller: GAPS01, suspense: "" }
links: { host: "127.0.0.1:0" }
"#;
    let choice = [("form".to_owned(), "json".to_owned())].into();
    let party = party_of(&core, "core", config, &choice).await;
    let good = r#"{ send: debit, facts: { flow_serial: A }, fields: { payer: "6230580000001234567", pname: "",
        payee: "9990000000000000001", rname: "", ccy: CNY, amount: 1, fee: 0, feeacct: "", pwdflag: "0", pin: "", memo: "",
        memocode: DF01, product: power } }"#;
    passes_in(&core, ("core", "json.yaml", &choice), &party, config, &[], Some(good)).await;
}
