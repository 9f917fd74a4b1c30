-- What the laboratory knows: patients by each of their numbers, and what was ordered.
CREATE TABLE patient (kind TEXT NOT NULL, value TEXT NOT NULL, name TEXT NOT NULL, birth TEXT NOT NULL, sex TEXT NOT NULL, PRIMARY KEY (kind, value));
CREATE TABLE examination (code TEXT PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE ordered (number TEXT PRIMARY KEY, filler TEXT NOT NULL UNIQUE, code TEXT NOT NULL REFERENCES examination, notes INTEGER NOT NULL, control TEXT NOT NULL);
CREATE TABLE system (last_serial INTEGER NOT NULL);
