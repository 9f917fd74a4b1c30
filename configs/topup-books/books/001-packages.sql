-- What is sold for which numbers at what price, and by whom; each row was made by one person and checked by another. Amounts are fen,
-- points are hundredths.

CREATE TABLE sales_channel (
  code  TEXT PRIMARY KEY,                              -- merchant_site merchant_wechat bank_site wechat_bank operator
  name  TEXT NOT NULL,
  open  INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

-- A number belongs to the carrier of its longest known beginning.
CREATE TABLE segment (
  beginning  TEXT PRIMARY KEY,
  carrier    TEXT NOT NULL CHECK (carrier IN ('mobile', 'unicom', 'telecom'))
) WITHOUT ROWID;

-- How many points a yuan is worth, from a day on.
CREATE TABLE points_rate (
  since    TEXT PRIMARY KEY,
  rate     INTEGER NOT NULL CHECK (rate > 0),
  maker    TEXT NOT NULL,
  checker  TEXT NOT NULL,
  CHECK (checker <> maker)
) WITHOUT ROWID;

CREATE TABLE package (
  code     TEXT PRIMARY KEY,
  carrier  TEXT NOT NULL CHECK (carrier IN ('mobile', 'unicom', 'telecom')),
  name     TEXT NOT NULL,
  size     INTEGER NOT NULL CHECK (size > 0),          -- megabytes
  price    INTEGER NOT NULL CHECK (price > 0),
  state    TEXT NOT NULL DEFAULT 'normal',             -- normal paused
  maker    TEXT NOT NULL,
  checker  TEXT NOT NULL,
  CHECK (checker <> maker)
) WITHOUT ROWID;
