//! What `decode` and `encode` share: the party's adapter, and what is given to a message by hand.

use clap::Args;
use conformance::given::Given;
use conformance::party::{load, read_texts};
use conformance::scene::{Adapter, Scene};
use dsl::model::CallId;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most octets that are read from a file.
const FILE_MAX: u64 = 256 << 20;

/// The adapter and what is given.
#[derive(Args)]
pub(crate) struct Standing {
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// A variant of the adapter: `setting=name` (may be given more than once)
    #[arg(long)]
    variant: Vec<String>,
    /// YAML or JSON with what is known: setting, key (hex; a secret's text), the member, exchange, session, original, request, outcome
    #[arg(long)]
    given: Option<PathBuf>,
    /// One of these alone: `key.mmk=0123…`, `session.mak=…`, `exchange.date=2026-11-23` (may be given more than once)
    #[arg(long = "set")]
    set: Vec<String>,
}

impl Standing {
    /// The party's adapter, as the bank runs it.
    pub(crate) fn adapter(&self, party: &str) -> Result<Adapter, String> {
        let texts =
            read_texts(&self.configs, &[]).map_err(|error| format!("{}: {error}", self.configs.display()))?;
        let pairs = self.variant.iter().filter_map(|pair| pair.split_once('='));
        let choice: BTreeMap<String, String> =
            pairs.map(|(setting, name)| (setting.to_owned(), name.to_owned())).collect();
        load(texts, party, &choice).map(|loaded| loaded.bank).map_err(|error| error.to_string())
    }

    /// What is given, as a tree.
    pub(crate) fn given(&self) -> Result<Map<String, Value>, String> {
        let mut tree = match &self.given {
            Some(path) => tree(path)?,
            None => Map::new(),
        };
        for pair in &self.set {
            let (place, value) =
                pair.split_once('=').ok_or_else(|| format!("--set {pair}: it has no `=`"))?;
            put(&mut tree, place, value.into());
        }
        Ok(tree)
    }

    /// The scene of a call's messages.
    pub(crate) fn scene(
        &self,
        adapter: &Adapter,
        party: &str,
        call: CallId,
        given: &Map<String, Value>,
    ) -> Result<Scene, String> {
        let folder = self.configs.join(party);
        Given { adapter, call, folder: &folder }.scene(given).map_err(|error| error.to_string())
    }
}

fn put(tree: &mut Map<String, Value>, place: &str, value: Value) {
    match place.split_once('.') {
        None => drop(tree.insert(place.to_owned(), value)),
        Some((root, rest)) => {
            let inner = tree.entry(root).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The octets of a file; `-` is standard input.
pub(crate) fn octets(path: &Path) -> Result<Vec<u8>, String> {
    let words = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut octets = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_MAX).read_to_end(&mut octets).map_err(words)?;
    } else {
        let file = std::fs::File::open(path).map_err(words)?;
        file.take(FILE_MAX).read_to_end(&mut octets).map_err(words)?;
    }
    Ok(octets)
}

/// A tree of YAML or JSON; `-` is standard input.
pub(crate) fn tree(path: &Path) -> Result<Map<String, Value>, String> {
    let octets = octets(path)?;
    let text = String::from_utf8(octets).map_err(|_| format!("{}: it is not UTF-8", path.display()))?;
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        serde_yaml::from_str(&text).map_err(|error| error.to_string())
    };
    match read.map_err(|error| format!("{}: {error}", path.display()))? {
        Value::Object(tree) => Ok(tree),
        Value::Null => Ok(Map::new()),
        _ => Err(format!("{}: it holds no names and values", path.display())),
    }
}

/// Octets of hex figures, blanks passed over.
pub(crate) fn unhex(octets: &[u8]) -> Result<Vec<u8>, String> {
    let figures: Vec<u8> = octets.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    dsl::evaluate::coded::from_hex(&figures).map_err(|_| "the file holds no hex".to_owned())
}

/// Hex figures in lines of 32 octets.
pub(crate) fn hex_lines(octets: &[u8]) -> String {
    let lines =
        octets.chunks(32).map(|line| line.iter().map(|octet| format!("{octet:02X}")).collect::<String>());
    lines.collect::<Vec<_>>().join("\n")
}
