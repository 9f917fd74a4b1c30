-- 5,000 students; two of three have bound the bank card of the same number at the core, some cards are not usable.
INSERT INTO system (only_one, school) VALUES (1, 'SZ000001');

INSERT INTO student (stuno, number, cardno, name, idno, dept, opening, balance, bound)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
  SELECT printf('2026%07d', n), n, printf('%010d', n), printf('客户%05d', n), printf('44190019900101%04d', n % 10000),
         printf('%d年级%d班', n % 6 + 1, n % 20 + 1), n % 100 * 100, n % 100 * 100,
         iif(n % 3 <> 0, printf('6230580000%09d', n), '')
  FROM n;
UPDATE student SET state = '01' WHERE number = 4991;
UPDATE student SET state = '02' WHERE number = 4992;
UPDATE student SET state = '03' WHERE number = 4993;

-- The student of the published examples.
INSERT INTO student (stuno, number, cardno, name, idno, dept, opening, balance, bound) VALUES
  ('20180001234', 5001, '0000123456', '王小明', '441900199001011234', '3年级5班', 1250, 1250, '6230580000001234567');

-- Seven children of one customer, under whose name the school knows them.
INSERT INTO student (stuno, number, cardno, name, idno, dept)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 7)
  SELECT printf('2026100000%d', n), 6000 + n, printf('00006%05d', n), '客户00090', printf('44190020150101%04d', n), printf('%d年级1班', n) FROM n;
