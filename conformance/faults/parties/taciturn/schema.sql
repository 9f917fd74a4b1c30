-- What the party holds: customers, and what was paid for each.
CREATE TABLE customer (no TEXT PRIMARY KEY) STRICT;

-- What is sent twice holds twice, and what is taken back twice is so (`taken`: how often).
CREATE TABLE payment (
  id      INTEGER PRIMARY KEY,
  serial  TEXT NOT NULL,
  payer   TEXT NOT NULL REFERENCES customer (no),
  account TEXT NOT NULL,
  amount  INTEGER NOT NULL,
  receipt TEXT NOT NULL,
  taken   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX payment_serial ON payment (serial);
CREATE INDEX payment_account ON payment (account);

CREATE TABLE system (last_serial INTEGER NOT NULL) STRICT;
