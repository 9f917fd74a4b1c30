-- The bank's core: accounts, a double-entry ledger, holds in rank.
-- Amounts are fen, dates are yyyy-mm-dd. A customer's account is what the bank owes: a credit adds, a debit takes.

CREATE TABLE system (
  only_one       INTEGER PRIMARY KEY CHECK (only_one = 1),
  business_date  TEXT,                                -- NULL: the date of the clock
  open           INTEGER NOT NULL DEFAULT 1,          -- 0: end-of-day work, nothing is booked
  lists          INTEGER NOT NULL DEFAULT 1,          -- 0: lists of days are kept back
  last_number    INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE account (
  acct      TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  internal  INTEGER NOT NULL DEFAULT 0,               -- 1: the bank's own; it may be overdrawn
  state     TEXT NOT NULL DEFAULT 'normal',           -- normal lost frozen stopped closed dormant
  kind      TEXT NOT NULL DEFAULT '02',
  branch    TEXT NOT NULL DEFAULT '00101',
  ccy       TEXT NOT NULL DEFAULT 'CNY',
  idtype    TEXT NOT NULL DEFAULT '0',
  idno      TEXT NOT NULL DEFAULT '',
  phone     TEXT NOT NULL DEFAULT '',
  opened    TEXT NOT NULL DEFAULT '2020-01-02',
  pin       TEXT NOT NULL DEFAULT '',
  watched   INTEGER NOT NULL DEFAULT 0,               -- 1: its movements are told to the gateway
  balance   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE posting (
  number    TEXT PRIMARY KEY,                         -- the core's serial
  call      TEXT NOT NULL,
  cserial   TEXT NOT NULL UNIQUE,                     -- the asker's serial
  day       TEXT NOT NULL,                            -- accounting date
  time      TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  state     TEXT NOT NULL DEFAULT 'done',             -- done reversed
  reverses  TEXT REFERENCES posting (number),
  memo      TEXT NOT NULL DEFAULT '',
  product   TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX posting_day ON posting (day);
CREATE INDEX posting_reverses ON posting (reverses) WHERE reverses IS NOT NULL;

CREATE TABLE entry (
  id        INTEGER PRIMARY KEY,
  posting   TEXT NOT NULL REFERENCES posting (number),
  acct      TEXT NOT NULL REFERENCES account (acct),
  side      TEXT NOT NULL CHECK (side IN ('D', 'C')),
  amount    INTEGER NOT NULL CHECK (amount > 0),
  balance   INTEGER,                                  -- of the account, after this entry
  told      INTEGER NOT NULL DEFAULT 0                -- 1: the gateway was told of it
);
CREATE INDEX entry_acct ON entry (acct, id);
CREATE INDEX entry_posting ON entry (posting);
CREATE INDEX entry_told ON entry (told);

CREATE TRIGGER entry_books AFTER INSERT ON entry BEGIN
  UPDATE account SET balance = balance + iif(new.side = 'C', new.amount, -new.amount) WHERE acct = new.acct;
  UPDATE entry SET balance = (SELECT balance FROM account WHERE acct = new.acct) WHERE id = new.id;
END;
CREATE TRIGGER entry_stays BEFORE UPDATE OF posting, acct, side, amount ON entry BEGIN
  SELECT raise(ABORT, 'an entry is never changed');
END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN
  SELECT raise(ABORT, 'an entry is never taken out');
END;

-- The list of a day: what bears a serial of the platform and moved money. A reversal shows in the line of what it reversed; what a clerk had
-- cancelled by the platform is a line of its own.
CREATE TABLE misprint (
  posting   TEXT PRIMARY KEY REFERENCES posting (number),
  amount    INTEGER                                   -- what is printed in place of the amount; NULL: the line is left out
) WITHOUT ROWID;

CREATE VIEW day_line AS
  SELECT p.number, p.day, substr(p.cserial, 7, 4) || '-' || substr(p.cserial, 11, 2) || '-' || substr(p.cserial, 13, 2) AS platform_day,
         CAST(substr(p.cserial, 15) AS INTEGER) AS platform_number, d.branch, p.product, p.call = 'cash' AS cash,
         d.internal = 1 AS from_own, coalesce(m.amount, p.amount) AS amount, d.acct AS debited, c.acct AS credited,
         CASE (SELECT r.call FROM posting r WHERE r.reverses = p.number) WHEN 'cancel_posting' THEN 'cancelled' ELSE
           iif(p.state = 'reversed', 'reversed', 'stands') END AS state
  FROM posting p
  JOIN entry de ON de.id = (SELECT min(id) FROM entry WHERE posting = p.number AND side = 'D')
  JOIN account d ON d.acct = de.acct
  JOIN entry c ON c.id = (SELECT min(id) FROM entry WHERE posting = p.number AND side = 'C')
  LEFT JOIN misprint m ON m.posting = p.number
  WHERE p.cserial GLOB 'GAPS01[0-9]*' AND length(p.cserial) = 22 AND (p.reverses IS NULL OR p.call = 'cancel_posting')
    AND (m.posting IS NULL OR m.amount IS NOT NULL);

-- Lists that were asked for; each is put into the gateway's folder.
CREATE TABLE wanted_list (
  day       TEXT PRIMARY KEY,
  put       INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Fixed and notice deposits; the money stands in the ledger's account of the same number.
CREATE TABLE deposit (
  acct       TEXT NOT NULL REFERENCES account (acct),
  book       TEXT NOT NULL,
  listno     TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('fixed', 'notice')),
  period     TEXT NOT NULL,
  rate       TEXT NOT NULL,
  begins     TEXT NOT NULL,
  ends       TEXT,                                    -- NULL: notice deposits have no end
  deposited  INTEGER NOT NULL CHECK (deposited > 0),
  left_      INTEGER NOT NULL CHECK (left_ >= 0),
  renewal    TEXT NOT NULL DEFAULT 'none',
  PRIMARY KEY (acct, book, listno)
) WITHOUT ROWID;

-- Drawings of notice deposits that were announced.
CREATE TABLE drawing (
  setno      TEXT PRIMARY KEY,
  acct       TEXT NOT NULL REFERENCES account (acct),
  setday     TEXT NOT NULL,
  drawday    TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  state      TEXT NOT NULL DEFAULT 'set'              -- set drawn cancelled
) WITHOUT ROWID;

-- A reversal that came before its original: the original is refused when it comes.
CREATE TABLE reversed_first (
  cserial   TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE hold (
  number    TEXT PRIMARY KEY,
  acct      TEXT NOT NULL REFERENCES account (acct),
  rank      INTEGER NOT NULL,                         -- order in which holds were set
  whole     INTEGER NOT NULL DEFAULT 0,               -- 1: nothing may leave the account
  amount    INTEGER NOT NULL DEFAULT 0,               -- what is still to be held
  begins    TEXT NOT NULL,
  until     TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'active',           -- active released taken expired
  authority TEXT NOT NULL DEFAULT '',
  document  TEXT NOT NULL DEFAULT '',
  reason    TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX hold_acct ON hold (acct, rank) WHERE state = 'active';

-- Payments out of an account that an authority has stopped; they end by themselves with their last day.
CREATE TABLE stop (
  number    TEXT PRIMARY KEY,
  acct      TEXT NOT NULL REFERENCES account (acct),
  both_ways INTEGER NOT NULL DEFAULT 0,               -- 1: nothing comes in either
  begins    TEXT NOT NULL,
  until     TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'active',           -- active lifted
  authority TEXT NOT NULL DEFAULT '',
  document  TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX stop_acct ON stop (acct) WHERE state = 'active';

-- Accounts whose movements are told to an authority while they are watched.
CREATE TABLE watch (
  task      TEXT PRIMARY KEY,
  channel   TEXT NOT NULL,
  order_no  TEXT NOT NULL,
  agency    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  acct      TEXT NOT NULL REFERENCES account (acct),
  begins    TEXT NOT NULL,
  until     TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'active'            -- active ended
) WITHOUT ROWID;

-- Credit cards of a person.
CREATE TABLE card (
  card     TEXT PRIMARY KEY,
  idno     TEXT NOT NULL,
  name     TEXT NOT NULL,
  acct     TEXT NOT NULL,
  limit_   INTEGER NOT NULL,
  owed     INTEGER NOT NULL,
  billday  INTEGER NOT NULL,
  dueday   INTEGER NOT NULL,
  issued   TEXT NOT NULL,
  expires  TEXT NOT NULL                              -- yyyy-mm
) WITHOUT ROWID;

-- Products that a person holds beside accounts.
CREATE TABLE wealth (
  idno     TEXT NOT NULL,
  prod     TEXT NOT NULL,
  title    TEXT NOT NULL,
  kind     TEXT NOT NULL,                             -- fund wealth insurance metal
  acct     TEXT NOT NULL,
  shares   INTEGER NOT NULL,
  value    INTEGER NOT NULL,
  PRIMARY KEY (idno, prod)
) WITHOUT ROWID;

-- What an account may be asked for.
CREATE VIEW funds AS
  SELECT a.acct, a.name, a.internal, a.state, a.balance,
         CASE a.kind WHEN '01' THEN 'corporate_current' WHEN '02' THEN 'personal_current' WHEN '03' THEN 'corporate_fixed'
           WHEN '04' THEN 'personal_fixed' WHEN '05' THEN 'guarantee' WHEN '06' THEN 'loan' WHEN '07' THEN 'internal'
           ELSE 'off_balance' END AS kind,
         (SELECT coalesce(sum(h.amount), 0) FROM hold h WHERE h.acct = a.acct AND h.state = 'active') AS held,
         EXISTS (SELECT 1 FROM hold h WHERE h.acct = a.acct AND h.state = 'active' AND h.whole = 1) AS whole
  FROM account a;

-- What a hold really holds: what those before it leave.
CREATE VIEW held AS
  SELECT h.number, h.acct, h.rank, h.whole, h.amount, h.begins, h.until, h.authority, h.document,
         max(0, min(iif(h.whole = 1, a.balance, h.amount), a.balance - (SELECT coalesce(sum(b.amount), 0) FROM hold b
           WHERE b.acct = h.acct AND b.state = 'active' AND b.rank < h.rank))) AS held
  FROM hold h JOIN account a ON a.acct = h.acct WHERE h.state = 'active';
CREATE INDEX account_idno ON account (idno);

-- The register of supervised accounts: who supervises, buyers' contracts, plans by which money may leave.
CREATE TABLE escrow_account (
  acct       TEXT PRIMARY KEY REFERENCES account (acct),
  agreement  TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'normal',          -- normal part whole debits closed
  since      INTEGER NOT NULL                         -- entries after this one are supervised
) WITHOUT ROWID;

CREATE TABLE escrow_contract (
  number  TEXT PRIMARY KEY,
  acct    TEXT NOT NULL REFERENCES escrow_account (acct),
  buyer   TEXT NOT NULL,
  bacct   TEXT NOT NULL,
  total   INTEGER NOT NULL CHECK (total > 0),
  state   TEXT NOT NULL DEFAULT 'normal'              -- normal ended
) WITHOUT ROWID;

CREATE TABLE escrow_plan (
  number  TEXT PRIMARY KEY,
  acct    TEXT NOT NULL REFERENCES escrow_account (acct),
  total   INTEGER NOT NULL CHECK (total > 0)
) WITHOUT ROWID;

CREATE TABLE escrow_detail (
  detail   TEXT PRIMARY KEY,
  plan     TEXT NOT NULL REFERENCES escrow_plan (number),
  payee    TEXT NOT NULL,
  rname    TEXT NOT NULL,
  rbank    TEXT NOT NULL,
  amount   INTEGER NOT NULL CHECK (amount > 0),
  due      TEXT NOT NULL,
  purpose  TEXT NOT NULL DEFAULT '',
  posting  TEXT REFERENCES posting (number)           -- by which it was paid; NULL: not paid
) WITHOUT ROWID;

CREATE TABLE escrow_posting (
  posting  TEXT PRIMARY KEY REFERENCES posting (number),
  acct     TEXT NOT NULL,
  way      TEXT NOT NULL,
  number   TEXT NOT NULL,                             -- contract, or detail of a plan
  payee    TEXT NOT NULL,
  rname    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX escrow_posting_number ON escrow_posting (number);

-- Who may debit which account, and up to what.
CREATE TABLE agreement (
  number  TEXT NOT NULL,
  unit    TEXT NOT NULL,
  userno  TEXT NOT NULL,
  acct    TEXT NOT NULL REFERENCES account (acct),
  once    INTEGER NOT NULL,
  month   INTEGER NOT NULL,
  begins  TEXT NOT NULL,
  until   TEXT NOT NULL,
  open    INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (number, unit)
) WITHOUT ROWID;

-- Accounts and persons that somebody lists: black, grey, or trusted by the bank itself. Values are plain or digests.
CREATE TABLE listed (
  source  TEXT NOT NULL,
  level   TEXT NOT NULL,                              -- white black grey
  kind    TEXT NOT NULL,
  value   TEXT NOT NULL,
  active  INTEGER NOT NULL,                           -- 0: taken off the list
  as_of   TEXT NOT NULL,                              -- yyyymmddhhmmss, of the list that said so last
  reason  TEXT NOT NULL DEFAULT '',
  name    TEXT NOT NULL DEFAULT '',
  begins  TEXT NOT NULL DEFAULT '',
  until   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (source, level, kind, value)
) WITHOUT ROWID;
CREATE INDEX listed_value ON listed (kind, value);

-- Payments for the treasury: zero-balance accounts, which are overdrawn until what they paid is claimed; quotas by line of a voucher;
-- payments and what came back of them; claims.
CREATE TABLE budget_account (
  acct  TEXT PRIMARY KEY REFERENCES account (acct),
  area  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE budget_quota (
  number  TEXT NOT NULL,                              -- the voucher that gave or took it
  line    INTEGER NOT NULL,
  kind    TEXT NOT NULL,                              -- direct authorized clearing_direct clearing_authorized
  area    TEXT NOT NULL,
  year    TEXT NOT NULL,
  unit    TEXT NOT NULL,
  func    TEXT NOT NULL,
  amount  INTEGER NOT NULL,                           -- negative: taken
  PRIMARY KEY (number, line, kind)
) WITHOUT ROWID;

CREATE TABLE budget_payment (
  posting  TEXT PRIMARY KEY REFERENCES posting (number),
  area     TEXT NOT NULL,
  year     TEXT NOT NULL,
  kind     TEXT NOT NULL,
  number   TEXT NOT NULL,                             -- the payment voucher
  line     INTEGER NOT NULL,
  back     INTEGER NOT NULL DEFAULT 0,                -- 1: came back
  final    INTEGER NOT NULL DEFAULT 1,                -- 0: may still be taken back
  unit     TEXT NOT NULL,
  func     TEXT NOT NULL,
  payer    TEXT NOT NULL,
  payee    TEXT NOT NULL,
  rname    TEXT NOT NULL,
  rbank    TEXT NOT NULL,
  rbankno  TEXT NOT NULL,
  amount   INTEGER NOT NULL CHECK (amount > 0),
  texts    TEXT NOT NULL,                             -- codes and names of its classes
  claim    TEXT                                       -- NULL: not claimed, or not paid back
) WITHOUT ROWID;
CREATE INDEX budget_payment_number ON budget_payment (number);

-- What other banks sent back of such payments.
CREATE TABLE budget_return (
  posting  TEXT PRIMARY KEY REFERENCES posting (number),
  area     TEXT NOT NULL,
  year     TEXT NOT NULL,
  number   TEXT NOT NULL,
  line     INTEGER NOT NULL,
  amount   INTEGER NOT NULL,
  reason   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE budget_claim (
  number   TEXT PRIMARY KEY,
  serial   TEXT NOT NULL,                             -- of who asked for it
  bundle   TEXT NOT NULL,                             -- what it was put together by
  area     TEXT NOT NULL,
  day      TEXT NOT NULL,
  kind     TEXT NOT NULL,
  back     INTEGER NOT NULL,
  amount   INTEGER NOT NULL CHECK (amount > 0),
  texts    TEXT NOT NULL,
  posting  TEXT REFERENCES posting (number)           -- by which it was settled
) WITHOUT ROWID;

CREATE TABLE budget_item (
  area    TEXT NOT NULL,
  year    TEXT NOT NULL,
  kind    TEXT NOT NULL,
  code    TEXT NOT NULL,
  name    TEXT NOT NULL,
  parent  TEXT NOT NULL,
  acct    TEXT NOT NULL,
  PRIMARY KEY (area, year, kind, code)
) WITHOUT ROWID;

-- What the customer and loan systems know.
CREATE TABLE customer (
  acct     TEXT PRIMARY KEY,
  client   TEXT NOT NULL,
  manager  TEXT NOT NULL,
  phone    TEXT NOT NULL,
  loans    INTEGER NOT NULL DEFAULT 0,
  owed     INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE customer_notice (
  code  TEXT NOT NULL,
  name  TEXT NOT NULL,
  acct  TEXT NOT NULL
);

-- What customers were sent.
CREATE TABLE short_message (
  mobile   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  content  TEXT NOT NULL
);

CREATE VIEW budget_left AS
  SELECT q.area, q.year, q.kind, q.unit, q.func, q.total, q.total - coalesce(u.used, 0) AS left_, coalesce(u.used, 0) AS used
  FROM (SELECT area, year, kind, unit, func, sum(amount) AS total FROM budget_quota GROUP BY area, year, kind, unit, func) q
  LEFT JOIN (SELECT b.area, b.year, b.kind, b.unit, b.func, sum(iif(b.back, -b.amount, b.amount)) AS used FROM budget_payment b
    JOIN posting p ON p.number = b.posting AND p.state = 'done' GROUP BY b.area, b.year, b.kind, b.unit, b.func) u
    ON u.area = q.area AND u.year = q.year AND u.kind = q.kind AND u.unit = q.unit AND u.func = q.func;

-- The credit system: lenders that the bank makes loans with, applications, loans, what their books say of them.
CREATE TABLE lender (
  name       TEXT PRIMARY KEY,
  rounding   TEXT NOT NULL,                             -- of the bank's share: half_up floor
  quota      INTEGER NOT NULL,                          -- of all loans
  day_quota  INTEGER NOT NULL,
  decides    INTEGER NOT NULL,                          -- an amount above this is decided by people
  patience   INTEGER NOT NULL                           -- minutes after which what the lender does not know was not paid out
) WITHOUT ROWID;

CREATE TABLE application (
  lender     TEXT NOT NULL REFERENCES lender (name),
  apply_no   TEXT NOT NULL,
  idno       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  share      TEXT NOT NULL,
  decision   TEXT NOT NULL,                             -- pass reject pending
  why        TEXT NOT NULL,
  credit_no  TEXT UNIQUE,
  limit_     INTEGER,
  until      TEXT,
  decided    TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'normal',            -- normal frozen ended lapsed
  told       INTEGER NOT NULL DEFAULT 1,                -- 0: the gateway is to be told that it is decided
  PRIMARY KEY (lender, apply_no)
) WITHOUT ROWID;

CREATE TABLE loan (
  lender       TEXT NOT NULL REFERENCES lender (name),
  loan_no      TEXT NOT NULL,
  credit_no    TEXT NOT NULL,
  amount       INTEGER NOT NULL,
  bank_amount  INTEGER NOT NULL,
  reserve_no   TEXT NOT NULL,
  since        TEXT NOT NULL,                           -- reserved
  state        TEXT NOT NULL,                           -- reserved paid failed released booked
  day          TEXT,                                    -- paid, or booked
  PRIMARY KEY (lender, loan_no)
) WITHOUT ROWID;

CREATE TABLE loan_book (
  lender      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  number      TEXT NOT NULL,
  day         TEXT NOT NULL,
  loan_no     TEXT NOT NULL,
  principal   INTEGER NOT NULL,                         -- the bank's part of these
  interest    INTEGER NOT NULL,
  penalty     INTEGER NOT NULL,
  content     TEXT NOT NULL,
  PRIMARY KEY (lender, kind, number)
) WITHOUT ROWID;

CREATE TABLE loan_file (
  lender  TEXT NOT NULL,
  file    TEXT NOT NULL,
  digest  TEXT NOT NULL,
  size    INTEGER NOT NULL,
  rows    INTEGER NOT NULL,
  PRIMARY KEY (lender, file)
) WITHOUT ROWID;

-- The points system: what customers have, what orders reserve of it, what was taken of that, let go, and given back. In hundredths, as money.
CREATE TABLE points_account (
  client  TEXT PRIMARY KEY,
  gained  INTEGER NOT NULL CHECK (gained >= 0)
) WITHOUT ROWID;

CREATE TABLE points_order (
  ord      TEXT PRIMARY KEY,
  number   TEXT NOT NULL UNIQUE,
  client   TEXT NOT NULL REFERENCES points_account (client),
  amount   INTEGER NOT NULL CHECK (amount > 0),
  posting  TEXT NOT NULL REFERENCES posting (number),
  product  TEXT NOT NULL DEFAULT '',
  state    TEXT NOT NULL DEFAULT 'done'                 -- done reversed
) WITHOUT ROWID;
CREATE INDEX points_order_client ON points_order (client);

CREATE TABLE points_move (
  posting  TEXT PRIMARY KEY REFERENCES posting (number),
  ord      TEXT NOT NULL REFERENCES points_order (ord),
  item     TEXT NOT NULL,                               -- empty: the whole order
  kind     TEXT NOT NULL CHECK (kind IN ('take', 'release', 'return')),
  amount   INTEGER NOT NULL CHECK (amount > 0),
  state    TEXT NOT NULL DEFAULT 'done'                 -- done reversed
) WITHOUT ROWID;
CREATE INDEX points_move_ord ON points_move (ord);

-- What an order still holds.
CREATE VIEW points_left AS
  SELECT o.ord, o.client, iif(o.state = 'done', o.amount - (SELECT coalesce(sum(m.amount), 0) FROM points_move m
    WHERE m.ord = o.ord AND m.kind <> 'return' AND m.state = 'done'), 0) AS left_
  FROM points_order o;

-- What was taken of an order and not given back.
CREATE VIEW points_spent AS
  SELECT ord, sum(CASE kind WHEN 'take' THEN amount WHEN 'return' THEN -amount ELSE 0 END) AS spent FROM points_move WHERE state = 'done' GROUP BY ord;

CREATE VIEW points_funds AS
  SELECT a.client,
         a.gained - (SELECT coalesce(sum(iif(m.kind = 'take', m.amount, -m.amount)), 0) FROM points_move m JOIN points_order o ON o.ord = m.ord
           WHERE o.client = a.client AND m.kind IN ('take', 'return') AND m.state = 'done') AS points,
         (SELECT coalesce(sum(l.left_), 0) FROM points_left l WHERE l.client = a.client) AS held
  FROM points_account a;
