// How many rows a CPU-second of core's own process decodes: decode_bench ROUNDS NAME=SELECT...
//
// Each SELECT runs over core/tds/session with every driver, and each cell goes through
// core/tds/codec/decode, as a scan that wants all columns would have it. The drivers take turns;
// the first run of each is not measured. Prints a line per measured run, tab-separated:
//   decode  NAME  DRIVER  nanoseconds of CPU (user and system)  rows  bytes of cells
// The server is named by MSSQL_TEST_HOST, _PORT, _USER, _PASSWORD and _DATABASE. Fails when the
// drivers decode to different values.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/connect.hpp"
#include "core/tds/codec/decode.hpp"

namespace {

using namespace mssql;
using namespace mssql::tds;

struct Driver {
  const char* name;
  void (*choose)(Login& login);
};
const Driver drivers[] = {
    {"native", [](Login& login) { login.driver = DriverKind::native; }},
    {"freetds", [](Login& login) { login.driver = DriverKind::freetds; }},
};

struct Measurement {
  std::uint64_t rows{0};
  std::uint64_t bytes{0};
  std::uint64_t checksum{0};  // of the values, in which order does not cancel out
  std::uint64_t nanoseconds{0};
};

std::uint64_t cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Cheap, for it is measured too: the length and both ends of a text say enough.
std::uint64_t digest(std::string_view bytes) {
  if (bytes.empty()) return 1;
  return bytes.size() << 16 | static_cast<std::uint64_t>(static_cast<unsigned char>(bytes.front())) << 8 |
         static_cast<unsigned char>(bytes.back());
}

std::uint64_t digest(const std::uint8_t* data, std::size_t size) {
  return digest(std::string_view(reinterpret_cast<const char*>(data), size));
}

// A value's digest by way of its decoder. The decoder is chosen for a column, not for each cell, as
// a scan chooses its converters.
using Decode = std::uint64_t (*)(const Column& column, const Cell& cell, std::string& scratch);

std::uint64_t integer(const Column& column, const Cell& cell, std::string&) {
  return static_cast<std::uint64_t>(decode_integer(column, cell));
}

std::uint64_t floating(const Column& column, const Cell& cell, std::string&) {
  return static_cast<std::uint64_t>(decode_float(column, cell));
}

std::uint64_t decimal(const Column& column, const Cell& cell, std::string&) {
  return static_cast<std::uint64_t>(decode_decimal(column, cell).magnitude);
}

std::uint64_t datetime(const Column& column, const Cell& cell, std::string&) {
  const DateTime value = decode_datetime(column, cell);
  return static_cast<std::uint64_t>(value.days) * 86'400'000'000 + static_cast<std::uint64_t>(value.microseconds);
}

std::uint64_t uuid(const Column& column, const Cell& cell, std::string&) {
  const auto value = decode_uuid(column, cell);
  return digest(value.data(), value.size());
}

std::uint64_t text(const Column& column, const Cell& cell, std::string& scratch) {
  return digest(decode_text(column, cell, CharacterPolicy::error, scratch));
}

std::uint64_t binary(const Column&, const Cell& cell, std::string&) { return digest(cell.data, cell.size); }

Decode choose_decoder(const Column& column) {
  switch (column.type) {
    case WireType::bit:
    case WireType::tinyint:
    case WireType::smallint:
    case WireType::int_:
    case WireType::bigint: return integer;
    case WireType::real:
    case WireType::float_: return floating;
    case WireType::money:
    case WireType::smallmoney:
    case WireType::decimal: return decimal;
    case WireType::date:
    case WireType::time:
    case WireType::smalldatetime:
    case WireType::datetime:
    case WireType::datetime2:
    case WireType::datetimeoffset: return datetime;
    case WireType::uniqueidentifier: return uuid;
    case WireType::text:
    case WireType::xml: return text;
    case WireType::binary: return binary;
    case WireType::variant:
    case WireType::udt: break;
  }
  throw std::runtime_error("column " + column.name + " is of a type that is not measured");
}

struct Field {
  Decode decode;
  const Column* column;
  std::uint64_t weight;  // in the sum
};

Measurement run_once(Session& session, std::string_view sql) {
  Measurement result;
  std::string scratch;
  const std::uint64_t started = cpu_nanoseconds();
  session.execute(sql);
  if (!session.next_result()) throw std::runtime_error("no result: " + std::string(sql));
  const std::vector<Column> columns(session.columns().begin(), session.columns().end());
  std::vector<Field> fields;
  for (const Column& column : columns) fields.push_back({choose_decoder(column), &column, 2 * fields.size() + 1});
  Row row;
  while (session.fetch(row)) {
    std::uint64_t sum = 0;  // whose parts do not wait for each other
    std::uint64_t bytes = 0;
    const Cell* cell = row.data();
    for (const Field& field : fields) {
      if (!cell->is_null()) {
        sum += field.decode(*field.column, *cell, scratch) * field.weight;
        bytes += cell->size;
      }
      ++cell;
    }
    result.checksum = result.checksum * 31 + sum;
    result.bytes += bytes;
    ++result.rows;
  }
  while (session.next_result()) {
  }
  result.nanoseconds = cpu_nanoseconds() - started;
  return result;
}

void measure(const std::string& name, const std::string& sql, int rounds,
             std::vector<std::unique_ptr<Session>>& sessions) {
  for (const auto& session : sessions) run_once(*session, sql);
  std::uint64_t checksum = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      const Measurement result = run_once(*sessions[i], sql);
      if (i + round > 0 && result.checksum != checksum)
        throw std::runtime_error(name + ": " + drivers[i].name + " decodes to other values");
      checksum = result.checksum;
      std::printf("decode\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", name.c_str(), drivers[i].name,
                  result.nanoseconds, result.rows, result.bytes);
      std::fflush(stdout);
    }
  }
}

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

int run(int argc, char** argv) {
  Login login;
  login.host = from_environment("MSSQL_TEST_HOST", "127.0.0.1");
  login.port = std::stoi(from_environment("MSSQL_TEST_PORT", "1433"));
  login.username = from_environment("MSSQL_TEST_USER", "sa");
  login.password = from_environment("MSSQL_TEST_PASSWORD", "");
  login.database = from_environment("MSSQL_TEST_DATABASE", "master");
  login.encrypt = Encrypt::request;  // not the cost of TLS is the question
  std::vector<std::unique_ptr<Session>> sessions;
  for (const Driver& driver : drivers) {
    driver.choose(login);
    sessions.push_back(access::connect(login, Environment{}));
  }
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) throw std::runtime_error("NAME=SELECT is expected, not " + argument);
    measure(argument.substr(0, equals), argument.substr(equals + 1), std::stoi(argv[1]), sessions);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: decode_bench ROUNDS NAME=SELECT...\n", stderr);
    return 2;
  }
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "decode_bench: %s\n", error.what());
  }
  return 1;
}
