-- The gateway's orders as payers make them on its page, and what was given back. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  serial    INTEGER NOT NULL DEFAULT 0,
  quiet     INTEGER NOT NULL DEFAULT 0,                -- 1: nobody is told of anything
  merchant  TEXT NOT NULL
);

CREATE TABLE payment (
  serial    TEXT PRIMARY KEY,                          -- of the gateway
  order_no  TEXT NOT NULL,
  customer  TEXT,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  card      TEXT NOT NULL DEFAULT 'other_debit',
  state     TEXT NOT NULL,                             -- paid failed
  paid_at   TEXT NOT NULL,
  told      INTEGER NOT NULL DEFAULT 0,
  tries     INTEGER NOT NULL DEFAULT 0,
  next_try  TEXT
) WITHOUT ROWID;
CREATE INDEX payment_order ON payment (order_no);

CREATE TABLE refund (
  no        TEXT PRIMARY KEY,                          -- of who asked for it
  serial    TEXT NOT NULL UNIQUE,
  payment   TEXT NOT NULL REFERENCES payment (serial),
  amount    INTEGER NOT NULL CHECK (amount > 0),
  reason    TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'paid',              -- paid failed
  at        TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX refund_payment ON refund (payment);
