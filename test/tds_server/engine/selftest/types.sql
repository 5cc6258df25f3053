CREATE TABLE dbo.Zoo (id int NOT NULL PRIMARY KEY, c_bit bit, c_tiny tinyint, c_small smallint, c_int int, c_big bigint, c_dec decimal(38,10), c_num numeric(5,0), c_money money, c_smoney smallmoney, c_real real, c_float float,
 c_date date, c_time0 time(0), c_time7 time, c_sdt smalldatetime, c_dt datetime, c_dt2 datetime2(7), c_dt23 datetime2(3), c_dto datetimeoffset(7), c_char char(5), c_varchar varchar(10), c_vmax varchar(max), c_text text,
 c_nchar nchar(5), c_nvarchar nvarchar(10), c_nmax nvarchar(max), c_ntext ntext, c_bin binary(4), c_varbin varbinary(10), c_bmax varbinary(max), c_image image, c_guid uniqueidentifier, c_xml xml, c_var sql_variant, c_hier hierarchyid, c_geom geometry, c_geog geography, c_rv rowversion)
go
INSERT INTO Zoo (id,c_bit,c_tiny,c_small,c_int,c_big,c_dec,c_num,c_money,c_smoney,c_real,c_float,c_date,c_time0,c_time7,c_sdt,c_dt,c_dt2,c_dt23,c_dto,c_char,c_varchar,c_vmax,c_text,c_nchar,c_nvarchar,c_nmax,c_ntext,c_bin,c_varbin,c_bmax,c_image,c_guid,c_xml,c_var,c_hier,c_geom,c_geog)
VALUES (1,1,255,32767,2147483647,9223372036854775807,1234567890123456789012345678.0123456789,99999,922337203685477.5807,214748.3647,3.4028235e38,1.7976931348623157e308,'9999-12-31','23:59:59','23:59:59.9999999','2079-06-06 23:59','9999-12-31 23:59:59.997','9999-12-31 23:59:59.9999999','2020-01-02 03:04:05.678','9999-12-31 23:59:59.9999999 +00:00','abc','é€x','v','t',N'日本',N'😀😀',N'x'+NCHAR(0)+N'y',N'n',0x01,0x0102,0x00,0xFF,'6F9619FF-8B86-D011-B42D-00C04FC964FF','<a/>',CAST(1.50 AS decimal(5,2)),hierarchyid::Parse('/1/2.5/'),geometry::STGeomFromText('POLYGON ((0 0, 0 3, 3 3, 0 0))', 0),geography::Point(47.65, -122.35, 4326)),
(2,0,0,-32768,-2147483648,-9223372036854775808,-1234567890123456789012345678.0123456789,-99999,-922337203685477.5808,-214748.3648,-1.17549435e-38,2.2250738585072014e-308,'0001-01-01','00:00','00:00:00.0000001','1900-01-01','1753-01-01','0001-01-01','0001-01-01','0001-01-01 00:00:00 +00:00','','','','',N'',N'',N'',N'',0x,0x,0x,0x,'00000000-0000-0000-0000-000000000000','x','abc','/','POINT (1 2 3 4)','LINESTRING (1 1, 2 2)')
INSERT INTO Zoo (id) VALUES (3)
go
SELECT * FROM Zoo
SELECT c_hier.ToString(), c_geom.STAsText(), c_geom.AsTextZM(), c_geom.STSrid, c_geog.AsBinaryZM(), c_geog.Lat, c_geog.Long, c_geog.STAsText() FROM Zoo
SELECT CAST(c_dt AS varchar(30)), CONVERT(varchar(30), c_dt, 121), CONVERT(varchar(40), c_dt2), CONVERT(nvarchar(50), c_dto, 127), CONVERT(varchar(20), c_money), CONVERT(varchar(30), c_money, 1), CONVERT(varchar(30), c_float), CONVERT(varchar(30), c_float,3), CONVERT(varchar(30), c_varbin, 1), CAST(c_guid AS char(36)), CAST(c_real AS varchar(20)) FROM Zoo
SELECT DATALENGTH(c_nmax), LEN(c_nvarchar), DATALENGTH(c_varchar), DATALENGTH(c_char), LEN(c_char), DATALENGTH(c_var) FROM Zoo
SELECT SQL_VARIANT_PROPERTY(c_var,'BaseType'), SQL_VARIANT_PROPERTY(c_var,'Precision'), SQL_VARIANT_PROPERTY(c_var,'Scale') FROM Zoo
go
SELECT name, TYPE_NAME(user_type_id), max_length, precision, scale, system_type_id, user_type_id FROM sys.columns WHERE object_id=OBJECT_ID('Zoo') ORDER BY column_id
go
SELECT NCHAR(0xD83D), LEN(N'😀'), UNICODE(N'😀'), ASCII('€'), CHAR(128), N'a'+NCHAR(0xD83D)+NCHAR(0xDE00), REVERSE('abc'), STUFF('abcdef',2,3,'XY'), SUBSTRING(N'a😀b',2,2), CHARINDEX('B','abc'), QUOTENAME('a]b'), REPLACE('aXbx','x','-'), LTRIM('  a'), CONCAT('a',NULL,1), STR(123.456,8,2)
SELECT 7/2, 7%3, -7/2, 7.0/2, 1.5*1.5, 10/3.0, CAST(10 AS decimal(10,2))/3, 2+'3', '2'+'3', 1e0/3, ROUND(2.567,2), ROUND(125,-1), CEILING(1.2), FLOOR(-1.2), POWER(2,10), ABS(-5), SQRT(16e0), SIGN(-3)
SELECT DATEADD(month,1,'2020-01-31'), DATEADD(day,-1,CAST('2020-03-01' AS date)), DATEDIFF(day,'2020-01-01','2020-03-01'), DATEDIFF(month,'2019-12-31','2020-01-01'), DATEPART(weekday,'2024-02-29'), DATENAME(month,'2024-02-29'), YEAR('2024-02-29'), EOMONTH('2024-02-10'), DATEFROMPARTS(2024,2,29), DATEDIFF(week,'2024-01-06','2024-01-07'), DATEPART(iso_week,'2021-01-01'), DATEADD(ms,1,CAST('2020-01-01' AS datetime))
SELECT TRY_CAST('x' AS int), TRY_CONVERT(date,'2020-13-01'), TRY_CAST('5' AS int), ISNULL(NULL,'abc'), COALESCE(NULL,5,'7'), NULLIF(1,1), IIF(1=1,'a','bb'), CHOOSE(2,'a','b')
SELECT HASHBYTES('SHA2_256','abc'), HASHBYTES('MD5',N'abc'), CAST('abc' AS varbinary(10)), CAST(N'abc' AS varbinary(10)), CAST(1 AS varbinary(4)), CAST(0x00000005 AS int), CONVERT(varbinary(10),'0x1234',1), CAST(0x414243 AS varchar(10))
go
SELECT @@DBTS, MIN_ACTIVE_ROWVERSION()
UPDATE Zoo SET c_int = 1 WHERE id = 3
SELECT id, c_rv FROM Zoo
BEGIN TRAN
UPDATE Zoo SET c_int = 2 WHERE id = 3
SELECT @@DBTS, MIN_ACTIVE_ROWVERSION()
COMMIT
SELECT @@DBTS, MIN_ACTIVE_ROWVERSION()
go
