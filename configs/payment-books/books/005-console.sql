-- What a merchant's and the bank's people do at the console: wrong questions that lock who asks, days compared, sums.

-- A client that asked five times wrongly within ten minutes is not answered for half an hour.
CREATE TABLE wrong_question (
  client  TEXT NOT NULL,
  at      TEXT NOT NULL,
  serial  TEXT NOT NULL,
  PRIMARY KEY (client, at, serial)
) WITHOUT ROWID;

-- Days that were held against the core's list (920004).
CREATE TABLE core_compared (
  day    TEXT PRIMARY KEY,
  count  INTEGER NOT NULL,
  total  INTEGER NOT NULL,
  even   INTEGER NOT NULL
) WITHOUT ROWID;

-- Sums of a day by kind of business, way, channel and area.
CREATE TABLE statistics (
  day      TEXT NOT NULL,
  product  TEXT NOT NULL,
  way      TEXT NOT NULL,
  channel  TEXT NOT NULL,
  area     TEXT NOT NULL,
  branch   TEXT NOT NULL,
  count    INTEGER NOT NULL,
  amount   INTEGER NOT NULL,
  PRIMARY KEY (day, product, way, channel, area, branch)
) WITHOUT ROWID;
