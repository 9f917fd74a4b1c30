-- Merchants whose fees are paid through the bank, what they charge, and at what price for whom; each row of these was made by one person
-- and checked by another. Amounts are fen.

CREATE TABLE merchant (
  no          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  short_name  TEXT NOT NULL,
  kind        TEXT NOT NULL,                           -- kindergarten school university property water power phone other
  area        TEXT NOT NULL,
  branch      TEXT NOT NULL,
  account     TEXT NOT NULL,                           -- settled into
  cycle       TEXT NOT NULL DEFAULT 'next_day',        -- next_day same_day monthly
  remote      INTEGER NOT NULL DEFAULT 0,              -- 1: its own system is asked for bills and told of payments
  state       TEXT NOT NULL DEFAULT 'normal',          -- draft waiting normal paused closed
  maker       TEXT NOT NULL,
  made        TEXT NOT NULL,
  checker     TEXT,
  checked     TEXT,
  CHECK (state IN ('draft', 'waiting') OR checker <> maker)
) WITHOUT ROWID;

-- Steps of a plan in order: the first whose bounds hold. A rate is of ten thousand.
CREATE TABLE fee_plan (
  plan     TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  own      INTEGER NOT NULL,                           -- 1: of the bank's own cards
  above    INTEGER NOT NULL DEFAULT 0,
  upto     INTEGER NOT NULL,
  fixed    INTEGER NOT NULL DEFAULT 0,
  rate     INTEGER NOT NULL DEFAULT 0,
  least    INTEGER NOT NULL DEFAULT 0,
  most     INTEGER NOT NULL,
  percent  INTEGER NOT NULL DEFAULT 100,               -- of the fee that is taken
  PRIMARY KEY (plan, seq, own)
) WITHOUT ROWID;

CREATE TABLE item (
  no         TEXT PRIMARY KEY,
  merchant   TEXT NOT NULL REFERENCES merchant (no),
  product    TEXT NOT NULL,
  name       TEXT NOT NULL,
  mode       TEXT NOT NULL,                            -- bill part free priced
  least      INTEGER NOT NULL DEFAULT 1,
  most       INTEGER NOT NULL,
  day_most   INTEGER NOT NULL,                         -- of one customer
  fee_payer  TEXT NOT NULL DEFAULT 'merchant',         -- payer merchant
  plan       TEXT NOT NULL,
  ways       TEXT NOT NULL,                            -- own_card other_card wechat_page wechat_code, as JSON
  opens      TEXT NOT NULL,
  closes     TEXT NOT NULL,
  notice     TEXT NOT NULL DEFAULT '',
  state      TEXT NOT NULL DEFAULT 'normal',
  maker      TEXT NOT NULL,
  made       TEXT NOT NULL,
  checker    TEXT,
  checked    TEXT,
  CHECK (state IN ('draft', 'waiting') OR checker <> maker)
) WITHOUT ROWID;
CREATE INDEX item_merchant ON item (merchant);

-- What has to be said of a bill to see it.
CREATE TABLE item_key (
  item      TEXT NOT NULL REFERENCES item (no),
  seq       INTEGER NOT NULL,
  name      TEXT NOT NULL,                             -- payerNo name idNo phone
  label     TEXT NOT NULL,
  kind      TEXT NOT NULL,                             -- text digits identity phone
  length    INTEGER NOT NULL,
  required  INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (item, seq)
) WITHOUT ROWID;

CREATE TABLE payer (
  merchant  TEXT NOT NULL REFERENCES merchant (no),
  no        TEXT NOT NULL,
  name      TEXT NOT NULL,
  id_no     TEXT NOT NULL DEFAULT '',
  phone     TEXT NOT NULL DEFAULT '',
  class     TEXT NOT NULL DEFAULT '',
  email     TEXT NOT NULL DEFAULT '',
  state     TEXT NOT NULL DEFAULT 'normal',
  PRIMARY KEY (merchant, no)
) WITHOUT ROWID;
