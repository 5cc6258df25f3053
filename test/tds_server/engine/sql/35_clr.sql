-- hierarchyid, geometry and geography over the bytes that SQL Server keeps: OrdPath for the first, MS-SSCLRT's shape
-- serialization (version 1) for the others. Points, lines, polygons, their multi forms and collections; no curves.
SET check_function_bodies = off;  -- functions call each other in any order

-- ---- hierarchyid: each label is a bit pattern (x: the value less the range's start, T: 1 at the end of a level)
CREATE TABLE tds_meta.ord_patterns (low int8 PRIMARY KEY, high int8 NOT NULL, pattern text NOT NULL, prefix text NOT NULL);
INSERT INTO tds_meta.ord_patterns VALUES
  (-281479271682120, -4294971465, '000100xxxxxxxxxxxxxx0xxxxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxxT', '000100'),
  (-4294971464, -4169, '000101xxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxxT', '000101'), (-4168, -73, '000110xxxxx0xxx0x1xxxT', '000110'),
  (-72, -9, '0010xx0x1xxxT', '0010'), (-8, -1, '00111xxxT', '00111'), (0, 3, '01xxT', '01'), (4, 7, '100xxT', '100'), (8, 15, '101xxxT', '101'),
  (16, 79, '110xx0x1xxxT', '110'), (80, 1103, '1110xxx0xxx0x1xxxT', '1110'), (1104, 5199, '11110xxxxx0xxx0x1xxxT', '11110'),
  (5200, 4294972495, '111110xxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxxT', '111110'),
  (4294972496, 281479271683151, '111111xxxxxxxxxxxxxx0xxxxxxxxxxxxxxxxxxxxx0xxxxxx0xxx0x1xxxT', '111111');

CREATE FUNCTION tds_meta.ord_label(value int8, last bool) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE p record; bits text; result text := ''; c text; n int;
BEGIN
  SELECT * INTO p FROM tds_meta.ord_patterns WHERE value BETWEEN low AND high;
  n := length(p.pattern) - length(replace(p.pattern, 'x', ''));
  bits := right((value - p.low)::bit(64)::text, n);
  FOR i IN 1 .. length(p.pattern) LOOP
    c := substr(p.pattern, i, 1);
    IF c = 'x' THEN result := result || left(bits, 1); bits := substr(bits, 2);
    ELSIF c = 'T' THEN result := result || CASE WHEN last THEN '1' ELSE '0' END;
    ELSE result := result || c;
    END IF;
  END LOOP;
  RETURN result;
END $$;
CREATE FUNCTION tds.hierarchy_parse(txt text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE level text; labels text[]; bits text := ''; result bytea := ''; n int;
BEGIN
  IF txt !~ '^/((-?\d+)(\.-?\d+)*/)*$' THEN
    PERFORM tds.fail(6522, E'A .NET Framework error occurred during execution of user-defined routine or aggregate "hierarchyid": \r\nMicrosoft.SqlServer.Types.HierarchyIdException: 24001: SqlHierarchyId.Parse failed because the input string '''
      || txt || ''' is not a valid string representation of a SqlHierarchyId node.', 16, 2);
  END IF;
  FOREACH level IN ARRAY string_to_array(btrim(txt, '/'), '/') LOOP
    labels := string_to_array(level, '.');
    n := array_length(labels, 1);
    -- Every label of a level but its last is stored one higher.
    FOR i IN 1 .. n LOOP
      bits := bits || tds_meta.ord_label(labels[i]::int8 + CASE WHEN i < n THEN 1 ELSE 0 END, i = n);
    END LOOP;
  END LOOP;
  bits := rpad(bits, (length(bits) + 7) / 8 * 8, '0');
  FOR i IN 0 .. length(bits) / 8 - 1 LOOP
    result := result || set_byte('\x00'::bytea, 0, substr(bits, i * 8 + 1, 8)::bit(8)::int);
  END LOOP;
  RETURN result;
END $$;
CREATE FUNCTION tds.hierarchy_text(b bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE bits text := ''; result text := '/'; p record; value text; n int8; part text; last bool;
BEGIN
  FOR i IN 0 .. octet_length(b) - 1 LOOP bits := bits || get_byte(b, i)::bit(8)::text; END LOOP;
  WHILE bits ~ '1' LOOP
    SELECT * INTO p FROM tds_meta.ord_patterns WHERE left(bits, length(prefix)) = prefix ORDER BY length(prefix) DESC LIMIT 1;
    part := left(bits, length(p.pattern));
    value := '';
    FOR i IN 1 .. length(p.pattern) LOOP
      IF substr(p.pattern, i, 1) = 'x' THEN value := value || substr(part, i, 1); END IF;
    END LOOP;
    n := p.low + lpad(value, 64, '0')::bit(64)::int8;
    last := right(part, 1) = '1';
    result := result || CASE WHEN last THEN n::text || '/' ELSE (n - 1)::text || '.' END;
    bits := substr(bits, length(p.pattern) + 1);
  END LOOP;
  RETURN result;
END $$;
CREATE FUNCTION tds.hierarchy_level(b bytea) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT length(t) - length(replace(t, '/', '')) - 1 FROM (SELECT tds.hierarchy_text(b) AS t) AS x $$;
CREATE FUNCTION tds.hierarchy_ancestor(b bytea, up int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE labels text[] := string_to_array(btrim(tds.hierarchy_text(b), '/'), '/'); n int := coalesce(array_length(labels, 1), 0);
BEGIN
  IF up > n OR up < 0 THEN RETURN NULL; END IF;
  IF up = n THEN RETURN ''::bytea; END IF;
  RETURN tds.hierarchy_parse('/' || array_to_string(labels[1 : n - up], '/') || '/');
END $$;

-- ---- shapes: x is the longitude of a geography here, although its bytes keep the latitude first
-- figures: attribute (0 interior ring, 1 stroke, 2 exterior ring) and first point; shapes: parent, first figure, type.
CREATE TYPE tds.shape AS (srid int, has_z bool, has_m bool, xs float8[], ys float8[], zs float8[], ms float8[],
  figure_attributes int[], figure_points int[], shape_parents int[], shape_figures int[], shape_types int[], at int);  -- at: the token that a reader of text stands on

CREATE FUNCTION tds_meta.reversed(b bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE result bytea := b; n int := octet_length(b);
BEGIN
  FOR i IN 0 .. n - 1 LOOP result := set_byte(result, i, get_byte(b, n - 1 - i)); END LOOP;
  RETURN result;
END $$;
CREATE FUNCTION tds_meta.le8(x float8) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT tds_meta.reversed(float8send(coalesce(x, 'NaN'::float8))) $$;
CREATE FUNCTION tds_meta.le4(n int) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT tds_meta.reversed(int4send(n)) $$;
CREATE FUNCTION tds_meta.read4(b bytea, at int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT get_byte(b, at) | (get_byte(b, at + 1) << 8) | (get_byte(b, at + 2) << 16) | (get_byte(b, at + 3) << 24) $$;
-- A little-endian double; NaN stands for NULL.
CREATE FUNCTION tds_meta.read8(b bytea, at int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE bits int8 := 0; exponent int; fraction int8; value float8;
BEGIN
  FOR i IN REVERSE 7 .. 0 LOOP bits := (bits << 8) | get_byte(b, at + i); END LOOP;
  exponent := ((bits >> 52) & 2047)::int;
  fraction := bits & 4503599627370495;
  IF exponent = 2047 THEN RETURN NULL; END IF;
  IF exponent = 0 THEN
    value := fraction::float8 * 2::float8 ^ (-537) * 2::float8 ^ (-537);
  ELSIF exponent >= 1075 THEN
    value := (fraction + 4503599627370496)::float8 * 2::float8 ^ (exponent - 1075);
  ELSE
    value := (fraction + 4503599627370496)::float8 / 2::float8 ^ least(1075 - exponent, 1000) / 2::float8 ^ greatest(75 - exponent, 0);
  END IF;
  RETURN CASE WHEN bits < 0 THEN -value ELSE value END;
END $$;

CREATE FUNCTION tds_meta.shape_bytes(s tds.shape, geography bool) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  result bytea; n int := coalesce(array_length((s).xs, 1), 0); kind int := (s).shape_types[1]; simple int := 0;
BEGIN
  IF kind = 1 AND n = 1 THEN simple := 8; ELSIF kind = 2 AND n = 2 THEN simple := 16; END IF;
  result := tds_meta.le4((s).srid) || '\x01'::bytea
    || set_byte('\x00'::bytea, 0, 4 | simple | CASE WHEN (s).has_z THEN 1 ELSE 0 END | CASE WHEN (s).has_m THEN 2 ELSE 0 END);
  IF simple = 0 THEN result := result || tds_meta.le4(n); END IF;
  FOR i IN 1 .. n LOOP
    result := result || CASE WHEN geography THEN tds_meta.le8((s).ys[i]) || tds_meta.le8((s).xs[i]) ELSE tds_meta.le8((s).xs[i]) || tds_meta.le8((s).ys[i]) END;
  END LOOP;
  IF (s).has_z THEN FOR i IN 1 .. n LOOP result := result || tds_meta.le8((s).zs[i]); END LOOP; END IF;
  IF (s).has_m THEN FOR i IN 1 .. n LOOP result := result || tds_meta.le8((s).ms[i]); END LOOP; END IF;
  IF simple <> 0 THEN RETURN result; END IF;
  result := result || tds_meta.le4(coalesce(array_length((s).figure_points, 1), 0));
  FOR i IN 1 .. coalesce(array_length((s).figure_points, 1), 0) LOOP
    result := result || set_byte('\x00'::bytea, 0, (s).figure_attributes[i]) || tds_meta.le4((s).figure_points[i]);
  END LOOP;
  result := result || tds_meta.le4(array_length((s).shape_types, 1));
  FOR i IN 1 .. array_length((s).shape_types, 1) LOOP
    result := result || tds_meta.le4((s).shape_parents[i]) || tds_meta.le4((s).shape_figures[i]) || set_byte('\x00'::bytea, 0, (s).shape_types[i]);
  END LOOP;
  RETURN result;
END $$;

CREATE FUNCTION tds_meta.shape_of(b bytea, geography bool) RETURNS tds.shape LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE s tds.shape; flags int := get_byte(b, 5); at int := 6; n int; first float8; second float8;
BEGIN
  s.srid := tds_meta.read4(b, 0);
  s.has_z := flags & 1 <> 0; s.has_m := flags & 2 <> 0;
  s.xs := '{}'; s.ys := '{}'; s.zs := '{}'; s.ms := '{}';
  s.figure_attributes := '{}'; s.figure_points := '{}'; s.shape_parents := '{}'; s.shape_figures := '{}'; s.shape_types := '{}';
  IF flags & 8 <> 0 THEN n := 1; ELSIF flags & 16 <> 0 THEN n := 2; ELSE n := tds_meta.read4(b, at); at := at + 4; END IF;
  FOR i IN 1 .. n LOOP
    first := tds_meta.read8(b, at); second := tds_meta.read8(b, at + 8);
    at := at + 16;
    s.xs := s.xs || CASE WHEN geography THEN second ELSE first END;
    s.ys := s.ys || CASE WHEN geography THEN first ELSE second END;
  END LOOP;
  IF s.has_z THEN FOR i IN 1 .. n LOOP s.zs := s.zs || tds_meta.read8(b, at); at := at + 8; END LOOP; END IF;
  IF s.has_m THEN FOR i IN 1 .. n LOOP s.ms := s.ms || tds_meta.read8(b, at); at := at + 8; END LOOP; END IF;
  IF flags & 24 <> 0 THEN
    s.figure_attributes := '{1}'; s.figure_points := '{0}'; s.shape_parents := '{-1}'; s.shape_figures := '{0}';
    s.shape_types := ARRAY[n];
    RETURN s;
  END IF;
  n := tds_meta.read4(b, at); at := at + 4;
  FOR i IN 1 .. n LOOP
    s.figure_attributes := s.figure_attributes || get_byte(b, at); s.figure_points := s.figure_points || tds_meta.read4(b, at + 1);
    at := at + 5;
  END LOOP;
  n := tds_meta.read4(b, at); at := at + 4;
  FOR i IN 1 .. n LOOP
    s.shape_parents := s.shape_parents || tds_meta.read4(b, at); s.shape_figures := s.shape_figures || tds_meta.read4(b, at + 4); s.shape_types := s.shape_types || get_byte(b, at + 8);
    at := at + 9;
  END LOOP;
  RETURN s;
END $$;

-- ---- well-known text
CREATE FUNCTION tds_meta.wkt_failure(txt text) RETURNS int8 LANGUAGE sql IMMUTABLE AS
$$ SELECT tds.fail(6522, E'A .NET Framework error occurred during execution of user-defined routine or aggregate "geometry": \r\nSystem.FormatException: 24114: The label ' || left(txt, 40) || ' in the input well-known text (WKT) is not valid.') $$;
-- One position: its numbers are appended to the shape, z and m are marked when any position has them.
CREATE FUNCTION tds_meta.wkt_position(tokens text[], s tds.shape) RETURNS tds.shape LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE v float8[] := '{}'; t text;
BEGIN
  LOOP
    t := tokens[s.at];
    EXIT WHEN t IS NULL OR t IN (',', ')');
    v := v || CASE WHEN upper(t) = 'NULL' THEN NULL ELSE t::float8 END;
    s.at := s.at + 1;
  END LOOP;
  IF coalesce(array_length(v, 1), 0) < 2 THEN PERFORM tds_meta.wkt_failure(coalesce(t, '')); END IF;
  s.xs := s.xs || v[1]; s.ys := s.ys || v[2]; s.zs := s.zs || v[3]; s.ms := s.ms || v[4];
  IF v[3] IS NOT NULL THEN s.has_z := true; END IF;
  IF v[4] IS NOT NULL THEN s.has_m := true; END IF;
  RETURN s;
END $$;
-- A parenthesized list of positions as one figure.
CREATE FUNCTION tds_meta.wkt_figure(tokens text[], attribute int, s tds.shape) RETURNS tds.shape LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF tokens[s.at] IS DISTINCT FROM '(' THEN PERFORM tds_meta.wkt_failure(coalesce(tokens[s.at], '')); END IF;
  s.figure_attributes := s.figure_attributes || attribute;
  s.figure_points := s.figure_points || coalesce(array_length(s.xs, 1), 0);
  LOOP
    s.at := s.at + 1;
    s := tds_meta.wkt_position(tokens, s);
    EXIT WHEN tokens[s.at] IS DISTINCT FROM ',';
  END LOOP;
  IF tokens[s.at] IS DISTINCT FROM ')' THEN PERFORM tds_meta.wkt_failure(coalesce(tokens[s.at], '')); END IF;
  s.at := s.at + 1;
  RETURN s;
END $$;
-- What follows a shape's word; `kind` 1 point, 2 line, 3 polygon, 4..6 their multi forms, 7 collection.
CREATE FUNCTION tds_meta.wkt_body(tokens text[], kind int, parent int, s tds.shape) RETURNS tds.shape LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE own int := coalesce(array_length(s.shape_types, 1), 0); attribute int := 2; child int;
BEGIN
  s.shape_parents := s.shape_parents || parent; s.shape_types := s.shape_types || kind;
  IF upper(tokens[s.at]) = 'EMPTY' THEN
    s.shape_figures := s.shape_figures || -1;
    s.at := s.at + 1;
    RETURN s;
  END IF;
  s.shape_figures := s.shape_figures || coalesce(array_length(s.figure_points, 1), 0);
  IF tokens[s.at] IS DISTINCT FROM '(' THEN PERFORM tds_meta.wkt_failure(coalesce(tokens[s.at], '')); END IF;
  IF kind <= 2 THEN
    s := tds_meta.wkt_figure(tokens, 1, s);
    RETURN s;
  END IF;
  LOOP
    s.at := s.at + 1;
    IF kind = 3 THEN
      s := tds_meta.wkt_figure(tokens, attribute, s);
      attribute := 0;
    ELSIF kind = 4 AND tokens[s.at] <> '(' AND upper(tokens[s.at]) <> 'EMPTY' THEN  -- MULTIPOINT (1 2, 3 4)
      s.shape_parents := s.shape_parents || own; s.shape_types := s.shape_types || 1;
      s.shape_figures := s.shape_figures || coalesce(array_length(s.figure_points, 1), 0);
      s.figure_attributes := s.figure_attributes || 1; s.figure_points := s.figure_points || coalesce(array_length(s.xs, 1), 0);
      s := tds_meta.wkt_position(tokens, s);
    ELSIF kind < 7 THEN
      s := tds_meta.wkt_body(tokens, kind - 3, own, s);
    ELSE
      child := tds_meta.wkt_kind(tokens[s.at]);
      s.at := s.at + 1;
      s := tds_meta.wkt_body(tokens, child, own, s);
    END IF;
    EXIT WHEN tokens[s.at] IS DISTINCT FROM ',';
  END LOOP;
  IF tokens[s.at] IS DISTINCT FROM ')' THEN PERFORM tds_meta.wkt_failure(coalesce(tokens[s.at], '')); END IF;
  s.at := s.at + 1;
  RETURN s;
END $$;
CREATE FUNCTION tds_meta.wkt_kind(word text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE kind int := array_position(ARRAY['POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION'], upper(word));
BEGIN
  IF kind IS NULL THEN PERFORM tds_meta.wkt_failure(coalesce(word, '')); END IF;
  RETURN kind;
END $$;
CREATE FUNCTION tds.shape_parse(txt text, srid int, geography bool) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE tokens text[]; s tds.shape;
BEGIN
  SELECT array_agg(m[1]) INTO tokens FROM regexp_matches(txt, '([A-Za-z]+|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[(),])', 'g') AS m;
  s.at := 2; s.srid := srid; s.has_z := false; s.has_m := false;
  s.xs := '{}'; s.ys := '{}'; s.zs := '{}'; s.ms := '{}';
  s.figure_attributes := '{}'; s.figure_points := '{}'; s.shape_parents := '{}'; s.shape_figures := '{}'; s.shape_types := '{}';
  s := tds_meta.wkt_body(tokens, tds_meta.wkt_kind(tokens[1]), -1, s);
  IF s.at <= array_length(tokens, 1) THEN PERFORM tds_meta.wkt_failure(tokens[s.at]); END IF;
  RETURN tds_meta.shape_bytes(s, geography);
END $$;
CREATE FUNCTION tds.shape_point(x float8, y float8, srid int, geography bool) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT tds_meta.le4(srid) || '\x010c'::bytea || CASE WHEN geography THEN tds_meta.le8(y) || tds_meta.le8(x) ELSE tds_meta.le8(x) || tds_meta.le8(y) END $$;

-- Points of figure `f` (0-based): first and one past the last, 1-based.
CREATE FUNCTION tds_meta.figure_span(s tds.shape, f int, OUT first int, OUT last int) LANGUAGE sql IMMUTABLE AS
$$ SELECT (s).figure_points[f + 1] + 1, coalesce((s).figure_points[f + 2], coalesce(array_length((s).xs, 1), 0)) $$;
-- Figures of shape `i` (0-based) end where those of the next shape with figures begin.
CREATE FUNCTION tds_meta.figure_end(s tds.shape, i int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce((SELECT min((s).shape_figures[k]) FROM generate_series(i + 2, array_length((s).shape_types, 1)) AS k WHERE (s).shape_figures[k] >= 0), coalesce(array_length((s).figure_points, 1), 0)) $$;

CREATE FUNCTION tds_meta.number_text(x float8) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN x = 0 THEN '0' WHEN abs(x) >= 1e15 OR abs(x) < 1e-5 THEN upper(regexp_replace(x::text, 'e([+-])0?(\d\d+)$', 'E\1\2')) ELSE x::text END $$;
CREATE FUNCTION tds_meta.position_text(s tds.shape, p int, zm bool) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT tds_meta.number_text((s).xs[p]) || ' ' || tds_meta.number_text((s).ys[p])
     || CASE WHEN zm AND ((s).zs[p] IS NOT NULL OR (s).ms[p] IS NOT NULL) THEN ' ' || coalesce(tds_meta.number_text((s).zs[p]), 'NULL') ELSE '' END
     || CASE WHEN zm AND (s).ms[p] IS NOT NULL THEN ' ' || tds_meta.number_text((s).ms[p]) ELSE '' END $$;
CREATE FUNCTION tds_meta.figure_text(s tds.shape, f int, zm bool) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT '(' || string_agg(tds_meta.position_text(s, p, zm), ', ' ORDER BY p) || ')' FROM tds_meta.figure_span(s, f) AS x, generate_series(x.first, x.last) AS p $$;
CREATE FUNCTION tds_meta.shape_word(kind int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT (ARRAY['POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION'])[kind] $$;
-- The text of shape `i` without its word.
CREATE FUNCTION tds_meta.body_text(s tds.shape, i int, zm bool) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE kind int := (s).shape_types[i + 1]; parts text := ''; k int;
BEGIN
  IF (s).shape_figures[i + 1] < 0 AND NOT ((i) = ANY ((s).shape_parents)) THEN RETURN 'EMPTY'; END IF;
  IF kind <= 2 THEN RETURN tds_meta.figure_text(s, (s).shape_figures[i + 1], zm); END IF;
  IF kind = 3 THEN
    FOR k IN (s).shape_figures[i + 1] .. tds_meta.figure_end(s, i) - 1 LOOP
      parts := parts || CASE WHEN parts <> '' THEN ', ' ELSE '' END || tds_meta.figure_text(s, k, zm);
    END LOOP;
    RETURN '(' || parts || ')';
  END IF;
  FOR k IN i + 1 .. array_length((s).shape_types, 1) - 1 LOOP
    CONTINUE WHEN (s).shape_parents[k + 1] <> i;
    parts := parts || CASE WHEN parts <> '' THEN ', ' ELSE '' END || CASE WHEN kind = 7 THEN tds_meta.shape_word((s).shape_types[k + 1]) || ' ' ELSE '' END || tds_meta.body_text(s, k, zm);
  END LOOP;
  RETURN '(' || parts || ')';
END $$;
CREATE FUNCTION tds.shape_text(b bytea, geography bool, zm bool) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT tds_meta.shape_word((x.s).shape_types[1]) || ' ' || tds_meta.body_text(x.s, 0, zm) FROM (SELECT tds_meta.shape_of(b, geography) AS s) AS x $$;

-- ---- well-known binary, little-endian; Z and M as 1000 and 2000 added to the type
CREATE FUNCTION tds_meta.position_wkb(s tds.shape, p int, zm bool) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT tds_meta.le8((s).xs[p]) || tds_meta.le8((s).ys[p]) || CASE WHEN zm AND (s).has_z THEN tds_meta.le8((s).zs[p]) ELSE '' END || CASE WHEN zm AND (s).has_m THEN tds_meta.le8((s).ms[p]) ELSE '' END $$;
CREATE FUNCTION tds_meta.figure_wkb(s tds.shape, f int, zm bool) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT tds_meta.le4((x.last - x.first + 1)) || string_agg(tds_meta.position_wkb(s, p, zm), ''::bytea ORDER BY p) FROM tds_meta.figure_span(s, f) AS x, generate_series(x.first, x.last) AS p GROUP BY x.first, x.last $$;
CREATE FUNCTION tds_meta.body_wkb(s tds.shape, i int, zm bool) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  kind int := (s).shape_types[i + 1]; parts bytea := ''; n int := 0; k int; empty bool;
  head bytea := '\x01'::bytea || tds_meta.le4(kind + CASE WHEN zm AND (s).has_z THEN 1000 ELSE 0 END + CASE WHEN zm AND (s).has_m THEN 2000 ELSE 0 END);
BEGIN
  empty := (s).shape_figures[i + 1] < 0 AND NOT (i = ANY ((s).shape_parents));
  IF empty THEN
    -- An empty point is a collection of none in OGC's binary form.
    RETURN CASE WHEN kind = 1 THEN '\x0104000000'::bytea ELSE head END || tds_meta.le4(0);
  END IF;
  IF kind = 1 THEN RETURN head || tds_meta.position_wkb(s, (s).figure_points[(s).shape_figures[i + 1] + 1] + 1, zm); END IF;
  IF kind = 2 THEN RETURN head || tds_meta.figure_wkb(s, (s).shape_figures[i + 1], zm); END IF;
  IF kind = 3 THEN
    FOR k IN (s).shape_figures[i + 1] .. tds_meta.figure_end(s, i) - 1 LOOP
      parts := parts || tds_meta.figure_wkb(s, k, zm);
      n := n + 1;
    END LOOP;
    RETURN head || tds_meta.le4(n) || parts;
  END IF;
  FOR k IN i + 1 .. array_length((s).shape_types, 1) - 1 LOOP
    CONTINUE WHEN (s).shape_parents[k + 1] <> i;
    parts := parts || tds_meta.body_wkb(s, k, zm);
    n := n + 1;
  END LOOP;
  RETURN head || tds_meta.le4(n) || parts;
END $$;
CREATE FUNCTION tds.shape_wkb(b bytea, geography bool, zm bool) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT tds_meta.body_wkb(tds_meta.shape_of(b, geography), 0, zm) $$;
-- A little-endian point, line or polygon without Z and M.
CREATE FUNCTION tds.shape_from_wkb(b bytea, srid int, geography bool) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE kind int := tds_meta.read4(b, 1); at int := 5; rings int := 1; n int; rings_text text[] := '{}'; points text[];
BEGIN
  IF get_byte(b, 0) <> 1 OR kind NOT BETWEEN 1 AND 3 THEN
    PERFORM tds.fail(40517, 'The test server reads little-endian points, lines and polygons only.');
  END IF;
  IF kind = 1 THEN RETURN tds.shape_point(tds_meta.read8(b, 5), tds_meta.read8(b, 13), srid, geography); END IF;
  IF kind = 3 THEN rings := tds_meta.read4(b, at); at := at + 4; END IF;
  FOR r IN 1 .. rings LOOP
    n := tds_meta.read4(b, at); at := at + 4; points := '{}';
    FOR i IN 1 .. n LOOP
      points := points || (tds_meta.read8(b, at)::text || ' ' || tds_meta.read8(b, at + 8)::text);
      at := at + 16;
    END LOOP;
    rings_text := rings_text || ('(' || array_to_string(points, ', ') || ')');
  END LOOP;
  RETURN tds.shape_parse(CASE WHEN kind = 2 THEN 'LINESTRING ' || rings_text[1] ELSE 'POLYGON (' || array_to_string(rings_text, ', ') || ')' END, srid, geography);
END $$;

-- ---- properties
CREATE FUNCTION tds.shape_srid(b bytea) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT tds_meta.read4(b, 0) $$;
CREATE FUNCTION tds.shape_has(b bytea, what text) RETURNS int2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (get_byte(b, 5) & CASE what WHEN 'z' THEN 1 ELSE 2 END <> 0)::int::int2 $$;
CREATE FUNCTION tds.shape_ordinate(b bytea, which int, geography bool) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN (x.s).shape_types[1] = 1 THEN CASE which WHEN 1 THEN (x.s).xs[1] WHEN 2 THEN (x.s).ys[1] WHEN 3 THEN (x.s).zs[1] ELSE (x.s).ms[1] END END FROM (SELECT tds_meta.shape_of(b, geography) AS s) AS x $$;
CREATE FUNCTION tds.shape_kind(b bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (ARRAY['Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', 'MultiPolygon', 'GeometryCollection'])[(tds_meta.shape_of(b, false)).shape_types[1]] $$;
CREATE FUNCTION tds.shape_is_empty(b bytea) RETURNS int2 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (coalesce(array_length((tds_meta.shape_of(b, false)).xs, 1), 0) = 0)::int::int2 $$;
CREATE FUNCTION tds.shape_points(b bytea) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT coalesce(array_length((tds_meta.shape_of(b, false)).xs, 1), 0) $$;
