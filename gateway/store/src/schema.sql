-- The journal of one gateway machine. Everything open is in this one file.
-- Numbers: dates are yyyymmdd, moments are milliseconds since 1970 UTC, amounts are fen. Bodies are sealed by the
-- journal's key (columns named below); states, keys' digests, serials and amounts are in clear.
PRAGMA application_id = 0x54534A4C;

-- Who writes, and since when. A write under another epoch is refused.
CREATE TABLE holder (
  only_one   INTEGER PRIMARY KEY CHECK (only_one = 1),
  node       TEXT    NOT NULL,
  epoch      INTEGER NOT NULL,
  oldest     INTEGER NOT NULL          -- the oldest business date whose keys are kept
) STRICT;

-- One row a write, in commit order: the hash chain of each (node, date).
-- hash = SHA-256(hash before of the same node and date, or 32 zeros | sequence | date | at | node | entries).
-- entries: for each row touched: kind (1 byte), its two numbers (8 bytes each), SHA-256 over its columns.
CREATE TABLE journal (
  sequence   INTEGER PRIMARY KEY,
  node       TEXT    NOT NULL,
  date       INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  entries    BLOB    NOT NULL,
  hash       BLOB    NOT NULL
) STRICT;

-- The last hash of each chain: what an auditor notes down at the end of a day.
CREATE TABLE chain_head (
  node       TEXT    NOT NULL,
  date       INTEGER NOT NULL,
  sequence   INTEGER NOT NULL,
  hash       BLOB    NOT NULL,
  PRIMARY KEY (node, date)
) STRICT, WITHOUT ROWID;

-- One key, one effect. The unique index is the lock. flow NULL: cancelled before it was asked.
CREATE TABLE flow_key (
  date       INTEGER NOT NULL,
  party      TEXT    NOT NULL,
  direction  INTEGER NOT NULL,         -- 0 the party asks us, 1 we ask
  once       BLOB    NOT NULL,
  flow       INTEGER,
  PRIMARY KEY (date, party, direction, once)
) STRICT, WITHOUT ROWID;

CREATE TABLE flow (
  flow       INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  parent     INTEGER,                  -- the batch that it is a row of
  row        INTEGER,
  date       INTEGER NOT NULL,
  party      TEXT    NOT NULL,
  direction  INTEGER NOT NULL,
  once       BLOB    NOT NULL,
  digest     BLOB    NOT NULL,         -- of what was asked, without what may differ in a repeat
  asked      BLOB    NOT NULL,         -- sealed
  version    BLOB    NOT NULL,         -- content hash of the adapter's text
  opened     INTEGER NOT NULL,
  state      BLOB    NOT NULL,         -- the interpreter's durable state
  ended      INTEGER NOT NULL,         -- 0 open, 1 done, 2 refused
  wake       INTEGER,
  answer     BLOB,                     -- sealed
  changed    INTEGER NOT NULL
) STRICT;
CREATE INDEX flow_open   ON flow (flow) WHERE ended = 0;
CREATE INDEX flow_date   ON flow (date);
CREATE INDEX flow_parent ON flow (parent, row) WHERE parent IS NOT NULL;

-- An operation: its intent, and in `state` where it stands now.
CREATE TABLE operation (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice, also when old rows were moved out
  flow       INTEGER NOT NULL,
  name       TEXT    NOT NULL,         -- path of names in the flow
  party      TEXT    NOT NULL,
  call       TEXT    NOT NULL,
  date       INTEGER NOT NULL,
  serial     TEXT    NOT NULL,
  amount     INTEGER,
  request    BLOB,                     -- sealed: bytes as sent
  asked      BLOB,                     -- sealed: kept fields of the request
  opened     INTEGER NOT NULL,
  began      INTEGER NOT NULL,         -- the write of the first intent
  state      INTEGER NOT NULL          -- 1 intent 2 unknown 3 reversing 4 done 5 refused 6 undoing 7 undone 8 parked 9 held
) STRICT;
CREATE UNIQUE INDEX operation_name ON operation (flow, name);
CREATE INDEX operation_serial ON operation (date, party, serial);
CREATE INDEX operation_stuck  ON operation (number) WHERE state IN (8, 9);

-- Each state that an operation was in, never changed: what it was as of any write of the journal.
-- place = sequence of the write * 4096 + position of the change in it; likewise below.
CREATE TABLE operation_change (
  number     INTEGER NOT NULL,
  place      INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  copies     INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  reply      BLOB,                     -- sealed; NULL: as before
  answered   BLOB,                     -- sealed; NULL: as before
  PRIMARY KEY (number, place)
) STRICT, WITHOUT ROWID;

-- Look-ups of `await … where`: one probe.
CREATE TABLE found_by (
  name       TEXT    NOT NULL,
  hash       BLOB    NOT NULL,
  number     INTEGER NOT NULL,
  PRIMARY KEY (name, hash, number)
) STRICT, WITHOUT ROWID;

-- Look-ups that find what a party asked of us by fields that are not its key: one probe.
CREATE TABLE flow_found_by (
  name       TEXT    NOT NULL,
  hash       BLOB    NOT NULL,
  flow       INTEGER NOT NULL,
  PRIMARY KEY (name, hash, flow)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  flow       INTEGER NOT NULL,
  place      INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  body       BLOB    NOT NULL,         -- sealed
  PRIMARY KEY (flow, place)
) STRICT, WITHOUT ROWID;

-- used = sum of the holds of the same limit and day, always. A hold of flow 0 is what forgotten flows hold for ever (day 0).
CREATE TABLE limit_use (
  name       TEXT    NOT NULL,
  day        INTEGER NOT NULL,
  used       INTEGER NOT NULL CHECK (used >= 0),
  PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE limit_hold (
  flow       INTEGER NOT NULL,
  operation  TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  day        INTEGER NOT NULL,
  amount     INTEGER NOT NULL,
  PRIMARY KEY (flow, operation, name, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
  flow       INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  party      TEXT    NOT NULL,
  call       TEXT    NOT NULL,
  body       BLOB    NOT NULL,         -- sealed
  tries      INTEGER NOT NULL,
  outcome    INTEGER NOT NULL,         -- 0 due 1 sent 2 parked 3 ended by people
  due        INTEGER NOT NULL,
  PRIMARY KEY (flow, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_due ON notice (due) WHERE outcome = 0;

-- Numbers handed out in blocks: `next` was never given to anybody.
CREATE TABLE counter (
  party      TEXT    NOT NULL,
  date       INTEGER NOT NULL,         -- 0: never starts again
  next       INTEGER NOT NULL,
  PRIMARY KEY (party, date)
) STRICT, WITHOUT ROWID;

CREATE TABLE refused_input (
  place      INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  link       TEXT    NOT NULL,
  peer       TEXT    NOT NULL,
  fault      TEXT    NOT NULL,
  head       BLOB    NOT NULL,         -- sealed
  count      INTEGER NOT NULL
) STRICT;
CREATE INDEX refused_at ON refused_input (at);

CREATE TABLE session (
  party      TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  body       BLOB    NOT NULL,         -- sealed
  until      INTEGER,
  PRIMARY KEY (party, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule (
  party      TEXT    NOT NULL,
  job        TEXT    NOT NULL,
  last_run   INTEGER NOT NULL,
  day        INTEGER NOT NULL,
  PRIMARY KEY (party, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
  party      TEXT    NOT NULL,
  direction  INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  flow       INTEGER,
  digest     BLOB    NOT NULL,
  phase      TEXT    NOT NULL,
  next_row   INTEGER NOT NULL,
  total_rows INTEGER NOT NULL,
  state      BLOB    NOT NULL,
  PRIMARY KEY (party, direction, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_flow ON file (flow);
CREATE INDEX file_open ON file (party, direction, name) WHERE phase <> 'ended';

-- What must be seen once only: names of files, nonces.
CREATE TABLE once (
  scope      TEXT    NOT NULL,
  name       BLOB    NOT NULL,
  until      INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
  hash       BLOB    PRIMARY KEY,
  source     BLOB    NOT NULL
) STRICT;
