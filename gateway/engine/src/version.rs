//! A version: compiled adapters linked with a deployment (decisions D10, D25).
//!
//! In: [`Compiled`] adapters, their source and hash, a [`Deployment`]. Out: tables by index and by path, which a flow
//! pins as one [`Arc`]. It must not know sockets, stores or running flows.

use crate::Ours;
use crate::deployment::{Deployment, LinkConfig, MemberConfig, Route, parse_setting};
use crate::lines::LineName;
use crate::observe::CallMeters;
use crate::sought::Sought;
use dsl::evaluate::{Fault, Value};
use dsl::model::{CallId, ServiceKind, Space};
use dsl::program::{
    CallProgram, Compiled, ExprId, FlowStart, FlowTables, LinkProgram, ModuleProgram, StepCall,
};
use dsl::value::{ShapeId, Symbol, Symbols};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

/// A call of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct CallRef {
    /// Index of the module.
    pub module: usize,
    /// The call in it.
    pub call: CallId,
}

/// A flow of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct FlowRef {
    /// Index of the module.
    pub module: usize,
    /// Index of the flow in it.
    pub flow: usize,
}

/// Compiled adapters with a deployment's values.
pub struct Version {
    /// Hash of the sources.
    pub hash: [u8; 32],
    /// The sources, as the journal keeps them while flows pin the version.
    pub source: Arc<Vec<u8>>,
    /// The programs.
    pub compiled: Arc<Compiled>,
    /// By index of the module.
    pub parties: Vec<Party>,
    /// Who asks where no channel does.
    pub own: crate::deployment::Own,
    modules: HashMap<Box<str>, usize, Ours>,
    services: HashMap<Box<str>, Service, Ours>,
    flows: HashMap<Box<str>, FlowRef, Ours>,
    calls: HashMap<Box<str>, CallRef, Ours>,
    routes: BTreeMap<String, Route>,
    remembered: BTreeSet<CallRef>,
    /// By module: whether messages look at the last exchange of any of its calls.
    remembering: Vec<bool>,
    /// Flows that run on a served call itself.
    served: HashMap<CallRef, FlowRef, Ours>,
    /// The channel that asks where no channel does.
    channel: Option<Symbol>,
    look_ups: HashMap<CallRef, Vec<Vec<Sought>>>,
    cancelled_by: HashMap<Box<str>, Vec<Vec<u16>>>,
    awaited_by: HashMap<Box<str>, Vec<Vec<u16>>>,
    /// By module and call.
    meters: Vec<Vec<CallMeters>>,
    /// By module and link: the line of a link that no member has for itself.
    lines: Vec<Vec<LineName>>,
}

/// A service with who runs and provides it.
#[derive(Clone, Debug)]
pub struct Service {
    /// Index in [`Compiled::services`].
    pub index: usize,
    /// Kind.
    pub kind: ServiceKind,
    /// What is asked.
    pub ask: ShapeId,
    /// What is answered.
    pub answer: ShapeId,
    /// The flow that runs it.
    pub flow: Option<FlowRef>,
    /// Calls that provide it.
    pub providers: Vec<CallRef>,
}

/// What a deployment says of one module.
#[derive(Debug, Default)]
pub struct Party {
    /// Settings in slot order; absent for those of members.
    pub settings: Vec<Value<'static>>,
    /// Names in the key store, in slot order.
    pub keys: Vec<Option<String>>,
    /// Members by name.
    pub members: BTreeMap<String, Arc<Member>>,
    /// Links in the order of the module's.
    pub links: Vec<Option<LinkConfig>>,
}

/// A member's values.
#[derive(Debug)]
pub struct Member {
    /// Its name, as the naming field holds it.
    pub name: Arc<str>,
    /// Settings in slot order of the module; absent for those that are not the member's.
    pub settings: Vec<Value<'static>>,
    /// Names in the key store, in slot order of the module.
    pub keys: Vec<Option<String>>,
    /// Links of its own, in the order of the module's.
    pub links: Vec<Option<LinkConfig>>,
}

impl Member {
    /// What a slot of [`Space::Member`] holds: first its name, then its settings.
    ///
    /// # Errors
    /// Another version's slot.
    pub fn value(&self, slot: u16) -> Result<Value<'_>, Fault> {
        match slot.checked_sub(1) {
            None => Ok(Value::Text(Cow::Borrowed(&self.name))),
            Some(setting) => self.settings.get(usize::from(setting)).cloned().ok_or(Fault::Broken),
        }
    }
}

/// Adapters and deployment do not fit; `validate` says more, with places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}` of `{party}`: {why}")]
pub struct LinkError {
    /// The party.
    pub party: String,
    /// The setting.
    pub setting: String,
    /// What is wrong.
    pub why: String,
}

impl Version {
    /// Links compiled adapters with a deployment.
    ///
    /// # Errors
    /// The first setting whose text is none of its type.
    pub fn link(
        compiled: Arc<Compiled>,
        hash: [u8; 32],
        source: Vec<u8>,
        deployment: &Deployment,
    ) -> Result<Self, LinkError> {
        let parties = compiled.modules.iter().map(|module| party(module, deployment, &compiled.symbols));
        let parties = parties.collect::<Result<Vec<_>, _>>()?;
        let routes = deployment.routes.iter().map(|(path, route)| (path.clone(), route.value.clone()));
        let mut version = Self {
            hash,
            own: deployment.own.clone(),
            source: Arc::new(source),
            parties,
            modules: HashMap::default(),
            services: HashMap::default(),
            flows: HashMap::default(),
            calls: HashMap::default(),
            routes: routes.collect(),
            remembering: Vec::new(),
            remembered: remembered(&compiled),
            served: HashMap::default(),
            channel: compiled.symbols.find(&deployment.own.channel),
            look_ups: crate::sought::look_ups(&compiled),
            cancelled_by: cancelled_by(&compiled),
            awaited_by: awaited_by(&compiled),
            meters: compiled.modules.iter().map(|module| meters(module)).collect(),
            lines: compiled.modules.iter().map(|module| lines(module)).collect(),
            compiled,
        };
        let compiled = Arc::clone(&version.compiled);
        version.index(&compiled);
        Ok(version)
    }

    fn index(&mut self, compiled: &Compiled) {
        for (index, service) in compiled.services.iter().enumerate() {
            let entry = Service {
                index,
                kind: service.kind,
                ask: service.ask,
                answer: service.answer,
                flow: None,
                providers: Vec::new(),
            };
            self.services.insert(service.path.clone(), entry);
        }
        for (module, program) in compiled.modules.iter().enumerate() {
            self.modules.insert(program.name.clone(), module);
            self.remembering.push(self.remembered.iter().any(|call| call.module == module));
            for (flow, tables) in program.flows.iter().enumerate() {
                let reference = FlowRef { module, flow };
                self.flows.insert(format!("{}.{}", program.name, tables.name).into(), reference);
                match &tables.start {
                    FlowStart::Service(path) => {
                        if let Some(service) = self.services.get_mut(path) {
                            service.flow = Some(reference);
                        }
                    }
                    FlowStart::Served(call) => {
                        self.served.entry(CallRef { module, call: *call }).or_insert(reference);
                    }
                    _ => {}
                }
            }
            for (number, call) in program.calls.iter().enumerate() {
                let Ok(number) = u16::try_from(number) else { break };
                let reference = CallRef { module, call: CallId(number) };
                self.calls.insert(format!("{}.{}", program.name, call.call.name).into(), reference);
                if call.call.ours
                    && let Some(path) = &call.service
                    && let Some(service) = self.services.get_mut(path)
                {
                    service.providers.push(reference);
                }
            }
        }
    }

    /// Names of `one_of`s and reasons.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.compiled.symbols
    }

    /// A module by its index.
    #[must_use]
    pub fn module(&self, index: usize) -> Option<&ModuleProgram> {
        self.compiled.modules.get(index).map(|module| &**module)
    }

    /// Index of a module.
    #[must_use]
    pub fn module_named(&self, name: &str) -> Option<usize> {
        self.modules.get(name).copied()
    }

    /// A service by its path.
    #[must_use]
    pub fn service(&self, path: &str) -> Option<&Service> {
        self.services.get(path)
    }

    /// A call by its reference.
    #[must_use]
    pub fn call(&self, reference: CallRef) -> Option<&CallProgram> {
        self.module(reference.module)?.calls.get(usize::from(reference.call.0))
    }

    /// The name of a call; empty where there is none.
    #[must_use]
    pub fn call_name(&self, reference: CallRef) -> &str {
        self.call(reference).map_or("", |call| &call.call.name)
    }

    /// What is counted of a call.
    #[must_use]
    pub fn meters(&self, reference: CallRef) -> Option<&CallMeters> {
        self.meters.get(reference.module)?.get(usize::from(reference.call.0))
    }

    /// The line of a link: the member's own, where it has one. Empty where there is no such link.
    #[must_use]
    pub fn line(&self, module: usize, link: usize, member: Option<&Member>) -> Cow<'_, LineName> {
        static NONE: LazyLock<LineName> = LazyLock::new(LineName::default);
        let own = member.filter(|member| member.links.get(link).is_some_and(Option::is_some));
        let line = self.lines.get(module).and_then(|lines| lines.get(link)).unwrap_or(&NONE);
        match own {
            None => Cow::Borrowed(line),
            Some(member) => Cow::Owned(LineName { member: Some(Arc::clone(&member.name)), ..line.clone() }),
        }
    }

    /// Whether messages of a module are numbered on any of its links.
    #[must_use]
    pub(crate) fn numbers_messages(&self, module: usize) -> bool {
        let sessions = self.module(module).map_or(&[][..], |program| &program.sessions);
        sessions.iter().any(|session| session.session.numbering.is_some())
    }

    /// A call by its path, `power_dongguan.pay`.
    #[must_use]
    pub fn call_named(&self, path: &str) -> Option<CallRef> {
        self.calls.get(path).copied()
    }

    /// The link of a call.
    #[must_use]
    pub fn link_of(&self, reference: CallRef) -> Option<&LinkProgram> {
        let call = self.call(reference)?;
        self.module(reference.module)?.links.get(usize::from(call.call.link))
    }

    /// Whether other messages look at the last exchange of a call.
    #[must_use]
    pub fn remembers(&self, call: CallRef) -> bool {
        self.remembered.contains(&call)
    }

    /// Sets of values by which later exchanges find one of a call.
    #[must_use]
    pub(crate) fn look_ups(&self, call: CallRef) -> &[Vec<Sought>] {
        self.look_ups.get(&call).map_or(&[], Vec::as_slice)
    }

    /// Sets of slots of a flow's ask by which other flows take it back.
    #[must_use]
    pub fn cancelled_by(&self, flow: &str) -> &[Vec<u16>] {
        self.cancelled_by.get(flow).map_or(&[], Vec::as_slice)
    }

    /// Sets of slots of a flow's ask by which flows that wait for it find it.
    #[must_use]
    pub fn awaited_by(&self, flow: &str) -> &[Vec<u16>] {
        self.awaited_by.get(flow).map_or(&[], Vec::as_slice)
    }

    /// Whether messages of a party look at the last exchange of any of its calls.
    #[must_use]
    pub fn remembers_any(&self, module: usize) -> bool {
        self.remembering.get(module).copied().unwrap_or_default()
    }

    /// The flow that runs on a served call itself.
    #[must_use]
    pub fn served_by(&self, call: CallRef) -> Option<FlowRef> {
        self.served.get(&call).copied()
    }

    /// The channel that asks where no channel does.
    #[must_use]
    pub fn own_channel(&self) -> Option<Symbol> {
        self.channel
    }

    /// A flow by its reference.
    #[must_use]
    pub fn flow(&self, reference: FlowRef) -> Option<&FlowTables> {
        self.module(reference.module)?.flows.get(reference.flow)
    }

    /// A flow by its path, `bank.pay_bill`.
    #[must_use]
    pub fn flow_named(&self, path: &str) -> Option<FlowRef> {
        self.flows.get(path).copied()
    }

    /// All flows.
    pub fn flows(&self) -> impl Iterator<Item = (FlowRef, &FlowTables)> {
        self.compiled.modules.iter().enumerate().flat_map(|(module, program)| {
            program.flows.iter().enumerate().map(move |(flow, tables)| (FlowRef { module, flow }, tables))
        })
    }

    /// The provider of a service for a name that a step or an ask gives (`at`): a party, or a name of the routes.
    /// Without a name: the routed party, or the only provider.
    #[must_use]
    pub fn provider(&self, path: &str, at: Option<&str>) -> Option<CallRef> {
        self.providers(path, at).first().copied()
    }

    /// All calls of that party that provide the service: each may say `only when` of its own.
    #[must_use]
    pub fn providers(&self, path: &str, at: Option<&str>) -> Vec<CallRef> {
        let Some(service) = self.services.get(path) else { return Vec::new() };
        let route = self.routes.get(path);
        let party = match (at, route) {
            (Some(at), Some(Route::By(by))) => Some(by.names.get(at).map_or(at, String::as_str)),
            (Some(at), _) => Some(at),
            (None, Some(Route::Party(party))) => Some(party.as_str()),
            (None, _) => None,
        };
        let module = match party {
            Some(party) => self.module_named(party),
            None => service.providers.first().map(|first| first.module),
        };
        let of_party = |provider: &&CallRef| Some(provider.module) == module;
        let found: Vec<CallRef> = service.providers.iter().filter(of_party).copied().collect();
        if party.is_none() && found.len() < service.providers.len() { Vec::new() } else { found }
    }

    /// The field of a service's ask that names the provider, if the routes say so.
    #[must_use]
    pub fn routing_field(&self, path: &str) -> Option<&str> {
        match self.routes.get(path) {
            Some(Route::By(by)) => by.by.as_deref(),
            _ => None,
        }
    }

    /// The label of a reason; its name where it has none.
    #[must_use]
    pub fn label(&self, reason: &str) -> String {
        let symbol = self.symbols().find(reason);
        let label = symbol.and_then(|symbol| {
            self.compiled
                .reasons
                .iter()
                .find(|(known, _)| *known == symbol)
                .map(|(_, label)| label.to_string())
        });
        label.filter(|label| !label.is_empty()).unwrap_or_else(|| reason.to_owned())
    }

    /// The text of a symbol.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.symbols().text(symbol)
    }
}

impl std::fmt::Debug for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Version")
            .field("modules", &self.compiled.modules.len())
            .finish_non_exhaustive()
    }
}

fn meters(module: &ModuleProgram) -> Vec<CallMeters> {
    module.calls.iter().map(|_| CallMeters::default()).collect()
}

fn lines(module: &ModuleProgram) -> Vec<LineName> {
    let party: Arc<str> = Arc::from(&*module.name);
    let line = |link: &LinkProgram| LineName {
        party: Arc::clone(&party),
        link: Arc::from(&*link.link.name),
        member: None,
    };
    module.links.iter().map(line).collect()
}

fn remembered(compiled: &Compiled) -> BTreeSet<CallRef> {
    let spaces = [Space::CallRequest, Space::CallReply, Space::CallExchange, Space::CallRaw];
    let modules = compiled.modules.iter().enumerate();
    let loads = modules.flat_map(|(module, program)| {
        program.program.expressions.loads.iter().map(move |load| (module, load))
    });
    let looked_at = loads.filter(|(_, load)| spaces.contains(&load.space));
    looked_at.map(|(module, load)| CallRef { module, call: CallId(load.call) }).collect()
}

fn cancelled_by(compiled: &Compiled) -> HashMap<Box<str>, Vec<Vec<u16>>> {
    let flows = compiled.modules.iter().flat_map(|module| &module.flows);
    let sought = flows.flat_map(|flow| &flow.steps).filter_map(|step| match &step.target {
        StepCall::Flow(form) => Some((form.flow.clone(), &form.by)),
        _ => None,
    });
    sets(sought)
}

fn awaited_by(compiled: &Compiled) -> HashMap<Box<str>, Vec<Vec<u16>>> {
    let steps = compiled.modules.iter().enumerate().flat_map(|(module, program)| {
        program.flows.iter().flat_map(|flow| &flow.steps).map(move |step| (module, step))
    });
    let sought = steps.filter_map(|(module, step)| match &step.target {
        StepCall::Awaited(form) => Some((begun_by(compiled, module, &form.of)?.into(), &form.by)),
        _ => None,
    });
    sets(sought)
}

/// The name of the flow that something begins: a service, or a call of that module.
pub(crate) fn begun_by<'c>(compiled: &'c Compiled, module: usize, start: &FlowStart) -> Option<&'c str> {
    let begins = |place: usize, flow: &&FlowTables| match (&flow.start, start) {
        (FlowStart::Service(one), FlowStart::Service(other)) => one == other,
        (FlowStart::Served(one), FlowStart::Served(other)) => one == other && place == module,
        _ => false,
    };
    let mut modules = compiled.modules.iter().enumerate();
    modules
        .find_map(|(place, program)| program.flows.iter().find(|flow| begins(place, flow)))
        .map(|flow| &*flow.program.name)
}

/// For each flow, the sets of slots by which it is found.
fn sets<'b>(
    sought: impl Iterator<Item = (Box<str>, &'b Vec<(u16, ExprId)>)>,
) -> HashMap<Box<str>, Vec<Vec<u16>>> {
    let mut found: HashMap<Box<str>, Vec<Vec<u16>>> = HashMap::new();
    for (flow, by) in sought {
        let mut slots: Vec<u16> = by.iter().map(|(slot, _)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        let sets = found.entry(flow).or_default();
        if !sets.contains(&slots) {
            sets.push(slots);
        }
    }
    found
}

fn party(module: &ModuleProgram, deployment: &Deployment, symbols: &Symbols) -> Result<Party, LinkError> {
    let Some(config) = deployment.parties.get(&*module.name).map(|party| &party.value) else {
        return Ok(Party {
            settings: vec![Value::Absent; module.settings.len()],
            keys: vec![None; module.keys.len()],
            members: BTreeMap::new(),
            links: vec![None; module.links.len()],
        });
    };
    let mut members = BTreeMap::new();
    for (name, member) in &config.members {
        members.insert(name.clone(), Arc::new(self::member(module, name, &member.value, symbols)?));
    }
    Ok(Party {
        settings: settings(module, false, &module.name, symbols, |name| {
            config.settings.get(name).map(|text| &*text.value)
        })?,
        keys: keys(module, false, |name| config.keys.get(name).map(|key| key.value.clone())),
        members,
        links: links(module, |name| config.links.get(name).map(|link| link.value.clone())),
    })
}

fn member(
    module: &ModuleProgram,
    name: &str,
    config: &MemberConfig,
    symbols: &Symbols,
) -> Result<Member, LinkError> {
    Ok(Member {
        name: Arc::from(name),
        settings: settings(module, true, name, symbols, |name| {
            config.settings.get(name).map(|text| &*text.value)
        })?,
        keys: keys(module, true, |name| config.keys.get(name).map(|key| key.value.clone())),
        links: links(module, |name| config.links.get(name).map(|link| link.value.clone())),
    })
}

fn settings<'c>(
    module: &ModuleProgram,
    of_member: bool,
    whose: &str,
    symbols: &Symbols,
    given: impl Fn(&str) -> Option<&'c str>,
) -> Result<Vec<Value<'static>>, LinkError> {
    let value = |setting: &dsl::model::Setting| match given(&setting.name) {
        Some(text) if setting.of_member == of_member => parse_setting(text, &setting.ty, symbols)
            .map_err(|why| LinkError { party: whose.to_owned(), setting: setting.name.to_string(), why }),
        _ => Ok(Value::Absent),
    };
    module.settings.iter().map(value).collect()
}

fn keys(
    module: &ModuleProgram,
    of_member: bool,
    given: impl Fn(&str) -> Option<String>,
) -> Vec<Option<String>> {
    let key = |key: &dsl::model::Key| if key.of_member == of_member { given(&key.name) } else { None };
    module.keys.iter().map(key).collect()
}

fn links(module: &ModuleProgram, given: impl Fn(&str) -> Option<LinkConfig>) -> Vec<Option<LinkConfig>> {
    module.links.iter().map(|link| given(&link.link.name)).collect()
}
