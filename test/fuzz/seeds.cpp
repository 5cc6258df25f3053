// Writes the seeds: fuzz_seeds FOLDER [VECTORS] makes FOLDER/<target>/<seed>. Valid conversations
// and values, from which fuzzing goes on; also what real servers sent, from a folder of captures.
//
// A TLS conversation holds for the OpenSSL that it was made with; another one's client says other
// things, and ends it early.
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>

#include "../unit/core/tds/native/test_certificate.hpp"
#include "core/types.hpp"
#include "session.hpp"
#include "steady_random.hpp"
#include "tls_options.hpp"

namespace {

using namespace mssql;
using namespace mssql::tds;
using namespace std::string_literals;

std::filesystem::path folder;

void write(const std::string& target, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(folder / target);
  std::ofstream(folder / target / name, std::ios::binary) << bytes;
}

std::string header(int piece, int payload, int interrupt_at) {
  return {static_cast<char>(piece), static_cast<char>(payload), static_cast<char>(interrupt_at)};
}

const std::string next(fuzz::separator);

std::string max_value(std::initializer_list<std::string_view> chunks) {
  std::string out = canned::little(0xFFFFFFFFFFFFFFFEu, 8);
  for (const std::string_view chunk : chunks) out += canned::little(chunk.size(), 4) + std::string(chunk);
  return out + canned::little(0, 4);
}

std::string all_types() {
  using namespace canned;
  const std::string text_pointer = value8(std::string(16, 'p')) + std::string(8, 't');
  const std::string table = "\x01"s + name16("t");
  struct Value {
    std::string type, value;
  };
  const Value values[] = {
      {intn_type(1), value8("\x07")},
      {intn_type(4), value8(little(7, 4))},
      {intn_type(8), null8},
      {"\x68\x01", value8("\x01")},
      {"\x38", little(42, 4)},
      {"\x3d", little(45000, 4) + little(1000, 4)},
      {"\x6d\x08", value8(little(0x3FF8000000000000, 8))},
      {"\x6e\x08", value8(little(0, 4) + little(12345, 4))},
      {"\x6f\x04", value8(little(45000, 2) + little(61, 2))},
      {decimal_type(38, 4), value8("\x01" + little(123456789, 8) + std::string(8, '\0'))},
      {"\x24\x10", value8("0123456789abcdef")},
      {"\x28", value8("\x10\x3a\x0b")},
      {"\x29\x07", value8(little(123456789, 5))},
      {"\x2a\x03", value8(little(1234567, 4) + "\x10\x3a\x0b")},
      {"\x2b\x07", value8(little(123456789, 5) + "\x10\x3a\x0b" + little(60, 2))},
      {nvarchar_type(40), value16(utf16("hello"))},
      {nvarchar_type(-1), max_value({utf16("one "), utf16("two")})},
      {varchar_type(10), value16("caf\xe9")},
      {varchar_type(-1, utf8_collation), max_value({})},
      {varbinary_type(10), null16},
      {varbinary_type(-1), little(-1, 8)},
      {"\xf1"s + '\0', max_value({utf16("<a/>")})},
      {"\xf0" + little(-1, 2) + name8("db") + name8("sys") + name8("geometry") + name16("assembly"),
       max_value({"udt"})},
      {"\x62" + little(8009, 4), little(6, 4) + "\x38"s + '\0' + little(5, 4)},
      {"\x62" + little(8009, 4), little(13, 4) + "\xe7\x07" + latin1_collation + little(40, 2) + utf16("ab")},
      {"\x63" + little(0x7FFFFFFE, 4) + latin1_collation + table, text_pointer + little(4, 4) + utf16("nt")},
      {"\x22" + little(0x7FFFFFFF, 4) + table, null8}};
  std::vector<CannedColumn> columns;
  std::string row_values;
  for (const Value& value : values) {
    columns.push_back({"c", value.type});
    row_values += value.value;
  }
  // metadata() puts the name behind the type, where a text type's table name belongs, which these
  // types bring along
  return metadata(columns) + row(row_values) + row(row_values) + done(count_flag, 2);
}

void write_tokens() {
  using namespace canned;
  const std::string narrow = metadata({{"a", intn_type(4)}, {"b", nvarchar_type(20)}});
  const std::string line =
      row(value8(little(1, 4)) + value16(utf16("one"))) + null_bitmap_row("\x02", value8(little(2, 4)));
  write("tokens", "all_types", header(0, 0, 0) + all_types());
  write("tokens", "all_types_in_pieces", header(3, 3, 0) + all_types());
  write("tokens", "results",
        header(0, 0, 0) + narrow + line + done(more | count_flag, 2) + narrow + line + done(count_flag, 2) + next +
            narrow + done(final));
  write("tokens", "procedure",
        header(1, 2, 0) + narrow + line + done(more | count_flag, 2, '\xff') + "\x79" + little(0, 4) + "\xac" +
            little(0, 2) + name8("@p") + '\1' + little(0, 4) + little(0, 2) + intn_type(4) + value8(little(3, 4)) +
            done(final, 0, '\xfe') + next + done(count_flag, 7));
  write("tokens", "messages",
        header(0, 0, 0) + info(5701, "changed") + narrow + line + error(8134, "divide by zero") + error(3621, "ended") +
            done(error_flag) + next + narrow + line + done(final));
  write("tokens", "interrupted",
        header(2, 0, 9) + narrow + line + line + line + done(final) + next + done(attention_flag) + next + narrow +
            done(final));
  write("tokens", "environment",
        header(0, 0, 0) + scripted::environment_change(8, "\x08\x01\x02\x03\x04\x05\x06\x07\x08"s + '\0') +
            scripted::environment_change(7, '\x05' + latin1_collation + '\0') +
            scripted::environment_change(4, name8("8192") + name8("4096")) + "\xa9" + little(2, 2) + little(1, 2) +
            "\xe4" + little(2, 4) + "ss" + "\xae\x0a" + little(1, 4) + "\x01\xff" + done(final));
  const std::string call = narrow + line + done(more | count_flag, 2, '\xff');
  const std::string call_end = done(final, 0, '\xfe');
  const std::string handle =
      "\xac" + little(0, 2) + name8("") + '\1' + little(0, 4) + little(0, 2) + intn_type(4) + value8(little(7, 4));
  const std::string lost =
      error(8179, "Could not find prepared statement with handle 7.") + done(error_flag, 0, '\xfe');
  write("tokens", "prepared",
        header(0, 0, 0) + done(final) + next + call + call_end + next + call + handle + call_end + next + lost + next +
            call + handle + call_end + next +
            scripted::environment_change(8, "\x08\x01\x02\x03\x04\x05\x06\x07\x08"s + '\0') + done(final) + next +
            done(final));
  write("tokens", "packets",
        header(0, 5, 0) + scripted::packets(narrow + line + done(final), 11) + next +
            scripted::packets(narrow + done(final)));
}

void write_login() {
  const std::string acknowledged = scripted::login_acknowledgement() + canned::done(canned::final);
  const std::string route = canned::little(0, 1) + canned::little(1433, 2) + canned::name16("other.example");
  const auto login = [&](int encrypt, int answer, const std::string& rest) {
    return header(0, 0, 0) + static_cast<char>(encrypt) + scripted::prelogin_answer(answer) + next + rest;
  };
  write("login", "plain", login(0, 2, acknowledged + next + canned::done(canned::final)));
  write("login", "refused",
        login(1, 2, canned::error(18456, "Login failed for user 'someone'.") + canned::done(canned::error_flag)));
  write("login", "insists", login(0, 3, acknowledged));
  write("login", "routed",
        login(1, 2,
              scripted::environment_change(20, canned::little(route.size(), 2) + route + canned::little(0, 2)) +
                  acknowledged));
  write("login", "encrypted", login(2, 1, "\x16\x03\x03\x00\x04\x0e\x00\x00\x00"s));
  const std::string packets =
      std::string("\x00\x05\x00\x00", 4) + scripted::packets(scripted::prelogin_answer(2)) + next +
      scripted::packets(acknowledged, 9, 0) + next +
      scripted::packets(canned::metadata({{"", canned::intn_type(4)}}) +
                        canned::row(canned::value8(canned::little(77, 4))) + canned::done(canned::final));
  write("login", "packets_without_number", packets);
}

// A handshake of Tls with OpenSSL's server, and what the server says then; the server's bytes,
// wrapped where the client wants that.
std::string converse(std::uint8_t way, int version) {
  using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
  using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;
  const scripted::Certificate certificate("db.example");  // its key is of OpenSSL's own numbers, and its signatures too
  fuzz::SteadyRandom random;
  fuzz::SteadyRandom::server(true);
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  certificate.use(context.get());
  SSL_CTX_set_max_proto_version(context.get(), version);
  const Connection server(SSL_new(context.get()), SSL_free);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(server.get(), in, out);
  SSL_set_accept_state(server.get());

  std::string said;
  const auto hear = [&](native::Tls& client) {
    fuzz::SteadyRandom::server(true);
    const std::string from_client = client.take_output();
    if (!from_client.empty()) BIO_write(in, from_client.data(), static_cast<int>(from_client.size()));
    if (!SSL_is_init_finished(server.get())) SSL_do_handshake(server.get());
    std::string answer(BIO_ctrl_pending(out), '\0');
    if (!answer.empty()) BIO_read(out, answer.data(), static_cast<int>(answer.size()));
    fuzz::SteadyRandom::server(false);
    if (!answer.empty()) client.feed({reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()});
    if (!answer.empty()) said += (way & fuzz::bare) != 0 ? answer : scripted::packets(answer);
  };
  fuzz::SteadyRandom::server(false);
  native::Tls client(fuzz::tls_options(way));
  for (int step = 0; step < 5 && !client.handshake(); ++step) hear(client);
  hear(client);
  SSL_write(server.get(), "answer", 6);
  SSL_shutdown(server.get());
  std::string rest(BIO_ctrl_pending(out), '\0');
  BIO_read(out, rest.data(), static_cast<int>(rest.size()));
  return std::string{static_cast<char>(way), '\0'} + said + rest;
}

void write_tls() {
  write("tls", "wrapped_1_2", converse(0, TLS1_2_VERSION));
  write("tls", "wrapped_1_3", converse(0, TLS1_3_VERSION));
  write("tls", "login_only", converse(fuzz::login_only, TLS1_3_VERSION));
  write("tls", "bare_1_2", converse(fuzz::bare, TLS1_2_VERSION));
  write("tls", "bare_1_3", converse(fuzz::bare, TLS1_3_VERSION));
  write("tls", "alert", std::string("\x01\x00\x15\x03\x03\x00\x02\x02\x28", 9));
}

void write_values() {
  using canned::little;
  using canned::utf16;
  const std::string pages(1, '\2');
  write(
      "text", "utf16",
      std::string(3, '\0') + utf16("plain ASCII of more than one vector") + "\x3d\xd8\x00\xde\xac\x20" + utf16("end"));
  write("text", "surrogates", std::string(3, '\0') + utf16("a") + "\x00\xd8" + utf16("b") + "\x00\xdc\x00\x00"s);
  write("text", "utf8", "\x01\x00\x01\xef\xbb\xbf<a>\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80</a>"s);
  write("text", "latin1", pages + "\x09\x00"s + "caf\xe9 \x80\x81");
  write("text", "hebrew", pages + "\x0c\x00"s + "\xf9\xc8\xec\xe5\xed");
  write("text", "japanese", pages + "\x03\x00"s + "\x93\xfa\x96\x7b\xb1\x80\xfd");
  write("text", "chinese", pages + "\x04\x00"s + "\xd6\xd0\xce\xc4\x80");
  const auto value = [](WireType type, int precision, int scale, const std::string& bytes) {
    return std::string{static_cast<char>(type), static_cast<char>(precision), static_cast<char>(scale), '\0'} + bytes;
  };
  write("decode", "int", value(WireType::int_, 0, 0, little(42, 4)));
  write("decode", "decimal",
        value(WireType::decimal, 38, 10, '\1' + little(1234567890123456789, 8) + std::string(8, '\0')));
  write("decode", "decimal_largest",
        value(WireType::decimal, 38, 38, "\x00\xff\xff\xff\xff\x3f\x22\x8a\x09\x7a\xc4\x86\x5a\xa8\x4c\x3b\x4b"s));
  write("decode", "money", value(WireType::money, 0, 0, little(0xFFFFFFFF, 4) + little(1, 4)));
  write("decode", "float", value(WireType::float_, 0, 0, little(0x7FEFFFFFFFFFFFFF, 8)));
  write("decode", "date", value(WireType::date, 0, 0, "\xda\xb9\x37"));
  write("decode", "time", value(WireType::time, 0, 7, little(863999999999, 5)));
  write("decode", "datetime", value(WireType::datetime, 0, 3, little(2958463, 4) + little(25919999, 4)));
  write("decode", "smalldatetime", value(WireType::smalldatetime, 0, 0, little(65535, 2) + little(1439, 2)));
  write("decode", "datetime2", value(WireType::datetime2, 0, 2, little(8639999, 3) + "\xda\xb9\x37"));
  write("decode", "datetimeoffset",
        value(WireType::datetimeoffset, 0, 7, little(1, 5) + "\0\0\0"s + little(static_cast<std::uint16_t>(-840), 2)));
  write("decode", "variant", value(WireType::variant, 0, 0, "\x6c\x02\x12\x02\x01" + little(12345, 8)));
  write("decode", "wkb",
        value(WireType::binary, 0, 0, "\x00\x00\x10\xe6\x01\x01\x00\x00\x00"s + std::string(16, '\0')));
  const auto columns = [](std::initializer_list<Type> types) {
    std::string out(1, static_cast<char>(types.size()));
    for (const Type type : types) out += {static_cast<char>(type), '\x12', '\2', '\2', 'c', ']'};
    return out;
  };
  // Length, bytes, kind of value and what belongs to it
  write("bulk", "numbers",
        columns({Type::int_, Type::decimal}) + "\x01\x07\x01"s + "\x02\x30\x39\x03\0\2\1\1"s + "\0\0\0\0"s);
  write("bulk", "text",
        columns({Type::nvarchar, Type::xml, Type::varbinary}) + "\x0bit's a \\\n'\\\x06" + "\x04<a/>\x06" +
            "\x03\x01\x02\x03\x07");
  write("bulk", "dates",
        columns({Type::datetime, Type::datetime2}) + "\x04\0\xf4\x24\0\x04\x64\x78"s + "\x04\0\xf4\x24\0\x04\x65\x78"s);
}

// Bytes written as hexadecimal digits, white space between them.
std::string read_hex(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string digits, bytes;
  for (char c; in >> c;) {
    digits += c;
    if (digits.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return bytes;
}

// What real servers sent: replies, and answers to PRELOGIN and LOGIN7; some without the headers of
// their packets.
void write_vectors(const std::filesystem::path& vectors) {
  const std::string plain = header(0, 5, 0) + '\0';
  const std::string acknowledged = scripted::packets(scripted::login_acknowledgement() + canned::done(canned::final));
  for (const auto& entry : std::filesystem::directory_iterator(vectors)) {
    if (entry.path().extension() != ".hex") continue;
    const std::string name = entry.path().stem();
    std::string message = read_hex(entry.path());
    if (!message.starts_with('\4')) message = scripted::packets(message);
    if (name.find("prelogin") != std::string::npos)
      write("login", name, plain + message + next + acknowledged);
    else if (name.find("login") != std::string::npos)
      write("login", name, plain + scripted::packets(scripted::prelogin_answer(2)) + next + message);
    else
      write("tokens", name, header(0, 5, 0) + message);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 && count != 3) return 2;
  folder = arguments[1];
  write_tokens();
  write_login();
  write_tls();
  write_values();
  if (count == 3) write_vectors(arguments[2]);
}
