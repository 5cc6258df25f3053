// Loading a table that others read: the new rows go into a relation of its own beside it, with
// indexes of its own; at the end the two exchange their files, as CLUSTER does it
// (commands/cluster.c). Until then readers and writers of the table wait for nothing; the exclusive
// lock is held from the exchange to the end of the transaction.
//
// The staging relation has the table's layout, owner and schema, no constraints, defaults or
// triggers, and the name and the pg_class.relrewrite that PostgreSQL gives to the new file of a
// table that is rewritten. It lives in one transaction, or, in a schema of its own, as long as a
// run of workers (workers.hpp). Whoever stages a table owns it, so that nothing here is done that
// its owner may not do; what he may not do is to pass a foreign key: see switch_tables().
#pragma once

#include "pg/host/arrays.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

// Makes the staging relation. The table is a plain one of the user's, stored in heaps, no
// partition; others are an error. Until the end of the transaction it cannot be altered by others;
// it can be read and written.
void stage(Oid table);

// Logical decoding passes over what is written into a relation that the run has made, in the schema
// of its workers, for the rows of a table, as it does over a staging relation.
void hide_rows(Oid relation, Oid table);

// The staging relation of a table; InvalidOid: none.
Oid staging_of(Oid table);

// Opens it; an error where there is none, or where it is not as it was made.
Relation open_staging(Relation table, Oid staging, LOCKMODE mode);

// Raises an error where a cursor or trigger of this session still needs the table as it is.
void check_unused(Relation table);

// What pg_class says of a loaded relation, until an index is built or ANALYZE comes by: how many
// rows it has.
void note_rows(Oid staging, std::int64_t rows);

// What follows is to be asked of each of these. Those of this moment, for a snapshot may be older
// than an index.
List* indexes_to_stage(Oid table);

// The same index of the table over the staging relation, built. One that is not there is an error
// of the switch,
void stage_index(Oid table, Oid index);

// or is dropped by it, for the new rows do not fit into it. False: not this one, for it enforces
// something.
bool leave_index_out(Oid table, Oid index);

struct SwitchRequest {
  Oid* tables;
  int ntables;
  Datum untrusted;     // text[]: constraints, as "schema.table constraint", that become NOT VALID whatever the rows are
  Datum refilled;      // oid[]: tables that are emptied and refilled behind the switch, and locked with the others
  Datum sequences;     // oid[]: likewise what is set behind it
  const char* schema;  // of the SQL functions that write the queries, quoted
  bool analyzed;       // the new rows are, or will be within this transaction
  Oids written;        // those of the tables that rows are written into meanwhile: nobody else locks rows of them
  Oids staying;        // others that are locked against writers with the tables, and not switched
};

// A constraint that the new rows violate.
struct Violation {
  Oid table;    // the constraint's
  Oid subject;  // the one of the request that it is about
  const char* message;
  const char* detail;  // may be null
};

// Locks writers out of the tables, and whatever else switch_tables() does so, ahead of that. The
// tables need not be staged, nor the user's own: whether he may lock them is the caller's business.
void lock_writers(const SwitchRequest& request);

// Exchanges the files of the tables, all of them or, with an error, none. Before the exclusive
// locks are taken, with writers locked out already, each valid check of the tables and each valid
// foreign key from or to them is held against the new rows: a violated one becomes NOT VALID where
// the user owns its table and is answered, else it is an error. Keys from or to refilled tables,
// which go before the refill, are not, where the user owns them. The user needs SELECT on what the
// keys reference or are referenced by. The answer is a List of Violation*.
List* switch_tables(const SwitchRequest& request);

}  // namespace mssql::pg
