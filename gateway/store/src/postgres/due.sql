-- What format 5 has otherwise than format 4: what an earlier outbox gave up is owed still, and found where it is due.
DROP INDEX notice_due;
CREATE INDEX notice_due ON notice (due) WHERE outcome <> 1;
