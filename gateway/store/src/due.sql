-- What format 6 has otherwise than format 5: what an earlier outbox gave up is owed still, and found where it is due.
DROP INDEX notice_due;
CREATE INDEX notice_due ON notice (due) WHERE outcome <> 1;
