-- What format 4 has otherwise than format 3: the days of one key stand beside each other, so that an ask that names no day is
-- looked for on all of them at once.
CREATE TABLE flow_key_by_once (
  date       INTEGER NOT NULL,
  party      TEXT    NOT NULL,
  direction  INTEGER NOT NULL,         -- 0 the party asks us, 1 we ask
  once       BLOB    NOT NULL,
  flow       INTEGER,
  PRIMARY KEY (party, direction, once, date)
) STRICT, WITHOUT ROWID;
INSERT INTO flow_key_by_once SELECT date, party, direction, once, flow FROM flow_key ORDER BY party, direction, once, date;
DROP TABLE flow_key;
ALTER TABLE flow_key_by_once RENAME TO flow_key;
CREATE INDEX flow_cancelled ON flow_key (date) WHERE flow IS NULL;
