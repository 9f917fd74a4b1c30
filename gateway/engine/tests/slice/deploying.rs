//! A deployment against the adapters: every fault with its code and place, and a reload under way.

use crate::parties::host;
use crate::support::{Bank, TOKEN, deployment};
use dsl::check::Text;
use engine::deployment::{in_clear, unfenced};
use engine::load::{compile, texts};
use engine::{Deployment, DeploymentFault, StartError, validate};
use std::path::Path;

fn faults(text: &str) -> Vec<(u64, &'static str)> {
    faults_beside(text, ("", ""))
}

/// Of a deployment of adapters that say something else in one place.
fn faults_beside(text: &str, change: (&str, &str)) -> Vec<(u64, &'static str)> {
    told_beside(text, change).into_iter().map(|fault| (fault.line, fault.code)).collect()
}

/// The same with what is said of each.
fn told_beside(text: &str, change: (&str, &str)) -> Vec<DeploymentFault> {
    let deployment = match Deployment::parse(text) {
        Ok(deployment) => deployment,
        Err(fault) => return vec![fault],
    };
    let loaded = compile(adapters(change), &deployment).unwrap();
    validate(&deployment, &loaded.compiled)
}

/// The small adapters, which say something else in one place.
fn adapters((from, to): (&str, &str)) -> Vec<Text> {
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slice/adapters");
    let mut texts = texts(&adapters).unwrap();
    for text in texts.iter_mut().filter(|text| !from.is_empty() && text.text.contains(from)) {
        text.text = text.text.replace(from, to).into();
    }
    texts
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

/// What goes over https is never sent to somebody who has not shown who he is, nor listened for without a certificate of ours.
#[test]
fn https_wants_who_signs_or_a_certificate() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let line = |needle: &str| good.lines().position(|line| line.contains(needle)).unwrap() as u64 + 1;
    let lacks = |link: &str, of: &str, what: &str| format!("link `{link}` of `{of}` has no `{what}`");
    let told = |text: &str, change: (&str, &str)| -> Vec<(u64, &'static str, String)> {
        let faults = told_beside(text, change);
        faults.into_iter().map(|fault| (fault.line, fault.code, fault.text)).collect()
    };
    let listens = ("link in http accept", "link in https accept");
    let listening = |tls: &str| {
        good.replace("in: { listen: '127.0.0.1:0'", &format!("in: {{ listen: '127.0.0.1:0'{tls}"))
    };
    let missing = lacks("in", "forms", "tls: { certificate: …, key: … }");
    for tls in
        ["", ", tls: { certificate: ours.pem }", ", tls: { key: ours.key }", ", tls: { trust: theirs.pem }"]
    {
        assert_eq!(
            told(&listening(tls), listens),
            vec![(line("forms:") + 1, "TS0808", missing.clone())],
            "{tls}"
        );
    }
    for tls in [", tls: { certificate: ours.pem, key: ours.key }", ", tls: { proxied: true }"] {
        assert_eq!(told(&listening(tls), listens), Vec::new(), "{tls}");
    }
    let web = "link web https connect \"网\" {\n  carries  record\n  timeout  answer 5s\n}\n\nlink drop folder connect";
    let connects = ("link drop folder connect", web);
    let drop = "      drop: {";
    let connecting =
        |tls: &str| good.replace(drop, &format!("      web: {{ address: '127.0.0.1:3'{tls} }}\n{drop}"));
    let missing = lacks("web", "grid", "tls: { trust: … }");
    for tls in ["", ", tls: { certificate: ours.pem, key: ours.key }", ", tls: { name: grid.example }"] {
        assert_eq!(told(&connecting(tls), connects), vec![(line(drop), "TS0808", missing.clone())], "{tls}");
    }
    for tls in [", tls: { trust: theirs.pem }", ", tls: { proxied: true }"] {
        assert_eq!(told(&connecting(tls), connects), Vec::new(), "{tls}");
    }
}

/// A server of files is known by the fingerprint of its key, and asked by a user; a folder of this machine needs neither.
#[test]
fn a_server_of_files_wants_a_user_and_its_fingerprint() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let line = good.lines().position(|line| line.contains("bills: {")).unwrap() as u64 + 1;
    let served = ("link bills folder accept", "link bills sftp accept");
    let given = |more: &str| {
        let text = good.replace("bills: { folder", &format!("bills: {{ {more}folder"));
        let faults = told_beside(&text, served);
        faults.into_iter().map(|fault| (fault.line, fault.code, fault.text)).collect::<Vec<_>>()
    };
    let lacks = |what: &str| vec![(line, "TS0808", format!("link `bills` of `grid` has no `{what}`"))];
    assert_eq!(given("address: '127.0.0.1:4', "), lacks("user"));
    assert_eq!(given("address: '127.0.0.1:4', host_key: 'SHA256:AAAA', "), lacks("user"));
    assert_eq!(given("address: '127.0.0.1:4', user: bank, "), lacks("host_key"));
    assert_eq!(given("address: '127.0.0.1:4', user: bank, host_key: 'SHA256:AAAA', "), Vec::new());
    assert_eq!(given(""), Vec::new());
}

/// One listener alone has an address, whoever else would have it: another link, another party, channels, operators.
#[test]
fn two_do_not_listen_at_one_address() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let line =
        |text: &str, needle: &str| text.lines().position(|line| line.contains(needle)).unwrap() as u64 + 1;
    let told = |text: &str| -> Vec<(u64, &'static str, String)> {
        let faults = told_beside(text, ("", ""));
        faults.into_iter().map(|fault| (fault.line, fault.code, fault.text)).collect()
    };
    let channels = |address: &str| good.replace("channels: '127.0.0.1:0'", &format!("channels: '{address}'"));
    let campus = |text: &str, address: &str| {
        text.replace("line: { listen: '127.0.0.1:0' }", &format!("line: {{ listen: '{address}' }}"))
    };
    let forms = |text: &str, address: &str| {
        text.replace("in: { listen: '127.0.0.1:0' }", &format!("in: {{ listen: '{address}' }}"))
    };
    // Two parties.
    let text = campus(&forms(&good, "127.0.0.1:9102"), "127.0.0.1:9102");
    let (first, second) = (line(&text, "in: { listen"), line(&text, "line: { listen"));
    let why = format!(
        "`parties.campus.links.line` listens at `127.0.0.1:9102`, and `parties.forms.links.in`, line {first}, listens there too; \
         give each a port of its own"
    );
    assert_eq!(told(&text), vec![(second, "TS0817", why)]);
    // Channels and a party, of which one takes every address of the machine.
    let text = campus(&channels("0.0.0.0:8080"), "127.0.0.1:8080");
    let why = format!(
        "`parties.campus.links.line` listens at `127.0.0.1:8080`, and `listeners.channels`, line {}, listens at `0.0.0.0:8080` too; \
         give each a port of its own",
        line(&text, "listeners:")
    );
    assert_eq!(told(&text), vec![(line(&text, "line: { listen"), "TS0817", why)]);
    // Channels and operators.
    let text = channels("127.0.0.1:8080', admin: 'localhost:8080");
    let told_of = told(&text);
    assert_eq!((told_of.len(), told_of[0].0, told_of[0].1), (1, line(&text, "listeners:"), "TS0817"));
    assert!(told_of[0].2.starts_with("`listeners.admin` listens at `localhost:8080`"), "{told_of:?}");
    // What is told apart by port or address, and an address that somebody else listens at and we connect to.
    for other in ["127.0.0.1:8081", "127.0.0.2:8080", "[::1]:8080"] {
        assert_eq!(told(&campus(&channels("127.0.0.1:8080"), other)), Vec::new(), "{other}");
    }
    assert_eq!(told(&channels("127.0.0.1:2")), Vec::new());
}

/// Nobody goes on relying on what did nothing.
#[test]
fn settings_that_are_gone_say_what_to_do() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let with = |line: &str| Deployment::parse(&format!("{good}{line}\n")).unwrap_err();
    let last = good.lines().count() as u64 + 1;
    let fault = with("holidays: ['2026-10-01']");
    assert_eq!((fault.line, fault.code), (last, "TS0801"));
    assert!(fault.text.starts_with("there is no setting `holidays` any more"), "{fault}");
    let fault = with("users: [{ name: maker, token_sha256: none, roles: [operator, keys] }]");
    assert_eq!((fault.line, fault.code), (last, "TS0801"));
    assert!(fault.text.contains("no role `keys`") && fault.text.contains("tongshi key"), "{fault}");
}

/// Wherever one may stand, in the order of the text.
#[test]
fn secrets_in_the_text_are_told_with_their_place() {
    let text = "keys: { path: none, passphrase: 'hunter 2' }
store: { postgres: { address: 'db:5432', password: hunter3 } }
mail: { server: 'mail:25', sender: x, security: tls, user: x, password: 'file:etc/mail' }
parties:
  bank:
  grid:
    links:
      open: { address: 'grid:22', secret: hunter4 }
      shut: { address: 'grid:22', secret: 'env:GRID' }
    members:
      S001: { links: { open: { secret: hunter5 } } }
";
    let found = in_clear(text);
    let said: Vec<(u64, &str)> =
        found.iter().map(|fault| (fault.line, fault.text.split('`').nth(1).unwrap())).collect();
    assert_eq!(
        said,
        [
            (1, "keys.passphrase"),
            (2, "store.postgres.password"),
            (8, "parties.grid.links.open.secret"),
            (11, "parties.grid.members.S001.links.open.secret"),
        ]
    );
    assert!(found.iter().all(|fault| fault.code == "TS0818" && !fault.text.contains("hunter")), "{found:?}");
    // Nor is one shown where the line beside it is wrong.
    let fault =
        Deployment::parse(&format!("{text}nothing: 1\n").replace(" }\nstore", ", pasphrase: x }\nstore"))
            .unwrap_err();
    assert!(fault.text.contains("pasphrase") && !fault.text.contains("hunter"), "{fault}");
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

/// Whoever did not compare the deployment with the adapters is refused by the listener itself, and what was goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_is_not_listened_for_in_clear() {
    let bank = Bank::open().await;
    let text = deployment(&bank.core.address, &bank.grid.address, &bank.folder.0);
    let deployment = Deployment::parse(&text).unwrap();
    let loaded = compile(adapters(("link in http accept", "link in https accept")), &deployment).unwrap();
    let version = engine::Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).unwrap();
    match bank.gateway().reload(version, deployment).await {
        Err(StartError::Listen(why)) => assert_eq!(
            why,
            "link `in` of `forms`: https needs `tls` with a certificate and its key, or `tls: { proxied: true }`"
        ),
        other => panic!("{other:?}"),
    }
    assert_eq!(bank.pay("R1", "400.00").await.1["outcome"], "done");
}

/// Whoever runs nodes on several machines hears what that costs, and what to write.
#[test]
fn a_database_for_several_machines_without_a_fence_is_warned_of_with_its_calls() {
    let good = deployment("127.0.0.1:1", "127.0.0.1:2", Path::new("/tmp"));
    let told = |store: &str| {
        let text = good.replace("store: { path: memory }", &format!("store: {{ postgres: {{ {store} }} }}"));
        let deployment = Deployment::parse(&text).unwrap();
        let loaded = compile(adapters(("", "")), &deployment).unwrap();
        assert_eq!(validate(&deployment, &loaded.compiled), Vec::new());
        unfenced(&deployment, &loaded.compiled)
    };
    let warning = told("address: 'db:5432'").unwrap();
    assert_eq!((warning.line, warning.code), (2, "TS0819"));
    assert!(warning.text.contains("fence: process") && warning.text.contains("host.debit"), "{warning}");
    for well in [
        "address: /run/postgresql",
        "address: 'db:5432', fence: process",
        "address: 'db:5432', fence: { script: bin/fence }",
    ] {
        assert_eq!(told(well), None, "{well}");
    }
    let wrong = |fence: &str| {
        let store = format!("store: {{ postgres: {{ address: 'db:5432', fence: {fence} }} }}");
        Deployment::parse(&good.replace("store: { path: memory }", &store)).unwrap_err().code
    };
    assert_eq!([wrong("egress"), wrong("{ script: x, seconds: 0 }")], ["TS0801", "TS0801"]);
}
