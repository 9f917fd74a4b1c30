-- What a client of the room has ordered, and what was allocated to it.
CREATE TABLE ordered (number TEXT PRIMARY KEY, symbol TEXT NOT NULL, quantity INTEGER NOT NULL, outcome TEXT, "order" TEXT);
CREATE TABLE allocated (number TEXT PRIMARY KEY, "order" TEXT NOT NULL, quantity INTEGER NOT NULL, times INTEGER NOT NULL);
-- The last serial of an answer; how often the room said that it is there, and that it logs off; how it took the client's leave.
CREATE TABLE system (last_serial INTEGER NOT NULL, beats INTEGER NOT NULL, offs INTEGER NOT NULL, left_ TEXT);
