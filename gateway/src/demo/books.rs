//! The books compared: the gateway's journal, the core's ledger, each party's own file. Each is read from its own file on
//! disk, never from memory or from the gateway's counters.

use super::plan::Plan;
use crate::stage::{History, How, Stage};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use store::{Clear, End, FlowId, OperationState};

/// Flows that are read at once.
const PAGE: usize = 5_000;
/// Differences that are shown of one comparison.
const SHOWN: usize = 20;

/// What the comparison found.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Entries that were compared.
    pub(crate) postings: u64,
    /// Their sum in fen.
    pub(crate) fen: i64,
    /// What does not agree, in words.
    pub(crate) differences: Vec<String>,
    /// Parties (by folder) with a difference.
    pub(crate) differing: Vec<String>,
    /// By party (its module): how operations that were unknown ended.
    pub(crate) unknown: BTreeMap<String, BTreeMap<How, u64>>,
    /// Flows that had not ended and wait for no operator.
    pub(crate) open: u64,
    /// Flows that had not ended, in which nobody had a part who misbehaved.
    pub(crate) suffered: u64,
}

/// Serial to amount in fen.
type Book = BTreeMap<String, i64>;

/// Compares all books of the plan.
pub(crate) fn compare(plan: &Plan, stage: &Stage) -> Result<Compared, String> {
    let mut compared = Compared::default();
    flows(&stage.journal(), &plan.misbehaving(), &mut compared)?;
    for book in &plan.books {
        let mut sides = Vec::new();
        for (file, question) in &book.between {
            let path = stage.folder().join(format!("{file}.db"));
            sides.push((file, read(&path, question)?));
        }
        if let [(one, ours), (other, theirs)] = sides.as_slice() {
            let before = compared.differences.len();
            agree(&book.what, (one, ours), (other, theirs), &mut compared);
            if compared.differences.len() > before {
                compared.differing.push(book.of.clone());
            }
        }
    }
    for (folder, party) in stage.parties() {
        let broken = party.broken_rules().unwrap_or_else(|error| vec![error.to_string()]);
        if !broken.is_empty() {
            compared.differing.push(folder.to_owned());
        }
        let words = broken.into_iter().map(|rule| format!("{folder}: its own books: {rule}"));
        compared.differences.extend(words);
    }
    Ok(compared)
}

/// Every flow of the journal: one that was refused holds nowhere, one that is open is counted.
fn flows(journal: &Path, misbehaving: &[String], compared: &mut Compared) -> Result<(), String> {
    let words = |error: store::Fatal| error.to_string();
    let mut reader = store::reader(journal, Arc::new(Clear)).map_err(words)?;
    let history = History::open(journal)?;
    let mut before: Option<FlowId> = None;
    loop {
        let flows = reader.flows_before(before, None, PAGE).map_err(words)?;
        let Some(last) = flows.last() else { return Ok(()) };
        before = Some(last.flow);
        for flow in &flows {
            let operations = reader.operations(flow.flow).map_err(words)?;
            let parked = operations.iter().any(|operation| operation.state.is_stuck());
            let undone = |name: &str| {
                operations.iter().any(|known| known.name == name && known.state == OperationState::Undone)
            };
            let held: Vec<&str> = operations
                .iter()
                // A query was never to have an effect: nothing of it was written before it went.
                .filter(|operation| operation.state == OperationState::Done && operation.copies > 0)
                // What undid a step holds, and the two together are nothing.
                .filter(|operation| !operation.name.strip_suffix("/undo").is_some_and(undone))
                .map(|operation| operation.name.as_str())
                .collect();
            if flow.end.is_none() && !parked {
                compared.open += 1;
            }
            let mut parts = operations.iter().map(|operation| &operation.party).chain([&flow.key.party]);
            if flow.end.is_none() && !parts.any(|part| misbehaving.contains(part)) {
                compared.suffered += 1;
            }
            if matches!(flow.end, Some(End::Refused)) && !held.is_empty() {
                let words = format!("flow {} was refused, and {} holds", flow.flow, held.join(", "));
                compared.differences.push(words);
            }
            for operation in &operations {
                let states = history.states(operation.number)?;
                if let Some(how) = How::of(&states, operation.copies) {
                    let of_party = compared.unknown.entry(operation.party.clone()).or_default();
                    *of_party.entry(how).or_default() += 1;
                }
            }
        }
    }
}

fn agree(what: &str, (one, ours): (&str, &Book), (other, theirs): (&str, &Book), compared: &mut Compared) {
    let mut differences = Vec::new();
    for (serial, amount) in ours {
        compared.postings += 1;
        compared.fen += amount;
        match theirs.get(serial) {
            Some(found) if found == amount => {}
            Some(found) => {
                differences.push(format!("{what} {serial}: {amount} fen in {one}, {found} fen in {other}"));
            }
            None => differences.push(format!("{what} {serial}: {amount} fen in {one} only")),
        }
    }
    for (serial, amount) in theirs.iter().filter(|(serial, _)| !ours.contains_key(*serial)) {
        differences.push(format!("{what} {serial}: {amount} fen in {other} only"));
    }
    let more = differences.len().saturating_sub(SHOWN);
    differences.truncate(SHOWN);
    if more > 0 {
        differences.push(format!("{what}: {more} more"));
    }
    compared.differences.extend(differences);
}

/// A book from its own file, by the plan's question.
fn read(path: &Path, question: &str) -> Result<Book, String> {
    let words = |error: rusqlite::Error| format!("{}: {error}", path.display());
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(words)?;
    let mut statement = connection.prepare(question).map_err(words)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
    let rows: Result<Book, _> = rows
        .map_err(words)?
        .map(|row| row.map(|(serial, amount)| (serial.trim().to_owned(), amount)))
        .collect();
    rows.map_err(words)
}
