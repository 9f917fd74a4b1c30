-- Orders of WeChat with who paid them, and what was given back. Amounts are fen.

CREATE TABLE system (
  only_one  INTEGER PRIMARY KEY CHECK (only_one = 1),
  serial    INTEGER NOT NULL DEFAULT 0,
  quiet     INTEGER NOT NULL DEFAULT 0,                -- 1: nobody is told of anything
  slow      INTEGER NOT NULL DEFAULT 0,                -- 1: a refund is under way until it is asked for
  platform  TEXT NOT NULL DEFAULT '5C1E8B3F7A9024D60000000000000000000000B1'  -- of the certificate that is signed with
);

CREATE TABLE trade (
  no         TEXT PRIMARY KEY,                         -- of the merchant
  prepay     TEXT NOT NULL,
  way        TEXT NOT NULL,                            -- wechat_page wechat_code
  openid     TEXT,
  goods      TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount > 0),
  expires    TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'waiting',          -- waiting paid closed
  number     TEXT UNIQUE,                              -- of WeChat, once it is paid
  paid_at    TEXT,
  told       INTEGER NOT NULL DEFAULT 0,
  tries      INTEGER NOT NULL DEFAULT 0,
  next_try   TEXT
) WITHOUT ROWID;

CREATE TABLE refund (
  no      TEXT PRIMARY KEY,                            -- of the merchant
  number  TEXT NOT NULL UNIQUE,
  trade   TEXT NOT NULL REFERENCES trade (no),
  amount  INTEGER NOT NULL CHECK (amount > 0),
  at      TEXT NOT NULL,
  state   TEXT NOT NULL DEFAULT 'done'                 -- done unknown (under way) other (closed)
) WITHOUT ROWID;
CREATE INDEX refund_trade ON refund (trade);

-- Where the bill of a day may be fetched, for five minutes.
CREATE TABLE statement (
  token  TEXT PRIMARY KEY,
  day    TEXT NOT NULL,
  at     TEXT NOT NULL
) WITHOUT ROWID;

-- The bill of a day as it is downloaded, without its line of names.
CREATE VIEW bill_row (day, at, settled, refunded, fee, total, line) AS
  SELECT date(t.paid_at), t.paid_at, t.amount, 0, t.amount * 6 / 1000, t.amount,
         printf('`%s,`wx2421b1c4370ec43b,`1900000109,`,`,`%s,`%s,`%s,`%s,`SUCCESS,`OTHERS,`CNY,`%d.%02d,`0.00,`0,`0,`0.00,`0.00,`,`,`%s,`,`%d.%02d,`0.60%%,`%d.%02d,`0.00,`',
           replace(t.paid_at, 'T', ' '), t.number, t.no, coalesce(t.openid, ''), iif(t.way = 'wechat_page', 'JSAPI', 'NATIVE'), t.amount / 100, t.amount % 100, t.goods,
           t.amount * 6 / 1000 / 100, t.amount * 6 / 1000 % 100, t.amount / 100, t.amount % 100)
  FROM trade t WHERE t.state = 'paid'
  UNION ALL
  SELECT date(r.at), r.at, 0, r.amount, -(r.amount * 6 / 1000), 0,
         printf('`%s,`wx2421b1c4370ec43b,`1900000109,`,`,`%s,`%s,`%s,`%s,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`%s,`%s,`%d.%02d,`0.00,`ORIGINAL,`SUCCESS,`%s,`,`-%d.%02d,`0.60%%,`0.00,`%d.%02d,`',
           replace(r.at, 'T', ' '), t.number, t.no, coalesce(t.openid, ''), iif(t.way = 'wechat_page', 'JSAPI', 'NATIVE'), r.number, r.no, r.amount / 100, r.amount % 100, t.goods,
           r.amount * 6 / 1000 / 100, r.amount * 6 / 1000 % 100, r.amount / 100, r.amount % 100)
  FROM refund r JOIN trade t ON t.no = r.trade WHERE r.state = 'done';

CREATE VIEW bill (day, text) AS
  SELECT day, char(65279) || '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
         || char(13, 10) || group_concat(line, char(13, 10) ORDER BY at, line) || char(13, 10)
         || '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额' || char(13, 10)
         || printf('`%d,`%d.%02d,`%d.%02d,`0.00,`%s%d.%02d,`%d.%02d,`%d.%02d', count(*), sum(settled) / 100, sum(settled) % 100, sum(refunded) / 100, sum(refunded) % 100,
              iif(sum(fee) < 0, '-', ''), abs(sum(fee)) / 100, abs(sum(fee)) % 100, sum(total) / 100, sum(total) % 100, sum(refunded) / 100, sum(refunded) % 100)
         || char(13, 10)
  FROM bill_row GROUP BY day;
