// What is known of a foreign table that is written: by the options of its columns, and where they
// do not tell a type, by the server.
#pragma once

#include "remote_table.hpp"
#include "pg/datum/assigner.hpp"

namespace mssql::pg {

enum class Generated : std::uint8_t { never, identity, always };

struct WrittenColumn {
  bool exists;  // not dropped
  const char* local_name;
  const char* name;    // as the server calls it, UTF-8
  const char* quoted;  // server's encoding
  bool known;
  RemoteType type;
  Generated generated;
  Assigner assigner;
  int code_page;  // of what is not Unicode; 0: not asked, or it has none
};

struct WrittenTable {
  Oid server;
  Oid user;
  const char* what;  // "foreign table "users"", for messages
  const char* name;  // quoted, in the server's encoding
  TableOptions options;
  TupleDesc descriptor;
  WrittenColumn* columns;  // by attnum - 1
  bool asked;              // the server was
};

// From the options alone.
WrittenTable* describe_written_table(Relation relation, Oid user);
// Asks the server where the options lack a type. ereports 42P01, 42703 for what is not there.
void complete_types(WrittenTable* table);
// The column's code page; 0: it has none.
int code_page_of(WrittenTable* table, AttrNumber attnum);

inline WrittenColumn& column_of(WrittenTable* table, int attnum) { return table->columns[attnum - 1]; }

}  // namespace mssql::pg
