-- Each try to pay an order, by the bank's card or from outside, with what others call it, when it was asked for, and which books agree.

CREATE TABLE payment (
  order_no    TEXT NOT NULL REFERENCES fee_order (no),
  seq         INTEGER NOT NULL,                        -- in its order
  way         TEXT NOT NULL,                           -- own_card other_card wechat
  began       TEXT NOT NULL,                           -- serial under which it began
  begun_at    TEXT NOT NULL,
  amount      INTEGER NOT NULL CHECK (amount > 0),
  fee         INTEGER NOT NULL DEFAULT 0,              -- of the payer
  own_fee     INTEGER NOT NULL DEFAULT 0,              -- of the merchant
  state       TEXT NOT NULL DEFAULT 'waiting',         -- waiting entered paid surplus returned dropped ended
  entered     TEXT,                                    -- serial under which it was heard of
  gateway_no  TEXT,                                    -- of the gateway or of WeChat
  card_kind   TEXT,
  account     TEXT NOT NULL DEFAULT '',                -- masked
  host        TEXT NOT NULL DEFAULT '',
  paid_at     TEXT,
  day         TEXT,
  asked       INTEGER NOT NULL DEFAULT 0,              -- how often it was asked for
  with_core   TEXT,                                    -- day on which the core had it too
  with_gateway TEXT,                                   -- day on which the gateway's list had it too
  PRIMARY KEY (order_no, seq),
  UNIQUE (way, gateway_no)
) WITHOUT ROWID;
CREATE INDEX payment_waiting ON payment (state, way);
CREATE INDEX payment_day ON payment (day);

-- Orders that were paid before payments were kept.
INSERT INTO payment (order_no, seq, way, began, begun_at, amount, fee, own_fee, state, account, host, paid_at, day)
  SELECT no, 1, 'own_card', coalesce(began, serial), created, amount, fee, own_fee, 'paid', account, host, paid_at, day
  FROM fee_order WHERE state IN ('paid', 'part_refunded', 'refunded');
