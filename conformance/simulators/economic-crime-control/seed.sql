-- Police against economic crime with nothing to ask yet: what they want is commanded (acts `want`, `want_more`, `want_queries`).
INSERT INTO system (only_one, agency, bank, case_kind) VALUES (1, '110000', 'B0000H24419000100', 'money_laundering');
