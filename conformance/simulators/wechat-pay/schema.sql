-- Orders of WeChat with who paid them, and what was given back. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  serial    INTEGER NOT NULL DEFAULT 0,
  quiet     INTEGER NOT NULL DEFAULT 0                 -- 1: nobody is told of anything
);

CREATE TABLE trade (
  no         TEXT PRIMARY KEY,                         -- of the merchant
  prepay     TEXT NOT NULL,
  way        TEXT NOT NULL,                            -- wechat_page wechat_code
  openid     TEXT,
  goods      TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  expires    TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'waiting',          -- waiting paid closed
  number     TEXT UNIQUE,                              -- of WeChat, once it is paid
  paid_at    TEXT,
  told       INTEGER NOT NULL DEFAULT 0,
  tries      INTEGER NOT NULL DEFAULT 0,
  next_try   TEXT
) WITHOUT ROWID;

CREATE TABLE refund (
  no      TEXT PRIMARY KEY,                            -- of the merchant
  number  TEXT NOT NULL UNIQUE,
  trade   TEXT NOT NULL REFERENCES trade (no),
  amount  INTEGER NOT NULL CHECK (amount > 0),
  at      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX refund_trade ON refund (trade);
