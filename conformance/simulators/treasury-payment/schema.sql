-- The library beside the bank with those behind it: the treasury's owner (财政) who orders, the treasury (人行国库) that clears, units.
-- Amounts are fen, dates are yyyy-mm-dd. A voucher's body is kept as its fields.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  reads     INTEGER NOT NULL DEFAULT 0,               -- how often the library was read
  drawn     INTEGER NOT NULL DEFAULT 0,               -- orders that were made up so far
  clears    INTEGER NOT NULL DEFAULT 1                -- 0: the treasury answers no claims
);

-- What others put in for the bank.
CREATE TABLE incoming (
  area     TEXT NOT NULL,
  year     TEXT NOT NULL,
  kind     TEXT NOT NULL,
  number   TEXT NOT NULL,
  answer   INTEGER NOT NULL DEFAULT 0,                -- 1: an answer voucher
  sender   TEXT NOT NULL CHECK (sender IN ('finance', 'treasury', 'unit')),
  amount   INTEGER NOT NULL DEFAULT 0,
  body     TEXT NOT NULL,
  state    TEXT NOT NULL DEFAULT 'unread' CHECK (state IN ('unread', 'read', 'signed', 'failed', 'given_back')),
  why      TEXT,
  reading  INTEGER,                                   -- by which reading it was read
  signs    INTEGER NOT NULL DEFAULT 0,                -- how often it was signed for
  ended    INTEGER NOT NULL DEFAULT 0,                -- 1: answered or given back
  paid     INTEGER NOT NULL DEFAULT 0,                -- by the bank's answer
  PRIMARY KEY (area, year, kind, number)
) WITHOUT ROWID;

-- What the bank put in.
CREATE TABLE outgoing (
  area     TEXT NOT NULL,
  year     TEXT NOT NULL,
  kind     TEXT NOT NULL,
  number   TEXT NOT NULL,
  answer   INTEGER NOT NULL DEFAULT 0,
  to_      TEXT NOT NULL,
  amount   INTEGER NOT NULL DEFAULT 0,
  body     TEXT NOT NULL,
  signs    TEXT,                                      -- seals of others that came with it
  seals    INTEGER NOT NULL DEFAULT 0,
  state    TEXT NOT NULL DEFAULT 'written' CHECK (state IN ('written', 'sent', 'signed', 'failed', 'given_back', 'discarded')),
  sends    INTEGER NOT NULL DEFAULT 0,
  cleared  INTEGER NOT NULL DEFAULT 0,                -- claims and pay-backs: what the treasury cleared
  worked   INTEGER NOT NULL DEFAULT 0,                -- 1: whoever got it has acted on it
  printed  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (area, year, kind, number, answer)
) WITHOUT ROWID;
