-- The notice of the published example, 300 houses with a notice each, some in every state, and refunds of what was confirmed.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO house (id, location, area, standard, owner, id_no, phone, account, part) VALUES
  ('FW0001', '东莞市测试路1号101房', '80.00', 10000, '张测试', '440000199001010000', '13800000001', '800000000000000031', 'FH0001');
INSERT INTO notice (no, house, amount) VALUES ('JC20181101001', 'FW0001', 800000);

INSERT INTO house (id, location, area, standard, owner, id_no, phone, account, part)
  WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 301)
  SELECT printf('FW%04d', n), printf('东莞市莞城街道%d号', n), printf('%d.50', 60 + n % 90), 10000, printf('客户%05d', n),
         printf('44190019900101%04d', n), printf('138%08d', n), '800000000000000031', printf('FH%04d', n)
  FROM n;
INSERT INTO notice (no, house, amount)
  SELECT 'JC20261123' || substr(id, 3), id, 100000 + 100 * CAST(substr(id, 3) AS INTEGER) FROM house WHERE id <> 'FW0001';

UPDATE notice SET state = '0002' WHERE no = 'JC202611230292';
UPDATE notice SET state = '0003' WHERE no = 'JC202611230293';
UPDATE notice SET state = '0004' WHERE no = 'JC202611230294';
UPDATE notice SET state = '0005' WHERE no = 'JC202611230295';
UPDATE notice SET state = '0006' WHERE no IN ('JC202611230296', 'JC202611230297', 'JC202611230298', 'JC202611230299', 'JC202611230300');

INSERT INTO refund (no, notice, amount, why, accepted) VALUES
  ('TK202611230001', 'JC202611230296', 50000, '面积更正', '2026-11-20'),
  ('TK202611230002', 'JC202611230297', 60000, '退房', '2026-11-20'),
  ('TK202611230003', 'JC202611230298', 70000, '退房', '2026-11-20'),
  ('TK202611230006', 'JC202611230296', 51000, '退房', '2026-11-20'),
  ('TK202611230007', 'JC202611230297', 52000, '退房', '2026-11-20');
INSERT INTO refund (no, notice, amount, why, accepted, state) VALUES
  ('TK202611230004', 'JC202611230299', 70000, '退房', '2026-11-20', '0002'),
  ('TK202611230005', 'JC202611230300', 70000, '退房', '2026-11-20', '0004');
