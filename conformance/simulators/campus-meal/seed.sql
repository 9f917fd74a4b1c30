-- A park and two schools, one of them paused; 300 cards in the park and 100 in the school, some lost, closed or nearly full.
INSERT INTO system (only_one) VALUES (1);
INSERT INTO school (id, name, area, kind, state, once, daily) VALUES
  ('DGPARK01', '松山湖示例产业园', '441900', 'park', 'open', 1000000, 1000000),
  ('DGSCHL01', '示例职业技术学院', '441900', 'school', 'open', 50000, 100000),
  ('DGSCHL02', '示例第二中学', '441901', 'school', 'paused', 50000, 100000);

INSERT INTO card (school, no, student, name)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
  SELECT 'DGPARK01', printf('%010d', n), printf('P%07d', n), printf('客户%05d', n) FROM n;
INSERT INTO card (school, no, student, name, dept)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
  SELECT 'DGSCHL01', printf('%010d', 1000 + n), printf('2026%06d', n), printf('客户%05d', 1000 + n), '信息工程系' FROM n;
INSERT INTO card (school, no, student, name) VALUES ('DGPARK01', '0000123456', 'P1234567', '王小明'), ('DGSCHL02', '0000002001', '2026009001', '客户02001');
UPDATE card SET state = 'lost'   WHERE no = '0000000291';
UPDATE card SET state = 'closed' WHERE no = '0000000292';
UPDATE card SET balance = 1990000 WHERE no = '0000000293';
