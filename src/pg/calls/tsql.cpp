// What core knows of T-SQL, for the SQL half of the extension: names, types, expressions, load
// order. None of these functions connects. Text is in the server's encoding; core's is UTF-8.

#include <map>

#include "core/access/options.hpp"
#include "core/copy/order.hpp"
#include "core/names.hpp"
#include "core/nearest.hpp"
#include "core/tsql/expression.hpp"
#include "core/tsql/key_range.hpp"
#include "core/tsql/quote.hpp"
#include "core/types.hpp"
#include "pg/fdw/import.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

namespace {

Datum text_datum(const char* utf8) {
  return CStringGetTextDatum(pg_any_to_server(utf8, static_cast<int>(std::strlen(utf8)), PG_UTF8));
}

// UTF-8 text as the function's result; null becomes NULL.
Datum result(FunctionCallInfo fcinfo, const char* utf8) {
  if (utf8 == nullptr) PG_RETURN_NULL();
  return text_datum(utf8);
}

// type, max_length, precision, scale as sys.columns has them, from the n-th argument on. Nothing
// for a type that a later server has: to clients that do not know one, servers send text.
std::optional<RemoteType> type_argument(FunctionCallInfo fcinfo, int n) {
  const std::optional<Type> type = type_from_name(utf8_argument(fcinfo, n));
  if (!type) return std::nullopt;
  return RemoteType{*type, PG_GETARG_INT32(n + 1), PG_GETARG_INT32(n + 2), PG_GETARG_INT32(n + 3)};
}

// An array of text; null for a NULL.
struct Texts {
  const char** items;  // UTF-8
  int count;
};

Texts text_array(FunctionCallInfo fcinfo, int n) {
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  Texts texts{};
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &texts.count);
  texts.items = static_cast<const char**>(palloc0(sizeof(char*) * static_cast<std::size_t>(std::max(texts.count, 1))));
  for (int i = 0; i < texts.count; ++i) {
    if (nulls[i]) continue;
    texts.items[i] = to_utf8(text_to_cstring(DatumGetTextPP(elements[i])));
  }
  return texts;
}

// What T-SQL names become: names[i] is locals[i].
struct NamePairs {
  Texts names;
  Texts locals;
};

NamePairs pairs_argument(FunctionCallInfo fcinfo, int n) {
  const NamePairs pairs{text_array(fcinfo, n), text_array(fcinfo, n + 1)};
  if (pairs.names.count != pairs.locals.count) {
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("arrays of names differ in length")));
  }
  return pairs;
}

// From here to the next comment core only: text leaves through copy_out().

const char* local_name_text(std::string (*fold)(std::string_view, NameCase), std::string_view name,
                            std::string_view name_case) {
  const OptionRule* rule = find_option(OptionContext::import, "name_case");
  return copy_out(fold(name, static_cast<NameCase>(read_choice(*rule, name_case))));
}

const char* distinct_name_text(std::string_view local, std::string_view source) {
  return copy_out(distinct_name(local, source));
}

const char* type_text(const std::optional<RemoteType>& type, const LocalTypeOptions& options) {
  return type ? copy_out(local_type(*type, options)) : "text";
}

const char* note_text(const std::optional<RemoteType>& type) {
  if (!type) return "of a type that mssql_fdw does not know: the text that the server makes of it is kept";
  const std::string_view note = lossy_note(*type);
  return note.empty() ? nullptr : copy_out(note);
}

const char* declaration_text(const std::optional<RemoteType>& type) {
  return type ? copy_out(declare(*type)) : nullptr;
}

bool can_bound(std::string_view name) {
  const std::optional<Type> type = type_from_name(name);
  return type && tsql::can_bound(*type);
}

const char* quoted(std::string_view name) { return copy_out(tsql::in_brackets(name)); }

std::map<std::string, std::string, std::less<>> name_map(const NamePairs& pairs) {
  std::map<std::string, std::string, std::less<>> names;
  for (int i = 0; i < pairs.names.count; ++i) {
    if (pairs.names.items[i] != nullptr && pairs.locals.items[i] != nullptr)
      names.emplace(pairs.names.items[i], pairs.locals.items[i]);
  }
  return names;
}

template <class Names>
std::optional<std::string> look_up(const Names& names, std::string_view name) {
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional<std::string>(found->second);
}

const char* default_text(std::string_view definition, const std::optional<RemoteType>& type,
                         const NamePairs& sequences) {
  if (!type) return nullptr;
  tsql::ExpressionContext context;
  context.column = [](std::string_view) { return std::optional<std::string>(); };
  context.sequence = [&](std::string_view schema, std::string_view sequence) {
    return look_up(name_map(sequences), std::string(schema.empty() ? "dbo" : schema) + "." + std::string(sequence));
  };
  const std::optional<std::string> text = tsql::translate_default(definition, *type, context);
  return text ? copy_out(*text) : nullptr;
}

// `types` are declarations, by column; what is missing or NULL is not known.
const char* check_text(std::string_view definition, const NamePairs& columns, const Texts& types) {
  const auto names = name_map(columns);
  tsql::ExpressionContext context;
  context.column_type = [&](std::string_view column) -> std::optional<RemoteType> {
    for (int i = 0; i < std::min(columns.names.count, types.count); ++i) {
      if (types.items[i] != nullptr && view(columns.names.items[i]) == column) return parse_declaration(types.items[i]);
    }
    return std::nullopt;
  };
  context.column = [&](std::string_view column) { return look_up(names, column); };
  context.sequence = [](std::string_view, std::string_view) { return std::optional<std::string>(); };
  const std::optional<std::string> text = tsql::translate_check(definition, context);
  return text ? copy_out(*text) : nullptr;
}

// The candidate that `word` most likely meant; null when all are far.
const char* nearest_text(std::string_view word, const Texts& candidates) {
  // At most a third of the letters may differ: beyond that a hint only puzzles.
  const std::size_t most_edits = std::max<std::size_t>(1, characters(word) / 3);
  std::vector<std::string_view> texts;
  for (int i = 0; i < candidates.count; ++i)
    if (candidates.items[i] != nullptr) texts.emplace_back(candidates.items[i]);
  const auto found = nearest(word, texts, most_edits);
  return found ? texts[*found].data() : nullptr;
}

std::array<const char*, 2> name_parts(std::string_view qualified_name) {
  const tsql::QualifiedName parts = tsql::parse_qualified_name(qualified_name);
  return {copy_out(parts.schema), copy_out(parts.name)};
}

using Datums = std::span<const Datum>;

void order_tables(int tables, Datums children, Datums parents, Datums weights, Datum* order) {
  if (children.size() != parents.size())
    throw Error(sqlstate::invalid_parameter, "children and parents differ in number");
  if (!weights.empty() && weights.size() != static_cast<std::size_t>(tables)) {
    throw Error(sqlstate::invalid_parameter, "tables and weights differ in number");
  }
  const auto number = [&](Datum datum) {
    const int32 value = DatumGetInt32(datum);
    if (value < 0 || value >= tables)
      throw Error(sqlstate::invalid_parameter, "table " + std::to_string(value) + " does not exist");
    return static_cast<std::size_t>(value);
  };
  std::vector<replicate::Edge> edges;
  for (std::size_t i = 0; i < children.size(); ++i) edges.push_back({number(children[i]), number(parents[i])});
  std::vector<double> numbers;
  for (const Datum weight : weights) numbers.push_back(DatumGetFloat8(weight));
  for (const std::size_t table : replicate::load_order(static_cast<std::size_t>(tables), edges, numbers)) {
    *order++ = Int32GetDatum(static_cast<int32>(table));
  }
}

// Here the backend may be called again.

// "[a.b].c" to its two parts.
Datum parse_table_name(FunctionCallInfo fcinfo) {
  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "return type must be a row type");
  Datum values[2];
  bool isnull[2] = {false, false};
  const std::array<const char*, 2> parts = name_parts(utf8_argument(fcinfo, 0));
  for (std::size_t i = 0; i < parts.size(); ++i) values[i] = text_datum(parts[i]);
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, isnull));
}

Datums number_array(FunctionCallInfo fcinfo, int n, Oid type, int size, char alignment) {
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), type, size, true, alignment, &elements, &nulls, &count);
  for (int i = 0; i < count; ++i) {
    if (nulls[i]) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array must not contain nulls")));
  }
  return {elements, static_cast<std::size_t>(count)};
}

Datum load_order_array(FunctionCallInfo fcinfo) {
  const int tables = PG_GETARG_INT32(0);
  if (tables < 0)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("number of tables must not be negative")));
  auto* order = static_cast<Datum*>(palloc0(sizeof(Datum) * static_cast<std::size_t>(std::max(tables, 1))));
  const auto children = number_array(fcinfo, 1, INT4OID, sizeof(int32), TYPALIGN_INT);
  const auto parents = number_array(fcinfo, 2, INT4OID, sizeof(int32), TYPALIGN_INT);
  const auto weights = number_array(fcinfo, 3, FLOAT8OID, sizeof(double), TYPALIGN_DOUBLE);
  order_tables(tables, children, parents, weights, order);
  PG_RETURN_ARRAYTYPE_P(construct_array(order, tables, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _local_name(name text, name_case text) RETURNS text
Datum mssql_fdw_local_name(PG_FUNCTION_ARGS) {
  return fence([&] {
    return result(fcinfo, local_name_text(mssql::local_name, utf8_argument(fcinfo, 0), utf8_argument(fcinfo, 1)));
  });
}

// _local_column_name(name text, name_case text) RETURNS text
Datum mssql_fdw_local_column_name(PG_FUNCTION_ARGS) {
  return fence([&] {
    return result(fcinfo,
                  local_name_text(mssql::local_column_name, utf8_argument(fcinfo, 0), utf8_argument(fcinfo, 1)));
  });
}

// _distinct_name(local text, source text) RETURNS name
Datum mssql_fdw_distinct_name(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    const char* utf8 = distinct_name_text(utf8_argument(fcinfo, 0), utf8_argument(fcinfo, 1));
    const char* name = pg_any_to_server(utf8, static_cast<int>(std::strlen(utf8)), PG_UTF8);
    return DirectFunctionCall1(namein, CStringGetDatum(name));
  });
}

// _nearest(word text, candidates text[]) RETURNS text
Datum mssql_fdw_nearest(PG_FUNCTION_ARGS) {
  return fence([&] { return result(fcinfo, nearest_text(utf8_argument(fcinfo, 0), text_array(fcinfo, 1))); });
}

// _parse_table_name(qualified_name text, OUT schema text, OUT name text)
Datum mssql_fdw_parse_table_name(PG_FUNCTION_ARGS) {
  return fence_private([&] { return parse_table_name(fcinfo); });
}

// _local_type(type text, max_length int, "precision" int, scale int) RETURNS text
Datum mssql_fdw_local_type(PG_FUNCTION_ARGS) {
  return fence([&] { return result(fcinfo, type_text(type_argument(fcinfo, 0), local_type_options())); });
}

// _lossy_note(type text, max_length int, "precision" int, scale int) RETURNS text
Datum mssql_fdw_lossy_note(PG_FUNCTION_ARGS) {
  return fence([&] { return result(fcinfo, note_text(type_argument(fcinfo, 0))); });
}

// _can_bound(type text) RETURNS boolean
Datum mssql_fdw_can_bound(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum { PG_RETURN_BOOL(can_bound(utf8_argument(fcinfo, 0))); });
}

// _declare(type text, max_length int, "precision" int, scale int) RETURNS text
Datum mssql_fdw_declare(PG_FUNCTION_ARGS) {
  return fence([&] { return result(fcinfo, declaration_text(type_argument(fcinfo, 0))); });
}

// _quote_name(name text) RETURNS text
Datum mssql_fdw_quote_name(PG_FUNCTION_ARGS) {
  return fence([&] { return result(fcinfo, quoted(utf8_argument(fcinfo, 0))); });
}

// _translate_default(definition text, type text, max_length int, "precision" int, scale int,
// sequences text[], locals text[]) RETURNS text
Datum mssql_fdw_translate_default(PG_FUNCTION_ARGS) {
  return fence([&] {
    return result(fcinfo, default_text(utf8_argument(fcinfo, 0), type_argument(fcinfo, 1), pairs_argument(fcinfo, 5)));
  });
}

// _translate_check(definition text, columns text[], locals text[], types text[]) RETURNS text
Datum mssql_fdw_translate_check(PG_FUNCTION_ARGS) {
  return fence([&] {
    return result(fcinfo, check_text(utf8_argument(fcinfo, 0), pairs_argument(fcinfo, 1), text_array(fcinfo, 3)));
  });
}

// _load_order(tables int, children int[], parents int[], weights float8[]) RETURNS int[]
Datum mssql_fdw_load_order(PG_FUNCTION_ARGS) {
  return fence([&] { return load_order_array(fcinfo); });
}
}
