-- Four customers of the mobile bank have opened already, by the numbers that WeBank's simulator knows them under.
INSERT INTO holder (user, customer, account)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)
  SELECT printf('DRCB%028d', n), printf('C%07d', n), printf('6230580000000000%03d', 500 + n) FROM n;
