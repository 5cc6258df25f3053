// The C functions behind the SQL of src/install/functions/1*.sql: the bulk load, and what SQL has no word for in names.

#include "../core/tsql/quote.hpp"
#include "loader.hpp"
#include "options.hpp"
#include "surface.hpp"

namespace mssql::pg {

namespace {

struct LoadContext {
  const char* source;
  const char* target;
  std::uint64_t rows;
};

void load_error_context(void* argument) {
  const auto* context = static_cast<const LoadContext*>(argument);
  errcontext("load of %s into %s, after %llu rows", context->source, context->target, static_cast<unsigned long long>(context->rows));
}

tds::CharacterPolicy character_policy(const char* text) {
  if (std::strcmp(text, "error") == 0) return tds::CharacterPolicy::error;
  if (std::strcmp(text, "replace") == 0) return tds::CharacterPolicy::replace;
  if (std::strcmp(text, "strip") == 0) return tds::CharacterPolicy::strip;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid nul_policy: \"%s\"", text),
                  errhint("Valid values are error, replace and strip.")));
  pg_unreachable();
}

// The declared types of the columns, NULL where the wire tells enough.
const RemoteColumn* remote_columns(ArrayType* array, int ncolumns) {
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
  if (count == 0) return nullptr;
  if (count != ncolumns) ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("columns and types differ in number")));
  auto* columns = static_cast<RemoteColumn*>(palloc0(sizeof(RemoteColumn) * static_cast<std::size_t>(count)));
  for (int i = 0; i < count; ++i) {
    columns[i].known = !nulls[i];
    if (!nulls[i]) columns[i].type = parse_declaration(TextDatumGetCString(elements[i]));
  }
  return columns;
}

// _load(server, query, target, columns, source, nul_policy, estimated_rows, estimated_bytes, types); STRICT.
Datum load_call(FunctionCallInfo fcinfo, LoadContext* context) {
  PreventCommandIfReadOnly("a load");
  PreventCommandIfParallelMode("a load");
  LoadRequest request;
  request.server = find_server(NameStr(*PG_GETARG_NAME(0)))->serverid;
  request.sql = text_to_cstring(PG_GETARG_TEXT_PP(1));
  request.target = PG_GETARG_OID(2);
  bool* nulls = nullptr;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &request.columns, &nulls, &request.ncolumns);
  for (int i = 0; i < request.ncolumns; ++i) {
    if (nulls[i]) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("column names must not be null")));
  }
  request.source = text_to_cstring(PG_GETARG_TEXT_PP(4));
  request.policy = character_policy(text_to_cstring(PG_GETARG_TEXT_PP(5)));
  request.estimated_rows = PG_GETARG_INT64(6);
  request.estimated_bytes = PG_GETARG_INT64(7);
  request.types = remote_columns(PG_GETARG_ARRAYTYPE_P(8), request.ncolumns);

  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) elog(ERROR, "return type must be a row type");
  context->source = request.source;
  const char* relation = get_rel_name(request.target);
  if (relation == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", request.target)));
  }
  context->target = quote_qualified_identifier(get_namespace_name(get_rel_namespace(request.target)), relation);

  const LoadResult result = load(request, &context->rows);
  Datum values[2] = {Int64GetDatum(result.rows), Int64GetDatum(result.bytes)};
  bool isnull[2] = {false, false};
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
  if (code == nullptr || std::strlen(code) != 5 || message == nullptr) elog(ERROR, "_raise() needs a SQLSTATE and a message");
  ereport(ERROR, (errcode(MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4])), errmsg_internal("%s", for_client(message)),
                  detail != nullptr ? errdetail_internal("%s", for_client(detail)) : 0,
                  hint != nullptr ? errhint("%s", for_client(hint)) : 0));
  pg_unreachable();
}

// _say(warning, message, detail, hint)
void say(FunctionCallInfo fcinfo) {
  const char* message = text_argument(fcinfo, 1);
  const char* detail = text_argument(fcinfo, 2);
  const char* hint = text_argument(fcinfo, 3);
  if (PG_ARGISNULL(0) || message == nullptr) elog(ERROR, "_say() needs a message");
  ereport(PG_GETARG_BOOL(0) ? WARNING : NOTICE,
          (errmsg_internal("%s", for_client(message)), detail != nullptr ? errdetail_internal("%s", for_client(detail)) : 0,
           hint != nullptr ? errhint("%s", for_client(hint)) : 0));
}

// The candidate that is the fewest edits away, case aside; null when all are far.
text* nearest(const text* word, ArrayType* candidates) {
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(candidates, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
  char* wanted = str_tolower(VARDATA_ANY(word), VARSIZE_ANY_EXHDR(word), DEFAULT_COLLATION_OID);
  const int wanted_length = static_cast<int>(std::strlen(wanted));
  constexpr int longest = 255;  // what varstr_levenshtein takes
  text* best = nullptr;
  // At most a third of the letters may differ: beyond that a hint only puzzles.
  int limit = std::max(1, wanted_length / 3) + 1;
  if (wanted_length > longest) return nullptr;
  for (int i = 0; i < count; ++i) {
    if (nulls[i]) continue;
    text* candidate = DatumGetTextPP(elements[i]);
    char* folded = str_tolower(VARDATA_ANY(candidate), VARSIZE_ANY_EXHDR(candidate), DEFAULT_COLLATION_OID);
    const int length = static_cast<int>(std::strlen(folded));
    if (length > longest) continue;
    const int distance = varstr_levenshtein_less_equal(wanted, wanted_length, folded, length, 1, 1, 1, limit - 1, true);
    if (distance < limit) {
      best = candidate;
      limit = distance;
    }
  }
  return best;
}

// `name` with '_' and `suffix` behind it, cut before them where an identifier would be too long.
Name suffixed_name(const char* name, const char* suffix) {
  const int suffix_length = static_cast<int>(std::strlen(suffix));
  if (suffix_length > NAMEDATALEN / 2) ereport(ERROR, (errcode(ERRCODE_NAME_TOO_LONG), errmsg("suffix of a name is too long")));
  const int length = pg_mbcliplen(name, static_cast<int>(std::strlen(name)), NAMEDATALEN - 1 - suffix_length - 1);
  auto* result = static_cast<Name>(palloc0(NAMEDATALEN));
  pg_snprintf(NameStr(*result), NAMEDATALEN, "%.*s_%s", length, name, suffix);
  return result;
}

// "[a.b].c" to its two parts.
Datum parse_table_name(FunctionCallInfo fcinfo) {
  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) elog(ERROR, "return type must be a row type");
  const char* argument = text_to_cstring(PG_GETARG_TEXT_PP(0));
  const char* input = pg_server_to_any(argument, static_cast<int>(std::strlen(argument)), PG_UTF8);
  // RAII and the backend must not share a frame: this one copies the parts out and is gone.
  const std::array<const char*, 2> parts = [input]() -> std::array<const char*, 2> {
    const tsql::QualifiedName qualified = tsql::parse_qualified_name(input);
    return {copy_out(qualified.schema), copy_out(qualified.name)};
  }();
  Datum values[2];
  for (int i = 0; i < 2; ++i) {
    const char* utf8 = parts[static_cast<std::size_t>(i)];
    values[i] = CStringGetTextDatum(pg_any_to_server(utf8, static_cast<int>(std::strlen(utf8)), PG_UTF8));
  }
  bool isnull[2] = {false, false};
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, isnull));
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

Datum mssql_fdw_load(PG_FUNCTION_ARGS) {
  // Outside the fence: the callback must still stand when the fence raises what it caught.
  LoadContext context{"", "", 0};
  ErrorContextCallback callback;
  callback.callback = load_error_context;
  callback.arg = &context;
  callback.previous = nullptr;  // as fence_private()
  ErrorContextCallback* stack = std::exchange(error_context_stack, &callback);
  const Datum result = fence([&] { return load_call(fcinfo, &context); });
  error_context_stack = stack;
  return result;
}

Datum mssql_fdw_raise(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum { raise_call(fcinfo); });
}

Datum mssql_fdw_say(PG_FUNCTION_ARGS) {
  return fence_private([&]() -> Datum {
    say(fcinfo);
    PG_RETURN_VOID();
  });
}

// _client_can_read(text) RETURNS boolean
Datum mssql_fdw_client_can_read(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum { PG_RETURN_BOOL(client_can_read(text_argument(fcinfo, 0))); });
}

Datum mssql_fdw_nearest(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    text* found = nearest(PG_GETARG_TEXT_PP(0), PG_GETARG_ARRAYTYPE_P(1));
    if (found == nullptr) PG_RETURN_NULL();
    PG_RETURN_TEXT_P(found);
  });
}

Datum mssql_fdw_suffixed_name(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    PG_RETURN_NAME(suffixed_name(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1))));
  });
}

Datum mssql_fdw_parse_table_name(PG_FUNCTION_ARGS) {
  return fence_private([&] { return parse_table_name(fcinfo); });
}

}
