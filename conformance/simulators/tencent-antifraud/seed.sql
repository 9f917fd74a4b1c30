-- 9,999 persons, the customers of the core's seed by name and number; every hundredth bears risks. Nobody else is known.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO person (number, cert_no, name, mobile, score)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999)
  SELECT n, printf('44190019900101%04d', n), printf('客户%05d', n), printf('138%08d', n), n % 101 FROM n;

INSERT INTO risk (number, code, level) SELECT number, 5, 2 FROM person WHERE number % 100 = 0;
INSERT INTO risk (number, code, level) SELECT number, 402, 3 FROM person WHERE number % 200 = 0;
