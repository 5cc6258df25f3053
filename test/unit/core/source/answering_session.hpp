// A session that answers each statement with the same results, or with what a function gives.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/source/session.hpp"

namespace mssql::source {

class AnsweringSession final : public Session {
 public:
  using Cells = std::vector<std::optional<std::string>>;
  struct Answer {
    std::vector<std::string> names;  // of the columns
    std::vector<Cells> rows;
  };

  AnsweringSession() = default;
  AnsweringSession(std::vector<std::string> names, std::vector<Cells> rows)
      : results{{std::move(names), std::move(rows)}} {}
  explicit AnsweringSession(std::function<Answer(std::string_view sql)> answer) : answer_(std::move(answer)) {}

  void execute(std::string_view sql, std::span<const Parameter>) override {
    asked.emplace_back(sql);
    if (answer_) results = {answer_(sql)};
    result_ = 0;
  }
  bool next_result() override { return row_ = 0, ++result_ <= results.size(); }
  std::size_t column_count() const override { return result().names.size(); }
  std::string_view column_name(std::size_t column) const override { return result().names[column]; }
  bool fetch(Row& row) override {
    if (row_ >= result().rows.size()) return false;
    cells_.clear();
    for (const auto& cell : result().rows[row_++])
      cells_.push_back(cell ? Cell{reinterpret_cast<const std::uint8_t*>(cell->data()), cell->size()} : Cell{});
    row = cells_;
    return true;
  }
  void append_text(std::size_t, const Cell& cell, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(cell.data), cell.size);
  }
  bool is_read() const { return result_ > results.size(); }

  std::int64_t rows_affected() const override { return 0; }
  void begin_transaction(IsolationLevel) override {}
  void commit_transaction() override {}
  void roll_back_transaction() override {}
  void save_transaction(std::string_view) override {}
  void roll_back_to(std::string_view) override {}
  std::optional<bool> ask_whether_in_transaction() override { return std::nullopt; }
  void open(const Opening&) override {}
  void limit(const Waits&) override {}
  void cancel() noexcept override {}
  bool busy() const noexcept override { return false; }
  bool alive() const noexcept override { return true; }
  int spid() const noexcept override { return 51; }
  std::string_view server_version() const noexcept override { return ""; }

  std::vector<std::string> asked;
  std::vector<Answer> results;  // of each statement

 private:
  const Answer& result() const { return results[result_ - 1]; }

  std::function<Answer(std::string_view)> answer_;
  std::size_t result_{0}, row_{0};  // counted from 1: the result at hand; its rows that were fetched
  std::vector<Cell> cells_;
};

}  // namespace mssql::source
