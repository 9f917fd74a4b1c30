//! The gateway as those who operate it have it: keys made by `tongshi key`, a deployment in a file, `tongshi run` as a process,
//! channels and operators over TLS, a signal to end it. Everything is asked from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use adapters::seal::{KeyKind, PreparedKey, Signature, sign};
use bytes::Bytes;
use dsl::evaluate::coded::to_base64;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::tls::{Identity, TlsClient, TlsClientConfig, TlsVersions};
use link::{Core, CoreOwner, World};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A bank that greets and counts.
const BANK: &str = r#"
module bank

parameter most  money  "单笔限额"

service greet query "问候" {
  ask {
    name  text ..10 chars
  }
  answer {
    text  text ..30 chars
  }
}

service note posting "记事" {
  ask {
    text       text ..30 chars
    reference  text ..32 chars
  }
  answer {
    text  text ..30 chars
  }
}

service order posting "查控令" {
  ask {
    order_no   text ..30 chars
    reference  text ..32 chars
    papers  list ..3 {
      name     text ..30 chars
      holder   person_name
      content  bytes ..64 KB
    }
  }
}

flow order on bank.order {
  check  count(ask.papers) > 0 else refuse other
}

flow greet on bank.greet {
  answer {
    text  <- "hello {ask.name}"
  }
}

flow note on bank.note {
  check  parameter.most > 0.00 else refuse other
  limit  count by ask.text each day at most 9 else refuse other
  answer {
    text  <- ask.text
  }
}
"#;

/// SHA-256 of `secret`.
const SECRET: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

/// A process that ends with the test.
struct Running {
    child: Child,
    channels: String,
    operators: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct House {
    folder: PathBuf,
    authority: CertifiedIssuer<'static, KeyPair>,
    atm: Identity,
    owner: CoreOwner,
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn tongshi(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    command.current_dir(folder).env("TONGSHI_PASSPHRASE", "a test passphrase");
    command
}

fn key(folder: &Path, arguments: &[&str], input: &str) {
    let mut command = tongshi(folder);
    command.arg("key").args(arguments).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().expect("tongshi key");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input");
    assert!(child.wait().expect("an end").success(), "tongshi key {arguments:?}");
}

impl House {
    /// Certificates, keys, an adapter and a deployment in a folder of the test's own.
    fn make(token: &KeyPair) -> Self {
        let folder = std::env::temp_dir().join(format!("operate-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(folder.join("configs/bank")).expect("a folder");
        std::fs::write(folder.join("configs/bank/bank.tongshi"), BANK).expect("an adapter");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pair = KeyPair::generate().expect("a pair");
        let authority = CertifiedIssuer::self_signed(params, pair).expect("an authority");
        let issue = |name: &str| {
            let pair = KeyPair::generate().expect("a pair");
            let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
            let certificate = params.signed_by(&pair, &authority).expect("a certificate");
            (certificate.pem(), pair.serialize_pem(), certificate.der().to_vec())
        };
        let (certificate, private, _) = issue("localhost");
        let (shown, own, der) = issue("atm");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
        write("gateway.pem", &certificate);
        write("gateway.key", &private);
        write("authority.pem", &authority.pem());
        let digest = sha256(&der);
        write("gateway.yaml", &deployment(&digest));
        key(&folder, &["create"], "");
        key(&folder, &["generate", "journal", "secret", "--bytes", "32"], "");
        key(&folder, &["import", "partner.token", "ec"], &token.public_key_pem());
        let atm = Identity { chain: shown, key: own };
        Self { folder, authority, atm, owner: Core::start(World::real()) }
    }

    fn run(&self) -> Running {
        let mut command = tongshi(&self.folder);
        command.args(["run", "gateway.yaml"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("tongshi run");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut address = |before: &str| {
            let line = lines.next().expect("a line").expect("text");
            let rest = line.strip_prefix(before).unwrap_or_else(|| panic!("{line}"));
            rest.split([';', ' ']).next().expect("an address").trim_end_matches('.').to_owned()
        };
        let channels = address("Channels ask at ");
        let operators = address("Operators ask at ");
        Running { child, channels, operators }
    }

    async fn ask(&self, address: &str, shows: Shows<'_>, message: HttpMessage) -> Option<(u16, Value)> {
        let reply = self.reply(address, shows, message).await?;
        Some((reply.status, serde_json::from_slice(&reply.content).unwrap_or(Value::Null)))
    }

    async fn reply(&self, address: &str, shows: Shows<'_>, message: HttpMessage) -> Option<HttpMessage> {
        let config = TlsClientConfig {
            roots: self.authority.pem(),
            server_name: Some("localhost".to_owned()),
            identity: matches!(shows, Shows::Certificate).then(|| self.atm.clone()),
            versions: TlsVersions::default(),
            protocols: Vec::new(),
        };
        let tls = TlsClient::new(&config, "localhost").expect("a client");
        let config = HttpClientConfig { tls: Some(Arc::new(tls)), ..HttpClientConfig::new(address) };
        let client = HttpClient::new(&self.owner.core(), config);
        let mut message = message;
        if let Shows::Token(token) = shows {
            message.headers.push(("authorization".into(), Bytes::from(format!("Bearer {token}"))));
        }
        let until = self.owner.mark().after(Duration::from_secs(20));
        client.exchange(&message, until).await.reply()
    }
}

#[derive(Clone, Copy)]
enum Shows<'t> {
    Nothing,
    Certificate,
    Token(&'t str),
}

fn sha256(octets: &[u8]) -> String {
    let digest = adapters::seal::digest(adapters::seal::Digest::Sha256, octets);
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn deployment(certificate: &str) -> String {
    let auditor = sha256(b"auditor");
    let viewer = sha256(b"viewer");
    let archive = sha256(b"archive");
    let (maker, checker) = (sha256(b"maker"), sha256(b"checker"));
    format!(
        "node: test
store: {{ path: journal.db, key: journal }}
keys: {{ path: var/keys.store }}
spool: spool
parties: {{ bank: {{ settings: {{ most: '500.00' }} }} }}
listeners:
  channels: '127.0.0.1:0'
  channels_tls: {{ certificate: gateway.pem, key: gateway.key, trust: authority.pem, clients: optional }}
  admin: '127.0.0.1:0'
  admin_tls: {{ certificate: gateway.pem, key: gateway.key }}
channels:
  - {{ name: atm, certificate_sha256: {certificate}, services: [bank.greet] }}
  - {{ name: mobile, token_sha256: {SECRET}, services: [bank.greet, bank.note, bank.order] }}
  - {{ name: partner, token_key: partner.token, services: [bank.note] }}
users:
  - {{ name: eyes, token_sha256: {viewer}, roles: [viewer] }}
  - {{ name: books, token_sha256: {auditor}, roles: [auditor] }}
  - {{ name: archive, token_sha256: {archive}, roles: [documents] }}
  - {{ name: maker, token_sha256: {maker}, roles: [operator, checker] }}
  - {{ name: checker, token_sha256: {checker}, roles: [checker] }}
"
    )
}

fn post(service: &str, body: &Value) -> HttpMessage {
    HttpMessage::post(format!("/v1/{service}"), Bytes::from(body.to_string()))
}

fn get(path: &str) -> HttpMessage {
    HttpMessage { method: "GET".to_owned(), ..HttpMessage::post(path, Bytes::new()) }
}

/// A token signed by a channel: who, and for how many seconds.
fn token(pair: &KeyPair, issuer: &str, seconds: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let part =
        |value: &Value| String::from_utf8(to_base64(value.to_string().as_bytes(), true)).expect("ascii");
    let head = part(&json!({ "alg": "ES256", "typ": "JWT" }));
    let claims = part(&json!({ "iss": issuer, "exp": now + seconds }));
    let covered = format!("{head}.{claims}");
    let key = PreparedKey::from_pem(KeyKind::Ec, &pair.serialize_pem()).expect("a key");
    let mut random = |_: &mut [u8]| {};
    let signature =
        sign(Signature::EcdsaSha256Raw, &key, covered.as_bytes(), None, &mut random).expect("a signature");
    format!("{covered}.{}", String::from_utf8(to_base64(&signature, true)).expect("ascii"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_and_operators_show_who_they_are_and_what_is_refused_is_written_down() {
    let pair = KeyPair::generate().expect("a pair");
    let house = House::make(&pair);
    let mut running = house.run();
    let channels = running.channels.clone();
    let ask = async |shows, message| house.ask(&channels, shows, message).await.expect("an answer");

    // By certificate, by token, by a token that the channel signed.
    let (status, told) = ask(Shows::Certificate, post("bank.greet", &json!({ "name": "atm" }))).await;
    assert_eq!((status, &told["answer"]["text"]), (200, &json!("hello atm")), "{told}");
    let (status, told) = ask(Shows::Token("secret"), post("bank.greet", &json!({ "name": "phone" }))).await;
    assert_eq!((status, &told["answer"]["text"]), (200, &json!("hello phone")), "{told}");
    let note = json!({ "text": "once", "reference": "N1" });
    let signed = token(&pair, "partner", 60);
    let (status, told) = ask(Shows::Token(&signed), post("bank.note", &note)).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    let (_, again) = ask(Shows::Token(&signed), post("bank.note", &note)).await;
    assert_eq!(again, told);

    // Nobody, somebody else, and what is not granted.
    let other = KeyPair::generate().expect("a pair");
    let bad = [
        "wrong".to_owned(),
        token(&other, "partner", 60),
        token(&pair, "mobile", 60),
        token(&pair, "partner", 0),
        token(&pair, "partner", 90_000),
    ];
    for shows in bad.iter().map(|token| Shows::Token(token)).chain([Shows::Nothing]) {
        let (status, told) = ask(shows, post("bank.note", &note)).await;
        assert_eq!((status, &told["reason"]), (401, &json!("no_session")), "{told}");
    }
    let (status, told) = ask(Shows::Certificate, post("bank.note", &note)).await;
    assert_eq!((status, &told["reason"]), (403, &json!("no_agreement")), "{told}");

    // What a channel's programmer and a watchman look at.
    let (_, page) = ask(Shows::Nothing, get("/openapi.json")).await;
    assert_eq!(page["paths"]["/v1/bank.note"]["post"]["summary"], "记事", "{page}");
    assert_eq!(ask(Shows::Nothing, get("/ready")).await.0, 200);

    // Operators by role.
    let operators = running.operators.clone();
    let look = async |shows, path: &str| {
        house.ask(&operators, shows, get(&format!("/admin/v1/{path}"))).await.expect("an answer")
    };
    assert_eq!(look(Shows::Nothing, "flows").await.0, 401);
    assert_eq!(look(Shows::Token("viewer"), "refused").await.0, 403);
    let (status, flows) = look(Shows::Token("viewer"), "flows").await;
    assert_eq!((status, flows["flows"][0]["name"].as_str()), (200, Some("bank.note")), "{flows}");
    let faults = [
        "no channel has this token",
        "the signature of the token does not hold",
        "no channel signed this token",
        "the token has run out",
        "the token holds for more than an hour",
        "channel atm may not ask bank.note",
        "user eyes has none of the roles",
    ];
    // They are written down behind the answer, with the next writes of the journal.
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let (status, refused) = look(Shows::Token("auditor"), "refused").await;
        let text = refused.to_string();
        assert_eq!(status, 200, "{text}");
        let missing: Vec<&str> = faults.into_iter().filter(|fault| !text.contains(fault)).collect();
        if missing.is_empty() {
            break;
        }
        assert!(Instant::now() < until, "{missing:?}: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    a_second_one_on_the_journal_is_turned_away(&house, &running).await;

    documents_are_given_to_those_who_may_see_them(&house, &running).await;

    parameters_are_changed_by_two(&house, &running);

    limits_name_nobody(&house, &running).await;

    // TERM lets it end by itself.
    let stopped = Command::new("kill").arg(running.child.id().to_string()).status().expect("kill");
    assert!(stopped.success());
    let end = tokio::task::block_in_place(|| running.child.wait()).expect("an end");
    assert!(end.success(), "{end}");
}

/// The same command typed twice: the second one ends before it has touched anything, and the first one goes on as before.
async fn a_second_one_on_the_journal_is_turned_away(house: &House, running: &Running) {
    let mut command = tongshi(&house.folder);
    command.args(["run", "gateway.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut second = Running {
        child: command.spawn().expect("tongshi run"),
        channels: String::new(),
        operators: String::new(),
    };
    let said = BufReader::new(second.child.stdout.take().expect("a pipe")).lines().next();
    assert!(said.is_none(), "the second one runs: {said:?}");
    let mut why = String::new();
    second.child.stderr.take().expect("a pipe").read_to_string(&mut why).expect("text");
    assert_eq!(second.child.wait().expect("an end").code(), Some(3), "{why}");
    let named = house.folder.join("journal.db").canonicalize().expect("a journal");
    let first = format!("in use by process {}", running.child.id());
    assert!(why.contains(&named.display().to_string()) && why.contains(&first), "{why}");
    assert!(why.contains("Stop that one first"), "{why}");
    // The first one pays, is ready, and an auditor reads beside it.
    let note = json!({ "text": "beside", "reference": "N0" });
    let told = house.ask(&running.channels, Shows::Token("secret"), post("bank.note", &note)).await;
    let (status, told) = told.expect("an answer");
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    let ready = house.ask(&running.channels, Shows::Nothing, get("/ready")).await.expect("an answer");
    assert_eq!(ready.0, 200, "{}", ready.1);
    let audit =
        tongshi(&house.folder).args(["audit", "verify", "gateway.yaml"]).output().expect("tongshi audit");
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
}

/// Legal documents that came with an order: seen and taken with the role for it alone, and each reading is on record.
async fn documents_are_given_to_those_who_may_see_them(house: &House, running: &Running) {
    let paper = b"%PDF-1.7 an order";
    let order = json!({ "order_no": "O-1", "reference": "O1", "papers": [
        { "name": "order.pdf", "holder": "甲乙丙", "content": to_base64_text(paper) },
        { "name": "again.pdf", "holder": "甲乙丙", "content": to_base64_text(paper) },
        { "name": "card.jpg", "holder": "甲乙丙", "content": to_base64_text(b"\xFF\xD8\xFF a card") },
    ]});
    let (status, told) =
        house.ask(&running.channels, Shows::Token("secret"), post("bank.order", &order)).await.expect("told");
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    let flow = told["flow"].as_str().expect("a flow").to_owned();
    let look = async |token, path: &str| {
        let path = format!("/admin/v1/flows/{flow}{path}");
        house.reply(&running.operators, Shows::Token(token), get(&path)).await.expect("an answer")
    };
    let json_of = |reply: &HttpMessage| serde_json::from_slice::<Value>(&reply.content).expect("JSON");
    for token in ["viewer", "auditor"] {
        assert_eq!(look(token, "/documents").await.status, 403, "{token}");
        assert_eq!(look(token, "/documents/1").await.status, 403, "{token}");
    }
    let list = json_of(&look("archive", "/documents").await);
    let rows = list["documents"].as_array().expect("a list");
    // What came twice stands once.
    assert_eq!(rows.len(), 2, "{list}");
    assert_eq!(
        (&rows[0]["path"], &rows[0]["media"]),
        (&json!("ask.papers[1].content"), &json!("application/pdf"))
    );
    assert_eq!((&rows[0]["octets"], &rows[0]["sha256"]), (&json!(paper.len()), &json!(sha256(paper))));
    assert_eq!(rows[0]["beside"]["name"], "order.pdf");
    assert!(!rows[0]["beside"]["holder"].as_str().expect("a name").contains("丙"), "{list}");
    let got = look("archive", "/documents/1").await;
    assert_eq!((got.status, got.content.as_ref()), (200, &paper[..]));
    assert_eq!(got.header("content-type"), Some(&Bytes::from_static(b"application/pdf")));
    assert_eq!(look("archive", "/documents/3").await.status, 404);
    // Whoever sees the flow sees that there are documents, and not what stands in them.
    for token in ["viewer", "auditor"] {
        let story = look(token, "").await;
        let shown = &json_of(&story)["ask"]["papers"][0];
        let summed = json!({ "octets": paper.len(), "sha256": sha256(paper) });
        assert_eq!((&shown["name"], &shown["content"]), (&json!("order.pdf"), &summed), "{token}");
        let text = String::from_utf8_lossy(&story.content).into_owned();
        assert!(!text.contains(&to_base64_text(paper)), "{token}: {text}");
    }
    let story = json_of(&look("auditor", "").await);
    let read =
        story["history"].as_array().expect("a history").iter().find(|line| line["kind"] == "document read");
    assert_eq!(read.expect("a reading")["says"]["by"], "archive", "{story}");
}

/// What a limit counts by is an account: nobody reads it, in the list or in the journal's file; an auditor finds the counter of one.
async fn limits_name_nobody(house: &House, running: &Running) {
    const ACCOUNT: &str = "6230580000001234567";
    let note = json!({ "text": ACCOUNT, "reference": "N2" });
    let told = house.ask(&running.channels, Shows::Token("secret"), post("bank.note", &note)).await;
    let (status, told) = told.expect("an answer");
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    let look = async |token, path: &str, query: &str| {
        let message = HttpMessage { query: query.to_owned(), ..get(&format!("/admin/v1/{path}")) };
        house.ask(&running.operators, Shows::Token(token), message).await.expect("an answer")
    };
    let (_, flows) = look("viewer", "flows", "").await;
    let limits = format!("limits/{}", flows["flows"][0]["date"].as_str().expect("a date"));
    let (status, all) = look("viewer", &limits, "").await;
    let rows = all["limits"].as_array().expect("a list");
    assert_eq!((status, rows.len()), (200, 3), "{all}");
    for row in rows {
        assert_eq!((&row["module"], &row["flow"]), (&json!("bank"), &json!("note")), "{all}");
        assert_eq!((&row["limit"], &row["used"]), (&json!("count by ask.text each day"), &json!(1)), "{all}");
    }
    let hex: String = ACCOUNT.bytes().map(|octet| format!("{octet:02x}")).collect();
    assert!(!all.to_string().contains(ACCOUNT) && !all.to_string().contains(&hex), "{all}");
    for name in ["journal.db", "journal.db-wal"] {
        let octets = std::fs::read(house.folder.join(name)).unwrap_or_default();
        for text in [ACCOUNT.as_bytes(), hex.as_bytes()] {
            assert!(
                !octets.windows(text.len()).any(|part| part == text),
                "{name} names whom a limit counts for"
            );
        }
    }
    let by = format!("by={ACCOUNT}");
    assert_eq!(look("viewer", &limits, &by).await.0, 403);
    let (status, one) = look("auditor", &limits, &by).await;
    let found = one["limits"].as_array().expect("a list");
    assert_eq!((status, found.len()), (200, 1), "{one}");
    assert!(rows.contains(&found[0]), "{one} {all}");
}

/// By the command, over the operators' API: one proposes, who is one and the same may not agree, another agrees; a viewer sees it.
fn parameters_are_changed_by_two(house: &House, running: &Running) {
    let parameter = |token: &str, arguments: &[&str]| {
        let mut command = tongshi(&house.folder);
        let line = ["parameter", "--admin", &running.operators, "--trust", "authority.pem"];
        command.args(line).args(["--server-name", "localhost"]).args(arguments).env("TONGSHI_TOKEN", token);
        let output = tokio::task::block_in_place(|| command.output()).expect("tongshi parameter");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let (code, said) = parameter("viewer", &["list"]);
    assert!(code == Some(0) && said.contains("500.00") && said.contains("单笔限额"), "{said}");
    let propose =
        ["propose", "bank", "most", "10000.00", "--from", "2099-01-01", "--reason", "the park's wish"];
    let (code, said) = parameter("viewer", &propose);
    assert!(code == Some(1) && said.contains("operator"), "{said}");
    let (code, said) = parameter("maker", &propose);
    assert!(code == Some(0) && said.contains("change 1 is proposed"), "{said}");
    let (code, said) = parameter("maker", &["agree", "1"]);
    assert!(code == Some(1) && said.contains("another person must agree"), "{said}");
    let (code, said) = parameter("checker", &["agree", "1"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = parameter("maker", &["refuse", "1"]);
    assert!(code == Some(1) && said.contains("no change 1 waits"), "{said}");
    let (_, said) = parameter("viewer", &["list"]);
    assert!(said.contains("10000.00 from 2099-01-01"), "{said}");
    let (_, said) = parameter("auditor", &["changes"]);
    let wanted = "500.00 -> 10000.00 from 2099-01-01, proposed by maker, agreed by checker";
    assert!(said.contains(wanted), "{said}");
    let (code, said) = parameter("nobody", &["list"]);
    assert!(code == Some(1) && said.contains("no user has this token"), "{said}");
}

fn to_base64_text(octets: &[u8]) -> String {
    String::from_utf8(to_base64(octets, false)).expect("ascii")
}
