// Default and check expressions, as SQL Server stores them, to PostgreSQL expressions.
//
// The rule: what is not surely the same is not translated. A default or a check left out is
// reported and can be added by hand; a wrong one spoils rows, or refuses good ones, in silence.
// What that excludes:
//   - text compared with anything but '' (case, accents and trailing blanks may not count in the
//     column's collation), LIKE, and the
//     length of text (UTF-16 units there, characters here), except whether it is empty;
//   - float and real compared with a fraction that is not a binary one, division and modulo,
//     arithmetic with money or beyond 38
//     digits: the servers round at other places;
//   - the current time in a check, which would judge rows by another clock and time zone; the time
//     is translated in defaults, where
//     it becomes the local server's;
//   - date strings that depend on the session's language ('1/2/2000'), and fractions that a
//     datetime rounds;
//   - what is longer than 64 kB;
//   - CASE, user functions, subqueries, variables and everything else that is not named in
//     expression.cpp.
// Under SQL Server's us_english '2000-01-02' is read as year, month, day; so it is here, for
// datetime too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace mssql::tsql {

// What translation needs to know of the target. Names come without brackets, as SQL Server stores
// them.
struct ExpressionContext {
  // A column's name as quoted local text; nothing when there is no such column. Not called for
  // defaults, which name none.
  std::function<std::optional<std::string>(std::string_view name)> column;
  // NEXT VALUE FOR: the local sequence as quoted text ("public"."Order No"); an empty schema is the
  // default one.
  std::function<std::optional<std::string>(std::string_view schema, std::string_view sequence)> sequence;
  // A column's remote type. Without it, or where it answers nothing, all that can be said of a
  // column is IS [NOT] NULL.
  std::function<std::optional<RemoteType>(std::string_view name)> column_type;
};

// "((0))" -> "0", "(getdate())" -> "localtimestamp(3)", "(N'x')" -> "'x'"; bit columns get true and
// false. The result fits the column's local_type(). Nothing when any part has no translation that
// is surely right: the caller reports it and leaves the default out.
std::optional<std::string> translate_default(std::string_view definition, const RemoteType& type,
                                             const ExpressionContext& context);
// "([Price]>=(0) AND [Price]<=(100))" -> "price >= 0 AND price <= 100"; nothing as above. Serves
// the filter of an index too.
std::optional<std::string> translate_check(std::string_view definition, const ExpressionContext& context);

}  // namespace mssql::tsql
