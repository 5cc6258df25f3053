#include "core/access/options.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "core/error.hpp"

namespace mssql {
namespace {

using Context = OptionContext;

// The error of validating one option; empty sqlstate: none.
struct Outcome {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
};

Outcome validate(Context context, std::initializer_list<Option> options) {
  try {
    validate_options(context, std::vector<Option>(options));
    return {};
  } catch (const Error& error) {
    return {error.sqlstate, error.message, error.detail, error.hint};
  }
}

TEST(OptionRules, NamesAreUniqueInTheirContext) {
  std::set<std::pair<Context, std::string_view>> seen;
  for (const OptionRule& rule : option_rules()) EXPECT_TRUE(seen.insert({rule.context, rule.name}).second) << rule.name;
}

TEST(OptionRules, MeaningsAreOptionsOfTheSameContext) {
  for (const OptionRule& rule : option_rules()) {
    const OptionRule* meant = find_option(rule.context, rule.meaning);
    ASSERT_NE(meant, nullptr) << rule.name;
    EXPECT_EQ(meant->kind, rule.kind);
    EXPECT_EQ(meant->meaning, meant->name);
  }
}

TEST(OptionRules, ContractOfTheSpecification) {
  for (const char* name : {"host",
                           "port",
                           "instance",
                           "database",
                           "server_spn",
                           "encrypt",
                           "ca_file",
                           "verify_host",
                           "tls_name",
                           "application_name",
                           "application_intent",
                           "connect_timeout",
                           "query_timeout",
                           "packet_size",
                           "keep_connections",
                           "use_remote_estimate",
                           "fdw_startup_cost",
                           "fdw_tuple_cost",
                           "fetch_size",
                           "batch_size",
                           "updatable",
                           "async_capable",
                           "isolation",
                           "nul_policy"})
    EXPECT_NE(find_option(Context::server, name), nullptr) << name;
  for (const char* name : {"username", "password", "password_file", "access_token_file", "password_required"})
    EXPECT_NE(find_option(Context::user_mapping, name), nullptr) << name;
  for (const char* name :
       {"schema_name", "table_name", "query", "updatable", "use_remote_estimate", "batch_size", "nul_policy"})
    EXPECT_NE(find_option(Context::table, name), nullptr) << name;
  for (const char* name : {"column_name", "key", "remote_type"})
    EXPECT_NE(find_option(Context::column, name), nullptr) << name;
  for (const char* name :
       {"import_default", "import_not_null", "import_collate", "import_generated", "import_views", "name_case"})
    EXPECT_NE(find_option(Context::import, name), nullptr) << name;
  EXPECT_EQ(find_option(Context::server, "password"), nullptr);
  EXPECT_EQ(find_option(Context::server, "HOST"), nullptr);
}

TEST(OptionRules, TdsFdwSpellings) {
  EXPECT_EQ(find_option(Context::server, "servername")->meaning, "host");
  EXPECT_EQ(find_option(Context::table, "table")->meaning, "table_name");
  EXPECT_EQ(find_option(Context::table, "schema")->meaning, "schema_name");
  for (const char* name : {"dbuse", "language", "character_set", "tds_version", "msg_handler", "row_estimate_method",
                           "sqlserver_ansi_mode"})
    EXPECT_FALSE(find_option(Context::server, name)->ignored_because.empty()) << name;
  for (const char* name : {"row_estimate_method", "match_column_names", "local_tuple_estimate"})
    EXPECT_FALSE(find_option(Context::table, name)->ignored_because.empty()) << name;
  EXPECT_EQ(validate(Context::server,
                     {{"servername", "h"}, {"tds_version", "7.4"}, {"msg_handler", "notice"}, {"dbuse", "0"}})
                .sqlstate,
            "");
}

// What the error for a name that is none suggests.
std::string suggestion(Context context, std::string_view name) { return validate(context, {{name, "x"}}).hint; }

TEST(Options, UnknownNameIsNamed) {
  const Outcome outcome = validate(Context::server, {{"hots", "x"}});
  EXPECT_EQ(outcome.sqlstate, "HV00D");
  EXPECT_EQ(outcome.message, "invalid option \"hots\"");
}

// The nearest, what other tools call it, or the same name where it belongs, which is nearer still.
TEST(Options, WrongNamesSuggestTheRightOne) {
  const struct {
    Context context;
    const char* name;
    const char* hint;
  } cases[] = {
      {Context::server, "hots", "Perhaps you meant the option \"host\"."},
      {Context::server, "encyrpt", "Perhaps you meant the option \"encrypt\"."},
      {Context::column, "zzzzzzzz", "Valid options here are: column_name, key, generated, remote_type."},
      {Context::server, "dbname", "Perhaps you meant the option \"database\"."},
      {Context::server, "server", "Perhaps you meant the option \"host\"."},
      {Context::server, "TrustServerCertificate", "Perhaps you meant the option \"ca_file\"."},
      {Context::server, "timeout", "Perhaps you meant the option \"connect_timeout\"."},
      {Context::user_mapping, "user", "Perhaps you meant the option \"username\"."},
      {Context::server, "pwd", "Perhaps you meant the option \"password\" of the user mapping."},
      {Context::server, "password", "It is an option of the user mapping."},
      {Context::server, "username", "It is an option of the user mapping."},
      {Context::server, "usernam", "Perhaps you meant the option \"username\" of the user mapping."},
      {Context::user_mapping, "host", "It is an option of the foreign server."},
      {Context::column, "table_name", "It is an option of the foreign table."},
  };
  for (const auto& [context, name, hint] : cases) EXPECT_EQ(suggestion(context, name), hint) << name;
}

TEST(Options, WhatHasNoEffectIsNoHint) {
  for (const char* name : {"dbuze", "languag", "fetch_siz", "tds_versio"})
    EXPECT_EQ(validate(Context::server, {{name, "x"}})
                  .hint.find("Perhaps you meant the option \"" + std::string(name).substr(0, 3)),
              std::string::npos)
        << name;
}

TEST(Options, AHostHasNoPort) {
  for (const char* host : {"sql01:1433", "tcp:sql01", "tcp:sql01,1433"}) {
    const Outcome outcome = validate(Context::server, {{"host", host}});
    EXPECT_EQ(outcome.sqlstate, "22023") << host;
    EXPECT_NE(outcome.hint.find("\"port\""), std::string::npos) << host;
  }
  EXPECT_EQ(validate(Context::server, {{"host", "::1"}}).sqlstate, "");
  EXPECT_EQ(validate(Context::server, {{"host", "fe80::1,sql02"}}).sqlstate, "");
}

// Whatever has no effect says so, and is no advice to follow.
TEST(OptionRules, WithoutEffect) {
  for (const char* name : {"fetch_size", "async_capable"})
    EXPECT_FALSE(find_option(Context::server, name)->ignored_because.empty()) << name;
  EXPECT_FALSE(find_option(Context::table, "fetch_size")->ignored_because.empty());
  for (const char* name : {"updatable", "batch_size", "tablock"})
    EXPECT_TRUE(find_option(Context::table, name)->ignored_because.empty()) << name;
}

TEST(Options, TableNamesMayHaveTheirSchema) {
  for (const char* name : {"people", "dbo.people", "[a.b].people"})
    EXPECT_EQ(validate(Context::table, {{"table_name", name}}).sqlstate, "") << name;
  for (const char* name : {"db.dbo.people", "[people", ".people", "a]b"})
    EXPECT_EQ(validate(Context::table, {{"table_name", name}}).sqlstate, "42602") << name;
  EXPECT_EQ(validate(Context::table, {{"schema_name", "dbo"}, {"table_name", "a.b.c]"}}).sqlstate, "");
}

TEST(Options, NearestIsBounded) {
  EXPECT_NE(suggestion(Context::server, "prt").find("\"port\""), std::string::npos);
  EXPECT_NE(suggestion(Context::table, "TABLE_NAME").find("\"table_name\""), std::string::npos);
  for (const std::string& name : {std::string("x"), std::string(), std::string(63, 'a'), std::string(64, 'a')})
    EXPECT_EQ(suggestion(Context::server, name).find("Perhaps"), std::string::npos) << name;
}

TEST(Options, PasswordsAreNotEchoed) {
  const std::string password("ge\0heim", 7);
  const Outcome outcome = validate(Context::user_mapping, {{"password", password}});
  EXPECT_EQ(outcome.sqlstate, "22023");
  EXPECT_EQ((outcome.message + outcome.detail + outcome.hint).find("heim"), std::string::npos);
  EXPECT_EQ(validate(Context::user_mapping, {{"password", ""}}).sqlstate, "");
}

TEST(Options, Integers) {
  for (const char* good : {"1", "1433", "65535"})
    EXPECT_EQ(validate(Context::server, {{"port", good}}).sqlstate, "") << good;
  for (const char* bad : {"0", "65536", "-1", "", "1433x", " 1433", "1e3", "99999999999999999999"})
    EXPECT_EQ(validate(Context::server, {{"port", bad}}).sqlstate, "22023") << bad;
  EXPECT_EQ(validate(Context::server, {{"port", "abc"}}).message, "invalid value for option \"port\": \"abc\"");
  EXPECT_EQ(validate(Context::server, {{"port", "abc"}}).hint, "Write a whole number from 1 to 65535.");
  EXPECT_EQ(validate(Context::server, {{"connect_timeout", "0"}}).sqlstate, "");
  EXPECT_EQ(validate(Context::server, {{"dbuse", "x"}}).hint, "Write a whole number.");
}

TEST(Options, CostsBooleansChoices) {
  for (const char* good : {"0", "100", "0.25", "1e3"})
    EXPECT_EQ(validate(Context::server, {{"fdw_tuple_cost", good}}).sqlstate, "") << good;
  for (const char* bad : {"-1", "inf", "nan", "", "1,5"})
    EXPECT_EQ(validate(Context::server, {{"fdw_tuple_cost", bad}}).sqlstate, "22023") << bad;
  const OptionRule& updatable = *find_option(Context::server, "updatable");
  for (const char* good : {"on", "TRUE", "yes", "1", "t"}) EXPECT_TRUE(read_boolean(updatable, good));
  for (const char* good : {"off", "False", "no", "0", "f"}) EXPECT_FALSE(read_boolean(updatable, good));
  for (const char* bad : {"", "2", "o", "tru"})
    EXPECT_EQ(validate(Context::server, {{"updatable", bad}}).sqlstate, "22023") << bad;
  const OptionRule& encrypt = *find_option(Context::server, "encrypt");
  EXPECT_EQ(read_choice(encrypt, "off"), 0u);
  EXPECT_EQ(read_choice(encrypt, "Strict"), 3u);
  EXPECT_EQ(validate(Context::server, {{"encrypt", "maybe"}}).hint, "Valid values are: off, request, require, strict.");
}

TEST(Options, HostIsOneName) {
  for (const char* good : {"sql01", "sql01.example.org", "10.0.0.1", "fe80::1"})
    EXPECT_EQ(validate(Context::server, {{"host", good}}).sqlstate, "");
  EXPECT_EQ(validate(Context::server, {{"host", "sql01\\prod"}}).hint,
            "Give a named instance by the option \"instance\".");
  EXPECT_EQ(validate(Context::server, {{"servername", "a,1433"}}).hint, "A port has the option \"port\".");
  for (const char* bad : {",", "a,", ",a", "a,,b"})
    EXPECT_EQ(validate(Context::server, {{"host", bad}}).hint,
              "Between two commas there must be a host name or an address.")
        << bad;
  for (const char* bad : {"a, b", "a ,b"})
    EXPECT_EQ(validate(Context::server, {{"host", bad}}).hint, "Write the commas without blanks beside them.") << bad;
  for (const char* bad : {"", "a b", "a\nb", "a;b"})
    EXPECT_EQ(validate(Context::server, {{"host", bad}}).sqlstate, "22023") << bad;
}

TEST(Options, FilesTextsTypes) {
  const struct {
    Context context;
    const char* name;
    const char* value;
    const char* sqlstate;
  } cases[] = {
      {Context::server, "ca_file", "/etc/ca.pem", ""},
      {Context::server, "ca_file", "system", ""},
      {Context::server, "ca_file", "ca.pem", "22023"},
      {Context::user_mapping, "password_file", "system", "22023"},
      {Context::table, "query", "SELECT 1 AS a\n", ""},
      {Context::table, "query", " \n", "42601"},
      {Context::column, "remote_type", "decimal(18,2)", ""},
      {Context::column, "remote_type", "decimal(99)", "22023"},
  };
  for (const auto& [context, name, value, sqlstate] : cases)
    EXPECT_EQ(validate(context, {{name, value}}).sqlstate, sqlstate) << name << ' ' << value;
}

TEST(Options, WhatExcludesEachOther) {
  EXPECT_EQ(validate(Context::server, {{"host", "a"}, {"servername", "b"}}).message,
            "conflicting options \"host\" and \"servername\"");
  EXPECT_EQ(validate(Context::server, {{"instance", "a"}, {"port", "1"}}).sqlstate, "42601");
  EXPECT_EQ(validate(Context::table, {{"query", "SELECT 1 AS a"}, {"table", "b"}}).message,
            "options \"query\" and \"table_name\" exclude each other");
  EXPECT_EQ(validate(Context::table, {{"schema", "a"}, {"table", "b"}}).sqlstate, "");
  EXPECT_EQ(validate(Context::user_mapping, {{"password", "a"}, {"password_file", "/b"}}).sqlstate, "42601");
  for (const char* other : {"username", "password", "password_file"})
    EXPECT_EQ(validate(Context::user_mapping, {{other, "/a"}, {"access_token_file", "/b"}}).sqlstate, "42601") << other;
}

TEST(Options, WhatPromisesProtectionGivesIt) {
  const Outcome outcome = validate(Context::server, {{"ca_file", "system"}, {"encrypt", "OFF"}});
  EXPECT_EQ(outcome.sqlstate, "42601");
  EXPECT_EQ(outcome.message, "option \"ca_file\" cannot stand beside encrypt 'off'");
  EXPECT_NE(outcome.hint.find("\"require\""), std::string::npos) << outcome.hint;
  EXPECT_EQ(validate(Context::server, {{"verify_host", "on"}}).message,
            "option \"verify_host\" needs the option \"ca_file\"");
  EXPECT_EQ(validate(Context::server, {{"tls_name", "db"}, {"driver", "freetds"}}).message,
            "option \"tls_name\" cannot stand beside driver 'freetds'");
  for (const char* encrypt : {"request", "require", "strict"})
    EXPECT_EQ(validate(Context::server,
                       {{"ca_file", "system"}, {"verify_host", "on"}, {"encrypt", encrypt}, {"tls_name", "db"}})
                  .sqlstate,
              "");
  EXPECT_EQ(validate(Context::server, {{"verify_host", "off"}}).sqlstate, "");  // it counts for access tokens
}

TEST(Options, APasswordOfNobodyHasNoEffect) {
  const Option options[] = {{"password", "a"}, {"username", "b"}};
  EXPECT_EQ(without_effect(Context::user_mapping, options, options[0]), "");
  EXPECT_NE(without_effect(Context::user_mapping, std::span(options, 1), options[0]), "");
}

TEST(Options, ValueUnderAnySpelling) {
  const Option options[] = {{"servername", "h"}, {"port", "1"}};
  EXPECT_EQ(option_value(Context::server, options, "host"), "h");
  EXPECT_EQ(option_value(Context::server, options, "port"), "1");
  EXPECT_EQ(option_value(Context::server, options, "database"), std::nullopt);
}

}  // namespace
}  // namespace mssql
