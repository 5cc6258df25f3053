-- The row shapes of the benchmark, without keys: a replayed reply repeats its rows. The first four are tables of StackOverflow.
-- Values are arithmetic over the row's number n, with h and g as its hashes, so that the same run gives the same rows.
CREATE TABLE dbo.number (n int NOT NULL, h int NOT NULL, g int NOT NULL);
GO
WITH digit AS (
  SELECT d FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS v (d)
), number AS (
  SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
  FROM digit AS a CROSS JOIN digit AS b CROSS JOIN digit AS c CROSS JOIN digit AS e CROSS JOIN digit AS f
  WHERE f.d < 2
), hash AS (
  SELECT n, (CAST(n AS bigint) * 1103515245 + 41) % 2147483647 AS h FROM number
)
INSERT INTO dbo.number (n, h, g) SELECT n, CAST(h AS int), CAST((h * 69621 + 7) % 2147483629 AS int) FROM hash;
GO

-- Narrow: integers and a datetime.
CREATE TABLE dbo.votes (
  id int NOT NULL, postid int NOT NULL, userid int NULL, bountyamount int NULL, votetypeid int NOT NULL, creationdate datetime NOT NULL
);
GO
INSERT INTO dbo.votes
SELECT n, h % 5000000, CASE WHEN h % 20 = 5 THEN g % 500000 END, CASE WHEN h % 80 = 8 THEN 50 * (1 + g % 10) END, 1 + h % 15,
  DATEADD(day, h % 850, CAST('2008-07-31T00:00:00' AS datetime))
FROM dbo.number;
GO

-- Mixed: integers, datetimes and several short nvarchar, a third of them with a longer text.
CREATE TABLE dbo.users (
  id int NOT NULL, aboutme nvarchar(max) NULL, age int NULL, creationdate datetime NOT NULL, displayname nvarchar(40) NOT NULL,
  downvotes int NOT NULL, emailhash nvarchar(40) NULL, lastaccessdate datetime NOT NULL, location nvarchar(100) NULL,
  reputation int NOT NULL, upvotes int NOT NULL, views int NOT NULL, websiteurl nvarchar(200) NULL, accountid int NULL
);
GO
INSERT INTO dbo.users
SELECT n,
  CASE h % 3 WHEN 0 THEN CAST(N'<p>Hi, I am a developer from the Übersee quarter.</p>' AS nvarchar(max))
                         + REPLICATE(CAST(N'<p>I like C++, naïve algorithms and strong coffee.</p>' AS nvarchar(max)), g % 6)
             WHEN 1 THEN CAST(N'' AS nvarchar(max)) END,
  CASE WHEN h % 4 = 0 THEN 18 + g % 50 END,
  DATEADD(millisecond, g % 1000, DATEADD(second, h % 70000000, CAST('2008-07-31T21:42:52' AS datetime))),
  CASE g % 8 WHEN 0 THEN N'Jürgen' WHEN 1 THEN N'Zoë' WHEN 2 THEN N'山田' WHEN 3 THEN N'O''Neill' ELSE N'user' END + N' ' + CAST(n AS nvarchar(12)),
  g % 280, CASE WHEN g % 5 < 3 THEN N'd41d8cd98f00b204e9800998ecf8427e' END,
  DATEADD(millisecond, h % 1000, DATEADD(second, 70000000 + g % 3000000, CAST('2008-07-31T21:42:52' AS datetime))),
  CASE h % 7 WHEN 0 THEN N'Köln, Germany' WHEN 1 THEN N'東京, 日本' WHEN 2 THEN N'New York, NY' WHEN 3 THEN N'San Francisco, CA' WHEN 4 THEN N'' END,
  1 + g % 1000 * (h % 1000) / 97, h % 900, g % 5000,
  CASE WHEN g % 4 = 0 THEN N'https://example.org/~' + CAST(n AS nvarchar(12)) END, n * 3
FROM dbo.number;
GO

-- Long: HTML of 200 to 3,200 characters, 1,100 on average, some of them not ASCII, and many narrow columns.
CREATE TABLE dbo.posts (
  id int NOT NULL, acceptedanswerid int NULL, answercount int NULL, body nvarchar(max) NOT NULL, closeddate datetime NULL,
  commentcount int NULL, communityowneddate datetime NULL, creationdate datetime NOT NULL, favoritecount int NULL,
  lastactivitydate datetime NOT NULL, lasteditdate datetime NULL, lasteditordisplayname nvarchar(40) NULL, lasteditoruserid int NULL,
  owneruserid int NULL, parentid int NULL, posttypeid int NOT NULL, score int NOT NULL, tags nvarchar(150) NULL,
  title nvarchar(250) NULL, viewcount int NOT NULL
);
GO
INSERT INTO dbo.posts
SELECT n, CASE WHEN n % 3 = 1 THEN n + 1 END, CASE WHEN n % 3 = 1 THEN 2 END,
  CAST(N'<p>' AS nvarchar(max))
    + CASE h % 3
        WHEN 0 THEN N'How do I parse an ISO&nbsp;8601 date such as &quot;2010-06-01T12:00&quot; without losing the offset? My attempt prints 12:00 in Zürich and 19:00 in 東京, and I cannot see why.'
        WHEN 1 THEN N'The query below takes 40&nbsp;s on 2&nbsp;million rows. An index on <code>OwnerUserId</code> did not help: the plan still shows a scan. What else could I try, short of a bigger machine for 5.000 €?'
        ELSE N'Use <code>std::vector::reserve</code> before the loop &ndash; every reallocation copies the whole buffer, and that is where the time goes. See also the answer to “Why is push_back slow?”.' END
    + N'</p>
<pre><code>SELECT TOP (10) * FROM t WHERE a &lt; b -- ' + CAST(h AS nvarchar(12)) + N'
</code></pre>
'
    + REPLICATE(CAST(N'<p>This works for me on 2.0 and 3.5: put the connection string into <code>app.config</code>, restart, and check which server you really reached &mdash; mine was another one, as ' AS nvarchar(max))
        + CAST(g AS nvarchar(12)) + N' naïve users have found.</p>
', CASE WHEN g % 12 = 0 THEN 14 ELSE g % 7 END),
  CASE WHEN g % 29 = 0 THEN DATEADD(second, 60000000 + h % 9000000, CAST('2008-07-31T21:42:52' AS datetime)) END,
  CASE WHEN g % 11 <> 0 THEN g % 12 END,
  CASE WHEN g % 53 = 0 THEN DATEADD(second, 60000000 + g % 9000000, CAST('2008-07-31T21:42:52' AS datetime)) END,
  DATEADD(millisecond, g % 1000, DATEADD(second, h % 70000000, CAST('2008-07-31T21:42:52' AS datetime))),
  CASE WHEN g % 3 = 0 THEN g % 90 END,
  DATEADD(millisecond, h % 1000, DATEADD(second, 70000000 + g % 3000000, CAST('2008-07-31T21:42:52' AS datetime))),
  CASE WHEN h % 3 = 0 THEN DATEADD(millisecond, h % 1000, DATEADD(second, 65000000 + h % 5000000, CAST('2008-07-31T21:42:52' AS datetime))) END,
  CASE WHEN h % 90 = 0 THEN N'Çağrı' END, CASE WHEN h % 3 = 0 THEN g % 500000 END, CASE WHEN g % 61 <> 0 THEN h % 500000 END,
  CASE WHEN n % 3 <> 1 THEN n - 1 END, CASE WHEN n % 3 = 1 THEN 1 ELSE 2 END, g % 90 - 3,
  CASE WHEN n % 3 = 1 THEN CASE g % 3 WHEN 0 THEN N'<c#><.net>' WHEN 1 THEN N'<sql-server><tsql><performance>' ELSE N'<c++><stl>' END END,
  CASE WHEN n % 3 = 1 THEN N'Why is push_back slow, and what does it cost? (' + CAST(n AS nvarchar(12)) + N')' END,
  CASE WHEN n % 3 = 1 THEN h % 90000 ELSE 0 END
FROM dbo.number;
GO

-- Medium: one nvarchar of 30 to 300 characters.
CREATE TABLE dbo.comments (
  id int NOT NULL, creationdate datetime NOT NULL, postid int NOT NULL, score int NULL, text nvarchar(700) NOT NULL, userid int NULL
);
GO
INSERT INTO dbo.comments
SELECT n, DATEADD(millisecond, g % 1000, DATEADD(second, h % 72000000, CAST('2008-07-31T21:42:52' AS datetime))), g % 5000000,
  CASE WHEN g % 3 = 0 THEN h % 25 END,
  CASE h % 5 WHEN 0 THEN N'Thanks, that works!' WHEN 1 THEN N'What does <SELECT @@VERSION> print on your machine?' WHEN 2 THEN N'Have a look at the naïve version above; it costs 3 € less.'
    WHEN 3 THEN N'I would not do it that way.' ELSE N'-1: this loses the time zone in 東京.' END
    + REPLICATE(N' See the answer below for why that is so.', g % 7) + N' ' + CAST(n AS nvarchar(12)),
  CASE WHEN h % 70 <> 0 THEN h % 500000 END
FROM dbo.number;
GO

-- Fixed-length types that are not integers, and a short binary.
CREATE TABLE dbo.mixed (
  id int NOT NULL, price decimal(18,4) NOT NULL, discount decimal(18,4) NULL, ordered datetime2(7) NOT NULL, shipped datetime2(7) NULL,
  rowguid uniqueidentifier NOT NULL, checksum varbinary(16) NULL
);
GO
INSERT INTO dbo.mixed
SELECT n, CAST(h AS decimal(18,4)) / 100 - 1000000, CASE WHEN g % 4 <> 0 THEN CAST(g % 100000 AS decimal(18,4)) / 10000 END,
  DATEADD(second, h % 400000000, CAST('2008-07-31T21:42:52.1234567' AS datetime2(7))),
  CASE WHEN g % 3 <> 0 THEN DATEADD(millisecond, g % 1000, CAST('2019-02-28T23:59:59.7654321' AS datetime2(7))) END,
  CAST(CAST(h AS binary(4)) + CAST(g AS binary(4)) + CAST(n AS binary(4)) + CAST(h AS binary(4)) AS uniqueidentifier),
  CASE WHEN h % 10 <> 0 THEN CAST(CAST(g AS binary(4)) + CAST(h AS binary(4)) + CAST(n AS binary(4)) + CAST(g AS binary(4)) AS varbinary(16)) END
FROM dbo.number;
GO

-- For what a command costs beside its rows.
CREATE TABLE dbo.one (n int NOT NULL);
GO
INSERT INTO dbo.one VALUES (1);
GO
