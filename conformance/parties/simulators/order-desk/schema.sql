-- What the order desk knows: securities with their limits, orders, what of them was done.
CREATE TABLE security (symbol TEXT PRIMARY KEY, price TEXT NOT NULL, limit_ INTEGER NOT NULL);
CREATE TABLE placed (number TEXT PRIMARY KEY, report TEXT NOT NULL UNIQUE, symbol TEXT NOT NULL, side TEXT NOT NULL, quantity INTEGER NOT NULL, done INTEGER NOT NULL, price TEXT NOT NULL, note TEXT, again INTEGER);
-- Who logged on and off, in order.
CREATE TABLE logged (place INTEGER PRIMARY KEY, what TEXT NOT NULL);
-- What became of each telling of an allocation, and the serial that the other side gave it.
CREATE TABLE allocated (place INTEGER PRIMARY KEY, number TEXT NOT NULL, outcome TEXT NOT NULL, ours TEXT);
-- The last serial of an answer, and how often the other side said that it is there.
CREATE TABLE system (last_serial INTEGER NOT NULL, beats INTEGER NOT NULL);
