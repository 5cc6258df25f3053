// The order of calls that DB-Library demands: send, dbsqlok(), then dbresults() and dbnextrow()
// until NO_MORE_RESULTS. dbcancel() may come at any time.
#include "driver.hpp"

#include <poll.h>
#include <sybdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/source/ask.hpp"
#include "core/tds/net/keepalive.hpp"
#include "core/tds/net/sent.hpp"
#include "core/tsql/session.hpp"
#include "parameters.hpp"

namespace mssql::tds::freetds {

namespace {

constexpr int cancel_seconds = 10;  // a server that still sends rows then does not obey an attention
// FreeTDS looks at interruptions only where it waits.
constexpr int rows_between_checks = 256;

// Of a batch in clear text: the packet's header, ALL_HEADERS with a transaction's descriptor
// (MS-TDS 2.2.5.3), UTF-16. It fits one packet.
std::uint64_t clear_size(std::string_view ascii) {
  constexpr std::size_t packet_header = 8, all_headers = 22;
  return packet_header + all_headers + 2 * ascii.size();
}

}  // namespace

Driver::Driver(const Login& login, const Environment& environment)
    : environment_(environment),
      where_(place(login)),
      waits_{login.query_timeout, Waits{}.attention},
      monitor_(environment),
      process_(log_in(login, environment, monitor_)),
      connect_timeout_(login.connect_timeout),
      unproven_(login.encrypt == Encrypt::require || login.encrypt == Encrypt::strict) {
  net::keep_alive(dbiordesc(process_.get()));
  introduce();
}

Driver::~Driver() {
  // The handlers in place must be ours: DB-Library's default one may answer an error of close()
  // with exit()
  const Call call(monitor_, process_.get(), {});
  process_.reset();
}

// One question for both: the session number that FreeTDS takes from packet headers is 0 on some
// servers.
void Driver::introduce() {
  try {
    const source::Answer answer = source::ask_row(*this, tsql::introduction_query, 2);
    spid_ = static_cast<int>(source::integer_of(answer[0], tsql::introduction_query).value_or(0));
    server_version_ = answer[1].value_or("");
  } catch (const Error& error) {
    if (error.is_interruption() || !alive()) throw;
    spid_ = dbspid(process_.get());  // a server that cannot say so is still a server
  }
}

// FreeTDS goes on in clear behind the login where the server, or somebody on the way who changes a
// byte, agrees to no more encryption than that. What comes from there proves nothing, but the
// kernel counts what we send: under TLS the first question, which tells nothing, is longer than it
// is by itself. Its answer, which is not read here, acknowledges it.
void Driver::require_tls(std::uint64_t clear_size, std::optional<std::uint64_t> written_before) {
  constexpr int slice_ms = 200;
  const int socket = dbiordesc(process_.get());
  const net::Deadline deadline = net::Deadline::in_seconds(connect_timeout_);
  for (;;) {
    pollfd answer{socket, POLLIN, 0};
    if (::poll(&answer, 1, deadline.slice(slice_ms)) > 0) break;
    const bool interrupted = environment_.interrupted != nullptr && environment_.interrupted();
    if (!interrupted && !deadline.passed()) continue;
    drop();
    if (interrupted) throw Error::interrupted();
    throw Error(sqlstate::cannot_connect, "connection to server at " + where_ + " failed: timeout expired",
                "The server did not answer the first question within " + std::to_string(connect_timeout_) + " s.");
  }
  std::uint8_t first = 0;
  if (::recv(socket, &first, sizeof(first), MSG_PEEK) <= 0) return;  // it has hung up, as FreeTDS will see
  const std::optional<std::uint64_t> acknowledged = net::bytes_acknowledged(socket);
  if (written_before && acknowledged && *acknowledged > *written_before + clear_size) return;
  drop();
  const bool unknown = !written_before || !acknowledged;
  throw Error(
      sqlstate::cannot_connect,
      "connection to server at " + where_ +
          " failed: " + (unknown ? "whether it is encrypted cannot be seen" : "only its login is encrypted"),
      unknown ? "FreeTDS does not say, and this system's kernel does not count what is sent."
              : "The server, or somebody on the way to it, does not agree to more, and FreeTDS takes that for enough.",
      "Use the native driver, or set the server option \"encrypt\" to \"request\" if clear text is acceptable.");
}

bool Driver::alive() const noexcept {
  if (dead_ || dbdead(process_.get())) return false;
  if (busy_) return true;
  // Idle, nothing is due to come, so a stream that has ended is a connection that the server has
  // closed. POLLRDHUP sees the end behind a last TLS alert, which is data to a recv().
  pollfd end{dbiordesc(process_.get()), POLLRDHUP, 0};
  return ::poll(&end, 1, 0) <= 0 || end.revents == 0;
}

void Driver::require_alive() {
  if (!alive()) {
    drop();
    throw Error(sqlstate::connection_failure, "connection to server at " + where_ + " is closed");
  }
}

void Driver::drop() noexcept {
  dead_ = true;
  busy_ = in_rows_ = false;
  // FreeTDS closes the socket later; the server shall know now
  if (!dbdead(process_.get())) ::shutdown(dbiordesc(process_.get()), SHUT_RDWR);
}

void Driver::execute(std::string_view sql, std::span<const Parameter> parameters) {
  if (busy_) cancel();
  require_alive();
  const RemoteCall remote_call(sql, parameters);
  affected_ = rows_read_ = 0;
  result_.clear();
  const Call call(monitor_, process_.get(), statement_limits());
  busy_ = true;
  const std::optional<std::uint64_t> written_before =
      unproven_ ? net::bytes_written(dbiordesc(process_.get())) : std::nullopt;
  RETCODE code;
  if (parameters.empty()) {
    dbfreebuf(process_.get());
    code = dbcmd(process_.get(), remote_call.statement().c_str());
    if (code == SUCCEED) code = dbsqlsend(process_.get());
  } else {
    code = remote_call.send(process_.get());
  }
  if (code == SUCCEED && std::exchange(unproven_, false)) require_tls(clear_size(sql), written_before);
  if (code == SUCCEED) code = dbsqlok(process_.get());
  judge(code);
}

bool Driver::next_result() {
  if (!busy_) return false;
  give_up_if_interrupted();
  if (in_rows_) skip_rows();
  const Call call(monitor_, process_.get(), statement_limits());
  for (;;) {
    const RETCODE code = dbresults(process_.get());
    judge(code);
    if (code == NO_MORE_RESULTS) {
      busy_ = false;
      return false;
    }
    if (dbnumcols(process_.get()) > 0) break;
    count_rows();
  }
  try {
    result_.describe(process_.get());
  } catch (...) {
    cancel();
    throw;
  }
  rows_read_ = 0;
  in_rows_ = true;
  return true;
}

bool Driver::fetch(Row& row) {
  if (!in_rows_) return false;
  if (rows_read_ % rows_between_checks == rows_between_checks - 1) [[unlikely]]
    give_up_if_interrupted();
  const Call call(monitor_, process_.get(), statement_limits());
  const STATUS status = dbnextrow(process_.get());
  // A connection that is cut inside a row still gives REG_ROW, with the rest of the row missing
  if (status != REG_ROW || monitor_.trouble() || dbdead(process_.get())) return end_of_rows(status);
  ++rows_read_;
  row = result_.read(process_.get());
  return true;
}

bool Driver::end_of_rows(STATUS status) {
  if (status == REG_ROW && monitor_.conversion_failed() && !monitor_.has_server_error() && !dbdead(process_.get())) {
    const std::string columns = result_.suspects(process_.get());
    cancel();
    throw Error(
        sqlstate::untranslatable_character, "a character of column " + columns + " cannot be converted to UTF-8",
        "Row " + std::to_string(rows_read_ + 1) +
            " of the result has half a surrogate pair, or a byte that is no character in the column's code page.",
        "The option nul_policy lets lone surrogates of nvarchar columns pass; a varchar column can be selected as "
        "CAST(... AS nvarchar(max)).");
  }
  judge(status == NO_MORE_ROWS || status == REG_ROW ? SUCCEED : FAIL);
  in_rows_ = false;
  count_rows();
  return false;
}

void Driver::skip_rows() {
  Row row;
  while (fetch(row)) continue;
}

void Driver::give_up_if_interrupted() {
  if (environment_.interrupted == nullptr || !environment_.interrupted()) return;
  cancel();
  throw Error::interrupted();
}

// DB-Library's count is an int that may have wrapped; rows that were read are counted here.
void Driver::count_rows() {
  if (!dbiscount(process_.get())) return;
  affected_ +=
      rows_read_ > 0 ? rows_read_ : static_cast<std::int64_t>(static_cast<std::uint32_t>(dbcount(process_.get())));
  rows_read_ = 0;
}

void Driver::judge(RETCODE code) {
  if (code != FAIL && !monitor_.trouble() && !dbdead(process_.get())) [[likely]]
    return;
  raise();
}

void Driver::raise() {
  const Error error = failure();
  monitor_.deliver_information();  // PRINT before the error
  cancel();
  throw error;
}

Error Driver::failure() const {
  if (monitor_.stop() == Stop::interrupted) return Error::interrupted();
  if (monitor_.stop() == Stop::silence) return silence_error(where_, waits_.statement);
  if (monitor_.has_server_error()) return monitor_.server_error();
  if (monitor_.out_of_memory()) return Error(sqlstate::out_of_memory, "out of memory");
  const std::string reported =
      monitor_.library_error().empty() ? "" : "FreeTDS reports: " + monitor_.library_error() + ".";
  if (dbdead(process_.get()))
    return Error(sqlstate::connection_failure, "connection to server at " + where_ + " was lost", reported);
  if (monitor_.conversion_failed())
    return Error(sqlstate::untranslatable_character, "a character in the server's answer cannot be converted to UTF-8",
                 "It has half a surrogate pair, or a byte that is no character in its code page.",
                 "Set the server option \"driver\" to \"native\", which tells the column.");
  return Error(sqlstate::fdw_error, "the server or FreeTDS failed without an error message", reported);
}

void Driver::cancel() noexcept {
  in_rows_ = false;
  if (busy_ && !dead_ && !dbdead(process_.get())) {
    monitor_.clear();
    const int limit = std::max(cancel_seconds, waits_.attention);
    const Call call(monitor_, process_.get(), {net::Deadline::in_seconds(limit), waits_.attention, false});
    dbcancel(process_.get());
    if (monitor_.stop() != Stop::none) dead_ = true;
  }
  busy_ = false;
  monitor_.clear();
  if (dead_ || dbdead(process_.get())) drop();
}

}  // namespace mssql::tds::freetds
