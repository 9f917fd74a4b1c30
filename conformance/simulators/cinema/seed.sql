-- Three cinemas, one of them closed and one that takes nothing back; halls of 10 rows with 12 seats whose last row is of pairs; shows of
-- two days, of which one is far ahead, one that is over for sale, one that was changed.
INSERT INTO system (only_one) VALUES (1);

INSERT INTO cinema (code, name, open, mode, provider, refunds) VALUES
  ('44190001', '东城影城', 1, 'voucher', 'mantianxing', 1),
  ('44190002', '南城影城', 1, 'print_code', 'dingxin', 0),
  ('44190003', '西城影城', 0, 'mixed', 'huofenghuang', 1);
INSERT INTO hall (cinema, code, name)
  SELECT c.code, printf('H%02d', n.value), n.value || '号厅' FROM cinema c, json_each('[1,2]') n;
INSERT INTO seat (cinema, hall, code, line, place, kind, pair)
  WITH RECURSIVE l (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM l WHERE n < 10), p (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM p WHERE n < 12)
  SELECT h.cinema, h.code, printf('%s%02d%02d', h.code, l.n, p.n), l.n, p.n, iif(l.n = 10, 'love', 'single'),
         iif(l.n = 10, printf('%s%02d%02d', h.code, l.n, p.n + iif(p.n % 2 = 1, 1, -1)), NULL)
  FROM hall h, l, p;
INSERT INTO film (code, name, minutes, opens) VALUES ('001100012026', '珠江夜航', 118, '2026-11-20'), ('001200022026', '木棉花开', 95, '2026-11-13');
INSERT INTO show (code, cinema, hall, film, begins, stops, least, settle, price, fee)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40)
  SELECT printf('S%03d', n.n), c.code, printf('H%02d', 1 + n.n % 2), iif(n.n % 2 = 1, '001100012026', '001200022026'),
         printf('%sT%02d:30:00', iif(n.n > 20, '2036-11-24', '2026-11-23'), 12 + (n.n - 1) % 10),
         printf('%sT%02d:20:00', iif(n.n > 20, '2036-11-24', '2026-11-23'), 12 + (n.n - 1) % 10), 3000, 3500, 4500, 200
  FROM n JOIN cinema c ON c.code = iif(n.n % 5 = 0, '44190002', '44190001');
INSERT INTO show (code, cinema, hall, film, begins, stops, least, settle, price, fee, open, instead) VALUES
  ('S900', '44190001', 'H01', '001100012026', '2026-11-23T08:30:00', '2026-11-23T08:20:00', 3000, 3500, 4500, 200, 1, NULL),
  ('S901', '44190001', 'H01', '001100012026', '2036-11-24T20:30:00', '2036-11-24T20:20:00', 3000, 3500, 4500, 200, 0, 'S021');
INSERT INTO snack (cinema, code, name, price, settle) VALUES
  ('44190001', 'P01', '爆米花', 2000, 1500), ('44190001', 'C01', '可乐', 1000, 700), ('44190002', 'P01', '爆米花', 2200, 1600);
INSERT INTO card_type (cinema, code, name, price, days) VALUES ('44190001', 'Q01', '季卡', 9900, 90), ('44190001', 'Y01', '年卡', 29900, 365);
