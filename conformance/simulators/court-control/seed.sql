-- A court with nothing to ask yet: what it wants is commanded (acts `want_enquiry`, `want_order`, `want_more`).
INSERT INTO system (only_one) VALUES (1);
