-- EXEC tds_server_pose N'<what>', N'<value>' [, N'<table>' [, N'<column>']]: what the current database is to look like from now on.
--
--   version    11.0.7001.0 (2012), 12.0.6024.0 (2014) ...: SERVERPROPERTY says so, and sys.* loses what came later (error 207, 208);
--              from 17 (2025) on, sys.types has json and vector
--   edition    EngineEdition: 5 Azure SQL Database, 6 and 11 Synapse and Fabric
--   id_shift   DB_ID() is not the number in sys.databases, as on Azure SQL Database
--   reader     1: the login is in db_datareader and has no other right
--   unmask     0 or 1: whether it has UNMASK
-- Of a table: is_memory_optimized, is_external, is_node, is_edge, temporal_type, ledger_type, is_dropped_ledger_table, filter_predicate.
-- Of a column: graph_type, encryption_type, declared_type (a type's name: the one that was encrypted, or is sent as text), declared_length, is_column_set,
-- is_hidden, is_dropped_ledger_column.
CREATE FUNCTION tds_meta.lose_what_came_after(major int) RETURNS void LANGUAGE sql AS $$
  WITH newer (view, col, since) AS (VALUES
    ('tables', 'is_memory_optimized', 12), ('tables', 'durability', 12), ('tables', 'durability_desc', 12), ('tables', 'temporal_type', 13),
    ('tables', 'temporal_type_desc', 13), ('tables', 'history_table_id', 13), ('tables', 'is_remote_data_archive_enabled', 13),
    ('tables', 'is_external', 13), ('tables', 'history_retention_period', 14), ('tables', 'history_retention_period_unit', 14),
    ('tables', 'history_retention_period_unit_desc', 14), ('tables', 'is_node', 14), ('tables', 'is_edge', 14), ('tables', 'ledger_type', 16),
    ('tables', 'ledger_type_desc', 16), ('tables', 'ledger_view_id', 16), ('tables', 'is_dropped_ledger_table', 16),
    ('columns', 'generated_always_type', 13), ('columns', 'generated_always_type_desc', 13), ('columns', 'encryption_type', 13),
    ('columns', 'encryption_type_desc', 13), ('columns', 'encryption_algorithm_name', 13), ('columns', 'column_encryption_key_id', 13),
    ('columns', 'column_encryption_key_database_name', 13), ('columns', 'is_hidden', 13), ('columns', 'is_masked', 13),
    ('columns', 'graph_type', 14), ('columns', 'graph_type_desc', 14), ('columns', 'is_data_deletion_filter_column', 16),
    ('columns', 'ledger_view_column_type', 16), ('columns', 'ledger_view_column_type_desc', 16), ('columns', 'is_dropped_ledger_column', 16),
    ('sequences', 'last_used_value', 14), ('indexes', 'compression_delay', 13), ('indexes', 'suppress_dup_key_messages', 14),
    ('indexes', 'auto_created', 14), ('indexes', 'optimize_for_sequential_key', 15))
  DELETE FROM tds_meta.columns AS c USING tds_meta.objects AS o, newer AS n
   WHERE o.object_id = c.object_id AND o.is_system AND o.name = n.view AND c.name = n.col AND n.since > major;
  DELETE FROM tds_meta.objects WHERE is_system AND name IN ('security_policies', 'security_predicates', 'masked_columns', 'periods') AND major < 13;
$$;

CREATE FUNCTION tds_meta.set_pose(what text, given text, table_name text, column_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  id int := tds.object_id(table_name, 'U'); n int;
BEGIN
  IF table_name IS NULL THEN
    INSERT INTO tds_meta.pose VALUES (what, given) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    IF what = 'version' THEN
      PERFORM tds_meta.lose_what_came_after(split_part(given, '.', 1)::int);
      INSERT INTO tds_meta.types (user_type_id, name, schema_id, base, system_type_id, max_length, prec, scale, nullable, is_user_defined)
      SELECT t.* FROM (VALUES (244, 'json', 4, 21, 244, -1, 0, 0, true, false), (255, 'vector', 4, 24, 165, 8000, 0, 0, true, false)) AS t
       WHERE split_part(given, '.', 1)::int >= 17 ON CONFLICT DO NOTHING;
    END IF;
    RETURN;
  ELSIF what = 'declared_type' THEN
    given := (SELECT user_type_id FROM tds_meta.types WHERE name = given);
  END IF;
  IF column_name IS NULL THEN
    UPDATE tds_meta.objects SET marks = marks || jsonb_build_object(what, given) WHERE object_id = id;
  ELSE
    UPDATE tds_meta.columns SET marks = marks || jsonb_build_object(what, given) WHERE object_id = id AND name = column_name;
  END IF;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n = 0 THEN RAISE EXCEPTION 'tds_server_pose: there is no %.%', table_name, column_name; END IF;
END $$;
