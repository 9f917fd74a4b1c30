-- What format 3 has otherwise than format 2: the days of one key stand beside each other, so that an ask that names no day is
-- looked for on all of them at once.
ALTER TABLE flow_key DROP CONSTRAINT flow_key_pkey, ADD PRIMARY KEY (party, direction, once, date);
