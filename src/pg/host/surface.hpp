// The C symbols that SQL calls, in one list: a new SQL function is one line here, a definition with
// one fence() in the file it belongs to, and a CREATE FUNCTION under src/sql. module.cpp makes the
// PG_FUNCTION_INFO_V1 records from the same list.
#pragma once

#include "postgres.hpp"

// PGDLLEXPORT says nothing on Unix before PostgreSQL 16, and the library is built with
// -fvisibility=hidden.
#define MSSQL_FDW_EXPORT __attribute__((visibility("default")))

// clang-format off
#define MSSQL_FDW_FUNCTIONS(FUNCTION)    \
  FUNCTION(mssql_fdw_handler)            \
  FUNCTION(mssql_fdw_validator)          \
  FUNCTION(mssql_fdw_query)              \
  FUNCTION(mssql_fdw_exec)               \
  FUNCTION(mssql_fdw_connections)        \
  FUNCTION(mssql_fdw_disconnect)         \
  FUNCTION(mssql_fdw_disconnect_all)     \
  FUNCTION(mssql_fdw_version)            \
  /* copy/catalog.cpp */                 \
  FUNCTION(mssql_fdw_read_catalog)       \
  FUNCTION(mssql_fdw_source_count)       \
  FUNCTION(mssql_fdw_session_isolation)  \
  FUNCTION(mssql_fdw_limit_lock_waits)   \
  /* copy/changes.cpp */                 \
  FUNCTION(mssql_fdw_ask_of_changes)     \
  /* copy/key_range.cpp */               \
  FUNCTION(mssql_fdw_range_bounds)       \
  /* calls/tsql.cpp */                   \
  FUNCTION(mssql_fdw_can_bound)          \
  FUNCTION(mssql_fdw_local_type)         \
  FUNCTION(mssql_fdw_lossy_note)         \
  FUNCTION(mssql_fdw_declare)            \
  FUNCTION(mssql_fdw_quote_name)         \
  FUNCTION(mssql_fdw_local_name)         \
  FUNCTION(mssql_fdw_local_column_name)  \
  FUNCTION(mssql_fdw_distinct_name)      \
  FUNCTION(mssql_fdw_nearest)            \
  FUNCTION(mssql_fdw_parse_table_name)   \
  FUNCTION(mssql_fdw_translate_default)  \
  FUNCTION(mssql_fdw_translate_check)    \
  FUNCTION(mssql_fdw_load_order)         \
  /* copy/hold.cpp */                    \
  FUNCTION(mssql_fdw_hold)               \
  FUNCTION(mssql_fdw_count_rows)         \
  FUNCTION(mssql_fdw_scan_rows)          \
  /* copy/table_hash.cpp */              \
  FUNCTION(mssql_fdw_row_hash)           \
  FUNCTION(mssql_fdw_sum_of_hashes)      \
  /* copy/workers.cpp */                 \
  FUNCTION(mssql_fdw_run_of_workers)     \
  FUNCTION(mssql_fdw_workers)            \
  FUNCTION(mssql_fdw_is_worked_on)       \
  FUNCTION(mssql_fdw_make_staging_schema) \
  FUNCTION(mssql_fdw_drop_staging_schemas) \
  /* copy/chunks.cpp */                 \
  FUNCTION(mssql_fdw_drop_contents)      \
  /* copy/trust.cpp */                   \
  FUNCTION(mssql_fdw_is_trusted)         \
  FUNCTION(mssql_fdw_calls_code)         \
  FUNCTION(mssql_fdw_is_self_contained)  \
  FUNCTION(mssql_fdw_untrusted_function) \
  FUNCTION(mssql_fdw_hides_calls)        \
  /* calls/model.cpp */                  \
  FUNCTION(mssql_fdw_make_model)         \
  FUNCTION(mssql_fdw_forget_model)       \
  FUNCTION(mssql_fdw_complete_model)     \
  FUNCTION(mssql_fdw_keep_rows)          \
  FUNCTION(mssql_fdw_model_rows)         \
  FUNCTION(mssql_fdw_estimate_rows)      \
  /* calls/steps.cpp */                  \
  FUNCTION(mssql_fdw_execute)            \
  /* calls/copy.cpp */                   \
  FUNCTION(mssql_fdw_load)               \
  FUNCTION(mssql_fdw_raise)              \
  FUNCTION(mssql_fdw_say)                \
  FUNCTION(mssql_fdw_client_can_read)    \
  FUNCTION(mssql_fdw_check_unused)       \
  FUNCTION(mssql_fdw_hold_settings)      \
  FUNCTION(mssql_fdw_lock_targets)       \
  FUNCTION(mssql_fdw_lock_sequences)     \
  FUNCTION(mssql_fdw_lock_alone)         \
  FUNCTION(mssql_fdw_hide_rows)          \
  FUNCTION(mssql_fdw_stage)              \
  FUNCTION(mssql_fdw_staged)             \
  FUNCTION(mssql_fdw_indexes)            \
  FUNCTION(mssql_fdw_stage_index)        \
  FUNCTION(mssql_fdw_leave_index_out)    \
  FUNCTION(mssql_fdw_switch)             \
  FUNCTION(mssql_fdw_lock_writers)       \
  FUNCTION(mssql_fdw_replicate)          \
  FUNCTION(mssql_fdw_note_positions)     \
  FUNCTION(mssql_fdw_lock_server)        \
  FUNCTION(mssql_fdw_start_workers)      \
  FUNCTION(mssql_fdw_may_choose_workers) \
  FUNCTION(mssql_fdw_processors)         \
  FUNCTION(mssql_fdw_has_died)           \
  FUNCTION(mssql_fdw_drop_leftovers)     \
  FUNCTION(mssql_fdw_discard)            \
  FUNCTION(mssql_fdw_cancel)             \
  FUNCTION(mssql_fdw_claim)
// clang-format on

extern "C" {
#define MSSQL_FDW_DECLARE(name) MSSQL_FDW_EXPORT Datum name(PG_FUNCTION_ARGS);
MSSQL_FDW_FUNCTIONS(MSSQL_FDW_DECLARE)
#undef MSSQL_FDW_DECLARE
}
