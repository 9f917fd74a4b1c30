INSERT INTO system (only_one) VALUES (1);
-- What was paid, and not, before the day begins.
INSERT INTO trade (no, prepay, way, openid, goods, amount, expires, state, number, paid_at, told) VALUES
  ('SEEN0001', 'wx20112010000000000001', 'wechat_page', 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', '学费', 10000, '2026-11-20T12:00:00', 'paid', '4200000000202611200000000001', '2026-11-20T10:00:00', 1),
  ('SEEN0002', 'wx20112010000000000002', 'wechat_code', NULL, '学费', 10000, '2099-11-20T12:00:00', 'waiting', NULL, NULL, 0),
  ('SEEN0003', 'wx20112010000000000003', 'wechat_code', NULL, '学费', 10000, '2025-11-20T12:00:00', 'paid', '4200000000202511200000000003', '2025-06-20T10:00:00', 1);
