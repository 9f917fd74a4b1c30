-- The housing bureau's platform: projects with their accounts, contracts of buyers, plans of payment, what the bank told.
-- Amounts are fen.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_number  INTEGER NOT NULL DEFAULT 0,
  clock        INTEGER NOT NULL DEFAULT 0              -- so that two orders of one second differ in their time
);

CREATE TABLE account (
  acct       TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  agreement  TEXT NOT NULL DEFAULT '',
  state      TEXT NOT NULL DEFAULT 'known',            -- known asked open closed, or a lock that the bank told
  balance    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE contract (
  number  TEXT PRIMARY KEY,
  acct    TEXT NOT NULL REFERENCES account (acct),
  buyer   TEXT NOT NULL,
  bacct   TEXT NOT NULL,
  total   INTEGER NOT NULL CHECK (total > 0),
  paid    INTEGER NOT NULL DEFAULT 0,
  state   TEXT NOT NULL DEFAULT 'wanted'               -- wanted asked done refused unknown
) WITHOUT ROWID;

CREATE TABLE plan (
  number  TEXT PRIMARY KEY,
  acct    TEXT NOT NULL REFERENCES account (acct),
  state   TEXT NOT NULL DEFAULT 'wanted'               -- wanted asked done refused unknown
) WITHOUT ROWID;

CREATE TABLE plan_row (
  detail  TEXT PRIMARY KEY,
  plan    TEXT NOT NULL REFERENCES plan (number),
  payee   TEXT NOT NULL,
  rname   TEXT NOT NULL,
  amount  INTEGER NOT NULL CHECK (amount > 0),
  due     TEXT NOT NULL,
  serial  TEXT NOT NULL DEFAULT ''                     -- the bank's, once it was told as paid
) WITHOUT ROWID;

-- What the bank told, each once: the same serial again is the same notice.
CREATE TABLE notice (
  op        TEXT NOT NULL,
  serial    TEXT NOT NULL,
  acct      TEXT NOT NULL,
  way       TEXT NOT NULL DEFAULT '',
  number    TEXT NOT NULL DEFAULT '',                  -- contract, or detail of a plan
  amount    INTEGER NOT NULL DEFAULT 0,
  reason    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (op, serial)
) WITHOUT ROWID;

CREATE TABLE day_list (
  day     TEXT NOT NULL,
  form    TEXT NOT NULL CHECK (form IN ('message', 'file')),
  rows    INTEGER NOT NULL,
  amount  INTEGER NOT NULL,
  PRIMARY KEY (day, form)
) WITHOUT ROWID;

-- Form T: what was applied for at the bureau, before the bank books it.
CREATE TABLE application (
  number    TEXT PRIMARY KEY,
  kind      TEXT NOT NULL CHECK (kind IN ('open', 'close', 'deposit', 'transfer', 'refund')),
  acct      TEXT NOT NULL,
  name      TEXT NOT NULL,
  amount    INTEGER NOT NULL DEFAULT 0,
  payee     TEXT NOT NULL DEFAULT '',
  rname     TEXT NOT NULL DEFAULT '',
  rbank     TEXT NOT NULL DEFAULT '',
  password  TEXT NOT NULL DEFAULT '',                  -- MD5 of what the applicant was given
  state     TEXT NOT NULL DEFAULT 'open',              -- open booked
  serial    TEXT NOT NULL DEFAULT '',                  -- the platform's, of the booking
  bserial   TEXT NOT NULL DEFAULT '',                  -- the bank's
  booked    INTEGER NOT NULL DEFAULT 0,                -- bookings so far
  reversed  INTEGER NOT NULL DEFAULT 0                 -- of which taken back
) WITHOUT ROWID;
