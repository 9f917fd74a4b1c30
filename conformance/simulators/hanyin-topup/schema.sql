-- The platform: the bank's account there, products, numbers that have a fate of their own, orders. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  funds     INTEGER NOT NULL,                          -- paid in beforehand
  quiet     INTEGER NOT NULL DEFAULT 0,                -- 1: nobody is told
  last_no   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE product (
  code      TEXT PRIMARY KEY,
  carrier   TEXT NOT NULL,
  province  TEXT NOT NULL DEFAULT '',
  face      INTEGER NOT NULL CHECK (face > 0),
  price     INTEGER NOT NULL CHECK (price > 0),
  stock     INTEGER NOT NULL DEFAULT 1000
) WITHOUT ROWID;

-- What becomes of orders for a number: a code of an answer at once; a state of the answer; `failed`, `part`, `later`; `never`: the carrier
-- says nothing for ever; `silent`, `silent_failed`: nobody is told; `gone`: taken, and not found afterwards; `kept`: taken, though the
-- answer says that it is in process; `early`: told before the answer leaves.
CREATE TABLE number (
  mobile  TEXT PRIMARY KEY,
  fate    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE top_up (
  order_no  TEXT PRIMARY KEY,
  plat_no   TEXT NOT NULL UNIQUE,
  mobile    TEXT NOT NULL,
  carrier   TEXT NOT NULL,
  face      INTEGER NOT NULL,
  price     INTEGER NOT NULL,
  state     TEXT NOT NULL DEFAULT 'under_way',         -- under_way success failed part
  done      INTEGER,
  made      TEXT NOT NULL,
  ended     TEXT,
  voucher   TEXT,
  told      INTEGER NOT NULL DEFAULT 0,                -- 1: heard
  tries     INTEGER NOT NULL DEFAULT 0,
  next_try  TEXT,
  listed    TEXT                                       -- how the list of the day has it otherwise: failed missing more
) WITHOUT ROWID;
CREATE INDEX top_up_open ON top_up (made) WHERE state = 'under_way';

CREATE TABLE give_back (
  plat_no  TEXT PRIMARY KEY,
  amount   INTEGER NOT NULL,
  told     TEXT NOT NULL DEFAULT ''                    -- how the bank answered
) WITHOUT ROWID;
