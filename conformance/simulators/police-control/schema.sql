-- An authority that queries and controls accounts through the regulator's channel: what it orders, task by task, what it was
-- told of each packet, and what the bank fed back. Amounts are fen, dates are yyyy-mm-dd, contents are octets in hex.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  agency    TEXT NOT NULL,                      -- who asks, as packets' names begin
  bank      TEXT NOT NULL,                      -- the bank, as packets' names go on
  case_kind TEXT NOT NULL                       -- of what its cases are
);

-- An order: one packet.
CREATE TABLE request (
  order_no   TEXT PRIMARY KEY,
  measure    TEXT NOT NULL,                     -- query watch extend_watch end_watch freeze renew lift stop resume images
  subject    TEXT NOT NULL DEFAULT 'person',
  urgent     INTEGER NOT NULL DEFAULT 0,
  lacks      TEXT NOT NULL DEFAULT '',          -- what was forgotten: paper, form, file
  state      TEXT NOT NULL DEFAULT 'drawn',     -- drawn ready put taken refused ended
  receipt    TEXT,                              -- RR28
  why        TEXT,
  file       TEXT
) WITHOUT ROWID;

CREATE TABLE task (
  task_no    TEXT NOT NULL,
  order_no   TEXT NOT NULL REFERENCES request (order_no),
  seq        INTEGER NOT NULL,
  prior      TEXT,
  acct       TEXT,
  name       TEXT,
  idkind     TEXT,
  idno       TEXT,
  content    TEXT,                              -- account_data transactions all_data wealth_data card_data
  begins     TEXT,
  ends       TEXT,
  whole      INTEGER NOT NULL DEFAULT 0,
  amount     INTEGER,
  hours      INTEGER,
  serial     TEXT,                              -- of the movement whose voucher is wanted
  fed        INTEGER NOT NULL DEFAULT 0,        -- how often it was fed back
  result     INTEGER,                           -- 1 done, 0 not
  why        TEXT,
  wanted     INTEGER,
  held       INTEGER,
  missing    INTEGER,
  balance    INTEGER,
  avail      INTEGER,
  earlier    INTEGER,                           -- earlier freezes, in fen
  file       TEXT,
  PRIMARY KEY (order_no, task_no)
) WITHOUT ROWID;

CREATE TABLE found (
  order_no   TEXT NOT NULL,
  task_no    TEXT NOT NULL,
  acct       TEXT NOT NULL,
  kind       TEXT,
  state      TEXT,
  balance    INTEGER,
  avail      INTEGER,
  opened     TEXT,
  PRIMARY KEY (order_no, task_no, acct)
) WITHOUT ROWID;

CREATE TABLE measure (
  order_no   TEXT NOT NULL,
  task_no    TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  acct       TEXT NOT NULL,
  authority  TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  PRIMARY KEY (order_no, task_no, seq)
) WITHOUT ROWID;

CREATE TABLE movement (
  order_no   TEXT NOT NULL,
  task_no    TEXT NOT NULL,
  acct       TEXT NOT NULL,
  serial     TEXT NOT NULL,
  side       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  PRIMARY KEY (order_no, task_no, acct, serial, side)
) WITHOUT ROWID;

-- Wealth and credit cards, where they were asked for.
CREATE TABLE holding (
  order_no   TEXT NOT NULL,
  task_no    TEXT NOT NULL,
  kind       TEXT NOT NULL,                     -- fund card
  number     TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  PRIMARY KEY (order_no, task_no, kind, number)
) WITHOUT ROWID;

-- What moved on accounts that are watched (SS15), by the packet that told it.
CREATE TABLE watched (
  id         INTEGER PRIMARY KEY,
  order_no   TEXT NOT NULL,
  task_no    TEXT NOT NULL,
  acct       TEXT NOT NULL,
  serial     TEXT NOT NULL,
  side       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  file       TEXT NOT NULL
);

CREATE TABLE document (
  task_no    TEXT NOT NULL,
  order_no   TEXT NOT NULL,
  content    TEXT NOT NULL,
  PRIMARY KEY (order_no, task_no)
) WITHOUT ROWID;

CREATE TABLE image (
  order_no   TEXT NOT NULL,
  name       TEXT NOT NULL,
  content    TEXT NOT NULL,
  PRIMARY KEY (order_no, name)
) WITHOUT ROWID;

-- RR29.
CREATE TABLE ended (
  order_no   TEXT PRIMARY KEY,
  times      INTEGER NOT NULL DEFAULT 1,
  received   INTEGER NOT NULL,
  fed_back   INTEGER NOT NULL,
  customers  INTEGER NOT NULL,
  accounts   INTEGER NOT NULL,
  movements  INTEGER NOT NULL,
  file       TEXT NOT NULL
) WITHOUT ROWID;
