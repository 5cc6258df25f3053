// The tokens of a reply, MS-TDS 2.2.7, written to a byte buffer. No state: session.cpp and
// result_writer.cpp decide the order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "bytes.hpp"
#include "collation.hpp"
#include "wire_type.hpp"

namespace tds_server {

namespace done_flag {
constexpr std::uint16_t more = 0x01, error = 0x02, count = 0x10, attention = 0x20, server_error = 0x100;
}

enum class DoneToken : std::uint8_t { done = 0xFD, proc = 0xFE, in_proc = 0xFF };

struct Done {
  DoneToken token{DoneToken::done};
  std::uint16_t flags{0};
  Command command{Command::none};
  std::uint64_t rows{0};
};

struct ReplyColumn {
  WireType wire;
  ColumnInfo info;
};

enum class EnvChange : std::uint8_t {
  database = 1,
  language = 2,
  packet_size = 4,
  collation = 7,
  begin = 8,
  commit = 9,
  rollback = 10,
  reset = 18,
  routing = 20,
};

void append_done(ByteBuffer& out, const Done& done, const Dialect& dialect);
void append_message(ByteBuffer& out, const Message& message, const std::string& server, const Dialect& dialect);
void append_env_text(ByteBuffer& out, EnvChange kind, std::string_view now, std::string_view before);
void append_env_collation(ByteBuffer& out, const CollationBytes& bytes);
// begin: `transaction` is the new value; commit, rollback: the old one.
void append_env_transaction(ByteBuffer& out, EnvChange kind, std::uint64_t transaction);
void append_env_reset(ByteBuffer& out);
void append_env_route(ByteBuffer& out, std::string_view server, unsigned port);
void append_login_ack(ByteBuffer& out, const Dialect& dialect);
// `federated`: the data of FEDAUTH's acknowledgement, nothing where the login had no access token.
void append_feature_ack(ByteBuffer& out, bool utf8, const std::optional<std::string>& federated);
void append_sspi(ByteBuffer& out, std::string_view token);
void append_col_metadata(ByteBuffer& out, std::span<const ReplyColumn> columns, const std::string& database,
                         const Dialect& dialect);
void append_row(ByteBuffer& out, std::span<const ReplyColumn> columns, std::span<const Value> values,
                const Dialect& dialect);
void append_return_status(ByteBuffer& out, std::int32_t status);
void append_return_value(ByteBuffer& out, unsigned ordinal, const Parameter& value, const std::string& database,
                         const Dialect& dialect);

// The version that VERSION of PRELOGIN and LOGINACK tell: SQL Server 2022.
constexpr std::uint8_t server_major = 16;
constexpr std::uint8_t server_minor = 0;
constexpr std::uint16_t server_build = 1000;

}  // namespace tds_server
