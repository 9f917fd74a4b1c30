-- The bill of the published example, 300 contracts with two bills each, one that has ended, and orders of one collective.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO contract (no, tenant, id_no, mobile, unit, account, rent)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
  SELECT printf('HT%08d', n), printf('客户%05d', n), printf('44190019900101%04d', n), printf('138%08d', n),
         iif(n % 2 = 1, '示例村经济联合社', '示例村第一经济合作社'), iif(n % 2 = 1, '3600000000000000031', '3600000000000000032'), 10000 + 100 * n
  FROM n;
UPDATE contract SET state = 'ended' WHERE no = 'HT00000300';
INSERT INTO bill (no, contract, period, amount, late, due)
  SELECT 'B202610' || substr(no, 3), no, '202610', rent, 500, '2026-10-31' FROM contract;
INSERT INTO bill (no, contract, period, amount, due)
  SELECT 'B202611' || substr(no, 3), no, '202611', rent, '2026-11-30' FROM contract;

INSERT INTO pay_order (no, account, name, payee, payee_name, amount, use, town) VALUES
  ('ZL00000001', '3600000000000000031', '示例村经济联合社', '6230580000000000401', '客户00401', 120000, 'wages', 0),
  ('ZL00000002', '3600000000000000031', '示例村经济联合社', '6230580000000000402', '客户00402', 6000000, 'works', 1),
  ('ZL00000003', '3600000000000000031', '示例村经济联合社', '6230580000000000403', '客户00403', 6000000, 'works', 0),
  ('ZL00000004', '3600000000000000031', '示例村经济联合社', '6230580000000000404', '别的人', 1000, 'dividend', 0),
  ('ZL00000005', '6230580000000000405', '客户00405', '6230580000000000406', '客户00406', 1000, 'dividend', 0),
  ('ZL00000006', '3600000000000000031', '示例村经济联合社', '6230580000000000407', '客户00407', 5000, 'allowance', 0),
  ('ZL00000007', '3600000000000000031', '另一个村', '6230580000000000408', '客户00408', 5000, 'allowance', 0);
