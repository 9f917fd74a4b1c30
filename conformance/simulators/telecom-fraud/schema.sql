-- The platform of the central bank and the police: what it orders of the bank, what it was told, what it was reported.
-- Amounts are fen, dates are yyyy-mm-dd, times on the wire are texts of 14 figures, codes stand by their meaning.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  polls     INTEGER NOT NULL DEFAULT 0,
  serial    INTEGER NOT NULL DEFAULT 0,
  drawn     INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE task (
  sender       TEXT NOT NULL,
  application  TEXT NOT NULL,
  code         TEXT NOT NULL,                     -- 100101 …
  serial       TEXT NOT NULL,
  kind         TEXT,                              -- ApplicationType
  original     TEXT,
  casenumber   TEXT,
  urgent       INTEGER NOT NULL DEFAULT 0,
  account      TEXT,
  name         TEXT,
  idtype       TEXT,
  idno         TEXT,
  subject      TEXT,
  whole        INTEGER,
  amount       INTEGER,
  currency     TEXT,
  begins       TEXT,
  ends         TEXT,
  mode         TEXT,                              -- InquiryMode
  papers       INTEGER NOT NULL DEFAULT 1,
  hosting      TEXT NOT NULL DEFAULT '',
  state        TEXT NOT NULL DEFAULT 'queued',    -- queued delivered answered
  poll         INTEGER,
  deliveries   INTEGER NOT NULL DEFAULT 0,
  result       TEXT,
  why          TEXT,
  balance      INTEGER,
  wanted       INTEGER,
  held         INTEGER,
  former       INTEGER,
  until        TEXT,
  answers      INTEGER NOT NULL DEFAULT 0,        -- feedback that was taken, dynamic movements apart
  PRIMARY KEY (sender, application)
) WITHOUT ROWID;

-- Serials that were taken: what comes again is dropped.
CREATE TABLE heard (
  serial       TEXT PRIMARY KEY,
  code         TEXT NOT NULL,
  application  TEXT NOT NULL,
  copies       INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

CREATE TABLE found (
  application  TEXT NOT NULL,
  account      TEXT NOT NULL,
  name         TEXT,
  kind         TEXT,
  state        TEXT,
  balance      INTEGER,
  available    INTEGER,
  moves        INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (application, account)
) WITHOUT ROWID;

CREATE TABLE movement (
  application  TEXT NOT NULL,
  account      TEXT NOT NULL,
  serial       TEXT NOT NULL,
  side         TEXT NOT NULL,
  amount       INTEGER NOT NULL,
  balance      INTEGER NOT NULL,
  PRIMARY KEY (application, account, serial)
) WITHOUT ROWID;

CREATE TABLE measure (
  application  TEXT NOT NULL,
  account      TEXT NOT NULL,
  number       TEXT NOT NULL,
  kind         TEXT NOT NULL,
  amount       INTEGER NOT NULL,
  PRIMARY KEY (application, account, number)
) WITHOUT ROWID;

CREATE TABLE holder (
  application  TEXT PRIMARY KEY,
  name         TEXT,
  idtype       TEXT,
  idno         TEXT,
  phone        TEXT
) WITHOUT ROWID;

CREATE TABLE report (
  application  TEXT PRIMARY KEY,
  code         TEXT NOT NULL,
  feature      TEXT,
  subject      TEXT,                              -- victim, person, card
  rows         INTEGER NOT NULL,
  amount       INTEGER,
  papers       INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
