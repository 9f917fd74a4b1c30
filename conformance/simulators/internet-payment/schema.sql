-- A merchant's own system: what it told the platform of its bills. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  serial    INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE pushed (
  batch  TEXT PRIMARY KEY,
  taken  INTEGER,                                      -- NULL: not answered yet
  state  TEXT NOT NULL DEFAULT 'sent'                  -- sent, or how the platform answered
) WITHOUT ROWID;
