-- A hundred thousand yuan left of what was paid in; receivers of which each has another fate; an order of before, whose vouchers are used and expired.
INSERT INTO system (only_one, funds) VALUES (1, 10005000);
INSERT INTO goods (no, name, face, price, kind, stock, days) VALUES
  ('WN0001', '咖啡券', 3000, 2500, 'code_pwd', 500, 90), ('WN0002', '电影券', 5000, 3500, 'code_', 500, 60), ('WN0003', '视频会员月卡', 2500, 2000, 'topup', 500, 30),
  ('WN0004', '礼品链接', 10000, 9000, 'url', 500, 30), ('WN0005', '面包券', 2000, 1500, 'code_', 1, 7), ('WN0006', '停售券', 2000, 1500, 'code_', 10, 30);
INSERT INTO goods (no, name, face, price, kind, stock, days, begins, ends) VALUES ('WN0007', '月饼券', 6000, 5000, 'code_', 500, 30, '2026-08-01T00:00:00', '2026-09-30T23:59:59');
-- Further goods, so that they fill more than a page; the bank sells none of them.
INSERT INTO goods (no, name, face, price, kind, stock, days)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 18) SELECT printf('WN01%02d', n), '礼品链接 ' || n, 1000 * n, 900 * n, 'url', 100, 30 FROM n;
INSERT INTO receiver (mobile, fate) VALUES
  ('13800001001', '1001'), ('13800001002', '1002'), ('13800001003', '1003'), ('13800001004', '1004'), ('13800001005', '1005'),
  ('13800002001', '2001'), ('13800002002', '2002'), ('13800002003', '2003'), ('13800002004', '2004'), ('13800002005', '2005'),
  ('13800009001', '9001'), ('13800009999', '9999'), ('13800000001', 'processing'), ('13800000002', 'stuck'), ('13800000003', 'fail'), ('13800000004', 'part'), ('13800000005', 'refused'), ('13800000006', 'closed'),
  ('13800002006', 'twice'), ('13800000007', 'short');
INSERT INTO purchase (no, wn_no, goods, num, mobile, total, state, made, finished, told) VALUES
  ('KQ20260801000000000001', 'WN202608010000001', 'WN0001', 2, '13812340001', 5000, 'success', '2026-08-01T10:00:00', '2026-08-01T10:00:00', 1);
INSERT INTO voucher (no, password, order_no, begins, ends, state, used) VALUES
  ('8801000010000001', '111111', 'KQ20260801000000000001', '2026-08-01', '2026-10-30', 'used', '2026-09-01T12:00:00'),
  ('8801000010000002', '222222', 'KQ20260801000000000001', '2026-08-01', '2026-10-30', 'expired', NULL);
