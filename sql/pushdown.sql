-- What goes into the remote WHERE, what stays and why; and that both ways give the same rows. Data: test/fixtures/types.sql.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = ISO;
CREATE SCHEMA pushdown;
SET search_path = pushdown, public;
CREATE FOREIGN TABLE many (
    id int OPTIONS (remote_type 'int'), grp int OPTIONS (remote_type 'int'), name varchar(40) OPTIONS (remote_type 'nvarchar(40)'),
    price numeric(10,2) OPTIONS (remote_type 'decimal(10,2)'), created timestamp(3) OPTIONS (remote_type 'datetime2(3)'),
    flag boolean OPTIONS (remote_type 'bit'), code uuid OPTIONS (remote_type 'uniqueidentifier'), untyped int OPTIONS (column_name 'id'),
    untyped_price numeric OPTIONS (column_name 'price')
) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Many');
CREATE FOREIGN TABLE dates (
    id int OPTIONS (remote_type 'int'), d date OPTIONS (remote_type 'date'), t3 time(3) OPTIONS (remote_type 'time(3)'),
    t7 time(6) OPTIONS (remote_type 'time(7)'), sdt timestamp(0) OPTIONS (remote_type 'smalldatetime'), dt timestamp(3) OPTIONS (remote_type 'datetime'),
    dt3 timestamp(3) OPTIONS (remote_type 'datetime2(3)'), dt6 timestamp(6) OPTIONS (remote_type 'datetime2(6)'), dto timestamptz(3) OPTIONS (remote_type 'datetimeoffset(3)')
) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Dates');
-- The remote SQL of a condition, or why it is not there; and whether the rows are the same without pushdown.
CREATE FUNCTION pushed(relation text, condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    answer text := '';
    with_pushdown text;
    without text;
    query text := format('SELECT coalesce(string_agg(id::text, '','' ORDER BY id), ''none'') FROM %I WHERE %s', relation, condition);
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM %I WHERE %s', relation, condition) LOOP
        IF line ~ 'Remote SQL: .* WHERE' THEN
            answer := answer || substring(line FROM 'WHERE (.*)$');
        ELSIF line ~ 'Not Pushed: ' THEN
            -- what is $0 until 16 has a name from 17 on
            answer := answer || ' LOCAL: ' || replace(substring(line FROM 'Not Pushed: (.*)$'), '(InitPlan 1).col1', '$0');
        END IF;
    END LOOP;
    SET LOCAL mssql_fdw.pushdown = on;
    EXECUTE query INTO with_pushdown;
    SET LOCAL mssql_fdw.pushdown = off;
    EXECUTE query INTO without;
    SET LOCAL mssql_fdw.pushdown = on;
    RETURN answer || CASE WHEN with_pushdown = without THEN ' =' ELSE ' DIFFERENT ROWS' END;
END
$$;
SELECT condition, pushed('many', condition) FROM (VALUES
    ('id = 5'), ('5 < id'), ('id <> 5'), ('id >= 5 AND id <= 7'), ('id = 5::bigint'), ('id = 5::smallint'), ('id = -5'), ('id = 3000000000'), ('id = 5.0'),
    ('price = 1.5'), ('price > 100'), ('price < 1.234'), ('price <= 1.234'), ('price > 1.494'), ('price >= 1.501'), ('price = 1.234'), ('price <> 1.234'),
    ('price < 1e12'), ('price > -1e30'), ('price < 1.50000000000000000000000000000000000000001'), ('price = ''NaN'''), ('flag'), ('NOT flag'), ('flag IS TRUE'), ('flag IS NOT TRUE'), ('flag = false'),
    ('name IS NULL'), ('name IS NOT NULL AND id < 9'), ('name = ''one'''), ('name LIKE ''o%'''), ('lower(name) = ''one'''),
    ('created = ''2020-01-01 00:00:00.001'''), ('created < ''2020-01-02'''), ('created < ''infinity'''), ('created IS NULL AND id < 40'),
    ('created >= date ''2020-01-02'''), ('created < ''2020-01-01''::date + 1'), ('created > current_date'), ('created = date ''infinity'''), ('created > timestamptz ''2020-01-01'''),
    ('created <= timestamptz ''2020-01-01 12:00'''), ('created = timestamptz ''2020-01-01 00:00:00.001'''), ('created <> timestamptz ''2020-01-01'''),
    ('created > timestamptz ''infinity'''), ('NOT (created > timestamptz ''2020-01-01'' OR id IN (1, 2))'), ('NOT (created > timestamptz ''2020-01-01'' AND flag)'),
    ('code = ''00112233-4455-6677-8899-aabbccddeeff'''), ('code > ''00112233-4455-6677-8899-aabbccddeeff'''),
    ('id IN (1, 2, 3)'), ('id NOT IN (1, 2, 3)'), ('id IN (1, NULL)'), ('id NOT IN (1, NULL)'), ('(id NOT IN (1, NULL)) IS NULL AND id < 9'), ('price NOT IN (1.5, 1.234)'), ('id = 1 OR id = 2'), ('id = 1 OR name = ''one'''), ('NOT (id = 1 OR price > 2)'),
    ('(id < 10 AND flag) OR (id > 1000 AND price IS NOT NULL)'), ('id = grp'), ('id + 1 = 5'), ('untyped = 5'), ('untyped <> 5'), ('untyped IN (5, 6)'), ('untyped < (SELECT 5)'), ('untyped IS NULL'), ('untyped_price = 1.5'),
    ('id < random() * 0 + 5'), ('created < now()'), ('created < localtimestamp'), ('id = (SELECT 5)'), ('id IS DISTINCT FROM 5 AND id < 9')
) AS c(condition);
SELECT condition, pushed('dates', condition) FROM (VALUES
    ('d = ''2000-02-29'''), ('d < ''1600-01-01'''), ('d < ''4714-11-24 BC'''), ('t3 = ''12:34:56.789'''), ('t3 > ''12:00'''), ('t7 = ''12:34:56.789123'''),
    ('t7 > ''12:34:56.789122'''), ('t7 <= ''12:34:56.789123'''), ('t7 <> ''12:34:56.789123'''), ('t7 IN (''12:34:56.789123'', ''00:00'')'),
    ('t7 < ''12:34:56.789124'''), ('t7 >= ''12:34:56.789123'''), ('sdt = ''2000-02-29 12:00'''), ('dt = ''2010-01-02 03:04:05.003'''),
    ('dt = ''2010-01-02 03:04:05.004'''), ('dt <> ''2010-01-02 03:04:05.004'''), ('dt < ''2010-01-02 03:04:05.004'''), ('dt <= ''2010-01-02 03:04:05.004'''),
    ('dt > ''2010-01-02 03:04:05.004'''), ('dt >= ''2010-01-02 03:04:05.004'''), ('dt >= ''2010-01-02 03:04:05.0069999'''), ('dt > ''9999-12-31 23:59:59.998'''),
    ('dt <= ''9999-12-31 23:59:59.998'''), ('sdt > ''2000-02-29 11:59:30'''), ('sdt <= ''2000-02-29 12:00:30'''), ('sdt < ''2079-06-06 23:59:30'''),
    ('dt3 >= ''2010-01-02 03:04:05.6775'''), ('dt3 < ''2010-01-02 03:04:05.6785'''), ('dt3 = ''2010-01-02 03:04:05.6785'''), ('dt <= ''2010-01-02 03:04:05.007'''), ('dt > ''1700-01-01'''), ('dt6 = ''2010-01-02 03:04:05.678912'''),
    ('dt6 > ''0001-01-01'''), ('dto = ''2010-01-01 21:34:05.678+00'''), ('dto >= ''2010-01-02 03:04:05.678-08'''), ('dto >= date ''2010-01-02'''), ('dto < timestamp ''2010-01-02 12:00'''),
    ('dto <> timestamp ''2010-01-02 12:00'''), ('d >= timestamptz ''2000-02-29'''), ('d < timestamp ''2000-02-29 00:00:01'''), ('d = timestamp ''2000-02-29'''), ('d > dt')
) AS c(condition);
-- under another time zone, and around the hour that does not exist there
SET TimeZone = 'Europe/Berlin';
SELECT condition, pushed('dates', condition) FROM (VALUES
    ('dto < timestamp ''2010-01-02 04:04:05.678'''), ('dt6 > timestamptz ''2010-01-02 00:00'''), ('dt < timestamptz ''2010-03-28 02:30'''), ('d <= timestamptz ''2000-02-29''')
) AS c(condition);
SET TimeZone = 'UTC';
-- parameters go as parameters; where the server cannot hold a value, the condition is checked here
PREPARE find(int, timestamp, numeric) AS SELECT count(*), min(id) FROM many WHERE id < $1 AND created >= $2 AND price < $3;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE find(100, '2020-01-01', 20);
EXECUTE find(100, '2020-01-01', 20);
EXECUTE find(100, '-infinity', 20);
EXECUTE find(100, '2020-01-01', 'NaN');
EXECUTE find(100, '2020-01-01', 20.123456789);
EXECUTE find(NULL, '2020-01-01', 20);
SET mssql_fdw.pushdown = off;
EXECUTE find(100, '2020-01-01', 20);
RESET mssql_fdw.pushdown;
SET plan_cache_mode = force_custom_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE find(100, '2020-01-01', 20);
EXECUTE find(100, '2020-01-01', 'NaN');
EXECUTE find(100, '-infinity', 20);
DEALLOCATE find;
-- the parameter has the column's type where that holds its value; either way the rows are those of a local comparison
SET plan_cache_mode = force_generic_plan;
CREATE FOREIGN TABLE integers (
    id int OPTIONS (remote_type 'int'), t smallint OPTIONS (remote_type 'tinyint'), l bigint OPTIONS (remote_type 'bigint')
) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Integers');
CREATE FOREIGN TABLE decimals (
    id int OPTIONS (remote_type 'int'), one numeric(1,0) OPTIONS (remote_type 'decimal(1,0)'), small numeric(38,38) OPTIONS (remote_type 'decimal(38,38)'), m numeric(19,4) OPTIONS (remote_type 'money'), sm numeric(10,4) OPTIONS (remote_type 'smallmoney')
) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Decimals');
CREATE FOREIGN TABLE binaries (id int OPTIONS (remote_type 'int'), b bytea OPTIONS (remote_type 'binary(4)'))
    SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Binaries');
CREATE FUNCTION sent(relation text, condition text, type text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    query text := format('SELECT coalesce(string_agg(id::text, '','' ORDER BY id), ''none'') FROM %I WHERE %s', relation, condition);
    with_pushdown text;
    without text;
BEGIN
    EXECUTE format('PREPARE sent(%s) AS %s', type, query);
    EXECUTE format('EXECUTE sent(%L)', value) INTO with_pushdown;
    DEALLOCATE sent;
    SET LOCAL mssql_fdw.pushdown = off;
    EXECUTE format('PREPARE sent(%s) AS %s', type, query);
    EXECUTE format('EXECUTE sent(%L)', value) INTO without;
    DEALLOCATE sent;
    SET LOCAL mssql_fdw.pushdown = on;
    RETURN CASE WHEN with_pushdown = without THEN with_pushdown ELSE format('DIFFERENT ROWS: %s, not %s', with_pushdown, without) END;
END
$$;
SELECT *, sent(relation, condition, type, value) FROM (VALUES
    ('integers', 't = $1', 'smallint', '255'), ('integers', 't < $1', 'smallint', '256'), ('integers', 't > $1', 'smallint', '-1'),
    ('integers', 't = $1', 'bigint', '9223372036854775807'), ('integers', 'l = $1', 'bigint', '9223372036854775807'),
    ('integers', 'l >= $1', 'smallint', '-32768'), ('decimals', 'one = $1', 'numeric', '9'), ('decimals', 'one < $1', 'numeric', '10'),
    ('decimals', 'one > $1', 'numeric', '-9.5'), ('decimals', 'one < $1', 'numeric', '123456789012.5'), ('decimals', 'small = $1', 'numeric', '0.1'),
    ('decimals', 'small > $1', 'numeric', '-0.98432319763138435186412316842316874322'), ('decimals', 'small < $1', 'numeric', '1'),
    ('decimals', 'small > $1', 'numeric', '0.000000000000000000000000000000000000005'), ('decimals', 'm = $1', 'numeric', '922337203685477.5807'),
    ('decimals', 'm < $1', 'numeric', '922337203685477.5808'), ('decimals', 'm < $1', 'numeric', '99999999999999999999'),
    ('decimals', 'm > $1', 'numeric', '0.00001'), ('decimals', 'sm = $1', 'numeric', '-214748.3648'), ('decimals', 'sm < $1', 'numeric', '214748.3648'),
    ('many', 'price = $1', 'numeric', '1.50'), ('many', 'id < 20 AND flag = $1', 'boolean', 'true'), ('many', 'id < 9 AND name = $1', 'text', 'one'),
    ('many', 'code = $1', 'uuid', '00112233-4455-6677-8899-aabbccddeeff'), ('many', 'id < 20 AND created = $1', 'timestamp', '2020-01-01 00:00:00.001'),
    ('many', 'id < 20 AND created > $1', 'timestamp', '2020-01-01 00:00:00.0005'), ('many', 'id < 20 AND created < $1', 'timestamp', NULL),
    ('binaries', 'b = $1', 'bytea', '\x01020304'), ('binaries', 'b >= $1', 'bytea', '\x00'), ('binaries', 'b < $1', 'bytea', '\xffffffff'),
    ('dates', 'd = $1', 'date', '2000-02-29'), ('dates', 't3 = $1', 'time', '12:34:56.789'), ('dates', 't3 > $1', 'time', '12:34:56.788999'),
    ('dates', 't7 < $1', 'time', '12:34:56.789124'), ('dates', 't7 < $1', 'time', '24:00'), ('dates', 'sdt = $1', 'timestamp', '2000-02-29 12:00'),
    ('dates', 'sdt < $1', 'timestamp', '2000-02-29 12:00:00.5'), ('dates', 'sdt < $1', 'timestamp', '9999-01-01'),
    ('dates', 'dt = $1', 'timestamp', '2010-01-02 03:04:05.003'), ('dates', 'dt > $1', 'timestamp', '2010-01-02 03:04:05.002'),
    ('dates', 'dt >= $1', 'timestamp', '2010-01-02 03:04:05.004'), ('dates', 'dt < $1', 'timestamp', '2010-01-02 03:04:05.004'), ('dates', 'dt <= $1', 'timestamp', '2010-01-02 03:04:05.0069'),
    ('dates', 'NOT dt = $1', 'timestamp', '2010-01-02 03:04:05.004'), ('dates', 'dt < $1', 'timestamp', 'infinity'), ('dates', 'dt <= $1', 'timestamp', '9999-12-31 23:59:59.9999'),
    ('dates', 'sdt >= $1', 'timestamp', '2000-02-29 12:00:30'), ('dates', 'sdt >= $1', 'timestamp', '1000-01-01'), ('dates', 't7 = $1', 'time', '12:34:56.789123'),
    ('dates', 't7 > $1', 'time', '12:34:56.789122'), ('dates', 't7 <= $1', 'time', '23:59:59.999999'), ('dates', 'dt3 > $1', 'timestamp', '2010-01-02 03:04:05.6775'),
    ('many', 'price < $1', 'numeric', '1.50000000000000000000000000000000000000001'), ('many', 'id < 20 AND price = $1', 'numeric', '1.234'),
    ('dates', 'dt > $1', 'timestamp', '0001-01-01'), ('dates', 'dt6 = $1', 'timestamp', '2010-01-02 03:04:05.678912'),
    ('dates', 'dto = $1', 'timestamptz', '2010-01-01 21:34:05.678+00'), ('dates', 'dto < $1', 'timestamptz', '9999-12-31 23:59:59.999999+00')
) AS v(relation, condition, type, value);
RESET plan_cache_mode;
-- what another part of the query has found out before is sent, too; so is a column of the query around this one
CREATE FUNCTION plan_lines(pattern text, query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE query LOOP
        IF line ~ pattern THEN RETURN NEXT trim(line); END IF;
    END LOOP;
END
$$;
CREATE TEMP TABLE here AS SELECT 1000 AS id, timestamp '2020-01-02 03:04:05.6775' AS created;
SELECT plan_lines('Remote SQL', 'EXPLAIN (VERBOSE) SELECT id FROM many WHERE id > (SELECT max(id) FROM here)');
SELECT count(*) FROM many WHERE id > (SELECT max(id) FROM here);
SELECT count(*) FROM many WHERE created >= (SELECT max(created) FROM here);
SELECT count(*) FROM many WHERE id > (SELECT max(id) FROM here WHERE false);
SELECT count(*) FROM many WHERE id > (SELECT max(id) - 10 FROM many);
SELECT g, (SELECT count(*) FROM many WHERE id < g * 100 AND grp = g) FROM generate_series(3, 5) AS g;
SELECT count(*) FROM generate_series(1, 3) AS g, LATERAL (SELECT id FROM many WHERE id = g OFFSET 0) AS m;
SELECT plan_lines('Remote SQL', 'EXPLAIN (VERBOSE) SELECT * FROM generate_series(1, 3) AS g, LATERAL (SELECT id FROM many WHERE id = g OFFSET 0) AS m');
-- EXPLAIN ANALYZE names what could not be sent when it came to it
SET plan_cache_mode = force_generic_plan;
PREPARE by_moment(timestamp, int) AS SELECT id FROM many WHERE created < $1 AND id < $2;
SELECT plan_lines('Not Sent', 'EXPLAIN (ANALYZE) EXECUTE by_moment(''infinity'', 3)');
SELECT plan_lines('Remote SQL', 'EXPLAIN (ANALYZE, VERBOSE) EXECUTE by_moment(''infinity'', 3)');
SELECT plan_lines('Not Sent', 'EXPLAIN (ANALYZE) EXECUTE by_moment(''2020-01-01 00:00:00.0015'', 3)');
DEALLOCATE by_moment;
RESET plan_cache_mode;
-- in another format; what else a plan's node has depends on the version
CREATE FUNCTION plan_of(query text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (VERBOSE, FORMAT JSON, COSTS OFF) ' || query INTO plan;
    RETURN plan -> 0 -> 'Plan';
END
$$;
SELECT plan ->> 'Remote SQL' AS remote_sql, plan -> 'Not Pushed' AS not_pushed FROM plan_of('SELECT id FROM many WHERE name = ''a'' AND id = 1') AS plan;
DROP SCHEMA pushdown CASCADE;
