// Default and check expressions, as SQL Server stores them, to PostgreSQL expressions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "../types.hpp"

namespace mssql::tsql {

// What translation needs to know of the target. `column` maps a T-SQL column name to quoted local text, nothing when there is no such column.
struct ExpressionContext {
  std::function<std::optional<std::string>(std::string_view)> column;
  std::function<std::optional<std::string>(std::string_view schema, std::string_view sequence)> sequence;  // NEXT VALUE FOR
};

// "((0))" -> "0", "(getdate())" -> "localtimestamp(3)", "(N'x')" -> "'x'"; bit columns get true and false.
// Nothing when any part has no translation that is surely right: the caller reports it and leaves the default out.
std::optional<std::string> translate_default(std::string_view definition, const RemoteType& type, const ExpressionContext& context);
// "([Price]>=(0) AND [Price]<=(100))" -> "(price >= (0)) AND ..."; nothing as above.
std::optional<std::string> translate_check(std::string_view definition, const ExpressionContext& context);

}  // namespace mssql::tsql
