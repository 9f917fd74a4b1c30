-- A hundred customers of another bank with 10,000.00 each and an agreement, one in a state that forbids.
INSERT INTO system (only_one) VALUES (1);
INSERT INTO account (acct, name, bank, opening, balance)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
  SELECT printf('6222000000%09d', n), printf('他行%03d', n), '103581000013', 1000000, 1000000 FROM n;
UPDATE account SET state = 'frozen' WHERE acct = '6222000000000000099';
INSERT INTO agreement (number, unit, acct, once)
  SELECT 'P' || substr(acct, -8), '440100000000001', acct, 500000 FROM account;
INSERT INTO business (code, kind) VALUES ('10600', 'collect'), ('14900', 'collect'), ('14902', 'collect'), ('04900', 'pay');
