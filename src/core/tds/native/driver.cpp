#include "driver.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.hpp"
#include "core/source/ask.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tds/net/reach.hpp"
#include "core/tsql/session.hpp"
#include "login7.hpp"
#include "request.hpp"
#include "token.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::size_t wanted_packet_size = 32767;
constexpr std::size_t longest_encrypted_packet = 16383;  // servers hang up on longer ones, though they may grant them
constexpr int most_routes = 3;
constexpr std::int32_t no_such_handle = 8179, handle_of_another_context = 586;  // of another user, or of other settings
constexpr int most_challenges = 20;                                             // Kerberos takes one, NTLM two
constexpr int cancel_seconds = 10;  // a server that still sends rows then does not obey an attention
constexpr int rows_between_checks = 256;
constexpr std::uint32_t longest_skipped_token =
    16 << 20;  // far more than any server has to say in tokens that we do not read

namespace done_status {
constexpr std::uint16_t more = 0x01, error = 0x02, count = 0x10, attention = 0x20, server_error = 0x100;
}
// CurCmd of a SELECT and of an assignment, in a trigger or procedure perhaps: what they count is
// not affected. SELECT INTO has another.
constexpr std::uint16_t select_command = 0xC1;
// The first byte of LOGINACK's TDS version (MS-TDS 2.2.7.14): from 7.2 on a reply has the form that
// is read here.
constexpr int oldest_protocol = 0x72, strict_protocol = 0x08;

std::string place(const Login& login, int port) { return "\"" + login.host + "\", port " + std::to_string(port); }

// Past what follows a length of four bytes, which with the `before` bytes of its token stays in
// memory until the token is complete.
std::uint64_t skip_long(Inbox& inbox, std::uint64_t before = 0) {
  const std::uint64_t size = before + inbox.u32();
  if (size > longest_skipped_token)
    throw Error(sqlstate::protocol_violation, "malformed message from SQL Server",
                "A token has " + std::to_string(size) + " bytes.");
  inbox.skip(static_cast<std::size_t>(size - before));
  return size;
}

// FEATUREEXTACK (MS-TDS 2.2.7.11).
void read_features(Inbox& inbox, ServerState& state) {
  constexpr std::size_t feature_header = 5;
  constexpr std::uint8_t access_token = 0x02, end = 0xFF;
  std::uint64_t before = 0;
  for (std::uint8_t feature; (feature = inbox.u8()) != end;) {
    const std::uint64_t size = skip_long(inbox, before + feature_header) - before - feature_header;
    before += feature_header + size;
    if (feature != access_token) continue;
    if (size != 0)
      throw Error(sqlstate::protocol_violation, "malformed message from SQL Server",
                  "It returns a nonce that it was not given.");
    state.token_acknowledged = true;
  }
}

std::size_t packet_size_to_ask(const Login& login) {
  const std::size_t wanted = login.packet_size > 0 ? static_cast<std::size_t>(login.packet_size) : wanted_packet_size;
  return login.encrypt == Encrypt::off ? wanted : std::min(wanted, longest_encrypted_packet);
}

// A route to host\instance (Managed Instance, Synapse): only the host can be resolved, and the
// login says all of it. What the server was called here does not hold there.
void follow_route(const std::string& server, int port, Login& login) {
  login.route = server;
  login.host = server.substr(0, server.find('\\'));
  login.port = port;
  login.instance.clear();
  login.tls_name.clear();
}

[[noreturn]] void throw_too_old(const std::string& where, int major, const std::string& version) {
  constexpr int sql_server_2000 = 8;
  const std::string name = major == sql_server_2000  ? "SQL Server 2000"
                           : major < sql_server_2000 ? "SQL Server 7.0 or older"
                                                     : "too old a SQL Server";
  throw Error(
      sqlstate::feature_not_supported, "the server at " + where + " is " + name,
      "It has version " + version + ". The native driver speaks TDS 7.2 and later, which came with SQL Server 2005.",
      "Set the server option \"driver\" to \"freetds\".");
}

std::string advice_for_failed_login(const Login& login, const Channel& channel) {
  if (channel.in_handshake() && channel.answered()) return old_tls_advice;
  if (login.encrypt == Encrypt::strict) return tds8_advice;
  if (!channel.answered())
    return "Is it a SQL Server? PostgreSQL, for one, hangs up like this on other protocols. So does a SQL Server that "
           "takes TDS 8.0 only: "
           "see \"strict\" of the server option \"encrypt\".";
  if (login.encrypt == Encrypt::off) return "Does the server insist on encryption? See the server option \"encrypt\".";
  return {};
}

// Whether `text` has exactly this number in it, no other that begins or ends so.
bool names_number(std::string_view text, std::int32_t number) {
  const std::string digits = std::to_string(number);
  const auto is_digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = text.find(digits); at != std::string_view::npos; at = text.find(digits, at + 1))
    if (!is_digit(at - 1) && !is_digit(at + digits.size())) return true;
  return false;
}

// Why a server hangs up it may have said before.
Error with_last_words(Error error, const std::string& words) {
  error.detail += (error.detail.empty() ? "The server said before: " : " The server said before: ") + words;
  return error;
}

void check_text_option(const char* option, std::string_view value) {
  check_text(value, std::string("option \"") + option + "\"");
}

void check_options(const Login& login) {
  if (!login.access_token.empty() && login.encrypt == Encrypt::off)
    throw Error(sqlstate::cannot_connect, "an access token is sent under TLS only, but the option \"encrypt\" is off",
                {}, "Set the server option \"encrypt\" to \"require\" or \"strict\".");
  check_text_option("username", login.username);
  check_text_option("password", login.password);
  check_text_option("database", login.database);
  check_text_option("application_name", login.application_name);
}

}  // namespace

std::string driver_description() { return "native TDS driver"; }

Driver::Driver(const Login& login, const Environment& environment)
    : environment_(environment), waits_{login.query_timeout, Waits{}.attention} {
  check_options(login);
  connect(login);
  complete_login();
}

Driver::Driver(std::unique_ptr<net::Stream> stream, const Login& login, const Environment& environment,
               std::unique_ptr<SecurityContext> security)
    : environment_(environment), waits_{login.query_timeout, Waits{}.attention} {
  check_options(login);
  open(std::move(stream), login, net::Deadline::in_seconds(login.connect_timeout), login.port, std::move(security));
  if (!link_->state.route_host.empty())
    throw Error(sqlstate::cannot_connect,
                "connection to server at " + link_->channel.where() + " failed: the server sends the login elsewhere");
  complete_login();
}

void Driver::connect(Login login) {
  const net::Patience patience{net::Deadline::in_seconds(login.connect_timeout), login.connect_timeout,
                               environment_.interrupted, environment_.wait};
  for (int route = 0; route <= most_routes; ++route) {
    const int port =
        login.instance.empty() ? login.port : net::find_instance_port(login.host, login.instance, patience);
    open(net::socket_stream(net::connect(login.host, port, patience)), login, patience.deadline, port, nullptr);
    if (link_->state.route_host.empty()) return;
    follow_route(link_->state.route_host, link_->state.route_port, login);
  }
  throw Error(sqlstate::cannot_connect, "connection to server at " + link_->channel.where() +
                                            " failed: the server sends the login elsewhere again and again");
}

void Driver::open(std::unique_ptr<net::Stream> stream, const Login& login, net::Deadline deadline, int port,
                  std::unique_ptr<SecurityContext> security) {
  Environment quiet = environment_;
  quiet.info = nullptr;  // "changed database context to ..." is no news
  link_ = std::make_unique<Link>(std::move(stream), quiet, place(login, port));
  link_->channel.limit({deadline, login.connect_timeout, 0});
  if (is_integrated(login) && !security) security = make_security_context(login, port);
  log_in(login, security.get());
}

void Driver::complete_login() {
  link_->messages = Messages(environment_);
  logged_in_ = true;
  home_ = link_->state;
  if (spid_ == 0) introduce();
}

void Driver::log_in(const Login& login, SecurityContext* security) {
  Channel& channel = link_->channel;
  try {
    LoginProof proof;
    if (security != nullptr)
      proof.sspi = security->step({});  // before the server waits for us: it may take the KDC some time
    const Agreement agreement = secure_connection(login);
    proof.echo = agreement.echo;
    if (agreement.encryption == Encryption::login_only)
      channel.end_tls_after_write();  // its first packet, whatever its length
    send_login(link_->outbox, login, packet_size_to_ask(login), proof);
    read_login_answer(login, security);
  } catch (const Error& error) {
    if (link_->messages.has_error()) throw link_->messages.error();
    // What is a lost connection later is a failed one here
    if (std::strcmp(error.sqlstate, sqlstate::connection_failure) != 0 &&
        std::strcmp(error.sqlstate, sqlstate::protocol_violation) != 0)
      throw;
    throw Error(sqlstate::cannot_connect,
                "connection to server at " + channel.where() + " failed: the login was not completed",
                error.detail.empty() ? error.message + "." : error.detail,
                error.hint.empty() ? advice_for_failed_login(login, channel) : error.hint);
  }
}

// PRELOGIN, and TLS where it was agreed upon.
Agreement Driver::secure_connection(const Login& login) {
  const bool strict = login.encrypt == Encrypt::strict;
  // Whoever gets a token can log in with it: no impostor may
  const std::string ca_file = login.ca_file.empty() && !login.access_token.empty() ? "system" : login.ca_file;
  TlsOptions tls{login.tls_name.empty() ? login.host : login.tls_name, ca_file, login.verify_host, strict, false};
  if (strict) link_->channel.start_tls(tls, Channel::Wrapping::none);
  Agreement agreement = negotiate(link_->outbox, link_->inbox, login);
  if (agreement.encryption == Encryption::none && login.encrypt == Encrypt::request && !login.ca_file.empty())
    throw Error(sqlstate::cannot_connect,
                "the server does not encrypt, but the option \"ca_file\" wants its certificate");
  tls.login_only = agreement.encryption == Encryption::login_only;
  if (agreement.encryption != Encryption::none) link_->channel.start_tls(tls, Channel::Wrapping::prelogin);
  return agreement;
}

void Driver::read_login_answer(const Login& login, SecurityContext* security) {
  Inbox& inbox = link_->inbox;
  inbox.start();
  bool accepted = false;
  int challenges = 0;
  std::string answer;  // to the server's challenge, once it has ended its message
  busy_ = true;
  while (busy_) {
    inbox.mark();
    if (!answer.empty() && inbox.at_end()) {
      send_sspi(link_->outbox, std::exchange(answer, {}));
      inbox.start();
    }
    inbox.need(1);
    if (*inbox.data() == token::login_acknowledgement) {
      inbox.advance(1);
      read_login_acknowledgement();
      accepted = true;
    } else if (*inbox.data() == token::sspi) {
      if (++challenges > most_challenges)
        throw Error(sqlstate::protocol_violation, "the server asks for one security token after the other");
      inbox.advance(1);
      answer = read_challenge(security);
    } else {
      next_event_but_row();
    }
  }
  if (link_->messages.has_error()) throw link_->messages.error();
  if (!link_->state.route_host.empty()) return;  // with an acknowledgement or without one
  if (!accepted)
    throw Error(sqlstate::cannot_connect,
                "connection to server at " + link_->channel.where() + " failed: the login was not acknowledged");
  check_proof(login, security);
  const std::size_t granted = link_->state.packet_size;
  if (granted > 0)
    link_->outbox.packet_size(link_->channel.encrypted() ? std::min(granted, longest_encrypted_packet) : granted);
  spid_ = inbox.session_number();
}

// SSPI (MS-TDS 2.2.7.22).
std::string Driver::read_challenge(SecurityContext* security) {
  const std::string challenge = link_->inbox.bytes(link_->inbox.u16());
  if (security == nullptr || security->complete() || challenge.empty())
    throw Error(
        sqlstate::protocol_violation, "the server's answer is not in the TDS protocol",
        challenge.empty() ? "It sent an empty security token." : "It sent a security token that nobody waits for.");
  return security->step(challenge);
}

void Driver::check_proof(const Login& login, const SecurityContext* security) {
  if (security != nullptr) security->verify();
  if (!login.access_token.empty() && !link_->state.token_acknowledged)
    throw Error(sqlstate::protocol_violation, "the server did not acknowledge the access token");
}

void Driver::read_login_acknowledgement() {
  Inbox& inbox = link_->inbox;
  inbox.u16();    // length
  inbox.skip(1);  // interface
  const int protocol = inbox.u8();
  inbox.skip(3);                            // the rest of the TDS version
  inbox.skip(inbox.u8() * std::size_t{2});  // the program's name
  const int major = inbox.u8();
  const int minor = inbox.u8();
  const int build = inbox.u16_big_endian();
  server_version_ = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build);
  if (protocol < oldest_protocol && protocol != strict_protocol)
    throw_too_old(link_->channel.where(), major, server_version_);
}

// For servers that leave the session number out of the packet headers.
void Driver::introduce() {
  try {
    spid_ = static_cast<int>(source::ask_integer(*this, tsql::session_number_query).value_or(0));
  } catch (const Error& error) {
    if (error.is_interruption() || !alive()) throw;  // a server that cannot say so is still a server
  }
}

bool Driver::alive() const noexcept {
  return link_->channel.open() && (busy() || !link_->channel.closed_by_server(unanswered_));
}

void Driver::require_alive() {
  if (alive()) return;
  drop();
  throw Error(sqlstate::connection_failure, "connection to server at " + link_->channel.where() + " is closed");
}

void Driver::drop() noexcept {
  busy_ = in_rows_ = unanswered_ = opening_due_ = false;
  bulk_.reset();
  link_->channel.listen({});
  link_->channel.close();
}

// Runs something that reads. An interruption calls the request off; after any other failure the
// stream cannot be trusted.
template <class Read>
auto Driver::guarded(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.is_interruption()) {
      cancel();
      throw;
    }
    drop();
    if (!link_->messages.has_error()) throw;
    throw with_last_words(error, link_->messages.error().message);
  }
}

// For a new request.
void Driver::make_way() {
  catch_up();
  if (busy_) cancel();
  require_alive();
}

void Driver::execute(std::string_view sql, std::span<const Parameter> parameters) {
  make_way();
  check_text(sql, "statement");
  if (!parameters.empty()) settle();
  Arguments arguments = encode_arguments(parameters, link_->state);
  if (!parameters.empty()) give_back_handles();
  call_ = {};
  begin_request();
  if (parameters.empty()) return send_statement(sql);
  call_.arguments = std::move(arguments);
  send_parameterised(sql);
}

void Driver::begin_request() {
  guarded([this] { link_->inbox.rest(); });
  affected_ = 0;
  link_->result.clear();
  link_->messages.clear();
  link_->channel.limit({{}, 0, waits_.statement});
}

template <class Write>
void Driver::send(Write write) {
  try {
    write();
  } catch (...) {
    drop();  // half a request cannot be taken back
    throw;
  }
  link_->inbox.start();
  busy_ = true;
}

void Driver::send_statement(std::string_view sql) {
  ServerState& state = link_->state;
  if (!opening_) return send([&] { send_batch(link_->outbox, sql, state); });
  opening_tried_ = opening_due_ = true;
  const std::uint8_t reset = reset_status();
  const std::string batch = (reset == packet_status::normal ? way_home() : std::string()) +
                            tsql::opening_statements(*opening_) + std::string(sql);
  if (reset != packet_status::normal) forget_session();
  send([&] { send_batch(link_->outbox, batch, state, reset); });
}

// A server that tells nothing of transactions knows no reset that keeps one either.
std::uint8_t Driver::reset_status() const noexcept {
  if (opening_->begins) return packet_status::reset;
  return link_->state.tells_transactions ? packet_status::reset_but_transaction : packet_status::normal;
}

// Without a reset: what a scan reads must at least be of the database that it is meant for.
std::string Driver::way_home() const {
  if (home_.database.empty() || link_->state.database == home_.database) return {};
  const Column column{"database", WireType::text, Encoding::utf16le};
  const Cell name{reinterpret_cast<const std::uint8_t*>(home_.database.data()), home_.database.size()};
  std::string scratch;
  return tsql::use_database(decode_text(column, name, CharacterPolicy::error, scratch));
}

// What a reset takes back, which no server tells of in full: the transaction, handles, and what was
// changed since the login.
void Driver::forget_session() {
  ServerState& state = link_->state;
  if (opening_->begins) state.transaction = 0;
  prepared_ = {};
  state.database = home_.database;
  std::copy(std::begin(home_.collation), std::end(home_.collation), state.collation);
}

void Driver::open(const Opening& opening) {
  opening_ = opening;
  opening_tried_ = opening_due_ = false;
}

void Driver::settle() {
  if (opening_) run(*this, {});
}

void Driver::send_parameterised(std::string_view sql) {
  Link& link = *link_;
  call_.transaction = link.state.transaction;
  call_.statement = prepared_.use(sql, call_.arguments.declarations, link.state.database);
  if (call_.statement != nullptr) call_.way = call_.statement->way();
  using Way = PreparedStatement::Way;
  switch (call_.way) {
    case Way::execute_sql: send([&] { send_executesql(link.outbox, sql, call_.arguments, link.state); }); break;
    case Way::prepare:
      call_.statement->ask();
      send([&] { send_prepexec(link.outbox, sql, call_.arguments, link.state); });
      break;
    case Way::execute:
      return send([&] { send_execute(link.outbox, call_.statement->handle(), call_.arguments, link.state); });
  }
  call_.arguments = {};  // only a handle may have to be made anew
}

// A server that has lost them already says so; nobody needs to know.
void Driver::give_back_handles() {
  std::string batch;
  for (const std::int32_t handle : prepared_.take_surplus()) batch += tsql::unprepare(handle);
  if (batch.empty()) return;
  const std::uint64_t transaction = link_->state.transaction;
  try {
    run(*this, batch);
  } catch (const Error& error) {
    // Under XACT_ABORT the error has ended the transaction, which the caller has to hear of
    if (error.is_interruption() || !alive() || link_->state.transaction != transaction) throw;
  }
}

// Whether the request failed because the handle is good no more: then nothing of it was executed.
bool Driver::handle_is_unknown() const {
  if (call_.way != PreparedStatement::Way::execute || call_.had_result || affected_ != 0) return false;
  if (call_.transaction != link_->state.transaction) return false;
  const Error error = link_->messages.error();
  const bool refused = error.server_number == no_such_handle || error.server_number == handle_of_another_context;
  return refused && names_number(error.message, call_.statement->handle());
}

void Driver::prepare_again() {
  const Error error = link_->messages.error();
  cancel();
  if (!alive()) throw error;
  call_.way = PreparedStatement::Way::prepare;
  if (error.server_number == handle_of_another_context) prepared_.give_back(call_.statement->handle());
  call_.statement->forget();
  call_.statement->ask();
  begin_request();
  send([this] { send_prepexec(link_->outbox, call_.statement->sql(), call_.arguments, link_->state); });
}

// Transaction manager requests: no setting of the session's, SET NOEXEC ON say, keeps the server
// from obeying them.
template <class Write>
void Driver::request_transaction(Write write) {
  make_way();
  settle();
  call_ = {};
  begin_request();
  send(write);
  while (next_result()) continue;
}

void Driver::begin_transaction(IsolationLevel level) {
  request_transaction([&] { send_begin(link_->outbox, level, link_->state); });
}

void Driver::commit_transaction() {
  request_transaction([this] { send_commit(link_->outbox, link_->state); });
}

void Driver::roll_back_transaction() {
  if (opening_ && !opening_tried_ && opening_->begins) return opening_.reset();
  opening_.reset();
  // The server tells when it has rolled back by itself; one that tells nothing of transactions is
  // asked by a statement
  if (link_->state.transaction == 0) return Session::roll_back_transaction();
  request_transaction([this] { send_rollback(link_->outbox, link_->state); });
}

void Driver::save_transaction(std::string_view savepoint) {
  request_transaction([&] { send_save(link_->outbox, link_->state, savepoint); });
}

void Driver::roll_back_to(std::string_view savepoint) {
  request_transaction([&] { send_rollback(link_->outbox, link_->state, savepoint); });
}

void Driver::leave_transaction() {
  make_way();
  // A first batch that was called off may have begun one, though its answer was not read so far
  const bool unknown = opening_ && opening_tried_ && opening_->begins;
  if (link_->state.transaction == 0 && (unknown || !link_->state.tells_transactions)) return roll_back_transaction();
  opening_.reset();
  if (link_->state.transaction == 0) return;
  call_ = {};
  begin_request();
  send([this] { send_rollback(link_->outbox, link_->state); });
  unanswered_ = true;
}

// What the server may have against it is no matter: the next transaction begins with a reset.
void Driver::catch_up() {
  if (!std::exchange(unanswered_, false)) return;
  try {
    while (next_result()) continue;
  } catch (const Error& error) {
    if (error.is_interruption() || !alive()) throw;
  }
}

std::optional<std::uint64_t> Driver::transaction() const noexcept {
  if (!link_->state.tells_transactions) return std::nullopt;
  return link_->state.transaction;
}

bool Driver::next_result() {
  if (!busy_) return false;
  if (in_rows_) skip_rows();
  while (busy_) {
    const Event event = guarded([this] { return next_event_but_row(); });
    if (event == Event::done && link_->messages.has_error()) handle_is_unknown() ? prepare_again() : finish_request();
    if (event == Event::columns) {
      opening_is_done();
      call_.had_result = true;
      in_rows_ = true;
      return true;
    }
  }
  opening_is_done();
  return false;
}

void Driver::opening_is_done() noexcept {
  if (std::exchange(opening_due_, false)) opening_.reset();
}

bool Driver::fetch(Row& row) {
  if (!in_rows_) return false;
  if (guarded([&] { return read_row(row); })) [[likely]]
    return true;
  in_rows_ = false;
  if (link_->messages.has_error()) finish_request();
  return false;
}

// Reads one token; of a row, only its first byte, and then the mark stays before it.
inline Driver::Event Driver::next_event() {
  Inbox& inbox = link_->inbox;
  inbox.mark();
  const std::uint8_t token = inbox.u8();
  if (token == token::row || token == token::null_bitmap_row) return Event::row;
  const Event event = read_token(token);
  inbox.mark();
  return event;
}

// False at the end of the rows.
bool Driver::read_row(Row& row) {
  Inbox& inbox = link_->inbox;
  for (;;) {
    const Event event = next_event();
    if (event == Event::row) [[likely]] {
      row = link_->result.read_row(inbox);
      return true;
    }
    if (event == Event::done) return false;
  }
}

void Driver::skip_rows() {
  Row row;
  for (int count = 0; fetch(row); ++count)
    if (count % rows_between_checks == 0 && environment_.interrupted != nullptr && environment_.interrupted())
      throw Error::interrupted();
}

// Throws what the server complained of; what is left of the request is called off.
void Driver::finish_request() {
  const Error error = link_->messages.error();
  link_->messages.has_fatal_error() ? drop() : cancel();
  throw error;
}

// Where no row can be: its values would be taken for tokens.
Driver::Event Driver::next_event_but_row() {
  const Event event = next_event();
  if (event == Event::row) throw Error(sqlstate::protocol_violation, "the server sent a row outside a result");
  return event;
}

Driver::Event Driver::read_token(std::uint8_t token) {
  Inbox& inbox = link_->inbox;
  switch (token) {
    case token::columns:
      if (in_rows_) throw Error(sqlstate::protocol_violation, "the server began a result inside another");
      return link_->result.describe(inbox) ? Event::columns : Event::other;
    case token::done:
    case token::done_procedure:
    case token::done_in_procedure: read_done(token); return Event::done;
    case token::error:
    case token::info: link_->messages.read(inbox); return Event::other;
    case token::environment_change:
      read_environment_change(inbox, link_->state);
      if (awaits_begin() && link_->state.transaction != 0) opening_is_done();
      return Event::other;
    case token::return_status: inbox.skip(4); return Event::other;
    case token::order:
    case token::tab_name:
    case token::column_info:
    case token::sspi: inbox.skip(inbox.u16()); return Event::other;
    case token::session_state:
    case token::federated_authentication: skip_long(inbox); return Event::other;
    case token::feature_acknowledgement: read_features(inbox, link_->state); return Event::other;
    case token::return_value: read_return_value(); return Event::other;
    default:
      throw Error(sqlstate::connection_failure, "connection to server at " + link_->channel.where() + " was lost",
                  "The server sent token " + std::to_string(token) + ", which the TDS protocol does not have.");
  }
}

// The only one that a request of ours has is the handle of sp_prepexec, an int.
void Driver::read_return_value() {
  constexpr std::uint8_t intn = 0x26;
  Inbox& inbox = link_->inbox;
  inbox.u16();                              // ordinal
  inbox.skip(inbox.u8() * std::size_t{2});  // name
  inbox.skip(1 + 4 + 2);                    // status, user type, flags
  inbox.need(1);
  if (*inbox.data() != intn) return ResultSet::skip_value(inbox);
  inbox.skip(2);  // the type and its size
  const std::uint8_t size = inbox.u8();
  if (size != sizeof(std::int32_t)) return inbox.skip(size);
  const auto handle = static_cast<std::int32_t>(inbox.u32());
  if (call_.way == PreparedStatement::Way::prepare) call_.statement->learn(handle);
}

void Driver::read_done(std::uint8_t token) {
  Inbox& inbox = link_->inbox;
  const std::uint16_t status = inbox.u16();
  const std::uint16_t command = inbox.u16();
  const std::uint64_t count = inbox.u64();
  if (token == token::done_in_procedure && (status & done_status::error) == 0) call_.had_result = true;
  if ((status & done_status::count) != 0 &&
      command != select_command) {  // no sum of a sane server comes near the limit
    counted_ = true;
    const auto room = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - affected_);
    affected_ += static_cast<std::int64_t>(std::min(count, room));
  }
  if ((status & done_status::attention) != 0) acknowledged_ = true;
  const bool more = (status & done_status::more) != 0 || token == token::done_in_procedure;
  if (!more) busy_ = in_rows_ = false;
  // The statement's result is cut short, whatever else the request has to say
  const bool failed = (status & (done_status::error | done_status::server_error)) != 0;
  if (failed && logged_in_ && !link_->messages.has_error() && !calling_off_)
    throw Error(sqlstate::fdw_error, "the server failed without an error message");
}

// Reads a token; a row to its end.
void Driver::pass_over() {
  if (next_event() == Event::row) link_->result.read_row(link_->inbox);
}

// An attention and the reply's end; where that fails the connection is closed.
void Driver::cancel() noexcept {
  if (unanswered_) return;
  in_rows_ = false;
  if ((busy_ || bulk_) && link_->channel.open()) {
    calling_off_ = true;
    try {
      drain();
    } catch (...) {
      drop();
    }
    calling_off_ = false;
  }
  busy_ = opening_due_ = false;
  bulk_.reset();
  link_->messages.clear();
}

void Driver::drain() {
  Link& link = *link_;
  link.channel.listen({});
  link.channel.interruptible(false);
  const int limit = std::max(cancel_seconds, waits_.attention);
  link.channel.limit({net::Deadline::in_seconds(limit), limit, waits_.attention});
  acknowledged_ = false;
  if (link.outbox.in_message()) link.outbox.abandon();
  send_attention(link.outbox);
  link.inbox.rewind();  // an interruption may have come inside a token
  while (!acknowledged_) {
    if (link.inbox.at_end()) link.inbox.start();  // the reply was complete: the acknowledgement is a message of its own
    pass_over();
  }
  while (!link.inbox.at_end()) next_event_but_row();
  link.channel.interruptible(true);
}

void Driver::bulk_begin(std::string_view table, std::span<const BulkColumn> columns, bool locks_table) {
  BulkLoad load(table, columns, locks_table);
  make_way();
  settle();  // INSERT BULK is a batch of its own
  run(*this, load.statement());
  guarded([this] { link_->inbox.rest(); });
  affected_ = 0;
  counted_ = false;
  bulk_ = std::move(load);
  busy_ = true;
  link_->inbox.start();
  link_->channel.listen([this] { hear_early(); });
  link_->outbox.begin(PacketType::bulk);
  send_bulk(bulk_->metadata(link_->state), false);
}

BulkLoad& Driver::load_under_way() {
  if (!bulk_) throw Error(sqlstate::internal, "no bulk load is under way");
  return *bulk_;
}

void Driver::bulk_row(std::span<const Scalar> row) { send_bulk(load_under_way().encode(row), false); }

// Of an index that ignores duplicates the server stores fewer rows than were sent.
std::int64_t Driver::bulk_end() {
  const std::int64_t sent = load_under_way().rows();
  send_bulk(BulkLoad::end(), true);
  link_->channel.listen({});
  bulk_.reset();
  if (link_->messages.has_error()) finish_request();
  while (busy_) guarded([this] { pass_over(); });
  if (link_->messages.has_error()) finish_request();
  return counted_ ? affected_ : sent;
}

// Writes a part of the bulk message. After an interruption, and after a complaint of the server's,
// the message is called off.
void Driver::send_bulk(std::string_view bytes, bool last) {
  Outbox& outbox = link_->outbox;
  const Messages& messages = link_->messages;
  try {
    outbox.bytes(bytes);
    if (last) outbox.end();
  } catch (const Error& error) {
    if (error.is_interruption()) {
      cancel();
      throw;
    }
    const std::optional<Error> complaint = messages.has_error() ? std::optional(messages.error()) : std::nullopt;
    drop();
    if (complaint) throw *complaint;
    throw;
  }
  if (last || (busy_ && !messages.has_error())) return;
  const Error complaint = messages.has_error()
                              ? messages.error()
                              : Error(sqlstate::fdw_error, "the server ended the bulk load before its last row");
  cancel();
  throw complaint;
}

// Reads what has come of the reply while its request is still on its way. The server that has
// failed the load may read the rest of it or not, so that it gets no more time for that than for a
// cancel.
void Driver::hear_early() {
  Link& link = *link_;
  if (!busy_)
    throw Error(sqlstate::connection_failure,
                "connection to server at " + link.channel.where() + " was lost");  // nothing is due
  const bool failed_before = link.messages.has_error();
  link.channel.patient(false);
  try {
    while (busy_) pass_over();
  } catch (const WouldWait&) {
    link.inbox.rewind();
  } catch (...) {
    link.channel.patient(true);
    throw;
  }
  link.channel.patient(true);
  const bool over = !busy_ || link.messages.has_error();
  if (over && !failed_before) link.channel.limit({net::Deadline::in_seconds(cancel_seconds), cancel_seconds, 0});
}

}  // namespace mssql::tds::native
