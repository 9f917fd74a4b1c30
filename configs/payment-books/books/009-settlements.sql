-- What a settlement was made of, item by item; the days that it covers; what a merchant's clerk remarked of a bill.
CREATE TABLE settlement_item (
  day         TEXT NOT NULL,
  merchant    TEXT NOT NULL REFERENCES merchant (no),
  item        TEXT NOT NULL REFERENCES item (no),
  count       INTEGER NOT NULL,
  amount      INTEGER NOT NULL,
  back_count  INTEGER NOT NULL,
  refunded    INTEGER NOT NULL,
  fee         INTEGER NOT NULL,
  PRIMARY KEY (day, merchant, item)
) WITHOUT ROWID;

ALTER TABLE settlement ADD COLUMN since TEXT;
UPDATE settlement SET since = iif((SELECT cycle FROM merchant m WHERE m.no = settlement.merchant) = 'monthly', substr(day, 1, 8) || '01', day);

ALTER TABLE imported_row ADD COLUMN remark TEXT NOT NULL DEFAULT '';
ALTER TABLE bill ADD COLUMN remark TEXT NOT NULL DEFAULT '';
