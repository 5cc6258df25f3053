#!/usr/bin/env bash
# Prints T-SQL that fills the StackOverflow tables of schema.sql: `generate.sh ROWS | ci/tsql.py -d StackOverflow2010 -`.
#
# ROWS is the total over all nine tables, shared out as in StackOverflow2010 (Votes 52.5 %, Comments 20.1 %, Posts 19.3 %,
# Badges 5.7 %, Users 1.55 %, PostLinks 0.85 %). The same ROWS give the same data: values are arithmetic over the row's
# number n, h = (n * 1103515245 + salt) % 2147483647. Ids have gaps; texts hold non-ASCII characters of 2, 3 and 4 UTF-8 bytes.
# The statements keep to what SQL Server 2012, Babelfish and the test server all run, at most 100,000 rows each.
set -euo pipefail

rows=${1:?usage: generate.sh ROWS}
[[ $rows =~ ^[0-9]+$ ]] && ((rows >= 1000 && rows <= 1000000000)) || { echo "generate.sh: ROWS must be between 1000 and 1000000000" >&2; exit 2; }

fixed=25 # LinkTypes 2, PostTypes 8, VoteTypes 15
rest=$((rows - fixed))
users=$((rest * 155 / 10000))
posts=$((rest * 1931 / 10000))
comments=$((rest * 2007 / 10000))
badges=$((rest * 571 / 10000))
links=$((rest * 84 / 10000))
votes=$((rest - users - posts - comments - badges - links))

# Row number to id, with gaps: user 1 is -1 (Community), as on the real site.
user_id() { echo "CASE WHEN $1 <= 1 THEN -1 ELSE $1 + $1 / 9 END"; }
post_id() { echo "$1 + 3 + ($1 + 2) / 7"; }
# A row number in 1..count out of the hash column $1, and one that favours the small numbers, so that few rows get most references.
pick() { echo "CAST(1 + $1 % $2 AS int)"; }
pick_popular() { echo "CAST(1 + ($1 % $2) * (($1 / 7) % 1000) / 1000 AS int)"; }
# The moment: $1 seconds after the site's first day plus milliseconds out of the hash $2, which datetime rounds to 1/300 s.
moment() { echo "DATEADD(millisecond, CAST($2 % 1000 AS int), DATEADD(second, CAST($1 AS int), CAST('2008-07-31T21:42:52' AS datetime)))"; }

# insert TABLE COLUMNS COUNT CHUNK SALT SELECT-LIST: one INSERT a chunk; n counts from 1, h and g are its hashes.
insert() {
  local table=$1 columns=$2 count=$3 chunk=$4 salt=$5 list=$6 done=0 size
  printf 'SET IDENTITY_INSERT dbo.%s ON;\nGO\n' "$table"
  while ((done < count)); do
    size=$((count - done < chunk ? count - done : chunk))
    cat <<SQL
WITH digit AS (
  SELECT d FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS v (d)
), number AS (
  SELECT $done + 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
  FROM digit AS a CROSS JOIN digit AS b CROSS JOIN digit AS c CROSS JOIN digit AS e CROSS JOIN digit AS f
  WHERE a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d < $size
), hash AS (
  SELECT n, (CAST(n AS bigint) * 1103515245 + $salt) % 2147483647 AS h FROM number
), source AS (
  SELECT n, h, (h * 69621 + 7) % 2147483629 AS g FROM hash
)
INSERT INTO dbo.$table ($columns)
SELECT $list
FROM source;
GO
SQL
    done=$((done + size))
  done
  printf 'SET IDENTITY_INSERT dbo.%s OFF;\nGO\n' "$table"
}

cat <<'SQL'
SET NOCOUNT ON;
GO
SET IDENTITY_INSERT dbo.LinkTypes ON;
GO
INSERT INTO dbo.LinkTypes (Id, Type) VALUES (1, 'Linked'), (3, 'Duplicate');
GO
SET IDENTITY_INSERT dbo.LinkTypes OFF;
GO
INSERT INTO dbo.PostTypes (Type) VALUES
  (N'Question'), (N'Answer'), (N'Wiki'), (N'TagWikiExerpt'), (N'TagWiki'), (N'ModeratorNomination'), (N'WikiPlaceholder'), (N'PrivilegeWiki');
GO
INSERT INTO dbo.VoteTypes (Name) VALUES
  ('AcceptedByOriginator'), ('UpMod'), ('DownMod'), ('Offensive'), ('Favorite'), ('Close'), ('Reopen'), ('BountyStart'), ('BountyClose'),
  ('Deletion'), ('Undeletion'), ('Spam'), ('InformModerator'), ('ModeratorReview'), ('ApproveEditSuggestion');
GO
SQL

insert Users 'Id, AboutMe, Age, CreationDate, DisplayName, DownVotes, EmailHash, LastAccessDate, Location, Reputation, UpVotes, Views, WebsiteUrl, AccountId' \
  "$users" 100000 11 "$(user_id n),
  CASE WHEN h % 3 = 0 THEN CAST(N'<p>Hi, I am a developer from the Übersee quarter 🌍.</p>' AS nvarchar(max))
         + REPLICATE(CAST(N'<p>I like C++, naïve algorithms and 寿司.</p>' AS nvarchar(max)), CAST(h % 6 AS int))
       WHEN h % 3 = 1 THEN CAST(N'' AS nvarchar(max)) END,
  CASE WHEN h % 4 = 0 THEN CAST(18 + g % 50 AS int) END,
  $(moment "h % 70000000" g),
  CASE WHEN n = 1 THEN N'Community' ELSE
    CASE CAST(g % 8 AS int) WHEN 0 THEN N'Jürgen' WHEN 1 THEN N'Zoë' WHEN 2 THEN N'山田' WHEN 3 THEN N'Łukasz'
      WHEN 4 THEN N'Ana' WHEN 5 THEN N'Иван' WHEN 6 THEN N'O''Neill' ELSE N'user' END + N' ' + CAST(n AS nvarchar(12)) END,
  CAST(g % 40 * (g % 7) AS int),
  CASE WHEN g % 5 = 0 THEN N'd41d8cd98f00b204e9800998ecf8427e' END,
  $(moment "70000000 + g % 3000000" h),
  CASE CAST(h % 7 AS int) WHEN 0 THEN N'Köln, Germany' WHEN 1 THEN N'東京, 日本' WHEN 2 THEN N'New York, NY' WHEN 3 THEN N'São Paulo' WHEN 4 THEN N'' END,
  CAST(1 + (g % 1000) * (h % 1000) / (1 + n % 97) AS int),
  CAST(h % 900 AS int), CAST(g % 5000 AS int),
  CASE WHEN g % 4 = 0 THEN N'https://example.org/~' + CAST(n AS nvarchar(12)) END,
  CASE WHEN n > 1 THEN CAST(n * 3 AS int) END"

# Posts come in threes: a question and two answers that point at it; the chunk is a multiple of three.
question=$(post_id "(n - (n - 1) % 3)")
insert Posts 'Id, AcceptedAnswerId, AnswerCount, Body, ClosedDate, CommentCount, CommunityOwnedDate, CreationDate, FavoriteCount, LastActivityDate, LastEditDate, LastEditorDisplayName, LastEditorUserId, OwnerUserId, ParentId, PostTypeId, Score, Tags, Title, ViewCount' \
  "$posts" 30000 23 "$(post_id n),
  CASE WHEN n % 3 = 1 AND h % 2 = 0 AND n < $posts THEN $(post_id "(n + 1)") END,
  CASE WHEN n % 3 = 1 THEN CASE WHEN n + 2 <= $posts THEN 2 ELSE $posts - n END END,
  CAST(N'<p>' AS nvarchar(max))
    + CASE CAST(h % 6 AS int)
        WHEN 0 THEN N'How do I parse an ISO&nbsp;8601 date such as &quot;2010-06-01T12:00&quot; without losing the offset? My naïve attempt prints 12:00 in Zürich and 19:00 in 東京, and I cannot see why.'
        WHEN 1 THEN N'The query below takes 40&nbsp;s on 2&nbsp;million rows. An index on <code>OwnerUserId</code> did not help: the plan still shows a scan. What else could I try, short of a bigger machine for 5.000 €?'
        WHEN 2 THEN N'Use <code>std::vector::reserve</code> before the loop &ndash; every reallocation copies the whole buffer, that is where the time goes. See also the answer to “Why is push_back slow?”.'
        WHEN 3 THEN N'Das geht so nicht: der Umlaut in »Größe« wird in zwei Bytes abgelegt, und die Länge zählt Bytes. Take the length in characters, or store the text as nvarchar and be done with it.'
        WHEN 4 THEN N'絵文字 such as 😀 or 🚀 takes two UTF-16 code units, so SUBSTRING may cut one in half. Is there a function that counts code points instead? Я пробовал LEN и DATALENGTH, both disagree.'
        ELSE N'This works for me on 2.0 and 3.5: put the connection string into <code>app.config</code>, restart, and check with <code>SELECT @@VERSION</code> which server you really reached &mdash; mine was another one.' END
    + N'</p>
<pre><code>SELECT TOP (10) * FROM t WHERE a &lt; b -- '
    + CAST(n AS nvarchar(12)) + N'
</code></pre>
'
    + REPLICATE(CAST(N'<p>Prices are in € (1 € ≈ 1.2 US\$), names may hold ü, ñ or 日本.</p>
' AS nvarchar(max)), CAST((g % 5) * (h % 7) AS int)),
  CASE WHEN n % 3 = 1 AND g % 29 = 0 THEN $(moment "60000000 + h % 9000000" g) END,
  CASE WHEN g % 11 <> 0 THEN CAST(g % 12 AS int) END,
  CASE WHEN g % 53 = 0 THEN $(moment "60000000 + g % 9000000" h) END,
  $(moment "h % 70000000" g),
  CASE WHEN n % 3 = 1 AND g % 3 = 0 THEN CAST(g % 90 AS int) END,
  $(moment "70000000 + g % 3000000" h),
  CASE WHEN h % 3 = 0 THEN $(moment "65000000 + h % 5000000" h) END,
  CASE WHEN h % 90 = 0 THEN N'Çağrı' END,
  CASE WHEN h % 3 = 0 AND h % 90 <> 0 THEN $(user_id "$(pick g "$users")") END,
  CASE WHEN g % 61 <> 0 THEN $(user_id "$(pick_popular h "$users")") END,
  CASE WHEN n % 3 <> 1 THEN $question END,
  CASE WHEN n % 3 = 1 THEN 1 ELSE 2 END,
  CAST((g % 40) * (h % 9) / 4 AS int) - 3,
  CASE WHEN n % 3 = 1 THEN CASE CAST(g % 6 AS int) WHEN 0 THEN N'<c#><.net>' WHEN 1 THEN N'<sql-server><tsql><performance>' WHEN 2 THEN N'<c++><stl>'
    WHEN 3 THEN N'<unicode><encoding>' WHEN 4 THEN N'<python><datetime>' ELSE N'<postgresql>' END END,
  CASE WHEN n % 3 = 1 THEN CASE CAST(h % 6 AS int) WHEN 0 THEN N'Parsing ISO 8601 dates – what am I missing?' WHEN 1 THEN N'Slow query on 2 million rows'
    WHEN 2 THEN N'Why is push_back slow?' WHEN 3 THEN N'Länge von »Größe« in Bytes oder Zeichen?' WHEN 4 THEN N'How to count 絵文字 😀 in a string?'
    ELSE N'Which server am I connected to?' END + N' (' + CAST(n AS nvarchar(12)) + N')' END,
  CASE WHEN n % 3 = 1 THEN CAST((g % 3000) * (h % 30) AS int) ELSE 0 END"

insert Comments 'Id, CreationDate, PostId, Score, Text, UserId' "$comments" 100000 37 "n + n / 11,
  $(moment "h % 72000000" g),
  $(post_id "$(pick g "$posts")"),
  CASE WHEN g % 3 = 0 THEN CAST(h % 25 AS int) END,
  CASE CAST(h % 5 AS int) WHEN 0 THEN N'Thanks, that works! 👍' WHEN 1 THEN N'What does <SELECT @@VERSION> print?' WHEN 2 THEN N'Have a look at the naïve version above; it costs 3 € less.'
    WHEN 3 THEN N'Спасибо, это помогло.' ELSE N'-1: this loses the time zone in 東京.' END + N' ' + CAST(n AS nvarchar(12)),
  CASE WHEN h % 70 <> 0 THEN $(user_id "$(pick h "$users")") END"

insert Votes 'Id, PostId, UserId, BountyAmount, VoteTypeId, CreationDate' "$votes" 100000 41 "n + n / 13,
  $(post_id "$(pick_popular g "$posts")"),
  CASE WHEN h % 20 = 5 THEN $(user_id "$(pick g "$users")") END,
  CASE WHEN h % 20 = 8 AND g % 4 = 0 THEN CAST(50 * (1 + g % 10) AS int) END,
  CASE CAST(h % 20 AS int) WHEN 0 THEN 1 WHEN 3 THEN 3 WHEN 4 THEN 3 WHEN 5 THEN 5 WHEN 8 THEN 8 WHEN 10 THEN 10 ELSE 2 END,
  DATEADD(day, CAST(h % 850 AS int), CAST('2008-07-31T00:00:00' AS datetime))"

insert Badges 'Id, Name, UserId, Date' "$badges" 100000 53 "n + n / 17,
  CASE CAST(g % 7 AS int) WHEN 0 THEN N'Teacher' WHEN 1 THEN N'Student' WHEN 2 THEN N'Editor' WHEN 3 THEN N'Supporter' WHEN 4 THEN N'Nice Answer'
    WHEN 5 THEN N'Autobiographer' ELSE N'Scholar' END,
  $(user_id "$(pick h "$users")"),
  $(moment "4000000 + h % 68000000" g)"

insert PostLinks 'Id, CreationDate, PostId, RelatedPostId, LinkTypeId' "$links" 100000 67 "n + n / 19,
  $(moment "h % 72000000" g),
  $(post_id "$(pick h "$posts")"),
  $(post_id "$(pick g "$posts")"),
  CASE WHEN g % 9 = 0 THEN 3 ELSE 1 END"
