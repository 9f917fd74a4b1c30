-- The grid's marketing system as a collecting bank sees it: customers, receivables by month, payments, agreements.
-- Amounts are fen, dates are yyyy-mm-dd, months yyyy-mm.

CREATE TABLE system (
  only_one       INTEGER PRIMARY KEY CHECK (only_one = 1),
  business_date  TEXT,                                 -- NULL: the date of the clock
  open           INTEGER NOT NULL DEFAULT 1,
  trouble        TEXT NOT NULL DEFAULT '',             -- 9998 9999: what it says of every payment
  lists          TEXT NOT NULL DEFAULT '',             -- taken even uneven damaged: what it says of every list; '': what it finds
  last_peer      INTEGER NOT NULL DEFAULT 0,           -- serials of answers
  last_receipt   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE customer (
  customer   TEXT PRIMARY KEY,
  settle     TEXT NOT NULL,                            -- settlement number
  name       TEXT NOT NULL,
  addr       TEXT NOT NULL,
  class      TEXT NOT NULL,                            -- 1 high voltage, 2 low, not a home, 3 low, a home
  partial    TEXT NOT NULL,                            -- 0 all at once, 1 by month, 2 in parts and in advance
  prepaid    INTEGER NOT NULL DEFAULT 0 CHECK (prepaid >= 0),
  opening    INTEGER NOT NULL DEFAULT 0,               -- prepaid at first
  closed     INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX customer_settle ON customer (settle);

CREATE TABLE bill (
  recv       TEXT PRIMARY KEY,
  customer   TEXT NOT NULL REFERENCES customer (customer),
  month      TEXT NOT NULL,
  power      INTEGER NOT NULL CHECK (power >= 0),      -- what is still owed of it
  penalty    INTEGER NOT NULL CHECK (penalty >= 0),
  billed     INTEGER NOT NULL,                         -- power and penalty as billed, with what was added since
  state      TEXT NOT NULL DEFAULT '01',               -- 01 owed 02 on its way 03 paid
  lock       TEXT NOT NULL DEFAULT '00'                -- 00 none 01 withholding 02 disputed
) WITHOUT ROWID;
CREATE INDEX bill_customer ON bill (customer, month);

-- Queries answered: a payment names the one whose amounts it goes by.
CREATE TABLE query (
  peer       TEXT PRIMARY KEY,
  customer   TEXT NOT NULL,
  at         TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE payment (
  serial     TEXT PRIMARY KEY,                         -- the bank's
  peer       TEXT NOT NULL,                            -- the grid's
  date       TEXT NOT NULL,                            -- the bank's date
  day        TEXT NOT NULL,                            -- accounting date
  customer   TEXT NOT NULL REFERENCES customer (customer),
  kind       TEXT NOT NULL,                            -- 1 arrears 2 in advance
  way        TEXT NOT NULL,
  settle     TEXT NOT NULL,                            -- 01 cash 02 from an account
  account    TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  surplus    INTEGER NOT NULL,                         -- of it, what became prepaid
  receipt    TEXT NOT NULL UNIQUE,
  invoice    TEXT NOT NULL,
  time       TEXT NOT NULL,
  before     INTEGER NOT NULL,
  after      INTEGER NOT NULL,
  state      TEXT NOT NULL DEFAULT 'done',             -- done reversed
  reversed   TEXT                                      -- when
) WITHOUT ROWID;
CREATE INDEX payment_customer ON payment (customer, day);
CREATE INDEX payment_day ON payment (day);

CREATE TABLE payment_bill (
  serial     TEXT NOT NULL REFERENCES payment (serial),
  recv       TEXT NOT NULL REFERENCES bill (recv),
  power      INTEGER NOT NULL,
  penalty    INTEGER NOT NULL,
  PRIMARY KEY (serial, recv)
) WITHOUT ROWID;
CREATE INDEX payment_bill_recv ON payment_bill (recv);

CREATE TABLE agreement (
  number     TEXT PRIMARY KEY,
  customer   TEXT NOT NULL REFERENCES customer (customer),
  account    TEXT NOT NULL,
  name       TEXT NOT NULL,
  phone      TEXT NOT NULL,
  eff        TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'on'                -- on off
) WITHOUT ROWID;
CREATE INDEX agreement_customer ON agreement (customer) WHERE state = 'on';
CREATE INDEX agreement_account ON agreement (account) WHERE state = 'on';

-- Totals that the bank told, and whether the bank was told what came of them.
CREATE TABLE totals (
  adate      TEXT PRIMARY KEY,
  file       TEXT NOT NULL,
  state      TEXT NOT NULL,                            -- even uneven
  told       INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- What was withheld by files, as the bank answered.
CREATE TABLE withheld (
  file       TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  recv       TEXT NOT NULL REFERENCES bill (recv),
  account    TEXT NOT NULL,
  name       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  number     TEXT NOT NULL REFERENCES agreement (number),
  result     TEXT NOT NULL DEFAULT '',                 -- empty: not known yet
  debited    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (file, seq)
) WITHOUT ROWID;
