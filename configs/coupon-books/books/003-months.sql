-- What an order costs, what is left at the supplier, and the months that are settled with him.

ALTER TABLE coupon_order ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;  -- the supplier's price of one piece, when it was ordered
ALTER TABLE system ADD COLUMN funds INTEGER;                           -- what was left of what is paid in, when it was last heard
ALTER TABLE system ADD COLUMN funds_at TEXT;

-- Orders as the supplier's lists of the days have them.
CREATE TABLE listed_order (
  no     TEXT PRIMARY KEY,
  day    TEXT NOT NULL,
  price  INTEGER NOT NULL,
  done   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX listed_order_day ON listed_order (day);

-- Lines of the supplier's settlement of a month, one a day.
CREATE TABLE month_line (
  day       TEXT PRIMARY KEY,
  paid_in   INTEGER NOT NULL,
  orders    INTEGER NOT NULL,
  bought    INTEGER NOT NULL,
  returned  INTEGER NOT NULL,
  balance   INTEGER NOT NULL,
  wrong     TEXT
) WITHOUT ROWID;
