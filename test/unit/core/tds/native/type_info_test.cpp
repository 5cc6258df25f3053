// How a type is announced and its values are framed; of every type, as parameters, in
// request_test.cpp.
#include "core/tds/native/type_info.hpp"

#include <gtest/gtest.h>

#include "../canned_server.hpp"
#include "../cells.hpp"

namespace mssql::tds::native {
namespace {

using namespace std::string_literals;
using namespace canned;

std::string type_info(const RemoteType& type, const ServerState& state = {}) {
  std::string out;
  append_type_info(type, state, out);
  return out;
}
std::string value(const RemoteType& type, std::string_view bytes) {
  std::string out;
  append_value(type, bytes, out);
  return out;
}
std::string null(const RemoteType& type) {
  std::string out;
  append_null(type, out);
  return out;
}

TEST(TypeInfoTest, ShortLongAndOtherValuesHaveFramesOfTheirOwn) {
  const struct {
    RemoteType type;
    std::string null, empty, filled;
  } cases[] = {
      {{Type::int_, 4, 10, 0}, "\0"s, "\0"s, "\2ab"s},
      {varbinary_for(true), "\xff\xff"s, "\0\0"s, "\2\0ab"s},
      {nvarchar_for(true), "\xff\xff"s, "\0\0"s, "\2\0ab"s},
      {varbinary_for(false), std::string(8, '\xff'), little(0, 8) + little(0, 4),
       little(2, 8) + little(2, 4) + "ab" + little(0, 4)},
  };
  for (const auto& [type, nothing, empty, filled] : cases) {
    EXPECT_EQ(null(type), nothing) << declare(type);
    EXPECT_EQ(value(type, ""), empty) << declare(type);
    EXPECT_EQ(value(type, "ab"), filled) << declare(type);
    EXPECT_EQ(is_framed_by_length(type), type.type != Type::int_);
  }
}

TEST(TypeInfoTest, OnlyTextHasTheServersCollation) {
  ServerState state;
  state.collation[0] = 0x11;
  const std::string collation(reinterpret_cast<const char*>(state.collation), sizeof(state.collation));
  EXPECT_EQ(type_info(nvarchar_for(true), state), "\xe7" + little(8000, 2) + collation);
  EXPECT_EQ(type_info(nvarchar_for(false), state), "\xe7\xff\xff" + collation);
  EXPECT_EQ(type_info(varbinary_for(true), state), varbinary_type(8000));
  EXPECT_EQ(type_info(varbinary_for(false), state), varbinary_type(-1));
}

TEST(TypeInfoTest, WhatIsNotSentAsItselfIsRefused) {
  for (const Type type : {Type::varchar, Type::nchar, Type::ntext, Type::xml, Type::binary, Type::sql_variant})
    EXPECT_EQ(thrown_by([&] { type_info({type, 10, 0, 0}); }).sqlstate, "XX000") << declare({type, 10, 0, 0});
}

}  // namespace
}  // namespace mssql::tds::native
