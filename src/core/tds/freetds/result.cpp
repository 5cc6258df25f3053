// A type that is read as it comes is one row of type_rows; one that FreeTDS keeps in a form of its
// own is also a Form.
#include "result.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/decode.hpp"

namespace mssql::tds::freetds {

namespace {

// The types of MS-TDS 2.2.5.4 by the token that FreeTDS hands on in DBCOL2::ServerType. `size`
// tells the types apart that share a nullable token; 0: any size. sql_variant (0x62) is absent:
// FreeTDS keeps its base type to itself.
struct TypeRow {
  int token;
  DBINT size;
  WireType type;
};

constexpr TypeRow type_rows[] = {
    {0x1f, 0, WireType::int_},              // NULLTYPE
    {0x22, 0, WireType::binary},            // IMAGE
    {0x23, 0, WireType::text},              // TEXT
    {0x24, 0, WireType::uniqueidentifier},  // GUID
    {0x25, 0, WireType::binary},            // VARBINARY of old
    {0x26, 1, WireType::tinyint},           // INTN
    {0x26, 2, WireType::smallint},          //
    {0x26, 4, WireType::int_},              //
    {0x26, 8, WireType::bigint},            //
    {0x27, 0, WireType::text},              // VARCHAR of old
    {0x28, 0, WireType::date},              // DATEN
    {0x29, 0, WireType::time},              // TIMEN
    {0x2a, 0, WireType::datetime2},         // DATETIME2N
    {0x2b, 0, WireType::datetimeoffset},    // DATETIMEOFFSETN
    {0x2d, 0, WireType::binary},            // BINARY of old
    {0x2f, 0, WireType::text},              // CHAR of old
    {0x30, 0, WireType::tinyint},           // INT1
    {0x32, 0, WireType::bit},               // BIT
    {0x34, 0, WireType::smallint},          // INT2
    {0x38, 0, WireType::int_},              // INT4
    {0x3a, 0, WireType::smalldatetime},     // DATETIM4
    {0x3b, 0, WireType::real},              // FLT4
    {0x3c, 0, WireType::money},             // MONEY
    {0x3d, 0, WireType::datetime},          // DATETIME
    {0x3e, 0, WireType::float_},            // FLT8
    {0x63, 0, WireType::text},              // NTEXT
    {0x68, 0, WireType::bit},               // BITN
    {0x6a, 0, WireType::decimal},           // DECIMALN
    {0x6c, 0, WireType::decimal},           // NUMERICN
    {0x6d, 4, WireType::real},              // FLTN
    {0x6d, 8, WireType::float_},            //
    {0x6e, 4, WireType::smallmoney},        // MONEYN
    {0x6e, 8, WireType::money},             //
    {0x6f, 4, WireType::smalldatetime},     // DATETIMN
    {0x6f, 8, WireType::datetime},          //
    {0x7a, 0, WireType::smallmoney},        // MONEY4
    {0x7f, 0, WireType::bigint},            // INT8
    {0xa5, 0, WireType::binary},            // BIGVARBINARY
    {0xa7, 0, WireType::text},              // BIGVARCHAR
    {0xad, 0, WireType::binary},            // BIGBINARY
    {0xaf, 0, WireType::text},              // BIGCHAR
    {0xe7, 0, WireType::text},              // NVARCHAR
    {0xef, 0, WireType::text},              // NCHAR
    {0xf0, 0, WireType::udt},               // UDT
    {0xf1, 0, WireType::xml},               // XML
};
constexpr int variant_token = 0x62;

// The longest value that is encoded again: a decimal(38).
constexpr std::size_t scratch_per_column = 17;
// FreeTDS gives columns without a length 0x3fffffff or more; text, ntext and image say 2^31 - 1 or
// so themselves.
constexpr DBINT unlimited = 0x3fffffff;
constexpr int largest_precision = 38;
constexpr int library_time_scale = 7;

[[noreturn]] void refuse_type(const std::string& name, int token) {
  if (token == variant_token)
    throw Error(sqlstate::feature_not_supported,
                "column \"" + name + "\" has the type sql_variant, which FreeTDS does not tell apart", {},
                "Convert it in the query, for example with CAST(... AS nvarchar(4000)).");
  throw Error(sqlstate::feature_not_supported, "column \"" + name + "\" has a type that cannot be read",
              "The type is number " + std::to_string(token) + " of the TDS protocol.",
              "Convert it in the query with CAST.");
}

WireType find_type(const std::string& name, int token, DBINT size) {
  for (const TypeRow& row : type_rows)
    if (row.token == token && (row.size == 0 || row.size == size)) return row.type;
  refuse_type(name, token);
}

// MS-TDS 2.2.5.5.1.6: 4, 8, 12 or 16 bytes of magnitude.
std::uint8_t wire_magnitude_bytes(int precision) {
  return precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
}

// FreeTDS keeps the magnitude in as few bytes as hold 10^precision - 1, which is ceil(precision *
// log2(10) / 8).
std::uint8_t library_magnitude_bytes(int precision) {
  unsigned __int128 largest = 1;
  for (int i = 0; i < precision; ++i) largest *= 10;
  --largest;
  std::uint8_t bytes = 0;
  for (; largest != 0; largest >>= 8) ++bytes;
  return bytes;
}

void put_little_endian(std::uint8_t* out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// MS-TDS 2.2.5.5.1.8
int time_bytes(int scale) { return scale <= 2 ? 3 : scale <= 4 ? 4 : 5; }

}  // namespace

void ResultSet::clear() noexcept {
  columns_.clear();
  plans_.clear();
  cells_.clear();
}

void ResultSet::describe(DBPROCESS* process) {
  const int count = dbnumcols(process);
  columns_.assign(static_cast<std::size_t>(count), Column{});
  plans_.assign(columns_.size(), Plan{});
  cells_.assign(columns_.size(), Cell{});
  bool needs_scratch = false;
  for (int i = 0; i < count; ++i) {
    DBCOL2 description{};
    description.SizeOfStruct = sizeof(description);
    // Fails where FreeTDS knows no T-SQL name for the type (xml, udt), after it has filled in all
    // that is needed here
    dbtablecolinfo(process, i + 1, reinterpret_cast<DBCOL*>(&description));
    plan(process, i + 1, description, columns_[i], plans_[i]);
    needs_scratch |= plans_[i].form > Form::text;
  }
  scratch_.resize(needs_scratch ? columns_.size() * scratch_per_column : 0);
}

void ResultSet::plan(DBPROCESS* process, int number, const DBCOL2& description, Column& column, Plan& plan) const {
  const char* name = dbcolname(process, number);
  column.name = name == nullptr ? "" : name;
  column.type = find_type(column.name, description.ServerType, description.ServerMaxLength);
  column.encoding = column.type == WireType::text || column.type == WireType::xml ? Encoding::utf8 : Encoding::none;
  column.max_length = description.ServerMaxLength >= unlimited ? -1 : description.ServerMaxLength;
  column.nullable = description.Null != 0;
  column.precision = description.Precision;
  column.scale = description.Scale;
  plan.scale = description.Scale;
  switch (column.type) {
    case WireType::text:
    case WireType::xml:
      plan.form = Form::text;
      // FreeTDS sizes the buffer of a converted column for 4 bytes a character, which no code page
      // or UTF-16 unit needs
      if (description.MaxLength > description.ServerMaxLength && column.max_length > 0)
        plan.full = description.MaxLength;
      break;
    case WireType::decimal:
      if (column.precision > largest_precision)
        throw Error(sqlstate::protocol_violation, "column \"" + column.name + "\" has an impossible precision",
                    "The server says decimal(" + std::to_string(column.precision) + ").");
      plan.form = Form::decimal;
      plan.magnitude_bytes = wire_magnitude_bytes(column.precision);
      plan.library_bytes = library_magnitude_bytes(column.precision);
      break;
    case WireType::date: plan.form = Form::date; break;
    case WireType::time: plan.form = Form::time; break;
    case WireType::datetime2: plan.form = Form::datetime2; break;
    case WireType::datetimeoffset: plan.form = Form::datetimeoffset; break;
    default: plan.form = Form::as_is; break;
  }
  if (plan.form <= Form::text) column.precision = column.scale = 0;
}

Row ResultSet::read(DBPROCESS* process) {
  const std::size_t count = plans_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const int number = static_cast<int>(i) + 1;
    const BYTE* data = dbdata(process, number);
    if (data == nullptr) {
      cells_[i] = {};
      continue;
    }
    const Plan& plan = plans_[i];
    if (plan.form > Form::text) {
      cells_[i] = encode(plan, columns_[i], data, scratch_.data() + i * scratch_per_column);
      continue;
    }
    const DBINT size = dbdatlen(process, number);
    if (plan.full != 0 && size >= plan.full)
      throw Error(sqlstate::string_truncation,
                  "value of column \"" + columns_[i].name + "\" may have been cut by FreeTDS",
                  "It is longer than the server declared the column to be.");
    cells_[i] = {data, static_cast<std::size_t>(size)};
  }
  return {cells_.data(), cells_.size()};
}

// Sign and big-endian magnitude to sign and little-endian magnitude; FreeTDS's sign is 1 for
// negative, the wire's 1 for not negative.
static Cell encode_decimal(int library_bytes, int wire_bytes, const Column& column, const DBNUMERIC& number,
                           std::uint8_t* out) {
  out[0] = number.array[0] == 0 ? 1 : 0;
  std::memset(out + 1, 0, static_cast<std::size_t>(wire_bytes));
  for (int i = 0; i < library_bytes; ++i) out[1 + i] = number.array[library_bytes - i];
  // What a server sends beyond the precision stays behind those bytes
  if (std::any_of(number.array + 1 + library_bytes, number.array + sizeof(number.array),
                  [](BYTE byte) { return byte != 0; }))
    throw Error(sqlstate::numeric_out_of_range,
                "value of column \"" + column.name + "\" has more digits than its precision allows");
  return {out, static_cast<std::size_t>(1 + wire_bytes)};
}

Cell ResultSet::encode(const Plan& plan, const Column& column, const BYTE* data, std::uint8_t* out) const {
  if (plan.form == Form::decimal) {
    DBNUMERIC number;
    std::memcpy(&number, data, sizeof(number));
    return encode_decimal(plan.library_bytes, plan.magnitude_bytes, column, number, out);
  }
  DBDATETIMEALL moment;
  std::memcpy(&moment, data, sizeof(moment));
  std::uint8_t* next = out;
  if (plan.form != Form::date) {
    const int bytes = time_bytes(plan.scale);
    put_little_endian(next,
                      moment.time / static_cast<std::uint64_t>(
                                        powers_of_ten[static_cast<std::size_t>(library_time_scale - plan.scale)]),
                      bytes);
    next += bytes;
  }
  if (plan.form != Form::time) {
    // DBDATETIMEALL counts days from 1900-01-01, the wire from 0001-01-01
    put_little_endian(next, static_cast<std::uint32_t>(moment.date + days_to_1900), 3);
    next += 3;
  }
  if (plan.form == Form::datetimeoffset) {
    put_little_endian(next, static_cast<std::uint16_t>(moment.offset), 2);
    next += 2;
  }
  return {out, static_cast<std::size_t>(next - out)};
}

std::string ResultSet::suspects(DBPROCESS* process) const {
  std::string marked;
  std::string all;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    if (plans_[i].form != Form::text) continue;
    const std::string name = '"' + columns_[i].name + '"';
    all += (all.empty() ? "" : ", ") + name;
    const int number = static_cast<int>(i) + 1;
    const BYTE* data = dbdata(process, number);
    if (data == nullptr || std::memchr(data, '?', static_cast<std::size_t>(dbdatlen(process, number))) == nullptr)
      continue;
    marked += (marked.empty() ? "" : ", ") + name;
  }
  return marked.empty() ? all : marked;
}

}  // namespace mssql::tds::freetds
