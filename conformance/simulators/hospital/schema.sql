-- Hospitals behind a platform: doctors' hours with numbers, patients, orders that are held for minutes, fees, stays, reports.
-- Amounts are fen, days yyyy-mm-dd, moments yyyy-mm-ddThh:mm:ss.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE area (id TEXT PRIMARY KEY, name TEXT NOT NULL, level TEXT NOT NULL, parent TEXT) WITHOUT ROWID;
CREATE TABLE unit (id TEXT PRIMARY KEY, name TEXT NOT NULL, area TEXT NOT NULL REFERENCES area (id)) WITHOUT ROWID;
CREATE TABLE department (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE doctor (id TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, department TEXT NOT NULL REFERENCES department (id)) WITHOUT ROWID;

-- Doctors' hours; they are the same on each day. Numbers are counted by day.
CREATE TABLE hours (
  id       TEXT PRIMARY KEY,
  doctor   TEXT NOT NULL REFERENCES doctor (id),
  number_fee INTEGER NOT NULL,
  visit_fee INTEGER NOT NULL,
  begins   TEXT NOT NULL,
  ends     TEXT NOT NULL,
  numbers  INTEGER,                                     -- NULL: without a limit
  ahead    INTEGER NOT NULL DEFAULT 1,                  -- in so many days
  stopped  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE patient (
  id       TEXT PRIMARY KEY,
  relation TEXT NOT NULL,
  name     TEXT NOT NULL,
  sex      TEXT,
  born     TEXT,
  id_no    TEXT,
  phone    TEXT,
  address  TEXT,
  guardian TEXT,                                        -- the identity number, then who it is
  guardian_name TEXT,
  guardian_phone TEXT,
  guardian_address TEXT,
  since    TEXT NOT NULL,
  gone     INTEGER NOT NULL DEFAULT 0,
  missed   INTEGER NOT NULL DEFAULT 0,                  -- 1: on the list of those who did not come
  fate     TEXT                                         -- of what is paid: refused; untaken and taken, without a word; of refunds: unwilling, slow
) WITHOUT ROWID;
CREATE TABLE patient_card (id TEXT PRIMARY KEY, patient TEXT NOT NULL REFERENCES patient (id), kind TEXT NOT NULL, no TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE booking (
  order_no TEXT PRIMARY KEY,
  book_id  TEXT UNIQUE,                                 -- the bank's own mark of form X
  patient  TEXT NOT NULL REFERENCES patient (id),
  hours    TEXT NOT NULL REFERENCES hours (id),
  day      TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  expires  TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'unpaid',              -- unpaid booked cancelled lapsed waiting seen
  book_no  TEXT,
  take_no  TEXT,
  record   TEXT,
  plat     TEXT UNIQUE,
  trade    TEXT,
  way      TEXT,
  paid     TEXT,
  refund   TEXT,
  returned TEXT,                                        -- when the money was due back
  told     INTEGER NOT NULL DEFAULT 0                   -- 1: the bank was told that it has to give back
) WITHOUT ROWID;

CREATE TABLE fee (
  fee_no   TEXT PRIMARY KEY,
  patient  TEXT NOT NULL REFERENCES patient (id),
  record   TEXT NOT NULL,
  item     TEXT NOT NULL,
  price    INTEGER NOT NULL,
  pieces   INTEGER NOT NULL,
  state    TEXT NOT NULL DEFAULT 'open'                 -- open ordered paid
) WITHOUT ROWID;

CREATE TABLE fee_order (
  order_no TEXT PRIMARY KEY,
  patient  TEXT NOT NULL,
  fee_no   TEXT NOT NULL REFERENCES fee (fee_no),
  amount   INTEGER NOT NULL,
  created  TEXT NOT NULL,
  expires  TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'unpaid',              -- unpaid paid refunded
  bill     TEXT,
  plat     TEXT UNIQUE,
  paid     TEXT,
  back     INTEGER NOT NULL DEFAULT 0,
  refund   TEXT UNIQUE,
  returned TEXT
) WITHOUT ROWID;

CREATE TABLE stay (
  no       TEXT PRIMARY KEY,
  patient  TEXT NOT NULL REFERENCES patient (id),
  came     TEXT NOT NULL,
  gone     TEXT,
  total    INTEGER NOT NULL,
  deposit  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE deposit (
  order_no TEXT PRIMARY KEY,
  stay     TEXT NOT NULL REFERENCES stay (no),
  amount   INTEGER NOT NULL,
  bill     TEXT NOT NULL,
  plat     TEXT NOT NULL UNIQUE,
  trade    TEXT,
  paid     TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE report (no TEXT PRIMARY KEY, patient TEXT NOT NULL REFERENCES patient (id), kind TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;

-- What a hospital wants given back, and what the bank said of it.
CREATE TABLE give_back (
  refund_no TEXT PRIMARY KEY,
  order_no TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  said     TEXT NOT NULL DEFAULT '',
  at       TEXT,
  serial   TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
