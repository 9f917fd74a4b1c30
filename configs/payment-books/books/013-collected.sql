-- What the gateway collected for orders that stand in other books (visits, fees of hospitals). One payment of the gateway pays one of them.

CREATE TABLE collected (
  trade         TEXT PRIMARY KEY,                      -- the order's number at the gateway
  gateway_no    TEXT NOT NULL,
  amount        INTEGER NOT NULL CHECK (amount > 0),
  paid_at       TEXT NOT NULL,                         -- as the gateway says
  unit          TEXT NOT NULL,
  order_no      TEXT NOT NULL,
  began         TEXT NOT NULL,                         -- serial under which it was taken
  state         TEXT NOT NULL DEFAULT 'taken',         -- taken loose (nobody's again) back
  told          INTEGER NOT NULL DEFAULT 0,            -- 1: the gateway's notice came
  with_gateway  TEXT                                   -- day on which the gateway's list had it too
) WITHOUT ROWID;
CREATE INDEX collected_day ON collected (date(paid_at));

-- Paid again on the page of the same order.
CREATE TABLE collected_surplus (
  gateway_no    TEXT PRIMARY KEY,
  trade         TEXT NOT NULL REFERENCES collected (trade),
  day           TEXT,                                  -- of the list that has it
  told          INTEGER NOT NULL DEFAULT 0             -- 1: the gateway's notice came, and it goes back
) WITHOUT ROWID;
