// The login sequence, MS-TDS 3.3.5.1 to 3.3.5.6, and the faults that meet connections before they are sessions.
#include "handshake.hpp"

#include <algorithm>

#include "login.hpp"
#include "prelogin.hpp"
#include "tokens.hpp"

namespace tds_server {

namespace {

constexpr std::size_t login_limit = 128 * 1024;  // MS-TDS 2.2.6.4
constexpr int login_seconds = 60;
constexpr int tls_client_hello = 0x16;

class Handshake {
 public:
  Handshake(Transport& transport, PacketWriter& writer, Server& server, int spid)
      : transport_(transport), writer_(writer), server_(server), spid_(spid) {}

  std::optional<LoggedIn> run();

 private:
  Packet receive_login();
  void negotiate(const Packet& prelogin);
  std::optional<LoggedIn> answer(const LoginRequest& login);
  std::optional<LoggedIn> refuse(const LoginRequest& login, std::initializer_list<Message> messages);
  void welcome(const LoginRequest& login, const Engine& engine);
  std::size_t packet_size(const LoginRequest& login) const;
  void stay_mute();
  void info(const Dialect& dialect, std::int32_t number, std::uint8_t state, const std::string& text);

  Transport& transport_;
  PacketWriter& writer_;
  Server& server_;
  int spid_;
  bool strict_{false};
  TlsExtent tls_{TlsExtent::none};
};

std::optional<LoggedIn> Handshake::run() {
  transport_.read_timeout(login_seconds);
  if (server_.faults.connection("mute_prelogin")) stay_mute();
  strict_ = transport_.peek_byte() == tls_client_hello;
  if (strict_) {
    if (server_.options.encrypt == EncryptMode::not_supported) throw ProtocolError("TLS is not supported");
    transport_.start_bare_tls(server_.tls);
  }
  const Packet message = receive_login();
  const LoginRequest login = parse_login(message.payload);
  if (tls_ == TlsExtent::login_packet) transport_.end_tls();
  if (server_.faults.connection("mute_login")) stay_mute();
  if (server_.faults.connection("drop_at_login")) throw Disconnected();
  return answer(login);
}

Packet Handshake::receive_login() {
  Packet message = read_message(transport_, login_limit);
  bool negotiated = false;
  if (message.type == PacketType::prelogin) {
    negotiate(message);
    negotiated = true;
    message = read_message(transport_, login_limit);
  }
  if (message.type != PacketType::login) throw ProtocolError("a login is expected");
  if (!negotiated && !strict_ && server_.options.encrypt == EncryptMode::full) throw ProtocolError("encryption is required");
  return message;
}

void Handshake::negotiate(const Packet& prelogin) {
  const Encryption wish = parse_prelogin(prelogin.payload);
  EncryptionAnswer answer = answer_encryption(server_.options.encrypt, wish);
  if (strict_) answer = {Encryption::on, TlsExtent::none};
  append_prelogin(writer_.body(), answer.reply);
  writer_.end_message();
  if (answer.extent == TlsExtent::refuse) {
    transport_.close_gently();
    throw Disconnected();
  }
  tls_ = answer.extent;
  if (tls_ != TlsExtent::none) transport_.start_wrapped_tls(server_.tls);
}

void Handshake::stay_mute() {
  transport_.read_timeout(0);
  std::uint8_t ignored[4096];
  while (transport_.read_some(ignored) > 0) {
  }
  throw Disconnected();
}

std::optional<LoggedIn> Handshake::answer(const LoginRequest& login) {
  const Message failed{18456, 1, 14, "Login failed for user '" + login.user + "'.", "", 1};
  if (!login.dialect.since_7_1()) {
    return refuse(login, {{17828, 1, 20, "TDS versions before 7.1 are not supported.", "", 1}});
  }
  if (login.integrated) {
    return refuse(login, {{18452, 1, 14, "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.", "", 1}});
  }
  if (server_.faults.connection("refuse_login") || !server_.accepts(login.user, login.password)) return refuse(login, {failed});
  LoggedIn session{nullptr, login.dialect};
  try {
    session.engine = open_engine(server_.options.pg_conninfo, login.database, login.user);
  } catch (const EngineError& error) {
    return refuse(login, {error.message, failed});
  }
  session.engine->introduce({spid_, login.host, login.application});
  welcome(login, *session.engine);
  transport_.read_timeout(0);
  return session;
}

std::optional<LoggedIn> Handshake::refuse(const LoginRequest& login, std::initializer_list<Message> messages) {
  for (const Message& message : messages) append_message(writer_.body(), message, server_.name, login.dialect);
  append_done(writer_.body(), {DoneToken::done, done_flag::error, Command::none, 0}, login.dialect);
  writer_.end_message();
  transport_.close_gently();
  return std::nullopt;
}

std::size_t Handshake::packet_size(const LoginRequest& login) const {
  constexpr std::size_t usual = 4096, least = 512, most_with_tls = 16383;
  const std::size_t wanted = login.packet_size == 0 ? usual : login.packet_size;
  const std::size_t most = transport_.encrypted() ? std::min(server_.options.packet_size_max, most_with_tls)
                                                  : server_.options.packet_size_max;
  return std::clamp(wanted, least, std::max(most, least));
}

void Handshake::info(const Dialect& dialect, std::int32_t number, std::uint8_t state, const std::string& text) {
  append_message(writer_.body(), {number, state, 0, text, "", 1}, server_.name, dialect);
}

// The order of tokens is SQL Server's own.
void Handshake::welcome(const LoginRequest& login, const Engine& engine) {
  static const std::string language = "us_english";
  ByteBuffer& out = writer_.body();
  const Dialect& dialect = login.dialect;
  const std::string database = engine.database();
  append_env_text(out, EnvChange::database, database, "master");
  info(dialect, 5701, 2, "Changed database context to '" + database + "'.");
  append_env_collation(out, collation_named(engine.default_collation()).bytes);
  append_env_text(out, EnvChange::language, language, "");
  info(dialect, 5703, 1, "Changed language setting to " + language + ".");
  append_login_ack(out, dialect);
  const std::size_t size = packet_size(login);
  append_env_text(out, EnvChange::packet_size, std::to_string(size), "4096");
  if (login.asks_features) append_feature_ack(out, dialect.utf8);
  append_done(out, {}, dialect);
  writer_.end_message();
  writer_.packet_size(size);
}

}  // namespace

std::optional<LoggedIn> log_in(Transport& transport, PacketWriter& writer, Server& server, int spid) {
  return Handshake(transport, writer, server, spid).run();
}

}  // namespace tds_server
