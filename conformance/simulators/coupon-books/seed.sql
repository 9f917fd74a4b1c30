-- Offers of the bank; what the supplier has stands here once it was asked, and seven goods are known from before, of which one is not sold any more.
INSERT INTO goods (no, name, face, cost, kind, stock, valid_days, heard) VALUES
  ('WN0001', '咖啡券', 3000, 2500, 'code_pwd', 500, 90, '2026-11-23T08:00:00'), ('WN0002', '电影券', 5000, 3500, 'code', 500, 60, '2026-11-23T08:00:00'),
  ('WN0003', '视频会员月卡', 2500, 2000, 'topup', 500, 30, '2026-11-23T08:00:00'), ('WN0004', '礼品链接', 10000, 9000, 'url', 500, 30, '2026-11-23T08:00:00'),
  ('WN0005', '面包券', 2000, 1500, 'code', 1, 7, '2026-11-23T08:00:00'), ('WN0006', '停售券', 2000, 1500, 'code', 10, 30, '2026-11-23T08:00:00');
INSERT INTO goods (no, name, face, cost, kind, stock, valid_days, begins, ends, heard) VALUES
  ('WN0007', '月饼券', 6000, 5000, 'code', 500, 30, '2026-08-01T00:00:00', '2026-09-30T23:59:59', '2026-11-23T08:00:00');
INSERT INTO offer (goods, price, points, most, open, maker, checker) VALUES
  ('WN0001', 2800, 20000, 10, 1, 'ZJ0001', 'ZJ0002'), ('WN0002', 4000, 30000, 10, 1, 'ZJ0001', 'ZJ0002'), ('WN0003', 2200, 20000, 10, 1, 'ZJ0001', 'ZJ0002'),
  ('WN0004', 9500, 90000, 10, 1, 'ZJ0001', 'ZJ0002'), ('WN0005', 1800, 15000, 10, 1, 'ZJ0001', 'ZJ0002'), ('WN0006', 1800, 15000, 10, 0, 'ZJ0001', 'ZJ0002'),
  ('WN0007', 5800, 50000, 10, 1, 'ZJ0001', 'ZJ0002');
