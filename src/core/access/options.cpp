#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "core/tsql/query.hpp"
#include "core/tsql/quote.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/types.hpp"

namespace mssql {

namespace {

using Context = OptionContext;
using Kind = OptionKind;

constexpr std::string_view driver_choices[] = {"automatic", "native", "freetds"};
constexpr std::string_view encrypt_choices[] = {"off", "request", "require", "strict"};
constexpr std::string_view intent_choices[] = {"readwrite", "readonly"};
constexpr std::string_view isolation_choices[] = {"automatic", "snapshot", "read_committed", "repeatable_read",
                                                  "serializable"};
constexpr std::string_view nul_policy_choices[] = {"error", "replace", "strip"};
constexpr std::string_view name_case_choices[] = {"lower", "preserve", "snake"};
constexpr std::string_view generated_choices[] = {"always", "identity"};
constexpr std::string_view estimate_choices[] = {"execute", "showplan_all"};
constexpr std::string_view msg_handler_choices[] = {"notice", "blackhole"};
constexpr std::string_view tds_version_choices[] = {"4.2", "5.0", "7.0", "7.1", "7.2", "7.3", "7.4"};

constexpr std::int64_t most_seconds = 2147483;  // in milliseconds it still fits a 32-bit integer
constexpr std::int64_t most_rows = 2147483647;
constexpr std::size_t longest_name = 63;  // PostgreSQL's NAMEDATALEN - 1

constexpr OptionRule plain(Context context, std::string_view name, Kind kind) { return {name, context, kind, name}; }
constexpr OptionRule range(Context context, std::string_view name, std::int64_t minimum, std::int64_t maximum) {
  return {name, context, Kind::integer, name, minimum, maximum};
}
constexpr OptionRule choice(Context context, std::string_view name, std::span<const std::string_view> choices) {
  return {name, context, Kind::choice, name, 0, 0, choices};
}
constexpr OptionRule secret(Context context, std::string_view name) {
  return {name, context, Kind::verbatim, name, 0, 0, {}, true};
}
// tds_fdw's spelling of one of ours.
constexpr OptionRule alias(Context context, std::string_view name, Kind kind, std::string_view meaning) {
  return {name, context, kind, meaning};
}
// Without effect here: tds_fdw's, and what this version does not do yet.
constexpr OptionRule ignored(OptionRule rule, std::string_view reason) {
  rule.ignored_because = reason;
  return rule;
}

constexpr std::string_view estimates_are_free =
    "An estimate never runs the query: it reads the server's row counts, and only with use_remote_estimate.";
constexpr std::string_view rows_stream = "Rows stream one by one.";

// clang-format off
constexpr OptionRule rules[] = {
    plain(Context::server, "host", Kind::text),
    range(Context::server, "port", 1, 65535),
    plain(Context::server, "instance", Kind::text),
    plain(Context::server, "database", Kind::text),
    choice(Context::server, "driver", driver_choices),
    plain(Context::server, "server_spn", Kind::text),
    choice(Context::server, "encrypt", encrypt_choices),
    plain(Context::server, "ca_file", Kind::file),
    plain(Context::server, "verify_host", Kind::boolean),
    plain(Context::server, "tls_name", Kind::text),
    plain(Context::server, "application_name", Kind::text),
    choice(Context::server, "application_intent", intent_choices),
    range(Context::server, "connect_timeout", 0, most_seconds),
    range(Context::server, "query_timeout", 0, most_seconds),
    range(Context::server, "packet_size", 512, 32767),
    plain(Context::server, "keep_connections", Kind::boolean),
    plain(Context::server, "use_remote_estimate", Kind::boolean),
    plain(Context::server, "fdw_startup_cost", Kind::cost),
    plain(Context::server, "fdw_tuple_cost", Kind::cost),
    ignored(range(Context::server, "fetch_size", 1, most_rows), rows_stream),
    range(Context::server, "batch_size", 1, most_rows),
    ignored(plain(Context::server, "async_capable", Kind::boolean), "The foreign tables of a plan are read one after the other."),
    plain(Context::server, "updatable", Kind::boolean),
    plain(Context::server, "tablock", Kind::boolean),
    choice(Context::server, "isolation", isolation_choices),
    choice(Context::server, "nul_policy", nul_policy_choices),
    alias(Context::server, "servername", Kind::text, "host"),
    ignored(plain(Context::server, "dbuse", Kind::integer), "The database is always named at login."),
    ignored(plain(Context::server, "language", Kind::text), "The session's language is always us_english."),
    ignored(plain(Context::server, "character_set", Kind::text), "Text always arrives as Unicode."),
    ignored(choice(Context::server, "tds_version", tds_version_choices), "The protocol version is negotiated."),
    ignored(choice(Context::server, "msg_handler", msg_handler_choices), "The server's messages are always notices."),
    ignored(choice(Context::server, "row_estimate_method", estimate_choices), estimates_are_free),
    ignored(plain(Context::server, "sqlserver_ansi_mode", Kind::boolean), "The ANSI settings are always on."),

    plain(Context::user_mapping, "username", Kind::text),
    secret(Context::user_mapping, "password"),
    plain(Context::user_mapping, "password_file", Kind::file),
    plain(Context::user_mapping, "access_token_file", Kind::file),
    plain(Context::user_mapping, "password_required", Kind::boolean),

    plain(Context::table, "schema_name", Kind::verbatim),
    plain(Context::table, "table_name", Kind::verbatim),
    plain(Context::table, "query", Kind::query),
    plain(Context::table, "updatable", Kind::boolean),
    plain(Context::table, "tablock", Kind::boolean),
    plain(Context::table, "use_remote_estimate", Kind::boolean),
    ignored(range(Context::table, "fetch_size", 1, most_rows), rows_stream),
    range(Context::table, "batch_size", 1, most_rows),
    choice(Context::table, "nul_policy", nul_policy_choices),
    alias(Context::table, "schema", Kind::verbatim, "schema_name"),
    alias(Context::table, "table", Kind::verbatim, "table_name"),
    ignored(choice(Context::table, "row_estimate_method", estimate_choices), estimates_are_free),
    ignored(plain(Context::table, "match_column_names", Kind::boolean), "Columns of a table are always matched by name."),
    ignored(range(Context::table, "local_tuple_estimate", 0, most_rows), "ANALYZE, or use_remote_estimate, gives the planner its numbers."),

    plain(Context::column, "column_name", Kind::verbatim),
    plain(Context::column, "key", Kind::boolean),
    choice(Context::column, "generated", generated_choices),
    plain(Context::column, "remote_type", Kind::type),

    plain(Context::import, "import_default", Kind::boolean),
    plain(Context::import, "import_not_null", Kind::boolean),
    plain(Context::import, "import_collate", Kind::boolean),
    plain(Context::import, "import_generated", Kind::boolean),
    plain(Context::import, "import_views", Kind::boolean),
    choice(Context::import, "name_case", name_case_choices),
    ignored(plain(Context::import, "keep_custom_types", Kind::boolean), "Alias types always become their base types."),
};
// clang-format on

// Which two meanings must not stand together, and why.
struct Conflict {
  Context context;
  std::string_view one;
  std::string_view other;
  std::string_view reason;
};

// What other tools call options of ours, for hints.
struct ForeignName {
  std::string_view theirs;
  std::string_view ours;
};

// clang-format off
constexpr ForeignName foreign_names[] = {
    {"dbname", "database"}, {"db", "database"}, {"catalog", "database"}, {"initial_catalog", "database"},
    {"user", "username"}, {"uid", "username"}, {"user_id", "username"}, {"pwd", "password"},
    {"server", "host"}, {"address", "host"}, {"data_source", "host"}, {"hostname", "host"},
    {"timeout", "connect_timeout"}, {"login_timeout", "connect_timeout"},
    {"sslmode", "encrypt"}, {"trust_server_certificate", "ca_file"}, {"trustservercertificate", "ca_file"},
};
// clang-format on

constexpr std::string_view token_says_who = "An access token itself says who logs in, and proves it.";

// clang-format off
constexpr Conflict conflicts[] = {
    {Context::server, "instance", "port", "A named instance has a port of its own, which the SQL Server Browser service tells."},
    {Context::user_mapping, "password", "password_file", "The password is either in the catalog or in a file."},
    {Context::user_mapping, "access_token_file", "username", token_says_who},
    {Context::user_mapping, "access_token_file", "password", token_says_who},
    {Context::user_mapping, "access_token_file", "password_file", token_says_who},
    {Context::table, "query", "table_name", "A foreign table shows either a remote table or the rows of a query."},
    {Context::table, "query", "schema_name", "The query names its schemas itself."},
};
// clang-format on

// An option that promises protection, and what takes it away. `value`: of `other`; nothing: that it
// is not there.
struct EmptyPromise {
  std::string_view promise;
  std::string_view other;
  std::optional<std::string_view> value;
  std::string_view reason;
  std::string_view remedy;
};

// clang-format off
constexpr EmptyPromise empty_promises[] = {
    {"ca_file", "encrypt", "off", "Without TLS there is no certificate, and anybody may answer.",
     "Set \"encrypt\" to \"require\", before it or in the same statement, or do without \"ca_file\"."},
    {"verify_host", "ca_file", std::nullopt, "Without a ca_file any certificate is taken, whatever name it has, but for logins with an access token.",
     "Give a \"ca_file\", for example ca_file 'system', or do without \"verify_host\"."},
    {"tls_name", "driver", "freetds", "FreeTDS cannot ask for another name in the certificate than the host's.",
     "Set \"driver\" to \"native\", or do without \"tls_name\"."},
};
// clang-format on

std::string_view catalog_of(Context context) {
  switch (context) {
    case Context::server: return "the foreign server";
    case Context::user_mapping: return "the user mapping";
    case Context::table: return "the foreign table";
    case Context::column: return "a column of the foreign table";
    case Context::import: return "IMPORT FOREIGN SCHEMA";
  }
  return "";
}

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return fold(x) == fold(y); });
}

// The rule whose name is nearest, of several one of `context`; null when none is near.
const OptionRule* find_nearest(OptionContext context, std::string_view name) {
  // As PostgreSQL's ClosestMatch: at most four edits, and not more than half of what was written.
  constexpr std::size_t most_edits = 4;
  if (name.size() > longest_name) return nullptr;
  std::vector<const OptionRule*> candidates;
  for (const OptionRule& rule : rules)
    if (rule.ignored_because.empty() || same_word(name, rule.name))  // else it is no advice to follow
      candidates.push_back(&rule);
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](const OptionRule* rule) { return rule->context == context; });
  std::vector<std::string_view> names;
  for (const OptionRule* rule : candidates) names.push_back(rule->name);
  const auto found = nearest(name, names, std::min(most_edits, name.size() / 2));
  return found ? candidates[*found] : nullptr;
}

// The rule that another tool's name means; null: none.
const OptionRule* find_foreign_name(std::string_view name) noexcept {
  for (const ForeignName& known : foreign_names) {
    if (!same_word(known.theirs, name)) continue;
    return std::find_if(std::begin(rules), std::end(rules),
                        [&](const OptionRule& rule) { return rule.name == known.ours; });
  }
  return nullptr;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string valid_values(const OptionRule& rule) {
  switch (rule.kind) {
    case Kind::integer:
      if (rule.maximum == 0) return "Write a whole number.";
      return "Write a whole number from " + std::to_string(rule.minimum) + " to " + std::to_string(rule.maximum) + ".";
    case Kind::cost: return "Write a number that is not negative.";
    case Kind::boolean: return "Write on or off.";
    case Kind::choice: {
      std::string list;
      for (std::string_view value : rule.choices) list += (list.empty() ? "" : ", ") + std::string(value);
      return "Valid values are: " + list + ".";
    }
    case Kind::file: return "Write the absolute path of a file on the database server.";
    case Kind::text: return "Write a text that is not empty and has no control characters.";
    case Kind::verbatim: return "Write a text that is not empty.";
    case Kind::query: return "Write a SELECT.";
    case Kind::type: return "Write a SQL Server type, for example decimal(18,2).";
  }
  return {};
}

[[noreturn]] void throw_bad_value(const OptionRule& rule, std::string_view value) {
  std::string message = "invalid value for option " + quoted(rule.name);
  if (!rule.secret) message += ": " + quoted(value);
  throw Error(sqlstate::invalid_parameter, std::move(message), {}, valid_values(rule));
}

bool has_control_character(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Names or addresses, separated by commas: what other clients write into them beside has options of
// its own here.
void validate_host(const OptionRule& rule, std::string_view value) {
  const auto refuse = [&](const char* hint) {
    throw Error(sqlstate::invalid_parameter, "invalid value for option " + quoted(rule.name) + ": " + quoted(value), {},
                hint);
  };
  if (value.find('\\') != std::string_view::npos) refuse("Give a named instance by the option \"instance\".");
  if (value.find(", ") != std::string_view::npos || value.find(" ,") != std::string_view::npos)
    refuse("Write the commas without blanks beside them.");
  if (value.find_first_of(" \t;/") != std::string_view::npos)
    refuse("Give a host name or an address, or several separated by commas.");
  if (std::count(value.begin(), value.end(), ':') == 1) refuse("Give the name alone; a port has the option \"port\".");
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    const std::string_view host = value.substr(at, end - at);
    if (host.empty()) refuse("Between two commas there must be a host name or an address.");
    if (at > 0 && host.find_first_not_of("0123456789") == std::string_view::npos)
      refuse("A port has the option \"port\".");
    at = end + 1;
  }
}

std::optional<bool> parse_boolean(std::string_view value) {
  for (std::string_view word : {"on", "true", "yes", "1", "t", "y"})
    if (same_word(word, value)) return true;
  for (std::string_view word : {"off", "false", "no", "0", "f", "n"})
    if (same_word(word, value)) return false;
  return std::nullopt;
}

// Whether `options` promise what they do not keep.
bool is_empty(const EmptyPromise& rule, std::span<const Option> options) {
  const auto promise = option_value(Context::server, options, rule.promise);
  if (!promise || (rule.promise == "verify_host" && parse_boolean(*promise) == false)) return false;
  const auto other = option_value(Context::server, options, rule.other);
  return rule.value ? other && same_word(*other, *rule.value) : !other;
}

void check_promises(std::span<const Option> options) {
  for (const EmptyPromise& rule : empty_promises) {
    if (!is_empty(rule, options)) continue;
    const std::string clash =
        rule.value ? " cannot stand beside " + std::string(rule.other) + " '" + std::string(*rule.value) + "'"
                   : " needs the option " + quoted(rule.other);
    throw Error("42601", "option " + quoted(rule.promise) + clash, std::string(rule.reason), std::string(rule.remedy));
  }
}

}  // namespace

std::span<const OptionRule> option_rules() noexcept { return rules; }

const OptionRule* find_option(OptionContext context, std::string_view name) noexcept {
  for (const OptionRule& rule : rules)
    if (rule.context == context && rule.name == name) return &rule;
  return nullptr;
}

void throw_unknown_option(OptionContext context, std::string_view name) {
  // The right name in the wrong place is nearer than another name in the right one.
  const OptionRule* known = find_foreign_name(name);
  const OptionRule* nearest = known != nullptr ? known : find_nearest(context, name);
  std::string hint;
  if (nearest == nullptr) {
    for (const OptionRule& rule : rules)
      if (rule.context == context && rule.ignored_because.empty())
        hint += (hint.empty() ? "Valid options here are: " : ", ") + std::string(rule.name);
  } else if (nearest->context == context) {
    hint = "Perhaps you meant the option " + quoted(nearest->name);
  } else if (nearest->name == name) {
    hint = "It is an option of " + std::string(catalog_of(nearest->context));
  } else {
    hint = "Perhaps you meant the option " + quoted(nearest->name) + " of " + std::string(catalog_of(nearest->context));
  }
  throw Error(sqlstate::invalid_option_name, "invalid option " + quoted(name), {}, hint + '.');
}

void validate_option(const OptionRule& rule, std::string_view value) {
  if (value.find('\0') != std::string_view::npos) throw_bad_value(rule, value);
  switch (rule.kind) {
    case Kind::text:
      if (value.empty() || has_control_character(value)) throw_bad_value(rule, value);
      if (rule.meaning == "host") validate_host(rule, value);
      break;
    case Kind::verbatim: break;
    case Kind::query: tsql::parse_query(value); break;
    case Kind::file:
      if (rule.meaning == "ca_file" && value == "system") break;  // the system's trust store
      if (!value.starts_with('/') || has_control_character(value)) throw_bad_value(rule, value);
      break;
    case Kind::integer: read_integer(rule, value); break;
    case Kind::cost: read_cost(rule, value); break;
    case Kind::boolean: read_boolean(rule, value); break;
    case Kind::choice: read_choice(rule, value); break;
    case Kind::type: parse_declaration(value); break;
  }
}

void validate_options(OptionContext context, std::span<const Option> options) {
  for (std::size_t i = 0; i < options.size(); ++i) {
    const OptionRule* rule = find_option(context, options[i].name);
    if (rule == nullptr) throw_unknown_option(context, options[i].name);
    validate_option(*rule, options[i].value);
    for (std::size_t j = 0; j < i; ++j)
      if (find_option(context, options[j].name)->meaning == rule->meaning)
        throw Error("42601", "conflicting options " + quoted(options[j].name) + " and " + quoted(options[i].name),
                    "Both say the same thing.", "Give one of them.");
  }
  for (const Conflict& conflict : conflicts) {
    if (conflict.context != context) continue;
    if (!option_value(context, options, conflict.one) || !option_value(context, options, conflict.other)) continue;
    throw Error("42601", "options " + quoted(conflict.one) + " and " + quoted(conflict.other) + " exclude each other",
                std::string(conflict.reason), "Give one of them.");
  }
  if (context == Context::server) check_promises(options);
  const auto table = option_value(context, options, "table_name");
  if (table && !option_value(context, options, "schema_name")) tsql::parse_qualified_name(*table);
}

std::string_view without_effect(OptionContext context, std::span<const Option> options, const Option& option) noexcept {
  const OptionRule* rule = find_option(context, option.name);
  if (rule == nullptr) return {};
  const bool is_password = rule->meaning == "password" || rule->meaning == "password_file";
  if (is_password && !option_value(context, options, "username")) return "Without a username the login uses Kerberos.";
  return rule->ignored_because;
}

std::optional<std::string_view> option_value(OptionContext context, std::span<const Option> options,
                                             std::string_view meaning) noexcept {
  for (const Option& option : options) {
    const OptionRule* rule = find_option(context, option.name);
    if (rule != nullptr && rule->meaning == meaning) return option.value;
  }
  return std::nullopt;
}

bool read_boolean(const OptionRule& rule, std::string_view value) {
  const std::optional<bool> parsed = parse_boolean(value);
  if (!parsed) throw_bad_value(rule, value);
  return *parsed;
}

std::int64_t read_integer(const OptionRule& rule, std::string_view value) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (status != std::errc() || end != value.data() + value.size()) throw_bad_value(rule, value);
  if (rule.maximum != 0 && (number < rule.minimum || number > rule.maximum)) throw_bad_value(rule, value);
  return number;
}

double read_cost(const OptionRule& rule, std::string_view value) {
  double number = 0;
  const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (status != std::errc() || end != value.data() + value.size() || !std::isfinite(number) || number < 0)
    throw_bad_value(rule, value);
  return number;
}

std::size_t read_choice(const OptionRule& rule, std::string_view value) {
  for (std::size_t i = 0; i < rule.choices.size(); ++i)
    if (same_word(rule.choices[i], value)) return i;
  throw_bad_value(rule, value);
}

std::string_view text_option(OptionContext context, std::span<const Option> options, std::string_view meaning,
                             std::string_view fallback) noexcept {
  return option_value(context, options, meaning).value_or(fallback);
}

bool boolean_option(OptionContext context, std::span<const Option> options, std::string_view meaning, bool fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_boolean(*find_option(context, meaning), *value) : fallback;
}

std::int64_t integer_option(OptionContext context, std::span<const Option> options, std::string_view meaning,
                            std::int64_t fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_integer(*find_option(context, meaning), *value) : fallback;
}

double cost_option(OptionContext context, std::span<const Option> options, std::string_view meaning, double fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_cost(*find_option(context, meaning), *value) : fallback;
}

std::size_t choice_option(OptionContext context, std::span<const Option> options, std::string_view meaning,
                          std::size_t fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_choice(*find_option(context, meaning), *value) : fallback;
}

}  // namespace mssql
