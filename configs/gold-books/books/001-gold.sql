-- Who is whom at the partner, orders that were paid or credited, holdings of each day. Amounts are fen, weights ten-thousandths of a gram.

CREATE TABLE holder (
  user      TEXT PRIMARY KEY,
  customer  TEXT NOT NULL UNIQUE,
  account   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE gold_order (
  order_no  TEXT PRIMARY KEY,
  day       TEXT NOT NULL,
  user      TEXT NOT NULL,
  product   TEXT NOT NULL DEFAULT 'WBGOLD01',
  channel   TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('buy', 'redeem', 'withdraw')),
  account   TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  weight    INTEGER NOT NULL,
  state     TEXT NOT NULL,
  express   TEXT,
  progress  TEXT
) WITHOUT ROWID;
CREATE INDEX gold_order_day ON gold_order (day);

CREATE TABLE holding (
  day     TEXT NOT NULL,
  user    TEXT NOT NULL,
  total   INTEGER NOT NULL,
  frozen  INTEGER NOT NULL,
  value   INTEGER NOT NULL,
  PRIMARY KEY (day, user)
) WITHOUT ROWID;
