-- Students of the university with one bill each, of whom the last has a bill that the university will not have paid.
INSERT INTO system (only_one) VALUES (1);
INSERT INTO bill (no, student, name, amount)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50)
  SELECT printf('LG2026%06d', n), printf('2026%06d', n), printf('学生%03d', n), 480000 + n * 100 FROM n;
