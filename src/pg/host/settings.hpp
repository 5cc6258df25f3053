// Settings of the session that change how a type is read or printed or how SQL is parsed, held
// fixed where text crosses: a caller's own must not change what is sent, loaded or planned.
// TimeZone stays the caller's, as in PostgreSQL's casts; so do timeouts, what new tables are made
// with (default_tablespace, default_table_access_method), and what is compressed how, where he has
// said it.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

// Sets them until release_settings(level), or the end of the (sub)transaction. `printing`: names
// that a value's text holds (regclass, say) are qualified, too.
int hold_settings(bool printing);
void release_settings(int level);

// Likewise, in a level that the caller has made: what columns without a method of their own are
// compressed by is lz4, where the server has it and nobody has set it.
void prefer_lz4();

// Likewise, 40 MB unless somebody has set it: who sorts the rows of an index, which takes the most,
// stays within 64 MB.
void bound_maintenance_work_mem();

// Never null.
config_generic* find_setting(const char* name);

// Whether text would be read as under hold_settings() anyway. Cheap: asked for every value.
bool reads_as_held(Oid type);

}  // namespace mssql::pg
