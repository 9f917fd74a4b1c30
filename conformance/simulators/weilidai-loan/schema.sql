-- WeBank's side of joint loans: who applied and what the bank decided, loans under both banks' names, repayments, what the bank said of
-- files and of a day's money. Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  beats        INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE credit (
  apply_no   TEXT PRIMARY KEY,
  idno       TEXT NOT NULL,
  name       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  result     TEXT NOT NULL DEFAULT '',                  -- pass reject pending, or how asking ended
  why        TEXT,
  credit_no  TEXT,
  limit_     INTEGER,
  valid_to   TEXT,
  state      TEXT NOT NULL DEFAULT 'normal',            -- normal frozen ended
  told       INTEGER NOT NULL DEFAULT 0                 -- how often a result was told afterwards
) WITHOUT ROWID;

CREATE TABLE loan (
  loan_no      TEXT PRIMARY KEY,
  apply_no     TEXT NOT NULL REFERENCES credit (apply_no),
  amount       INTEGER NOT NULL,
  bank_amount  INTEGER NOT NULL,
  term         INTEGER NOT NULL,
  day          TEXT NOT NULL,
  due          TEXT NOT NULL,
  checked      TEXT NOT NULL DEFAULT '',                -- pass reject, or how asking ended
  reserve_no   TEXT,
  state        TEXT NOT NULL DEFAULT 'under_way',       -- under_way paid failed
  paid_at      TEXT,
  told         INTEGER NOT NULL DEFAULT 0,              -- 1: heard; 2: the bank is not told
  asked        INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE repayment (
  repay_no        TEXT PRIMARY KEY,
  loan_no         TEXT NOT NULL REFERENCES loan (loan_no),
  term            INTEGER NOT NULL,
  day             TEXT NOT NULL,
  principal       INTEGER NOT NULL,
  interest        INTEGER NOT NULL,
  bank_principal  INTEGER NOT NULL,
  bank_interest   INTEGER NOT NULL,
  told            INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE limit_note (
  credit_no  TEXT NOT NULL,
  action     TEXT NOT NULL,
  limit_     INTEGER NOT NULL
);

CREATE TABLE file_result (
  file     TEXT PRIMARY KEY,
  result   TEXT NOT NULL,
  records  INTEGER NOT NULL,
  taken    INTEGER NOT NULL,
  refused  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE settled (
  day        TEXT PRIMARY KEY,
  net        INTEGER NOT NULL,
  direction  TEXT NOT NULL,
  bank_seq   TEXT NOT NULL
) WITHOUT ROWID;
