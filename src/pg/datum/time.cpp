// Dates and times. Core delivers days and microseconds in PostgreSQL's own units.

#include "datum.hpp"

namespace mssql::pg {

namespace {

constexpr int most_fraction_digits = 6;

// The value as the server prints it, for messages.
const char* printed(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  scratch.clear();
  tds::decode_to_text(column, cell, self.policy, scratch);
  return scratch.c_str();
}

// timestamp(3) and the like round; a fraction that would change is refused.
bool fits_precision(int32 typmod, std::int64_t microseconds) {
  if (typmod < 0 || typmod >= most_fraction_digits) return true;
  return microseconds %
             static_cast<std::int64_t>(powers_of_ten[static_cast<std::size_t>(most_fraction_digits - typmod)]) ==
         0;
}

}  // namespace

Datum copy_timestamp(const Converter&, const Column& column, const Cell& cell, std::string&) {
  const DateTime value = tds::decode_datetime(column, cell);
  return TimestampGetDatum(static_cast<std::int64_t>(value.days) * USECS_PER_DAY + value.microseconds);
}

Datum convert_datetime(const Converter& self, const Column& column, const Cell& cell, std::string& scratch) {
  const DateTime value = tds::decode_datetime(column, cell);
  if (!fits_precision(self.typmod, value.microseconds)) {
    raise_out_of_range(self, printed(self, column, cell, scratch), ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
  }
  const Timestamp timestamp = static_cast<std::int64_t>(value.days) * USECS_PER_DAY + value.microseconds;
  switch (self.type) {
    case DATEOID:
      if (value.microseconds != 0) {
        raise_out_of_range(self, printed(self, column, cell, scratch), ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
      }
      return DateADTGetDatum(value.days);
    case TIMEOID: return TimeADTGetDatum(value.microseconds);
    case TIMESTAMPTZOID:
      if (column.type == WireType::datetimeoffset) return TimestampTzGetDatum(timestamp);
      // Local time of an unknown zone: read in the session's TimeZone, as PostgreSQL's cast does.
      return DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(timestamp));
    default: return TimestampGetDatum(timestamp);
  }
}

}  // namespace mssql::pg
