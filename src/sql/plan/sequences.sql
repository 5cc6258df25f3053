-- Replicate: identity columns and sequences go on where the source's would, and never give a number
-- that is already there.

-- Keeps others from drawing numbers of these, those of the user's, until the transaction ends: all
-- of them together, so that nobody who has drawn one is waited for with some of them locked.
CREATE OR REPLACE FUNCTION _mssql_fdw._lock_sequences(sequences regclass[]) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_sequences' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._lock_sequences IS 'keeps others from drawing numbers, of all of these together';

-- Sets `sequence` so that the next value is `next`; status says when it cannot be. Transactional:
-- setval() alone would survive a rollback, but RESTART gives the sequence a new file first, which
-- does not.
CREATE OR REPLACE FUNCTION _mssql_fdw._set_sequence(sequence regclass, next numeric, step numeric, used boolean,
    OUT last_value bigint, OUT status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s pg_sequence;
BEGIN
    SELECT * INTO STRICT s FROM pg_sequence AS x WHERE x.seqrelid = sequence;
    EXECUTE format('ALTER SEQUENCE %s RESTART', sequence);
    IF next BETWEEN s.seqmin AND s.seqmax THEN
        -- as used up to the value before, where that is one: last_value then reads as people expect
        IF used AND next - step BETWEEN s.seqmin AND s.seqmax AND step = s.seqincrement THEN
            last_value := setval(sequence, (next - step)::bigint, true);
        ELSE
            PERFORM setval(sequence, next::bigint, false);
        END IF;
        status := CASE WHEN used THEN 'ok' ELSE 'ok, not used yet' END;
    ELSIF (step > 0) = (next > s.seqmax) THEN
        last_value := setval(sequence, CASE WHEN step > 0 THEN s.seqmax ELSE s.seqmin END, true);
        status := CASE WHEN s.seqcycle THEN 'ok' ELSE 'exhausted' END;
    ELSE
        PERFORM setval(sequence, CASE WHEN step > 0 THEN s.seqmin ELSE s.seqmax END, false);
        status := format('starts at %s: %s is out of its range', CASE WHEN step > 0 THEN s.seqmin ELSE s.seqmax END, next);
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._set_sequence IS
    'sets a sequence so that a value comes next; status says when it cannot be';

-- For a sequence of its own; last NULL: never used.
CREATE OR REPLACE FUNCTION _mssql_fdw._align_sequence(target regclass, start numeric, step numeric, last numeric,
    OUT sequence text, OUT last_value bigint, OUT status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    sequence := target::text;
    SELECT a.last_value, a.status INTO last_value, status
    FROM _mssql_fdw._set_sequence(target, coalesce(last + step, start), step, last IS NOT NULL) AS a;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._align_sequence IS 'lets a sequence of its own go on where the source''s is';

-- For an identity column: beyond the source's last value, and beyond every number in the table
-- (IDENTITY_INSERT, RESEED), or in its staging relation. An empty table whose last value is its
-- seed starts with the seed: some servers say so of a column that was never used.
CREATE OR REPLACE FUNCTION _mssql_fdw._align_identity(target regclass, column_name name, start numeric, step numeric, last numeric,
    OUT sequence text, OUT last_value bigint, OUT status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    edge numeric;
    next numeric;
    used boolean;
BEGIN
    sequence := pg_get_serial_sequence(target::text, column_name);
    IF sequence IS NULL THEN
        status := 'no sequence: the column is not numbered here';
        RETURN;
    END IF;
    EXECUTE format('SELECT %s(x.%I)::numeric FROM %s AS x', CASE WHEN step > 0 THEN 'max' ELSE 'min' END, column_name,
                   coalesce(_mssql_fdw._staged(target)::regclass, target)) INTO edge;
    used := edge IS NOT NULL OR last <> start;
    next := CASE WHEN last IS NOT NULL AND used THEN last + step ELSE start END;
    IF edge IS NOT NULL THEN
        next := CASE WHEN step > 0 THEN greatest(next, edge + step) ELSE least(next, edge + step) END;
    END IF;
    SELECT a.last_value, a.status INTO last_value, status
    FROM _mssql_fdw._set_sequence(sequence::regclass, next, step, coalesce(used, false)) AS a;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._align_identity IS
    'lets an identity column go on beyond the source''s last value and all its rows';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_identities(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN t.action IN ('create', 'replace') THEN 80 ELSE 94 END, t.position, c.ordinal, t.id, 'sequence value', t.source, t.target,
           format('SELECT * FROM _mssql_fdw._align_identity(%L, %L, %s, %s, %s)', t.target, c.target, c.seed, c.increment,
                  coalesce(c.last_value::text, 'NULL')), NULL::text
    FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id
    WHERE c.generator IS NOT NULL
      AND (t.action IN ('create', 'replace', 'switch', 'refill') AND model ->> 'what' = 'all'
           OR t.action = 'keep' AND model ->> 'what' = 'sequences')
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_identities IS 'steps: sets identity columns to go on where the source is';
