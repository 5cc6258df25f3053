#include "key_range.hpp"

#include <algorithm>

#include "core/source/ask.hpp"
#include "core/source/catalog.hpp"
#include "core/tsql/key_range.hpp"
#include "core/tsql/quote.hpp"
#include "core/tsql/statement.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"

namespace mssql::pg {

namespace {

const KeyRange* range_of_loads = nullptr;

// A table whose chunks are wanted.
struct Wanted {
  const char* schema;  // these two in UTF-8
  const char* name;
  bool memory_optimized;
  std::int64_t rows;  // estimate
  int chunks;
  TableKey key;
};

// From here to the next comment core only.

std::vector<tsql::KeyColumn> columns_of(const TableKey& key) {
  std::vector<tsql::KeyColumn> columns;
  for (int i = 0; i < key.columns.count; ++i) {
    columns.push_back(
        {tsql::quote_name(key.columns.items[i]), parse_declaration(key.types.items[i]), key.collations.items[i]});
  }
  return columns;
}

std::vector<std::string_view> views_of(const TextList& texts) { return {texts.items, texts.items + texts.count}; }

// Of more rows than these only a sample is ordered, of at least as many pages as hold a tenth of
// them, and enough for each chunk.
constexpr std::int64_t whole_rows = 200000;

std::string from_of(const Wanted& wanted) {
  const std::string table = tsql::table_reference(wanted.schema, wanted.name, wanted.memory_optimized);
  if (wanted.memory_optimized || wanted.rows <= whole_rows) return table;
  const double sample = std::max<double>(whole_rows / 10.0, wanted.chunks * 1000.0);
  return tsql::page_sample(table, std::min(100.0, 100 * sample / static_cast<double>(wanted.rows)));
}

// The longest value of an index's key has 1,700 bytes; and all bounds together are one row here.
constexpr std::size_t longest_text = 8000;
constexpr std::size_t longest_bounds = 32 << 20;

std::size_t size_of(const source::Answer& bound) {
  std::size_t size = 0;
  for (const std::optional<std::string>& text : bound) size += text ? text->size() : 0;
  return size;
}

// One that PostgreSQL has no text for, or that is no key's, is left out: its chunks are one.
bool can_be_kept(const source::Answer& bound) {
  return std::all_of(bound.begin(), bound.end(), [](const std::optional<std::string>& text) {
    return text && text->size() <= longest_text && text->find('\0') == std::string::npos && !source::is_damaged(*text);
  });
}

using Bounds = std::vector<source::Answer>;

void ask_for_bounds(source::Session& session, const Wanted& wanted, Bounds& bounds) {
  const auto key = columns_of(wanted.key);
  const std::string sql = tsql::bounds_query(key, from_of(wanted), wanted.chunks);
  std::size_t size = 0;
  source::ask_rows(session, sql, "bounds of chunks", key.size(), [&](source::Answer bound) {
    if (bounds.size() + 1 >= static_cast<std::size_t>(wanted.chunks))
      throw Error(sqlstate::fdw_error, "the source has answered more bounds than chunks were asked for");
    size += size_of(bound);
    if (size > longest_bounds) throw Error(sqlstate::fdw_error, "the source has answered bounds longer than keys are");
    if (can_be_kept(bound) && (bounds.empty() || bounds.back() != bound)) bounds.push_back(std::move(bound));
  });
}

// From here on the backend is called.

// Null: this database's encoding lacks something of it.
Datum* texts_of(const source::Answer& bound) {
  auto* texts = static_cast<Datum*>(palloc(sizeof(Datum) * (bound.size() + 1)));
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const char* text = representable(bound[i]->c_str());
    if (text == nullptr) return nullptr;
    texts[i] = CStringGetTextDatum(text);
  }
  return texts;
}

// text[bounds][columns]
ArrayType* array_of(const Bounds& bounds, int columns) {
  auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * (bounds.size() * static_cast<std::size_t>(columns) + 1)));
  int count = 0;
  for (const source::Answer& bound : bounds) {
    CHECK_FOR_INTERRUPTS();
    const Datum* texts = texts_of(bound);
    if (texts == nullptr) continue;
    std::copy(texts, texts + columns, values + static_cast<std::ptrdiff_t>(count) * columns);
    ++count;
  }
  if (count == 0) return construct_empty_array(TEXTOID);
  int dimensions[] = {count, columns};
  int lowest[] = {1, 1};
  return construct_md_array(values, nullptr, 2, dimensions, lowest, TEXTOID, -1, false, TYPALIGN_INT);
}

// _range_bounds(server, schema, name, is_memory_optimized, rows, chunks, key, types, collations);
// STRICT.
Datum bounds(FunctionCallInfo fcinfo) {
  const ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  const Wanted wanted{utf8_argument(fcinfo, 1),
                      utf8_argument(fcinfo, 2),
                      PG_GETARG_BOOL(3),
                      PG_GETARG_INT64(4),
                      PG_GETARG_INT32(5),
                      {text_list(PG_GETARG_ARRAYTYPE_P(6), "texts"), text_list(PG_GETARG_ARRAYTYPE_P(7), "texts"),
                       text_list(PG_GETARG_ARRAYTYPE_P(8), "texts")}};
  const int columns = wanted.key.columns.count;
  if (columns == 0 || wanted.key.types.count != columns || wanted.key.collations.count != columns)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("columns and types of a key differ in number")));
  auto* found = own<Bounds>(CurrentMemoryContext);
  ask_for_bounds(acquire(server->serverid, GetUserId(), {.whole = true}), wanted, *found);
  PG_RETURN_ARRAYTYPE_P(array_of(*found, columns));
}

}  // namespace

void load_range(const KeyRange* range) { range_of_loads = range; }
const KeyRange* loaded_range() { return range_of_loads; }

const char* condition_of(const KeyRange& range) {
  if (range.lower.count == 0 && range.upper.count == 0) return nullptr;
  const auto key = columns_of(range.key);
  const auto lower = views_of(range.lower);
  const auto upper = views_of(range.upper);
  return copy_out(tsql::range_condition(key, lower.empty() ? std::nullopt : std::optional<tsql::Bound>(lower),
                                        upper.empty() ? std::nullopt : std::optional<tsql::Bound>(upper)));
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _range_bounds(...) RETURNS text[]
Datum mssql_fdw_range_bounds(PG_FUNCTION_ARGS) {
  return fence_private([&] { return bounds(fcinfo); });
}
}
