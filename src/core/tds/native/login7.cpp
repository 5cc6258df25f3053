#include "login7.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "core/error.hpp"
#include "core/tds/codec/cell.hpp"
#include "core/tds/codec/unicode.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::uint32_t tds_7_4 = 0x74000004, tds_8_0 = 0x08000000;
constexpr std::uint32_t program_version = 0x00010000;
constexpr std::uint8_t use_database = 0x20, database_must_exist = 0x40, announce_language = 0x80;  // OptionFlags1
constexpr std::uint8_t language_must_exist = 0x01, odbc_settings = 0x02, integrated = 0x80;        // OptionFlags2
constexpr std::uint8_t read_only_intent = 0x20;                                                    // TypeFlags
constexpr std::uint8_t unknown_collations = 0x08, has_extension = 0x10;                            // OptionFlags3
constexpr std::uint32_t us_english = 0x0409;
constexpr std::size_t fixed_size = 94;
constexpr std::size_t longest_text = 128;  // UTF-16 units
constexpr std::size_t longest_login = 128 * 1024 - 1;
constexpr std::size_t short_sspi = 0xFFFF;  // from here on the length is in cbSSPILong
constexpr std::uint8_t feature_token = 0x02, feature_utf8 = 0x0A, feature_end = 0xFF;
constexpr std::uint8_t token_library = 0x01;  // "Security Token": the client has it already

std::string utf16(std::string_view text, const char* option) {
  std::string out;
  utf8_to_utf16le(text, out);
  if (out.size() / 2 > longest_text)
    throw Error(sqlstate::invalid_parameter, std::string("invalid value for option \"") + option + "\"",
                "SQL Server takes at most " + std::to_string(longest_text) + " characters in a login.");
  return out;
}

// Not encryption: MS-TDS 2.2.6.4 swaps the halves of each byte and flips some bits.
std::string obscured(std::string password) {
  for (char& c : password) {
    const auto byte = static_cast<std::uint8_t>(c);
    c = static_cast<char>(static_cast<std::uint8_t>(byte << 4 | byte >> 4) ^ 0xA5);
  }
  return password;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  ::gethostname(name.data(), name.size() - 1);
  std::string text(name.data());
  return text.substr(0, longest_text);
}

// Gateways go by it. A tunnel's address says nothing to them.
std::string server_name(const Login& login) {
  if (!login.route.empty()) return login.route;
  const std::string& host = login.tls_name.empty() ? login.host : login.tls_name;
  return login.instance.empty() ? host : host + '\\' + login.instance;
}

std::string four_bytes(std::size_t value) {
  std::string out;
  append_little_endian(value, 4, out);
  return out;
}

std::string feature(std::uint8_t id, const std::string& data) {
  return static_cast<char>(id) + four_bytes(data.size()) + data;
}

std::string token_feature(const std::string& access_token, const TokenEcho& echo) {
  std::string token;
  utf8_to_utf16le(access_token, token);
  return feature(feature_token, static_cast<char>(token_library << 1 | (echo.required ? 1 : 0)) +
                                    four_bytes(token.size()) + token + echo.nonce);
}

std::string all_features(const Login& login, const LoginProof& proof) {
  std::string features;
  if (!login.access_token.empty()) features += token_feature(login.access_token, proof.echo);
  return features + feature(feature_utf8, {}) + static_cast<char>(feature_end);
}

}  // namespace

void send_login(Outbox& outbox, const Login& login, std::size_t packet_size, const LoginProof& proof) {
  const bool by_sspi = !proof.sspi.empty();
  const std::string features = all_features(login, proof);
  // In the order of their offsets in the fixed part; the extension's own value is where its
  // features begin, behind all the others.
  const std::array<std::string, 9> values = {utf16(host_name(), "host"),
                                             utf16(by_sspi ? std::string() : login.username, "username"),
                                             obscured(utf16(by_sspi ? std::string() : login.password, "password")),
                                             utf16(login.application_name, "application_name"),
                                             utf16(server_name(login), "host"),
                                             std::string(4, '\0'),
                                             utf16("mssql_fdw", "application_name"),
                                             utf16("us_english", "language"),
                                             utf16(login.database, "database")};
  constexpr std::size_t extension = 5;
  std::size_t end = fixed_size + proof.sspi.size();
  for (const std::string& value : values) end += value.size();
  const std::size_t total = end + features.size();
  if (total > longest_login)
    throw Error(sqlstate::program_limit, "the login is too large for SQL Server",
                "It has " + std::to_string(total) + " bytes, most of them its " +
                    (by_sspi ? "security token." : "access token."));

  outbox.begin(PacketType::login);
  outbox.u32(static_cast<std::uint32_t>(total));
  outbox.u32(login.encrypt == Encrypt::strict ? tds_8_0 : tds_7_4);
  outbox.u32(static_cast<std::uint32_t>(packet_size));
  outbox.u32(program_version);
  outbox.u32(static_cast<std::uint32_t>(::getpid()));
  outbox.u32(0);  // no earlier connection
  outbox.u8(use_database | database_must_exist | announce_language);
  outbox.u8(language_must_exist | odbc_settings | (by_sspi ? integrated : 0));
  outbox.u8(login.read_only_intent ? read_only_intent : 0);
  outbox.u8(unknown_collations | has_extension);
  outbox.u32(0);  // time zone: nothing that we ask for depends on it
  outbox.u32(us_english);
  std::size_t offset = fixed_size;
  for (std::size_t i = 0; i < values.size(); ++i) {
    outbox.u16(static_cast<std::uint16_t>(offset));
    outbox.u16(static_cast<std::uint16_t>(i == extension ? values[i].size() : values[i].size() / 2));
    offset += values[i].size();
  }
  for (int i = 0; i < 6; ++i) outbox.u8(0);  // client id, a MAC address of old
  outbox.u16(static_cast<std::uint16_t>(offset));
  outbox.u16(static_cast<std::uint16_t>(std::min(proof.sspi.size(), short_sspi)));
  for (int i = 0; i < 2; ++i) {  // file to attach, new password: none
    outbox.u16(static_cast<std::uint16_t>(offset));
    outbox.u16(0);
  }
  outbox.u32(proof.sspi.size() < short_sspi ? 0 : static_cast<std::uint32_t>(proof.sspi.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == extension)
      outbox.u32(static_cast<std::uint32_t>(end));
    else
      outbox.bytes(values[i]);
  }
  outbox.bytes(proof.sspi);
  outbox.bytes(features);
  outbox.end();
}

void send_sspi(Outbox& outbox, std::string_view token) {
  outbox.begin(PacketType::sspi);
  outbox.bytes(token);
  outbox.end();
}

}  // namespace mssql::tds::native
