-- What a desk keeps of the lists that it was given.
CREATE TABLE list (
  batch  TEXT NOT NULL,
  file   TEXT NOT NULL,
  count  INTEGER NOT NULL,
  total  INTEGER NOT NULL
);

CREATE TABLE entry (
  batch   TEXT NOT NULL,
  name    TEXT NOT NULL,
  amount  INTEGER NOT NULL
);
