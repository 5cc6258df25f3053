// Text, and bytes of any length, as SQL Server is to compare them: by their bytes.

#include "core/tsql/quote.hpp"

#include "expression.hpp"

namespace mssql::pg {

namespace {

constexpr int longest_nvarchar = 4000, longest_bytes = 8000;

}  // namespace

const char* as_characters(const RemoteValue& text) { return fill(tsql::form::characters, {text.sql}); }

const char* image_of(const RemoteValue& text) {
  if (text.type.type == Type::varbinary) return fill(tsql::form::measured_bytes, {text.sql});
  const char* sql = text.local == BPCHAROID ? fill(tsql::form::without_blanks, {text.sql}) : text.sql;
  const bool is_unicode = text.type.type == Type::nvarchar || text.type.type == Type::nchar;
  const bool is_short =
      text.type.max_length >= 0 && text.type.max_length <= (is_unicode ? longest_bytes : longest_nvarchar);
  if (!is_unicode) sql = fill(is_short ? tsql::form::short_unicode : tsql::form::long_unicode, {sql});
  return fill(is_short ? tsql::form::short_bytes : tsql::form::long_bytes, {sql});
}

const char* seekable(const RemoteValue& column, const RemoteValue& other) {
  const bool is_narrow = column.type.type == Type::varchar || column.type.type == Type::char_;
  return is_narrow ? tsql::narrow_literal(other.sql).data() : other.sql;  // the end is the same
}

const char* equality(const RemoteValue& left, const RemoteValue& right) {
  if (left.type.type == Type::varbinary) {
    return fill(tsql::form::both,
                {fill(tsql::form::equal, {left.sql, right.sql}), fill(tsql::form::same_length, {left.sql, right.sql})});
  }
  RemoteValue one = left, other = right;
  if (left.local == BPCHAROID || right.local == BPCHAROID) one.local = other.local = BPCHAROID;
  const char* same = fill(tsql::form::equal, {image_of(one), image_of(other)});
  // two columns, and what is made of them, have collations of their own
  if (!right.is_outside || !left.is_column) return same;
  return fill(tsql::form::both, {fill(tsql::form::equal, {left.sql, seekable(left, right)}), same});
}

}  // namespace mssql::pg
