// Foreign tables' options to T-SQL's names; remote_table.hpp states the contract.

#include "remote_table.hpp"

#include "core/tsql/query.hpp"
#include "core/tsql/quote.hpp"
#include "core/tsql/statement.hpp"

#include "remote_text.hpp"

namespace mssql::pg {

bool pushdown_enabled = true;

const char* to_server(const char* utf8) { return pg_any_to_server(utf8, static_cast<int>(std::strlen(utf8)), PG_UTF8); }

namespace {

// A frame of core's: the text leaves through copy_out().
const char* quote_utf8(const char* name) { return copy_out(tsql::quote_name(name)); }

const char* select_utf8(const RemoteType& type, const char* quoted, tsql::TextForm form) {
  return copy_out(tsql::select_expression(type, quoted, form));
}

const char* option_text(OptionList options, std::string_view meaning) {
  const auto value = option_value(OptionContext::column, options, meaning);
  return value ? value->data() : nullptr;
}

RemoteAttribute describe_attribute(Oid relation, Form_pg_attribute attribute, tsql::TextForm form) {
  RemoteAttribute result{};
  result.not_null = attribute->attnotnull;
  const OptionList options = option_list(GetForeignColumnOptions(relation, attribute->attnum));
  const char* name = option_text(options, "column_name");
  const char* type = option_text(options, "remote_type");
  result.name = name != nullptr ? name : pstrdup(NameStr(attribute->attname));
  result.quoted = quoted_name(result.name);
  result.expression = result.quoted;
  if (type == nullptr) return result;
  result.known = true;
  result.type = parse_declaration(type);
  result.raw_text = tsql::is_raw(result.type.type, form);
  result.expression = to_server(select_utf8(result.type, to_utf8(result.quoted), form));
  return result;
}

// Core only.
const char* select_text(std::span<const char* const> items, const RemoteSource& source,
                        std::span<const char* const> conditions) {
  const std::vector<std::string> item_texts(items.begin(), items.end());
  const std::vector<std::string> condition_texts(conditions.begin(), conditions.end());
  return copy_out(tsql::select({item_texts, source.from, condition_texts, {}, source.with, source.option}));
}

// Core only.
RemoteSource query_source(const char* query) {
  const tsql::Query parts = tsql::parse_query(query);
  return {copy_out(parts.with), copy_out(tsql::derived_table(parts.body)), copy_out(parts.option),
          copy_out(tsql::derived_table(parts.body, {}))};
}

const char* table_utf8(const char* schema, const char* name) {
  return copy_out(tsql::table_reference(schema, name, false));
}

const char* table_reference(const char* schema, const char* name) {
  return to_server(table_utf8(to_utf8(schema), to_utf8(name)));
}

const char* row_count_utf8(const char* table, bool in_pages) {
  return copy_out(tsql::row_count_query(table, in_pages));
}

}  // namespace

std::span<const char* const> strings_of(List* list) {
  const auto count = static_cast<std::size_t>(list_length(list));
  auto* texts = static_cast<const char**>(palloc0(sizeof(char*) * std::max<std::size_t>(count, 1)));
  for (std::size_t i = 0; i < count; ++i) texts[i] = strVal(list_nth(list, static_cast<int>(i)));
  return {texts, count};
}

const char* select_item(const RemoteTable& table, const RemoteAttribute& column, const char* named) {
  return column.known ? to_server(select_utf8(column.type, to_utf8(named), table.text_form)) : named;
}

const char* quoted_name(const char* name) { return to_server(quote_utf8(to_utf8(name))); }

RemoteTable describe_remote_table(Relation relation, const TableOptions& options) {
  RemoteTable table{};
  table.text_form = options.text_form;
  table.exact_text = options.policy == source::CharacterPolicy::error;
  table.is_query = options.query != nullptr;
  if (table.is_query) {
    const RemoteSource utf8 = query_source(to_utf8(options.query));
    table.source = {to_server(utf8.with), to_server(utf8.from), to_server(utf8.option), to_server(utf8.relation)};
  } else {
    const char* name = table_reference(options.schema_name, options.table_name);
    table.source = {"", name, "", name};
  }
  TupleDesc descriptor = RelationGetDescr(relation);
  table.natts = descriptor->natts;
  table.attributes = static_cast<RemoteAttribute*>(
      palloc0(sizeof(RemoteAttribute) * static_cast<std::size_t>(std::max(table.natts, 1))));
  table.is_odd = has_marks(table.source.from);
  for (int i = 0; i < table.natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (attribute->attisdropped) continue;
    table.attributes[i] = describe_attribute(RelationGetRelid(relation), attribute, options.text_form);
    table.is_odd = table.is_odd || has_marks(table.attributes[i].quoted);
  }
  return table;
}

const char* deparse_select(List* items, const RemoteSource& source, List* conditions) {
  return select_text(strings_of(items), source, strings_of(conditions));
}

const char* row_count_query(const char* quoted_table, bool in_pages) {
  return to_server(row_count_utf8(to_utf8(quoted_table), in_pages));
}

}  // namespace mssql::pg
