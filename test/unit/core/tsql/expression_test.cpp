#include "core/tsql/expression.hpp"

#include <gtest/gtest.h>

#include <map>

namespace mssql::tsql {
namespace {

const std::map<std::string, RemoteType, std::less<>> columns = {
    {"Price", {Type::money, 8, 19, 4}},     {"Qty", {Type::int_, 4, 10, 0}},
    {"Small", {Type::smallint, 2, 5, 0}},   {"Rate", {Type::decimal, 9, 10, 3}},
    {"Wide", {Type::decimal, 17, 38, 10}},  {"Real", {Type::real, 4, 24, 0}},
    {"Float", {Type::float_, 8, 53, 0}},    {"Active", {Type::bit, 1, 1, 0}},
    {"Deleted", {Type::bit, 1, 1, 0}},      {"Born", {Type::date, 3, 10, 0}},
    {"At", {Type::datetime, 8, 23, 3}},     {"Until", {Type::datetime, 8, 23, 3}},
    {"Exact", {Type::datetime2, 8, 27, 7}}, {"Rough", {Type::datetime2, 7, 23, 3}},
    {"Time", {Type::time, 4, 12, 3}},       {"Name", {Type::nvarchar, 40, 0, 0}},
    {"Code", {Type::char_, 4, 0, 0}},       {"Guid", {Type::uniqueidentifier, 16, 0, 0}},
    {"Doc", {Type::xml, -1, 0, 0}},         {"Offset", {Type::datetimeoffset, 9, 29, 3}},
};

const ExpressionContext context{
    [](std::string_view name) -> std::optional<std::string> {
      if (columns.find(name) == columns.end() && name != "Untyped") return std::nullopt;
      std::string lower(name);
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      return lower;
    },
    [](std::string_view schema, std::string_view name) -> std::optional<std::string> {
      if (name == "missing") return std::nullopt;
      return std::string(schema.empty() ? "public" : schema) + ".\"" + std::string(name) + "\"";
    },
    [](std::string_view name) -> std::optional<RemoteType> {
      const auto found = columns.find(name);
      return found == columns.end() ? std::nullopt : std::optional<RemoteType>(found->second);
    },
};

std::string to_default(std::string_view definition, std::string_view type) {
  return translate_default(definition, parse_declaration(type), context).value_or("-");
}

std::string to_check(std::string_view definition) { return translate_check(definition, context).value_or("-"); }

TEST(TranslateDefault, Numbers) {
  EXPECT_EQ(to_default("((0))", "int"), "0");
  EXPECT_EQ(to_default("((-1))", "int"), "-1");
  EXPECT_EQ(to_default("(((-(1))))", "int"), "-1");
  EXPECT_EQ(to_default("((255))", "tinyint"), "255");
  EXPECT_EQ(to_default("((256))", "tinyint"), "-");
  EXPECT_EQ(to_default("((3000000000))", "int"), "-");
  EXPECT_EQ(to_default("((3000000000))", "bigint"), "3000000000");
  EXPECT_EQ(to_default("((1.5))", "int"), "-");
  EXPECT_EQ(to_default("((1.0))", "int"), "1");
  EXPECT_EQ(to_default("((3.14))", "decimal(9,2)"), "3.14");
  EXPECT_EQ(to_default("((3.145))", "decimal(9,2)"), "-");
  EXPECT_EQ(to_default("((.5))", "decimal(9,2)"), "0.5");
  EXPECT_EQ(to_default("($1.25)", "money"), "1.25");
  EXPECT_EQ(to_default("((0.0))", "money"), "0");
  EXPECT_EQ(to_default("((0.1))", "float"), "0.1");
  EXPECT_EQ(to_default("((1e10))", "float"), "1e10");
  EXPECT_EQ(to_default("((1e10))", "int"), "-");
  EXPECT_EQ(to_default("((1e))", "float"), "-");
  EXPECT_EQ(to_default("((60)*(60))", "int"), "60 * 60");
  EXPECT_EQ(to_default("((60)/(7))", "int"), "-");
  EXPECT_EQ(to_default("((1)-(-2))", "int"), "1 - -2");
  EXPECT_EQ(to_default("(NULL)", "int"), "NULL");
}

TEST(TranslateDefault, Bits) {
  EXPECT_EQ(to_default("((0))", "bit"), "false");
  EXPECT_EQ(to_default("((1))", "bit"), "true");
  EXPECT_EQ(to_default("((-5))", "bit"), "true");
  EXPECT_EQ(to_default("('True')", "bit"), "true");
  EXPECT_EQ(to_default("('')", "bit"), "false");
  EXPECT_EQ(to_default("(CONVERT([bit],(0)))", "bit"), "false");
  EXPECT_EQ(to_default("('yes')", "bit"), "-");
}

TEST(TranslateDefault, Strings) {
  EXPECT_EQ(to_default("(N'x')", "nvarchar(10)"), "'x'");
  EXPECT_EQ(to_default("('it''s')", "varchar(10)"), "'it''s'");
  EXPECT_EQ(to_default("('')", "varchar(10)"), "''");
  EXPECT_EQ(to_default("('a\\b')", "varchar(10)"), "E'a\\\\b'");
  EXPECT_EQ(to_default("(N'naïve')", "nvarchar(10)"), "'naïve'");
  EXPECT_EQ(to_default("(N'naïve')", "varchar(10)"), "-");
  EXPECT_EQ(to_default("('naïve')", "nvarchar(10)"), "-");
  EXPECT_EQ(to_default("('too long')", "varchar(3)"), "-");
  EXPECT_EQ(to_default("('ab')", "nchar(2)"), "'ab'");
  EXPECT_EQ(to_default("('any length')", "varchar(max)"), "'any length'");
  EXPECT_EQ(to_default("('any length')", "ntext"), "'any length'");
  EXPECT_EQ(to_default("('a'+'b')", "varchar(3)"), "'ab'");
  EXPECT_EQ(to_default("((5))", "varchar(3)"), "'5'");
  EXPECT_EQ(to_default("((1.50))", "varchar(5)"), "'1.50'");
  EXPECT_EQ(to_default("($1.50)", "varchar(5)"), "-");
  EXPECT_EQ(to_default("(getdate())", "varchar(30)"), "-");
  EXPECT_EQ(to_default("(CONVERT([varchar](5),'abc'))", "varchar(5)"), "'abc'");
  EXPECT_EQ(to_default("(CONVERT([varchar](2),'abc'))", "varchar(5)"), "-");
  EXPECT_EQ(to_default("('<a/>')", "xml"), "'<a/>'");
}

TEST(TranslateDefault, EmptyStringIsZeroForNumbersAndDates) {
  EXPECT_EQ(to_default("('')", "int"), "0");
  EXPECT_EQ(to_default("(' ')", "float"), "0");
  EXPECT_EQ(to_default("('')", "money"), "0");
  EXPECT_EQ(to_default("('')", "decimal(5,2)"), "-");
  EXPECT_EQ(to_default("('')", "datetime"), "'1900-01-01 00:00:00'");
  EXPECT_EQ(to_default("('')", "date"), "'1900-01-01'");
  EXPECT_EQ(to_default("('')", "time"), "'00:00:00'");
  EXPECT_EQ(to_default("('')", "datetimeoffset"), "'1900-01-01 00:00:00+00'");
  EXPECT_EQ(to_default("('')", "uniqueidentifier"), "-");
  EXPECT_EQ(to_default("(' 12 ')", "int"), "12");
  EXPECT_EQ(to_default("('1.5')", "int"), "-");
  EXPECT_EQ(to_default("('x')", "int"), "-");
}

TEST(TranslateDefault, Dates) {
  EXPECT_EQ(to_default("('20000131')", "datetime"), "'2000-01-31 00:00:00'");
  EXPECT_EQ(to_default("('2000-01-31')", "date"), "'2000-01-31'");
  EXPECT_EQ(to_default("('2000-01-31 12:30')", "datetime2(0)"), "'2000-01-31 12:30:00'");
  EXPECT_EQ(to_default("('2000-01-31T12:30:00.003')", "datetime"), "'2000-01-31 12:30:00.003'");
  EXPECT_EQ(to_default("('2000-01-31T12:30:00.001')", "datetime"), "-");
  EXPECT_EQ(to_default("('2000-01-31 12:30:00.12')", "datetime2(1)"), "-");
  EXPECT_EQ(to_default("('2000-01-31 12:30:01')", "smalldatetime"), "-");
  EXPECT_EQ(to_default("('2000-01-31 12:30')", "date"), "-");
  EXPECT_EQ(to_default("('12:30')", "time"), "'12:30:00'");
  EXPECT_EQ(to_default("('1/2/2000')", "datetime"), "-");
  EXPECT_EQ(to_default("('1752-01-01')", "datetime"), "-");
  EXPECT_EQ(to_default("((0))", "datetime"), "'1900-01-01 00:00:00'");
  EXPECT_EQ(to_default("((1))", "datetime"), "-");
  EXPECT_EQ(to_default("((0))", "date"), "-");
  EXPECT_EQ(to_default("(CONVERT([datetime],'20000131',(112)))", "datetime"), "'2000-01-31 00:00:00'");
  EXPECT_EQ(to_default("(CONVERT([datetime],'2000-01-31',103))", "datetime"), "-");
  EXPECT_EQ(to_default("('2000-01-31 12:30:00 +01:00')", "datetimeoffset"), "-");
}

TEST(TranslateDefault, CurrentTime) {
  EXPECT_EQ(to_default("(getdate())", "datetime"), "localtimestamp(3)");
  EXPECT_EQ(to_default("(GETDATE())", "datetime2(0)"), "localtimestamp(0)");
  EXPECT_EQ(to_default("(getdate())", "datetime2(7)"), "localtimestamp(3)");
  EXPECT_EQ(to_default("(sysdatetime())", "datetime2(7)"), "localtimestamp(6)");
  EXPECT_EQ(to_default("(getdate())", "date"), "current_date");
  EXPECT_EQ(to_default("(getdate())", "time"), "localtime(3)");
  EXPECT_EQ(to_default("(getdate())", "smalldatetime"),
            "date_trunc('minute', localtimestamp(3) + interval '30 seconds')");
  EXPECT_EQ(to_default("(getdate())", "datetimeoffset"), "(localtimestamp(3) AT TIME ZONE 'UTC')");
  EXPECT_EQ(to_default("(dateadd(day,(1),getdate()))", "datetimeoffset"),
            "((localtimestamp(3) + interval '1 day') AT TIME ZONE 'UTC')");
  EXPECT_EQ(to_default("(getutcdate())", "datetime"), "(current_timestamp(3) AT TIME ZONE 'UTC')");
  EXPECT_EQ(to_default("(sysutcdatetime())", "date"), "(current_timestamp(6) AT TIME ZONE 'UTC')::date");
  EXPECT_EQ(to_default("(sysutcdatetime())", "datetimeoffset"), "current_timestamp(6)");
  EXPECT_EQ(to_default("(sysdatetimeoffset())", "datetimeoffset(3)"), "current_timestamp(3)");
  EXPECT_EQ(to_default("(sysdatetimeoffset())", "datetime"), "localtimestamp(3)");
  EXPECT_EQ(to_default("(CURRENT_TIMESTAMP)", "datetime"), "localtimestamp(3)");
  EXPECT_EQ(to_default("(CONVERT([date],getdate()))", "date"), "current_date");
  EXPECT_EQ(to_default("(CAST(getdate() AS date))", "datetime"), "(current_date)::timestamp");
  EXPECT_EQ(to_default("(CONVERT([date],getdate()))", "time"), "-");
  EXPECT_EQ(to_default("(getdate())", "int"), "-");
  EXPECT_EQ(to_default("(getdate(1))", "datetime"), "-");
  EXPECT_EQ(to_default("(getdate)", "datetime"), "-");
}

TEST(TranslateDefault, Dateadd) {
  EXPECT_EQ(to_default("(dateadd(day,(1),getdate()))", "datetime"), "localtimestamp(3) + interval '1 day'");
  EXPECT_EQ(to_default("(DATEADD(mm,-2,getutcdate()))", "datetime"),
            "(current_timestamp(3) AT TIME ZONE 'UTC') + interval '-2 month'");
  EXPECT_EQ(to_default("(dateadd(week,(2),getdate()))", "date"), "(localtimestamp(3) + interval '14 day')::date");
  EXPECT_EQ(to_default("(dateadd(year,(1),CONVERT([date],getdate())))", "date"),
            "(current_date + interval '1 year')::date");
  EXPECT_EQ(to_default("(dateadd(hour,(1),CONVERT([date],getdate())))", "date"), "-");
  EXPECT_EQ(to_default("(dateadd(day,(1),sysdatetimeoffset()))", "datetimeoffset"), "-");
  EXPECT_EQ(to_default("(dateadd(nanosecond,(1),getdate()))", "datetime"), "-");
  EXPECT_EQ(to_default("(dateadd(day,(1.5),getdate()))", "datetime"), "-");
  EXPECT_EQ(to_default("(dateadd('day', 1, getdate()))", "datetime"), "-");
}

TEST(TranslateDefault, UuidBinaryNames) {
  EXPECT_EQ(to_default("(newid())", "uniqueidentifier"), "gen_random_uuid()");
  EXPECT_EQ(to_default("(newsequentialid())", "uniqueidentifier"), "gen_random_uuid()");
  EXPECT_EQ(to_default("(newid())", "varchar(36)"), "upper(gen_random_uuid()::text)");
  EXPECT_EQ(to_default("(newid())", "varchar(35)"), "-");
  EXPECT_EQ(to_default("('00112233-4455-6677-8899-AABBCCDDEEFF')", "uniqueidentifier"),
            "'00112233-4455-6677-8899-aabbccddeeff'");
  EXPECT_EQ(to_default("(0x0A)", "varbinary(4)"), "decode('0A', 'hex')");
  EXPECT_EQ(to_default("(0xA)", "varbinary(4)"), "decode('0A', 'hex')");
  EXPECT_EQ(to_default("(0x)", "varbinary(4)"), "decode('', 'hex')");
  EXPECT_EQ(to_default("(0x0A)", "binary(3)"), "decode('0A0000', 'hex')");
  EXPECT_EQ(to_default("(0x0A0B)", "varbinary(1)"), "-");
  EXPECT_EQ(to_default("(0x0A)", "int"), "-");
  EXPECT_EQ(to_default("((0))", "varbinary(4)"), "-");
  EXPECT_EQ(to_default("(suser_sname())", "nvarchar(128)"), "session_user::text");
  EXPECT_EQ(to_default("(user_name())", "sysname"), "current_user::text");
  EXPECT_EQ(to_default("(USER)", "sysname"), "current_user::text");
  EXPECT_EQ(to_default("(host_name())", "varchar(50)"), "host(inet_client_addr())");
  EXPECT_EQ(to_default("(db_name())", "int"), "-");
}

TEST(TranslateDefault, Sequences) {
  EXPECT_EQ(to_default("(NEXT VALUE FOR [dbo].[q])", "int"), "nextval('dbo.\"q\"'::regclass)");
  EXPECT_EQ(to_default("(NEXT VALUE FOR q)", "bigint"), "nextval('public.\"q\"'::regclass)");
  EXPECT_EQ(to_default("(NEXT VALUE FOR [dbo].[missing])", "int"), "-");
  EXPECT_EQ(to_default("(NEXT VALUE FOR [a].[b].[c])", "int"), "-");
  EXPECT_EQ(translate_default("(NEXT VALUE FOR [dbo].[q])", {Type::int_, 4, 10, 0}, {}), std::nullopt);
}

TEST(TranslateDefault, RefusesTheUnknown) {
  for (const char* definition : {"",
                                 "()",
                                 "((0)",
                                 "(0))",
                                 "([dbo].[f]())",
                                 "(f((1)))",
                                 "([Qty])",
                                 "(case when 1=1 then 2 end)",
                                 "(select 1)",
                                 "((1)=(1))",
                                 "bound default object",
                                 "(1 2)",
                                 "(@x)",
                                 "(-'a')",
                                 "(--1)",
                                 "(1 % 2)",
                                 "(TRY_CONVERT(int,'1'))",
                                 "(CONVERT([dbo].[t],(1)))",
                                 "(CAST(1 AS))",
                                 "(NULL NULL)",
                                 "(abs((1)))"})
    EXPECT_EQ(to_default(definition, "int"), "-") << definition;
}

TEST(TranslateDefault, DeepNestingIsRefusedNotAStackOverflow) {
  EXPECT_EQ(to_default(std::string(50, '(') + "1" + std::string(50, ')'), "int"), "1");
  EXPECT_EQ(to_default(std::string(100000, '(') + "1" + std::string(100000, ')'), "int"), "-");
  std::string minus;
  for (int i = 0; i < 100000; ++i) minus += "- ";
  EXPECT_EQ(to_default(minus + "1", "int"), "-");
  std::string nots;
  for (int i = 0; i < 100000; ++i) nots += "NOT ";
  EXPECT_EQ(to_check(nots + "[Qty] IS NULL"), "-");
}

TEST(TranslateDefault, WhatIsTooLongIsRefused) {
  const auto repeated = [](const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
  };
  EXPECT_EQ(to_default("('a'" + repeated("+'a'", 16000) + ")", "nvarchar(max)"), "'" + repeated("a", 16001) + "'");
  EXPECT_EQ(to_default("('a'" + repeated("+'a'", 17000) + ")", "nvarchar(max)"), "-");
  EXPECT_EQ(to_check("([Qty]=1" + repeated(" or [Qty]=1", 5000) + ")"), "qty = 1" + repeated(" OR qty = 1", 5000));
  EXPECT_EQ(to_check("([Qty]=1" + repeated(" or [Qty]=1", 6000) + ")"), "-");
  EXPECT_EQ(to_check("([Qty]=" + repeated("0", 100) + ")"), "-");
  EXPECT_EQ(to_default("('a'+[x])", "nvarchar(max)"), "-");
  EXPECT_EQ(to_default("('a'+N'b'+'c')", "varchar(9)"), "'abc'");
}

TEST(TranslateCheck, Numbers) {
  EXPECT_EQ(to_check("([Price]>=(0) AND [Price]<=(100))"), "price >= 0 AND price <= 100");
  EXPECT_EQ(to_check("([Price]>=($1.50))"), "price >= 1.50");
  EXPECT_EQ(to_check("([Qty]>(0) OR [Qty] IS NULL AND [Small]<>(5))"), "qty > 0 OR qty IS NULL AND small <> 5");
  EXPECT_EQ(to_check("(([Qty]>(0) OR [Qty] IS NULL) AND [Small]<>(5))"), "(qty > 0 OR qty IS NULL) AND small <> 5");
  EXPECT_EQ(to_check("(NOT ([Qty]>(0) OR [Qty]=(-1)))"), "NOT (qty > 0 OR qty = -1)");
  EXPECT_EQ(to_check("([Qty]*(2)+[Small]>=[Rate]-(1.5))"), "qty * 2 + small >= rate - 1.5");
  EXPECT_EQ(to_check("(([Qty]+(2))*[Small]>(0))"), "(qty + 2) * small > 0");
  EXPECT_EQ(to_check("([Qty]-([Small]-(1))>(0))"), "qty - (small - 1) > 0");
  EXPECT_EQ(to_check("(-[Qty]<(0))"), "-qty < 0");
  EXPECT_EQ(to_check("((0)<[Qty])"), "qty > 0");
  EXPECT_EQ(to_check("([Qty] BETWEEN (1) AND (5))"), "qty >= 1 AND qty <= 5");
  EXPECT_EQ(to_check("([Qty] NOT BETWEEN (1) AND (5))"), "NOT (qty >= 1 AND qty <= 5)");
  EXPECT_EQ(to_check("([Qty] IN ((1),(2)))"), "qty = 1 OR qty = 2");
  EXPECT_EQ(to_check("([Qty] IN (1) AND [Small]>0)"), "qty = 1 AND small > 0");
  EXPECT_EQ(to_check("([Qty] NOT IN ((1),(2)))"), "NOT (qty = 1 OR qty = 2)");
  EXPECT_EQ(to_check("([Qty]>='5')"), "qty >= 5");
  EXPECT_EQ(to_check("(isnull([Qty],(0))>=(0))"), "coalesce(qty, 0) >= 0");
  EXPECT_EQ(to_check("([Qty]!=(0))"), "qty <> 0");
}

TEST(TranslateCheck, NumbersThatMayDiffer) {
  EXPECT_EQ(to_check("([Qty]/(2)>(0))"), "-");
  EXPECT_EQ(to_check("([Qty]%(2)=(0))"), "-");
  EXPECT_EQ(to_check("([Price]*(2)>(0))"), "-");
  EXPECT_EQ(to_check("([Wide]*[Wide]>(0))"), "-");
  EXPECT_EQ(to_check("([Wide]+[Rate]>(0))"), "-");
  EXPECT_EQ(to_check("([Qty]>='x')"), "-");
  EXPECT_EQ(to_check("([Untyped]>(0))"), "-");
  EXPECT_EQ(to_check("([Missing]>(0))"), "-");
}

TEST(TranslateCheck, Floats) {
  EXPECT_EQ(to_check("([Real]>=(0) AND [Real]<=(1))"), "real >= 0 AND real <= 1");
  EXPECT_EQ(to_check("([Float]>(0.5))"), "float > 0.5");
  EXPECT_EQ(to_check("([Float]>(-0.25))"), "float > -0.25");
  EXPECT_EQ(to_check("([Real]<(0.1))"), "-");
  EXPECT_EQ(to_check("([Float]<(99999999))"), "-");
  EXPECT_EQ(to_check("([Float]<(1e3))"), "-");
  EXPECT_EQ(to_check("([Float]<[Float])"), "float < float");
  EXPECT_EQ(to_check("([Float]<[Real])"), "-");
  EXPECT_EQ(to_check("([Float]+(1)<(5))"), "-");
}

TEST(TranslateCheck, Bits) {
  EXPECT_EQ(to_check("([Active]=(1))"), "active = true");
  EXPECT_EQ(to_check("([Active]<>(0))"), "active <> false");
  EXPECT_EQ(to_check("([Active]=[Deleted])"), "active = deleted");
  EXPECT_EQ(to_check("([Active]=(2))"), "-");
  EXPECT_EQ(to_check("([Active]>(0))"), "-");
  EXPECT_EQ(to_check("([Active]<[Deleted])"), "-");
}

TEST(TranslateCheck, DatesAndTimes) {
  EXPECT_EQ(to_check("([Born]>='19000101')"), "born >= '1900-01-01'");
  EXPECT_EQ(to_check("([At]<='2079-06-06T00:00:00')"), "at <= '2079-06-06 00:00:00'");
  EXPECT_EQ(to_check("([At]>(0))"), "at > '1900-01-01 00:00:00'");
  EXPECT_EQ(to_check("([At]<=[Until])"), "at <= until");
  EXPECT_EQ(to_check("([Born]<=[At])"), "born <= at");
  EXPECT_EQ(to_check("([At]<=[Rough])"), "-");
  EXPECT_EQ(to_check("([Exact]>='20000101')"), "-");
  EXPECT_EQ(to_check("([Exact]>[Exact])"), "-");
  EXPECT_EQ(to_check("([Time]<[Born])"), "-");
  EXPECT_EQ(to_check("([Born]<getdate())"), "-");
  EXPECT_EQ(to_check("([Born]<CONVERT([date],getdate()))"), "-");
  EXPECT_EQ(to_check("([Born]>CONVERT([date],'20000101'))"), "born > '2000-01-01'");
  EXPECT_EQ(to_check("([At]>'2000-01-01 00:00:00.001')"), "-");
  EXPECT_EQ(to_check("([Offset]>[At])"), "-");
}

TEST(TranslateCheck, Text) {
  EXPECT_EQ(to_check("([Name]<>'')"), "rtrim(name) <> ''");
  EXPECT_EQ(to_check("(''<>[Name])"), "rtrim(name) <> ''");
  EXPECT_EQ(to_check("(len([Name])>(0))"), "rtrim(name) <> ''");
  EXPECT_EQ(to_check("((1)<=len([Code]))"), "rtrim(code) <> ''");
  EXPECT_EQ(to_check("([Name] IS NOT NULL)"), "name IS NOT NULL");
  EXPECT_EQ(to_check("([Doc] IS NULL)"), "doc IS NULL");
  EXPECT_EQ(to_check("([Untyped] IS NOT NULL)"), "untyped IS NOT NULL");
  for (const char* check :
       {"([Code]='M' OR [Code]='F')", "([Name]='')", "([Name]>'')", "([Name]<>'a')", "([Name] LIKE '[A-Z]%')",
        "(len([Name])>(1))", "(len([Name])<=(10))", "(len([Name]) IS NULL)", "(upper([Name])=[Name])",
        "([Name]=[Code])", "([Code] IN ('a'))", "([Name] NOT LIKE '%x%')", "([Name]+'x'<>'')"})
    EXPECT_EQ(to_check(check), "-") << check;
}

TEST(TranslateCheck, Uuids) {
  EXPECT_EQ(to_check("([Guid]<>'00000000-0000-0000-0000-000000000000')"),
            "guid <> '00000000-0000-0000-0000-000000000000'");
  EXPECT_EQ(to_check("([Guid]>'00000000-0000-0000-0000-000000000000')"), "-");
}

TEST(TranslateCheck, RefusesTheUnknown) {
  for (const char* check :
       {"", "(1)", "([Qty])", "([Qty]>)", "([Qty]>(0) AND)", "([Qty]>(0)) x", "([Qty]=NULL)", "([dbo].[f]([Qty])=(1))",
        "([Qty]>(0) AND [dbo].[f]([Qty])=(1))", "(NOT [Qty])", "([Qty] IN ())", "([Qty] IS)", "([Qty] BETWEEN 1 OR 2)",
        "([Qty]>(0) > (1))", "(([Qty]>(0))=(1))", "([t].[Qty]>(0))", "(user_name()='x')", "([Qty] NOT 5)"})
    EXPECT_EQ(to_check(check), "-") << check;
}

TEST(TranslateCheck, WithoutTypesOnlyNullTests) {
  const ExpressionContext untyped{context.column, {}, {}};
  EXPECT_EQ(translate_check("([Qty] IS NOT NULL)", untyped), "qty IS NOT NULL");
  EXPECT_EQ(translate_check("([Qty]>(0))", untyped), std::nullopt);
}

}  // namespace
}  // namespace mssql::tsql
