// Rows to parameters; written_row.hpp states the contracts.

#include "written_row.hpp"

#include "core/tsql/dml.hpp"

namespace mssql::pg {

namespace {

[[noreturn]] void raise_generated(const WrittenTable* table, const WrittenColumn& column) {
  ereport(ERROR, (errcode(ERRCODE_GENERATED_ALWAYS),
                  errmsg("cannot write into column \"%s\" of %s", column.local_name, table->what),
                  errdetail("Only the server gives it values."), errhint("Leave the column out.")));
  pg_unreachable();
}

// What the column's code page lacks SQL Server would replace without a word.
void check_characters(WrittenTable* table, AttrNumber attnum, const Parameter& parameter) {
  const WrittenColumn& column = column_of(table, attnum);
  if (!tsql::is_narrow(column.type.type) || parameter.type.type != Type::nvarchar || is_null(parameter.value)) return;
  const int code_page = code_page_of(table, attnum);
  if (code_page != 0 && !is_in_code_page(parameter, code_page)) raise_not_in_code_page(column.assigner, code_page);
}

}  // namespace

Bitmapset* inserted_columns(const WrittenTable* table, const Bitmapset* named, TupleTableSlot* slot) {
  Bitmapset* columns = nullptr;
  slot_getallattrs(slot);
  for (int attnum = 1; attnum <= table->descriptor->natts; ++attnum) {
    const WrittenColumn& column = table->columns[attnum - 1];
    if (!column.exists) continue;
    const bool has_value = !slot->tts_isnull[attnum - 1];
    if (column.generated == Generated::always) {
      if (has_value) raise_generated(table, column);
      continue;
    }
    const bool is_computed = TupleDescAttr(table->descriptor, attnum - 1)->attgenerated != '\0';
    const bool is_named = (is_computed || bms_is_member(attnum, named)) && column.generated == Generated::never;
    if (has_value || is_named) columns = bms_add_member(columns, attnum);
  }
  return columns;
}

void append_values(WrittenTable* table, const Bitmapset* columns, TupleTableSlot* slot, Parameter* parameters,
                   std::size_t* count) {
  for (int attnum = -1; (attnum = bms_next_member(columns, attnum)) >= 0;) {
    bool isnull = true;
    const Datum value = slot_getattr(slot, attnum, &isnull);
    Parameter* parameter = &parameters[(*count)++];
    assign(column_of(table, attnum).assigner, value, isnull, parameter);
    check_characters(table, static_cast<AttrNumber>(attnum), *parameter);
  }
}

bool has_narrow_text(const WrittenTable* table, const Bitmapset* columns) {
  for (int attnum = -1; (attnum = bms_next_member(columns, attnum)) >= 0;)
    if (tsql::is_narrow(table->columns[attnum - 1].type.type)) return true;
  return false;
}

void check_keys(const WrittenTable* table, List* keys) {
  ListCell* cell = nullptr;
  foreach (cell, keys) {
    const WrittenColumn& column = table->columns[lfirst_int(cell) - 1];
    const char* why = why_no_key(column.assigner);
    if (why == nullptr && tsql::key_match(column.type) >= tsql::KeyMatch::text &&
        table->options.policy != source::CharacterPolicy::error && column.type.type != Type::varbinary)
      why = "the option \"nul_policy\" lets other characters stand here than on the server";
    if (why == nullptr) continue;
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("rows of %s cannot be updated or deleted by column \"%s\"", table->what, column.local_name),
                    errdetail("It is a part of the key, and %s.", why)));
  }
}

void append_key(const WrittenTable* table, List* keys, const AttrNumber* places, TupleTableSlot* slot,
                Parameter* parameters, std::size_t* count) {
  for (int i = 0; i < list_length(keys); ++i) {
    const WrittenColumn& column = table->columns[list_nth_int(keys, i) - 1];
    bool isnull = true;
    const Datum value = slot_getattr(slot, places[i], &isnull);
    if (isnull) {
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                      errmsg("column \"%s\" of %s is NULL", column.local_name, table->what),
                      errdetail("It is a part of the key, by which rows are updated and deleted.")));
    }
    assign_key(column.assigner, value, &parameters[(*count)++]);
  }
}

}  // namespace mssql::pg
