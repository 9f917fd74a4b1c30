-- A school's card system: students with their cards, loads at machines, transfers from the bank.
-- Amounts are fen.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  school       TEXT NOT NULL,
  last_serial  INTEGER NOT NULL DEFAULT 0,             -- of answers and transfers
  last_load    INTEGER NOT NULL DEFAULT 0,             -- of messages that begin here
  next_student INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE student (
  stuno    TEXT PRIMARY KEY,
  number   INTEGER NOT NULL UNIQUE,
  cardno   TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL,
  idno     TEXT NOT NULL,
  dept     TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT '00',                 -- 00 normal 01 lost 02 frozen 03 closed
  opening  INTEGER NOT NULL DEFAULT 0,
  balance  INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
  pending  INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
  maxbal   INTEGER NOT NULL DEFAULT 100000,
  uses     INTEGER NOT NULL DEFAULT 0,                 -- transactions of the card
  bound    TEXT NOT NULL DEFAULT ''                    -- bank card
) WITHOUT ROWID;

CREATE TABLE agreement (
  number   TEXT PRIMARY KEY,
  stuno    TEXT NOT NULL REFERENCES student (stuno),
  account  TEXT NOT NULL,
  auto     TEXT NOT NULL,
  floor    INTEGER NOT NULL,
  each     INTEGER NOT NULL,
  time     TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'on'
) WITHOUT ROWID;
CREATE INDEX agreement_stuno ON agreement (stuno) WHERE state = 'on';

-- Money that came from the bank for a student, by the bank's serial.
CREATE TABLE transfer (
  bserial  TEXT PRIMARY KEY,
  cserial  TEXT NOT NULL UNIQUE,
  oserial  TEXT NOT NULL,
  stuno    TEXT NOT NULL REFERENCES student (stuno),
  account  TEXT NOT NULL,
  amount   INTEGER NOT NULL CHECK (amount > 0),
  day      TEXT NOT NULL,
  time     TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'done',               -- done reversed
  taken    INTEGER NOT NULL DEFAULT 0                  -- 1: on the card already
) WITHOUT ROWID;
CREATE INDEX transfer_stuno ON transfer (stuno);

-- Loads that begin at a machine.
CREATE TABLE load (
  serial   TEXT PRIMARY KEY,
  day      TEXT NOT NULL,
  stuno    TEXT NOT NULL REFERENCES student (stuno),
  amount   INTEGER NOT NULL CHECK (amount > 0),
  before   INTEGER NOT NULL,
  state    TEXT NOT NULL DEFAULT 'wanted',             -- wanted asked done refused unknown reversed
  since    TEXT,                                       -- when it was asked
  asked    INTEGER NOT NULL DEFAULT 0,                 -- enquiries made
  bserial  TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX load_open ON load (state) WHERE state IN ('wanted', 'asked', 'unknown');

-- What the bank told of a day's list.
CREATE TABLE told (
  file   TEXT PRIMARY KEY,
  adate  TEXT NOT NULL,
  state  TEXT NOT NULL                                 -- 02 even 03 not even
) WITHOUT ROWID;

-- Lists of a day of machines that speak records of one width.
CREATE TABLE daily_list (
  school     TEXT NOT NULL,
  day        TEXT NOT NULL,
  loads      INTEGER NOT NULL,
  payments   INTEGER NOT NULL,
  amount     INTEGER NOT NULL,
  PRIMARY KEY (school, day)
) WITHOUT ROWID;

-- Lists of what the bank settles of a day.
CREATE TABLE settlement (
  file    TEXT PRIMARY KEY,
  day     TEXT NOT NULL,
  count   INTEGER NOT NULL,
  amount  INTEGER NOT NULL
) WITHOUT ROWID;
