-- The platform as a bank sees it: what it knows of persons, and what it has billed.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  busy         INTEGER NOT NULL DEFAULT 0,              -- 1: calls are limited
  broken       INTEGER NOT NULL DEFAULT 0,              -- 1: says that it does not know
  used_up      INTEGER NOT NULL DEFAULT 0,              -- 1: the package is used up
  last_serial  INTEGER NOT NULL DEFAULT 0,              -- numbers of answers
  mood         TEXT NOT NULL DEFAULT ''                 -- the code by which each question is answered
);

CREATE TABLE person (
  number   INTEGER PRIMARY KEY,
  cert_no  TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL,
  mobile   TEXT NOT NULL UNIQUE,
  score    INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100)
);

CREATE TABLE risk (
  number  INTEGER NOT NULL REFERENCES person (number),
  code    INTEGER NOT NULL,
  level   INTEGER NOT NULL,
  PRIMARY KEY (number, code)
) WITHOUT ROWID;

CREATE TABLE billed (
  serial  TEXT PRIMARY KEY,
  call    TEXT NOT NULL,
  number  INTEGER,                                      -- who it was; NULL: nobody known
  at      TEXT NOT NULL
) WITHOUT ROWID;

-- A number and a moment that were signed are taken once.
CREATE TABLE signed (
  nonce  TEXT NOT NULL,
  stamp  INTEGER NOT NULL,
  PRIMARY KEY (nonce, stamp)
) WITHOUT ROWID;
