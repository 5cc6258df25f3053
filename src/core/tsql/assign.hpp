// A value on its way into a column: as a value of the column's own type, so that the server has
// nothing to convert.
//
// What has more digits than the column is rounded where PostgreSQL and SQL Server round alike:
// digits behind the point of a decimal, a fraction of a second. What they take in different ways (a
// fraction into an integer, 5 into a bit) and what is out of range is no value of the column.
#pragma once

#include <optional>

#include "core/scalar.hpp"

namespace mssql::tsql {

// Nothing: the column cannot hold it. Text and bytes are declared as long as their kind can be, for
// a parameter is cut to its declaration without a word, while a column refuses what is too long.
// Text for a column of a code page goes as varchar as long as it is ASCII, for parameters have the
// database's code page and not the column's; then as nvarchar. Text for a column of any other type
// is nvarchar, which the server reads.
std::optional<Parameter> assign(const RemoteType& column, const Scalar& value);

// The type of NULL, and of most values.
RemoteType assigned_type(const RemoteType& column) noexcept;

// Whether the column's characters are those of a code page.
bool is_narrow(Type type) noexcept;

// Why no value of ours can become one of this type; empty: it can.
std::string_view why_not_assigned(Type type) noexcept;

}  // namespace mssql::tsql
