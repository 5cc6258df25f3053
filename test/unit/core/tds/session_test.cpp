// What every session of SQL Server does by statements, and its cells as text.
#include "core/tds/session.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mssql::tds {
namespace {

// Notes what is sent; answers with one row of one cell, or with nothing.
class Notes final : public Session {
 public:
  void execute(std::string_view sql, std::span<const Parameter>) override {
    sent.emplace_back(sql);
    results_ = left_ = answers ? 1 : 0;
  }
  bool next_result() override { return results_-- > 0; }
  std::span<const Column> columns() const override { return {&column, 1}; }
  bool fetch(Row& row) override {
    if (left_ == 0) return false;
    left_ = 0;
    cell_ = {bytes, column.type == WireType::int_ ? 4u : 3u};
    row = Row(&cell_, 1);
    return true;
  }
  std::int64_t rows_affected() const override { return 0; }
  void limit(const Waits&) override {}
  void cancel() noexcept override {}
  bool busy() const noexcept override { return false; }
  bool alive() const noexcept override { return true; }
  int spid() const noexcept override { return 51; }
  std::string_view server_version() const noexcept override { return ""; }

  std::string last() const { return sent.empty() ? "" : sent.back(); }

  std::vector<std::string> sent;
  bool answers{true};
  Column column;
  std::uint8_t bytes[4]{};

 private:
  int results_{0};
  int left_{0};
  Cell cell_;
};

TEST(SessionTest, OpeningIsOneBatch) {
  Notes session;
  session.open({"SET LANGUAGE us_english", IsolationLevel::read_committed, true});
  EXPECT_EQ(session.last(),
            "SET LANGUAGE us_english; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION; ");
}

TEST(SessionTest, ServerIsAskedForItsTransaction) {
  Notes session;
  EXPECT_EQ(session.ask_whether_in_transaction(), false);
  EXPECT_NE(session.last().find("@@TRANCOUNT"), std::string::npos);
  session.bytes[0] = 2;
  EXPECT_EQ(session.ask_whether_in_transaction(), true);
  session.answers = false;  // SET NOEXEC ON
  EXPECT_EQ(session.ask_whether_in_transaction(), std::nullopt);
}

TEST(SessionTest, CellIsText) {
  Notes session;
  std::string text = "it is ";
  session.bytes[0] = 42;
  session.append_text(0, {session.bytes, 4}, text);
  EXPECT_EQ(text, "it is 42");
  session.column.type = WireType::text;
  session.column.encoding = Encoding::utf16le;
  const std::uint8_t lone[] = {'a', 0, 0, 0xD8};
  text.clear();
  session.append_text(0, {lone, 4}, text);
  EXPECT_EQ(text, "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace mssql::tds
