-- The housing-fund centre behind the ministry's settlement system: what it wants paid, what it was told.
-- Amounts are fen.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  node         TEXT NOT NULL,                          -- the centre's, in its heads
  last_serial  INTEGER NOT NULL DEFAULT 0,
  next_person  INTEGER NOT NULL DEFAULT 1
);

-- The centre's own accounts at the bank, as signed.
CREATE TABLE account (
  acct     TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  nature   TEXT NOT NULL DEFAULT '1',
  told     INTEGER NOT NULL DEFAULT 0                  -- 1: the bank has told that it is signed
) WITHOUT ROWID;

-- A single payment out, or a batch of them.
CREATE TABLE task (
  serial   TEXT PRIMARY KEY,                           -- SendSeqNo
  kind     TEXT NOT NULL CHECK (kind IN ('pay', 'batch')),
  day      TEXT NOT NULL,
  debit    TEXT NOT NULL REFERENCES account (acct),
  total    INTEGER NOT NULL CHECK (total > 0),
  state    TEXT NOT NULL DEFAULT 'wanted',             -- wanted asked done refused unknown
  since    TEXT,
  host     TEXT NOT NULL DEFAULT '',                   -- the bank's serial, or batch number
  asked    INTEGER NOT NULL DEFAULT 0                  -- enquiries made
) WITHOUT ROWID;
CREATE INDEX task_open ON task (state) WHERE state IN ('wanted', 'asked', 'unknown');

CREATE TABLE task_row (
  serial   TEXT NOT NULL REFERENCES task (serial),
  seq      INTEGER NOT NULL,
  account  TEXT NOT NULL,
  name     TEXT NOT NULL,
  amount   INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (serial, seq)
) WITHOUT ROWID;

-- Movements that the bank told; one that is told again is dropped by its serial.
CREATE TABLE movement (
  account  TEXT NOT NULL,
  serial   TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  date     TEXT NOT NULL,
  balance  INTEGER,
  memo     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account, serial)
) WITHOUT ROWID;
