-- Changes of parameters, proposed by one person and decided by another; never changed after that, never taken out.
CREATE TABLE parameter_change (
  number      INTEGER PRIMARY KEY,
  party       TEXT    NOT NULL,
  member      TEXT    NOT NULL,         -- '' where the parameter is the module's own
  name        TEXT    NOT NULL,
  old         TEXT    NOT NULL,
  new         TEXT    NOT NULL,
  from_day    INTEGER NOT NULL,
  proposed_by TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE TABLE parameter_decision (
  number      INTEGER PRIMARY KEY,
  agreed      INTEGER NOT NULL,         -- 0 refused, 1 agreed
  decided_by  TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
