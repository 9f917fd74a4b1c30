-- The settlement centre and, behind it, the other banks: their customers' accounts, what went through, packets, totals.
-- Amounts are fen.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_number  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE account (
  acct     TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  bank     TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'normal',
  opening  INTEGER NOT NULL,
  balance  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE agreement (
  number  TEXT NOT NULL,
  unit    TEXT NOT NULL,
  acct    TEXT NOT NULL,
  once    INTEGER NOT NULL DEFAULT 0,
  open    INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (number, unit)
) WITHOUT ROWID;

-- What the bank began: a collection takes from an account here, a payment adds to it.
CREATE TABLE item (
  txn     TEXT PRIMARY KEY,
  kind    TEXT NOT NULL CHECK (kind IN ('collect', 'pay')),
  acct    TEXT NOT NULL,
  amount  INTEGER NOT NULL CHECK (amount > 0),
  state   TEXT NOT NULL DEFAULT 'done'                 -- done reversed
) WITHOUT ROWID;

-- What the unit may do as an agent's customer.
CREATE TABLE business (
  code  TEXT PRIMARY KEY,
  kind  TEXT NOT NULL CHECK (kind IN ('collect', 'pay'))
) WITHOUT ROWID;

-- A reversal that came before its collection.
CREATE TABLE reversed_first (txn TEXT PRIMARY KEY) WITHOUT ROWID;

-- Packets that the bank put, and told of.
CREATE TABLE packet (
  batch    TEXT PRIMARY KEY,
  kind     TEXT NOT NULL,
  rows     INTEGER NOT NULL,
  total    INTEGER NOT NULL,
  stopped  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- What the bank said of packets of other banks.
CREATE TABLE answered (
  batch    TEXT PRIMARY KEY,
  succ     INTEGER NOT NULL,
  amount   INTEGER NOT NULL,
  failed   INTEGER NOT NULL
) WITHOUT ROWID;

-- What the centre asks of the bank for units of others.
CREATE TABLE task (
  txn        TEXT PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('collect', 'pay')),
  day        TEXT NOT NULL,
  acct       TEXT NOT NULL,
  name       TEXT NOT NULL,
  agreement  TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  state      TEXT NOT NULL DEFAULT 'wanted',           -- wanted asked done refused unknown
  host       TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- What the bank told of its packets; the file may be taken a moment later.
CREATE TABLE packet_notice (
  batch   TEXT PRIMARY KEY,
  rows    INTEGER NOT NULL,
  total   INTEGER NOT NULL,
  digest  TEXT NOT NULL
) WITHOUT ROWID;

-- Keys of the day that were handed out, and what was heard of it.
CREATE TABLE renewal (
  number  INTEGER PRIMARY KEY,
  moment  TEXT NOT NULL,
  heard   TEXT NOT NULL
);
