-- Of a merchant with a system of its own: whether it is told of refunds, and whether its day is held against ours; who it is, and whom to call.
ALTER TABLE merchant ADD COLUMN third_refund INTEGER NOT NULL DEFAULT 0;   -- 1: its own system is told of each refund
ALTER TABLE merchant ADD COLUMN third_check INTEGER NOT NULL DEFAULT 0;    -- 1: its own system is asked what it has of a day
ALTER TABLE merchant ADD COLUMN licence TEXT NOT NULL DEFAULT '';
ALTER TABLE merchant ADD COLUMN contact TEXT NOT NULL DEFAULT '';
ALTER TABLE merchant ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE merchant ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE merchant ADD COLUMN account_name TEXT NOT NULL DEFAULT '';

-- Days that were held against what a merchant's own system has.
CREATE TABLE merchant_compared (
  day       TEXT NOT NULL,
  merchant  TEXT NOT NULL REFERENCES merchant (no),
  count     INTEGER NOT NULL,
  total     INTEGER NOT NULL,
  back_count INTEGER NOT NULL,
  back_total INTEGER NOT NULL,
  even      INTEGER NOT NULL,
  PRIMARY KEY (day, merchant)
) WITHOUT ROWID;
