// The validator, and the privileges that options need; options.hpp states the contracts.

#include "options.hpp"

#include "core/access/login.hpp"
#include "core/tsql/quote.hpp"

namespace mssql::pg {

namespace {

// Beyond it a statement gains little, and rows wait here until it is full.
constexpr int default_batch_size = 100;

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

// Asked at connect time too: a mapping may have changed since it was checked.
void require_password(OptionList mapping_options, Oid user) {
  if (superuser_arg(user) || access::has_own_secret(mapping_options)) return;
  if (!boolean_option(OptionContext::user_mapping, mapping_options, "password_required", true)) return;
  ereport(
      ERROR,
      (errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED), errmsg("password is required"),
       errdetail("Non-superusers must provide a username and a password, or an access token, in the user mapping.")));
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

Account find_account(Oid server, Oid user) {
  Account account{};
  account.server = GetForeignServer(server);
  require_mapping(account.server, user);
  account.mapping = GetUserMapping(user, server);
  account.server_options = option_list(account.server->options);
  account.mapping_options = option_list(account.mapping->options);
  require_password(account.mapping_options, user);
  return account;
}

tsql::TextForm text_form(OptionList server_options, source::CharacterPolicy policy) {
  const auto driver =
      static_cast<source::DriverKind>(choice_option(OptionContext::server, server_options, "driver", 0));
  const bool raw = policy != source::CharacterPolicy::error && source::converts_text(driver);
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
  result.policy = static_cast<source::CharacterPolicy>(choice_option(context, options, "nul_policy", policy));
  result.text_form = text_form(server_options, result.policy);
  const auto either = [&](std::string_view meaning, bool fallback) {
    return boolean_option(context, options, meaning, boolean_option(on_server, server_options, meaning, fallback));
  };
  result.updatable = either("updatable", true) && result.query == nullptr;
  result.locks_table = either("tablock", false);
  result.batch_size = static_cast<int>(integer_option(
      context, options, "batch_size", integer_option(on_server, server_options, "batch_size", default_batch_size)));
  return result;
}

static NameData used_server{};

void note_used_server(const char* name) { namestrcpy(&used_server, name == nullptr ? "" : name); }

ForeignServer* find_server(const char* name) {
  const bool was_there = std::strcmp(name, NameStr(used_server)) == 0;
  ForeignServer* server = GetForeignServerByName(name, was_there);
  if (server == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("server \"%s\" does not exist", name),
                    errdetail("It has been dropped or renamed while a run was at work.")));
  }
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
  if (context == OptionContext::server) access::require_host(options);
  check_privileges(context, options);
  warn_of_ignored(context, options);
  PG_RETURN_VOID();
}

}  // namespace mssql::pg
