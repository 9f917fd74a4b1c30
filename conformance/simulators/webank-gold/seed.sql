-- Forty customers who hold 100 grams each, by numbers that say nothing, as the bank's books know them.
INSERT INTO system (only_one) VALUES (1);
INSERT INTO holder (user, name, idno, mobile, card, weight, cost)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)
  SELECT printf('DRCB%028d', n), '客户' || printf('%05d', 500 + n), printf('44190019900101%04d', 500 + n), printf('13800000%03d', 500 + n),
         printf('6230580000000000%03d', 500 + n), 1000000, 2800000
  FROM n;
