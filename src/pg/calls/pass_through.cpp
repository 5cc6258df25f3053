// What a user calls: mssql_query, mssql_exec, the list of connections, the version.

#include "core/access/connect.hpp"
#include "pg/datum/sender.hpp"
#include "pg/remote/connection.hpp"
#include "pg/remote/options.hpp"
#include "pg/remote/reader.hpp"
#include "result_rows.hpp"

namespace mssql::pg {

namespace {

constexpr const char* version = MSSQL_FDW_VERSION;  // of mssql_fdw.control, by the Makefile

// The values behind VARIADIC "any", whether they came one by one or as an array.
struct Arguments {
  Oid* types;
  Datum* values;
  bool* isnull;
  int count;
};

Arguments variadic_arguments(FunctionCallInfo fcinfo, int first) {
  Arguments arguments{};
  if (PG_NARGS() <= first) return arguments;
  arguments.count = extract_variadic_args(fcinfo, first, true, &arguments.values, &arguments.types, &arguments.isnull);
  if (arguments.count < 0)
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("VARIADIC argument must not be null")));
  return arguments;
}

std::span<const Parameter> query_parameters(const Arguments& arguments) {
  const auto count = static_cast<std::size_t>(arguments.count);
  auto* parameters = static_cast<Parameter*>(palloc(sizeof(Parameter) * std::max<std::size_t>(count, 1)));
  for (int i = 0; i < arguments.count; ++i) {
    const Sender sender = choose_sender(arguments.types[i]);
    if (send(sender, arguments.values[i], arguments.isnull[i], &parameters[i]) &&
        parameters[i].type.precision <= most_decimal_digits)
      continue;
    const char* type = format_type_be(arguments.types[i]);
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                    errmsg("parameter @P%d of type %s has a value that SQL Server does not know", i + 1, type),
                    errdetail("Infinity, NaN, years outside 0001 to 9999 and more than 38 digits cannot be sent.")));
  }
  return {parameters, count};
}

Datum query(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("server and statement of mssql_query() must not be null")));
  }
  ReturnSetInfo* result = materialized_result(fcinfo);
  ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  const char* sql = text_to_cstring(PG_GETARG_TEXT_PP(1));
  TupleDesc descriptor = result_descriptor(fcinfo);
  const std::span<const Parameter> parameters = query_parameters(variadic_arguments(fcinfo, 2));

  const int natts = descriptor->natts;
  auto* attnums = static_cast<int*>(palloc0(sizeof(int) * static_cast<std::size_t>(std::max(natts, 1))));
  for (int i = 0; i < natts; ++i) attnums[i] = i + 1;
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * static_cast<std::size_t>(std::max(natts, 1))));
  auto* isnull = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<std::size_t>(std::max(natts, 1))));

  ReaderOptions options;
  options.source = "mssql_query";
  options.policy = static_cast<source::CharacterPolicy>(
      choice_option(OptionContext::server, option_list(server->options), "nul_policy", 0));
  options.pass_through = true;
  Tuplestorestate* rows = begin_result(result, descriptor);
  Reader* reader =
      reader_open(server->serverid, GetUserId(), sql, parameters, result->setDesc, attnums, natts, options);
  MemoryContext one_row = AllocSetContextCreate(CurrentMemoryContext, "mssql_fdw row", ALLOCSET_DEFAULT_SIZES);
  for (;;) {
    MemoryContext old = MemoryContextSwitchTo(one_row);
    const bool more = reader_next(reader, values, isnull);
    if (more) tuplestore_putvalues(rows, result->setDesc, values, isnull);
    MemoryContextSwitchTo(old);
    if (!more) break;
    MemoryContextReset(one_row);
  }
  reader_close(reader);
  MemoryContextDelete(one_row);
  report_messages(NOTICE);
  return static_cast<Datum>(0);
}

Datum execute(FunctionCallInfo fcinfo) {
  PreventCommandIfReadOnly("mssql_exec()");
  ForeignServer* server = find_server(NameStr(*PG_GETARG_NAME(0)));
  const char* sql = text_to_cstring(PG_GETARG_TEXT_PP(1));
  const char* utf8 = pg_server_to_any(sql, static_cast<int>(std::strlen(sql)), PG_UTF8);
  const bool transactional = PG_NARGS() < 3 || PG_GETARG_BOOL(2);
  const std::int64_t rows = transactional
                                ? source::run(acquire(server->serverid, GetUserId(), {.pass_through = true}), utf8)
                                : run_alone(server->serverid, GetUserId(), utf8);
  report_messages(NOTICE);
  PG_RETURN_INT64(rows);
}

Datum connections(FunctionCallInfo fcinfo) {
  ReturnSetInfo* result = materialized_result(fcinfo);
  Tuplestorestate* rows = begin_result(result, result_descriptor(fcinfo));
  ListCell* cell = nullptr;
  foreach (cell, list_connections()) {
    const auto* info = static_cast<ConnectionInfo*>(lfirst(cell));
    Datum values[7] = {};
    bool isnull[7] = {};
    ForeignServer* server = GetForeignServerExtended(info->server, FSV_MISSING_OK);
    const char* user = OidIsValid(info->user) ? GetUserNameFromId(info->user, true) : "public";
    isnull[0] = server == nullptr;
    if (server != nullptr) values[0] = DirectFunctionCall1(namein, CStringGetDatum(server->servername));
    isnull[1] = user == nullptr;
    if (user != nullptr) values[1] = DirectFunctionCall1(namein, CStringGetDatum(user));
    values[2] = Int32GetDatum(info->spid);
    values[3] = BoolGetDatum(info->in_transaction);
    values[4] = BoolGetDatum(info->valid && server != nullptr);
    isnull[5] = *info->remote_version == '\0';
    if (!isnull[5]) values[5] = CStringGetTextDatum(info->remote_version);
    values[6] = TimestampTzGetDatum(info->connected_at);
    tuplestore_putvalues(rows, result->setDesc, values, isnull);
  }
  return static_cast<Datum>(0);
}

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// mssql_query(server name, sql text [, VARIADIC params "any"]) RETURNS SETOF record
Datum mssql_fdw_query(PG_FUNCTION_ARGS) {
  return fence([&] { return query(fcinfo); });
}

// mssql_exec(server name, sql text [, transactional boolean]) RETURNS bigint
Datum mssql_fdw_exec(PG_FUNCTION_ARGS) {
  return fence([&] { return execute(fcinfo); });
}

Datum mssql_fdw_connections(PG_FUNCTION_ARGS) {
  return fence([&] { return connections(fcinfo); });
}

Datum mssql_fdw_disconnect(PG_FUNCTION_ARGS) {
  return fence([&]() -> Datum {
    PG_RETURN_BOOL(disconnect(GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false)->serverid));
  });
}

Datum mssql_fdw_disconnect_all(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  return fence([&]() -> Datum { PG_RETURN_BOOL(disconnect(InvalidOid)); });
}

Datum mssql_fdw_version(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  return fence([&]() -> Datum {
    PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s (%s)", version, copy_out(mssql::access::driver_version()))));
  });
}
}
