// PostgreSQL values on their way to the server: typed parameters of sp_executesql, and the text of
// constants.
#pragma once

#include "core/source/session.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

// A value in SQL Server's canonical spelling; everything is palloc'd or static, in the server's
// encoding.
struct SentValue {
  const char* declaration;  // T-SQL type
  const char* text;         // null: NULL
};

// False when SQL Server has no such value: infinity, NaN, a year outside 0001..9999, more than 38
// digits, 24:00. Types without a counterpart go as nvarchar, in their output form.
bool send_value(Oid type, Datum value, bool isnull, SentValue* sent);
// The value as tsql::push_constant() reads it: ISO dates, t and f, \x and hex. Null where
// send_value() says false, but for numbers of more than 38 digits: beside a column they may be
// rounded.
const char* constant_text(Oid type, Datum value);
// Whether every value of the type, and so of any parameter of that type, can be compared with any
// remote column that shows it.
bool always_sendable(Oid type);
// As the session takes them; lives in the current memory context.
const std::vector<tds::Parameter>* make_parameters(const SentValue* values, int count);

}  // namespace mssql::pg
