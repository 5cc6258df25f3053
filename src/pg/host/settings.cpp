#include "settings.hpp"

#include "boundary.hpp"

namespace mssql::pg {

namespace {

struct Setting {
  const char* name;
  const char* value;
};

// PostgreSQL's defaults, but for lc_monetary, whose default is the cluster's.
constexpr Setting held[] = {
    {"array_nulls", "on"},
    {"bytea_output", "hex"},
    {"DateStyle", "ISO, MDY"},
    {"extra_float_digits", "1"},
    {"IntervalStyle", "postgres"},
    {"lc_monetary", "C"},
    {"quote_all_identifiers", "off"},
    {"standard_conforming_strings", "on"},
    {"transform_null_equals", "off"},
};

void set(const Setting& setting) {
  const char* current = GetConfigOption(setting.name, true, false);
  if (current == nullptr || std::strcmp(current, setting.value) == 0) return;
  (void)set_config_option(setting.name, setting.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, ERROR, false);
}

void set_all() {
  for (const Setting& setting : held) set(setting);
}

}  // namespace

int hold_settings(bool printing) {
  const int level = NewGUCNestLevel();
  set_all();
  if (printing) set({"search_path", "pg_catalog"});
  return level;
}

config_generic* find_setting(const char* name) {
#if PG_VERSION_NUM >= 160000
  return find_option(name, false, false, ERROR);
#else
  config_generic** settings = get_guc_variables();
  for (int i = 0; i < GetNumConfigOptions(); ++i) {
    if (std::strcmp(settings[i]->name, name) == 0) return settings[i];
  }
  elog(ERROR, "setting %s is missing", name);
  return nullptr;
#endif
}

void prefer_lz4() {
  if (find_setting("default_toast_compression")->source != PGC_S_DEFAULT) return;
  // A server that was built without it refuses it: it is to say so to nobody.
  (void)set_config_option("default_toast_compression", "lz4", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG5,
                          false);
}

void bound_maintenance_work_mem() {
  if (find_setting("maintenance_work_mem")->source != PGC_S_DEFAULT) return;
  (void)set_config_option("maintenance_work_mem", "40MB", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, ERROR,
                          false);
}

void release_settings(int level) { AtEOXact_GUC(true, level); }

bool reads_as_held(Oid type) {
  return DateOrder == DATEORDER_MDY && IntervalStyle == INTSTYLE_POSTGRES && Array_nulls && type != CASHOID;
}

}  // namespace mssql::pg

using namespace mssql::pg;

extern "C" {

// _hold_settings() RETURNS void: until the end of the function that calls it, which has a SET
// clause and so a level of its own.
Datum mssql_fdw_hold_settings(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  return fence([]() -> Datum {
    set_all();
    PG_RETURN_VOID();
  });
}
}
