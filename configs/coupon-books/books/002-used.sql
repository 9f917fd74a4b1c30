-- Lines of the supplier's lists of vouchers used, and the vouchers that they are.

CREATE TABLE used_line (
  day    TEXT NOT NULL,
  shown  TEXT NOT NULL,
  goods  TEXT NOT NULL,
  at     TEXT NOT NULL,
  mark   TEXT UNIQUE REFERENCES coupon (mark),          -- NULL: none of the books
  PRIMARY KEY (day, shown, goods, at)
) WITHOUT ROWID;
CREATE INDEX coupon_shown ON coupon (shown);
CREATE INDEX coupon_heard_at ON coupon_heard (state, at);
