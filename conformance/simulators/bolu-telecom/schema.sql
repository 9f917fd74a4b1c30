-- The operator: users with bills and balances, what the bank paid for them, transfers and batches that it ordered of the bank, what it was
-- told of its accounts. Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_number  INTEGER NOT NULL DEFAULT 0,
  compared     TEXT NOT NULL DEFAULT ''                 -- the last day whose list was found even
);

CREATE TABLE user (
  no       TEXT NOT NULL,
  item     TEXT NOT NULL,                               -- phone broadband private_line
  name     TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'normal',              -- normal half stopped closed
  opening  INTEGER NOT NULL,
  balance  INTEGER NOT NULL,
  PRIMARY KEY (no, item)
) WITHOUT ROWID;

CREATE TABLE bill (
  no      TEXT NOT NULL,
  item    TEXT NOT NULL,
  month   TEXT NOT NULL,                                -- yyyy-mm
  amount  INTEGER NOT NULL CHECK (amount > 0),
  state   TEXT NOT NULL DEFAULT 'open',                 -- open paid
  PRIMARY KEY (no, item, month),
  FOREIGN KEY (no, item) REFERENCES user (no, item)
) WITHOUT ROWID;

-- Prices for which a plan of an item can be bought.
CREATE TABLE plan (
  item    TEXT NOT NULL,
  amount  INTEGER NOT NULL,
  PRIMARY KEY (item, amount)
) WITHOUT ROWID;

CREATE TABLE payment (
  bank_serial  TEXT PRIMARY KEY,
  tel_serial   TEXT NOT NULL UNIQUE,
  no           TEXT NOT NULL,
  item         TEXT NOT NULL,
  amount       INTEGER NOT NULL CHECK (amount > 0),
  channel      TEXT NOT NULL,
  day          TEXT NOT NULL,
  state        TEXT NOT NULL DEFAULT 'done',            -- done reversed
  FOREIGN KEY (no, item) REFERENCES user (no, item)
) WITHOUT ROWID;

CREATE TABLE payment_bill (
  bank_serial  TEXT NOT NULL REFERENCES payment (bank_serial),
  month        TEXT NOT NULL,
  PRIMARY KEY (bank_serial, month)
) WITHOUT ROWID;

-- What the operator ordered of the bank, and what it heard.
CREATE TABLE transfer_order (
  no      TEXT PRIMARY KEY,
  amount  INTEGER NOT NULL,
  given   TEXT NOT NULL,
  state   TEXT NOT NULL DEFAULT 'sent',                 -- sent, or how the bank answered
  serial  TEXT NOT NULL DEFAULT '',
  asked   TEXT NOT NULL DEFAULT '',                     -- what an enquiry said
  reason  TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE batch_asked (
  no      TEXT PRIMARY KEY,
  state   TEXT NOT NULL,
  done    INTEGER,
  amount  INTEGER,
  failed  INTEGER,
  file    TEXT
) WITHOUT ROWID;

CREATE TABLE inflow (
  serial  TEXT NOT NULL,
  acct    TEXT NOT NULL,
  amount  INTEGER NOT NULL,
  payer   TEXT NOT NULL,
  memo    TEXT NOT NULL,
  PRIMARY KEY (serial, acct)
) WITHOUT ROWID;

CREATE TABLE day_list (
  day     TEXT PRIMARY KEY,
  count   INTEGER NOT NULL,
  amount  INTEGER NOT NULL,
  back    INTEGER NOT NULL,                             -- of what was taken back
  even    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE list_digest (
  day     TEXT PRIMARY KEY,
  digest  TEXT NOT NULL
) WITHOUT ROWID;
