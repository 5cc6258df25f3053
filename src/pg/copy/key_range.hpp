// Tables that are read in chunks: the bounds of the ranges of a key, and the range that a load
// reads (core/tsql/key_range.hpp).
#pragma once

#include "pg/host/arrays.hpp"

namespace mssql::pg {

// Columns of the source, their declared types and collations.
struct TableKey {
  TextList columns;
  TextList types;
  TextList collations;
};

// A range of a table's key, and which of its chunks that is.
struct KeyRange {
  TableKey key;
  TextList lower;  // empty: unbounded; a value for each column of the key, or its first ones
  TextList upper;
  int chunk;  // from 1
  int chunks;
};

// What the loads of this process read of their tables from now on, and that these are not as new:
// other chunks may have been loaded. Null: all of it, into new ones.
void load_range(const KeyRange* range);
const KeyRange* loaded_range();

// The range as a condition of T-SQL, in UTF-8; null: it has no bound. Core only.
const char* condition_of(const KeyRange& range);

}  // namespace mssql::pg
