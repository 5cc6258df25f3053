// Options of foreign servers, user mappings, tables and columns: from the catalogs to values, and
// from there to a Login. Which options exist is core/options' table; privileges are judged here.
#pragma once

#include "core/access/options.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/source/session.hpp"
#include "core/tsql/select.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

using OptionList = std::span<const Option>;

// The options of a catalog row, as views into the list; the array lives in the current memory
// context.
OptionList option_list(List* definitions);

// Values by meaning (tds_fdw's spellings are looked through). What is not given answers the
// fallback.
std::string_view text_option(OptionContext context, OptionList options, std::string_view meaning,
                             std::string_view fallback = {});
bool boolean_option(OptionContext context, OptionList options, std::string_view meaning, bool fallback);
double cost_option(OptionContext context, OptionList options, std::string_view meaning, double fallback);
std::size_t choice_option(OptionContext context, OptionList options, std::string_view meaning, std::size_t fallback);

// What a session needs of the catalogs.
struct Access {
  ForeignServer* server;
  UserMapping* mapping;  // PUBLIC's where the user has none
  OptionList server_options;
  OptionList mapping_options;
};
// ereports when there is no server or no mapping.
Access find_access(Oid server, Oid user);
// A non-superuser may only log in with a secret of the mapping, never with what the server process
// owns (Kerberos credentials), unless a superuser said password_required 'false'. Asked at connect
// time too: a mapping may have changed since it was checked.
void require_password(const Access& access, Oid user);
// Calls core only; reads the password or access token file. Throws Error.
tds::Login make_login(OptionList server_options, OptionList mapping_options);

// How text is selected for this policy: as what it is, unless a client library would have to
// convert what it cannot.
tsql::TextForm text_form(OptionList server_options, tds::CharacterPolicy policy);

// A foreign table's options with their defaults filled in; text in the server's encoding.
struct TableOptions {
  const char* schema_name;
  const char* table_name;
  const char* query;  // null: schema_name.table_name
  bool use_remote_estimate;
  double startup_cost;
  double tuple_cost;
  tds::CharacterPolicy policy;
  tsql::TextForm text_form;
};
TableOptions table_options(Oid relation, ForeignTable* table, ForeignServer* server);

// The server `name` when its wrapper is ours and the current user has USAGE on it; else ereports.
ForeignServer* find_server(const char* name);

// mssql_fdw_validator(options text[], catalog oid)
Datum validator(FunctionCallInfo fcinfo);

}  // namespace mssql::pg
