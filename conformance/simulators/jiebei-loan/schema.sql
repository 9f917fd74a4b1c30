-- Ant's side of joint loans: customers who apply, what the bank said, loans paid out, repayments, the books of days and what the bank
-- said of their files. Amounts are fen, dates are yyyy-mm-dd.

CREATE TABLE system (
  only_one     INTEGER PRIMARY KEY CHECK (only_one = 1),
  last_serial  INTEGER NOT NULL DEFAULT 0,
  mood         TEXT NOT NULL DEFAULT ''                 -- what is answered to a change of a limit, whatever it says
);

CREATE TABLE application (
  no         TEXT PRIMARY KEY,
  idno       TEXT NOT NULL,
  name       TEXT NOT NULL,
  amount     INTEGER NOT NULL,
  accept     TEXT NOT NULL DEFAULT '',                  -- what the bank said at once: yes no, or how asking ended
  result     TEXT NOT NULL DEFAULT '',                  -- pass reject pending
  why        TEXT,
  credit_no  TEXT,
  limit_     INTEGER,
  until      TEXT,
  state      TEXT NOT NULL DEFAULT 'normal',            -- normal frozen ended
  told       INTEGER NOT NULL DEFAULT 0                 -- how often the result came
) WITHOUT ROWID;

CREATE TABLE loan (
  no           TEXT PRIMARY KEY,
  apply_no     TEXT NOT NULL REFERENCES application (no),
  amount       INTEGER NOT NULL,
  bank_amount  INTEGER NOT NULL,
  term         INTEGER NOT NULL,
  day          TEXT NOT NULL,
  ends         TEXT NOT NULL,
  audit        TEXT NOT NULL DEFAULT '',                -- pass reject pending, or how asking ended
  reserve_no   TEXT,
  state        TEXT NOT NULL DEFAULT 'under_way',       -- under_way paid failed
  paid_at      TEXT,
  contract     TEXT NOT NULL DEFAULT '',
  told         INTEGER NOT NULL DEFAULT 0,              -- 1: the bank has heard of its end; 2: it is not told
  asked        INTEGER NOT NULL DEFAULT 0               -- how often the bank asked
) WITHOUT ROWID;

CREATE TABLE repayment (
  no              TEXT PRIMARY KEY,
  loan            TEXT NOT NULL REFERENCES loan (no),
  term            INTEGER NOT NULL,
  at              TEXT NOT NULL,
  kind            TEXT NOT NULL,
  principal       INTEGER NOT NULL,
  interest        INTEGER NOT NULL,
  penalty         INTEGER NOT NULL,
  bank_principal  INTEGER NOT NULL,
  bank_interest   INTEGER NOT NULL,
  bank_penalty    INTEGER NOT NULL,
  told            INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE limit_note (
  credit_no  TEXT NOT NULL,
  act        TEXT NOT NULL,
  limit_     INTEGER NOT NULL
);

CREATE TABLE file_result (
  file     TEXT PRIMARY KEY,
  result   TEXT NOT NULL,
  rows     INTEGER NOT NULL,
  taken    INTEGER NOT NULL,
  refused  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE clearing (
  day        TEXT PRIMARY KEY,
  net        INTEGER NOT NULL,
  direction  TEXT NOT NULL,
  bank_seq   TEXT NOT NULL
) WITHOUT ROWID;

-- The files of a day as text, for the list that names them with their digests.
CREATE VIEW loan_line AS
  SELECT day, no, no || '|' || apply_no || '|' || (SELECT idno FROM application a WHERE a.no = apply_no) || '|' || amount || '|' || bank_amount || '|' || term ||
         '|1|0.000400|' || replace(day, '-', '') || '|' || replace(ends, '-', '') || '|NORMAL' AS line
  FROM loan WHERE state = 'paid';
CREATE VIEW repay_line AS
  SELECT substr(at, 1, 10) AS day, no, no || '|' || loan || '|' || term || '|' || replace(replace(replace(at, '-', ''), 'T', ''), ':', '') || '|' ||
         CASE kind WHEN 'due' THEN '01' WHEN 'early' THEN '02' WHEN 'early_full' THEN '03' WHEN 'overdue' THEN '04' ELSE '05' END || '|' ||
         principal || '|' || interest || '|' || penalty || '|' || bank_principal || '|' || bank_interest || '|' || bank_penalty || '|0' AS line
  FROM repayment;
CREATE VIEW balance_line AS
  SELECT l.no, l.no || '|' || (l.amount - coalesce(sum(r.principal), 0)) || '|0|' || (l.bank_amount - coalesce(sum(r.bank_principal), 0)) || '|0|NORMAL' AS line
  FROM loan l LEFT JOIN repayment r ON r.loan = l.no WHERE l.state = 'paid' GROUP BY l.no;
