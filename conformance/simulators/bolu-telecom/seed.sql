-- The user of the published example, 400 telephones and 100 lines of each other kind with two bills each, one that owes nothing, one that
-- is stopped, one that has gone.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO user (no, item, name, opening, balance)
  WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
  SELECT printf('1700000%04d', n), 'phone', printf('客户%05d', n), 1000, 1000 FROM n;
INSERT INTO user (no, item, name, opening, balance)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
  SELECT printf('KD%08d', n), 'broadband', printf('客户%05d', n), 0, 0 FROM n
  UNION ALL SELECT printf('ZX%08d', n), 'private_line', printf('客户%05d', n), 0, 0 FROM n;
INSERT INTO bill (no, item, month, amount) SELECT no, item, '2026-10', 3000 + 100 * (substr(no, -2) + 0) FROM user;
INSERT INTO bill (no, item, month, amount) SELECT no, item, '2026-11', 5000 + 100 * (substr(no, -2) + 0) FROM user;
UPDATE bill SET state = 'paid' WHERE no = '17000000397';
UPDATE user SET state = 'stopped' WHERE no = '17000000398';
UPDATE user SET state = 'closed' WHERE no = '17000000399';
INSERT INTO plan (item, amount) VALUES ('broadband', 60000), ('broadband', 108000), ('private_line', 500000);
