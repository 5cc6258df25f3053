// A statement whose comparisons with parameters may be decided here instead, for some values of
// these: SQL Server has none that are infinite, or NaN, or of another length.
//
// In the text that expressions are deparsed to, such a comparison stands in control characters:
//   \1 number of the parameter \2 comparison \3 value compared \4
// Both parts may have such comparisons themselves. Where no parameter is compared there are no
// marks, and the characters may be those of a name.
#pragma once

#include "core/scalar.hpp"
#include "core/tsql/rules.hpp"
#include "pg/datum/sender.hpp"

namespace mssql::pg {

inline constexpr char comparison_begins = '\1', comparison_text = '\2', comparison_value = '\3', comparison_ends = '\4';

// Whether text of others would be taken for one.
bool has_marks(const char* text);

// What becomes of the comparisons with a parameter: as they stand, or decided.
enum class Verdict : std::uint8_t { sent, always, never };

// The statement as it is sent; `verdicts` by the number of the parameter, from 0; null: all are
// sent.
const char* plain_text(const char* marked, const Verdict* verdicts);

// The comparison of a parameter as it is sent; null: it is not compared.
const char* comparison_of(const char* marked, int parameter);

// How the values of a parameter are sent; lives in the current memory context.
struct ParameterSender {
  Sender sender;
  bool compared;
  RemoteType remote;
  tsql::Bound bound;
};
// Sets what is sent, and answers what becomes of the comparison.
Verdict send_parameter(const ParameterSender& sender, Datum value, bool isnull, Parameter* parameter);

// Of a constant: whether it lies above all values that SQL Server has, for one that it has not.
bool is_beyond_above(Oid type, Datum value);

}  // namespace mssql::pg
