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
CREATE TABLE Ordered (a int, b int)
go
SELECT * FROM (SELECT a FROM Ordered ORDER BY a) q
go
SELECT 1 WHERE EXISTS (SELECT a FROM Ordered ORDER BY a)
go
SELECT (SELECT a FROM Ordered ORDER BY a)
go
WITH q AS (SELECT a FROM Ordered ORDER BY a) SELECT * FROM q
go
CREATE VIEW OrderedView AS SELECT a FROM Ordered ORDER BY a
go
SELECT * FROM (SELECT TOP (1) a FROM Ordered ORDER BY a) q
SELECT * FROM (SELECT a FROM Ordered ORDER BY a OFFSET 0 ROWS) q
go
SELECT TOP (1) a FROM Ordered ORDER BY a OFFSET 1 ROWS
go
SELECT * FROM (WITH q AS (SELECT 1 AS a) SELECT a FROM q) p
go
SELECT 1 WHERE 1 IN (WITH q AS (SELECT 1 AS a) SELECT a FROM q)
go
SELECT * FROM (SELECT a FROM Ordered OPTION (RECOMPILE)) q
go
SELECT * FROM (SELECT a INTO Elsewhere FROM Ordered) q
go
DECLARE @v int
SELECT * FROM (SELECT @v = a FROM Ordered) q
go
INSERT INTO Ordered WITH q AS (SELECT 1 AS a) SELECT a, a FROM q
go
INSERT INTO Ordered SELECT 1, 2 ORDER BY 1 OPTION (RECOMPILE)
SELECT * FROM Ordered OPTION (RECOMPILE)
go
ALTER TABLE Ordered ADD CHECK (a IN (SELECT b FROM Ordered))
go
