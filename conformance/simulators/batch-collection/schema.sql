-- Units that collect and pay by files: their batches, the lines in them, what the bank said of each, agreements.
-- Amounts are fen, dates are yyyy-mm-dd, codes stand by their meaning.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  serial    INTEGER NOT NULL DEFAULT 0,
  drawn     INTEGER NOT NULL DEFAULT 0          -- batches that were made up
);

CREATE TABLE unit (
  no        TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  layout    TEXT NOT NULL,                      -- delimited fixed
  account   TEXT NOT NULL,
  business  TEXT NOT NULL,
  parts     INTEGER NOT NULL                    -- the contract lets the bank take what is there
) WITHOUT ROWID;

-- Payers and payees of a unit, with the account at the bank.
CREATE TABLE person (
  unit     TEXT NOT NULL REFERENCES unit (no),
  user_no  TEXT NOT NULL,
  account  TEXT NOT NULL,
  name     TEXT NOT NULL,
  PRIMARY KEY (unit, user_no)
) WITHOUT ROWID;

CREATE TABLE batch (
  unit           TEXT NOT NULL REFERENCES unit (no),
  no             TEXT NOT NULL,
  kind           TEXT NOT NULL CHECK (kind IN ('collect', 'pay')),
  day            TEXT NOT NULL,
  count          INTEGER NOT NULL,
  total          INTEGER NOT NULL,
  state          TEXT NOT NULL DEFAULT 'ready', -- ready put answered
  results        INTEGER NOT NULL DEFAULT 0,    -- result files that came
  file           TEXT NOT NULL DEFAULT '',
  done_count     INTEGER,
  done_amount    INTEGER,
  failed_count   INTEGER,
  failed_amount  INTEGER,
  bank_state     TEXT NOT NULL DEFAULT '',      -- as the bank said when it was asked
  told           TEXT NOT NULL DEFAULT '',      -- result file of notice 6003
  PRIMARY KEY (unit, no, kind)
) WITHOUT ROWID;

CREATE TABLE line (
  unit       TEXT NOT NULL,
  batch      TEXT NOT NULL,
  kind       TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  account    TEXT NOT NULL,
  name       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  user_no    TEXT NOT NULL,
  period     TEXT NOT NULL,
  agreement  TEXT NOT NULL DEFAULT '',
  id_no      TEXT,
  memo       TEXT NOT NULL DEFAULT '',
  code       TEXT NOT NULL DEFAULT '',          -- empty: not answered; else its meaning
  booked     INTEGER NOT NULL DEFAULT 0,
  host_date  TEXT,
  host_no    TEXT,
  PRIMARY KEY (unit, batch, kind, seq),
  FOREIGN KEY (unit, batch, kind) REFERENCES batch (unit, no, kind)
) WITHOUT ROWID;

CREATE TABLE agreement (
  unit     TEXT NOT NULL REFERENCES unit (no),
  user_no  TEXT NOT NULL,
  account  TEXT NOT NULL,
  name     TEXT NOT NULL,
  id_no    TEXT NOT NULL DEFAULT '',
  ceiling  INTEGER NOT NULL DEFAULT 0,
  number   TEXT NOT NULL DEFAULT '',
  state    TEXT NOT NULL DEFAULT 'wanted',      -- wanted open closed refused unknown
  PRIMARY KEY (unit, user_no)
) WITHOUT ROWID;
