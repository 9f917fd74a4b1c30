-- The supplier: the bank's account there, goods, receivers that have a fate of their own, orders, vouchers. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  funds     INTEGER NOT NULL,                          -- paid in beforehand
  last_no   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE goods (
  no     TEXT PRIMARY KEY,
  name   TEXT NOT NULL,
  face   INTEGER NOT NULL,
  price  INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  stock  INTEGER NOT NULL,
  days   INTEGER NOT NULL,
  begins TEXT,                                         -- from when it is sold, until when
  ends   TEXT
) WITHOUT ROWID;

-- What becomes of orders for a receiver: a code at once; `processing`: delivered after a minute; `stuck`: it stays so; `fail`: it fails after a
-- minute; `part`: half of it comes; `refused`, `closed`: it has failed at once; `twice`: it is sold, and the answer says that the number was there
-- before; `short`: it does wrong, and one voucher is missing of what it says that it sold.
CREATE TABLE receiver (
  mobile  TEXT PRIMARY KEY,
  fate    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE purchase (
  no        TEXT PRIMARY KEY,
  wn_no     TEXT NOT NULL UNIQUE,
  goods     TEXT NOT NULL,
  num       INTEGER NOT NULL,
  mobile    TEXT NOT NULL,
  total     INTEGER NOT NULL,
  state     TEXT NOT NULL DEFAULT 'under_way',         -- under_way success part failed
  made      TEXT NOT NULL,
  finished  TEXT,
  told      INTEGER NOT NULL DEFAULT 0,
  tries     INTEGER NOT NULL DEFAULT 0,
  next_try  TEXT,
  listed    TEXT                                       -- how the list of the day has it otherwise: failed missing
) WITHOUT ROWID;

CREATE TABLE voucher (
  no        TEXT PRIMARY KEY,
  password  TEXT,
  order_no  TEXT NOT NULL REFERENCES purchase (no),
  begins    TEXT NOT NULL,
  ends      TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'unused',
  used      TEXT,
  returned  TEXT                                       -- the day on which it was taken back
) WITHOUT ROWID;
CREATE INDEX voucher_order ON voucher (order_no);

-- What the bank has paid in since the beginning.
CREATE TABLE paid_in (
  day     TEXT NOT NULL,
  amount  INTEGER NOT NULL
);

-- What an order costs: what was delivered of it and not taken back.
CREATE VIEW spent AS
  SELECT p.no, iif(g.kind = 'topup', p.total, p.total / p.num * (SELECT count(*) FROM voucher v WHERE v.order_no = p.no AND v.state <> 'cancelled')) AS amount
  FROM purchase p JOIN goods g ON g.no = p.goods WHERE p.state IN ('success', 'part');

-- What was bought and taken back, day by day.
CREATE VIEW moved AS
  SELECT date(p.made) AS day, 'bought' AS kind, iif(g.kind = 'topup', p.total, p.total / p.num * (SELECT count(*) FROM voucher v WHERE v.order_no = p.no)) AS amount
  FROM purchase p JOIN goods g ON g.no = p.goods WHERE p.state IN ('success', 'part')
  UNION ALL
  SELECT v.returned, 'returned', p.total / p.num FROM voucher v JOIN purchase p ON p.no = v.order_no WHERE v.returned IS NOT NULL;
