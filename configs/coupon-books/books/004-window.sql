-- From when until when the supplier sells goods, and how they look.

ALTER TABLE goods ADD COLUMN begins TEXT;                                -- NULL: since ever
ALTER TABLE goods ADD COLUMN ends TEXT;                                  -- NULL: for ever
ALTER TABLE goods ADD COLUMN picture TEXT;
