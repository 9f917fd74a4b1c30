-- A merchant's own system: a university that shows its bills when it is asked, and is told of payments. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  serial    INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE bill (
  no        TEXT PRIMARY KEY,
  student   TEXT NOT NULL,
  name      TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  order_no  TEXT                                       -- of the platform, by which it was paid
) WITHOUT ROWID;
CREATE INDEX bill_student ON bill (student);

-- Lists of a day that merchants fetched.
CREATE TABLE list (
  merchant  TEXT NOT NULL,
  day       TEXT NOT NULL,
  count     INTEGER NOT NULL,
  amount    INTEGER NOT NULL,
  fee       INTEGER NOT NULL,
  PRIMARY KEY (merchant, day)
) WITHOUT ROWID;

CREATE TABLE payment (
  order_no  TEXT PRIMARY KEY,
  serial    TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  day       TEXT NOT NULL,                             -- on which it was paid
  state     TEXT NOT NULL DEFAULT 'done'               -- done taken_back
) WITHOUT ROWID;

-- What went back of a payment, by the platform's number.
CREATE TABLE refund (
  no        TEXT PRIMARY KEY,
  order_no  TEXT NOT NULL REFERENCES payment (order_no),
  serial    TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  day       TEXT NOT NULL
) WITHOUT ROWID;

-- Fees that customers of a channel want to pay: ordered of the bank, then paid by the bank's own card.
CREATE TABLE fee (
  payer     TEXT PRIMARY KEY,
  account   TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  order_no  TEXT NOT NULL DEFAULT '',
  receipt   TEXT NOT NULL DEFAULT '',
  state     TEXT NOT NULL DEFAULT 'wanted'             -- wanted asked ordered paying paid refused
) WITHOUT ROWID;

-- Sheets of bills that a clerk sent, and what came back.
CREATE TABLE sheet (
  batch    TEXT PRIMARY KEY,
  outcome  TEXT NOT NULL,                              -- done refused unknown
  count    INTEGER,
  amount   INTEGER,
  errors   INTEGER
) WITHOUT ROWID;
