-- Customers come when they are wanted; nothing is there at first.
INSERT INTO system (only_one) VALUES (1);
