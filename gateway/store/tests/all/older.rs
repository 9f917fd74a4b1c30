//! Journals of older formats: made by the tables that they had, opened by the store of today, proved by their chains.

use crate::cluster::{Cluster, options as postgres_options};
use crate::days::{FIRST, SECOND, THIRD, business, forget, keep_from, put_on};
use crate::support::{Folder, open, options, proposed, taken};
use rusqlite::Connection;
use std::path::Path;
use store::{Change, FlowId, Opened, PostgresStore, SqliteStore, Store};

/// What format 6 has beside format 5, taken out again.
const BEFORE_GIVEN_UP: &str = "DROP INDEX notice_given_up; PRAGMA user_version=5;";
/// What format 5 has beside format 4, taken out again.
const BEFORE_OWED: &str = "DROP INDEX notice_owed; PRAGMA user_version=4;";
/// What format 4 has otherwise than format 3, put back: the table as it was.
const BEFORE_KEYS: &str = "
CREATE TABLE flow_key_by_date (date INTEGER NOT NULL, party TEXT NOT NULL, direction INTEGER NOT NULL, once BLOB NOT NULL,
  flow INTEGER, PRIMARY KEY (date, party, direction, once)) STRICT, WITHOUT ROWID;
INSERT INTO flow_key_by_date SELECT date, party, direction, once, flow FROM flow_key;
DROP TABLE flow_key; ALTER TABLE flow_key_by_date RENAME TO flow_key;
CREATE INDEX flow_cancelled ON flow_key (date) WHERE flow IS NULL;
PRAGMA user_version=3;";
/// What format 3 has beside format 2, taken out again: the tables as they were.
const BEFORE_DAYS: &str = "
DROP INDEX flow_first; DROP INDEX flow_last; DROP INDEX journal_date; DROP INDEX flow_cancelled;
DROP INDEX found_number; DROP INDEX flow_found_flow; DROP TABLE forgotten;
ALTER TABLE flow DROP COLUMN first_day; ALTER TABLE flow DROP COLUMN last_day;
ALTER TABLE event DROP COLUMN day; ALTER TABLE operation_change DROP COLUMN day;
PRAGMA user_version=2;";

fn filled(store: &mut dyn Store) {
    business(store, FIRST, 1);
    business(store, FIRST, 2);
    business(store, SECOND, 3);
    let event = Change::Event { flow: FlowId(2), kind: "document read".into(), body: vec![1] };
    put_on(store, SECOND, vec![event]);
    put_on(store, FIRST, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
}

/// The newest store goes on with it, and forgets by the days that it reckoned.
fn goes_on(store: &mut dyn Store, verify: &dyn Fn() -> store::Verified) {
    assert_eq!(store.reader().unwrap().operation_states(FlowId(2)).unwrap().len(), 2);
    assert_eq!(store.reader().unwrap().events(FlowId(2), 0, 10).unwrap().len(), 2);
    business(store, SECOND, 4);
    put_on(store, THIRD, vec![keep_from(SECOND)]);
    forget(store, THIRD, &|| Some(verify()));
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.flow(FlowId(1)).unwrap(), None);
    assert_eq!(reader.events(FlowId(2), 0, 10).unwrap().len(), 2, "touched on the second day");
    assert!(reader.flow(FlowId(3)).unwrap().is_some());
    drop(reader);
    put_on(store, THIRD, vec![keep_from(THIRD)]);
    forget(store, THIRD, &|| Some(verify()));
    assert_eq!(store.reader().unwrap().flow(FlowId(2)).unwrap(), None);
}

fn of_the_second_format(journal: &Path) -> u64 {
    filled(&mut open(journal));
    Connection::open(journal)
        .unwrap()
        .execute_batch(&format!("{BEFORE_GIVEN_UP} {BEFORE_OWED} {BEFORE_KEYS} {BEFORE_DAYS}"))
        .unwrap();
    let verified = store::verify(journal).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.faults);
    verified.writes
}

#[test]
fn an_embedded_journal_of_the_second_format_goes_on() {
    let folder = Folder::new("older");
    let writes = of_the_second_format(&folder.journal());
    let mut store = open(&folder.journal());
    let verified = store::verify(&folder.journal()).unwrap();
    assert!(verified.is_whole() && verified.writes == writes, "{verified:?}");
    goes_on(&mut store, &|| store::verify(&folder.journal()).unwrap());
}

#[test]
fn embedded_journals_of_the_third_to_the_fifth_format_go_on() {
    goes_on_from(BEFORE_GIVEN_UP);
    goes_on_from(&format!("{BEFORE_GIVEN_UP} {BEFORE_OWED}"));
    goes_on_from(&format!("{BEFORE_GIVEN_UP} {BEFORE_OWED} {BEFORE_KEYS}"));
}

fn goes_on_from(before: &str) {
    let folder = Folder::new("older");
    filled(&mut open(&folder.journal()));
    Connection::open(folder.journal()).unwrap().execute_batch(before).unwrap();
    let writes = store::verify(&folder.journal()).unwrap().writes;
    let mut store = open(&folder.journal());
    let verified = store::verify(&folder.journal()).unwrap();
    assert!(verified.is_whole() && verified.writes == writes, "{verified:?}");
    goes_on(&mut store, &|| store::verify(&folder.journal()).unwrap());
}

#[test]
fn an_embedded_journal_of_the_first_format_goes_on() {
    let folder = Folder::new("older");
    drop(open(&folder.journal()));
    let before = "DROP TABLE parameter_change; DROP TABLE parameter_decision; PRAGMA user_version=1";
    let before = format!("{BEFORE_GIVEN_UP} {BEFORE_OWED} {BEFORE_KEYS} {BEFORE_DAYS} {before}");
    Connection::open(folder.journal()).unwrap().execute_batch(&before).unwrap();
    assert!(store::verify(&folder.journal()).unwrap().is_whole());
    let mut store = open(&folder.journal());
    taken(&mut store, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
    assert_eq!(store.reader().unwrap().parameter_changes(0, 10).unwrap().len(), 1);
}

/// A migration that finds something it cannot read leaves the journal as it was; so does one that is killed, by the log.
#[test]
fn an_embedded_journal_that_cannot_be_brought_on_stays_as_it_was() {
    let folder = Folder::new("older");
    of_the_second_format(&folder.journal());
    let spoil = "UPDATE journal SET entries = x'00' WHERE sequence = 2";
    let kept: Vec<u8> = {
        let connection = Connection::open(folder.journal()).unwrap();
        let kept =
            connection.query_row("SELECT entries FROM journal WHERE sequence = 2", [], |row| row.get(0));
        connection.execute(spoil, []).unwrap();
        kept.unwrap()
    };
    assert!(SqliteStore::open(&folder.journal(), &options()).is_err());
    let connection = Connection::open(folder.journal()).unwrap();
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(format, 2);
    connection.execute("UPDATE journal SET entries = ?1 WHERE sequence = 2", [kept]).unwrap();
    drop(connection);
    assert!(store::verify(&folder.journal()).unwrap().is_whole());
    goes_on(&mut open(&folder.journal()), &|| store::verify(&folder.journal()).unwrap());
}

/// A journal by the tables of the first format, with the rows that today's store would have written into them.
fn older(cluster: &Cluster) -> u64 {
    filled(&mut cluster.open("newer"));
    let schema = include_str!("../../src/postgres/schema.sql");
    cluster.say(&format!("CREATE SCHEMA journal; SET search_path = journal; {schema}"));
    cluster
        .say("CREATE TABLE journal.format (number BIGINT NOT NULL); INSERT INTO journal.format VALUES (1)");
    let tables = cluster.say(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'journal' AND table_name <> 'format'",
    );
    for table in tables.lines() {
        let columns = cluster.say(&format!(
            "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns
             WHERE table_schema = 'journal' AND table_name = '{table}'"
        ));
        cluster.say(&format!(
            "INSERT INTO journal.{table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM newer.{table}"
        ));
    }
    // Numbers go on behind those that were copied.
    cluster.say("SELECT setval(pg_get_serial_sequence('journal.operation', 'number'), 100)");
    let verified = store::postgres_verify(&cluster.place("journal")).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.faults);
    verified.writes
}

#[test]
fn a_postgres_journal_of_the_first_format_goes_into_partitions() {
    let cluster = Cluster::start();
    let writes = older(&cluster);
    let place = cluster.place("journal");
    // While another node holds it nothing is changed under its hands.
    cluster.say("UPDATE journal.holder SET node = 'other', until = 99999999999999");
    let opened = PostgresStore::open(&postgres_options(&place, "one")).unwrap();
    assert!(matches!(opened, Opened::Waits { node } if node == "other"));
    assert_eq!(cluster.say("SELECT max(number) FROM journal.format"), "1");
    cluster.say("UPDATE journal.holder SET until = 0");
    let mut store = cluster.open("journal");
    let verified = store::postgres_verify(&place).unwrap();
    assert!(verified.is_whole() && verified.writes == writes, "{verified:?}");
    let rows = cluster.say(&format!("SELECT count(*) FROM journal.event_{}", FIRST.0));
    assert_eq!(rows, "2");
    goes_on(&mut store, &|| store::postgres_verify(&place).unwrap());
}

#[test]
fn a_migration_that_is_killed_leaves_the_journal_as_it_was() {
    let cluster = Cluster::start();
    let writes = older(&cluster);
    let place = cluster.place("journal");
    // Its session is ended while it waits for a table that somebody reads, with half of the work done.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            cluster.try_say("BEGIN; LOCK TABLE journal.event IN ACCESS SHARE MODE; SELECT pg_sleep(30)");
        });
        scope.spawn(|| {
            for _ in 0..200 {
                std::thread::sleep(std::time::Duration::from_millis(50));
                let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tongshi'
                             AND wait_event_type = 'Lock'";
                if cluster.say(waits) == "1" {
                    break;
                }
            }
            cluster.say(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tongshi'",
            );
            cluster.say(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%'
                         AND pid <> pg_backend_pid()",
            );
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(PostgresStore::open(&postgres_options(&place, "one")).is_err());
    });
    assert_eq!(cluster.say("SELECT max(number) FROM journal.format"), "1");
    let verified = store::postgres_verify(&place).unwrap();
    assert!(verified.is_whole() && verified.writes == writes, "{verified:?}");
    goes_on(&mut cluster.open("journal"), &|| store::postgres_verify(&place).unwrap());
}
