-- Conversions of SQL Server's types. Short bodies in LANGUAGE sql are inlined by the planner: keep the hot ones to one expression.
-- Tick arithmetic: see 10_storage.sql; a day is 864000000000 ticks, 1900-01-01 is 599266080000000000.
SET check_function_bodies = off;  -- functions call each other in any order

-- ---- moments
CREATE FUNCTION tds.date_ticks(d date) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (d - date '0001-01-01')::int8 * 864000000000 $$;
CREATE FUNCTION tds.ticks_date(t int8) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT date '0001-01-01' + (t / 864000000000)::int4 $$;
CREATE FUNCTION tds.ticks_timestamp(t int8) RETURNS timestamp LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (date '0001-01-01' + (t / 864000000000)::int4)::timestamp + (t % 864000000000 / 10)::float8 * interval '1 microsecond' $$;
CREATE FUNCTION tds.timestamp_ticks(m timestamp) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (m::date - date '0001-01-01')::int8 * 864000000000 + (extract(epoch FROM m::time) * 10000000)::int8 $$;
CREATE FUNCTION tds.now_ticks() RETURNS int8 LANGUAGE sql STABLE AS
$$ SELECT tds.timestamp_ticks(clock_timestamp() AT TIME ZONE 'UTC') $$;

CREATE FUNCTION tds.overflow_of(type_name text, t int8) RETURNS int8 LANGUAGE sql IMMUTABLE AS
$$ SELECT tds.fail(517, 'Adding a value to a ''' || type_name || ''' column caused an overflow.', 16, 1, t::text) $$;
CREATE FUNCTION tds.out_of_range(type_name text, t int8) RETURNS int8 LANGUAGE sql IMMUTABLE AS
$$ SELECT tds.fail(242, 'The conversion of a datetime2 data type to a ' || type_name || ' data type resulted in an out-of-range value.', 16, 3, t::text) $$;

-- To the nearest 1/300 s.
CREATE FUNCTION tds.datetime_grid(t int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT t - t % 864000000000 + ((t % 864000000000 * 3 + 50000) / 100000 * 100000 + 1) / 3 $$;
CREATE FUNCTION tds.in_datetime(t int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN t >= 552877920000000000 AND t < 3155378976000000000 THEN t WHEN t IS NOT NULL THEN tds.out_of_range('datetime', t) END $$;
CREATE FUNCTION tds.in_smalldatetime(t int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN t >= 599266080000000000 AND t < 655889183700000000 THEN (t + 300000000) / 600000000 * 600000000
               WHEN t IS NOT NULL THEN tds.out_of_range('smalldatetime', t) END $$;
CREATE FUNCTION tds.ticks_grid(t int8, unit int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (t + unit / 2) / unit * unit < 3155378976000000000 THEN (t + unit / 2) / unit * unit ELSE t / unit * unit END $$;
CREATE FUNCTION tds.time_grid(t int8, unit int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (t + unit / 2) / unit * unit % 864000000000 $$;

CREATE FUNCTION tds.instant_of(local int8, off int) RETURNS tds.instant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN local IS NOT NULL AND off IS NOT NULL THEN ROW(local - off * 600000000::int8, off::int2)::tds.instant END $$;
CREATE FUNCTION tds.local_ticks(i tds.instant) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (i).utc + (i).off * 600000000::int8 $$;
CREATE FUNCTION tds.instant_of_array(a int8[]) RETURNS tds.instant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN a[1] IS NOT NULL THEN ROW(a[1], a[2]::int2)::tds.instant END $$;
CREATE FUNCTION tds.instant_grid(i tds.instant, scale int) RETURNS tds.instant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (i).utc IS NULL THEN NULL WHEN scale = 7 THEN i
               ELSE ROW(tds.ticks_grid((i).utc, (10 ^ (7 - scale))::int8), (i).off)::tds.instant END $$;

-- What SQL Server reads as a date and time: (local ticks, offset in minutes, has a date, has a time). Null when it reads none.
CREATE FUNCTION tds.read_moment(txt text, OUT ticks int8, OUT off int, OUT dated bool, OUT timed bool)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  s text := btrim(txt, E' \t\r\n');
  p text[];
  d date := date '1900-01-01';
  frac text;
  yy int;
BEGIN
  off := 0; dated := false; timed := false; ticks := 0;
  IF s = '' THEN
    ticks := 599266080000000000;
    RETURN;
  END IF;
  IF s ~ '^\d{4}-\d{1,2}-\d{1,2}' THEN
    p := regexp_match(s, '^(\d{4})-(\d{1,2})-(\d{1,2})(.*)$');
    d := make_date(p[1]::int, p[2]::int, p[3]::int);
    dated := true; s := p[4];
  ELSIF s ~ '^\d{8}( |T|$)' THEN
    d := make_date(left(s, 4)::int, substr(s, 5, 2)::int, substr(s, 7, 2)::int);
    dated := true; s := substr(s, 9);
  ELSIF s ~ '^\d{4}$' THEN
    d := make_date(s::int, 1, 1); dated := true; s := '';
  ELSIF s ~ '^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}' THEN
    p := regexp_match(s, '^(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4})(.*)$');
    yy := p[3]::int;
    IF length(p[3]) = 2 THEN yy := yy + CASE WHEN yy < 50 THEN 2000 ELSE 1900 END; END IF;
    d := make_date(yy, p[1]::int, p[2]::int);
    dated := true; s := p[4];
  ELSIF s ~* '^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .,]+\d{1,2}[ ,]+\d{4}' THEN
    p := regexp_match(s, '^([A-Za-z]+)[ .,]+(\d{1,2})[ ,]+(\d{4})(.*)$');
    d := make_date(p[3]::int, (position(lower(left(p[1], 3)) IN 'janfebmaraprmayjunjulaugsepoctnovdec') + 2) / 3, p[2]::int);
    dated := true; s := p[4];
  ELSIF s ~* '^\d{1,2}[ -]+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ,-]+\d{4}' THEN
    p := regexp_match(s, '^(\d{1,2})[ -]+([A-Za-z]+)[ ,-]+(\d{4})(.*)$');
    d := make_date(p[3]::int, (position(lower(left(p[2], 3)) IN 'janfebmaraprmayjunjulaugsepoctnovdec') + 2) / 3, p[1]::int);
    dated := true; s := p[4];
  END IF;
  s := btrim(s);
  IF dated AND s ~ '^[Tt]\d' THEN s := substr(s, 2); END IF;
  IF s <> '' THEN
    p := regexp_match(s, '^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,9}))?)?)? *([AaPp][Mm])? *([Zz]|[+-]\d{1,2}:\d{2})?$');
    IF p IS NULL OR (p[2] IS NULL AND p[5] IS NULL) THEN
      ticks := NULL;
      RETURN;
    END IF;
    frac := rpad(left(coalesce(p[4], '0'), 7), 7, '0');
    ticks := (p[1]::int % 24 + CASE WHEN lower(p[5]) = 'pm' AND p[1]::int < 12 THEN 12 WHEN lower(p[5]) = 'am' AND p[1]::int = 12 THEN -12 ELSE 0 END) * 36000000000
             + coalesce(p[2], '0')::int8 * 600000000 + coalesce(p[3], '0')::int8 * 10000000 + frac::int8;
    IF p[1]::int > 23 OR coalesce(p[2], '0')::int > 59 OR coalesce(p[3], '0')::int > 59 THEN
      ticks := NULL;
      RETURN;
    END IF;
    timed := true;
    IF p[6] ~ '^[+-]' THEN
      off := (left(p[6], 1) || '1')::int * (substr(split_part(p[6], ':', 1), 2)::int * 60 + split_part(p[6], ':', 2)::int);
    END IF;
  END IF;
  ticks := ticks + tds.date_ticks(d);
EXCEPTION WHEN OTHERS THEN
  ticks := NULL;
END $$;

-- The styles of CONVERT that order the parts of a date otherwise become ISO first.
CREATE FUNCTION tds.restyle(txt text, style int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE p text[];
BEGIN
  IF style IN (3, 4, 5, 103, 104, 105, 131) THEN  -- dd mm yy(yy)
    p := regexp_match(txt, '^ *(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4})(.*)$');
    IF p IS NOT NULL THEN RETURN p[2] || '/' || p[1] || '/' || p[3] || p[4]; END IF;
  ELSIF style IN (2, 11, 102, 111) THEN  -- yy(yy) mm dd
    p := regexp_match(txt, '^ *(\d{2,4})[-/.](\d{1,2})[-/.](\d{1,2})(.*)$');
    IF p IS NOT NULL THEN RETURN p[2] || '/' || p[3] || '/' || p[1] || p[4]; END IF;
  END IF;
  RETURN txt;
END $$;

CREATE FUNCTION tds.moment_failure() RETURNS int8 LANGUAGE sql IMMUTABLE AS
$$ SELECT tds.fail(241, 'Conversion failed when converting date and/or time from character string.') $$;
CREATE FUNCTION tds.text_to_ticks(txt text, style int, kind text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE r record;
BEGIN
  SELECT * INTO r FROM tds.read_moment(tds.restyle(txt, style));
  IF r.ticks IS NULL THEN
    IF kind IN ('datetime', 'smalldatetime') AND txt ~ '^[0-9 /:.T-]+$' THEN
      RETURN tds.fail(242, format('The conversion of a varchar data type to a %s data type resulted in an out-of-range value.', kind), 16, 3);
    END IF;
    IF kind = 'smalldatetime' THEN
      RETURN tds.fail(295, 'Conversion failed when converting character string to smalldatetime data type.', 16, 3);
    END IF;
    RETURN tds.moment_failure();
  END IF;
  IF kind = 'time' THEN RETURN r.ticks % 864000000000; END IF;
  IF kind = 'datetime' AND r.ticks < 552877920000000000 THEN
    RETURN tds.fail(242, 'The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.', 16, 3);
  END IF;
  RETURN r.ticks;
END $$;
CREATE FUNCTION tds.text_to_date(txt text, style int) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT tds.ticks_date(tds.text_to_ticks(txt, style, 'date')) $$;
CREATE FUNCTION tds.text_to_instant(txt text, style int) RETURNS tds.instant LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE r record;
BEGIN
  SELECT * INTO r FROM tds.read_moment(tds.restyle(txt, style));
  IF r.ticks IS NULL THEN PERFORM tds.moment_failure(); END IF;
  RETURN tds.instant_of(r.ticks, r.off);
END $$;

-- A moment as CONVERT writes it. kind: d date, t time, s smalldatetime, m datetime, 2 datetime2, c canonical smalldatetime.
CREATE FUNCTION tds.moment_text(t int8, style int, scale int, kind text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  shown int8 := CASE WHEN kind = 'm' THEN (t + 5000) / 10000 * 10000 ELSE t END;  -- a third of a hundredth shows three digits
  m timestamp := tds.ticks_timestamp(shown);
  fraction text := lpad((shown % 10000000)::text, 7, '0');
  digits text := CASE WHEN scale > 0 THEN '.' || left(fraction, scale) ELSE '' END;
  clock text := to_char(m, 'HH24:MI:SS');
  twelve text := lpad(to_char(m, 'FMHH12'), 2) || to_char(m, ':MI');
  head text;
BEGIN
  IF kind = 't' THEN
    RETURN CASE WHEN style IN (0, 100) THEN lpad(to_char(m, 'FMHH12'), 2) || to_char(m, ':MIAM') WHEN style IN (8, 24, 108) THEN clock ELSE clock || digits END;
  END IF;
  IF kind = 'c' THEN RETURN to_char(m, 'YYYY-MM-DD HH24:MI:SS'); END IF;
  head := CASE
    WHEN style IN (0, 100, 9, 109) THEN to_char(m, 'Mon ') || lpad(to_char(m, 'FMDD'), 2) || to_char(m, ' YYYY')
    WHEN style = 1 THEN to_char(m, 'MM/DD/YY') WHEN style = 101 THEN to_char(m, 'MM/DD/YYYY')
    WHEN style = 2 THEN to_char(m, 'YY.MM.DD') WHEN style = 102 THEN to_char(m, 'YYYY.MM.DD')
    WHEN style = 3 THEN to_char(m, 'DD/MM/YY') WHEN style = 103 THEN to_char(m, 'DD/MM/YYYY')
    WHEN style = 4 THEN to_char(m, 'DD.MM.YY') WHEN style = 104 THEN to_char(m, 'DD.MM.YYYY')
    WHEN style = 5 THEN to_char(m, 'DD-MM-YY') WHEN style = 105 THEN to_char(m, 'DD-MM-YYYY')
    WHEN style = 6 THEN to_char(m, 'DD Mon YY') WHEN style IN (106, 13, 113) THEN to_char(m, 'DD Mon YYYY')
    WHEN style = 7 THEN to_char(m, 'Mon DD, YY') WHEN style = 107 THEN to_char(m, 'Mon DD, YYYY')
    WHEN style = 10 THEN to_char(m, 'MM-DD-YY') WHEN style = 110 THEN to_char(m, 'MM-DD-YYYY')
    WHEN style = 11 THEN to_char(m, 'YY/MM/DD') WHEN style = 111 THEN to_char(m, 'YYYY/MM/DD')
    WHEN style = 12 THEN to_char(m, 'YYMMDD') WHEN style = 112 THEN to_char(m, 'YYYYMMDD')
    WHEN style IN (20, 120, 21, 25, 121, 23, 126, 127) THEN to_char(m, 'YYYY-MM-DD')
    WHEN style IN (8, 24, 108, 14, 114) THEN '' END;
  IF head IS NULL THEN
    PERFORM tds.fail(281, format('%s is not a valid style number when converting from datetime to a character string.', style));
  END IF;
  IF style IN (8, 24, 108) THEN RETURN clock; END IF;
  IF style IN (14, 114) THEN RETURN clock || ':' || left(fraction, 3); END IF;
  IF kind = 'd' OR style IN (1, 101, 2, 102, 3, 103, 4, 104, 5, 105, 6, 106, 7, 107, 10, 110, 11, 111, 12, 112, 23) THEN RETURN head; END IF;
  RETURN CASE
    WHEN style IN (0, 100) THEN head || ' ' || twelve || to_char(m, 'AM')
    WHEN style IN (9, 109) THEN head || ' ' || lpad(to_char(m, 'FMHH12'), 2) || to_char(m, ':MI:SS') || ':' || CASE WHEN kind = '2' THEN left(fraction, scale) ELSE left(fraction, 3) END || to_char(m, 'AM')
    WHEN style IN (13, 113) THEN head || ' ' || clock || ':' || CASE WHEN kind = '2' THEN left(fraction, scale) ELSE left(fraction, 3) END
    WHEN style IN (20, 120) THEN head || ' ' || clock
    WHEN style IN (21, 25, 121) THEN head || ' ' || clock || CASE WHEN kind = 's' THEN '.000' ELSE digits END
    WHEN style IN (126, 127) THEN
      head || 'T' || clock || CASE WHEN kind = '2' THEN digits WHEN fraction = '0000000' THEN '' ELSE '.' || left(fraction, 3) END || CASE WHEN style = 127 THEN 'Z' ELSE '' END
    ELSE head END;
END $$;
CREATE FUNCTION tds.offset_text(off int) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN off < 0 THEN '-' ELSE '+' END || lpad((abs(off) / 60)::text, 2, '0') || ':' || lpad((abs(off) % 60)::text, 2, '0') $$;
CREATE FUNCTION tds.instant_text(i tds.instant, style int, scale int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (i).utc IS NULL THEN NULL
               WHEN style = 127 THEN replace(tds.moment_text((i).utc, 126, scale, '2'), ' ', 'T') || 'Z'
               WHEN style IN (0, 20, 21, 25, 120, 121, 100, 13, 113, 9, 109) THEN tds.moment_text(tds.local_ticks(i), style, scale, '2') || ' ' || tds.offset_text((i).off)
               WHEN style = 126 THEN tds.moment_text(tds.local_ticks(i), style, scale, '2') || tds.offset_text((i).off)
               ELSE tds.moment_text(tds.local_ticks(i), style, scale, '2') END $$;

-- ---- numbers
CREATE FUNCTION tds.to_tinyint(n int8) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (CASE WHEN n BETWEEN 0 AND 255 THEN n WHEN n IS NOT NULL THEN tds.fail(220, 'Arithmetic overflow error for data type tinyint, value = ' || n || '.', 16, 2) END)::int2 $$;
CREATE FUNCTION tds.to_smallint(n int8) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (CASE WHEN n BETWEEN -32768 AND 32767 THEN n WHEN n IS NOT NULL THEN tds.fail(220, 'Arithmetic overflow error for data type smallint, value = ' || n || '.') END)::int2 $$;
CREATE FUNCTION tds.to_money(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN n BETWEEN -922337203685477.5808 AND 922337203685477.5807 THEN round(n, 4)
               WHEN n IS NOT NULL THEN tds.fail(8115, 'Arithmetic overflow error converting expression to data type money.', 16, 2, n::text)::numeric END $$;
CREATE FUNCTION tds.to_smallmoney(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN n BETWEEN -214748.3648 AND 214748.3647 THEN round(n, 4)
               WHEN n IS NOT NULL THEN tds.fail(8115, 'Arithmetic overflow error converting expression to data type smallmoney.', 16, 2, n::text)::numeric END $$;
-- All 17 digits of a double; PostgreSQL's own cast keeps 15.
CREATE FUNCTION tds.float_numeric(x float8) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x::text::numeric $$;

CREATE FUNCTION tds.kind_name(is_unicode bool) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN is_unicode THEN 'nvarchar' ELSE 'varchar' END $$;
CREATE FUNCTION tds.text_to_numeric(txt text, is_unicode bool) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE s text := btrim(txt, E' \t\r\n');
BEGIN
  IF s !~ '^[+-]?(\d+\.?\d*|\.\d+)$' THEN
    PERFORM tds.fail(8114, 'Error converting data type ' || tds.kind_name(is_unicode) || ' to numeric.', 16, 5);
  END IF;
  RETURN s::numeric;
END $$;
CREATE FUNCTION tds.text_to_float(txt text, is_unicode bool) RETURNS float8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE s text := btrim(txt, E' \t\r\n');
BEGIN
  IF s = '' THEN RETURN 0; END IF;
  IF s !~ '^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$' THEN
    PERFORM tds.fail(8114, 'Error converting data type ' || tds.kind_name(is_unicode) || ' to float.', 16, 5);
  END IF;
  RETURN s::float8;
END $$;
CREATE FUNCTION tds.text_to_money(txt text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE s text := translate(btrim(txt, E' \t\r\n'), '$£€,', '');
BEGIN
  IF s = '' THEN RETURN 0; END IF;
  IF s ~ '^\(.*\)$' THEN s := '-' || btrim(s, '()'); END IF;
  IF s !~ '^[+-]? *(\d+\.?\d*|\.\d+)$' THEN
    PERFORM tds.fail(235, 'Cannot convert a char value to money. The char value has incorrect syntax.');
  END IF;
  RETURN replace(s, ' ', '')::numeric;
END $$;
CREATE FUNCTION tds.text_to_bit(txt text) RETURNS int2 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE s text := lower(btrim(txt, E' \t\r\n'));
BEGIN
  IF s = 'true' THEN RETURN 1; ELSIF s IN ('false', '') THEN RETURN 0; END IF;
  IF s !~ '^[+-]?\d+$' THEN PERFORM tds.fail(245, format('Conversion failed when converting the varchar value ''%s'' to data type bit.', txt)); END IF;
  RETURN (s::numeric <> 0)::int;
END $$;

-- float to text: style 0 has up to 6 digits, 1 has 8, 2 has 16, 3 has 17 (real: 9). Exponents have three digits.
CREATE FUNCTION tds.float_text(x float8, style int, is_real bool) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  digits int := CASE style WHEN 0 THEN 6 WHEN 1 THEN 8 WHEN 2 THEN 16 ELSE CASE WHEN is_real THEN 9 ELSE 17 END END;
  s text; mantissa text; exponent int;
BEGIN
  IF x = 0 AND style = 0 THEN RETURN '0'; END IF;
  s := trim(to_char(x::text::numeric, '9.' || repeat('9', digits - 1) || 'EEEE'));
  mantissa := split_part(s, 'e', 1);
  exponent := split_part(s, 'e', 2)::int;
  IF style <> 0 THEN
    RETURN mantissa || 'e' || CASE WHEN exponent < 0 THEN '-' ELSE '+' END || lpad(abs(exponent)::text, 3, '0');
  END IF;
  IF exponent < -5 OR exponent >= 6 THEN
    RETURN rtrim(rtrim(mantissa, '0'), '.') || 'e' || CASE WHEN exponent < 0 THEN '-' ELSE '+' END || lpad(abs(exponent)::text, 3, '0');
  END IF;
  s := round(x::text::numeric, digits - 1 - exponent)::text;
  IF position('.' IN s) > 0 THEN s := rtrim(rtrim(s, '0'), '.'); END IF;
  RETURN s;
END $$;
CREATE FUNCTION tds.money_text(n numeric, style int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE style WHEN 1 THEN trim(to_char(round(n, 2), 'FM999,999,999,999,999,990.00')) WHEN 2 THEN round(n, 4)::text ELSE round(n, 2)::text END $$;
CREATE FUNCTION tds.short_integer_text(s text, room int, is_unicode bool) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN length(s) <= room OR s IS NULL THEN s WHEN NOT is_unicode THEN '*'
               WHEN s IS NOT NULL THEN tds.fail(8115, 'Arithmetic overflow error converting expression to data type nvarchar.', 16, 2, s)::text END $$;
CREATE FUNCTION tds.short_number_text(s text, room int, from_name text, to_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN length(s) <= room THEN s
               WHEN s IS NOT NULL THEN tds.fail(8115, 'Arithmetic overflow error converting ' || from_name || ' to data type ' || to_name || '.', 16, 5, s)::text END $$;

-- Whether CAST would succeed, for TRY_CAST.
CREATE FUNCTION tds.convertible(txt text, target text, prec int, scale int, style int, from_number bool) RETURNS bool LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE s text := btrim(txt, E' \t\r\n'); n numeric;
BEGIN
  IF txt IS NULL THEN RETURN true; END IF;
  IF target IN ('tinyint', 'smallint', 'int', 'bigint', 'bit') AND NOT from_number AND s !~ '^[+-]?\d*$' AND NOT (target = 'bit' AND lower(s) IN ('true', 'false')) THEN
    RETURN false;
  END IF;
  CASE target
    WHEN 'tinyint' THEN n := coalesce(nullif(s, ''), '0')::numeric; RETURN trunc(n) BETWEEN 0 AND 255;
    WHEN 'smallint' THEN n := coalesce(nullif(s, ''), '0')::numeric; RETURN trunc(n) BETWEEN -32768 AND 32767;
    WHEN 'int' THEN n := coalesce(nullif(s, ''), '0')::numeric; RETURN trunc(n) BETWEEN -2147483648 AND 2147483647;
    WHEN 'bigint' THEN n := coalesce(nullif(s, ''), '0')::numeric; RETURN trunc(n) BETWEEN -9223372036854775808 AND 9223372036854775807;
    WHEN 'decimal', 'numeric' THEN n := tds.text_to_numeric(s, false); RETURN abs(round(n, scale)) < 10::numeric ^ (prec - scale);
    WHEN 'money' THEN PERFORM tds.to_money(tds.text_to_money(s));
    WHEN 'smallmoney' THEN PERFORM tds.to_smallmoney(tds.text_to_money(s));
    WHEN 'float', 'real' THEN PERFORM tds.text_to_float(s, false);
    WHEN 'bit' THEN PERFORM tds.text_to_bit(s);
    WHEN 'uniqueidentifier' THEN PERFORM tds.text_to_guid(s);
    WHEN 'date', 'datetime2', 'datetimeoffset', 'time' THEN RETURN (tds.read_moment(tds.restyle(s, style))).ticks IS NOT NULL;
    WHEN 'datetime' THEN RETURN coalesce((tds.read_moment(tds.restyle(s, style))).ticks >= 552877920000000000, false);
    WHEN 'smalldatetime' THEN RETURN coalesce((tds.read_moment(tds.restyle(s, style))).ticks BETWEEN 599266080000000000 AND 655889183699999999, false);
    ELSE NULL;
  END CASE;
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  RETURN false;
END $$;

-- ---- characters: lengths count UTF-16 units; a stored escape of a lone surrogate or NUL (see text.hpp) is one
CREATE FUNCTION tds.units_slow(s text) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT length(s) + length(regexp_replace(s, '[^\U00010000-\U0010EFFF]+', '', 'g')) $$;
CREATE FUNCTION tds.units(s text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(s) = length(s) THEN length(s) ELSE tds.units_slow(s) END $$;

-- The characters that fit into `room` units, a pair never cut in two.
CREATE FUNCTION tds.cut_slow(s text, room int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE n int := least(room, length(s)); over int;
BEGIN
  LOOP
    over := tds.units_slow(left(s, n)) - room;
    EXIT WHEN over <= 0;
    n := n - (over + 1) / 2;
  END LOOP;
  WHILE n < length(s) AND tds.units_slow(left(s, n + 1)) <= room LOOP n := n + 1; END LOOP;
  RETURN left(s, n);
END $$;
-- Not LANGUAGE sql: their argument is often a long expression, which the planner would not inline.
CREATE FUNCTION tds.cut(s text, room int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF octet_length(s) <= room THEN RETURN s; END IF;
  IF octet_length(s) = length(s) THEN RETURN left(s, room); END IF;
  RETURN tds.cut_slow(s, room);
END $$;
CREATE FUNCTION tds.pad(s text, room int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE kept text;
BEGIN
  IF octet_length(s) = length(s) THEN RETURN rpad(s, room); END IF;
  kept := tds.cut_slow(s, room);
  RETURN kept || repeat(' ', room - tds.units_slow(kept));
END $$;

-- PostgreSQL's name of a Windows code page, null for the ones it has not.
CREATE FUNCTION tds.encoding_of(page int) RETURNS name LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (CASE page WHEN 1250 THEN 'WIN1250' WHEN 1251 THEN 'WIN1251' WHEN 1252 THEN 'WIN1252' WHEN 1253 THEN 'WIN1253' WHEN 1254 THEN 'WIN1254'
  WHEN 1255 THEN 'WIN1255' WHEN 1256 THEN 'WIN1256' WHEN 1257 THEN 'WIN1257' WHEN 1258 THEN 'WIN1258' WHEN 874 THEN 'WIN874' WHEN 932 THEN 'SJIS'
  WHEN 936 THEN 'GBK' WHEN 949 THEN 'UHC' WHEN 950 THEN 'BIG5' WHEN 65001 THEN 'UTF8' ELSE 'WIN1252' END)::name $$;
-- One character's bytes in a code page; null when it has none. 1252's five holes hold the C1 controls, as in Windows.
CREATE FUNCTION tds.page_bytes(c text, page int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF c = U&'\+10F000' THEN RETURN '\x00'; END IF;
  IF page IN (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 874) AND ascii(c) BETWEEN 128 AND 159 THEN
    RETURN set_byte('\x00'::bytea, 0, ascii(c));
  END IF;
  RETURN convert_to(c, tds.encoding_of(page));
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;
CREATE FUNCTION tds.to_page_slow(s text, page int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE c text; result text := s;
BEGIN
  FOR c IN SELECT DISTINCT x FROM regexp_split_to_table(s, '') AS x WHERE octet_length(x) > 1 LOOP
    IF tds.page_bytes(c, page) IS NULL THEN
      result := replace(result, c, CASE WHEN tds.units(c) = 2 THEN '??' ELSE '?' END);
    END IF;
  END LOOP;
  RETURN result;
END $$;
CREATE FUNCTION tds.to_page(s text, page int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF octet_length(s) = length(s) THEN RETURN s; END IF;
  RETURN tds.to_page_slow(s, page);
END $$;
CREATE FUNCTION tds.page_length(s text, page int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(s) = length(s) THEN length(s) WHEN page IN (932, 936, 949, 950) THEN octet_length(tds.text_to_bytes(s, page))
               WHEN page = 65001 THEN octet_length(s) ELSE length(s) END $$;
CREATE FUNCTION tds.cut_bytes(s text, room int, page int, padded bool) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE n int := length(s);
BEGIN
  WHILE tds.page_length(left(s, n), page) > room LOOP n := n - greatest(1, (tds.page_length(left(s, n), page) - room) / 4); END LOOP;
  s := left(s, n);
  IF padded THEN s := s || repeat(' ', room - tds.page_length(s, page)); END IF;
  RETURN s;
END $$;

-- The value for a column of `room` units: only trailing blanks may go.
CREATE FUNCTION tds.fit_slow(s text, room int, page int, table_name text, column_name text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE n int := CASE WHEN page = 0 THEN tds.units(s) ELSE tds.page_length(s, page) END; kept text;
BEGIN
  IF n <= room THEN RETURN s; END IF;
  kept := CASE WHEN page = 0 THEN tds.cut(s, room) ELSE tds.cut_bytes(s, room, page, false) END;
  IF rtrim(substr(s, length(kept) + 1), ' ') = '' THEN RETURN kept; END IF;
  PERFORM tds.fail(2628, format('String or binary data would be truncated in table ''%s'', column ''%s''. Truncated value: ''%s''.', table_name, column_name, kept));
  RETURN NULL;
END $$;
CREATE FUNCTION tds.fit(s text, room int, page int, table_name text, column_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(s) <= room THEN s ELSE tds.fit_slow(s, room, page, table_name, column_name) END $$;
CREATE FUNCTION tds.fit_bytes(b bytea, room int, table_name text, column_name text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(b) <= room THEN b
               WHEN b IS NOT NULL THEN int8send(tds.fail(2628, format('String or binary data would be truncated in table ''%s'', column ''%s''. Truncated value: ''''.', table_name, column_name), 16, 1, octet_length(b)::text)) END $$;

CREATE FUNCTION tds.to_xml(s text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT regexp_replace(s, '^\s*<\?xml[^>]*\?>\s*', '') $$;

-- ---- binary
CREATE FUNCTION tds.pad_bytes(b bytea, room int) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(b) >= room THEN substring(b FROM 1 FOR room) ELSE b || decode(repeat('00', room - octet_length(b)), 'hex') END $$;
CREATE FUNCTION tds.right_bytes(b bytea, room int, fixed bool) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(b) > room THEN substring(b FROM octet_length(b) - room + 1)
               WHEN fixed THEN decode(repeat('00', room - octet_length(b)), 'hex') || b ELSE b END $$;
CREATE FUNCTION tds.sub_bytes(b bytea, start int, count int) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count < 0 THEN int8send(tds.fail(537, 'Invalid length parameter passed to the LEFT or SUBSTRING function.', 16, 3, count::text)) ELSE substring(b FROM start FOR count) END $$;
-- Big-endian, the last `width` bytes, sign from the first when the value fills them.
CREATE FUNCTION tds.bytes_to_int(b bytea, width int) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE n int8 := 0; part bytea := CASE WHEN octet_length(b) > width THEN substring(b FROM octet_length(b) - width + 1) ELSE b END;
BEGIN
  FOR i IN 0 .. octet_length(part) - 1 LOOP
    n := (n << 8) | get_byte(part, i);
  END LOOP;
  IF width IN (2, 4) AND octet_length(part) = width AND get_byte(part, 0) >= 128 THEN
    n := n - (1::int8 << (8 * width));
  END IF;
  RETURN n;
END $$;
-- Bytes of a string: UTF-16LE for page 1200, else the code page.
CREATE FUNCTION tds.text_to_bytes(s text, page int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE result bytea; code int; c text; pieces text[] := '{}'; one bytea;
BEGIN
  IF page <> 1200 AND octet_length(s) = length(s) THEN RETURN convert_to(s, 'UTF8'); END IF;
  IF page = 65001 AND s !~ '[\U0010EFFF-\U0010FFFF]' THEN RETURN convert_to(s, 'UTF8'); END IF;
  FOR i IN 1 .. length(s) LOOP
    c := substr(s, i, 1);
    IF page = 1200 THEN
      code := ascii(c);
      IF code = 1110016 THEN code := 0; ELSIF code >= 1112064 THEN code := 55296 + code - 1112064; END IF;
      IF code >= 65536 THEN
        pieces := pieces || (lpad(to_hex((55296 + ((code - 65536) >> 10)) & 255), 2, '0') || lpad(to_hex((55296 + ((code - 65536) >> 10)) >> 8), 2, '0')
                  || lpad(to_hex((56320 + ((code - 65536) & 1023)) & 255), 2, '0') || lpad(to_hex((56320 + ((code - 65536) & 1023)) >> 8), 2, '0'));
      ELSE
        pieces := pieces || (lpad(to_hex(code & 255), 2, '0') || lpad(to_hex(code >> 8), 2, '0'));
      END IF;
    ELSE
      one := coalesce(tds.page_bytes(c, page), '\x3f');
      pieces := pieces || encode(one, 'hex');
    END IF;
  END LOOP;
  RETURN decode(array_to_string(pieces, ''), 'hex');
END $$;
-- Bytes to characters: style 1 is 0x.., 2 the digits alone; else page 1200 reads UTF-16LE, others their code page.
CREATE FUNCTION tds.bytes_text(b bytea, style int, page int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE result text := ''; i int := 0; unit int; low int;
BEGIN
  IF style = 1 THEN RETURN '0x' || upper(encode(b, 'hex')); END IF;
  IF style = 2 THEN RETURN upper(encode(b, 'hex')); END IF;
  IF page = 1200 THEN
    WHILE i < octet_length(b) LOOP
      unit := get_byte(b, i) + CASE WHEN i + 1 < octet_length(b) THEN get_byte(b, i + 1) * 256 ELSE 0 END;
      i := i + 2;
      IF unit BETWEEN 55296 AND 56319 AND i + 1 < octet_length(b) THEN
        low := get_byte(b, i) + get_byte(b, i + 1) * 256;
        IF low BETWEEN 56320 AND 57343 THEN
          result := result || chr(65536 + ((unit - 55296) << 10) + (low - 56320));
          i := i + 2;
          CONTINUE;
        END IF;
      END IF;
      result := result || CASE WHEN unit = 0 THEN U&'\+10F000' WHEN unit BETWEEN 55296 AND 57343 THEN chr(1112064 + unit - 55296) ELSE chr(unit) END;
    END LOOP;
    RETURN result;
  END IF;
  IF position('\x00'::bytea IN b) = 0 THEN
    BEGIN
      RETURN convert_from(b, tds.encoding_of(page));
    EXCEPTION WHEN OTHERS THEN
      NULL;
    END;
  END IF;
  FOR i IN 0 .. octet_length(b) - 1 LOOP
    unit := get_byte(b, i);
    BEGIN
      result := result || CASE WHEN unit = 0 THEN U&'\+10F000' WHEN unit < 128 THEN chr(unit) ELSE convert_from(set_byte('\x00'::bytea, 0, unit), tds.encoding_of(page)) END;
    EXCEPTION WHEN OTHERS THEN
      result := result || chr(unit);
    END;
  END LOOP;
  RETURN result;
END $$;
CREATE FUNCTION tds.hex_to_bytes(s text, style int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF style = 1 THEN
    IF s !~* '^0x' THEN PERFORM tds.fail(8114, 'Error converting data type varchar to varbinary.', 16, 5); END IF;
    s := substr(s, 3);
  END IF;
  IF length(s) % 2 = 1 OR s ~* '[^0-9a-f]' THEN PERFORM tds.fail(8114, 'Error converting data type varchar to varbinary.', 16, 5); END IF;
  RETURN decode(s, 'hex');
END $$;
CREATE FUNCTION tds.datetime_to_bytes(t int8) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT int4send((t / 864000000000 - 693595)::int4) || int4send(((t % 864000000000 * 3 + 50000) / 100000)::int4) $$;
CREATE FUNCTION tds.bytes_to_datetime(b bytea) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT tds.in_datetime((693595 + tds.bytes_to_int(substring(tds.right_bytes(b, 8, true) FROM 1 FOR 4), 4)) * 864000000000
          + (tds.bytes_to_int(substring(tds.right_bytes(b, 8, true) FROM 5), 4) * 100000 + 1) / 3) $$;
-- precision, scale, 0, sign, then the digits little-endian in whole words.
CREATE FUNCTION tds.numeric_to_bytes(n numeric, prec int, scale int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE v numeric := abs(trunc(n * 10::numeric ^ scale)); result text := '';
BEGIN
  WHILE v > 0 OR length(result) % 8 <> 0 OR result = '' LOOP
    result := result || lpad(to_hex((v % 256)::int), 2, '0');
    v := div(v, 256);
  END LOOP;
  RETURN decode(lpad(to_hex(prec), 2, '0') || lpad(to_hex(scale), 2, '0') || '00' || CASE WHEN n < 0 THEN '00' ELSE '01' END || result, 'hex');
END $$;

-- ---- uniqueidentifier
CREATE FUNCTION tds.text_to_guid(s text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF s !~* '^\s*\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' THEN
    PERFORM tds.fail(8169, 'Conversion failed when converting from a character string to uniqueidentifier.', 16, 2);
  END IF;
  RETURN left(ltrim(s, E' {\t'), 36)::uuid;
END $$;
-- The first three groups are little-endian in SQL Server's bytes.
CREATE FUNCTION tds.guid_to_bytes(g uuid) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT decode(substr(h, 7, 2) || substr(h, 5, 2) || substr(h, 3, 2) || substr(h, 1, 2) || substr(h, 11, 2) || substr(h, 9, 2) || substr(h, 15, 2) || substr(h, 13, 2) || substr(h, 17), 'hex')
     FROM (SELECT replace(g::text, '-', '') AS h) AS x $$;
CREATE FUNCTION tds.bytes_to_guid(b bytea) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT encode(tds.guid_to_bytes(encode(tds.pad_bytes(b, 16), 'hex')::uuid), 'hex')::uuid $$;
-- SQL Server orders by the last six bytes first, then 8-9, 6-7, 4-5, 0-3 of its own byte order.
CREATE FUNCTION tds.guid_key(g uuid) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT substring(u FROM 11 FOR 6) || substring(u FROM 9 FOR 2) || substring(u FROM 7 FOR 2) || substring(u FROM 5 FOR 2) || substring(u FROM 1 FOR 4)
     FROM (SELECT uuid_send(g) AS u) AS x $$;
CREATE FUNCTION tds.guid_of_key(k bytea) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT encode(substring(k FROM 13 FOR 4) || substring(k FROM 11 FOR 2) || substring(k FROM 9 FOR 2) || substring(k FROM 7 FOR 2) || substring(k FROM 1 FOR 6), 'hex')::uuid $$;

-- ---- sql_variant; base is the engine's SqlType number: 11..16 dates, 17..22 characters, 23.. binaries, 27 uniqueidentifier
CREATE FUNCTION tds.variant_text(v tds.variant) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (v).bin IS NOT NULL THEN tds.bytes_text((v).bin, 0, 1252) ELSE (v).txt END $$;
CREATE FUNCTION tds.variant_bytes(v tds.variant) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce((v).bin, CASE (v).base WHEN 0 THEN substring(int2send((v).txt::int2) FROM 2) WHEN 1 THEN substring(int2send((v).txt::int2) FROM 2)
     WHEN 2 THEN int2send((v).txt::int2) WHEN 3 THEN int4send((v).txt::int4) WHEN 4 THEN int8send((v).txt::int8)
     ELSE tds.text_to_bytes((v).txt, CASE WHEN (v).base >= 20 THEN 1200 ELSE 1252 END) END) $$;
CREATE FUNCTION tds.variant_length(v tds.variant) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (v).base IN (20, 21) THEN tds.units((v).txt) * 2 WHEN (v).base IN (17, 18) THEN length((v).txt) WHEN (v).bin IS NOT NULL THEN octet_length((v).bin)
               ELSE (v).max_length END $$;
-- Ordered by family as SQL Server has it (dates, approximate, exact, characters, guid, binary), then by value.
CREATE FUNCTION tds.variant_key(v tds.variant) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (v).base BETWEEN 11 AND 16 THEN '6' || (v).txt
               WHEN (v).base BETWEEN 9 AND 10 OR (v).base BETWEEN 0 AND 8 THEN '5' || tds.number_key((v).txt::numeric)
               WHEN (v).base BETWEEN 17 AND 22 THEN '3' || rtrim(lower((v).txt COLLATE tds.letters))
               WHEN (v).base = 27 THEN '2' || encode(tds.guid_key((v).txt::uuid), 'hex')
               WHEN (v).bin IS NOT NULL THEN '1' || encode((v).bin, 'hex') END COLLATE "C" $$;
CREATE FUNCTION tds.number_key(n numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN n >= 0 THEN 'p' || to_char(n, 'FM0' || repeat('0', 40) || '.' || repeat('0', 40))
               ELSE 'n' || translate(to_char(-n, 'FM0' || repeat('0', 40) || '.' || repeat('0', 40)), '0123456789', '9876543210') END $$;
CREATE FUNCTION tds.base_name(base int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (ARRAY['bit','tinyint','smallint','int','bigint','decimal','numeric','money','smallmoney','real','float','date','time','smalldatetime','datetime','datetime2',
  'datetimeoffset','char','varchar','text','nchar','nvarchar','ntext','binary','varbinary','image','timestamp','uniqueidentifier','xml','sql_variant','hierarchyid',
  'geometry','geography'])[base + 1] $$;
CREATE FUNCTION tds.variant_int(n int8) RETURNS tds.variant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN n IS NOT NULL THEN ROW(3::int2, 4, 10::int2, 0::int2, '', n::text, NULL)::tds.variant END $$;
CREATE FUNCTION tds.variant_bigint(n int8) RETURNS tds.variant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN n IS NOT NULL THEN ROW(4::int2, 8, 19::int2, 0::int2, '', n::text, NULL)::tds.variant END $$;
CREATE FUNCTION tds.variant_name(s text) RETURNS tds.variant LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN s IS NOT NULL THEN ROW(21::int2, 256, 0::int2, 0::int2, (SELECT collation_name FROM tds_meta.settings), s, NULL)::tds.variant END $$;
-- A number as a variant of a given type: of sequences and identity columns.
CREATE FUNCTION tds.variant_number(n numeric, base int, prec int) RETURNS tds.variant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN n IS NOT NULL THEN ROW(base::int2, CASE base WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 4 WHEN 4 THEN 8 ELSE CASE WHEN prec <= 9 THEN 5 WHEN prec <= 19 THEN 9 WHEN prec <= 28 THEN 13 ELSE 17 END END,
     prec::int2, 0::int2, '', trunc(n)::text, NULL)::tds.variant END $$;
CREATE FUNCTION tds.variant_property(v tds.variant, property text) RETURNS tds.variant LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN (v).base IS NULL THEN NULL ELSE CASE lower(property)
     WHEN 'basetype' THEN tds.variant_name(tds.base_name((v).base)) WHEN 'precision' THEN tds.variant_int((v).prec) WHEN 'scale' THEN tds.variant_int((v).scale)
     WHEN 'maxlength' THEN tds.variant_int((v).max_length) WHEN 'totalbytes' THEN tds.variant_int(tds.variant_length(v) + 2)
     WHEN 'collation' THEN tds.variant_name(nullif((v).coll, '')) END END $$;
