-- A finance bureau's platform of non-tax revenue: notices of units with their items, receipts that banks confirmed, papers written by
-- hand, orders of its web page. Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE notice (
  no       TEXT PRIMARY KEY,
  chr_id   TEXT NOT NULL UNIQUE,
  form     TEXT NOT NULL DEFAULT '0101',
  verify   TEXT NOT NULL,
  unit     TEXT NOT NULL DEFAULT '101001',
  payer    TEXT NOT NULL,
  account  TEXT NOT NULL,                               -- the account it is paid to
  amount   INTEGER NOT NULL CHECK (amount > 0),
  made     TEXT NOT NULL,
  by_hand  INTEGER NOT NULL DEFAULT 0,
  state    TEXT NOT NULL DEFAULT 'open'                 -- open paid
) WITHOUT ROWID;

CREATE TABLE item (
  no       TEXT NOT NULL REFERENCES notice (no),
  seq      INTEGER NOT NULL,
  code     TEXT NOT NULL,
  name     TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  PRIMARY KEY (no, seq)
) WITHOUT ROWID;

CREATE TABLE receipt (
  serial   TEXT PRIMARY KEY,                            -- the bank's
  no       TEXT NOT NULL REFERENCES notice (no),
  amount   INTEGER NOT NULL,
  day      TEXT NOT NULL,
  account  TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'done',                -- done cancelled
  compared INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Days that the bank compared: even or not.
CREATE TABLE day (
  day      TEXT PRIMARY KEY,
  count    INTEGER NOT NULL,
  total    INTEGER NOT NULL,
  even     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE inflow (
  serial   TEXT PRIMARY KEY,
  account  TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  day      TEXT NOT NULL
) WITHOUT ROWID;

-- Orders of the web page: who jumps with them, and what the bank told.
CREATE TABLE web_order (
  no       TEXT PRIMARY KEY,
  notice   TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  account  TEXT NOT NULL,
  entrance TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'new',                 -- new jumped paid
  cashier  TEXT NOT NULL DEFAULT '',
  serial   TEXT NOT NULL DEFAULT '',
  told     INTEGER NOT NULL DEFAULT 0,                  -- how often
  bank_state TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
