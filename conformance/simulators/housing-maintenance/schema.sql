-- The maintenance-fund centre: notices of payment and of refund with the houses behind them, and the bank's statements as its books
-- took them. Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  online       INTEGER NOT NULL DEFAULT 1               -- 0: the centre does not answer questions of substance (9000)
);

CREATE TABLE house (
  id        TEXT PRIMARY KEY,
  location  TEXT NOT NULL,
  area      TEXT NOT NULL,                              -- square metres
  standard  INTEGER NOT NULL,                           -- fen for each
  owner     TEXT NOT NULL,
  id_kind   TEXT NOT NULL DEFAULT '01',
  id_no     TEXT NOT NULL,
  phone     TEXT NOT NULL DEFAULT '',
  account   TEXT NOT NULL,                              -- the fund's account
  part      TEXT NOT NULL                               -- the house's own part of it
) WITHOUT ROWID;

CREATE TABLE notice (
  no       TEXT PRIMARY KEY,
  house    TEXT NOT NULL REFERENCES house (id),
  amount   INTEGER NOT NULL CHECK (amount > 0),
  state    TEXT NOT NULL DEFAULT '0000'                 -- 0000 to be paid 0002 accepted still 0003 taken by a bank 0004 void 0005 not on line 0006 confirmed
) WITHOUT ROWID;

CREATE TABLE confirmation (
  serial   TEXT PRIMARY KEY,                            -- the bank's
  no       TEXT NOT NULL,                               -- of a notice or of a refund
  kind     TEXT NOT NULL CHECK (kind IN ('payment', 'refund')),
  teller   TEXT NOT NULL,
  day      TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE refund (
  no       TEXT PRIMARY KEY,
  notice   TEXT NOT NULL REFERENCES notice (no),
  amount   INTEGER NOT NULL CHECK (amount > 0),
  why      TEXT NOT NULL,
  accepted TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT '0000'                 -- 0000 to be paid out 0002 accepted still 0003 paid out 0004 void
) WITHOUT ROWID;

-- Each file that came, with what was found of it; those without a fault are booked.
CREATE TABLE statement (
  file     TEXT NOT NULL,
  copy     INTEGER NOT NULL,                            -- how often that name came
  account  TEXT NOT NULL,
  day      TEXT NOT NULL,
  opening  INTEGER NOT NULL,
  closing  INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  fault    TEXT NOT NULL DEFAULT '',                    -- empty: booked
  told     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (file, copy)
) WITHOUT ROWID;

CREATE TABLE movement (
  account  TEXT NOT NULL,
  day      TEXT NOT NULL,
  serial   TEXT NOT NULL,
  file     TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  side     TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  balance  INTEGER NOT NULL,
  notice   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account, day, serial, side)
) WITHOUT ROWID;
