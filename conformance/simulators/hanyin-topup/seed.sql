-- A hundred thousand yuan paid in; numbers of which each has another fate. All others are topped up in ten seconds.
INSERT INTO system (only_one, funds) VALUES (1, 10000000);

INSERT INTO product (code, carrier, face, price)
  SELECT upper(substr(c.value, 1, 1)) || f.value, c.value, f.value * 100, f.value * 98
  FROM json_each('["mobile","unicom","telecom"]') c, json_each('[10,20,30,50,100,200,300,500]') f;
INSERT INTO product (code, carrier, province, face, price) VALUES ('MGX50', 'mobile', '广西', 5000, 4900);

INSERT INTO number (mobile, fate) VALUES
  ('13800001001', '1001'), ('13800001002', '1002'), ('13800001003', '1003'), ('13800001004', '1004'), ('13800002001', '2001'),
  ('13800002002', '2002'), ('13800002003', '2003'), ('13800002004', '2004'), ('13800002005', '2005'), ('13800009998', '9998'),
  ('13800009999', '9999'), ('13800009997', 'kept'), ('13800000010', 'doing'), ('13800000011', 'refused_state'), ('13800000012', 'early'),
  ('13800000001', 'failed'), ('13800000002', 'silent'), ('13800000003', 'never'), ('13800000004', 'gone'), ('13800000005', 'silent_failed'),
  ('13800000006', 'later'), ('13800000007', 'part'), ('13800000008', 'silent_part'), ('13800000009', 'lost_order');
