-- A court that enquires and controls: what it wants of the bank, its documents, and what the bank has fed back.
-- Amounts are fen, dates are yyyy-mm-dd, codes stand by their meaning, contents are octets in hex.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  batch     INTEGER NOT NULL DEFAULT 0,         -- packets that were put
  drawn     INTEGER NOT NULL DEFAULT 0          -- requests that were made up
);

CREATE TABLE enquiry (
  bdhm      TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  idno      TEXT NOT NULL,
  idkind    TEXT NOT NULL,
  begins    TEXT,                               -- movements from, to; NULL: none are wanted
  ends      TEXT,
  wsbh      TEXT,                               -- NULL: the court forgot its document
  packet    TEXT,                               -- batch of the packet that it went in
  state     TEXT NOT NULL DEFAULT 'listed'      -- listed put answered returned
) WITHOUT ROWID;

CREATE TABLE control_order (
  bdhm      TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  idno      TEXT NOT NULL,
  idkind    TEXT NOT NULL,
  packet    TEXT,
  state     TEXT NOT NULL DEFAULT 'listed'      -- drawn listed put answered
) WITHOUT ROWID;

CREATE TABLE measure (
  bdhm      TEXT NOT NULL REFERENCES control_order (bdhm),
  seq       INTEGER NOT NULL,
  asset     TEXT NOT NULL,                      -- deposit other
  act       TEXT NOT NULL,                      -- freeze renew lift deduct
  acct      TEXT NOT NULL,
  whole     INTEGER NOT NULL,                   -- 1: the account, not an amount
  amount    INTEGER,
  begins    TEXT,
  ends      TEXT,
  prior     TEXT,
  target    TEXT,                               -- the court's account, its name, bank and number of the bank
  tname     TEXT,
  tbank     TEXT,
  tbankno   TEXT,
  result    INTEGER,                            -- NULL: not fed back; 1 done, 0 not
  balance   INTEGER,
  avail     INTEGER,
  limited   INTEGER,
  held      INTEGER,
  missing   INTEGER,
  why       TEXT,
  earlier   INTEGER,                            -- earlier holds that were fed back
  PRIMARY KEY (bdhm, seq)
) WITHOUT ROWID;

-- Documents and cards of requests.
CREATE TABLE paper (
  bdhm      TEXT NOT NULL,
  wsbh      TEXT,
  content   TEXT NOT NULL,
  PRIMARY KEY (bdhm)
) WITHOUT ROWID;

CREATE TABLE card (
  bdhm      TEXT NOT NULL,
  content   TEXT NOT NULL,
  PRIMARY KEY (bdhm)
) WITHOUT ROWID;

-- What the bank fed back of accounts, and its movements.
CREATE TABLE found (
  bdhm      TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  acct      TEXT NOT NULL,
  kind      TEXT,
  state     TEXT,
  balance   INTEGER,
  avail     INTEGER,
  moves     INTEGER NOT NULL DEFAULT 0,
  measures  INTEGER NOT NULL DEFAULT 0,
  assets    INTEGER NOT NULL DEFAULT 0,
  remark    TEXT,
  PRIMARY KEY (bdhm, seq)
) WITHOUT ROWID;

CREATE TABLE movement (
  bdhm      TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  amount    INTEGER NOT NULL,
  PRIMARY KEY (bdhm, seq, number)
) WITHOUT ROWID;

CREATE TABLE receipt (
  bdhm      TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  kind      TEXT NOT NULL,
  content   TEXT NOT NULL,
  file      TEXT                                -- the packet that it came in
) WITHOUT ROWID;

CREATE TABLE returned (
  bdhm      TEXT PRIMARY KEY,
  why       TEXT NOT NULL,
  remark    TEXT NOT NULL,
  file      TEXT
) WITHOUT ROWID;

-- Feedback in packets that the court does not take: it goes back to the bank.
CREATE TABLE objection (
  number    INTEGER PRIMARY KEY,
  bdhm      TEXT NOT NULL,
  kind      TEXT NOT NULL,                      -- query control
  why       TEXT NOT NULL,
  told      INTEGER NOT NULL DEFAULT 0
);
