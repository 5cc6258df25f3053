-- The private functions that give the C++ core to SQL.
SELECT name, name_case, _mssql_fdw._local_name(name, name_case) FROM (VALUES
    ('OrderDetails', 'lower'), ('OrderDetails', 'preserve'), ('OrderDetails', 'snake'), ('Ünit', 'lower'), ('HTTPServer', 'snake'),
    (repeat('x', 128), 'lower'), (repeat('é', 40), 'lower')
) AS n(name, name_case);
SELECT _mssql_fdw._local_name('x', 'upper');
SELECT type, _mssql_fdw._local_type(type, max_length, "precision", scale), _mssql_fdw._declare(type, max_length, "precision", scale), _mssql_fdw._lossy_note(type, max_length, "precision", scale)
FROM (VALUES ('bit', 1, 1, 0), ('int', 4, 10, 0), ('decimal', 9, 18, 4), ('money', 8, 19, 4), ('datetime', 8, 23, 3), ('datetime2', 8, 27, 7), ('datetimeoffset', 10, 34, 7),
    ('nvarchar', 40, 0, 0), ('nvarchar', -1, 0, 0), ('char', 10, 0, 0), ('varbinary', 16, 0, 0), ('uniqueidentifier', 16, 0, 0), ('xml', -1, 0, 0)
) AS t(type, max_length, "precision", scale);
SELECT _mssql_fdw._local_type(t, 20, 0, 0), _mssql_fdw._declare(t, 20, 0, 0), _mssql_fdw._lossy_note(t, 20, 0, 0)
FROM unnest('{json,vector,no such type}'::text[]) AS t;
SELECT _mssql_fdw._quote_name('a]b'), _mssql_fdw._quote_name('');
SELECT word, _mssql_fdw._nearest(word, '{dbo.Votes,dbo.Posts,NULL,dbo.Größe}') FROM unnest('{DBO.POSTS,dbo.Post,dbo.größen,dbo.Badges,p}'::text[]) AS word;
SELECT definition, type, _mssql_fdw._translate_default(definition, type, 0, 0, 0) FROM (VALUES ('((0))', 'int'), ('((1))', 'bit'), ('(getdate())', 'datetime'), ('(newid())', 'uniqueidentifier'),
    ('([dbo].[f]())', 'int')) AS d(definition, type);
SELECT _mssql_fdw._translate_default('(NEXT VALUE FOR [dbo].[s])', 'int', 4, 10, 0, '{dbo.s}', '{public.s}');
SELECT _mssql_fdw._translate_check('([Price]>=(0) AND [Price]<=(100))', '{Price}', '{price}', '{int}');
SELECT _mssql_fdw._translate_check('([Price] IS NOT NULL)', '{Price}', '{price}');
SELECT _mssql_fdw._translate_check('([Missing]>(0))', '{Price}', '{price}', '{int}');
SELECT _mssql_fdw._load_order(4, '{0,1,3}', '{1,2,3}', '{}'), _mssql_fdw._load_order(0, '{}', '{}'), _mssql_fdw._load_order(3, '{}', '{}', '{1,3,2}');
SELECT _mssql_fdw._load_order(2, '{0}', '{5}');
