//! Addresses at which a deployment listens, and those that two listeners would have at once.
//!
//! In: the deployment and the adapters, which say on which links others connect to us. Out: a fault for each listener whose
//! address another has, with the places of both. It must not open a socket.

use super::Deployment;
use super::check::{DeploymentFault, fault};
use dsl::program::Compiled;
use serde_yaml::Location;
use std::net::IpAddr;

/// A listener as the text names it.
struct Listens<'d> {
    /// The setting: `listeners.channels`, `parties.grid.links.back`.
    setting: String,
    address: &'d str,
    place: Location,
}

/// A fault for each listener that would listen where one before it in the text does. Which of two would get the address is
/// chance, and the gateway would not start.
pub(super) fn meetings(deployment: &Deployment, compiled: &Compiled) -> Vec<DeploymentFault> {
    let mut listeners = listeners(deployment, compiled);
    listeners.sort_by_key(|one| (one.place.line(), one.place.column()));
    let mut faults = Vec::new();
    for (number, later) in listeners.iter().enumerate() {
        let before = listeners.iter().take(number);
        let Some(earlier) = before.into_iter().find(|earlier| meet(earlier.address, later.address)) else {
            continue;
        };
        let same = earlier.address == later.address;
        let there = if same { "there".to_owned() } else { format!("at `{}`", earlier.address) };
        let text = format!(
            "`{}` listens at `{}`, and `{}`, line {}, listens {there} too; give each a port of its own",
            later.setting,
            later.address,
            earlier.setting,
            earlier.place.line(),
        );
        faults.push(fault(later.place, "TS0817", text));
    }
    faults
}

fn listeners<'d>(deployment: &'d Deployment, compiled: &Compiled) -> Vec<Listens<'d>> {
    let own = &deployment.listeners;
    let mut all = vec![Listens {
        setting: "listeners.channels".to_owned(),
        address: &own.channels.value,
        place: own.channels.referenced,
    }];
    all.extend(own.admin.as_ref().map(|admin| Listens {
        setting: "listeners.admin".to_owned(),
        address: &admin.value,
        place: admin.referenced,
    }));
    for (party, config) in &deployment.parties {
        let module = compiled.modules.iter().find(|module| &*module.name == party);
        let accepts = |name: &str| {
            let link = module.and_then(|module| module.links.iter().find(|link| &*link.link.name == name));
            link.is_some_and(|link| !link.link.connect)
        };
        let links = config.value.links.iter().filter(|(name, _)| accepts(name));
        all.extend(links.filter_map(|(name, link)| {
            Some(Listens {
                setting: format!("parties.{party}.links.{name}"),
                address: link.value.listen.as_deref()?,
                place: link.referenced,
            })
        }));
    }
    all
}

/// Whether two listeners cannot have these addresses at once. At port 0 each gets one of its own; `0.0.0.0` and `[::]` are
/// every address of the machine.
fn meet(one: &str, other: &str) -> bool {
    let (Some((one, port)), Some((other, other_port))) = (parts(one), parts(other)) else { return false };
    if port != other_port || port == 0 {
        return false;
    }
    match (ip(one), ip(other)) {
        (Some(one), Some(other)) => one == other || covers(one, other) || covers(other, one),
        _ => one.eq_ignore_ascii_case(other),
    }
}

fn parts(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

fn ip(host: &str) -> Option<IpAddr> {
    let host = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host };
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn covers(wide: IpAddr, narrow: IpAddr) -> bool {
    wide.is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4())
}
