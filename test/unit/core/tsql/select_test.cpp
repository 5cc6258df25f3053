#include "core/tsql/select.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mssql::tsql {
namespace {

TEST(SelectExpression, MostTypesAreThemselves) {
  for (int i = 0; i <= static_cast<int>(Type::udt); ++i) {
    const Type type = static_cast<Type>(i);
    const bool special = type == Type::hierarchyid || type == Type::geometry || type == Type::geography ||
                         type == Type::sql_variant || type == Type::udt;
    if (!special) {
      EXPECT_EQ(select_expression({type, 10, 0, 0}, "[c]"), "[c]") << type_name(type);
    }
  }
}

TEST(SelectExpression, ClrTypes) {
  EXPECT_EQ(select_expression({Type::hierarchyid, 892, 0, 0}, "[t].[c]"), "[t].[c].ToString()");
  EXPECT_EQ(select_expression({Type::geography, -1, 0, 0}, "[c]"),
            "CAST(CAST([c].STSrid AS int) AS binary(4))+[c].AsBinaryZM()");
  EXPECT_EQ(select_expression({Type::udt, -1, 0, 0}, "[c]"), "CAST([c] AS varbinary(max))");
}

TEST(SelectExpression, VariantIsOneBalancedLine) {
  const std::string sql = select_expression({Type::sql_variant, 8016, 0, 0}, "[c]");
  EXPECT_EQ(std::count(sql.begin(), sql.end(), '('), std::count(sql.begin(), sql.end(), ')'));
  EXPECT_EQ(std::count(sql.begin(), sql.end(), '\'') % 2, 0);
  EXPECT_EQ(sql.find('\n'), std::string::npos);
  EXPECT_TRUE(sql.starts_with("CASE WHEN [c] IS NOT NULL THEN "));
  EXPECT_EQ(sql.find(",3)"), std::string::npos);  // a style that SQL Server 2014 takes for another
}

TEST(SelectExpression, OnlyUnicodeTypesAreSelectedRaw) {
  const RemoteType nvarchar{Type::nvarchar, 80, 0, 0};
  EXPECT_EQ(select_expression(nvarchar, "[a]"), "[a]");
  EXPECT_EQ(select_expression(nvarchar, "[a]", TextForm::raw),
            "CAST(NCHAR(65279)+CAST([a] AS nvarchar(max)) AS varbinary(max))");
  EXPECT_EQ(select_expression({Type::varchar, 40, 0, 0}, "[a]", TextForm::raw), "[a]");
  EXPECT_EQ(select_expression({Type::hierarchyid, 892, 0, 0}, "[a]", TextForm::raw), "[a].ToString()");
  for (int i = 0; i <= static_cast<int>(Type::udt); ++i) {
    const Type type = static_cast<Type>(i);
    EXPECT_FALSE(is_raw(type, TextForm::converted));
    const RemoteType remote{type, 10, 0, 0};
    EXPECT_EQ(is_raw(type, TextForm::raw),
              select_expression(remote, "[a]", TextForm::raw) != select_expression(remote, "[a]"))
        << type_name(type);
  }
}

TEST(Sampling, OfLongValuesTheBeginning) {
  const auto expression = [](std::string_view type) {
    return sample_expression(parse_declaration(type), "[a]", TextForm::converted);
  };
  for (const char* type :
       {"varchar(max)", "nvarchar(max)", "varbinary(max)", "text", "ntext", "image", "varchar(8000)", "nvarchar(4000)"})
    EXPECT_EQ(expression(type), "SUBSTRING([a], 1, 1024)") << type;
  for (const char* type : {"varchar(1024)", "nvarchar(1024)", "varbinary(16)", "char(5)", "int", "xml"})
    EXPECT_EQ(expression(type), "[a]") << type;
  EXPECT_NE(sample_expression(parse_declaration("ntext"), "[a]", TextForm::raw).find("SUBSTRING([a], 1, 1024)"),
            std::string::npos);
}

}  // namespace
}  // namespace mssql::tsql
