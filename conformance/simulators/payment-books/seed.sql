-- The school of the published example with 400 pupils and two bills each, a property company whose bills may be paid in parts, a water
-- company that takes any amount, one merchant that is paused and one that nobody has checked yet.
INSERT INTO merchant (no, name, short_name, kind, area, branch, account, maker, made, checker, checked) VALUES
  ('100001', '示例市第一中学', '一中', 'school', '441900', '0101', '3600000000000000081', 'ZJ0001', '2026-08-01T09:00:00', 'ZJ0002', '2026-08-01T10:00:00'),
  ('100002', '示例花园物业', '花园物业', 'property', '441900', '0101', '3600000000000000082', 'ZJ0001', '2026-08-01T09:00:00', 'ZJ0002', '2026-08-01T10:00:00'),
  ('100003', '示例自来水', '自来水', 'water', '441901', '0102', '3600000000000000083', 'ZJ0001', '2026-08-01T09:00:00', 'ZJ0002', '2026-08-01T10:00:00'),
  ('100004', '示例已停商户', '已停', 'other', '441900', '0101', '3600000000000000083', 'ZJ0001', '2026-08-01T09:00:00', 'ZJ0002', '2026-08-01T10:00:00');
UPDATE merchant SET state = 'paused' WHERE no = '100004';
INSERT INTO merchant (no, name, short_name, kind, area, branch, account, state, maker, made) VALUES
  ('100005', '示例新商户', '新商户', 'other', '441900', '0101', '3600000000000000083', 'waiting', 'ZJ0001', '2026-11-20T09:00:00');

INSERT INTO fee_plan (plan, seq, own, upto, rate, least, most, percent) VALUES
  ('payer', 1, 1, 99999999, 10, 50, 5000, 100), ('payer', 1, 0, 99999999, 60, 100, 10000, 100),
  ('merchant', 1, 1, 99999999, 20, 0, 5000, 100), ('merchant', 1, 0, 99999999, 60, 0, 10000, 100);

INSERT INTO item (no, merchant, product, name, mode, least, most, day_most, fee_payer, plan, ways, opens, closes, notice, maker, made, checker, checked) VALUES
  ('4001000-01', '100001', '4001000', '学杂费', 'bill', 1, 5000000, 10000000, 'merchant', 'merchant', '["01","02","03","04"]', '2026-08-01', '2027-07-31', '请核对姓名与学号', 'ZJ0001', '2026-08-01', 'ZJ0002', '2026-08-01'),
  ('4001000-02', '100001', '4001000', '校服费', 'bill', 1, 100000, 200000, 'merchant', 'merchant', '["01"]', '2026-08-01', '2026-09-30', '', 'ZJ0001', '2026-08-01', 'ZJ0002', '2026-08-01'),
  ('4002000-01', '100002', '4002000', '物业费', 'part', 1, 2000000, 4000000, 'payer', 'payer', '["01"]', '2026-01-01', '2027-12-31', '', 'ZJ0001', '2026-08-01', 'ZJ0002', '2026-08-01'),
  ('4003000-01', '100003', '4003000', '水费预存', 'free', 1000, 100000, 150000, 'merchant', 'merchant', '["01","03"]', '2026-01-01', '2027-12-31', '', 'ZJ0001', '2026-08-01', 'ZJ0002', '2026-08-01');
INSERT INTO item_key (item, seq, name, label, kind, length) VALUES
  ('4001000-01', 1, 'payerNo', '学号', 'digits', 32), ('4001000-01', 2, 'name', '姓名', 'text', 40),
  ('4001000-02', 1, 'payerNo', '学号', 'digits', 32), ('4001000-02', 2, 'name', '姓名', 'text', 40),
  ('4002000-01', 1, 'payerNo', '户号', 'text', 32), ('4003000-01', 1, 'payerNo', '户号', 'text', 32);

INSERT INTO payer (merchant, no, name, id_no, phone, class) VALUES ('100001', '20180001234', '王小明', '441900200801011234', '13800001234', '高三1班');
INSERT INTO payer (merchant, no, name, id_no, phone, class)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
  SELECT '100001', printf('2018%07d', 1000000 + n), printf('客户%05d', n), printf('44190019900101%04d', n), printf('138%08d', n), printf('高%d班', n % 9) FROM n;
INSERT INTO payer (merchant, no, name)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
  SELECT '100002', printf('W%05d', n), printf('客户%05d', n) FROM n UNION ALL SELECT '100003', printf('S%05d', n), printf('客户%05d', n) FROM n;

INSERT INTO bill (no, merchant, item, payer, period, title, amount, deadline, batch) VALUES
  ('202608010000000123', '100001', '4001000-01', '20180001234', '2026秋', '学费', 250000, '2026-12-31', '2026080100');
INSERT INTO bill (no, merchant, item, payer, period, title, amount, deadline, batch)
  SELECT '20260801' || no, merchant, '4001000-01', no, '2026秋', '学费', 250000 + (substr(no, -3) + 0) * 100, '2026-12-31', '2026080101' FROM payer WHERE merchant = '100001' AND no <> '20180001234';
INSERT INTO bill (no, merchant, item, payer, period, title, amount, deadline, batch)
  SELECT '20260802' || no, merchant, '4001000-01', no, '2026秋餐', '餐费', 60000, '2026-12-31', '2026080102' FROM payer WHERE merchant = '100001' AND no <> '20180001234';
-- Overdue by 23 days, at five of ten thousand a day.
INSERT INTO bill (no, merchant, item, payer, period, title, amount, rate, deadline, batch)
  SELECT '20261001' || no, merchant, '4002000-01', no, '202610', '物业费', 20000, 5, '2026-10-31', '2026100100' FROM payer WHERE merchant = '100002';

-- A university with a system of its own.
INSERT INTO merchant (no, name, short_name, kind, area, branch, account, remote, third_refund, third_check, maker, made, checker, checked) VALUES
  ('100006', '示例理工大学', '理工', 'university', '441900', '0101', '3600000000000000081', 1, 1, 1, 'ZJ0001', '2026-08-01T09:00:00', 'ZJ0002', '2026-08-01T10:00:00');
INSERT INTO item (no, merchant, product, name, mode, least, most, day_most, fee_payer, plan, ways, opens, closes, notice, maker, made, checker, checked) VALUES
  ('4001000-06', '100006', '4001000', '学费', 'bill', 1, 5000000, 10000000, 'merchant', 'merchant', '["01"]', '2026-08-01', '2027-07-31', '', 'ZJ0001', '2026-08-01', 'ZJ0002', '2026-08-01');
INSERT INTO item_key (item, seq, name, label, kind, length) VALUES ('4001000-06', 1, 'payerNo', '学号', 'digits', 32);

-- A water company that sells meters and visits at fixed prices.
INSERT INTO item (no, merchant, product, name, mode, least, most, day_most, fee_payer, plan, ways, opens, closes, notice, maker, made, checker, checked) VALUES
  ('4003000-02', '100003', '4003000', '水表服务', 'priced', 1, 200000, 300000, 'merchant', 'merchant', '["01"]', '2026-01-01', '2027-12-31', '', 'ZJ0001', '2026-08-01', 'ZJ0002', '2026-08-01');
INSERT INTO item_key (item, seq, name, label, kind, length) VALUES ('4003000-02', 1, 'payerNo', '户号', 'text', 32);
INSERT INTO price (item, no, seq, name, amount) VALUES ('4003000-02', 'SB15', 1, '水表 15 毫米', 12800), ('4003000-02', 'SB20', 2, '水表 20 毫米', 16500), ('4003000-02', 'SMFW', 3, '上门服务', 3000);
