-- Segments of three carriers in two provinces, faces at a discount, at the face, and above it; one face that is closed in one province.
INSERT INTO segment (beginning, carrier, province)
  SELECT value, 'mobile', '广东' FROM json_each('["134","135","136","137","138","139","150","151","152","157","158","159","178","182","183","187","188"]');
INSERT INTO segment (beginning, carrier, province)
  SELECT value, 'unicom', '广东' FROM json_each('["130","131","132","155","156","166","176","185","186"]');
INSERT INTO segment (beginning, carrier, province)
  SELECT value, 'telecom', '广东' FROM json_each('["133","149","153","173","177","180","181","189","199"]');
INSERT INTO segment (beginning, carrier, province) VALUES ('1389', 'mobile', '广西');

INSERT INTO face (carrier, face, price, product, maker, checker)
  SELECT c.value, f.value * 100, CASE c.value WHEN 'mobile' THEN f.value * 100 - f.value WHEN 'unicom' THEN f.value * 100 ELSE f.value * 100 + 20 END,
         upper(substr(c.value, 1, 1)) || f.value, 'ZJ0001', 'ZJ0002'
  FROM json_each('["mobile","unicom","telecom"]') c, json_each('[10,20,30,50,100,200,300,500]') f;
INSERT INTO face (carrier, province, face, price, product, open, maker, checker) VALUES
  ('mobile', '广西', 5000, 5000, 'MGX50', 1, 'ZJ0001', 'ZJ0002'), ('mobile', '广西', 10000, 10000, 'MGX100', 0, 'ZJ0001', 'ZJ0002');
