-- An empty library: what stands in it comes by acts.
INSERT INTO system (only_one) VALUES (1);
