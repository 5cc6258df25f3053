// PostgreSQL values to T-SQL; parameter.hpp states the contract. No spelling here depends on a
// setting of either session.

#include "parameter.hpp"

#include <cmath>

#include "pg/host/settings.hpp"

namespace mssql::pg {

namespace {

constexpr int most_decimal_digits = 38;
constexpr int longest_nvarchar = 4000;  // UTF-16 units

struct Day {
  int year, month, day;
};

// False outside 0001..9999.
bool split_day(std::int64_t days, Day* out) {
  constexpr std::int64_t first = -730119;  // 0001-01-01
  constexpr std::int64_t last = 2921939;   // 9999-12-31
  if (days < first || days > last) return false;
  j2date(static_cast<int>(days + POSTGRES_EPOCH_JDATE), &out->year, &out->month, &out->day);
  return true;
}

const char* time_text(std::int64_t microseconds) {
  const int seconds = static_cast<int>(microseconds / USECS_PER_SEC);
  const int fraction = static_cast<int>(microseconds % USECS_PER_SEC);
  return psprintf("%02d:%02d:%02d.%06d", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction);
}

bool send_timestamp(Timestamp value, bool with_zone, SentValue* sent) {
  if (TIMESTAMP_NOT_FINITE(value)) return false;
  std::int64_t days = value / USECS_PER_DAY;
  std::int64_t rest = value % USECS_PER_DAY;
  if (rest < 0) {
    rest += USECS_PER_DAY;
    --days;
  }
  Day day{};
  if (!split_day(days, &day)) return false;
  sent->declaration = with_zone ? "datetimeoffset(6)" : "datetime2(6)";
  sent->text =
      psprintf("%04d-%02d-%02d %s%s", day.year, day.month, day.day, time_text(rest), with_zone ? " +00:00" : "");
  return true;
}

bool send_date(DateADT value, SentValue* sent) {
  Day day{};
  if (DATE_NOT_FINITE(value) || !split_day(value, &day)) return false;
  sent->declaration = "date";
  sent->text = psprintf("%04d-%02d-%02d", day.year, day.month, day.day);
  return true;
}

// Null for NaN and Infinity.
const char* numeric_text(Datum value) {
  const char* text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
  const char digit = text[*text == '-' ? 1 : 0];
  return digit >= '0' && digit <= '9' ? text : nullptr;
}

bool send_numeric(Datum value, SentValue* sent) {
  const char* text = numeric_text(value);
  if (text == nullptr) return false;
  const char* digits = text + (*text == '-' ? 1 : 0);
  const char* point = std::strchr(digits, '.');
  int whole = static_cast<int>(point != nullptr ? point - digits : static_cast<std::ptrdiff_t>(std::strlen(digits)));
  const int fraction = point != nullptr ? static_cast<int>(std::strlen(point + 1)) : 0;
  if (whole == 1 && *digits == '0' && fraction > 0) whole = 0;
  if (whole + fraction > most_decimal_digits) return false;
  // Of the value alone: a wider declaration would take digits from the results of arithmetic.
  // Beside a column it is the column's.
  sent->declaration = psprintf("decimal(%d,%d)", whole + fraction, fraction);
  sent->text = text;
  return true;
}

bool send_float(double value, bool narrow, SentValue* sent) {
  if (!std::isfinite(value)) return false;
  char* text = static_cast<char*>(palloc(DOUBLE_SHORTEST_DECIMAL_LEN));
  if (narrow) {
    float_to_shortest_decimal_buf(static_cast<float>(value), text);
  } else {
    double_to_shortest_decimal_buf(value, text);
  }
  sent->declaration = narrow ? "real" : "float";
  sent->text = text;
  return true;
}

void send_integer(const char* declaration, std::int64_t value, SentValue* sent) {
  sent->declaration = declaration;
  sent->text = psprintf("%lld", static_cast<long long>(value));
}

void send_bytea(Datum value, SentValue* sent) {
  const bytea* bytes = DatumGetByteaPP(value);
  const std::size_t size = VARSIZE_ANY_EXHDR(bytes);
  char* text = static_cast<char*>(palloc(2 + 2 * size + 1));
  text[0] = '0';
  text[1] = 'x';
  hex_encode(VARDATA_ANY(bytes), size, text + 2);
  text[2 + 2 * size] = '\0';
  sent->declaration = size <= 8000 ? "varbinary(8000)" : "varbinary(max)";
  sent->text = text;
}

void send_text(Oid type, Datum value, SentValue* sent) {
  Oid output = InvalidOid;
  bool is_varlena = false;
  getTypeOutputInfo(type, &output, &is_varlena);
  const bool is_text = type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
  const int level = is_text ? 0 : hold_settings(true);
  sent->text = OidOutputFunctionCall(output, value);
  if (level != 0) release_settings(level);
  sent->declaration = std::strlen(sent->text) <= longest_nvarchar ? "nvarchar(4000)" : "nvarchar(max)";
}

const char* declaration_of_null(Oid type) {
  switch (type) {
    case BOOLOID: return "bit";
    case INT2OID: return "smallint";
    case INT4OID: return "int";
    case INT8OID: return "bigint";
    case NUMERICOID: return "decimal(38,0)";
    case FLOAT4OID: return "real";
    case FLOAT8OID: return "float";
    case DATEOID: return "date";
    case TIMEOID: return "time(6)";
    case TIMESTAMPOID: return "datetime2(6)";
    case TIMESTAMPTZOID: return "datetimeoffset(6)";
    case UUIDOID: return "uniqueidentifier";
    case BYTEAOID: return "varbinary(8000)";
    default: return "nvarchar(4000)";
  }
}

// Core only.
void append_parameters(std::vector<tds::Parameter>& parameters, const SentValue* values, int count) {
  for (int i = 0; i < count; ++i) {
    tds::Parameter parameter;
    parameter.declaration = values[i].declaration;
    if (values[i].text != nullptr) parameter.text = values[i].text;
    parameters.push_back(std::move(parameter));
  }
}

}  // namespace

bool send_value(Oid type, Datum value, bool isnull, SentValue* sent) {
  const Oid base = getBaseType(type);
  *sent = SentValue{declaration_of_null(base), nullptr};
  if (isnull) return true;
  switch (base) {
    case BOOLOID: sent->text = DatumGetBool(value) ? "1" : "0"; return true;
    case INT2OID: send_integer("smallint", DatumGetInt16(value), sent); return true;
    case INT4OID: send_integer("int", DatumGetInt32(value), sent); return true;
    case INT8OID: send_integer("bigint", DatumGetInt64(value), sent); return true;
    case NUMERICOID: return send_numeric(value, sent);
    case FLOAT4OID: return send_float(DatumGetFloat4(value), true, sent);
    case FLOAT8OID: return send_float(DatumGetFloat8(value), false, sent);
    case DATEOID: return send_date(DatumGetDateADT(value), sent);
    case TIMEOID: sent->text = time_text(DatumGetTimeADT(value)); return DatumGetTimeADT(value) < USECS_PER_DAY;
    case TIMESTAMPOID: return send_timestamp(DatumGetTimestamp(value), false, sent);
    case TIMESTAMPTZOID: return send_timestamp(DatumGetTimestampTz(value), true, sent);
    case UUIDOID: sent->text = DatumGetCString(DirectFunctionCall1(uuid_out, value)); return true;
    case BYTEAOID: send_bytea(value, sent); return true;
    default: send_text(base, value, sent); return true;
  }
}

const char* constant_text(Oid type, Datum value) {
  if (getBaseType(type) == NUMERICOID) return numeric_text(value);
  SentValue sent{};
  if (!send_value(type, value, false, &sent)) return nullptr;
  switch (getBaseType(type)) {
    case BOOLOID: return DatumGetBool(value) ? "t" : "f";
    case BYTEAOID: return psprintf("\\x%s", sent.text + 2);
    default: return sent.text;
  }
}

bool always_sendable(Oid type) {
  switch (getBaseType(type)) {
    case BOOLOID:
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case UUIDOID: return true;
    default: return false;
  }
}

const std::vector<tds::Parameter>* make_parameters(const SentValue* values, int count) {
  auto* utf8 = static_cast<SentValue*>(palloc0(sizeof(SentValue) * static_cast<std::size_t>(std::max(count, 1))));
  for (int i = 0; i < count; ++i) {
    utf8[i] = values[i];
    if (utf8[i].text != nullptr)
      utf8[i].text = pg_server_to_any(utf8[i].text, static_cast<int>(std::strlen(utf8[i].text)), PG_UTF8);
  }
  auto* parameters = own<std::vector<tds::Parameter>>(CurrentMemoryContext);
  append_parameters(*parameters, utf8, count);
  return parameters;
}

}  // namespace mssql::pg
