-- What the extension calls as its owner, nobody else has to call. All other private functions are
-- called by public ones, which run as their caller; sql/privileges.sql says why that is harmless.
REVOKE EXECUTE ON FUNCTION _mssql_fdw._write_history, _mssql_fdw._begin_history, _mssql_fdw._finish_history, _mssql_fdw._end_history, _mssql_fdw._align_run_id,
    _mssql_fdw._write_targets, _mssql_fdw._write_positions, _mssql_fdw._create_staging_schema, _mssql_fdw._discard_staging, _mssql_fdw._discard_leftovers, _mssql_fdw._discard_runs,
    _mssql_fdw._forget_chunks, _mssql_fdw._forget_table, _mssql_fdw._lock_alone, _mssql_fdw._discard_orphans, _mssql_fdw._keep_chunk, _mssql_fdw._keep_split, _mssql_fdw._keep_chunk_of_split,
    _mssql_fdw._keep_finished, _mssql_fdw._chunk_range, _mssql_fdw._take_over, _mssql_fdw._clean_up, _mssql_fdw._await_ended_runs, _mssql_fdw._drop_contents,
    _mssql_fdw._drop_empty_staging FROM PUBLIC;
