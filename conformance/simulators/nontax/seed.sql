-- The notice of the published example and 400 others; each has two items.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO notice (no, chr_id, verify, payer, account, amount, made) VALUES
  ('4400123456', '00000000000000000000000000004400123456', '7788', '张三', '3600000000000000021', 20000, '2026-11-01');
INSERT INTO notice (no, chr_id, verify, payer, account, amount, made)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
  SELECT printf('44002%05d', n), printf('%038d', 4400200000 + n), printf('%04d', n), printf('客户%05d', n), '3600000000000000021',
         10000 + 100 * n, '2026-11-01'
  FROM n;
INSERT INTO item (no, seq, code, name, amount) SELECT no, 1, '103042750', '工本费', 3000 FROM notice;
INSERT INTO item (no, seq, code, name, amount) SELECT no, 2, '103050101', '罚没收入', amount - 3000 FROM notice;

INSERT INTO web_order (no, notice, amount, account, entrance) VALUES
  ('WS202611230000000001', '4400200301', 40100, '3600000000000000021', 'web_page'),
  ('WS202611230000000002', '4400200302', 40200, '3600000000000000021', 'government_app'),
  ('WS202611230000000003', '4400200303', 40300, '3600000000000000021', 'wechat_account'),
  ('WS202611230000000004', '4400200304', 40400, '3600000000000000021', 'wechat_city'),
  ('WS202611230000000005', '4400200305', 40500, '3600000000000000021', 'unit_system'),
  ('WS202611230000000006', '4400200306', 40600, '3600000000000000021', 'web_page'),
  ('WS202611230000000007', '4400200307', 40700, '3600000000000000021', 'web_page'),
  ('WS202611230000000008', '4400200308', 40800, '3600000000000000021', 'web_page');
