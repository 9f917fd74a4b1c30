//! Built-in parties as a gateway reaches them: addresses of a deployment, and letters that a stock mail server takes.

use super::*;
use crate::stage::Authority;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn deployment(address: &str, mail: &str) -> Deployment {
    let text = format!(
        "store: {{ path: memory }}\nkeys: {{ path: none }}\nspool: spool\nlisteners: {{ channels: '127.0.0.1:0' }}
parties: {{ paper: {{ links: {{ out: {{ address: '{address}' }}, back: {{ address: '10.0.0.1:80' }} }} }} }}\n{mail}"
    );
    Deployment::parse(&text).expect("a deployment")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_built_in_parties_become_real_ones_and_others_stay() {
    let builtin = Builtin::start().await.expect("starts");
    let mut known = deployment("builtin:paper", "");
    builtin.reach(&mut known).expect("it is there");
    let address = |link: &str| known.parties["paper"].value.links[link].value.address.clone();
    assert!(address("out").expect("an address").starts_with("127.0.0.1:"));
    assert_eq!(address("back").as_deref(), Some("10.0.0.1:80"));
    let told = builtin.reach(&mut deployment("builtin:fax", "")).expect_err("it is not there");
    assert_eq!(told, "parties.paper.links.out: no `builtin:fax`; there is: mail, paper");
    let told = builtin.reach(&mut deployment("builtin:mail", "")).expect_err("no server");
    assert_eq!(told, "parties.paper.links.out: mail needs its server: give `mail:`");
    let open = "mail: { server: 'm:25', sender: a@bank.example, security: none, user: u, password: plain }";
    let told = builtin.reach(&mut deployment("builtin:mail", open)).expect_err("an open password");
    assert_eq!(told, "mail.password: who signs in needs one, as `env:NAME` or `file:PATH`");
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

/// Asks as the gateway asks; gives the code that comes back.
fn post(builtin: &Builtin, letter: &Json) -> String {
    let mut line = TcpStream::connect(builtin.mail.address()).expect("it listens");
    let body = letter.to_string();
    write!(
        line,
        "POST /letter HTTP/1.1\r\nhost: mail\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("written");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("an answer");
    let body = answer.split("\r\n\r\n").nth(1).expect("a body").to_owned();
    let told: Json = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {answer}"));
    told["code"].as_str().expect("a code").to_owned()
}

fn letter(to: &str) -> Json {
    json!({ "number": "20261123000000000007", "to": to, "subject": "缴费凭证 DG2026112300000001", "text": "您好: 凭证见附件。",
        "name": "缴费凭证_DG2026112300000001.pdf", "content": "JVBERi0xLjcKAAEC/w==" })
}

async fn by(server: &Server, more: &str) -> Builtin {
    let builtin = Builtin::start().await.expect("starts");
    let mail = format!(
        "mail: {{ server: '{}', sender: '测试农商行 <receipts@bank.example>', {more} }}\n",
        server.address
    );
    builtin.reach(&mut deployment("builtin:mail", &mail)).expect("a mail server");
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
