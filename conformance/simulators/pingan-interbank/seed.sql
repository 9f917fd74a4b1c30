-- Two accounts of the bank, two brokers, five hundred persons with a capital account at the one and another at the other broker, and
-- three companies. Persons from 401 on and the third company are signed since last week. The password is 123456 everywhere.
INSERT INTO system (only_one, bank, total_limit, warn_line) VALUES (1, 'DRCB', 5000000000, 4000000000);

INSERT INTO nostro (acct, name, own, opening, balance) VALUES
  ('11014500000001', '测试农村商业银行', 1, 10000000000, 10000000000),
  ('11014500000009', '测试农村商业银行结算户', 1, 100000, 100000),
  ('11014500000002', '北城证券客户交易结算资金专户', 0, 0, 0),
  ('11014500000003', '南湾证券客户交易结算资金专户', 0, 0, 0);
INSERT INTO broker (code, name, acct) VALUES
  ('10240000', '北城证券', '11014500000002'),
  ('10250000', '南湾证券', '11014500000003');

INSERT INTO capital (broker, no, name, kind, id_kind, id_no, password, opening, balance)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
  SELECT b.code, printf('1052%07d', n), printf('客户%05d', n), 'person', 'identity_card', printf('44190019900101%04d', n),
         '123456', 5000000, 5000000
  FROM n JOIN broker b;
INSERT INTO capital (broker, no, name, kind, id_kind, id_no, password, opening, balance)
  SELECT b.code, printf('9052%07d', c.column1), c.column2, 'corporate', 'credit_code', printf('91441900MA50000%03d', c.column1),
         '123456', 0, 0
  FROM (VALUES (71, '示例机械公司'), (72, '示例物流公司'), (73, '示例纺织公司')) c JOIN broker b;
UPDATE capital SET state = 'normal', acct = printf('6230580000%09d', CAST(substr(no, 5) AS INTEGER))
  WHERE kind = 'person' AND broker = '10240000' AND no > '10520000400';
UPDATE capital SET state = 'normal', acct = '3600000000000000073' WHERE no = '90520000073';
-- One of them has nothing left at the broker.
UPDATE capital SET opening = 0, balance = 0 WHERE no = '10520000499';

INSERT INTO branch (code, name) VALUES ('0101', '测试农村商业银行营业部'), ('0102', '测试农村商业银行东城支行');

-- Twenty members of a market, who pay from 6230580000000000301 and so on.
INSERT INTO member (no, name, id_kind, id_no, acct, opening, balance)
  WITH RECURSIVE n (n) AS (SELECT 301 UNION ALL SELECT n + 1 FROM n WHERE n < 320)
  SELECT printf('1101450%07d', n), printf('客户%05d', n), 'identity_card', printf('44190019900101%04d', n), printf('6230580000%09d', n), 100000, 100000 FROM n;
