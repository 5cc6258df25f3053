-- Every type at its edges, over the default mapping. Data: test/fixtures/types.sql.
SET TimeZone = 'UTC';
SET DateStyle = ISO;
SET client_min_messages = warning;
CREATE SCHEMA fdw_types;
IMPORT FOREIGN SCHEMA fdw FROM SERVER mssql INTO fdw_types OPTIONS (import_default 'false');
SELECT a.attrelid::regclass AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "not null",
    (SELECT option_value FROM pg_options_to_table(a.attfdwoptions) WHERE option_name = 'remote_type') AS remote_type
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'fdw_types'::regnamespace AND a.attnum > 0 ORDER BY c.relname COLLATE "C", a.attnum;
SET search_path = fdw_types, public;
SELECT * FROM integers ORDER BY id;
\x on
SELECT * FROM decimals ORDER BY id;
\x off
SELECT * FROM floats ORDER BY id;
\x on
SELECT * FROM dates ORDER BY id;
SELECT id, '<' || c || '>' AS c, '<' || vc || '>' AS vc, '<' || vcmax || '>' AS vcmax, '<' || nc || '>' AS nc, '<' || nvc || '>' AS nvc,
    '<' || nvcmax || '>' AS nvcmax, '<' || tx || '>' AS tx, '<' || ntx || '>' AS ntx FROM strings ORDER BY id;
\x off
SELECT id, octet_length(c::text::bytea) AS c, vc = '' AS vc, nvcmax = '' AS nvcmax, tx = '' AS tx FROM strings WHERE id IN (2, 6) ORDER BY id;
SELECT * FROM binaries ORDER BY id;
SELECT * FROM xml ORDER BY id;
SET xmloption = document;
SELECT * FROM xml ORDER BY id;
RESET xmloption;
SELECT id, length(v), md5(v) = md5(repeat('0123456789abcdef', 65536)) AS v, length(b), md5(b) = md5(repeat('x', 2000000)) AS b FROM long;
-- another zone moves what is shown, not what is stored
SET TimeZone = 'America/New_York';
SELECT id, dto, dto AT TIME ZONE 'UTC' AS utc, dt FROM dates WHERE id = 3;
