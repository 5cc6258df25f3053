#include "core/names.hpp"

#include <gtest/gtest.h>

namespace mssql {
namespace {

TEST(LocalName, FoldsAsciiOnly) {
  EXPECT_EQ(local_name("OrderDetails", NameCase::lower), "orderdetails");
  EXPECT_EQ(local_name("Ünit Name", NameCase::lower), "Ünit name");
  EXPECT_EQ(local_name("OrderDetails", NameCase::preserve), "OrderDetails");
  EXPECT_EQ(local_name("", NameCase::lower), "");
}

TEST(LocalName, SnakeFindsWords) {
  EXPECT_EQ(local_name("OrderDetails", NameCase::snake), "order_details");
  EXPECT_EQ(local_name("HTTPServer", NameCase::snake), "http_server");
  EXPECT_EQ(local_name("CustomerID2", NameCase::snake), "customer_id2");
  EXPECT_EQ(local_name("Order2Item", NameCase::snake), "order2_item");
  EXPECT_EQ(local_name("ID", NameCase::snake), "id");
  EXPECT_EQ(local_name("Order_Details", NameCase::snake), "order_details");
}

TEST(LocalName, LongNamesEndInAHash) {
  const std::string exact(63, 'a');
  EXPECT_EQ(local_name(exact, NameCase::lower), exact);
  const std::string one(128, 'a');
  const std::string other = std::string(127, 'a') + "b";
  EXPECT_EQ(local_name(one, NameCase::lower).size(), 63U);
  EXPECT_NE(local_name(one, NameCase::lower), local_name(other, NameCase::lower));
  EXPECT_EQ(local_name(one, NameCase::lower), local_name(one, NameCase::lower));
}

TEST(LocalName, CutsBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "é";
  const std::string folded = local_name("x" + name, NameCase::lower);
  EXPECT_LE(folded.size(), 63U);
  const std::string_view stem(folded.data(), folded.size() - 9);
  EXPECT_EQ((stem.size() - 1) % 2, 0U);
}

TEST(LocalNames, TheFirstKeepsTheName) {
  const std::vector<std::string> names{"Users", "USERS", "Other", "users"};
  const std::vector<std::string> found = local_names(names, NameCase::lower);
  EXPECT_EQ(found, (std::vector<std::string>{"users", distinct_name("users", "USERS"), "other",
                                             distinct_name("users", "users")}));
  EXPECT_NE(found[1], found[3]);
}

TEST(LocalNames, TheScopeIsInTheHash) {
  const std::vector<std::string> names{"Users", "users"};
  EXPECT_EQ(local_names(names, NameCase::lower, "dbo.")[1], distinct_name("users", "dbo.users"));
}

TEST(DistinctName, FitsAndDependsOnTheSource) {
  EXPECT_EQ(distinct_name("users", "a.users").substr(0, 6), "users_");
  EXPECT_EQ(distinct_name("users", "a.users").size(), 14U);
  EXPECT_NE(distinct_name("users", "a.users"), distinct_name("users", "b.users"));
  EXPECT_EQ(distinct_name(std::string(63, 'a'), "x").size(), 63U);
}

TEST(LocalNames, SystemColumnsStepAside) {
  const std::vector<std::string> names{"CTID", "tableoid", "tableoid_", "oid"};
  const std::vector<std::string> found = local_names(names, NameCase::lower, {}, local_column_name);
  EXPECT_EQ(found, (std::vector<std::string>{"ctid_", "tableoid_", distinct_name("tableoid_", "tableoid_"), "oid"}));
  EXPECT_EQ(local_column_name("CTID", NameCase::preserve), "CTID");
}

}  // namespace
}  // namespace mssql
