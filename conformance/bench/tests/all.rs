//! The yardstick's adapters and floor answer every octet right. Nothing here is timed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that is wrong")]

use adapters::keys::MemoryKeys;
use adapters::seal::{KeyKind, PreparedKey};
use bench::backend::{Listening, Signing};
use bench::bill::{Act, Bill, MAC_KEY, SIGNATURE_KEY};
use bench::floor::{self, seal::Seals};
use bench::load::Conversation as _;
use bench::seal::Pair;
use bench::talk::Frames;
use engine::load::{compile, texts};
use engine::{Deployment, Gateway, Options, Version, validate};
use link::World;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use store::{MemoryDisk, MemoryStore};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The platform and the echo, as addresses.
fn backend(signing: Signing) -> (String, String) {
    let listening = Listening::start(&[signing]).unwrap();
    let addresses: Vec<String> = listening.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    std::thread::spawn(move || listening.serve());
    (addresses[0].clone(), addresses[1].clone())
}

/// The gateway with the deployment of the yardstick, at ports of its own.
async fn gateway(platform: &str, echo: &str, rsa: Option<(&Pair, &Pair)>) -> Gateway {
    let mut text = std::fs::read_to_string(here().join("gateway.yaml")).unwrap();
    for port in ["7100", "7101", "7103", "7106"] {
        text = text.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:0");
    }
    text = text.replace("127.0.0.1:7102", platform).replace("127.0.0.1:7104", echo);
    let mut keys = MemoryKeys::new();
    let secret = |octets| PreparedKey::symmetric(KeyKind::Secret, octets).unwrap();
    keys.put("desk.mac", secret(MAC_KEY)).unwrap();
    keys.put("utility.signature", secret(SIGNATURE_KEY)).unwrap();
    if let Some((client, other)) = rsa {
        text = text.replace("signing: hmac", "signing: rsa");
        text = text.replace("signature: utility.signature", "app: utility.app, theirs: utility.theirs");
        let pair = |der: Vec<u8>| PreparedKey::from_der(KeyKind::Rsa, &der).unwrap();
        keys.put("utility.app", pair(client.pkcs8().unwrap())).unwrap();
        keys.put("utility.theirs", pair(other.public_info().unwrap())).unwrap();
    }
    let deployment = Deployment::parse(&text).unwrap();
    let loaded = compile(texts(&here().join("configs")).unwrap(), &deployment).unwrap();
    assert_eq!(validate(&deployment, &loaded.compiled), Vec::new());
    let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).unwrap();
    let store = Box::new(MemoryStore::open(&MemoryDisk::new()));
    let started =
        Gateway::start(version, deployment, Arc::new(keys), store, World::real(), Options::default());
    started.await.unwrap()
}

/// One exchange: what comes back, as many octets as are expected.
fn exchange(address: &str, request: &[u8], expected: usize) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut reply = vec![0; expected];
    stream.read_exact(&mut reply).unwrap();
    reply
}

fn is_answered(address: &str, act: Act, serial: u64) {
    let bill = Bill::new(act, serial);
    let reply = exchange(address, &bill.request(), bill.reply().len());
    let shown = |octets: &[u8]| encoding_rs::GBK.decode(octets).0.into_owned();
    assert_eq!(shown(&reply), shown(&bill.reply()));
}

fn is_passed_through(address: &str) {
    for octets in [256, 4_092] {
        let (mut request, mut reply) = (Vec::new(), Vec::new());
        Frames::new(octets).next(&mut request, &mut reply);
        assert_eq!(exchange(address, &request, reply.len()), reply);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_answers_bills_and_passes_frames() {
    let (platform, echo) = backend(Signing::Hmac);
    let gateway = gateway(&platform, &echo, None).await;
    let (front, pipe) =
        (gateway.address("desk", "front").unwrap(), gateway.address("pipe", "front").unwrap());
    is_answered(&front, Act::Query, 7);
    is_answered(&front, Act::Pay, 1_000_007);
    // A repeat gets the same answer from the journal.
    is_answered(&front, Act::Pay, 1_000_007);
    is_passed_through(&pipe);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_answers_bills_under_rsa() {
    let (client, other) = (Pair::draw().unwrap(), Pair::draw().unwrap());
    let again = |pair: &Pair| Pair::of_pkcs8(&pair.pkcs8().unwrap()).unwrap();
    let (platform, echo) = backend(Signing::Rsa(Box::new((again(&client), again(&other)))));
    let gateway = gateway(&platform, &echo, Some((&client, &other))).await;
    is_answered(&gateway.address("desk", "front").unwrap(), Act::Query, 8);
}

/// A floor on a thread of its own, at the port that it tells.
fn on_a_thread(serve: impl FnOnce(Box<dyn FnOnce(u16)>) -> Result<(), String> + Send + 'static) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || serve(Box::new(move |port| tell.send(port).unwrap())));
    format!("127.0.0.1:{}", told.recv().unwrap())
}

#[test]
fn the_floor_answers_the_same() {
    let (platform, echo) = backend(Signing::Hmac);
    let front = on_a_thread(move |tell| floor::serve(&platform, Seals::hmac(MAC_KEY, SIGNATURE_KEY), tell));
    is_answered(&front, Act::Query, 9);
    is_passed_through(&on_a_thread(move |tell| floor::relay::serve(&echo, tell)));
}

#[test]
fn the_floor_answers_the_same_under_rsa() {
    let (client, other) = (Pair::draw().unwrap(), Pair::draw().unwrap());
    let seals = Seals::rsa(MAC_KEY, &client.pkcs8().unwrap(), &other.public()).unwrap();
    let (platform, _) = backend(Signing::Rsa(Box::new((client, other))));
    let front = on_a_thread(move |tell| floor::serve(&platform, seals, tell));
    is_answered(&front, Act::Query, 10);
}

#[test]
fn codecs_by_hand_and_from_adapters_write_the_same_octets() {
    let pairs = bench::wire::pairs(&here().join("codecs")).unwrap();
    assert_eq!(pairs.len(), 7);
    for mut pair in pairs {
        assert!((pair.product)().is_some() && (pair.floor)().is_some(), "{}", pair.what);
    }
}
