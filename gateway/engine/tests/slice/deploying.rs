//! A deployment against the adapters: every fault with its code and place, and a reload under way.

use crate::support::{Bank, TOKEN, deployment};
use engine::load::{compile, texts};
use engine::{Deployment, validate};
use std::path::Path;

fn faults(text: &str) -> Vec<(u64, &'static str)> {
    faults_beside(text, ("", ""))
}

/// Of a deployment of adapters that say something else in one place.
fn faults_beside(text: &str, (from, to): (&str, &str)) -> Vec<(u64, &'static str)> {
    let deployment = match Deployment::parse(text) {
        Ok(deployment) => deployment,
        Err(fault) => return vec![(fault.line, fault.code)],
    };
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
    let mut texts = texts(&adapters).unwrap();
    for text in texts.iter_mut().filter(|text| !from.is_empty() && text.text.contains(from)) {
        text.text = text.text.replace(from, to).into();
    }
    let loaded = compile(texts, &deployment).unwrap();
    validate(&deployment, &loaded.compiled).into_iter().map(|fault| (fault.line, fault.code)).collect()
}

#[test]
fn each_fault_is_told_with_its_line() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let line = |needle: &str| good.lines().position(|line| line.contains(needle)).unwrap() as u64 + 1;
    let with = |from: &str, to: &str| faults(&good.replace(from, to));
    assert_eq!(faults(&good), Vec::new());
    assert_eq!(with("asker_seconds: 20", "asker_secnds: 20"), vec![(line("asker_seconds"), "TS0801")]);
    assert_eq!(with("  grid:\n", "  gird:\n").first(), Some(&(0, "TS0806")));
    assert!(with("  grid:\n", "  gird:\n").contains(&(line("  grid:") + 1, "TS0802")));
    assert_eq!(with("once_limit: '500.00', ", ""), vec![(line("  bank:") + 1, "TS0803")]);
    assert_eq!(with("once_limit: '500.00'", "once_limit: '5.001'"), vec![(line("once_limit"), "TS0805")]);
    assert_eq!(with("keys: { mmk: grid_mmk }", "keys: { mnk: grid_mmk }").len(), 2);
    assert_eq!(with("line: { address: '127.0.0.1:1' }", "line: { address: '127.0.0.1' }")[0].1, "TS0808");
    assert_eq!(with("bank.collect,", "bank.colect,")[0].1, "TS0812");
    assert_eq!(with("token_sha256: 2bb8", "token_sha256: 2b")[0].1, "TS0813");
    for wrong in
        ["failed_percent: 0", "failed_percent: 101", "seconds: 61", "pause_seconds: 0", "exchanges: -1"]
    {
        let told = with("asker_seconds: 20", &format!("breaker: {{ {wrong} }}"));
        assert_eq!(told, vec![(line("asker_seconds"), "TS0801")], "{wrong}");
    }
    for wrong in ["open_of_a_party: 0", "questions_a_second: 0"] {
        assert_eq!(with("asker_seconds: 20", wrong), vec![(line("asker_seconds"), "TS0801")], "{wrong}");
    }
    let keep = |keep: &str| with("path: memory", &format!("path: memory, {keep}"));
    assert_eq!(keep("keep: 400d, export: /tmp/days"), Vec::new());
    for wrong in ["keep: 39d", "keep: 400", "keep: 24h", "keep: for ever", "export: /tmp/days"] {
        assert_eq!(keep(wrong), vec![(line("path: memory"), "TS0813")], "{wrong}");
    }
    // The journal knows what names no day as long as it is kept.
    let repeats = |keep: &str| {
        let text = good.replace("path: memory", &format!("path: memory, {keep}"));
        faults_beside(&text, ("repeats within 24h", "repeats within 2400h"))
    };
    assert_eq!(repeats("keep: 99d"), vec![(line("path: memory"), "TS0813")]);
    assert_eq!(repeats("keep: 100d"), Vec::new());
    let clock = |clock: &str| faults(&format!("clock: {clock}\n{good}"));
    let right = "start: '2026-11-23 09:00:00', since: '2026-11-28T07:00:00Z'";
    assert_eq!(clock(&format!("{{ {right}, scale: 20 }}")), Vec::new());
    assert_eq!(clock("{ start: morning, since: then, scale: 0 }"), vec![(1, "TS0813"); 3]);
    assert_eq!(clock(&format!("{{ {right} }}"))[0].1, "TS0801");
}

/// Two persons are two only where each has a name, a token, and a role that is one.
#[test]
fn who_operates_and_who_asks_can_be_told_apart() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
    let loaded = compile(texts(&adapters).unwrap(), &Deployment::parse(&good).unwrap()).unwrap();
    let faults = |text: &str| -> Vec<(u64, &'static str)> {
        let deployment = Deployment::parse(text).unwrap();
        validate(&deployment, &loaded.compiled).into_iter().map(|fault| (fault.line, fault.code)).collect()
    };
    let (one, other) = ("ab".repeat(32), "cd".repeat(32));
    let first = good.lines().count() as u64 + 2;
    let users = |maker: &str, checker: &str| {
        faults(&format!("{good}users:\n  - {{ name: {maker} }}\n  - {{ name: {checker} }}\n"))
    };
    let maker = format!("maker, token_sha256: {one}, roles: [operator, checker]");
    let checker = |name: &str, token: &str, role: &str| {
        users(&maker, &format!("{name}, token_sha256: '{token}', roles: [checker, {role}]"))
    };
    assert_eq!(checker("checker", &other, "viewer"), Vec::new());
    // A role that only a flow names.
    assert_eq!(checker("checker", &other, "legal"), Vec::new());
    assert_eq!(checker("maker", &other, "viewer"), vec![(first + 1, "TS0814")]);
    assert_eq!(checker("checker", &one, "viewer"), vec![(first + 1, "TS0814")]);
    assert_eq!(checker("checker", &one.to_uppercase(), "viewer"), vec![(first + 1, "TS0814")]);
    for wrong in ["cd".repeat(31), "cg".repeat(32), "+d".repeat(32), "checker".to_owned()] {
        assert_eq!(checker("checker", &wrong, "viewer"), vec![(first + 1, "TS0813")], "{wrong}");
    }
    for wrong in ["checkr", "lawful", "admin"] {
        assert_eq!(checker("checker", &other, wrong), vec![(first + 1, "TS0813")], "{wrong}");
    }
    // Of channels the same, each way to show who one is by itself.
    let channels = |more: &str| {
        let more = format!("channels:\n  - {{ name: kiosk, services: [bank.query_bill], {more} }}\n");
        faults(&good.replace("channels:\n  -", &format!("{more}  -")))
    };
    let line = good.lines().position(|line| line == "channels:").unwrap() as u64 + 3;
    assert_eq!(channels(&format!("token_sha256: {one}")), Vec::new());
    assert_eq!(channels(&format!("certificate_sha256: {TOKEN}")), Vec::new());
    assert_eq!(channels(&format!("token_sha256: {TOKEN}")), vec![(line, "TS0814")]);
    assert_eq!(channels(&format!("token_sha256: '{}'", "+d".repeat(32))), vec![(line - 1, "TS0813")]);
}

/// A gateway that is started again in a trial goes on where its day stands, not where it began.
#[test]
fn a_trial_s_clock_is_one_for_all_who_read_it() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(3);
    let clock = format!("clock: {{ start: '2026-11-23 09:00:00', since: '{since}', scale: 20 }}\n{good}");
    let shows = || Deployment::parse(&clock).unwrap().world_clock().now().micros();
    let nine = "2026-11-23T01:00:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let first = shows();
    assert!(first >= nine + 60_000_000, "{first}");
    assert!(shows() >= first && shows() < nine + 3_600_000_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_takes_new_settings_for_new_requests() {
    let bank = Bank::open().await;
    assert_eq!(bank.pay("R1", "400.00").await.1["outcome"], "done");
    let text =
        deployment(&bank.core.address, &bank.grid.address, &bank.folder.0).replace("'500.00'", "'300.00'");
    let deployment = Deployment::parse(&text).unwrap();
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
    let loaded = compile(texts(&adapters).unwrap(), &deployment).unwrap();
    let version = engine::Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).unwrap();
    bank.gateway().reload(version, deployment).await.unwrap();
    assert_eq!(bank.pay("R2", "400.00").await.1["reason"], "over_limit");
    assert_eq!(bank.pay("R3", "200.00").await.1["outcome"], "done");
    assert_eq!(bank.books(), (60_000, 60_000));
}
