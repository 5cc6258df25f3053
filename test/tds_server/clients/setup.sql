IF OBJECT_ID('dbo.client_check') IS NOT NULL DROP TABLE dbo.client_check
go
IF OBJECT_ID('dbo.client_copy') IS NOT NULL DROP TABLE dbo.client_copy
go
CREATE TABLE dbo.client_check (
  id int NOT NULL CONSTRAINT pk_client_check PRIMARY KEY,
  b bit NULL, ti tinyint NULL, si smallint NULL, bi bigint NULL,
  d decimal(38,10) NULL, m money NULL, sm smallmoney NULL, r real NULL, f float NULL,
  da date NULL, t time(7) NULL, sdt smalldatetime NULL, dt datetime NULL, dt2 datetime2(7) NULL, dto datetimeoffset(3) NULL,
  c char(10) NULL, vc varchar(50) NULL, vcm varchar(max) NULL, nc nchar(10) NULL, nvc nvarchar(50) NULL, nvm nvarchar(max) NULL,
  cyr varchar(50) COLLATE Cyrillic_General_CI_AS NULL, u8 varchar(50) COLLATE Latin1_General_100_CI_AS_SC_UTF8 NULL,
  tx text NULL, ntx ntext NULL, img image NULL,
  bin binary(8) NULL, vb varbinary(50) NULL, vbm varbinary(max) NULL,
  g uniqueidentifier NULL, x xml NULL, v sql_variant NULL, n numeric(9,2) NOT NULL DEFAULT 0, rv rowversion)
go
CREATE TABLE dbo.client_copy (id int NOT NULL, si smallint NULL, d decimal(18,4) NULL, f float NULL, dt datetime NULL,
  vc varchar(50) NULL, nvc nvarchar(50) NULL)
go
INSERT INTO dbo.client_check (id, b, ti, si, bi, d, m, sm, r, f, da, t, sdt, dt, dt2, dto, c, vc, vcm, nc, nvc, nvm, cyr, u8,
  tx, ntx, img, bin, vb, vbm, g, x, v, n)
VALUES (1, 1, 255, -32768, 9223372036854775807, -1234567890123456789012345678.0123456789, -922337203685477.5808, 214748.3647,
  1.5, -2.5e300, '9999-12-31', '23:59:58.1234567', '2079-06-06 23:59:00', '1753-01-01 12:00:00.997',
  '2020-02-29 01:02:03.1234567', '2020-01-01 00:30:00.123 +01:00', 'abc', 'caf' + CHAR(233),
  REPLICATE(CAST('x' AS varchar(max)), 70001), N'n', N'日本 😀', REPLICATE(CAST(N'€y' AS nvarchar(max)), 50000), N'Привет', N'€😀',
  'text', N'ntext €', 0x696D616765, 0x3132333435363738, 0x000102, 0x010203FF, '6F9619FF-8B86-D011-B42D-00C04FC964FF',
  N'<a>é</a>', CAST(42 AS int), 1234567.89)
go
INSERT INTO dbo.client_check (id) VALUES (2)
go
