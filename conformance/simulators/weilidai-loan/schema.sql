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

-- Files as text, for the `.ok` files that name them with their digests.
CREATE VIEW loan_line AS
  SELECT day, loan_no, amount, 'D|' || loan_no || '|' || loan_no || '|' || (SELECT idno FROM credit c WHERE c.apply_no = loan.apply_no) || '|' ||
         printf('%d.%02d', amount / 100, amount % 100) || '|' || printf('%d.%02d', bank_amount / 100, bank_amount % 100) || '|' || term || '|' ||
         replace(day, '-', '') || '|' || replace(due, '-', '') || '|0.000500' AS line
  FROM loan WHERE state = 'paid';
CREATE VIEW repay_line AS
  SELECT day, repay_no, principal AS amount, 'D|' || repay_no || '|' || loan_no || '|' || term || '|' || replace(day, '-', '') || '|1|' ||
         printf('%d.%02d', principal / 100, principal % 100) || '|' || printf('%d.%02d', interest / 100, interest % 100) || '|0.00|' ||
         printf('%d.%02d', bank_principal / 100, bank_principal % 100) || '|' || printf('%d.%02d', bank_interest / 100, bank_interest % 100) || '|0.00' AS line
  FROM repayment;
