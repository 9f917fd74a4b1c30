-- The custodian bank's platform: the co-operating bank's own accounts with their transfers, brokers with their customers' capital
-- accounts, who is bound to which settlement account, and money both ways. Amounts are fen.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  last_asked   INTEGER NOT NULL DEFAULT 0,              -- of what begins here
  bank         TEXT NOT NULL,
  opens        TEXT NOT NULL DEFAULT '00:00:00',
  closes       TEXT NOT NULL DEFAULT '23:59:59',
  total_limit  INTEGER NOT NULL,                        -- what the bank may owe the brokers at most
  used_limit   INTEGER NOT NULL DEFAULT 0,
  warn_line    INTEGER NOT NULL,
  warned       INTEGER NOT NULL DEFAULT 0,              -- 1: told since the line was crossed
  mood         TEXT NOT NULL DEFAULT 'well'             -- well fault link late seal unopened unread
);

-- Accounts here that the bank may ask about; `own` are its own.
CREATE TABLE nostro (
  acct     TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  own      INTEGER NOT NULL DEFAULT 0,
  opening  INTEGER NOT NULL DEFAULT 0,
  balance  INTEGER NOT NULL CHECK (balance >= 0)
) WITHOUT ROWID;

CREATE TABLE transfer (
  voucher    TEXT PRIMARY KEY,
  seq        TEXT NOT NULL,
  front      TEXT NOT NULL,
  batch      TEXT NOT NULL DEFAULT '',
  payer      TEXT NOT NULL REFERENCES nostro (acct),
  payee      TEXT NOT NULL,
  payee_name TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  purpose    TEXT NOT NULL,
  speed      TEXT NOT NULL DEFAULT 'normal',
  state      TEXT NOT NULL,                             -- done other unknown returned
  day        TEXT NOT NULL,
  clock      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX transfer_seq ON transfer (seq);
CREATE INDEX transfer_batch ON transfer (batch);

CREATE TABLE broker (
  code  TEXT PRIMARY KEY,
  name  TEXT NOT NULL,
  acct  TEXT NOT NULL REFERENCES nostro (acct)          -- its customers' money
) WITHOUT ROWID;

CREATE TABLE capital (
  broker    TEXT NOT NULL REFERENCES broker (code),
  no        TEXT NOT NULL,
  name      TEXT NOT NULL,
  kind      TEXT NOT NULL,                              -- person corporate
  id_kind   TEXT NOT NULL,
  id_no     TEXT NOT NULL,
  password  TEXT NOT NULL,
  acct      TEXT NOT NULL DEFAULT '',                   -- settlement account that it is bound to, or was
  state     TEXT NOT NULL DEFAULT 'waiting',            -- waiting: appointed at the broker; normal; cancelled
  since     TEXT NOT NULL DEFAULT '2026-11-20',
  phone     TEXT NOT NULL DEFAULT '',
  opening   INTEGER NOT NULL DEFAULT 0,
  balance   INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
  PRIMARY KEY (broker, no)
) WITHOUT ROWID;
CREATE INDEX capital_acct ON capital (acct);

CREATE TABLE movement (
  sf_seq    TEXT PRIMARY KEY,
  bank_seq  TEXT NOT NULL DEFAULT '',
  way       TEXT NOT NULL,                              -- in: bank to securities; out: securities to bank
  source    TEXT NOT NULL,                              -- bank broker
  broker    TEXT NOT NULL,
  no        TEXT NOT NULL,
  acct      TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  state     TEXT NOT NULL,                              -- wanted asked done refused unknown reversed
  tried     INTEGER NOT NULL DEFAULT 0,
  day       TEXT NOT NULL,
  clock     TEXT NOT NULL,
  older     INTEGER NOT NULL DEFAULT 0,                 -- 1: it went over the older platform
  FOREIGN KEY (broker, no) REFERENCES capital (broker, no)
) WITHOUT ROWID;
CREATE INDEX movement_bank ON movement (bank_seq);
CREATE INDEX movement_no ON movement (broker, no);
CREATE INDEX movement_open ON movement (state) WHERE state IN ('wanted', 'asked', 'unknown');

CREATE TABLE changed (
  seq   TEXT PRIMARY KEY,
  call  TEXT NOT NULL,
  own   TEXT NOT NULL,
  day   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE branch (
  code  TEXT PRIMARY KEY,
  name  TEXT NOT NULL
) WITHOUT ROWID;

-- What the bank laid down of the files that were attached to messages.
CREATE TABLE laid (
  file     TEXT PRIMARY KEY,
  content  BLOB NOT NULL
) WITHOUT ROWID;

-- Members of a market (the funds family), each with an account there, and what was moved.
CREATE TABLE member (
  no       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  id_kind  TEXT NOT NULL,
  id_no    TEXT NOT NULL,
  acct     TEXT NOT NULL,
  opening  INTEGER NOT NULL DEFAULT 0,
  balance  INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0)
) WITHOUT ROWID;

CREATE TABLE member_move (
  seq     TEXT PRIMARY KEY,
  own     TEXT NOT NULL,
  no      TEXT NOT NULL REFERENCES member (no),
  way     TEXT NOT NULL,                                -- in out
  amount  INTEGER NOT NULL CHECK (amount > 0),
  day     TEXT NOT NULL
) WITHOUT ROWID;
