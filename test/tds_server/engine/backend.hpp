// One libpq connection: statements, binary COPY in both directions, cancel. Failures come out as
// PgError with PostgreSQL's fields; failure_map turns them into SQL Server's errors.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tds_server::engine {

struct PgError {
  std::string sqlstate;
  std::string message, detail, hint;
  std::string schema, table, column, constraint;
};

// A result in text form.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, PQclear) {}
  int size() const { return PQntuples(result_.get()); }
  bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string get(int row, int column) const {
    return std::string(PQgetvalue(result_.get(), row, column),
                       static_cast<std::size_t>(PQgetlength(result_.get(), row, column)));
  }
  bool flag(int row, int column) const { return *PQgetvalue(result_.get(), row, column) == 't'; }
  int number(int row, int column) const;
  std::uint64_t affected() const;

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

class Backend {
 public:
  explicit Backend(const std::string& conninfo);  // throws PgError
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // Runs one or more statements; the last one's result. Notices are dropped.
  Rows run(const std::string& sql);
  Rows run(const std::string& sql, const std::vector<std::string>& parameters);
  // As above for a statement that comes again and again: PostgreSQL keeps its plan. The text is the
  // key.
  Rows run_kept(const std::string& sql, const std::vector<std::string>& parameters);

  // COPY (query) TO STDOUT in binary. `field_count` fields a row; the callback gets one row's bytes
  // after the field count and returns false to stop early. Answers the rows handed over; `stopped`
  // says whether the callback stopped.
  std::uint64_t copy_out(const std::string& query, const std::function<bool(const char*, std::size_t)>& row,
                         bool* stopped);

  void copy_in_begin(const std::string& copy_statement);
  void copy_in_data(std::string_view data);
  std::uint64_t copy_in_end();
  void copy_in_abort() noexcept;

  PGTransactionStatusType transaction_status() const { return PQtransactionStatus(connection_); }
  void cancel();  // from any thread
  // After cancel(), by the thread that runs statements: the cancel has taken effect, or does so now
  // without harm. PostgreSQL ignores it while it waits for a statement, and an empty one does not
  // look for it.
  void absorb_cancel();
  bool alive() const { return PQstatus(connection_) == CONNECTION_OK; }

 private:
  Rows finish(PGresult* result);
  [[noreturn]] void raise(PGresult* result);
  void drain();

  PGconn* connection_;
  std::map<std::string, std::string> kept_;  // text to the name of its prepared statement
  std::mutex cancel_mutex_;
  PGcancel* cancel_;
};

}  // namespace tds_server::engine
