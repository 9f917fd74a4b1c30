-- One city, a hospital, three doctors with hours of which one is stopped and one has a single number; 300 patients as the bank's
-- customers, every hundredth on the list of those who did not come; five more whose money has a fate of its own; fees, a stay and reports for each.
INSERT INTO system (only_one) VALUES (1);
INSERT INTO area (id, name, level, parent) VALUES ('440000', '广东省', '1', NULL), ('441900', '东莞市', '2', '440000');
INSERT INTO unit (id, name, area) VALUES ('441901', '测试市人民医院', '441900');
INSERT INTO department (id, name, kind) VALUES ('D01', '内科', 'outpatient'), ('D02', '外科', 'outpatient'), ('D90', '内科病区', 'inpatient');
INSERT INTO doctor (id, name, title, department) VALUES ('Y001', '张医生', '主任医师', 'D01'), ('Y002', '李医生', '主治医师', 'D01'), ('Y003', '王医生', '副主任医师', 'D02');
INSERT INTO hours (id, doctor, number_fee, visit_fee, begins, ends, numbers, ahead, stopped) VALUES
  ('2FD53F15C9A3', 'Y001', 300, 500, '09:00', '12:00', NULL, 1, 0),
  ('2FD53F15C9A4', 'Y002', 300, 500, '14:00', '17:00', 1, 1, 0),
  ('2FD53F15C9A5', 'Y003', 400, 800, '09:00', '12:00', 20, 1, 1),
  ('2FD53F15C9A6', 'Y003', 400, 800, '14:00', '17:00', 20, 2, 0),
  ('2FD53F15C9A7', 'Y001', 300, 500, '14:00', '17:00', 20, 0, 0),
  ('2FD53F15C9A8', 'Y003', 400, 800, '09:00', '12:00', 20, 3, 0);
INSERT INTO patient (id, relation, name, sex, born, id_no, phone, since, missed)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
  SELECT printf('20200%05d', n), 'self', printf('客户%05d', n), iif(n % 2, 'male', 'female'), '1990-01-01', printf('44190019900101%04d', n),
         printf('138%08d', n), '2026-01-01T08:00:00', n % 100 = 0
  FROM n;
INSERT INTO patient (id, relation, name, sex, born, id_no, phone, since, fate)
  WITH one (no, fate) AS (VALUES ('01', 'taken'), ('02', 'untaken'), ('03', 'refused'), ('04', 'unwilling'), ('05', 'slow'))
  SELECT '20200009' || no, 'self', '客户009' || no, 'male', '1990-01-01', '4419001990020109' || no, '138000009' || no, '2026-01-01T08:00:00', fate FROM one;
INSERT INTO fee (fee_no, patient, record, item, price, pieces) SELECT 'F' || id, id, 'M' || id, '血常规', 2500, 2 FROM patient;
INSERT INTO stay (no, patient, came, total, deposit) SELECT 'Z' || id, id, '2026-11-01T10:00:00', 300000, 100000 FROM patient;
UPDATE stay SET gone = '2026-11-20T10:00:00' WHERE no = 'Z2020000002';
INSERT INTO report (no, patient, kind, name, at) SELECT 'E' || id, id, 'exam', '胸片', '2026-11-02T09:00:00' FROM patient;
INSERT INTO report (no, patient, kind, name, at) SELECT 'L' || id, id, 'lab', '血常规', '2026-11-02T10:00:00' FROM patient;
