-- What a merchant knows of its payers beyond number, name and class; each of it may be asked of who wants to see a bill.
ALTER TABLE payer ADD COLUMN extra1 TEXT NOT NULL DEFAULT '';
ALTER TABLE payer ADD COLUMN extra2 TEXT NOT NULL DEFAULT '';
ALTER TABLE payer ADD COLUMN extra3 TEXT NOT NULL DEFAULT '';
ALTER TABLE payer ADD COLUMN extra4 TEXT NOT NULL DEFAULT '';
ALTER TABLE payer ADD COLUMN extra5 TEXT NOT NULL DEFAULT '';
