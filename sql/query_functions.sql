-- mssql_query and mssql_exec. Data: test/fixtures/types.sql.
SET DateStyle = ISO;
SELECT * FROM mssql_query('mssql', 'SELECT id, v FROM (VALUES (1, N''a''), (2, NULL)) AS t(id, v) ORDER BY id') AS t(id int, v text);
-- parameters keep their types
\x on
SELECT * FROM mssql_query('mssql',
    'SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10, @P11, @P12, @P13',
    1::smallint, 2, 3::bigint, true, 12.50, 0.1::float8, 'é''x', '2020-02-29'::date, '12:34:56.789'::time, '2020-02-29 12:34:56.123456'::timestamp,
    '2020-02-29 12:34:56.123456+02'::timestamptz, '00112233-4455-6677-8899-aabbccddeeff'::uuid, '\x00ff'::bytea)
AS t(a smallint, b int, c bigint, d boolean, e numeric, f float8, g text, h date, i time, j timestamp, k timestamptz, l uuid, m bytea);
\x off
SELECT * FROM mssql_query('mssql', 'SELECT COUNT(*) FROM fdw.Many WHERE id <= @P1 AND flag = @P2', 100, true) AS t(n int);
SELECT * FROM mssql_query('mssql', 'SELECT CASE WHEN @P1 IS NULL THEN 1 ELSE 0 END', NULL::int) AS t(n int);
SELECT * FROM mssql_query('mssql', 'SELECT @P1 + @P2', VARIADIC ARRAY[20, 22]) AS t(n int);
SELECT * FROM mssql_query('mssql', 'SELECT @P1', 'infinity'::date) AS t(n date);
SELECT * FROM mssql_query('mssql', 'SELECT @P1', 'NaN'::numeric) AS t(n numeric);
-- a result of another shape
SELECT * FROM mssql_query('mssql', 'SELECT 1, 2') AS t(a int);
SELECT * FROM mssql_query('mssql', 'SELECT 1') AS t(a date);
SELECT mssql_query('mssql', 'SELECT 1');
SELECT * FROM mssql_query('mssql', 'DELETE FROM fdw.Scratch') AS t(a int);
SELECT * FROM mssql_query('mssql', 'SELECT 1 AS a; SELECT 2 AS b, 3 AS c') AS t(a int);
SELECT count(*) FROM mssql_query('mssql', 'SELECT id FROM fdw.Many') AS t(id int);
-- statements
SELECT mssql_exec('mssql', 'INSERT INTO fdw.Scratch VALUES (1, N''one''), (2, N''two'')');
SELECT mssql_exec('mssql', 'UPDATE fdw.Scratch SET v = v WHERE id > 0; DELETE FROM fdw.Scratch WHERE id = 2');
SELECT mssql_exec('mssql', 'PRINT N''hello''');
SELECT * FROM mssql_query('mssql', 'SELECT * FROM fdw.Scratch') AS t(id int, v text);
SELECT mssql_exec('mssql', 'DELETE FROM fdw.Scratch');
BEGIN READ ONLY;
SELECT mssql_exec('mssql', 'DELETE FROM fdw.Scratch');
ROLLBACK;
-- errors have the server's text and PostgreSQL's SQLSTATE
DO $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY['INSERT INTO fdw.Scratch VALUES (1, N''x''), (1, N''y'')', 'INSERT INTO fdw.Scratch (v) VALUES (N''x'')',
        'SELECT 1 / 0', 'SELECT * FROM fdw.Missing', 'SELECT missing FROM fdw.Scratch', 'SELECT 1 +'] LOOP
        BEGIN
            PERFORM mssql_exec('mssql', statement);
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE '% %', SQLSTATE, statement;
        END;
        -- some errors end the remote transaction: begin another
        ROLLBACK;
    END LOOP;
END
$$;
-- NULL server or text: nothing
SELECT mssql_exec(NULL, 'SELECT 1') IS NULL AS nothing;
SELECT * FROM mssql_query('mssql', NULL) AS t(a int);
-- with parameters, where a NULL parameter has a meaning, it is an error
SELECT * FROM mssql_query(NULL, 'SELECT @P1', 1) AS t(a int);
SELECT * FROM mssql_query('mssql', NULL, 1) AS t(a int);
