INSERT INTO system (only_one, node) VALUES (1, 'D00000');
INSERT INTO account (acct, name) VALUES ('800000000000000001', '测试公积金中心');
