-- Columns of other types than the default: what fits arrives, what does not is an error that names column and value.
SET TimeZone = 'UTC';
SET DateStyle = ISO;
\set SHOW_CONTEXT always
\set VERBOSITY default
CREATE FUNCTION read_as(source text, type text) RETURNS text LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    result text;
    spot text;
BEGIN
    EXECUTE format('SELECT t.v::text FROM mssql_query(''mssql'', %L) AS t(v %s)', 'SELECT ' || source, type) INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN data_exception OR datatype_mismatch OR integrity_constraint_violation THEN
    GET STACKED DIAGNOSTICS spot = PG_EXCEPTION_CONTEXT;
    RETURN SQLSTATE || ' ' || SQLERRM || coalesce(' @ ' || substring(spot FROM '^column "v" of mssql_query'), '');
END
$$;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN required AS text NOT NULL;
CREATE TYPE mood AS ENUM ('sad', 'happy');
SELECT source, type, read_as(source, type)
FROM (VALUES
    -- integers
    ('CAST(5 AS tinyint)', 'bigint'), ('CAST(300 AS int)', 'smallint'), ('CAST(3000000000 AS bigint)', 'int'), ('CAST(-32768 AS bigint)', 'smallint'),
    ('CAST(1 AS int)', 'boolean'), ('CAST(2 AS int)', 'boolean'), ('CAST(1 AS bit)', 'int'), ('CAST(7 AS int)', 'numeric(5,2)'),
    ('CAST(1234 AS int)', 'numeric(5,2)'), ('CAST(16777217 AS int)', 'real'), ('CAST(16777216 AS int)', 'real'),
    ('CAST(9007199254740993 AS bigint)', 'float8'), ('CAST(9223372036854775807 AS bigint)', 'float8'), ('CAST(-5 AS int)', 'text'),
    ('CAST(5 AS int)', 'varchar(1)'), ('CAST(50 AS int)', 'varchar(1)'), ('CAST(5 AS int)', 'date'), ('CAST(5 AS int)', 'uuid'), ('CAST(NULL AS int)', 'int'),
    ('CAST(5 AS int)', 'positive'), ('CAST(-5 AS int)', 'positive'), ('CAST(NULL AS int)', 'positive'),
    -- decimals
    ('CAST(12.50 AS decimal(10,2))', 'numeric'), ('CAST(12.50 AS decimal(10,2))', 'numeric(10,1)'), ('CAST(12.55 AS decimal(10,2))', 'numeric(10,1)'),
    ('CAST(12.00 AS decimal(10,2))', 'int'), ('CAST(12.50 AS decimal(10,2))', 'int'), ('CAST(99999 AS decimal(10,2))', 'smallint'),
    ('CAST(9223372036854775808 AS decimal(38,0))', 'bigint'), ('CAST(-9223372036854775808 AS decimal(38,0))', 'bigint'),
    ('CAST(0.1 AS decimal(10,2))', 'float8'), ('CAST(0.1 AS decimal(10,2))', 'real'), ('CAST(0.05 AS decimal(10,2))', 'text'),
    ('CAST(12.3400 AS money)', 'numeric(10,2)'), ('CAST(12.3456 AS money)', 'numeric(10,2)'), ('CAST(12.3456 AS money)', 'text'),
    ('CAST(123456 AS decimal(10,2))', 'numeric(5,2)'), ('CAST(1 AS decimal(10,2))', 'boolean'),
    -- floats
    ('CAST(0.1 AS float)', 'real'), ('CAST(0.5 AS float)', 'real'), ('CAST(0.1 AS real)', 'float8'), ('CAST(0.1 AS float)', 'numeric'),
    ('CAST(0.1 AS real)', 'numeric'), ('CAST(1.25 AS float)', 'numeric(5,1)'), ('CAST(1.5 AS float)', 'numeric(5,1)'), ('CAST(5 AS float)', 'int'),
    ('CAST(5.5 AS float)', 'int'), ('CAST(1e19 AS float)', 'bigint'), ('CAST(1e300 AS float)', 'real'),
    -- dates and times
    ('CAST(''2020-02-29'' AS date)', 'timestamp'), ('CAST(''2020-02-29'' AS date)', 'timestamptz'), ('CAST(''2020-02-29'' AS date)', 'text'),
    ('CAST(''2020-02-29T00:00:00'' AS datetime)', 'date'), ('CAST(''2020-02-29T12:00:00'' AS datetime)', 'date'),
    ('CAST(''2020-02-29T12:00:00.003'' AS datetime)', 'timestamptz'), ('CAST(''2020-02-29T12:00:00.003'' AS datetime)', 'timestamp(2)'),
    ('CAST(''2020-02-29T12:00:00.003'' AS datetime)', 'text'), ('CAST(''2020-02-29T12:00:00.003'' AS datetime)', 'time'),
    ('CAST(''2020-02-29T12:00:00.1234'' AS datetime2(4))', 'timestamp(3)'), ('CAST(''2020-02-29T12:00:00.1230'' AS datetime2(4))', 'timestamp(3)'),
    ('CAST(''2020-02-29T12:00:00+05:30'' AS datetimeoffset(0))', 'timestamptz'), ('CAST(''2020-02-29T12:00:00+05:30'' AS datetimeoffset(0))', 'timestamp'),
    ('CAST(''12:34:56.5'' AS time(1))', 'time'), ('CAST(''12:34:56.5'' AS time(1))', 'time(0)'), ('CAST(''12:34:56.5'' AS time(1))', 'timestamp'),
    -- text
    ('CAST(N''abc'' AS nvarchar(10))', 'varchar(3)'), ('CAST(N''abcd'' AS nvarchar(10))', 'varchar(3)'), ('CAST(N''abc '' AS nvarchar(10))', 'varchar(3)'),
    ('CAST(N''日本語'' AS nvarchar(10))', 'varchar(3)'), ('CAST(N''ab'' AS nvarchar(10))', 'char(3)'), ('CAST(N''abcd'' AS nvarchar(10))', 'char(3)'),
    ('CAST(N''12'' AS nvarchar(10))', 'int'), ('CAST(N''x'' AS nvarchar(10))', 'int'), ('CAST(N''1.239'' AS nvarchar(10))', 'numeric(5,2)'),
    ('CAST(N''1.230'' AS nvarchar(10))', 'numeric(5,2)'), ('CAST(N''2020-02-29'' AS nvarchar(30))', 'date'), ('CAST(N''2020-02-29 12:00'' AS nvarchar(30))', 'date'),
    ('CAST(N''2020-02-29 12:00:00.123'' AS nvarchar(30))', 'timestamp(2)'), ('CAST(N''happy'' AS nvarchar(10))', 'mood'), ('CAST(N''angry'' AS nvarchar(10))', 'mood'),
    ('CAST(N''{1,2}'' AS nvarchar(10))', 'int[]'), ('CAST(N''{"a": [1]}'' AS nvarchar(20))', 'jsonb'), ('CAST(N''{'' AS nvarchar(10))', 'jsonb'),
    ('CAST(N''yes'' AS nvarchar(10))', 'boolean'), ('CAST(N''<a/>'' AS nvarchar(10))', 'xml'), ('CAST(N''abc'' AS nvarchar(10))', 'bytea'),
    ('CAST(N''ab'' AS nvarchar(10))', '"char"'), ('REPLICATE(N''n'', 64)', 'name'), ('CAST(NULL AS nvarchar(10))', 'required'), ('CAST(N'''' AS nvarchar(10))', 'required'),
    ('CAST(N''101'' AS nvarchar(10))', 'bit(3)'), ('CAST(N''10'' AS nvarchar(10))', 'bit(3)'),
    -- the rest
    ('CAST(''00112233-4455-6677-8899-AABBCCDDEEFF'' AS uniqueidentifier)', 'text'), ('CAST(''00112233-4455-6677-8899-AABBCCDDEEFF'' AS uniqueidentifier)', 'bytea'),
    ('CAST(0x0102 AS varbinary(10))', 'text'), ('CAST(0x0102 AS varbinary(10))', 'int'), ('CAST(1 AS bit)', 'text')
) AS v(source, type);
-- a table's error names column and table
SET client_min_messages = warning;
CREATE FOREIGN TABLE narrow (id int OPTIONS (remote_type 'int'), i smallint) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Integers');
SELECT * FROM narrow WHERE id = 3;
SELECT * FROM narrow ORDER BY id;
SELECT id FROM narrow ORDER BY id;
ALTER FOREIGN TABLE narrow ALTER i TYPE date;
SELECT * FROM narrow;
DROP FOREIGN TABLE narrow;
-- the policy for what text cannot hold
CREATE FOREIGN TABLE nul (id int, v text) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Nul');
SELECT * FROM nul ORDER BY id;
ALTER FOREIGN TABLE nul OPTIONS (nul_policy 'replace');
SELECT * FROM nul ORDER BY id;
ALTER FOREIGN TABLE nul OPTIONS (SET nul_policy 'strip');
SELECT * FROM nul ORDER BY id;
DROP FOREIGN TABLE nul;
DROP FUNCTION read_as;
DROP DOMAIN positive, required;
-- a check that queries the server whose row is being converted, and does not mind that it may not: the row is not finished all the same
CREATE FUNCTION nosy(value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mssql_query('mssql', 'SELECT 1') AS t(a int);
    RETURN true;
EXCEPTION WHEN feature_not_supported THEN
    RETURN true;
END
$$;
CREATE DOMAIN watched AS text CHECK (nosy(VALUE));
SELECT * FROM mssql_query('mssql', 'SELECT N''a'', N''b'', N''c''') AS t(a watched, b watched, c text);
SELECT * FROM mssql_query('mssql', 'SELECT N''a'', N''b''') AS t(a text, b text);
DROP DOMAIN watched;
DROP FUNCTION nosy;
DROP TYPE mood;
