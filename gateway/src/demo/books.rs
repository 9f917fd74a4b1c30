//! The books compared: the gateway's journal, the core's ledger, each party's own file. Each is read from its own store on
//! disk, never from memory or from the gateway's counters.

use super::Wanted;
use super::plan::Plan;
use super::setup::Scene;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Clear, End, FlowId, FlowRow, OperationRow, OperationState, SqliteReader};

/// Flows that are read at once.
const PAGE: usize = 5_000;

/// What the comparison found.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Postings that were compared.
    pub(crate) postings: u64,
    /// Their sum in fen.
    pub(crate) fen: i64,
    /// What does not agree, in words.
    pub(crate) differences: Vec<String>,
    /// By party: how operations that were unknown ended.
    pub(crate) unknown: BTreeMap<String, BTreeMap<String, u64>>,
    /// By party: operations that wait for an operator.
    pub(crate) parked: BTreeMap<String, u64>,
    /// Flows that had not ended.
    pub(crate) open: u64,
}

/// Serial to amount in fen.
type Book = BTreeMap<String, i64>;

/// Compares all books of the plan.
pub(crate) fn compare(plan: &Plan, scene: &Scene, wanted: &Wanted) -> Result<Compared, String> {
    let mut reader =
        SqliteReader::open(&scene.journal(), Arc::new(Clear)).map_err(|error| error.to_string())?;
    let mut compared = Compared::default();
    let mut ours: BTreeMap<(String, String), Book> = BTreeMap::new();
    let mut before: Option<FlowId> = None;
    loop {
        let flows = store::Reader::flows_before(&mut reader, before, None, PAGE)
            .map_err(|error| error.to_string())?;
        let Some(last) = flows.last() else { break };
        before = Some(last.flow);
        for flow in &flows {
            let operations =
                store::Reader::operations(&mut reader, flow.flow).map_err(|error| error.to_string())?;
            whole(plan, flow, &operations, &mut compared);
            for operation in &operations {
                note(operation, &mut compared);
                if matches!(operation.state, OperationState::Done | OperationState::Held) {
                    let book = ours.entry((operation.party.clone(), call(operation).to_owned())).or_default();
                    book.insert(operation.serial.trim().to_owned(), operation.amount.unwrap_or(0));
                }
            }
        }
    }
    for (name, module, folder) in plan.parties() {
        let Some(books) = &module.books else { continue };
        let mut journal = Book::new();
        for call in &books.ours {
            if let Some(book) = ours.get(&(name.to_owned(), call.clone())) {
                journal.extend(book.iter().map(|(serial, amount)| (serial.clone(), *amount)));
            }
        }
        let path = wanted.folder.join(format!("{folder}.db"));
        let theirs = read(&path, &books.theirs).map_err(|error| format!("{}: {error}", path.display()))?;
        if !books.ours.is_empty() {
            agree(name, &journal, &theirs, &mut compared);
        }
        let broken = scene.party(name).map(conformance::party::Party::broken_rules);
        match broken {
            Some(Ok(broken)) => {
                compared
                    .differences
                    .extend(broken.into_iter().map(|rule| format!("{name}: its own books: {rule}")));
            }
            Some(Err(error)) => compared.differences.push(format!("{name}: {error}")),
            None => {}
        }
    }
    Ok(compared)
}

/// A flow that ended done holds everywhere, one that ended refused nowhere, and its amounts are equal.
fn whole(plan: &Plan, flow: &FlowRow, operations: &[OperationRow], compared: &mut Compared) {
    if flow.end.is_none() && flow.parent.is_none() {
        compared.open += 1;
    }
    let posting = |operation: &&OperationRow| {
        let books = plan.modules.get(&operation.party).and_then(|module| module.books.as_ref());
        books.is_some_and(|books| books.ours.iter().any(|ours| ours == call(operation)))
    };
    let held: Vec<&OperationRow> = operations
        .iter()
        .filter(posting)
        .filter(|operation| operation.state == OperationState::Done)
        .collect();
    let parked = operations
        .iter()
        .any(|operation| matches!(operation.state, OperationState::Parked | OperationState::Held));
    if matches!(flow.end, Some(End::Refused)) && !held.is_empty() {
        let names: Vec<&str> = held.iter().map(|operation| operation.name.as_str()).collect();
        compared.differences.push(format!("flow {} was refused, and {} holds", flow.flow, names.join(", ")));
    }
    let amounts: BTreeSet<i64> = held.iter().filter_map(|operation| operation.amount).collect();
    if amounts.len() > 1 && !parked {
        compared.differences.push(format!("flow {} moved different amounts: {amounts:?} fen", flow.flow));
    }
}

/// The call's own name; the journal keeps it under its party's.
fn call(operation: &OperationRow) -> &str {
    operation.call.rsplit('.').next().unwrap_or(&operation.call)
}

/// How an operation that was unknown ended.
fn note(operation: &OperationRow, compared: &mut Compared) {
    let how = match operation.state {
        OperationState::Parked | OperationState::Held => {
            *compared.parked.entry(operation.party.clone()).or_default() += 1;
            "parked"
        }
        OperationState::Unknown | OperationState::Reversing | OperationState::Undoing => "open",
        OperationState::Done if operation.copies > 1 => "repeated",
        OperationState::Undone => "reversed",
        _ => return,
    };
    *compared.unknown.entry(operation.party.clone()).or_default().entry(how.to_owned()).or_default() += 1;
}

fn agree(name: &str, ours: &Book, theirs: &Book, compared: &mut Compared) {
    for (serial, amount) in ours {
        compared.postings += 1;
        compared.fen += amount;
        match theirs.get(serial) {
            Some(other) if other == amount => {}
            Some(other) => compared.differences.push(format!(
                "{name} {serial}: {amount} fen in the journal, {other} fen in the party's books"
            )),
            None => compared.differences.push(format!("{name} {serial}: {amount} fen in the journal only")),
        }
    }
    for (serial, amount) in theirs {
        if !ours.contains_key(serial) {
            compared.differences.push(format!("{name} {serial}: {amount} fen in the party's books only"));
        }
    }
    compared.differences.truncate(50);
}

/// A party's book from its own file, by the plan's question.
fn read(path: &std::path::Path, question: &str) -> Result<Book, rusqlite::Error> {
    let connection = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare(question)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    rows.map(|row| row.map(|(serial, amount)| (serial.trim().to_owned(), amount))).collect()
}
