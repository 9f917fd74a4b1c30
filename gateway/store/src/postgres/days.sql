-- What format 2 has beside format 1: how old days end, and partitions by business date for what grows by the packet. The
-- meaning of the columns stands in `days.sql` of the embedded store.
ALTER TABLE flow ADD COLUMN first_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flow ADD COLUMN last_day BIGINT NOT NULL DEFAULT 0;
CREATE INDEX flow_first ON flow (first_day);
CREATE INDEX flow_last  ON flow (last_day);
CREATE INDEX flow_cancelled  ON flow_key (date) WHERE flow IS NULL;
CREATE INDEX found_number    ON found_by (number);
CREATE INDEX flow_found_flow ON flow_found_by (flow);

CREATE TABLE forgotten (
  date       BIGINT PRIMARY KEY,
  at         BIGINT NOT NULL,
  by_whom    TEXT COLLATE "C" NOT NULL,
  heads      BYTEA  NOT NULL,
  export     TEXT COLLATE "C",
  sha256     BYTEA,
  gone       BIGINT NOT NULL
);

ALTER TABLE journal RENAME TO journal_before;
ALTER TABLE operation_change RENAME TO operation_change_before;
ALTER TABLE event RENAME TO event_before;
CREATE TABLE journal (
  sequence   BIGINT NOT NULL,
  node       TEXT COLLATE "C" NOT NULL,
  date       BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  entries    BYTEA    NOT NULL,
  hash       BYTEA    NOT NULL,
  PRIMARY KEY (sequence, date)
) PARTITION BY LIST (date);
CREATE TABLE operation_change (
  number     BIGINT NOT NULL,
  place      BIGINT NOT NULL,
  state      BIGINT NOT NULL,
  copies     BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  reply      BYTEA,
  answered   BYTEA,
  day        BIGINT NOT NULL,
  PRIMARY KEY (number, place, day)
) PARTITION BY LIST (day);
CREATE TABLE event (
  flow       BIGINT NOT NULL,
  place      BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  body       BYTEA    NOT NULL,
  day        BIGINT NOT NULL,
  PRIMARY KEY (flow, place, day)
) PARTITION BY LIST (day);
