-- Letters with receipts: what waits, what was sent, what failed. A letter that is sent again keeps its number.
CREATE TABLE mail (
  number    TEXT PRIMARY KEY,
  order_no  TEXT NOT NULL,
  receiver  TEXT NOT NULL,
  subject   TEXT NOT NULL,
  state     TEXT NOT NULL DEFAULT 'waiting',           -- waiting sent failed
  tries     INTEGER NOT NULL DEFAULT 1,                -- how often it was begun
  queued    TEXT NOT NULL,
  ended     TEXT,
  why       TEXT
) WITHOUT ROWID;
CREATE INDEX mail_queued ON mail (queued);
CREATE INDEX mail_state ON mail (state, queued);
