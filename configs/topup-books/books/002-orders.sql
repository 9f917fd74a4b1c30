-- Orders that the platform took, and what was heard of them; a notice may come before the order stands here.

CREATE TABLE topup_order (
  no           TEXT PRIMARY KEY,
  batch        TEXT,
  channel      TEXT NOT NULL REFERENCES sales_channel (code),
  customer     TEXT NOT NULL,
  mobile       TEXT NOT NULL,
  package      TEXT NOT NULL,
  way          TEXT NOT NULL CHECK (way IN ('points', 'account')),
  points       INTEGER NOT NULL,
  amount       INTEGER NOT NULL,
  platform_no  TEXT,
  made         TEXT NOT NULL,
  ended        TEXT                                    -- taken released
) WITHOUT ROWID;
CREATE INDEX topup_order_customer ON topup_order (customer, made);
CREATE INDEX topup_order_mobile ON topup_order (mobile, made);
CREATE INDEX topup_order_batch ON topup_order (batch) WHERE batch IS NOT NULL;
CREATE INDEX topup_order_open ON topup_order (made) WHERE ended IS NULL;

-- The first final word stands; what comes after it changes nothing.
CREATE TABLE heard (
  no           TEXT PRIMARY KEY,
  state        TEXT NOT NULL,                          -- under_way success failed none
  code         TEXT NOT NULL,
  info         TEXT NOT NULL DEFAULT '',
  platform_no  TEXT,
  asked        INTEGER NOT NULL DEFAULT 0,             -- how often it was asked for in vain
  at           TEXT NOT NULL
) WITHOUT ROWID;
