-- The aggregator and the cinemas behind it: shows, seats, orders that lock seats for minutes, tickets that were sold, snacks, benefit cards.
-- Amounts are fen, moments are yyyy-mm-ddThh:mm:ss.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  ground       TEXT NOT NULL DEFAULT 'sells',           -- what the cinemas' own systems do: sells fails hangs
  backs        TEXT NOT NULL DEFAULT 'told',            -- what is given back is told, done without a word, lost without one
  stopped      INTEGER NOT NULL DEFAULT 0               -- 1: the channel may not sell
);

CREATE TABLE cinema (
  code      TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  open      INTEGER NOT NULL DEFAULT 1,
  mode      TEXT NOT NULL,                              -- print_code voucher mixed
  provider  TEXT NOT NULL,
  refunds   INTEGER NOT NULL DEFAULT 1                  -- 1: takes tickets back
) WITHOUT ROWID;

CREATE TABLE hall (
  cinema  TEXT NOT NULL REFERENCES cinema (code),
  code    TEXT NOT NULL,
  name    TEXT NOT NULL,
  PRIMARY KEY (cinema, code)
) WITHOUT ROWID;

CREATE TABLE seat (
  cinema  TEXT NOT NULL,
  hall    TEXT NOT NULL,
  code    TEXT NOT NULL,
  line    INTEGER NOT NULL,
  place   INTEGER NOT NULL,
  kind    TEXT NOT NULL DEFAULT 'single',               -- single love
  pair    TEXT,
  PRIMARY KEY (cinema, hall, code)
) WITHOUT ROWID;

CREATE TABLE film (
  code     TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  minutes  INTEGER NOT NULL,
  opens    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE show (
  code      TEXT PRIMARY KEY,
  cinema    TEXT NOT NULL REFERENCES cinema (code),
  hall      TEXT NOT NULL,
  film      TEXT NOT NULL REFERENCES film (code),
  begins    TEXT NOT NULL,
  stops     TEXT NOT NULL,                              -- nothing is sold afterwards
  least     INTEGER NOT NULL,
  settle    INTEGER NOT NULL,
  price     INTEGER NOT NULL,                           -- what is told to the cinema
  fee       INTEGER NOT NULL,
  open      INTEGER NOT NULL DEFAULT 1,
  instead   TEXT                                        -- the show that stands in its place
) WITHOUT ROWID;

CREATE TABLE ticket_order (
  code      TEXT PRIMARY KEY,
  channel   TEXT NOT NULL UNIQUE,                       -- the bank's number
  show      TEXT NOT NULL REFERENCES show (code),
  state     TEXT NOT NULL DEFAULT 'unpaid',             -- unpaid cancelled paid sold failed refunded
  locked    TEXT NOT NULL,
  minutes   INTEGER NOT NULL DEFAULT 15,
  amount    INTEGER NOT NULL DEFAULT 0,
  snacks    INTEGER NOT NULL DEFAULT 0,
  mobile    TEXT NOT NULL DEFAULT '',
  confirmed TEXT,
  voucher   TEXT,
  print     TEXT,
  verify    TEXT,
  printed   INTEGER NOT NULL DEFAULT 0,
  there     INTEGER NOT NULL DEFAULT 0                  -- 1: the cinema itself gave the money back
) WITHOUT ROWID;

CREATE TABLE order_seat (
  order_code  TEXT NOT NULL REFERENCES ticket_order (code),
  seat        TEXT NOT NULL,
  price       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (order_code, seat)
) WITHOUT ROWID;

CREATE TABLE snack (
  cinema  TEXT NOT NULL REFERENCES cinema (code),
  code    TEXT NOT NULL,
  name    TEXT NOT NULL,
  price   INTEGER NOT NULL,
  settle  INTEGER NOT NULL,
  PRIMARY KEY (cinema, code)
) WITHOUT ROWID;

CREATE TABLE snack_order (
  code     TEXT PRIMARY KEY,
  channel  TEXT NOT NULL UNIQUE,
  cinema   TEXT NOT NULL REFERENCES cinema (code),
  amount   INTEGER NOT NULL,
  pieces   INTEGER NOT NULL,
  mobile   TEXT NOT NULL,
  state    TEXT NOT NULL,                               -- paid sold failed refunded
  voucher  TEXT NOT NULL,
  verify   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE card_type (
  cinema  TEXT NOT NULL REFERENCES cinema (code),
  code    TEXT NOT NULL,
  name    TEXT NOT NULL,
  price   INTEGER NOT NULL,
  days    INTEGER NOT NULL,
  PRIMARY KEY (cinema, code)
) WITHOUT ROWID;

CREATE TABLE card (
  no       TEXT PRIMARY KEY,
  channel  TEXT NOT NULL UNIQUE,
  cinema   TEXT NOT NULL,
  type     TEXT NOT NULL,
  mobile   TEXT NOT NULL,
  expires  TEXT NOT NULL,
  balance  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE recharge (
  channel  TEXT PRIMARY KEY,
  card     TEXT NOT NULL REFERENCES card (no),
  amount   INTEGER NOT NULL
) WITHOUT ROWID;
