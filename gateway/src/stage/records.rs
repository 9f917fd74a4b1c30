//! What suites see of a stage, and do to it.

use super::{History, How, Stage, history};
use conformance::party::Party;
use conformance::suite::{Channel, GatewayDo, JournalMark, Playing, Row, Stage as Seen};
use link::world::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Clear, End, FlowId, FlowRow, Moment, OperationRow, Reader, SqliteReader};

/// Rows read at once.
const PAGE: usize = 500;

impl Stage {
    fn reader(&self) -> Result<SqliteReader, String> {
        SqliteReader::open(&self.journal(), Arc::new(Clear)).map_err(|error| error.to_string())
    }

    /// Flows that began after one, in order.
    fn flows_since(&self, reader: &mut SqliteReader, since: u64) -> Result<Vec<FlowRow>, String> {
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

fn refused_by_link(reader: &mut SqliteReader) -> Result<BTreeMap<(String, String), u64>, String> {
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
        Ok(JournalMark { flow, refused: refused_by_link(&mut reader)? })
    }

    fn records(&self, what: &str, since: &JournalMark) -> Result<Vec<Row>, String> {
        let mut reader = self.reader()?;
        let words = |error: store::Fatal| error.to_string();
        match what {
            "journal" => {
                let mut rows = Vec::new();
                let history = History::open(&self.journal())?;
                for flow in self.flows_since(&mut reader, since.flow)? {
                    let operations = reader.operations(flow.flow).map_err(words)?;
                    // What became of a way back stands in the state of its original.
                    let own = operations.iter().filter(|one| !one.name.ends_with("/back"));
                    rows.extend(own.map(|one| operation(&flow, one, &history)));
                }
                Ok(rows)
            }
            "flows" => {
                let flows = self.flows_since(&mut reader, since.flow)?;
                let shown = |flow: &FlowRow| {
                    row(json!({
                        "flow": flow.name, "end": end(flow), "by": flow.key.party,
                        "date": flow.key.date.to_string(), "row": flow.parent.map(|(_, row)| row),
                    }))
                };
                Ok(flows.iter().map(shown).collect())
            }
            "refused" => {
                let now = refused_by_link(&mut reader)?;
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
            other => Err(format!(
                "`{other}`: a look is at journal, flows, refused, notices or metrics, or has an `sql`"
            )),
        }
    }

    fn does<'s>(&'s mut self, what: &'s GatewayDo) -> BoxFuture<'s, Result<(), String>> {
        Box::pin(self.gateway_does(what))
    }
}
