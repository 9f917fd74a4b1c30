INSERT INTO system VALUES (0, 0);

INSERT INTO payee VALUES ('甲'), ('乙'), ('丙'), ('丁');
