// The conversions; sender.hpp states the contract. Numerics leave through numeric_send's base-10000
// digits, the inverse of number.cpp.

#include "sender.hpp"

#include <algorithm>
#include <cmath>

#include "pg/host/settings.hpp"

namespace mssql::pg {

namespace {

constexpr int longest_nvarchar = 4000;   // UTF-16 units
constexpr int longest_varbinary = 8000;  // bytes

bool send_bool(const Sender&, Datum datum, Parameter* parameter) {
  parameter->value = std::int64_t{DatumGetBool(datum)};
  return true;
}

bool send_int2(const Sender&, Datum datum, Parameter* parameter) {
  parameter->value = std::int64_t{DatumGetInt16(datum)};
  return true;
}

bool send_int4(const Sender&, Datum datum, Parameter* parameter) {
  parameter->value = std::int64_t{DatumGetInt32(datum)};
  return true;
}

bool send_int8(const Sender&, Datum datum, Parameter* parameter) {
  parameter->value = std::int64_t{DatumGetInt64(datum)};
  return true;
}

bool send_float4(const Sender&, Datum datum, Parameter* parameter) {
  parameter->value = static_cast<double>(DatumGetFloat4(datum));
  return std::isfinite(DatumGetFloat4(datum));
}

bool send_float8(const Sender&, Datum datum, Parameter* parameter) {
  parameter->value = DatumGetFloat8(datum);
  return std::isfinite(DatumGetFloat8(datum));
}

unsigned __int128 power_of_ten(int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

// numeric_send's message, in the order of numeric.c: ndigits, weight, sign, dscale, digits.
class NumericMessage {
 public:
  explicit NumericMessage(Datum numeric)
      : at_(reinterpret_cast<const std::uint8_t*>(
            VARDATA_ANY(DatumGetByteaPP(DirectFunctionCall1(numeric_send, numeric))))) {}

  int next() {
    const int number = at_[0] << 8 | at_[1];
    at_ += 2;
    return number;
  }

 private:
  const std::uint8_t* at_;
};

int digits_before_point(int weight, int first_group) {
  if (weight < 0) return 0;
  return 4 * weight + (first_group >= 1000 ? 4 : first_group >= 100 ? 3 : first_group >= 10 ? 2 : 1);
}

bool send_numeric(const Sender&, Datum datum, Parameter* parameter) {
  constexpr int negative = 0x4000, special = 0xC000;  // which are NaN and the infinities
  NumericMessage message(datum);
  const int count = message.next();
  const int weight = static_cast<std::int16_t>(message.next());
  const int sign = message.next();
  const int dscale = message.next();
  if ((sign & special) == special) return false;

  Decimal value;
  value.negative = sign == negative;
  int whole = 0;
  int below = 0;  // the digits taken so far end above 10^-below
  for (int i = 0; i < count; ++i) {
    const int group = message.next();
    if (i == 0) {
      whole = digits_before_point(weight, group);
      if (whole > most_decimal_digits) return false;
      value.scale = std::min(dscale, most_decimal_digits - whole);
      below = -4 * (weight + 1);
    }
    const int taken = std::clamp(value.scale - below, 0, 4);
    const int rest = static_cast<int>(power_of_ten(4 - taken));
    value.magnitude = value.magnitude * power_of_ten(taken) + static_cast<unsigned>(group / rest);
    value.cut = value.cut || group % rest != 0;
    below += 4;
  }
  if (count == 0) value.scale = std::min(dscale, most_decimal_digits);
  if (below < value.scale) value.magnitude *= power_of_ten(value.scale - below);
  // Of the value alone: a wider declaration would take digits from the results of arithmetic.
  parameter->type = {Type::decimal, 0, std::max(whole + dscale, 1), dscale};
  parameter->value = value;
  return true;
}

bool send_days(std::int64_t days, std::int64_t microseconds, Parameter* parameter) {
  if (days < first_date || days > last_date) return false;
  parameter->value = DateTime{microseconds, static_cast<std::int32_t>(days), 0};
  return true;
}

bool send_date(const Sender&, Datum datum, Parameter* parameter) {
  return send_days(DatumGetDateADT(datum), 0, parameter);  // infinity is outside of the calendar
}

bool send_time(const Sender&, Datum datum, Parameter* parameter) {
  return DatumGetTimeADT(datum) < USECS_PER_DAY && send_days(0, DatumGetTimeADT(datum), parameter);
}

bool send_timestamp(const Sender&, Datum datum, Parameter* parameter) {
  const Timestamp value = DatumGetTimestamp(datum);  // infinity is outside of the calendar
  const std::int64_t rest = value % USECS_PER_DAY;
  const std::int64_t days = value / USECS_PER_DAY - (rest < 0 ? 1 : 0);
  return send_days(days, rest < 0 ? rest + USECS_PER_DAY : rest, parameter);
}

bool send_uuid(const Sender&, Datum datum, Parameter* parameter) {
  Uuid uuid;
  std::memcpy(uuid.data(), DatumGetUUIDP(datum)->data, uuid.size());
  parameter->value = uuid;
  return true;
}

bool send_bytea(const Sender&, Datum datum, Parameter* parameter) {
  const bytea* bytes = DatumGetByteaPP(datum);
  const std::size_t size = VARSIZE_ANY_EXHDR(bytes);
  parameter->type.max_length = size <= longest_varbinary ? longest_varbinary : -1;
  parameter->value = Binary{{VARDATA_ANY(bytes), size}};
  return true;
}

void set_text(const char* text, std::size_t size, Parameter* parameter) {
  const char* utf8 = pg_server_to_any(text, static_cast<int>(size), PG_UTF8);
  parameter->type.max_length = size <= longest_nvarchar ? 2 * longest_nvarchar : -1;
  parameter->value = Text{{utf8, utf8 == text ? size : std::strlen(utf8)}};
}

bool send_text(const Sender&, Datum datum, Parameter* parameter) {
  const text* value = DatumGetTextPP(datum);
  set_text(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), parameter);
  return true;
}

bool send_output(const Sender& self, Datum datum, Parameter* parameter) {
  const int level = hold_settings(true);
  const char* text = OutputFunctionCall(self.output, datum);
  release_settings(level);
  set_text(text, std::strlen(text), parameter);
  return true;
}

Sender make_sender(SendFunction function, const RemoteType& remote) { return {function, InvalidOid, remote, nullptr}; }

Sender choose_by_type(Oid type) {
  switch (type) {
    case BOOLOID: return make_sender(send_bool, {Type::bit});
    case INT2OID: return make_sender(send_int2, {Type::smallint});
    case INT4OID: return make_sender(send_int4, {Type::int_});
    case INT8OID: return make_sender(send_int8, {Type::bigint});
    case NUMERICOID: return make_sender(send_numeric, {Type::decimal, 0, most_decimal_digits, 0});
    case FLOAT4OID: return make_sender(send_float4, {Type::real});
    case FLOAT8OID: return make_sender(send_float8, {Type::float_});
    case DATEOID: return make_sender(send_date, {Type::date});
    case TIMEOID: return make_sender(send_time, {Type::time, 0, 0, 6});
    case TIMESTAMPOID: return make_sender(send_timestamp, {Type::datetime2, 0, 0, 6});
    case TIMESTAMPTZOID: return make_sender(send_timestamp, {Type::datetimeoffset, 0, 0, 6});
    case UUIDOID: return make_sender(send_uuid, {Type::uniqueidentifier});
    case BYTEAOID: return make_sender(send_bytea, {Type::varbinary, longest_varbinary});
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID: return make_sender(send_text, {Type::nvarchar, 2 * longest_nvarchar});
    default: return make_sender(send_output, {Type::nvarchar, 2 * longest_nvarchar});
  }
}

}  // namespace

Sender choose_sender(Oid type) {
  Sender sender = choose_by_type(getBaseType(type));
  if (sender.function == send_output) return choose_text_sender(type);
  sender.type = getBaseType(type);
  return sender;
}

Sender choose_text_sender(Oid type) {
  Sender sender = make_sender(send_output, {Type::nvarchar, 2 * longest_nvarchar});
  sender.type = getBaseType(type);
  Oid output = InvalidOid;
  bool is_varlena = false;
  getTypeOutputInfo(sender.type, &output, &is_varlena);
  sender.output = static_cast<FmgrInfo*>(palloc0(sizeof(FmgrInfo)));
  fmgr_info(output, sender.output);
  return sender;
}

bool send(const Sender& sender, Datum datum, bool isnull, Parameter* parameter) {
  *parameter = {sender.remote, {}};
  return isnull || sender.function(sender, datum, parameter);
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

}  // namespace mssql::pg
