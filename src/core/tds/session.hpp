// A session of SQL Server: what its drivers, native/ and freetds/, have beside every source's.
#pragma once

#include <memory>

#include "core/source/login.hpp"
#include "core/source/session.hpp"
#include "core/types.hpp"
#include "core/tds/codec/column.hpp"

namespace mssql::tds {

using source::BulkColumn;
using source::DriverKind;
using source::Encrypt;
using source::Environment;
using source::IsolationLevel;
using source::Login;
using source::Opening;
using source::place;
using source::run;
using source::silence_error;
using source::Waits;

// For a login under Encrypt::strict that is not answered: older servers take the first bytes of TLS
// for the beginning of a long packet.
inline constexpr const char* tds8_advice =
    "TDS 8.0 came with SQL Server 2022; for older ones set the server option \"encrypt\" to \"require\".";

class Session : public source::Session {
 public:
  // What the cells of the result under way are.
  virtual std::span<const Column> columns() const = 0;
  std::size_t column_count() const final { return columns().size(); }
  std::string_view column_name(std::size_t column) const final { return columns()[column].name; }
  void append_text(std::size_t column, const Cell& cell, std::string& out) const final;

  // Statements here, where a driver has nothing better.
  void begin_transaction(IsolationLevel level) override;
  void commit_transaction() override;
  void roll_back_transaction() override;
  void save_transaction(std::string_view savepoint) override;
  void roll_back_to(std::string_view savepoint) override;
  std::optional<bool> ask_whether_in_transaction() final;
  void open(const Opening& opening) override;
};

}  // namespace mssql::tds
