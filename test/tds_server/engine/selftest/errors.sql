SELECT CAST(N'日本' AS varchar(10)), CAST(N'ÿþ' AS varchar(10)), 'ж'
SELECT 'a' COLLATE Latin1_General_CS_AS WHERE 'a' COLLATE Latin1_General_CS_AS = 'A'
SELECT v FROM (VALUES (N'b'),(N'A'),(N'a'),(N'Z'),(N'é'),(N'e'),(N'_')) x(v) ORDER BY v
SELECT v FROM (VALUES (N'b'),(N'A'),(N'a'),(N'Z'),(N'é'),(N'e'),(N'_')) x(v) ORDER BY v COLLATE Latin1_General_BIN2
SELECT $1234.5, $-5, 0x, 1., .5, 1e3, 12345678901, -2147483648, 00012
SELECT CAST(2147483648 AS int)
go
SELECT CAST('12a' AS decimal(5,2))
go
SELECT CAST(12345.678 AS decimal(5,2))
SELECT CAST('2020-13-45' AS date)
go
SELECT 1 AS a, 2 AS a
SELECT * FROM (SELECT 1 AS a, 2 AS a) x
go
select 1 from
go
select 'unclosed
go
select 1 /* unclosed
go
SELECT * FROM sys.tables t JOIN sys.columns ON nope = 1
go
SELECT t.nope FROM sys.tables t
go
SELECT z.name FROM sys.tables t
go
SELECT name, COUNT(*) FROM sys.tables
go
SELECT dbo.fn(1)
go
SELECT nofn(1)
go
PRINT @undeclared
go
DECLARE @a int; DECLARE @a int
go
CREATE TABLE x (a nope)
go
CREATE TABLE nos.x (a int)
go
DROP TABLE nope
DROP TABLE IF EXISTS nope
USE nope
go
EXEC sp_executesql N'SELECT @a', N'@a int'
go
SELECT (SELECT 1 UNION ALL SELECT 2)
go
INSERT INTO sys.tables VALUES (1)
go
IF 1 = 1 PRINT 'yes' ELSE PRINT 'no'
IF NOT EXISTS (SELECT 1 FROM sys.tables WHERE name = 'zzz') BEGIN PRINT 'none' END
WHILE 1=1 BREAK
RETURN
PRINT 'unreached'
go
