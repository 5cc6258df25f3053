// Questions, to a session of no particular source.
#include "core/source/ask.hpp"

#include <gtest/gtest.h>

namespace mssql::source {
namespace {

// Answers every statement with `results`, whose cells are text.
class Scripted final : public Session {
 public:
  using Cells = std::vector<std::optional<std::string>>;
  struct Result {
    std::size_t columns;
    std::vector<Cells> rows;
  };

  void execute(std::string_view, std::span<const Parameter>) override { result_ = 0, row_ = 0; }
  bool next_result() override { return row_ = 0, ++result_ <= results.size(); }
  std::size_t column_count() const override { return results[result_ - 1].columns; }
  std::string_view column_name(std::size_t) const override { return {}; }
  bool fetch(Row& row) override {
    const std::vector<Cells>& rows = results[result_ - 1].rows;
    if (row_ == rows.size()) return false;
    cells_.clear();
    for (const auto& text : rows[row_])
      cells_.push_back(text ? Cell{reinterpret_cast<const std::uint8_t*>(text->data()), text->size()} : Cell{});
    ++row_;
    row = cells_;
    return true;
  }
  void append_text(std::size_t, const Cell& cell, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(cell.data), cell.size);
  }
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
  int spid() const noexcept override { return 1; }
  std::string_view server_version() const noexcept override { return ""; }

  bool is_read() const { return result_ > results.size(); }

  std::vector<Result> results;

 private:
  std::size_t result_{0}, row_{0};
  std::vector<Cell> cells_;
};

std::string detail_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.detail;
  }
  return "no error";
}

TEST(AskTest, Integer) {
  Scripted session;
  session.results = {{1, {{"-7"}, {"8"}}}, {2, {}}};
  EXPECT_EQ(ask_integer(session, "SELECT"), -7);  // the first row
  EXPECT_TRUE(session.is_read());
  session.results = {{1, {{std::nullopt}}}};
  EXPECT_EQ(ask_integer(session, "SELECT"), std::nullopt);
  session.results = {{1, {}}};
  EXPECT_EQ(ask_integer(session, "SELECT"), std::nullopt);
  session.results = {};
  EXPECT_EQ(ask_integer(session, "SELECT"), std::nullopt);
}

TEST(AskTest, WhatIsNoIntegerIsRefused) {
  Scripted session;
  for (const char* text : {"", "7.0", "x", " 7", "99999999999999999999"}) {
    session.results = {{1, {{text}}}};
    EXPECT_EQ(detail_of([&] { ask_integer(session, "SELECT 1"); }), "The answer to \"SELECT 1\" is no integer.")
        << text;
  }
}

TEST(AskTest, TextMayBeEmpty) {
  Scripted session;
  session.results = {{1, {{""}}}};
  EXPECT_EQ(ask_text(session, "SELECT"), "");
}

TEST(AskTest, RowsComeInTheirOrder) {
  Scripted session;
  session.results = {{2, {{"a", "b"}, {"c", std::nullopt}}}, {1, {{"dropped"}}}};
  std::vector<Answer> rows;
  ask_rows(session, "SELECT", "question", 2, [&](Answer row) { rows.push_back(std::move(row)); });
  EXPECT_EQ(rows, (std::vector<Answer>{{"a", "b"}, {"c", std::nullopt}}));
  EXPECT_TRUE(session.is_read());
  session.results.clear();
  EXPECT_EQ(ask_row(session, "SELECT", 3), Answer(3));
}

TEST(AskTest, OtherShapesAreRefused) {
  Scripted session;
  session.results = {{2, {}}};
  EXPECT_EQ(detail_of([&] { ask_text(session, "SELECT 1"); }), "The answer to \"SELECT 1\" has 2 columns.");
  session.results = {{1, {{"a"}, {"b"}}}, {1, {}}};
  EXPECT_EQ(detail_of([&] { ask_rows(session, "SELECT 1", "tables", 5, [](Answer) { FAIL(); }); }),
            "The answer to \"tables\" has 1 column.");
  EXPECT_TRUE(session.is_read());
}

}  // namespace
}  // namespace mssql::source
