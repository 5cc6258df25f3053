// The C surface of the library: magic, settings, the records of every SQL function, and the
// FdwRoutine.

#include "pg/fdw/import.hpp"
#include "pg/fdw/modify.hpp"
#include "pg/fdw/scan.hpp"
#include "pg/remote/options.hpp"

namespace mssql::pg {

namespace {

// A callback of the FdwRoutine: the same signature, inside a fence.
template <auto Body>
struct Fenced;
template <class Result, class... Arguments, Result (*Body)(Arguments...)>
struct Fenced<Body> {
  static Result call(Arguments... arguments) {
    return fence([&] { return Body(arguments...); });
  }
};

}  // namespace

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

#pragma GCC visibility push(default)
PG_MODULE_MAGIC;
#define MSSQL_FDW_RECORD(name) PG_FUNCTION_INFO_V1(name);
MSSQL_FDW_FUNCTIONS(MSSQL_FDW_RECORD)
#undef MSSQL_FDW_RECORD
void _PG_init(void);
#pragma GCC visibility pop

void _PG_init(void) {
  DefineCustomBoolVariable("mssql_fdw.pushdown",
                           "Sends WHERE conditions to the remote server where they mean the same there.",
                           "Off, every condition is checked locally: a way to see that the results are equal.",
                           &pushdown_enabled, true, PGC_USERSET, 0, nullptr, nullptr, nullptr);
#if PG_VERSION_NUM >= 150000
  MarkGUCPrefixReserved("mssql_fdw");
#else
  EmitWarningsOnPlaceholders("mssql_fdw");
#endif
}

Datum mssql_fdw_handler(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  FdwRoutine* routine = makeNode(FdwRoutine);
  routine->GetForeignRelSize = Fenced<GetForeignRelSize>::call;
  routine->GetForeignPaths = Fenced<GetForeignPaths>::call;
  routine->GetForeignJoinPaths = Fenced<GetForeignJoinPaths>::call;
  routine->GetForeignUpperPaths = Fenced<GetForeignUpperPaths>::call;
  routine->GetForeignPlan = Fenced<GetForeignPlan>::call;
  routine->BeginForeignScan = Fenced<BeginForeignScan>::call;
  routine->IterateForeignScan = Fenced<IterateForeignScan>::call;
  routine->ReScanForeignScan = Fenced<ReScanForeignScan>::call;
  routine->EndForeignScan = Fenced<EndForeignScan>::call;
  routine->ExplainForeignScan = Fenced<ExplainForeignScan>::call;
  routine->AnalyzeForeignTable = Fenced<AnalyzeForeignTable>::call;
  routine->ImportForeignSchema = Fenced<mssql::pg::ImportForeignSchema>::call;  // defrem.h has another of this name
  routine->IsForeignRelUpdatable = Fenced<IsForeignRelUpdatable>::call;
  routine->AddForeignUpdateTargets = Fenced<AddForeignUpdateTargets>::call;
  routine->PlanForeignModify = Fenced<PlanForeignModify>::call;
  routine->BeginForeignModify = Fenced<BeginForeignModify>::call;
  routine->BeginForeignInsert = Fenced<BeginForeignInsert>::call;
  routine->GetForeignModifyBatchSize = Fenced<GetForeignModifyBatchSize>::call;
  routine->ExecForeignInsert = Fenced<ExecForeignInsert>::call;
  routine->ExecForeignBatchInsert = Fenced<ExecForeignBatchInsert>::call;
  routine->ExecForeignUpdate = Fenced<ExecForeignUpdate>::call;
  routine->ExecForeignDelete = Fenced<ExecForeignDelete>::call;
  routine->EndForeignModify = Fenced<EndForeignModify>::call;
  routine->EndForeignInsert = Fenced<EndForeignInsert>::call;
  routine->ExplainForeignModify = Fenced<ExplainForeignModify>::call;
  routine->ExecForeignTruncate = Fenced<ExecForeignTruncate>::call;
  PG_RETURN_POINTER(routine);
}

Datum mssql_fdw_validator(PG_FUNCTION_ARGS) {
  return fence([&] { return validator(fcinfo); });
}
}
