// The C functions behind the SQL of src/sql: what a run does.

#include "core/tsql/quote.hpp"
#include "core/tsql/select.hpp"
#include "core/tsql/statement.hpp"
#include "pg/copy/constraint_check.hpp"
#include "pg/copy/key_range.hpp"
#include "pg/copy/loader.hpp"
#include "pg/copy/row_hash.hpp"
#include "pg/copy/run.hpp"
#include "pg/copy/run_now.hpp"
#include "pg/copy/staging.hpp"
#include "pg/copy/table_locks.hpp"
#include "pg/host/arrays.hpp"
#include "pg/host/settings.hpp"
#include "pg/remote/options.hpp"
#include "result_rows.hpp"

namespace mssql::pg {

namespace {

struct LoadContext {
  const char* source;
  const char* target;
  const char* chunk;  // ", chunk 2 of 8", where that is what is loaded
  std::uint64_t rows;
};

void load_error_context(void* argument) {
  const auto* context = static_cast<const LoadContext*>(argument);
  if (*context->target == '\0') return;  // the arguments are not read yet
  errcontext("load of %s into %s%s, after %llu rows", context->source, context->target, context->chunk,
             static_cast<unsigned long long>(context->rows));
  if (raised_server_number != 0) return;  // what the source says of its own values or disks
  const int code = geterrcode();
  if (code == ERRCODE_DISK_FULL) {
    errhint("Check free disk space. replicate.leftovers has what runs have left; replicate_discard() drops it.");
  }
  if (code == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE || code == ERRCODE_STRING_DATA_RIGHT_TRUNCATION ||
      code == ERRCODE_INVALID_TEXT_REPRESENTATION) {
    errhint(
        "Where a column of %s was altered, alter it here, too: replicate_plan() notes such columns, and their types, "
        "at the step \"stage\".",
        context->source);
  }
}

source::CharacterPolicy character_policy(const char* text) {
  if (std::strcmp(text, "error") == 0) return source::CharacterPolicy::error;
  if (std::strcmp(text, "replace") == 0) return source::CharacterPolicy::replace;
  if (std::strcmp(text, "strip") == 0) return source::CharacterPolicy::strip;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid nul_policy: \"%s\"", text),
                  errhint("Valid values are error, replace and strip.")));
  pg_unreachable();
}

const char* in_server(const char* utf8) { return pg_any_to_server(utf8, static_cast<int>(std::strlen(utf8)), PG_UTF8); }

// The columns of a remote table: their names, and the types that sys.types calls so.
struct RemoteTable {
  const char* schema;  // these four in UTF-8
  const char* name;
  const char** columns;
  const char** types;
  int ncolumns;
  bool memory_optimized;
};

RemoteTable remote_table(FunctionCallInfo fcinfo) {
  const TextList names = text_list(PG_GETARG_ARRAYTYPE_P(3), "columns");
  const TextList types = text_list(PG_GETARG_ARRAYTYPE_P(4), "types");
  if (names.count != types.count)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("columns and types differ in number")));
  return {utf8_argument(fcinfo, 1), utf8_argument(fcinfo, 2), names.items, types.items, names.count,
          PG_GETARG_BOOL(11)};
}

// Core only.
const char* rows_query(const RemoteTable& table, tsql::TextForm form, const KeyRange* range) {
  std::vector<std::string> items;
  std::vector<std::string> conditions;
  const char* condition = range == nullptr ? nullptr : condition_of(*range);
  if (condition != nullptr) conditions.emplace_back(condition);
  for (int i = 0; i < table.ncolumns; ++i) {
    const std::string column = tsql::quote_name(table.columns[i]);
    const std::optional<Type> type = type_from_name(table.types[i]);
    items.push_back(type ? tsql::select_expression({*type, 0, 0, 0}, column, form) : column);
  }
  const std::string from = tsql::table_reference(table.schema, table.name, table.memory_optimized);
  return copy_out(tsql::select({items, from, conditions, {}}));
}

// What the bytes do not say: which CLR type they are of, and that they are text.
const RemoteColumn* described_columns(const RemoteTable& table, tsql::TextForm form) {
  auto* columns =
      static_cast<RemoteColumn*>(palloc0(sizeof(RemoteColumn) * static_cast<std::size_t>(table.ncolumns + 1)));
  for (int i = 0; i < table.ncolumns; ++i) {
    const std::optional<Type> type = type_from_name(table.types[i]);
    columns[i].known = type == Type::geometry || type == Type::geography;
    if (columns[i].known) columns[i].type = {*type, 0, 0, 0};
    columns[i].raw_text = type && tsql::is_raw(*type, form);
  }
  return columns;
}

// _load(server, source_schema, source_table, source_columns, types, target, columns, source,
// nul_policy, estimated_rows, estimated_bytes, memory_optimized, row_hash) RETURNS (rows, bytes,
// hash); STRICT. Before 0.2.0 without row_hash and hash.
Datum load_call(FunctionCallInfo fcinfo, LoadContext* context) {
  begin_step();
  raised_server_number = 0;
  PreventCommandIfReadOnly("a load");
  PreventCommandIfParallelMode("a load");
  LoadRequest request;
  const ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  request.server = server->serverid;
  request.target = PG_GETARG_OID(5);
  const Elements columns = elements_of(PG_GETARG_ARRAYTYPE_P(6), NAMEOID, NAMEDATALEN, false, "columns");
  request.columns = columns.values;
  request.ncolumns = columns.count;
  request.source = text_to_cstring(PG_GETARG_TEXT_PP(7));
  request.policy = character_policy(text_to_cstring(PG_GETARG_TEXT_PP(8)));
  const KeyRange* range = loaded_range();
  const int chunks = range == nullptr ? 1 : range->chunks;
  request.estimated_rows = PG_GETARG_INT64(9) / chunks;
  request.estimated_bytes = PG_GETARG_INT64(10) / chunks;
  request.hashed = PG_NARGS() > 12 && PG_GETARG_BOOL(12);
  const RemoteTable table = remote_table(fcinfo);
  if (columns.count != table.ncolumns) {
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("columns of source and target differ in number")));
  }
  const tsql::TextForm form = text_form(option_list(server->options), request.policy);
  request.types = described_columns(table, form);
  request.sql = in_server(rows_query(table, form, range));
  // Others read the history of errors: values of keys are nothing for them.
  if (range != nullptr) {
    context->chunk = psprintf(", chunk %d of %d", range->chunk, range->chunks);
    request.shown = psprintf("%s WHERE ... /* chunk %d of %d */", in_server(rows_query(table, form, nullptr)),
                             range->chunk, range->chunks);
  }

  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "return type must be a row type");
  context->source = request.source;
  const char* relation = get_rel_name(request.target);
  if (relation == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", request.target)));
  }
  context->target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(request.target)), relation);

  const LoadResult result = load(request, &context->rows);
  end_step();
  Datum values[] = {Int64GetDatum(result.rows), Int64GetDatum(result.bytes), request.hashed ? uuid_of(result.hash) : 0};
  bool isnull[] = {false, false, !request.hashed};
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, isnull));
}

const char* text_argument(FunctionCallInfo fcinfo, int i) {
  return PG_ARGISNULL(i) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

// _raise(sqlstate, message, detail, hint)
[[noreturn]] void raise_call(FunctionCallInfo fcinfo) {
  const char* code = text_argument(fcinfo, 0);
  const char* message = text_argument(fcinfo, 1);
  const char* detail = text_argument(fcinfo, 2);
  const char* hint = text_argument(fcinfo, 3);
  if (code == nullptr || std::strlen(code) != 5 || message == nullptr)
    elog(ERROR, "_raise() needs a SQLSTATE and a message");
  ereport(ERROR, (errcode(MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4])),
                  errmsg_internal("%s", for_client(message)),
                  detail != nullptr ? errdetail_internal("%s", for_client(detail)) : 0,
                  hint != nullptr ? errhint("%s", for_client(hint)) : 0));
  pg_unreachable();
}

// _say(warning, message, detail, hint)
void say_call(FunctionCallInfo fcinfo) {
  const char* message = text_argument(fcinfo, 1);
  if (PG_ARGISNULL(0) || message == nullptr) elog(ERROR, "_say() needs a message");
  say(PG_GETARG_BOOL(0), message, text_argument(fcinfo, 2), text_argument(fcinfo, 3));
}

// Whoever may empty the table may keep others from altering it, as by LOCK TABLE.
bool may_lock(Oid table) {
  const char kind = get_rel_relkind(table);
  if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) return false;
  return owns(table) || pg_class_aclcheck(table, GetUserId(), ACL_TRUNCATE) == ACLCHECK_OK;
}

// _lock_targets(relations oid[]) RETURNS boolean; STRICT.
Datum lock_targets(FunctionCallInfo fcinfo) {
  if (!in_run()) PG_RETURN_BOOL(false);
  const Oids relations = oids_of(PG_GETARG_ARRAYTYPE_P(0), "relations");
  int count = 0;
  for (int i = 0; i < relations.count; ++i) {
    if (may_lock(relations.ids[i])) relations.ids[count++] = relations.ids[i];
  }
  show_progress({"lock", nullptr, nullptr, 0, 0});
  const bool is_new = lock_in_order(relations.ids, count, ShareUpdateExclusiveLock);
  show_progress({"catalog", nullptr, nullptr, 0, 0});
  PG_RETURN_BOOL(is_new);
}

LOCKMODE lock_mode(const char* text) {
  if (std::strcmp(text, "row exclusive") == 0) return RowExclusiveLock;
  if (std::strcmp(text, "share row exclusive") == 0) return ShareRowExclusiveLock;
  if (std::strcmp(text, "access exclusive") == 0) return AccessExclusiveLock;
  elog(ERROR, "lock mode %s", text);
}

// _lock_sequences(sequences regclass[]) RETURNS void; STRICT.
Datum lock_sequences(FunctionCallInfo fcinfo) {
  const Oids sequences = oids_of(PG_GETARG_ARRAYTYPE_P(0), "sequences");
  int count = 0;
  for (int i = 0; i < sequences.count; ++i) {
    if (owns_sequence(sequences.ids[i])) sequences.ids[count++] = sequences.ids[i];
  }
  sort_for_locks(sequences.ids, count);
  lock_together(sequences.ids, count, ShareRowExclusiveLock);
  PG_RETURN_VOID();
}

Oids with_partitions(Datum relations, const char* schema) {
  Oid types[] = {OIDARRAYOID};
  MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  run_now(psprintf("SELECT ARRAY(SELECT m.relation FROM %s._with_partitions($1) AS m)", schema), 1, types, &relations,
          1);
  const Datum all = kept_value(context, 1);
  SPI_finish();
  return oids_of(DatumGetArrayTypeP(all), "relations");
}

void check_may_lock(const Oids& relations) {
  for (int i = 0; i < relations.count; ++i) {
    if (!may_lock(relations.ids[i])) aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relations.ids[i]));
  }
}

// _lock_writers(relations regclass[], written regclass[], sequences regclass[], staying regclass[])
// RETURNS void; STRICT.
Datum lock_writers_call(FunctionCallInfo fcinfo) {
  begin_step();
  PreventCommandIfReadOnly("a refresh");
  check_may_lock(oids_of(PG_GETARG_ARRAYTYPE_P(0), "relations"));
  check_may_lock(oids_of(PG_GETARG_ARRAYTYPE_P(3), "relations"));
  const char* schema = own_schema(fcinfo);
  const Oids all = with_partitions(PG_GETARG_DATUM(0), schema);
  const Datum nothing = PointerGetDatum(construct_empty_array(OIDOID));
  lock_writers({all.ids, all.count, nothing, nothing, PG_GETARG_DATUM(2), schema, false,
                with_partitions(PG_GETARG_DATUM(1), schema), with_partitions(PG_GETARG_DATUM(3), schema)});
  end_step();
  PG_RETURN_VOID();
}

// _switch(relations regclass[], untrusted text[], refilled regclass[], sequences regclass[],
// analyzed boolean) RETURNS TABLE (relation regclass, subject regclass, message text, detail text);
// STRICT.
Datum switch_call(FunctionCallInfo fcinfo) {
  begin_step();
  PreventCommandIfReadOnly("a refresh");
  ReturnSetInfo* result = materialized_result(fcinfo);
  TupleDesc descriptor = result_descriptor(fcinfo);
  const Oids relations = oids_of(PG_GETARG_ARRAYTYPE_P(0), "relations");
  List* violations = switch_tables({relations.ids,
                                    relations.count,
                                    PG_GETARG_DATUM(1),
                                    PG_GETARG_DATUM(2),
                                    PG_GETARG_DATUM(3),
                                    own_schema(fcinfo),
                                    PG_GETARG_BOOL(4),
                                    {nullptr, 0},
                                    {nullptr, 0}});
  end_step();
  Tuplestorestate* rows = begin_result(result, descriptor);
  ListCell* cell = nullptr;
  foreach (cell, violations) {
    const auto* violation = static_cast<const Violation*>(lfirst(cell));
    Datum values[4] = {ObjectIdGetDatum(violation->table), ObjectIdGetDatum(violation->subject),
                       CStringGetTextDatum(violation->message), 0};
    bool isnull[4] = {false, false, false, violation->detail == nullptr};
    if (!isnull[3]) values[3] = CStringGetTextDatum(violation->detail);
    tuplestore_putvalues(rows, result->setDesc, values, isnull);
  }
  return static_cast<Datum>(0);
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

Datum mssql_fdw_load(PG_FUNCTION_ARGS) {
  LoadContext context{"", "", "", 0};
  return fence_private(
      [&] { return fence_with_context(load_error_context, &context, [&] { return load_call(fcinfo, &context); }); });
}

Datum mssql_fdw_raise(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { raise_call(fcinfo); });
}

Datum mssql_fdw_say(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    say_call(fcinfo);
    PG_RETURN_VOID();
  });
}

Datum mssql_fdw_stage(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    stage(PG_GETARG_OID(0));
    end_step();
    PG_RETURN_VOID();
  });
}

// _hide_rows(relation regclass, target regclass) RETURNS void; STRICT.
Datum mssql_fdw_hide_rows(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    hide_rows(PG_GETARG_OID(0), PG_GETARG_OID(1));
    end_step();
    PG_RETURN_VOID();
  });
}

Datum mssql_fdw_lock_writers(PG_FUNCTION_ARGS) {
  return fence_private([&] { return lock_writers_call(fcinfo); });
}

// _staged(relation oid) RETURNS oid; STRICT.
Datum mssql_fdw_staged(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    const Oid found = staging_of(PG_GETARG_OID(0));
    if (!OidIsValid(found)) PG_RETURN_NULL();
    PG_RETURN_OID(found);
  });
}

// _client_can_read(text) RETURNS boolean
Datum mssql_fdw_client_can_read(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum { PG_RETURN_BOOL(client_can_read(text_argument(fcinfo, 0))); });
}

// _check_unused(relation regclass) RETURNS void
Datum mssql_fdw_check_unused(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    Relation table = table_open(PG_GETARG_OID(0), AccessShareLock);
    check_unused(table);
    table_close(table, AccessShareLock);
    PG_RETURN_VOID();
  });
}

Datum mssql_fdw_stage_index(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    stage_index(PG_GETARG_OID(0), PG_GETARG_OID(1));
    end_step();
    PG_RETURN_VOID();
  });
}

// _indexes(relation regclass) RETURNS oid[]
Datum mssql_fdw_indexes(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    List* indexes = indexes_to_stage(PG_GETARG_OID(0));
    end_step();
    auto* ids = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<std::size_t>(list_length(indexes) + 1)));
    ListCell* cell = nullptr;
    foreach (cell, indexes) ids[foreach_current_index(cell)] = lfirst_oid(cell);
    return oid_array(ids, list_length(indexes));
  });
}

// _leave_index_out(relation regclass, index regclass) RETURNS boolean
Datum mssql_fdw_leave_index_out(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    begin_step();
    const bool left_out = leave_index_out(PG_GETARG_OID(0), PG_GETARG_OID(1));
    end_step();
    PG_RETURN_BOOL(left_out);
  });
}

Datum mssql_fdw_lock_targets(PG_FUNCTION_ARGS) {
  return fence_private([&] { return lock_targets(fcinfo); });
}

// _lock_alone(relation oid, mode text) RETURNS void; STRICT. Its caller is the extension's owner.
Datum mssql_fdw_lock_alone(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    LockRelationOid(PG_GETARG_OID(0), lock_mode(text_to_cstring(PG_GETARG_TEXT_PP(1))));
    PG_RETURN_VOID();
  });
}

Datum mssql_fdw_lock_sequences(PG_FUNCTION_ARGS) {
  return fence_private([&] { return lock_sequences(fcinfo); });
}

Datum mssql_fdw_switch(PG_FUNCTION_ARGS) {
  return fence_private([&] { return switch_call(fcinfo); });
}
}
