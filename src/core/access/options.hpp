// THE option table: every option of the foreign-data wrapper, the catalog it belongs to, its
// values, and what tds_fdw called it.
//
// Reading an option is two steps: find_option() gives its row, whose `meaning` is the name under
// which mssql_fdw knows it (tds_fdw's spellings carry ours there), and read_*() turns the text into
// a value or throws an Error that names the option. Privileges stand outside: an option of kind
// `file` makes the backend read a file, so src/pg asks for pg_read_server_files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mssql {

// Where an option may stand; `import` is IMPORT FOREIGN SCHEMA ... OPTIONS (...).
enum class OptionContext : std::uint8_t { server, user_mapping, table, column, import };

enum class OptionKind : std::uint8_t {
  text,      // not empty, no control characters
  verbatim,  // any text that is not empty, line feeds and all: a password, the name of an object
  query,     // one SELECT, as tsql/query reads it
  integer,   // minimum .. maximum
  cost,      // a finite number, not negative
  boolean,   // on/off, true/false, yes/no, 1/0
  choice,    // one of `choices`, in any case
  file,      // absolute path, read on the database server
  type,      // a T-SQL type, as parse_declaration() reads it
};

struct OptionRule {
  std::string_view name;
  OptionContext context;
  OptionKind kind;
  std::string_view meaning;  // the option it stands for; its own name, except for tds_fdw's spellings
  std::int64_t minimum{0};
  std::int64_t maximum{0};
  std::span<const std::string_view> choices{};
  bool secret{false};  // its value may appear nowhere
  std::string_view
      ignored_because{};  // not empty: accepted for tds_fdw's sake, without effect; the reason as a sentence
};

struct Option {
  std::string_view name;
  std::string_view value;
};

// All rows, grouped by context: for documentation, for tests and for listing the valid options.
std::span<const OptionRule> option_rules() noexcept;
// The row of `name`, null when there is none in this context. Names are case-sensitive, as CREATE
// SERVER folds them already.
const OptionRule* find_option(OptionContext context, std::string_view name) noexcept;

// The error for a name without a row: HV00D, with a hint that names the nearest option or the
// catalog where it belongs.
[[noreturn]] void throw_unknown_option(OptionContext context, std::string_view name);
// Checks one value against its rule; throws Error 22023 with the valid values as hint.
void validate_option(const OptionRule& rule, std::string_view value);
// Checks a whole list as it stands in one catalog: names, values, one meaning given twice (host and
// servername), and what excludes each other: query and table_name, password and password_file,
// instance and port, say; what promises protection that the others take away, as a ca_file beside
// encrypt 'off'. Needs no option to be there.
void validate_options(OptionContext context, std::span<const Option> options);
// Why `option`, which stands among `options`, does nothing, as a sentence; empty: it does
// something.
std::string_view without_effect(OptionContext context, std::span<const Option> options, const Option& option) noexcept;
// The value of the option whose meaning is `meaning`, given under whichever spelling; nothing when
// it is not in the list.
std::optional<std::string_view> option_value(OptionContext context, std::span<const Option> options,
                                             std::string_view meaning) noexcept;

// Values, for options that passed validation (they throw the same errors when they did not).
bool read_boolean(const OptionRule& rule, std::string_view value);
std::int64_t read_integer(const OptionRule& rule, std::string_view value);
double read_cost(const OptionRule& rule, std::string_view value);
// The position in rule.choices, which is the order of the enum that the option stands for:
// source::Encrypt for encrypt, source::CharacterPolicy for nul_policy, tsql::Isolation for
// isolation, readwrite/readonly for application_intent.
std::size_t read_choice(const OptionRule& rule, std::string_view value);

// The values of a list by their meaning; what is not given answers the fallback.
std::string_view text_option(OptionContext context, std::span<const Option> options, std::string_view meaning,
                             std::string_view fallback = {}) noexcept;
bool boolean_option(OptionContext context, std::span<const Option> options, std::string_view meaning, bool fallback);
std::int64_t integer_option(OptionContext context, std::span<const Option> options, std::string_view meaning,
                            std::int64_t fallback);
double cost_option(OptionContext context, std::span<const Option> options, std::string_view meaning, double fallback);
std::size_t choice_option(OptionContext context, std::span<const Option> options, std::string_view meaning,
                          std::size_t fallback);

}  // namespace mssql
