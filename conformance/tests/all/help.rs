//! Parties on a clock that stands, and raw sockets.

use conformance::party::{Party, PartyConfig, PartySource, PartyTls, load, read_texts};
use link::world::ManualClock;
use link::{Core, CoreOwner, Moment, World};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// 2026-11-23 13:45:01 in China.
const START: i64 = 1_795_412_701_000_000;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A core whose time stands.
pub(crate) fn standing() -> (CoreOwner, ManualClock) {
    let clock = ManualClock::new(Moment(START));
    (Core::start(World::with_clock(Arc::new(clock.clone()))), clock)
}

/// A party of the repository on a database in memory.
pub(crate) async fn party(core: &Core, folder: &str, config: &str) -> Party {
    party_of(core, folder, config, &BTreeMap::new()).await
}

/// The folders that a party needs: flows of its own ask the core.
pub(crate) fn folders(folder: &str) -> Vec<&str> {
    let mut folders = vec!["bank", "core", folder];
    folders.dedup();
    folders
}

pub(crate) async fn party_of(
    core: &Core,
    folder: &str,
    config: &str,
    choice: &BTreeMap<String, String>,
) -> Party {
    let texts = read_texts(&root().join("configs"), &folders(folder)).unwrap();
    let loaded = load(texts, folder, choice).unwrap_or_else(|error| panic!("{error}"));
    let (configs, conformance) = (root().join("configs"), root().join("conformance"));
    let source = PartySource::of(loaded, &configs, &conformance, folder, ":memory:".into());
    let config: PartyConfig = serde_yaml::from_str(config).unwrap();
    Party::start(core, source, &config, &PartyTls::default()).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A vector's octets on the wire.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = root().join("conformance/tests/data").join(format!("{name}.json"));
    let text = std::fs::read_to_string(path).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hex = json["output"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub(crate) async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Sends octets and reads a frame of four figures with its length; empty if the connection ended.
pub(crate) async fn ask(socket: &mut TcpStream, octets: &[u8]) -> Vec<u8> {
    socket.write_all(octets).await.unwrap();
    hear(socket).await
}

pub(crate) async fn hear(socket: &mut TcpStream) -> Vec<u8> {
    let mut frame = vec![0; 4];
    let read = async {
        if socket.read_exact(&mut frame).await.is_err() {
            return Vec::new();
        }
        let length: usize = std::str::from_utf8(&frame).unwrap().parse().unwrap();
        frame.resize(4 + length, 0);
        if socket.read_exact(&mut frame[4..]).await.is_err() {
            return Vec::new();
        }
        frame
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer or the connection's end")
}

/// Octets as text, each unprintable one as a point.
pub(crate) fn shown(octets: &[u8]) -> String {
    octets.iter().map(|octet| if (0x20..0x7F).contains(octet) { char::from(*octet) } else { '.' }).collect()
}
