-- What an item of fixed prices sells, and what an order took of it at which price: a list may change after it was ordered from.
CREATE TABLE price (
  item    TEXT NOT NULL REFERENCES item (no),
  no      TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  name    TEXT NOT NULL,
  amount  INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (item, no)
) WITHOUT ROWID;

CREATE TABLE order_price (
  order_no  TEXT NOT NULL REFERENCES fee_order (no),
  no        TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  name      TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),       -- of one
  count     INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (order_no, no)
) WITHOUT ROWID;
