-- WeBank: who has opened, what each holds, prices that were told, orders, bars under way. Amounts are fen, weights ten-thousandths of a gram,
-- moments yyyy-mm-ddThh:mm:ss.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  ground       TEXT NOT NULL DEFAULT 'fills',           -- what becomes of orders: fills fails hangs
  price        INTEGER NOT NULL DEFAULT 28560           -- fen a gram
);

CREATE TABLE holder (
  user    TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  idno    TEXT NOT NULL UNIQUE,
  mobile  TEXT NOT NULL,
  card    TEXT NOT NULL,
  weight  INTEGER NOT NULL DEFAULT 0 CHECK (weight >= 0),
  frozen  INTEGER NOT NULL DEFAULT 0 CHECK (frozen BETWEEN 0 AND weight),
  cost    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE quote (
  id     TEXT PRIMARY KEY,
  price  INTEGER NOT NULL,
  made   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE gold_order (
  order_no   TEXT PRIMARY KEY,
  wb         TEXT NOT NULL UNIQUE,
  user       TEXT NOT NULL REFERENCES holder (user),
  kind       TEXT NOT NULL,                             -- buy redeem withdraw
  source     TEXT NOT NULL DEFAULT 'bank',              -- bank, or sdk: made in WeBank's own pages
  weight     INTEGER NOT NULL,
  price      INTEGER,
  amount     INTEGER,
  fee        INTEGER NOT NULL DEFAULT 0,
  state      TEXT NOT NULL,                             -- open paying working done_ failed refunded
  ordered    TEXT NOT NULL,
  confirmed  TEXT,
  bars       TEXT,                                      -- of a withdrawal: grams x pieces
  receiver   TEXT,
  express    TEXT,
  tries      INTEGER NOT NULL DEFAULT 0,                -- how often the bank was told to pay, or be paid
  next_try   TEXT,
  told       INTEGER NOT NULL DEFAULT 0                 -- 1: the bank has debited or credited
) WITHOUT ROWID;

CREATE TABLE visit (
  ticket  TEXT PRIMARY KEY,
  user    TEXT NOT NULL
) WITHOUT ROWID;

-- The lines of the files, as they stand on the wire: their digest is told beside each.
CREATE VIEW trade_line AS
  SELECT order_no, substr(coalesce(confirmed, ordered), 1, 10) AS day,
         iif(kind = 'buy' AND state = 'done_', amount, 0) AS bought, iif(kind = 'redeem' AND state = 'done_', amount, 0) AS redeemed,
         order_no || '|' || wb || '|' || user || '|' || upper(kind) || '|' || printf('%d.%04d', weight / 10000, weight % 10000) || '|'
           || iif(price IS NULL, '', printf('%d.%02d', price / 100, price % 100)) || '|'
           || printf('%d.%02d', coalesce(amount, fee) / 100, coalesce(amount, fee) % 100) || '|' || printf('%d.%02d', fee / 100, fee % 100) || '|'
           || CASE state WHEN 'open' THEN 'INIT' WHEN 'paying' THEN 'PAYING' WHEN 'working' THEN 'PROCESSING' WHEN 'done_' THEN 'SUCCESS'
                WHEN 'failed' THEN 'FAIL' ELSE 'REFUND' END || '|'
           || coalesce(replace(replace(replace(confirmed, '-', ''), 'T', ''), ':', ''), '') || char(10) AS line
  FROM gold_order;
CREATE VIEW holding_line AS
  SELECT user, user || '|' || printf('%d.%04d', weight / 10000, weight % 10000) || '|' || printf('%d.%04d', frozen / 10000, frozen % 10000) || '|'
           || printf('%d.%02d', weight * s.price / 1000000, weight * s.price / 10000 % 100) || char(10) AS line
  FROM holder, system s;
