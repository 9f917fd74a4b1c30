-- Police with nothing to ask yet: what they want is commanded (acts `want`, `want_more`).
INSERT INTO system (only_one, agency, bank) VALUES (1, '441900', 'B0000H24419000100');
