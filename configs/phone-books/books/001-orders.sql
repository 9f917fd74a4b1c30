-- Whose a number is, what is sold at what price, orders and what was heard of them. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_no   INTEGER NOT NULL DEFAULT 0
);
INSERT INTO system (only_one) VALUES (1);

-- A number belongs to the carrier and the province of its longest known beginning.
CREATE TABLE segment (
  beginning  TEXT PRIMARY KEY,
  carrier    TEXT NOT NULL CHECK (carrier IN ('mobile', 'unicom', 'telecom')),
  province   TEXT NOT NULL
) WITHOUT ROWID;

-- Of a carrier in a province, or (empty) in all others; made by one person, checked by another.
CREATE TABLE face (
  carrier   TEXT NOT NULL CHECK (carrier IN ('mobile', 'unicom', 'telecom')),
  province  TEXT NOT NULL DEFAULT '',
  face      INTEGER NOT NULL CHECK (face > 0),
  price     INTEGER NOT NULL CHECK (price > 0),
  product   TEXT,
  open      INTEGER NOT NULL DEFAULT 1,
  maker     TEXT NOT NULL,
  checker   TEXT NOT NULL,
  PRIMARY KEY (carrier, province, face),
  CHECK (checker <> maker)
) WITHOUT ROWID;

CREATE TABLE phone_order (
  no           TEXT PRIMARY KEY,
  serial       TEXT NOT NULL UNIQUE,                   -- under which it was opened
  customer     TEXT NOT NULL,
  account      TEXT NOT NULL,
  mobile       TEXT NOT NULL,
  carrier      TEXT NOT NULL,
  province     TEXT,
  face         INTEGER NOT NULL,
  price        INTEGER NOT NULL,
  day          TEXT NOT NULL,                          -- the bank's business date
  made         TEXT NOT NULL,
  withdrawn    INTEGER NOT NULL DEFAULT 0,
  platform_no  TEXT,
  sent         TEXT,
  ended        TEXT,
  refunded     INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX phone_order_customer ON phone_order (customer, made);
CREATE INDEX phone_order_mobile ON phone_order (mobile, made);
CREATE INDEX phone_order_day ON phone_order (day);
CREATE INDEX phone_order_open ON phone_order (sent) WHERE ended IS NULL AND sent IS NOT NULL;

-- Openings that were withdrawn before they came.
CREATE TABLE withdrawal (
  serial  TEXT PRIMARY KEY
) WITHOUT ROWID;

-- The first final word stands; what contradicts it goes to people.
CREATE TABLE heard (
  no           TEXT PRIMARY KEY,
  state        TEXT NOT NULL,                          -- under_way success failed part none
  done         INTEGER,
  voucher      TEXT,
  info         TEXT,
  platform_no  TEXT,
  finished     TEXT,
  asked        INTEGER NOT NULL DEFAULT 0,             -- how often it was asked for in vain
  lost         INTEGER NOT NULL DEFAULT 0,             -- how often it was not found there
  at           TEXT NOT NULL
) WITHOUT ROWID;

-- What the platform gave back for an order, once for each of its numbers.
CREATE TABLE refund_claim (
  platform_no  TEXT PRIMARY KEY,
  no           TEXT NOT NULL,
  amount       INTEGER NOT NULL,
  credit       INTEGER NOT NULL,
  at           TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX refund_claim_order ON refund_claim (no);
