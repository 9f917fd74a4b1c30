-- Rows of sheets as they came, by the serial under which they came; what was wrong with each.

CREATE TABLE imported_row (
  serial    TEXT NOT NULL,
  place     INTEGER NOT NULL,
  payer     TEXT NOT NULL,
  name      TEXT NOT NULL,
  id_no     TEXT NOT NULL,
  phone     TEXT NOT NULL,
  class     TEXT NOT NULL,
  period    TEXT NOT NULL,
  item      TEXT NOT NULL,
  amount    INTEGER,                                   -- NULL: no amount
  deadline  TEXT NOT NULL,
  reason    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (serial, place)
) WITHOUT ROWID;
CREATE INDEX imported_row_key ON imported_row (serial, payer, item, period);
