-- How SQL Server's values are stored in PostgreSQL. Loaded once into the template database by a superuser.
--   characters  bpchar: compared without trailing blanks; collations below give case and accent rules
--   moments     int8 ticks of 100 ns since 0001-01-01 (datetime is on the grid of 1/300 s); time: ticks since midnight
--   date        date;   datetimeoffset  tds.instant;   sql_variant  tds.variant
CREATE SCHEMA tds;
CREATE SCHEMA tds_meta;

CREATE COLLATION tds.ci_as (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION tds.ci_ai (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE COLLATION tds.cs_as (provider = icu, locale = 'und-u-ks-level3', deterministic = false);
CREATE COLLATION tds.cs_ai (provider = icu, locale = 'und-u-ks-level1-kc-true', deterministic = false);
CREATE COLLATION tds.bin (provider = libc, locale = 'C');
CREATE COLLATION tds.letters (provider = icu, locale = 'und');  -- upper and lower of every alphabet

-- Ordered by the instant; the offset is only shown.
CREATE TYPE tds.instant AS (utc int8, off int2);
-- base: the engine's SqlType number. txt holds the canonical text, bin the bytes of a binary.
CREATE TYPE tds.variant AS (base int2, max_length int4, prec int2, scale int2, coll text, txt text, bin bytea);

-- bpchar to text with the trailing blanks kept (the cast drops them): varchar() with no limit gives its argument back.
CREATE FUNCTION tds.raw(bpchar, int4, bool) RETURNS text LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varchar';

-- Raises a SQL Server error: the engine reads number, severity and state from DETAIL. `about` is not read: an argument of
-- the row keeps the planner from folding the call, and so from failing, where a CASE may never reach it.
CREATE FUNCTION tds.fail(number int, message text, severity int DEFAULT 16, state int DEFAULT 1, about text DEFAULT NULL) RETURNS int8
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TS000', MESSAGE = message, DETAIL = format('tds:%s:%s:%s', number, severity, state);
END $$;
