-- The platform: the bank's account there, packages, numbers that have a fate of their own, orders. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  funds     INTEGER NOT NULL,                          -- paid in beforehand
  stale     INTEGER NOT NULL DEFAULT 0,                -- 1: the token is not the newest any more
  quiet     INTEGER NOT NULL DEFAULT 0,                -- 1: nobody is told
  spoilt    INTEGER NOT NULL DEFAULT 0,                -- 1: digests of lists are wrong
  tokens    INTEGER NOT NULL DEFAULT 0,
  last_no   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE package (
  prodcode  TEXT PRIMARY KEY,
  size      INTEGER NOT NULL,
  price     INTEGER NOT NULL CHECK (price > 0)
) WITHOUT ROWID;

-- What becomes of orders for a number: a code of a refusal at once; `lost`: taken, and the carrier says nothing for ever; `failed`;
-- `silent`: topped up, and nobody is told; `kept_410`: taken, though the answer is 410 (in a batch: though it is among the rejected); `gone`: lost by the platform after it was taken.
CREATE TABLE number (
  mobile  TEXT PRIMARY KEY,
  fate    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE top_up (
  custno    TEXT PRIMARY KEY,
  orderno   TEXT NOT NULL UNIQUE,
  batchno   TEXT,
  mobile    TEXT NOT NULL,
  prodcode  TEXT NOT NULL,
  price     INTEGER NOT NULL,
  state     TEXT NOT NULL DEFAULT 'under_way',         -- under_way success failed
  made      TEXT NOT NULL,
  ended     TEXT,
  told      INTEGER NOT NULL DEFAULT 0,                -- 1: heard
  tries     INTEGER NOT NULL DEFAULT 0,
  next_try  TEXT
) WITHOUT ROWID;
CREATE INDEX top_up_open ON top_up (made) WHERE state = 'under_way';

CREATE VIEW account AS
  SELECT s.funds - (SELECT coalesce(sum(price), 0) FROM top_up WHERE state = 'success') AS balance,
         (SELECT coalesce(sum(price), 0) FROM top_up WHERE state = 'under_way') AS freeze
  FROM system s;

CREATE VIEW listed AS
  SELECT custno, orderno, mobile, prodcode, price, made, date(made) AS day, CASE state WHEN 'success' THEN '200' WHEN 'failed' THEN '530' ELSE '201' END AS code
  FROM top_up;

-- Lists that a clerk put in, and what came back.
CREATE TABLE clerk_list (
  batch      TEXT PRIMARY KEY,
  rows       INTEGER NOT NULL,
  topped_up  INTEGER,
  not_taken  INTEGER
) WITHOUT ROWID;
