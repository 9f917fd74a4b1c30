//! `tongshi encode`: fields as the octets of a message.

use super::packet::{Standing, hex_lines, tree};
use super::{Exit, warn};
use clap::Args;
use conformance::framing::framed;
use conformance::inspect::{Encoded, MessageName, encode, named, tree_of};
use conformance::scene::Adapter;
use dsl::model::{Frame, LinkKind};
use dsl::program::Part;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Arguments of `tongshi encode`.
#[derive(Args)]
#[command(
    after_help = "Fields are named as `tongshi decode` prints them, nested or by dots; amounts are whole fen or yuan as text, days\n2026-11-23, codes the name that they mean or their own text. What the writer computes (lengths, counts, seals) need not\nbe named; what is named stands as it is, right or wrong. On a terminal octets are shown as hex.\n\nExamples:\n  tongshi encode power-dongguan query_bill fields.yaml --set session.mak=0123456789ABCDEFFEDCBA9876543210 --hex\n  tongshi encode core debit - --variant form=json < fields.json > packet.bin\n  tongshi decode power-dongguan packet.bin --fields --private | tongshi encode power-dongguan pay - --out again.bin"
)]
pub(crate) struct Encode {
    /// The party: its folder
    party: String,
    /// The message: `pay.request`, `pay.reply`; a call's name alone is its request
    message: String,
    /// YAML or JSON of the fields; `-` is standard input; without it no field is named
    fields: Option<PathBuf>,
    /// Compulsory fields that nobody names get the least value of their type
    #[arg(long)]
    least: bool,
    /// Without the frame of the line
    #[arg(long)]
    bare: bool,
    /// Hex instead of the octets themselves
    #[arg(long, conflicts_with = "json")]
    hex: bool,
    /// One JSON object: the octets as hex, and every field with what was computed
    #[arg(long)]
    json: bool,
    /// Into a file instead of standard output
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    standing: Standing,
}

impl Encode {
    pub(crate) fn run(&self) -> Exit {
        match self.encode() {
            Ok(()) => Exit::Well,
            Err((exit, error)) => {
                warn(&format!("tongshi encode: {error}"));
                exit
            }
        }
    }

    fn encode(&self) -> Result<(), (Exit, String)> {
        let wrong_use = |error: String| (Exit::WrongUse, error);
        let adapter = self.standing.adapter(&self.party).map_err(wrong_use)?;
        let name = named(&adapter, &self.message).map_err(|error| wrong_use(error.to_string()))?;
        let fields = match &self.fields {
            Some(path) => tree(path).map_err(wrong_use)?,
            None => serde_json::Map::new(),
        };
        let given = self.standing.given().map_err(wrong_use)?;
        let mut scene = self.standing.scene(&adapter, &self.party, name.call, &given).map_err(wrong_use)?;
        let encoded = encode(&mut scene, &name, &fields, self.least)
            .map_err(|error| (Exit::NotSo, format!("{}: {error}", name.name)))?;
        let octets = self.on_the_line(&adapter, usize::from(name.call.0), &encoded);
        let octets = octets.map_err(|error| (Exit::NotSo, format!("{}: {error}", name.name)))?;
        if let Some(name) = encoded.file_name.as_ref().filter(|_| !self.json) {
            warn(&format!("the file is named {name}"));
        }
        let shown = if self.json {
            format!("{}\n", self.object(&adapter, &name, &encoded, &octets)).into_bytes()
        } else if self.hex || (self.out.is_none() && std::io::stdout().is_terminal()) {
            format!("{}\n", hex_lines(&octets)).into_bytes()
        } else {
            octets
        };
        self.put(&shown).map_err(|error| (Exit::Machine, error))
    }

    fn object(&self, adapter: &Adapter, name: &MessageName, encoded: &Encoded, octets: &[u8]) -> Value {
        json!({
            "party": self.party, "message": name.name, "file": encoded.file_name, "octets": octets.len(),
            "hex": hex_lines(octets).replace('\n', ""), "fields": tree_of(adapter, name, &encoded.record),
        })
    }

    fn on_the_line(&self, adapter: &Adapter, call: usize, encoded: &Encoded) -> Result<Vec<u8>, String> {
        let link =
            adapter.module.calls.get(call).and_then(|call| {
                adapter.module.links.get(usize::from(call.call.link)).map(|link| &link.link)
            });
        let content = encoded.parts.get(Part::Content).to_vec();
        match link {
            Some(link) if matches!(link.kind, LinkKind::Http | LinkKind::Https) && !self.bare => {
                Ok(encoded.web())
            }
            Some(link) if link.kind == LinkKind::Tcp && !self.bare => framed(&link.frame, &content),
            _ => framed(&Frame::None, &content),
        }
    }

    fn put(&self, shown: &[u8]) -> Result<(), String> {
        match &self.out {
            Some(path) => std::fs::write(path, shown).map_err(|error| format!("{}: {error}", path.display())),
            None => std::io::stdout().lock().write_all(shown).map_err(|error| error.to_string()),
        }
    }
}
