INSERT INTO system VALUES (0, 0, 0);

INSERT INTO card (pan, opening, balance, most)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
SELECT printf('622848%010d', i), 100000 + i, 100000 + i, 5000000 FROM n;

-- Nineteen figures, an odd number of them, one with little on it, one with a limit, one that has run out.
INSERT INTO card (pan, opening, balance, most, expired) VALUES
  ('6228480000000009001', 12345, 12345, 5000000, 0),
  ('622848000009002', 777, 777, 5000000, 0),
  ('6228480000009003', 100000, 100000, 20000, 0),
  ('6228480000009004', 100000, 100000, 5000000, 1);

INSERT INTO merchant VALUES ('898440100000001'), ('898440100000002');
