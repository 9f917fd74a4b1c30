//! `tongshi decode`: the octets of a message as fields.

use super::{Exit, say, warn};
use adapters::codec::FaultKind;
use clap::Args;
use conformance::examples::adapter;
use conformance::framing::unframed;
use conformance::scene::{Adapter, Parts, Scene, Standing, read_unjudged, recognise};
use dsl::check::{Checked, check};
use dsl::model::MessageId;
use dsl::resolve::Choices;
use dsl::value::DateTime;
use link::world::SeededRandom;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `tongshi decode`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi decode power-dongguan packet.bin\n  tongshi decode power-dongguan --hex packet.txt --message pay   a certain call's messages\n  tongshi decode core - < packet.bin"
)]
pub(crate) struct Decode {
    /// The party: its folder
    party: String,
    /// The octets, with the frame of the line; `-` is standard input
    file: PathBuf,
    /// The file holds hex
    #[arg(long)]
    hex: bool,
    /// Only messages of this call
    #[arg(long)]
    message: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
}

impl Decode {
    pub(crate) fn run(&self) -> Exit {
        match self.decode() {
            Ok(exit) => exit,
            Err(error) => {
                warn(&format!("tongshi decode: {error}"));
                Exit::Machine
            }
        }
    }

    fn decode(&self) -> Result<Exit, String> {
        let octets = self.octets()?;
        let sources = super::files::read(&self.configs).map_err(|error| error.to_string())?;
        let checked = check(&sources, &Choices::new());
        let compiled = checked.compiled.as_ref().ok_or("the adapters do not compile; see `tongshi check`")?;
        let place = checked.model.modules.iter().position(|module| *module.folder == *self.party);
        let place = place.ok_or_else(|| format!("there is no party `{}`", self.party))?;
        let adapter = adapter(compiled, place).ok_or("no such module")?;
        let mut furthest: Option<(u32, String)> = None;
        for (link, payload) in payloads(&checked, place, &octets) {
            let parts = Parts::content(payload);
            for message in self.candidates(&adapter, link, &parts) {
                let mut scene = scene(&adapter);
                let Some(read) = read_unjudged(&mut scene, message, &parts) else { continue };
                match read.fault {
                    None => {
                        self.show(&adapter, message, &read.record);
                        return Ok(Exit::Well);
                    }
                    // A form of another carrier (a call's file, a web request) says nothing about these octets.
                    Some((fault, _)) if matches!(fault.kind, FaultKind::Program) => {}
                    Some((fault, report)) if furthest.as_ref().is_none_or(|(at, _)| fault.at > *at) => {
                        furthest = Some((fault.at, report.to_string()));
                    }
                    Some(_) => {}
                }
            }
        }
        let why = furthest.map_or_else(|| "no message of the party begins so".to_owned(), |(_, why)| why);
        warn(&format!("tongshi decode: {why}"));
        Ok(Exit::NotSo)
    }

    fn octets(&self) -> Result<Vec<u8>, String> {
        let mut octets = Vec::new();
        if self.file.as_os_str() == "-" {
            std::io::stdin()
                .lock()
                .take(64 << 20)
                .read_to_end(&mut octets)
                .map_err(|error| error.to_string())?;
        } else {
            octets =
                std::fs::read(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        }
        if !self.hex {
            return Ok(octets);
        }
        let figures: Vec<u8> = octets.into_iter().filter(|octet| !octet.is_ascii_whitespace()).collect();
        dsl::evaluate::coded::from_hex(&figures).map_err(|_| "the file holds no hex".to_owned())
    }

    /// Messages that the octets may be: by the code where it can be recognised, else all of the link.
    fn candidates(&self, adapter: &Adapter, link: usize, parts: &Parts) -> Vec<MessageId> {
        let module = &adapter.module;
        let code = module
            .links
            .get(link)
            .and_then(|link| link.recogniser.as_ref())
            .and_then(|recogniser| recognise(&mut scene(adapter), recogniser, parts));
        let mut found = Vec::new();
        for call in module.calls.iter().filter(|call| usize::from(call.call.link) == link) {
            if self.message.as_ref().is_some_and(|name| **name != *call.call.name) {
                continue;
            }
            found.push(call.call.request);
            found.extend(call.call.replies.iter().copied());
        }
        let fits = |message: &MessageId| {
            let known = module.links.get(link).map(|link| &link.by_code);
            let own = known.and_then(|known| known.iter().find(|(_, _, id)| id == message));
            code.as_ref().is_none_or(|code| own.is_none_or(|(known, ..)| **known == **code))
        };
        found.into_iter().filter(fits).collect()
    }

    fn show(&self, adapter: &Adapter, message: MessageId, record: &adapters::value::Record) {
        let module = &adapter.module;
        let Some(form) = module.program.messages.get(usize::from(message.0)) else { return };
        let named =
            conformance::fields::Named { program: &module.program, message: form, symbols: &adapter.symbols };
        let tree = named.tree(record);
        let call = module
            .calls
            .iter()
            .find(|call| call.call.request == message || call.call.replies.contains(&message));
        let (name, label) = call.map_or(("?", ""), |call| (&*call.call.name, &*call.call.label));
        let side = if call.is_some_and(|call| call.call.request == message) { "request" } else { "reply" };
        if self.json {
            say(&serde_json::json!({ "party": self.party, "call": name, "side": side, "fields": tree })
                .to_string());
            return;
        }
        say(&format!("{} · {name} ({label}) {side} · seals and facts are not judged here", self.party));
        let width = form.fields.iter().map(|field| field.path.len()).max().unwrap_or(8).min(40);
        for field in form.fields.iter().filter(|field| field.wire.is_some() && field.level == 0) {
            let value = conformance::fields::at(&tree, &field.path);
            let value = value.map_or_else(
                || "(absent)".to_owned(),
                |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            );
            let value = if field.private { "*".repeat(value.chars().count().min(12)) } else { value };
            say(&format!("  {:width$}  {}  {value}", field.path, padded(&field.label, 14)));
        }
        for field in form.fields.iter().filter(|field| field.is_list.is_some() && field.level == 0) {
            let within = format!("{}.", field.path);
            let private = form.fields.iter().any(|inner| inner.private && inner.path.starts_with(&within));
            if let Some(rows) = conformance::fields::at(&tree, &field.path).filter(|_| !private) {
                say(&format!("  {:width$}  {}  {rows}", field.path, padded(&field.label, 14)));
            }
        }
    }
}

/// A label filled up to so many columns; a Chinese character takes two.
fn padded(label: &str, columns: usize) -> String {
    let has = unicode_width::UnicodeWidthStr::width(label);
    format!("{label}{}", " ".repeat(columns.saturating_sub(has)))
}

fn scene(adapter: &Adapter) -> Scene {
    let mut standing = Standing::new(adapter, Arc::new(SeededRandom::new(1)));
    if let Some(member) = &adapter.module.member {
        let _ = standing.add_member(adapter, &member.name, &Default::default(), Default::default());
    }
    Scene::new(adapter.clone(), Arc::new(standing), DateTime::default())
}

/// The payload by each link whose frame the octets have.
fn payloads(checked: &Checked, module: usize, octets: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let links = checked.model.modules.get(module).map_or(&[][..], |module| &module.links);
    let unframed =
        |(place, link): (usize, &dsl::model::Link)| Some((place, unframed(&link.frame, octets).ok()?));
    links.iter().enumerate().filter_map(unframed).collect()
}
