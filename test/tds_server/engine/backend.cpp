#include "backend.hpp"

#include <cstdlib>
#include <utility>

namespace tds_server::engine {

int Rows::number(int row, int column) const { return std::atoi(PQgetvalue(result_.get(), row, column)); }

std::uint64_t Rows::affected() const { return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10); }

Backend::Backend(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())), cancel_(nullptr) {
  if (PQstatus(connection_) != CONNECTION_OK) {
    PgError failure;
    failure.message = PQerrorMessage(connection_);
    failure.sqlstate = failure.message.find("does not exist") != std::string::npos ? "3D000" : "08006";
    PQfinish(connection_);
    throw failure;
  }
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  cancel_ = PQgetCancel(connection_);
}

Backend::~Backend() {
  {
    const std::lock_guard<std::mutex> lock(cancel_mutex_);
    PQfreeCancel(cancel_);
    cancel_ = nullptr;
  }
  PQfinish(connection_);
}

void Backend::cancel() {
  const std::lock_guard<std::mutex> lock(cancel_mutex_);
  char buffer[256];
  if (cancel_ != nullptr) PQcancel(cancel_, buffer, sizeof buffer);
}

void Backend::absorb_cancel() {
  { const std::lock_guard<std::mutex> lock(cancel_mutex_); }  // one that is being sent has been sent now
  PQclear(PQexec(connection_, ""));
}

// Throws the failure that `result` reports, after the connection is ready for the next statement.
void Backend::raise(PGresult* result) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text != nullptr ? text : "");
  };
  PgError failure;
  failure.sqlstate = field(PG_DIAG_SQLSTATE);
  failure.message = field(PG_DIAG_MESSAGE_PRIMARY);
  failure.detail = field(PG_DIAG_MESSAGE_DETAIL);
  failure.hint = field(PG_DIAG_MESSAGE_HINT);
  failure.schema = field(PG_DIAG_SCHEMA_NAME);
  failure.table = field(PG_DIAG_TABLE_NAME);
  failure.column = field(PG_DIAG_COLUMN_NAME);
  failure.constraint = field(PG_DIAG_CONSTRAINT_NAME);
  if (failure.sqlstate.empty()) {
    failure.sqlstate = "08006";
    failure.message = PQerrorMessage(connection_);
  }
  PQclear(result);
  drain();
  throw failure;
}

void Backend::drain() {
  while (PGresult* rest = PQgetResult(connection_)) {
    const ExecStatusType status = PQresultStatus(rest);
    PQclear(rest);
    if (status == PGRES_COPY_IN) PQputCopyEnd(connection_, "abandoned");
    if (status == PGRES_COPY_OUT) {
      char* buffer = nullptr;
      while (PQgetCopyData(connection_, &buffer, 0) > 0) PQfreemem(buffer);
    }
    if (PQstatus(connection_) != CONNECTION_OK) break;
  }
}

Rows Backend::finish(PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) raise(result);
  return Rows(result);
}

Rows Backend::run(const std::string& sql) { return finish(PQexec(connection_, sql.c_str())); }

Rows Backend::run(const std::string& sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  return finish(PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                             nullptr, 0));
}

Rows Backend::run_kept(const std::string& sql, const std::vector<std::string>& parameters) {
  auto known = kept_.find(sql);
  if (known == kept_.end()) {
    const std::string name = "kept" + std::to_string(kept_.size());
    finish(PQprepare(connection_, name.c_str(), sql.c_str(), 0, nullptr));
    known = kept_.emplace(sql, name).first;
  }
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  return finish(PQexecPrepared(connection_, known->second.c_str(), static_cast<int>(values.size()), values.data(),
                               nullptr, nullptr, 0));
}

std::uint64_t Backend::copy_out(const std::string& query, const std::function<bool(const char*, std::size_t)>& row,
                                bool* stopped) {
  PGresult* result = PQexec(connection_, ("COPY (" + query + ") TO STDOUT (FORMAT binary)").c_str());
  if (PQresultStatus(result) != PGRES_COPY_OUT) raise(result);
  PQclear(result);
  *stopped = false;
  std::uint64_t count = 0;
  constexpr std::size_t kHeader = 19;  // signature, flags, extension length
  bool header = true;
  char* buffer = nullptr;
  int length = 0;
  try {
    while ((length = PQgetCopyData(connection_, &buffer, 0)) > 0) {
      const std::unique_ptr<char, void (*)(void*)> owner(buffer, PQfreemem);
      const char* at = buffer;
      auto size = static_cast<std::size_t>(length);
      if (header) {
        header = false;
        if (size <= kHeader) continue;
        at += kHeader;
        size -= kHeader;
      }
      if (*stopped || size < 2 || (at[0] == '\xFF' && at[1] == '\xFF')) continue;  // -1: the trailer
      ++count;
      if (!row(at + 2, size - 2)) {
        *stopped = true;
        cancel();
      }
    }
  } catch (...) {
    cancel();
    while (PQgetCopyData(connection_, &buffer, 0) > 0) PQfreemem(buffer);
    drain();
    throw;
  }
  result = PQgetResult(connection_);
  if (*stopped) {
    PQclear(result);
    drain();
    return count;
  }
  if (result != nullptr && PQresultStatus(result) != PGRES_COMMAND_OK) raise(result);
  PQclear(result);
  drain();
  return count;
}

void Backend::copy_in_begin(const std::string& copy_statement) {
  PGresult* result = PQexec(connection_, copy_statement.c_str());
  if (PQresultStatus(result) != PGRES_COPY_IN) raise(result);
  PQclear(result);
}

void Backend::copy_in_data(std::string_view data) {
  if (PQputCopyData(connection_, data.data(), static_cast<int>(data.size())) != 1) {
    PGresult* result = PQgetResult(connection_);
    raise(result);
  }
}

std::uint64_t Backend::copy_in_end() {
  PQputCopyEnd(connection_, nullptr);
  PGresult* result = PQgetResult(connection_);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) raise(result);
  const Rows rows(result);
  drain();
  return rows.affected();
}

void Backend::copy_in_abort() noexcept {
  PQputCopyEnd(connection_, "abandoned");
  drain();
}

}  // namespace tds_server::engine
