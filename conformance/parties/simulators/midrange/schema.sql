-- What the core keeps of its customers.
CREATE TABLE system (
  last_number  INTEGER NOT NULL
);

CREATE TABLE customer (
  account  TEXT PRIMARY KEY,
  number   TEXT NOT NULL,
  name     TEXT NOT NULL,
  brief    TEXT NOT NULL,
  title    TEXT,
  address  TEXT NOT NULL,
  most     INTEGER NOT NULL
);
