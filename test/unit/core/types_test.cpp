#include "core/types.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.hpp"

namespace mssql {
namespace {

constexpr int type_count = static_cast<int>(Type::udt) + 1;

TEST(Types, EveryTypeIsFoundByItsName) {
  for (int i = 0; i < type_count; ++i) EXPECT_EQ(type_from_name(type_name(static_cast<Type>(i))), static_cast<Type>(i));
}

TEST(Types, NamesOfSysTypes) {
  EXPECT_EQ(type_from_name("numeric"), Type::decimal);
  EXPECT_EQ(type_from_name("sysname"), Type::nvarchar);
  EXPECT_EQ(type_from_name("timestamp"), Type::rowversion);
  EXPECT_EQ(type_from_name("NVarChar"), Type::nvarchar);
  EXPECT_EQ(type_from_name("tensor"), std::nullopt);
  EXPECT_EQ(type_from_name(""), std::nullopt);
  EXPECT_EQ(type_from_name("in"), std::nullopt);
}

struct Mapping {
  RemoteType remote;
  const char* declaration;
  const char* local;
};

const Mapping mappings[] = {
    {{Type::bit, 1, 1, 0}, "bit", "boolean"},
    {{Type::tinyint, 1, 3, 0}, "tinyint", "smallint"},
    {{Type::smallint, 2, 5, 0}, "smallint", "smallint"},
    {{Type::int_, 4, 10, 0}, "int", "integer"},
    {{Type::bigint, 8, 19, 0}, "bigint", "bigint"},
    {{Type::decimal, 9, 18, 2}, "decimal(18,2)", "numeric(18,2)"},
    {{Type::decimal, 17, 38, 38}, "decimal(38,38)", "numeric(38,38)"},
    {{Type::money, 8, 19, 4}, "money", "numeric(19,4)"},
    {{Type::smallmoney, 4, 10, 4}, "smallmoney", "numeric(10,4)"},
    {{Type::real, 4, 24, 0}, "real", "real"},
    {{Type::float_, 8, 53, 0}, "float", "double precision"},
    {{Type::date, 3, 10, 0}, "date", "date"},
    {{Type::time, 3, 8, 0}, "time(0)", "time(0) without time zone"},
    {{Type::time, 5, 16, 7}, "time(7)", "time(6) without time zone"},
    {{Type::smalldatetime, 4, 16, 0}, "smalldatetime", "timestamp(0) without time zone"},
    {{Type::datetime, 8, 23, 3}, "datetime", "timestamp(3) without time zone"},
    {{Type::datetime2, 6, 19, 0}, "datetime2(0)", "timestamp(0) without time zone"},
    {{Type::datetime2, 8, 27, 7}, "datetime2(7)", "timestamp(6) without time zone"},
    {{Type::datetimeoffset, 10, 34, 7}, "datetimeoffset(7)", "timestamp(6) with time zone"},
    {{Type::datetimeoffset, 9, 29, 3}, "datetimeoffset(3)", "timestamp(3) with time zone"},
    {{Type::char_, 10, 0, 0}, "char(10)", "character(10)"},
    {{Type::varchar, 8000, 0, 0}, "varchar(8000)", "character varying(8000)"},
    {{Type::varchar, -1, 0, 0}, "varchar(max)", "text"},
    {{Type::text, 16, 0, 0}, "text", "text"},
    {{Type::nchar, 20, 0, 0}, "nchar(10)", "character(10)"},
    {{Type::nvarchar, 40, 0, 0}, "nvarchar(20)", "character varying(20)"},
    {{Type::nvarchar, 256, 0, 0}, "nvarchar(128)", "character varying(128)"},
    {{Type::nvarchar, -1, 0, 0}, "nvarchar(max)", "text"},
    {{Type::ntext, 16, 0, 0}, "ntext", "text"},
    {{Type::binary, 8, 0, 0}, "binary(8)", "bytea"},
    {{Type::varbinary, -1, 0, 0}, "varbinary(max)", "bytea"},
    {{Type::image, 16, 0, 0}, "image", "bytea"},
    {{Type::rowversion, 8, 0, 0}, "rowversion", "bytea"},
    {{Type::uniqueidentifier, 16, 0, 0}, "uniqueidentifier", "uuid"},
    {{Type::xml, -1, 0, 0}, "xml", "xml"},
    {{Type::json, -1, 0, 0}, "json", "text"},
    {{Type::vector, 20, 0, 0}, "vector", "text"},
    {{Type::sql_variant, 8016, 0, 0}, "sql_variant", "jsonb"},
    {{Type::hierarchyid, 892, 0, 0}, "hierarchyid", "text"},
    {{Type::geometry, -1, 0, 0}, "geometry", "bytea"},
    {{Type::geography, -1, 0, 0}, "geography", "bytea"},
    {{Type::udt, -1, 0, 0}, "udt", "bytea"},
};

TEST(Types, DeclareAndLocalType) {
  for (const Mapping& mapping : mappings) {
    EXPECT_EQ(declare(mapping.remote), mapping.declaration);
    EXPECT_EQ(local_type(mapping.remote), mapping.local) << mapping.declaration;
  }
}

TEST(Types, DeclarationsRoundTrip) {
  for (const Mapping& mapping : mappings) {
    const RemoteType parsed = parse_declaration(mapping.declaration);
    EXPECT_EQ(parsed.type, mapping.remote.type);
    EXPECT_EQ(declare(parsed), mapping.declaration);
    EXPECT_EQ(local_type(parsed), mapping.local);
  }
}

TEST(Types, PostgisTypes) {
  EXPECT_EQ(local_type({Type::nvarchar, 20, 0, 0}, {.counts_bytes = true}), "character varying(30)");
  EXPECT_EQ(local_type({Type::varchar, 8000, 0, 0}, {.counts_bytes = true}), "character varying(24000)");
  EXPECT_EQ(local_type({Type::nvarchar, -1, 0, 0}, {.counts_bytes = true}), "text");
  EXPECT_EQ(local_type({Type::nchar, 20, 0, 0}, {.counts_bytes = true}), "bpchar");
  EXPECT_EQ(local_type({Type::geometry, -1, 0, 0}, {.postgis = true}), "geometry");
  EXPECT_EQ(local_type({Type::geography, -1, 0, 0}, {.postgis = true}), "geography");
}

TEST(Types, ParsesWhatPeopleWrite) {
  EXPECT_EQ(declare(parse_declaration(" NVARCHAR ( 40 ) ")), "nvarchar(40)");
  EXPECT_EQ(parse_declaration("nvarchar(40)").max_length, 80);
  EXPECT_EQ(parse_declaration("varbinary(MAX)").max_length, -1);
  EXPECT_EQ(declare(parse_declaration("numeric(10)")), "decimal(10,0)");
  EXPECT_EQ(declare(parse_declaration("decimal")), "decimal(18,0)");
  EXPECT_EQ(declare(parse_declaration("dec(5, 2)")), "decimal(5,2)");
  EXPECT_EQ(declare(parse_declaration("datetime2")), "datetime2(7)");
  EXPECT_EQ(declare(parse_declaration("float(24)")), "real");
  EXPECT_EQ(declare(parse_declaration("float(25)")), "float");
  EXPECT_EQ(declare(parse_declaration("double precision")), "float");
  EXPECT_EQ(declare(parse_declaration("sysname")), "nvarchar(128)");
  EXPECT_EQ(declare(parse_declaration("vector(1536)")), "vector");
  EXPECT_EQ(declare(parse_declaration("vector(1998, float32)")), "vector");
  EXPECT_EQ(declare(parse_declaration("VECTOR(3, Float16)")), "vector");
  EXPECT_EQ(declare(parse_declaration("char")), "char(1)");
  EXPECT_EQ(declare(parse_declaration("timestamp")), "rowversion");
}

TEST(Types, RefusesWrongDeclarations) {
  for (const char* text : {"",
                           "foo",
                           "int(4)",
                           "nvarchar(0)",
                           "nvarchar(4001)",
                           "varchar(8001)",
                           "char(max)",
                           "decimal(39)",
                           "decimal(5,6)",
                           "decimal(5,)",
                           "decimal()",
                           "decimal(5",
                           "time(8)",
                           "datetime2(7,1)",
                           "nvarchar(4 0)",
                           "nvarchar(-1)",
                           "varchar(99999999999)",
                           "sysname(5)",
                           "json(1)",
                           "vector(0)",
                           "vector(3, float64)",
                           "vector(3, 4)",
                           "float(54)",
                           "decimal(5,2) x"}) {
    try {
      parse_declaration(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_STREQ(error.sqlstate, "22023") << text;
      EXPECT_FALSE(error.hint.empty());
    }
  }
}

TEST(Types, NotesWhatIsLost) {
  EXPECT_NE(lossy_note({Type::datetime2, 8, 27, 7}), "");
  EXPECT_EQ(lossy_note({Type::datetime2, 8, 26, 6}), "");
  EXPECT_NE(lossy_note({Type::time, 5, 16, 7}), "");
  EXPECT_NE(lossy_note({Type::datetimeoffset, 8, 26, 0}), "");
  EXPECT_NE(lossy_note({Type::datetimeoffset, 10, 34, 7}), lossy_note({Type::datetimeoffset, 8, 26, 0}));
  EXPECT_EQ(lossy_note({Type::decimal, 17, 38, 7}), "");
  EXPECT_EQ(lossy_note({Type::int_, 4, 10, 0}), "");
}

TEST(Types, ExactComparison) {
  EXPECT_TRUE(is_exact_comparable({Type::int_, 4, 10, 0}));
  EXPECT_TRUE(is_exact_comparable({Type::datetime2, 8, 26, 6}));
  EXPECT_FALSE(is_exact_comparable({Type::datetime2, 8, 27, 7}));
  EXPECT_FALSE(is_exact_comparable({Type::nvarchar, 40, 0, 0}));
  EXPECT_FALSE(is_exact_comparable({Type::uniqueidentifier, 16, 0, 0}));
  EXPECT_FALSE(is_exact_comparable({Type::float_, 8, 53, 0}));
}

}  // namespace
}  // namespace mssql
