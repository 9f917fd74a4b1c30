//! Built-in parties as a gateway reaches them: addresses of a deployment, and letters that a stock mail server takes.

use super::*;
use crate::stage::Authority;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where no adapter is needed.
fn none() -> Adapters<'static> {
    Adapters { texts: &[], configs: Path::new("."), trial: false }
}

fn deployment(address: &str, mail: &str) -> Deployment {
    let text = format!(
        "store: {{ path: memory }}\nkeys: {{ path: none }}\nspool: spool\nlisteners: {{ channels: '127.0.0.1:0' }}
parties: {{ paper: {{ links: {{ out: {{ address: '{address}' }}, back: {{ address: '10.0.0.1:80' }} }} }} }}\n{mail}"
    );
    Deployment::parse(&text).expect("a deployment")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_built_in_parties_become_real_ones_and_others_stay() {
    let builtin = Builtin::start(World::real()).await.expect("starts");
    let mut known = deployment("builtin:paper", "");
    builtin.reach(&mut known, none()).await.expect("it is there");
    let address = |link: &str| known.parties["paper"].value.links[link].value.address.clone();
    assert!(address("out").expect("an address").starts_with("127.0.0.1:"));
    assert_eq!(address("back").as_deref(), Some("10.0.0.1:80"));
    let told = builtin.reach(&mut deployment("builtin:fax", ""), none()).await.expect_err("it is not there");
    assert_eq!(told, "parties.paper.links.out: no `builtin:fax`; there is: books, mail, paper");
    let told = builtin.reach(&mut deployment("builtin:mail", ""), none()).await.expect_err("no server");
    assert_eq!(told, "parties.paper.links.out: mail needs its server: give `mail:`");
    let open = "mail: { server: 'm:25', sender: a@bank.example, security: none, user: u, password: plain }";
    let told =
        builtin.reach(&mut deployment("builtin:mail", open), none()).await.expect_err("an open password");
    assert_eq!(told, "mail.password: who signs in needs one, as `env:NAME` or `file:PATH`");
}

const ADAPTER: &str = r#"
party shop "" {
  charset  utf8
  day      cut_over 23:30
  serial   counter(8)
}

link out http connect "" {
  carries  asked
  post     "/shop"
  timeout  connect 2s, answer 5s
}

packet asked {
  content  json {
    when message.side is reply {
      code  code result  = outcome
    }
    message fields
  }
}

codes result text 3 chars "" {
  "000"  done
  "001"  refused sold_out
  "002"  refused duplicate
  other  unknown
}

call take "" {
  once  exchange.serial
  ask {
    what  text ..20 chars
  }
  answer {
    left  number ..9 digits
  }
  request {
    serial  digits 8           = exchange.serial
    what    text ..20 chars    <- ask.what
  }
  reply {
    left  number ..9 digits  -> answer.left
  }
}
"#;

const BEHAVIOUR: &str = r#"
party: shop
calls:
  take:
    takes: [what]
    once: { key: ":serial", other: duplicate }
    rules:
      - do: UPDATE goods SET left = left - 1 WHERE what = :what
      - refuse: sold_out
        when: NOT EXISTS (SELECT 1 FROM goods WHERE what = :what AND left >= 0)
    reply: SELECT left FROM goods WHERE what = :what
"#;

/// A folder of adapters with a shop that keeps its own books.
fn shop(name: &str) -> (PathBuf, PathBuf) {
    let folder = scratch(name);
    let books = folder.join("shop/books");
    std::fs::create_dir_all(&books).expect("a folder");
    std::fs::write(folder.join("shop/shop.tongshi"), ADAPTER).expect("written");
    std::fs::create_dir_all(folder.join("bank")).expect("a folder");
    std::fs::write(folder.join("bank/bank.tongshi"), "reasons \"\" {\n  sold_out  \"\"\n}\n")
        .expect("written");
    std::fs::write(books.join("behaviour.yaml"), BEHAVIOUR).expect("written");
    let goods = "CREATE TABLE goods (what TEXT PRIMARY KEY, left INTEGER NOT NULL);";
    std::fs::write(books.join("001-goods.sql"), goods).expect("written");
    std::fs::write(folder.join("first.sql"), "INSERT INTO goods VALUES ('tea', 2);").expect("written");
    (folder, books)
}

async fn reached(builtin: &Builtin, folder: &Path, trial: bool) -> Result<String, String> {
    let (store, first) = (folder.join("var/shop.db"), folder.join("first.sql"));
    let text = format!(
        "store: {{ path: memory }}\nkeys: {{ path: none }}\nspool: spool\nlisteners: {{ channels: '127.0.0.1:0' }}
parties: {{ shop: {{ books: {{ store: '{}', first: '{}' }}, links: {{ out: {{ address: 'builtin:books' }} }} }} }}\n",
        store.display(),
        first.display()
    );
    let mut deployment = Deployment::parse(&text).expect("a deployment");
    let texts = engine::load::texts(folder).expect("adapters");
    builtin.reach(&mut deployment, Adapters { texts: &texts, configs: folder, trial }).await?;
    Ok(deployment.parties["shop"].value.links["out"].value.address.clone().expect("an address"))
}

fn take(address: &str, serial: &str, what: &str) -> Json {
    said_at(address, "/shop", &json!({ "serial": serial, "what": what }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_outlive_the_process_and_grow_by_numbered_files() {
    let (folder, books) = shop("books");
    {
        let builtin = Builtin::start(World::real()).await.expect("starts");
        reached(&builtin, &folder, true).await.expect("they fit");
        assert!(!folder.join("var").exists(), "a trial writes nothing");
        let address = reached(&builtin, &folder, false).await.expect("they open");
        assert_eq!(take(&address, "00000001", "tea"), json!({ "code": "000", "left": 1 }));
        // A repeat gets the first answer and takes nothing.
        assert_eq!(take(&address, "00000001", "tea"), json!({ "code": "000", "left": 1 }));
        assert_eq!(take(&address, "00000002", "tea"), json!({ "code": "000", "left": 0 }));
        assert_eq!(take(&address, "00000003", "tea")["code"], "001");
        assert_eq!(reached(&builtin, &folder, false).await.expect("they are open"), address);
        // A file of the next number is run beside what is begun at the old address.
        let more = "INSERT INTO goods VALUES ('salt', 1);";
        std::fs::write(books.join("002-salt.sql"), more).expect("written");
        let grown = reached(&builtin, &folder, false).await.expect("they grow");
        assert_ne!(grown, address);
        assert_eq!(take(&grown, "00000004", "salt"), json!({ "code": "000", "left": 0 }));
        assert_eq!(take(&address, "00000003", "tea")["code"], "001");
    }
    let builtin = Builtin::start(World::real()).await.expect("starts");
    let address = reached(&builtin, &folder, false).await.expect("they open again");
    assert_eq!(take(&address, "00000004", "salt"), json!({ "code": "000", "left": 0 }), "remembered");
    assert_eq!(take(&address, "00000005", "tea")["code"], "001", "not filled again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_say_what_does_not_go_with_them() {
    let (folder, books) = shop("books-wrong");
    let builtin = Builtin::start(World::real()).await.expect("starts");
    reached(&builtin, &folder, false).await.expect("they open");
    let wrong = |told: Result<String, String>, why: &str| {
        let told = told.expect_err("it does not fit");
        assert!(told.starts_with("parties.shop.links.out: ") && told.contains(why), "{told}");
    };
    let promises =
        ADAPTER.replace("once  exchange.serial\n", "once  exchange.serial\n  promises  same answer\n");
    std::fs::write(folder.join("shop/shop.tongshi"), promises).expect("written");
    reached(&builtin, &folder, false).await.expect("they know a repeat");
    let forgets = BEHAVIOUR.replace("    once: { key: \":serial\", other: duplicate }\n", "");
    std::fs::write(books.join("behaviour.yaml"), forgets).expect("written");
    wrong(reached(&builtin, &folder, false).await, "take promises the same answer to a repeat");
    std::fs::write(books.join("behaviour.yaml"), BEHAVIOUR).expect("written");
    std::fs::write(books.join("000-early.sql"), "SELECT 1;").expect("written");
    wrong(reached(&builtin, &folder, false).await, "000-early.sql stands before files that have been run");
    std::fs::remove_file(books.join("000-early.sql")).expect("removed");
    std::fs::write(books.join("002-next.sql"), "CREATE TABLE more (a);\nCREATE TABEL x (b);")
        .expect("written");
    wrong(reached(&builtin, &folder, false).await, "002-next.sql:2:8");
    std::fs::write(books.join("002-next.sql"), "CREATE TABLE more (a);").expect("written");
    reached(&builtin, &folder, false).await.expect("nothing of the wrong file stayed");
    std::fs::write(books.join("001-goods.sql"), "CREATE TABLE goods (what);").expect("written");
    wrong(reached(&builtin, &folder, false).await, "001-goods.sql was changed after it had been run");
    std::fs::rename(books.join("001-goods.sql"), books.join("003-goods.sql")).expect("renamed");
    wrong(reached(&builtin, &folder, false).await, "001-goods.sql stands in the folder no longer");
}

/// A stock mail server (aiosmtpd) with its mailbox.
struct Server {
    child: Child,
    address: String,
    mailbox: PathBuf,
}

impl Server {
    fn start(folder: &Path, options: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let prepared = Command::new(root.join("conformance/oracles/prepare.sh")).status().expect("runs");
        assert!(prepared.success());
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let (address, mailbox) = (free.to_string(), folder.join("mailbox"));
        let mut command = Command::new(root.join("target/oracles/bin/python3"));
        command.args(["-m", "aiosmtpd", "-n", "-l", &address, "-c", "aiosmtpd.handlers.Mailbox"]);
        let child = command.args(options).arg(&mailbox).stderr(Stdio::null()).spawn().expect("starts");
        let server = Self { child, address, mailbox };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&server.address).is_err() {
            assert!(Instant::now() < until, "the mail server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The letters that it has, as Python's own library reads them.
    fn letters(&self) -> Json {
        let read = r"
import email.policy, json, mailbox, sys
box = mailbox.Maildir(sys.argv[1], factory=lambda file: email.message_from_binary_file(file, policy=email.policy.default))
letters = [letter for letter in box]
print(json.dumps([{
    'to': letter['to'], 'from': letter['from'], 'subject': letter['subject'], 'id': letter['message-id'],
    'text': letter.get_body().get_content().strip(),
    'papers': [[part.get_filename(), part.get_content_type(), part.get_content().hex()] for part in letter.iter_attachments()],
} for letter in letters]))";
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let python = Command::new(root.join("target/oracles/bin/python3"))
            .args(["-c", read])
            .arg(&self.mailbox)
            .output()
            .expect("runs");
        serde_json::from_slice(&python.stdout).expect("letters")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tongshi-mail-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Asks as the gateway asks.
fn said_at(address: &str, path: &str, body: &Json) -> Json {
    let mut line = TcpStream::connect(address).expect("it listens");
    let body = body.to_string();
    write!(
        line,
        "POST {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("written");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("an answer");
    let body = answer.split("\r\n\r\n").nth(1).expect("a body").to_owned();
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// The code that comes back for a letter.
fn post(builtin: &Builtin, letter: &Json) -> String {
    let told = said_at(builtin.mail.address(), "/letter", letter);
    told["code"].as_str().expect("a code").to_owned()
}

fn letter(to: &str) -> Json {
    json!({ "number": "20261123000000000007", "to": to, "subject": "缴费凭证 DG2026112300000001", "text": "您好: 凭证见附件。",
        "name": "缴费凭证_DG2026112300000001.pdf", "content": "JVBERi0xLjcKAAEC/w==" })
}

async fn by(server: &Server, more: &str) -> Builtin {
    let builtin = Builtin::start(World::real()).await.expect("starts");
    let mail = format!(
        "mail: {{ server: '{}', sender: '测试农商行 <receipts@bank.example>', {more} }}\n",
        server.address
    );
    builtin.reach(&mut deployment("builtin:mail", &mail), none()).await.expect("a mail server");
    builtin
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_reaches_a_stock_mail_server_whole() {
    let server = Server::start(&scratch("open"), &["-s", "4000"]);
    let builtin = by(&server, "security: none").await;
    assert_eq!(post(&builtin, &letter("payer@customer.example")), "250");
    assert_eq!(
        server.letters(),
        json!([{
            "to": "payer@customer.example",
            "from": "测试农商行 <receipts@bank.example>",
            "subject": "缴费凭证 DG2026112300000001",
            "id": "<20261123000000000007@bank.example>",
            "text": "您好: 凭证见附件。",
            "papers": [["缴费凭证_DG2026112300000001.pdf", "application/pdf", "255044462d312e370a000102ff"]],
        }])
    );
    // What never can arrive is told apart from what may arrive later.
    assert_eq!(post(&builtin, &letter("nobody")), "553");
    let mut long = letter("payer@customer.example");
    long["content"] = "A".repeat(8_000).into();
    assert_eq!(post(&builtin, &long), "552");
    drop(server);
    assert_eq!(post(&builtin, &letter("payer@customer.example")), "000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_go_under_tls_to_whom_the_authority_vouches_for() {
    let folder = scratch("tls");
    let authority = Authority::make(&folder).expect("an authority");
    let issued = authority.issue("localhost").expect("a certificate");
    let paths = [&issued.certificate, &issued.key].map(|path| path.to_str().expect("a path"));
    let roots = authority.roots_file();
    for (security, options) in [
        ("start_tls", ["--tlscert", paths[0], "--tlskey", paths[1]]),
        ("tls", ["--smtpscert", paths[0], "--smtpskey", paths[1]]),
    ] {
        let folder = folder.join(security);
        std::fs::create_dir_all(&folder).expect("a folder");
        let server = Server::start(&folder, &options);
        let builtin = by(&server, &format!("security: {security}, trust: {}", roots.display())).await;
        assert_eq!(post(&builtin, &letter("payer@customer.example")), "250", "{security}");
        // An authority that nobody knows vouches for nobody.
        let stranger = Authority::make(&folder).expect("an authority");
        let builtin =
            by(&server, &format!("security: {security}, trust: {}", stranger.roots_file().display())).await;
        assert_eq!(post(&builtin, &letter("payer@customer.example")), "000", "{security}");
        assert_eq!(server.letters().as_array().map(Vec::len), Some(1));
    }
}
