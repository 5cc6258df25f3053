#include "core/tds/native/result_set.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using namespace canned;
using scripted::packets;
using scripted::Server;

struct Line {
  explicit Line(std::string_view body, std::size_t payload = 4088, std::size_t piece = 1 << 20)
      : server({packets(body, payload)}, piece),
        channel(server.stream(), Server::environment(), "the test"),
        inbox(channel) {
    inbox.start();
    inbox.mark();
  }
  Server server;
  Channel channel;
  Inbox inbox;
};

std::string bytes_of(const Cell& cell) {
  return cell.is_null() ? "NULL" : std::string(reinterpret_cast<const char*>(cell.data), cell.size);
}

std::string chunks(std::initializer_list<std::string_view> parts) {
  std::string out = little(0xFFFFFFFFFFFFFFFEu, 8);
  for (const std::string_view part : parts) out += little(part.size(), 4) + std::string(part);
  return out + little(0, 4);
}

// describe() and read_row() begin behind the token byte.
bool describe(Line& line, ResultSet& result) {
  line.inbox.u8();
  return result.describe(line.inbox);
}

Row next_row(Line& line, ResultSet& result) {
  line.inbox.mark();
  line.inbox.u8();
  return result.read_row(line.inbox);
}

TEST(ResultSetTest, RowsAreTheSameHoweverTheyCome) {
  const std::string long_text(9000, 'x');
  const std::string description = metadata({{"i", intn_type(4)},
                                            {"f", "\x38"},
                                            {"n", nvarchar_type(20)},
                                            {"m", varbinary_type(-1)},
                                            {"t", "\x22" + little(0x7FFFFFFF, 4) + "\x01" + name16("table")},
                                            {"e", varbinary_type(-1)},
                                            {"v", "\x62" + little(8009, 4)},
                                            {"z", varbinary_type(-1)}});
  const std::string values = value8(little(1, 4)) + little(2, 4) + value16("ab") + chunks({"one", long_text, "three"}) +
                             "\x10" + std::string(16, 'p') + std::string(8, 's') + little(5, 4) + "image" + chunks({}) +
                             little(4, 4) + "vvvv" + little(-1, 8);
  for (const std::size_t payload : {1, 3, 100, 4088})
    for (const std::size_t piece : {11, 1000, 1 << 20}) {
      Line line(description + row(values) + row(values), payload, piece);
      ResultSet result;
      ASSERT_TRUE(describe(line, result));
      for (int i = 0; i < 2; ++i) {
        const Row cells = next_row(line, result);
        ASSERT_EQ(cells.size(), 8u);
        EXPECT_EQ(bytes_of(cells[0]), little(1, 4));
        EXPECT_EQ(bytes_of(cells[1]), little(2, 4));
        EXPECT_EQ(bytes_of(cells[2]), "ab");
        EXPECT_EQ(bytes_of(cells[3]), "one" + long_text + "three");
        EXPECT_EQ(bytes_of(cells[4]), "image");
        EXPECT_EQ(bytes_of(cells[5]), "");
        EXPECT_EQ(bytes_of(cells[6]), "vvvv");
        EXPECT_EQ(bytes_of(cells[7]), "NULL");
      }
      EXPECT_TRUE(line.inbox.at_end());
    }
}

TEST(ResultSetTest, NullBitmap) {
  Line line(metadata({{"a", "\x38"}, {"b", "\x38"}, {"c", "\x38"}}) +
            null_bitmap_row("\x02", little(1, 4) + little(3, 4)));
  ResultSet result;
  ASSERT_TRUE(describe(line, result));
  const Row cells = next_row(line, result);
  EXPECT_EQ(bytes_of(cells[0]), little(1, 4));
  EXPECT_TRUE(cells[1].is_null());
  EXPECT_EQ(bytes_of(cells[2]), little(3, 4));
}

// More columns than a word of the bitmap has bits, of every framing, each with a value, without
// one, and in the bitmap.
TEST(ResultSetTest, WideRowsHoweverTheyCome) {
  struct Kind {
    std::string type, value, null;  // null: how a row says it without a bitmap, empty when it cannot
    std::string bytes;              // of the value
  };
  const Kind kinds[] = {
      {"\x38", "four", "", "four"},
      {intn_type(8), value8("eightbyt"), value8(""), "eightbyt"},
      {nvarchar_type(20), value16("ab"), "\xFF\xFF", "ab"},
      {varbinary_type(20), value16(""), "\xFF\xFF", ""},
      {varbinary_type(-1), chunks({"one", "two"}), little(-1, 8), "onetwo"},
      {varbinary_type(-1), chunks({"one"}), little(-1, 8), "one"},
      {"\x62" + little(8009, 4), little(4, 4) + "vvvv", little(0, 4), "vvvv"},
      {"\x1F", "", "", "NULL"},
  };
  constexpr std::size_t count = 130;
  std::vector<CannedColumn> columns;
  std::string values, bitmap_values, bitmap((count + 7) / 8, '\0');
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < count; ++i) {
    const Kind& kind = kinds[i % std::size(kinds)];
    columns.push_back({"c", kind.type});
    const bool null = i % 3 == 0 && (!kind.null.empty() || kind.value.empty());
    values += null ? kind.null : kind.value;
    if (null)
      bitmap[i / 8] = static_cast<char>(bitmap[i / 8] | 1 << (i % 8));
    else
      bitmap_values += kind.value;
    expected.push_back(null ? "NULL" : kind.bytes);
  }
  bitmap.back() = static_cast<char>(bitmap.back() | 0xFC);  // the bits behind the last column mean nothing
  for (const std::size_t payload : {1, 3, 4088})
    for (const std::size_t piece : {11, 1 << 20}) {
      Line line(metadata(columns) + row(values) + null_bitmap_row(bitmap, bitmap_values) + row(values), payload, piece);
      ResultSet result;
      ASSERT_TRUE(describe(line, result));
      for (int i = 0; i < 3; ++i) {
        const Row cells = next_row(line, result);
        ASSERT_EQ(cells.size(), count);
        for (std::size_t c = 0; c < count; ++c)
          EXPECT_EQ(bytes_of(cells[c]), expected[c]) << "row " << i << ", column " << c;
      }
      EXPECT_TRUE(line.inbox.at_end());
    }
}

TEST(ResultSetTest, InterruptedRowIsReadAgain) {
  const std::string values = chunks({"one", "two"}) + value16("abc") + chunks({"three", "four"});
  for (int wait = 1; wait < 20; ++wait) {
    Line line(metadata({{"a", varbinary_type(-1)}, {"b", varbinary_type(9)}, {"c", varbinary_type(-1)}}) + row(values),
              5, 9);
    ResultSet result;
    ASSERT_TRUE(describe(line, result));
    line.inbox.mark();
    line.inbox.u8();
    line.server.interrupt_at(wait);
    Row cells;
    try {
      cells = result.read_row(line.inbox);
    } catch (const Error& error) {
      ASSERT_TRUE(error.is_interruption());
      line.server.interrupt_at(0);
      line.inbox.rewind();
      line.inbox.u8();
      cells = result.read_row(line.inbox);
    }
    EXPECT_EQ(bytes_of(cells[0]), "onetwo");
    EXPECT_EQ(bytes_of(cells[1]), "abc");
    EXPECT_EQ(bytes_of(cells[2]), "threefour");
  }
}

TEST(ResultSetTest, ColumnsAreDescribed) {
  Line line(metadata({{"d", decimal_type(18, 2), false},
                      {"v", varchar_type(-1, utf8_collation)},
                      {"n", nvarchar_type(20)},
                      {"", "\x2a\x03"}}));
  ResultSet result;
  ASSERT_TRUE(describe(line, result));
  const auto& columns = result.columns();
  ASSERT_EQ(columns.size(), 4u);
  EXPECT_EQ(columns[0].name, "d");
  EXPECT_EQ(columns[0].type, WireType::decimal);
  EXPECT_EQ(columns[0].precision, 18);
  EXPECT_EQ(columns[0].scale, 2);
  EXPECT_FALSE(columns[0].nullable);
  EXPECT_EQ(columns[1].encoding, Encoding::utf8);
  EXPECT_EQ(columns[1].max_length, -1);
  EXPECT_EQ(columns[2].encoding, Encoding::utf16le);
  EXPECT_EQ(columns[2].max_length, 20);
  EXPECT_EQ(columns[3].type, WireType::datetime2);
  EXPECT_EQ(columns[3].scale, 3);
}

TEST(ResultSetTest, NoMetadataIsNoResult) {
  Line line("\xff\xff"s);
  ResultSet result;
  EXPECT_FALSE(result.describe(line.inbox));
}

Thrown thrown_by_column(const std::string& type) {
  Line line(metadata({{"c", type}}));
  ResultSet result;
  return thrown_by([&] { describe(line, result); });
}

TEST(ResultSetTest, BadTypesAreRefused) {
  EXPECT_EQ(thrown_by_column("\xf3").sqlstate, "0A000");
  EXPECT_EQ(thrown_by_column("\x26\x03").sqlstate, "08P01");
  EXPECT_EQ(thrown_by_column("\x24\x0f").sqlstate, "08P01");
}

TEST(ResultSetTest, ValuesBeyondPostgresqlsLimitAreRefused) {
  for (const std::string& start : {little(0xFFFFFFFFFFFFFFFEu, 8) + little(0x40000000, 4),
                                   little(0xFFFFFFFFFFFFFFFEu, 8) + little(1, 4) + "x" + little(0x3FFFFFFF, 4)}) {
    Line line(metadata({{"big", varbinary_type(-1)}}) + row(start));
    ResultSet result;
    ASSERT_TRUE(describe(line, result));
    const Thrown thrown = thrown_by([&] { next_row(line, result); });
    EXPECT_EQ(thrown.sqlstate, "54000");
    EXPECT_NE(thrown.message.find("\"big\""), std::string::npos);
  }
}

// Lengths that lie end with the bytes that there are.
TEST(ResultSetTest, CutRowsAreLostConnections) {
  for (const std::string& values :
       {little(0xFFFFFFFFFFFFFFFEu, 8) + little(0x3FFFFFFF, 4) + "x", little(3, 8) + little(2, 4) + "ab"}) {
    Line line(metadata({{"c", varbinary_type(-1)}}) + row(values));
    ResultSet result;
    ASSERT_TRUE(describe(line, result));
    EXPECT_EQ(thrown_by([&] { next_row(line, result); }).sqlstate, "08006");
  }
}

TEST(ResultSetTest, ReturnValuesAreSkipped) {
  Line line(varbinary_type(-1) + chunks({"ab", "c"}) + intn_type(4) + value8(little(1, 4)) + "!");
  ResultSet::skip_value(line.inbox);
  ResultSet::skip_value(line.inbox);
  EXPECT_EQ(line.inbox.u8(), '!');
}

}  // namespace
}  // namespace mssql::tds::native
