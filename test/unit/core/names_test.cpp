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

TEST(LocalNames, SolvesCollisionsInAnyOrder) {
  const std::vector<std::string> names{"Users", "users", "USERS", "Other"};
  const std::vector<std::string> found = local_names(names, NameCase::lower);
  EXPECT_EQ(found[1], "users");
  EXPECT_EQ(found[3], "other");
  EXPECT_EQ(found[0].substr(0, 6), "users_");
  EXPECT_EQ(found[2].substr(0, 6), "users_");
  EXPECT_NE(found[0], found[2]);

  const std::vector<std::string> reversed{"Other", "USERS", "users", "Users"};
  const std::vector<std::string> again = local_names(reversed, NameCase::lower);
  EXPECT_EQ(again[3], found[0]);
  EXPECT_EQ(again[1], found[2]);
}

TEST(LocalNames, FirstInByteOrderKeepsTheName) {
  const std::vector<std::string> names{"Users", "USERS"};
  const std::vector<std::string> found = local_names(names, NameCase::lower);
  EXPECT_EQ(found[1], "users");
  EXPECT_EQ(found[0].substr(0, 6), "users_");
}

TEST(LocalNames, SystemColumnsStepAside) {
  const std::vector<std::string> names{"CTID", "tableoid", "tableoid_", "oid"};
  const std::vector<std::string> found = local_names(names, NameCase::lower, local_column_name);
  EXPECT_EQ(found[0], "ctid_");
  EXPECT_EQ(found[1].substr(0, 9), "tableoid_");
  EXPECT_NE(found[1], found[2]);
  EXPECT_EQ(found[2], "tableoid_");
  EXPECT_EQ(found[3], "oid");
  EXPECT_EQ(local_column_name("CTID", NameCase::preserve), "CTID");
}

}  // namespace
}  // namespace mssql
