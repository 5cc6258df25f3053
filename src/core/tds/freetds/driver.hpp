// The FreeTDS driver: a Session over one DB-Library connection.
//
// Assumes a process with one thread. What it leaves to others: transactions (the caller's
// statements) and session settings.
#pragma once

#include <sybdb.h>

#include "core/tds/session.hpp"
#include "login.hpp"
#include "monitor.hpp"
#include "result.hpp"

namespace mssql::tds::freetds {

class Driver final : public Session {
 public:
  Driver(const Login& login, const Environment& environment);
  ~Driver() override;

  void execute(std::string_view sql, std::span<const Parameter> parameters) override;
  bool next_result() override;
  std::span<const Column> columns() const override { return result_.columns(); }
  bool fetch(Row& row) override;
  std::int64_t rows_affected() const override { return affected_; }
  void limit(const Waits& waits) override { waits_ = waits; }
  void cancel() noexcept override;
  bool busy() const noexcept override { return busy_; }
  bool alive() const noexcept override;
  int spid() const noexcept override { return spid_; }
  std::string_view server_version() const noexcept override { return server_version_; }

 private:
  void require_alive();
  Limits statement_limits() const { return {net::Deadline(), waits_.statement, true}; }
  // Looks at the notes of the call that returned `code` and throws what they amount to.
  void judge(RETCODE code);
  [[noreturn]] void raise();
  Error failure() const;
  bool end_of_rows(STATUS status);
  void skip_rows();
  void count_rows();
  void drop() noexcept;
  void introduce();
  void require_tls(std::uint64_t clear_size, std::optional<std::uint64_t> written_before);
  void give_up_if_interrupted();

  Environment environment_;
  std::string where_;  // "host", port n: for messages
  Waits waits_;
  Monitor monitor_;
  Process process_;
  ResultSet result_;
  bool busy_{false};
  bool in_rows_{false};
  bool dead_{false};
  int connect_timeout_;
  bool unproven_;  // TLS is required, and nothing has been sent under it yet
  std::int64_t rows_read_{0};
  std::int64_t affected_{0};
  int spid_{0};
  std::string server_version_;
};

}  // namespace mssql::tds::freetds
