// The encoder of bulk loads, and so of parameters: the rows of INSERT BULK, sent back by a server
// as a result, are what they were.
#include <algorithm>
#include <bit>
#include <cctype>
#include <deque>

#include "core/spelling.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/native/bulk_load.hpp"
#include "core/tds/native/result_set.hpp"
#include "core/tds/native/token.hpp"
#include "session.hpp"

namespace {

using namespace mssql;
using namespace mssql::tds;

// Any kind of value, mostly one that the type may hold.
Scalar read_value(fuzz::Input& input, const std::vector<std::uint8_t>& bytes) {
  const auto number = [&] {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
  };
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  switch (input.byte() % 8) {
    case 0: return {};
    case 1: return static_cast<std::int64_t>(number());
    case 2: return std::bit_cast<double>(number());
    case 3:
      return Decimal{static_cast<unsigned __int128>(number()) << (input.byte() % 60), input.byte() % 39,
                     input.byte() % 2 == 1, input.byte() % 8 == 0};
    case 4:
      return DateTime{static_cast<std::int64_t>(number() % (microseconds_per_day + 1)),
                      first_date - 1 + static_cast<std::int32_t>(input.byte()) * 14321,
                      static_cast<std::int16_t>(input.byte() * 7 - 840)};
    case 5: {
      Uuid uuid{};
      std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.size()), uuid.begin());
      return uuid;
    }
    case 6: return Text{text};
    default: return Binary{text};
  }
}

// What a reader understands, of a value that was taken. The two ways of writing a number or a
// moment differ in zeros behind the last digit, and in the T.
std::string sent_text(const RemoteType& type, const Scalar& value) {
  if (is_null(value)) return "NULL";
  std::string text = spelled(type, value);
  if (type.type == Type::bit) return text == "1" ? "true" : "false";
  if (std::holds_alternative<Binary>(value)) text[0] = '\\';
  if (std::holds_alternative<DateTime>(value)) std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

bool is_same(const RemoteType& type, const Scalar& value, const std::string& read) {
  const std::string sent = sent_text(type, value);
  if (sent == read) return true;
  if (const auto* number = std::get_if<Decimal>(&value)) {
    if (number->magnitude == 0) return read.find_first_not_of("0.") == std::string::npos;
    const std::string head = read.substr(0, sent.size()), tail = read.substr(std::min(sent.size(), read.size()));
    return head == sent && tail.find_first_not_of("0.") == std::string::npos;
  }
  if (!std::holds_alternative<DateTime>(value)) return false;
  std::string digits_sent, digits_read;
  for (const char c : sent)
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 && c != '0') digits_sent += c;
  for (const char c : read)
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 && c != '0') digits_read += c;
  return digits_sent == digits_read;
}

std::string text_of(const Column& column, const Cell& cell) {
  if (cell.is_null()) return "NULL";
  std::string text;
  tds::decode_to_text(column, cell, tds::CharacterPolicy::error, text);
  return text;
}

struct Rows {
  std::string message;  // COLMETADATA, ROW tokens, DONE
  std::vector<RemoteType> types;
  std::vector<Scalar> values;  // row by row
};

// Reads the message as the native driver reads a result; a bulk load has the same tokens.
void check_message(const Rows& rows) {
  tds::scripted::Server server({tds::scripted::packets(rows.message, 32000)});
  tds::native::Channel channel(server.stream(), tds::scripted::Server::environment(), "the fuzzer");
  tds::native::Inbox inbox(channel);
  tds::native::ResultSet result;
  inbox.start();
  inbox.mark();
  fuzz::require(inbox.u8() == tds::native::token::columns && result.describe(inbox), "metadata that is none");
  std::size_t at = 0;
  for (inbox.mark(); inbox.u8() == tds::native::token::row; inbox.mark()) {
    const Row row = result.read_row(inbox);
    for (std::size_t i = 0; i < row.size(); ++i, ++at)
      fuzz::require(
          at < rows.values.size() && is_same(rows.types[i], rows.values[at], text_of(result.columns()[i], row[i])),
          "a value that is another on the way");
  }
  fuzz::require(at == rows.values.size(), "a row that got lost");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  std::vector<tds::BulkColumn> columns;
  Rows sent;
  for (int count = input.byte() % 5; count > 0; --count) {
    const auto type = static_cast<Type>(input.byte() % (static_cast<int>(Type::udt) + 1));
    const int precision = input.byte() % 38 + 1;
    const int fraction = input.byte() % 8;
    const std::vector<std::uint8_t> name = input.bytes(input.byte() % 8);
    sent.types.push_back({type, 0, precision, type == Type::decimal ? std::min(fraction, precision) : fraction});
    columns.push_back({std::string(name.begin(), name.end()), sent.types.back()});
  }
  fuzz::succeeds([&] {
    tds::native::BulkLoad load("[dbo].[t]", columns);
    sent.message = load.metadata(tds::native::ServerState{});
    std::deque<std::vector<std::uint8_t>> kept;
    while (!input.empty() && load.rows() < 1000) {
      std::vector<Scalar> values;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        kept.push_back(input.bytes(input.byte()));
        values.push_back(read_value(input, kept.back()));
      }
      fuzz::succeeds([&] {
        sent.message += load.encode(values);
        sent.values.insert(sent.values.end(), values.begin(), values.end());
      });
    }
    fuzz::require(static_cast<std::size_t>(load.rows()) * columns.size() == sent.values.size(),
                  "a row that is not counted");
    sent.message += tds::native::BulkLoad::end();
    check_message(sent);
  });
  return 0;
}
