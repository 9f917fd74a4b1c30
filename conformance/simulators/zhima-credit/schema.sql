-- The credit platform as a bank sees it: persons with consent and without, lists, bills, records that were fed back.
-- Amounts are fen, dates are yyyy-mm-dd, months yyyy-mm.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  busy         INTEGER NOT NULL DEFAULT 0,             -- 1: calls are limited
  broken       INTEGER NOT NULL DEFAULT 0,             -- 1: says that it does not know
  last_serial  INTEGER NOT NULL DEFAULT 0,             -- numbers of answers
  last_notice  INTEGER NOT NULL DEFAULT 0,
  mood         TEXT NOT NULL DEFAULT ''                -- the code by which each question of admission is answered
);

CREATE TABLE person (
  number     INTEGER PRIMARY KEY,
  cert_no    TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  mobile     TEXT NOT NULL,
  open_id    TEXT NOT NULL UNIQUE,                     -- on the open platform the auth_token
  consents   INTEGER NOT NULL,                         -- 1: the bank may ask
  score      INTEGER CHECK (score BETWEEN 350 AND 950),-- NULL: none can be given
  fraud      INTEGER NOT NULL CHECK (fraud BETWEEN 0 AND 100)
);

-- Lists on which a person stands, by industry.
CREATE TABLE watched (
  number     INTEGER NOT NULL REFERENCES person (number),
  biz_code   TEXT NOT NULL,
  type       TEXT NOT NULL,
  code       TEXT NOT NULL,
  level      INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
  since      TEXT NOT NULL,
  settled    INTEGER NOT NULL,
  PRIMARY KEY (number, code)
) WITHOUT ROWID;

CREATE TABLE risk (
  number     INTEGER NOT NULL REFERENCES person (number),
  code       TEXT NOT NULL,
  PRIMARY KEY (number, code)
) WITHOUT ROWID;

-- What is sold: each method under its product.
CREATE TABLE product (
  call       TEXT PRIMARY KEY,
  code       TEXT NOT NULL,
  consent    INTEGER NOT NULL,                         -- 1: only for persons who consent
  price      INTEGER NOT NULL
) WITHOUT ROWID;

-- Answers that were billed.
CREATE TABLE billed (
  transaction_id  TEXT PRIMARY KEY,
  call            TEXT NOT NULL REFERENCES product (call),
  biz_no          TEXT NOT NULL UNIQUE,
  number          INTEGER REFERENCES person (number),  -- NULL: nobody of that name and number
  consented       INTEGER NOT NULL,
  at              TEXT NOT NULL
) WITHOUT ROWID;

-- Face checks.
CREATE TABLE certification (
  biz_no     TEXT PRIMARY KEY,
  number     INTEGER REFERENCES person (number),
  opened     INTEGER NOT NULL DEFAULT 0,               -- 1: its page was opened
  passed     INTEGER,                                  -- NULL: not done yet
  reason     TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- Persons who were sent to the page of consent, and whether the bank was told what came of it.
CREATE TABLE asked (
  state      TEXT PRIMARY KEY,                         -- the bank's mark
  number     INTEGER NOT NULL REFERENCES person (number),
  serial     TEXT NOT NULL,
  told       INTEGER NOT NULL DEFAULT 0                -- 0 not yet 1 taken
) WITHOUT ROWID;

-- Records of loans that the bank fed back; a record that comes again takes the place of the one before.
CREATE TABLE record (
  order_no   TEXT NOT NULL,
  pay_month  TEXT NOT NULL,
  cert_no    TEXT NOT NULL,
  name       TEXT NOT NULL,
  state      TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  overdue    INTEGER NOT NULL,
  days       INTEGER NOT NULL,
  file_type  TEXT NOT NULL,
  memo       TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (order_no, pay_month)
) WITHOUT ROWID;
