// INSERT BULK: rows from the wire into a binary COPY. Identity and default values are filled in
// unless the client keeps its own; check constraints are always enforced (SQL Server leaves that to
// an option).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "../engine.hpp"
#include "catalog.hpp"
#include "parser.hpp"

namespace tds_server::engine {

class BulkLoad {
 public:
  // Throws EngineError 208, 207 for what does not exist, 4819-like for columns that cannot be
  // loaded.
  // `staged`: the rows are to fire triggers, and wait in a table of their own.
  BulkLoad(Catalog& catalog, const InsertBulk& statement, bool staged = false);

  void row(std::span<const BulkColumn> columns, std::span<const Value> values);
  std::uint64_t finish();
  void abandon() noexcept;
  const TablePtr& table() const { return table_; }
  const std::string& names() const { return names_; }    // of the columns that are stored
  const std::string& staged() const { return staged_; }  // empty: the rows went into the table
  void drop_staged();

 private:
  void flush(bool force);

  Catalog& catalog_;
  TablePtr table_;
  std::string names_, staged_;
  bool keep_nulls_{false};
  bool keep_identity_{false};
  std::vector<const Column*> columns_;  // by position on the wire; null where the value is not stored
  std::vector<Value> defaults_;
  std::vector<bool> has_default_;
  std::string buffer_;
  bool open_{false};
  std::uint64_t rows_{0};
  bool identity_seen_{false};
  long long lowest_{0}, highest_{0};
};

}  // namespace tds_server::engine
