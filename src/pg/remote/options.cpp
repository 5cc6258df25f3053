// The validator, the privileges that options need, and the assembly of a Login; options.hpp states
// the contracts.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/tsql/quote.hpp"
#include "options.hpp"

namespace mssql::pg {

namespace {

const OptionRule& rule_of(OptionContext context, std::string_view meaning) {
  const OptionRule* rule = find_option(context, meaning);
  if (rule == nullptr) throw Error(sqlstate::internal, "option \"" + std::string(meaning) + "\" has no rule");
  return *rule;
}

OptionContext context_of(Oid catalog) {
  switch (catalog) {
    case ForeignServerRelationId: return OptionContext::server;
    case UserMappingRelationId: return OptionContext::user_mapping;
    case ForeignTableRelationId: return OptionContext::table;
    case AttributeRelationId: return OptionContext::column;
    default: return OptionContext::import;
  }
}

bool may_read_server_files() {
#if PG_VERSION_NUM >= 160000
  return has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES);
#else
  return is_member_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES);
#endif
}

// What an option may do beyond its owner's rights: read a file as the server process, log in as the
// server process.
void check_privileges(OptionContext context, OptionList options) {
  for (const Option& option : options) {
    const OptionRule* rule = find_option(context, option.name);
    if (rule == nullptr) continue;
    if (rule->kind == OptionKind::file && option.value.starts_with('/') && !may_read_server_files()) {
      ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                      errmsg("permission denied to set option \"%.*s\"", static_cast<int>(option.name.size()),
                             option.name.data()),
                      errdetail("The option names a file on the database server."),
                      errhint("Only roles with privileges of the \"pg_read_server_files\" role may set it.")));
    }
    if (rule->meaning == "password_required" && !read_boolean(*rule, option.value) && !superuser()) {
      ereport(
          ERROR,
          (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("password_required=false is superuser-only"),
           errhint(
               "User mappings with password_required set to false may only be created or modified by the superuser.")));
    }
  }
}

void warn_of_ignored(OptionContext context, OptionList options) {
  for (const Option& option : options) {
    const std::string_view reason = without_effect(context, options, option);
    if (reason.empty()) continue;
    ereport(NOTICE, (errmsg("option \"%.*s\" has no effect", static_cast<int>(option.name.size()), option.name.data()),
                     errdetail("%.*s", static_cast<int>(reason.size()), reason.data())));
  }
}

void require_host(OptionList server_options) {
  if (option_value(OptionContext::server, server_options, "host")) return;
  throw Error("HV00J", "the foreign server has no option \"host\"", {}, "Write host '...' into its OPTIONS.");
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// A file that holds a secret. `kind` names it in messages, which never show what it holds.
struct SecretFile {
  const char* kind;
  std::string_view path;

  [[noreturn]] void refuse(const char* reason, const char* hint = "") const {
    throw Error(sqlstate::invalid_authorization,
                std::string("could not use ") + kind + " \"" + std::string(path) + "\"", reason, hint);
  }
  std::string read(std::size_t most) const;
};

// Its first `most` bytes. As with a server key of PostgreSQL: the owner alone may read it, or root
// owns it and shares it with a group.
std::string SecretFile::read(std::size_t most) const {
  const File file(::open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.descriptor() < 0) refuse("The file does not exist or may not be read.");
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) refuse("It is not a regular file.");
  const bool ours = status.st_uid == ::geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  const bool roots = status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) == 0;
  if (!ours && !roots)
    refuse("The file may be read by others than its owner.", "Make it mode 0600, or 0640 when root owns it.");
  std::string content(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const ssize_t count = ::read(file.descriptor(), content.data() + length, most - length);
    if (count < 0 && errno != EINTR) refuse("Reading it failed.");
    if (count == 0) break;
    if (count > 0) length += static_cast<std::size_t>(count);
  }
  content.resize(length);
  return content;
}

std::string read_password_file(std::string_view path) {
  const SecretFile file{"password file", path};
  std::string password = file.read(1024);
  password.erase(std::min(password.find_first_of("\r\n"), password.size()));
  if (password.empty()) file.refuse("Its first line is empty.");
  return password;
}

// Read anew at each login: a token lives for an hour or so, and something else renews the file.
std::string read_access_token_file(std::string_view path) {
  constexpr std::size_t longest = 32768;
  const SecretFile file{"access token file", path};
  std::string token = file.read(longest + 1);
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) file.refuse("It is empty.");
  if (token.size() > longest) file.refuse("It has more than 32768 bytes.");
  const bool one_word = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!one_word || token.front() == '{') {
    file.refuse("It holds something else than one token.",
                "az account get-access-token writes the bare token with --query accessToken --output tsv.");
  }
  return token;
}

// Without an option for the schema the table's name may have it, as in tds_fdw: 'dbo.Users'.
void split_name(TableOptions* options) {
  const tsql::QualifiedName name = tsql::parse_qualified_name(options->table_name);
  options->schema_name = copy_out(name.schema);
  options->table_name = copy_out(name.name);
}

// As core reads text, and writes it into messages.
OptionList in_utf8(OptionList options) {
  auto* converted = static_cast<Option*>(palloc0(sizeof(Option) * std::max<std::size_t>(options.size(), 1)));
  for (std::size_t i = 0; i < options.size(); ++i) {
    // The views end where the catalog's strings end.
    converted[i].name = pg_server_to_any(options[i].name.data(), static_cast<int>(options[i].name.size()), PG_UTF8);
    converted[i].value = pg_server_to_any(options[i].value.data(), static_cast<int>(options[i].value.size()), PG_UTF8);
  }
  return {converted, options.size()};
}

// GetUserMapping()'s own error names neither the server nor the remedy.
void require_mapping(const ForeignServer* server, Oid user) {
  const auto exists = [&](Oid whose) {
    return SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(whose), ObjectIdGetDatum(server->serverid));
  };
  if (exists(user) || exists(InvalidOid)) return;
  const char* name = GetUserNameFromId(user, false);
  ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                  errmsg("user mapping not found for user \"%s\", server \"%s\"", name, server->servername),
                  errhint("CREATE USER MAPPING FOR %s SERVER %s OPTIONS (username '...', password '...');",
                          quote_identifier(name), quote_identifier(server->servername))));
}

}  // namespace

OptionList option_list(List* definitions) {
  const int count = list_length(definitions);
  auto* options = static_cast<Option*>(palloc0(sizeof(Option) * static_cast<std::size_t>(std::max(count, 1))));
  for (int i = 0; i < count; ++i) {
    auto* definition = lfirst_node(DefElem, list_nth_cell(definitions, i));
    options[i].name = definition->defname;
    options[i].value = definition->arg == nullptr ? "" : defGetString(definition);
  }
  return {options, static_cast<std::size_t>(count)};
}

std::string_view text_option(OptionContext context, OptionList options, std::string_view meaning,
                             std::string_view fallback) {
  return option_value(context, options, meaning).value_or(fallback);
}

bool boolean_option(OptionContext context, OptionList options, std::string_view meaning, bool fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_boolean(rule_of(context, meaning), *value) : fallback;
}

double cost_option(OptionContext context, OptionList options, std::string_view meaning, double fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_cost(rule_of(context, meaning), *value) : fallback;
}

std::size_t choice_option(OptionContext context, OptionList options, std::string_view meaning, std::size_t fallback) {
  const auto value = option_value(context, options, meaning);
  return value ? read_choice(rule_of(context, meaning), *value) : fallback;
}

Access find_access(Oid server, Oid user) {
  Access access{};
  access.server = GetForeignServer(server);
  require_mapping(access.server, user);
  access.mapping = GetUserMapping(user, server);
  access.server_options = option_list(access.server->options);
  access.mapping_options = option_list(access.mapping->options);
  return access;
}

void require_password(const Access& access, Oid user) {
  constexpr auto context = OptionContext::user_mapping;
  if (superuser_arg(user)) return;
  if (!boolean_option(context, access.mapping_options, "password_required", true)) return;
  const bool has_user = !text_option(context, access.mapping_options, "username").empty();
  const bool has_secret = !text_option(context, access.mapping_options, "password").empty() ||
                          !text_option(context, access.mapping_options, "password_file").empty();
  const bool has_token = !text_option(context, access.mapping_options, "access_token_file").empty();
  if ((has_user && has_secret) || has_token) return;
  ereport(
      ERROR,
      (errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED), errmsg("password is required"),
       errdetail("Non-superusers must provide a username and a password, or an access token, in the user mapping.")));
}

tds::Login make_login(OptionList server_options, OptionList mapping_options) {
  constexpr auto on_server = OptionContext::server;
  constexpr auto on_mapping = OptionContext::user_mapping;
  const auto number = [&](std::string_view meaning, int fallback) {
    const auto value = option_value(on_server, server_options, meaning);
    return value ? static_cast<int>(read_integer(rule_of(on_server, meaning), *value)) : fallback;
  };

  tds::Login login;
  require_host(server_options);
  login.host = text_option(on_server, server_options, "host");
  login.port = number("port", login.port);
  login.instance = text_option(on_server, server_options, "instance");
  login.database = text_option(on_server, server_options, "database");
  login.server_spn = text_option(on_server, server_options, "server_spn");
  login.driver = static_cast<tds::DriverKind>(choice_option(on_server, server_options, "driver", 0));
  login.encrypt = static_cast<tds::Encrypt>(
      choice_option(on_server, server_options, "encrypt", static_cast<std::size_t>(login.encrypt)));
  login.ca_file = text_option(on_server, server_options, "ca_file");
  login.verify_host = boolean_option(on_server, server_options, "verify_host", login.verify_host);
  login.tls_name = text_option(on_server, server_options, "tls_name");
  login.application_name = text_option(on_server, server_options, "application_name", login.application_name);
  login.read_only_intent = choice_option(on_server, server_options, "application_intent", 0) == 1;
  login.connect_timeout = number("connect_timeout", login.connect_timeout);
  login.query_timeout = number("query_timeout", login.query_timeout);
  login.packet_size = number("packet_size", login.packet_size);

  login.username = text_option(on_mapping, mapping_options, "username");
  login.password = text_option(on_mapping, mapping_options, "password");
  const std::string_view file = text_option(on_mapping, mapping_options, "password_file");
  if (!file.empty()) login.password = read_password_file(file);
  const std::string_view token_file = text_option(on_mapping, mapping_options, "access_token_file");
  if (!token_file.empty()) login.access_token = read_access_token_file(token_file);
  return login;
}

tsql::TextForm text_form(OptionList server_options, tds::CharacterPolicy policy) {
  const auto driver = static_cast<tds::DriverKind>(choice_option(OptionContext::server, server_options, "driver", 0));
  const bool raw = policy != tds::CharacterPolicy::error && tds::converts_text(driver);
  return raw ? tsql::TextForm::raw : tsql::TextForm::converted;
}

TableOptions table_options(Oid relation, ForeignTable* table, ForeignServer* server) {
  constexpr auto context = OptionContext::table;
  constexpr auto on_server = OptionContext::server;
  const OptionList options = option_list(table->options);
  const OptionList server_options = option_list(server->options);

  // The views end where the catalog's strings end, so they are C strings.
  const auto c_string = [&](std::string_view meaning) -> const char* {
    const auto value = option_value(context, options, meaning);
    return value ? value->data() : nullptr;
  };
  TableOptions result{};
  result.query = c_string("query");
  result.schema_name = c_string("schema_name");
  result.table_name = c_string("table_name");
  if (result.schema_name == nullptr && result.table_name != nullptr) split_name(&result);
  if (result.schema_name == nullptr) result.schema_name = "dbo";
  if (result.table_name == nullptr) result.table_name = get_rel_name(relation);
  result.use_remote_estimate = boolean_option(context, options, "use_remote_estimate",
                                              boolean_option(on_server, server_options, "use_remote_estimate", false));
  result.startup_cost = cost_option(on_server, server_options, "fdw_startup_cost", 100.0);
  result.tuple_cost = cost_option(on_server, server_options, "fdw_tuple_cost", 0.2);
  const std::size_t policy = choice_option(on_server, server_options, "nul_policy", 0);
  result.policy = static_cast<tds::CharacterPolicy>(choice_option(context, options, "nul_policy", policy));
  result.text_form = text_form(server_options, result.policy);
  return result;
}

ForeignServer* find_server(const char* name) {
  ForeignServer* server = GetForeignServerByName(name, false);
  ForeignDataWrapper* wrapper = GetForeignDataWrapper(server->fdwid);
  const char* handler = OidIsValid(wrapper->fdwhandler) ? get_func_name(wrapper->fdwhandler) : nullptr;
  if (handler == nullptr || std::strcmp(handler, "mssql_fdw_handler") != 0) {
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("server \"%s\" is not a server of mssql_fdw", name),
                    errdetail("Its foreign-data wrapper is \"%s\".", wrapper->fdwname)));
  }
#if PG_VERSION_NUM >= 160000
  const AclResult allowed = object_aclcheck(ForeignServerRelationId, server->serverid, GetUserId(), ACL_USAGE);
#else
  const AclResult allowed = pg_foreign_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);
#endif
  if (allowed != ACLCHECK_OK) aclcheck_error(allowed, OBJECT_FOREIGN_SERVER, name);
  return server;
}

Datum validator(FunctionCallInfo fcinfo) {
  const OptionList options = in_utf8(option_list(untransformRelOptions(PG_GETARG_DATUM(0))));
  const Oid catalog = PG_GETARG_OID(1);
  if (catalog == ForeignDataWrapperRelationId) {
    if (!options.empty()) {
      ereport(ERROR,
              (errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
               errmsg("invalid option \"%.*s\"", static_cast<int>(options[0].name.size()), options[0].name.data()),
               errhint("The foreign-data wrapper has no options; a foreign server has.")));
    }
    PG_RETURN_VOID();
  }
  const OptionContext context = context_of(catalog);
  validate_options(context, options);
  if (context == OptionContext::server) require_host(options);
  check_privileges(context, options);
  warn_of_ignored(context, options);
  PG_RETURN_VOID();
}

}  // namespace mssql::pg
