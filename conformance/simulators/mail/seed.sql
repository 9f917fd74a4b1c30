INSERT INTO address (receiver, gone, later) VALUES ('gone@customer.example', 1, 0), ('later@customer.example', 0, 2), ('full@customer.example', 0, 5), ('never@customer.example', 0, 99);
