CREATE SCHEMA [we"ird].[x y]
go
CREATE SCHEMA [a"."b.c]
go
CREATE TABLE [a"."b.c].[sel]]ect "x" 'y'] ([ctid] int PRIMARY KEY, [a b] int, [Ünïcode😀] nvarchar(10), [aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjjkkkkkkkkkkllllllllllmmmmmmmm] int, [ABC] int, [order] int, [~x] int)
INSERT INTO [a"."b.c].[sel]]ect "x" 'y'] VALUES (1,2,N'x',3,4,5,6)
SELECT * FROM [a"."b.c].[sel]]ect "x" 'y']
SELECT aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjjkkkkkkkkkkllllllllllmmmmmmmm, abc FROM [a"."b.c].[sel]]ect "x" 'y']
SELECT s.name, t.name, c.name FROM sys.tables t JOIN sys.schemas s ON s.schema_id=t.schema_id JOIN sys.columns c ON c.object_id=t.object_id
go
CREATE TABLE pg_class (id int)
CREATE SCHEMA pg_x
go
CREATE TABLE pg_x.t (id int)
INSERT INTO pg_x.t VALUES (1)
SELECT * FROM PG_X.T
go
CREATE TABLE Parent (a int NOT NULL, b varchar(10) NOT NULL, CONSTRAINT PK_Parent PRIMARY KEY NONCLUSTERED (a DESC, b), CONSTRAINT UQ_b UNIQUE (b))
CREATE TABLE Child (id int IDENTITY(10,-5) PRIMARY KEY, pa int, pb varchar(10), v int CONSTRAINT CK_v CHECK (v >= 0 AND v IN (1,2,3)), d date DEFAULT ('2020-01-01') , e nvarchar(5) CONSTRAINT DF_e DEFAULT N'x', CONSTRAINT FK_Child FOREIGN KEY (pa, pb) REFERENCES Parent (a, b) ON DELETE CASCADE ON UPDATE NO ACTION, FOREIGN KEY (pb) REFERENCES Parent(b))
INSERT INTO Parent VALUES (1, 'x'), (2, 'abc')
INSERT INTO Child (pa, pb, v) VALUES (1, 'X', 1), (2, 'ABC ', 2), (NULL, NULL, NULL)
INSERT INTO Child (pa, pb, v) VALUES (3, 'x', 1)
INSERT INTO Child (v) VALUES (5)
INSERT INTO Parent VALUES (1, 'x')
INSERT INTO Parent VALUES (9, 'X ')
DELETE FROM Parent WHERE a = 1
SELECT * FROM Child
SELECT name, definition, is_disabled, is_not_trusted FROM sys.check_constraints
ALTER TABLE Child NOCHECK CONSTRAINT ALL
INSERT INTO Child (pa, pb, v) VALUES (7, 'q', 50)
SELECT name, is_disabled, is_not_trusted FROM sys.foreign_keys
ALTER TABLE Child CHECK CONSTRAINT ALL
SELECT name, is_disabled, is_not_trusted FROM sys.foreign_keys
ALTER TABLE Child WITH CHECK CHECK CONSTRAINT CK_v
go
CREATE UNIQUE INDEX IX_e ON Child (e) INCLUDE (d) WHERE e IS NOT NULL
go
CREATE TABLE N1 (a int UNIQUE, b AS a*2 PERSISTED, c AS (UPPER(CONVERT(varchar(10), a))))
INSERT INTO N1 VALUES (NULL)
INSERT INTO N1 VALUES (NULL)
INSERT INTO N1 VALUES (5)
SELECT * FROM N1
SELECT name, definition, is_persisted FROM sys.computed_columns
SELECT i.name, i.index_id, i.type_desc, i.is_unique, i.has_filter, i.filter_definition, ic.index_column_id, ic.key_ordinal, ic.is_descending_key, ic.is_included_column, COL_NAME(ic.object_id, ic.column_id) FROM sys.indexes i LEFT JOIN sys.index_columns ic ON i.object_id = ic.object_id AND i.index_id = ic.index_id ORDER BY i.object_id, i.index_id, ic.index_column_id
SELECT name, type, unique_index_id, is_system_named FROM sys.key_constraints
SELECT OBJECT_NAME(constraint_object_id), constraint_column_id, COL_NAME(parent_object_id, parent_column_id), COL_NAME(referenced_object_id, referenced_column_id) FROM sys.foreign_key_columns ORDER BY 1, 2
SELECT name, seed_value, increment_value, last_value FROM sys.identity_columns
go
CREATE SEQUENCE dbo.s1 START WITH 100 INCREMENT BY 10
SELECT NEXT VALUE FOR dbo.s1, name FROM sys.sequences
SELECT NEXT VALUE FOR s1
SELECT name, current_value, start_value, increment, minimum_value, maximum_value, is_cycling, is_cached, cache_size FROM sys.sequences
CREATE TABLE Sq (id int DEFAULT (NEXT VALUE FOR dbo.s1), x int)
INSERT INTO Sq (x) VALUES (1)
SELECT * FROM Sq
SELECT definition FROM sys.default_constraints
EXEC sp_addextendedproperty N'MS_Description', N'hello', N'SCHEMA', N'dbo', N'TABLE', N'Sq', N'COLUMN', N'id'
SELECT class_desc, minor_id, name, value FROM sys.extended_properties
EXEC sp_rename 'dbo.Sq', 'Sq2'
SELECT * FROM Sq2
EXEC sp_rename 'dbo.Sq2.x', 'y', 'COLUMN'
SELECT y FROM Sq2
go
SELECT * INTO Copy1 FROM Child
SELECT name, is_identity FROM sys.columns WHERE object_id = OBJECT_ID('Copy1')
INSERT INTO Copy1 (v) VALUES (1)
SELECT id FROM Copy1
TRUNCATE TABLE Copy1
INSERT INTO Copy1 (v) OUTPUT inserted.id, inserted.v VALUES (1)
SET IDENTITY_INSERT Copy1 ON
INSERT INTO Copy1 (id, v) VALUES (-100, 1)
SET IDENTITY_INSERT Copy1 OFF
INSERT INTO Copy1 (v) VALUES (2)
SELECT id FROM Copy1
UPDATE c SET v = c.v + 1 OUTPUT deleted.v, inserted.v FROM Copy1 c JOIN Child h ON h.pa > 0 WHERE c.id < 0
DELETE TOP (1) FROM Copy1 OUTPUT deleted.id
DROP TABLE Parent
DROP TABLE Copy1
go
CREATE TABLE Written (a int, b int, c nvarchar(10), d datetime2(0),
 CONSTRAINT w1 CHECK (NOT (a = 1 AND b = 2)), CONSTRAINT w2 CHECK (NOT (a = 1 OR b = 2)), CONSTRAINT w3 CHECK (NOT a BETWEEN 1 AND 5), CONSTRAINT w4 CHECK (NOT (a IN (1, 2))),
 CONSTRAINT w5 CHECK (NOT (NOT (c LIKE 'x%'))), CONSTRAINT w6 CHECK (a = 1 AND (b = 2 OR b = 3) AND NOT a = 2), CONSTRAINT w7 CHECK (-(a + b) < 0 AND a - (-b) > 0 AND a = ~1),
 CONSTRAINT w8 CHECK (a - (b - 1) > a * (b + 2)), CONSTRAINT w9 CHECK ((c + 'x') COLLATE Latin1_General_BIN = 'xx'), CONSTRAINT w10 CHECK (TRY_CAST(c AS int) > 0 OR TRY_CONVERT(int, c, 1) > 0))
SELECT name, definition FROM sys.check_constraints WHERE name LIKE 'w%' ORDER BY LEN(name), name
INSERT INTO Written (a, b) VALUES (1, 2)
go
CREATE TABLE Altered (id int IDENTITY PRIMARY KEY, k varchar(10), n int CONSTRAINT DF_n DEFAULT 1, m int, twice AS m * 2, r rowversion, CONSTRAINT CK_nk CHECK (n > 0 OR k = 'x'))
CREATE INDEX IX_k ON Altered (k)
INSERT INTO Altered (k) VALUES ('abc')
ALTER TABLE Altered ALTER COLUMN id bigint
ALTER TABLE Altered ALTER COLUMN k varchar(20) NOT NULL
ALTER TABLE Altered ALTER COLUMN k varchar(5)
ALTER TABLE Altered ALTER COLUMN n bigint
ALTER TABLE Altered ALTER COLUMN m bigint
ALTER TABLE Altered ALTER COLUMN r int
ALTER TABLE Altered DROP COLUMN n
ALTER TABLE Altered DROP CONSTRAINT CK_nk, DF_n
ALTER TABLE Altered ALTER COLUMN n decimal(9, 2) NOT NULL
INSERT INTO Altered (k, n) VALUES ('def', 1.5)
ALTER TABLE Altered ALTER COLUMN n date
go
ALTER TABLE Altered ALTER COLUMN n varchar(10)
ALTER TABLE Altered ALTER COLUMN nowhere int
SELECT k, n FROM Altered
go
