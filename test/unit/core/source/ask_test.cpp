// Questions, to a session of no particular source.
#include "core/source/ask.hpp"

#include <gtest/gtest.h>

#include "answering_session.hpp"

namespace mssql::source {
namespace {

std::string detail_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.detail;
  }
  return "no error";
}

TEST(AskTest, Integer) {
  AnsweringSession session;
  session.results = {{{"a"}, {{"-7"}, {"8"}}}, {{"a", "b"}, {}}};
  EXPECT_EQ(ask_integer(session, "SELECT"), -7);  // the first row
  EXPECT_TRUE(session.is_read());
  session.results = {{{"a"}, {{std::nullopt}}}};
  EXPECT_EQ(ask_integer(session, "SELECT"), std::nullopt);
  session.results = {{{"a"}, {}}};
  EXPECT_EQ(ask_integer(session, "SELECT"), std::nullopt);
  session.results = {};
  EXPECT_EQ(ask_integer(session, "SELECT"), std::nullopt);
}

TEST(AskTest, WhatIsNoIntegerIsRefused) {
  AnsweringSession session;
  for (const char* text : {"", "7.0", "x", " 7", "99999999999999999999"}) {
    session.results = {{{"a"}, {{text}}}};
    EXPECT_EQ(detail_of([&] { ask_integer(session, "SELECT 1"); }), "The answer to \"SELECT 1\" is no integer.")
        << text;
  }
}

TEST(AskTest, TextMayBeEmpty) {
  AnsweringSession session;
  session.results = {{{"a"}, {{""}}}};
  EXPECT_EQ(ask_text(session, "SELECT"), "");
}

TEST(AskTest, RowsComeInTheirOrder) {
  AnsweringSession session;
  session.results = {{{"a", "b"}, {{"a", "b"}, {"c", std::nullopt}}}, {{"a"}, {{"dropped"}}}};
  std::vector<Answer> rows;
  ask_rows(session, "SELECT", "question", 2, [&](Answer row) { rows.push_back(std::move(row)); });
  EXPECT_EQ(rows, (std::vector<Answer>{{"a", "b"}, {"c", std::nullopt}}));
  EXPECT_TRUE(session.is_read());
  session.results.clear();
  EXPECT_EQ(ask_row(session, "SELECT", 3), Answer(3));
}

TEST(AskTest, OtherShapesAreRefused) {
  AnsweringSession session;
  session.results = {{{"a", "b"}, {}}};
  EXPECT_EQ(detail_of([&] { ask_text(session, "SELECT 1"); }), "The answer to \"SELECT 1\" has 2 columns.");
  session.results = {{{"a"}, {{"a"}, {"b"}}}, {{"a"}, {}}};
  EXPECT_EQ(detail_of([&] { ask_rows(session, "SELECT 1", "tables", 5, [](Answer) { FAIL(); }); }),
            "The answer to \"tables\" has 1 column.");
  EXPECT_TRUE(session.is_read());
}

}  // namespace
}  // namespace mssql::source
