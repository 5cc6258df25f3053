CREATE TABLE dbo.log (id int IDENTITY PRIMARY KEY, what nvarchar(100) NULL)
go
CREATE TABLE dbo.t (id int NOT NULL PRIMARY KEY, n int NULL, twice AS (n * 2))
go
CREATE TRIGGER dbo.t_rows ON dbo.t AFTER INSERT, UPDATE, DELETE AS
BEGIN
  DECLARE @i int = (SELECT COUNT(*) FROM inserted), @d int = (SELECT COUNT(*) FROM deleted);
  INSERT INTO dbo.log (what) SELECT N'inserted ' + CAST(@i AS nvarchar(10)) + N', deleted ' + CAST(@d AS nvarchar(10)) + N', rows ' + CAST(COALESCE((SELECT SUM(twice) FROM inserted), 0) AS nvarchar(10));
END
go
INSERT INTO dbo.t (id, n) VALUES (1, 1), (2, 2), (3, 3); SELECT @@ROWCOUNT
go
UPDATE dbo.t SET n = n + 10 WHERE id > 1; SELECT @@ROWCOUNT
go
DELETE FROM dbo.t WHERE id = 3; SELECT @@ROWCOUNT
go
UPDATE dbo.t SET n = 0 WHERE id = 99; SELECT @@ROWCOUNT
go
SELECT what FROM dbo.log ORDER BY id
go
SELECT id, n FROM dbo.t ORDER BY id
go
-- OUTPUT needs INTO beside a trigger
UPDATE dbo.t SET n = 5 OUTPUT inserted.n WHERE id = 1
go
DECLARE @o TABLE (old int NULL, new int NULL); UPDATE dbo.t SET n = 5 OUTPUT deleted.n, inserted.n INTO @o WHERE id = 1; SELECT old, new FROM @o
go
DECLARE @o TABLE (id int NULL, n int NULL); INSERT INTO dbo.t (id, n) OUTPUT inserted.id, inserted.twice INTO @o VALUES (7, 8); SELECT id, n FROM @o
go
DECLARE @o TABLE (id int NULL); DELETE FROM dbo.t OUTPUT deleted.id INTO @o WHERE id = 7; SELECT id FROM @o
go
-- a trigger that refuses
CREATE TRIGGER dbo.t_guard ON dbo.t FOR UPDATE AS IF EXISTS (SELECT * FROM inserted WHERE n < 0) BEGIN; THROW 50001, N'no negative numbers', 1; END
go
BEGIN TRANSACTION
UPDATE dbo.t SET n = -1 WHERE id = 1
SELECT 'not reached'
go
SELECT @@TRANCOUNT, n FROM dbo.t WHERE id = 1
go
BEGIN TRY UPDATE dbo.t SET n = -1 WHERE id = 1; END TRY BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_PROCEDURE(), XACT_STATE(); END CATCH
go
ALTER TRIGGER dbo.t_guard ON dbo.t FOR UPDATE AS IF EXISTS (SELECT * FROM inserted WHERE n < 0) ROLLBACK TRANSACTION
go
UPDATE dbo.t SET n = -1 WHERE id = 1
SELECT 'not reached'
go
SELECT @@TRANCOUNT, n FROM dbo.t WHERE id = 1
go
-- it does not fire itself, and may be switched off
ALTER TABLE dbo.t DISABLE TRIGGER t_guard
go
CREATE TRIGGER dbo.t_self ON dbo.t AFTER INSERT AS UPDATE dbo.t SET n = n * 100 WHERE id IN (SELECT id FROM inserted)
go
DELETE FROM dbo.log; INSERT INTO dbo.t (id, n) VALUES (10, -1)
go
SELECT id, n FROM dbo.t ORDER BY id
go
SELECT what FROM dbo.log ORDER BY id
go
SELECT name, is_disabled FROM sys.triggers ORDER BY name
go
DROP TRIGGER dbo.t_self
go
DROP TRIGGER dbo.t_self
go
SELECT name, type_desc FROM sys.objects WHERE parent_object_id = OBJECT_ID(N'dbo.t') AND type = 'TR' ORDER BY name
go
