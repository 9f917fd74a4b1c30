-- What merchants owed, of whom more went back than was paid, and the bank took from their accounts: proposed by one person, looked at by others, taken
-- once. What was taken stands beside refunds and payments in the next settlement.
CREATE TABLE collection (
  number      TEXT PRIMARY KEY,
  merchant    TEXT NOT NULL REFERENCES merchant (no),
  maker       TEXT NOT NULL,
  made        TEXT NOT NULL,
  proposed    INTEGER NOT NULL CHECK (proposed > 0),   -- at most
  amount      INTEGER CHECK (amount BETWEEN 1 AND proposed),
  item        TEXT REFERENCES item (no),               -- of the oldest refund that it is for
  reason      TEXT NOT NULL,
  began       TEXT,                                    -- serial under which it began
  state       TEXT NOT NULL DEFAULT 'proposed',        -- proposed working collected failed turned_down
  why         TEXT,
  host        TEXT NOT NULL DEFAULT '',
  day         TEXT,                                    -- on which it was taken
  settlement  TEXT                                     -- day of the settlement that has it
) WITHOUT ROWID;
CREATE INDEX collection_merchant ON collection (merchant, settlement, day);

ALTER TABLE settlement ADD COLUMN collected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE settlement_item ADD COLUMN collected INTEGER NOT NULL DEFAULT 0;
