-- 10,000 customers with 10,000.00 each, some in special states, a centre with 10,000,000.00, the bank's own accounts,
-- and the entry that all of it comes from.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO account (acct, name, internal, kind) VALUES
  ('9990000000000000000', '现金', 1, '07'),
  ('9990000000000000001', '代收电费待清算款项', 1, '07'),
  ('9990000000000000002', '校园卡待清算款项', 1, '07'),
  ('9990000000000000003', '公积金待清算款项', 1, '07'),
  ('9990000000000000004', '代收付待清算款项', 1, '07'),
  ('9990000000000000005', '手续费收入', 1, '07'),
  ('9990000000000000006', '监管资金待清算款项', 1, '07'),
  ('9990000000000000007', '非税待清算款项', 1, '07'),
  ('9990000000000000008', '互联网缴费待清算款项', 1, '07'),
  ('9990000000000000009', '控制扣划款项', 1, '07'),
  ('9990000000000000016', '应收支付网关与微信款', 1, '07'),
  ('9990000000000000010', '定期存款利息支出', 1, '07'),
  ('9990000000000000011', '监管资金跨行往来款项', 1, '07'),
  ('9990000000000000012', '待清算辖内往来款项', 1, '07'),
  ('9990000000000000013', '国库往来款项', 1, '07'),
  ('9990000000000000025', '饭卡充值待清算款项', 1, '07'),
  ('9990000000000000014', '博路电信待清算款项', 1, '07'),
  ('9990000000000000015', '商户划转待清算款项', 1, '07'),
  ('9990000000000000041', '售票待清算款项', 1, '07'),
  ('9990000000000000042', '银医待清算款项', 1, '07'),
  ('9990000000000000051', '联合贷款资金户', 1, '07'),
  ('9990000000000000052', '借呗清算户', 1, '07'),
  ('9990000000000000053', '微粒贷清算户', 1, '07'),
  ('9990000000000000071', '第三方存管待清算款项', 1, '07'),
  ('9990000000000000072', '存放同业平安银行', 1, '07'),
  ('9990000000000000060', '话费充值待清算款项', 1, '07'),
  ('9990000000000000061', '话费折扣与加价损益', 1, '07'),
  ('9990000000000000062', '卡券待清算款项', 1, '07'),
  ('9990000000000000063', '卡券营销费用', 1, '07'),
  ('9990000000000000064', '预付卡券供应商款项', 1, '07'),
  ('9990000000000000091', '流量充值待清算款项', 1, '07'),
  ('9990000000000000100', '微众金待清算款项', 1, '07'),
  ('9990000000000000101', '存放微众银行清算款项', 1, '07');

INSERT INTO account (acct, name, idno, phone, pin)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
  SELECT printf('6230580000%09d', n), printf('客户%05d', n), printf('44190019900101%04d', n % 10000),
         printf('138%08d', n), printf('%06d', n % 1000000)
  FROM n;

-- The account of the published examples, and one in each state that forbids.
INSERT INTO account (acct, name, idno, phone, pin) VALUES
  ('6230580000001234567', '王小明', '441900199001011234', '13800001234', '123456');
INSERT INTO account (acct, name, kind) VALUES
  ('800000000000000001', '测试公积金中心', '01'),
  ('6214000000000000002', '张测试', '02'),
  ('3600000000000000001', '示例物业公司', '01'),
  ('3600000000000000002', '示例水务公司', '01'),
  ('3600000000000000003', '示例制造公司', '01'),
  ('3600000000000000004', '示例燃气公司', '01'),
  ('3600000000000000005', '示例电信公司', '01'),
  ('800000000000000031', '测试维修资金专户', '01'),
  ('3600000000000000021', '测试市财政非税专户', '01'),
  ('3600000000000000031', '示例村经济联合社', '01'),
  ('3600000000000000032', '示例村第一经济合作社', '01'),
  ('3600000000000000051', '博路电信付款户', '01'),
  ('3600000000000000052', '博路电信结算户', '01'),
  ('3600000000000000053', '博路电信归集户', '01'),
  ('3600000000000000081', '示例市第一中学', '01'),
  ('3600000000000000082', '示例花园物业', '01'),
  ('3600000000000000083', '示例自来水', '01'),
  ('800000000000000021', '测试置业预售监管户', '01'),
  ('800000000000000022', '测试地产预售监管户', '01'),
  ('3600000000000000011', '示例建筑公司', '01'),
  ('3600000000000000061', '示例产业园餐饮公司', '01'),
  ('3600000000000000062', '示例职业技术学院', '01'),
  ('3600000000000000071', '示例机械公司', '01'),
  ('3600000000000000072', '示例物流公司', '01'),
  ('3600000000000000073', '示例纺织公司', '01');
UPDATE account SET watched = 1 WHERE acct IN ('800000000000000001', '3600000000000000031', '3600000000000000032',
  '3600000000000000051', '3600000000000000052', '3600000000000000053');
UPDATE account SET state = 'lost'    WHERE acct = '6230580000000009991';
UPDATE account SET state = 'frozen'  WHERE acct = '6230580000000009992';
UPDATE account SET state = 'stopped' WHERE acct = '6230580000000009993';
UPDATE account SET state = 'closed'  WHERE acct = '6230580000000009994';
UPDATE account SET state = 'dormant' WHERE acct = '6230580000000009995';

UPDATE account SET idno = '440000199001010000' WHERE acct = '6214000000000000002';
UPDATE account SET idno = '91441900MA50000' || substr(acct, -3) WHERE acct IN ('3600000000000000071', '3600000000000000072', '3600000000000000073');
-- The court's account at this bank, an account of a guarantee, and what one customer holds beside accounts.
INSERT INTO account (acct, name, kind, idno) VALUES
  ('3600000000000000008', '测试市中级人民法院执行款专户', '01', ''),
  ('6230580000000090001', '客户09001', '05', '441900199001019001');
INSERT INTO wealth (idno, prod, title, kind, acct, shares, value) VALUES
  ('441900199001019001', 'LC0001', '稳健理财一号', 'wealth', '8800000000000001', 500000, 510000);
INSERT INTO card (card, idno, name, acct, limit_, owed, billday, dueday, issued, expires) VALUES
  ('6225880000000090001', '441900199001019001', '客户09001', '6230580000000009001', 5000000, 123456, 5, 25, '2022-03-01', '2027-03');

INSERT INTO posting (number, call, cserial, day, time, amount, memo)
  SELECT 'HX20200102000000000000', 'opening', 'OPENING', '2020-01-02', '00:00:00',
         sum(iif(kind = '01', 1000000000, 1000000)), '开户'
  FROM account WHERE internal = 0;
INSERT INTO entry (posting, acct, side, amount)
  SELECT number, '9990000000000000000', 'D', amount FROM posting WHERE cserial = 'OPENING';
INSERT INTO entry (posting, acct, side, amount)
  SELECT 'HX20200102000000000000', acct, 'C', iif(kind = '01', 1000000000, 1000000) FROM account WHERE internal = 0;
UPDATE entry SET told = 1;

-- Zero-balance accounts, opened with nothing, of the treasury and of a unit; some quotas of the year; who looks after the unit.
INSERT INTO account (acct, name, kind) VALUES
  ('800000000000000009', '财政零余额账户', '01'),
  ('800000000000000041', '测试镇政府零余额账户', '01');
INSERT INTO budget_account (acct, area) VALUES ('800000000000000009', '441900'), ('800000000000000041', '441900');
INSERT INTO customer (acct, client, manager, phone, loans, owed) VALUES
  ('800000000000000041', 'C0000041', '李经理', '13800000041', 1, 500000000);

-- Lenders that the bank makes loans with.
INSERT INTO lender (name, rounding, quota, day_quota, decides, patience) VALUES
  ('jiebei_loan', 'floor', 100000000000, 500000000, 20000000, 1440),
  ('weilidai_loan', 'half_up', 100000000000, 500000000, 20000000, 30);

-- Bound to brokers since last week: persons 401 to 500 at the one, the third company at both.
INSERT INTO agreement (number, unit, userno, acct, once, month, begins, until)
  WITH RECURSIVE n (n) AS (SELECT 401 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
  SELECT printf('1052%07d', n), '10240000', '0', printf('6230580000%09d', n), 999999999999999, 999999999999999, '2026-11-20', '2099-12-31' FROM n
  UNION ALL SELECT '90520000073', column1, '1', '3600000000000000073', 999999999999999, 999999999999999, '2026-11-20', '2099-12-31'
  FROM (VALUES ('10240000'), ('10250000'));

-- Points: a thousand customers with 100,000 each, one with hardly any.
INSERT INTO points_account (client, gained)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
  SELECT printf('KH%08d', n), 10000000 FROM n;
UPDATE points_account SET gained = 500 WHERE client = 'KH00001000';
