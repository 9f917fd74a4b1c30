-- Whose account may be debited for a product without a password each time, for one payer or for any.
CREATE TABLE sign (
  agreement  TEXT PRIMARY KEY,
  product    TEXT NOT NULL,
  account    TEXT NOT NULL,
  user_no    TEXT NOT NULL DEFAULT '',                 -- of the payer; empty: any
  business   TEXT NOT NULL DEFAULT '',                 -- number at the channel
  state      TEXT NOT NULL DEFAULT 'open',             -- open closed
  opened     TEXT NOT NULL,
  closed     TEXT
) WITHOUT ROWID;
CREATE INDEX sign_account ON sign (product, account, user_no);
CREATE INDEX sign_user ON sign (product, user_no);
CREATE INDEX sign_business ON sign (business, user_no);
