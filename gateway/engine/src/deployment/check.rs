//! The deployment against what the adapters say they need, with line and column of what is wrong.

use super::{
    Channel, ClockConfig, Deployment, LinkConfig, PartyConfig, PostgresConfig, Route, StoreConfig,
    StorePlace, User, clock, listening, parse_setting, value,
};
use dsl::model::{Key, LinkKind, Setting, Space};
use dsl::program::{CallProgram, Compiled, LinkProgram, ModuleProgram};
use dsl::value::Constant;
use serde_yaml::{Location, Spanned};
use std::collections::{BTreeMap, BTreeSet};

/// The fewest days that a business date is kept: a month and what comes a week late.
const LEAST_DAYS: u32 = 40;

/// What a user may be beside the roles that flows name.
const ROLES: [&str; 7] = ["viewer", "operator", "checker", "auditor", "documents", "deployer", "keys"];

/// What is wrong in the deployment.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{line}:{column}: {code}: {text}")]
pub struct DeploymentFault {
    /// Line in the text, from 1; 0 where it belongs to no line.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// `TS08xx`.
    pub code: &'static str,
    /// What was found, expected, and what helps.
    pub text: String,
}

pub(super) fn fault(place: Location, code: &'static str, text: String) -> DeploymentFault {
    DeploymentFault { line: place.line(), column: place.column(), code, text }
}

/// Compares a deployment with compiled adapters; all faults, in the order of the text.
#[must_use]
pub fn validate(deployment: &Deployment, compiled: &Compiled) -> Vec<DeploymentFault> {
    let mut check = Check { deployment, compiled, faults: Vec::new() };
    check.globals();
    check.parties();
    check.routes();
    check.channels();
    check.users();
    check.faults.extend(listening::meetings(deployment, compiled));
    check.faults.sort_by_key(|fault| (fault.line, fault.column));
    check.faults
}

struct Check<'a> {
    deployment: &'a Deployment,
    compiled: &'a Compiled,
    faults: Vec<DeploymentFault>,
}

impl Check<'_> {
    fn tell(&mut self, place: Location, code: &'static str, text: impl Into<String>) {
        self.faults.push(fault(place, code, text.into()));
    }

    fn globals(&mut self) {
        let deployment = self.deployment;
        let zone = &deployment.time_zone;
        if value::zone_minutes(&zone.value).is_none() {
            let text = format!("`{}` is no offset of UTC; write it as +08:00", zone.value);
            self.tell(zone.referenced, "TS0813", text);
        }
        let cut_over = &deployment.cut_over;
        if value::minute(&cut_over.value).is_none() {
            let text = format!("`{}` is no time of day; write it as 23:30", cut_over.value);
            self.tell(cut_over.referenced, "TS0813", text);
        }
        if let Some(clock) = &deployment.clock {
            self.clock(clock);
        }
        if let StorePlace::Postgres(postgres) = &deployment.store.place {
            self.database(postgres);
        }
        self.retention(&deployment.store);
        self.address(&deployment.listeners.channels);
        if let Some(admin) = &deployment.listeners.admin {
            self.address(admin);
        }
    }

    fn clock(&mut self, clock: &ClockConfig) {
        let (start, since) = (&clock.start, &clock.since);
        if clock.start().is_none() {
            let text = format!("`{}` is no day and time; write it as 2026-11-23 08:00:00", start.value);
            self.tell(start.referenced, "TS0813", text);
        }
        if clock.since().is_none() {
            let text = format!("`{}` is no moment; write it as 2026-11-23T00:00:00Z", since.value);
            self.tell(since.referenced, "TS0813", text);
        }
        if clock.scale == 0 || clock.scale > clock::MOST {
            let text = format!("a clock runs once to {} times as fast, not {}", clock::MOST, clock.scale);
            self.tell(start.referenced, "TS0813", text);
        }
    }

    fn database(&mut self, postgres: &PostgresConfig) {
        for address in std::iter::once(&postgres.address).chain(&postgres.standbys) {
            if !address.value.starts_with('/') {
                self.address(address);
            }
        }
        let schema = &postgres.schema;
        let mut letters = schema.value.bytes();
        let named = letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
            && schema.value.len() <= 63;
        if !named {
            let text = format!("`{}` is no name of a schema; it is a-z, then a-z, 0-9 and _", schema.value);
            self.tell(schema.referenced, "TS0813", text);
        }
        if postgres.lease < 3 {
            let text =
                format!("a lease of {} s is renewed each second at most; take 3 s or more", postgres.lease);
            self.tell(postgres.address.referenced, "TS0813", text);
        }
    }

    fn retention(&mut self, store: &StoreConfig) {
        match (&store.keep, &store.export) {
            (Some(keep), _) => match value::days(&keep.value) {
                Some(days) if days >= LEAST_DAYS => self.repeats(keep, days),
                Some(days) => {
                    let text = format!(
                        "{days} days are too few: what a month's limits, repeats and reversals go back to is forgotten; \
                         take {LEAST_DAYS}d or more"
                    );
                    self.tell(keep.referenced, "TS0813", text);
                }
                None => {
                    let text = format!("`{}` is no number of days; write it as 400d", keep.value);
                    self.tell(keep.referenced, "TS0813", text);
                }
            },
            (None, Some(export)) => {
                let text = "dates are exported before they are forgotten, and `keep` says of none when that is; \
                            `tongshi audit export` exports one at any time";
                self.tell(export.referenced, "TS0813", text);
            }
            (None, None) => {}
        }
    }

    /// What names no day of its own is known again as long as the journal is kept.
    fn repeats(&mut self, keep: &Spanned<String>, days: u32) {
        let kept = u64::from(days) * 86_400_000;
        let longer = self.compiled.modules.iter().find_map(|module| {
            let serves = module.calls.iter().filter(|call| !call.call.ours && !call.names_day);
            let within =
                |call: &CallProgram| call.call.promises.repeats_within_ms.is_some_and(|it| it > kept);
            serves.into_iter().find(|call| within(call)).map(|call| (module, call))
        });
        if let Some((module, call)) = longer {
            let text = format!(
                "`{}.{}` is repeated later than after {days} days, and names no day: such a repeat would be done again; \
                 keep as long as its `promises repeats within`",
                module.name, call.call.name
            );
            self.tell(keep.referenced, "TS0813", text);
        }
    }

    fn address(&mut self, address: &Spanned<String>) {
        if !is_address(&address.value) {
            let text = format!("`{}` is no address; write it as host:port", address.value);
            self.tell(address.referenced, "TS0813", text);
        }
    }

    fn parties(&mut self) {
        let (deployment, compiled) = (self.deployment, self.compiled);
        for (name, party) in &deployment.parties {
            let module = compiled.modules.iter().find(|module| &*module.name == name);
            match module {
                Some(module) => self.party(module, party),
                None => {
                    let names = compiled.modules.iter().map(|module| &*module.name);
                    let text = format!("there is no party `{name}`{}", nearest(name, names));
                    self.tell(party.referenced, "TS0802", text);
                }
            }
        }
        let without = |name: &str| deployment.without.iter().any(|left_out| left_out.value == name);
        for left_out in &deployment.without {
            let name = &left_out.value;
            let parties =
                || compiled.modules.iter().filter(|module| module.party).map(|module| &*module.name);
            let text = if deployment.parties.contains_key(name) {
                format!("`{name}` stands among the parties, and is left out")
            } else if parties().any(|party| party == name) {
                continue;
            } else {
                format!("there is no party `{name}`{}", nearest(name, parties()))
            };
            self.tell(left_out.referenced, "TS0802", text);
        }
        let empty = Spanned::new(PartyConfig::default(), Location::UNKNOWN, Location::UNKNOWN);
        for module in &compiled.modules {
            if !deployment.parties.contains_key(&*module.name) && !without(&module.name) {
                self.party(module, &empty);
            }
        }
    }

    fn party(&mut self, module: &ModuleProgram, party: &Spanned<PartyConfig>) {
        let config = &party.value;
        let place = party.referenced;
        let own: Vec<&Setting> = module.settings.iter().filter(|setting| !setting.of_member).collect();
        let keys: Vec<&Key> = module.keys.iter().filter(|key| !key.of_member).collect();
        self.settings(&module.name, place, &own, &config.settings);
        self.keys(&module.name, place, &keys, &config.keys);
        for link in &module.links {
            self.link(module, link, place, config);
        }
        for (name, link) in &config.links {
            if !module.links.iter().any(|known| *known.link.name == **name) {
                let names = module.links.iter().map(|link| &*link.link.name);
                let text = format!("`{}` has no link `{name}`{}", module.name, nearest(name, names));
                self.tell(link.referenced, "TS0809", text);
            }
        }
        self.members(module, party);
    }

    fn members(&mut self, module: &ModuleProgram, party: &Spanned<PartyConfig>) {
        let settings: Vec<&Setting> = module.settings.iter().filter(|setting| setting.of_member).collect();
        let keys: Vec<&Key> = module.keys.iter().filter(|key| key.of_member).collect();
        for (name, member) in &party.value.members {
            if module.member.is_none() {
                let text = format!("`{}` has no members", module.name);
                self.tell(member.referenced, "TS0815", text);
                continue;
            }
            let whose = format!("{} {name}", module.name);
            self.settings(&whose, member.referenced, &settings, &member.value.settings);
            self.keys(&whose, member.referenced, &keys, &member.value.keys);
        }
    }

    fn settings(
        &mut self,
        whose: &str,
        place: Location,
        declared: &[&Setting],
        given: &BTreeMap<String, Spanned<String>>,
    ) {
        for setting in declared {
            let Some(text) = given.get(&*setting.name) else {
                let text = format!("`{whose}` needs the setting `{}` ({})", setting.name, setting.label);
                self.tell(place, "TS0803", text);
                continue;
            };
            if let Err(expected) = parse_setting(&text.value, &setting.ty, &self.compiled.symbols) {
                let text = format!(
                    "setting `{}` of `{whose}`: expected {expected}, found `{}`",
                    setting.name, text.value
                );
                self.tell(given.get(&*setting.name).map_or(place, |text| text.referenced), "TS0805", text);
            }
        }
        for (name, text) in given {
            if !declared.iter().any(|setting| *setting.name == **name) {
                let names = declared.iter().map(|setting| &*setting.name);
                let near = nearest(name, names);
                self.tell(text.referenced, "TS0804", format!("`{whose}` has no setting `{name}`{near}"));
            }
        }
    }

    fn keys(
        &mut self,
        whose: &str,
        place: Location,
        declared: &[&Key],
        given: &BTreeMap<String, Spanned<String>>,
    ) {
        for key in declared {
            if !given.contains_key(&*key.name) {
                let text = format!("`{whose}` needs the key `{}` ({}, {})", key.name, key.kind, key.label);
                self.tell(place, "TS0806", text);
            }
        }
        for (name, reference) in given {
            if !declared.iter().any(|key| *key.name == **name) {
                let near = nearest(name, declared.iter().map(|key| &*key.name));
                self.tell(reference.referenced, "TS0807", format!("`{whose}` has no key `{name}`{near}"));
            }
        }
    }

    fn link(&mut self, module: &ModuleProgram, link: &LinkProgram, place: Location, config: &PartyConfig) {
        let given = config.links.get(&*link.link.name);
        let own = config.members.values().any(|member| member.value.links.contains_key(&*link.link.name));
        let missing = match given {
            None if own => None,
            None => Some(wanted(link)),
            Some(given) => lacking(link, &given.value),
        };
        if let Some(missing) = missing {
            let text = format!("link `{}` of `{}` has no `{missing}`", link.link.name, module.name);
            self.tell(given.map_or(place, |given| given.referenced), "TS0808", text);
        }
    }

    fn routes(&mut self) {
        let (deployment, compiled) = (self.deployment, self.compiled);
        for (service, route) in &deployment.routes {
            if !compiled.services.iter().any(|known| *known.path == **service) {
                let names = compiled.services.iter().map(|service| &*service.path);
                let text = format!("there is no service `{service}`{}", nearest(service, names));
                self.tell(route.referenced, "TS0810", text);
                continue;
            }
            let parties: Vec<&str> = match &route.value {
                Route::Party(party) => vec![party],
                Route::By(by) => by.names.values().map(String::as_str).collect(),
            };
            for party in parties {
                if !provides(compiled, party, service) {
                    let text = format!("`{party}` does not provide `{service}`");
                    self.tell(route.referenced, "TS0811", text);
                }
            }
        }
    }

    fn channels(&mut self) {
        let mut names = BTreeSet::new();
        let (mut tokens, mut certificates) = (BTreeMap::new(), BTreeMap::new());
        for channel in &self.deployment.channels {
            if !names.insert(&channel.value.name) {
                let text = format!("there are two channels `{}`", channel.value.name);
                self.tell(channel.referenced, "TS0814", text);
            }
            let Channel { token_sha256, token_key, certificate_sha256, .. } = &channel.value;
            if token_sha256.is_none() && token_key.is_none() && certificate_sha256.is_none() {
                let text = format!(
                    "channel `{}` has neither a token, nor a key of its tokens, nor a certificate",
                    channel.value.name
                );
                self.tell(channel.referenced, "TS0816", text);
            }
            let whose = format!("channel `{}`", channel.value.name);
            for (known, digest) in [(&mut tokens, token_sha256), (&mut certificates, certificate_sha256)] {
                if let Some(digest) = digest {
                    self.shown_by(&whose, channel.referenced, digest, known);
                }
            }
            for service in &channel.value.services {
                self.granted(&whose, channel.referenced, service);
            }
        }
        for (name, party) in &self.deployment.parties {
            for service in party.value.services.iter().flatten() {
                self.granted(&format!("`{name}`"), service.referenced, &service.value);
            }
        }
    }

    fn users(&mut self) {
        let decide = roles_of_holds(self.deployment, self.compiled);
        let mut names = BTreeSet::new();
        let mut tokens = BTreeMap::new();
        for user in &self.deployment.users {
            let User { name, token_sha256, roles } = &user.value;
            if !names.insert(name) {
                let text = format!("there are two users `{name}`: nobody could tell two persons from one");
                self.tell(user.referenced, "TS0814", text);
            }
            self.shown_by(&format!("user `{name}`"), user.referenced, token_sha256, &mut tokens);
            let Some(decide) = &decide else { continue };
            for role in roles {
                if !ROLES.contains(&role.as_str()) && !decide.contains(role.as_str()) {
                    let near = nearest(role, ROLES.iter().copied().chain(decide.iter().copied()));
                    let text = format!(
                        "user `{name}`: `{role}` is no role{near}; there are {}, and those that a flow's `hold … for` names",
                        ROLES.join(", ")
                    );
                    self.tell(user.referenced, "TS0813", text);
                }
            }
        }
    }

    /// A digest that somebody is known by, among those of others.
    fn shown_by(&mut self, whose: &str, place: Location, digest: &str, known: &mut BTreeMap<String, String>) {
        if digest.len() != 64 || !digest.bytes().all(|figure| figure.is_ascii_hexdigit()) {
            self.tell(place, "TS0813", format!("{whose}: a SHA-256 has 64 figures in hex"));
        } else if let Some(other) = known.insert(digest.to_lowercase(), whose.to_owned()) {
            self.tell(
                place,
                "TS0814",
                format!("{whose} shows the same as {other}: each has a token of its own"),
            );
        }
    }

    fn granted(&mut self, whose: &str, place: Location, service: &str) {
        let compiled = self.compiled;
        if !compiled.services.iter().any(|known| &*known.path == service) {
            let near = nearest(service, compiled.services.iter().map(|service| &*service.path));
            let text = format!("{whose}: there is no service `{service}`{near}");
            self.tell(place, "TS0812", text);
            return;
        }
        let run =
            compiled.modules.iter().flat_map(|module| &module.flows).any(
                |flow| matches!(&flow.start, dsl::program::FlowStart::Service(path) if &**path == service),
            );
        let provided = compiled.modules.iter().any(|module| provides(compiled, &module.name, service));
        if !run && !provided {
            let text = format!("service `{service}` has neither a flow nor a provider");
            self.tell(place, "TS0810", text);
        }
    }
}

/// Roles that flows name where persons decide; none where one of them is known only when the flow runs.
fn roles_of_holds<'a>(deployment: &'a Deployment, compiled: &'a Compiled) -> Option<BTreeSet<&'a str>> {
    let mut roles = BTreeSet::new();
    for module in &compiled.modules {
        let config = deployment.parties.get(&*module.name).map(|party| &party.value);
        let expressions = &module.program.expressions;
        for hold in module.flows.iter().flat_map(|flow| &flow.holds) {
            if let Some(Constant::Text(role)) = expressions.constant(hold.role) {
                roles.insert(&**role);
                continue;
            }
            let load = expressions.reference(hold.role)?;
            let slot = match load.space {
                Space::Setting => usize::from(load.slot),
                // The first is the member's name.
                Space::Member => usize::from(load.slot).checked_sub(1)?,
                _ => return None,
            };
            // A parameter may be another tomorrow.
            let setting = module.settings.get(slot).filter(|setting| !setting.changes)?;
            let Some(config) = config else { continue };
            let members = config.members.values().map(|member| &member.value.settings);
            let given = std::iter::once(&config.settings).chain(members);
            roles.extend(given.filter_map(|given| Some(given.get(&*setting.name)?.value.as_str())));
        }
    }
    Some(roles)
}

fn provides(compiled: &Compiled, party: &str, service: &str) -> bool {
    let module = compiled.modules.iter().find(|module| &*module.name == party);
    module.is_some_and(|module| {
        module.calls.iter().any(|call| call.call.ours && call.service.as_deref() == Some(service))
    })
}

fn wanted(link: &LinkProgram) -> &'static str {
    match (link.link.kind, link.link.connect) {
        (LinkKind::Folder | LinkKind::Sftp, _) => "folder",
        (_, true) => "address",
        (_, false) => "listen",
    }
}

fn lacking(link: &LinkProgram, given: &LinkConfig) -> Option<&'static str> {
    let wanted = wanted(link);
    let present = match wanted {
        // A server of files may lead to its folder by itself.
        "folder" => given.folder.is_some() || given.address.as_deref().is_some_and(is_address),
        "address" => given.address.as_deref().is_some_and(is_address),
        _ => given.listen.as_deref().is_some_and(is_address),
    };
    if !present {
        return Some(wanted);
    }
    let remote = given.address.is_some();
    match (link.link.kind, &given.tls) {
        (LinkKind::Https, Some(tls)) if tls.proxied => None,
        (LinkKind::Https, tls) if link.link.connect => {
            tls.as_ref().is_none_or(|tls| tls.trust.is_none()).then_some("tls: { trust: … }")
        }
        (LinkKind::Https, tls) => tls
            .as_ref()
            .is_none_or(|tls| tls.certificate.is_none() || tls.key.is_none())
            .then_some("tls: { certificate: …, key: … }"),
        (LinkKind::Sftp, _) if remote && given.user.is_none() => Some("user"),
        (LinkKind::Sftp, _) if remote && given.host_key.is_none() => Some("host_key"),
        _ => None,
    }
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// `, did you mean …?` for the name with the smallest distance, if one is near.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let best = names.map(|known| (distance(name, known), known)).min();
    match best {
        Some((away, known)) if away <= 2 && away < known.len() => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, letter) in left.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (place, other) in right.iter().enumerate() {
            let Some(cell) = row.get_mut(place + 1) else { break };
            let best = (diagonal + usize::from(letter != *other)).min(*cell + 1).min(before + 1);
            diagonal = std::mem::replace(cell, best);
            before = best;
        }
    }
    row.last().copied().unwrap_or(0)
}
