INSERT INTO examination VALUES ('GLU', '葡萄糖'), ('K', '钾'), ('WBC', '白细胞计数');
INSERT INTO system VALUES (0);
