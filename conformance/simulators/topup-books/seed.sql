-- Four channels of customers (the merchant's account is closed) and the bank's clerks, the carriers' segments, packages of three carriers.
INSERT INTO sales_channel (code, name, open) VALUES
  ('merchant_site', '商户网站', 1), ('merchant_wechat', '商户公众号', 0), ('bank_site', '本行官网', 1), ('wechat_bank', '微信银行', 1), ('operator', '柜员', 1);

INSERT INTO segment (beginning, carrier)
  SELECT value, 'mobile' FROM json_each('["134","135","136","137","138","139","147","150","151","152","157","158","159","178","182","183","184","187","188","198","1703","1705","1706"]');
INSERT INTO segment (beginning, carrier)
  SELECT value, 'unicom' FROM json_each('["130","131","132","145","155","156","166","171","175","176","185","186","1704","1707","1708","1709"]');
INSERT INTO segment (beginning, carrier)
  SELECT value, 'telecom' FROM json_each('["133","149","153","173","177","180","181","189","199","1349","1700","1701","1702"]');

-- 120 points a yuan, from December on 150.
INSERT INTO points_rate (since, rate, maker, checker) VALUES ('2026-01-01', 120, 'ZJ0001', 'ZJ0002'), ('2026-12-01', 150, 'ZJ0001', 'ZJ0002');

INSERT INTO package (code, carrier, name, size, price, state, maker, checker) VALUES
  ('CMCC_10', 'mobile', '移动10M', 10, 300, 'normal', 'ZJ0001', 'ZJ0002'),
  ('CMCC_100', 'mobile', '移动100M', 100, 999, 'normal', 'ZJ0001', 'ZJ0002'),
  ('CMCC_500', 'mobile', '移动500M', 500, 2900, 'normal', 'ZJ0001', 'ZJ0002'),
  ('CMCC_1024', 'mobile', '移动1G', 1024, 4800, 'paused', 'ZJ0001', 'ZJ0002'),
  ('CUCC_100', 'unicom', '联通100M', 100, 1000, 'normal', 'ZJ0001', 'ZJ0002'),
  ('CUCC_500', 'unicom', '联通500M', 500, 3000, 'normal', 'ZJ0001', 'ZJ0002'),
  ('CTCC_200', 'telecom', '电信200M', 200, 1500, 'normal', 'ZJ0001', 'ZJ0002'),
  ('CTCC_1024', 'telecom', '电信1G', 1024, 5000, 'normal', 'ZJ0001', 'ZJ0002');
