//! What suites see of a stage, and do to it; people of the bank decide through it.

use super::{History, How, Stage, history};
use conformance::party::Party;
use conformance::suite::{
    Channel, Decided, GatewayDo, JournalMark, ParameterDo, PeopleDo, Playing, Row, Stage as Seen,
};
use engine::waiting::{Decided as Given, Decision, Person, Said, WaitingFor, Why};
use link::world::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Clear, End, FlowId, FlowRow, Moment, OperationRow, ParameterName, Reader};

/// Rows read at once.
const PAGE: usize = 500;

impl Stage {
    fn reader(&self) -> Result<Box<dyn Reader>, String> {
        store::reader(&self.journal(), Arc::new(Clear)).map_err(|error| error.to_string())
    }

    /// Flows that began after one, in order.
    fn flows_since(&self, reader: &mut dyn Reader, since: u64) -> Result<Vec<FlowRow>, String> {
        let mut flows = Vec::new();
        let mut before: Option<FlowId> = None;
        loop {
            let page = reader.flows_before(before, None, PAGE).map_err(|error| error.to_string())?;
            let Some(last) = page.last().map(|flow| flow.flow) else { break };
            before = Some(last);
            flows.extend(page.into_iter().filter(|flow| flow.flow.0 > since));
            if last.0 <= since {
                break;
            }
        }
        flows.reverse();
        Ok(flows)
    }
}

/// The most that may wait on a stage.
const WAITING: usize = 10_000;

impl Stage {
    /// What waits for people; what the clock begins at parties that are not on the stage is nobody's matter here.
    pub(crate) async fn waits(&self) -> Result<Vec<WaitingFor>, String> {
        let engine = self.gateway().ok_or("there is no gateway")?.engine();
        let version = engine.current.load_full();
        let elsewhere = |waits: &WaitingFor| {
            let module = waits.name.split('.').next().unwrap_or_default();
            let plays = self.players.values().any(|player| *player.module == *module);
            !plays && version.compiled.modules.iter().any(|known| known.party && *known.name == *module)
        };
        let mut waits = engine.waiting(FlowId(0), WAITING).await;
        waits.retain(|waits| !elsewhere(waits));
        Ok(waits)
    }

    /// Two persons decide what waits.
    pub(crate) async fn people_decide(&self, what: &PeopleDo) -> Result<Vec<Decided>, String> {
        if let Some(change) = &what.parameter {
            return self.change_parameter(what, change).await.map(|done| vec![done]);
        }
        let named = |waits: &WaitingFor| {
            waits.why != Why::Late
                && what
                    .flow
                    .as_ref()
                    .is_none_or(|flow| waits.name == *flow || waits.name.starts_with(&format!("{flow}/")))
                && what.what.as_ref().is_none_or(|text| waits.what == *text)
        };
        let waits: Vec<WaitingFor> = self.waits().await?.into_iter().filter(named).collect();
        if waits.is_empty() {
            return Err("nothing waits there".to_owned());
        }
        let mut decided = Vec::with_capacity(waits.len());
        for waits in waits {
            decided.push(self.decide_one(what, &waits).await?);
        }
        Ok(decided)
    }

    /// One person proposes another value of a parameter, the others decide; where that very change waits, all decide.
    async fn change_parameter(&self, what: &PeopleDo, change: &ParameterDo) -> Result<Decided, String> {
        let engine = self.gateway().ok_or("there is no gateway")?.engine();
        let from = change.from.parse().map_err(|_| format!("`{}` is no date", change.from))?;
        let parameter = ParameterName {
            party: change.of.clone(),
            member: change.member.clone(),
            name: change.name.clone(),
        };
        let people = people(what, None);
        let from = engine::calendar::day(from);
        let seen = engine.parameters().into_iter().find(|seen| seen.parameter == parameter);
        let same = seen.and_then(|seen| seen.waiting);
        let same = same.filter(|waits| waits.new == change.value && waits.from == from);
        let (number, others) = match same {
            Some(waits) => (waits.number, &people[..]),
            None => {
                let (maker, others) = people.split_first().ok_or("nobody proposes it")?;
                let number = engine.propose_parameter(parameter, &change.value, from, &what.reason, maker);
                (number.await.map_err(|why| why.to_string())?, others)
            }
        };
        let mut done = false;
        for person in others {
            let agreed = Decision::of(&what.say) == Some(Decision::Go);
            let decided = engine.decide_parameter(number, agreed, &what.reason, person).await;
            decided.map_err(|why| why.to_string())?;
            done = true;
        }
        Ok(Decided { what: change.name.clone(), done })
    }

    /// They decide one thing that waits.
    pub(crate) async fn decide_one(&self, what: &PeopleDo, waits: &WaitingFor) -> Result<Decided, String> {
        let decision = Decision::of(&what.say).ok_or_else(|| format!("nobody can say `{}`", what.say))?;
        let engine = self.gateway().ok_or("there is no gateway")?.engine();
        let said = Said { decision, reason: what.reason.clone(), proof: what.proof.clone(), file: None };
        let mut done = false;
        for person in people(what, role(waits)) {
            let given = engine.decide(waits.flow, &waits.place, &said, &person).await;
            done = given.map_err(|why| format!("{}: {why}", waits.what))? == Given::Done;
        }
        Ok(Decided { what: waits.what.clone(), done })
    }
}

/// The role that what waits asks for beside the two of everything.
fn role(waits: &WaitingFor) -> Option<&str> {
    match &waits.why {
        Why::Hold { role } => Some(role),
        _ => None,
    }
}

/// Who decides: those that are named, else a maker and a checker.
fn people(what: &PeopleDo, role: Option<&str>) -> Vec<Person> {
    let person = |name: &str, roles: &[&str]| Person {
        name: name.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    if what.by.is_empty() {
        return vec![
            person("maker", &["operator"]),
            person("checker", &["operator", "checker", role.unwrap_or("checker")]),
        ];
    }
    what.by.iter().map(|one| Person { name: one.name.clone(), roles: one.roles.clone() }).collect()
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

fn end(flow: &FlowRow) -> Option<&'static str> {
    flow.end.map(|end| match end {
        End::Done => "done",
        End::Refused => "refused",
    })
}

fn operation(flow: &FlowRow, operation: &OperationRow, history: &History) -> Row {
    let states = history.states(operation.number).unwrap_or_default();
    row(json!({
        "states": states.join(" "), "how": How::of(&states, operation.copies).map(How::word),
        "flow": flow.name, "end": end(flow), "step": operation.name, "party": operation.party,
        "call": operation.call, "state": history::word(operation.state.code()),
        "copies": operation.copies, "amount": operation.amount, "serial": operation.serial,
        "date": operation.date.to_string(),
    }))
}

fn refused_by_link(reader: &mut dyn Reader) -> Result<BTreeMap<(String, String), u64>, String> {
    let counts = reader.refused_counts(Moment(0)).map_err(|error| error.to_string())?;
    let mut all = BTreeMap::new();
    for count in counts {
        *all.entry((count.link, count.fault)).or_default() += count.count;
    }
    Ok(all)
}

impl Seen for Stage {
    fn playing(&self, folder: &str) -> Result<Playing, String> {
        let player = self.player(folder).ok_or_else(|| format!("{folder} is not on the stage"))?;
        let loaded = player.party.loaded().clone();
        Ok(Playing { loaded, config: player.config.clone(), tls: player.tls.clone() })
    }

    fn party(&self, name: &str) -> Option<&Party> {
        self.player(name).map(|player| &player.party)
    }

    fn parties(&self) -> Vec<&Party> {
        Stage::parties(self).map(|(_, party)| party).collect()
    }

    fn channel(&self, name: Option<&str>, service: &str) -> Result<Channel, String> {
        let found = self.token(name, service);
        let (_, token) = found.ok_or_else(|| match name {
            Some(name) => format!("there is no channel {name}"),
            None => format!("no channel may ask {service}"),
        })?;
        Ok(Channel { address: self.channels().to_owned(), token: token.to_owned() })
    }

    fn advance(&self, span: Duration) {
        Stage::advance(self, span);
    }

    fn is_busy(&self) -> bool {
        self.gateway().is_some_and(|gateway| gateway.engine().journal.waiting() > 0)
    }

    fn mark(&self) -> Result<JournalMark, String> {
        let mut reader = self.reader()?;
        let last = reader.flows_before(None, None, 1).map_err(|error| error.to_string())?;
        let flow = last.first().map_or(0, |flow| flow.flow.0);
        Ok(JournalMark { flow, refused: refused_by_link(reader.as_mut())? })
    }

    fn records(&self, what: &str, since: &JournalMark) -> Result<Vec<Row>, String> {
        let mut reader = self.reader()?;
        let words = |error: store::Fatal| error.to_string();
        match what {
            "journal" => {
                let mut rows = Vec::new();
                let history = History::open(&self.journal())?;
                for flow in self.flows_since(reader.as_mut(), since.flow)? {
                    let operations = reader.operations(flow.flow).map_err(words)?;
                    // What became of a way back stands in the state of its original. What the clock begins at parties that
                    // are not on the stage is nobody's matter here.
                    let plays =
                        |one: &OperationRow| self.players.values().any(|player| *player.module == *one.party);
                    let own = operations.iter().filter(|one| !engine::driver::is_reversal(&one.name));
                    let own = own.filter(|one| plays(one));
                    rows.extend(own.map(|one| operation(&flow, one, &history)));
                }
                Ok(rows)
            }
            "flows" => {
                let flows = self.flows_since(reader.as_mut(), since.flow)?;
                let shown = |flow: &FlowRow| {
                    row(json!({
                        "flow": flow.name, "end": end(flow), "by": flow.key.party,
                        "date": flow.key.date.to_string(), "row": flow.parent.map(|(_, row)| row),
                    }))
                };
                Ok(flows.iter().map(shown).collect())
            }
            "refused" => {
                let now = refused_by_link(reader.as_mut())?;
                let more = now.into_iter().filter_map(|((link, fault), count)| {
                    let known = since.refused.get(&(link.clone(), fault.clone())).copied().unwrap_or(0);
                    let more = count.saturating_sub(known);
                    (more > 0).then(|| row(json!({ "link": link, "fault": fault, "count": more })))
                });
                Ok(more.collect())
            }
            "notices" => {
                let due = reader.notices_due(Moment(i64::MAX), PAGE).map_err(words)?;
                let shown = |notice: &store::Notice| {
                    let outcome = format!("{:?}", notice.outcome).to_lowercase();
                    row(json!({ "call": notice.call, "tries": notice.tries, "state": outcome }))
                };
                Ok(due.iter().map(shown).collect())
            }
            "parameters" => {
                let changes = reader.parameter_changes(0, PAGE).map_err(words)?;
                let shown = |change: &store::ParameterChange| {
                    let (proposed, decided) = (&change.proposed, change.decided.as_ref());
                    row(json!({
                        "of": proposed.parameter.party, "member": proposed.parameter.member,
                        "name": proposed.parameter.name, "old": proposed.old, "new": proposed.new,
                        "from": proposed.from.to_string(), "by": proposed.by, "reason": proposed.reason,
                        "agreed": decided.map(|(decided, _)| decided.agreed),
                        "decided_by": decided.map(|(decided, _)| &decided.by),
                    }))
                };
                Ok(changes.iter().map(shown).collect())
            }
            other => Err(format!(
                "`{other}`: a look is at journal, flows, refused, notices, parameters or metrics, or has an `sql`"
            )),
        }
    }

    fn waiting(&self) -> BoxFuture<'_, Result<Vec<Row>, String>> {
        Box::pin(async {
            let shown = |waits: &WaitingFor| {
                let why = match &waits.why {
                    Why::Hold { .. } => "hold",
                    Why::Park => "park",
                    Why::Late => "late",
                    Why::Broken => "broken",
                    Why::Notice { .. } => "notice",
                    Why::Operation { state, .. } => *state,
                };
                let proposed =
                    waits.proposed.as_ref().map(|one| format!("{}: {}", one.by, one.said.decision.word()));
                row(json!({
                    "flow": waits.name, "place": waits.place, "what": waits.what, "why": why,
                    "role": role(waits), "proposed": proposed,
                }))
            };
            Ok(self.waits().await?.iter().map(shown).collect())
        })
    }

    fn decide<'s>(&'s self, what: &'s PeopleDo) -> BoxFuture<'s, Result<Vec<Decided>, String>> {
        Box::pin(self.people_decide(what))
    }

    fn does<'s>(&'s mut self, what: &'s GatewayDo) -> BoxFuture<'s, Result<(), String>> {
        Box::pin(self.gateway_does(what))
    }
}
