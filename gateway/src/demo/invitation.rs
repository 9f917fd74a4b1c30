//! What to try while everything stays: lines that work as they stand.

use super::Wanted;
use super::fill::filled;
use super::plan::Plan;
use crate::stage::Stage;
use rusqlite::{Connection, OpenFlags};
use serde_json::Map;
use std::path::PathBuf;

/// The lines.
pub(super) fn text(plan: &Plan, stage: &Stage, wanted: &Wanted) -> Result<String, String> {
    let address = stage.channels();
    let mut lines = vec!["Everything keeps running; Ctrl-C ends it. Try:\n".to_owned()];
    lines.push(format!("  curl -s http://{address}/metrics | grep tongshi_exchanges_total | head"));
    lines.extend(ask(plan, stage));
    for (folder, path) in packets(plan, stage)? {
        let configs = wanted.configs.display();
        lines
            .push(format!("  cargo run --release -- decode {folder} {} --configs {configs}", path.display()));
    }
    Ok(lines.join("\n"))
}

/// A question that the first story of the plan begins with, as curl asks it.
fn ask(plan: &Plan, stage: &Stage) -> Option<String> {
    let story = plan.parties.iter().find_map(|party| party.traffic.first())?;
    let ask = story.asks.first()?;
    let mut known = Map::new();
    for (folder, question) in &story.draw {
        let rows = stage.player(folder)?.party.question(question).ok()?;
        known.extend(rows.into_iter().next()?);
    }
    let body = filled(&ask.with, &known, &[]);
    let (_, token) = stage.token(None, &ask.service)?;
    let address = stage.channels();
    Some(format!(
        "  curl -s -H 'Authorization: Bearer {token}' http://{address}/v1/{} -d '{body}'",
        ask.service
    ))
}

/// The last message that left to each party over frames, as a file with what was sent.
fn packets(plan: &Plan, stage: &Stage) -> Result<Vec<(String, PathBuf)>, String> {
    let words = |error: rusqlite::Error| error.to_string();
    let connection = Connection::open_with_flags(stage.journal(), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = connection.map_err(words)?;
    let folder = stage.folder().join("packets");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut made = Vec::new();
    for party in plan.parties.iter().filter(|party| party.packets) {
        let sql = "SELECT call, request FROM operation WHERE party = ?1 AND request IS NOT NULL ORDER BY number DESC";
        let mut statement = connection.prepare(sql).map_err(words)?;
        let module = party.folder.replace('-', "_");
        let mut rows = statement.query([module]).map_err(words)?;
        let Some(row) = rows.next().map_err(words)? else { continue };
        let (call, stored) = (row.get::<_, String>(0), row.get::<_, Vec<u8>>(1));
        let (call, stored) = (call.map_err(words)?, stored.map_err(words)?);
        let Some(octets) = engine::packet::Packet::decode(&stored) else { continue };
        let name = call.rsplit('.').next().unwrap_or(&call);
        let Some(framed) = framed_as(stage, &party.folder, name, octets.content()) else { continue };
        let path = folder.join(format!("{}-{name}.bin", party.folder));
        std::fs::write(&path, framed).map_err(|error| format!("{}: {error}", path.display()))?;
        made.push((party.folder.clone(), path));
    }
    Ok(made)
}

/// The octets with the frame of the link that a call goes over.
fn framed_as(stage: &Stage, folder: &str, call: &str, octets: &[u8]) -> Option<Vec<u8>> {
    let module = &stage.player(folder)?.party.loaded().bank.module;
    let call = module.calls.iter().find(|known| *known.call.name == *call)?;
    let link = module.links.get(usize::from(call.call.link))?;
    conformance::framing::framed(&link.link.frame, octets).ok()
}
