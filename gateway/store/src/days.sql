-- What format 3 has beside format 2: how old days end.
-- The earliest and the latest chain that something of a flow stands in; the latest also not before the date of its key and
-- the days of its holds. A flow is forgotten with its last day. First 0: something of it stands in the chain of no date.
ALTER TABLE flow ADD COLUMN first_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow ADD COLUMN last_day INTEGER NOT NULL DEFAULT 0;
CREATE INDEX flow_first ON flow (first_day);
CREATE INDEX flow_last  ON flow (last_day);
-- The chain that the row was written in.
ALTER TABLE operation_change ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
CREATE INDEX journal_date    ON journal (date, sequence);
CREATE INDEX flow_cancelled  ON flow_key (date) WHERE flow IS NULL;
CREATE INDEX found_number    ON found_by (number);
CREATE INDEX flow_found_flow ON flow_found_by (flow);

-- Days whose keys are refused. heads: digest over the last hashes of its chains, which stay in chain_head. gone: rows and
-- chain are taken out, not only on their way.
CREATE TABLE forgotten (
  date       INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  by_whom    TEXT    NOT NULL,
  heads      BLOB    NOT NULL,
  export     TEXT,
  sha256     BLOB,
  gone       INTEGER NOT NULL
) STRICT;
