// Options of foreign servers, user mappings, tables and columns, from the catalogs. Which exist,
// and what becomes of them, is said in core/access; privileges are judged here.
#pragma once

#include "core/access/options.hpp"
#include "core/source/row.hpp"
#include "core/tsql/select.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

using OptionList = std::span<const Option>;

// The options of a catalog row, as views into the list; the array lives in the current memory
// context.
OptionList option_list(List* definitions);

// What a session needs of the catalogs.
struct Account {
  ForeignServer* server;
  UserMapping* mapping;  // PUBLIC's where the user has none
  OptionList server_options;
  OptionList mapping_options;
};
// ereports when there is no server or no mapping, and where a non-superuser would log in by other
// means than a secret of the mapping: what the server process owns (Kerberos credentials) is not
// his, unless a superuser said password_required 'false'.
Account find_account(Oid server, Oid user);

// How text is selected for this policy: as what it is, unless a client library would have to
// convert what it cannot.
tsql::TextForm text_form(OptionList server_options, source::CharacterPolicy policy);

// A foreign table's options with their defaults filled in; text in the server's encoding.
struct TableOptions {
  const char* schema_name;
  const char* table_name;
  const char* query;  // null: schema_name.table_name
  bool use_remote_estimate;
  double startup_cost;
  double tuple_cost;
  source::CharacterPolicy policy;
  tsql::TextForm text_form;
  bool updatable;    // a query's rows never are
  int batch_size;    // rows of one INSERT, at most
  bool locks_table;  // while rows are loaded
};
TableOptions table_options(Oid relation, ForeignTable* table, ForeignServer* server);

// The server `name` when its wrapper is ours and the current user has USAGE on it; else ereports.
ForeignServer* find_server(const char* name);
// That one has been found by it before, and goes on to be looked up; null: none.
void note_used_server(const char* name);

// mssql_fdw_validator(options text[], catalog oid)
Datum validator(FunctionCallInfo fcinfo);

}  // namespace mssql::pg
