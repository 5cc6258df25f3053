-- The built-in scalar functions of T-SQL that PostgreSQL has not, or has with other rules.
SET check_function_bodies = off;  -- functions call each other in any order

-- ---- strings; positions and lengths count UTF-16 units
CREATE FUNCTION tds.sub_slow(s text, start int, count int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE skipped text; first int := greatest(start, 1); last int8 := start::int8 + count;
BEGIN
  IF last <= first THEN RETURN ''; END IF;
  skipped := tds.cut_slow(s, first - 1);
  RETURN tds.cut_slow(substr(s, length(skipped) + 1), least(last - first, 2147483647)::int);
END $$;
CREATE FUNCTION tds.sub_characters(s text, start int, count int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count < 0 THEN tds.fail(537, 'Invalid length parameter passed to the LEFT or SUBSTRING function.', 16, 3, count::text)::text
               WHEN start IS NULL OR count IS NULL THEN NULL
               WHEN start::int8 + count <= 1 THEN left(s, 0) ELSE substr(s, greatest(start, 1), least(count::int8 + least(start, 1) - 1, 2147483647)::int) END $$;
CREATE FUNCTION tds.sub(s text, start int, count int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count < 0 OR octet_length(s) = length(s) THEN tds.sub_characters(s, start, count) ELSE tds.sub_slow(s, start, count) END $$;
CREATE FUNCTION tds.right_characters(s text, count int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count < 0 THEN tds.fail(536, 'Invalid length parameter passed to the RIGHT function.', 16, 3, count::text)::text ELSE right(s, count) END $$;
CREATE FUNCTION tds.right_units(s text, count int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count < 0 OR count IS NULL OR octet_length(s) = length(s) THEN tds.right_characters(s, count)
               ELSE tds.sub_slow(s, greatest(tds.units_slow(s) - count, 0) + 1, 2147483000) END $$;
CREATE FUNCTION tds.upper_case(s text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(s) = length(s) THEN upper(s COLLATE "C") COLLATE "C" ELSE upper(s COLLATE tds.letters) COLLATE "C" END $$;
CREATE FUNCTION tds.lower_case(s text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN octet_length(s) = length(s) THEN lower(s COLLATE "C") COLLATE "C" ELSE lower(s COLLATE tds.letters) COLLATE "C" END $$;
CREATE FUNCTION tds.repeat_text(s text, count int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count >= 0 THEN repeat(s, count) END $$;
CREATE FUNCTION tds.repeat_cut(s text, count int, room int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN count >= 0 THEN CASE WHEN octet_length(s) * count::int8 <= room THEN repeat(s, count) ELSE tds.cut(repeat(s, least(count, room)), room) END END $$;
CREATE FUNCTION tds.regex_escape(s text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT regexp_replace(s, '([^[:alnum:]_ ])', '\\\1', 'g') $$;
CREATE FUNCTION tds.replace_text(s text, old text, new text, sensitive bool) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF old = '' THEN RETURN s; END IF;
  IF sensitive OR (lower(old COLLATE tds.letters) = upper(old COLLATE tds.letters)) THEN RETURN replace(s, old, new); END IF;
  RETURN regexp_replace(s COLLATE tds.letters, tds.regex_escape(old), replace(new, '\', '\\'), 'gi');
END $$;
CREATE FUNCTION tds.char_index(needle text, s text, start int, sensitive bool) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE first int := greatest(start, 1); tail text := tds.sub(s, greatest(start, 1), 2147483000); found int;
BEGIN
  IF needle = '' THEN RETURN 0; END IF;
  IF sensitive THEN found := strpos(tail, needle); ELSE found := strpos(tds.lower_case(tail), tds.lower_case(needle)); END IF;
  IF found = 0 THEN RETURN 0; END IF;
  RETURN first + tds.units(left(tail, found - 1));
END $$;
CREATE FUNCTION tds.stuff(s text, start int, count int, new text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN start < 1 OR start > tds.units(s) OR count < 0 THEN NULL
               ELSE tds.sub(s, 1, start - 1) || new || tds.sub(s, start + count, 2147483000) END $$;
CREATE FUNCTION tds.char_of(code int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN code BETWEEN 0 AND 255 THEN tds.bytes_text(set_byte('\x00'::bytea, 0, code), 0, 1252) END $$;
CREATE FUNCTION tds.nchar_of(code int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN code = 0 THEN U&'\+10F000' WHEN code BETWEEN 55296 AND 57343 THEN chr(1112064 + code - 55296) WHEN code BETWEEN 1 AND 65535 THEN chr(code) END $$;
CREATE FUNCTION tds.unicode_of(s text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN s = '' THEN NULL WHEN ascii(s) = 1110016 THEN 0 WHEN ascii(s) >= 1112064 THEN 55296 + ascii(s) - 1112064
               WHEN ascii(s) >= 65536 THEN 55296 + ((ascii(s) - 65536) >> 10) ELSE ascii(s) END $$;
CREATE FUNCTION tds.ascii_of(s text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN s = '' THEN NULL WHEN ascii(s) < 128 THEN ascii(s) ELSE get_byte(coalesce(tds.page_bytes(left(s, 1), 1252), '\x3f'), 0) END $$;
CREATE FUNCTION tds.str(x float8, width int, decimals int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN length(round(x::numeric)::text) > width THEN repeat('*', width)
               ELSE lpad(left(round(x::numeric, least(greatest(decimals, 0), greatest(width - length(trunc(x::numeric)::text) - 1, 0)))::text, width), width) END $$;
CREATE FUNCTION tds.quote_name(s text, mark text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN tds.units(s) > 128 THEN NULL WHEN left(mark, 1) IN ('[', ']') THEN '[' || replace(s, ']', ']]') || ']'
               WHEN left(mark, 1) IN ('''', '"', '`') THEN left(mark, 1) || replace(s, left(mark, 1), left(mark, 1) || left(mark, 1)) || left(mark, 1)
               WHEN left(mark, 1) IN ('(', ')') THEN '(' || replace(s, ')', '))') || ')' WHEN left(mark, 1) IN ('{', '}') THEN '{' || replace(s, '}', '}}') || '}'
               WHEN left(mark, 1) IN ('<', '>') THEN '<' || replace(s, '>', '>>') || '>' END $$;
-- The part of a four-part name, counted from the right.
CREATE FUNCTION tds.parse_name(s text, part int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE names text[] := tds.split_name(s);
BEGIN
  RETURN nullif(names[array_length(names, 1) - part + 1], '');
END $$;
-- a.[b c]."d" into its parts.
CREATE FUNCTION tds.split_name(s text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE names text[] := '{}'; current text := ''; i int := 1; c text; closing text;
BEGIN
  WHILE i <= length(s) LOOP
    c := substr(s, i, 1);
    IF closing IS NOT NULL THEN
      IF c = closing THEN
        IF substr(s, i + 1, 1) = closing THEN current := current || c; i := i + 1; ELSE closing := NULL; END IF;
      ELSE
        current := current || c;
      END IF;
    ELSIF c = '[' THEN closing := ']';
    ELSIF c = '"' THEN closing := '"';
    ELSIF c = '.' THEN names := names || btrim(current); current := '';
    ELSE current := current || c;
    END IF;
    i := i + 1;
  END LOOP;
  RETURN names || CASE WHEN right(s, 1) IN (']', '"') THEN current ELSE btrim(current) END;
END $$;

-- A T-SQL LIKE pattern as an anchored regular expression.
CREATE FUNCTION tds.like_regex(pattern text, escape text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE result text := '^'; i int := 1; c text; close int; body text;
BEGIN
  WHILE i <= length(pattern) LOOP
    c := substr(pattern, i, 1);
    IF escape <> '' AND c = escape AND i < length(pattern) THEN
      i := i + 1;
      result := result || tds.regex_escape(substr(pattern, i, 1));
    ELSIF c = '%' THEN result := result || '.*';
    ELSIF c = '_' THEN result := result || '.';
    ELSIF c = '[' THEN
      close := strpos(substr(pattern, i + 2), ']');
      IF close = 0 THEN RETURN '^(?!)'; END IF;
      body := substr(pattern, i + 1, close);
      i := i + close + 1;
      result := result || '[' || CASE WHEN left(body, 1) = '^' THEN '^' ELSE '' END
                || replace(replace(CASE WHEN left(body, 1) = '^' THEN substr(body, 2) ELSE body END, '\', '\\'), '[', '\[') || ']';
    ELSE result := result || tds.regex_escape(c);
    END IF;
    i := i + 1;
  END LOOP;
  RETURN result || '$';
END $$;
CREATE FUNCTION tds.is_like(s text, pattern text, escape text, sensitive bool) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN sensitive THEN s ~ tds.like_regex(pattern, escape) ELSE s COLLATE tds.letters ~* tds.like_regex(pattern, escape) END $$;
CREATE FUNCTION tds.pattern_index(pattern text, s text, sensitive bool) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE core text := pattern; head bool := left(pattern, 1) = '%'; regex text;
BEGIN
  regex := tds.like_regex(ltrim(pattern, '%'), '');
  IF right(pattern, 1) = '%' THEN regex := left(tds.like_regex(btrim(pattern, '%'), ''), -1); END IF;
  FOR i IN 1 .. CASE WHEN head THEN greatest(length(s), 1) ELSE 1 END LOOP
    IF (sensitive AND substr(s, i) ~ regex) OR (NOT sensitive AND substr(s, i) COLLATE tds.letters ~* regex) THEN RETURN i; END IF;
  END LOOP;
  RETURN 0;
END $$;
CREATE FUNCTION tds.is_numeric(s text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce((btrim(s) ~ '^[+-]?[$£€]?(\d[\d,]*\.?\d*|\.\d+)([eEdD][+-]?\d+)?$')::int, 0) $$;

-- ---- numbers
CREATE FUNCTION tds.round_or_cut(n numeric, places int, cut int) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN cut = 0 THEN round(n, places) ELSE trunc(n, places) END $$;
CREATE FUNCTION tds.seeded(seed int) RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT (('x' || substr(md5(seed::text), 1, 13))::bit(52)::int8)::float8 / 4503599627370496 $$;
CREATE FUNCTION tds.xor_step(state int, n int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(state, 0) # coalesce(n, 0) $$;
CREATE AGGREGATE tds.checksum_aggregate(int) (sfunc = tds.xor_step, stype = int, initcond = '0', parallel = safe, combinefunc = tds.xor_step);

-- ---- dates
CREATE FUNCTION tds.range_low(type_name text) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE type_name WHEN 'datetime' THEN 552877920000000000 WHEN 'smalldatetime' THEN 599266080000000000 ELSE 0 END $$;
CREATE FUNCTION tds.in_range(t int8, type_name text) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN t >= tds.range_low(type_name) AND t < 3155378976000000000 THEN t WHEN t IS NOT NULL THEN tds.overflow_of(type_name, t) END $$;
CREATE FUNCTION tds.add_days(d date, n int8) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT date '0001-01-01' + (CASE WHEN d - date '0001-01-01' + n BETWEEN 0 AND 3652058 THEN d - date '0001-01-01' + n WHEN n IS NOT NULL AND d IS NOT NULL THEN tds.overflow_of('date', n) END)::int4 $$;
CREATE FUNCTION tds.add_months_date(d date, n int8) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF (extract(year FROM d)::int * 12 + extract(month FROM d)::int - 1 + n) NOT BETWEEN 12 AND 119999 THEN PERFORM tds.overflow_of('date', n); END IF;
  RETURN (d + n * interval '1 month')::date;
END $$;
CREATE FUNCTION tds.add_months(t int8, n int8, type_name text) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE d date := tds.ticks_date(t);
BEGIN
  IF (extract(year FROM d)::int * 12 + extract(month FROM d)::int - 1 + n) NOT BETWEEN 12 AND 119999 THEN PERFORM tds.overflow_of(type_name, n); END IF;
  RETURN tds.in_range(tds.date_ticks((d + n * interval '1 month')::date) + t % 864000000000, type_name);
END $$;
CREATE FUNCTION tds.add_months_instant(i tds.instant, n int8) RETURNS tds.instant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT tds.instant_of(tds.add_months(tds.local_ticks(i), n, 'datetimeoffset'), (i).off) $$;
CREATE FUNCTION tds.add_to_instant(i tds.instant, delta int8) RETURNS tds.instant LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT tds.instant_of(tds.in_range(tds.local_ticks(i) + delta, 'datetimeoffset'), (i).off) $$;
CREATE FUNCTION tds.wrap_time(t int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((t % 864000000000) + 864000000000) % 864000000000 $$;

CREATE FUNCTION tds.months_of(t int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT extract(year FROM tds.ticks_date(t))::int8 * 12 + extract(month FROM tds.ticks_date(t))::int8 - 1 $$;
-- Boundaries crossed between two moments. 0001-01-01 is a Monday, weeks start on Sunday.
CREATE FUNCTION tds.date_diff(part text, a int8, b int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE part
     WHEN 'day' THEN b / 864000000000 - a / 864000000000 WHEN 'dayofyear' THEN b / 864000000000 - a / 864000000000 WHEN 'weekday' THEN b / 864000000000 - a / 864000000000
     WHEN 'hour' THEN b / 36000000000 - a / 36000000000 WHEN 'minute' THEN b / 600000000 - a / 600000000 WHEN 'second' THEN b / 10000000 - a / 10000000
     WHEN 'millisecond' THEN b / 10000 - a / 10000 WHEN 'microsecond' THEN b / 10 - a / 10 WHEN 'nanosecond' THEN (b - a) * 100
     WHEN 'month' THEN tds.months_of(b) - tds.months_of(a) WHEN 'year' THEN tds.months_of(b) / 12 - tds.months_of(a) / 12
     WHEN 'quarter' THEN tds.months_of(b) / 3 - tds.months_of(a) / 3
     WHEN 'week' THEN (b / 864000000000 + 1) / 7 - (a / 864000000000 + 1) / 7 WHEN 'iso_week' THEN (b / 864000000000 + 1) / 7 - (a / 864000000000 + 1) / 7 END $$;
CREATE FUNCTION tds.date_part(part text, t int8) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (CASE part
     WHEN 'year' THEN extract(year FROM tds.ticks_date(t)) WHEN 'quarter' THEN extract(quarter FROM tds.ticks_date(t)) WHEN 'month' THEN extract(month FROM tds.ticks_date(t))
     WHEN 'day' THEN extract(day FROM tds.ticks_date(t)) WHEN 'dayofyear' THEN extract(doy FROM tds.ticks_date(t))
     WHEN 'weekday' THEN (t / 864000000000 + 1) % 7 + 1 WHEN 'iso_week' THEN extract(week FROM tds.ticks_date(t))
     WHEN 'week' THEN (extract(doy FROM tds.ticks_date(t)) - 1 + ((t / 864000000000 + 1) - (extract(doy FROM tds.ticks_date(t)) - 1)::int8 + 7000000) % 7)::int8 / 7 + 1
     WHEN 'hour' THEN t % 864000000000 / 36000000000 WHEN 'minute' THEN t % 36000000000 / 600000000 WHEN 'second' THEN t % 600000000 / 10000000
     WHEN 'millisecond' THEN (t % 10000000 + CASE WHEN t % 10 IN (3, 7) THEN 5000 ELSE 0 END) / 10000 WHEN 'microsecond' THEN t % 10000000 / 10 WHEN 'nanosecond' THEN t % 10000000 * 100 END)::int4 $$;
CREATE FUNCTION tds.date_name(part text, n int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE part WHEN 'month' THEN trim(to_char(make_date(2000, n, 1), 'Month')) WHEN 'weekday' THEN (ARRAY['Sunday','Monday','Tuesday','Wednesday','Thursday','Friday','Saturday'])[n]
                    WHEN 'tzoffset' THEN tds.offset_text(n) ELSE n::text END $$;
CREATE FUNCTION tds.date_from_parts(y int, m int, d int) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF y NOT BETWEEN 1 AND 9999 THEN RAISE EXCEPTION 'x'; END IF;
  RETURN make_date(y, m, d);
EXCEPTION WHEN OTHERS THEN
  PERFORM tds.fail(289, 'Cannot construct data type date, some of the arguments have values which are not valid.');
END $$;
CREATE FUNCTION tds.ticks_from_parts(y int, mo int, d int, h int, mi int, s int, fraction int, scale int) RETURNS int8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF h NOT BETWEEN 0 AND 23 OR mi NOT BETWEEN 0 AND 59 OR s NOT BETWEEN 0 AND 59 OR fraction < 0 OR fraction >= 10 ^ greatest(scale, 0) + CASE WHEN scale = 0 THEN 0 ELSE 0 END THEN
    PERFORM tds.fail(289, 'Cannot construct data type datetime2, some of the arguments have values which are not valid.');
  END IF;
  RETURN tds.date_ticks(tds.date_from_parts(y, mo, d)) + h * 36000000000 + mi * 600000000::int8 + s * 10000000::int8 + fraction * (10 ^ (7 - scale))::int8;
END $$;
CREATE FUNCTION tds.end_of_month(d date, months int) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (date_trunc('month', d::timestamp) + (coalesce(months, 0) + 1) * interval '1 month' - interval '1 day')::date $$;
CREATE FUNCTION tds.is_date(s text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(((SELECT m.ticks FROM tds.read_moment(s) AS m WHERE btrim(s) <> '') >= 552877920000000000)::int, 0) $$;
CREATE FUNCTION tds.offset_of(s text) RETURNS int2 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (CASE WHEN s ~ '^[+-]\d\d:\d\d$' THEN (left(s, 1) || '1')::int * (substr(s, 2, 2)::int * 60 + substr(s, 5, 2)::int) WHEN s ~ '^[+-]?\d+$' THEN s::int
               ELSE tds.fail(9812, 'The timezone provided to builtin function todatetimeoffset is invalid.', 16, 1, s) END)::int2 $$;
-- AT TIME ZONE knows Windows' zone names; the stand-in knows UTC and PostgreSQL's names.
CREATE FUNCTION tds.zone_offset(zone text, utc int8) RETURNS int LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN upper(zone) = 'UTC' THEN 0 ELSE (extract(epoch FROM (tds.ticks_timestamp(utc) AT TIME ZONE 'UTC' AT TIME ZONE zone) - tds.ticks_timestamp(utc)) / 60)::int END $$;
CREATE FUNCTION tds.switch_zone(i tds.instant, zone text) RETURNS tds.instant LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN (i).utc IS NOT NULL THEN ROW((i).utc, tds.zone_offset(zone, (i).utc)::int2)::tds.instant END $$;
CREATE FUNCTION tds.attach_zone(local int8, zone text) RETURNS tds.instant LANGUAGE sql STABLE AS
$$ SELECT tds.instant_of(local, tds.zone_offset(zone, local)) $$;

-- ---- identity, rowversion, sequences
CREATE SEQUENCE tds_meta.sequential_ids;
CREATE FUNCTION tds.sequential_id() RETURNS uuid LANGUAGE sql VOLATILE AS
$$ SELECT (lpad(to_hex(nextval('tds_meta.sequential_ids') & 4294967295), 8, '0') || '-5c1a-11ef-9b0c-00155d' || substr(md5(current_database()), 1, 6))::uuid $$;
CREATE FUNCTION tds.next_rowversion() RETURNS bytea LANGUAGE sql VOLATILE AS $$ SELECT int8send(nextval('tds_meta.rowversions')) $$;
CREATE FUNCTION tds.last_rowversion() RETURNS int8 LANGUAGE sql VOLATILE AS
$$ SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM tds_meta.rowversions $$;
-- A statement that may write rowversions first takes a shared lock on the counter's value, until its transaction ends:
-- no value above the lowest of these locks is settled.
CREATE FUNCTION tds.announce_rowversions() RETURNS void LANGUAGE sql VOLATILE AS
$$ SELECT pg_advisory_xact_lock_shared((1::int8 << 62) + tds.last_rowversion()) $$;
CREATE FUNCTION tds.min_active_rowversion() RETURNS bytea LANGUAGE sql VOLATILE AS
$$ SELECT int8send(coalesce(
     (SELECT min(((classid::int8 << 32) | objid::int8) - (1::int8 << 62)) FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND objsubid = 1 AND classid::int8 >= 1073741824),
     tds.last_rowversion()) + 1) $$;
CREATE FUNCTION tds.next_value(sequence text) RETURNS int8 LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN nextval(sequence::regclass);
EXCEPTION WHEN sequence_generator_limit_exceeded THEN
  RETURN tds.fail(11728, format('The sequence object ''%s'' has reached its minimum or maximum value. Restart the sequence object to allow new values to be generated.', replace(split_part(sequence, '.', 2), '"', '')));
END $$;

CREATE FUNCTION tds.hash_bytes(algorithm text, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE upper(algorithm) WHEN 'MD5' THEN decode(md5(b), 'hex') WHEN 'SHA2_256' THEN sha256(b) WHEN 'SHA2_512' THEN sha512(b) WHEN 'SHA1' THEN tds.sha1(b) WHEN 'SHA' THEN tds.sha1(b) END $$;
-- PostgreSQL has no SHA-1 outside pgcrypto; this one is for small values.
CREATE FUNCTION tds.sha1(b bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  h int8[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520]; m int8 := 4294967295;
  data bytea := b || '\x80'::bytea; w int8[]; a int8; x int8; y int8; z int8; e int8; f int8; k int8; t int8; i int; j int;
BEGIN
  data := data || decode(repeat('00', (119 - octet_length(b) % 64) % 64), 'hex') || int8send(octet_length(b)::int8 * 8);
  FOR i IN 0 .. octet_length(data) / 64 - 1 LOOP
    w := '{}';
    FOR j IN 0 .. 15 LOOP
      w := w || ((get_byte(data, i*64 + j*4)::int8 << 24) | (get_byte(data, i*64 + j*4 + 1)::int8 << 16) | (get_byte(data, i*64 + j*4 + 2)::int8 << 8) | get_byte(data, i*64 + j*4 + 3));
    END LOOP;
    FOR j IN 16 .. 79 LOOP
      t := w[j - 2] # w[j - 7] # w[j - 13] # w[j - 15];
      w := w || (((t << 1) | (t >> 31)) & m);
    END LOOP;
    a := h[1]; x := h[2]; y := h[3]; z := h[4]; e := h[5];
    FOR j IN 0 .. 79 LOOP
      IF j < 20 THEN f := (x & y) | ((m # x) & z); k := 1518500249;
      ELSIF j < 40 THEN f := x # y # z; k := 1859775393;
      ELSIF j < 60 THEN f := (x & y) | (x & z) | (y & z); k := 2400959708;
      ELSE f := x # y # z; k := 3395469782; END IF;
      t := ((((a << 5) | (a >> 27)) & m) + f + e + k + w[j + 1]) & m;
      e := z; z := y; y := ((x << 30) | (x >> 2)) & m; x := a; a := t;
    END LOOP;
    h := ARRAY[(h[1] + a) & m, (h[2] + x) & m, (h[3] + y) & m, (h[4] + z) & m, (h[5] + e) & m];
  END LOOP;
  RETURN substring(int8send(h[1]) FROM 5) || substring(int8send(h[2]) FROM 5) || substring(int8send(h[3]) FROM 5) || substring(int8send(h[4]) FROM 5) || substring(int8send(h[5]) FROM 5);
END $$;
