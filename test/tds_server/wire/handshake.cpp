// The login sequence, MS-TDS 3.3.5.1 to 3.3.5.6, and the faults that meet connections before they
// are sessions.
#include "handshake.hpp"

#include <algorithm>
#include <cstdio>
#include <random>
#include <variant>

#include "login.hpp"
#include "prelogin.hpp"
#include "security.hpp"
#include "tokens.hpp"

namespace tds_server {

namespace {

constexpr std::size_t login_limit = 128 * 1024;  // MS-TDS 2.2.6.4
constexpr int login_seconds = 60;
constexpr int tls_client_hello = 0x16;

struct Account {
  std::string name;
  AuthScheme scheme{AuthScheme::sql};
};

Message login_failed(const std::string& user) { return {18456, 1, 14, "Login failed for user '" + user + "'.", "", 1}; }

// What a database that is not to be had now makes a login say; other numbers are told by number
// only.
Message unavailable(std::uint64_t number, const std::string& database) {
  if (number == 40613) {
    return {40613,
            1,
            17,
            "Database '" + database +
                "' on server 'tds_server' is not currently available.  Please retry the connection later.",
            "",
            1};
  }
  return {static_cast<std::int32_t>(number),
          1,
          16,
          "Error " + std::to_string(number) + " injected by tds_server_fault.",
          "",
          1};
}

std::string random_nonce() {
  std::string nonce(32, '\0');
  std::random_device random;
  for (char& c : nonce) c = static_cast<char>(random());
  return nonce;
}

class Handshake {
 public:
  Handshake(Transport& transport, PacketWriter& writer, Server& server, int spid)
      : transport_(transport), writer_(writer), server_(server), spid_(spid) {}

  std::optional<LoggedIn> run();

 private:
  Packet receive_login();
  void negotiate(const Packet& prelogin);
  std::optional<LoggedIn> answer(const LoginRequest& login);
  // Who the client has proven to be, or what is said to one who has not.
  std::variant<Account, Message> authenticate(const LoginRequest& login);
  std::variant<Account, Message> authenticate_integrated(const LoginRequest& login);
  std::variant<Account, Message> authenticate_federated(const FederatedLogin& login);
  std::optional<LoggedIn> refuse(const LoginRequest& login, std::initializer_list<Message> messages);
  void welcome(const LoginRequest& login, const Engine& engine);
  std::optional<LoggedIn> route(const LoginRequest& login, const ConnectionFault& where, bool acknowledged);
  std::size_t packet_size(const LoginRequest& login) const;
  void stay_mute();
  void info(const Dialect& dialect, std::int32_t number, std::uint8_t state, const std::string& text);

  Transport& transport_;
  PacketWriter& writer_;
  Server& server_;
  int spid_;
  bool strict_{false};
  TlsExtent tls_{TlsExtent::none};
  std::optional<TokenOffer> offer_;  // ours to the client
  std::string client_nonce_;
  bool login_was_secret_{false};
  std::string last_security_token_;  // goes with LOGINACK
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
  if (server_.faults.connection("mute_login")) stay_mute();
  if (server_.faults.connection("drop_at_login")) throw Disconnected();
  return answer(login);
}

Packet Handshake::receive_login() {
  std::optional<Packet> first = read_packet(transport_);
  bool negotiated = false;
  if (first && first->type == PacketType::prelogin) {
    negotiate(read_rest(transport_, *std::move(first), login_limit));
    negotiated = true;
    first = read_packet(transport_);
  }
  if (!first) throw Disconnected();
  if (first->type != PacketType::login) throw ProtocolError("a login is expected");
  if (!negotiated && !strict_ && server_.options.encrypt == EncryptMode::full)
    throw ProtocolError("encryption is required");
  login_was_secret_ = transport_.encrypted() && (tls_ != TlsExtent::login_packet || first->last());
  // MS-TDS 3.2.5.2: where only the login is encrypted, that is its first packet; the rest of a
  // longer one comes in the clear.
  if (tls_ == TlsExtent::login_packet) transport_.end_tls();
  return read_rest(transport_, *std::move(first), login_limit);
}

void Handshake::negotiate(const Packet& prelogin) {
  const PreloginRequest request = parse_prelogin(prelogin.payload);
  EncryptionAnswer answer = answer_encryption(server_.options.encrypt, request.encryption);
  if (strict_) answer = {Encryption::on, TlsExtent::none};
  if (request.token_asked && !server_.options.access_token_file.empty()) offer_ = TokenOffer{true, random_nonce()};
  client_nonce_ = request.nonce;
  append_prelogin(writer_.body(), answer.reply, offer_);
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
  if (!login.dialect.since_7_1()) {
    return refuse(login, {{17828, 1, 20, "TDS versions before 7.1 are not supported.", "", 1}});
  }
  if (const auto routed = server_.faults.connection("routed"); routed && routed->text != login.server) {
    return refuse(
        login, {{40532, 1, 20, "Cannot open server \"" + login.server + "\" requested by the login.  The login failed.",
                 "", 1}});
  }
  const std::variant<Account, Message> proven = authenticate(login);
  if (const Message* message = std::get_if<Message>(&proven)) return refuse(login, {*message});
  const Account& account = std::get<Account>(proven);
  if (server_.faults.connection("refuse_login")) return refuse(login, {login_failed(account.name)});
  if (const auto fault = server_.faults.connection("login_error"))
    return refuse(login, {unavailable(fault->value, login.database)});
  if (const auto fault = server_.faults.connection("route")) return route(login, *fault, true);
  if (const auto fault = server_.faults.connection("route_without_ack")) return route(login, *fault, false);
  LoggedIn session{nullptr, login.dialect};
  try {
    session.engine = open_engine(server_.options.pg_conninfo, login.database, account.name);
  } catch (const EngineError& error) {
    return refuse(login, {error.message, login_failed(account.name)});
  }
  session.engine->introduce({spid_, login.host, login.application, account.scheme});
  welcome(login, *session.engine);
  transport_.read_timeout(0);
  return session;
}

std::variant<Account, Message> Handshake::authenticate(const LoginRequest& login) {
  if (login.federated) return authenticate_federated(*login.federated);
  if (login.integrated) return authenticate_integrated(login);
  if (server_.accepts(login.user, login.password)) return Account{login.user, AuthScheme::sql};
  return login_failed(login.user);
}

// MS-TDS 3.3.5.5, "SPNEGO Negotiation": tokens go to and fro until both sides are content.
std::variant<Account, Message> Handshake::authenticate_integrated(const LoginRequest& login) {
  const Message untrusted{
      18452, 1,
      14,    "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.",
      "",    1};
  if (server_.options.windows_logins.empty()) return untrusted;
  SecurityAcceptor acceptor;
  std::string token = login.sspi;
  for (;;) {
    std::optional<std::string> reply = acceptor.step(token);
    if (!reply) {
      std::fprintf(stderr, "tds_server: session %d: SSPI handshake failed: %s\n", spid_, acceptor.fault().c_str());
      return untrusted;
    }
    if (acceptor.complete()) {
      last_security_token_ = *std::move(reply);
      break;
    }
    append_sspi(writer_.body(), *reply);
    writer_.end_message();
    const Packet answer = read_message(transport_, login_limit);
    if (answer.type != PacketType::sspi) throw ProtocolError("an SSPI message is expected");
    token.assign(answer.payload.begin(), answer.payload.end());
  }
  if (!server_.knows_windows_login(acceptor.account())) return login_failed(acceptor.account());
  return Account{acceptor.account(), acceptor.scheme()};
}

// MS-TDS 3.3.5.5: the token itself, and that client and server have heard the same in PRELOGIN.
std::variant<Account, Message> Handshake::authenticate_federated(const FederatedLogin& login) {
  const Message failed = login_failed("<token-identified principal>");
  constexpr unsigned security_token = 1;
  if (!login_was_secret_ || login.library != security_token || login.token.empty()) return failed;
  if (login.echo != (offer_ && offer_->required)) return failed;
  if (login.nonce != (offer_ ? offer_->nonce : "")) return failed;
  const std::optional<std::string> owner = server_.owner_of_token(login.token);
  if (!owner) return failed;
  return Account{*owner, AuthScheme::sql};
}

std::optional<LoggedIn> Handshake::refuse(const LoginRequest& login, std::initializer_list<Message> messages) {
  for (const Message& message : messages) append_message(writer_.body(), message, server_.name, login.dialect);
  append_done(writer_.body(), {DoneToken::done, done_flag::error, Command::none, 0}, login.dialect);
  writer_.end_message();
  transport_.close_gently();
  return std::nullopt;
}

// Azure's gateway, and the listener of an availability group: the login goes on elsewhere, where it
// has to say whom it is for.
std::optional<LoggedIn> Handshake::route(const LoginRequest& login, const ConnectionFault& where, bool acknowledged) {
  server_.faults.arm("routed", 0, where.text, 1);
  if (acknowledged) append_login_ack(writer_.body(), login.dialect);
  append_env_route(writer_.body(), where.text, static_cast<unsigned>(where.value));
  append_done(writer_.body(), {}, login.dialect);
  writer_.end_message();
  transport_.close_gently();
  return std::nullopt;
}

std::size_t Handshake::packet_size(const LoginRequest& login) const {
  if (const auto fault = server_.faults.connection("grant_packets")) return static_cast<std::size_t>(fault->value);
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
  const bool unproven = server_.faults.connection("unproven_login").has_value();
  if (!last_security_token_.empty() && !unproven) append_sspi(out, last_security_token_);
  const std::string database = engine.database();
  append_env_text(out, EnvChange::database, database, "master");
  info(dialect, 5701, 2, "Changed database context to '" + database + "'.");
  append_env_collation(out, collation_named(engine.default_collation()).bytes);
  append_env_text(out, EnvChange::language, language, "");
  info(dialect, 5703, 1, "Changed language setting to " + language + ".");
  append_login_ack(out, dialect);
  const std::size_t size = packet_size(login);
  append_env_text(out, EnvChange::packet_size, std::to_string(size), "4096");
  if (login.asks_features)
    append_feature_ack(out, dialect.utf8, login.federated && !unproven ? std::optional(client_nonce_) : std::nullopt);
  append_done(out, {}, dialect);
  writer_.end_message();
  writer_.packet_size(size);
}

}  // namespace

std::optional<LoggedIn> log_in(Transport& transport, PacketWriter& writer, Server& server, int spid) {
  return Handshake(transport, writer, server, spid).run();
}

}  // namespace tds_server
