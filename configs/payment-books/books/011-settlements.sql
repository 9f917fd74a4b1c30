-- A settlement takes what it pays, so that it is paid once, and what was not settled in its evening goes with the next: what failed at the core, what
-- was held, and days on which more went back than was paid.
ALTER TABLE settlement ADD COLUMN why TEXT;
ALTER TABLE settlement ADD COLUMN began TEXT;                                -- serial under which it began
ALTER TABLE fee_order ADD COLUMN settlement TEXT;                            -- day of the settlement that has it
ALTER TABLE refund ADD COLUMN settlement TEXT;
UPDATE fee_order SET settlement = (SELECT t.day FROM settlement t WHERE t.merchant = fee_order.merchant AND t.state = 'settled' AND fee_order.day BETWEEN t.since AND t.day);
UPDATE refund SET settlement = (SELECT t.day FROM settlement t JOIN fee_order o ON o.no = refund.order_no AND o.merchant = t.merchant
  WHERE t.state = 'settled' AND refund.day BETWEEN t.since AND t.day);
CREATE INDEX fee_order_settlement ON fee_order (merchant, settlement, day);
CREATE INDEX refund_settlement ON refund (settlement, day);

-- Merchants whose settlement people hold.
CREATE TABLE settlement_hold (
  merchant  TEXT NOT NULL REFERENCES merchant (no),
  held      TEXT NOT NULL,
  why       TEXT NOT NULL,
  maker     TEXT NOT NULL,
  released  TEXT,
  releaser  TEXT,
  PRIMARY KEY (merchant, held)
) WITHOUT ROWID;
