//! What the stores over SQL have in common: the statements, said once, and what they are said to.
//!
//! A [`Database`] carries out statements with values and gives rows back. The statements are written so that SQLite
//! and PostgreSQL mean the same by them: values stand as `?1`, `?2` …, conflicts name their columns, sums are cast.
//! What changes a journal is in `apply`, what judges see in `look`, readers in `read`, the auditor in `verify`, and the
//! taking of a group with its hash chain in `group`. How old days end: `export` writes one into a file, `leaving` says what
//! is left to do, `forget` does it. It must not know which database it speaks to.

pub(crate) mod apply;
pub(crate) mod digest;
pub(crate) mod export;
pub(crate) mod forget;
pub(crate) mod group;
pub(crate) mod leaving;
pub(crate) mod look;
pub(crate) mod read;
pub(crate) mod spans;
pub(crate) mod tables;
pub(crate) mod verify;

use crate::content::Hash;
use crate::model::Day;
use crate::write::Fatal;

/// A connection to a database, for one thread.
pub(crate) trait Database {
    /// Carries out a statement that gives no rows. It may be sent later, together with the next that gives some; what
    /// goes wrong with it is then said there, or when the transaction ends.
    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault>;

    /// The rows of a statement, all at once: of what is bounded.
    fn rows(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault>;

    /// Each row of a query without values, one after the other: of what is not bounded.
    fn walk(&self, sql: &str, each: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault>;

    /// Begins a transaction that sees one state of the journal and only reads.
    fn snapshot(&self) -> Result<(), Fault> {
        self.run("BEGIN", &[])
    }

    /// Whether chains, events and changes of operations stand in partitions by date, which go as a whole.
    fn has_partitions(&self) -> bool {
        false
    }

    /// Lets the partitions of a date go, with nothing in them that belongs to a flow that stays; false: a piece of that was
    /// taken out and more may be left, or somebody reads them; to be tried again. Without partitions there is nothing to do.
    fn drop_day(&self, _day: Day) -> Result<bool, Fault> {
        Ok(true)
    }

    /// The first row of a statement, if there is one.
    fn one(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Row>, Fault> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }
}

/// A value of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
}

/// The values of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! value_from {
    ($($kind:ty, $value:ident => $made:expr;)*) => {
        $(impl<'a> From<$kind> for Value<'a> {
            fn from($value: $kind) -> Self {
                $made
            }
        })*
    };
}

value_from! {
    i64, value => Self::Int(Some(value));
    u32, value => Self::Int(Some(i64::from(value)));
    u8, value => Self::Int(Some(i64::from(value)));
    bool, value => Self::Int(Some(i64::from(value)));
    Option<i64>, value => Self::Int(value);
    &'a str, value => Self::Text(Some(value));
    &'a String, value => Self::Text(Some(value));
    Option<&'a str>, value => Self::Text(value);
    &'a [u8], value => Self::Bytes(Some(value));
    &'a Vec<u8>, value => Self::Bytes(Some(value));
    &'a Hash, value => Self::Bytes(Some(value));
    &'a Option<Vec<u8>>, value => Self::Bytes(value.as_deref());
}

/// What stands in a column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row; each column is taken out once.
#[derive(Debug)]
pub(crate) struct Row(Vec<Cell>);

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells)
    }

    /// All columns, those that were taken out as nothing.
    pub(crate) fn cells(&self) -> &[Cell] {
        &self.0
    }

    pub(crate) fn take(&mut self, column: usize) -> Cell {
        self.0.get_mut(column).map_or(Cell::Null, |cell| std::mem::replace(cell, Cell::Null))
    }

    pub(crate) fn int(&mut self, column: usize) -> Result<i64, Fault> {
        self.int_or(column)?.ok_or_else(|| other("a number", column, &Cell::Null))
    }

    pub(crate) fn int_or(&mut self, column: usize) -> Result<Option<i64>, Fault> {
        match self.take(column) {
            Cell::Int(value) => Ok(Some(value)),
            Cell::Null => Ok(None),
            cell => Err(other("a number", column, &cell)),
        }
    }

    pub(crate) fn flag(&mut self, column: usize) -> Result<bool, Fault> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn text(&mut self, column: usize) -> Result<String, Fault> {
        match self.take(column) {
            Cell::Text(value) => Ok(value),
            cell => Err(other("a text", column, &cell)),
        }
    }

    pub(crate) fn bytes(&mut self, column: usize) -> Result<Vec<u8>, Fault> {
        self.bytes_or(column)?.ok_or_else(|| other("bytes", column, &Cell::Null))
    }

    pub(crate) fn bytes_or(&mut self, column: usize) -> Result<Option<Vec<u8>>, Fault> {
        match self.take(column) {
            Cell::Bytes(value) => Ok(Some(value)),
            Cell::Null => Ok(None),
            cell => Err(other("bytes", column, &cell)),
        }
    }
}

fn other(expected: &str, column: usize, found: &Cell) -> Fault {
    let found = match found {
        Cell::Null => "nothing",
        Cell::Int(_) => "a number",
        Cell::Text(_) => "a text",
        Cell::Bytes(_) => "bytes",
    };
    let at = format!("column {} of a row", column + 1);
    Fault::Fatal(Fatal::Corrupt { expected: expected.to_owned(), found: found.to_owned(), at })
}

/// What can go wrong with a statement or a commit.
#[derive(Debug)]
pub(crate) enum Fault {
    /// No room; everything is as it was.
    Full,
    /// The database was not reached, or gave up what it was doing; what became of the transaction is to be asked.
    Lost(String),
    Fatal(Fatal),
}

impl From<Fatal> for Fault {
    fn from(fatal: Fatal) -> Self {
        Self::Fatal(fatal)
    }
}

impl Fault {
    /// The database failed, in its words.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Fatal(Fatal::Disk { path: String::new(), why: why.into() })
    }

    /// The end of a store, which stands at this place.
    pub(crate) fn fatal(self, place: &str) -> Fatal {
        let path = place.to_owned();
        match self {
            Self::Full => Fatal::Disk { path, why: "no room on the disk".into() },
            Self::Lost(why) | Self::Fatal(Fatal::Disk { why, .. }) => Fatal::Disk { path, why },
            Self::Fatal(fatal) => fatal,
        }
    }
}

/// An integer of a column that is never negative.
pub(crate) fn whole(value: i64, at: &str) -> Result<u64, Fatal> {
    u64::try_from(value).map_err(|_| Fatal::Corrupt {
        expected: "a number from 0 up".into(),
        found: value.to_string(),
        at: at.to_owned(),
    })
}

/// A number of a column that is small.
pub(crate) fn small<T: TryFrom<i64>>(value: i64, at: &str) -> Result<T, Fatal> {
    T::try_from(value).map_err(|_| Fatal::Corrupt {
        expected: "a small number".into(),
        found: value.to_string(),
        at: at.to_owned(),
    })
}

/// A number for a column; larger ones were refused by the checks, and saturate.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn hash_of(bytes: &[u8], at: &str) -> Result<Hash, Fatal> {
    bytes.try_into().map_err(|_| Fatal::Corrupt {
        expected: "32 bytes".into(),
        found: format!("{} bytes", bytes.len()),
        at: at.to_owned(),
    })
}

pub(crate) fn day_of(value: i64, at: &str) -> Result<Day, Fatal> {
    u32::try_from(value).map(Day).map_err(|_| Fatal::Corrupt {
        expected: "a date as yyyymmdd".into(),
        found: value.to_string(),
        at: at.to_owned(),
    })
}
