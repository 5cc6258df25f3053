-- Rows are updated and deleted by their keys, whatever these are made of. Data: the schema writes of test/fixtures/writes.sql.
SET client_min_messages = warning;
SET search_path = written, public;
SET TimeZone = 'UTC';
ALTER FOREIGN TABLE textkey ALTER COLUMN k OPTIONS (ADD key 'true'), ALTER COLUMN m OPTIONS (ADD key 'true');
ALTER FOREIGN TABLE timekey ALTER COLUMN k OPTIONS (ADD key 'true');
ALTER FOREIGN TABLE bytekey ALTER COLUMN k OPTIONS (ADD key 'true'), ALTER COLUMN g OPTIONS (ADD key 'true');
-- a collation under which all of these are equal
INSERT INTO textkey VALUES ('abc', 'x', 1), ('ABC', 'x', 2), ('äbc', 'x', 3), ('abc  ', 'x', 4), ('abc', 'X', 5), ('ab', 'x', 6), ('', '', 7), (' ', '', 8), ('жук', 'é', 9), ('ЖУК', 'é', 10);
UPDATE textkey SET n = n + 100 WHERE k COLLATE "C" = 'abc' AND m COLLATE "C" = 'x' RETURNING *, length(k);
UPDATE textkey SET n = n + 1000;
SELECT *, length(k) FROM textkey ORDER BY n;
DELETE FROM textkey WHERE k COLLATE "C" IN ('ABC', 'abc  ', '', 'жук') RETURNING n;
UPDATE textkey SET k = k || '2', m = 'y' WHERE n = 1006 RETURNING *;
SELECT n FROM textkey ORDER BY n;
DELETE FROM textkey;
SELECT count(*) FROM textkey;
-- the seventh digit does not come here
SELECT mssql_exec('mssql', 'INSERT INTO writes.TimeKey VALUES (''2020-01-01T00:00:00.1234567'', 1), (''2020-01-01T00:00:00.1234560'', 2), (''2020-01-01T00:00:00.1234570'', 3), (''9999-12-31T23:59:59.9999990'', 4)') AS rows;
UPDATE timekey SET n = 30 WHERE n = 3;
DELETE FROM timekey WHERE n = 4 RETURNING *;
UPDATE timekey SET n = 10 WHERE n = 1;
SELECT * FROM mssql_query('mssql', 'SELECT CAST(k AS varchar(30)), n FROM writes.TimeKey ORDER BY n') AS t(k text, n int);
DELETE FROM timekey WHERE n = 30;
SELECT mssql_exec('mssql', 'DELETE FROM writes.TimeKey') AS rows;
-- ticks, floating-point numbers, bytes of which SQL Server pads the shorter
INSERT INTO tickkey VALUES ('2020-01-01 00:00:00.003', 1), ('2020-01-01 00:00:00.007', 2), ('2020-01-01 00:00:00.010', 3), ('1753-01-01', 4), ('9999-12-31 23:59:59.997', 5);
UPDATE tickkey SET n = n * 10 WHERE n % 2 = 1 RETURNING *;
UPDATE tickkey SET k = k + interval '1 day' WHERE n = 2 RETURNING *;
DELETE FROM tickkey RETURNING n;
INSERT INTO floatkey VALUES (0.1, 1), (1e308, 2), (2.2250738585072014e-308, 3), ('-0', 4), (1.0/3, 5);
UPDATE floatkey SET n = n * 10 RETURNING *;
DELETE FROM floatkey RETURNING n;
INSERT INTO bytekey VALUES ('\x', '00112233-4455-6677-8899-aabbccddeeff', 1), ('\x00', '00112233-4455-6677-8899-aabbccddeeff', 2), ('\x0000', '00112233-4455-6677-8899-aabbccddeeff', 3);
UPDATE bytekey SET n = n * 10 WHERE n > 1 RETURNING *;
DELETE FROM bytekey RETURNING n;
-- keys that do not tell
CREATE FOREIGN TABLE not_unique (n int OPTIONS (remote_type 'int', key 'true'), t text OPTIONS (remote_type 'nvarchar(20)')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Plain');
INSERT INTO plain VALUES (1, 1, 'a'), (2, 1, 'b'), (3, NULL, 'c');
UPDATE not_unique SET t = 'x' WHERE t = 'a';
DELETE FROM not_unique WHERE t = 'a';
UPDATE not_unique SET t = 'x' WHERE t = 'c';
CREATE FOREIGN TABLE as_float (id float OPTIONS (remote_type 'int', key 'true'), n int) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Plain');
UPDATE as_float SET n = 1;
CREATE FOREIGN TABLE by_text (id int, vcmax text OPTIONS (remote_type 'text', key 'true')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Types');
DELETE FROM by_text;
CREATE FOREIGN TABLE replaced (k text OPTIONS (remote_type 'nvarchar(20)', key 'true'), n int OPTIONS (remote_type 'int')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'TextKey', nul_policy 'replace');
UPDATE replaced SET n = 1;
SELECT * FROM plain ORDER BY id;
-- a row is updated once, though a join finds it twice, or again under its new values
UPDATE plain SET n = v.n FROM (VALUES (1, 10), (1, 11)) AS v(id, n) WHERE v.id = plain.id RETURNING plain.id, plain.n IN (10, 11) AS one_of_them;
UPDATE plain SET id = 100 + v.n FROM (VALUES (2, 1), (2, 2)) AS v(id, n) WHERE v.id = plain.id RETURNING plain.id IN (101, 102) AS one_of_them;
DELETE FROM plain USING (VALUES (3), (3)) AS v(id) WHERE v.id = plain.id RETURNING plain.id;
SELECT count(*) FROM plain;
DELETE FROM plain;
INSERT INTO plain VALUES (1, 1), (2, 2), (3, 3), (4, 4);
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SET enable_memoize = off;
UPDATE plain SET n = n + 1 FROM (SELECT g FROM generate_series(1, 4) AS g OFFSET 0) AS s WHERE plain.n = s.g RETURNING id, n;
UPDATE plain SET id = id + 10 FROM (SELECT g FROM generate_series(1, 20) AS g OFFSET 0) AS s WHERE plain.id = s.g;
SELECT * FROM plain ORDER BY id;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
RESET enable_memoize;
DELETE FROM plain;
DROP FOREIGN TABLE not_unique, as_float, by_text, replaced;
