-- A platform with nothing to order yet: what it wants is commanded (acts `want`, `answer_case`, `list`).
INSERT INTO system (only_one) VALUES (1);
