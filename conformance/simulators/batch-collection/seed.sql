-- Five units, each with its own file and contract; their people hold accounts of the core's first customers.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO unit (no, name, layout, account, business, parts) VALUES
  ('4400000001', '示例物业公司', 'delimited', '3600000000000000001', 'property',  0),
  ('4400000002', '示例水务公司', 'fixed',     '3600000000000000002', 'water',     1),
  ('4400000003', '示例制造公司', 'delimited', '3600000000000000003', 'wages',     0),
  ('4400000004', '示例燃气公司', 'delimited', '3600000000000000004', 'gas',       1),
  ('4400000005', '示例电信公司', 'fixed',     '3600000000000000005', 'telephone', 0);

INSERT INTO person (unit, user_no, account, name)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
  SELECT no, printf('A-%05d', n), printf('6230580000%09d', n), printf('客户%05d', n) FROM unit, n;
