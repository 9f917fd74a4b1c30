-- The customer of the published examples, and 9,999 others with up to four months owed.
INSERT INTO system (only_one, last_peer) VALUES (1, 0);

INSERT INTO customer (customer, settle, name, addr, class, partial) VALUES
  ('0319000000001', '319000000000001', '东莞市测试用户有限公司', '东莞市南城街道测试路1号', '2', '1');
INSERT INTO bill (recv, customer, month, power, penalty, billed) VALUES
  ('YS202609000001', '0319000000001', '2026-09', 20000, 300, 20300),
  ('YS202610000001', '0319000000001', '2026-10', 12045, 0, 12045);

-- partial goes round 0, 1, 2; who may pay in advance has something prepaid; each 997th account is closed.
INSERT INTO customer (customer, settle, name, addr, class, partial, prepaid, opening, closed)
  WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
  SELECT printf('0319%09d', n), printf('31900%010d', n), printf('用户%05d', n), printf('东莞市莞城街道%d号', n),
         n % 3 + 1, n % 3, iif(n % 3 = 2, n * 7, 0), iif(n % 3 = 2, n * 7, 0), n % 997 = 0
  FROM n;

-- Each 101st customer's bills are locked by withholding; each 7th customer owes nothing.
INSERT INTO bill (recv, customer, month, power, penalty, billed, lock)
  WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 10000),
                 m (m) AS (SELECT 7 UNION ALL SELECT m + 1 FROM m WHERE m < 10)
  SELECT printf('YS2026%02d%06d', m, n), printf('0319%09d', n), printf('2026-%02d', m),
         5000 + n * 13 % 20000, iif(m < 10, (10 - m) * (n % 50), 0),
         5000 + n * 13 % 20000 + iif(m < 10, (10 - m) * (n % 50), 0), iif(n % 101 = 0, '01', '00')
  FROM n, m WHERE n % 7 <> 0 AND (n + m) % 2 = 0;

INSERT INTO agreement (number, customer, account, name, phone, eff) VALUES
  ('XY0000000001', '0319000000003', '6230580000000000003', '客户00003', '13800000003', '2026-01-05'),
  ('XY0000000002', '0319000000005', '6230580000000000005', '别的人', '13800000005', '2026-01-05'),
  ('XY0000000003', '0319000000006', '6230580000009999999', '客户00006', '13800000006', '2026-01-05');
