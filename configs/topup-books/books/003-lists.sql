-- What the platform's lists of days say.
CREATE TABLE listed (
  no     TEXT NOT NULL,
  day    TEXT NOT NULL,
  state  TEXT NOT NULL,
  price  INTEGER NOT NULL,
  PRIMARY KEY (day, no)
) WITHOUT ROWID;
CREATE INDEX listed_no ON listed (no);
