-- Bills, the orders that hold them while they are paid, payments, refunds, receipts. A bill is held by one order at a time.

CREATE TABLE bill (
  no        TEXT PRIMARY KEY,
  merchant  TEXT NOT NULL REFERENCES merchant (no),
  item      TEXT NOT NULL REFERENCES item (no),
  payer     TEXT NOT NULL,
  period    TEXT NOT NULL,
  title     TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  discount  INTEGER NOT NULL DEFAULT 0,
  penalty   INTEGER NOT NULL DEFAULT 0,                -- frozen when it is ordered
  rate      INTEGER NOT NULL DEFAULT 0,                -- of penalty, of ten thousand a day
  paid      INTEGER NOT NULL DEFAULT 0,
  deadline  TEXT NOT NULL,
  batch     TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'open',              -- unpublished open paying paid part void refunded offline
  order_no  TEXT,                                      -- that holds it
  UNIQUE (merchant, item, payer, period)
) WITHOUT ROWID;
CREATE INDEX bill_payer ON bill (merchant, item, payer);

CREATE TABLE bill_batch (
  no        TEXT NOT NULL,
  merchant  TEXT NOT NULL REFERENCES merchant (no),
  count     INTEGER NOT NULL,
  total     INTEGER NOT NULL,
  PRIMARY KEY (no, merchant)
) WITHOUT ROWID;

CREATE TABLE fee_order (
  no         TEXT PRIMARY KEY,
  serial     TEXT NOT NULL UNIQUE,                     -- under which it was asked for
  merchant   TEXT NOT NULL REFERENCES merchant (no),
  item       TEXT NOT NULL REFERENCES item (no),
  payer      TEXT NOT NULL,
  payer_name TEXT NOT NULL DEFAULT '',
  channel    TEXT NOT NULL,
  customer   TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  email      TEXT NOT NULL DEFAULT '',
  amount     INTEGER NOT NULL CHECK (amount > 0),
  fee        INTEGER NOT NULL DEFAULT 0,               -- of the payer
  own_fee    INTEGER NOT NULL DEFAULT 0,               -- of the merchant
  way        TEXT NOT NULL DEFAULT '',
  state      TEXT NOT NULL DEFAULT 'open',             -- open paying paid failed closed part_refunded refunded
  created    TEXT NOT NULL,
  expires    TEXT NOT NULL,
  day        TEXT,                                     -- business day on which it was paid
  paid_at    TEXT,
  account    TEXT NOT NULL DEFAULT '',                 -- masked
  host       TEXT NOT NULL DEFAULT '',
  refunded   INTEGER NOT NULL DEFAULT 0 CHECK (refunded <= amount),
  receipt    TEXT UNIQUE,
  prints     INTEGER NOT NULL DEFAULT 0,
  began      TEXT                                      -- serial under which it went into payment
) WITHOUT ROWID;
CREATE INDEX fee_order_customer ON fee_order (customer, created);
CREATE INDEX fee_order_day ON fee_order (day, merchant);

CREATE TABLE order_line (
  order_no  TEXT NOT NULL REFERENCES fee_order (no),
  bill      TEXT NOT NULL REFERENCES bill (no),
  amount    INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (order_no, bill)
) WITHOUT ROWID;

CREATE TABLE refund (
  no        TEXT PRIMARY KEY,
  order_no  TEXT NOT NULL REFERENCES fee_order (no),
  amount    INTEGER NOT NULL CHECK (amount > 0),
  reason    TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'working',           -- working done given_up
  host      TEXT NOT NULL DEFAULT '',
  day       TEXT                                       -- on which it was given back
) WITHOUT ROWID;
CREATE INDEX refund_order ON refund (order_no);
CREATE INDEX refund_day ON refund (day);

-- What was taken back before it came: it is refused when it comes.
CREATE TABLE taken_back_first (serial TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE settlement (
  day       TEXT NOT NULL,
  merchant  TEXT NOT NULL REFERENCES merchant (no),
  count     INTEGER NOT NULL,
  amount    INTEGER NOT NULL,
  refunded  INTEGER NOT NULL,
  fee       INTEGER NOT NULL,
  state     TEXT NOT NULL DEFAULT 'waiting',           -- waiting settled
  host      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (day, merchant)
) WITHOUT ROWID;

CREATE TABLE number_of (
  day   TEXT PRIMARY KEY,
  last  INTEGER NOT NULL
) WITHOUT ROWID;
