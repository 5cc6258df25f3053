-- What test/bench/shapes.sql lacks of StackOverflow2010's nine tables.
CREATE TABLE dbo.badges (id int NOT NULL, name nvarchar(40) NOT NULL, userid int NOT NULL, date datetime NOT NULL);
GO
INSERT INTO dbo.badges
SELECT n, CASE g % 7 WHEN 0 THEN N'Teacher' WHEN 1 THEN N'Student' WHEN 2 THEN N'Editor' WHEN 3 THEN N'Supporter' WHEN 4 THEN N'Nice Answer'
    WHEN 5 THEN N'Autobiographer' ELSE N'Scholar' END,
  h % 500000, DATEADD(millisecond, g % 1000, DATEADD(second, h % 70000000, CAST('2008-09-15T08:55:03' AS datetime)))
FROM dbo.number;
GO
CREATE TABLE dbo.postlinks (id int NOT NULL, creationdate datetime NOT NULL, postid int NOT NULL, relatedpostid int NOT NULL, linktypeid int NOT NULL);
GO
INSERT INTO dbo.postlinks
SELECT n, DATEADD(second, h % 70000000, CAST('2008-07-31T21:42:52' AS datetime)), h % 3700000, g % 3700000, CASE WHEN g % 9 = 0 THEN 3 ELSE 1 END
FROM dbo.number;
GO
CREATE TABLE dbo.linktypes (id int NOT NULL CONSTRAINT PK_linktypes PRIMARY KEY CLUSTERED, type varchar(50) NOT NULL);
CREATE TABLE dbo.posttypes (id int NOT NULL CONSTRAINT PK_posttypes PRIMARY KEY CLUSTERED, type nvarchar(50) NOT NULL);
CREATE TABLE dbo.votetypes (id int NOT NULL CONSTRAINT PK_votetypes PRIMARY KEY CLUSTERED, name varchar(50) NOT NULL);
INSERT INTO dbo.linktypes VALUES (1, 'Linked'), (3, 'Duplicate');
INSERT INTO dbo.posttypes VALUES (1, N'Question'), (2, N'Answer'), (3, N'Wiki'), (4, N'TagWikiExerpt'), (5, N'TagWiki'), (6, N'ModeratorNomination'),
  (7, N'WikiPlaceholder'), (8, N'PrivilegeWiki');
INSERT INTO dbo.votetypes VALUES (1, 'AcceptedByOriginator'), (2, 'UpMod'), (3, 'DownMod'), (4, 'Offensive'), (5, 'Favorite'), (6, 'Close'),
  (7, 'Reopen'), (8, 'BountyStart'), (9, 'BountyClose'), (10, 'Deletion'), (11, 'Undeletion'), (12, 'Spam'), (13, 'InformModerator'),
  (14, 'ModeratorReview'), (15, 'ApproveEditSuggestion');
DROP TABLE dbo.mixed;
DROP TABLE dbo.one;
DROP TABLE dbo.number;
GO
