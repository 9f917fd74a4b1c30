-- Two projects; applications for each case, with the password 123456 (its MD5 stands there).
INSERT INTO system (only_one) VALUES (1);
INSERT INTO account (acct, name) VALUES
  ('800000000000000021', '测试置业预售监管户'),
  ('800000000000000022', '测试地产预售监管户');
INSERT INTO application (number, kind, acct, name) VALUES
  ('JG202611230001', 'open', '800000000000000022', '测试地产预售监管户'),
  ('JG202611230002', 'open', '800000000000000021', '测试置业预售监管户'),
  ('ZZ202611230001', 'close', '800000000000000021', '测试置业预售监管户');
INSERT INTO application (number, kind, acct, name, amount)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)
  SELECT printf('JC20261123%04d', n), 'deposit', '800000000000000022', '测试地产预售监管户', 100000 FROM n;
INSERT INTO application (number, kind, acct, name, amount, payee, rname, rbank, password)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)
  SELECT printf('HB20261123%04d', n), 'transfer', '800000000000000022', '测试地产预售监管户', 50000, '3600000000000000011',
         '示例建筑公司', '本行', 'e10adc3949ba59abbe56e057f20f883e' FROM n;
INSERT INTO application (number, kind, acct, name, amount, rname, password)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)
  SELECT printf('FH20261123%04d', n), 'refund', '800000000000000022', '测试地产预售监管户', 30000, '客户00101',
         'e10adc3949ba59abbe56e057f20f883e' FROM n;
