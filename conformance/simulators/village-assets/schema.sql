-- The platform of village collectives: contracts of tenants, bills, payments that the bank confirmed, orders that the collectives gave,
-- agreements, money that nobody could place. Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  compared     TEXT NOT NULL DEFAULT ''                 -- the last day whose list came
);

CREATE TABLE contract (
  no       TEXT PRIMARY KEY,
  tenant   TEXT NOT NULL,
  id_no    TEXT NOT NULL,
  mobile   TEXT NOT NULL,
  unit     TEXT NOT NULL,
  account  TEXT NOT NULL,                               -- the collective's
  rent     INTEGER NOT NULL,
  state    TEXT NOT NULL DEFAULT 'valid'                -- valid ended
) WITHOUT ROWID;

CREATE TABLE bill (
  no        TEXT PRIMARY KEY,
  contract  TEXT NOT NULL REFERENCES contract (no),
  period    TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  late      INTEGER NOT NULL DEFAULT 0,
  due       TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'open'                -- open paid
) WITHOUT ROWID;
CREATE INDEX bill_contract ON bill (contract, due);

CREATE TABLE payment (
  order_no  TEXT PRIMARY KEY,                           -- the bank's
  plat      TEXT NOT NULL UNIQUE,
  receipt   TEXT NOT NULL UNIQUE,
  total     INTEGER NOT NULL,
  mode      TEXT NOT NULL,
  account   TEXT NOT NULL,
  host      TEXT NOT NULL,
  day       TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'done'                -- done reversed
) WITHOUT ROWID;

CREATE TABLE payment_bill (
  order_no  TEXT NOT NULL REFERENCES payment (order_no),
  bill      TEXT NOT NULL REFERENCES bill (no),
  PRIMARY KEY (order_no, bill)
) WITHOUT ROWID;

CREATE TABLE agreement (
  contract  TEXT PRIMARY KEY REFERENCES contract (no),
  number    TEXT NOT NULL,
  account   TEXT NOT NULL,
  state     TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE inflow (
  host      TEXT PRIMARY KEY,
  account   TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  remark    TEXT NOT NULL
) WITHOUT ROWID;

-- Orders of the collectives to pay, as their people approved them.
CREATE TABLE pay_order (
  no        TEXT PRIMARY KEY,
  account   TEXT NOT NULL,
  name      TEXT NOT NULL,
  payee     TEXT NOT NULL,
  payee_name TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  use       TEXT NOT NULL,
  town      INTEGER NOT NULL DEFAULT 0,
  state     TEXT NOT NULL DEFAULT 'new',                -- new sent done, or why it was refused
  host      TEXT NOT NULL DEFAULT '',
  asked     TEXT NOT NULL DEFAULT ''                    -- what the bank said when it was asked
) WITHOUT ROWID;

CREATE TABLE day_list (
  day       TEXT PRIMARY KEY,
  count     INTEGER NOT NULL,
  total     INTEGER NOT NULL,
  even      INTEGER NOT NULL
) WITHOUT ROWID;

-- What the bank said of batches when it was asked.
CREATE TABLE batch_asked (
  no     TEXT PRIMARY KEY,
  state  TEXT NOT NULL
) WITHOUT ROWID;
