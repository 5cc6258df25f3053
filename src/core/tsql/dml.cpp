#include "dml.hpp"

#include "quote.hpp"
#include "rules.hpp"

namespace mssql::tsql {

namespace {

constexpr const char* variable = "@mssql_fdw_output";
constexpr const char* binary_collation = "COLLATE Latin1_General_100_BIN2";

std::string parameter(int number) { return "@P" + std::to_string(number); }

// What has no implicit conversion from its parameter.
std::string value_text(const RemoteType& type, int number) {
  if (type.type == Type::hierarchyid) return "CAST(" + parameter(number) + " AS hierarchyid)";
  return parameter(number);
}

// What a column's values are kept as on their way: text of a code page as Unicode, for a table
// variable has the collation of its database.
std::string kept_as(const RemoteType& type) {
  switch (type.type) {
    case Type::char_:
    case Type::varchar:
      return declare({Type::nvarchar, type.max_length < 0 || type.max_length > 4000 ? -1 : 2 * type.max_length, 0, 0});
    case Type::text:
    case Type::ntext: return "nvarchar(max)";
    case Type::image:
    case Type::udt: return "varbinary(max)";
    case Type::rowversion: return "binary(8)";
    default: return declare(type);
  }
}

std::string numbered(std::size_t i) { return "mssql_fdw_" + std::to_string(i + 1); }

std::string variable_declaration(const Output& output) {
  if (output.columns.empty() || !output.by_variable) return {};
  std::string sql = std::string("DECLARE ") + variable + " TABLE (";
  for (std::size_t i = 0; i < output.columns.size(); ++i)
    sql += (i > 0 ? ", [" : "[") + numbered(i) + "] " + kept_as(output.columns[i].type) + " NULL";
  return sql + "); ";
}

// `rows`: inserted or deleted.
std::string output_clause(const Output& output, std::string_view rows) {
  if (output.columns.empty()) return {};
  std::string sql = " OUTPUT ";
  for (std::size_t i = 0; i < output.columns.size(); ++i) {
    const DmlColumn& column = output.columns[i];
    const std::string name = std::string(rows) + "." + std::string(column.name);
    if (i > 0) sql += ", ";
    if (!output.by_variable) {
      sql += select_expression(column.type, name, output.form);
    } else {
      sql += column.type.type == Type::udt ? "CAST(" + name + " AS varbinary(max))" : name;
    }
  }
  return output.by_variable ? sql + " INTO " + variable : sql;
}

std::string kept_rows(const Output& output) {
  std::string sql = "; SELECT ";
  for (std::size_t i = 0; i < output.columns.size(); ++i) {
    const RemoteType& type = output.columns[i].type;
    const std::string name = "[" + numbered(i) + "]";
    const bool is_own = type.type == Type::udt;  // it has its form already
    sql += (i > 0 ? ", " : "") + (is_own ? name : select_expression(type, name, output.form)) + " AS " + name;
  }
  return sql + " FROM " + variable;
}

std::string count_of(std::string_view value) {
  return "SELECT CAST(" + std::string(value) + " AS int) AS [" + std::string(count_column) + "]";
}

// Behind the statement: what it has returned, or how many rows it has written.
std::string answer(const Output& output) {
  if (output.columns.empty()) return "; " + count_of("@@ROWCOUNT");
  return output.by_variable ? kept_rows(output) : std::string();
}

std::string rows_of_values(const Insert& parts) {
  std::string sql;
  int number = 0;
  for (int row = 0; row < parts.rows; ++row) {
    sql += row == 0 ? " VALUES (" : ", (";
    for (std::size_t i = 0; i < parts.columns.size(); ++i)
      sql += (i > 0 ? ", " : "") + value_text(parts.columns[i].type, ++number);
    sql += ')';
  }
  return sql;
}

std::string insert_statement(const Insert& parts) {
  std::string sql = "INSERT INTO " + std::string(parts.table);
  for (std::size_t i = 0; i < parts.columns.size(); ++i)
    sql += (i == 0 ? " (" : ", ") + std::string(parts.columns[i].name);
  if (!parts.columns.empty()) sql += ')';
  sql += output_clause(parts.output, "inserted");
  return sql + (parts.columns.empty() ? " DEFAULT VALUES" : rows_of_values(parts));
}

// An error that a unique index of the table itself has raised, and that has left the transaction
// as it was: not one out of a trigger, which has a name.
std::string without_duplicates(const std::string& statement, const Output& output) {
  const bool counts = output.columns.empty();
  std::string sql = counts ? "DECLARE @mssql_fdw_count int = 0; " : "";
  sql += "BEGIN TRY " + statement;
  if (counts) sql += "; SET @mssql_fdw_count = @@ROWCOUNT";
  sql +=
      "; END TRY BEGIN CATCH IF ERROR_NUMBER() NOT IN (2627, 2601) OR ERROR_PROCEDURE() IS NOT NULL OR XACT_STATE() "
      "<> 1 BEGIN; THROW; END; END CATCH";
  if (counts) return sql + "; " + count_of("@mssql_fdw_count");
  return sql + answer(output);
}

// The first comparison is one that an index serves; it may hold for more rows than the second.
std::string text_condition(const std::string& column, const std::string& value, bool padded) {
  const auto characters = [](const std::string& text) { return "CAST(" + text + " AS nvarchar(max))"; };
  std::string sql = column + " = " + value + " AND " + characters(column) + " " + binary_collation + " = " +
                    characters(value) + " " + binary_collation;
  if (!padded) sql += " AND DATALENGTH(" + characters(column) + ") = DATALENGTH(" + characters(value) + ")";
  return sql;
}

std::string key_condition(const DmlColumn& key, int number) {
  const std::string column(key.name);
  const std::string value = value_text(key.type, number);
  switch (key_match(key.type)) {
    case KeyMatch::range:
      return column + " >= " + value + " AND " + column + " <= DATEADD(nanosecond, 900, " + value + ")";
    case KeyMatch::text: return text_condition(column, value, false);
    case KeyMatch::padded_text: return text_condition(column, value, true);
    case KeyMatch::bytes: return column + " = " + value + " AND DATALENGTH(" + column + ") = DATALENGTH(" + value + ")";
    case KeyMatch::none:
    case KeyMatch::value: break;
  }
  return column + " = " + value;
}

std::string key_conditions(std::span<const DmlColumn> keys, int number) {
  std::string sql;
  for (const DmlColumn& key : keys) sql += (sql.empty() ? " WHERE " : " AND ") + key_condition(key, number++);
  return sql;
}

}  // namespace

std::string insert(const Insert& parts) {
  std::string sql = variable_declaration(parts.output);
  if (parts.gives_identity) sql += identity_insert(parts.table, true) + "; ";
  const std::string statement = insert_statement(parts);
  sql += parts.skips_duplicates ? without_duplicates(statement, parts.output) : statement + answer(parts.output);
  if (parts.gives_identity) sql += "; " + identity_insert(parts.table, false);
  return sql;
}

KeyMatch key_match(const RemoteType& type) noexcept {
  switch (type.type) {
    case Type::time:
    case Type::datetime2:
    case Type::datetimeoffset: return type.scale == 7 ? KeyMatch::range : KeyMatch::value;
    case Type::varchar:
    case Type::nvarchar: return KeyMatch::text;
    case Type::char_:
    case Type::nchar: return KeyMatch::padded_text;
    case Type::varbinary: return KeyMatch::bytes;
    case Type::text:
    case Type::ntext:
    case Type::image:
    case Type::xml:
    case Type::json:
    case Type::vector:
    case Type::sql_variant:
    case Type::geometry:
    case Type::geography:
    case Type::udt: return KeyMatch::none;
    default: return KeyMatch::value;
  }
}

std::string update(const Update& parts) {
  std::string sql = variable_declaration(parts.output) + "UPDATE " + std::string(parts.table);
  int number = 0;
  for (const DmlColumn& column : parts.columns) {
    sql += (number == 0 ? " SET " : ", ") + std::string(column.name) + " = ";
    sql += value_text(column.type, ++number);
  }
  sql += output_clause(parts.output, "inserted");
  return sql + key_conditions(parts.keys, number + 1) + answer(parts.output);
}

std::string remove(const Update& parts) {
  return variable_declaration(parts.output) + "DELETE FROM " + std::string(parts.table) +
         output_clause(parts.output, "deleted") + key_conditions(parts.keys, 1) + answer(parts.output);
}

// DBCC CHECKIDENT makes the number that it is given the next one where the table has been
// truncated (Microsoft, "DBCC CHECKIDENT"). Nobody may take one in between, hence the lock. What is
// empty stays as it is: whether it has a last number then is not said.
std::string truncate(std::string_view table, bool keeps_identity) {
  const std::string statement = "TRUNCATE TABLE " + std::string(table);
  if (!keeps_identity) return statement;
  const std::string name = quote_literal(table);
  return "DECLARE @mssql_fdw_rows int, @mssql_fdw_next numeric(38, 0); SELECT TOP (1) @mssql_fdw_rows = 1 FROM " +
         std::string(table) +
         " WITH (TABLOCKX, HOLDLOCK); SELECT @mssql_fdw_next = CAST(i.last_value AS numeric(38, 0)) + "
         "CAST(i.increment_value AS numeric(38, 0)) FROM sys.identity_columns AS i WHERE i.object_id = OBJECT_ID(" +
         name + "); IF @mssql_fdw_rows = 1 BEGIN " + statement + "; IF @mssql_fdw_next IS NOT NULL DBCC CHECKIDENT (" +
         name + ", RESEED, @mssql_fdw_next) WITH NO_INFOMSGS END";
}

std::string identity_insert(std::string_view table, bool on) {
  return "SET IDENTITY_INSERT " + std::string(table) + (on ? " ON" : " OFF");
}

std::string table_columns_query(std::string_view table) {
  return "SELECT CAST(c.name AS nvarchar(128)), CAST(CASE WHEN t.is_user_defined = 0 AND t.name <> N'sysname' THEN "
         "t.name WHEN t.is_assembly_type = 0 THEN COALESCE(b.name, t.name) ELSE N'udt' END AS nvarchar(128)), "
         "CAST(c.max_length AS int), CAST(c.precision AS int), CAST(c.scale AS int), CAST(c.is_identity AS int), "
         "CAST(CASE WHEN c.is_computed = 1 OR c.system_type_id = 189 THEN 1 ELSE 0 END AS int), "
         "CAST(COLLATIONPROPERTY(c.collation_name, 'CodePage') AS int) FROM sys.columns AS c JOIN sys.types AS t ON "
         "t.user_type_id = c.user_type_id LEFT JOIN sys.types AS b ON b.user_type_id = t.system_type_id WHERE "
         "c.object_id = OBJECT_ID(" +
         quote_literal(table) + ")";
}

std::string locked_table(std::string_view table, bool exclusive) {
  return std::string(table) + (exclusive ? " WITH (UPDLOCK)" : " WITH (REPEATABLEREAD)");
}

}  // namespace mssql::tsql
