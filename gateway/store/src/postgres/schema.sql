-- The journal in PostgreSQL, format 1: the same tables as schema.sql and parameters.sql, where it stands what they mean.
-- Texts compare by their octets, as SQLite's do.

-- Who writes: a node, under an epoch, until a moment of the server's clock (0: given back). `backend` and `since` name
-- the session it writes by, so that whoever takes over can end it.
CREATE TABLE holder (
  only_one   BIGINT PRIMARY KEY CHECK (only_one = 1),
  node       TEXT COLLATE "C" NOT NULL,
  epoch      BIGINT NOT NULL,
  oldest     BIGINT NOT NULL,
  until      BIGINT NOT NULL,
  backend    BIGINT NOT NULL,
  since      BIGINT NOT NULL
);

CREATE TABLE journal (
  sequence   BIGINT PRIMARY KEY,
  node       TEXT COLLATE "C" NOT NULL,
  date       BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  entries    BYTEA    NOT NULL,
  hash       BYTEA    NOT NULL
);

CREATE TABLE chain_head (
  node       TEXT COLLATE "C" NOT NULL,
  date       BIGINT NOT NULL,
  sequence   BIGINT NOT NULL,
  hash       BYTEA    NOT NULL,
  PRIMARY KEY (node, date)
);

CREATE TABLE flow_key (
  date       BIGINT NOT NULL,
  party      TEXT COLLATE "C" NOT NULL,
  direction  BIGINT NOT NULL,
  once       BYTEA    NOT NULL,
  flow       BIGINT,
  PRIMARY KEY (date, party, direction, once)
);

CREATE TABLE flow (
  flow       BIGINT PRIMARY KEY,
  name       TEXT COLLATE "C" NOT NULL,
  parent     BIGINT,
  row        BIGINT,
  date       BIGINT NOT NULL,
  party      TEXT COLLATE "C" NOT NULL,
  direction  BIGINT NOT NULL,
  once       BYTEA    NOT NULL,
  digest     BYTEA    NOT NULL,
  asked      BYTEA    NOT NULL,
  version    BYTEA    NOT NULL,
  opened     BIGINT NOT NULL,
  state      BYTEA    NOT NULL,
  ended      BIGINT NOT NULL,
  wake       BIGINT,
  answer     BYTEA,
  changed    BIGINT NOT NULL
);
CREATE INDEX flow_open   ON flow (flow) WHERE ended = 0;
CREATE INDEX flow_date   ON flow (date);
CREATE INDEX flow_parent ON flow (parent, row) WHERE parent IS NOT NULL;

CREATE TABLE operation (
  number     BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  flow       BIGINT NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  party      TEXT COLLATE "C" NOT NULL,
  call       TEXT COLLATE "C" NOT NULL,
  date       BIGINT NOT NULL,
  serial     TEXT COLLATE "C" NOT NULL,
  amount     BIGINT,
  request    BYTEA,
  asked      BYTEA,
  opened     BIGINT NOT NULL,
  began      BIGINT NOT NULL,
  state      BIGINT NOT NULL
);
CREATE UNIQUE INDEX operation_name ON operation (flow, name);
CREATE INDEX operation_serial ON operation (date, party, serial);
CREATE INDEX operation_stuck  ON operation (number) WHERE state IN (8, 9);

CREATE TABLE operation_change (
  number     BIGINT NOT NULL,
  place      BIGINT NOT NULL,
  state      BIGINT NOT NULL,
  copies     BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  reply      BYTEA,
  answered   BYTEA,
  PRIMARY KEY (number, place)
);

CREATE TABLE found_by (
  name       TEXT COLLATE "C" NOT NULL,
  hash       BYTEA    NOT NULL,
  number     BIGINT NOT NULL,
  PRIMARY KEY (name, hash, number)
);

CREATE TABLE flow_found_by (
  name       TEXT COLLATE "C" NOT NULL,
  hash       BYTEA    NOT NULL,
  flow       BIGINT NOT NULL,
  PRIMARY KEY (name, hash, flow)
);

CREATE TABLE event (
  flow       BIGINT NOT NULL,
  place      BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  body       BYTEA    NOT NULL,
  PRIMARY KEY (flow, place)
);

CREATE TABLE limit_use (
  name       TEXT COLLATE "C" NOT NULL,
  day        BIGINT NOT NULL,
  used       BIGINT NOT NULL CHECK (used >= 0),
  PRIMARY KEY (day, name)
);
CREATE TABLE limit_hold (
  flow       BIGINT NOT NULL,
  operation  TEXT COLLATE "C" NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  day        BIGINT NOT NULL,
  amount     BIGINT NOT NULL,
  PRIMARY KEY (flow, operation, name, day)
);

CREATE TABLE notice (
  flow       BIGINT NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  party      TEXT COLLATE "C" NOT NULL,
  call       TEXT COLLATE "C" NOT NULL,
  body       BYTEA    NOT NULL,
  tries      BIGINT NOT NULL,
  outcome    BIGINT NOT NULL,
  due        BIGINT NOT NULL,
  PRIMARY KEY (flow, name)
);
CREATE INDEX notice_due ON notice (due) WHERE outcome = 0;

CREATE TABLE counter (
  party      TEXT COLLATE "C" NOT NULL,
  date       BIGINT NOT NULL,
  next       BIGINT NOT NULL,
  PRIMARY KEY (party, date)
);

CREATE TABLE refused_input (
  place      BIGINT PRIMARY KEY,
  at         BIGINT NOT NULL,
  link       TEXT COLLATE "C" NOT NULL,
  peer       TEXT COLLATE "C" NOT NULL,
  fault      TEXT COLLATE "C" NOT NULL,
  head       BYTEA    NOT NULL,
  count      BIGINT NOT NULL
);
CREATE INDEX refused_at ON refused_input (at);

CREATE TABLE session (
  party      TEXT COLLATE "C" NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  body       BYTEA    NOT NULL,
  until      BIGINT,
  PRIMARY KEY (party, name)
);

CREATE TABLE schedule (
  party      TEXT COLLATE "C" NOT NULL,
  job        TEXT COLLATE "C" NOT NULL,
  last_run   BIGINT NOT NULL,
  day        BIGINT NOT NULL,
  PRIMARY KEY (party, job)
);

CREATE TABLE file (
  party      TEXT COLLATE "C" NOT NULL,
  direction  BIGINT NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  flow       BIGINT,
  digest     BYTEA    NOT NULL,
  phase      TEXT COLLATE "C" NOT NULL,
  next_row   BIGINT NOT NULL,
  total_rows BIGINT NOT NULL,
  state      BYTEA    NOT NULL,
  PRIMARY KEY (party, direction, name)
);
CREATE INDEX file_flow ON file (flow);
CREATE INDEX file_open ON file (party, direction, name) WHERE phase <> 'ended';

CREATE TABLE once (
  scope      TEXT COLLATE "C" NOT NULL,
  name       BYTEA    NOT NULL,
  until      BIGINT NOT NULL,
  PRIMARY KEY (scope, name)
);

CREATE TABLE version (
  hash       BYTEA    PRIMARY KEY,
  source     BYTEA    NOT NULL
);

CREATE TABLE parameter_change (
  number      BIGINT PRIMARY KEY,
  party       TEXT COLLATE "C" NOT NULL,
  member      TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL,
  old         TEXT COLLATE "C" NOT NULL,
  new         TEXT COLLATE "C" NOT NULL,
  from_day    BIGINT NOT NULL,
  proposed_by TEXT COLLATE "C" NOT NULL,
  reason      TEXT COLLATE "C" NOT NULL,
  at          BIGINT NOT NULL
);
CREATE TABLE parameter_decision (
  number      BIGINT PRIMARY KEY,
  agreed      BIGINT NOT NULL,
  decided_by  TEXT COLLATE "C" NOT NULL,
  reason      TEXT COLLATE "C" NOT NULL,
  at          BIGINT NOT NULL
);
