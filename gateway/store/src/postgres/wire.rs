//! One connection to a PostgreSQL server: statements go out and rows come in, on the thread that asks.
//!
//! It speaks the extended protocol (PostgreSQL 15 documentation, 55.2.3) in binary: a statement is prepared once and
//! kept. Statements that give no rows wait and go out with the next one that does, so that a write costs as many
//! round trips as it has questions. It must not know what is stored.

use super::socket::{Socket, WAIT};
use super::{Place, Server, days};
use crate::model::Day;
use crate::sql::{Cell, Database, Fault, Row, Value};
use bytes::{BufMut, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{
    DataRowBody, ErrorFields, ErrorResponseBody, Message, NoticeResponseBody,
};
use postgres_protocol::message::frontend;
use postgres_protocol::{IsNull, Oid};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Write};

/// Types of values and columns, by the numbers that every server gives them.
const BOOL: Oid = 16;
const BYTEA: Oid = 17;
const INT8: Oid = 20;
const INT4: Oid = 23;
const TEXT: Oid = 25;
/// The most statements, and octets, that wait to be sent with another.
const WAITING: usize = 256;
const WAITING_OCTETS: usize = 1 << 20;
/// Rows of a walk that come at once.
const STEP: i32 = 2_000;
/// Stands before what PostgreSQL's texts cannot hold (NUL), and before itself.
const ESCAPE: char = '\u{E000}';

/// The line of history that a server writes on, which grows whenever one takes over from another; 0: it takes no writes.
const TIMELINE: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 0
    ELSE CAST(CAST('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS bit(32)) AS bigint) END";

/// One state of the journal, only read, for as long as it takes.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0;
                        SET LOCAL idle_in_transaction_session_timeout = 0";

/// A connection.
pub(crate) struct Wire {
    inner: RefCell<Inner>,
    server: String,
    timeline: i64,
    /// Dates whose partitions are there for certain.
    pub(super) dates: RefCell<BTreeSet<Day>>,
}

struct Inner {
    socket: Socket,
    incoming: BytesMut,
    out: BytesMut,
    statements: HashMap<String, Prepared>,
    /// Statements in `out` or on their way, whose results nobody has seen.
    waiting: usize,
    /// Why nothing more is asked over it: an answer that still comes would be taken for another statement's.
    out_of_step: Option<String>,
}

#[derive(Clone)]
struct Prepared {
    name: String,
    columns: Vec<Oid>,
}

/// What came back up to the server's readiness.
#[derive(Default)]
struct Came {
    rows: Vec<DataRowBody>,
    more: bool,
    columns: Option<Vec<Oid>>,
    fault: Option<Fault>,
}

impl Wire {
    /// Connects to the server that takes writes; of two that do, one was replaced, and the other has the higher timeline.
    /// One below `least` was replaced for certain.
    ///
    /// # Errors
    /// [`Fault::Lost`] when no such server is there or ready; fatal when it does not take us.
    pub(crate) fn connect(place: &Place, least: i64) -> Result<Self, Fault> {
        let mut best: Option<Self> = None;
        let (mut lost, mut fatal) = (Vec::new(), None);
        for server in &place.servers {
            match Self::connect_to(place, server) {
                Ok(wire) if wire.timeline == 0 => lost.push(format!("{server} stands by")),
                Ok(wire) if wire.timeline < least => lost.push(format!("{server} was replaced")),
                Ok(wire) => {
                    if best.as_ref().is_none_or(|best| best.timeline < wire.timeline) {
                        best = Some(wire);
                    }
                }
                Err(Fault::Lost(why)) => lost.push(format!("{server}: {why}")),
                Err(fault) => fatal = Some(fault),
            }
        }
        best.ok_or_else(|| fatal.unwrap_or_else(|| Fault::Lost(lost.join("; "))))
    }

    /// Says who we are and sets what the session needs.
    fn connect_to(place: &Place, server: &Server) -> Result<Self, Fault> {
        let mut inner = Inner::new(Socket::open(server)?);
        inner.sign_in(place)?;
        let mut wire = Self {
            inner: RefCell::new(inner),
            server: server.to_string(),
            timeline: 0,
            dates: RefCell::default(),
        };
        wire.timeline = wire.number(TIMELINE, &[])?;
        Ok(wire)
    }

    /// The server that it came to.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The server's timeline when we came.
    pub(crate) fn timeline(&self) -> i64 {
        self.timeline
    }

    /// Does what may take longer than an answer is waited for.
    pub(crate) fn unhurried<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        self.inner.borrow().socket.wait_for_answers(None)?;
        let done = work();
        self.inner.borrow().socket.wait_for_answers(Some(WAIT))?;
        done
    }

    /// Carries out statements in text, as migrations and transactions are.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), Fault> {
        let inner = &mut *self.inner.borrow_mut();
        inner.settle()?;
        frontend::query(sql, &mut inner.out)?;
        inner.send()?;
        inner.until_ready()?.done().map(drop)
    }

    /// The one number that a query gives.
    pub(crate) fn number(&self, sql: &str, values: &[Value<'_>]) -> Result<i64, Fault> {
        self.one(sql, values)?.ok_or_else(|| Fault::failed("a query gave no row"))?.int(0)
    }
}

impl Database for Wire {
    fn snapshot(&self) -> Result<(), Fault> {
        self.batch(SNAPSHOT)
    }

    fn has_partitions(&self) -> bool {
        true
    }

    fn drop_day(&self, day: Day) -> Result<bool, Fault> {
        days::end(self, day)
    }

    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        let inner = &mut *self.inner.borrow_mut();
        let prepared = inner.prepared(sql, values)?;
        inner.bind("", &prepared, values)?;
        frontend::execute("", 0, &mut inner.out)?;
        inner.waiting += 1;
        if inner.waiting >= WAITING || inner.out.len() >= WAITING_OCTETS { inner.settle() } else { Ok(()) }
    }

    fn rows(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let inner = &mut *self.inner.borrow_mut();
        let prepared = inner.prepared(sql, values)?;
        inner.bind("", &prepared, values)?;
        frontend::execute("", 0, &mut inner.out)?;
        let came = inner.round_trip()?;
        came.rows.iter().map(|row| read(row, &prepared.columns)).collect()
    }

    fn walk(&self, sql: &str, each: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault> {
        let prepared = {
            let inner = &mut *self.inner.borrow_mut();
            let prepared = inner.prepared(sql, &[])?;
            inner.bind("walk", &prepared, &[])?;
            prepared
        };
        loop {
            let came = {
                let inner = &mut *self.inner.borrow_mut();
                frontend::execute("walk", STEP, &mut inner.out)?;
                inner.round_trip()?
            };
            for row in &came.rows {
                each(read(row, &prepared.columns)?)?;
            }
            if !came.more {
                break;
            }
        }
        let inner = &mut *self.inner.borrow_mut();
        frontend::close(b'P', "walk", &mut inner.out)?;
        inner.round_trip().map(drop)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let inner = self.inner.get_mut();
        inner.out.clear();
        frontend::terminate(&mut inner.out);
        // Where the connection is gone or given up already, the server learns it by its end.
        let _gone = inner.send();
    }
}

/// A message of ours that cannot be written is no loss of the connection; one of theirs that cannot be read is.
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl Inner {
    fn new(socket: Socket) -> Self {
        Self {
            socket,
            incoming: BytesMut::with_capacity(64 << 10),
            out: BytesMut::with_capacity(64 << 10),
            statements: HashMap::new(),
            waiting: 0,
            out_of_step: None,
        }
    }

    /// Whether each answer is still that of the statement before it.
    fn in_step(&self) -> Result<(), Fault> {
        match &self.out_of_step {
            Some(why) => Err(Fault::Lost(format!("the connection was given up: {why}"))),
            None => Ok(()),
        }
    }

    /// After a fault in the midst of an exchange the server may still owe an answer.
    fn stepped<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result {
            self.out_of_step.get_or_insert_with(|| match fault {
                Fault::Lost(why) => why.clone(),
                fault => format!("{fault:?}"),
            });
        }
        result
    }

    fn sign_in(&mut self, place: &Place) -> Result<(), Fault> {
        let path = format!("\"{}\"", place.schema);
        let settings = [
            ("user", place.user.as_str()),
            ("database", &place.database),
            ("application_name", "tongshi"),
            ("client_encoding", "UTF8"),
            ("search_path", &path),
            ("synchronous_commit", "on"),
            // A holder that is paused inside a transaction must not keep its locks.
            ("idle_in_transaction_session_timeout", "5000"),
            ("statement_timeout", "20000"),
            ("timezone", "UTC"),
        ];
        frontend::startup_message(settings, &mut self.out)?;
        self.send()?;
        let mut scram: Option<ScramSha256> = None;
        loop {
            match self.message()? {
                Message::AuthenticationOk => break,
                Message::AuthenticationCleartextPassword if self.socket.is_private() => {
                    frontend::password_message(password(place)?.as_bytes(), &mut self.out)?;
                }
                Message::AuthenticationSasl(body) => {
                    let offered = body.mechanisms().any(|mechanism| Ok(mechanism == SCRAM_SHA_256))?;
                    if !offered {
                        return Err(Fault::failed("the server offers no scram-sha-256"));
                    }
                    let begun = ScramSha256::new(password(place)?.as_bytes(), ChannelBinding::unsupported());
                    frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), &mut self.out)?;
                    scram = Some(begun);
                }
                Message::AuthenticationSaslContinue(body) => {
                    let scram = scram.as_mut().ok_or_else(|| Fault::failed("SASL goes on unasked"))?;
                    scram.update(body.data()).map_err(|error| unproved(&error))?;
                    frontend::sasl_response(scram.message(), &mut self.out)?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    let scram = scram.as_mut().ok_or_else(|| Fault::failed("SASL ends unasked"))?;
                    scram.finish(body.data()).map_err(|error| unproved(&error))?;
                }
                Message::ErrorResponse(body) => return Err(fault(&body)),
                Message::NoticeResponse(_) => {}
                _ => {
                    return Err(Fault::failed(
                        "the server asks for a way to sign in that is not offered: scram-sha-256, and a password \
                         in clear over TLS or a unix socket, are",
                    ));
                }
            }
            self.send()?;
        }
        self.until_ready()?.done().map(drop)
    }

    fn prepared(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Prepared, Fault> {
        self.in_step()?;
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared.clone());
        }
        self.settle()?;
        let name = format!("s{}", self.statements.len());
        let types = values.iter().map(|value| match value {
            Value::Int(_) => INT8,
            Value::Text(_) => TEXT,
            Value::Bytes(_) => BYTEA,
        });
        frontend::parse(&name, &spoken(sql), types, &mut self.out)?;
        frontend::describe(b'S', &name, &mut self.out)?;
        let came = self.round_trip()?;
        let prepared = Prepared { name, columns: came.columns.unwrap_or_default() };
        self.statements.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }

    fn bind(&mut self, portal: &str, prepared: &Prepared, values: &[Value<'_>]) -> Result<(), Fault> {
        let put = |value: &Value<'_>, out: &mut BytesMut| {
            match *value {
                Value::Int(Some(number)) => out.put_i64(number),
                Value::Text(Some(text)) => put_text(text, out),
                Value::Bytes(Some(bytes)) => out.extend_from_slice(bytes),
                Value::Int(None) | Value::Text(None) | Value::Bytes(None) => return Ok(IsNull::Yes),
            }
            Ok(IsNull::No)
        };
        let bound = frontend::bind(portal, &prepared.name, [1], values, put, [1], &mut self.out)
            .map_err(|_| Fault::failed("a value is too long for the server"));
        // Half of it stands in what is to be sent.
        self.stepped(bound)
    }

    /// Sends what waits and takes what comes of it.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.waiting == 0 { Ok(()) } else { self.round_trip().map(drop) }
    }

    fn round_trip(&mut self) -> Result<Came, Fault> {
        frontend::sync(&mut self.out);
        self.send()?;
        self.waiting = 0;
        self.until_ready()?.done()
    }

    fn send(&mut self) -> Result<(), Fault> {
        self.in_step()?;
        let sent = self.socket.write_all(&self.out).and_then(|()| self.socket.flush());
        self.out.clear();
        self.stepped(sent.map_err(Fault::from))
    }

    fn message(&mut self) -> Result<Message, Fault> {
        self.in_step()?;
        let message = self.next_message();
        self.stepped(message)
    }

    fn next_message(&mut self) -> Result<Message, Fault> {
        loop {
            if let Some(message) = Message::parse(&mut self.incoming)? {
                return Ok(message);
            }
            let mut octets = [0_u8; 16 << 10];
            let count = self.socket.read(&mut octets)?;
            let Some(read) = octets.get(..count).filter(|read| !read.is_empty()) else {
                return Err(Fault::Lost("the server closed the connection".to_owned()));
            };
            self.incoming.extend_from_slice(read);
        }
    }

    fn until_ready(&mut self) -> Result<Came, Fault> {
        let mut came = Came::default();
        loop {
            match self.message()? {
                Message::DataRow(row) => came.rows.push(row),
                Message::RowDescription(body) => {
                    let columns = body.fields().map(|field| Ok(field.type_oid())).collect();
                    came.columns = Some(self.stepped(columns.map_err(Fault::from))?);
                }
                Message::PortalSuspended => came.more = true,
                Message::ErrorResponse(body) => {
                    came.fault.get_or_insert_with(|| fault(&body));
                }
                Message::NoticeResponse(body) => {
                    if let Some(why) = unsure(&body) {
                        came.fault.get_or_insert(Fault::Lost(why));
                    }
                }
                Message::ReadyForQuery(_) => return Ok(came),
                _ => {}
            }
        }
    }
}

impl Came {
    fn done(self) -> Result<Self, Fault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self),
        }
    }
}

fn password(place: &Place) -> Result<&str, Fault> {
    place.password.as_deref().ok_or_else(|| Fault::failed("the server asks for a password and none is given"))
}

/// The server did not show that it knows the password, or ours is wrong.
fn unproved(error: &std::io::Error) -> Fault {
    Fault::failed(format!("signing in failed: {error}"))
}

/// Severity, code and text of what the server says beside its rows.
fn said(mut fields: ErrorFields<'_>) -> (String, String, String) {
    let (mut severity, mut code, mut text) = (String::new(), String::new(), String::new());
    while let Ok(Some(field)) = fields.next() {
        let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'V' => severity = value,
            b'C' => code = value,
            b'M' => text = value,
            _ => {}
        }
    }
    (severity, code, text)
}

/// A warning that leaves open whether a commit stands where it must: a server that waits for those that stand in for it and
/// is kept from waiting any longer commits all the same, and warns (PostgreSQL 15 documentation, 27.2.8.3).
fn unsure(body: &NoticeResponseBody) -> Option<String> {
    let (severity, code, text) = said(body.fields());
    let open = code == "01000" || code.starts_with("57");
    (severity == "WARNING" && open).then(|| format!("{text} ({code})"))
}

/// What the server says is wrong, by its code (PostgreSQL 15 documentation, appendix A).
fn fault(body: &ErrorResponseBody) -> Fault {
    let (_, code, text) = said(body.fields());
    let said = format!("{text} ({code})");
    match code.get(..2) {
        _ if code == "53100" => Fault::Full,
        // Connections, operators' interventions (a shut-down, a time limit), too many connections, deadlocks, and what
        // ends a session that idles in a transaction.
        Some("08" | "53" | "57" | "40") => Fault::Lost(said),
        _ if code == "25P03" => Fault::Lost(said),
        _ => Fault::failed(said),
    }
}

/// The statement as PostgreSQL takes it: values by `$1`; a hint that only SQLite's planner needs is left out.
fn spoken(sql: &str) -> String {
    sql.replace('?', "$").replace(" INDEXED BY flow_open", "").replace(" INDEXED BY notice_given_up", "")
}

fn put_text(text: &str, out: &mut BytesMut) {
    if !text.contains(['\0', ESCAPE]) {
        return out.extend_from_slice(text.as_bytes());
    }
    for letter in text.chars() {
        let mut octets = [0_u8; 4];
        match letter {
            '\0' => out.extend_from_slice("\u{E000}0".as_bytes()),
            ESCAPE => out.extend_from_slice("\u{E000}1".as_bytes()),
            letter => out.extend_from_slice(letter.encode_utf8(&mut octets).as_bytes()),
        }
    }
}

fn text(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets).into_owned();
    if !text.contains(ESCAPE) {
        return text;
    }
    text.replace("\u{E000}0", "\0").replace("\u{E000}1", "\u{E000}")
}

fn read(row: &DataRowBody, columns: &[Oid]) -> Result<Row, Fault> {
    let mut ranges = row.ranges();
    let mut cells = Vec::with_capacity(columns.len());
    for oid in columns {
        let range = ranges.next()?.ok_or_else(|| Fault::failed("a row is shorter than was said"))?;
        let Some(range) = range else {
            cells.push(Cell::Null);
            continue;
        };
        let octets = row.buffer().get(range).unwrap_or_default();
        cells.push(cell(*oid, octets).ok_or_else(|| Fault::failed(format!("a column of type {oid}")))?);
    }
    Ok(Row::new(cells))
}

fn cell(oid: Oid, octets: &[u8]) -> Option<Cell> {
    Some(match oid {
        INT8 => Cell::Int(i64::from_be_bytes(octets.try_into().ok()?)),
        INT4 => Cell::Int(i64::from(i32::from_be_bytes(octets.try_into().ok()?))),
        BOOL => Cell::Int(i64::from(*octets.first()?)),
        TEXT => Cell::Text(text(octets)),
        BYTEA => Cell::Bytes(octets.to_vec()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Inner, Wire};
    use crate::postgres::socket::Socket;
    use crate::sql::{Database, Fault, values};
    use std::cell::RefCell;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    /// A statement was carried out, and the server is ready for the next.
    const DONE: &[u8] = b"C\0\0\0\x0aBEGIN\0Z\0\0\0\x05T";

    #[test]
    fn a_late_answer_is_never_taken_for_another_statements() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let wire = Wire {
            inner: RefCell::new(Inner::new(Socket::Unix(ours))),
            server: "a trial".to_owned(),
            timeline: 1,
            dates: RefCell::default(),
        };
        theirs.write_all(DONE).unwrap();
        wire.batch("BEGIN").unwrap();
        assert!(matches!(wire.batch("SELECT pg_sleep(60)"), Err(Fault::Lost(_))));
        // The answer comes when it was given up already.
        theirs.write_all(DONE).unwrap();
        assert!(matches!(wire.batch("ROLLBACK"), Err(Fault::Lost(_))));
        assert!(matches!(wire.rows("SELECT 1", values![]), Err(Fault::Lost(_))));
        assert!(matches!(wire.run("SELECT 2", values![]), Err(Fault::Lost(_))));
        assert!(matches!(wire.walk("SELECT 3", &mut |_| Ok(())), Err(Fault::Lost(_))));
        drop(wire);
        let mut heard = Vec::new();
        // What came and was not read resets the socket behind what was sent.
        let _reset = theirs.read_to_end(&mut heard);
        assert!(heard.ends_with(b"SELECT pg_sleep(60)\0"), "it was asked over again: {heard:?}");
    }

    #[test]
    fn texts_that_the_server_cannot_hold_come_back() {
        for given in ["", "plain", "a\0b", "\u{E000}", "\u{E000}0", "\0\u{E000}1\u{E000}\u{E000}\0"] {
            let mut out = bytes::BytesMut::new();
            super::put_text(given, &mut out);
            assert!(!out.contains(&0));
            assert_eq!(super::text(&out), given);
        }
    }
}
