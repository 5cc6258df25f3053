DROP DATABASE IF EXISTS engine_selftest_cs
go
CREATE DATABASE engine_selftest_cs COLLATE Latin1_General_CS_AS
go
USE engine_selftest_cs
go
CREATE TABLE T (a varchar(10), b varchar(10) COLLATE Cyrillic_General_CI_AS, c varchar(10) COLLATE Japanese_CI_AS, d varchar(10) COLLATE Latin1_General_100_CI_AS_SC_UTF8, e nvarchar(10) COLLATE Latin1_General_BIN2, f char(4) COLLATE Latin1_General_100_CI_AS_SC_UTF8)
CREATE TABLE t (x int, X int)
INSERT INTO T VALUES (N'é€ж', N'жé', N'日本é', N'é😀', N'é', N'é')
INSERT INTO T (d) VALUES (N'ééééé')
INSERT INTO T (d) VALUES (N'éééééx')
INSERT INTO T (c) VALUES (N'日本日本日')
INSERT INTO T (c) VALUES (N'日本日本日x')
SELECT *, DATALENGTH(a), DATALENGTH(b), DATALENGTH(c), DATALENGTH(d), DATALENGTH(f) FROM T
SELECT x, X FROM t
SELECT 1 FROM T WHERE a = 'É€?'
SELECT 2 FROM T WHERE b = N'ЖÉ'
SELECT name, collation_name FROM sys.columns WHERE object_id = OBJECT_ID('T') ORDER BY column_id
SELECT a FROM T WHERE a = b
SELECT a FROM T WHERE a = b COLLATE Latin1_General_CI_AS
SELECT name FROM sys.tables ORDER BY name
SELECT name, collation_name FROM sys.databases WHERE name = 'engine_selftest_cs'
SELECT Name FROM sys.tables
go
SELECT A FROM T
go
USE engine_selftest
go
DROP DATABASE engine_selftest_cs
go
