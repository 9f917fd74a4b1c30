-- Goods with the bank's prices, orders, vouchers. Amounts are fen, points hundredths; numbers of vouchers stand enciphered.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_no   INTEGER NOT NULL DEFAULT 0
);
INSERT INTO system (only_one) VALUES (1);

CREATE TABLE goods (
  no          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  face        INTEGER NOT NULL,
  cost        INTEGER NOT NULL,                        -- the supplier's price, when it was last heard
  kind        TEXT NOT NULL,                           -- code code_pwd url topup
  stock       INTEGER NOT NULL,
  valid_days  INTEGER NOT NULL,
  rules       TEXT,
  heard       TEXT NOT NULL
) WITHOUT ROWID;

-- What the bank sells, at what price, to each customer how many; made by one person, checked by another.
CREATE TABLE offer (
  goods    TEXT PRIMARY KEY,
  price    INTEGER NOT NULL CHECK (price > 0),
  points   INTEGER NOT NULL CHECK (points > 0),
  most     INTEGER NOT NULL CHECK (most > 0),
  open     INTEGER NOT NULL DEFAULT 1,
  maker    TEXT NOT NULL,
  checker  TEXT NOT NULL,
  CHECK (checker <> maker)
) WITHOUT ROWID;

CREATE TABLE coupon_order (
  no         TEXT PRIMARY KEY,
  serial     TEXT NOT NULL UNIQUE,                     -- under which it was opened
  customer   TEXT NOT NULL,
  way        TEXT NOT NULL CHECK (way IN ('account', 'points', 'budget')),
  account    TEXT,
  goods      TEXT NOT NULL,
  num        INTEGER NOT NULL,
  each_      INTEGER NOT NULL,
  mobile     TEXT NOT NULL,
  made       TEXT NOT NULL,
  withdrawn  INTEGER NOT NULL DEFAULT 0,
  heard      TEXT,                                     -- success part failed: what the supplier said of it
  ended      TEXT,
  done       INTEGER,
  refunded   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX coupon_order_customer ON coupon_order (customer, goods);

-- Openings that were withdrawn before they came.
CREATE TABLE withdrawal (
  serial  TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE coupon (
  mark         TEXT PRIMARY KEY,
  order_no     TEXT NOT NULL REFERENCES coupon_order (no),
  seq          INTEGER NOT NULL,
  shown        TEXT NOT NULL,
  number       TEXT NOT NULL,
  password     TEXT NOT NULL,
  valid_until  TEXT NOT NULL,
  UNIQUE (order_no, seq)
) WITHOUT ROWID;

-- What was heard of vouchers, perhaps before they stood here; the latest moment stands.
CREATE TABLE coupon_heard (
  mark   TEXT PRIMARY KEY,
  state  TEXT NOT NULL,
  at     TEXT NOT NULL
) WITHOUT ROWID;
