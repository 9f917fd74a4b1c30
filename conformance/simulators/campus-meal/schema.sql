-- Schools and parks with their meal cards: what each card holds and waits for, what the bank topped up, what it was told of.
-- Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  mood         TEXT NOT NULL DEFAULT 'takes'            -- takes slow: what is topped up is under way (0998)
);

CREATE TABLE school (
  id     TEXT PRIMARY KEY,
  name   TEXT NOT NULL,
  area   TEXT NOT NULL,
  kind   TEXT NOT NULL,                                 -- school park
  state  TEXT NOT NULL DEFAULT 'open',                  -- open paused
  once   INTEGER NOT NULL,                              -- its own limits
  daily  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE card (
  school   TEXT NOT NULL REFERENCES school (id),
  no       TEXT NOT NULL,
  student  TEXT NOT NULL,
  name     TEXT NOT NULL,
  dept     TEXT NOT NULL DEFAULT '总务处',
  state    TEXT NOT NULL DEFAULT 'normal',              -- normal lost closed
  balance  INTEGER NOT NULL DEFAULT 0,
  pending  INTEGER NOT NULL DEFAULT 0,                  -- topped up, not yet written to the card
  ceiling  INTEGER NOT NULL DEFAULT 2000000,
  told     TEXT NOT NULL DEFAULT '',                    -- what the bank said when it was told of the card
  PRIMARY KEY (school, no)
) WITHOUT ROWID;
CREATE INDEX card_student ON card (school, student);

-- Top-ups by the bank's serial; one that was reversed before it came is remembered as gone.
CREATE TABLE top_up (
  serial   TEXT PRIMARY KEY,
  school   TEXT NOT NULL,
  card     TEXT NOT NULL,
  amount   INTEGER NOT NULL,
  own      TEXT NOT NULL UNIQUE,
  host     TEXT NOT NULL,
  day      TEXT NOT NULL,
  clock    TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'done'                 -- done reversed open failed
) WITHOUT ROWID;
CREATE INDEX top_up_card ON top_up (school, card, day);

CREATE TABLE list (
  school  TEXT NOT NULL,
  day     TEXT NOT NULL,
  count   INTEGER NOT NULL,
  amount  INTEGER NOT NULL,
  file    TEXT NOT NULL,
  PRIMARY KEY (school, day)
) WITHOUT ROWID;

CREATE TABLE told (
  school  TEXT NOT NULL,
  day     TEXT NOT NULL,
  count   INTEGER NOT NULL,
  amount  INTEGER NOT NULL,
  file    TEXT NOT NULL,
  even    INTEGER NOT NULL,
  PRIMARY KEY (school, day)
) WITHOUT ROWID;

-- What the two books differ in, and what the bank said when it was told.
CREATE TABLE difference (
  serial  TEXT PRIMARY KEY,
  day     TEXT NOT NULL,
  amount  INTEGER NOT NULL,
  class   TEXT NOT NULL,
  told    TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
