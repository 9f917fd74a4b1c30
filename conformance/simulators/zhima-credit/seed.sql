-- 9,999 persons, the customers of the core's seed by name and number. Every tenth has not consented, every fiftieth has no
-- score; every hundredth stands on a list, every 125th bears a risk.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO product (call, code, consent, price) VALUES
  ('score', 'w1010100100000000001', 1, 50),
  ('admit', 'w1010100000000002733', 1, 30),
  ('watch', 'w1010100100000000022', 1, 40),
  ('watch_brief', 'w1010100000000002977', 0, 30),
  ('fraud_score', 'w1010100003000001100', 0, 60),
  ('fraud_verify', 'w1010100000000002859', 0, 80),
  ('fraud_list', 'w1010100003000001283', 0, 40),
  ('relation', 'w1010100001000001200', 0, 20),
  ('face', 'w1010100000000002978', 0, 100);

INSERT INTO person (number, cert_no, name, mobile, open_id, consents, score, fraud)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999)
  SELECT n, printf('44190019900101%04d', n), printf('客户%05d', n), printf('138%08d', n), printf('2688%018d', n),
         n % 10 <> 9, iif(n % 50 = 0, NULL, 350 + n * 37 % 601), 100 - n % 101
  FROM n;

INSERT INTO watched (number, biz_code, type, code, level, since, settled)
  SELECT number, 'AA', 'AA001', 'AA001001', number / 100 % 3 + 1, '2026-01-05 00:00:00', number / 100 % 2
  FROM person WHERE number % 100 = 0;
INSERT INTO watched (number, biz_code, type, code, level, since, settled)
  SELECT number, 'AB', 'AB001', 'AB001002', 1, '2026-02-06 00:00:00', 1 FROM person WHERE number % 200 = 0;

INSERT INTO risk (number, code)
  SELECT number, iif(number % 250 = 0, 'R_CN_JJ_02', 'R_PH_006') FROM person WHERE number % 125 = 0;
