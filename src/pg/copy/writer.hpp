// Rows into a relation in batches, the way COPY FROM does it: table_multi_insert. Memory is one
// batch, whatever the row count. What a row needs to be one of its table is target.hpp's business.
#pragma once

#include "pg/host/boundary.hpp"

namespace mssql::pg {

// Whether the relation's file is the creation of this transaction, and of this very subtransaction
// where `current` is one.
bool has_new_file(Relation relation, SubTransactionId current = InvalidSubTransactionId);

struct Writer;

// Lives in the current memory context. The relation has no indexes.
Writer* open_writer(Relation relation);
// A slot for the next row, all NULL; its values are to be allocated in row_memory(). The row counts
// with add_row(): before that, the same slot is given out again.
TupleTableSlot* next_slot(Writer* writer);
MemoryContext row_memory(const Writer* writer);
// The slot holds a row whose values take so many bytes. True: a batch was full, and is written; the
// values of its rows are gone.
bool add_row(Writer* writer, std::uint64_t bytes);
// Writes what is left.
void close_writer(Writer* writer);

}  // namespace mssql::pg
