INSERT INTO system (only_one, merchant) VALUES (1, '898440008240001');
-- What was paid before the day begins.
INSERT INTO payment (serial, order_no, amount, state, paid_at, told) VALUES
  ('PG20261120000001', 'SEEN0001', 10000, 'paid', '2026-11-20T10:00:00', 1),
  ('PG20261120000002', 'SEEN0002', 10000, 'failed', '2026-11-20T10:00:00', 1),
  ('PG20260601000001', 'SEEN0003', 10000, 'paid', '2026-06-01T10:00:00', 1);
