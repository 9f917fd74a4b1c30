-- Cards of other banks, as the switch knows them, and what was booked on them.
CREATE TABLE system (
  signed       INTEGER NOT NULL,
  last_number  INTEGER NOT NULL,
  last_code    INTEGER NOT NULL
);

CREATE TABLE card (
  pan      TEXT PRIMARY KEY,
  opening  INTEGER NOT NULL,
  balance  INTEGER NOT NULL,
  most     INTEGER NOT NULL,
  expired  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE merchant (
  merchant  TEXT PRIMARY KEY
);

CREATE TABLE purchase (
  reference  TEXT PRIMARY KEY,
  pan        TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  terminal   TEXT,
  merchant   TEXT NOT NULL,
  approval   TEXT NOT NULL,
  state      TEXT NOT NULL
);

-- Reversals by the reference of what they take back; one that came first refuses its purchase later.
CREATE TABLE reversal (
  reference  TEXT PRIMARY KEY,
  came_first INTEGER NOT NULL
);
