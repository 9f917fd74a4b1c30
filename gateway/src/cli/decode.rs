//! `tongshi decode`: the octets of a message, a file or a capture as fields.

mod show;

use super::packet::{Standing, octets, unhex};
use super::{Exit, say, warn};
use clap::Args;
use conformance::inspect::{Inspected, MessageName, TcpFlow, capture, frames, inspect_file, look, web_parts};
use conformance::scene::{Adapter, Parts, Scene};
use dsl::model::{CallId, Frame, LinkKind};
use serde_json::{Map, Value};
use show::{Form, Place, Shower};
use std::path::PathBuf;

/// Rows of a file that are shown of each list.
const ROWS: u64 = 10;

/// Arguments of `tongshi decode`.
#[derive(Args)]
#[command(
    after_help = "A capture (pcap, pcapng) is taken apart by connections; a name as the adapter gives its files is read as that file;\nall else is octets with the frame of a line. Seals are judged by the keys that are given, and said to be unjudged\nwithout them. Private values are masked.\n\nExamples:\n  tongshi decode power-dongguan packet.bin\n  tongshi decode power-dongguan --hex packet.txt --set session.mak=0123456789ABCDEFFEDCBA9876543210\n  tongshi decode core capture.pcap --port 9101 --variant form=fixed\n  tongshi decode batch-collection DS_4400000001_20240315_0001.txt\n  tongshi decode core - < packet.bin"
)]
pub(crate) struct Decode {
    /// The party: its folder
    party: String,
    /// The octets, a file of the party, or a capture; `-` is standard input
    file: PathBuf,
    /// The file holds hex
    #[arg(long)]
    hex: bool,
    /// Of a capture only connections with this port
    #[arg(long)]
    port: Option<u16>,
    /// Only messages of this call, or this message (`pay.reply`)
    #[arg(long)]
    message: Option<String>,
    /// One JSON object a message
    #[arg(long)]
    json: bool,
    /// Of each message only its fields, as `tongshi encode` takes them
    #[arg(long, conflicts_with = "json")]
    fields: bool,
    /// Shows private values too
    #[arg(long)]
    private: bool,
    /// Shows the octets of each field
    #[arg(long)]
    octets: bool,
    #[command(flatten)]
    standing: Standing,
}

impl Decode {
    pub(crate) fn run(&self) -> Exit {
        match self.decode() {
            Ok(exit) => exit,
            Err(error) => {
                warn(&format!("tongshi decode: {error}"));
                Exit::WrongUse
            }
        }
    }

    fn decode(&self) -> Result<Exit, String> {
        let adapter = self.standing.adapter(&self.party)?;
        let given = self.standing.given()?;
        let octets = octets(&self.file)?;
        let task = Task { decode: self, adapter: &adapter, given: &given };
        if self.hex {
            return task.line(&unhex(&octets)?);
        }
        match capture(&octets) {
            Ok(flows) => task.flows(&flows),
            Err(conformance::inspect::CaptureError::NotACapture) => task.file_or_line(&octets),
            Err(error) => Err(format!("{}: {error}", self.file.display())),
        }
    }
}

/// A message by a link: its parts, octets of the frame before the content, octets of the whole.
type OnLine = (Parts, usize, usize);

struct Task<'a> {
    decode: &'a Decode,
    adapter: &'a Adapter,
    given: &'a Map<String, Value>,
}

impl Task<'_> {
    fn scene(&self, call: CallId) -> Result<Scene, String> {
        // What is given need not be of every call's kind: the original of one is not another's.
        let standing = &self.decode.standing;
        let whole = standing.scene(self.adapter, &self.decode.party, call, self.given);
        let common = || {
            let own = ["ask", "answer", "original", "request"];
            let kept = self.given.iter().filter(|(root, _)| !own.contains(&root.as_str()));
            let kept = kept.map(|(root, value)| (root.clone(), value.clone())).collect();
            standing.scene(self.adapter, &self.decode.party, call, &kept)
        };
        whole.or_else(|_| common())
    }

    fn wanted(&self, name: &MessageName) -> bool {
        let call = name.name.split('.').next().unwrap_or_default();
        self.decode.message.as_ref().is_none_or(|wanted| *wanted == name.name || wanted == call)
    }

    fn shower(&self) -> Shower<'_> {
        Shower {
            adapter: self.adapter,
            party: &self.decode.party,
            form: match (self.decode.json, self.decode.fields) {
                (true, _) => Form::Json,
                (false, true) => Form::Fields,
                (false, false) => Form::Text,
            },
            private: self.decode.private,
            octets: self.decode.octets,
        }
    }

    /// A file of the party by its name, else octets of a line.
    fn file_or_line(&self, octets: &[u8]) -> Result<Exit, String> {
        let name = self.decode.file.file_name().map(|name| name.to_string_lossy().into_owned());
        if let Some(name) = name {
            let wanted = |name: &MessageName| self.wanted(name);
            let scene = |call| self.scene(call);
            let rows = if self.decode.fields { u64::MAX } else { ROWS };
            if let Some(seen) = inspect_file(self.adapter, &name, octets, rows, &wanted, &scene)? {
                return Ok(self.shown(&seen, &Place::file(&name, octets.len())));
            }
        }
        self.line(octets)
    }

    fn shown(&self, seen: &Inspected, place: &Place) -> Exit {
        self.shower().show(seen, place);
        if seen.fault.is_none() && seen.wrong() == 0 { Exit::Well } else { Exit::NotSo }
    }

    /// One message with the frame of a line, or as it stands on the web; of all links the one that it fits best.
    fn line(&self, octets: &[u8]) -> Result<Exit, String> {
        let mut best: Option<(Inspected, Place)> = None;
        for (number, link) in self.adapter.module.links.iter().enumerate() {
            for (parts, begin, length) in self.messages(link.link.kind, &link.link.frame, octets) {
                if length != octets.len() {
                    continue;
                }
                let Some(seen) = self.look(number, &parts)? else { continue };
                let place = Place { link: link.link.name.to_string(), begin, length, ..Place::default() };
                let better = best.as_ref().is_none_or(|(known, _)| {
                    (seen.fault.is_none(), known.wrong()) > (known.fault.is_none(), seen.wrong())
                });
                if better {
                    best = Some((seen, place));
                }
            }
        }
        match best {
            Some((seen, place)) => Ok(self.shown(&seen, &place)),
            None => {
                warn("tongshi decode: no message of the party begins so");
                Ok(Exit::NotSo)
            }
        }
    }

    fn look(&self, link: usize, parts: &Parts) -> Result<Option<Inspected>, String> {
        let wanted = |name: &MessageName| self.wanted(name);
        let scene = |call| self.scene(call);
        look(self.adapter, link, parts, &wanted, &scene).map(|looked| looked.inspected)
    }

    /// The messages of octets by a link.
    fn messages(&self, kind: LinkKind, frame: &Frame, octets: &[u8]) -> Vec<OnLine> {
        match kind {
            LinkKind::Tcp if matches!(frame, Frame::None | Frame::UntilClose) => {
                vec![(Parts::content(octets.to_vec()), 0, octets.len())]
            }
            LinkKind::Tcp => {
                let (found, _) = frames(frame, octets);
                let one = |(begin, end, payload): (usize, usize, Vec<u8>)| {
                    let whole = octets.get(begin..end).unwrap_or_default();
                    let before = whole.windows(payload.len().max(1)).position(|window| *window == *payload);
                    (Parts::content(payload), before.unwrap_or(0), end - begin)
                };
                found.into_iter().map(one).collect()
            }
            LinkKind::Http | LinkKind::Https => {
                let mut found = Vec::new();
                let mut at = 0;
                while let Some((parts, length)) = octets.get(at..).and_then(web_parts) {
                    found.push((parts, 0, length));
                    at += length;
                }
                if found.is_empty() {
                    found.push((Parts::content(octets.to_vec()), 0, octets.len()));
                }
                found
            }
            LinkKind::Sftp | LinkKind::Folder => Vec::new(),
        }
    }

    fn flows(&self, flows: &[TcpFlow]) -> Result<Exit, String> {
        let (mut shown, mut all_well) = (0, true);
        let of_port = |flow: &&TcpFlow| {
            self.decode.port.is_none_or(|port| flow.ports.0 == port || flow.ports.1 == port)
        };
        for flow in flows.iter().filter(of_port) {
            for piece in &flow.pieces {
                let Some((link, messages)) = self.best_link(piece) else { continue };
                for (parts, begin, length) in messages {
                    let place = Place {
                        link: link.clone(),
                        begin,
                        length,
                        way: Some(format!("{} → {}", flow.from, flow.to)),
                        ..Place::default()
                    };
                    let number = self.adapter.module.links.iter().position(|one| *one.link.name == *link);
                    match self.look(number.unwrap_or(usize::MAX), &parts)? {
                        Some(seen) => all_well &= self.shown(&seen, &place) == Exit::Well,
                        None => {
                            say(&format!("{link} · {length} octets: no message of the party begins so"));
                            all_well = false;
                        }
                    }
                    shown += 1;
                }
            }
            if flow.missing > 0 {
                warn(&format!("{} → {}: {} octets are missing", flow.from, flow.to, flow.missing));
            }
        }
        if shown == 0 {
            warn(
                "tongshi decode: no message of the party stands in the capture; `--port` chooses connections",
            );
        }
        Ok(if shown > 0 && all_well { Exit::Well } else { Exit::NotSo })
    }

    /// The link whose frames take most of a stream's octets.
    fn best_link(&self, octets: &[u8]) -> Option<(String, Vec<OnLine>)> {
        let links = self.adapter.module.links.iter();
        let taken = |messages: &[OnLine]| -> usize { messages.iter().map(|(_, _, length)| length).sum() };
        let all = links.filter_map(|link| {
            let messages = self.messages(link.link.kind, &link.link.frame, octets);
            let web = matches!(link.link.kind, LinkKind::Http | LinkKind::Https);
            let whole = messages.len() == 1 && web && web_parts(octets).is_none();
            (!messages.is_empty() && !whole).then(|| (link.link.name.to_string(), messages))
        });
        all.fold(None, |best: Option<(String, Vec<_>)>, one| match best {
            Some(best) if taken(&best.1) >= taken(&one.1) => Some(best),
            _ => Some(one),
        })
    }
}
