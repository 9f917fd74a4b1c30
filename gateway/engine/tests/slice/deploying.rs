//! A deployment against the adapters: every fault with its code and place, and a reload under way.

use crate::parties::host;
use crate::support::{Bank, deployment};
use engine::load::{compile, texts};
use engine::{Deployment, StartError, validate};
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

/// Reloads with another text of the deployment.
async fn reload(bank: &Bank, text: &str) -> Result<(), StartError> {
    let deployment = Deployment::parse(text).unwrap();
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
    let loaded = compile(texts(&adapters).unwrap(), &deployment).unwrap();
    let version = engine::Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).unwrap();
    bank.gateway().reload(version, deployment).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_takes_new_settings_for_new_requests() {
    let bank = Bank::open().await;
    assert_eq!(bank.pay("R1", "400.00").await.1["outcome"], "done");
    let text =
        deployment(&bank.core.address, &bank.grid.address, &bank.folder.0).replace("'500.00'", "'300.00'");
    reload(&bank, &text).await.unwrap();
    assert_eq!(bank.pay("R2", "400.00").await.1["reason"], "over_limit");
    assert_eq!(bank.pay("R3", "200.00").await.1["outcome"], "done");
    assert_eq!(bank.books(), (60_000, 60_000));
}

/// One link would go elsewhere, another is to listen where somebody listens already: the old version goes on with all that it had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_that_cannot_listen_changes_nothing() {
    let bank = Bank::open().await;
    let other = host(&bank.owner.core()).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let text = deployment(&other.address, &bank.grid.address, &bank.folder.0)
        .replace("'500.00'", "'300.00'")
        .replace(
            "links: { in: { listen: '127.0.0.1:0' } }",
            &format!("links: {{ in: {{ listen: '{at}' }} }}"),
        );
    let listens = |party: &str, link: &str| bank.gateway().address(party, link);
    let before = (listens("grid", "back"), listens("forms", "in"));
    let failed = reload(&bank, &text).await;
    assert!(matches!(&failed, Err(StartError::Listen(why)) if why.contains("forms")), "{failed:?}");
    assert_eq!((listens("grid", "back"), listens("forms", "in")), before);
    let (_, told) = bank.pay("R4", "400.00").await;
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(bank.books(), (40_000, 40_000));
    assert_eq!(other.ledger.lock().unwrap().heard, Vec::<String>::new());
    drop(taken);
    reload(&bank, &text).await.unwrap();
    assert_eq!(listens("forms", "in"), Some(at.to_string()));
    assert_eq!(bank.pay("R5", "200.00").await.1["outcome"], "done");
    assert_eq!(
        (bank.core.ledger.lock().unwrap().holds(), other.ledger.lock().unwrap().holds()),
        (40_000, 20_000)
    );
}
