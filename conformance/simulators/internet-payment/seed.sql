INSERT INTO system (only_one) VALUES (1);
