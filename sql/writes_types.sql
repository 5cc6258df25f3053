-- What is written is read back: every type at its edges, and what a column cannot hold. Data: the table Types of test/fixtures/writes.sql.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE SCHEMA written;
IMPORT FOREIGN SCHEMA writes LIMIT TO (types) FROM SERVER mssql INTO written;
SELECT mssql_exec('mssql', 'DELETE FROM writes.Types') IS NOT NULL AS emptied;
CREATE TABLE values_of (LIKE written.types);
INSERT INTO values_of (id, b, ti, si, bi, d, big, m, sm, r, f) VALUES
    (1, true, 255, 32767, 9223372036854775807, 9999999999999999.9999, 99999999999999999999999999999999999999, 922337203685477.5807, 214748.3647, '3.4028235e38', '1.7976931348623157e308'),
    (2, false, 0, -32768, -9223372036854775808, -9999999999999999.9999, -99999999999999999999999999999999999999, -922337203685477.5808, -214748.3648, '-1.1754944e-38', '2.2250738585072014e-308'),
    (3, NULL, NULL, NULL, NULL, 0.0001, 0, 0.0001, -0.0001, '-0', '0.1');
INSERT INTO values_of (id, da, tm, tm7, sdt, dt, dt2, dt27, dto) VALUES
    (11, '0001-01-01', '00:00', '00:00', '1900-01-01', '1753-01-01', '0001-01-01', '0001-01-01', '0001-01-01 00:00+00'),
    (12, '9999-12-31', '23:59:59.999', '23:59:59.999999', '2079-06-06 23:59', '9999-12-31 23:59:59.997', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999+00'),
    (13, '1582-10-10', '12:34:56.789', '12:34:56.789123', '2000-02-29 12:30', '2010-01-02 03:04:05.003', '2010-01-02 03:04:05.678', '2010-01-02 03:04:05.678912', '2010-01-02 03:04:05.678+05:30');
INSERT INTO values_of (id, c, vc, vcmax, nc, nvc, nvcmax, tx, ntx) VALUES
    (21, '', '', '', '', '', '', '', ''),
    (22, 'a', 'blanks  ', 'it''s', 'b', 'blanks  ', '{"a": "b\\"}', '--', '/*'),
    (23, 'é', 'Grüße €', 'naïve', '日本', '日本語 Привет', '😀 𠀀 é', 'crème', 'ελληνικά'),
    (24, NULL, repeat('x', 10), repeat('x', 20000), NULL, repeat('я', 10), repeat('я', 20000), repeat('y', 9000), repeat('z', 9000));
INSERT INTO values_of (id, bin, vb, vbmax, im, g, x, h) VALUES
    (31, '\x00000000', '\x', '\x', '\x', '00000000-0000-0000-0000-000000000000', '', '/'),
    (32, '\x01020304', '\x0001', '\x5c27', '\xdeadbeef', '00112233-4455-6677-8899-aabbccddeeff', '<a>1</a><a>ü</a>', '/1/2.5/'),
    (33, '\xffffffff', '\xffffffffffffffff', decode(repeat('ab', 20000), 'hex'), NULL, NULL, 'text', NULL);
INSERT INTO written.types SELECT * FROM values_of;
SELECT count(*) FROM written.types;
-- whatever differs; the text of an xml, which has no equality
SELECT w.id, w.* FROM written.types AS w JOIN values_of AS v USING (id) WHERE (to_jsonb(w.*)) IS DISTINCT FROM to_jsonb(v.*);
-- the same one by one, by UPDATE, which sends what it sets only
UPDATE written.types SET b = NULL, d = NULL, f = NULL, dt = NULL, dt27 = NULL, vc = NULL, nvcmax = NULL, vbmax = NULL, g = NULL, x = NULL, h = NULL;
SELECT count(b), count(d), count(f), count(dt), count(vc), count(g), count(x), count(h) FROM written.types;
UPDATE written.types AS w SET b = v.b, d = v.d, f = v.f, dt = v.dt, dt27 = v.dt27, vc = v.vc, nvcmax = v.nvcmax, vbmax = v.vbmax, g = v.g, x = v.x, h = v.h
FROM values_of AS v WHERE v.id = w.id;
SELECT w.id, w.* FROM written.types AS w JOIN values_of AS v USING (id) WHERE (to_jsonb(w.*)) IS DISTINCT FROM to_jsonb(v.*);
-- more rows than one statement has parameters for
INSERT INTO written.types SELECT 1000 + s.n, v.b, v.ti, v.si, v.bi, v.d, v.big, v.m, v.sm, v.r, v.f, v.da, v.tm, v.tm7, v.sdt, v.dt, v.dt2, v.dt27, v.dto, v.c, v.vc, v.vcmax,
    v.nc, v.nvc, v.nvcmax, v.tx, v.ntx, v.bin, v.vb, v.vbmax, v.im, v.g, v.x, v.h FROM values_of AS v, generate_series(1, 150) AS s(n) WHERE v.id = 1;
SELECT count(*), count(DISTINCT id), min(big) = max(big) AS alike FROM written.types WHERE id > 1000;
-- COPY
SELECT mssql_exec('mssql', 'TRUNCATE TABLE writes.Types') AS rows;
SELECT current_setting('data_directory') || '/writes_types.copy' AS file \gset
COPY values_of TO :'file' (FORMAT binary);
COPY written.types FROM :'file' (FORMAT binary);
SELECT w.id, w.* FROM written.types AS w FULL JOIN values_of AS v USING (id) WHERE (to_jsonb(w.*)) IS DISTINCT FROM to_jsonb(v.*);
DELETE FROM written.types;
-- rounded as on both sides
CREATE FOREIGN TABLE finer (id int OPTIONS (remote_type 'int', key 'true'), d numeric OPTIONS (remote_type 'decimal(20,4)'), m numeric OPTIONS (remote_type 'money'),
    tm time OPTIONS (remote_type 'time(3)'), sdt timestamp OPTIONS (remote_type 'smalldatetime'), dt timestamp OPTIONS (remote_type 'datetime'),
    dt2 timestamp OPTIONS (remote_type 'datetime2(3)'), dto timestamptz OPTIONS (remote_type 'datetimeoffset(3)'), r double precision OPTIONS (remote_type 'real'))
    SERVER mssql OPTIONS (schema_name 'writes', table_name 'Types');
INSERT INTO finer VALUES (1, 0.00005, -0.00005, '00:00:00.0005', '2020-01-01 00:00:30', '2020-01-01 00:00:00.0016', '2020-01-01 00:00:00.0005', '2020-01-01 23:59:59.9995+00', 0.1),
    (2, 1.99994999, 1.99994, '00:00:00.000499', '2020-01-01 23:59:29.999999', '2020-12-31 23:59:59.999', '2020-01-01 00:00:00.000499', '2020-01-01 23:59:59.9994+00', 1e-38) RETURNING *;
SELECT * FROM finer ORDER BY id;
DELETE FROM finer;
-- in the session's time zone, as it is read
CREATE FOREIGN TABLE zoned (id int OPTIONS (remote_type 'int', key 'true'), dt2 timestamptz OPTIONS (remote_type 'datetime2(3)'), da timestamp OPTIONS (remote_type 'date'),
    dto timestamptz OPTIONS (remote_type 'datetimeoffset(3)')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Types');
SET TimeZone = 'America/New_York';
INSERT INTO zoned VALUES (1, '2020-07-01 12:00:00-04', '2020-07-01', '2020-07-01 12:00:00-04') RETURNING *;
SELECT * FROM mssql_query('mssql', 'SELECT dt2, dto FROM writes.Types') AS t(dt2 timestamp, dto text);
RESET TimeZone;
DELETE FROM zoned;
-- text for a column of another type, and the other way round
CREATE FOREIGN TABLE as_text (id int OPTIONS (remote_type 'int', key 'true'), bi text OPTIONS (remote_type 'bigint'), g text OPTIONS (remote_type 'uniqueidentifier'),
    da text OPTIONS (remote_type 'date'), nvc uuid OPTIONS (column_name 'nvcmax', remote_type 'nvarchar(max)'), vcmax int[] OPTIONS (remote_type 'varchar(max)'))
    SERVER mssql OPTIONS (schema_name 'writes', table_name 'Types');
INSERT INTO as_text VALUES (1, '42', '00112233-4455-6677-8899-AABBCCDDEEFF', '2020-02-29', '00112233-4455-6677-8899-aabbccddeeff', '{1,2}') RETURNING *;
INSERT INTO as_text (id, bi) VALUES (2, 'x');
DELETE FROM as_text;
-- what a column cannot hold
\set VERBOSITY terse
INSERT INTO written.types (id, ti) VALUES (1, -1);
INSERT INTO written.types (id, ti) VALUES (1, 256);
INSERT INTO written.types (id, m) VALUES (1, 922337203685477.5808);
INSERT INTO written.types (id, sm) VALUES (1, 214748.3648);
INSERT INTO written.types (id, f) VALUES (1, 'NaN');
INSERT INTO written.types (id, f) VALUES (1, 'infinity');
INSERT INTO written.types (id, r) VALUES (1, '-infinity');
INSERT INTO written.types (id, d) VALUES (1, 'NaN');
INSERT INTO written.types (id, da) VALUES (1, 'infinity');
INSERT INTO written.types (id, da) VALUES (1, '0001-01-01 BC');
INSERT INTO written.types (id, da) VALUES (1, '10000-01-01');
INSERT INTO written.types (id, tm) VALUES (1, '24:00');
INSERT INTO written.types (id, sdt) VALUES (1, '1899-12-31 23:59:29');
INSERT INTO written.types (id, sdt) VALUES (1, '2079-06-06 23:59:30');
INSERT INTO written.types (id, dt) VALUES (1, '1752-12-31');
INSERT INTO written.types (id, dt) VALUES (1, '9999-12-31 23:59:59.999');
INSERT INTO written.types (id, dt27) VALUES (1, '-infinity');
INSERT INTO written.types (id, dto) VALUES (1, '10000-01-01 00:00+00');
INSERT INTO written.types (id, vc) VALUES (1, 'я');
INSERT INTO written.types (id, c) VALUES (1, '日');
INSERT INTO written.types (id, tx) VALUES (1, '日');
INSERT INTO finer (id, d) VALUES (1, 'NaN'), (2, 1);
INSERT INTO finer (id, d) VALUES (1, 1e20);
INSERT INTO finer (id, r) VALUES (1, 1e39);
INSERT INTO finer (id, r) VALUES (1, 1e-50);
INSERT INTO finer (id, tm) VALUES (1, '23:59:59.9999');
INSERT INTO zoned (id, da) VALUES (1, '2020-01-01 00:01');
CREATE FOREIGN TABLE wider (id int OPTIONS (remote_type 'int', key 'true'), vc text OPTIONS (remote_type 'varchar(10)'), nvc text OPTIONS (remote_type 'nvarchar(10)'),
    bin bytea OPTIONS (remote_type 'binary(4)'), b int OPTIONS (remote_type 'bit'), si numeric OPTIONS (remote_type 'smallint'))
    SERVER mssql OPTIONS (schema_name 'writes', table_name 'Types');
\set VERBOSITY sqlstate
INSERT INTO wider (id, vc) VALUES (1, repeat('x', 11));
INSERT INTO wider (id, vc) VALUES (1, repeat('x', 10000));
INSERT INTO wider (id, nvc) VALUES (1, repeat('я', 11));
INSERT INTO wider (id, bin) VALUES (1, '\x0102030405');
\set VERBOSITY terse
INSERT INTO wider (id, b) VALUES (1, 2);
INSERT INTO wider (id, si) VALUES (1, 1.5);
INSERT INTO wider (id, si) VALUES (1, 1.0) RETURNING *;
\set VERBOSITY default
-- what is only read
CREATE FOREIGN TABLE only_read (id int OPTIONS (remote_type 'int', key 'true'), nvcmax jsonb OPTIONS (remote_type 'sql_variant')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Types');
INSERT INTO only_read VALUES (5, '{}');
SELECT count(*) FROM written.types;
DELETE FROM written.types;
DROP SCHEMA written CASCADE;
DROP FOREIGN TABLE finer, zoned, as_text, wider, only_read;
DROP TABLE values_of;
