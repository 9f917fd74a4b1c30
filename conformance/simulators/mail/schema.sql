-- Letters by their numbers; the papers enclosed in hex.
CREATE TABLE letter (
  number TEXT PRIMARY KEY,
  receiver TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
-- When a letter came that was not taken yet.
CREATE TABLE put_off (number TEXT NOT NULL, receiver TEXT NOT NULL, at TEXT NOT NULL) STRICT;
-- Addresses that there are not, and how often an address is not taken yet.
CREATE TABLE address (receiver TEXT PRIMARY KEY, gone INTEGER NOT NULL DEFAULT 0, later INTEGER NOT NULL DEFAULT 0) STRICT;
