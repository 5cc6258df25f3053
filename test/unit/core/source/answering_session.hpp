// A session that answers each statement with the same rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/source/session.hpp"

namespace mssql::source {

class AnsweringSession final : public tds::Session {
 public:
  using Cells = std::vector<std::optional<std::string>>;

  AnsweringSession(const std::vector<std::string>& names, std::vector<Cells> rows) : rows_(std::move(rows)) {
    for (const std::string& name : names) {
      Column& column = columns_.emplace_back();
      column.name = name;
      column.type = WireType::text;
      column.encoding = Encoding::utf8;
    }
  }

  void execute(std::string_view sql, std::span<const Parameter>) override {
    asked.emplace_back(sql);
    results_ = 1;
    at_ = 0;
  }
  bool next_result() override { return results_-- > 0; }
  std::span<const Column> columns() const override { return columns_; }
  bool fetch(Row& row) override {
    if (at_ >= rows_.size()) return false;
    cells_.clear();
    for (const auto& cell : rows_[at_++])
      cells_.push_back(cell ? Cell{reinterpret_cast<const std::uint8_t*>(cell->data()), cell->size()} : Cell{});
    row = Row(cells_.data(), cells_.size());
    return true;
  }
  bool is_read() const { return results_ < 0 && at_ == rows_.size(); }

  std::int64_t rows_affected() const override { return 0; }
  void limit(const tds::Waits&) override {}
  void cancel() noexcept override {}
  bool busy() const noexcept override { return false; }
  bool alive() const noexcept override { return true; }
  int spid() const noexcept override { return 51; }
  std::string_view server_version() const noexcept override { return ""; }

  std::vector<std::string> asked;

 private:
  std::vector<Column> columns_;
  std::vector<Cells> rows_;
  std::vector<Cell> cells_;
  std::size_t at_{0};
  int results_{0};
};

}  // namespace mssql::source
