SELECT CAST('2020-13-45' AS datetime)
go
SELECT CAST(12345.678 AS decimal(5,2))
go
SELECT 'ж😀é€', CAST(N'ж' AS varchar(5)), DATALENGTH('é')
SELECT CAST('2020-01-01T10:00:00' AS datetime2(3)), CAST('20200101' AS smalldatetime), CAST('10:20' AS time(0)), CONVERT(datetime, '31/12/2020', 103), CAST('2020-01-01 10:00 +02:00' AS datetimeoffset(0))
SELECT DATEADD(hour, 5, CAST('2020-01-01 23:00' AS datetime2(0))), CAST(CAST('2020-01-01' AS date) AS datetime), DATEDIFF(ms, '2020-01-01', '2020-01-01 00:00:01.5')
SELECT SWITCHOFFSET(CAST('2020-01-01 10:00 +02:00' AS datetimeoffset), '+00:00'), TODATETIMEOFFSET('2020-01-01', '+05:30'), CAST('2020-01-01 10:00' AS datetime) AT TIME ZONE 'UTC'
SELECT CAST(5 AS bit), CAST('true' AS bit), CAST(1.9 AS int), CAST(-1.9e0 AS int), CAST(CAST(2.5 AS money) AS int), CAST(1e10 AS bigint), CAST(0x7F AS tinyint), CAST('  42 ' AS int), CAST('' AS int), CAST(N'1.5' AS float), CAST(1.23456789 AS real)
SELECT COUNT(DISTINCT v), SUM(v), AVG(v), AVG(v*1.0), STDEV(v), MIN(v), SUM(CAST(v AS money)), CHECKSUM_AGG(v) FROM (VALUES (1),(2),(2),(NULL)) x(v)
SELECT object_id FROM sys.objects WHERE object_id = -5
SELECT HAS_PERMS_BY_NAME(DB_NAME(),'DATABASE','UNMASK'), IS_ROLEMEMBER('db_owner'), IS_SRVROLEMEMBER('sysadmin'), USER_NAME(), DB_ID('master'), DB_NAME(1), SCHEMA_NAME(1), TYPE_NAME(231), OBJECT_NAME(1), APP_NAME(), HOST_NAME(), DATABASEPROPERTYEX(DB_NAME(),'Updateability'), SERVERPROPERTY('EngineEdition'), COLLATIONPROPERTY('Latin1_General_CI_AS','CodePage')
SELECT value_in_use FROM sys.configurations WHERE name = 'max text repl size (B)'
SELECT CAST(NULL AS sql_variant), CAST(1 AS sql_variant), CAST(N'x' AS sql_variant), CAST(0x01 AS sql_variant), CAST(CAST('2020-01-01' AS date) AS sql_variant), CAST(CAST(1.5 AS sql_variant) AS decimal(5,2)), CAST(CAST(7 AS sql_variant) AS nvarchar(10))
SELECT * FROM STRING_SPLIT('a,b,c', ',')
SELECT value FROM GENERATE_SERIES(1, 3)
SELECT RANK() OVER (ORDER BY v), DENSE_RANK() OVER (ORDER BY v), NTILE(2) OVER (ORDER BY v), FIRST_VALUE(v) OVER (ORDER BY v), COUNT(*) OVER (PARTITION BY v), SUM(v) OVER (ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (VALUES (1),(2),(2)) x(v)
EXEC sp_describe_first_result_set N'SELECT name, object_id FROM sys.tables'
SELECT a.n FROM (VALUES (1),(2)) a(n) LEFT JOIN (VALUES (2)) b(n) ON a.n = b.n WHERE b.n IS NULL
SELECT a.n, b.n FROM (VALUES (1),(2)) a(n) FULL JOIN (VALUES (2),(3)) b(n) ON a.n = b.n ORDER BY 1, 2
SELECT 1 UNION SELECT 1 EXCEPT SELECT 2 INTERSECT SELECT 2
SELECT N'a' + NULL, 'x' + CAST(1 AS char(3)) + 'y', N'abc' LIKE N'ABC', 1
go
SELECT CASE WHEN N'abc' LIKE N'A_C' THEN 1 END, CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN N'b' ELSE NULL END, QUOTENAME('x', ''''), PARSENAME('a.b.c', 1), ISNUMERIC('1.5'), ISDATE('2020-01-01'), REPLICATE('ab', 3), SPACE(2) + 'x', LEFT('abc', 2), RIGHT('abc', 2), UPPER('é'), PATINDEX('%b%', 'abc')
SELECT FORMAT(1, 'N')
go
SELECT SUBSTRING('abc', 2, CAST(NULL AS int)), LEFT('abc', CAST(NULL AS int)), RIGHT(N'é', CAST(NULL AS int))
SELECT LEN(NCHAR(55357) + NCHAR(56832) + N'x'), LEN((NCHAR(55357) + NCHAR(56832) + N'x') COLLATE Latin1_General_100_CI_AS_SC), LEN(SUBSTRING((NCHAR(55357) + NCHAR(56832) + N'x') COLLATE Latin1_General_100_CI_AS_SC, 2, 5))
go
