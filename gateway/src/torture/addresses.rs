//! Addresses of a campaign: in a simulated network, or free ones of this machine with proxies between the parties and us.
//!
//! In: the links of each party. Out: what its deployment says, and who connects to whom. It must not know what is spoken.

use super::Wanted;
use conformance::party::{Loaded, PartyConfig};
use dsl::model::LinkKind;
use serde_json::{Map, Value, json};
use std::net::TcpListener;
use std::ops::Range;
use std::path::PathBuf;

/// Where the channels' listener stands in a simulated network.
const CHANNELS: &str = "127.0.0.1:7000";
/// Where the operators' would stand.
const OPERATORS: &str = "127.0.0.1:7001";
/// The first port of the parties' links in a simulated network.
const FIRST_PORT: u16 = 7_100;
/// The most links of all parties.
const MOST_LINKS: usize = 256;
/// Ports of this machine that it gives to nobody who connects: a listener that is started again finds its own free.
const PORTS: Range<u16> = 10_000..32_000;

/// How a party and we reach each other.
#[derive(Default)]
pub(super) struct Ways {
    /// Its links as the deployment says them.
    pub(super) links: Map<String, Value>,
    /// Links on which it calls us, and whom it calls there.
    pub(super) calls: Vec<(String, String)>,
    /// Proxies between it and us, and whom they lead to.
    pub(super) proxied: Vec<(String, String)>,
}

/// Addresses that nothing else has: in a simulated network one after the other, else free ones of this machine.
pub(super) enum Addresses {
    Simulated(u16),
    Real(Vec<TcpListener>, PathBuf),
}

impl Addresses {
    pub(super) fn of(wanted: &Wanted) -> Result<Self, String> {
        if !wanted.real {
            return Ok(Self::Simulated(FIRST_PORT));
        }
        // Two campaigns at once begin at different places.
        let first = PORTS.start + u16::try_from(std::process::id() % 64).unwrap_or(0) * 256;
        let free = (first..PORTS.end).filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
        let free: Vec<_> = free.take(MOST_LINKS).collect();
        Ok(Self::Real(free, wanted.folder.join("files")))
    }

    /// Where channels ask.
    pub(super) fn channels(&mut self) -> Result<String, String> {
        match self {
            Self::Simulated(_) => Ok(CHANNELS.to_owned()),
            Self::Real(..) => self.next(),
        }
    }

    /// Where operators ask.
    pub(super) fn operators(&mut self) -> Result<String, String> {
        match self {
            Self::Simulated(_) => Ok(OPERATORS.to_owned()),
            Self::Real(..) => self.next(),
        }
    }

    /// A party's folder of files, where there is a disk.
    fn folder(&self, party: &str) -> Option<PathBuf> {
        match self {
            Self::Simulated(_) => None,
            Self::Real(_, folder) => Some(folder.join(party)),
        }
    }

    /// An address to connect to, and one to listen at: between real ones stands a proxy.
    fn way(&mut self) -> Result<(String, String), String> {
        let to = self.next()?;
        let from = if matches!(self, Self::Real(..)) { self.next()? } else { to.clone() };
        Ok((from, to))
    }

    fn next(&mut self) -> Result<String, String> {
        match self {
            Self::Simulated(port) => {
                *port += 1;
                Ok(format!("127.0.0.1:{}", *port - 1))
            }
            Self::Real(free, _) => {
                let listener = free.pop().ok_or_else(|| format!("more than {MOST_LINKS} links"))?;
                let address = listener.local_addr().map_err(|error| error.to_string())?;
                Ok(address.to_string())
            }
        }
    }
}

/// Addresses of a party's links: where it listens, or where it calls us. Files are no part of a campaign; TLS is spoken by
/// proxies that nobody sees, since its randomness is not a seed's.
pub(super) fn ways(
    loaded: &Loaded,
    config: &mut PartyConfig,
    addresses: &mut Addresses,
) -> Result<Ways, String> {
    let mut ways = Ways::default();
    config.links.clear();
    config.tls.clear();
    for link in &loaded.bank.module.links {
        let (kind, name) = (link.link.kind, link.link.name.to_string());
        if is_file(kind) {
            // A folder that nobody looks into.
            if let Some(folder) = addresses.folder(&loaded.bank.module.name) {
                ways.links.insert(name, json!({ "folder": folder }));
            }
            continue;
        }
        let (from, to) = addresses.way()?;
        if from != to {
            ways.proxied.push((from.clone(), to.clone()));
        }
        if link.link.connect {
            config.links.insert(name.clone(), to);
            let proxied = (kind == LinkKind::Https).then(|| json!({ "proxied": true }));
            ways.links.insert(name, json!({ "address": from, "tls": proxied }));
        } else {
            ways.calls.push((name.clone(), from));
            let proxied = (kind == LinkKind::Https).then(|| json!({ "proxied": true }));
            ways.links.insert(name, json!({ "listen": to, "tls": proxied }));
        }
    }
    Ok(ways)
}

pub(super) fn is_file(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Sftp | LinkKind::Folder)
}
