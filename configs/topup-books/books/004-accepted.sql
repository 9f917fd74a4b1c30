-- Orders of a batch that were rejected under a code that proves nothing.

ALTER TABLE topup_order ADD COLUMN accepted INTEGER NOT NULL DEFAULT 1;  -- 0: whether the platform has it is not known
