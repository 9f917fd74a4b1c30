-- An order is opened before it is paid for; what opened it may be taken back, also before it came. The partner's word on each file.

ALTER TABLE gold_order ADD COLUMN opened_by TEXT NOT NULL DEFAULT '';
CREATE INDEX gold_order_opened ON gold_order (opened_by) WHERE opened_by <> '';

CREATE TABLE withdrawal (
  opened_by  TEXT PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE told_file (
  file    TEXT PRIMARY KEY,
  digest  TEXT NOT NULL
) WITHOUT ROWID;
