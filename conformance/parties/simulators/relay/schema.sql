-- What a relay keeps of transfers, and of those whom it knows.
CREATE TABLE system (
  last_number  INTEGER NOT NULL,
  without_key  INTEGER NOT NULL
);

CREATE TABLE payee (
  name  TEXT PRIMARY KEY
);

CREATE TABLE transfer (
  number  TEXT PRIMARY KEY,
  serial  TEXT NOT NULL,
  payee   TEXT NOT NULL,
  amount  INTEGER NOT NULL,
  state   TEXT NOT NULL
);
